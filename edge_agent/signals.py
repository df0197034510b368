"""Signals: leave in an orderly way when told to, and never outlive one's time, whatever a system call does."""

import os
from typing import Final

from edge_agent.verdicts import LATER

TERMINATED: Final = 143  # 128 + SIGTERM, as shells count
READING_FOR: Final = 30.0  # until the settings are known
GRACE_FOR: Final = 5.0  # each part of a run keeps to its deadline by itself; this is for what nobody foresaw


def leave_on_terminate() -> None:
    """Turn SIGTERM into an orderly way out, so that files and locks are closed on the way."""
    import _signal  # type: ignore[import-not-found] # typeshed lacks it; `signal` would load enum

    def leave(*_: object) -> None:
        raise SystemExit(TERMINATED)

    try:
        _signal.signal(_signal.SIGTERM, leave)
    except ValueError:  # not in the main thread: somebody else's process
        return


def outlive_the_caller() -> None:
    """Begin a session of our own, and pay no heed to the end of the caller's; a job of an interactive shell stays one."""
    import _signal

    if not hasattr(os, "setsid"):
        return
    try:
        os.setsid()
        _signal.signal(_signal.SIGHUP, _signal.SIG_IGN)
    except (OSError, ValueError):  # the leader of its group: a person's shell started it; or not in the main thread
        return


def end_within(seconds: float) -> None:
    """End the process with LATER and one line when `seconds` are over; called again, the time begins anew. POSIX only.

    It ends a read from a pipe that nobody writes to, or a state directory on a dead file server.
    """
    import _signal

    def end(*_: object) -> None:
        text = f"edge-agent: gave up: a system call did not return within {seconds:g} seconds\n"
        try:
            os.write(2, text.encode())
        finally:
            raise SystemExit(LATER)

    if hasattr(_signal, "setitimer"):
        try:
            _signal.signal(_signal.SIGALRM, end)
        except ValueError:  # as above
            return
        _signal.setitimer(_signal.ITIMER_REAL, seconds)
