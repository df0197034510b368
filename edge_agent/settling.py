"""Is the machine about to look different? A hook may come before what it tells of; better to look again than to sleep. Pure."""

from collections.abc import Iterable
from typing import Final

from edge_agent import inet
from edge_agent.model import Candidate, Event, Field, Lease

LOOK_EVERY_FOR: Final = 0.25  # seconds between two looks

LOSING: Final = frozenset({"lost", "down", "released", "failed"})
ARRIVING: Final = frozenset({"bound", "changed", "up"})
UNREADY: Final = frozenset({"tentative", "link_down", "no_route"})
ELSEWHERE: Final = frozenset({"static", "command"})  # sources that do not care what the interfaces have


def awaits(event: Event, fields: Iterable[Field], published: frozenset[str]) -> bool:
    """Return whether another look in a moment is likely to show something else; `published` are the addresses records say now.

    A renewal that changes nothing is never waited for: its address is there and was before.
    """
    return any(
        _lease_pending(event, field) or _tentative(event, field) or _rebinding(event, field, published) or _arriving(event, field)
        for field in fields
        if field.selection.source not in ELSEWHERE
    )


def _lease_pending(event: Event, field: Field) -> bool:
    """A lease that is not on its interface yet (udhcpc calls before, netifd applies later), or there but not usable yet."""
    latest = {(lease.interface, inet.family_of(lease.address)): lease for lease in event.leases}  # an earlier one may be gone
    for lease in latest.values():
        if inet.family_of(lease.address) != field.family or inet.scope(lease.address) == "link_local":
            continue
        if not _concerns(field, lease):
            continue
        own = [candidate for candidate in field.candidates if candidate.address == lease.address]
        if not own or (event.reason in ARRIVING and all(candidate.reason in UNREADY for candidate in own)):
            return True
    return False


def _concerns(field: Field, lease: Lease) -> bool:
    """A lease of an interface that is not selected, or that does not exist, is nothing to wait for."""
    if lease.interface is None:
        return True
    links = [link.name for link in field.snapshot.links]
    patterns = field.selection.interfaces
    selected = not patterns or any(inet.matches(lease.interface, pattern) for pattern in patterns)
    return selected and lease.interface in links


def _tentative(event: Event, field: Field) -> bool:
    """Duplicate address detection takes one or two seconds: wait where nothing better is there, or the event tells of it."""
    pending = [candidate for candidate in field.candidates if candidate.reason == "tentative" and candidate.uplink]
    told = {lease.address for lease in event.leases}
    return bool(pending) and (not _usable(field) or any(candidate.address in told for candidate in pending))


def _rebinding(event: Event, field: Field, published: frozenset[str]) -> bool:
    """What was lost a moment ago is mostly had again in the next: of a family that records have, nothing is usable now."""
    ours = any(inet.family_of(address) == field.family for address in published)
    return event.reason in LOSING and ours and not _usable(field)


def _arriving(event: Event, field: Field) -> bool:
    """An interface that has just come up gets its addresses and routes one after the other."""
    return event.reason in ARRIVING and not event.leases and event.interface in arrivals(field)


def arrivals(field: Field) -> frozenset[str]:
    """Return the interfaces of whose coming up more is expected than is there."""
    if field.selection.source in ELSEWHERE or _usable(field):
        return frozenset()
    return frozenset(candidate.interface for candidate in field.candidates if candidate.reason in UNREADY)


def _usable(field: Field) -> list[Candidate]:
    return [candidate for candidate in field.candidates if candidate.reason is None]
