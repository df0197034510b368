"""The JSON objects that scripts rely on: keys may be added, never renamed or removed. `json` itself is the caller's."""

from collections.abc import Iterable, Iterator
from typing import Final

from edge_agent import __version__
from edge_agent.hindrances import scope_name
from edge_agent.model import Choice, Entry, Key, Line, Lock, Memory, Now, Pin, Problem, Report, Settings
from edge_agent.pauses import remaining
from edge_agent.report import exit_of
from edge_agent.report.words import instant
from edge_agent.verdicts import DONE, USAGE

AGENT: Final = f"edge-agent {__version__}"


def as_object(report: Report) -> dict[str, object]:
    """Return the one JSON object of a run, whose keys are a promise (see the README)."""
    first = report.choices[0][1] if report.choices else ()
    found: dict[str, object] = {
        "agent": AGENT,
        "event": {"source": report.event.source, "reason": report.event.reason, "interface": report.event.interface},
        "choices": {f"ipv{choice.family}": _choice_object(choice) for choice in first},
        "records": [_line_object(line) for line in report.lines],
        "exit": exit_of(report),
    }
    if len(report.choices) > 1:
        found["selections"] = [
            {"interface": list(how.interfaces), "source": how.source, **{f"ipv{one.family}": _choice_object(one) for one in own}}
            for how, own in report.choices
        ]
    if report.dry:
        found["dry"] = True
    for key, texts in (("gaps", report.gaps), ("notes", report.notes)):
        if texts:
            found[key] = list(texts)
    return found


def _choice_object(choice: Choice) -> dict[str, object]:
    shown = {key: getattr(choice, key) for key in ("kind", "address", "interface", "origin", "nat", "reason")}
    rejected = [loser._asdict() for loser in choice.rejected]
    notes = {"notes": list(choice.notes)} if choice.notes else {}
    way = choice.uplink
    uplink = {"next_hop": way.next_hop, "metric": way.metric, "table": way.table, "mark": way.mark} if way else None
    return {**shown, "rejected": rejected, **notes, **({"uplink": {**uplink, "answers": choice.reach}} if uplink else {})}


def _line_object(line: Line) -> dict[str, object]:
    step = line.step
    return {
        "name": step.key.name,
        "type": step.key.type,
        "provider": step.provider,
        "account": step.key.account,
        "step": step.kind,
        "reason": step.reason,
        "address": step.address,
        "was": step.was,
        "interface": step.interface,
        "verdict": line.verdict,
        "detail": line.detail or step.detail or None,
        "not_before": None if step.not_before_at is None else instant(step.not_before_at),
        **_value(step.key),
    }


def _value(key: Key) -> dict[str, object]:
    """Name the uplink whose value it is, where a name has one for each."""
    return {"value": key.value} if key.value else {}


def problems_object(problems: Iterable[Problem]) -> dict[str, object]:
    """Return the JSON object of settings that cannot be used."""
    found = [problem._asdict() for problem in problems]
    return {"agent": AGENT, "problems": found, "exit": USAGE if found else DONE}


# --- what is remembered ----------------------------------------------------------------------------------------------


def status_object(memory: Memory, settings: Settings, now: Now, notes: Iterable[str] = ()) -> dict[str, object]:
    """Return the JSON object of `status`: every record kept or remembered, and the lock-outs that are none of theirs."""
    kept = frozenset(kept_keys(settings))
    keys = known_keys(memory, settings)
    shown = {scope for key in keys for scope in scopes_of(key, settings)}
    found: dict[str, object] = {
        "agent": AGENT,
        "records": [_entry_object(key, memory, settings, now) | {"kept": bare(key) in kept} for key in keys],
        "locks": [_lock_object(scope, lock) for scope, lock in sorted(memory.locks.items()) if scope not in shown],
        "pin": _pin_object(memory.pin, now),
        "exit": DONE,
    }
    texts = list(notes)
    return {**found, "notes": texts} if texts else found


def known_keys(memory: Memory, settings: Settings) -> tuple[Key, ...]:
    """Return the records of the settings, in their order, then those that memory alone still knows.

    A name with a value for each uplink is there once for every value that is known.
    """
    values: dict[Key, list[Key]] = {}
    for key in sorted(memory.entries):
        if key.value:
            values.setdefault(bare(key), []).append(key)
    own = [one for key in kept_keys(settings) for one in values.get(key, [key])]
    return tuple(dict.fromkeys([*own, *sorted(memory.entries)]))


def bare(key: Key) -> Key:
    """Return the key of the name and type that a value belongs to."""
    return key._replace(value="") if key.value else key


def kept_keys(settings: Settings) -> tuple[Key, ...]:
    """Return what memory knows the records of the settings by."""
    return tuple(Key(record.account, record.name, type_) for record in settings.records for type_ in record.types)


def scopes_of(key: Key, settings: Settings) -> Iterator[str]:
    """Yield the names of the lock-outs that would hold for a record, the widest first."""
    account = settings.accounts.get(key.account)
    if account:
        yield scope_name("provider", key, account.provider)
    yield scope_name("account", key, "")
    yield scope_name("record", key, "")


def lock_of(key: Key, memory: Memory, settings: Settings) -> tuple[str, Lock] | None:
    """Return the widest lock-out that is noted for a record, with the name it is noted under."""
    return next(((scope, memory.locks[scope]) for scope in scopes_of(key, settings) if scope in memory.locks), None)


def _entry_object(key: Key, memory: Memory, settings: Settings, now: Now) -> dict[str, object]:
    entry = memory.entries.get(key, Entry())
    lock = lock_of(key, memory, settings)
    left = remaining(entry.pause, now)
    return {
        "name": key.name,
        "type": key.type,
        "account": key.account,
        "address": entry.address,
        "published_at": instant(entry.published_at) if entry.published_at else None,
        "interface": entry.uplink,
        **_value(key),
        "verdict": entry.verdict,
        "detail": entry.detail or None,
        "failures": entry.failures,
        "not_before": instant(now.wall + left) if left else None,
        "lock": _lock_object(*lock) if lock else None,
    }


def _pin_object(pin: Pin | None, now: Now) -> dict[str, object] | None:
    left = remaining(pin.pause, now) if pin else 0.0
    return {"interface": pin.interface, "until": instant(now.wall + left)} if pin and left else None


def _lock_object(scope: str, lock: Lock) -> dict[str, object]:
    return {"scope": scope, "verdict": lock.verdict, "detail": lock.detail or None, "locked_at": instant(lock.locked_at)}
