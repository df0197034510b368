"""A connected TCP socket, or the reason why not: names, families, the tie to an uplink, and an end in time. No HTTP, no TLS.

The tie fails closed: what cannot be reached over the wanted uplink is not tried over another.
"""

import _socket
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from edge_agent import binding, inet

CONNECT_FOR: Final = 10.0  # name, connection, proxy and TLS handshake together
READ_FOR: Final = 15.0  # from the first octet sent to the last received
LOOPBACK: Final = {"localhost": ("127.0.0.1", "::1")}  # never asked of a resolver (RFC 6761, section 6.3)


class DialError(OSError):
    """No connection; the message is for people."""


class UnreachedError(DialError):
    """Nobody answered at any of the host's addresses."""


class Limit:
    """The instant (monotonic) at which a piece of work ends, whatever it waits for. It can be moved."""

    def __init__(self, at: float) -> None:
        self.at = at

    def left(self) -> float:
        """Return how many seconds are left; TimeoutError where there are none."""
        from time import monotonic

        left_for = self.at - monotonic()
        if left_for <= 0:
            raise TimeoutError("the time is over")
        return left_for


class Way(NamedTuple):
    """How connections leave: tied to an uplink or free, and by which family (0: any)."""

    uplink: binding.Uplink | None = None
    family: int = 0


def connect(host: str, port: int, way: Way, limit: Limit) -> _socket.socket:
    """Return a socket connected to one of the host's addresses, tied to `way`; DialError or BindingError where there is none.

    Every address gets its share of the time, so that a dead first one does not use it up. The socket keeps to `limit` ever after.
    """
    addresses = resolve(host, _family(way, host), limit)
    trouble: OSError = DialError(f"{host} has no address")
    for place, address in enumerate(addresses):
        try:
            return _connect(address, port, way.uplink, limit, len(addresses) - place)
        except binding.BindingError:
            raise
        except OSError as error:
            trouble = error
    raise UnreachedError(f"{host}:{port} cannot be reached: {words(trouble)}") from trouble


def _family(way: Way, host: str) -> int:
    """Return the one family that serves, 0 for any. A source address only ties sockets of its own family."""
    source = inet.family_of((way.uplink and way.uplink.source) or "")
    wanted = {way.family, source, inet.family_of(host)} - {0}
    if source and len(wanted) > 1:
        other = 10 - source  # 4 or 6
        raise binding.BindingError(f"cannot bind to an IPv{source} source: {host} is to be reached over IPv{other}")
    if len(wanted) > 1:
        raise DialError(f"{host} is no IPv{way.family} address, and IPv{way.family} is wanted here")
    return max(wanted, default=0)


def resolve(host: str, family: int, limit: Limit) -> tuple[str, ...]:
    """Return the host's addresses in the system's order of preference; DialError where there are none.

    The system's resolver cannot be told to stop, so it works on a thread that may be left behind.
    """
    if inet.parse(host):
        return (host,)
    known = LOOPBACK.get(host.lower().rstrip("."))
    if known:
        return tuple(address for address in known if family in (0, inet.family_of(address)))
    from threading import Event, Thread

    answer, done = list[tuple[str, ...] | OSError](), Event()
    Thread(target=_look_up, args=(host, family, answer, done), daemon=True).start()
    if not done.wait(limit.left()):
        raise DialError(f"the name {host} cannot be resolved: no answer in time")
    if isinstance(answer[0], OSError):
        raise DialError(f"the name {host} cannot be resolved: {_why(answer[0], family)}") from answer[0]
    return answer[0]


def _look_up(host: str, family: int, answer: list[tuple[str, ...] | OSError], done: Any) -> None:
    import socket

    wanted = {4: socket.AF_INET, 6: socket.AF_INET6}.get(family, socket.AF_UNSPEC)
    try:
        # As octets, because a str would go through the idna codec and load its tables.
        found = socket.getaddrinfo(host.encode("ascii"), None, wanted, socket.SOCK_STREAM)
        answer.append(tuple(dict.fromkeys(str(entry[4][0]) for entry in found)))
    except OSError as error:
        answer.append(error)
    except UnicodeError:  # a label that is empty or too long
        answer.append(OSError(socket.EAI_NONAME, "not a name that DNS can hold"))
    finally:
        done.set()


def _why(error: OSError, family: int) -> str:
    import socket

    if error.errno == socket.EAI_AGAIN:
        return "the name servers do not answer"
    if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME), getattr(socket, "EAI_ADDRFAMILY", -9)):
        return f"it has no IPv{family} address" if family else "there is no such name"
    return error.strerror or type(error).__name__


def _connect(address: str, port: int, uplink: binding.Uplink | None, limit: Limit, shares: int) -> _socket.socket:
    import socket

    kind = bounded(socket.socket, limit)
    sock: socket.socket = kind(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if uplink:
            binding.bind(sock, uplink)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(limit.left() / shares)
        sock.connect((address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def bounded(base: type, limit: Limit) -> type:
    """Return a subclass of a socket class in which no operation outlasts `limit`, however slowly the octets drip."""

    def keeping_to(name: str) -> Any:
        original = getattr(base, name)

        def operation(self: Any, *args: Any, **kwargs: Any) -> Any:
            self.settimeout(limit.left())
            return original(self, *args, **kwargs)

        return operation

    names = ("recv", "recv_into", "send", "sendall", "do_handshake")
    return type("Bounded", (base,), {name: keeping_to(name) for name in names if hasattr(base, name)})


def words(error: OSError) -> str:
    """Return what happened to a connection, in words for people."""
    import errno

    if isinstance(error, TimeoutError):
        return "no answer in time"
    known = {
        errno.ECONNREFUSED: "connection refused",
        errno.ECONNRESET: "the connection was reset",
        errno.EPIPE: "the connection was closed",
        errno.ENETUNREACH: "no route to it",
        errno.EHOSTUNREACH: "no route to it",
        errno.EADDRNOTAVAIL: "no usable source address",
    }
    return known.get(error.errno or 0, error.strerror or str(error) or type(error).__name__)


# --- HTTP connections of others, on sockets of ours
class Line:
    """What one request shares with the connection it travels on."""

    def __init__(self, deadline_at: float) -> None:
        self.limit = Limit(deadline_at)
        self.deadline_at = deadline_at
        self.dialling = False
        self.left = False  # whether an octet of the request left this box
        self.trouble: Exception | None = None  # why there is no connection
        self.peer = ""  # with whom that trouble was

    def begin(self) -> None:
        """Forget the request before; TimeoutError where the deadline is over."""
        self.left, self.trouble, self.peer = False, None, ""
        self.give(CONNECT_FOR)
        self.limit.left()

    def give(self, for_: float) -> None:
        """Let the next piece of work last so many seconds, but not beyond the deadline."""
        from time import monotonic

        self.limit.at = min(self.deadline_at, monotonic() + for_)

    def connect(self, connection: Any, proceed: Callable[[], None]) -> None:
        """Let a connection connect, within its time, and note with whom and why it failed."""
        self.dialling = True
        self.give(CONNECT_FOR)
        try:
            proceed()
        except Exception as error:
            self.trouble = error
            behind = connection._tunnel_host  # noqa: SLF001 - urllib3 has no public name for it
            self.peer = (connection.has_connected_to_proxy and behind) or connection.host
            raise
        finally:
            self.dialling = False
        self.give(READ_FOR)


def tied(base: Any, line: Line, way: Way) -> Any:
    """Return a subclass of an `http.client` connection that is tied to `way`, keeps to the line's time and notes what left."""

    class Tied(base):  # type: ignore[misc]  # its base is one of two classes, chosen at run time to keep start-up small
        def _new_conn(self) -> Any:
            return connect(self._dns_host, self.port, way, line.limit)

        def connect(self) -> None:
            line.connect(self, super().connect)

        def _tunnel(self) -> None:
            _tunnel(self.host, super()._tunnel)

        def request(self, *args: Any, **kwargs: Any) -> None:
            line.give(READ_FOR)
            super().request(*args, **kwargs)

        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            line.left = line.left or not line.dialling  # what is said to a proxy first is not the request
            super().send(data)

    return Tied


def _tunnel(proxy: str, proceed: Callable[[], None]) -> None:
    try:
        proceed()
    except Exception as error:
        if isinstance(error, TimeoutError):
            raise
        said = "gives no answer that makes sense"
        if "Tunnel connection failed" in str(error):  # what follows the status is the proxy's own text
            said = f"does not let us through (status {''.join(char for char in str(error)[:40] if char.isdigit())[:3]})"
        raise DialError(f"the proxy {proxy} {said}") from error
