"""The custom request within whole runs: which families travel when one address changes."""

import pytest

from edge_agent import agent
from edge_agent.model import Account, Event, Question, Record, Selection, Settings
from edge_agent.providers import custom
from tests.pure.box import PUBLIC0, STABLE, WAN0, box, on, two_defaults, via
from tests.pure.fake_world import FakeWorld, answering

NEW = "45.83.1.8"
BOTH = "https://ddns.example.com/?a={ip4}&aaaa={ip6!r}"


def world(*addresses: str) -> FakeWorld:
    ways = {Question(family, ifindex=number): via(WAN0, None) for family in (4, 6) for number in (0, 2)}
    return FakeWorld(box((WAN0,), tuple(on(WAN0, text) for text in addresses), ways), answering("done"), custom.PROVIDER)


def wanted(url: str, **options: str) -> Settings:
    account = Account("acct", "custom", options={"url": url} | options, fingerprint="a1")
    record = Record("home.example.com", ("A", "AAAA"), "acct", Selection(), fingerprint="f1")
    return Settings(accounts={"acct": account}, records=(record,))


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        pytest.param("https://ddns.example.com/?ip={ip!r}", ["https://ddns.example.com/?ip=45.83.1.8"], id="alone"),
        pytest.param(BOTH, [f"https://ddns.example.com/?a={NEW}&aaaa={STABLE}"], id="both"),
    ],
)
def test_one_address_changes(url: str, sent: list[str]) -> None:
    own = world(PUBLIC0, STABLE)
    agent.run(Event(), wanted(url), own)
    own.sent.clear()
    own.snapshot = world(NEW, STABLE).snapshot
    report = agent.run(Event(), wanted(url), own.later(60))
    assert [url for url, _ in own.sent] == sent
    assert report.exit == 0
    agent.run(Event(), wanted(url), own.later(60))
    assert len(own.sent) == len(sent)


def test_nothing_is_sent_until_both_families_are_known() -> None:
    own = FakeWorld(two_defaults(), answering("done"), custom.PROVIDER)
    report = agent.run(Event(), wanted(BOTH), own)
    assert [line.step.reason for line in report.lines] == ["other_family_unknown", "no_route"]
    assert own.sent == []


def test_a_missing_family_is_sent_empty_where_that_was_asked_for() -> None:
    own = FakeWorld(two_defaults(), answering("done"), custom.PROVIDER)
    agent.run(Event(), wanted(BOTH, missing="empty"), own)
    assert [url for url, _ in own.sent] == [f"https://ddns.example.com/?a={PUBLIC0}&aaaa="]
