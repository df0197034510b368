"""What outlives a run: entries, pauses, lock-outs; and the time, three ways."""

from collections.abc import Mapping
from typing import NamedTuple


class Now(NamedTuple):
    """The time three ways: wall clock, seconds since boot, and which boot that is."""

    wall: float
    boot: float
    boot_id: str


class Pause(NamedTuple):
    """Not before `for_` seconds after it was written; survives a jumping clock and a reboot (see `pauses.remaining`)."""

    wall_at: float
    boot_at: float
    boot_id: str
    for_: float


class Key(NamedTuple):
    """What memory knows a record by."""

    account: str
    name: str
    type: str
    value: str = ""  # the interface whose address it is, where one name has a value for each; else empty


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
    maybe: str = ""  # the addresses of such attempts: each may have arrived, and is then ours to change


class Lock(NamedTuple):
    """A lock-out: nothing is sent within its scope until the fingerprint changes or a person unlocks it."""

    fingerprint: str
    verdict: str
    detail: str
    locked_at: float


class Standing(NamedTuple):
    """The uplink that a choice stands on, and what speaks for leaving it (see `failover`)."""

    interface: str
    bad: int = 0  # looks in a row at which it did not work, while another one did
    rival: str = ""  # a better uplink that works again
    since: Pause | None = None  # over when the rival (or this uplink itself, where it was given up) has worked long enough


class Pin(NamedTuple):
    """A person's choice of the uplink, until the pause is over."""

    interface: str
    pause: Pause


class Memory(NamedTuple):
    """What outlives a run. Locks are keyed by scope: `record:ACCOUNT/NAME/TYPE`, `account:NAME`, `provider:NAME`.

    Standings are keyed by `SELECTION/FAMILY`, and `SELECTION/FAMILY/INTERFACE` where every uplink has its own value.
    """

    entries: Mapping[Key, Entry] = {}
    locks: Mapping[str, Lock] = {}
    standings: Mapping[str, Standing] = {}
    pin: Pin | None = None
