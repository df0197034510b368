"""A World of values: what it looks like, what it answers, what it was told to remember. No mock library, no I/O."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Self, TypeVar

from edge_agent.model import Account, Finding, Memory, Now, Probe, Snapshot
from edge_agent.planning import Change, applied
from edge_agent.providers.provider import Job, Provider
from edge_agent.seam import Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Dialogue, Failure, Outcome, Request, Send, ask

_T = TypeVar("_T")
START = Now(1_800_000_000.0, 5000.0, "boot-1")


def one_by_one(job: Job) -> Dialogue:
    """One request per record; the answer's body is the kind of the verdict."""
    for target in job.targets:
        answer: Answer = yield from ask(Request("GET", f"{job.server}/{target.name}/{target.address}", changes=(target,)))
        yield Outcome(target, Verdict(answer.text))


PLAIN = Provider("plain", "Plain", one_by_one, "https://plain.example")


class FakeWorld:
    """`reply` answers every request; `unwritable` is the sentence that remember() gives."""

    def __init__(self, snapshot: Snapshot, reply: Callable[[Request], Answer | Failure], provider: Provider = PLAIN) -> None:
        self.snapshot = snapshot
        self.reply = reply
        self.facts = provider
        self.memory = Memory()
        self.kept: list[Change] = []
        self.sent: list[tuple[str, tuple[str | None, ...]]] = []
        self.time = START
        self.unwritable: str | None = None
        self.settled = 0
        self.waited = 0.0
        self.findings: Mapping[Probe, Finding] = {}
        self.user_agent = "edge-agent/test"

    def look(self) -> Snapshot:
        return self.snapshot

    def probe(self, probes: tuple[Probe, ...]) -> Mapping[Probe, Finding]:
        return self.findings or {probe: Finding("yes") for probe in probes}

    def provider(self, name: str) -> Provider:
        return self.facts

    def sender(self, account: Account, via: tuple[str | None, ...]) -> Send:
        def send(request: Request) -> Answer | Failure:
            self.sent.append((request.url, via))
            return self.reply(request)

        return send

    def together(self, chains: Iterable[Iterator[Talk[_T]]]) -> Iterator[_T]:
        return (said for chain in chains for talk in chain for said in talk())

    def recall(self) -> tuple[Memory, tuple[str, ...]]:
        return self.memory, ()

    def remember(self, changes: tuple[Change, ...], *, lasting: bool) -> str | None:
        if not self.unwritable:
            self.kept += changes
        return self.unwritable

    def settle(self, memory: Memory) -> str | None:
        self.settled += 1
        if not self.unwritable:
            self.memory = memory
            self.kept.clear()
        return self.unwritable

    def now(self) -> Now:
        return self.time

    def wait(self, for_: float) -> None:
        self.waited += for_
        self.later(for_)

    def nonce(self) -> str:
        return "0123456789abcdef" * 2

    def later(self, seconds: float) -> Self:
        """Let time pass."""
        self.time = Now(self.time.wall + seconds, self.time.boot + seconds, self.time.boot_id)
        return self

    def killed(self) -> Self:
        """Become what a SIGKILL leaves behind: only what was kept on the way."""
        self.memory = applied(self.memory, self.kept)
        return self


def answering(text: str) -> Callable[[Request], Answer]:
    return lambda _request: Answer(200, {}, text.encode())
