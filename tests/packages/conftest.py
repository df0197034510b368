"""Packages made from stand-ins for the executables: scripts of a few octets, so that they are made in every run of the tests."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
STUB = '#!/bin/sh\necho edge-agent "$@"\n'
TARGETS = ("x86_64", "armv7", "armv6", "mipsel")


def make(source: pathlib.Path, to: pathlib.Path, **how: object) -> subprocess.CompletedProcess[str]:
    """Make packages as the Makefile does."""
    words = [sys.executable, "-m", "build.packages", "--from", str(source), "--to", str(to)]
    settings = {"cwd": ROOT, "env": {**os.environ, "PYTHONPATH": str(ROOT)}} | how
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=300, **settings)  # type: ignore[call-overload,no-any-return]


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("static")
    for target in TARGETS:
        path = folder / f"edge-agent-{target}"
        path.write_text(STUB)
        path.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def made(stand_ins: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return a folder with packages made where no source is kept."""
    folder, cache = tmp_path_factory.mktemp("packages"), tmp_path_factory.mktemp("cache")
    done = make(stand_ins, folder, env={**os.environ, "XDG_CACHE_HOME": str(cache)})
    assert (done.returncode, done.stderr) == (0, "")
    (folder / "told").write_text(done.stdout)
    return folder
