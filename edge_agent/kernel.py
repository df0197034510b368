"""The netlink socket: put a request to the kernel, collect its whole answer, never hang. What it means is in `rtnetlink`."""

import _socket
import errno
import time
from collections.abc import Callable
from typing import Final, TypeAlias

from edge_agent import netlink, rtnetlink

TRIES: Final = 5  # of a dump that the kernel's own changes keep interrupting
PATIENCE_FOR: Final = 2.0  # seconds; the kernel answers at once or never
WHOLE_FOR: Final = 10.0  # seconds for all of an answer: a full table is a million routes
PAGE: Final = 1 << 15
MANY: Final = 2000  # routes; beyond it only wide ones are kept, so that a full table (a million) costs time but no memory
LACKING: Final = frozenset({errno.EOPNOTSUPP, errno.EAFNOSUPPORT})

Opener: TypeAlias = Callable[[], _socket.socket]


def open_netlink() -> _socket.socket:
    """Return a netlink socket that waits PATIENCE_FOR seconds at most; OSError where the system has or allows none."""
    if not hasattr(_socket, "AF_NETLINK"):
        raise OSError(errno.EAFNOSUPPORT, "no netlink on this system")
    sock = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW, 0)
    try:
        sock.settimeout(PATIENCE_FOR)
        sock.bind((0, 0))
    except OSError:
        sock.close()
        raise
    return sock


class Kernel:
    """One netlink socket and what went wrong on it."""

    def __init__(self, sock: _socket.socket) -> None:
        self.sock = sock
        self.sequence = int(time.monotonic() * 1000) & 0xFFFFFF
        self.peek = bytearray(1)
        self.gaps: list[str] = []

    def next(self) -> int:
        """Return the number of the next request."""
        self.sequence += 1
        return self.sequence

    def dump(self, kind: int, family: int, what: str) -> list[bytes]:
        """Return the bodies of all rows of one kind and family; interrupted dumps are asked again.

        Empty where the kernel was built without the family or the kind; OSError where it refuses or does not answer.
        """
        for _ in range(TRIES):
            bodies, reply = self.ask(rtnetlink.dump(kind, family, self.next()), kind)
            if family and reply.error in LACKING:
                return []
            if reply.error:
                raise OSError(reply.error, f"{what} are refused, error {reply.error}")
            if not reply.interrupted:
                return bodies
        self.gaps.append(f"the {what} kept changing while they were read: some may be missing")
        return bodies

    def ask(self, request: bytes, kind: int = rtnetlink.ROUTES) -> tuple[list[bytes], netlink.Reply]:
        """Return the bodies of the answers of this kind and how the last datagram ended; OSError where none comes in time."""
        deadline_at = time.monotonic() + WHOLE_FOR
        bodies: list[bytes] = []
        interrupted = False
        self.sock.send(request)
        while time.monotonic() < deadline_at:
            length = self.sock.recv_into(self.peek, 0, _socket.MSG_PEEK | _socket.MSG_TRUNC)  # the whole length, nothing taken
            data, sender = self.sock.recvfrom(max(length, PAGE))
            if sender[0] != 0:  # another process, not the kernel
                continue
            reply = netlink.reply(data, self.sequence)
            interrupted = interrupted or reply.interrupted
            bodies += [body for own, body in reply.messages if own == kind and (len(bodies) < MANY or _is_kept(kind, body))]
            if reply.done:
                return bodies, reply._replace(messages=(), interrupted=interrupted)
        raise TimeoutError(errno.ETIMEDOUT, "no end of the answer")


def _is_kept(kind: int, body: bytes) -> bool:
    return kind != rtnetlink.ROUTES or not rtnetlink.is_narrow(body)
