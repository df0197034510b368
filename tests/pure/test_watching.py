"""What a resident agent makes of announcements, and when it looks. What a real kernel announces is in tests/watch."""

import struct
import sys

import pytest

from edge_agent import netlink, watching
from edge_agent.model import Event
from edge_agent.netlink import attribute
from edge_agent.watching import Schedule, Table, Wants

NAMES = {2: "wan0", 3: "wan1"}
HERE, FIRST, SECOND = bytes((45, 83, 1, 2)), bytes((45, 83, 1, 1)), bytes((45, 83, 1, 9))


def u32(value: int) -> bytes:
    return value.to_bytes(4, sys.byteorder)


def announced(kind: int, body: bytes, flags: int = 0) -> bytes:
    data = netlink.message(kind, 0, 9, body)
    return data[:6] + flags.to_bytes(2, sys.byteorder) + data[8:] + bytes(-len(body) % 4)


def link(
    kind: int = 16,
    *,
    up: bool = True,
    carrier: int = 1,
    state: int = 6,
    name: bytes = b"wan0\0",
    master: int = 0,
    more: bytes = b"",
) -> bytes:
    head = struct.pack("=BxHiII", 0, 1, 2, int(up), 0)
    return announced(
        kind,
        head
        + attribute(3, name)
        + attribute(16, bytes((state,)))
        + attribute(33, bytes((carrier,)))
        + attribute(10, u32(master))
        + more,
    )


def address(kind: int = 20, flags: int = 0x80, octets: bytes = HERE, valid: int = 60, index: int = 2) -> bytes:
    head = struct.pack("=BBBBi", 2 if len(octets) == 4 else 10, 24, 0, 0, index)
    return announced(
        kind, head + attribute(2, octets) + attribute(8, u32(flags)) + attribute(6, struct.pack("=IIII", valid, valid, 0, 0))
    )


def route(kind: int = 24, hop: bytes = FIRST, flags: int = 0, length: int = 0, index: int = 2) -> bytes:
    head = struct.pack("=BBBBBBBBI", 2, length, 0, 0, 254, 3, 0, 1, 0)
    return announced(kind, head + attribute(4, u32(index)) + attribute(5, hop), flags)


RULE = struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 77, 0, 0, 1, 0)
REPLACE = 0x100
UP, DOWN, BOUND, LOST, OTHER = (Event("kernel", reason, "wan0") for reason in ("up", "down", "bound", "lost", "other"))
ANYWHERE = Event("kernel", "other")

# announcements one after the other, and the news in each
NEWS = {
    "link/up-and-down": [(link(), [UP]), (link(), []), (link(up=False), [DOWN]), (link(up=False), [])],
    "link/carrier": [(link(carrier=0), [DOWN]), (link(carrier=1), [UP])],
    "link/operstate": [(link(state=2), [DOWN]), (link(state=5), [UP]), (link(state=6), []), (link(state=3), [DOWN])],
    "link/renamed": [(link(), [UP]), (link(name=b"ppp9\0"), [Event("kernel", "other", "ppp9")])],
    "link/put-into-a-bridge": [(link(), [UP]), (link(master=7), [OTHER]), (link(master=7), [])],
    "link/gone": [(link(), [UP]), (link(17), [DOWN]), (link(), [UP])],
    "link/radio-statistics": [(link(more=attribute(11, b"quality")), []), (link(), [UP])],
    "link/unreadable": [(announced(16, b"short"), [])],
    "address/renewed": [(address(), [BOUND]), (address(valid=90), []), (address(21), [LOST]), (address(), [BOUND])],
    "address/deprecated": [(address(), [BOUND]), (address(flags=0xA0), [OTHER]), (address(flags=0xA0), []), (address(), [BOUND])],
    "address/tentative-then-ready": [(address(flags=0xC0), []), (address(), [BOUND]), (address(flags=0xC0), [])],
    "address/duplicate": [(address(flags=0xC0), []), (address(flags=0xC8), []), (address(21, flags=0xC8), [])],
    "address/gone-unseen": [(address(21), [LOST])],
    "address/link-local": [(address(octets=bytes((169, 254, 1, 1))), [])],
    "address/loopback": [(address(octets=bytes((127, 0, 0, 1))), [])],
    "address/unknown-interface": [(address(index=99), [Event("kernel", "bound")])],
    "address/unreadable": [(announced(20, b""), [])],
    "route/repeated": [(route(), [OTHER]), (route(), []), (route(flags=REPLACE), [])],
    "route/replaced-there-and-back": [
        (route(), [OTHER]),
        (route(hop=SECOND, flags=REPLACE), [OTHER]),
        (route(flags=REPLACE), [OTHER]),
    ],
    "route/a-second-beside-it": [(route(), [OTHER]), (route(hop=SECOND), [OTHER]), (route(25, hop=SECOND), [OTHER]), (route(), [])],
    "route/gone": [(route(), [OTHER]), (route(25), [OTHER]), (route(25), [OTHER])],
    "route/an-unseen-one-gone": [(route(), [OTHER]), (route(25, hop=SECOND), [OTHER]), (route(), [])],
    "route/narrow": [(route(length=24), []), (route(25, length=5), [])],
    "route/without-interface": [(route(index=0), [ANYWHERE])],
    "route/back-after-its-link": [(route(), [OTHER]), (link(), [UP]), (route(), [OTHER])],
    "route/back-after-its-address": [(address(), [BOUND]), (route(), [OTHER]), (address(21), [LOST]), (route(), [OTHER])],
    "route/not-forgotten-for-an-address-more": [(route(), [OTHER]), (address(), [BOUND]), (route(), [])],
    "rule": [(announced(32, RULE), [ANYWHERE]), (announced(32, RULE), [ANYWHERE]), (announced(33, RULE), [ANYWHERE])],
    "rule/unreadable": [(announced(32, b""), [])],
    "several-in-one": [(link() + address() + route(), [UP, BOUND, OTHER])],
    "another-kind": [(announced(28, bytes(12)), []), (announced(18, bytes(40)), []), (b"\xff" * 40, []), (b"", [])],
}  # fmt: skip


@pytest.mark.parametrize("rows", NEWS.values(), ids=NEWS)
def test_news(rows: list[tuple[bytes, list[Event]]]) -> None:
    table = Table(NAMES.get)
    assert [list(table.read(data)) for data, _ in rows] == [events for _, events in rows]


def test_what_was_not_heard_is_forgotten() -> None:
    table = Table(NAMES.get)
    assert list(table.read(address())) == [BOUND]
    table.forget()
    assert list(table.read(address())) == [BOUND]


def test_the_table_does_not_grow() -> None:
    table = Table(NAMES.get)
    for number in range(3 * watching.MANY):
        assert list(table.read(address(octets=struct.pack(">I", 0x2D530000 + number)))) == [BOUND]
        assert len(table._facts) <= watching.MANY + 1


# --- when ------------------------------------------------------------------------------------------------------------

EVERY = 300.0


def rested(at: float = 100.0, due_for: float | None = None) -> Schedule:
    """Return a schedule whose first look has ended at `at`."""
    schedule = Schedule(at)
    schedule.take()
    schedule.rest(EVERY, due_for, at)
    return schedule


def test_the_first_look_is_due_at_once_and_like_any_of_crons() -> None:
    schedule = Schedule(100.0)
    assert schedule.due_at == 100.0
    assert schedule.take() == Event("manual", "manual")


PAUSES = {
    "nothing-said": (None, 400.0),
    "sooner": (20.0, 120.0),
    "later": (5000.0, 400.0),
    "never-sooner-than-a-second": (0.0, 101.0),
    "nor-in-the-past": (-9.0, 101.0),
}


@pytest.mark.parametrize(("due_for", "due_at"), PAUSES.values(), ids=PAUSES)
def test_pause(due_for: float | None, due_at: float) -> None:
    assert rested(due_for=due_for).due_at == due_at


# instants of news: when the look is due
BURSTS = {
    "one": ([200.0], 200.3),
    "two-together": ([200.0, 200.2], 200.5),
    "a-long-burst": ([200.0 + n / 10 for n in range(50)], 202.0),
    "before-the-periodic-look": ([399.9], 400.0),
}


@pytest.mark.parametrize(("instants", "due_at"), BURSTS.values(), ids=BURSTS)
def test_burst(instants: list[float], due_at: float) -> None:
    schedule = rested()
    for at in instants:
        schedule.hear(UP, at)
    assert schedule.due_at == pytest.approx(due_at)
    assert schedule.take() == UP
    assert schedule.due_at > 1e9, "until the look has ended"


@pytest.mark.parametrize(("events", "looks"), [(200, 1), (300, 2), (1000, 5)], ids=["in-2s", "in-3s", "in-10s"])
def test_a_hundred_events_a_second(events: int, looks: int) -> None:
    schedule, made, busy_until = rested(), 0, 0
    for tick in range(12000, 13500):
        at = tick / 100
        if tick < 12000 + events:
            schedule.hear(BOUND, at)
        if tick == busy_until:
            schedule.rest(EVERY, None, at)
        if tick >= busy_until and at >= schedule.due_at:
            schedule.take()
            made, busy_until = made + 1, tick + 50
    assert made == looks


def test_news_during_a_look_make_one_more() -> None:
    schedule = rested()
    schedule.hear(DOWN, 200.0)
    assert schedule.take() == DOWN
    for at in (200.5, 200.6, 200.7):
        schedule.hear(UP, at)
    schedule.rest(EVERY, None, 203.0)
    assert schedule.due_at == pytest.approx(201.0)
    assert schedule.take() == UP
    schedule.rest(EVERY, None, 204.0)
    assert schedule.due_at == 504.0


@pytest.mark.parametrize("place", ["at-rest", "during-a-look"])
def test_what_a_person_asks_for_is_due_at_once(place: str) -> None:
    schedule = rested()
    if place == "during-a-look":
        schedule.take()
    schedule.ask(200.0)
    if place == "during-a-look":
        schedule.rest(EVERY, None, 201.0)
    assert schedule.due_at == 200.0
    assert schedule.take() == Event()


MERGED = {
    "the-later-counts": (DOWN, UP, UP),
    "what-says-less-does-not": (BOUND, OTHER, BOUND),
    "another-interface": (UP, Event("kernel", "up", "wan1"), ANYWHERE),
    "no-interface": (BOUND, ANYWHERE, ANYWHERE),
}


@pytest.mark.parametrize(("one", "other", "both"), MERGED.values(), ids=MERGED)
def test_merged(one: Event, other: Event, both: Event) -> None:
    assert watching.merged(one, other) == both


# --- what a child hands over -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wants", [Wants(300.0, 30.0, "/run/a b/watch-1"), Wants(0.5, 1.0)], ids=["lock", "no-lock"])
def test_wants_travel(wants: Wants) -> None:
    assert watching.unpacked(watching.packed(wants)) == wants


def test_no_wants() -> None:
    assert watching.unpacked("") is None


STANDINGS = {
    "nothing": ("", (None, "")),
    "soon": (watching.packed((2.5, "home.example.com A: held")), (2.5, "home.example.com A: held")),
    "whenever": (watching.packed((None, "all is well")), (None, "all is well")),
    "odd-words": (watching.packed((None, "one\ntwo\0three")), (None, "one two three")),
}


@pytest.mark.parametrize(("line", "told"), STANDINGS.values(), ids=STANDINGS)
def test_standing_travels(line: str, told: tuple[float | None, str]) -> None:
    assert watching.standing(line) == told
