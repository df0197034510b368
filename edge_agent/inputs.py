"""The files that the user wrote, read for `gathering`: settings and secrets. Every way this can fail has its own sentence."""

import os
import stat
import sys
from typing import Final

from edge_agent import gate
from edge_agent.settings.document import ReadError

LARGEST: Final = 4 * 1024 * 1024  # octets; ten thousand records are a quarter of it


def read(path: str, *, secret: bool, marks: dict[str, str] | None = None) -> str:
    """Return the text of the file at `path`. A `secret` file must hold something that other users cannot read or change.

    Into `marks` goes what the file was like, as `gate.mark_of` has it.
    """
    found = gate.ODD
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs more memory than all of this, at every start
            mode = os.fstat(file.fileno()).st_mode
            octets = file.read(LARGEST + 1)
        found = gate.mark_of(mode, octets) if stat.S_ISREG(mode) else gate.ODD
    except OSError as error:
        found = gate.MISSING if isinstance(error, FileNotFoundError) else gate.ODD
        raise _unreadable(path, error) from None
    finally:
        if marks is not None:
            marks[path] = found if marks.get(path, found) == found else gate.ODD
    if secret and stat.S_ISREG(mode) and mode & 0o006 and sys.platform != "win32":
        done = "read" if mode & 0o004 else "changed"
        raise ReadError(f"{path} holds a secret and can be {done} by every user of this machine", f"chmod o= {path}")
    if len(octets) > LARGEST:
        raise ReadError(f"{path} is larger than {LARGEST >> 20} MiB", "that is no file for edge-agent")
    if secret and not octets.strip():
        raise ReadError(f"{path} is empty", "write the secret into it, and nothing else")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ReadError(f"{path} is not text in UTF-8")
    return text


def _unreadable(path: str, error: OSError) -> ReadError:
    if isinstance(error, FileNotFoundError):
        return ReadError(f"{path} does not exist", missing=True)
    if isinstance(error, IsADirectoryError):
        return ReadError(f"{path} is a directory", "name a file in it")
    if isinstance(error, PermissionError):
        return ReadError(f"{path} cannot be read by this user", "run as its owner, or give this user the right to read it")
    return ReadError(f"{path} cannot be read: {error.strerror or type(error).__name__}")
