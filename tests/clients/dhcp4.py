"""A DHCPv4 server that does as a test says: which address, for how long, no, or nothing at all (RFC 2131, RFC 2132)."""

import socket
import struct
import threading
import time
from typing import Final, NamedTuple, Self

from tests.clients.box import inside

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = 1, 2, 3, 4, 5, 6, 7
COOKIE: Final = b"\x63\x82\x53\x63"
HEAD: Final = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s")


class Heard(NamedTuple):
    """One message of the client's: kind, the address it has, the address it asks for."""

    at: float
    kind: int
    has: str
    asks: str


def options(data: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while at < len(data) and data[at] != 255:
        if data[at]:
            found[data[at]] = data[at + 2 : at + 2 + data[at + 1]]
            at += 1 + data[at + 1]
        at += 1
    return found


class Server4:
    """Serves one client. `address` is what it is given or confirmed, whatever it asked for; a change takes effect at once."""

    def __init__(self, namespace: str, port: str, router: str = "45.83.1.1") -> None:
        self.router = router
        self.address = "45.83.1.50"
        self.lease_for = 600
        self.renew_for = 300
        self.silent = False
        self.refuse = False  # the next request; then all is well again
        self.heard: list[Heard] = []
        self._over = False
        with inside(namespace):
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, port.encode())
        self._socket.bind(("", 67))
        self._socket.settimeout(0.2)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join(5)
        self._socket.close()

    def count(self, kind: int) -> int:
        """Return how many messages of a kind have come."""
        return sum(heard.kind == kind for heard in self.heard)

    def _serve(self) -> None:
        while not self._over:
            try:
                data = self._socket.recv(2048)
            except TimeoutError:
                continue
            if len(data) > HEAD.size + 4 and data[0] == 1 and data[HEAD.size : HEAD.size + 4] == COOKIE:
                self._answer(data)

    def _answer(self, data: bytes) -> None:
        head = HEAD.unpack_from(data)
        said = options(data[HEAD.size + 4 :])
        kind = said[53][0]
        has = socket.inet_ntoa(head[7])
        self.heard.append(Heard(time.monotonic(), kind, has, socket.inet_ntoa(said.get(50, bytes(4)))))
        if self.silent or kind not in (DISCOVER, REQUEST):
            return
        reply = OFFER if kind == DISCOVER else NAK if self.refuse else ACK
        if kind == REQUEST:
            self.refuse = False
        to = "255.255.255.255" if has == "0.0.0.0" or reply == NAK else has
        try:
            self._socket.sendto(self._message(reply, head), (to, 68))
        except OSError:  # the cable is out
            return

    def _message(self, kind: int, head: tuple[bytes, ...]) -> bytes:
        given = bytes(4) if kind == NAK else socket.inet_aton(self.address)
        more = {53: bytes([kind]), 54: socket.inet_aton(self.router)}
        if kind != NAK:
            times = {51: self.lease_for, 58: self.renew_for, 59: (self.renew_for + self.lease_for) // 2}
            more |= {option: struct.pack("!I", seconds) for option, seconds in times.items()}
            more |= {1: socket.inet_aton("255.255.255.0"), 3: socket.inet_aton(self.router), 6: socket.inet_aton(self.router)}
        there = HEAD.pack(2, 1, 6, 0, head[4], 0, 0x8000, head[7], given, bytes(4), bytes(4), head[11], b"", b"")
        tail = b"".join(bytes([option, len(value)]) + value for option, value in more.items())
        return (there + COOKIE + tail + b"\xff").ljust(300, b"\0")
