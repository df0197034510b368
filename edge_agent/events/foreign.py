"""What callers say, made safe: closed reasons, kernel names, canonical addresses, all of it bounded. Nothing here raises."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from edge_agent import inet
from edge_agent.model import Event, Lease

# Everything a caller can mean. Only `starting` says that there is nothing to look at yet; all others lead to a look.
REASONS: Final = (
    "manual",  # a person or cron
    "starting",  # a client begins: no address is affected (PREINIT, TEST, pre-up)
    "bound",  # an address is there, none was before as far as the caller says
    "renewed",  # the same address goes on
    "changed",  # another address in the place of an old one
    "router",  # a router advertisement came
    "up",  # a link, an interface or a session is up; which address it has is not said
    "down",  # a link, an interface or a session is down
    "lost",  # an address is no longer ours: expired, refused, deconfigured
    "released",  # an address was given back on purpose
    "failed",  # no address was to be had
    "other",  # anything else: look
)

Reader: TypeAlias = Callable[[str, Sequence[str], Mapping[str, str]], Event]  # source, arguments, environment

MOST: Final = 64  # leases of one event, words of one list
NAME_MOST: Final = 64  # characters of an interface name; Linux takes 15
_ADDRESS_MOST: Final = 128  # characters of an address with its prefix length and zone
_ADDRESSLESS: Final = ("starting", "down", "lost", "released", "failed")  # what such a call still names is old, or not yet there
_NO_DEVICES: Final = ("none", "lo", "lo0")  # NetworkManager's word for "no device"; loopback says nothing about an uplink


def event(source: str, reason: str, device: str | None, texts: Iterable[str | None] = ()) -> Event:
    """Return the event: an unknown reason is `other`, no device and no address that cannot be one, no address of what has ended."""
    known = reason if reason in REASONS else "other"
    name = interface(device)
    told = () if known in _ADDRESSLESS else addresses(texts)
    return Event(source, known, name, tuple(Lease(name, address) for address in told))


def interface(text: str | None) -> str | None:
    """Return the name by which the kernel knows a device, or None where `text` cannot be one.

    It is whole or not at all: a wrong name costs the hint, a cut one might be another device's. The label of an alias
    (`eth0:1`) goes: the kernel refuses a colon in a device's name (Linux, dev_valid_name).
    """
    name = (text or "").strip().partition(":")[0]
    if not 0 < len(name) <= NAME_MOST or not name.isprintable() or "/" in name:
        return None
    return None if name in _NO_DEVICES or name[0] == "-" else name  # ifup -a calls the scripts with IFACE=--all (interfaces(5))


def addresses(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Return the canonical text of each address once, without prefix length and zone; `0.0.0.0` and `::` are none."""
    found: dict[str, None] = {}
    for text in texts:
        if not text or len(text) > _ADDRESS_MOST:
            continue
        parsed = inet.parse(text.strip().partition("/")[0].partition("%")[0])
        if parsed is not None and parsed[1]:
            found[inet.text_of(*parsed)] = None
    return tuple(found)[:MOST]


def words(text: str | None) -> list[str]:
    """Return the first words of a list that is separated by spaces; none is ever cut."""
    return (text or "").split(None, MOST)[:MOST]


def at(args: Sequence[str], place: int) -> str:
    """Return the argument at that place, or nothing where there is none."""
    return args[place] if place < len(args) else ""
