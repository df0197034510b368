"""What a choice is made of: uplinks, candidates, probes and their findings, the choice."""

from typing import NamedTuple

from edge_agent.model.network import Snapshot
from edge_agent.model.wishes import Selection


class Uplink(NamedTuple):
    """A way out by one interface. `order` is the kernel's own preference: lower is better."""

    ifindex: int
    name: str
    table: int
    metric: int
    next_hop: str | None
    mark: int = 0
    order: tuple[int, ...] = ()
    routed: bool = False  # the kernel sends from this address by this interface even where nothing ties it there


class Candidate(NamedTuple):
    """An address that could be published. `reason` is None while nothing speaks against it."""

    family: int
    address: str
    interface: str
    ifindex: int
    origin: str  # interface lease echo command static
    uplink: Uplink | None
    flags: frozenset[str] = frozenset()
    preferred_for: int | None = None
    preference: int = 0  # the place of its interface in the user's order
    scope: str = "global"
    reason: str | None = None
    published: bool = False  # some record says it already
    created: int | None = None  # as in Address


class Field(NamedTuple):
    """Everything one choice is made from: the candidates of one family, best first, and what they stand on."""

    family: int
    selection: Selection
    snapshot: Snapshot
    candidates: tuple[Candidate, ...]


class Probe(NamedTuple):
    """Something that must be known before choosing; hashable, so that it is asked once."""

    kind: str  # gateway outside echo command
    family: int
    interface: str
    ifindex: int
    source: str | None = None
    next_hop: str | None = None
    mark: int = 0
    targets: tuple[str, ...] = ()  # echo services, or the command
    quorum: int = 1
    routed: bool = False  # as in Uplink


class Finding(NamedTuple):
    """The answer to a Probe. `kind`: yes, no or unknown. `address` is what an echo or a command said."""

    kind: str
    address: str | None = None
    reason: str | None = None  # no_answer disagree not_probed …
    detail: str = ""


class Rejected(NamedTuple):
    """A candidate that lost and the one reason why."""

    address: str
    interface: str
    reason: str


class Choice(NamedTuple):
    """What to publish for one family: use an address, hold because unknown, or withdraw because known gone."""

    family: int
    kind: str  # use hold withdraw
    address: str | None = None
    interface: str | None = None
    origin: str | None = None
    nat: str | None = None  # none private carrier unknown
    reason: str | None = None
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    uplink: Uplink | None = None  # the way out that was chosen
    reach: str | None = None  # whether it is known to work: yes or unknown
