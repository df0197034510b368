"""Which questions to put to the kernel's route lookup, and what its answers mean. Pure; `machine` puts them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from edge_agent import inet
from edge_agent.model import Address, Link, Question, Route, Rule, Snapshot, Way
from edge_agent.rtnetlink import CLONED, REFERENCE, WIDE, read_route

MOST: Final = 48  # questions per family: a common box asks two or three, a box with a thousand rules must not ask thousands

DROPS: Final = frozenset({"blackhole", "unreachable", "prohibit"})


def is_wide(route: Route) -> bool:
    """Say whether a route leads (nearly) everywhere, the reference destination included."""
    prefix = f"{route.destination}/{route.length}"
    return route.length <= WIDE and route.kind == "unicast" and inet.within(REFERENCE[route.family], prefix)


def questions(
    links: Iterable[Link], addresses: Iterable[Address], routes: Iterable[Route], rules: Iterable[Rule], family: int
) -> tuple[Question, ...]:
    """Return what to ask about one family, the most telling first, each once, MOST at the most.

    The plain question; each interface with a wide route; each firewall mark that leads to one; each source that a policy
    rule or a source-specific route treats apart.
    """
    wide = sorted((route for route in routes if route.family == family and is_wide(route)), key=lambda route: route.metric)
    own_rules = [rule for rule in rules if rule.family == family]
    loopbacks = {link.ifindex for link in links if link.loopback}
    sources = [address for address in addresses if address.family == family and address.ifindex not in loopbacks]
    found = [Question(family)]
    found += [Question(family, ifindex=route.ifindex) for route in wide if route.ifindex]
    found += _by_mark(wide, own_rules, family)
    found += _by_source(wide, own_rules, sources)
    return tuple(dict.fromkeys(found))[:MOST]


def _by_mark(wide: Sequence[Route], rules: Sequence[Rule], family: int) -> Iterator[Question]:
    for rule in rules:
        there = [route.ifindex for route in wide if route.table == rule.table and route.ifindex]
        if rule.mark and not rule.inverted and there:
            yield Question(family, mark=rule.mark)
            yield from (Question(family, ifindex=ifindex, mark=rule.mark) for ifindex in there)


def _by_source(wide: Sequence[Route], rules: Sequence[Rule], addresses: Sequence[Address]) -> Iterator[Question]:
    apart = [(rule.source, rule.inverted) for rule in rules if rule.source]
    apart += [(route.source, False) for route in wide if route.source]
    for address in addresses:
        if any(inet.within(address.text, prefix) != inverted for prefix, inverted in apart):
            yield Question(address.family, source=address.text)
            yield Question(address.family, source=address.text, ifindex=address.ifindex)


def read_way(body: bytes, routes: Sequence[Route]) -> Way | None:
    """Return what the answer to a lookup says, the heaviest hop first, or None where packets are dropped.

    A kernel too old for RTM_F_FIB_MATCH names a device and a next hop only, made up where it has no route by that device: it
    is believed as far as one of the dumped `routes` bears it out. And asked about a device, IPv6 passes over a blackhole that
    stops all other packets: such an answer is no way either.
    """
    flags, rows, source = read_route(body)
    if not rows or rows[0].kind != "unicast":
        return None
    own = [route for route in routes if route.family == rows[0].family]
    if flags & CLONED or rows[0].length == inet.BITS[rows[0].family]:
        rows, source = _borne_out(rows[0], [route for route in own if is_wide(route)]), None
    if not rows or any(_stops(route, rows[0]) for route in own):
        return None
    hops = sorted(((row.ifindex, row.next_hop, row.weight) for row in rows), key=lambda hop: (-hop[2], hop[0], hop[1] or ""))
    return Way(rows[0].table, rows[0].metric, tuple(hops), source)


def mark_for(snapshot: Snapshot, interface: str) -> int:
    """Return the firewall mark without which no packet leaves by this interface; 0 where none is needed or none helps."""
    own = {link.ifindex for link in snapshot.links if link.name == interface}
    marks = [asked.mark for asked, way in snapshot.ways.items() if way and asked.ifindex in own]
    return min(marks, default=0)


def _borne_out(answer: Route, wide: Sequence[Route]) -> tuple[Route, ...]:
    """Return the hops of the best dumped route that leads where the answer does; none where the answer was made up."""
    same = [route for route in wide if (route.ifindex, route.next_hop) == (answer.ifindex, answer.next_hop)]
    best = min(same, key=lambda route: (-route.length, route.metric), default=None)
    if best is None:
        return ()
    key = (best.table, best.metric, best.destination, best.length)
    return tuple(route for route in wide if (route.table, route.metric, route.destination, route.length) == key)


def _stops(route: Route, way: Route) -> bool:
    """Say whether `route` drops what `way` would carry, because it comes first in the same table."""
    first = (-route.length, route.metric) < (-way.length, way.metric)
    dropping = route.kind in DROPS and route.table == way.table and route.source is None
    return first and dropping and inet.within(REFERENCE[route.family], f"{route.destination}/{route.length}")
