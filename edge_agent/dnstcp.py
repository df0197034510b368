"""DNS messages over TCP, tied to one uplink, within their time: what `transport` is for HTTP. It loads neither TLS nor HTTP.

A Request's address is `dns://host:port`, its body a message; so is the Answer's. What they say is nobody's concern here.
"""

import _socket
from typing import Final

from edge_agent import answers, binding, dial, urls
from edge_agent.wire import Answer, Failure, Request

HEAD: Final = 2  # octets that say how long a message is (RFC 1035, section 4.2.2)


class ClosedError(OSError):
    """The server has hung up; the message says when."""


class DnsTcp:
    """Sends messages one after another (not for several threads at once) and keeps the connection for the next."""

    def __init__(self, uplink: binding.Uplink | None = None, deadline_at: float = float("inf")) -> None:
        self._uplink = uplink
        self._line = dial.Line(deadline_at)
        self._kept: tuple[tuple[str, int, int], _socket.socket] | None = None

    def close(self) -> None:
        """Hang up; a later request connects anew."""
        if self._kept:
            self._kept[1].close()
        self._kept = None

    def send(self, request: Request) -> Answer | Failure:
        """Return the answer to `request`, or how it failed: `unreachable` where nothing left, else `unconfirmed`."""
        named = answers.named(request.url)
        try:
            self._line.begin()
            sock = self._connected(request)
            self._line.give(dial.READ_FOR)
            self._line.limit.left()
        except (OSError, ValueError) as error:
            return Failure("unreachable", _unconnected(error, named))
        try:
            sock.sendall(len(request.body).to_bytes(HEAD, "big") + request.body)
            return Answer(200, {}, _message(sock))
        except OSError as error:
            self.close()
            return Failure("unconfirmed", f"{named}: {_broken(error)}")

    def _connected(self, request: Request) -> _socket.socket:
        """Return a connection to the server: the last one, unless it is another's or has been closed meanwhile."""
        host, port = answers.place(request.url)
        if not request.url.lower().startswith("dns://") or not host:
            raise dial.DialError("the server's address does not begin with dns:// and a host")
        key = (host, port, request.family)
        if self._kept and (self._kept[0] != key or _is_over(self._kept[1])):
            self.close()
        if not self._kept:
            self._kept = key, dial.connect(host, port, dial.Way(self._uplink, request.family), self._line.limit)
        return self._kept[1]


def _is_over(sock: _socket.socket) -> bool:
    """Say whether the server has hung up, or said something that nobody asked for: neither is a connection to use again."""
    import select

    return bool(select.select([sock], [], [], 0)[0])


def _message(sock: _socket.socket) -> bytes:
    return _octets(sock, int.from_bytes(_octets(sock, HEAD, "the connection was closed without an answer"), "big"))


def _octets(sock: _socket.socket, length: int, early: str = "the answer was cut off") -> bytes:
    """Return so many octets; ClosedError where fewer come."""
    octets = b""
    while len(octets) < length:
        part = sock.recv(length - len(octets))
        if not part:
            raise ClosedError("the answer was cut off" if octets else early)
        octets += part
    return octets


def _unconnected(error: Exception, named: str) -> str:
    if isinstance(error, (dial.DialError, binding.BindingError)):
        return str(error)
    if isinstance(error, TimeoutError):
        return f"{named} was not asked: this run's time is over"
    if isinstance(error, OSError):
        return f"{named}: {dial.words(error)}"
    return f"the address of {urls.host_of(named) or 'the server'} has a port that is none"


def _broken(error: OSError) -> str:
    if isinstance(error, ClosedError):
        return str(error)
    if isinstance(error, TimeoutError):
        return "no whole answer in time; the request may have been carried out"
    return dial.words(error)
