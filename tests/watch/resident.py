"""A resident watch as a process: what it says, what it costs, and that it is gone at the end."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Self


def until(holds: Callable[[], object], for_: float = 8.0) -> float:
    """Wait until something holds and return how many seconds that took."""
    began_at = time.monotonic()
    while not holds():
        if time.monotonic() > began_at + for_:
            raise AssertionError(f"it did not come about within {for_:g} seconds")
        time.sleep(0.01)
    return time.monotonic() - began_at


class Process:
    """Something resident; everything it prints is kept in a file."""

    def __init__(
        self,
        argv: Sequence[str],
        folder: pathlib.Path,
        environ: dict[str, str],
        name: str = "resident",
        cwd: pathlib.Path | None = None,
    ) -> None:
        self.out = folder / f"{name}.out"
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environ, cwd=cwd or pathlib.Path.cwd()
            )
        self.pid = self.process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def said(self) -> str:
        return self.out.read_text()

    def count(self, text: str) -> int:
        return self.said().count(text)

    def tell(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.tell(number)
        return self.process.wait(15)

    def status(self, key: str) -> int:
        """Return a number of /proc/PID/status."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith(f"{key}:")).split()[1])

    def children(self) -> list[int]:
        return [int(pid) for pid in pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def descriptors(self) -> set[str]:
        return {path.name for path in pathlib.Path(f"/proc/{self.pid}/fd").iterdir()}

    def at_rest(self, for_: float = 0.4) -> None:
        """Wait until it has had no child for a while."""
        quiet_at = began_at = time.monotonic()
        while time.monotonic() < quiet_at + for_:
            assert time.monotonic() < began_at + 15, "it does not come to rest"
            if self.children():
                quiet_at = time.monotonic()
            time.sleep(0.01)


class ServiceManager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.told: list[tuple[float, dict[str, str]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def listen(self, for_: float) -> list[dict[str, str]]:
        """Return what was said within `for_` seconds."""
        until_at = time.monotonic() + for_
        heard = []
        while (left := until_at - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                text = self.socket.recv(4096).decode()
            except TimeoutError:
                break
            heard.append(dict(line.split("=", 1) for line in text.splitlines()))
            self.told.append((time.monotonic(), heard[-1]))
        return heard

    def wait(self, key: str, for_: float = 8.0) -> dict[str, str]:
        """Return the first message that has this key."""
        until_at = time.monotonic() + for_
        while (left := until_at - time.monotonic()) > 0:
            self.socket.settimeout(left)
            text = self.socket.recv(4096).decode()
            found = dict(line.split("=", 1) for line in text.splitlines())
            self.told.append((time.monotonic(), found))
            if key in found:
                return found
        raise AssertionError(f"no {key} within {for_:g} seconds")


def requests(log: pathlib.Path) -> list[str]:
    """Return the addresses that a provider of tests.fakes.server was sent, in order."""
    return [json.loads(line)["query"]["myip"] for line in log.read_text().splitlines()]
