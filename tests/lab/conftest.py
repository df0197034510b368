"""Lab tests need root and namespaces; where they cannot run they are skipped with the reason."""

import os
import pathlib
import sys

import pytest

from tests.fakes.tls import Tls
from tests.lab import net
from tests.lab.scenarios import ECHO4, ECHO6

# TESTED_EXE names another executable to hold to the same tests, a static one for instance (`make test-static`).
FROZEN = pathlib.Path(os.environ.get("TESTED_EXE") or net.ROOT / "dist" / "edge-agent").absolute()
PROGRAMS = {"source": [sys.executable, "-m", "edge_agent"], "frozen": [str(FROZEN)]}


@pytest.fixture(scope="session", autouse=True)
def namespaces() -> None:
    """Skip without root, and sweep away what a killed run left."""
    reason = net.lacking()
    if reason:
        pytest.skip(reason)
    net.sweep()


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> list[str]:
    """The agent: from source, and as the executable where that has been built."""
    name = str(request.param)
    if name == "frozen" and not FROZEN.exists():
        pytest.skip(f"{FROZEN} is not built (make exe)")
    return PROGRAMS[name]


@pytest.fixture(scope="session")
def tls() -> Tls:
    """A certificate for the servers outside."""
    return Tls(ECHO4, ECHO6)
