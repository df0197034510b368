"""A name server's TCP on loopback, threads and sockets, nothing simulated; what it answers a test or a fake says."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import Self

from tests.fakes.zones import ApiFake

Handler = Callable[[socket.socket, bytes], bool]  # says whether the connection goes on


def frame(body: bytes) -> bytes:
    return len(body).to_bytes(2, "big") + body


def exactly(sock: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        part = sock.recv(count - len(octets))
        if not part:
            raise EOFError
        octets += part
    return octets


def echo(sock: socket.socket, body: bytes) -> bool:
    sock.sendall(frame(body))
    return True


class NameServer:
    """Listens on loopback; `heard` are the messages, `connections` how many were accepted."""

    def __init__(self, handle: Handler = echo, host: str = "127.0.0.1") -> None:
        self.handle = handle
        self.heard: list[bytes] = []
        self.connections = 0
        self.peers: list[str] = []
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listening = socket.create_server((host, 0), family=self.family)
        self.port = self.listening.getsockname()[1]
        self.url = f"dns://[{host}]:{self.port}" if ":" in host else f"dns://{host}:{self.port}"
        self.done = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, peer = self.listening.accept()
                self.connections += 1
                self.peers.append(peer[0])
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError, EOFError):
            while True:
                body = exactly(sock, int.from_bytes(exactly(sock, 2), "big"))
                self.heard.append(body)
                if not self.handle(sock, body):
                    return


def behind(fake: ApiFake) -> Handler:
    """Return a handler that lets a fake answer, one message at a time."""
    guard = threading.Lock()

    def handle(sock: socket.socket, body: bytes) -> bool:
        with guard:
            _, _, answer = fake.answer("DNS", "", {}, {}, body, sock.getpeername()[0], time.time())
        sock.sendall(frame(answer))
        return True

    return handle
