"""HTTP/1.1 as octets for the fake server: what came in, what goes out, well formed or not. No socket is opened here."""

import gzip
import socket
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Literal, NamedTuple, Protocol
from urllib.parse import parse_qsl

LONGEST_HEAD = 256 * 1024


class Received(NamedTuple):
    """One request as it came in; header names are lower case, `target` is the raw request target."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    peer: str
    at: float
    target: str = ""
    secure: bool = False


class Reply(NamedTuple):
    """What to answer. `raw` is sent verbatim, without status line or headers, and the connection is then closed.

    `after`: close after the answer · reset (RST) or stall (silence until the server ends) in the middle of the body, or right
    after `raw` · endless: repeat the body for ever. `claim` lies in Content-Length and closes: the answer is cut off.
    `chunk` > 0 sends chunks of so many octets, `drip_for` waits between single octets (slow loris), `zip` compresses.
    """

    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = b""
    raw: bytes | None = None
    after: Literal["close", "reset", "stall", "endless"] | None = None
    delay_for: float = 0.0
    chunk: int = 0
    drip_for: float = 0.0
    claim: int | None = None
    zip: bool = False
    tunnel: tuple[str, int] | None = None  # answer a CONNECT and carry octets both ways


Handler = Callable[[Received], Reply]


class Fake(Protocol):
    """A service free of sockets, as in `dyndns` and `cloudflare`."""

    def answer(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes, peer: str, now_at: float
    ) -> tuple[int, dict[str, str], bytes]:
        """Judge one request."""


def asked(fake: Fake, request: Received) -> Reply:
    """Return what the fake says to a request that came over a socket."""
    heard = request.method, request.path, request.query, request.headers, request.body, request.peer, request.at
    return Reply(*fake.answer(*heard))


def behind(fake: Fake) -> Handler:
    """Return the handler of a server that this fake stands behind."""
    return lambda request: asked(fake, request)


def text(words: str, status: int = 200, **headers: str) -> Reply:
    """Return a plain-text answer; header names are given with underscores."""
    named = {"Content-Type": "text/plain"} | {name.replace("_", "-").title(): value for name, value in headers.items()}
    return Reply(status, named, words.encode())


def captive_portal() -> Reply:
    """Return what a hotel's or provider's log-in page answers to everything."""
    page = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please log in: OK good 192.0.2.80 success</body></html>"
    return Reply(200, {"Content-Type": "text/html; charset=utf-8"}, page)


def redirect(url: str, status: int = 302) -> Reply:
    """Return a redirect to `url`."""
    return Reply(status, {"Location": url}, b"moved")


def cut_off(body: bytes, missing: int = 100) -> Reply:
    """Return an answer that promises `missing` octets more than it sends."""
    return Reply(body=body, claim=len(body) + missing)


class Hangup(Exception):  # noqa: N818 - it ends a connection, it is not an error
    """The connection is over."""


class Stream:
    """Reads a connection by lines and lengths."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""

    def _more(self) -> None:
        got = self.sock.recv(65536)
        if not got:
            raise Hangup
        self.buffer += got

    def until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            if len(self.buffer) > LONGEST_HEAD:
                raise Hangup
            self._more()
        found, _, self.buffer = self.buffer.partition(mark)
        return found

    def exactly(self, length: int) -> bytes:
        while len(self.buffer) < length:
            self._more()
        found, self.buffer = self.buffer[:length], self.buffer[length:]
        return found

    def body(self, headers: dict[str, str]) -> bytes:
        if headers.get("expect", "").lower() == "100-continue":
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" not in headers.get("transfer-encoding", "").lower():
            return self.exactly(int(headers.get("content-length", "0")))
        whole = b""
        while size := int(self.until(b"\r\n").partition(b";")[0], 16):
            whole += self.exactly(size)
            self.exactly(2)
        while self.until(b"\r\n"):
            pass  # trailers
        return whole


def receive(stream: Stream, peer: str, *, secure: bool) -> Received:
    """Return the next request on `stream`; Hangup where there is none."""
    lines = stream.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = stream.body(headers)
    where = target.partition("://")[2].partition("/") if "://" in target else ("", "", target.removeprefix("/"))
    path, _, query = f"/{where[2]}".partition("?")
    pairs = dict(parse_qsl(query, keep_blank_values=True))
    return Received(method, path, pairs, headers, body, peer, time.time(), target, secure)


def octets(reply: Reply) -> bytes:
    """Return the status line and headers of `reply`."""
    body = gzip.compress(reply.body) if reply.zip else reply.body
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = "Odd"
    headers = dict(reply.headers)
    if reply.zip:
        headers["Content-Encoding"] = "gzip"
    if reply.chunk:
        headers["Transfer-Encoding"] = "chunked"
    elif reply.after != "endless" and reply.status not in (204, 304):
        headers["Content-Length"] = str(len(body) if reply.claim is None else reply.claim)
    if closes(reply):
        headers["Connection"] = "close"
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def closes(reply: Reply) -> bool:
    """Say whether the connection ends with `reply`."""
    return reply.raw is not None or reply.after is not None or reply.claim is not None


def parts(reply: Reply) -> bytes:
    """Return the body as it travels: compressed, halved where it is to break off, in chunks."""
    body = gzip.compress(reply.body) if reply.zip else reply.body
    if reply.after in ("reset", "stall"):
        body = body[: len(body) // 2]
    if reply.chunk:
        pieces = [body[place : place + reply.chunk] for place in range(0, len(body), reply.chunk)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        body += b"" if reply.after else b"0\r\n\r\n"
    return body
