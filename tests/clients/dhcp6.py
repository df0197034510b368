"""A DHCPv6 server and a router that do as a test says (RFC 8415, RFC 4861): which addresses, which prefixes, how long."""

import contextlib
import socket
import struct
import threading
import time
from typing import Final, NamedTuple, Self

from tests.clients.box import inside

SOLICIT, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY, RELEASE = 1, 2, 3, 4, 5, 6, 7, 8
SERVER_ID: Final = struct.pack("!HH6s", 3, 1, bytes.fromhex("02000000aa01"))


class Heard(NamedTuple):
    """One message of the client's."""

    at: float
    kind: int


class Given(NamedTuple):
    """An address, or a prefix, and for how many seconds it is preferred and valid."""

    address: str
    preferred_for: int = 600
    valid_for: int = 1200


def option(number: int, value: bytes) -> bytes:
    return struct.pack("!HH", number, len(value)) + value


def options(data: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while at + 4 <= len(data):
        number, length = struct.unpack_from("!HH", data, at)
        found[number] = data[at + 4 : at + 4 + length]
        at += 4 + length
    return found


class _Loop:
    """A thread that reads one socket until it is left."""

    sock: socket.socket

    def _start(self) -> None:
        self._over = False
        self.sock.settimeout(0.2)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join(5)
        self.sock.close()

    def _serve(self) -> None:
        while not self._over:
            with contextlib.suppress(OSError):  # nothing came, or the cable is out
                self._take(*self.sock.recvfrom(2048))
            self._idle()

    def _take(self, data: bytes, peer: tuple[str, int]) -> None:
        raise AssertionError

    def _idle(self) -> None:
        """Do what is due whether or not something came."""


class Server6(_Loop):
    """Answers every request for an address with `given`, in that order, whatever was asked for."""

    def __init__(self, namespace: str, port: str, *given: Given) -> None:
        self.given = given
        self.renew_for = 300
        self.silent = False
        self.off_link = False  # whatever address the client still has from before, it belongs elsewhere
        self.heard: list[Heard] = []
        with inside(namespace):
            self.sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            index = socket.if_nametoindex(port)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, port.encode())
        group = socket.inet_pton(socket.AF_INET6, "ff02::1:2") + struct.pack("@I", index)
        self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        self.sock.bind(("::", 547))
        self._start()

    def count(self, kind: int) -> int:
        """Return how many messages of a kind have come."""
        return sum(heard.kind == kind for heard in self.heard)

    def _take(self, data: bytes, peer: tuple[str, int]) -> None:
        kind, said = data[0], options(data[4:])
        self.heard.append(Heard(time.monotonic(), kind))
        if self.silent or kind not in {SOLICIT, REQUEST, CONFIRM, RENEW, REBIND, RELEASE}:
            return
        body = option(1, said[1]) + option(2, SERVER_ID)
        if kind in {CONFIRM, RELEASE}:  # NotOnLink: begin anew
            body += option(13, struct.pack("!H", 4 if self.off_link and kind == CONFIRM else 0))
        elif 3 in said:
            body += option(3, said[3][:4] + struct.pack("!II", self.renew_for, self.renew_for * 2) + self._addresses())
        reply = ADVERTISE if kind == SOLICIT else REPLY
        self.sock.sendto(bytes([reply]) + data[1:4] + body, peer)

    def _addresses(self) -> bytes:
        return b"".join(
            option(5, socket.inet_pton(socket.AF_INET6, each.address) + struct.pack("!II", each.preferred_for, each.valid_for))
            for each in self.given
        )


class Router6(_Loop):
    """Advertises itself as the default router and `prefixes` for SLAAC, when asked and every so many seconds."""

    def __init__(self, namespace: str, port: str, *prefixes: Given, managed: bool = False, every_for: float = 3.0) -> None:
        self.prefixes = prefixes
        self.managed = managed
        self.every_for = every_for
        self.silent = False
        self.sent = 0
        self._mac = bytes(6)
        with inside(namespace):
            self.sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
            index = socket.if_nametoindex(port)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, port.encode())
        self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        group = socket.inet_pton(socket.AF_INET6, "ff02::2") + struct.pack("@I", index)
        self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        self._due_at = 0.0
        self._start()

    def advertise(self) -> None:
        """Send one advertisement now."""
        flags = 0x80 if self.managed else 0
        body = struct.pack("!BBHBBHII", 134, 0, 0, 64, flags, 1800, 0, 0)
        for each in self.prefixes:  # on-link, autonomous
            prefix = socket.inet_pton(socket.AF_INET6, each.address)
            body += struct.pack("!BBBBIII16s", 3, 4, 64, 0xC0, each.valid_for, each.preferred_for, 0, prefix)
        with contextlib.suppress(OSError):  # the cable is out
            self.sock.sendto(body, ("ff02::1", 0))
            self.sent += 1
        self._due_at = time.monotonic() + self.every_for

    def _take(self, data: bytes, peer: tuple[str, int]) -> None:
        if data[0] == 133 and not self.silent:
            self.advertise()

    def _idle(self) -> None:
        if time.monotonic() >= self._due_at and not self.silent:
            self.advertise()
