"""The static executables that are there (`make exe-static`, `make exe-all`), each with what runs it: nothing, or an emulator."""

import os
import pathlib
import platform
import shutil
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

import pytest

from build.static.targets import ALL
from tests.frozen.conftest import PLAIN, place, tls

__all__ = ["place", "tls"]  # fixtures

ROOT = pathlib.Path(__file__).parents[2]
MADE = {name: ROOT / "dist" / "static" / f"edge-agent-{name}" for name in ALL}


class Agent(NamedTuple):
    """One executable and the words that start it."""

    name: str
    path: pathlib.Path
    words: tuple[str, ...]

    def run(self, *flags: object, env: Mapping[str, str] = PLAIN) -> subprocess.CompletedProcess[str]:
        words = [*self.words, *map(str, flags)]
        return subprocess.run(words, env=dict(env), capture_output=True, text=True, check=False, timeout=120)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what needs a static executable to `make test-static`."""
    for item in items:
        if {"agent", "native"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.heavy)


def agent_of(name: str) -> Agent:
    path = MADE[name]
    if not path.exists():
        pytest.skip(f"dist/static/edge-agent-{name} is not there: make {'exe-static' if name == platform.machine() else 'exe-all'}")
    if name == platform.machine():
        return Agent(name, path, (str(path),))
    emulator = shutil.which(f"qemu-{ALL[name].qemu}-static") or shutil.which(f"qemu-{ALL[name].qemu}")
    if emulator is None:
        pytest.skip(f"no qemu-{ALL[name].qemu}-static: apt-get install qemu-user-static")
    return Agent(name, path, (emulator, str(path)))


# qemu-user 7.2 does not turn the kernel's list of links round for a big-endian guest: the C library's getifaddrs never ends there,
# not even in a program of five lines. What these do with a network has never been seen.
NO_NETWORK = {"mips"}


@pytest.fixture
def networked(agent: Agent) -> Agent:
    """Every one whose emulator lets it see a network."""
    if agent.name in NO_NETWORK:
        pytest.skip(f"under qemu-user {agent.name} cannot list links")
    return agent


@pytest.fixture
def native() -> Agent:
    """The one that this machine runs itself."""
    return agent_of(platform.machine())


@pytest.fixture(params=[name for name, path in MADE.items() if path.exists()] or [platform.machine()])
def agent(request: pytest.FixtureRequest) -> Agent:
    """Every one, the foreign ones under an emulator."""
    return agent_of(request.param)


@pytest.fixture
def root_only() -> None:
    if os.geteuid():
        pytest.skip("needs root: a root directory of its own")
