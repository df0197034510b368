"""ifupdown calls dhclient, and then its own hooks, once per family: the agent is called twice and more for every change."""

import time

import pytest

from tests.clients.clients import DHCLIENT_CONF
from tests.clients.dnsmasq import Dnsmasq
from tests.clients.world import World

FIRST4, SECOND4 = "45.83.1.50", "45.83.1.60"
LEASED6, OWN6 = "2a0d:1234:1::150", "2a0d:1234:1::ff:fe00:a01"
INTERFACES = "auto lo\niface lo inet loopback\n\niface wan0 inet dhcp\n"


def dnsmasq(world: World, ipv4: str, slaac: str) -> Dnsmasq:
    ranges = (f"--dhcp-range={ipv4},{ipv4},255.255.255.0,120", f"--dhcp-range={LEASED6},{LEASED6}{slaac},64,120")
    return Dnsmasq(world.isp, world.folder, *ranges, "--dhcp-option=3,45.83.1.1", "--enable-ra", "--ra-param=isp0,4,60")


@pytest.fixture
def box(world: World) -> World:
    world.settle_in("source", "A AAAA")
    world.box.write("/etc/dhcp/dhclient.conf", DHCLIENT_CONF)
    world.install()
    return world


@pytest.mark.parametrize(
    ("method", "flag", "ipv6"), [("dhcp", "", LEASED6), ("auto", ",slaac", OWN6)], ids=["inet6-dhcp", "inet6-auto"]
)
def test_up_down_up(box: World, method: str, flag: str, ipv6: str) -> None:
    """Two changes are told at first, in one update or two; taking it down tells nothing; another address is one update more."""
    box.box.write("/etc/network/interfaces", f"{INTERFACES}iface wan0 inet6 {method}\n")
    with dnsmasq(box, FIRST4, flag):
        since = time.monotonic()
        box.box.run("ifup", "wan0")
        box.notes.append((f"ifup, inet dhcp and inet6 {method}", time.monotonic() - since))
        box.told(f"ifupdown inet6 {method}", ipv6, since)
        box.told("ifupdown inet", FIRST4, since)
        box.rest()
        updates = len(box.provider.updates)
        assert updates <= 2, box.story()
        box.box.run("ifdown", "wan0")
        box.kept(FIRST4, updates)
        box.kept(ipv6, updates)
    with dnsmasq(box, SECOND4, flag):
        since = time.monotonic()
        box.box.run("ifup", "wan0")
        box.published("ifupdown inet, another address", SECOND4, since, updates + 1)
        box.watch.usable_at(ipv6, since, box.story)
        box.kept(ipv6, updates + 1)


def test_static(box: World) -> None:
    """No client at all: if-up.d alone tells of it."""
    box.box.write("/etc/network/interfaces", "iface wan0 inet static\n\taddress 45.83.1.70/24\n\tgateway 45.83.1.1\n")
    since = time.monotonic()
    box.box.run("ifup", "wan0")
    box.published("ifupdown inet static", "45.83.1.70", since, 1)
    box.box.run("ifdown", "wan0")
    box.kept("45.83.1.70", 1)
