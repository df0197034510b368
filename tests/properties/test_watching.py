"""Announcements of any kind are survived; what is announced twice is news once; a schedule neither loses news nor hurries."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent import netlink, watching
from edge_agent.model import Event
from edge_agent.watching import Schedule, Table
from tests.pure.recorded import DATAGRAMS

RECORDED = [data for answer in DATAGRAMS.values() for data in answer]


def reasons(table: Table, data: bytes) -> list[str]:
    return [event.reason for event in table.read(data)]


@given(st.binary(max_size=300), st.sampled_from([16, 17, 20, 21, 24, 25, 32, 33]), st.integers(0, 0xFFFF))
def test_any_body(body: bytes, kind: int, flags: int) -> None:
    table = Table(lambda _: None)
    data = netlink.message(kind, flags, 1, body) + bytes(-len(body) % 4)
    assert len(reasons(table, data)) <= 1


@given(st.sampled_from(RECORDED), st.data())
def test_damaged(data: bytes, draw: st.DataObject) -> None:
    place = draw.draw(st.integers(0, max(0, len(data) - 1)))
    octet = draw.draw(st.integers(0, 255))
    damaged = data[:place] + bytes([octet]) + data[place + 1 :]
    table = Table(lambda _: None)
    assert set(reasons(table, damaged)) <= {"up", "down", "bound", "lost", "other"}


@given(st.sampled_from(RECORDED))
def test_what_stands_is_news_once(data: bytes) -> None:
    """Rules have no state of their own and are left out: whatever is said about them is news."""
    table = Table(lambda _: None)
    list(table.read(data))
    again = [event for event in table.read(data) if event != Event("kernel", "other")]
    assert again == []


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30))
def test_every_news_is_looked_at_in_time(instants: list[float]) -> None:
    schedule = Schedule(0.0)
    schedule.take()
    schedule.rest(1000.0, None, 0.0)
    waiting: float | None = None
    for at in sorted(instants):
        if schedule.due_at <= at:
            assert waiting is not None
            assert schedule.due_at <= waiting + watching.LONGEST_FOR
            schedule.take()
            schedule.rest(1000.0, None, at)
            waiting = None
        schedule.hear(Event("kernel", "up", "wan0"), at)
        waiting = at if waiting is None else waiting
        assert at < schedule.due_at <= waiting + watching.LONGEST_FOR
