"""The executable behind a hook file: what a caller leaks would keep it from starting; the hook file sees to it that it starts."""

import pathlib
import subprocess
import time

import pytest

from edge_agent import __version__
from edge_agent.snippets import whole
from tests.frozen.archive import is_static

LEAKS = {
    "library-path": {"LD_LIBRARY_PATH": "{folder}"},  # of a program that brings its own libraries, as this one does
    "a-frozen-parent": {  # the agent itself, or a copy of it, was the caller's caller
        "_PYI_ARCHIVE_FILE": "{exe}",
        "_PYI_APPLICATION_HOME_DIR": "{folder}/gone",
        "_PYI_PARENT_PROCESS_LEVEL": "1",
    },
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_what_a_caller_leaks(leak: dict[str, str], exe: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "libz.so.1").write_bytes(b"")
    env = {name: value.format(folder=tmp_path, exe=exe) for name, value in leak.items()}
    bare = subprocess.run([exe, "--version"], env=env, capture_output=True, check=False)
    assert (bare.returncode == 0) == is_static(exe)  # a static one finds its libraries in itself, and unpacks nothing
    said = tmp_path / "said"
    agent = tmp_path / "agent"
    agent.write_text(f"#!/bin/sh\n'{exe}' --version >{said}.new 2>&1\nmv {said}.new {said}\n")
    agent.chmod(0o755)
    subprocess.run(["/bin/sh", "-c", whole("dhclient", str(agent))], env=env, check=True, timeout=10)
    until = time.monotonic() + 30
    while not said.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert said.read_text() == f"edge-agent {__version__}\n"
