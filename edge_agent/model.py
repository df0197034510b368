"""The nouns. Every record that travels between modules lives here; nothing here decides, reads or writes.

Families are the integers 4 and 6. Addresses are canonical text (see `inet`). Interfaces are known by name to people and by
ifindex to the kernel. Times end in `_at` (an instant, seconds since 1970) or `_for` (a duration in seconds).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

TYPE_OF: Final = {4: "A", 6: "AAAA"}
FAMILY_OF: Final = {"A": 4, "AAAA": 6}


class Secret:
    """A value that never shows itself: `str`, `repr` and `format` give stars, only `reveal()` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself. Call it only where the bytes leave for the provider."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


class Event(NamedTuple):
    """Who woke us, about which interface, with which address. A hint, never a fact."""

    source: str = "manual"
    reason: str = "manual"
    interface: str | None = None
    address: str | None = None


# --- what the machine looks like -------------------------------------------------------------------------------------


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


# --- what the user wants ---------------------------------------------------------------------------------------------


class Selection(NamedTuple):
    """How an address is to be chosen. Records that share a Selection share a Choice."""

    interfaces: tuple[str, ...] = ()  # globs in order of preference; empty: the kernel's own order
    exclude: tuple[str, ...] = ()
    source: str = "auto"  # auto interface echo command static
    addresses: tuple[str, ...] = ()  # for source = static
    command: str | None = None  # for source = command
    echo4: tuple[str, ...] = ()
    echo6: tuple[str, ...] = ()
    quorum: int = 2
    check: str = "gateway"  # off gateway outside
    allow: frozenset[str] = frozenset()  # reasons that are not to count: private shared unique_local temporary transition


class Account(NamedTuple):
    """One login at one provider. `credentials` are keyed by the provider's own names for them."""

    name: str
    provider: str
    credentials: Mapping[str, Secret] = {}
    server: str | None = None
    options: Mapping[str, str] = {}
    insecure_http: bool = False
    fingerprint: str = ""


class Record(NamedTuple):
    """One DNS name and the types of it that are kept."""

    name: str
    types: tuple[str, ...]
    account: str
    selection: Selection
    ttl: int | None = None
    zone: str | None = None
    fingerprint: str = ""
    optional: tuple[str, ...] = ()  # types that no one asked for by name: a family this box never had is no trouble


class Settings(NamedTuple):
    """Everything the user decided, checked."""

    selection: Selection = Selection()
    families: tuple[int, ...] = (4, 6)
    accounts: Mapping[str, Account] = {}
    records: tuple[Record, ...] = ()
    update_via: str = "any"
    probe_timeout_for: float = 2.0
    deadline_for: float = 30.0
    force_after_for: float | None = None
    ca_file: str | None = None
    proxy: str | None = None
    state_dir: str | None = None
    force: bool = False
    dry_run: bool = False
    json: bool = False
    verbosity: int = 0
    log: str = "stderr"
    log_format: str = "text"


class Problem(NamedTuple):
    """Something wrong with the settings: where it stands (file:line, variable or flag), what it is, how to mend it."""

    origin: str
    what: str
    mend: str = ""


# --- choosing --------------------------------------------------------------------------------------------------------


class Uplink(NamedTuple):
    """A way out by one interface. `order` is the kernel's own preference: lower is better."""

    ifindex: int
    name: str
    table: int
    metric: int
    next_hop: str | None
    mark: int = 0
    order: tuple[int, ...] = ()


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


# --- remembering -----------------------------------------------------------------------------------------------------


class Now(NamedTuple):
    """The time three ways: wall clock, seconds since boot, and which boot that is."""

    wall: float
    boot: float
    boot_id: str


class Pause(NamedTuple):
    """Not before `for_` seconds after it was written; survives a jumping clock and a reboot (see `planning.remaining`)."""

    wall_at: float
    boot_at: float
    boot_id: str
    for_: float


class Key(NamedTuple):
    """What memory knows a record by."""

    account: str
    name: str
    type: str


class Entry(NamedTuple):
    """What was last published for one record, and how the last attempt went."""

    address: str | None = None
    published_at: float = 0.0
    uplink: str | None = None
    fingerprint: str = ""
    failures: int = 0
    sent: Pause | None = None  # when the last request left: the provider's least interval counts from here
    pause: Pause | None = None
    verdict: str | None = None
    detail: str = ""
    tried: str = ""  # the fingerprint of the settings that the last attempt was made with
    doubtful: bool = False  # an attempt was sent and its end is not known: the record may say something else


class Lock(NamedTuple):
    """A lock-out: nothing is sent within its scope until the fingerprint changes or a person unlocks it."""

    fingerprint: str
    verdict: str
    detail: str
    locked_at: float


class Memory(NamedTuple):
    """What outlives a run. Locks are keyed by scope: `record:ACCOUNT/NAME/TYPE`, `account:NAME`, `provider:NAME`."""

    entries: Mapping[Key, Entry] = {}
    locks: Mapping[str, Lock] = {}


# --- doing -----------------------------------------------------------------------------------------------------------


class Step(NamedTuple):
    """What is to be done about one record and type, and why."""

    key: Key
    provider: str
    kind: str  # publish keep defer withdraw hold
    reason: str
    address: str | None = None
    was: str | None = None
    interface: str | None = None
    not_before_at: float | None = None
    ttl: int | None = None
    zone: str | None = None
    detail: str = ""


class Line(NamedTuple):
    """A Step and how it ended; `verdict` is None where nothing was sent."""

    step: Step
    verdict: str | None = None
    detail: str = ""


class Report(NamedTuple):
    """The whole run, for people and machines."""

    event: Event
    choices: tuple[tuple[Selection, tuple[Choice, ...]], ...]
    lines: tuple[Line, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # troubles that are no record's own: a state file set aside, a run that was queued
    dry: bool = False
    exit: int = 0
