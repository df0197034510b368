"""Tie a socket to one uplink, by device and by source. Fails closed: an error here is never answered by another uplink."""

import _socket
from typing import Final, NamedTuple

from edge_agent import inet

SO_BINDTODEVICE: Final = getattr(_socket, "SO_BINDTODEVICE", 25)
SO_MARK: Final = 36  # Linux, asm-generic/socket.h


class Uplink(NamedTuple):
    """What a socket is tied to. Empty fields are not tied."""

    interface: str | None = None
    source: str | None = None
    mark: int = 0


class BindingError(OSError):
    """The binding could not be had; the message says which and why."""


def bind(sock: _socket.socket, uplink: Uplink) -> None:
    """Tie `sock` to `uplink`; raise BindingError where the system refuses any part of it.

    SO_BINDTODEVICE needs no privilege from Linux 5.7 on; a mark needs CAP_NET_ADMIN.
    """
    try:
        if uplink.mark:
            part = f"mark {uplink.mark}"
            sock.setsockopt(_socket.SOL_SOCKET, SO_MARK, uplink.mark)
        if uplink.interface:
            part = f"interface {uplink.interface}"
            sock.setsockopt(_socket.SOL_SOCKET, SO_BINDTODEVICE, uplink.interface.encode() + b"\0")
        if uplink.source and inet.family_of(uplink.source) == {_socket.AF_INET: 4, _socket.AF_INET6: 6}.get(sock.family):
            part = f"source {uplink.source}"
            sock.bind((uplink.source, 0))
    except OSError as error:
        raise BindingError(f"cannot bind to {part}: {error.strerror}") from error
