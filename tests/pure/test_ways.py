"""Which questions are put to the kernel, and what is made of its answers."""

import struct
import sys

import pytest

from edge_agent import ways
from edge_agent.model import Address, Link, Question, Route, Rule, Snapshot, Way
from edge_agent.netlink import attribute

LO = Link(1, "lo", loopback=True)
WAN0, WAN1 = Link(2, "wan0"), Link(3, "wan1")
HERE0, HERE1 = Address(4, "45.83.1.2", 24, 2), Address(4, "45.83.2.2", 24, 3)
SELF = Address(4, "127.0.0.1", 8, 1)


def default(ifindex: int, metric: int = 0, table: int = 254, **more: object) -> Route:
    return Route(4, table, "0.0.0.0", 0, metric, ifindex, "45.83.1.1")._replace(**more)  # type: ignore[arg-type] # test rows


BOTH = (default(2, 100), default(3, 200))
ASKED: dict[str, tuple[tuple[Route, ...], tuple[Rule, ...], list[Question]]] = {
    "nothing": ((), (), [Question(4)]),
    "two-defaults": (BOTH, (), [Question(4), Question(4, ifindex=2), Question(4, ifindex=3)]),
    "better-metric-first": (BOTH[::-1], (), [Question(4), Question(4, ifindex=2), Question(4, ifindex=3)]),
    "same-interface-twice": ((default(2, 1), default(2, 2)), (), [Question(4), Question(4, ifindex=2)]),
    "blackhole": ((default(0, kind="blackhole"),), (), [Question(4)]),
    "narrow": ((default(2, destination="198.41.0.0", length=24),), (), [Question(4)]),
    "half": ((default(2, destination="128.0.0.0", length=1),), (), [Question(4), Question(4, ifindex=2)]),
    "the-other-half": ((default(2, length=1),), (), [Question(4)]),
    "other-family": ((Route(6, 254, "::", 0, 1, 2),), (), [Question(4)]),
    "mark": (
        (default(2, table=100),),
        (Rule(4, 9, 100, mark=7),),
        [Question(4), Question(4, ifindex=2), Question(4, mark=7), Question(4, ifindex=2, mark=7)],
    ),
    "mark-leads-nowhere": ((default(2),), (Rule(4, 9, 100, mark=7),), [Question(4), Question(4, ifindex=2)]),
    "mark-that-leads-away": ((default(2),), (Rule(4, 9, 254, mark=7, inverted=True),), [Question(4), Question(4, ifindex=2)]),
    "mark-zero": ((default(2),), (Rule(4, 9, 254, mark=0),), [Question(4), Question(4, ifindex=2)]),
    "source": (
        (),
        (Rule(4, 9, 100, source="45.83.2.0/24"),),
        [Question(4), Question(4, "45.83.2.2"), Question(4, "45.83.2.2", 3)],
    ),
    "source-inverted": (
        (),
        (Rule(4, 9, 100, source="45.83.2.0/24", inverted=True),),
        [Question(4), Question(4, "45.83.1.2"), Question(4, "45.83.1.2", 2)],
    ),
    "source-of-loopback": ((), (Rule(4, 9, 100, source="127.0.0.0/8"),), [Question(4)]),
    "source-specific-route": (
        (default(2, source="45.83.1.0/24"),),
        (),
        [Question(4), Question(4, ifindex=2), Question(4, "45.83.1.2"), Question(4, "45.83.1.2", 2)],
    ),
}


@pytest.mark.parametrize(("routes", "rules", "expected"), ASKED.values(), ids=ASKED)
def test_questions(routes: tuple[Route, ...], rules: tuple[Rule, ...], expected: list[Question]) -> None:
    assert list(ways.questions((LO, WAN0, WAN1), (SELF, HERE0, HERE1), routes, rules, 4)) == expected


def test_a_thousand_rules_ask_a_bounded_number() -> None:
    rules = [Rule(4, place, 254, mark=place + 1) for place in range(1000)]
    asked = ways.questions((LO, WAN0, WAN1), (HERE0,), BOTH, rules, 4)
    assert len(asked) == ways.MOST
    assert asked[:3] == (Question(4), Question(4, ifindex=2), Question(4, ifindex=3))


def answer(ifindex: int, gateway: str | None, length: int = 0, kind: int = 1, flags: int = 0, metric: int = 0) -> bytes:
    body = struct.pack("=BBBBBBBBI", 2, length, 0, 0, 254, 3, 0, kind, flags)
    for number, value in ((4, ifindex), (6, metric)):
        body += attribute(number, value.to_bytes(4, sys.byteorder))
    if length:
        body += attribute(1, bytes((198, 41, 0, 4)))
    return body + (attribute(5, bytes(int(part) for part in gateway.split("."))) if gateway else b"")


CACHED = 0x200
REAL = Way(254, 100, ((2, "45.83.1.1", 1),))
DROP10 = default(0, 10, kind="blackhole", next_hop=None)
ANSWERS = {
    "exact": (answer(2, "45.83.1.1", metric=100), (), REAL),
    "blackhole": (answer(0, None, kind=6), (), None),
    "unreachable": (answer(0, None, kind=7), (), None),
    "old-kernel/borne-out": (answer(2, "45.83.1.1", 32, flags=CACHED), BOTH, REAL),
    "old-kernel/borne-out-flag-missing": (answer(2, "45.83.1.1", 32), BOTH, REAL),
    "old-kernel/made-up-on-link": (answer(2, None, 32, flags=CACHED), BOTH, None),
    "old-kernel/other-gateway": (answer(2, "45.83.1.9", 32, flags=CACHED), BOTH, None),
    "old-kernel/multipath": (
        answer(2, "45.83.1.1", 32, flags=CACHED),
        (default(2, 5), default(3, 5, weight=2)),
        Way(254, 5, ((3, "45.83.1.1", 2), (2, "45.83.1.1", 1))),
    ),
    "hidden-by-blackhole": (answer(2, "45.83.1.1", metric=20), (DROP10, default(2, 20)), None),
    "blackhole-comes-later": (answer(2, "45.83.1.1", metric=5), (DROP10, default(2, 5)), Way(254, 5, ((2, "45.83.1.1", 1),))),
    "blackhole-elsewhere": (
        answer(2, "45.83.1.1", metric=20),
        (DROP10._replace(table=7), default(2, 20)),
        Way(254, 20, ((2, "45.83.1.1", 1),)),
    ),
    "blackhole-of-another-part": (
        answer(2, "45.83.1.1", metric=20),
        (DROP10._replace(destination="10.0.0.0", length=8),),
        Way(254, 20, ((2, "45.83.1.1", 1),)),
    ),
    "hidden-by-narrower-prohibit": (
        answer(2, "45.83.1.1", metric=20),
        (DROP10._replace(kind="prohibit", destination="128.0.0.0", length=1, metric=999),),
        None,
    ),
    "garbage": (b"\x02", (), None),
}


@pytest.mark.parametrize(("body", "routes", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_read_way(body: bytes, routes: tuple[Route, ...], expected: Way | None) -> None:
    assert ways.read_way(body, routes) == expected


MARKED = Question(4, ifindex=2, mark=7)
MARKS = {
    "only-with-a-mark": ({Question(4, ifindex=2): None, MARKED: REAL}, 7),
    "also-without": ({Question(4, ifindex=2): REAL, MARKED: REAL}, 0),
    "by-source": ({Question(4, ifindex=2): None, Question(4, "45.83.1.2", 2): REAL, MARKED: REAL}, 0),
    "the-least-of-two": ({MARKED: REAL, MARKED._replace(mark=5): REAL}, 5),
    "other-interface": ({Question(4, ifindex=3, mark=7): REAL}, 0),
    "no-way-at-all": ({Question(4): None, MARKED: None}, 0),
}


@pytest.mark.parametrize(("known", "expected"), MARKS.values(), ids=MARKS)
def test_mark_for(known: dict[Question, Way | None], expected: int) -> None:
    assert ways.mark_for(Snapshot((LO, WAN0, WAN1), ways=known), "wan0") == expected
