"""Machines written down by hand: a few lines make a Snapshot as the kernel would tell it."""

from collections.abc import Mapping

from edge_agent.model import Address, Link, Neighbour, Question, Route, Snapshot, Way

LO = Link(1, "lo", loopback=True, state="unknown")
WAN0 = Link(2, "wan0", state="up", carrier=True)
WAN1 = Link(3, "wan1", state="up", carrier=True)
LAN0 = Link(4, "lan0", state="up", carrier=True)
TUN0 = Link(5, "tun0", state="unknown", resolves=False)

PUBLIC0 = "45.83.1.7"
PUBLIC1 = "45.83.2.7"
GATE0 = "45.83.1.1"
GATE1 = "45.83.2.1"
STABLE = "2a0d:1234:1::7"


def on(link: Link, text: str, *flags: str, preferred_for: int | None = None, length: int = 24) -> Address:
    family = 6 if ":" in text else 4
    return Address(family, text, length, link.ifindex, frozenset(flags), preferred_for)


def via(link: Link, next_hop: str | None, metric: int = 0, table: int = 254, source: str | None = None) -> Way:
    return Way(table, metric, ((link.ifindex, next_hop, 1),), source)


def box(
    links: tuple[Link, ...],
    addresses: tuple[Address, ...],
    ways: Mapping[Question, Way | None],
    neighbours: tuple[Neighbour, ...] = (),
    routes: tuple[Route, ...] = (),
) -> Snapshot:
    return Snapshot((LO, *links), (on(LO, "127.0.0.1"), on(LO, "::1"), *addresses), routes, (), neighbours, ways)


def two_defaults() -> Snapshot:
    """wan0 with the better metric, wan1 with the worse, both public, a LAN beside them."""
    return box(
        (WAN0, WAN1, LAN0),
        (on(WAN0, PUBLIC0), on(WAN1, PUBLIC1), on(LAN0, "192.168.1.1")),
        {
            Question(4): via(WAN0, GATE0, 100),
            Question(4, ifindex=2): via(WAN0, GATE0, 100),
            Question(4, ifindex=3): via(WAN1, GATE1, 200),
            Question(4, ifindex=4): None,
        },
    )
