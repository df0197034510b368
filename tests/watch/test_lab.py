"""The resident watch on a real kernel: every change that matters is published once and soon, nothing else costs anything."""

import os
import pathlib
import signal
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.lab.net import Lab
from tests.watch.resident import Process, requests, until

SOON_FOR = 5.0  # seconds within which a change has to be with the provider
KEPT = "home.example.com A"  # begins what -v says of every look


class There(NamedTuple):
    """A machine, a provider on its loopback, the watch."""

    lab: Lab
    name: str
    watch: Process
    log: pathlib.Path

    def ip(self, script: str) -> None:
        self.lab.ip(self.name, script)

    def comes(self, address: str) -> None:
        """Wait until the provider is told an address as its latest, and see to it that it came soon and that no more follow."""
        before = len(requests(self.log))
        assert until(lambda: address in requests(self.log)[before:], SOON_FOR) <= SOON_FOR
        self.watch.at_rest()
        assert requests(self.log)[before:] == [address]

    @property
    def looks(self) -> int:
        return self.watch.count(KEPT)


@pytest.fixture
def there(box: tuple[Lab, str], tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Iterator[There]:
    """A watch that has published 45.83.1.2 and rests; with a parameter for the families it keeps."""
    lab, name = box
    log, secret = tmp_path / "requests", tmp_path / "secret"
    log.touch()
    secret.touch(mode=0o600)
    secret.write_text("pass")
    families = getattr(request, "param", "-4")
    if families == "-6":
        lab.ip(name, "-6 addr add 2a0d:1::2/64 dev wan0 nodad\n-6 route add default via 2a0d:1::1 dev wan0")
    server = lab.start(name, sys.executable, "-m", "tests.fakes.server", "--kind", "dyndns", "--port", "8080", "--log", str(log))
    assert server.poll() is None
    flags = ["-p", "dyndns2", "-n", "home.example.com", "--username", "user", "--token-file", str(secret), "--check", "off"]
    flags += ["--server", "http://127.0.0.1:8080", "--state-dir", str(tmp_path / "state"), "--watch-every", "1h"]
    flags += ["--failback-after", "2s"]  # and the next look comes when that is over
    argv = ["ip", "netns", "exec", name, sys.executable, "-m", "edge_agent", "watch", families, "-v", *flags, "--log", "stderr"]
    with Process(argv, tmp_path, {"PATH": os.environ["PATH"], "PYTHONPATH": str(pathlib.Path.cwd())}) as resident:
        until(lambda: len(requests(log)) == 1)
        resident.at_rest()
        yield There(lab, name, resident, log)


def test_address(there: There) -> None:
    """Replaced, another beside it, the published one gone, and back."""
    there.ip("addr replace 45.83.1.3/32 dev wan0\naddr del 45.83.1.2/24 dev wan0\naddr add 45.83.1.4/24 dev wan0")
    there.ip("addr del 45.83.1.3/32 dev wan0\nroute replace default via 45.83.1.1 dev wan0")
    there.comes("45.83.1.4")
    there.ip("addr add 45.83.2.2/24 dev wan0")
    there.watch.at_rest(1.0)
    assert requests(there.log)[-1] == "45.83.1.4", "what is published stays while it is as good as the other"
    there.ip("addr del 45.83.1.4/24 dev wan0\nroute replace default via 45.83.2.1 dev wan0")
    there.comes("45.83.2.2")


@pytest.mark.heavy
def test_route_and_rule(there: There) -> None:
    """Another default route, then the first one again by a rule: the address follows, back when that has held for a while."""
    there.ip(
        """
        link add wan1 type veth peer name far1
        link set wan1 up
        link set far1 up
        addr add 45.83.7.2/24 dev wan1
        """
    )
    there.watch.at_rest(1.0)
    there.ip("route replace default via 45.83.7.1 dev wan1")
    there.comes("45.83.7.2")
    there.ip("route add default via 45.83.1.1 dev wan0 table 77\nrule add priority 50 table 77")
    there.comes("45.83.1.2")


@pytest.mark.heavy
def test_link(there: There) -> None:
    """The cable is pulled: nothing is withdrawn. It is back, and with it another address."""
    there.ip("link set far0 down")
    there.watch.at_rest(4.0)
    assert len(requests(there.log)) == 1
    there.ip("addr flush dev wan0\nlink set far0 up\naddr add 45.83.1.9/24 dev wan0\nroute add default via 45.83.1.1 dev wan0")
    there.comes("45.83.1.9")


@pytest.mark.parametrize("there", ["-6"], indirect=True)
def test_duplicate_address_detection(there: There) -> None:
    """A new prefix: its address is published when the kernel lets it be used, the old one is deprecated meanwhile."""
    there.lab.sysctl(there.name, "net.ipv6.conf.wan0.accept_dad=1\nnet.ipv6.conf.wan0.dad_transmits=1\n")
    there.ip("-6 addr change 2a0d:1::2/64 dev wan0 preferred_lft 0 valid_lft 600\n-6 addr add 2a0d:2::2/64 dev wan0")
    there.comes("2a0d:2::2")


@pytest.mark.heavy
def test_what_is_no_news_costs_nothing(there: There) -> None:
    """Renewed lifetimes, refreshed routes, neighbours, routes to corners of the net: once known, they lead to no look."""
    there.ip("addr change 45.83.1.2/24 dev wan0 valid_lft 900 preferred_lft 900\n-6 addr add 2a0d:1::2/64 dev wan0 nodad")
    there.ip("-6 route replace default via 2a0d:1::1 dev wan0 expires 900")
    there.watch.at_rest(1.0)
    looks, asleep = there.looks, there.watch.status("voluntary_ctxt_switches")
    for lifetime in (800, 700, 600):
        there.ip(f"addr change 45.83.1.2/24 dev wan0 valid_lft {lifetime} preferred_lft {lifetime}")
        there.ip(f"-6 route replace default via 2a0d:1::1 dev wan0 expires {lifetime}")
    there.ip("\n".join(f"route add 45.99.{part}.0/24 via 45.83.1.1 dev wan0" for part in range(200)))
    there.ip("neigh add 45.83.1.77 lladdr 02:00:00:00:00:09 dev wan0")
    there.watch.at_rest(1.0)
    assert there.looks == looks
    assert there.watch.status("voluntary_ctxt_switches") - asleep <= 6, "the six announcements that it could not tell in advance"


def test_a_storm_is_two_looks_and_one_update(there: There) -> None:
    """200 events in 2 seconds, the last of which changes the address."""
    before, memory = there.looks, there.watch.status("VmRSS")
    ends_at = time.monotonic() + 2.0
    for number in range(20):
        lines = "addr add 45.83.5.9/32 dev wan0\naddr del 45.83.5.9/32 dev wan0\n" * 4 + "link set far0 up\n" * 2
        there.ip(lines.replace("45.83.5.9", f"45.83.5.{number}"))
        time.sleep(max(0.0, ends_at - time.monotonic() - (19 - number) / 10))
    there.ip("addr add 45.83.1.8/24 dev wan0\naddr del 45.83.1.2/24 dev wan0\naddr add 45.83.1.7/24 dev wan0")
    there.ip("route replace default via 45.83.1.1 dev wan0")
    there.comes("45.83.1.7")
    assert there.looks - before <= 2
    assert there.watch.status("VmRSS") - memory <= 128  # KiB
    assert not there.watch.children()


def test_what_was_lost_in_a_flood_is_made_up_for(there: There) -> None:
    """The socket overflows while the watch is stopped; then the last change, which it was never told of, is published."""
    overflows = _drops(there)
    there.watch.tell(signal.SIGSTOP)
    there.ip("\n".join(f"route add default via 45.83.1.1 dev wan0 table {table}" for table in range(1000, 3000)))
    there.ip("addr add 45.83.6.2/24 dev wan0\naddr del 45.83.1.2/24 dev wan0\nroute replace default via 45.83.6.1 dev wan0")
    assert _drops(there) > overflows
    there.watch.tell(signal.SIGCONT)
    there.comes("45.83.6.2")


def _drops(there: There) -> int:
    """Return how many announcements the kernel could not deliver, by /proc/net/netlink of the namespace."""
    lines = there.lab.run(there.name, "cat", "/proc/net/netlink").splitlines()[1:]
    return sum(int(fields[8]) for fields in map(str.split, lines) if fields[1] == "0" and int(fields[3], 16))
