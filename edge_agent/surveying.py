"""What kind of box this is to be told by, which executable the hooks are to call, and programs of the system to start."""

# pathlib would cost more memory than all of this:
# ruff: noqa: PTH100, PTH110, PTH112, PTH113, PTH116, PTH119, PTH120, PTH123, PTH208

import os
import stat
import sys
from collections.abc import Iterator
from typing import Final

from edge_agent.environs import for_children
from edge_agent.install import Box
from edge_agent.install.kinds import LOOKED_FOR, PROGRAMS
from edge_agent.planting import Tree

COMMAND_FOR: Final = 60.0  # seconds; systemctl waits for what it starts
_FOLDERS: Final = tuple(f"{top}{end}" for top in ("/usr/local", "/usr", "", "/opt") for end in ("/sbin", "/bin"))


def look(tree: Tree) -> Box:
    """Return the facts by which the box is known."""
    import binascii

    paths = frozenset(path for path in LOOKED_FOR if tree.has(path))
    programs = frozenset(name for name in PROGRAMS if any(tree.has(f"{folder}/{name}") for folder in _FOLDERS))
    seed = binascii.crc32("\n".join(_identity(tree)).encode())
    return Box(sys.platform if tree.live else "linux", tree.live, paths, programs, _release(tree), seed)


def _text(tree: Tree, path: str) -> str:
    try:
        with open(tree.real(path), "rb") as file:
            return file.read(65536).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _release(tree: Tree) -> str:
    """Return the ID of os-release(5)."""
    lines = (_text(tree, "/etc/os-release") or _text(tree, "/usr/lib/os-release")).splitlines()
    return next((line[3:].strip("\"'") for line in lines if line.startswith("ID=")), "")


def _identity(tree: Tree) -> Iterator[str]:
    """Yield what differs between boxes: routers have no machine-id, and all the same name, but addresses of their own."""
    yield _text(tree, "/etc/machine-id")
    yield _text(tree, "/etc/hostname")
    if tree.live and os.path.isdir("/sys/class/net"):
        for name in sorted(os.listdir("/sys/class/net")):
            yield _text(tree, f"/sys/class/net/{name}/address") if os.path.exists(f"/sys/class/net/{name}/device") else ""


# --- the executable --------------------------------------------------------------------------------------------------


def executable(tree: Tree) -> str:
    """Return the path of the running executable as the box sees it; the usual one where it runs from source or elsewhere."""
    own = sys.executable if hasattr(sys, "_MEIPASS") else os.path.abspath(sys.argv[0] if sys.argv else "")
    inside = tree.live or own.startswith(f"{tree.top}/")
    if inside and os.path.basename(own).startswith("edge-agent") and os.path.isfile(own):
        return own[len(tree.top) :]
    if sys.platform == "win32":
        return f"{os.environ.get('PROGRAMFILES') or 'C:/Program Files'}\\edge-agent\\edge-agent.exe"
    return "/usr/bin/edge-agent" if sys.platform == "linux" else "/usr/local/bin/edge-agent"


def weak(path: str) -> str:
    """Return what makes this path of an executable one that others than root could change; nothing where it is sound."""
    if sys.platform == "win32":
        return ""
    here = os.path.realpath(path)
    while True:
        try:
            info = os.stat(here)
        except FileNotFoundError:
            info = None
        if info and info.st_uid not in {0, os.geteuid()}:
            return f"{here} belongs to user {info.st_uid}"
        if info and info.st_mode & 0o002 and not info.st_mode & stat.S_ISVTX:
            return f"{here} can be written by every user"
        if here == os.path.dirname(here):
            return ""
        here = os.path.dirname(here)


# --- programs --------------------------------------------------------------------------------------------------------


def start(words: tuple[str, ...]) -> str:
    """Start a program of the system and wait for it. Return nothing where it ended well, else one line on why not."""
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 - the words are ours: see install.regular
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False, timeout=COMMAND_FOR, env=for_children(),
        )  # fmt: skip
    except FileNotFoundError as error:
        return f"there is no {error.filename or words[0]}"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it could not be run: {type(error).__name__}"
    if done.returncode == 0:
        return ""
    said = done.stdout.decode("utf-8", "replace").strip().splitlines()
    return f"exit status {done.returncode}" + (f": {said[-1][:200]}" if said else "")
