"""The real dnsmasq at the access provider's end, started again where the story needs another range."""

import pathlib
import subprocess
from typing import Self

from tests.clients.box import wait_until


class Dnsmasq:
    """dnsmasq on isp0 of a namespace; it ends with the context."""

    def __init__(self, namespace: str, folder: pathlib.Path, *flags: str) -> None:
        self.log = folder / "dnsmasq.log"
        leases = folder / "dnsmasq.leases"
        leases.unlink(missing_ok=True)
        self.log.unlink(missing_ok=True)
        usual = (
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--port=0",
            "--no-ping",
            "--log-dhcp",
            "--user=root",
            "--pid-file",
        )
        own = (
            "--interface=isp0",
            "--bind-dynamic",
            "--dhcp-authoritative",
            f"--dhcp-leasefile={leases}",
            f"--log-facility={self.log}",
        )
        argv = ["ip", "netns", "exec", namespace, "dnsmasq", *usual, *own, *flags]
        self._child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_until("dnsmasq serves", self._serves, 10)

    def _serves(self) -> bool:
        if self._child.poll() is not None:
            said = self._child.stderr.read() if self._child.stderr else ""
            raise AssertionError(f"dnsmasq ended: {said}")
        return self.log.exists() and "dnsmasq-dhcp" in self.log.read_text()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.communicate()

    def count(self, word: str) -> int:
        """Return how often it has logged a word, such as DHCPACK."""
        return self.log.read_text().count(f" {word}(")
