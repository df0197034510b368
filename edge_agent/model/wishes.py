"""What the user wants: settings, accounts, records, secrets; and the event that woke the agent."""

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


class Lease(NamedTuple):
    """An address that a caller says an interface has now; the interface is None where the caller does not say."""

    interface: str | None
    address: str


class Event(NamedTuple):
    """Who woke us, why, about which interface, with which new addresses. A hint, never a fact."""

    source: str = "manual"
    reason: str = "manual"
    interface: str | None = None
    leases: tuple[Lease, ...] = ()


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
    each: bool = False  # a value for every uplink that works, not the best one's alone
    create: bool = True  # whether a name without a record may get one


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
    settle_for: float = 3.0  # how long a run waits for what is about to change
    watch_every_for: float = 300.0  # between two looks of `watch` that nothing asked for
    failover_after: int = 2  # looks in a row
    failback_after_for: float = 60.0
    gate: bool = True  # whether a run that had nothing to do may spare the next one its work


class Problem(NamedTuple):
    """Something wrong with the settings: where it stands (file:line, variable or flag), what it is, how to mend it."""

    origin: str
    what: str
    mend: str = ""
