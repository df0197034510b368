"""The static executable does its work where memory ends: in a cgroup with a limit and no swap, its files on a memory file system.

The limits are the goals for charged memory, 4.5 and 10 MB, and a quarter more. Where several hooks run at once, those that change
nothing have to fit one by one; of an update only one does the work, while the others wait for it in the whole program.
"""

import pathlib
import subprocess
from collections.abc import Iterator

import pytest

from build.charging import Charge, charged
from tests.frozen.conftest import PLAIN, Place
from tests.static.conftest import Agent

MB = 1_000_000
STILL, UPDATE = int(4.5 * 1.25 * MB), int(10 * 1.25 * MB)
HOOKS = 5


@pytest.fixture
def memory(tmp_path: pathlib.Path, root_only: None) -> Iterator[pathlib.Path]:
    """Yield a folder that is memory."""
    room = tmp_path / "room"
    room.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", room], capture_output=True, check=False).returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield room
    subprocess.run(["umount", room], check=True)


def command(native: Agent, place: Place, memory: pathlib.Path, *before: str) -> list[str]:
    return [str(native.path), *before, *place.flags, "--state-dir", str(memory / "state")]


def run(commands: list[list[str]], memory: pathlib.Path, limit: int) -> Charge:
    charge = charged(commands, {**PLAIN, "TMPDIR": str(memory)}, limit)
    if charge is None:
        pytest.skip("no memory cgroup can be made here")
    print(f"{len(commands)} at once, limit {limit / MB:.1f} MB: at most {charge.peak_mib * 2**20 / MB:.1f} MB")
    return charge


def settle(once: list[str], memory: pathlib.Path) -> None:
    """Run until everything is as it should be and that is noted."""
    for _ in range(2):
        subprocess.run(once, env={**PLAIN, "TMPDIR": str(memory)}, check=True)


def test_an_update(native: Agent, place: Place, memory: pathlib.Path) -> None:
    charge = run([command(native, place, memory)], memory, UPDATE)
    assert (charge.codes, charge.killed) == ([0], 0)
    assert place.service.records == {("home.example.com", "A"): "45.83.1.2"}


@pytest.mark.parametrize("words", [[], ["--no-gate"]], ids=["spared", "whole"])
def test_nothing_to_do(native: Agent, place: Place, memory: pathlib.Path, words: list[str]) -> None:
    once = command(native, place, memory)
    settle(once, memory)
    charge = run([[*once, *words]], memory, STILL)
    assert (charge.codes, charge.killed, charge.out, len(place.server.received)) == ([0], 0, "", 1)


def test_nothing_to_do_among_hooks(native: Agent, place: Place, memory: pathlib.Path) -> None:
    once = command(native, place, memory)
    settle(once, memory)
    hooks = [[*command(native, place, memory, "hook"), "generic", "--reason", "renewed"]] * HOOKS
    charge = run([once, *hooks], memory, (1 + HOOKS) * STILL)
    assert (charge.codes, charge.killed, len(place.server.received)) == ([0] * (1 + HOOKS), 0, 1)


def test_an_update_among_hooks(native: Agent, place: Place, memory: pathlib.Path) -> None:
    hooks = [[*command(native, place, memory, "hook"), "generic", "--reason", "changed"]] * HOOKS
    charge = run([command(native, place, memory), *hooks], memory, UPDATE + HOOKS * STILL)
    assert (charge.codes, charge.killed) == ([0] * (1 + HOOKS), 0)
    assert place.service.records == {("home.example.com", "A"): "45.83.1.2"}
    assert len(place.server.received) == 1


def test_the_limit_is_one(native: Agent, place: Place, memory: pathlib.Path) -> None:
    """With less than it takes it is killed, so the other tests say something; and the next run makes good."""
    charge = run([command(native, place, memory)], memory, 4 * MB)
    assert (charge.codes, charge.killed) == ([-9], 1)
    assert native.run(*place.flags, "--state-dir", memory / "state").returncode == 0
    assert place.service.records == {("home.example.com", "A"): "45.83.1.2"}
