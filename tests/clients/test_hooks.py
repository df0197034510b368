"""Where a hook stands in its client's script, and the executable in the agent's place: the whole story of every client once."""

import time
from collections.abc import Iterator

import pytest

from edge_agent.snippets import block
from tests.clients.clients import DHCLIENT6, DHCPCD6, IPV4, UDHCPC, Client, at_home, renew
from tests.clients.conftest import needs_frozen
from tests.clients.dhcp4 import Server4
from tests.clients.dhcp6 import Given, Router6, Server6
from tests.clients.world import World

FIRST, SECOND = "45.83.1.50", "45.83.1.60"
FIRST6, SECOND6 = "2a0d:1234:1::150", "2a0d:1234:2::160"


@pytest.fixture
def server(world: World) -> Iterator[Server4]:
    with Server4(world.isp, "isp0") as made:
        yield made


def story(world: World, client: Client, server: Server4) -> None:
    """A first lease, a renewal, another address."""
    server.renew_for = 5
    since = time.monotonic()
    client.start(world)
    world.published(f"{client.name}, first lease", FIRST, since, 1)
    before = len(world.events())
    renew(world, client)
    world.awaited_more(before, "a renewal")
    world.kept(FIRST, 1)
    server.address = SECOND
    since = time.monotonic()
    renew(world, client)
    world.published(f"{client.name}, another address", SECOND, since, 2)


def test_udhcpc_calls_before_the_address_is_there(world: World, server: Server4) -> None:
    """As a hook at the top of the script does, which itself installs the address."""
    at_home(world, UDHCPC, hooks=False)
    script = world.box.run("cat", UDHCPC.script)
    world.box.write(UDHCPC.script, script.replace("\n", "\n" + block("udhcpc"), 1), 0o755)
    story(world, UDHCPC, server)


@pytest.mark.parametrize("order", [(FIRST6, SECOND6), (SECOND6, FIRST6)], ids=["in-order", "overtaken"])
def test_two_calls_within_a_moment(world: World, order: tuple[str, str]) -> None:
    """dhclient tells of the old prefix's address and at once of the new one's; the second call may be the first to be heard.

    The old one is published, both can be used: the new one is what has changed, and no second update goes back.
    """
    at_home(world, DHCLIENT6, types="AAAA")
    world.lab.ip(world.box.net, f"-6 addr add {FIRST6}/128 dev wan0 nodad\n-6 route add default via fe80::1 dev wan0")
    since = time.monotonic()
    world.box.run("sh", "-c", bound6(FIRST6))
    world.published("first call", FIRST6, since, 1)
    world.lab.ip(world.box.net, f"-6 addr change {FIRST6}/128 dev wan0 nodad valid_lft 30 preferred_lft 20")
    world.lab.ip(world.box.net, f"-6 addr add {SECOND6}/128 dev wan0 valid_lft 900 preferred_lft 600")
    since = time.monotonic()
    world.box.run("sh", "-c", "; sleep 0.05; ".join(map(bound6, order)))
    world.published("second call", SECOND6, since, 2)


def bound6(address: str) -> str:
    """Return the shell's words for a call as dhclient makes it."""
    said = f"reason=BOUND6 interface=wan0 new_ip6_address={address}"
    return f"env -i PATH=$PATH {said} sh -c '. /etc/dhcp/dhclient-exit-hooks.d/zz-edge-agent'"


@pytest.mark.parametrize("client", IPV4.values(), ids=IPV4)
def test_executable(world: World, server: Server4, client: Client) -> None:
    needs_frozen()
    at_home(world, client, "frozen")
    story(world, client, server)


@pytest.mark.parametrize("client", [DHCLIENT6, DHCPCD6], ids=["dhclient-6", "dhcpcd-6"])
def test_executable_with_ipv6(world: World, client: Client) -> None:
    needs_frozen()
    at_home(world, client, "frozen", "AAAA")
    with Router6(world.isp, "isp0", managed=True), Server6(world.isp, "isp0", Given(FIRST6)) as server:
        server.renew_for = 5
        since = time.monotonic()
        client.start(world)
        world.published(f"{client.name} -6, first lease", FIRST6, since, 1)
        world.awaited("RENEW6")
        world.kept(FIRST6, 1)
        server.given, server.renew_for = (Given(FIRST6, 0, 30), Given(SECOND6)), 300
        world.published(f"{client.name} -6, renumbered", SECOND6, time.monotonic(), 2)


def test_executable_with_ifupdown(world: World, server: Server4) -> None:
    needs_frozen()
    at_home(world, IPV4["dhclient"], "frozen")
    world.box.write("/etc/network/interfaces", "iface wan0 inet dhcp\n")
    for updates, address in enumerate((FIRST, SECOND), 1):
        server.address = address
        since = time.monotonic()
        world.box.run("ifup", "wan0")
        world.published("ifupdown", address, since, updates)
        world.box.run("ifdown", "wan0")
        world.kept(address, updates)
