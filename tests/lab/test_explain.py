"""`edge-agent explain --json` names the right egress in every scenario, from source and frozen alike."""

import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from edge_agent import inet
from tests.fakes.tls import Tls
from tests.lab.net import ROOT
from tests.lab.scenarios import ALL, ECHO4, ECHO6, Expected, Standing, standing

PORTS = (8081, 8082)
ECHO_FLAGS = tuple(
    word
    for flag, host in (("--echo4", ECHO4), ("--echo6", f"[{ECHO6}]"))
    for port in PORTS
    for word in (flag, f"https://{host}:{port}/")
)


def explain(there: Standing, program: list[str], *flags: str) -> dict[str, Any]:
    """Run it in the box, with nothing of this machine's environment; return the report."""
    environ = {"PYTHONPATH": str(ROOT), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    argv = ["ip", "netns", "exec", there.box, *program, "explain", "--json", "--probe-timeout", "1s", "-c", "/dev/null", *flags]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, env=environ, cwd="/")
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert isinstance(report, dict)
    assert report["exit"] == done.returncode
    return report


def serve_echo(there: Standing, tls: Tls) -> tuple[str, ...]:
    """Start echo services in the world; return the flags that name them."""
    for host in (ECHO4, ECHO6):
        for port in PORTS:
            where = ("--host", host, "--port", str(port), "--cert", tls.cert_file, "--key", tls.key_file)
            there.lab.start(there.world, sys.executable, "-m", "tests.fakes.server", "--kind", "echo", *where)
    return (*ECHO_FLAGS, "--ca-file", tls.ca_file)


def verify(said: dict[str, Any], expected: Expected) -> None:
    told = Expected(said["kind"], said["address"], said["interface"], losers_of(said), said["reason"], said["origin"], said["nat"])
    assert told == expected


def losers_of(said: dict[str, Any]) -> dict[str, str]:
    """The losers with their reasons; the kernel's own addresses, which always lose for the same reason, are checked here."""
    found = {}
    for row in said["rejected"]:
        scope = inet.scope(row["address"])
        if scope in {"loopback", "link_local"}:
            assert row["reason"] == scope, row
        else:
            found[row["address"]] = row["reason"]
    return found


@pytest.mark.parametrize("name", ALL)
def test_explain(name: str, program: list[str], tls: Tls) -> None:
    found = ALL[name]
    with standing(found) as there:
        echo = serve_echo(there, tls) if found.echo else ()
        report = explain(there, program, *echo, *found.flags)
        assert report["dry"] is True
        verify(report["choices"]["ipv4"], there.ipv4)
        verify(report["choices"]["ipv6"], there.ipv6)


def test_people_read_the_same(tmp_path: pathlib.Path, program: list[str]) -> None:
    with standing(ALL["two-defaults/lower-metric-wins"]) as there:
        said = there.lab.run(there.box, "env", "-C", str(tmp_path), f"PYTHONPATH={ROOT}", *program, "explain", "-c", "/dev/null")
        assert "45.83.1.2" in said
        assert "wan0" in said
        assert "45.83.2.2" in said
