"""Before a run is begun: is there nothing to do? `closing` leaves the gate that tells, `gate` knows what is in it.

It is asked first, so neither settings nor providers nor anything that decides is loaded here. No lock is held while it looks.
Whatever goes wrong here means that the whole run is made.
"""

# pathlib costs more memory than the whole of this module, at every start:
# ruff: noqa: PTH109, PTH120

import os
import stat
import sys
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from edge_agent import __version__, files, gate, machine, memory, signals
from edge_agent.model import Event, Finding, Probe
from edge_agent.streams import hold_streams

PREFIX: Final = "EDGE_AGENT_"  # the three as in `settings`, which is too large to be loaded for them
PLACE: Final = "--state-dir"
OPEN: Final = "--no-gate"
TRUE: Final = frozenset({"", "yes", "true", "on", "1"})
COMMANDS: Final = frozenset({"run", "hook", "watch"})
LARGEST: Final = 1 << 18  # octets of a gate; it is some hundred
INTERRUPTED: Final = 130  # as in `cli`


class Call(NamedTuple):
    """How we were called: the command, our own flags, and what follows them (a hook's SOURCE and its caller's words)."""

    command: str
    flags: tuple[str, ...]
    rest: tuple[str, ...] = ()


# --- before a run ----------------------------------------------------------------------------------------------------


def nothing_to_do(arguments: Sequence[str]) -> bool:
    """Say whether a run that is called so may end at once; every other command may not. Raises nothing but SystemExit."""
    hook = arguments[:1] == ("hook",)
    try:
        hold_streams()
        signals.end_within(signals.READING_FOR)
        if hook:
            signals.outlive_the_caller()
        call = call_of(arguments)
        event = _event(call) if call else None
        return call is not None and event is not None and _may_end(call, event, os.environ)
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except SystemExit:
        if hook:  # a hook never hurts who calls it
            return True
        raise
    except Exception:  # noqa: BLE001 - whatever it is, the whole run meets it again and can tell of it
        return False


def is_spared(event: Event, arguments: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Say whether a look of `watch` that is called so may end at once."""
    try:
        call = call_of(arguments)
        return call is not None and call.command == "watch" and _may_end(call, event, environ)
    except Exception:  # noqa: BLE001 - as above
        return False


def call_of(arguments: Sequence[str]) -> Call | None:
    """Return the call, None where only the reader of the settings can tell what it means.

    Flags that some run was made with are whole: no value is missing, no word is left over. So wherever the same flags stand
    again in front of nothing, or of a SOURCE, they mean the same; and `closing` notes none but those of such a run.
    """
    command = arguments[0] if arguments and arguments[0] in COMMANDS else "run"
    flags = tuple(arguments[1:] if arguments[:1] == (command,) else arguments)
    rest: tuple[str, ...] = ()
    if command == "hook":
        from edge_agent.events import SOURCES

        place = next((place for place, word in enumerate(flags) if word in SOURCES), None)
        if place is None:
            return None
        flags, rest = flags[:place], flags[place:]
    return None if {*COMMANDS, "--", OPEN}.intersection(flags) else Call(command, flags, rest)


def _event(call: Call) -> Event | None:
    if call.command != "hook":
        return Event() if call.command == "run" else None
    from edge_agent import events

    return events.parse(call.rest[0], call.rest[1:], os.environ)


def _may_end(call: Call, event: Event, environ: Mapping[str, str]) -> bool:
    """Hold all that a run goes by against the gate, what costs least first.

    That nobody has the lock, and then memory once more, come last: whoever had it when we looked has ended by then and left
    memory as it was, and whoever takes it later will see at least what we saw.
    """
    if sys.platform == "win32" or environ.get(f"{PREFIX}GATE", "").strip().lower() not in TRUE:
        return False
    key, directory = key_of(call.flags, environ), directory_of(call.flags, environ)
    octets = octets_of(f"{directory}/gate-{key}")
    found = gate.decode(octets) if octets else None
    if found is None or (found.version, found.key) != (__version__, key) or not gate.admits(found, event, memory.now()):
        return False
    files.settle(directory)
    if found.place not in {"", os.getcwd()} or any(_mark(path) != mark for path, mark in found.files):
        return False
    return (
        gate.holds(found, machine.look(found.families), lambda probes: _asked(probes, found.patience_for))
        and not _is_busy(os.path.dirname(found.memory))
        and (found.memory, _mark(found.memory)) in found.files
    )


def key_of(flags: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return what runs must have in common so that one can speak for another: our flags, variables and user."""
    said = [f"{name}={value}" for name, value in environ.items() if name.startswith(PREFIX) or name == "CREDENTIALS_DIRECTORY"]
    return gate.mark(*(word.encode("utf-8", "surrogatepass") for word in (str(os.geteuid()), *flags, "", *sorted(said))))


def directory_of(flags: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return where memory is as far as can be told without reading the settings file."""
    said = environ.get(f"{PREFIX}STATE_DIR") or ""
    for place, word in enumerate(flags):
        if word == PLACE:
            said = flags[place + 1] if place + 1 < len(flags) else ""
        elif word.startswith(f"{PLACE}="):
            said = word.removeprefix(f"{PLACE}=")
    return said or memory.default_dir()


def _asked(probes: tuple[Probe, ...], patience_for: float) -> Mapping[Probe, Finding]:
    from edge_agent import probe

    return probe.gateways(probes, machine.neighbours, patience_for)


def _is_busy(directory: str) -> bool:
    """Say whether some run holds the lock on memory."""
    import fcntl

    try:
        lock = os.open(f"{directory}/lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


# --- files -----------------------------------------------------------------------------------------------------------


def octets_of(path: str) -> bytes | None:
    """Return what is in a file that nobody else can have written or read, None where there is none."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(file, "rb") as reader:
        info = os.fstat(file)
        ours = stat.S_ISREG(info.st_mode) and info.st_uid == os.geteuid() and not info.st_mode & 0o077
        return reader.read() if ours and info.st_size <= LARGEST else None


def _mark(path: str) -> str:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return gate.MISSING
    with os.fdopen(file, "rb") as reader:
        mode = os.fstat(file).st_mode
        return gate.mark_of(mode, reader.read(memory.LARGEST + 1)) if stat.S_ISREG(mode) else gate.ODD
