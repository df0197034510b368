"""A real server on loopback that behaves as well or as badly as a test asks: threads, sockets, TLS, nothing simulated.

    with Server(lambda request: Reply(body=b"good")) as server:
        ...  # server.url, server.received, server.connections

As a script it serves a network namespace:
`python -m tests.fakes.server --kind echo|dyndns|portal --host ADDR --port N [--cert F --key F] --log FILE`.
It prints `ready PORT` when it listens and appends each request to the log as one JSON object per line.
"""

import argparse
import contextlib
import json
import selectors
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from tests.fakes.messages import (
    Handler,
    Hangup,
    Received,
    Reply,
    Stream,
    asked,
    behind,
    captive_portal,
    closes,
    cut_off,
    octets,
    parts,
    receive,
    redirect,
    text,
)
from tests.fakes.tls import Tls, server_context

__all__ = [
    "Received",
    "Reply",
    "Server",
    "Tls",
    "asked",
    "behind",
    "captive_portal",
    "cut_off",
    "redirect",
    "server_context",
    "text",
]


class Server:
    """Answers each request by `handler`, on a thread per connection. Leaving the context raises what a handler raised."""

    def __init__(self, handler: Handler, tls: Tls | ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self.handler = handler
        self.context = tls.context if isinstance(tls, Tls) else tls
        self.ca_file = tls.ca_file if isinstance(tls, Tls) else None
        self.host = host
        self.received: list[Received] = []
        self.connections = 0  # how many TCP connections were accepted
        self.handshakes = 0  # how many of them finished a TLS handshake
        self.errors: list[Exception] = []
        self._over = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._guard = threading.Lock()
        self._listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, port))
        self._listener.listen(64)
        self.port: int = self._listener.getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if self.context else 'http'}://{name}:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()
        if self.errors and error is None:
            raise self.errors[0]

    def close(self) -> None:
        """Hang up on everyone and wait for the threads."""
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._guard:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                sock, peer = self._listener.accept()
            except OSError:
                return
            with self._guard:
                self.connections += 1
                self._open.add(sock)
            self._start(self._serve, sock, peer[0])

    def _serve(self, plain: socket.socket, peer: str) -> None:
        sock = plain
        try:
            plain.settimeout(30)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                sock = self.context.wrap_socket(plain, server_side=True)  # the plain one is detached
                with self._guard:
                    self.handshakes += 1
                    self._open.discard(plain)
                    self._open.add(sock)
            stream = Stream(sock)
            while not self._over.is_set():
                self._answer(stream, receive(stream, peer, secure=sock is not plain))
        except (Hangup, OSError, ValueError):
            pass  # the client left or spoke nonsense: its business
        except Exception as error:  # noqa: BLE001 - a test's handler may raise anything; __exit__ raises it again
            self.errors.append(error)
        finally:
            with self._guard:
                self._open -= {sock, plain}
            sock.close()
            plain.close()

    def _answer(self, stream: Stream, request: Received) -> None:
        with self._guard:
            self.received.append(request)
        reply = self.handler(request)
        if reply.delay_for:
            self._over.wait(reply.delay_for)
        if reply.tunnel:
            self._carry(stream.sock, reply.tunnel)
        if reply.raw is not None:
            stream.sock.sendall(reply.raw)
        else:
            self._send(stream.sock, reply, request.method)
        if reply.after == "reset":
            stream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if reply.after == "stall":
            self._over.wait()
        if closes(reply) or request.headers.get("connection", "").lower() == "close":
            raise Hangup

    def _send(self, sock: socket.socket, reply: Reply, method: str) -> None:
        sock.sendall(octets(reply))
        if method == "HEAD" or reply.status in (204, 304):
            return
        body = parts(reply)
        self._pour(sock, body, reply)
        while reply.after == "endless" and not self._over.is_set():
            self._pour(sock, body or b"x", reply)

    def _pour(self, sock: socket.socket, body: bytes, reply: Reply) -> None:
        if not reply.drip_for:
            sock.sendall(body)
            return
        for octet in body:
            sock.sendall(bytes([octet]))
            if self._over.wait(reply.drip_for):
                raise Hangup

    def _carry(self, near: socket.socket, to: tuple[str, int]) -> None:
        with socket.create_connection(to, 10) as far, selectors.DefaultSelector() as both:
            near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            both.register(near, selectors.EVENT_READ, far)
            both.register(far, selectors.EVENT_READ, near)
            while not self._over.is_set():
                for key, _ in both.select(0.2):
                    got = key.fileobj.recv(65536) if isinstance(key.fileobj, socket.socket) else b""
                    if not got:
                        raise Hangup
                    key.data.sendall(got)
        raise Hangup


def _echo(request: Received) -> Reply:
    return text(request.peer.partition("%")[0] + "\n")


def _dyndns(chosen: argparse.Namespace) -> Handler:
    from tests.fakes.dyndns import DyndnsFake

    fake = DyndnsFake(chosen.user, chosen.password, tuple(chosen.name))
    return lambda request: asked(fake, request._replace(path=unquote(request.path)))


def _logged(handler: Handler, log: Path | None) -> Handler:
    guard = threading.Lock()

    def answer(request: Received) -> Reply:
        reply = handler(request)
        if log:
            line = request._asdict() | {"body": request.body.decode("latin-1"), "status": reply.status}
            line["said"] = (reply.raw or reply.body).decode("latin-1")
            with guard, log.open("a") as file:
                file.write(json.dumps(line) + "\n")
        return reply

    return answer


def main(arguments: list[str] | None = None) -> int:
    """Serve until standard input ends or a signal comes."""
    parser = argparse.ArgumentParser(prog="tests.fakes.server", description=__doc__)
    parser.add_argument("--kind", choices=("echo", "dyndns", "portal"), required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--user", default="user", help="of the dyndns service")
    parser.add_argument("--password", default="pass")
    parser.add_argument("--name", action="append", help="a name of that user's; repeatable")
    chosen = parser.parse_args(arguments)
    chosen.name = chosen.name or ["home.example.com"]
    kinds: dict[str, Callable[[], Handler]] = {
        "echo": lambda: _echo,
        "dyndns": lambda: _dyndns(chosen),
        "portal": lambda: lambda _: captive_portal(),
    }
    context = server_context(chosen.cert, chosen.key) if chosen.cert else None
    with Server(_logged(kinds[chosen.kind](), chosen.log), context, chosen.host, chosen.port) as server:
        print(f"ready {server.port}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
