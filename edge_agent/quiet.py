"""Was this a run that found nothing to do, and what would have to be otherwise for the next one to find something? Pure.

Only what `gate` can hold is vouched for: a run that asked somebody outside, that waits for something, or that did what it did
because of its event leaves no gate behind.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from edge_agent import egress, settling
from edge_agent.candidates import survey, unmatched
from edge_agent.events import REASONS
from edge_agent.gate import ANY, Gate, digest
from edge_agent.model import Choice, Event, Evidence, Field, Lease, Probe, Report, Selection, Settings
from edge_agent.pauses import CLOCK_FLOOR
from edge_agent.report import exit_of
from edge_agent.situation import Find
from edge_agent.verdicts import DONE

STILL: Final = frozenset({"unchanged", "not_here"})

Chosen: TypeAlias = Mapping[tuple[Selection, int], Choice]


def gate_of(report: Report, settings: Settings, find: Find) -> Gate | None:
    """Return the gate behind a run that found nothing to do, without what the caller alone knows; None where there is none."""
    seen = report.evidence
    if seen is None or not _is_still(report, settings) or not _is_all_known(seen):
        return None
    chosen = {(how, choice.family): choice for how, choices in report.choices for choice in choices}
    if any(unmatched(seen.snapshot, how) for how, _ in chosen):
        return None
    published = _published(seen)
    fields = _fields(Event(), seen, chosen)
    several = any(record.each for record in settings.records)
    if settling.awaits(Event(), fields, published) or not _choose(fields, seen, chosen) or (several and report.event.leases):
        return None
    ranked = _ranked(seen, chosen.values(), several=several)
    return Gate(
        digest=digest(seen.snapshot, ranked),
        patience_for=max(0.1, min(settings.probe_timeout_for, settings.deadline_for)),
        due_at=min(_refreshes(report, seen, settings, find), default=None),
        families=settings.families,
        ranked=ranked,
        leased=() if several else tuple(_leased(seen, chosen)),
        unsettled=tuple(_unsettled(fields, published)),
        hops=tuple(dict.fromkeys(_hops(fields, seen))),
    )


def _is_still(report: Report, settings: Settings) -> bool:
    """Nothing sent, nothing said, nothing waited for."""
    loud = report.dry or settings.force or settings.json or settings.verbosity > 0
    told = report.notes or report.gaps or report.due_for is not None
    kept = all(line.verdict is None and line.step.kind == "keep" and line.step.reason in STILL for line in report.lines)
    return bool(settings.gate and report.lines and kept and not loud and not told and exit_of(report) == DONE)


def _is_all_known(seen: Evidence) -> bool:
    """What somebody outside says may change although nothing changes here; a pin ends by itself."""
    return seen.memory.pin is None and all(probe.kind == "gateway" for probe in seen.known)


def _published(seen: Evidence) -> frozenset[str]:
    return frozenset(entry.address for entry in seen.memory.entries.values() if entry.address)


def _fields(event: Event, seen: Evidence, chosen: Chosen) -> tuple[Field, ...]:
    return tuple(survey(event, seen.snapshot, how, family, _published(seen)) for how, family in chosen)


def _choose(fields: Iterable[Field], seen: Evidence, chosen: Chosen) -> bool:
    """Say whether these fields lead to the very choices of the run, with nothing more to be asked."""
    return not any(egress.probes(field, seen.known) for field in fields) and all(
        _essence(egress.choose(field, seen.known)) == _essence(chosen[field.selection, field.family]) for field in fields
    )


def _essence(choice: Choice) -> tuple[str | None, ...]:
    return choice.kind, choice.address, choice.interface


def _refreshes(report: Report, seen: Evidence, settings: Settings, find: Find) -> Iterator[float]:
    """Yield when records fall due by themselves, by the wall clock; one that was published before the clock was set never does."""
    for line in report.lines:
        refresh_for = settings.force_after_for or find(line.step.provider).force_after_for
        entry = seen.memory.entries.get(line.step.key)
        if refresh_for and entry and entry.published_at >= CLOCK_FLOOR:
            yield entry.published_at + refresh_for


def _ranked(seen: Evidence, choices: Iterable[Choice], *, several: bool) -> tuple[str, ...]:
    """Return the addresses among which lifetimes may decide: where what is chosen is published, no other can overtake it so."""
    lasting = {address.text for address in seen.snapshot.addresses if address.preferred_for is not None}
    published = _published(seen)
    if not several and all(choice.address in published for choice in choices if choice.kind == "use"):
        lasting &= published
    return tuple(sorted(lasting)) if len(lasting) > 1 else ()


def _leased(seen: Evidence, chosen: Chosen) -> Iterator[str]:
    """Yield the addresses that a hook may tell of and nothing comes of it.

    Nothing comes of several of them either: with other leases beside it, none counts for more than alone.
    """
    everywhere = [address.text for address in seen.snapshot.addresses]
    for address in dict.fromkeys(choice.address for choice in chosen.values() if choice.address):
        leases = (Lease(None, address),)
        fields = _fields(Event("generic", "renewed", None, leases), seen, chosen)
        waits = (settling.awaits(Event("generic", reason, None, leases), fields, _published(seen)) for reason in REASONS)
        if everywhere.count(address) == 1 and _choose(fields, seen, chosen) and not any(waits):
            yield address


def _unsettled(fields: tuple[Field, ...], published: frozenset[str]) -> Iterator[str]:
    """Yield the interfaces of which an event would be waited for, ANY where that does not depend on the interface."""
    if any(settling.awaits(Event("generic", reason), fields, published) for reason in REASONS):
        yield ANY
    yield from sorted({name for field in fields for name in settling.arrivals(field)})


def _hops(fields: Iterable[Field], seen: Evidence) -> Iterator[tuple[Probe, str]]:
    """Yield what was asked of next hops and answered, and what the neighbour table answered unasked."""
    for field in fields:
        if field.selection.source not in egress.TOLD:
            yield from ((probe, "yes" if resolved else seen.known[probe].kind) for probe, resolved in egress.hops(field))
