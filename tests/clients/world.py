"""One box with a DHCP client, the Internet access provider's end of its cable, and the DNS provider beyond: all real, all ours.

What the kernel of the box says is polled from outside by `ip`, not by the agent's own code.
"""

import contextlib
import json
import os
import pathlib
import sys
import time
from typing import Final, Self

from tests.clients.box import Box, wait_until
from tests.clients.provider import HOST4, HOST6, NAME, PORT, Provider
from tests.clients.watch import Watch
from tests.fakes.dyndns import type_of
from tests.fakes.tls import Tls
from tests.lab.net import ROOT, Lab

LIMIT_FOR: Final = 5.0  # from "the address is usable" to "the provider knows it"
FROZEN: Final = pathlib.Path(os.environ.get("TESTED_EXE") or ROOT / "dist" / "edge-agent").absolute()


class World:
    """Everything of one test. `notes` are (what, seconds) to be printed at the end."""

    def __init__(self, folder: pathlib.Path, tls: Tls) -> None:
        self.folder = folder / "box"
        self.folder.mkdir()
        self.tls = tls
        self.notes: list[tuple[str, float]] = []
        with contextlib.ExitStack() as rest:
            self.lab = rest.enter_context(Lab())
            self.isp = self.lab.namespace("isp")
            self.lab.ip(self.isp, f"addr add {HOST4}/32 dev lo\naddr add {HOST6}/128 dev lo nodad")
            self.provider = Provider(self.isp, tls)
            rest.callback(self.provider.close)
            self.box = Box(self.lab, self.folder)
            rest.callback(self.box.close)
            self._cable()
            self.watch = Watch(self.box.net)
            rest.callback(self.watch.close)
            self._rest = rest.pop_all()

    def _cable(self) -> None:
        self.lab.cable(self.box.net, "wan0", self.isp, "isp0")
        ours = "net.ipv6.conf.all.accept_dad=1\nnet.ipv6.conf.wan0.accept_dad=1\nnet.ipv6.conf.wan0.accept_ra=1"
        self.lab.sysctl(self.box.net, ours)
        self.lab.sysctl(self.isp, "net.ipv6.conf.isp0.keep_addr_on_down=1\nnet.ipv6.conf.all.forwarding=1")
        self.lab.ip(self.isp, "addr add 45.83.1.1/24 dev isp0\naddr add fe80::1/64 dev isp0 nodad")
        self.lab.ip(self.isp, "addr add 2a0d:1234:1::1/64 dev isp0 nodad\nroute add 2a0d:1234::/32 dev isp0")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rest.close()

    # --- the agent -----------------------------------------------------------------------------------------------------

    def settle_in(self, program: str, types: str) -> None:
        """Put the agent, its settings and its secret into the box."""
        self.stand_in(f"PYTHONPATH={ROOT} exec {sys.executable} -m edge_agent" if program == "source" else f"exec {FROZEN}")
        self.box.write("/etc/edge-agent.password", "pass\n", 0o600)
        host = f"[{HOST6}]" if types == "AAAA" else HOST4
        self.box.write(
            "/etc/edge-agent.toml",
            f'ca_file = "{self.tls.ca_file}"\nlog = "{self.folder}/log"\nverbosity = 1\n\n'
            f'[account.fake]\nprovider = "dyndns2"\nserver = "https://{host}:{PORT}"\nusername = "user"\n'
            'password_file = "/etc/edge-agent.password"\n\n'
            f'[[record]]\nname = "{NAME}"\ntype = {json.dumps(types.split())}\naccount = "fake"\n',
        )

    def install(self) -> None:
        """Let the agent put its hooks where the clients look for them."""
        self.box.run("/usr/bin/edge-agent", "install", "--agent", "/usr/bin/edge-agent")

    def stand_in(self, command: str) -> None:
        """Let a command of the shell be the agent."""
        self.box.write("/usr/bin/edge-agent", f'#!/bin/sh\necho "$*" >>{self.folder}/calls\n{command} "$@"\n', 0o755)

    def calls(self) -> list[str]:
        """Return the arguments of every call of the agent."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def runs(self) -> int:
        """Return how many runs there have been: each says one line for every type of the record."""
        return sum(f"{NAME} A" in line for line in self._file("log"))

    def by_cron(self) -> None:
        """Let the agent run as cron calls it."""
        self.box.run("/usr/bin/edge-agent")

    def agents(self) -> dict[int, str]:
        """Return the agent's processes in the box."""
        return self.box.processes("edge_agent", "edge-agent hook", str(FROZEN))

    def rest(self, quiet_for: float = 0.7) -> None:
        """Wait until no agent has been at work for a moment."""
        quiet_at = time.monotonic()
        until_at = quiet_at + 40
        while time.monotonic() < quiet_at + quiet_for:
            assert time.monotonic() < until_at, f"an agent does not end: {self.agents()}"
            if self.agents():
                quiet_at = time.monotonic()
            time.sleep(0.1)

    # --- what must hold ------------------------------------------------------------------------------------------------

    def told(self, what: str, address: str, since: float) -> None:
        """The provider knows the address within 5 s of its being usable."""
        usable_at = self.watch.usable_at(address, since, self.story)
        left = max(usable_at + LIMIT_FOR - time.monotonic(), 0.1)
        wait_until(f"{address} published", lambda: self.provider.record(type_of(address)) == address, left, self.story)
        told_at = [update.at for update in self.provider.updates if address in update.addresses][-1]
        self.notes.append((f"{what}: from usable to told", max(0.0, told_at - usable_at)))

    def published(self, what: str, address: str, since: float, updates: int) -> None:
        """The same, by so many updates in all, and that stays so."""
        self.told(what, address, since)
        self.kept(address, updates)

    def kept(self, address: str | None, updates: int, kind: str = "") -> None:
        """Once all is quiet, the record says the address, and so many updates were sent in all."""
        self.rest()
        kind = kind or (type_of(address) if address else "A")
        assert self.provider.record(kind) == address, self.story()
        assert len(self.provider.updates) == updates, self.story()

    def events(self) -> list[str]:
        """Return the reasons with which the client called its script, in order."""
        return [line.split()[0] for line in self._file("events")]

    def durations(self) -> list[tuple[str, float]]:
        """Return how many seconds the client waited for its script, at each event."""
        rows = [line.split() for line in self._file("events")]
        return [(reason, (int(end) - int(begin)) / 1e9) for reason, begin, end in rows]

    def awaited_more(self, events: int, what: str) -> float:
        """Wait until the client has called its script more often than so many times."""
        return wait_until(what, lambda: len(self.events()) > events, 40, self.story)

    def awaited(self, reason: str, times: int = 1, within_for: float = 40.0) -> float:
        """Wait until the client has called its script with a reason so many times in all."""
        return wait_until(reason, lambda: self.events().count(reason) >= times, within_for, self.story)

    def _file(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    def story(self) -> str:
        """Return what happened, for a failed test."""
        parts = {
            "events": self.events(),
            "calls": self.calls()[-12:],
            "updates": self.provider.updates,
            "kernel": self.watch.history[-6:],
            "log": self._file("log")[-12:],
            "syslog": [line for line in self.box.syslog if "edge" in line][-12:],
            "said": self._file("said")[-25:],
        }
        return "".join(
            f"\n--- {name}: {value if isinstance(value, str) else json.dumps(value, default=str, indent=1)}"
            for name, value in parts.items()
        )

    # --- what happens outside ------------------------------------------------------------------------------------------

    def carrier(self, state: str) -> None:
        """Pull the cable out (`down`) or put it back (`up`) at the far end."""
        self.lab.ip(self.isp, f"link set isp0 {state}")
