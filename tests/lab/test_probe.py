"""The next hop's answer, on the real kernel: alive, dead, silent, replaced, and asked without any privilege."""

import pytest

from edge_agent import model
from edge_agent.model import Finding, Probe
from tests.lab.net import UNPRIVILEGED, Lab
from tests.lab.scenarios import ALL, Stage, standing

ASK = """
import sys, time
from edge_agent import machine, model, probe
wanted = eval(sys.argv[1], vars(model))
begun_at = time.monotonic()
found = probe.gateways(wanted, machine.neighbours, float(sys.argv[2]))
print(repr((found, time.monotonic() - begun_at)))
"""
WAN0 = Probe("gateway", 4, "wan0", 2, "45.83.1.2", "45.83.1.1")
WAN0_6 = Probe("gateway", 6, "wan0", 2, "2a0d:1234:1::2", "fe80::1")
GLOBAL_6 = WAN0_6._replace(next_hop="2a0d:1234:1::1")
QUICK_FOR = 0.6  # far below the time limit; an idle machine needs 0.001 to 0.05
NO_ECHO = """table inet quiet {
    chain in { type filter hook input priority 0; icmp type echo-request drop; icmpv6 type echo-request drop; };
}"""


def ask(
    lab: Lab, box: str, *wanted: Probe, timeout_for: float = 1.2, how: tuple[str, ...] = ()
) -> tuple[dict[Probe, Finding], float]:
    said = lab.python(box, ASK, repr(wanted), str(timeout_for), before=how)
    found, took_for = eval(said, vars(model))
    assert set(found) == set(wanted)
    assert took_for < timeout_for + 0.5
    return found, took_for


@pytest.mark.parametrize("how", [(), UNPRIVILEGED], ids=["root", "unprivileged"])
def test_alive(how: tuple[str, ...]) -> None:
    with Lab() as lab:
        stage = Stage(lab)
        stage.uplink("wan0", 1, 100)
        found, took_for = ask(lab, stage.box, WAN0, WAN0_6, GLOBAL_6, how=how)
        assert {probe: finding.kind for probe, finding in found.items()} == {WAN0: "yes", WAN0_6: "yes", GLOBAL_6: "yes"}
        assert took_for < QUICK_FOR


@pytest.mark.parametrize("how", [(), UNPRIVILEGED], ids=["root", "unprivileged"])
def test_dead(how: tuple[str, ...]) -> None:
    with Lab() as lab:
        stage = Stage(lab)
        stage.uplink("wan0", 1, 100, alive=False)
        found, _ = ask(lab, stage.box, WAN0, WAN0_6, how=how)
        assert {(finding.kind, finding.reason) for finding in found.values()} == {("no", "unreachable")}
        assert found[WAN0].detail == "45.83.1.1 on wan0 does not answer"


@pytest.mark.parametrize("how", [(), UNPRIVILEGED], ids=["root", "unprivileged"])
def test_alive_but_deaf_to_echo(how: tuple[str, ...]) -> None:
    with Lab() as lab:
        stage = Stage(lab)
        stage.uplink("wan0", 1, 100)
        lab.nft(stage.world, NO_ECHO)
        found, took_for = ask(lab, stage.box, WAN0, WAN0_6, how=how)
        assert {finding.kind for finding in found.values()} == {"yes"}
        assert took_for < QUICK_FOR


def test_unprivileged_ping_where_allowed() -> None:
    """An entry that proves nothing, no right to test it: only the echo reply can say yes."""
    with Lab() as lab:
        stage = Stage(lab)
        stage.uplink("wan0", 1, 100)
        old_entries(stage)
        lab.sysctl(stage.box, "net.ipv4.ping_group_range=0 2147483647")
        found, took_for = ask(lab, stage.box, WAN0, WAN0_6, how=UNPRIVILEGED)
        assert {finding.kind for finding in found.values()} == {"yes"}
        assert took_for < QUICK_FOR


def old_entries(stage: Stage, mac: str = "") -> None:
    """Leave the neighbour entries of next hops that answered some minutes ago (from `mac`)."""
    for address, far in (("45.83.1.1", "02:00:00:00:0b:01"), ("fe80::1", "02:00:00:00:0b:01")):
        stage.ip(f"neigh replace {address} dev wan0 lladdr {mac or far} nud stale")


@pytest.mark.parametrize(
    ("how", "expected"), [((), ("no", "unreachable")), (UNPRIVILEGED, ("unknown", "not_probed"))], ids=["root", "unprivileged"]
)
def test_dead_since_the_entry_was_made(how: tuple[str, ...], expected: tuple[str, str]) -> None:
    with Lab() as lab:
        stage = Stage(lab)
        stage.uplink("wan0", 1, 100, alive=False)
        old_entries(stage)
        found, _ = ask(lab, stage.box, WAN0, WAN0_6, how=how)
        assert {(finding.kind, finding.reason) for finding in found.values()} == {expected}


def test_old_entry_of_one_that_lives_but_is_deaf_to_echo() -> None:
    with Lab() as lab:
        stage = Stage(lab)
        stage.uplink("wan0", 1, 100)
        lab.nft(stage.world, NO_ECHO)
        old_entries(stage)
        found, took_for = ask(lab, stage.box, WAN0, WAN0_6)
        assert {finding.kind for finding in found.values()} == {"yes"}
        assert took_for < QUICK_FOR


def test_new_router_with_the_old_ones_address() -> None:
    with Lab() as lab:
        stage = Stage(lab)
        stage.uplink("wan0", 1, 100)
        old_entries(stage, "02:00:00:00:77:77")
        found, _ = ask(lab, stage.box, WAN0, WAN0_6)
        assert {finding.kind for finding in found.values()} == {"yes"}


def test_failed_entry_of_one_that_is_back() -> None:
    with Lab() as lab:
        stage = Stage(lab)
        stage.uplink("wan0", 1, 100, alive=False)
        found, _ = ask(lab, stage.box, WAN0, timeout_for=3.4)
        assert found[WAN0].kind == "no"
        stage.next_hop("up1", 1)
        found, took_for = ask(lab, stage.box, WAN0)
        assert found[WAN0].kind == "yes"
        assert took_for < QUICK_FOR


def test_ipv4_by_an_ipv6_next_hop() -> None:
    with standing(ALL["ipv4-via-ipv6"]) as there:
        wanted = WAN0._replace(next_hop="fe80::1", source=None)
        found, took_for = ask(there.lab, there.box, wanted)
        assert found[wanted].kind == "yes"
        assert took_for < QUICK_FOR


def test_each_uplink_answers_for_itself() -> None:
    """Two uplinks with the same subnet and the same next hop; only the second one's exists."""
    with standing(ALL["nat/same-subnet-twice-first-dead"]) as there:
        first = Probe("gateway", 4, "wan0", 2, "192.168.1.2", "192.168.1.1")
        second = Probe("gateway", 4, "wan1", 3, "192.168.1.3", "192.168.1.1")
        found, _ = ask(there.lab, there.box, first, second)
        assert (found[first].kind, found[second].kind) == ("no", "yes")


UNKNOWN = {
    "no-such-interface": (WAN0._replace(interface="wan7", ifindex=7), "cannot bind to interface wan7"),
    "not-our-source": (WAN0._replace(source="45.83.99.99"), "cannot bind to source 45.83.99.99"),
    "device-only": (WAN0._replace(next_hop=None), "no next hop"),
    "not-on-this-link": (GLOBAL_6._replace(next_hop="2a0d:1234:99::1"), "wan0: "),
}


@pytest.mark.parametrize(("wanted", "words"), UNKNOWN.values(), ids=UNKNOWN)
def test_cannot_be_asked(wanted: Probe, words: str) -> None:
    with Lab() as lab:
        stage = Stage(lab)
        stage.uplink("wan0", 1)
        found, took_for = ask(lab, stage.box, wanted)
        assert (found[wanted].kind, found[wanted].reason) == ("unknown", "not_probed")
        assert words in found[wanted].detail
        assert took_for < QUICK_FOR
