"""Leases and prefixes of IPv6: DHCPv6 by dhclient and dhcpcd, router advertisements by dhcpcd, renumbering by both."""

import signal
import time
from collections.abc import Iterator

import pytest

from tests.clients import dhcp6
from tests.clients.box import wait_until
from tests.clients.clients import DHCLIENT6, DHCPCD6, Client, at_home, release
from tests.clients.dhcp6 import Given, Router6, Server6
from tests.clients.dnsmasq import Dnsmasq
from tests.clients.world import World

OLD, NEW = "2a0d:1234:1::", "2a0d:1234:2::"
FIRST, SECOND = f"{OLD}150", f"{NEW}160"
BOTH = {"dhclient": DHCLIENT6, "dhcpcd": DHCPCD6}


def slaac(prefix: str) -> str:
    """Return what the MAC of wan0 makes of a prefix."""
    return prefix + "ff:fe00:a01"


@pytest.fixture(params=list(BOTH.values()), ids=list(BOTH))
def client(request: pytest.FixtureRequest, world: World) -> Client:
    found: Client = request.param
    at_home(world, found, types="AAAA")
    return found


@pytest.fixture
def router(world: World) -> Iterator[Router6]:
    """Advertises a default route and DHCPv6, no prefix."""
    with Router6(world.isp, "isp0", managed=True) as made:
        yield made


@pytest.fixture
def server(world: World) -> Iterator[Server6]:
    with Server6(world.isp, "isp0", Given(FIRST)) as made:
        yield made


def bind(world: World, client: Client, address: str = FIRST) -> None:
    since = time.monotonic()
    client.start(world)
    world.published(f"{client.name} -6 first lease", address, since, 1)


def test_first_lease(world: World, client: Client) -> None:
    """The real dnsmasq, with router advertisements. dhclient calls its hook before duplicate address detection has ended."""
    given = f"--dhcp-range={FIRST},{FIRST},64,120"
    with Dnsmasq(world.isp, world.folder, given, "--enable-ra", "--ra-param=isp0,5,60"):
        bind(world, client)
    assert any(FIRST in seen.others for seen in world.watch.history)  # it was tentative


def test_renewal(world: World, client: Client, router: Router6, server: Server6) -> None:
    server.renew_for = 4
    bind(world, client)
    world.awaited("RENEW6")
    world.kept(FIRST, 1)


def test_renumbering(world: World, client: Client, router: Router6, server: Server6) -> None:
    """At a renewal the server takes the old prefix out of use and gives an address of the new one."""
    server.renew_for = 6
    bind(world, client)
    server.given, server.renew_for = (Given(FIRST, 0, 30), Given(SECOND)), 300
    world.published(f"{client.name} -6 renumbered", SECOND, time.monotonic(), 2)


def test_both_prefixes_at_first(world: World, client: Client, router: Router6, server: Server6) -> None:
    """After a renumbering the first answer may hold the old address, still preferred for a moment, and then the new one.

    dhclient calls its hook once for each, dhcpcd once for both. While both can be used either is right; then only the new one.
    """
    bind(world, client)
    server.given, server.off_link = (Given(FIRST, 8, 20), Given(SECOND)), True
    world.box.signal(client.argv[0], signal.SIGKILL)
    client.start(world)
    world.watch.usable_at(SECOND, time.monotonic(), world.story)
    wait_until("the old one is out of use", lambda: FIRST not in world.watch.look().usable, 20, world.story)
    world.published(f"{client.name} -6 old prefix first", SECOND, time.monotonic(), 2)


def test_expiry_and_server_back(world: World, client: Client, router: Router6, server: Server6) -> None:
    server.given, server.renew_for = (Given(FIRST, 10, 14),), 5
    bind(world, client)
    server.silent = True
    world.awaited("EXPIRE6")
    world.kept(FIRST, 1)
    server.given, server.silent = (Given(SECOND),), False
    world.published(f"{client.name} -6 another address after expiry", SECOND, time.monotonic(), 2)


def test_release(world: World, client: Client, router: Router6, server: Server6) -> None:
    bind(world, client)
    release(world, client)
    world.awaited({"dhclient": "RELEASE6", "dhcpcd": "STOPPED"}[client.name])
    wait_until("given back", lambda: server.count(dhcp6.RELEASE) >= 1, 5)
    world.kept(FIRST, 1)


def test_carrier_lost_and_back(world: World, client: Client, router: Router6, server: Server6) -> None:
    bind(world, client)
    world.carrier("down")
    time.sleep(2)
    world.kept(FIRST, 1)
    world.carrier("up")
    time.sleep(4)
    world.kept(FIRST, 1)


def test_no_server_at_first(world: World, client: Client, router: Router6, server: Server6) -> None:
    server.silent = True
    client.start(world)
    wait_until("asked in vain", lambda: server.count(dhcp6.SOLICIT) >= 2, 20)
    world.kept(None, 0, "AAAA")
    server.silent = False
    world.published(f"{client.name} -6 server up at last", FIRST, time.monotonic(), 1)


def test_prefix_of_the_router_renumbered_by_dnsmasq(world: World) -> None:
    """dnsmasq's prefix follows its interface: the old one is advertised as deprecated, the new one beside it."""
    at_home(world, DHCPCD6, types="AAAA")
    with Dnsmasq(world.isp, world.folder, "--dhcp-range=::,constructor:isp0,ra-only,64,120", "--enable-ra", "--ra-param=isp0,4,60"):
        since = time.monotonic()
        DHCPCD6.start(world)
        world.published("dhcpcd, prefix of the router", slaac(OLD), since, 1)
        since = time.monotonic()
        world.lab.ip(world.isp, f"addr del {OLD}1/64 dev isp0\naddr add {NEW}1/64 dev isp0 nodad")
        world.published("dhcpcd, router renumbered by dnsmasq", slaac(NEW), since, 2)


def test_prefix_of_the_router_renumbered(world: World) -> None:
    """Every advertisement calls the hook; one update when the prefix changes, none for the rest."""
    at_home(world, DHCPCD6, types="AAAA")
    with Router6(world.isp, "isp0", Given(OLD), every_for=1.0) as router:
        since = time.monotonic()
        DHCPCD6.start(world)
        world.published("dhcpcd, prefix of the router", slaac(OLD), since, 1)
        router.prefixes = (Given(OLD, 0, 7200), Given(NEW))
        world.published("dhcpcd, router renumbered", slaac(NEW), time.monotonic(), 2)
        router.prefixes = (Given(NEW),)
        world.awaited("ROUTERADVERT", world.events().count("ROUTERADVERT") + 3)
        router.silent = True
        world.kept(slaac(NEW), 2)
