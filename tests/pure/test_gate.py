"""What a gate holds: which events and times it admits, what of the machine it sees, its text, and after which runs there is one."""

from collections.abc import Callable

import pytest

from edge_agent import agent, gate, quiet
from edge_agent.gate import ANY, Gate
from edge_agent.model import (
    Account,
    Address,
    Event,
    Finding,
    Lease,
    Memory,
    Neighbour,
    Now,
    Pin,
    Probe,
    Question,
    Record,
    Route,
    Rule,
    Selection,
    Settings,
    Snapshot,
)
from edge_agent.pauses import CLOCK_FLOOR, begin
from tests.pure.box import GATE0, GATE1, PUBLIC0, PUBLIC1, WAN0, WAN1, box, on, two_defaults, via
from tests.pure.fake_world import PLAIN, START, FakeWorld, answering

HOP = Probe("gateway", 4, "wan0", 2, PUBLIC0, GATE0, routed=True)
BESIDE = Probe("gateway", 4, "wan1", 3, PUBLIC1, "fe80::1", 7)
WHOLE = Gate(
    "0.1.0", "key", "boot-1", "/root", "/run/edge-agent/memory", "d1", 2.0, 1_800_000_000.5, (4, 6),
    (("/etc/edge-agent.toml", gate.MISSING), ("/etc/a b\tc%\n\xfc", "100600-d2")), ("2a0d::1",), (PUBLIC0,), ("wan9", ANY),
    ((HOP, "yes"), (BESIDE, "unknown")),
)  # fmt: skip


# --- the question ----------------------------------------------------------------------------------------------------

DUE = Gate(boot_id="boot-1", due_at=START.wall + 100, leased=(PUBLIC0,), unsettled=("wan9",))
TIMES = {
    "now": (START, True),
    "later": (START._replace(wall=START.wall + 98), True),
    "a-second-before": (START._replace(wall=START.wall + 99), False),
    "due": (START._replace(wall=START.wall + 5000), False),
    "clock-not-set": (START._replace(wall=5.0), True),
    "another-boot": (START._replace(boot_id="boot-2"), False),
    "no-boot-id": (START._replace(boot_id=""), False),
}


@pytest.mark.parametrize(("now", "admitted"), TIMES.values(), ids=TIMES)
def test_times(now: Now, *, admitted: bool) -> None:
    assert gate.admits(DUE, Event(), now) is admitted


def hook(*addresses: str, interface: str | None = "wan0", reason: str = "bound") -> Event:
    return Event("dhclient", reason, interface, tuple(Lease(interface, address) for address in addresses))


EVENTS = {
    "by-hand": (Event(), True),
    "no-lease": (hook(), True),
    "known-lease": (hook(PUBLIC0), True),
    "another-lease": (hook(PUBLIC1), False),
    "another-lease-beside": (hook(PUBLIC0, PUBLIC1), False),
    "unsettled-interface": (hook(interface="wan9"), False),
    "no-interface": (hook(interface=None), True),
}


@pytest.mark.parametrize(("event", "admitted"), EVENTS.values(), ids=EVENTS)
def test_events(event: Event, *, admitted: bool) -> None:
    assert gate.admits(DUE, event, START) is admitted
    anywhere = DUE._replace(unsettled=(ANY,))
    assert gate.admits(anywhere, event, START) is (event == Event())
    assert not gate.admits(DUE._replace(boot_id=""), event, START._replace(boot_id=""))


def told(kind: str) -> Callable[[tuple[Probe, ...]], dict[Probe, Finding]]:
    return lambda probes: {probe: Finding(kind) for probe in probes}


SEEN = two_defaults()
RESOLVED = SEEN._replace(neighbours=(Neighbour(2, GATE0, "reachable"),))
HELD = Gate(digest=gate.digest(SEEN, ()), hops=((HOP, "yes"),))
LOOKS = {
    "as-it-was": (HELD, SEEN, "yes", True),
    "next-hop-dead": (HELD, SEEN, "no", False),
    "next-hop-uncertain": (HELD, SEEN, "unknown", False),
    "vouched-for": (HELD, RESOLVED, "no", True),
    "it-was-dead": (HELD._replace(hops=((HOP, "no"),)), SEEN, "no", True),
    "it-was-dead-and-is-vouched-for": (HELD._replace(hops=((HOP, "no"),)), RESOLVED, "no", False),
    "nothing-to-ask": (HELD._replace(hops=()), SEEN, "no", True),
    "a-gap": (HELD, SEEN._replace(gaps=("routes",)), "yes", False),
    "another-machine": (HELD, SEEN._replace(links=SEEN.links[:-1]), "yes", False),
}


@pytest.mark.parametrize(("held", "snapshot", "kind", "holds"), LOOKS.values(), ids=LOOKS)
def test_looks(held: Gate, snapshot: Snapshot, kind: str, *, holds: bool) -> None:
    assert gate.holds(held, snapshot, told(kind)) is holds


def test_an_answer_that_does_not_come_is_none() -> None:
    assert not gate.holds(HELD, SEEN, lambda _probes: {})


def six(text: str, preferred_for: int | None = None, flag: str = "", created: int = 0) -> Address:
    return Address(6, text, 64, 2, frozenset({flag} - {""}), preferred_for, preferred_for, created)


ONE, OTHER = "2a0d:1234:1::5", "2a0d:1234:1::6"


def of(*addresses: Address, routes: tuple[Route, ...] = (), rules: tuple[Rule, ...] = ()) -> Snapshot:
    return Snapshot((WAN0,), addresses, routes, rules, (), {Question(6): via(WAN0, "fe80::1")})


BASE = of(six(ONE, 600), six(OTHER, 500))
SAME = {
    "lifetimes-run-down": of(six(ONE, 60), six(OTHER, 50)),
    "neighbours": BASE._replace(neighbours=(Neighbour(2, GATE0, "stale"),)),
    "route-to-a-corner": of(*BASE.addresses, routes=(Route(6, 254, "2a0d:1::", 32, 5, 2),)),
}
DIFFERENT = {
    "order-of-lifetimes": of(six(ONE, 500), six(OTHER, 600)),
    "equal-lifetimes": of(six(ONE, 500), six(OTHER, 500)),
    "for-ever": of(six(ONE), six(OTHER, 500)),
    "flag": of(six(ONE, 600, "deprecated"), six(OTHER, 500)),
    "created": of(six(ONE, 600, created=7), six(OTHER, 500)),
    "gone": of(six(ONE, 600)),
    "route-to-everywhere": of(*BASE.addresses, routes=(Route(6, 254, "::", 0, 5, 2),)),
    "rule": of(*BASE.addresses, rules=(Rule(6, 5, 100),)),
    "way": BASE._replace(ways={Question(6): None}),
    "link": BASE._replace(links=(WAN0._replace(carrier=False),)),
}


@pytest.mark.parametrize("snapshot", SAME.values(), ids=SAME)
def test_what_passes_by_itself_is_not_seen(snapshot: Snapshot) -> None:
    assert gate.digest(snapshot, (ONE, OTHER)) == gate.digest(BASE, (ONE, OTHER))


@pytest.mark.parametrize("snapshot", DIFFERENT.values(), ids=DIFFERENT)
def test_what_may_decide_is_seen(snapshot: Snapshot) -> None:
    assert gate.digest(snapshot, (ONE, OTHER)) != gate.digest(BASE, (ONE, OTHER))


def test_lifetimes_count_only_among_those_that_are_ranked() -> None:
    assert gate.digest(DIFFERENT["order-of-lifetimes"], (ONE,)) == gate.digest(BASE, (ONE,))


def test_for_ever_counts_everywhere() -> None:
    assert gate.digest(DIFFERENT["for-ever"], ()) != gate.digest(BASE, ())


# --- its text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [WHOLE, Gate(), WHOLE._replace(due_at=None, hops=())], ids=["whole", "empty", "no-hops"])
def test_round_trip(made: Gate) -> None:
    assert gate.decode(gate.encode(made)) == made


def test_its_text_is_short_and_printable() -> None:
    text = gate.encode(WHOLE)
    assert (len(text) < 700, text.isascii(), text.startswith(b"edge-agent gate 1\t")) == (True, True, True)


def sealed(body: bytes) -> bytes:
    return f"{gate.HEADER}\t{gate.mark(body)}\n".encode() + body


TEXT = gate.encode(WHOLE)
BODY = TEXT.partition(b"\n")[2]
NO_GATES = {
    "empty": b"",
    "foreign": b"edge-agent memory 1\n",
    "torn": TEXT[:-1],
    "another-version": TEXT.replace(b"gate 1", b"gate 2"),
    "changed": TEXT.replace(b"wan9", b"wan8"),
    "no-lines": sealed(b""),
    "few-lines": sealed(BODY.partition(b"\n")[0] + b"\n"),
    "no-number": sealed(BODY.replace(b"2.0\t", b"two\t")),
    "odd-files": sealed(BODY.replace(b"\tmissing", b"")),
    "no-hop": sealed(BODY + b"yes\n"),
    "no-escape": sealed(BODY.replace(b"%25", b"%2")),
    "not-ascii": sealed(BODY.replace(b"wan9", b"wan\xff")),
}


@pytest.mark.parametrize("octets", NO_GATES.values(), ids=NO_GATES)
def test_everything_else_is_no_gate(octets: bytes) -> None:
    assert gate.decode(octets) is None


def test_marks_tell_parts_and_modes_apart() -> None:
    assert gate.mark(b"ab", b"c") != gate.mark(b"a", b"bc")
    assert gate.mark_of(0o100600, b"x") != gate.mark_of(0o100644, b"x")


# --- after a run -----------------------------------------------------------------------------------------------------

RECORD = Record("home.example.com", ("A",), "acct", Selection(), fingerprint="f1")
WANTED = Settings(accounts={"acct": Account("acct", "plain", fingerprint="a1")}, records=(RECORD,), families=(4,))


def after(world: FakeWorld, wanted: Settings = WANTED, event: Event = Event(), runs: int = 1) -> Gate | None:  # noqa: B008 - a value
    """The gate behind the last of several runs, the first of which publishes."""
    for _ in range(runs):
        agent.run(Event(), wanted._replace(force=False), world.later(10))
    return quiet.gate_of(agent.run(event, wanted, world.later(10)), wanted, world.provider)


def test_what_is_in_a_gate() -> None:
    made = after(FakeWorld(SEEN, answering("updated")))
    assert made is not None
    hops = ((HOP, "yes"), (Probe("gateway", 4, "wan1", 3, PUBLIC1, GATE1), "yes"))
    assert {probe._replace(routed=False) for probe, _ in made.hops} == {probe._replace(routed=False) for probe, _ in hops}
    assert (made.digest, made.families, made.patience_for) == (gate.digest(SEEN, ()), (4,), 2.0)
    assert (made.leased, made.unsettled, made.ranked, made.due_at) == ((PUBLIC0,), (), (), None)


OPEN: dict[str, Callable[[FakeWorld], Gate | None]] = {
    "something-was-sent": lambda world: after(world, runs=0),
    "forced": lambda world: after(world, WANTED._replace(force=True)),
    "dry": lambda world: after(world, WANTED._replace(dry_run=True)),
    "json": lambda world: after(world, WANTED._replace(json=True)),
    "verbose": lambda world: after(world, WANTED._replace(verbosity=1)),
    "not-wanted": lambda world: after(world, WANTED._replace(gate=False)),
    "no-records": lambda world: after(world, WANTED._replace(records=())),
    "the-outside-was-asked": lambda world: after(world, checked("outside")),
    "no-interface-fits": lambda world: after(world, beside("ppp*")),
}


def checked(how: str) -> Settings:
    return WANTED._replace(records=(RECORD._replace(selection=Selection(check=how, echo4=("https://one.example",))),))


def beside(pattern: str) -> Settings:
    other = RECORD._replace(name="x.example.com", types=("AAAA",), selection=Selection((pattern,)))
    return WANTED._replace(records=(RECORD, other))


@pytest.mark.parametrize("made", OPEN.values(), ids=OPEN)
def test_runs_that_leave_no_gate(made: Callable[[FakeWorld], Gate | None]) -> None:
    assert made(FakeWorld(SEEN, answering("updated"))) is None


def test_a_pin_a_gap_and_a_note() -> None:
    world = FakeWorld(SEEN, answering("updated"))
    assert after(world) is not None
    pinned = world.memory._replace(pin=Pin("wan0", begin(world.now(), 0.001)))
    done = agent.run(Event(), WANTED, world)
    assert done.evidence is not None
    assert quiet.gate_of(done._replace(evidence=done.evidence._replace(memory=pinned)), WANTED, world.provider) is None
    assert quiet.gate_of(done._replace(notes=("a note",)), WANTED, world.provider) is None
    assert quiet.gate_of(done._replace(exit=1), WANTED, world.provider) is None
    world.snapshot = SEEN._replace(gaps=("routes",))
    assert after(world) is None


def test_a_refresh_is_due_by_the_wall_clock() -> None:
    world = FakeWorld(SEEN, answering("updated"))
    made = after(world, WANTED._replace(force_after_for=7200.0))
    assert made is not None
    assert made.due_at == START.wall + 10 + 7200
    assert (after(FakeWorld(SEEN, answering("updated"), PLAIN._replace(force_after_for=60.0))) or Gate()).due_at == START.wall + 70


def test_what_was_published_before_the_clock_was_set_is_never_refreshed() -> None:
    world = FakeWorld(SEEN, answering("updated"))
    world.time = Now(100.0, 100.0, "boot-1")
    made = after(world, WANTED._replace(force_after_for=7200.0))
    assert (made is not None and made.due_at is None, world.now().wall < CLOCK_FLOOR) == (True, True)


def test_an_uplink_that_is_waited_for() -> None:
    """Nothing is sent and nothing said, but in a minute something will be."""
    world = FakeWorld(SEEN, answering("updated"))
    assert after(world) is not None
    world.findings = {HOP._replace(routed=False): Finding("no"), HOP: Finding("no")} | {
        probe: Finding("yes") for probe, _ in (after(world) or Gate()).hops if probe.interface == "wan1"
    }
    agent.run(Event(), WANTED, world)
    world.findings = {}
    assert (after(world), len(world.sent)) == (None, 2)
    assert after(world.later(100), runs=2) is not None


def test_several_values() -> None:
    """Lifetimes of all addresses count, and every hook that tells of a lease is a whole run."""
    snapshot = box(
        (WAN0, WAN1),
        (on(WAN0, PUBLIC0, preferred_for=600), on(WAN0, "45.83.1.9", preferred_for=500), on(WAN1, PUBLIC1, preferred_for=500)),
        {
            Question(4, ifindex=2): via(WAN0, GATE0, 1),
            Question(4, ifindex=3): via(WAN1, GATE1, 2),
            Question(4): via(WAN0, GATE0, 1),
        },
    )
    each = PLAIN._replace(each=True)
    wanted = WANTED._replace(records=(RECORD._replace(each=True),))
    made = after(FakeWorld(snapshot, answering("updated"), each), wanted)
    assert made is not None
    assert (made.leased, len(made.ranked)) == ((), 3)
    assert after(FakeWorld(snapshot, answering("updated"), each), wanted, hook(PUBLIC0)) is None


def test_lifetimes_among_those_that_are_published() -> None:
    snapshot = box(
        (WAN0,),
        (on(WAN0, PUBLIC0, preferred_for=600), on(WAN0, "45.83.1.9", preferred_for=500), on(WAN0, "45.83.1.8", preferred_for=400)),
        {Question(4, ifindex=2): via(WAN0, GATE0), Question(4): via(WAN0, GATE0)},
    )
    own = Selection(source="static", addresses=("45.83.1.9",))
    wanted = WANTED._replace(records=(RECORD, RECORD._replace(name="x.example.com", selection=own)))
    made = after(FakeWorld(snapshot, answering("updated")), wanted)
    assert (made or Gate()).ranked == (PUBLIC0, "45.83.1.9")
    assert (made or Gate()).leased == (PUBLIC0,)  # a lease of the other one would overtake it


def test_a_lease_of_an_address_that_two_interfaces_have() -> None:
    """It says of one of them what holds for both."""
    twice = SEEN._replace(addresses=(*SEEN.addresses, on(WAN1, PUBLIC0)))
    made = after(FakeWorld(twice, answering("updated")))
    assert (made is not None and made.leased) == ()


def test_a_choice_that_the_lease_alone_explains() -> None:
    """Without the lease the next run would choose otherwise."""
    flags = Selection(allow=frozenset({"temporary"}))
    snapshot = box(
        (WAN0,),
        (on(WAN0, PUBLIC0), on(WAN0, "45.83.1.9", "temporary")),
        {Question(4, ifindex=2): via(WAN0, GATE0), Question(4): via(WAN0, GATE0)},
    )
    wanted = WANTED._replace(records=(RECORD._replace(selection=flags),))
    world = FakeWorld(snapshot, answering("updated"))
    agent.run(hook("45.83.1.9"), wanted, world)
    assert after(world, wanted, hook("45.83.1.9"), runs=0) is None
    assert (len(world.sent), world.sent[0][0].endswith("45.83.1.9")) == (1, True)


def test_what_is_expected_of_other_interfaces() -> None:
    """IPv6 has an address but no way out yet: an event of that interface is waited for. An end is, where nothing is left."""
    snapshot = box(
        (WAN0, WAN1),
        (on(WAN0, PUBLIC0), on(WAN1, "2a0d:1234:2::7")),
        {Question(4, ifindex=2): via(WAN0, GATE0), Question(4): via(WAN0, GATE0), Question(6): None},
    )
    record = RECORD._replace(types=("A", "AAAA"), optional=("A", "AAAA"))
    wanted = WANTED._replace(families=(4, 6), records=(record,))
    made = after(FakeWorld(snapshot, answering("updated")), wanted)
    assert (made or Gate()).unsettled == ("wan1",)
    other = RECORD._replace(name="x.example.com", types=("AAAA",), selection=Selection(source="static", addresses=("2a0d::5",)))
    made = after(FakeWorld(snapshot, answering("updated")), wanted._replace(records=(record, other)))
    assert (made or Gate()).unsettled == (ANY, "wan1")


def test_duplicate_address_detection_is_waited_for() -> None:
    snapshot = box(
        (WAN0,),
        (on(WAN0, PUBLIC0), on(WAN0, "2a0d:1234:1::7", "tentative")),
        {
            Question(4, ifindex=2): via(WAN0, GATE0),
            Question(4): via(WAN0, GATE0),
            Question(6, ifindex=2): via(WAN0, "fe80::1"),
            Question(6): via(WAN0, "fe80::1"),
        },
    )
    record = RECORD._replace(types=("A", "AAAA"), optional=("A", "AAAA"))
    world = FakeWorld(snapshot, answering("updated"))
    assert after(world, WANTED._replace(families=(4, 6), records=(record,))) is None
    assert world.memory != Memory()
