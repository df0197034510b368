"""A box with several uplinks in the kernel's order, each of which can die and come back: by hand, or as time passes."""

from collections.abc import Callable, Iterable, Mapping

from edge_agent import agent
from edge_agent.model import Account, Address, Event, Finding, Link, Probe, Question, Record, Report, Selection, Settings, Snapshot
from edge_agent.providers.provider import Job, Provider
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Dialogue, Outcome, Request, ask
from tests.pure.box import box, on, via
from tests.pure.fake_world import FakeWorld, answering

NAME = "home.example.com"


def public(number: int, family: int = 4) -> str:
    """The address of uplink wanN."""
    return f"45.83.{number}.7" if family == 4 else f"2a0d:1234:{number}::7"


def _hop(family: int, number: int) -> str:
    return f"fe80::{number + 1}" if family == 6 else f"45.83.{number}.1"


def values(job: Job) -> Dialogue:
    """A service that keeps several values in a name: one request per value, which says what is to happen."""
    for target in job.targets:
        what = "withdraw" if target.beside else "publish"
        url = f"{job.server}/{target.name}/{what}/{target.address}/{','.join(target.own)}"
        answer: Answer = yield from ask(Request("GET", url, changes=(target,)))
        yield Outcome(target, Verdict(answer.text))


SEVERAL = Provider("several", "Several", values, "https://several.example", reads=True, each=True)


class Lines(FakeWorld):
    """Uplinks wan0, wan1 …, the first the best. `dead` are names, or names with a family: `wan0/6`."""

    def __init__(self, count: int = 2, families: Iterable[int] = (4,), provider: Provider = SEVERAL) -> None:
        super().__init__(Snapshot(), answering("updated"), provider)
        self.count = count
        self.families = tuple(families)
        self.dead: frozenset[str] = frozenset()
        self.unplugged: frozenset[str] = frozenset()
        self.flags: Mapping[str, str] = {}
        self.gone: frozenset[str] = frozenset()
        self.plan: Callable[[float], Iterable[str]] | None = None  # seconds since the first look → the dead
        self.numbers: Mapping[str, int] = {}  # another address than its own
        self.outside: Mapping[str, str | None] = {}  # what echo services say through an uplink that has a private address
        self.began_at = self.time.boot
        self.looks = 0

    def look(self) -> Snapshot:
        self.looks += 1
        if self.plan:
            self.dead = frozenset(self.plan(self.time.boot - self.began_at))
        every = [Link(2 + n, f"wan{n}", state="up", carrier=f"wan{n}" not in self.unplugged) for n in range(self.count)]
        links = [link for link in every if link.name not in self.gone]
        addresses = [self._address(link, link.ifindex - 2, family) for link in links for family in self.families]
        ways = {
            Question(family, ifindex=link.ifindex): via(link, _hop(family, link.ifindex - 2), 100 + link.ifindex)
            for family in self.families
            for link in links
        }
        first = next((link for link in links if link.carrier), None)
        general = {Question(family): ways[Question(family, ifindex=first.ifindex)] if first else None for family in self.families}
        self.snapshot = box(tuple(links), tuple(addresses), {**ways, **general})
        return self.snapshot

    def _address(self, link: Link, n: int, family: int) -> Address:
        number = self.numbers.get(link.name, n)
        flags = [self.flags[link.name]] if link.name in self.flags else []
        return on(link, f"192.168.{n}.7" if link.name in self.outside else public(number, family), *flags)

    def probe(self, probes: tuple[Probe, ...]) -> Mapping[Probe, Finding]:
        return {probe: self._finding(probe) for probe in probes}

    def _finding(self, probe: Probe) -> Finding:
        if probe.kind == "echo":
            said = self.outside[probe.interface]
            return Finding("yes", said) if said else Finding("unknown", reason="no_answer")
        return Finding("no" if {probe.interface, f"{probe.interface}/{probe.family}"} & self.dead else "yes")

    def run(self, wanted: Settings | None = None, event: Event = Event()) -> Report:  # noqa: B008 - a value
        return agent.run(event, wanted or self.settings(), self)

    def settings(self, *records: Record, **more: object) -> Settings:
        types = tuple({4: "A", 6: "AAAA"}[family] for family in self.families)
        own = records or (Record(NAME, types, "acct", Selection(), fingerprint="f1"),)
        accounts = {"acct": Account("acct", "several", fingerprint="a1")}
        return Settings(accounts=accounts, records=own, families=self.families)._replace(**more)  # type: ignore[arg-type]

    def says(self, family: int = 4) -> str | None:
        """What the record says for all that memory knows."""
        type_ = "A" if family == 4 else "AAAA"
        return next((entry.address for key, entry in self.memory.entries.items() if key.type == type_), None)
