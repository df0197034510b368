"""Whose turn is it? Runs of the same settings stand in for each other, all others wait for the one memory."""

import time
from collections.abc import Generator

from edge_agent import files
from edge_agent.memory import Store


class BusyError(Exception):
    """Another run has had the lock for too long; the message says for how long."""


def turns(store: Store, purpose: str, wait_for: float) -> Generator[None, None, None]:
    """Yield once for every run that is to be made, with the store's lock held; nothing where another process will run instead.

    Only a run of the same `purpose` (the same settings) can do this one's work. A run of any other is waited for: BusyError
    after `wait_for` seconds.
    """
    queue = Store(store.directory, f"-{purpose}")
    own = queue.turns()
    try:
        for _ in own:
            _wait(store, wait_for)
            try:
                yield
            finally:
                store.unlock()
    finally:
        own.close()
        _tidy(f"{store.directory}/lock-{purpose}")


def _tidy(door: str) -> None:
    """Remove a queue's lock. Who holds it goes on, who comes next makes a new one: at worst two wait for the memory in turn."""
    try:
        files.remove(door)
    except OSError:  # no such directory: the run has said so
        return


def _wait(store: Store, seconds: float) -> None:
    until_at = time.monotonic() + seconds
    while not store.lock():
        if time.monotonic() >= until_at:
            raise BusyError(f"another run has been at work in {store.directory} for {seconds:g} seconds: try again later")
        time.sleep(0.05)
