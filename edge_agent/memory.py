"""What outlives a run: the journal of what was published, and the lock that keeps two runs apart. Files only; no decisions.

`DIR/memory` is a journal (see `ledger`): `append` adds lines while a run goes on, `replace` writes it anew. `DIR/lock` is locked
by flock, so that a lock dies with its process.
"""

# pathlib costs more memory than the whole of this module, at every start:
# ruff: noqa: PTH105, PTH111, PTH112, PTH117, PTH118, PTH123

import os
import sys
import time
from collections.abc import Iterable
from typing import Final, NamedTuple

from edge_agent import files, ledger
from edge_agent.doors import Door
from edge_agent.files import StoreError
from edge_agent.model import Memory, Now

LARGEST: Final = 32 * 1024 * 1024  # octets; a memory of 10,000 records is a tenth of it
SPARE: Final = 16 * 1024  # octets that must be free before anything is sent

_UNFIT: Final = {"foreign": "is not a memory of edge-agent", "version": "was written by another version of edge-agent"}


class Recall(NamedTuple):
    """What was remembered, and what a person should know about how it was found."""

    memory: Memory
    notes: tuple[str, ...] = ()


def now() -> Now:
    """Return the time three ways. Where there is no clock that counts through sleep, the monotonic one stands in."""
    kind = getattr(time, "CLOCK_BOOTTIME", None)
    boot = time.monotonic() if kind is None else time.clock_gettime(kind)
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot_id = file.read(64).strip()
    except OSError:
        boot_id = ""
    return Now(time.time(), boot, boot_id)


def default_dir() -> str:
    """Return where memory is kept unless told otherwise: a volatile place where the system has one, never a shared one."""
    if sys.platform == "win32":
        return os.path.join(os.environ.get("PROGRAMDATA") or "C:\\ProgramData", "edge-agent")
    user = os.geteuid()
    if user == 0:
        return "/run/edge-agent" if os.path.isdir("/run") else "/var/run/edge-agent"
    for runtime in (os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{user}"):
        if os.path.isabs(runtime) and os.path.isdir(runtime):
            return os.path.join(runtime, "edge-agent")
    state = os.environ.get("XDG_STATE_HOME", "")
    home = os.path.expanduser("~")
    if os.path.isabs(state):
        return os.path.join(state, "edge-agent")
    if os.path.isabs(home):
        return os.path.join(home, ".local", "state", "edge-agent")
    return f"/var/tmp/edge-agent-{user}"  # noqa: S108 - `files.settle` refuses it where somebody else made it


class Store:
    """Memory in one directory. One run uses it at a time: hold the lock before writing."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._path = os.path.join(directory, "memory")
        self._door = Door(directory, "lock")

    # --- the journal ---------------------------------------------------------------------------------------------

    def ready(self) -> str | None:
        """Return None where memory can be written, else a sentence that says why not and what to do.

        Ask before anything is sent: a run that cannot remember what it sent sends it again at every event, and is banned.
        """
        scratch = os.path.join(self.directory, "memory.try")
        try:
            files.settle(self.directory)
            try:
                files.write(scratch, b"\0" * SPARE, sync=False)
            finally:
                files.remove(scratch)
        except OSError as error:
            return files.words(self.directory, error)
        except StoreError as error:
            return str(error)
        return None

    def load(self) -> Recall:
        """Return what was remembered, with notes on what could not be read; raises nothing.

        With the lock held, a bad file is set aside as `memory.bad`; a mere reader leaves it where it is.
        """
        try:
            with open(self._path, "rb") as file:
                octets = file.read(LARGEST + 1)
        except FileNotFoundError:
            return Recall(Memory())
        except OSError as error:
            return self._first(f"cannot be read ({error.strerror})")
        reading = ledger.decode(octets)
        if len(octets) > LARGEST or reading.kind in _UNFIT:
            return self._first(_UNFIT.get(reading.kind, f"is larger than {LARGEST >> 20} MiB"))
        if reading.kind == "empty":
            return Recall(Memory(), (f"{self._path} is empty, as after a power cut: going on as in a first run",))
        if reading.unreadable:
            return self._mended(reading, octets)
        return Recall(reading.memory)

    def _first(self, why: str) -> Recall:
        where = ""
        if self._door.held:
            try:
                os.replace(self._path, f"{self._path}.bad")
                where = f" (set aside as {self._path}.bad)"
            except OSError as error:
                where = f" (and cannot be set aside: {error.strerror})"
        return Recall(Memory(), (f"{self._path} {why}{where}: going on as in a first run",))

    def _mended(self, reading: ledger.Reading, octets: bytes) -> Recall:
        """Keep what could be read: a lock-out must not be lost because another line was damaged."""
        where = ""
        if self._door.held:
            try:
                files.write(f"{self._path}.bad", octets, sync=False)
                files.swap(f"{self._path}.new", self._path, ledger.encode(reading.memory))
                where = f" (set aside as {self._path}.bad)"
            except OSError as error:
                where = f" (and cannot be mended: {error.strerror})"
        note = f"{self._path} has {reading.unreadable} damaged lines{where}: going on with what could be read"
        return Recall(reading.memory, (note,))

    def append(self, lines: Iterable[str], *, sync: bool = True) -> None:
        """Add `ledger` lines to the journal: all of them or, on StoreError, none. `sync` waits until a power cut cannot undo it."""
        octets = "".join(lines).encode("ascii")
        if not octets:
            return
        try:
            files.settle(self.directory)
            files.extend(self._path, ledger.HEADER.encode("ascii"), octets, sync=sync)
        except OSError as error:
            raise StoreError(files.words(self.directory, error)) from error

    def replace(self, memory: Memory) -> None:
        """Write the whole memory anew, unless the file says the same and is not overgrown; StoreError where it fails.

        A kill or a power cut at any point leaves the old file or the new one.
        """
        octets = ledger.encode(memory)
        try:
            if self._says(memory, 2 * len(octets) + SPARE):
                return
            files.settle(self.directory)
            files.swap(f"{self._path}.new", self._path, octets)
        except OSError as error:
            raise StoreError(files.words(self.directory, error)) from error

    def _says(self, memory: Memory, limit: int) -> bool:
        try:
            with open(self._path, "rb") as file:
                octets = file.read(limit + 1)
        except FileNotFoundError:
            return memory == Memory()
        return len(octets) <= limit and ledger.decode(octets) == ledger.Reading(memory)

    # --- one run at a time ---------------------------------------------------------------------------------------

    def lock(self) -> bool:
        """Take the lock without waiting and say whether it was had; StoreError where there can be none. Dies with the process."""
        return self._door.lock()

    def unlock(self) -> None:
        """Give the lock back."""
        self._door.unlock()
