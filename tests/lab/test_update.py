"""The update itself: over TLS, to a provider beyond the routers, by the uplink that `update_via` names.

The provider notes the peer address it saw: that is the uplink the packets really left by.
"""

import json
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.fakes.tls import Tls
from tests.lab.net import ROOT
from tests.lab.scenarios import ALL, ECHO4, ECHO6, TUN_4, WAN0_4, WAN0_6, WAN1_4, WAN1_6, Standing, standing
from tests.lab.test_explain import serve_echo

PORT = 8443


class Outcome(NamedTuple):
    report: dict[str, Any]
    requests: list[dict[str, Any]]

    def peers(self) -> list[str]:
        return [request["peer"] for request in self.requests]

    def published(self) -> list[str]:
        return [request["query"]["myip"] for request in self.requests]


class Provider:
    """A dyndns2 provider in the world, and the agent in the box."""

    def __init__(self, there: Standing, tls: Tls, folder: pathlib.Path, program: list[str], host: str = ECHO4) -> None:
        self.there, self.program, self.folder = there, program, folder
        self.log = folder / "requests"
        self.log.touch()
        where = ("--host", host, "--port", str(PORT), "--cert", tls.cert_file, "--key", tls.key_file, "--log", str(self.log))
        there.lab.start(there.world, sys.executable, "-m", "tests.fakes.server", "--kind", "dyndns", *where)
        secret = folder / "secret"
        secret.write_text("pass")
        secret.chmod(0o600)
        url = f"https://[{host}]:{PORT}" if ":" in host else f"https://{host}:{PORT}"
        self.flags = ["-p", "dyndns2", "-n", "home.example.com", "--username", "user", "--password-file", str(secret)]
        self.flags += ["--server", url, "--ca-file", tls.ca_file, "--state-dir", str(folder / "state"), "--probe-timeout", "1s"]

    def run(self, *flags: str) -> Outcome:
        before = len(self.log.read_text().splitlines())
        argv = ["ip", "netns", "exec", self.there.box, *self.program, "--json", *self.flags, *flags]
        environ = {"PYTHONPATH": str(ROOT), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "EDGE_AGENT_CONFIG": "/dev/null"}
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, env=environ, cwd="/")
        report = json.loads(done.stdout)
        assert report["exit"] == done.returncode
        assert "pass" not in done.stderr
        return Outcome(report, [json.loads(line) for line in self.log.read_text().splitlines()[before:]])


Start = Callable[..., Provider]


@pytest.fixture
def provider(tls: Tls, tmp_path: pathlib.Path, program: list[str]) -> Start:
    def start(there: Standing, host: str = ECHO4) -> Provider:
        return Provider(there, tls, tmp_path, program, host)

    return start


# scenario, flags: (published address, peer the provider saw)
ROWS = {
    "any/follows-the-kernel": ("two-defaults/lower-metric-wins", (), WAN0_4, WAN0_4),
    "same": ("two-defaults/lower-metric-wins", ("--update-via", "same"), WAN0_4, WAN0_4),
    "named/other-uplink": ("two-defaults/lower-metric-wins", ("--update-via", "wan1"), WAN0_4, WAN1_4),
    "selected/published-over-the-other": ("two-defaults/lower-metric-wins", ("-i", "wan1"), WAN1_4, WAN0_4),
    "selected/same": ("two-defaults/lower-metric-wins", ("-i", "wan1", "--update-via", "same"), WAN1_4, WAN1_4),
    "first-next-hop-dead/any": ("two-defaults/next-hop-dead", (), WAN1_4, WAN1_4),
    "policy-by-source/any": ("policy/by-source", (), WAN0_4, WAN0_4),
    "policy-by-mark/any": ("policy/by-mark", (), WAN0_4, WAN0_4),
    "first-next-hop-dead/same": ("two-defaults/next-hop-dead", ("--update-via", "same"), WAN1_4, WAN1_4),
    "first-link-down/same": ("two-defaults/better-link-down", ("--update-via", "same"), WAN1_4, WAN1_4),
    "multipath/same": ("multipath", ("--update-via", "same"), WAN1_4, WAN1_4),
    "policy-by-rule/any": ("policy/by-rule", (), WAN0_4, WAN0_4),
    "policy-by-source/same": ("policy/by-source", ("--update-via", "same"), WAN0_4, WAN0_4),
    "policy-by-mark/same": ("policy/by-mark", ("--update-via", "same"), WAN0_4, WAN0_4),
    "lower-table-with-rule/same": ("policy/lower-table-with-rule", ("--update-via", "same"), WAN1_4, WAN1_4),
    "ipv4-via-ipv6/same": ("ipv4-via-ipv6", ("--update-via", "same"), WAN0_4, WAN0_4),
    "bridge/same": ("bridge", ("--update-via", "same"), WAN0_4, WAN0_4),
    "macvlan/same": ("macvlan", ("--update-via", "same"), WAN0_4, WAN0_4),
    "tun/update-over-ethernet": ("tun-beside-ethernet", ("--update-via", "wan0"), TUN_4, WAN0_4),
    "nat/same": ("nat/private", ("--update-via", "same"), WAN0_4, WAN0_4),
    "nat/second-of-two/same": ("nat/same-subnet-twice-first-dead", ("--update-via", "same"), WAN1_4, WAN1_4),
}


@pytest.mark.parametrize(("name", "flags", "address", "peer"), ROWS.values(), ids=ROWS)
def test_update(name: str, flags: tuple[str, ...], address: str, peer: str, provider: Start, tls: Tls) -> None:
    with standing(ALL[name]) as there:
        echo = serve_echo(there, tls) if ALL[name].echo else ()
        service = provider(there)
        done = service.run("-4", *flags, *echo)
        assert done.published() == [address]
        assert done.peers() == [peer]
        (record,) = done.report["records"]
        assert (record["verdict"], record["address"], done.report["exit"]) == ("updated", address, 0)
        again = service.run("-4", *flags, *echo)
        assert again.requests == []
        assert again.report["records"][0]["step"] == "keep"


def test_update_over_ipv6(provider: Start) -> None:
    with standing(ALL["two-defaults/next-hop-dead"]) as there:
        done = provider(there, ECHO6).run("-6", "--update-via", "same")
        assert (done.published(), done.peers()) == ([WAN1_6], [WAN1_6])


def test_both_families_in_one_update(provider: Start) -> None:
    with standing(ALL["two-defaults/lower-metric-wins"]) as there:
        done = provider(there).run("--update-via", "same")
        assert sorted(",".join(done.published()).split(",")) == sorted([WAN0_4, WAN0_6])
        assert set(done.peers()) == {WAN0_4}


DEAD_ENDS = {
    "uplink-without-next-hop": ("two-defaults/next-hop-dead", "wan0"),
    "uplink-that-is-down": ("two-defaults/better-link-down", "wan0"),
    "interface-that-does-not-exist": ("two-defaults/lower-metric-wins", "wan7"),
    "interface-without-route": ("macvlan", "eth0"),
}


@pytest.mark.parametrize(("name", "via"), DEAD_ENDS.values(), ids=DEAD_ENDS)
def test_never_over_another_uplink(name: str, via: str, provider: Start) -> None:
    with standing(ALL[name]) as there:
        done = provider(there).run("-4", "--update-via", via, "--deadline", "4s")
        assert done.requests == []
        assert done.report["exit"] in {2, 3}


def test_a_service_that_publishes_the_source_sees_the_chosen_uplink(provider: Start, tmp_path: pathlib.Path) -> None:
    """The kernel would send by wan0; the record would then say wan0's address, whatever was chosen."""
    with standing(ALL["two-defaults/lower-metric-wins"]) as there:
        service = provider(there)
        settings = tmp_path / "by-source.toml"
        settings.write_text(
            f'[account.own]\nprovider = "custom"\nurl = "https://{ECHO4}:{PORT}/nic/update"\nauth = "none"\n'
            '[[record]]\nname = "home.example.com"\naccount = "own"\n'
        )
        service.flags = ["--config", str(settings), *service.flags[service.flags.index("--ca-file") :]]
        assert service.run("-4", "-i", "wan1").peers() == [WAN1_4]


def test_failover_between_two_runs(provider: Start) -> None:
    """The first uplink's next hop dies between two runs: the second run publishes the other one's address, over it."""
    with standing(ALL["two-defaults/lower-metric-wins"]) as there:
        service = provider(there)
        assert service.run("-4", "--update-via", "same").published() == [WAN0_4]
        there.lab.ip(there.world, "addr del 45.83.1.1/24 dev up1")
        there.lab.ip(there.box, "neigh flush dev wan0")
        done = service.run("-4", "--update-via", "same")
        assert (done.published(), done.peers()) == ([WAN1_4], [WAN1_4])
