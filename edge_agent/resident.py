"""The resident part of `watch`: it waits, and begins children, which look. What costs memory happens in them and ends with them.

It does not even read the settings: a child does and hands over what must be known of them here.
"""

import _socket
import os
import sys
from collections.abc import Callable
from typing import Final, NamedTuple

from edge_agent import files, monitor, signals, watching
from edge_agent.child import Child, Work, awaited
from edge_agent.model import Ended, Event
from edge_agent.monitor import SIGHUP, SIGINT, SIGTERM, SIGUSR1, Manager
from edge_agent.verdicts import DONE, LATER, PERSON, USAGE
from edge_agent.watching import Schedule, Table, Wants

assert sys.platform != "win32"  # noqa: S101 - as in monitor

ENDING_FOR: Final = 5.0  # how long a child may go on that is to end, before it is told, and after it was told
TELLING_FOR: Final = 5.0  # how long a line may take to get into the log
AGAIN_FOR: Final = 5.0  # until the next try where no child can be made
AT_ONCE: Final = 512  # announcements read in a row before signals and children get their turn
ASLEEP_FOR: Final = 2.0  # a difference of the clocks that can only be sleep

STANDING: Final = {
    DONE: "another run has seen to it",
    USAGE: "the settings have problems: see the log",
    LATER: "something is to be tried again later: see the log",
    PERSON: "a person is needed: see the log",
}


class Duties(NamedTuple):
    """What children do: answer an event, read the settings (an exit code and packed Wants), put a line into the log.

    `replaced` says whether the files of this program are no longer those it was started from, `again` starts it from the new ones.
    """

    look: Callable[[Event], Ended]
    read: Callable[[], tuple[int, str]]
    tell: Callable[[str, str], None]
    replaced: Callable[[], bool]
    again: Callable[[], None]


class Watch:
    """One resident watch: `run` returns when it is told to end."""

    def __init__(self, wants: Wants, duties: Duties, manager: Manager) -> None:
        self.wants, self.duties, self.manager = wants, duties, manager
        self.signals = monitor.Signals((SIGHUP, SIGUSR1, SIGTERM, SIGINT))
        self.table = Table(monitor.name_of)
        self.room = bytearray(monitor.LONGEST)
        self.news: _socket.socket | None = None
        self.lock: int | None = None
        self.child: Child | None = None
        self.reading = False  # what the child does: it reads the settings, or it looks
        self.reread = False  # the settings are to be read again
        self.ready = False  # the service manager knows that we are
        self.ending = False
        at = monitor.clock()
        self.schedule = Schedule(at)
        self.alive_at = at
        self.asleep_for = at - monitor.awake()

    def run(self) -> int:
        """Watch until told to end; return the exit code."""
        if not self._take_lock(self.wants.lock):
            self._tell("error", "another watch with the same settings is at work already")
            return LATER
        why = self._listen()
        if why:
            self._tell("warning", f"the kernel announces nothing here ({why}): looking every {self._every():g} seconds instead")
        while not self.ending or self.child:
            self._begin()
            self._hear(monitor.wait(self._descriptors(), self._next_at() - monitor.clock()))
            self._mind()
        if self.lock is not None:
            files.remove(self.wants.lock)
        return DONE

    def _take_lock(self, path: str) -> bool:
        """Hold the lock on `path` in the place of the one that is held; without a path all is well."""
        if not path:
            return True
        try:
            lock = files.hold(path)
        except OSError:  # nowhere to lock: each run says so
            return True
        if lock is None:
            return False
        if self.lock is not None:
            files.remove(self.wants.lock)
            os.close(self.lock)
        self.lock = lock
        return True

    def _every(self) -> float:
        return self.wants.every_for if self.news else min(self.wants.every_for, watching.POLL_FOR)

    # --- waiting -----------------------------------------------------------------------------------------------------

    def _descriptors(self) -> list[int]:
        found = [self.signals.pipe]
        found += [self.news.fileno()] if self.news else []
        return found + ([self.child.pipe] if self.child else [])

    def _next_at(self) -> float:
        """When something is to be done although nothing is heard."""
        own = self.child.end_at if self.child else self.schedule.due_at
        return min(own, self.alive_at) if self.manager.alive_for else own

    def _hear(self, spoken: frozenset[int]) -> None:
        if self.signals.pipe in spoken:
            self._obey(self.signals.read())
        if self.news and self.news.fileno() in spoken:
            self._read_news(self.news)
        if self.child and self.child.pipe in spoken:
            child, self.child = self.child, None
            self._ended(child)

    def _obey(self, numbers: frozenset[int]) -> None:
        at = monitor.clock()
        if numbers & {SIGTERM, SIGINT} and not self.ending:
            self.ending = True
            if self.child:
                self.child.end_at = min(self.child.end_at, at + ENDING_FOR)
            self.manager.say("STOPPING=1\nSTATUS=ending")
        if SIGHUP in numbers:
            self.reread, self.ready = True, False
            self.manager.say(f"RELOADING=1\nMONOTONIC_USEC={int(monitor.awake() * 1e6)}")
        if numbers & {SIGHUP, SIGUSR1}:
            self.schedule.ask(at)

    def _mind(self) -> None:
        """Do what the clock asks for: a sign of life, an end to a child that hangs, a look after sleep."""
        at = monitor.clock()
        if self.manager.alive_for and at >= self.alive_at:
            self.manager.say("WATCHDOG=1")
            self.alive_at = at + self.manager.alive_for
        if self.child and self.child.urge(at, ENDING_FOR) and not self.ending:
            self._tell("error", "a run did not end within its time: it is made to end")
        asleep = at - monitor.awake()
        if asleep > self.asleep_for + ASLEEP_FOR:
            self.schedule.hear(Event("kernel", "other"), at)
        self.asleep_for = asleep

    # --- the kernel --------------------------------------------------------------------------------------------------

    def _listen(self) -> str:
        """Open the socket for news; return why that is impossible, or the empty string."""
        try:
            self.news = monitor.listen(watching.GROUPS)
        except OSError as error:
            return error.strerror or type(error).__name__
        return ""

    def _read_news(self, news: _socket.socket) -> None:
        try:
            for _ in range(AT_ONCE):
                datagram = monitor.heard(news, self.room)
                if datagram is None:
                    return
                for event in self.table.read(datagram):
                    self.schedule.hear(event, monitor.clock())
        except OSError as error:  # something was not heard: look at the whole
            self.table.forget()
            self.schedule.hear(Event("kernel", "other"), monitor.clock())
            if error.errno != monitor.OVERFLOW:
                news.close()
                self.news = None

    # --- children ----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Begin what is due, one thing at a time."""
        at = monitor.clock()
        if self.child or self.ending or at < self.schedule.due_at:
            return
        if self.duties.replaced():
            self._tell("warning", "the program was replaced by another version: beginning anew with that one")
            self.duties.again()
        if self.news is None and not self._listen():  # it died, and can be had again
            self.table.forget()
        event = self.schedule.take()
        limit = 4 * self.wants.deadline_for + 2 * signals.GRACE_FOR  # its turn may come after those of others
        try:
            self.child = self._child(self.duties.read if self.reread else lambda: self._look(event), at + limit)
        except OSError:  # too many processes, no memory
            self.schedule.rest(AGAIN_FOR, None, at)
            return
        self.reading, self.reread = self.reread, False

    def _child(self, work: Work, end_at: float) -> Child:
        def begun() -> tuple[int, str]:
            signals.leave_on_terminate()
            return work()

        own = (self.lock, self.news.fileno() if self.news else None, *self.signals.descriptors)
        return Child(begun, [descriptor for descriptor in own if descriptor is not None], end_at)

    def _look(self, event: Event) -> tuple[int, str]:
        ended = self.duties.look(event)
        return ended.code, watching.packed((ended.due_for, ended.state))

    def _ended(self, child: Child) -> None:
        code, line = child.ended()
        if code < 0 and not child.urged:
            self._tell("error", f"a run was killed by signal {-code}")
        if self.reading:
            self._adopt(watching.unpacked(line))
            return
        due_for, state = watching.standing(line)
        self.schedule.rest(self._every(), due_for, monitor.clock())
        begin = "" if self.ready or self.reread else "READY=1\n"
        self.ready = self.ready or bool(begin)
        self.manager.say(f"{begin}STATUS={state or STANDING.get(code, 'a run failed: see the log')}")

    def _adopt(self, wants: Wants | None) -> None:
        """Go by settings that were read again; those that have problems were told of, and change nothing."""
        if wants is not None:
            if wants.lock != self.wants.lock and not self._take_lock(wants.lock):
                self._tell("warning", "another watch with these settings is at work, too")
                wants = wants._replace(lock=self.wants.lock)
            self.wants = wants
        self.schedule.ask(monitor.clock())

    def _tell(self, level: str, text: str) -> None:
        """Put a line into the log, by a child: it has to load what writes it."""

        def work() -> tuple[int, str]:
            self.duties.tell(level, text)
            return DONE, ""

        try:
            awaited(self._child(work, monitor.clock() + TELLING_FOR), TELLING_FOR)
        except OSError:
            return
