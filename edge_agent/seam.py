"""The one seam for input and output: what the story asks of the world. Declarations only."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TypeAlias, TypeVar

from edge_agent.model import Account, Finding, Memory, Now, Probe, Snapshot
from edge_agent.planning import Change
from edge_agent.providers.provider import Provider
from edge_agent.wire import Send

_T = TypeVar("_T")
Talk: TypeAlias = Callable[[], Iterator[_T]]


class World(Protocol):
    """The one seam for input and output."""

    def look(self) -> Snapshot:
        """Return the machine as it is now."""

    def probe(self, probes: tuple[Probe, ...]) -> Mapping[Probe, Finding]:
        """Return a finding for every probe, all asked at once within the probe time-out."""

    def provider(self, name: str) -> Provider:
        """Return the provider of that name; the settings have been checked, so it exists."""

    def sender(self, account: Account, via: tuple[str | None, ...]) -> Send:
        """Return the function that sends this account's requests by the first of the ways `via` that reaches the service.

        A way is an interface, and None is the kernel's own.
        """

    def together(self, chains: Iterable[Iterator[Talk[_T]]]) -> Iterator[_T]:
        """Yield what the talks of all chains say; chains run at the same time, and only this thread advances them."""

    def recall(self) -> tuple[Memory, tuple[str, ...]]:
        """Return what was remembered, and notes for the user (a state file that had to be set aside)."""

    def remember(self, changes: tuple[Change, ...], *, lasting: bool) -> str | None:
        """Keep the changes at once, `lasting` through a power cut; return a sentence when that is impossible."""

    def settle(self, memory: Memory) -> str | None:
        """Write the whole memory at the end of a run that changed it; return a sentence when that is impossible."""

    def now(self) -> Now:
        """Return the time."""

    def wait(self, for_: float) -> None:
        """Let `for_` seconds pass."""

    def nonce(self) -> str:
        """Return 32 hexadecimal digits that never came before."""

    @property
    def user_agent(self) -> str:
        """The name under which the agent presents itself to services."""
