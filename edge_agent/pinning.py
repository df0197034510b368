"""`pin` and `unpin`: a person's choice of the uplink is put into memory, where the next run finds it. It ends by itself."""

from collections.abc import Callable
from typing import Final

from edge_agent import machine
from edge_agent.candidates import deselected
from edge_agent.console import Console
from edge_agent.files import StoreError
from edge_agent.memory import Store, default_dir, now
from edge_agent.model import Memory, Pin
from edge_agent.pauses import begin, remaining
from edge_agent.report import Say, objects
from edge_agent.report.catalogue import duration
from edge_agent.report.words import instant
from edge_agent.settings.gathering import Wish
from edge_agent.verdicts import DONE, LATER, PERSON, USAGE

USUAL_FOR: Final = 3600.0  # seconds


def pin(wish: Wish, console: Console) -> int:
    """Pin the uplink that `wish.operand` names for `wish.own["for"]` seconds; USAGE where there is no such interface."""
    name = wish.operand or ""
    here = [link.name for link in machine.look((4, 6)).links if not link.loopback]
    if name not in here:
        console.log(Say("error", f"there is no such interface to pin; this machine has: {', '.join(here) or 'none'}"), now().wall)
        return USAGE
    said = wish.own.get("for")
    for_ = said if isinstance(said, float) else USUAL_FOR

    def pinned(memory: Memory) -> Memory:
        return memory._replace(pin=Pin(name, begin(now(), for_)))

    code = _changed(wish, console, pinned)
    if code == DONE:
        until = instant(now().wall + for_)
        _told(wish, console, f"pinned to {name} for {duration(for_)}, until {until}; it rules from the next run on", name, until)
        if wish.settings.records and all(deselected(record.selection, name) for record in wish.settings.records):
            console.log(Say("warning", f"no record is published from {name}: its selection leaves it out"), now().wall)
    return code


def unpin(wish: Wish, console: Console) -> int:
    """End the pin, if there is one."""
    ended: list[Pin] = []

    def unpinned(memory: Memory) -> Memory:
        if memory.pin is None:
            return memory
        if remaining(memory.pin.pause, now()):
            ended.append(memory.pin)
        return memory._replace(pin=None)

    code = _changed(wish, console, unpinned)
    if code == DONE:
        words = f"no longer pinned to {ended[0].interface}; it holds from the next run on" if ended else "nothing was pinned"
        _told(wish, console, words, None, None)
    return code


def _told(wish: Wish, console: Console, words: str, name: str | None, until: str | None) -> None:
    if wish.settings.json:
        found = {"interface": name, "until": until} if name else None
        console.out_object({"agent": objects.AGENT, "pin": found, "exit": DONE})
    elif wish.settings.verbosity >= 0:
        console.out(words)


def _changed(wish: Wish, console: Console, change: Callable[[Memory], Memory]) -> int:
    """Change what is remembered, with the lock held; return the exit code."""
    store = Store(wish.settings.state_dir or default_dir())
    try:
        if not store.lock():
            console.log(Say("warning", "a run is at work just now; try again when it has ended"), now().wall)
            return LATER
        try:
            before = store.load().memory
            after = change(before)
            if after is not before:
                store.replace(after)
        finally:
            store.unlock()
    except StoreError as error:
        console.log(Say("error", str(error)), now().wall)
        return PERSON
    return DONE
