"""What happens in a folder while it is watched: inotify(7), so that nothing is missed however short it was there."""

import contextlib
import ctypes
import os
import pathlib
import struct
from collections.abc import Iterator
from typing import Final

CREATED_OR_MOVED_HERE: Final = 0x100 | 0x80


@contextlib.contextmanager
def created(folder: pathlib.Path) -> Iterator[list[str]]:
    """Yield a list that holds, once the context is left, the names of all that was made in the folder meanwhile."""
    libc = ctypes.CDLL(None, use_errno=True)
    names: list[str] = []
    queue = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if queue < 0 or libc.inotify_add_watch(queue, os.fsencode(folder), CREATED_OR_MOVED_HERE) < 0:
        raise OSError(ctypes.get_errno(), f"cannot watch {folder}")
    try:
        yield names
        with contextlib.suppress(BlockingIOError):
            while octets := os.read(queue, 1 << 16):
                names += _names(octets)
    finally:
        os.close(queue)


def _names(octets: bytes) -> Iterator[str]:
    while octets:
        size = struct.unpack_from("iIII", octets)[3]
        yield os.fsdecode(octets[16 : 16 + size].rstrip(b"\0"))
        octets = octets[16 + size :]
