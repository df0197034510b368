"""The agent in the box, the service that keeps its record, and the hook files through which pppd calls it."""

import contextlib
import pathlib
import shutil
import socket
import subprocess
import threading
import time
from typing import NamedTuple

from tests.fakes.dyndns import DyndnsFake
from tests.fakes.messages import Received, Reply, asked
from tests.fakes.server import Server
from tests.fakes.tls import server_context
from tests.vm.lines import Missing
from tests.vm.network import BOX_PPP, RUN, SERVICE

NAME = "home.example.com"
AGENT = pathlib.Path("/usr/bin/edge-agent")  # what the hook files say; /usr is the machine's own copy
PROJECT = pathlib.Path("/project")
EVENTS = ("ip-up", "ip-down", "ipv6-up", "ipv6-down")
FROM_SOURCE = '#!/bin/sh\nPYTHONPATH=/project exec /project/.venv/bin/python -m edge_agent "$@"\n'
SETTINGS = """\
interface = ["ppp*"]
ca_file = "{run}/cert.pem"
[account.isp]
provider = "dyndns2"
server = "{url}"
username = "user"
password_file = "{run}/password"
[[record]]
name = "home.example.com"
type = [{types}]
account = "isp"
"""


class Update(NamedTuple):
    """One request that the service got."""

    at: float
    address: str
    said: str


class Service:
    """A faithful dyndns2 service over TLS, reached through the session; its clock is the machine's."""

    def __init__(self) -> None:
        subject = ("-subj", "/CN=service", "-addext", f"subjectAltName=IP:{SERVICE}", "-days", "3650")
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(RUN / "key.pem"))
        command = ("openssl", "req", "-x509", *key, "-out", str(RUN / "cert.pem"), *subject)
        subprocess.run(command, check=True, capture_output=True)
        self._news = threading.Condition()
        self.forget()
        self.server = Server(self._answer, server_context(str(RUN / "cert.pem"), str(RUN / "key.pem")), SERVICE, 8443)

    def forget(self) -> None:
        """Start anew: no record, no request seen."""
        self.fake = DyndnsFake("user", "pass", (NAME,))
        self.updates: list[Update] = []

    def _answer(self, request: Received) -> Reply:
        reply = asked(self.fake, request)
        with self._news:
            self.updates.append(Update(time.time(), request.query.get("myip", request.peer), reply.body.decode().strip()))
            self._news.notify_all()
        return reply

    def record(self, kind: str = "A") -> str | None:
        """Return what the service publishes."""
        return self.fake.records.get((NAME, kind))

    def told(self, address: str, within: float = 25.0) -> Update:
        """Return the update that brought this address."""
        until = time.monotonic() + within
        with self._news:
            while not (found := [update for update in self.updates if address in update.address.split(",")]):
                if not self._news.wait(until - time.monotonic()) and time.monotonic() >= until:
                    raise Missing(f"the service was not told {address} within {within:.0f} s; it got {self.updates}")
            return found[0]


class Syslog:
    """Keeps what is said to /dev/log: a hook has no terminal."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("/dev/log")
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            words = self._socket.recv(65536).decode("utf-8", "replace").rstrip("\0\n")
            if "edge-agent" in words:
                self.said.append(words.partition(">")[2])


def install(*, source: bool = False) -> None:
    """Put the agent where the hook files look for it: the executable, or the source behind a line of shell."""
    if source:
        AGENT.unlink(missing_ok=True)
        AGENT.write_text(FROM_SOURCE)
    else:
        shutil.copyfile(PROJECT / "dist/edge-agent", AGENT)
    AGENT.chmod(0o755)


def hook() -> None:
    """Put the project's own hook files into Debian's folders."""
    for event in EVENTS:
        place = BOX_PPP / f"{event}.d/zz-edge-agent"
        shutil.copyfile(PROJECT / f"hooks/pppd-{event}", place)
        place.chmod(0o755)


def unhook() -> None:
    """Take them out again."""
    for event in EVENTS:
        (BOX_PPP / f"{event}.d/zz-edge-agent").unlink(missing_ok=True)


def configure(url: str, *types: str) -> None:
    """Write the settings of one record with these types."""
    (RUN / "password").write_text("pass\n")
    (RUN / "password").chmod(0o600)
    listed = ", ".join(f'"{kind}"' for kind in types)
    pathlib.Path("/etc/edge-agent.toml").write_text(SETTINGS.format(run=RUN, url=url, types=listed))


def periodic() -> "subprocess.CompletedProcess[str]":
    """Run the agent as cron would, in the box."""
    return subprocess.run(["ip", "netns", "exec", "box", str(AGENT), "-v"], capture_output=True, text=True, timeout=60, check=False)


def forget() -> None:
    """Let the agent have published nothing yet."""
    shutil.rmtree("/run/edge-agent", ignore_errors=True)


def working() -> list[str]:
    """Return the command lines of the agent's processes."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if any(word.rpartition(b"/")[2] == b"edge-agent" or word == b"edge_agent" for word in words[:4]):
                found.append(b" ".join(words).decode())
    return found


def at_rest(within: float = 40.0) -> None:
    """Wait until no process of the agent has lived for a second."""
    until, calm = time.monotonic() + within, 0
    while calm < 2:
        calm = 0 if working() else calm + 1
        if time.monotonic() > until:
            raise Missing(f"the agent did not end within {within:.0f} s: {working()}")
        time.sleep(0.5)
