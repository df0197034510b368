"""The law of the gate: a run that it spares would have sent nothing, remembered nothing, waited for nothing and said nothing."""

from collections.abc import Mapping
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import event as noted
from hypothesis import strategies as st

from edge_agent import agent, gate, ledger, quiet, report
from edge_agent.events import REASONS
from edge_agent.gate import Gate
from edge_agent.model import (
    Account,
    Address,
    Event,
    Finding,
    Lease,
    Link,
    Memory,
    Neighbour,
    Now,
    Pin,
    Probe,
    Question,
    Record,
    Rule,
    Selection,
    Settings,
    Snapshot,
    Standing,
    Way,
)
from edge_agent.pauses import begin
from tests.pure.fake_world import START, FakeWorld, answering
from tests.pure.lines import SEVERAL

NAMES = {2: "wan0", 3: "wan1", 4: "lan0"}
TEXTS = {
    4: ("45.83.1.7", "45.83.1.9", "45.83.2.7", "192.168.1.2", "100.64.0.9"),
    6: ("2a0d:1234:1::7", "2a0d:1234:1::9", "2a0d:1234:2::7", "fd00::7", "fe80::7"),
}
HOPS = {4: ("45.83.1.1", "45.83.2.1", None), 6: ("fe80::1", "fe80::2", None)}
FLAGS = ("tentative", "deprecated", "temporary", "permanent", "dad_failed")
KINDS = ("yes", "yes", "yes", "no", "unknown")


class Machine(NamedTuple):
    """What can be seen, and what next hops answer by interface and family."""

    snapshot: Snapshot
    kinds: Mapping[tuple[int, int], str]


class World(FakeWorld):
    """A world whose next hops answer as the machine says."""

    def __init__(self, machine: Machine, memory: Memory, now: Now) -> None:
        super().__init__(machine.snapshot, answering("updated"), SEVERAL)
        self.machine = machine
        self.memory = memory
        self.time = now

    def look(self) -> Snapshot:
        return self.machine.snapshot

    def probe(self, probes: tuple[Probe, ...]) -> Mapping[Probe, Finding]:
        return {probe: Finding(self.machine.kinds.get((probe.ifindex, probe.family), "yes"), "45.83.9.9") for probe in probes}


families = st.sampled_from([4, 4, 6])
ifindices = st.sampled_from([2, 2, 3, 4])
flags = st.frozensets(st.sampled_from(FLAGS), max_size=1) | st.just(frozenset[str]())
lifetimes = st.sampled_from([None, None, 60, 600, 601, 3600])
stamps = st.sampled_from([None, 1, 2, 3])


@st.composite
def addresses(draw: st.DrawFn) -> Address:
    family = draw(families)
    text = draw(st.sampled_from(TEXTS[family]))
    return Address(family, text, 24, draw(ifindices), draw(flags), draw(lifetimes), draw(lifetimes), draw(stamps))


links = st.builds(
    Link,
    st.sampled_from(sorted(NAMES)),
    st.just(""),
    up=st.sampled_from([True, True, True, False]),
    carrier=st.sampled_from([True, True, None, False]),
    state=st.sampled_from(["up", "up", "unknown", "down"]),
)


@st.composite
def ways(draw: st.DrawFn, family: int, ifindex: int | None = None) -> Way:
    count = draw(st.sampled_from([1, 1, 1, 2]))
    hops = [(ifindex or draw(ifindices), draw(st.sampled_from(HOPS[family])), draw(st.integers(1, 2))) for _ in range(count)]
    return Way(
        draw(st.sampled_from([254, 100])), draw(st.integers(0, 2)), tuple(hops), draw(st.none() | st.sampled_from(TEXTS[family]))
    )


@st.composite
def questions(draw: st.DrawFn) -> dict[Question, Way | None]:
    found: dict[Question, Way | None] = {}
    for family in (4, 6):
        for ifindex in NAMES:
            found[Question(family, ifindex=ifindex)] = draw(ways(family, ifindex) | ways(family, ifindex) | st.none())
        found[Question(family)] = draw(ways(family) | st.none())
        if draw(st.booleans()):
            source = draw(st.sampled_from(TEXTS[family]))
            found[Question(family, source)] = draw(ways(family) | st.none())
        if draw(st.booleans()):
            found[Question(family, ifindex=draw(ifindices), mark=7)] = draw(ways(family))
    return found


tables = st.builds(
    Neighbour,
    ifindices,
    st.sampled_from([hop for own in HOPS.values() for hop in own if hop]),
    st.sampled_from(["reachable", "stale"]),
)
neighbours = st.lists(tables, max_size=3).map(tuple)
places = st.tuples(st.sampled_from(sorted(NAMES)), st.sampled_from([4, 6]))
kinds = st.dictionaries(places, st.sampled_from(KINDS), max_size=3)


WORKING = {index: Link(index, name, state="up", carrier=True) for index, name in NAMES.items()}
TWINS = (Address(4, "45.83.1.7", 24, 2, preferred_for=600), Address(4, "45.83.1.9", 24, 2, preferred_for=500))
PLAIN = (Address(4, "45.83.1.7", 24, 2), Address(4, "45.83.2.7", 24, 3), Address(6, "2a0d:1234:1::7", 64, 2, preferred_for=600))


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """Any machine; most have one or two uplinks that are in order, with something odd beside them."""
    sound = draw(st.sampled_from([True, True, True, False]))
    links_ = dict(WORKING) if sound else {}
    for link in draw(st.lists(links, min_size=0 if sound else 2, max_size=2 if sound else 6)):
        links_[link.ifindex] = link._replace(name=NAMES[link.ifindex])
    usual = draw(st.sampled_from([PLAIN[:1], PLAIN[:2], PLAIN, TWINS])) if sound else ()
    own = (*usual, *draw(st.lists(addresses(), max_size=3 if sound else 6)))
    unique = {(address.text, address.ifindex): address for address in own}
    asked = draw(questions())
    if sound:
        for family in (4, 6):
            asked[Question(family, ifindex=2)] = Way(254, 0, ((2, HOPS[family][0], 1),))
            asked[Question(family)] = draw(st.just(asked[Question(family, ifindex=2)]) | ways(family))
    return Machine(Snapshot(tuple(links_.values()), tuple(unique.values()), (), (), draw(neighbours), asked), draw(kinds))


selections = st.builds(
    Selection,
    st.sampled_from([(), (), ("wan0",), ("wan1", "wan*"), ("lan0", "wan0")]),
    st.sampled_from([(), (), ("wan1",)]),
    source=st.sampled_from(["auto", "interface", "interface", "static", "interface", "auto", "interface", "echo"]),
    addresses=st.sampled_from([("45.83.1.9",), ("45.83.8.8", "2a0d:1234:1::9")]),
    echo4=st.just(("https://one.example",)),
    echo6=st.just(("https://six.example",)),
    check=st.sampled_from(["gateway"] * 6 + ["off", "off", "outside"]),
    allow=st.frozensets(st.sampled_from(["private", "unique_local", "temporary"]), max_size=2),
)


PINNED_DOWN = Selection(source="static", addresses=("45.83.1.9", "2a0d:9::9"))


@st.composite
def wishes(draw: st.DrawFn) -> Settings:
    general = draw(selections)
    records = []
    for number in range(draw(st.sampled_from([1, 1, 2, 3]))):
        types = draw(st.sampled_from([("A",), ("A", "AAAA"), ("A", "AAAA")]))
        how = draw(st.sampled_from([general, general, PINNED_DOWN]) | selections)
        optional = types if draw(st.sampled_from([True, True, False])) else ()
        records.append(
            Record(f"n{number}", types, "acct", how, fingerprint="f", optional=optional, each=draw(st.integers(0, 5)) == 5)
        )
    accounts = {"acct": Account("acct", "several", fingerprint="a")}
    wanted = Settings(general, draw(st.sampled_from([(4, 6), (4, 6), (4,)])), accounts, tuple(records))
    return wanted._replace(force_after_for=draw(st.sampled_from([None, None, 7200.0])))


@st.composite
def events(draw: st.DrawFn) -> Event:
    device = st.sampled_from([None, "wan0", "wan1", "lan0", "ppp9"])
    name = draw(device)
    told = draw(st.lists(st.builds(Lease, st.just(name) | device, st.sampled_from(TEXTS[4] + TEXTS[6])), max_size=2))
    bare = Event("netifd", draw(st.sampled_from(["up", "bound", "down", "lost"])), draw(st.sampled_from(["wan0", "wan1", "lan0"])))
    return draw(st.sampled_from([Event(), bare, Event("udhcpc", draw(st.sampled_from(REASONS)), name, tuple(told))]))


class Scene(NamedTuple):
    """All that the next run goes by."""

    machine: Machine
    wanted: Settings
    memory: Memory
    now: Now


SEEN = ("flags", "lifetime", "renewed", "created", "moved", "added", "removed", "order", "link", "way", "rule", "neighbours")
REMEMBERED = ("forgotten", "address", "doubtful", "older", "pin", "standing")
TIMES = ("later", "set", "set-back", "not-set", "reboot")
KINDS_OF_CHANGE = (*["nothing"] * 6, *SEEN, "answers", *REMEMBERED, *TIMES, "settings")


def _other_snapshot(draw: st.DrawFn, snapshot: Snapshot, what: str) -> Snapshot:
    own = snapshot.addresses
    if what == "link":
        link = draw(links)
        return snapshot._replace(
            links=tuple(link._replace(name=one.name) if one.ifindex == link.ifindex else one for one in snapshot.links)
        )
    if what == "way":
        asked = draw(st.sampled_from(sorted(snapshot.ways, key=repr)))
        return snapshot._replace(ways={**snapshot.ways, asked: draw(ways(asked.family, asked.ifindex or None) | st.none())})
    if what in {"flags", "lifetime", "created", "moved"} and own:
        place = draw(st.integers(0, len(own) - 1))
        change = {
            "flags": {"flags": draw(flags)},
            "lifetime": {"preferred_for": draw(lifetimes), "valid_for": draw(lifetimes)},
            "created": {"created": draw(stamps)},
            "moved": {"ifindex": draw(ifindices)},
        }[what]
        return snapshot._replace(addresses=(*own[:place], own[place]._replace(**change), *own[place + 1 :]))  # type: ignore[arg-type]
    spans = [address.preferred_for for address in reversed(own)]
    return {
        "renewed": snapshot._replace(
            addresses=tuple(one._replace(preferred_for=for_) for one, for_ in zip(own, spans, strict=True))
        ),
        "added": snapshot._replace(addresses=(*own, draw(addresses()))),
        "removed": snapshot._replace(addresses=own[1:]),
        "order": snapshot._replace(addresses=own[::-1]),
        "rule": snapshot._replace(rules=(Rule(4, 5, 100),)),
        "neighbours": snapshot._replace(neighbours=draw(neighbours)),
    }.get(what, snapshot)


def _other_memory(draw: st.DrawFn, memory: Memory, now: Now, what: str) -> Memory:
    key = draw(st.sampled_from(sorted(memory.entries)))
    entry = memory.entries[key]
    return {
        "forgotten": memory._replace(entries={name: one for name, one in memory.entries.items() if name != key}),
        "address": memory._replace(entries={**memory.entries, key: entry._replace(address="45.83.1.9")}),
        "doubtful": memory._replace(entries={**memory.entries, key: entry._replace(doubtful=True)}),
        "older": memory._replace(entries={**memory.entries, key: entry._replace(published_at=entry.published_at - 8000)}),
        "pin": memory._replace(pin=Pin("wan1", begin(now, 60.0))),
        "standing": memory._replace(standings=dict.fromkeys(memory.standings, Standing("wan1", 1))),
    }[what]


def _other_time(draw: st.DrawFn, now: Now, what: str) -> Now:
    later = draw(st.sampled_from([1.0, 100.0, 7100.0, 7300.0, 90_000.0]))
    return {
        "later": Now(now.wall + later, now.boot + later, now.boot_id),
        "set": Now(now.wall + later, now.boot, now.boot_id),
        "set-back": Now(now.wall - later, now.boot + later, now.boot_id),
        "not-set": Now(5.0, now.boot + later, now.boot_id),
        "reboot": Now(now.wall + later, 50.0, "boot-2"),
    }[what]


@st.composite
def other(draw: st.DrawFn, scene: Scene, what: str) -> Scene:
    """The scene in which something of this kind is otherwise; of some kinds there may be nothing."""
    machine, _, memory, now = scene
    if what in SEEN:
        return scene._replace(machine=machine._replace(snapshot=_other_snapshot(draw, machine.snapshot, what)))
    if what in REMEMBERED:
        return scene._replace(memory=_other_memory(draw, memory, now, what)) if memory.entries else scene
    if what in TIMES:
        return scene._replace(now=_other_time(draw, now, what))
    if what == "answers":
        place = draw(st.sampled_from([(2, 4), (2, 4), (2, 6), (3, 4)]))
        return scene._replace(
            machine=machine._replace(kinds={**machine.kinds, place: draw(st.sampled_from(["no", "unknown", "yes"]))})
        )
    return scene._replace(wanted=draw(wishes())) if what == "settings" else scene


def marks(wanted: Settings, memory: Memory) -> tuple[tuple[str, str], ...]:
    return ("settings", gate.mark(repr(wanted).encode())), ("memory", gate.mark_of(0o600, ledger.encode(memory)))


def spared(found: Gate, scene: Scene, event: Event) -> bool:
    """What `porter` asks, of a scene."""
    same = found.files == marks(scene.wanted, scene.memory)
    ask = World(scene.machine, scene.memory, scene.now).probe
    return same and gate.admits(found, event, scene.now) and gate.holds(found, scene.machine.snapshot, ask)


def behind(world: World, wanted: Settings, event: Event) -> Gate | None:
    """Make a run; return the gate that it leaves, as it is read again."""
    done = agent.run(event, wanted, world)
    made = quiet.gate_of(done, wanted, world.provider)
    if made is None:
        return None
    whole = made._replace(version="1", key="k", boot_id=world.time.boot_id, memory="m", files=marks(wanted, world.memory))
    assert gate.decode(gate.encode(whole)) == whole
    return whole


@given(st.data(), machines(), wishes(), st.lists(events(), min_size=1, max_size=2))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_run_that_is_spared_would_have_done_nothing(
    data: st.DataObject, machine: Machine, wanted: Settings, before: list[Event]
) -> None:
    world = World(machine, Memory(), START)
    found = None
    for event in (Event(), *before):
        world.later(100.0)
        found = behind(world, wanted, event)
    if found is None:
        return
    for what in KINDS_OF_CHANGE:
        scene = data.draw(other(Scene(machine, wanted, world.memory, world.time), what))
        event = data.draw(events())
        passes = spared(found, scene, event)
        noted(f"{what}, {'by hand' if event == Event() else 'by a hook'}: {'spared' if passes else 'whole'}")
        if passes:
            again = World(scene.machine, scene.memory, scene.now)
            done = agent.run(event, scene.wanted, again)
            assert (again.sent, again.settled, again.memory, again.waited) == ([], 0, scene.memory, 0.0)
            assert (report.exit_of(done), list(report.said(done, 0))) == (0, [])


@given(machines(), wishes())
def test_what_is_as_it_was_is_spared(machine: Machine, wanted: Settings) -> None:
    world = World(machine, Memory(), START)
    agent.run(Event(), wanted, world)
    found = behind(world.later(100.0), wanted, Event())
    assert found is None or spared(found, Scene(machine, wanted, world.memory, world.time), Event())
