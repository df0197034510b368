"""What outlives a run: entries, pauses, lock-outs; and the time, three ways."""

from collections.abc import Mapping
from typing import NamedTuple


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
