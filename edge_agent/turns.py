"""Whose turn is it? Runs of the same settings stand in for each other, all others wait for the one memory."""

import time
from collections.abc import Generator

from edge_agent.memory import Store


class BusyError(Exception):
    """Another run has had the lock for too long; the message says for how long."""


def turns(store: Store, purpose: str, wait_for: float) -> Generator[None, None, None]:
    """Yield once for every run that is to be made, with the store's lock held; nothing where another process will run instead.

    Only a run of the same `purpose` (the same settings) can do this one's work. A run of any other is waited for: BusyError
    after `wait_for` seconds.
    """
    own = queued(store.directory, purpose)
    try:
        for _ in own:
            yield from held(store, wait_for)
    finally:
        own.close()


def queued(directory: str, purpose: str, note: str = "", rest_for: float = 0.0) -> Generator[tuple[str, ...], None, None]:
    """Return the turns of all who come for the same purpose, with the notes that they left; see `Store.turns`."""
    return Store(directory, f"-{purpose}").turns(note, rest_for)


def held(store: Store, wait_for: float) -> Generator[None, None, None]:
    """Yield once, with the store's lock held; BusyError where another run has it for more than `wait_for` seconds."""
    _wait(store, wait_for)
    try:
        yield
    finally:
        store.unlock()


def _wait(store: Store, seconds: float) -> None:
    until_at = time.monotonic() + seconds
    while not store.lock():
        if time.monotonic() >= until_at:
            raise BusyError(f"another run has been at work in {store.directory} for {seconds:g} seconds: try again later")
        time.sleep(0.05)
