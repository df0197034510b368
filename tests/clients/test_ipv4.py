"""Leases of IPv4: after each event of each client the record is right, by one update per real change and none for a renewal."""

import time
from collections.abc import Iterator

import pytest

from tests.clients import dhcp4
from tests.clients.box import wait_until
from tests.clients.clients import IPV4, Client, at_home, release, renew
from tests.clients.dhcp4 import Server4
from tests.clients.dnsmasq import Dnsmasq
from tests.clients.world import World

FIRST, SECOND = "45.83.1.50", "45.83.1.60"
CHANGED = {"udhcpc": "renew", "dhclient": "RENEW", "dhcpcd": "REBIND"}
GONE = {"udhcpc": "deconfig", "dhclient": "EXPIRE", "dhcpcd": "EXPIRE"}
RELEASED = {"udhcpc": "deconfig", "dhclient": "RELEASE", "dhcpcd": "STOP"}


def dnsmasq(world: World, address: str) -> Dnsmasq:
    """Start the real server: it gives one address, with T1 after 4 s and T2 after 8 s of two minutes."""
    given = f"--dhcp-range={address},{address},255.255.255.0,120"
    return Dnsmasq(
        world.isp, world.folder, given, "--dhcp-option=3,45.83.1.1", "--dhcp-option-force=58,4", "--dhcp-option-force=59,8"
    )


@pytest.fixture(params=list(IPV4.values()), ids=list(IPV4))
def client(request: pytest.FixtureRequest, world: World) -> Client:
    found: Client = request.param
    at_home(world, found)
    return found


@pytest.fixture
def server(world: World) -> Iterator[Server4]:
    with Server4(world.isp, "isp0") as made:
        yield made


def bind(world: World, client: Client, address: str = FIRST) -> None:
    """Start the client and wait until its first lease is published."""
    since = time.monotonic()
    client.start(world)
    world.published(f"{client.name} first lease", address, since, 1)


def test_first_lease_and_renewal(world: World, client: Client) -> None:
    with dnsmasq(world, FIRST) as server:
        bind(world, client)
        confirmed = server.count("DHCPACK")
        renew(world, client)
        world.awaited(client.renewed)
        world.kept(FIRST, 1)
        assert server.count("DHCPACK") > confirmed


def test_refused_at_renewal(world: World, client: Client) -> None:
    """dnsmasq comes back with another range and says no to the old address; the client begins anew.

    The no is a broadcast: dhcpcd, which renews by a socket of that address alone, hears it only from T2 on.
    """
    with dnsmasq(world, FIRST):
        bind(world, client)
    with dnsmasq(world, SECOND) as server:
        since = time.monotonic()
        renew(world, client)
        world.published(f"{client.name} after a NAK", SECOND, since, 2)
        assert server.count("DHCPNAK") >= 1, server.log.read_text()


def test_another_address_at_renewal(world: World, client: Client, server: Server4) -> None:
    """The server confirms another address. dhcpcd leaves the old one there until its time is up: the new one is meant.

    Neither the next renewal nor a run by cron, which is told nothing, goes back.
    """
    server.renew_for = 6
    bind(world, client)
    server.address, server.renew_for = SECOND, 300
    since = time.monotonic()
    renew(world, client)
    world.published(f"{client.name} another address at renewal", SECOND, since, 2)
    assert world.events().count(CHANGED[client.name]) >= 1
    if client.name == "dhcpcd":
        assert world.watch.look().usable == {FIRST, SECOND}
        renew(world, client)
        world.awaited("RENEW")
        world.by_cron()
        world.kept(SECOND, 2)


def test_server_silent_at_renewal(world: World, client: Client, server: Server4) -> None:
    """The lease goes on, the server is back before its end: nothing to tell."""
    server.renew_for = 4
    bind(world, client)
    server.silent = True
    asked = server.count(dhcp4.REQUEST)
    renew(world, client)
    wait_until("asked in vain", lambda: server.count(dhcp4.REQUEST) > asked, 20)
    server.silent = False
    world.awaited(client.renewed)
    world.kept(FIRST, 1)


@pytest.mark.parametrize("after", [FIRST, SECOND], ids=["same-again", "another"])
def test_expiry_and_server_back(world: World, client: Client, server: Server4, after: str) -> None:
    """The server is gone until the lease ends: nothing is withdrawn. It comes back: one update where the address is another."""
    server.lease_for, server.renew_for = 12, 6
    bind(world, client)
    server.silent = True
    before = world.events().count(GONE[client.name])
    world.awaited(GONE[client.name], before + 1)
    world.kept(FIRST, 1)
    assert FIRST not in world.watch.look().usable
    server.address, server.silent, server.lease_for = after, False, 600
    since = time.monotonic()
    if after == SECOND:
        world.published(f"{client.name} another address after expiry", SECOND, since, 2)
    else:
        world.watch.usable_at(FIRST, since)
        world.kept(FIRST, 1)


def test_release(world: World, client: Client, server: Server4) -> None:
    bind(world, client)
    before = world.events().count(RELEASED[client.name])
    release(world, client)
    world.awaited(RELEASED[client.name], before + 1)
    wait_until("given back", lambda: server.count(dhcp4.RELEASE) == 1, 5)
    world.kept(FIRST, 1)
    assert FIRST not in world.watch.look().usable


def test_carrier_lost_and_back(world: World, client: Client, server: Server4) -> None:
    bind(world, client)
    world.carrier("down")
    if client.name == "dhcpcd":  # the others are not called
        world.awaited("NOCARRIER")
        world.awaited("EXPIRE")
    else:
        time.sleep(1)
    world.kept(FIRST, 1)
    world.carrier("up")
    world.watch.usable_at(FIRST, time.monotonic())
    if client.name == "dhcpcd":
        world.awaited(client.bound, 2)
    world.kept(FIRST, 1)


def test_no_server_at_first(world: World, client: Client, server: Server4) -> None:
    """No server: nothing is published, not dhcpcd's link-local address either. It comes up: one update."""
    server.silent = True
    client.start(world)
    world.awaited({"udhcpc": "leasefail", "dhclient": "FAIL", "dhcpcd": "IPV4LL"}[client.name])
    world.kept(None, 0)
    server.silent = False
    world.published(f"{client.name} server up at last", FIRST, time.monotonic(), 1)
