"""What `machine.look()` sees of each scenario on the real kernel, with netlink, with an old kernel's lookups, and without."""

import subprocess
import sys

import pytest

from edge_agent import model
from edge_agent.model import Address, Link, Question, Route, Snapshot
from tests.lab.net import ROOT, UNPRIVILEGED, Lab
from tests.lab.scenarios import ALL, TUN_4, WAN0_4, WAN0_6, WAN1_4, WAN1_6, Stage, standing

LOOK = "from edge_agent import machine; print(repr(machine.look()))"
OLD_KERNEL = """
from edge_agent import machine, rtnetlink
rtnetlink._FIB_MATCH = 0  # before Linux 4.13 the flag had no meaning
print(repr(machine.look()))
"""
FORBIDDEN = """
from edge_agent import machine
def refuse():
    raise PermissionError(1, "Operation not permitted")
print(repr(machine.look(opener=refuse)))
"""


def look(lab: Lab, box: str, code: str = LOOK) -> Snapshot:
    found = eval(lab.python(box, code), vars(model))
    assert isinstance(found, Snapshot)
    return found


def link_of(seen: Snapshot, name: str) -> Link:
    return next(link for link in seen.links if link.name == name)


def words(seen: Snapshot, question: Question) -> str:
    """The answer to a question as a person would say it."""
    way = seen.ways[question]
    names = {link.ifindex: link.name for link in seen.links}
    return " + ".join(" ".join(filter(None, (names[hop[0]], hop[1]))) for hop in way.hops) if way else "none"


G0, G1 = "wan0 45.83.1.1", "wan1 45.83.2.1"
F0, F1 = "wan0 fe80::1", "wan1 fe80::1"

# scenario: {(family, interface, source, mark): the kernel's answer}
WAYS: dict[str, dict[tuple[int, str, str | None, int], str]] = {
    "only-loopback": {(4, "", None, 0): "none", (6, "", None, 0): "none"},
    "two-defaults/lower-metric-wins": {
        (4, "", None, 0): G0,
        (4, "wan0", None, 0): G0,
        (4, "wan1", None, 0): G1,
        (6, "", None, 0): F0,
        (6, "wan0", None, 0): F0,
        (6, "wan1", None, 0): F1,
    },
    "tun-beside-ethernet": {
        (4, "", None, 0): "tun0",
        (4, "tun0", None, 0): "tun0",
        (4, "wan0", None, 0): G0,
        (6, "", None, 0): "tun0",
        (6, "tun0", None, 0): "tun0",
        (6, "wan0", None, 0): F0,
    },
    "openvpn-halves": {
        (4, "", None, 0): "tun0",
        (4, "tun0", None, 0): "tun0",
        (4, "wan0", None, 0): G0,
        (6, "", None, 0): "tun0",
        (6, "tun0", None, 0): "tun0",
        (6, "wan0", None, 0): F0,
    },
    "policy/by-mark": {
        (4, "", None, 0): "none",
        (4, "wan0", None, 0): "none",
        (4, "", None, 7): G0,
        (4, "wan0", None, 7): G0,
        (6, "", None, 0): "none",
        (6, "wan0", None, 0): "none",
        (6, "", None, 7): F0,
        (6, "wan0", None, 7): F0,
    },
    "policy/by-source": {
        (4, "", None, 0): "none",
        (4, "wan0", None, 0): "none",
        (4, "", WAN0_4, 0): G0,
        (4, "wan0", WAN0_4, 0): G0,
        (6, "", None, 0): "none",
        (6, "wan0", None, 0): "none",
        (6, "", WAN0_6, 0): F0,
        (6, "wan0", WAN0_6, 0): F0,
    },
    "policy/source-beside-main": {
        (4, "", None, 0): G0,
        (4, "wan0", None, 0): G0,
        (4, "wan1", None, 0): "none",
        (4, "", WAN1_4, 0): G1,
        (4, "wan1", WAN1_4, 0): G1,
        (6, "", None, 0): F0,
        (6, "wan0", None, 0): F0,
        (6, "wan1", None, 0): "none",
        (6, "", WAN1_6, 0): F1,
        (6, "wan1", WAN1_6, 0): F1,
    },
    "policy/lower-table-without-rule": {
        (4, "", None, 0): G0,
        (4, "wan0", None, 0): G0,
        (4, "wan1", None, 0): "none",
        (6, "", None, 0): F0,
        (6, "wan0", None, 0): F0,
        (6, "wan1", None, 0): "none",
    },
    "policy/source-specific-ipv6": {
        (4, "", None, 0): "none",
        (6, "", None, 0): "none",
        (6, "wan0", None, 0): "none",
        (6, "", WAN0_6, 0): F0,
        (6, "wan0", WAN0_6, 0): F0,
    },
    "multipath": {
        (4, "", None, 0): f"{G1} + {G0}",
        (4, "wan0", None, 0): f"{G1} + {G0}",
        (4, "wan1", None, 0): f"{G1} + {G0}",
        (6, "", None, 0): f"{F1} + {F0}",
        (6, "wan0", None, 0): f"{F1} + {F0}",
        (6, "wan1", None, 0): f"{F1} + {F0}",
    },
    "nexthop-objects": {
        (4, "", None, 0): G0,
        (4, "wan0", None, 0): G0,
        (6, "", None, 0): F0,
        (6, "wan0", None, 0): F0,
    },
    "blackhole-before-real": {
        (4, "", None, 0): "none",
        (4, "wan0", None, 0): "none",
        (6, "", None, 0): "none",
        (6, "wan0", None, 0): "none",
    },
    "ipv4-via-ipv6": {(4, "", None, 0): F0, (4, "wan0", None, 0): F0, (6, "", None, 0): F0, (6, "wan0", None, 0): F0},
}


@pytest.mark.parametrize("name", WAYS)
def test_ways(name: str) -> None:
    with standing(ALL[name]) as there:
        seen = look(there.lab, there.box)
        names = {0: ""} | {link.ifindex: link.name for link in seen.links}
        found = {(asked.family, names[asked.ifindex], asked.source, asked.mark): words(seen, asked) for asked in seen.ways}
        assert found == WAYS[name]


@pytest.mark.parametrize("name", ALL)
def test_every_box(name: str) -> None:
    """Nothing is missing, netifaces and the kernel agree, few questions are asked; an old kernel's lookups say the same."""
    with standing(ALL[name]) as there:
        seen = look(there.lab, there.box)
        assert seen.gaps == ()
        assert len(seen.ways) <= 12
        assert {asked.family for asked in seen.ways} == {4, 6}
        assert all(route.table != 255 for route in seen.routes)
        assert look(there.lab, there.box, OLD_KERNEL).ways == seen.ways


def test_link_states() -> None:
    with standing(ALL["two-defaults/admin-down-keeps-address"]) as there:
        seen = look(there.lab, there.box)
        assert link_of(seen, "lo") == Link(1, "lo", carrier=True, loopback=True, resolves=False)
        assert link_of(seen, "wan0") == Link(2, "wan0", up=False, carrier=False, state="down")
        assert link_of(seen, "wan1") == Link(3, "wan1", carrier=True, state="up")
        assert {address.text for address in seen.addresses if address.ifindex == 2} >= {WAN0_4, WAN0_6}
    with standing(ALL["no-carrier"]) as there:
        seen = look(there.lab, there.box)
        assert link_of(seen, "wan0").carrier is False  # `state` follows within a second
    with standing(ALL["bridge"]) as there:
        seen = look(there.lab, there.box)
        assert link_of(seen, "port0").master == link_of(seen, "br0").ifindex
    with standing(ALL["tun-beside-ethernet"]) as there:
        seen = look(there.lab, there.box)
        assert link_of(seen, "tun0")._replace(ifindex=0) == Link(0, "tun0", carrier=True, resolves=False)


def test_addresses_of_every_kind() -> None:
    with standing(ALL["ipv6-zoo"]) as there:
        seen = look(there.lab, there.box)
        own = {address.text: address for address in seen.addresses if address.ifindex == 2}
        (temporary,) = (address for address in own.values() if "temporary" in address.flags)
        assert temporary.preferred_for is not None
        assert own[WAN0_6]._replace(created=None) == Address(6, WAN0_6, 64, 2, frozenset({"permanent"}))
        assert own["2a0d:1234:1::dead"].flags == {"deprecated"}
        assert own["2a0d:1234:1::dead"].preferred_for == 0
        assert own["2a0d:1234:1::7"].flags == {"tentative", "permanent"}
        assert "dad_failed" in own["2a0d:1234:1::1"].flags
    with standing(ALL["labels-and-peers"]) as there:
        seen = look(there.lab, there.box)
        assert {(address.text, address.length) for address in seen.addresses if address.family == 4} == {
            ("127.0.0.1", 8),
            (WAN0_4, 24),
            ("45.83.1.3", 24),
            ("45.83.3.1", 32),
        }


def test_only_the_families_asked_for() -> None:
    with standing(ALL["two-defaults/lower-metric-wins"]) as there:
        seen = look(there.lab, there.box, "from edge_agent import machine; print(repr(machine.look((4,))))")
        assert {item.family for row in (seen.addresses, seen.routes, seen.rules) for item in row} == {4}
        assert {asked.family for asked in seen.ways} == {4}


def test_without_netlink() -> None:
    """netifaces alone: interfaces, addresses, gateways, and a gap that says what is missing."""
    with standing(ALL["two-defaults/lower-metric-wins"]) as there:
        whole, seen = look(there.lab, there.box), look(there.lab, there.box, FORBIDDEN)
        assert [(link.ifindex, link.name, link.loopback) for link in seen.links] == [
            (link.ifindex, link.name, link.loopback) for link in whole.links
        ]
        plain = {address._replace(flags=frozenset(), created=None) for address in whole.addresses}
        assert set(seen.addresses) == plain
        assert seen.routes[0]._replace(ifindex=0) == Route(4, 254, "0.0.0.0", 0, 0, 0, "45.83.1.1")
        assert {(route.family, route.next_hop, link_of(whole, "wan0").ifindex == route.ifindex) for route in seen.routes} == {
            (4, "45.83.1.1", True),
            (4, "45.83.2.1", False),
            (6, "fe80::1", True),
            (6, "fe80::1", False),
        }
        assert seen.ways == {}
        assert seen.gaps == (
            (
                "the kernel cannot be asked here (Operation not permitted): "
                "address flags, link state, neighbours and policy routes are not known"
            ),
        )


SILENT = """
import _socket
from edge_agent import machine
ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_DGRAM)
ours.settimeout(0.1)
print(repr(machine.look(opener=lambda: ours)))
"""


def test_netlink_that_never_answers() -> None:
    with standing(ALL["two-defaults/lower-metric-wins"]) as there:
        seen = look(there.lab, there.box, SILENT)
        assert seen.routes[0].next_hop == "45.83.1.1"
        assert seen.gaps[0].startswith("the kernel does not answer (timed out): ")


EXHAUSTED = """
import netifaces, resource
from edge_agent import machine
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))  # no socket can be had, by anyone
print(repr(machine.look()))
"""


def test_when_nothing_can_be_asked() -> None:
    with standing(ALL["two-defaults/lower-metric-wins"]) as there:
        seen = look(there.lab, there.box, EXHAUSTED)
        assert seen.links == ()
        assert seen.gaps == (
            "the kernel cannot be asked here (Too many open files), and interfaces cannot be listed (Too many open files)",
        )


ONE_BY_ONE = """
import netifaces
from edge_agent import machine
del netifaces.allifaddresses  # netifaces 0.11 has none
print(repr(machine.look()))
"""


def test_with_the_original_netifaces() -> None:
    with standing(ALL["labels-and-peers"]) as there:
        assert look(there.lab, there.box, ONE_BY_ONE) == look(there.lab, there.box)


MANY = """
import time
from edge_agent import machine
begun_at = time.monotonic()
seen = machine.look()
print((len(seen.links), seen.gaps, time.monotonic() - begun_at))
"""


def test_a_thousand_interfaces() -> None:
    with Lab() as lab:
        box = lab.namespace("box")
        rows = (
            f"link add v{number} type veth peer name w{number}\naddr add 10.0.{number}.1/32 dev v{number}" for number in range(250)
        )
        lab.ip(box, "\n".join(rows))
        links, gaps, took_for = eval(lab.python(box, MANY))
        assert (links, gaps) == (501, ())
        assert took_for < 0.5  # 0.02 on an idle machine; 0.9 where every interface is looked up by itself


TORN = """
import ctypes, sys
from edge_agent import kernel, machine
sock = kernel.open_netlink()
with open(f"/run/netns/{sys.argv[1]}") as other:
    assert ctypes.CDLL(None).setns(other.fileno(), 0) == 0
print(repr(machine.look(opener=lambda: sock)))
"""


def test_when_netifaces_and_the_kernel_disagree() -> None:
    """The netlink socket belongs to one namespace, netifaces looks at another: the kernel wins, and the gap says so."""
    with standing(ALL["two-defaults/lower-metric-wins"]) as there:
        seen = eval(there.lab.python(there.box, TORN, there.world), vars(model))
        assert {link.name for link in seen.links} == {"lo", "wan0", "wan1"}
        assert words(seen, Question(4)) == G0
        (gap,) = seen.gaps
        assert gap.startswith("netifaces and the kernel disagree about ")
        assert gap.endswith(": the kernel's word counts")


CHURN = """
import subprocess, sys
print("ready", flush=True)
while True:
    lines = []
    for number in range(200):
        lines += [f"addr add 45.83.7.{number}/32 dev wan0", f"route add 45.84.{number}.0/24 dev wan0"]
        lines += [f"route del 45.84.{number}.0/24 dev wan0", f"addr del 45.83.7.{number}/32 dev wan0"]
    subprocess.run(["ip", "-batch", "-"], input="\\n".join(lines), text=True, capture_output=True)
"""
LOOK_OFTEN = """
from edge_agent import machine
seen = [machine.look() for _ in range(100)]
print(repr([(len(one.links), one.gaps, one.ways) for one in seen]))
"""


def test_while_everything_changes() -> None:
    """The kernel's tables change all the time: no error, no false alarm about what is missing, the right way each time."""
    with Lab() as lab:
        stage = Stage(lab)
        stage.uplink("wan0", 1, 100)
        stage.ip("\n".join(f"route add 45.90.{number}.0/24 dev wan0" for number in range(250)))
        lab.start(stage.box, sys.executable, "-c", CHURN)
        looks = eval(lab.python(stage.box, LOOK_OFTEN), vars(model))
        alarms = [gap for _, gaps, _ in looks for gap in gaps if "kept changing" not in gap]
        assert alarms == []
        assert all(links == 2 and ways[Question(4)].hops[0][1] == "45.83.1.1" for links, _, ways in looks)


def test_a_child_without_rights_sees_the_same() -> None:
    with standing(ALL["policy/source-beside-main"]) as there:
        drop = [*UNPRIVILEGED, "env", f"PYTHONPATH={ROOT}", sys.executable, "-c", LOOK]
        said = subprocess.run(["ip", "netns", "exec", there.box, *drop], capture_output=True, text=True, check=True).stdout
        seen = eval(said, vars(model))
        assert (seen.ways, seen.gaps) == (look(there.lab, there.box).ways, ())
        assert TUN_4 not in said
