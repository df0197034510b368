"""A piece of work in a process of its own: made by fork, watched over, ended. What the work is, others know.

A child has all that its parent has loaded, loads what it needs beyond, and takes that with it at its end.
"""

import _signal  # type: ignore[import-not-found] # as in monitor
import os
import sys
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from edge_agent import monitor
from edge_agent.verdicts import INTERNAL

assert sys.platform != "win32"  # noqa: S101 - as in monitor

WORDS: Final = 2048  # octets that a child may hand over: less than any pipe holds

Work: TypeAlias = Callable[[], tuple[int, str]]  # returns an exit code and a line for the parent


class Child:
    """A process that does one piece of work and hands over a line at its end; `pipe` can be read when it has ended.

    `shut` are the parent's descriptors that are none of its business; at `end_at` it should have ended.
    """

    def __init__(self, work: Work, shut: Iterable[int], end_at: float) -> None:
        self.end_at = end_at
        self.urged = 0
        _flush()
        self.pipe, end = os.pipe()
        try:
            self.pid = os.fork()
        except OSError:
            os.close(self.pipe)
            os.close(end)
            raise
        if self.pid == 0:
            _work(work, end, (*shut, self.pipe))
        os.close(end)

    def urge(self, at: float, patience_for: float) -> bool:
        """Tell it to end if its time is over, and make it end `patience_for` later; return whether it was told just now."""
        if at < self.end_at:
            return False
        self.end_at = at + patience_for
        self.urged += 1
        os.kill(
            self.pid, _signal.SIGTERM if self.urged == 1 else _signal.SIGKILL
        )  # it is ours to wait for, so the number is still its own
        return self.urged == 1

    def ended(self) -> tuple[int, str]:
        """Return its exit code (minus the signal that killed it) and its line; waits for its end, leaves nothing of it."""
        line = b""
        while part := os.read(self.pipe, WORDS):
            line += part
        os.close(self.pipe)
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status), line.decode("utf-8", "replace")


def awaited(child: Child, patience_for: float) -> tuple[int, str]:
    """Wait for a child and return what `ended` does; one that takes too long is made to end."""
    while child.pipe not in monitor.wait([child.pipe], child.end_at - monitor.clock()):
        child.urge(monitor.clock(), patience_for)
    return child.ended()


def _work(work: Work, end: int, shut: Iterable[int]) -> None:
    """Be the child: let go of what is the parent's, do the work, go."""
    code = INTERNAL
    try:
        _signal.set_wakeup_fd(-1)
        monitor.ignore((monitor.SIGHUP, monitor.SIGUSR1, monitor.SIGINT))  # they are for the parent to obey
        for descriptor in shut:
            os.close(descriptor)
        try:
            code, line = work()
            os.write(end, line.encode("utf-8", "replace")[:WORDS])
        finally:
            for number in (_signal.SIGTERM, _signal.SIGALRM):  # from here on nothing may lead away from the end
                _signal.signal(number, _signal.SIG_DFL)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else INTERNAL
    except BaseException as error:  # noqa: BLE001 - whatever it is, it must not run on as a second parent
        os.write(2, f"edge-agent: internal error: {type(error).__name__}\n".encode())
    finally:
        _flush()
        os._exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):  # nobody reads it, or there is none
            continue
