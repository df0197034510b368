"""When a run looks again: only where another look is likely to show something else, and never for a plain renewal."""

import pytest

from edge_agent import agent, settling
from edge_agent.candidates import survey
from edge_agent.model import Account, Event, Lease, Question, Record, Selection, Settings, Snapshot
from tests.pure.box import GATE0, LAN0, PUBLIC0, PUBLIC1, STABLE, WAN0, WAN1, box, on, two_defaults, via
from tests.pure.fake_world import FakeWorld, answering

WAN_ONLY = {Question(4): via(WAN0, GATE0), Question(4, ifindex=2): via(WAN0, GATE0)}
READY = box((WAN0,), (on(WAN0, PUBLIC0),), WAN_ONLY)
BARE = box((WAN0,), (), {})
ROUTELESS = box((WAN0,), (on(WAN0, PUBLIC0),), {Question(4): None, Question(4, ifindex=2): None})
OF_SIX = {Question(6): via(WAN0, "fe80::1"), Question(6, ifindex=2): via(WAN0, "fe80::1")}
DETECTING = box((WAN0,), (on(WAN0, STABLE, "tentative"),), OF_SIX)
NOWHERE = box((WAN0,), (on(WAN0, STABLE, "tentative"),), {Question(6): None, Question(6, ifindex=2): None})
RENUMBERED = box((WAN0,), (on(WAN0, STABLE, "deprecated"), on(WAN0, "2a0d:1234:2::7", "tentative")), OF_SIX)
SIBLING = box((WAN0,), (on(WAN0, STABLE), on(WAN0, "2a0d:1234:2::7", "tentative")), OF_SIX)
TWICE = box((WAN0, WAN1), (on(WAN0, PUBLIC0), on(WAN1, PUBLIC1)), WAN_ONLY)

ONLY_WAN = Selection(("wan*",))


def hook(reason: str, *addresses: str, interface: str | None = "wan0") -> Event:
    return Event("dhclient", reason, interface, tuple(Lease(interface, address) for address in addresses))


ROWS: dict[str, tuple[Event, Snapshot, Selection, str, bool]] = {
    "lease/there-and-usable": (hook("bound", PUBLIC0), READY, ONLY_WAN, "", False),
    "lease/not-there-yet": (hook("bound", PUBLIC1), READY, ONLY_WAN, "", True),
    "lease/renewed-but-not-there": (hook("renewed", PUBLIC1), READY, ONLY_WAN, "", True),
    "lease/no-route-yet": (hook("bound", PUBLIC0), ROUTELESS, ONLY_WAN, "", True),
    "lease/renewed-on-a-network-without-route": (hook("renewed", PUBLIC0), ROUTELESS, ONLY_WAN, "", False),
    "lease/interface-not-selected": (hook("bound", PUBLIC1), READY, Selection(("ppp*",)), "", False),
    "lease/interface-that-does-not-exist": (hook("bound", PUBLIC1, interface="wan"), READY, ONLY_WAN, "", False),
    "lease/interface-not-said": (hook("bound", PUBLIC1, interface=None), READY, ONLY_WAN, "", True),
    "lease/link-local": (hook("bound", "169.254.7.7"), READY, ONLY_WAN, "", False),
    "lease/other-family": (hook("bound", STABLE), READY, ONLY_WAN, "", False),
    "lease/interface-chosen-by-the-kernel": (hook("bound", PUBLIC1), READY, Selection(), "", True),
    "lease/address-comes-from-elsewhere": (hook("bound", PUBLIC1), READY, Selection(source="static"), "", False),
    "lease/an-earlier-one-is-gone": (hook("changed", PUBLIC1, PUBLIC0), READY, ONLY_WAN, "", False),
    "lease/the-latest-is-not-there-yet": (hook("changed", PUBLIC0, PUBLIC1), READY, ONLY_WAN, "", True),
    "tentative/told-of": (hook("bound", "2a0d:1234:2::7"), SIBLING, ONLY_WAN, "", True),
    "tentative/beside-a-usable-one": (hook("router"), SIBLING, ONLY_WAN, "", False),
    "tentative/alone": (Event(), DETECTING, ONLY_WAN, "", True),
    "tentative/renumbered": (hook("router"), RENUMBERED, ONLY_WAN, "", True),
    "tentative/without-a-way-out": (hook("router"), NOWHERE, ONLY_WAN, "", False),
    "lost/nothing-left-of-what-was-published": (hook("lost"), BARE, ONLY_WAN, PUBLIC0, True),
    "lost/another-is-there": (hook("down"), READY, ONLY_WAN, PUBLIC1, False),
    "lost/nothing-was-published": (hook("lost"), BARE, ONLY_WAN, "", False),
    "lost/of-another-family": (hook("lost"), BARE, ONLY_WAN, STABLE, False),
    "renewed/nothing-usable": (hook("renewed"), BARE, ONLY_WAN, PUBLIC0, False),
    "up/routes-are-coming": (hook("up"), ROUTELESS, ONLY_WAN, "", True),
    "up/usable": (hook("up"), READY, ONLY_WAN, "", False),
    "up/nothing-there": (hook("up"), BARE, ONLY_WAN, "", False),
    "up/another-interface": (hook("up", interface="lan0"), ROUTELESS, ONLY_WAN, "", False),
    "by-hand/nothing-to-wait-for": (Event(), ROUTELESS, ONLY_WAN, PUBLIC0, False),
}


@pytest.mark.parametrize("row", ROWS)
def test_awaits(row: str) -> None:
    event, snapshot, selection, published, expected = ROWS[row]
    said = frozenset(filter(None, [published]))
    family = 6 if any(":" in address.text for address in snapshot.addresses if address.ifindex != 1) else 4
    field = survey(event, snapshot, selection, family, said)
    assert settling.awaits(event, [field], said) is expected


class Unfolding(FakeWorld):
    """A machine that looks different after so many looks."""

    def __init__(self, *snapshots: Snapshot) -> None:
        super().__init__(snapshots[0], answering("updated"))
        self.coming = list(snapshots)

    def look(self) -> Snapshot:
        self.snapshot = self.coming.pop(0) if self.coming else self.snapshot
        return self.snapshot


def settings(**more: object) -> Settings:
    record = Record("home.example.com", ("A",), "acct", Selection(), fingerprint="f1")
    return Settings(families=(4,), accounts={"acct": Account("acct", "plain")}, records=(record,))._replace(**more)  # type: ignore[arg-type]


def test_a_hook_that_comes_before_its_address_publishes_it_as_soon_as_it_is_there() -> None:
    world = Unfolding(BARE, ROUTELESS, READY)
    report = agent.run(hook("bound", PUBLIC0), settings(), world)
    assert [(line.step.address, line.verdict) for line in report.lines] == [(PUBLIC0, "updated")]
    assert world.waited == 2 * settling.LOOK_EVERY_FOR


def test_a_lease_that_never_comes_is_not_waited_for_for_ever() -> None:
    world = Unfolding(two_defaults())
    report = agent.run(hook("bound", "45.83.9.9"), settings(), world)
    assert report.lines[0].step.address == PUBLIC0
    assert world.waited == pytest.approx(3.0)


@pytest.mark.parametrize("patience", [{"settle_for": 0.0}, {"dry_run": True}], ids=str)
def test_no_patience(patience: dict[str, object]) -> None:
    world = Unfolding(BARE)
    agent.run(hook("bound", PUBLIC0), settings(**patience), world)
    assert world.waited == 0


def test_settling_leaves_most_of_the_time_for_the_update() -> None:
    world = Unfolding(BARE)
    agent.run(hook("bound", PUBLIC0), settings(deadline_for=3.0), world)
    assert world.waited == pytest.approx(1.0)


BOTH = box((WAN0, LAN0), (on(WAN0, PUBLIC0), on(LAN0, "192.168.1.1")), WAN_ONLY)


@pytest.mark.parametrize("reason", ["renewed", "router", "manual", "other"])
@pytest.mark.parametrize("lease", [Lease("wan0", PUBLIC0), Lease("lan0", "192.168.1.1")], ids=["wan", "lan"])
def test_what_changes_nothing_is_never_waited_for(reason: str, lease: Lease) -> None:
    world = Unfolding(BOTH)
    agent.run(Event("dhclient", reason, lease.interface, (lease,)), settings(), world)
    assert world.waited == 0
