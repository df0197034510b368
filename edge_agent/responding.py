"""How an event is answered: wait for the turn, run, show. `run`, `hook` and `watch` differ in who woke them, not in this."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from edge_agent import agent, closing, events, inputs, report, signals
from edge_agent.console import Console
from edge_agent.environs import USUAL_PATH
from edge_agent.files import StoreError
from edge_agent.memory import Store, default_dir, now
from edge_agent.model import Ended, Event, Report, Settings
from edge_agent.report import Say, objects
from edge_agent.settings import BY_NAME, USUAL_FILE, gathering
from edge_agent.settings.accounts import fingerprint
from edge_agent.settings.gathering import Wish
from edge_agent.settings.logins import Services
from edge_agent.settings.reading import Arguments
from edge_agent.turns import BusyError, Queue, held
from edge_agent.verdicts import DONE, LATER, USAGE

REST_FOR: Final = 1.5  # seconds without another event before a burst is answered as one; longer than most address detection


def wish_of(argv: Sequence[str], environ: Mapping[str, str]) -> Wish:
    """Return what the user wants, from arguments, environment and the settings file."""
    from edge_agent import providers

    usual = USUAL_FILE
    if sys.platform == "win32":
        usual = f"{environ.get('PROGRAMDATA', 'C:/ProgramData')}/edge-agent/edge-agent.toml"
    marks: dict[str, str] = {}

    def read(path: str, *, secret: bool) -> str:
        return inputs.read(path, secret=secret, marks=marks)

    wish = gathering.gather(argv, environ, read, Services(providers.find, providers.near), usual)
    told = wish.command in gathering.RUNNING and not wish.problems and wish.settings.gate
    return wish._replace(premises=closing.premises(argv, environ, marks) if told else None)


def told(wish: Wish, console: Console) -> int:
    """Tell every problem of the settings, and return the exit code for them."""
    for problem in wish.problems:
        console.log(Say("error", report.problem_line(problem)), now().wall)
    if wish.settings.json:
        console.out_object(objects.problems_object(wish.problems))
    return USAGE


def respond(event: Event, argv: Sequence[str], environ: Mapping[str, str]) -> Ended:
    """Read the settings and answer one event with one run; return how it ended. Everything there is to say has been said."""
    signals.end_within(signals.READING_FOR)
    wish = wish_of(argv, environ)
    console = Console(wish.settings.log, wish.settings.log_format, environ)
    if wish.problems:
        return Ended(told(wish, console))
    store = Store(wish.settings.state_dir or default_dir())
    ended = attend(held(store, wish.settings.deadline_for), event, wish, store, console)
    return ended or Ended(DONE)


def attend(turns: Iterable[object], event: Event, wish: Wish, store: Store, console: Console) -> Ended | None:
    """Run once for every turn and return how the last one ended; None where there was none, because another run stands in."""
    settings = wish.settings
    if settings.dry_run:
        return _shown(once(event, settings, None), settings, console)
    ended = None
    signals.end_within(2 * settings.deadline_for + signals.GRACE_FOR)  # a run with other settings may come first
    try:
        for _ in turns:
            done = once(event, settings, store)
            ended = _shown(done, settings, console)
            if wish.premises:
                closing.close(wish.premises, done, settings, store.directory)
    except BusyError as error:
        console.log(Say("error", str(error)), now().wall)
        return Ended(LATER)
    except StoreError as error:
        if ended is not None:  # what was done is done; only the lock for one run more could not be had
            console.log(Say("warning", str(error)), now().wall)
            return ended
        done = once(event, settings, None)  # what may be sent without memory is the agent's to know
        return _shown(done._replace(notes=tuple(dict.fromkeys((str(error), *done.notes)))), settings, console)
    return ended


def once(event: Event, settings: Settings, store: Store | None) -> Report:
    """Run once, with the memory whose lock is held, or with none."""
    from edge_agent import world

    signals.end_within(settings.deadline_for + signals.GRACE_FOR)
    here = world.build(settings)
    if store is not None:
        here.store = store  # the one that holds the lock
    try:
        found = agent.run(event, settings, here)
    finally:
        here.close()
    return report.redacted(found, report.secrets_of(settings))


def _shown(found: Report, settings: Settings, console: Console) -> Ended:
    at = now().wall
    for say in report.said(found, settings.verbosity):
        console.say(say, at, quiet_output=settings.json)
    if settings.json:
        console.out_object(objects.as_object(found))
    return Ended(report.exit_of(found), found.due_for, report.state_of(found))


# --- hooks -----------------------------------------------------------------------------------------------------------


def hook(told: Arguments, argv: Sequence[str], environ: Mapping[str, str]) -> None:
    """Answer the call of a DHCP or PPP client or a network manager.

    Events of a burst wait for each other before any settings are read; one run answers all of them.
    """
    _leave_the_caller()
    console = Console("auto", "text", environ)
    source = told.operand or ""
    event = None if told.problems else events.parse(source, told.foreign, environ)
    if event is None:
        console.log(Say("error", _not_understood(told)), now().wall)
        return
    if event.reason == "starting":
        return
    place = [value.value for setting, value in told.given if setting.name == "state_dir"]
    directory = str(place[-1]) if place else environ.get(BY_NAME["state_dir"].variable) or default_dir()
    signals.end_within(signals.READING_FOR)
    try:
        for notes in Queue(directory, f"hook-{_caller(told, environ)}", REST_FOR).turns(events.encode(event)):
            respond(_all_of(notes) or event, argv, environ)
            signals.end_within(signals.READING_FOR)
    except StoreError:  # nowhere to queue: better twice than never
        respond(event, argv, environ)


def _leave_the_caller() -> None:
    """Hold on to nothing of the caller's, neither its session nor its silence about PATH."""
    signals.outlive_the_caller()
    os.environ.setdefault("PATH", USUAL_PATH)


def _not_understood(told: Arguments) -> str:
    if told.problems:
        return "; ".join(map(report.problem_line, told.problems))
    near = events.near((told.operand or "")[:40])
    mend = f"did you mean {' or '.join(near)}?" if near else f"sources are {', '.join(events.SOURCES)}"
    return f"hook: there is no such source; {mend}"


def _caller(told: Arguments, environ: Mapping[str, str]) -> str:
    """Return what calls must have in common so that one can stand in for another: our own flags and variables."""
    said = [f"{setting.name}={value.value}" for setting, value in told.given]
    return fingerprint(*said, *sorted(f"{key}={value}" for key, value in environ.items() if key.startswith("EDGE_AGENT_")))


def _all_of(notes: Iterable[str]) -> Event | None:
    found = None
    for note in notes:
        event = events.decode(note)
        if event is not None:
            found = events.merged(found, event) if found else event
    return found
