"""The DNS provider beyond the access provider: the faithful dyndns2 service over TLS, and when it was told what."""

import threading
import time
from typing import Final, NamedTuple

from tests.clients.box import inside
from tests.fakes.dyndns import DyndnsFake
from tests.fakes.messages import Received, Reply, asked
from tests.fakes.server import Server
from tests.fakes.tls import Tls

HOST4: Final = "45.90.0.1"
HOST6: Final = "2a0d:9999::1"
PORT: Final = 8443
NAME: Final = "home.example.com"


class Update(NamedTuple):
    """One update as the provider took it."""

    at: float
    addresses: tuple[str, ...]
    peer: str


class Provider:
    """The DNS provider: a dyndns2 service that a box reaches over IPv4 and IPv6."""

    def __init__(self, namespace: str, tls: Tls) -> None:
        self.fake = DyndnsFake("user", "pass", (NAME,))
        self.updates: list[Update] = []
        self.delay_for = 0.0  # how long it thinks about an update
        self._guard = threading.Lock()
        with inside(namespace):
            self._servers = [Server(self._handle, tls, host, PORT) for host in (HOST4, HOST6)]
        for server in self._servers:
            server.__enter__()

    def close(self) -> None:
        for server in self._servers:
            server.close()

    def _handle(self, request: Received) -> Reply:
        with self._guard:
            addresses = tuple(request.query.get("myip", "").split(","))
            reply = asked(self.fake, request)
            self.updates.append(Update(time.monotonic(), addresses, request.peer))
        return reply._replace(delay_for=self.delay_for)

    def record(self, kind: str) -> str | None:
        """Return what the record of a type says."""
        return self.fake.records.get((NAME, kind))
