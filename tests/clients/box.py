"""A box of its own for a DHCP client: network, mounts, processes and host name. The machine itself is not written to.

`/etc`, `/usr/bin` and `/var/lib` are overlays over the machine's, `/run` is empty, `/dev` has the least. All of it is gone with
the box.
"""

import contextlib
import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from tests.lab.net import CommandError, Lab

PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"

# Hooks that other programs of this machine have put there are no part of the test.
FURNISH: Final = r"""
set -e
read -r pid rest </proc/self/stat
echo "$pid" >"$1/pid"
mount -t tmpfs tmpfs "$2"
for place in etc usr/bin var/lib; do
	mkdir -p "$2/$place/upper" "$2/$place/work"
	mount -t overlay overlay -o "lowerdir=/$place,upperdir=$2/$place/upper,workdir=$2/$place/work" "/$place"
done
mount -t tmpfs tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /dev
mkdir /dev/shm
for device in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "/dev/${device%:*}" c 1 "${device#*:}"; done
ln -s /proc/self/fd /dev/fd
mount -t proc proc /proc
mkdir -p /run/network /run/dhcpcd /run/lock /var/lib/dhcp /var/lib/dhcpcd
rm -rf /var/lib/dhcp/* /var/lib/dhcpcd/* /run/edge-agent
rm -rf /etc/dhcp/dhclient-*-hooks* /etc/dhcpcd.*-hook /etc/network/if-*.d/* /etc/network/interfaces /etc/resolv.conf
mkdir -p /etc/dhcp/dhclient-enter-hooks.d /etc/dhcp/dhclient-exit-hooks.d
: >/etc/resolv.conf
hostname box
exec "$3" -c '
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("ready", flush=True)
while True:
    signal.pause()
'
"""


@contextlib.contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Let the sockets that this thread opens in the block belong to the namespace. Start no thread in the block."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as here, open(f"/run/netns/{namespace}") as there:  # noqa: PTH123 - descriptors
        if libc.setns(there.fileno(), 0):
            raise CommandError(f"cannot enter {namespace}: {os.strerror(ctypes.get_errno())}")
        try:
            yield
        finally:
            libc.setns(here.fileno(), 0)


def wait_until(what: str, holds: Callable[[], bool], seconds: float, story: Callable[[], str] = str) -> float:
    """Wait until `holds()`; return when that was; AssertionError naming `what`, with the story, after so many seconds."""
    until_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until_at, f"not within {seconds:g} s: {what}{story()}"
        time.sleep(0.02)
    return time.monotonic()


class Box:
    """One box with the interface wan0. `folder` is seen from inside and outside."""

    def __init__(self, lab: Lab, folder: pathlib.Path) -> None:
        self.lab, self.folder = lab, folder
        self.net = lab.namespace("box")
        upper = folder / "upper"
        upper.mkdir(parents=True)
        made = ("unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child")
        lab.start(self.net, *made, "sh", "-c", FURNISH, "sh", str(folder), str(upper), sys.executable)
        self.init = int((folder / "pid").read_text())
        self.space = str(pathlib.Path(f"/proc/{self.init}/ns/pid").readlink())
        self._children: list[subprocess.Popen[bytes]] = []
        self._log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._log.bind(f"/proc/{self.init}/root/dev/log")
        self._log.settimeout(0.2)
        self.syslog: list[str] = []
        self._over = False
        self._reader = threading.Thread(target=self._hear, daemon=True)  # who logs waits until it is heard
        self._reader.start()

    def _argv(self, argv: tuple[str, ...]) -> list[str]:
        return ["nsenter", "--target", str(self.init), "--mount", "--pid", "--net", "--uts", "--", *argv]

    def run(self, *argv: str, timeout_for: float = 30) -> str:
        """Run a program in the box and return what it said; CommandError where it fails."""
        environ = {"PATH": PATH}
        done = subprocess.run(
            self._argv(argv),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_for,
            check=False,
            env=environ,
        )
        if done.returncode:
            raise CommandError(f"{' '.join(argv)}\nended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def start(self, *argv: str) -> "subprocess.Popen[bytes]":
        """Start a program in the box; what it says goes to the file `said`. It ends with the box."""
        with (self.folder / "said").open("ab") as said:
            child = subprocess.Popen(self._argv(argv), stdin=subprocess.DEVNULL, stdout=said, stderr=said, env={"PATH": PATH})
        self._children.append(child)
        return child

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file inside the box, making its directory."""
        script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"'
        argv = self._argv(("sh", "-c", script, "sh", path, f"{mode:o}"))
        subprocess.run(argv, input=text.encode(), check=True, timeout=10, env={"PATH": PATH})

    def processes(self, *words: str) -> dict[int, str]:
        """Return {pid outside: command line} of what runs in the box and has one of the words; zombies have `Z` as theirs."""
        found = {}
        for entry in os.scandir("/proc"):
            if not entry.name.isdecimal():
                continue
            with contextlib.suppress(OSError):
                if str(pathlib.Path(entry.path, "ns", "pid").readlink()) != self.space:
                    continue
                line = pathlib.Path(entry.path, "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
                state = pathlib.Path(entry.path, "stat").read_text().rpartition(")")[2].split()[0]
                found[int(entry.name)] = "Z" if state == "Z" else line
        return {pid: line for pid, line in found.items() if not words or any(word in line for word in words)}

    def parent(self, pid: int) -> int:
        """Return the parent of a process of the box."""
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])

    def zombies(self) -> list[int]:
        """Return the processes that ended and that their living parent does not wait for."""
        return [pid for pid, line in self.processes().items() if line == "Z"]

    def signal(self, word: str, number: signal.Signals) -> None:
        """Send a signal to the programs in the box whose command line begins with the word."""
        pids = [pid for pid, line in self.processes().items() if line.startswith(word)]
        assert pids, f"no {word} runs in the box"
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # the end of one may be the end of others
                os.kill(pid, number)

    def _hear(self) -> None:
        while not self._over:
            with contextlib.suppress(TimeoutError):
                self.syslog.append(self._log.recv(65536).decode("utf-8", "replace").strip())

    def close(self) -> None:
        """End everything in the box and wait for it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.init, signal.SIGKILL)
        for child in self._children:
            child.wait(10)
        self._over = True
        self._reader.join(5)
        self._log.close()
