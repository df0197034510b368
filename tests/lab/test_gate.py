"""On the real kernel: what a run is spared for, and that whatever may matter is seen. A whole run beside each one agrees."""

import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.fakes.tls import Tls
from tests.lab.net import ROOT, Lab
from tests.lab.scenarios import ECHO4, WAN0_4, WAN1_4, Stage
from tests.whole.test_gate import TELL

pytestmark = pytest.mark.heavy  # waits that are real ones: make test-heavy

PORT = 8443
SLAAC, OTHER = "2a0d:1234:1::5", "2a0d:1234:1::6"


class Box:
    """A box with two uplinks, the first the better one, and its agent, which tells whether it was spared its work."""

    def __init__(self, stage: Stage, tls: Tls, folder: pathlib.Path) -> None:
        self.stage, self.told, self.log = stage, folder / "told", folder / "requests"
        self.told.touch()
        self.log.touch()
        stage.uplink("wan0", 1, 100)
        stage.uplink("wan1", 2, 200)
        where = ("--host", ECHO4, "--port", str(PORT), "--cert", tls.cert_file, "--key", tls.key_file, "--log", str(self.log))
        stage.lab.start(stage.world, sys.executable, "-m", "tests.fakes.server", "--kind", "dyndns", *where)
        (folder / "secret").write_text("pass")
        (folder / "secret").chmod(0o600)
        self.flags = ["-p", "dyndns2", "-n", "home.example.com", "--username", "user", "--token-file", str(folder / "secret")]
        self.flags += ["--server", f"https://{ECHO4}:{PORT}", "--ca-file", tls.ca_file, "--state-dir", str(folder / "state")]
        self.flags += ["--probe-timeout", "1s", "--failback-after", "1s", "--settle", "2s"]

    def run(self, *words: str, more: tuple[str, ...] = (), after: tuple[str, ...] = (), **environ: str) -> tuple[str, list[str]]:
        """Run; return whether the run was spared, and the addresses that were sent."""
        before = len(self.log.read_text().splitlines())
        argv = ["ip", "netns", "exec", self.stage.box, sys.executable, "-c", TELL, *words, *self.flags, *more, *after]
        own = {"PYTHONPATH": str(ROOT), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TOLD": str(self.told)}
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, env=own | environ, cwd="/")
        assert (done.returncode, done.stderr) == (0, "")
        sent = [line for line in self.log.read_text().splitlines()[before:] if "myip" in line]
        return self.told.read_text().split()[-1], [line.partition('"myip": "')[2].partition('"')[0] for line in sent]

    def hook(self, reason: str, address: str = "") -> tuple[str, list[str]]:
        return self.run("hook", after=("dhclient",), reason=reason, interface="wan0", new_ip_address=address)

    def steady(self, *more: str) -> None:
        """Publish, and leave the gate; then a run is spared."""
        for _ in range(4):
            if self.run(more=more) == ("spared", []):
                return
        raise AssertionError("no run was spared")


@pytest.fixture
def box(tls: Tls, tmp_path: pathlib.Path) -> Iterator[Box]:
    with Lab() as lab:
        made = Box(Stage(lab), tls, tmp_path)
        made.steady()
        yield made


def test_what_means_nothing_is_spared(box: Box) -> None:
    box.stage.ip("-6 addr change 2a0d:1234:1::2/64 dev wan0 valid_lft 3000 preferred_lft 2000")
    assert box.run() == ("whole", [])  # it is no longer for ever
    time.sleep(1.1)
    box.stage.ip("-6 addr change 2a0d:1234:1::2/64 dev wan0 valid_lft 4000 preferred_lft 3000")
    box.stage.ip("neigh flush dev wan0\nneigh flush dev wan1\nroute add 45.99.0.0/16 via 45.83.2.1")
    assert box.run() == ("spared", [])
    assert box.run("--no-gate") == ("whole", [])
    assert (box.hook("RENEW", WAN0_4), box.hook("BOUND", WAN0_4), box.hook("EXPIRE")) == (("spared", []),) * 3


WORKS: dict[str, tuple[str, list[str]]] = {
    "address-added": ("addr add 45.83.1.9/24 dev wan0", []),
    "address-deprecated": ("addr change 45.83.1.2/24 dev wan0 preferred_lft 0 valid_lft 900", [WAN1_4]),
    "link-down": ("link set wan0 down", [WAN1_4]),
    "link-added": ("link add wan7 type veth peer name wan8", []),
    "route-metric": ("route add default via 45.83.2.1 dev wan1 metric 50", [WAN1_4]),
    "route-gone": ("route del default via 45.83.1.1 dev wan0", [WAN1_4]),
    "rule": ("rule add from 45.83.1.2 lookup 77 priority 90", []),
}


@pytest.mark.parametrize(("script", "sent"), WORKS.values(), ids=WORKS)
def test_what_may_mean_something_is_looked_at(script: str, sent: list[str], box: Box) -> None:
    box.steady("-4")
    box.stage.ip(script)
    how, found = box.run(more=("-4",))
    assert how == "whole"
    if sent and not found:  # a better uplink has to work for a second first
        time.sleep(1.1)
        found = box.run(more=("-4",))[1]
    assert found == sent
    box.steady("-4")


def test_a_next_hop_that_dies(box: Box) -> None:
    box.steady("-4")
    box.stage.lab.ip(box.stage.world, "addr del 45.83.1.1/24 dev up1")
    box.stage.ip("neigh flush dev wan0")
    assert box.run(more=("-4",)) == ("whole", [WAN1_4])
    box.steady("-4")
    box.stage.lab.ip(box.stage.world, "addr add 45.83.1.1/24 dev up1")
    box.stage.ip("neigh flush dev wan0")
    assert box.run(more=("-4",)) == ("whole", [])
    time.sleep(1.1)
    assert box.run(more=("-4",)) == ("whole", [WAN0_4])


def test_a_hook_that_tells_of_what_is_not_there_waits_for_it(box: Box) -> None:
    address = "45.83.1.77"
    adding = subprocess.Popen(["sh", "-c", f"sleep 1; ip -n {box.stage.box} addr add {address}/24 dev wan0"])
    try:
        assert box.hook("BOUND", address) == ("whole", [f"{address},2a0d:1234:1::2"])
    finally:
        adding.wait()


def test_of_equal_addresses_the_published_one_stays_whatever_their_lifetimes(box: Box) -> None:
    flags: Callable[[str], str] = lambda text: f"addr replace {text}/64 dev wan0 nodad"  # noqa: E731
    box.stage.ip("-6 addr del 2a0d:1234:1::2/64 dev wan0")
    box.stage.ip(f"-6 {flags(SLAAC)} valid_lft 3000 preferred_lft 2000\n-6 {flags(OTHER)} valid_lft 3000 preferred_lft 1000")
    box.steady("-6")
    box.stage.ip(f"-6 {flags(OTHER)} valid_lft 9000 preferred_lft 8000")
    assert (box.run(more=("-6",)), box.run(more=("-6", "--no-gate"))) == (("spared", []), ("whole", []))
