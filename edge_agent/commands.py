"""What each command does: it brings settings, world and console together and returns the exit code."""

from collections.abc import Sized
from typing import Final

from edge_agent import events, report, signals
from edge_agent.console import Console
from edge_agent.files import StoreError
from edge_agent.memory import Store, default_dir, now
from edge_agent.model import Settings
from edge_agent.report import Say, objects
from edge_agent.responding import attend, once
from edge_agent.settings.gathering import Wish, identity
from edge_agent.turns import turns
from edge_agent.verdicts import DONE, LATER, PERSON, USAGE

CHANGED: Final = frozenset({"refused", "banned", "garbled"})  # verdicts whose pauses a person may end


def run(wish: Wish, console: Console) -> int:
    """Look, choose, post what differs, remember; once more for every event that came meanwhile. Return the last run's code."""
    settings = wish.settings
    store = Store(settings.state_dir or default_dir())
    turns_ = turns(store, identity(settings), settings.deadline_for)
    ended = attend(turns_, events.by_hand(), wish, store, console)
    if ended is None and settings.verbosity > 0:
        console.out("another run is at work: it will run once more for this one")
    return ended.code if ended else DONE


def explain(wish: Wish, console: Console) -> int:
    """Show what a run would do and why; sends no update and takes no lock."""
    found = once(events.by_hand(), wish.settings, None)
    if wish.settings.json:
        console.out_object(objects.as_object(found))
    else:
        from edge_agent.report import explaining

        for line in explaining.explained(found):
            console.out(line)
    return report.exit_of(found)


def status(wish: Wish, console: Console) -> int:
    """Show what is remembered; reads memory alone."""
    from edge_agent.report import standing

    settings = wish.settings
    recall = Store(settings.state_dir or default_dir()).load()
    memory = standing.redacted(recall.memory, report.secrets_of(settings))
    if settings.json:
        console.out_object(objects.status_object(memory, settings, now(), recall.notes))
        return DONE
    for line in standing.status(memory, settings, now()):
        console.out(line)
    for note in recall.notes:
        console.log(Say("warning", note), now().wall)
    return DONE


def check(wish: Wish, console: Console) -> int:
    """Say that the settings are sound; the caller has told their problems already."""
    settings = wish.settings
    if not settings.json and settings.verbosity >= 0:
        console.out(f"no problem in the settings: {_count(settings.accounts, 'account')}, {_count(settings.records, 'record')}")
    if wish.own.get("online"):
        return _tried(settings, console)
    if settings.json:
        console.out_object(objects.problems_object(()))
    return DONE


def _tried(settings: Settings, console: Console) -> int:
    """Try every account without changing anything."""
    from edge_agent import trying, world
    from edge_agent.report import trials

    signals.end_within(settings.deadline_for + signals.GRACE_FOR)
    here = world.build(settings)
    try:
        here.look()  # an update that is tied to an uplink needs to know the uplinks
        found = trying.tried(settings, here)
    finally:
        here.close()
    if settings.json:
        console.out_object(trials.as_object(found))
        return trials.exit_of(found)
    for say in trials.lines(found):
        if say.level != "info" or settings.verbosity >= 0:
            console.say(say, now().wall)
    return trials.exit_of(found)


def _count(things: Sized, noun: str) -> str:
    return f"{len(things)} {noun}" + ("" if len(things) == 1 else "s")


def providers(wish: Wish, console: Console) -> int:
    """List the services, or tell everything about one."""
    from edge_agent import providers as services
    from edge_agent.report import catalogue

    if wish.operand is None:
        found = services.every()
        if wish.settings.json:
            console.out_object(catalogue.list_object(found))
        else:
            console.out("\n".join(catalogue.listed(found)))
        return DONE
    one = services.find(wish.operand)
    if one is None:
        near = services.near(wish.operand[:40])
        mend = f"did you mean {' or '.join(near)}?" if near else "'edge-agent providers' lists them"
        console.log(Say("error", f"there is no such provider; {mend}"), now().wall)
        return USAGE
    if wish.settings.json:
        console.out_object({"agent": objects.AGENT, **catalogue.as_object(one), "exit": DONE})
    else:
        console.out("\n".join(catalogue.detailed(one)))
    return DONE


def unlock(wish: Wish, console: Console) -> int:
    """Forget the lock-outs of one record (by name, or as `status` shows them), or all of them."""
    store = Store(wish.settings.state_dir or default_dir())
    at = now().wall
    try:
        if not store.lock():
            console.log(Say("warning", "a run is at work just now; try again when it has ended"), at)
            return LATER
        try:
            return _unlocked(wish, store, console)
        finally:
            store.unlock()
    except StoreError as error:
        console.log(Say("error", str(error)), at)
        return PERSON


def _unlocked(wish: Wish, store: Store, console: Console) -> int:
    memory = store.load().memory
    wanted = wish.operand.strip().lower().removesuffix(".") if wish.operand else None
    keys = [key for key in objects.known_keys(memory, wish.settings) if wanted in {None, key.name}]
    scopes = {scope for key in keys for scope in objects.scopes_of(key, wish.settings)} | {wish.operand}
    gone = [scope for scope in memory.locks if wanted is None or scope in scopes]
    paused = [key for key in keys if key in memory.entries and memory.entries[key].verdict in CHANGED]
    if wanted and not keys and not gone:
        console.log(Say("error", "there is no such record; 'edge-agent status' lists them"), now().wall)
        return USAGE
    freed = {key: memory.entries[key]._replace(pause=None, failures=0, verdict=None, detail="") for key in paused}
    if gone or freed:
        locks = {scope: lock for scope, lock in memory.locks.items() if scope not in gone}
        store.replace(memory._replace(entries={**memory.entries, **freed}, locks=locks))
    if wish.settings.verbosity >= 0:
        console.out(f"unlocked: {', '.join(gone)}" if gone else "nothing was locked")
    return DONE
