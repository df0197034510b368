"""Real pppd, over a pty and over PPPoE, in two virtual machines side by side (`make test-vm`); here their figures are judged.

Times are the machine's own. Its clock counts instructions, about as many as one core of a home router runs (run.sh), so they
do not depend on the load of this computer.
"""

import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.vm.scenarios import GROUPS

pytestmark = pytest.mark.heavy

ROOT = pathlib.Path(__file__).parents[2]
MADE = ROOT / "build" / "made" / "vm"
RIGHT_WITHIN = 5.0  # seconds from "address and default route stand in the kernel" to "the service was told"
PPPD_DELAYED_BY = 0.1  # seconds, at most, until pppd says that the link is up
SCRIPT_DELAYED_BY = 0.25  # and from there to the end of its ip-up script
NAME = "home.example.com"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
PROGRAMS = ("qemu-system-x86_64", "cpio", "modprobe", "pppd", "pppoe-server", "openssl", "apt-get", "nsenter")
Lines = dict[str, dict[str, Any]]


def lacking() -> str | None:
    """Return why the machines cannot be started here."""
    missing = [program for program in PROGRAMS if not shutil.which(program, path=PATH)]
    if platform.machine() != "x86_64":
        return "the machine is an x86_64 one"
    if missing:
        return f"not installed: {', '.join(missing)} (make test-vm installs them)"
    if not os.access(shutil.which("pppd", path=PATH) or "", os.R_OK):
        return "needs root: the machine uses this computer's pppd, which nobody else may read"
    return None if (ROOT / "dist" / "edge-agent").exists() else "dist/edge-agent is not built (make exe)"


# What is shown of a scenario's figures, in this order.
SHOWN = {
    "start_for": "the agent starts in {} s",
    "told_after": "told {} s after the address was usable",
    "updates": "updates: {}",
    "record": "record {}",
    "record6": "and {}",
    "calls": "{} calls of ip-up",
    "announced": "announced {}",
    "addresses": "the line has {}",
    "up_for": "pppd up in {} s",
    "ip_up_for": "its script in {} s",
    "uptime": "after {} s",
    "zombies": "{} zombies",
}


def shown(line: dict[str, Any]) -> str:
    """Return the figures of a scenario as one line."""
    if "failed" in line:
        return f"{line['scenario']}: FAILED: {line['failed'].splitlines()[-1]}"
    words = [SHOWN[name].format(_words(line["figures"][name])) for name in SHOWN if line["figures"].get(name) is not None]
    return f"{line['scenario']}: {', '.join(words)}"


def _words(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(str(_words(part)).partition(": ")[0] for part in value) or "none"
    return f"{value:.2f}" if isinstance(value, float) else value


class Machine:
    """One machine that plays a group of scenarios."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.console = MADE / f"{group}.log"
        self.lines: Lines = {}
        self.words: list[str] = []
        command = [str(ROOT / "tests/vm/run.sh"), f"tests.vm.guest,{group}"]
        environ = {**os.environ, "PATH": PATH, "CONSOLE": str(self.console)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with (MADE / f"{self.group}.jsonl").open("w") as kept:
            for text in self.process.stdout:
                kept.write(text)
                if text.startswith("{"):
                    line = json.loads(text)
                    self.lines[line["scenario"]] = line
                    print(f"  {shown(line)}", flush=True)
                else:
                    self.words.append(text.rstrip())

    def close(self) -> None:
        """End it if it has not ended; run.sh has become `timeout`, which passes the signal on to the machine."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(30)
        self.reader.join(30)
        if self.process.stdout:
            self.process.stdout.close()


@pytest.fixture(scope="session")
def machines() -> Iterator[dict[str, Machine]]:
    """Play everything, both groups at once."""
    reason = lacking()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    MADE.mkdir(parents=True, exist_ok=True)
    print()
    started = {group: Machine(group) for group in GROUPS}
    try:
        for machine in started.values():
            machine.process.wait()
            machine.reader.join()
        yield started
    finally:
        for machine in started.values():
            machine.close()


class Said:
    """The figures of each scenario by name; a scenario that failed, or was not reached, fails the test that asks for it."""

    def __init__(self, machines: dict[str, Machine]) -> None:
        self.machines = machines

    def line(self, name: str, group: str | None = None) -> dict[str, Any]:
        """Return all that was said about a scenario."""
        group = group or next(group for group, scenarios in GROUPS.items() if name in {each.__name__ for each in scenarios})
        machine = self.machines[group]
        if name not in machine.lines:
            console = machine.console.read_text(errors="replace")[-2000:] if machine.console.exists() else ""
            pytest.fail(f"the machine did not come to {name}: {machine.words[-5:]}\n{console}", pytrace=False)
        line = machine.lines[name]
        if "failed" in line:
            pytest.fail("\n".join([line["failed"], "pppd:", *line["pppd"], "log:", *line["log"]]), pytrace=False)
        return line

    def __getitem__(self, name: str) -> dict[str, Any]:
        figures: dict[str, Any] = self.line(name)["figures"]
        return figures


@pytest.fixture(scope="session")
def said(machines: dict[str, Machine]) -> Said:
    return Said(machines)


def good(*addresses: str) -> list[str]:
    """Return what the service notes when it is told these addresses, one update each."""
    return [f"{address}: good {address}" for address in addresses]


# scenario: the updates that it may cause, one for each change of the address and no other
ROWS = {
    "first_up": ["45.83.1.10"],
    "redial": ["45.83.1.11"],
    "peer_killed": ["45.83.1.14"],
    "pppoe_first_up": ["45.83.1.20"],
    "pppoe_redial": ["45.83.1.21"],
    "cable_cut_unnoticed": ["45.83.1.22"],
    "cable_cut_noticed": ["45.83.1.23", "45.83.1.24"],
    "from_source": ["45.83.1.25"],
}


@pytest.mark.parametrize(("scenario", "addresses"), ROWS.items(), ids=ROWS)
def test_record_is_right_soon_and_by_one_update(said: Said, scenario: str, addresses: list[str]) -> None:
    figures = said[scenario]
    assert figures["updates"] == good(*addresses)
    assert figures["record"] == addresses[-1] == figures["addresses"][0]
    assert figures["told_after"] <= RIGHT_WITHIN


def test_a_hook_that_blocks_loses_the_second_address(said: Said) -> None:
    figures = said["blocking_hook"]
    assert figures["addresses"][0] == "45.83.1.6"
    assert figures["usable_before_end_for"] > 0
    assert (figures["calls"], figures["announced"]) == (1, ["45.83.1.5"])


def test_ours_loses_none_when_the_line_dies_as_it_is_called(said: Said) -> None:
    figures = said["redial_during_hook"]
    assert figures["calls"] == 2
    assert figures["record"] == "45.83.1.13" == figures["addresses"][0]
    assert figures["updates"] in (good("45.83.1.13"), good("45.83.1.12", "45.83.1.13"))
    assert figures["told_after"] <= RIGHT_WITHIN


def test_pppd_is_not_delayed(said: Said) -> None:
    without = said["without_hook"]
    assert without["updates"] == []
    for name, most in (("up_for", PPPD_DELAYED_BY), ("ip_up_for", SCRIPT_DELAYED_BY)):
        ours = statistics.median(said[scenario][name] for scenario in ("first_up", "redial", "peer_killed", "ipv6_first"))
        theirs = statistics.median(without[name])
        print(f"  {name}: {theirs:.3f} s without a hook, {ours:.3f} s with ours")
        assert ours - theirs <= most


def test_ipv6_alone_publishes_no_stale_ipv4_address(said: Said) -> None:
    figures, log = said["ipv6_first"], said.line("ipv6_first")["log"]
    assert "ipv6-up IPLOCAL=45.83.1.14" in figures["stale"]
    assert (figures["alone"]["updates"], figures["alone"]["addresses"]) == ([], [])
    assert any(f"{NAME} A: held" in line for line in log), "the agent was not called"
    assert figures["order"].index("ipv6-up") < figures["order"].index("ip-up")


def test_ipv6_address_from_an_advertisement_is_found_by_the_periodic_run(said: Said) -> None:
    figures = said["ipv6_first"]
    assert figures["told_after"] <= RIGHT_WITHIN
    assert (figures["after_ra"]["updates"], figures["after_ra"]["agents"]) == (good("45.83.1.15"), []), "there is a hook after all"
    both = f"45.83.1.15,{figures['address6']}"  # this protocol takes both families together
    assert figures["periodic"]["updates"] == good("45.83.1.15", both)
    assert (figures["periodic"]["exit"], figures["record"], figures["record6"]) == (0, "45.83.1.15", figures["address6"])
    assert (figures["again"]["exit"], figures["again"]["updates"]) == (0, figures["periodic"]["updates"])


def test_cable_cut_that_pppd_does_not_notice_changes_nothing(said: Said) -> None:
    during = said["cable_cut_unnoticed"]["during"]
    assert (during["downs"], during["addresses"][0]) == (0, "45.83.1.21")
    assert (during["updates"], during["record"], during["exit"]) == ([], "45.83.1.21", 0)


def test_cable_cut_that_pppd_notices_withdraws_nothing(said: Said) -> None:
    during = said["cable_cut_noticed"]["during"]
    assert during["addresses"] == []
    assert (during["updates"], during["record"], during["exit"]) == (good("45.83.1.23"), "45.83.1.23", 3)


def test_killed_peer_is_noticed(said: Said) -> None:
    assert said["peer_killed"]["downs"] == 1


@pytest.mark.parametrize("group", GROUPS)
def test_nothing_is_left_over(said: Said, group: str) -> None:
    figures = said.line("end", group)["figures"]
    assert (figures["zombies"], figures["left"]) == (0, [])
    logged = [line for name in said.machines[group].lines for line in said.line(name, group).get("log", [])]
    assert [line for line in logged if "internal error" in line or "gave up" in line] == []
