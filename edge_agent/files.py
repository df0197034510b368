"""Files that survive a kill, a power cut and a full disk: a private directory, whole writes, a lock. Not what is in them."""

# pathlib costs more memory than the whole of this module, at every start:
# ruff: noqa: PTH103, PTH105, PTH108, PTH112, PTH116, PTH120, PTH123

import errno
import os
import stat
import sys
import time
from typing import Final

_BINARY: Final = getattr(os, "O_BINARY", 0)
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
LENT: Final = "/run/private/"


class StoreError(Exception):
    """Memory cannot be kept; the message says where, why and how to mend it."""


def words(path: str, error: OSError) -> str:
    """Return one sentence for what the system refused at `path`, with what to do about it."""
    full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    mend = "free some space there, or name another place (--state-dir)" if full else "name one this user can write (--state-dir)"
    return f"memory cannot be kept in {path}: {error.strerror or type(error).__name__}; {mend}"


def settle(directory: str) -> None:
    """Make `directory` (mode 0700) where it is missing; StoreError where somebody else could change what is in it."""
    try:
        os.makedirs(directory, mode=0o700)
    except FileExistsError:
        if not os.path.isdir(directory):
            raise StoreError(f"{directory} is not a directory: remove it or name another place (--state-dir)") from None
    if sys.platform == "win32":
        return
    user = os.geteuid()
    link, info = os.lstat(directory), os.stat(directory)
    if _is_lent(directory, info):
        return
    if info.st_uid != user or link.st_uid not in (user, 0):
        owner = info.st_uid if info.st_uid != user else link.st_uid
        mend = f"chown {user} {directory}, or name another place (--state-dir)"
        raise StoreError(f"{directory} belongs to user {owner}, not to user {user} who runs this: {mend}")
    if info.st_mode & 0o022:
        raise StoreError(f"{directory} can be written by others (mode {stat.S_IMODE(info.st_mode):04o}): chmod 700 {directory}")


def _is_lent(directory: str, info: os.stat_result) -> bool:
    """Return whether root may work in the directory of a service with a user of its own (systemd.exec(5), DynamicUser=).

    Its user reaches it only from within the service, because nobody but root may pass /run/private.
    """
    if os.geteuid() != 0 or info.st_uid == 0 or info.st_mode & 0o077:
        return False
    return os.path.realpath(directory).startswith(LENT)


def _lend(file: int, path: str) -> int:
    """Give a file that root has just made to the service whose directory it is in; else the service could not read it again."""
    if sys.platform != "win32" and os.geteuid() == 0 and os.fstat(file).st_uid == 0:
        owner = os.stat(os.path.dirname(path))
        if owner.st_uid != 0 and _is_lent(os.path.dirname(path), owner):
            os.fchown(file, owner.st_uid, owner.st_gid)
    return file


def write(path: str, octets: bytes, *, sync: bool) -> None:
    """Write a file of mode 0600 in one go; OSError where not every octet found room. `sync` waits for the disk."""
    file = _lend(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY | _NOFOLLOW, 0o600), path)
    try:
        _pour(file, octets)
        if sync:
            os.fsync(file)
    finally:
        os.close(file)


def swap(fresh: str, path: str, octets: bytes) -> None:
    """Put `octets` in the place of `path` by way of `fresh` in the same directory: at every moment the old file or the new."""
    try:
        write(fresh, octets, sync=True)
        os.replace(fresh, path)
    except OSError:
        remove(fresh)
        raise
    if sys.platform != "win32":
        parent = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            os.fsync(parent)  # the new name itself
        finally:
            os.close(parent)


def extend(path: str, header: bytes, octets: bytes, *, sync: bool) -> None:
    """Add whole lines to a journal: all of `octets` or, on OSError, none. A torn last line is cut off. `sync` waits."""
    file = _lend(os.open(path, os.O_RDWR | os.O_CREAT | _BINARY | _NOFOLLOW, 0o600), path)
    try:
        end = _whole_lines(file, header)
        if end is None:
            raise StoreError(f"{path} is not a memory of this version: remove it")
        os.ftruncate(file, end)
        os.lseek(file, end, os.SEEK_SET)
        try:
            _pour(file, octets if end else header + octets)
            if sync:
                os.fsync(file)
        except OSError:
            os.ftruncate(file, end)
            raise
    finally:
        os.close(file)


def note(path: str, octets: bytes) -> None:
    """Add a line to a file that others `take`: it is in the file of that name, or was taken, when this returns."""
    while True:
        file = _lend(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _BINARY | _NOFOLLOW, 0o600), path)
        try:
            _pour(file, octets)
            if _is_still(path, file) or sys.platform == "win32":
                return
        finally:
            os.close(file)


def take(path: str) -> bytes | None:
    """Return what `note` has put into the file and remove it; None where there is none."""
    taken = f"{path}.taken"
    try:
        os.replace(path, taken)
        with open(taken, "rb") as file:
            octets = file.read()
    except FileNotFoundError:
        return None
    remove(taken)
    return octets


def age(path: str) -> float | None:
    """Return how many seconds ago something was last written to a file, None where nothing is in it."""
    try:
        info = os.stat(path)
    except OSError:
        return None
    return abs(time.time() - info.st_mtime) if info.st_size else None


def remove(path: str) -> bool:
    """Remove a file and say whether it was there; on a read-only file system it stays, and counts as never there."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno == errno.EROFS:
            return False
        raise
    return True


def hold(path: str) -> int | None:
    """Return a descriptor that holds the lock on `path` until it is closed or its process dies; None where another holds it."""
    while True:
        file = _open_lock(path)
        try:
            if not _try_lock(file):
                os.close(file)
                return None
            if _is_still(path, file):  # else somebody removed the file in between: another run may hold the new one
                return file
            os.close(file)
        except OSError:
            os.close(file)
            raise


def _open_lock(path: str) -> int:
    try:
        return _lend(os.open(path, os.O_RDWR | os.O_CREAT | _NOFOLLOW, 0o600), path)
    except OSError as error:
        try:
            return os.open(path, os.O_RDONLY | _NOFOLLOW)  # a directory that became read-only can still be locked
        except OSError:
            raise error from None


def _try_lock(file: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(path: str, file: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))
    except FileNotFoundError:
        return False


def _pour(file: int, octets: bytes) -> None:
    rest = memoryview(octets)
    while rest:
        rest = rest[os.write(file, rest) :]


def _whole_lines(file: int, header: bytes) -> int | None:
    """Return where the last whole line ends (0 in a fresh file), or None in a file that does not begin with `header`."""
    size = os.fstat(file).st_size
    start = os.read(file, len(header))
    if start != header:
        return 0 if header.startswith(start) else None
    os.lseek(file, size - 1, os.SEEK_SET)
    if os.read(file, 1) == b"\n":
        return size
    os.lseek(file, 0, os.SEEK_SET)
    with os.fdopen(os.dup(file), "rb") as whole:
        return whole.read().rfind(b"\n") + 1
