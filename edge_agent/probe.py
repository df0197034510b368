"""Does the next hop answer? One question per uplink, all at once, each bound to its own device: never another uplink's answer.

The certain answers are an ICMP echo reply, and the kernel's neighbour table once it has asked the next hop on our behalf. An
old neighbour entry is not believed: the kernel keeps one for minutes after a next hop has died.
"""

import _socket
import os
import select
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from edge_agent import binding, inet
from edge_agent.model import Finding, Neighbour, Probe

YES: Final = Finding("yes")
ALIVE: Final = frozenset({"reachable", "permanent", "noarp"})
OLD: Final = frozenset({"stale", "delay", "probe"})  # it did answer once
FIRST_LOOK_FOR: Final = 0.02  # seconds until the neighbour table is read for the first time, then at doubling intervals
LONGEST_LOOK_FOR: Final = 0.25
DISCARD: Final = 9  # UDP port, RFC 863

Hop: TypeAlias = tuple[int, str]
Neighbours: TypeAlias = Callable[[Mapping[Hop, str]], tuple[Neighbour, ...]]


def gateways(probes: Iterable[Probe], neighbours: Neighbours, timeout_for: float) -> dict[Probe, Finding]:
    """Return whether each probe's next hop answers, within `timeout_for` seconds and as soon as all is certain.

    `neighbours` reads the neighbour table, having put the given entries into the given state (`machine.neighbours`).
    no: the kernel asked for the next hop and nobody answered. unknown: it could not be asked, or not in time to be certain.
    """
    asks = [_Ask(probe) for probe in dict.fromkeys(probes)]
    try:
        for ask in asks:
            ask.send()
        now = time.monotonic()
        _wait(asks, neighbours, now + timeout_for, now + timeout_for / 2)
        return {ask.probe: ask.finding or ask.verdict() for ask in asks}
    finally:
        for ask in asks:
            ask.close()


class _Ask:
    """One probe on its way."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.hop: Hop = (probe.ifindex, probe.next_hop or "")
        self.family = inet.family_of(self.hop[1])
        self.token = os.urandom(16)
        self.sock: _socket.socket | None = None
        self.kind = 0
        self.state: str | None = None
        self.finding = None if self.family else Finding("unknown", None, "not_probed", "this uplink has no next hop to ask")

    def send(self) -> None:
        """Ask by the best means that is allowed here: raw ICMP, an unprivileged ping, any UDP packet at all."""
        if self.finding:
            return
        for kind in (_socket.SOCK_RAW, _socket.SOCK_DGRAM, 0):
            try:
                self._open(kind)
                self._transmit()
            except OSError as error:
                self.finding = self._unknown(str(error) if isinstance(error, binding.BindingError) else f"cannot send: {error}")
                self.close()
                if isinstance(error, binding.BindingError):
                    return
            else:
                self.finding = None
                return

    def again(self) -> None:
        """Send once more."""
        try:
            self._transmit()
        except OSError as error:
            self.finding = self._unknown(f"cannot send: {error}")

    def _open(self, kind: int) -> None:
        domain = _socket.AF_INET if self.family == 4 else _socket.AF_INET6
        icmp = _socket.IPPROTO_ICMP if self.family == 4 else _socket.IPPROTO_ICMPV6
        self.kind = kind
        self.sock = _socket.socket(domain, kind or _socket.SOCK_DGRAM, icmp if kind else 0)
        self.sock.settimeout(0)
        binding.bind(self.sock, binding.Uplink(self.probe.interface, self.probe.source, self.probe.mark, self.probe.routed))

    def _transmit(self) -> None:
        if self.sock is None:
            return
        port = 0 if self.kind else DISCARD
        data = _echo_request(self.family, self.token) if self.kind else b""
        where = (self.hop[1], port) if self.family == 4 else (self.hop[1], port, 0, self._zone())
        self.sock.sendto(data, where)

    def _zone(self) -> int:
        return self.probe.ifindex if inet.scope(self.hop[1]) == "link_local" else 0

    def receive(self) -> None:
        """Read what came; nothing but the reply to our own request counts."""
        while self.sock is not None and not self.finding:
            try:
                data = self.sock.recv(2048)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error about our packet; the neighbour table will tell
                return
            header = (data[0] & 15) * 4 if data and self.family == 4 and self.kind == _socket.SOCK_RAW else 0
            if data[header : header + 1] == (b"\0" if self.family == 4 else b"\x81") and data[header + 8 :] == self.token:
                self.finding = YES

    def judge(self, state: str | None) -> None:
        """Take note of the neighbour entry; decide where it is certain."""
        if state in ALIVE:
            self.finding = YES
        elif state == "failed" and self.state == "incomplete":
            self.finding = self._no()
        elif state == "failed":  # from before: the next packet makes the kernel ask anew
            self.again()
        self.state = state

    def verdict(self) -> Finding:
        """Return what is known when the time is up."""
        if self.state in {"incomplete", "failed"}:
            return self._no()
        if self.state in OLD:
            return self._unknown(f"{self.hop[1]} answered once, but not now; whether it is gone is not certain")
        return self._unknown(f"{self.hop[1]} does not answer, and the kernel does not say why")

    def _no(self) -> Finding:
        return Finding("no", None, "unreachable", f"{self.hop[1]} on {self.probe.interface} does not answer")

    def _unknown(self, why: str) -> Finding:
        return Finding("unknown", None, "not_probed", f"{self.probe.interface}: {why}")

    def close(self) -> None:
        if self.sock is not None:
            self.sock.close()
            self.sock = None


def _echo_request(family: int, token: bytes) -> bytes:
    """Return an echo request (RFC 792, RFC 4443 section 4.1). The kernel fills in ICMPv6's checksum, and a ping socket's."""
    data = bytes((8 if family == 4 else 128, 0, 0, 0, 0, 0, 0, 1)) + token
    total = sum(int.from_bytes(data[place : place + 2], "big") for place in range(0, len(data), 2))
    total = (total & 0xFFFF) + (total >> 16)
    total = ~(total + (total >> 16)) & 0xFFFF
    return data[:2] + total.to_bytes(2, "big") + data[4:]


def _wait(asks: list[_Ask], neighbours: Neighbours, deadline_at: float, forget_at: float) -> None:
    """Collect answers until all are certain or the time is up.

    An old entry is put to the test: at first so that traffic goes on, and from `forget_at` on by forgetting it, since a new
    router may have the old one's address.
    """
    interval_for = FIRST_LOOK_FOR
    look_at = time.monotonic() + interval_for
    tested: set[tuple[Hop, str]] = set()
    while running := [ask for ask in asks if not ask.finding]:
        now = time.monotonic()
        if now >= look_at or now >= deadline_at:
            _look(running, neighbours, tested, "failed" if now >= forget_at else "probe")
            interval_for = min(interval_for * 2, LONGEST_LOOK_FOR)
            look_at = now + interval_for
        if now >= deadline_at:
            return
        sockets = {ask.sock.fileno(): ask for ask in running if ask.sock}
        ready, _, _ = select.select(list(sockets), [], [], max(0.0, min(look_at, deadline_at) - now))
        for number in ready:
            sockets[number].receive()


def _look(asks: list[_Ask], neighbours: Neighbours, tested: set[tuple[Hop, str]], how: str) -> None:
    """Read the neighbour table, and put those that are no proof of life to the test, each once in each way."""
    table = {(row.ifindex, row.address): row.state for row in neighbours({})}
    for ask in asks:
        ask.judge(table.get(ask.hop))
    doubtful = {ask.hop: how for ask in asks if not ask.finding and ask.state in OLD and (ask.hop, how) not in tested}
    if not doubtful:
        return
    tested |= set(doubtful.items())
    neighbours(doubtful)
    for ask in asks:
        if how == "failed" and ask.hop in doubtful and not ask.finding:
            ask.again()
