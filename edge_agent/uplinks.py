"""Which interfaces are ways out, and in what order the kernel prefers them. Pure: it reads the kernel's answers, never routes."""

from collections.abc import Iterator

from edge_agent.model import Address, Link, Question, Snapshot, Uplink, Way

DOWN = frozenset({"down", "lowerlayerdown", "notpresent", "dormant"})
RESOLVED = frozenset({"reachable", "permanent", "noarp"})


def is_working(link: Link) -> bool:
    """Say whether the link can carry packets: administratively up, carrier not known to be absent, not down (RFC 2863)."""
    return link.up and link.carrier is not False and link.state not in DOWN


def is_resolved(snapshot: Snapshot, ifindex: int, next_hop: str | None) -> bool:
    """Say whether the neighbour table vouches for a next hop: nobody need ask it."""
    return any(
        (neighbour.ifindex, neighbour.address) == (ifindex, next_hop) and neighbour.state in RESOLVED
        for neighbour in snapshot.neighbours
    )


def uplink(snapshot: Snapshot, link: Link, address: Address) -> Uplink | None:
    """Return the way out by `link` for packets from `address`, or None where the kernel has no such route.

    The kernel's own answers decide, from the plainest question to the most particular: by this device; by this source
    (policy routing); by a firewall mark that some rule looks for.
    """
    for rank, question in enumerate(_questions(snapshot, link, address)):
        way = snapshot.ways.get(question)
        hop = None if way is None else _hop(way, link.ifindex)
        if way is not None and hop is not None:
            order = (_preference(snapshot, address.family, way, link.ifindex), min(rank // 3, 1), way.metric, -hop[2])
            routed = _is_routed(snapshot, link, address)
            return Uplink(link.ifindex, link.name, way.table, way.metric, hop[1], question.mark, order, routed)
    return None if snapshot.ways else _from_routes(snapshot, link, address.family)


def borrowed(snapshot: Snapshot, address: Address) -> Uplink | None:
    """Return the uplink that sends from an address of another interface (an unnumbered link, a router's loopback), or None."""
    way = snapshot.ways.get(Question(address.family))
    if way is None or way.source != address.text:
        return None
    ifindex, next_hop, weight = way.hops[0]
    names = {link.ifindex: link for link in snapshot.links}
    link = names.get(ifindex)
    if link is None or not is_working(link):
        return None
    return Uplink(ifindex, link.name, way.table, way.metric, next_hop, 0, (0, 0, way.metric, -weight))


def _questions(snapshot: Snapshot, link: Link, address: Address) -> Iterator[Question]:
    yield Question(address.family, ifindex=link.ifindex)
    yield Question(address.family, source=address.text)
    yield Question(address.family, source=address.text, ifindex=link.ifindex)
    for question in snapshot.ways:
        if question.family == address.family and question.mark and question.ifindex == link.ifindex:
            yield question


def _hop(way: Way, ifindex: int) -> tuple[int, str | None, int] | None:
    return next((hop for hop in way.hops if hop[0] == ifindex), None)


def _preference(snapshot: Snapshot, family: int, way: Way, ifindex: int) -> int:
    """0 where the kernel's unconditional choice is this very route (all hops of a multipath route are equal), else 1."""
    best = snapshot.ways.get(Question(family))
    if best is None or _hop(best, ifindex) is None:
        return 1
    return 0 if (best.table, best.metric) == (way.table, way.metric) else 1


def _is_routed(snapshot: Snapshot, link: Link, address: Address) -> bool:
    """Say whether a packet from `address` that is tied to nothing else leaves by `link`, all of them and always."""
    general = snapshot.ways.get(Question(address.family))
    way = snapshot.ways.get(Question(address.family, source=address.text), general)
    return way is not None and all(hop[0] == link.ifindex for hop in way.hops)


def _from_routes(snapshot: Snapshot, link: Link, family: int) -> Uplink | None:
    """On a system that answers no questions: the default routes it lists."""
    for place, route in enumerate(snapshot.routes):
        if (route.family, route.length, route.ifindex, route.kind) == (family, 0, link.ifindex, "unicast"):
            return Uplink(link.ifindex, link.name, route.table, route.metric, route.next_hop, 0, (0, 0, route.metric, place))
    return None
