"""What a client loses by our hook: the time of its script and to a first lease, without it, with it, with a stuck agent."""

import contextlib
import pathlib
import statistics
import time
from typing import NamedTuple

import pytest

from tests.clients.clients import DHCLIENT6, DHCPCD6, IPV4, Client, at_home, renew
from tests.clients.dhcp4 import Server4
from tests.clients.dhcp6 import Given, Router6, Server6
from tests.clients.world import World
from tests.fakes.tls import Tls

RENEWALS = 6
SLOWER_FOR = 0.15  # seconds: far below any run of the agent, far above the noise of two shared cores
HURRY = "nodelay\nnoarp\n"  # dhcpcd's own waits are random


class Cost(NamedTuple):
    """Seconds: from the client's start to the end of its script at the first lease; what the script took at a renewal.

    A hook that waits makes the least longer, too; a machine that others use only the median.
    """

    to_bound: float
    script_least: float
    script_median: float


def spent(world: World, client: Client) -> Cost:
    """Bind, renew some times, and return what that took."""
    began_at = time.monotonic()
    client.start(world)
    bound_at = world.awaited(client.bound)
    for number in range(1, RENEWALS + 1):
        renewed(world, client, number)
        time.sleep(0.3)
    took = [seconds for reason, seconds in world.durations() if reason == client.renewed]
    return Cost(bound_at - began_at, min(took), statistics.median(took))


def renewed(world: World, client: Client, number: int) -> None:
    """Renew until the client has told so that many times; dhcpcd does not hear a command while it is busy."""
    until_at = time.monotonic() + 40
    while world.events().count(client.renewed) < number:
        assert time.monotonic() < until_at, world.story()
        renew(world, client)
        with contextlib.suppress(AssertionError):
            world.awaited(client.renewed, number, 5)


def cost(folder: pathlib.Path, tls: Tls, client: Client, command: str | None) -> Cost:
    """Return the cost in a fresh box; `command` stands in for the agent, None is no hook at all."""
    folder.mkdir()
    with World(folder, tls) as world:
        at_home(world, client, types="AAAA" if client.argv[1] == "-6" else "A", hooks=command is not None)
        world.box.run("sh", "-c", f"printf '{HURRY}' >>/etc/dhcpcd.conf")
        if command:
            world.stand_in(command)
        if client.argv[1] != "-6":
            with Server4(world.isp, "isp0") as server:
                server.renew_for = 1
                return spent(world, client)
        with Router6(world.isp, "isp0", managed=True), Server6(world.isp, "isp0", Given("2a0d:1234:1::150")) as server6:
            server6.renew_for = 1 if client.name == "dhclient" else 300  # dhcpcd would renew before it has told of its lease
            return spent(world, client)


@pytest.mark.parametrize("client", [*IPV4.values(), DHCLIENT6, DHCPCD6], ids=[*IPV4, "dhclient -6", "dhcpcd -6"])
def test_the_client_is_not_delayed(client: Client, tmp_path: pathlib.Path, tls: Tls, request: pytest.FixtureRequest) -> None:
    kinds = {"without hook": None, "with our hook": "", "with a stuck agent": "sleep 60 #"}
    found = {kind: cost(tmp_path / kind.replace(" ", "-"), tls, client, command) for kind, command in kinds.items()}
    notes = [
        (f"{kind}: {what.replace('_', ' ')}", seconds) for kind, each in found.items() for what, seconds in each._asdict().items()
    ]
    request.node.user_properties.append(("seconds", notes))
    plain = found.pop("without hook")
    for each in found.values():
        assert each.script_least - plain.script_least < SLOWER_FOR, found
        assert each.to_bound - plain.to_bound < 2, found  # clients wait for random times themselves
