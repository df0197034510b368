"""Network namespaces for tests: made in a moment, gone at the end whatever happened. Needs root and iproute2.

Every name begins with `ea-PID-`, so that runs side by side do not meet and those of a killed run can be told and swept.
"""

import contextlib
import functools
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Self

ROOT = pathlib.Path(__file__).parents[2]

# IPv6 addresses are usable at once, the kernel's own (fe80) included; keep them out of the way of what a test adds itself
QUIET = """
net.ipv6.conf.all.accept_dad=0
net.ipv6.conf.default.accept_dad=0
net.ipv6.conf.all.disable_ipv6=0
net.ipv6.conf.default.disable_ipv6=0
net.ipv6.conf.default.accept_ra=0
net.ipv4.conf.all.rp_filter=0
net.ipv4.conf.default.rp_filter=0
net.ipv4.conf.all.arp_ignore=1
net.ipv4.ping_group_range=1 0
"""

UNPRIVILEGED = (  # no right but to read: the checkout may lie under a directory that others cannot enter
    *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
    *("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search", "--bounding-set=-all,+dac_read_search"),
)

HOLD_TUN = """
import fcntl, os, struct, sys
fd = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", sys.argv[1].encode(), 0x1001))
print("ready", flush=True)
while os.read(fd, 65536):
    pass
"""


class CommandError(AssertionError):
    """A command of the harness failed; the message holds the command and what it said."""


def _run(argv: list[str], text: str = "", timeout_for: float = 30) -> str:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=timeout_for, check=False)
    if done.returncode:
        raise CommandError(f"{' '.join(argv)}\n{text}\nended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


@functools.cache
def lacking() -> str:
    """Return why no namespace can be made here, or the empty string."""
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    missing = [tool for tool in ("ip", "sysctl", "nft") if shutil.which(tool) is None]
    if missing:
        return f"needs {', '.join(missing)} (iproute2, procps, nftables)"
    try:
        with Lab() as lab:
            lab.namespace("try")
    except CommandError as error:
        return f"cannot make network namespaces: {str(error).splitlines()[-1]}"
    return ""


def sweep() -> None:
    """Delete the namespaces of runs that were killed."""
    for path in pathlib.Path("/run/netns").glob("ea-*-*"):
        pid = path.name.split("-")[1]
        if pid.isdecimal() and not pathlib.Path(f"/proc/{pid}").exists():
            subprocess.run(["ip", "netns", "del", path.name], check=False, capture_output=True)


class Lab:
    """Some namespaces and the processes in them, all ended on leaving the context."""

    _made = 0

    def __init__(self) -> None:
        self._rest = contextlib.ExitStack()
        self._cables = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rest.close()

    def namespace(self, name: str) -> str:
        """Make a namespace with loopback up; return its full name."""
        Lab._made += 1
        full = f"ea-{os.getpid()}-{Lab._made}-{name}"
        _run(["ip", "netns", "add", full])
        self._rest.callback(subprocess.run, ["ip", "netns", "del", full], check=False, capture_output=True)
        self.sysctl(full, QUIET)
        self.ip(full, "link set lo up")
        return full

    def sysctl(self, name: str, lines: str) -> None:
        """Set kernel parameters inside, one `name=value` a line."""
        _run(["ip", "netns", "exec", name, "sysctl", "-q", "-p", "-"], lines)

    def ip(self, name: str, script: str) -> None:
        """Run `ip` commands inside, one a line (without the word ip); a line may begin with -4 or -6."""
        lines = [line.strip() for line in script.splitlines() if line.strip()]
        for flag, group in itertools.groupby(lines, lambda line: line[:2] if line[0] == "-" else ""):
            flags = [flag] if flag else []
            _run(["ip", *flags, "-n", name, "-batch", "-"], "".join(f"{line.removeprefix(flag).strip()}\n" for line in group))

    def nft(self, name: str, rules: str) -> None:
        """Load nftables rules inside."""
        _run(["ip", "netns", "exec", name, "nft", "-f", "-"], rules)

    def run(self, name: str, *argv: str, timeout_for: float = 30) -> str:
        """Run a program inside and return what it printed; CommandError where it fails."""
        return _run(["ip", "netns", "exec", name, *argv], timeout_for=timeout_for)

    def python(self, name: str, code: str, *argv: str, before: tuple[str, ...] = ()) -> str:
        """Run Python code inside, with this checkout on the path, and return what it printed; `before` goes in front."""
        return self.run(name, *before, "env", f"PYTHONPATH={ROOT}", sys.executable, "-c", code, *argv)

    def start(self, name: str, *argv: str) -> subprocess.Popen[str]:
        """Start a program inside, wait until it prints a line that begins with `ready`; it is killed at the end."""
        child = subprocess.Popen(
            ["ip", "netns", "exec", name, *argv], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd=ROOT
        )
        self._rest.callback(_end, child)
        assert child.stdout is not None
        line = child.stdout.readline()
        if not line.startswith("ready"):
            raise CommandError(f"{' '.join(argv)} did not start: {line!r}")
        return child

    def cable(self, one: str, port: str, other: str, far: str) -> None:
        """Join two namespaces by a virtual Ethernet cable, both ends up. MACs count up, so that nothing is random."""
        self._cables += 1
        number = f"{self._cables:02x}"
        self.ip(
            one,
            f"""
            link add {port} address 02:00:00:00:0a:{number} type veth peer name {far} address 02:00:00:00:0b:{number} netns {other}
            link set {port} up
            """,
        )
        self.ip(other, f"link set {far} up")

    def tun(self, name: str, port: str) -> None:
        """Make a tun device that a process holds open: it has carrier, knows no neighbours, and swallows what is sent."""
        self.start(name, sys.executable, "-c", HOLD_TUN, port)
        self.ip(name, f"link set {port} up")


def _end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate()
