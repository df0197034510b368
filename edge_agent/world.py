"""The real World: hands each verb of `agent.World` to the module that does it. It decides nothing."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from edge_agent import __version__, ledger, machine, memory, urls, ways
from edge_agent.binding import Uplink
from edge_agent.files import StoreError
from edge_agent.memory import Store
from edge_agent.model import Account, Finding, Memory, Now, Probe, Settings, Snapshot
from edge_agent.planning import Change
from edge_agent.providers.provider import Provider
from edge_agent.seam import Talk
from edge_agent.wire import Answer, Failure, Request, Send

_T = TypeVar("_T")

if TYPE_CHECKING:
    from edge_agent.dnstcp import DnsTcp
    from edge_agent.transport import Transport  # loaded when something is sent: 0.3 MB


class RealWorld:
    """This machine, this network, this memory, for one run."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.state_dir or memory.default_dir())
        self.user_agent = f"edge-agent/{__version__} ({sys.platform})"
        self._deadline_at = time.monotonic() + settings.deadline_for
        self._transports: dict[tuple[Uplink, str], Transport | DnsTcp] = {}
        self._find: Callable[[str], Provider] | None = None
        self._seen = Snapshot()
        self._unwritable: str | None = None
        self._asked = False

    def look(self) -> Snapshot:
        """Return the machine as it is now."""
        self._seen = machine.look(self.settings.families)
        return self._seen

    def probe(self, probes: tuple[Probe, ...]) -> Mapping[Probe, Finding]:
        """Return what is found out; each kind of probe is asked by its own module."""
        found: dict[Probe, Finding] = {}
        gateways = tuple(probe for probe in probes if probe.kind == "gateway")
        if gateways:
            from edge_agent import probe as prober

            found |= prober.gateways(gateways, machine.neighbours, self._patience(self.settings.probe_timeout_for))
        elsewhere = tuple(probe for probe in probes if probe.kind != "gateway")
        if elsewhere:
            from edge_agent import outside

            found |= outside.ask(elsewhere, self._asker, self._patience(self.settings.deadline_for / 2))
        return found

    def _asker(self, probe: Probe, deadline_at: float) -> "Transport":
        """Return a transport that is tied to the uplink in question; an echo service may never be asked by another."""
        from edge_agent import outside

        return self._transport(outside.through(probe), min(deadline_at, self._deadline_at), allow_http=False, family=probe.family)

    def _transport(self, uplink: Uplink | None, deadline_at: float, *, allow_http: bool, family: int = 0) -> "Transport":
        from edge_agent.transport import Transport

        return Transport(
            ca_file=self.settings.ca_file,
            proxy=self.settings.proxy,
            uplink=uplink,
            family=family,
            deadline_at=deadline_at,
            allow_http=allow_http,
        )

    def _patience(self, for_: float) -> float:
        return max(0.1, min(for_, self._deadline_at - time.monotonic()))

    def provider(self, name: str) -> Provider:
        """Return the provider of that name; the settings have been checked, so it exists."""
        if self._find is None:
            from edge_agent import providers

            self._find = providers.finder()
        return self._find(name)

    def sender(self, account: Account, via: tuple[str | None, ...]) -> Send:
        """Return the function that sends this account's requests by the first way that reaches the service, then by that one.

        Another way is tried only where no octet had left, so nothing is ever sent twice.
        """
        order = [Uplink(way, mark=ways.mark_for(self._seen, way)) if way else Uplink() for way in via]

        def send(request: Request) -> Answer | Failure:
            failures: dict[str, str] = {}
            for way in self._from(request.source, order):
                received = self._line(account, way).send(request)
                if not isinstance(received, Failure) or received.kind != "unreachable":
                    order[:] = [way] if request.source is None else order
                    return received
                failures.setdefault(received.detail, f" ({way.interface})" if way.interface else "")
            return Failure("unreachable", "; ".join(detail + by for detail, by in failures.items()))

        return send

    def _from(self, source: str | None, order: Sequence[Uplink]) -> tuple[Uplink, ...]:
        """Return the ways in order; where the service publishes the source, only those that it will see the right one of."""
        if source is None:
            return tuple(order)
        names = {link.ifindex: link.name for link in self._seen.links}
        own = [names.get(address.ifindex) for address in self._seen.addresses if address.text == source]
        if own:
            return tuple(Uplink(name, source, ways.mark_for(self._seen, name)) for name in own if name)
        return tuple(way for way in order if way.interface) or tuple(order)  # behind NAT: the uplink decides what is seen

    def _line(self, account: Account, way: Uplink) -> "Transport | DnsTcp":
        """Return the account's transport for one way: accounts are at work at the same time, and a transport is not."""
        key = (way, account.name)
        if key not in self._transports:
            uplink = way if way.interface else None
            self._transports[key] = self._dns(uplink) if urls.is_dns(account.server or "") else self._http(account, uplink)
        return self._transports[key]

    def _http(self, account: Account, uplink: Uplink | None) -> "Transport":
        return self._transport(uplink, self._deadline_at, allow_http=account.insecure_http)

    def _dns(self, uplink: Uplink | None) -> "DnsTcp":
        from edge_agent.dnstcp import DnsTcp

        return DnsTcp(uplink, self._deadline_at)

    def together(self, chains: Iterable[Iterator[Talk[_T]]]) -> Iterator[_T]:
        """Yield what the talks of all chains say; chains run at the same time, and only this thread advances them."""
        from edge_agent.together import together

        return together(chains)

    def recall(self) -> tuple[Memory, tuple[str, ...]]:
        """Return what was remembered, with notes on what could not be read."""
        return self.store.load()

    def remember(self, changes: tuple[Change, ...], *, lasting: bool) -> str | None:
        """Add the changes to the journal at once; return a sentence when that is impossible."""
        if not self._asked:
            self._asked = True
            self._unwritable = self.store.ready()
        if self._unwritable:
            return self._unwritable
        lines = []
        for change in changes:  # what a success lifts is left to `settle`: a lock-out may outlive a crash, a ban may not be lost
            lines.append(ledger.entry_line(change.key, change.entry) if change.entry else ledger.forget_line(change.key))
            if change.lock:
                lines.append(ledger.lock_line(change.scope, change.lock))
        try:
            self.store.append(lines, sync=lasting)
        except StoreError as error:
            return str(error)
        return None

    def settle(self, memory: Memory) -> str | None:
        """Write the whole memory anew; return a sentence when that is impossible."""
        try:
            self.store.replace(memory)
        except StoreError as error:
            return str(error)
        return None

    def now(self) -> Now:
        """Return the time."""
        return memory.now()

    def wait(self, for_: float) -> None:
        """Let `for_` seconds pass."""
        time.sleep(for_)

    def nonce(self) -> str:
        """Return 32 hexadecimal digits that never came before."""
        return os.urandom(16).hex()

    def close(self) -> None:
        """Let go of connections."""
        for transport in self._transports.values():
            transport.close()


def build(settings: Settings) -> RealWorld:
    """Return the world for one run; its deadline begins now."""
    return RealWorld(settings)
