"""Laws of the choice and the plan, over generated machines: order does not matter, worse is no better, hold publishes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent import agent, egress
from edge_agent.candidates import survey
from edge_agent.model import (
    Account,
    Address,
    Choice,
    Event,
    Finding,
    Link,
    Probe,
    Question,
    Record,
    Selection,
    Settings,
    Snapshot,
    Way,
)
from edge_agent.wire import Answer
from tests.pure.fake_world import FakeWorld

TEXTS = ("45.83.1.7", "45.83.2.7", "45.83.3.7", "192.168.1.2", "100.64.0.9", "127.0.0.1", "169.254.3.3", "45.83.1.9")
FLAGS = ("tentative", "dad_failed", "deprecated", "temporary", "permanent")

links = st.builds(
    Link,
    st.integers(1, 4),
    st.just(""),
    up=st.booleans(),
    carrier=st.sampled_from([True, False, None]),
    state=st.sampled_from(["up", "down", "unknown", "lowerlayerdown"]),
)
addresses = st.builds(
    Address,
    st.just(4),
    st.sampled_from(TEXTS),
    st.just(24),
    st.integers(1, 5),
    st.frozensets(st.sampled_from(FLAGS), max_size=1),
    st.sampled_from([None, 60, 3600]),
)
hops = st.tuples(st.integers(1, 4), st.sampled_from([None, "45.83.1.1", "fe80::1"]), st.integers(1, 3))
some_ways = st.none() | st.builds(
    Way, st.sampled_from([254, 100]), st.integers(0, 3), st.lists(hops, min_size=1, max_size=2).map(tuple)
)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    named = {link.ifindex: link._replace(name=f"if{link.ifindex}") for link in draw(st.lists(links, max_size=4))}
    unique = {(address.text, address.ifindex): address for address in draw(st.lists(addresses, max_size=6))}
    ways = {Question(4, ifindex=index): draw(some_ways) for index in named}
    ways[Question(4)] = draw(some_ways)
    return Snapshot(tuple(named.values()), tuple(unique.values()), ways=ways)


selections = st.builds(
    Selection,
    st.sampled_from([(), ("if1",), ("if2", "*"), ("if?",)]),
    st.sampled_from([(), ("if3",)]),
    check=st.sampled_from(["off", "gateway", "outside"]),
    echo4=st.just(("https://one.example", "https://two.example")),
    source=st.sampled_from(["auto", "interface", "echo"]),
)
kinds = st.sampled_from(["yes", "no", "unknown"])


def decide(snapshot: Snapshot, selection: Selection, seed: str) -> tuple[Choice, int]:
    """Every probe's answer depends on the probe alone, so that both orders of the same machine hear the same."""
    field = survey(Event(), snapshot, selection, 4)
    known: dict[Probe, Finding] = {}
    rounds = 0
    while wanted := egress.probes(field, known):
        rounds += 1
        known |= {probe: Finding(seed[(probe.ifindex + len(probe.kind)) % len(seed)], "45.83.9.9") for probe in wanted}
        known |= {
            probe: finding._replace(kind={"y": "yes", "n": "no"}.get(finding.kind, "unknown")) for probe, finding in known.items()
        }
    return egress.choose(field, known), rounds


seeds = st.text(alphabet="ynu", min_size=1, max_size=6)


@given(snapshots(), selections, seeds, st.randoms(use_true_random=False))
def test_choice_ignores_the_order_of_listing(snapshot: Snapshot, selection: Selection, seed: str, random: object) -> None:
    shuffled = list(snapshot.addresses)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = snapshot._replace(addresses=tuple(shuffled), links=snapshot.links[::-1])
    assert decide(snapshot, selection, seed) == decide(again, selection, seed)


@given(snapshots(), selections, seeds)
def test_every_candidate_is_accounted_for(snapshot: Snapshot, selection: Selection, seed: str) -> None:
    choice, rounds = decide(snapshot, selection, seed)
    known_links = {link.ifindex for link in snapshot.links}
    present = sum(address.ifindex in known_links for address in snapshot.addresses)
    used = choice.kind == "use" and choice.origin in {"interface", "lease"}
    same = choice.kind == "use" and choice.origin == "echo" and choice.nat == "none"
    assert len(choice.rejected) == present - (1 if used or same else 0)
    assert all(loser.reason for loser in choice.rejected)
    assert rounds <= 3


@given(snapshots(), selections, seeds)
def test_hold_has_a_reason_and_use_an_address(snapshot: Snapshot, selection: Selection, seed: str) -> None:
    choice, _ = decide(snapshot, selection, seed)
    assert (choice.kind == "use") == (choice.address is not None)
    assert (choice.kind == "hold") == (choice.reason is not None)


@given(snapshots(), selections, seeds)
def test_a_useless_candidate_changes_nothing(snapshot: Snapshot, selection: Selection, seed: str) -> None:
    """Another interface that no one routes by, with a fine public address, never wins."""
    more = snapshot._replace(
        links=(*snapshot.links, Link(9, "zz9", carrier=True, state="up")),
        addresses=(*snapshot.addresses, Address(4, "45.83.200.1", 24, 9)),
        ways={**snapshot.ways, Question(4, ifindex=9): None},
    )
    before, after = decide(snapshot, selection, seed)[0], decide(more, selection, seed)[0]
    assert (before.kind, before.address, before.interface) == (after.kind, after.address, after.interface)


@given(snapshots(), selections, st.booleans())
def test_hold_never_publishes_or_withdraws(snapshot: Snapshot, selection: Selection, force: bool) -> None:  # noqa: FBT001 - drawn
    world = FakeWorld(snapshot, lambda _request: Answer(200, {}, b"updated"))
    record = Record("home.example.com", ("A",), "acct", selection)
    wanted = Settings(accounts={"acct": Account("acct", "plain")}, records=(record,), force=force)
    report = agent.run(Event(), wanted, world)
    choice = report.choices[-1][1][0]
    assert len(world.sent) == (1 if choice.kind == "use" else 0)
    again = agent.run(Event(), wanted._replace(force=False), world)
    assert again.lines[0].step.kind in {"keep", "hold"}
    assert len(world.sent) == (1 if choice.kind == "use" else 0)
