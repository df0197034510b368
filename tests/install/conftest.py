"""The two commands, called as the command line calls them, on a tree; root is needed, as it is to install."""

import os
import pathlib
import signal
from collections.abc import Callable
from typing import NamedTuple

import pytest

from edge_agent import installing, responding
from edge_agent.console import Console


class Said(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Agent = Callable[..., Said]


@pytest.fixture(autouse=True)
def root() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: files of a system belong to it")


def call(command: str, *words: str) -> int:
    """Run the command in this process."""
    wish = responding.wish_of((command, *words), {})
    assert wish.usage == ()
    try:
        return {"install": installing.install, "uninstall": installing.uninstall}[command](wish, Console("stderr", "text", {}))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.fixture
def agent(capfd: pytest.CaptureFixture[str]) -> Agent:
    def run(command: str, top: pathlib.Path, *words: str) -> Said:
        capfd.readouterr()
        code = call(command, "--root", str(top), *words)
        return Said(code, *capfd.readouterr())

    return run
