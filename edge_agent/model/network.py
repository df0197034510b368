"""What the machine looks like: links, addresses, routes, rules, neighbours, and the kernel's answers about the way out."""

from collections.abc import Mapping
from typing import NamedTuple


class Link(NamedTuple):
    """A network interface. `carrier` and `state` (RFC 2863 operstate) are None and "unknown" where nothing can tell."""

    ifindex: int
    name: str
    up: bool = True
    carrier: bool | None = None
    state: str = "unknown"
    loopback: bool = False
    resolves: bool = True  # False for links without ARP or neighbour discovery (tun, ppp): there is no next hop to ask
    master: int = 0


class Address(NamedTuple):
    """An address on an interface. Lifetimes are seconds, None means for ever (RFC 4862, section 5.5.4)."""

    family: int
    text: str
    length: int
    ifindex: int
    flags: frozenset[str] = frozenset()  # of: tentative dad_failed deprecated temporary permanent
    preferred_for: int | None = None
    valid_for: int | None = None
    created: int | None = None  # when the interface got it, in hundredths of seconds by a clock that wraps after 2**32


class Route(NamedTuple):
    """One next hop of one route; a multipath route is several of these with the same destination, table and metric."""

    family: int
    table: int
    destination: str
    length: int
    metric: int
    ifindex: int  # 0 where the route has no interface (blackhole and its kin)
    next_hop: str | None = None  # None: the route is device-only
    kind: str = "unicast"
    weight: int = 1
    source: str | None = None  # a prefix: the route serves only packets from there (source-specific IPv6 routing)


class Rule(NamedTuple):
    """A routing policy rule. Selectors that are None match everything."""

    family: int
    priority: int
    table: int
    action: str = "lookup"
    source: str | None = None
    destination: str | None = None
    mark: int | None = None
    incoming: str | None = None
    outgoing: str | None = None
    inverted: bool = False  # the rule counts where its selectors do not match ("not from all fwmark 0xca6c")


class Neighbour(NamedTuple):
    """An ARP or neighbour-discovery entry; `state` is the kernel's word in lower case."""

    ifindex: int
    address: str
    state: str


class Question(NamedTuple):
    """Which way would a packet to the outside leave? `source`, `ifindex` and `mark` narrow the question down."""

    family: int
    source: str | None = None
    ifindex: int = 0
    mark: int = 0


class Way(NamedTuple):
    """The kernel's answer to a Question: the route that matched, one (ifindex, next hop, weight) per hop of it."""

    table: int
    metric: int
    hops: tuple[tuple[int, str | None, int], ...]
    source: str | None = None


class Snapshot(NamedTuple):
    """The machine as it was at one moment. `gaps` are plain words for what could not be known on this system."""

    links: tuple[Link, ...] = ()
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    rules: tuple[Rule, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    ways: Mapping[Question, Way | None] = {}
    gaps: tuple[str, ...] = ()
