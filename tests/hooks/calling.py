"""Call a hook as its caller would, and read what the agent in its place wrote down."""

import ast
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from edge_agent.snippets import whole

STUB = pathlib.Path(__file__).with_name("stub.py")
# What /bin/sh is: dash on Debian, busybox on routers, bash on some; VyOS sources hooks into bash.
SHELLS = {"dash": ["dash"], "ash": ["busybox", "ash"], "bash": ["bash"], "bash-posix": ["bash", "--posix"]}
PATIENCE = 10.0  # seconds; a call takes a few hundredths


class Call(NamedTuple):
    """How the agent was called."""

    argv: list[str]
    environment: dict[str, str]
    umask: int
    cwd: str
    descriptors: dict[int, str]
    ignored: list[int]
    pid: int

    def is_running(self) -> bool:
        try:
            return ") Z " not in pathlib.Path(f"/proc/{self.pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False


class Agent:
    """A stand-in for the agent in a folder of its own; its name has a space and a quote in it."""

    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "the agent's"
        self.path.write_text(f"#!{os.path.realpath(sys.executable)} -IS\n{STUB.read_text()}")
        self.path.chmod(0o755)

    def hook(self, name: str, flags: tuple[str, ...] = ()) -> pathlib.Path:
        """Write the hook file that calls this agent."""
        return self.written(name, whole(name, str(self.path), flags))

    def written(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def calls(self) -> list[Call]:
        return [Call(**ast.literal_eval(path.read_text())) for path in self.folder.glob("*.call.*")]

    def called(self) -> Call:
        """Wait for the one call. It comes in the background, after the caller has gone on."""
        soon(lambda: bool(self.calls()), "the agent was not called")
        (call,) = self.calls()
        return call

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let the agent, once called, go on until the end of this."""
        hold = pathlib.Path(f"{self.path}.hold")
        hold.touch()
        try:
            yield
        finally:
            hold.unlink()
            for call in self.calls():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(call.pid, signal.SIGKILL)


def soon(claim: Callable[[], bool], complaint: str) -> None:
    """Wait until the claim is true."""
    until = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < until, complaint
        time.sleep(0.002)


def start(words: list[str], **options: object) -> subprocess.Popen[str]:
    """Start a caller: nothing in its environment unless told, and everything it prints is kept."""
    whole = {"env": {}, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.Popen(words, **whole)  # type: ignore[call-overload, no-any-return]


def end(caller: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for the caller alone; return its status and what it printed. An agent that held a pipe would be noticed here."""
    out, err = caller.communicate(timeout=PATIENCE)
    return caller.returncode, out, err


def program(shell: str) -> list[str]:
    """Return the shell's words with its full path: the environment has no PATH."""
    name, *rest = SHELLS[shell]
    path = shutil.which(name, path="/usr/bin:/bin")
    assert path, f"install {name}: build/setup.sh dev"
    return [path, *rest]
