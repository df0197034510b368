"""What the kernel of a box says about wan0, polled from outside by `ip`, not by the agent's own code."""

import json
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from tests.clients.box import wait_until

UNUSABLE: Final = frozenset({"tentative", "deprecated", "dadfailed"})


class Seen(NamedTuple):
    """The global addresses of wan0 that could be used at some moment, and those that could not."""

    at: float
    usable: frozenset[str]
    others: frozenset[str]


class Watch:
    """Polls the kernel ten times a second and keeps every change."""

    def __init__(self, namespace: str) -> None:
        self.history: list[Seen] = []
        self._argv = ["ip", "-j", "-n", namespace, "addr", "show", "dev", "wan0"]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join(10)

    def look(self) -> Seen:
        """Return what the kernel says now."""
        at = time.monotonic()
        said = json.loads(subprocess.run(self._argv, capture_output=True, text=True, check=True, timeout=10).stdout)
        rows = [row for row in said[0]["addr_info"] if row["scope"] == "global"]
        bad = {row["local"] for row in rows if any(row.get(flag) for flag in UNUSABLE)}
        return Seen(at, frozenset(row["local"] for row in rows) - bad, frozenset(bad))

    def _poll(self) -> None:
        while not self._over.wait(0.1):
            seen = self.look()
            if not self.history or self.history[-1][1:] != seen[1:]:
                self.history.append(seen)

    def usable_at(self, address: str, since: float, story: Callable[[], str] = str, within_for: float = 40.0) -> float:
        """Wait until an address can be used and return since when, not before `since`."""
        wait_until(f"{address} usable on wan0", lambda: self._since(address, since) is not None, within_for, story)
        found = self._since(address, since)
        assert found is not None
        return found

    def _since(self, address: str, since: float) -> float | None:
        ends = [seen.at for seen in self.history[1:]] + [float("inf")]
        stretches = zip(list(self.history), ends, strict=False)
        return next((max(seen.at, since) for seen, end in stretches if address in seen.usable and end > since), None)
