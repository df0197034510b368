"""A subscriber's box and its access provider, in one machine: real pppd at both ends, over a pty or over PPPoE.

The box is the network namespace `box` with Debian's own /etc/ppp; the provider is the machine's first namespace, and its pppd
calls no scripts. Over PPPoE a bridge stands between the two like a modem: taking a port off it is a cable cut that neither end
is told about.
"""

import os
import pathlib
import shutil
import signal
import subprocess
from typing import Literal

from tests.vm.lines import Line, Program

PROVIDER = "45.83.1.1"  # the provider's end of every session; global by the agent's rules, and nobody here can reach the real one
SERVICE = "45.83.9.1"  # where the service that keeps the record is reached, through the session
RUN = pathlib.Path("/run/lab")
BOX_PPP = pathlib.Path("/etc/netns/box/ppp")  # `ip netns exec` lays it over /etc/ppp
SECRET = "u * secretpw *\n"
DIALLING = (
    *("nodetach", "debug", "noauth", "user", "u", "password", "secretpw", "noipdefault", "defaultroute", "usepeerdns"),
    *("ipparam", "wan", "linkname", "box", "persist", "maxfail", "0", "holdoff", "1", "noccp", "novj", "+ipv6"),
)
ANSWERING = "noccp\nnovj\nauth\nrequire-chap\nlinkname isp\nms-dns 45.83.9.1\n+ipv6\n"
# Run by the box's pppd, so out of the box's namespace first. No file, no answer.
ANSWERS = """\
#!/bin/sh
[ -e {run}/answering ] || exit 1
exec nsenter --target 1 --net --mount --root /usr/sbin/pppd notty nodetach file {run}/answering
"""

Over = Literal["pty", "pppoe"]


def run(command: str) -> None:
    """Run a command to its end; what it prints on standard error is shown on the console."""
    subprocess.run(command.split(), check=True)


def lay() -> None:
    """Lay the wires and the files that both ends need, once."""
    RUN.mkdir()
    shutil.copytree("/etc/ppp", BOX_PPP)
    for script in BOX_PPP.glob("*.d/*"):
        if script.name != "0000usepeerdns":  # Debian's own; other packages of this machine have no part in it
            script.unlink()
    shutil.rmtree("/etc/ppp")
    for folder in (pathlib.Path("/etc/ppp"), BOX_PPP):
        folder.mkdir(exist_ok=True)
        (folder / "options").write_text("")
        (folder / "chap-secrets").write_text(SECRET)
        (folder / "chap-secrets").chmod(0o600)
    run("ip netns add box")
    run("ip -n box link set lo up")
    run(f"ip address add {SERVICE}/32 dev lo")
    run("ip link add modem type bridge")
    for near, far, namespace in (("wan0", "line0", "box"), ("isp0", "line1", "1")):
        run(f"ip link add {far} type veth peer name {near} netns {namespace}")
        run(f"ip link set {far} master modem up")
    run("ip -n box link set wan0 up")
    run("ip link set isp0 up")
    run("ip link set modem up")
    dial = RUN / "answer.sh"
    dial.write_text(ANSWERS.format(run=RUN))
    dial.chmod(0o755)


class Provider:
    """The far end: what address it gives out, whether it answers, whether the cable is whole."""

    def __init__(self) -> None:
        self._access: Program | None = None

    def offers(self, over: Over, address: str | None) -> None:
        """Give this address in the next session; None: none, the session has IPv6 alone. Over PPPoE the standing session ends."""
        wish = f"{PROVIDER}:{address}\n" if address else "noip\n"
        (RUN / "answering").write_text(ANSWERING + (wish if over == "pty" else ""))
        if over == "pppoe" and address:
            self.close()
            where = ("-I", "isp0", "-L", PROVIDER, "-R", address, "-N", "1", "-O", str(RUN / "answering"))
            self._access = Program("pppoe-server", "-F", *where)

    def redials(self, over: Over, address: str | None, how: signal.Signals = signal.SIGTERM) -> None:
        """End the session, politely or by killing the provider's pppd, and give this address in the next one."""
        self.offers(over, address)
        if over == "pty":
            self._kill(how)

    def refuses(self) -> None:
        """End the session over the pty and answer no call until `offers`."""
        (RUN / "answering").unlink()
        self._kill(signal.SIGTERM)

    def _kill(self, how: signal.Signals) -> None:
        os.kill(int(pathlib.Path("/run/ppp-isp.pid").read_text().split()[0]), how)

    def cable(self, *, whole: bool) -> None:
        """Cut or mend the cable beyond the modem."""
        run("ip link set line1 " + ("master modem" if whole else "nomaster"))

    def close(self) -> None:
        """End the access server and its session."""
        if self._access:
            self._access.end()
            self._access = None


class Box:
    """The near end: pppd with Debian's scripts, and what the kernel says about addresses and routes."""

    def __init__(self) -> None:
        self.kernel = Program("ip", "-n", "box", "monitor", "address", "route")
        self.pppd: Program | None = None

    def dials(self, over: Over, *options: str) -> None:
        """Start pppd; it dials again by itself for as long as it lives."""
        how = ("pty", str(RUN / "answer.sh")) if over == "pty" else ("plugin", "pppoe.so", "wan0", "pppoe-padi-timeout", "1")
        self.pppd = Program("ip", "netns", "exec", "box", "pppd", *how, *DIALLING, *options)

    @property
    def log(self) -> Program:
        assert self.pppd
        return self.pppd

    def usable(self, address: str, since: int) -> Line:
        """Return when both the address and the default route stood in the kernel."""
        seen = self.kernel.wait(rf"^[^D].* inet {address} ", since)
        way = self.kernel.wait(r"^default dev ppp0", since)
        return max(seen, way)

    def now(self) -> list[str]:
        """Return the addresses that ppp0 has at this moment."""
        said = subprocess.run(
            ["ip", "-n", "box", "-brief", "address", "show", "dev", "ppp0"], capture_output=True, text=True, check=False
        )
        return [word.partition("/")[0] for word in said.stdout.split()[2:] if word[0].isdigit()]

    def hangs_up(self) -> None:
        """End pppd."""
        if self.pppd:
            self.pppd.end()
            self.pppd = None
