"""A stage to measure on: a network of our own with one real uplink where the system allows it, and a faithful TLS service."""

import contextlib
import functools
import os
import pathlib
import platform
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import NamedTuple

from tests.fakes.dyndns import DyndnsFake
from tests.fakes.messages import Received, Reply, asked
from tests.fakes.server import Server
from tests.fakes.tls import Tls

ROOT = pathlib.Path(__file__).resolve().parent.parent
ADDRESS, NEXT_HOP = "45.83.1.2", "45.83.1.1"
LAID = (
    "ip link set lo up",
    "ip link add wan0 type veth peer name gw0 netns {}",
    f"ip address add {ADDRESS}/24 dev wan0",
    "ip link set wan0 up",
)
LAID_FAR = (f"ip address add {NEXT_HOP}/24 dev gw0", "ip link set gw0 up")
INSIDE = "EDGE_STAGE_INSIDE"  # marks the process that already runs in the network of its own
FROZEN = (str(ROOT / "dist" / "edge-agent"),)
STATIC = (str(ROOT / "dist" / "static" / f"edge-agent-{platform.machine()}"),)
SOURCE = (sys.executable, "-m", "edge_agent")


class Stage(NamedTuple):
    """Where things are. `service` is swapped for a fresh one by `reset`, so that repeated runs are no abuse."""

    folder: pathlib.Path
    url: str
    ca_file: str
    interface: str | None  # None: no network of our own could be made
    services: list[DyndnsFake]

    @property
    def service(self) -> DyndnsFake:
        """The service as it is now."""
        return self.services[-1]

    def reset(self) -> None:
        """Let the service forget everything."""
        self.services.append(DyndnsFake())

    def flags(self, state: str) -> list[str]:
        """Return the agent's flags for one IPv4 record at this service, with a state directory of that name."""
        where = ["-i", self.interface] if self.interface else ["--source", "static", "--address", ADDRESS]
        login = ["-p", "dyndns2", "-n", "home.example.com", "--username", "user", "--token-file", str(self.folder / "token")]
        return ["-4", *where, *login, "--server", self.url, "--ca-file", self.ca_file, "--state-dir", str(self.folder / state)]


def clean_environment() -> dict[str, str]:
    """Return the environment without settings of the agent, proxies, or our own mark."""
    dropped = ("EDGE_AGENT_", "EDGE_STAGE_", "SSL_CERT_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(dropped)}


def enter() -> None:
    """Start this very program again in a network of its own, where the system allows one; else go on as we are."""
    if os.environ.get(INSIDE) or not shutil.which("unshare"):
        return
    way = ["unshare", "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*way, "true"], capture_output=True, check=False).returncode == 0:
        sys.stdout.flush()
        os.execvpe(way[0], [*way, *sys.orig_argv], {**os.environ, INSIDE: "1"})  # noqa: S606 - our own command line again


@contextlib.contextmanager
def uplink() -> Iterator[str | None]:
    """Lay one uplink with a next hop that answers, in our own network; yield its name, or None outside of one."""
    if not os.environ.get(INSIDE):
        yield None
        return
    far = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
    try:
        there = ["nsenter", "--target", str(far.pid), "--net"]
        run = functools.partial(subprocess.run, check=True)
        _until_apart(far.pid)
        for command in LAID:
            run([*command.format(far.pid).split()])
        for command in LAID_FAR:
            run([*there, *command.split()])
        nobody = pathlib.Path(tempfile.gettempdir(), f"edge-stage-{os.getpid()}.resolv")
        nobody.write_text("nameserver 127.0.0.1\n")  # questions to the DNS fail at once instead of after half a minute
        subprocess.run(["mount", "--bind", str(nobody), "/etc/resolv.conf"], capture_output=True, check=False)
        nobody.unlink()
        run(["ip", "route", "add", "default", "via", NEXT_HOP, "dev", "wan0"])
        time.sleep(0.2)  # the carrier needs a moment
        yield "wan0"
    finally:
        far.kill()
        far.wait()


def _until_apart(pid: int) -> None:
    own = pathlib.Path("/proc/self/ns/net").readlink()
    for _ in range(200):
        if pathlib.Path(f"/proc/{pid}/ns/net").readlink() != own:
            return
        time.sleep(0.01)
    raise RuntimeError("the other network did not come up")


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Yield a stage; take it down at the end."""
    services = [DyndnsFake()]

    def answer(request: Received) -> Reply:
        if "authorization" not in request.headers:  # NewFuture's ddns waits to be asked for its login
            return Reply(401, {"WWW-Authenticate": 'Basic realm="names"'}, b"badauth", after="close")
        return asked(services[-1], request)._replace(after="close")  # inadyn speaks HTTP/1.0 and waits for the end

    tls = Tls()
    tls.context.minimum_version = ssl.TLSVersion.TLSv1_3
    with tempfile.TemporaryDirectory(prefix="edge-stage-") as name, uplink() as interface, Server(answer, tls) as server:
        folder = pathlib.Path(name)
        (folder / "token").write_text("pass")
        (folder / "token").chmod(0o600)
        yield Stage(folder, server.url, tls.ca_file, interface, services)
