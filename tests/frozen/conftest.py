"""The executable, a service to update at, and a way to run both. Made by `make exe`; without it these tests are skipped.

TESTED_EXE names another executable to hold to the same tests, a static one for instance (`make test-static`).
"""

import os
import pathlib
import subprocess
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import pytest

from tests.fakes.dyndns import FLAGS, DyndnsFake
from tests.fakes.messages import Reply, asked
from tests.fakes.server import Server
from tests.fakes.tls import Tls

ROOT = pathlib.Path(__file__).parents[2]
PLAIN = {"PATH": "/usr/bin:/bin"}


class Place(NamedTuple):
    """One service, one token, one state directory; `flags` make the agent update there."""

    service: DyndnsFake
    server: Server
    folder: pathlib.Path
    flags: list[str]
    first: list[Reply]  # what to answer before the service itself is asked


@pytest.fixture(scope="session")
def exe() -> pathlib.Path:
    path = pathlib.Path(os.environ.get("TESTED_EXE") or ROOT / "dist" / "edge-agent").absolute()
    if not path.exists():
        pytest.skip(f"{path} is not there: make exe")
    return path


@pytest.fixture
def run(exe: pathlib.Path, tmp_path: pathlib.Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the executable with a temporary directory of its own; whatever happens, it must leave nothing there."""
    (tmp_path / "unpacked").mkdir()

    def start(*words: str, env: Mapping[str, str] | None = None, **options: object) -> subprocess.CompletedProcess[str]:
        whole = {**PLAIN, "TMPDIR": str(tmp_path / "unpacked")} if env is None else dict(env)
        return subprocess.run([exe, *words], env=whole, capture_output=True, text=True, check=False, timeout=60, **options)  # type: ignore[call-overload, no-any-return]

    return start


@pytest.fixture(scope="session")
def tls() -> Tls:
    return Tls()


@pytest.fixture
def place(tmp_path: pathlib.Path, tls: Tls) -> Iterator[Place]:
    service = DyndnsFake()
    first: list[Reply] = []
    token = tmp_path / "token"
    token.write_text("pass")
    token.chmod(0o600)

    with Server(lambda request: first.pop(0) if first else asked(service, request), tls) as server:
        flags = [*FLAGS]
        flags += [
            "--token-file",
            str(token),
            "--server",
            server.url,
            "--ca-file",
            tls.ca_file,
            "--state-dir",
            str(tmp_path / "state"),
        ]
        yield Place(service, server, tmp_path, flags, first)
