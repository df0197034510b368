"""What a resident process has to do with the system: kernel news, signals, clocks, the service manager. It decides nothing."""

import _signal  # type: ignore[import-not-found] # typeshed lacks it; `signal` would load enum
import _socket
import errno
import os
import select
import struct
import sys
import time
from collections.abc import Iterable
from typing import Final, NamedTuple

from edge_agent import rtnetlink

assert sys.platform != "win32"  # noqa: S101 - there is neither fork nor netlink; tells mypy, too

SIGHUP: Final[int] = _signal.SIGHUP
SIGINT: Final[int] = _signal.SIGINT
SIGTERM: Final[int] = _signal.SIGTERM
SIGUSR1: Final[int] = _signal.SIGUSR1

LONGEST: Final = 1 << 15  # octets of one announcement: a link with many virtual functions is large
OVERFLOW: Final = errno.ENOBUFS  # how `heard` says that something was lost

_ATTACH_FILTER: Final = 26  # SO_ATTACH_FILTER of asm-generic/socket.h; where it is another number, the kernel refuses it
_HOME: Final = 17  # where the length of a route's destination stands


def clock() -> float:
    """Return seconds since the machine started, those it slept included where the system counts them."""
    kind = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if kind is None else time.clock_gettime(kind)


def awake() -> float:
    """Return seconds of the clock that stands still while the machine sleeps."""
    return time.monotonic()


# --- the kernel's announcements --------------------------------------------------------------------------------------


def listen(groups: int) -> _socket.socket:
    """Return a socket on which the kernel announces changes of these groups; OSError where the system has or allows none."""
    if not hasattr(_socket, "AF_NETLINK"):
        raise OSError(errno.EAFNOSUPPORT, "no netlink on this system")
    sock = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW, 0)
    try:
        _leave_out_narrow_routes(sock)
        sock.setblocking(False)  # noqa: FBT003 - the socket's own signature
        sock.bind((0, groups))
    except OSError:
        sock.close()
        raise
    return sock


def _leave_out_narrow_routes(sock: _socket.socket) -> None:
    """Let the kernel keep routes to small parts of the net to itself: a router with a full table is not woken for each.

    A classic BPF program (linux/filter.h), which reads numbers in network order, netlink's are in the machine's own. Without
    it all is as right, only more often awake.
    """
    new, gone = (int.from_bytes(struct.pack("=H", rtnetlink.ROUTES + own), "big") for own in (0, 1))
    program = (
        (0x28, 0, 0, 4),  # load the kind of the message
        (0x15, 1, 0, new),  # RTM_NEWROUTE: read its length
        (0x15, 0, 2, gone),  # RTM_DELROUTE, too; all else: take it
        (0x30, 0, 0, _HOME),  # load the length of the destination
        (0x25, 1, 0, rtnetlink.WIDE),  # longer: leave it out
        (0x06, 0, 0, 0xFFFFFFFF),
        (0x06, 0, 0, 0),
    )
    try:
        from array import array

        code = array("B", b"".join(struct.pack("=HBBI", *line) for line in program))
        sock.setsockopt(_socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("@HP", len(program), code.buffer_info()[0]))
    except (ImportError, OSError):
        return


def heard(sock: _socket.socket, room: bytearray) -> bytes | None:
    """Return the next announcement, None where there is none now; OSError (ENOBUFS) where one was lost."""
    try:
        size, _, flags, sender = sock.recvmsg_into([room])
    except BlockingIOError:
        return None
    if flags & _socket.MSG_TRUNC:
        raise OSError(OVERFLOW, "an announcement is longer than any that is known")
    return bytes(memoryview(room)[:size]) if sender[0] == 0 else b""  # only the kernel is believed


def name_of(ifindex: int) -> str | None:
    """Return the name of an interface, None where it is gone."""
    try:
        return _socket.if_indextoname(ifindex)
    except OSError:
        return None


def stamp(path: str) -> tuple[int, int, int] | None:
    """Return what changes when a file is replaced, None where it is not there."""
    try:
        info = os.stat(path)  # noqa: PTH116 - pathlib costs more memory than all of this
    except OSError:
        return None
    return info.st_ino, info.st_mtime_ns, info.st_size


# --- signals and waiting ---------------------------------------------------------------------------------------------


class Signals:
    """Signals as something to wait for: each puts its number into a pipe."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.pipe, self._end = os.pipe()
        os.set_blocking(self.pipe, False)
        os.set_blocking(self._end, False)
        _signal.set_wakeup_fd(self._end, warn_on_full_buffer=False)
        for number in numbers:
            _signal.signal(number, _note)
        self.descriptors = (self.pipe, self._end)

    def read(self) -> frozenset[int]:
        """Return the signals that came since the last time."""
        try:
            return frozenset(os.read(self.pipe, 512))
        except BlockingIOError:
            return frozenset()


def _note(*_: object) -> None:
    """Do nothing: the number is in the pipe already."""


def ignore(numbers: Iterable[int]) -> None:
    """Pay no heed to these signals from now on."""
    for number in numbers:
        _signal.signal(number, _signal.SIG_IGN)


def wait(descriptors: Iterable[int], for_: float) -> frozenset[int]:
    """Return those of the descriptors that have something to read; none after `for_` seconds. It sleeps without a stir."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return frozenset(descriptor for descriptor, _ in poll.poll(max(0, min(int(for_ * 1000) + 1, 1 << 30))))


# --- the service manager ---------------------------------------------------------------------------------------------


class Manager(NamedTuple):
    """The service manager, if there is one: where to tell it things, and how often it wants a sign of life (0: never)."""

    address: str = ""
    alive_for: float = 0.0

    def say(self, text: str) -> None:
        """Tell it something (sd_notify(3)); without an address, or where nobody listens, nothing happens."""
        if not self.address:
            return
        sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)  # noqa: FBT003 - as above
            sock.sendto(
                text.encode("utf-8", "replace"), self.address.replace("@", "\0", 1) if self.address[0] == "@" else self.address
            )
        except OSError:
            return
        finally:
            sock.close()
