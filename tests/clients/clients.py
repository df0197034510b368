"""The DHCP clients: how each is started, renewed and made to give its lease back. No test lives here."""

import signal
import subprocess
from typing import Final, NamedTuple

from tests.clients.world import World

# Between two tries seconds, not minutes: a lab has no time
DHCLIENT_CONF: Final = """
request subnet-mask, broadcast-address, routers, domain-name-servers, dhcp6.name-servers;
timeout 10; retry 2; reboot 2; initial-interval 1; backoff-cutoff 2;
"""
DHCPCD_CONF: Final = """
duid
persistent
require dhcp_server_identifier
slaac hwaddr
"""
TIMED: Final = """#!/bin/sh
began=$(date +%s%N)
{script} "$@"
status=$?
echo "${{reason:-$1}} $began $(date +%s%N)" >>{folder}/events
exit $status
"""


class Client(NamedTuple):
    """One way to run one client on wan0. Its script is called by way of TIMED, which writes down each call and its duration."""

    name: str
    script: str
    bound: str  # the event of a first lease
    renewed: str  # of a renewal that changes nothing
    argv: tuple[str, ...]  # {timed} is the script

    def ready(self, world: World) -> None:
        """Put the client's own settings into the box."""
        world.box.write("/etc/dhcp/dhclient.conf", DHCLIENT_CONF)
        world.box.write("/etc/dhcpcd.conf", DHCPCD_CONF)
        timed = world.folder / "timed"
        timed.write_text(TIMED.format(script=self.script, folder=world.folder))
        timed.chmod(0o755)

    def start(self, world: World) -> "subprocess.Popen[bytes]":
        """Start the client on wan0."""
        return world.box.start(*(word.format(timed=world.folder / "timed") for word in self.argv))


UDHCPC: Final = Client(
    "udhcpc", "/etc/udhcpc/default.script", "bound",
    "renew",
    ("udhcpc", "-f", "-i", "wan0", "-s", "{timed}", "-t", "3", "-T", "1", "-A", "2"),
)  # fmt: skip
DHCLIENT4: Final = Client(
    "dhclient", "/sbin/dhclient-script", "BOUND",
    "RENEW",
    ("dhclient", "-4", "-d", "-sf", "{timed}", "wan0"),
)  # fmt: skip
DHCPCD4: Final = Client(
    "dhcpcd", "/usr/lib/dhcpcd/dhcpcd-run-hooks", "BOUND",
    "RENEW",
    ("dhcpcd", "-4", "-B", "-d", "-c", "{timed}", "wan0"),
)  # fmt: skip
DHCLIENT6: Final = DHCLIENT4._replace(bound="BOUND6", renewed="RENEW6", argv=("dhclient", "-6", "-d", "-sf", "{timed}", "wan0"))
DHCPCD6: Final = DHCPCD4._replace(bound="BOUND6", renewed="RENEW6", argv=("dhcpcd", "-6", "-B", "-d", "-c", "{timed}", "wan0"))
IPV4: Final = {client.name: client for client in (UDHCPC, DHCLIENT4, DHCPCD4)}


def at_home(world: World, client: Client, program: str = "source", types: str = "A", *, hooks: bool = True) -> None:
    """Furnish the box: the agent and its settings, the client's own; the hooks by `edge-agent install`."""
    world.settle_in(program, types)
    client.ready(world)
    if hooks:
        world.install()


def renew(world: World, client: Client) -> None:
    """Make the client renew its lease now. dhclient has no such command: its server tells it to, by a short T1."""
    if client.name == "udhcpc":
        world.box.signal("udhcpc", signal.SIGUSR1)
    elif client.name == "dhcpcd":
        world.box.run("dhcpcd", client.argv[1], "-N", "wan0")


def release(world: World, client: Client) -> None:
    """Make the client give its lease back."""
    if client.name == "udhcpc":
        world.box.signal("udhcpc", signal.SIGUSR2)
    elif client.name == "dhcpcd":
        world.box.run("dhcpcd", client.argv[1], "-k", "wan0")
    else:
        world.box.run("dhclient", client.argv[1], "-r", "-sf", str(world.folder / "timed"), "wan0")
