"""What address does the outside see? HTTP echo services, asked through one uplink, and the user's own command.

An answer counts only for the uplink it came through. An error is never "no address": it leaves things unknown.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final, NamedTuple

from edge_agent import answers, binding
from edge_agent.environs import for_children
from edge_agent.model import Finding, Probe
from edge_agent.transport import Transport
from edge_agent.wire import Failure, Request

LONGEST: Final = 1024  # octets that a command may print
GRACE_FOR: Final = 0.3  # seconds beyond its time in which a request that has just given up is still heard


class Word(NamedTuple):
    """What one source said, or why it said nothing. `silent`: nobody was there at all."""

    said: str
    address: str | None = None
    silent: bool = False


def through(probe: Probe) -> binding.Uplink:
    """Return what a question of this probe is tied to."""
    return binding.Uplink(probe.interface or None, probe.source, probe.mark, probe.routed)


def ask(probes: Iterable[Probe], transport_for: Callable[[Probe, float], Transport], timeout_for: float) -> dict[Probe, Finding]:
    """Return a finding for every probe of the kinds echo, outside and command, within `timeout_for` seconds.

    `transport_for(probe, deadline_at)` gives a fresh Transport tied to `through(probe)` for each source that is asked. As many
    sources are asked at first as must agree; the others only when one of them fails or dawdles.
    """
    from queue import Empty, SimpleQueue

    begun_at = time.monotonic()
    mail: SimpleQueue[tuple[_Poll, Word]] = SimpleQueue()
    polls = [_Poll(probe, transport_for, begun_at + timeout_for, mail) for probe in dict.fromkeys(probes)]
    for poll in polls:
        poll.begin()
    end_at, hurry_at = begun_at + timeout_for + GRACE_FOR, begun_at + timeout_for / 3
    while not all(poll.finding for poll in polls) and time.monotonic() < end_at:
        wait_for = (hurry_at if time.monotonic() < hurry_at else end_at) - time.monotonic()
        try:
            poll, word = mail.get(timeout=max(wait_for, 0.001))
        except Empty:
            for poll in polls:
                poll.ask_more(len(poll.pending))
        else:
            poll.hear(word)
    return {poll.probe: poll.finding or poll.verdict() for poll in polls}


class _Poll:
    """One probe: the sources asked, those still to ask, and what was said."""

    def __init__(self, probe: Probe, transport_for: Callable[[Probe, float], Transport], end_at: float, mail: Any) -> None:
        self.probe = probe
        self.transport_for = transport_for
        self.end_at = end_at
        self.mail = mail
        self.pending = list(dict.fromkeys(target for target in probe.targets if target))
        self.running = 0
        self.words: list[Word] = []
        self.finding: Finding | None = None
        self.quorum = 1 if probe.kind != "echo" else max(1, min(probe.quorum, len(self.pending)))

    def begin(self) -> None:
        """Ask the first sources, unless there is none or the uplink cannot be had."""
        trouble = "nobody to ask is set" if not self.pending else None if self.probe.kind == "command" else _unbound(self.probe)
        if trouble:
            self.finding = Finding("unknown", None, "not_probed", trouble)
            return
        self.ask_more(self.quorum)

    def ask_more(self, count: int) -> None:
        from threading import Thread

        for target in self.pending[:count]:
            self.running += 1
            Thread(target=self._work, args=(target,), daemon=True).start()
        del self.pending[:count]

    def _work(self, target: str) -> None:
        word = Word("the question could not be asked")
        try:
            if self.probe.kind == "command":
                word = _command(target, self.probe.family, self.end_at)
            else:
                word = _echo(target, self.probe.family, self.transport_for(self.probe, self.end_at))
        finally:
            self.mail.put((self, word))

    def hear(self, word: Word) -> None:
        """Take in what a source said, and ask another where that leaves too few."""
        self.running -= 1
        self.words.append(word)
        agreed = self._agreement()
        if agreed[1] >= self.quorum:
            self.finding = Finding("yes", agreed[0], None, self._said())
            return
        self.ask_more(max(0, self.quorum - agreed[1] - self.running))
        if not self.running and not self.pending:
            self.finding = self.verdict()

    def _agreement(self) -> tuple[str | None, int]:
        """Return the address most often said, and how often."""
        said = [word.address for word in self.words if word.address]
        return max(((address, said.count(address)) for address in said), key=lambda pair: pair[1], default=(None, 0))

    def verdict(self) -> Finding:
        """Return what to make of sources that did not agree: silence everywhere is a dead uplink, all else is not known."""
        if self.probe.kind == "outside" and self.words and all(word.silent for word in self.words):
            return Finding("no", None, "unreachable", self._said())
        said = {word.address for word in self.words if word.address}
        return Finding("unknown", None, "disagree" if len(said) > 1 else "no_answer", self._said())

    def _said(self) -> str:
        return "; ".join([word.said for word in self.words] + ["no answer in time"] * bool(self.running))


def _unbound(probe: Probe) -> str | None:
    """Return why a socket cannot be tied to the probe's uplink, or None where it can."""
    import _socket

    with_family = _socket.AF_INET if probe.family == 4 else _socket.AF_INET6
    try:
        sock = _socket.socket(with_family, _socket.SOCK_STREAM)
    except OSError as error:
        return f"there is no IPv{probe.family} here: {error.strerror}"
    try:
        binding.bind(sock, through(probe))
    except binding.BindingError as error:
        return str(error)
    finally:
        sock.close()
    return None


def _echo(url: str, family: int, transport: Transport) -> Word:
    """Ask one service what it sees us by. Never through a proxy: it would see the proxy."""
    name = answers.named(url)
    try:
        received = transport.send(Request("GET", url, family=family, redirects=1, direct=True))
        if isinstance(received, Failure):
            return Word(received.detail, silent=transport.unanswered)
        if received.status != 200:
            return Word(f"{name}: status {received.status}")
        found = answers.seen_address(received.text, family)
    except answers.UnfitError as error:
        return Word(f"{name} {error}")
    finally:
        transport.close()
    return Word(f"{name} says {found}", found)


# --- the user's command ----------------------------------------------------------------------------------------------


def _command(line: str, family: int, end_at: float) -> Word:
    import subprocess
    from threading import Thread

    try:
        child = subprocess.Popen(  # noqa: S602 - a command line of the user's own settings, as cron would run it
            line, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=for_children() | {"EDGE_AGENT_FAMILY": str(family)}, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return Word(f"the command cannot be started: {error.strerror}")
    printed: list[bytes] = []
    reader = Thread(target=lambda: printed.append(child.stdout.read(LONGEST + 1) if child.stdout else b""), daemon=True)
    reader.start()
    reader.join(max(0.0, end_at - time.monotonic()))
    status = None
    if printed and len(printed[0]) <= LONGEST:
        with suppress(subprocess.TimeoutExpired):
            status = child.wait(max(0.0, end_at - time.monotonic()))
    if status is None:
        _end(child)
    reader.join(1)
    if child.stdout and not reader.is_alive():
        child.stdout.close()
    return _printed(printed[0] if printed else b"", status, family)


def _end(child: Any) -> None:
    """Kill a command that has not been waited for (so its number is still its own), and whatever it started."""
    import signal

    with suppress(OSError):  # it has ended
        if sys.platform == "win32":
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _printed(octets: bytes, status: int | None, family: int) -> Word:
    if len(octets) > LONGEST:
        return Word("the command prints too much")
    if status is None:
        return Word("the command did not end in time")
    if status:
        return Word(f"the command failed with exit status {status}")
    try:
        found = answers.address(octets.decode("utf-8", "replace"), family)
    except answers.UnfitError as error:
        return Word(f"the command {error}")
    return Word(f"the command says {found}", found)
