"""Every address that could be published, the one reason that speaks against it, and the total order. Pure."""

from typing import Final

from edge_agent import inet
from edge_agent.model import Address, Candidate, Event, Field, Link, Selection, Snapshot, Uplink
from edge_agent.uplinks import borrowed, is_working, uplink

CLOCK: Final = 1 << 32  # where the kernel's clock of address changes begins anew
FLAWS: Final = ("dad_failed", "tentative", "deprecated", "temporary")


def unmatched(snapshot: Snapshot, selection: Selection) -> tuple[str, ...]:
    """Return the interface selectors when not one of them fits any interface that exists: an error, never "the first"."""
    names = [link.name for link in snapshot.links]
    fits = any(inet.matches(name, pattern) for name in names for pattern in selection.interfaces)
    return () if fits else selection.interfaces


def survey(event: Event, snapshot: Snapshot, selection: Selection, family: int, published: frozenset[str] = frozenset()) -> Field:
    """Return the candidates of one family, best first as far as is known without asking anyone.

    `published` are the addresses that records say now: among equals they stay.
    """
    links = {link.ifindex: link for link in snapshot.links}
    found = [
        _candidate(event, snapshot, selection, links[address.ifindex], address)._replace(published=address.text in published)
        for address in snapshot.addresses
        if address.family == family and address.ifindex in links
    ]
    found = [one._replace(origin="interface") if _is_overtaken(one, found) else one for one in found]
    return Field(family, selection, snapshot, tuple(sorted(found, key=lambda candidate: order(candidate, "unknown"))))


def _is_overtaken(lease: Candidate, found: list[Candidate]) -> bool:
    """Hooks overtake each other, and RA and DHCPv6 each tell of their own address again and again: the newest one counts."""
    return lease.origin == "lease" and any(
        (other.published or other.origin == "lease")
        and other.reason is None
        and other.ifindex == lease.ifindex
        and _is_newer(other.created, lease.created)
        for other in found
    )


def _is_newer(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and 0 < (one - other) % CLOCK < CLOCK // 2


def _candidate(event: Event, snapshot: Snapshot, selection: Selection, link: Link, address: Address) -> Candidate:
    scope = inet.scope(address.text)
    way = uplink(snapshot, link, address) if is_working(link) and scope != "loopback" else None
    way = way or borrowed(snapshot, address)
    leased = any(lease.address == address.text and lease.interface in {None, link.name} for lease in event.leases)
    return Candidate(
        address.family,
        address.text,
        link.name,
        link.ifindex,
        "lease" if leased else "interface",
        way,
        address.flags,
        address.preferred_for,
        max(_preference(selection, link.name), 0),
        scope,
        deselected(selection, link.name) or _unfit(selection, scope, address.flags) or _cut_off(link, way),
        created=address.created,
    )


def _preference(selection: Selection, name: str) -> int:
    """Return the place of the first selector that fits the interface's name, or -1 where none does."""
    if not selection.interfaces:
        return 0
    return next((place for place, pattern in enumerate(selection.interfaces) if inet.matches(name, pattern)), -1)


def deselected(selection: Selection, name: str) -> str | None:
    """Return why the user does not want an interface of that name, or None."""
    if _preference(selection, name) < 0:
        return "not_selected"
    return "excluded" if any(inet.matches(name, pattern) for pattern in selection.exclude) else None


def _unfit(selection: Selection, scope: str, flags: frozenset[str]) -> str | None:
    if scope != "global" and scope not in selection.allow:
        return "reserved" if scope == "transition" else scope
    return flaw(flags, selection)


def flaw(flags: frozenset[str], selection: Selection) -> str | None:
    """Return the kernel's flag that speaks against an address, or None."""
    return next((flag for flag in FLAWS if flag in flags and flag not in selection.allow), None)


def _cut_off(link: Link, way: Uplink | None) -> str | None:
    if way is not None:
        return None
    return "no_route" if is_working(link) else "link_down"


def order(candidate: Candidate, reach: str) -> tuple[object, ...]:
    """Return the sort key of egress addresses, lower is better: total, and independent of the kernel's listing."""
    forever = candidate.preferred_for is None
    return (
        candidate.uplink is None,
        candidate.preference,
        candidate.scope == "shared",  # the world cannot reach into a carrier's NAT: any other way in comes first
        candidate.uplink.order if candidate.uplink else (),
        reach != "yes",
        candidate.scope != "global",
        candidate.origin != "lease",  # while two addresses coexist, the hook's new one is meant
        "temporary" in candidate.flags,
        not candidate.published,  # lifetimes run down and are renewed at different times: they must not make a record flap
        not forever,
        0 if forever else -(candidate.preferred_for or 0),
        candidate.ifindex,
        inet.parse(candidate.address) or (0, 0),
    )
