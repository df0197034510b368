"""What a resident agent makes of the kernel's announcements: which of them are news, and when to look next. Pure.

News is what may change the way out: the same address with another lifetime, a route to a corner of the net or the statistics
of a radio are not. What was seen last is kept in a small table, so that an announcement that repeats itself says nothing.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

from edge_agent import inet, netlink, rtnetlink
from edge_agent.model import Event, Link, Route

QUIET_FOR: Final = 0.3  # seconds without news before a look: what belongs together is announced together
LONGEST_FOR: Final = 2.0  # seconds after the first news at which a look is made in any case
SOONEST_FOR: Final = 1.0  # between the end of a look and the next one that no news asked for
POLL_FOR: Final = 60.0  # between two looks where the kernel announces nothing
MANY: Final = 512  # facts; a table that would grow beyond is begun anew, which costs needless looks and nothing else
GROUPS: Final = 0x1 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 0x40000  # links; addresses, routes and rules of either family

_REPLACE: Final = 0x100  # NLM_F_REPLACE: the route stands in the place of all others of its kind
_WIRELESS: Final = 11  # IFLA_WIRELESS: signal strength and the like, without the link's own state
_IFINFO: Final = 16  # octets before the attributes of a link
_UNUSABLE: Final = frozenset({"tentative", "dad_failed"})
_LIVE: Final = frozenset({"up", "unknown", "dormant"})

Key: TypeAlias = tuple[object, ...]
Names: TypeAlias = Callable[[int], str | None]


class Wants(NamedTuple):
    """What the resident part must know of the settings: how often to look, how long a run may take, the lock of this watch."""

    every_for: float
    deadline_for: float
    lock: str = ""


def packed(words: tuple[object, ...]) -> str:
    """Return a line that `unpacked` reads: what a child hands to its parent."""
    return "\0".join("" if word is None else str(word) for word in words)


def unpacked(line: str) -> Wants | None:
    """Return the wants that a child has handed over, None where it has not."""
    parts = line.split("\0")
    return Wants(float(parts[0]), float(parts[1]), parts[2]) if len(parts) == 3 else None


def standing(line: str) -> tuple[float | None, str]:
    """Return when the next look is due, in seconds, and how things are, as a child that looked has handed it over."""
    due_for, _, state = line.partition("\0")
    return float(due_for) if due_for else None, state.replace("\n", " ").replace("\0", " ")


class Table:
    """What the kernel said last about links, addresses and the ways to everywhere. Interfaces are named by `names`."""

    def __init__(self, names: Names) -> None:
        self._facts: dict[Key, object] = {}
        self._names = names

    def forget(self) -> None:
        """Know nothing any more: something was not heard."""
        self._facts.clear()

    def read(self, datagram: bytes) -> Iterator[Event]:
        """Yield the news in whatever the kernel announced; foreign bytes are none."""
        if len(self._facts) > MANY:
            self.forget()
        for kind, flags, _, body in netlink.messages_in(datagram):
            gone = bool(kind & 1)  # RTM_DEL... is one above RTM_NEW...
            event = None
            if kind - gone == rtnetlink.LINKS:
                event = self._link(body, gone=gone)
            elif kind - gone == rtnetlink.ADDRESSES:
                event = self._address(body, gone=gone)
            elif kind - gone == rtnetlink.ROUTES:
                event = self._route(body, gone=gone, alone=bool(flags & _REPLACE))
            elif kind - gone == rtnetlink.RULES and rtnetlink.read_rule(body):
                event = Event("kernel", "other")
            if event is not None:
                yield event

    def _link(self, body: bytes, *, gone: bool) -> Event | None:
        link = rtnetlink.read_link(body)
        if link is None or _WIRELESS in netlink.attributes(body, _IFINFO):
            return None
        key: Key = ("link", link.ifindex)
        fact = None if gone else (link.name, _is_live(link), link.master)
        was = self._facts.get(key)
        if not self._changed(key, fact):
            return None
        self._drop_routes()
        live = fact is not None and fact[1]
        same = isinstance(was, tuple) and was[1] == live and not gone
        return Event("kernel", "other" if same else "up" if live else "down", link.name)

    def _address(self, body: bytes, *, gone: bool) -> Event | None:
        address = rtnetlink.read_address(body)
        if address is None or inet.scope(address.text) in {"link_local", "loopback"}:
            return None
        key: Key = ("address", address.ifindex, address.text, address.length)
        was = self._facts.get(key)
        pending = _UNUSABLE & (was if gone and isinstance(was, frozenset) else address.flags)
        if not self._changed(key, None if gone else address.flags) or pending:
            return None  # not usable yet: the kernel speaks again when duplicate address detection has ended well
        if gone:
            self._drop_routes()  # the kernel drops those that name it as their source, and says nothing
        reason = "lost" if gone else "other" if "deprecated" in address.flags else "bound"
        return Event("kernel", reason, self._names(address.ifindex))

    def _route(self, body: bytes, *, gone: bool, alone: bool) -> Event | None:
        rows = () if rtnetlink.is_narrow(body) else rtnetlink.read_routes(body)
        if not rows:
            return None
        first = rows[0]
        key: Key = ("route", first.family, first.table, first.destination, first.length, first.metric, first.source)
        own = frozenset(map(_hop, rows))
        known = self._facts.get(key)
        before: frozenset[Key] = known if isinstance(known, frozenset) else frozenset()
        after = before - own if gone else own if alone else before | own
        if not self._changed(key, after or None) and not gone:
            return None
        return Event("kernel", "other", self._names(first.ifindex) if first.ifindex else None)

    def _changed(self, key: Key, fact: object) -> bool:
        """Note a fact, None for one that is no more, and say whether it is another than before."""
        if fact is None:
            self._facts.pop(key, None)
            return True
        changed = self._facts.get(key) != fact
        self._facts[key] = fact
        return changed

    def _drop_routes(self) -> None:
        """Forget routes: those of a link that goes down, or of an address, vanish without a word in IPv4."""
        for key in [key for key in self._facts if key[0] == "route"]:
            del self._facts[key]


def _is_live(link: Link) -> bool:
    return link.up and link.carrier is not False and link.state in _LIVE


def _hop(route: Route) -> Key:
    return route.ifindex, route.next_hop, route.kind, route.weight


def merged(one: Event, other: Event) -> Event:
    """Return the event that stands for both, `other` being the later: what they do not agree about is left out."""
    if one.interface != other.interface:
        return Event("kernel", "other")
    return one if other.reason == "other" else other


class Schedule:
    """When to look next. Instants are seconds of one clock; the first look is due at once."""

    def __init__(self, at: float) -> None:
        self._look_at = at
        self._news: Event | None = None
        self._first_at = self._last_at = at

    def hear(self, event: Event, at: float) -> None:
        """Take news in: a look is due when they have paused for QUIET_FOR, or LONGEST_FOR after the first."""
        if self._news is None:
            self._first_at = at
        self._news = event if self._news is None else merged(self._news, event)
        self._last_at = at

    def ask(self, at: float) -> None:
        """Let a look be due at once: a person wishes it."""
        self._look_at = min(self._look_at, at)

    @property
    def due_at(self) -> float:
        """When the next look is due."""
        if self._news is None:
            return self._look_at
        return min(self._look_at, self._last_at + QUIET_FOR, self._first_at + LONGEST_FOR)

    def take(self) -> Event:
        """Return what the look that now begins is about. Without news it is like any run of cron's: back-off holds."""
        event, self._news, self._look_at = self._news or Event(), None, float("inf")
        return event

    def rest(self, every_for: float, due_for: float | None, at: float) -> None:
        """A look has ended: the next one comes after `every_for` seconds, or sooner where it said so or somebody asked."""
        pause = every_for if due_for is None else min(every_for, due_for)
        self._look_at = min(self._look_at, at + max(SOONEST_FOR, pause))
