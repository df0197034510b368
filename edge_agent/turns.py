"""Whose turn is it? Runs of the same settings stand in for each other, all others wait for the one memory."""

import os
import time
from collections.abc import Generator

from edge_agent import files
from edge_agent.doors import Door
from edge_agent.files import StoreError
from edge_agent.memory import Store


class BusyError(Exception):
    """Another run has had the lock for too long; the message says for how long."""


def turns(store: Store, purpose: str, wait_for: float) -> Generator[None, None, None]:
    """Yield once for every run that is to be made, with the store's lock held; nothing where another process will run instead.

    Only a run of the same `purpose` (the same settings) can do this one's work. A run of any other is waited for: BusyError
    after `wait_for` seconds.
    """
    own = Queue(store.directory, purpose).turns()
    try:
        for _ in own:
            yield from held(store, wait_for)
    finally:
        own.close()


def held(store: Store, wait_for: float) -> Generator[None, None, None]:
    """Yield once, with the store's lock held; BusyError where another run has it for more than `wait_for` seconds."""
    until_at = time.monotonic() + wait_for
    while not store.lock():
        if time.monotonic() >= until_at:
            raise BusyError(f"another run has been at work in {store.directory} for {wait_for:g} seconds: try again later")
        time.sleep(0.05)
    try:
        yield
    finally:
        store.unlock()


class Queue:
    """All who come for one purpose. `DIR/lock-PURPOSE` is whose turn it is, `DIR/again-PURPOSE` asks for one more.

    Requests come in bursts: a run that would begin within `rest_for` seconds after the last one waits until none came for that
    long, twice as long at most.
    """

    def __init__(self, directory: str, purpose: str, rest_for: float = 0.0) -> None:
        self._door = Door(directory, f"lock-{purpose}")
        self._flag = f"{directory}/again-{purpose}"
        self._rest_for = rest_for

    def turns(self, note: str = "") -> Generator[tuple[str, ...], None, None]:
        """Yield the notes of all who asked, with the lock held, once for every run to be made; nothing where another will run.

        No request is lost. A late-comer sets the flag *before* its last try for the lock. If that try fails, some holder has
        yet to unlock, and each holder looks at the flag *after* unlocking: it finds the flag and takes the lock for one more
        run, or finds the lock taken by a later holder, of whom the same holds, or finds the flag gone. It is removed only by
        a holder that is about to run, and that run begins after the request.
        """
        notes: tuple[str, ...] | None = (note,)
        if not self._door.lock():
            self._ask(note)
            if not self._door.lock():
                return
            notes = ()
        while True:
            try:
                self._rest(self._door.path, self._flag)
                taken = self._taken()
                notes = None if notes is None and taken is None else (notes or ()) + (taken or ())
                while notes is not None:
                    yield notes
                    self._mark()
                    self._rest(self._flag)
                    notes = self._taken()
            finally:
                self._tidy()
                self._door.unlock()
            if not os.path.exists(self._flag) or not self._door.lock():  # noqa: PTH110 - as in files
                return

    def _ask(self, note: str) -> None:
        """Ask who holds the lock to run once more, with a line about why; StoreError where that cannot be said."""
        try:
            files.note(self._flag, f"{note}\n".encode("ascii"))
        except OSError as error:
            raise StoreError(files.words(self._door.directory, error)) from error

    def _taken(self) -> tuple[str, ...] | None:
        """Clear the flag and return its lines, None where it is not set. For the holder of the lock, who then runs."""
        octets = files.take(self._flag)
        return None if octets is None else tuple(octets.decode("ascii", "replace").split("\n")[:-1])

    def _mark(self) -> None:
        """Let the lock tell when the last run ended, by the time of its content; one that is new has none."""
        if self._rest_for and self._door.descriptor is not None:
            try:
                os.lseek(self._door.descriptor, 0, os.SEEK_SET)
                os.write(self._door.descriptor, b".")
            except OSError:  # the disk is full or read-only: bursts are not held back then
                return

    def _rest(self, *paths: str) -> None:
        """Let a burst pass: wait while one of the files was written to a moment ago."""
        rest_for = self._rest_for
        until_at = time.monotonic() + 2 * rest_for
        while rest_for and time.monotonic() < until_at and any((files.age(path) or rest_for) < rest_for for path in paths):
            time.sleep(0.05)

    def _tidy(self) -> None:
        """Remove the lock while it is held: who has opened it finds that it is no longer the one, and takes the next.

        One that tells when the last run ended is left.
        """
        if not self._rest_for:
            try:
                files.remove(self._door.path)
            except OSError:  # Windows keeps what is open
                return
