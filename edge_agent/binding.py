"""Tie a socket to one uplink, by device and by source. Fails closed: an error here is never answered by another uplink."""

import _socket
import errno
import sys
from typing import Final, NamedTuple

from edge_agent import inet

SO_MARK: Final = 36  # Linux, asm-generic/socket.h
BOUND_IF: Final = {_socket.AF_INET: (_socket.IPPROTO_IP, 25), _socket.AF_INET6: (_socket.IPPROTO_IPV6, 125)}  # Darwin, netinet/in.h


class Uplink(NamedTuple):
    """What a socket is tied to. Empty fields are not tied."""

    interface: str | None = None
    source: str | None = None
    mark: int = 0
    routed: bool = False  # the kernel was asked: this source leaves by this interface anyway


class BindingError(OSError):
    """The binding could not be had; the message says which and why."""


def bind(sock: _socket.socket, uplink: Uplink) -> None:
    """Tie `sock` to `uplink`; raise BindingError where the system refuses any part of it.

    SO_BINDTODEVICE needs no privilege from Linux 5.7 on; before that, the source will do for those who are not root where the
    kernel's own look-up says that it leaves by this interface. A mark needs CAP_NET_ADMIN. Windows sends from the interface with
    the source address (its strong host model), so the source is enough there. Systems that offer nothing of the kind refuse.
    """
    try:
        if uplink.mark:
            part = f"mark {uplink.mark}"
            sock.setsockopt(_socket.SOL_SOCKET, SO_MARK, uplink.mark)
        if uplink.interface:
            part = f"interface {uplink.interface}"
            _to_device(sock, uplink.interface, uplink)
        if uplink.source and inet.family_of(uplink.source) == {_socket.AF_INET: 4, _socket.AF_INET6: 6}.get(sock.family):
            part = f"source {uplink.source}"
            sock.bind((uplink.source, 0))
    except OSError as error:
        raise BindingError(f"cannot bind to {part}: {error.strerror}") from error


def _to_device(sock: _socket.socket, interface: str, uplink: Uplink) -> None:
    if hasattr(_socket, "SO_BINDTODEVICE"):
        try:
            sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_BINDTODEVICE, interface.encode() + b"\0")
        except PermissionError:  # an old kernel, and not root
            if not (uplink.source and uplink.routed):
                raise
    elif sys.platform == "darwin":
        level, option = BOUND_IF[sock.family]
        sock.setsockopt(level, option, _socket.if_nametoindex(interface))
    elif sys.platform != "win32" or not uplink.source:
        raise OSError(errno.ENOSYS, "this system cannot tie a socket to an interface")
