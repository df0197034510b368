"""The real callers' own scripts run the hook files, each in a namespace of its own where only they see the hook in its place.

As root; where a caller is not installed its row is skipped, and says which package brings it.
"""

import os
import pathlib
import shutil
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

import pytest

from edge_agent.snippets import BEGIN, END, SNIPPETS, block
from tests.hooks.calling import PATIENCE, Agent

SYSTEM = {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}
# No network but loopback and one pair that leads nowhere, and directories of our own where the callers write
APART = """
mount -t tmpfs none /run; : >/run/resolv.conf; mkdir /run/network /run/dhcpcd
ip link set lo up; ip link add wan0 type veth peer name far0; ip link set wan0 up
[ ! -e /etc/resolv.conf ] || mount --bind /run/resolv.conf /etc/resolv.conf
"""
LEASE = {"interface": "wan0", "reason": "BOUND", "new_ip_address": "203.0.113.7", "new_subnet_mask": "255.255.255.0"}


class Caller(NamedTuple):
    """A real caller: the hook, the file that must be there, its package, how it is run, what the agent must then be told."""

    name: str
    needs: str
    package: str
    run: str
    args: list[str]
    environment: Mapping[str, str]  # given to the caller, and to be found by the agent


# $PLACE is a folder with the hook under the name it has in the system
FOLDER = 'mount --bind "$PLACE" '
ETC = 'cp /etc/passwd /etc/ld.so.cache "$PLACE"; mount --bind "$PLACE" /etc; '  # a file that /etc lacks needs a new /etc
IFUP = "/etc/network/if-up.d; echo iface wan0 inet manual >/run/interfaces; ifup -i /run/interfaces wan0"
PARTS = 'run-parts --exit-on-error --arg=wan0 "$PLACE"'
# OpenWrt's are not on this system: what its scripts do with a hook, said in a line
HOTPLUG = """busybox ash -c 'for script in "$PLACE"/*; do ( [ -f "$script" ] && . "$script" ); done' hotplug-call iface"""
DHCP_SCRIPT = """busybox ash -c '[ -f "$PLACE/udhcpc.user" ] && . "$PLACE/udhcpc.user" "$@"' dhcp.script renew"""
MWAN3 = 'env -i ACTION=ifup INTERFACE=wan DEVICE=wan0 /bin/sh "$PLACE/mwan3.user"'


def dhclient(name: str, interpreter: str, environment: Mapping[str, str]) -> Caller:
    run = f"{FOLDER} /etc/dhcp/dhclient-exit-hooks.d; {interpreter} /sbin/dhclient-script"
    return Caller(name, "/sbin/dhclient-script", "isc-dhcp-client", run, [], {"interface": "wan0", **environment})


def udhcpc(event: str, environment: Mapping[str, str]) -> Caller:
    run = f"{FOLDER} /etc/udhcpc; /etc/udhcpc/default.script {event}"
    return Caller("udhcpc", "/etc/udhcpc/default.script", "udhcpc", run, [event], {"interface": "wan0", **environment})


def pppd(event: str) -> Caller:
    run = f"{FOLDER} /etc/ppp/{event}.d; /etc/ppp/{event} wan0 '' 0 203.0.113.7 198.51.100.1 ''"
    args = [event, "wan0", "", "0", "203.0.113.7", "198.51.100.1", ""]
    return Caller(f"pppd-{event}", f"/etc/ppp/{event}", "ppp", run, args, {"IFNAME": "wan0", "PPPD_PID": "1"})


def openwrt(name: str, run: str, args: list[str], environment: Mapping[str, str]) -> Caller:
    return Caller(name, "/usr/bin/busybox", "busybox", run, args, environment)


BOUND = {"reason": "BOUND", "new_ip_address": "203.0.113.7", "new_subnet_mask": "255.255.255.0"}
EXPIRE6 = {"reason": "EXPIRE6", "old_ip6_address": "2001:db8::7"}
RENEW = {"interface": "wan0", "protocol": "dhcp", "reason": "RENEW", "new_ip_address": "203.0.113.7"}
DHCPCD = "/lib/dhcpcd/dhcpcd-run-hooks"
CALLERS = {
    "dhclient": dhclient("dhclient", "/bin/sh", BOUND),
    "dhclient-6": dhclient("dhclient", "/bin/sh", EXPIRE6),
    "dhclient-under-bash": dhclient("vyos", "bash", BOUND),
    "dhcpcd": Caller("dhcpcd", DHCPCD, "dhcpcd-base", ETC + DHCPCD, [], RENEW),
    "udhcpc-bound": udhcpc("bound", {"ip": "203.0.113.7", "subnet": "255.255.255.0", "dns": "192.0.2.1"}),
    "udhcpc-deconfig": udhcpc("deconfig", {}),
    **{f"pppd-{event}": pppd(event) for event in ("ip-up", "ip-down", "ipv6-up", "ipv6-down")},
    "ifup": Caller("ifupdown-up", "/sbin/ifup", "ifupdown", FOLDER + IFUP, [], {}),
    "run-parts": Caller("edgeos-ip-up", "/bin/run-parts", "debianutils", PARTS, ["ip-up", "wan0"], {}),
    "hotplug-call": openwrt("netifd", HOTPLUG, [], {"ACTION": "ifup", "INTERFACE": "wan", "DEVICE": "wan0"}),
    "dhcp-script": openwrt("udhcpc-user", DHCP_SCRIPT, ["renew"], {"interface": "wan0", "ip": "203.0.113.7"}),
    "mwan3": openwrt("mwan3", MWAN3, [], {"ACTION": "ifup"}),
}


def put(agent: Agent, name: str, place: pathlib.Path, system: pathlib.Path) -> None:
    """Write the hook under the name it has in the system; into the script that is there already, where it is one for everybody."""
    snippet = SNIPPETS[name]
    target = place / pathlib.Path(snippet.place).name
    if snippet.last:
        text = block(name, str(agent.path))
        target.write_text(f"{(system / target.name).read_text()}{BEGIN}\n{text}{END}\n")
    else:
        shutil.copy(agent.hook(name), target)
    target.chmod(snippet.mode)


@pytest.mark.parametrize("row", CALLERS.values(), ids=CALLERS)
def test_a_real_caller(row: Caller, tmp_path: pathlib.Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("namespaces need root")
    if not pathlib.Path(row.needs).exists():
        pytest.skip(f"{row.package} is not installed")
    agent, place = Agent(tmp_path / "agent"), tmp_path / "place"
    place.mkdir(mode=0o755)
    put(agent, row.name, place, pathlib.Path(row.needs).parent)
    with agent.held():
        done = subprocess.run(
            ["unshare", "--mount", "--net", "--", "sh", "-ec", APART + row.run],
            env={**SYSTEM, **row.environment, "PLACE": str(place)},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        call = agent.called()
        assert call.is_running()
    assert call.argv == ["hook", SNIPPETS[row.name].source, *row.args]
    assert call.environment.items() >= row.environment.items()
    assert (call.cwd, call.umask, set(call.descriptors)) == ("/", 0o022, {0, 1, 2})
