"""A program whose lines are stamped with the instant at which they came. Standard library only: it runs inside the machine."""

import re
import signal
import subprocess
import threading
import time
from typing import NamedTuple


class Line(NamedTuple):
    """One line and the wall clock when it was read."""

    at: float
    text: str


class Missing(Exception):  # noqa: N818 - what was waited for did not come
    """What was waited for did not come in time."""


class Program:
    """A running program; its output (both streams) is read as it comes."""

    def __init__(self, *argv: str) -> None:
        self.name = argv[-1] if argv[0] == "ip" else argv[0]
        self.lines: list[Line] = []
        self._news = threading.Condition()
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for text in self.process.stdout:
            with self._news:
                self.lines.append(Line(time.time(), text.rstrip()))
                self._news.notify_all()

    def mark(self) -> int:
        """Return the place from which `wait` and `count` look for what comes from now on."""
        return len(self.lines)

    def found(self, pattern: str, since: int = 0) -> list[Line]:
        """Return the lines in which the pattern occurs."""
        return [line for line in self.lines[since:] if re.search(pattern, line.text)]

    def wait(self, pattern: str, since: int = 0, within: float = 20.0) -> Line:
        """Return the first such line; Missing, with the last lines, where none comes within so many seconds."""
        until = time.monotonic() + within
        with self._news:
            while not (found := self.found(pattern, since)):
                if not self._news.wait(until - time.monotonic()) and time.monotonic() >= until:
                    tail = "\n".join(f"{line.at:.2f} {line.text}" for line in self.lines[-12:])
                    raise Missing(f"{self.name}: no {pattern!r} within {within:.0f} s; it said:\n{tail}")
            return found[0]

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it and wait until it is gone."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(15)
