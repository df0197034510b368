"""Laws of failover, over uplinks that come and go as they please: what is published never flaps, and ends where it should."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import each, egress, failover
from edge_agent.candidates import survey
from edge_agent.model import Entry, Event, Field, Finding, Probe, Record, Selection, Settings, Standing
from edge_agent.pauses import begin
from tests.pure.fake_world import START
from tests.pure.lines import NAME, Lines, public

NAMES = ("wan0", "wan1", "wan2")
deaths = st.frozensets(st.sampled_from(NAMES))
standings = st.builds(
    Standing,
    st.sampled_from((*NAMES, "ppp7")),
    st.integers(0, 3),
    st.sampled_from(("", *NAMES, "ppp7")),
    st.none() | st.builds(begin, st.just(START), st.sampled_from([0.0, 10.0, 60.0])),
)


def field_of(dead: frozenset[str]) -> tuple[Field, dict[Probe, Finding]]:
    """What one look at three uplinks shows, with every answer known."""
    world = Lines(3)
    world.dead = dead
    field = survey(Event(), world.look(), Selection(), 4)
    known: dict[Probe, Finding] = {}
    while wanted := egress.probes(field, known):
        known |= world.probe(wanted)
    return field, known


@given(deaths, standings, st.integers(1, 4))
def test_an_unchanging_world_leads_to_a_standing_that_no_longer_changes(dead: frozenset[str], first: Standing, after: int) -> None:
    field, known = field_of(dead)
    rules = Settings(failover_after=after)
    standing, seen = first, []
    for _ in range(after + 2):
        choice, standing = failover.steady(field, known, standing, START, rules)
        seen.append((choice, standing))
    assert seen[-1] == seen[-2]
    if choice.kind == "use":
        assert choice.interface == standing.interface


@given(deaths, standings)
def test_hold_has_no_address_and_a_dead_uplink_is_never_used(dead: frozenset[str], first: Standing) -> None:
    field, known = field_of(dead)
    choice, _ = failover.steady(field, known, first, START, Settings())
    assert (choice.kind == "use") == (choice.address is not None)
    assert choice.kind == "hold" or choice.interface not in dead
    assert (choice.kind == "hold") == (choice.reason is not None)


looks = st.lists(st.tuples(deaths, st.sampled_from([1, 5, 30, 100])), max_size=25)


@given(looks, deaths, st.integers(1, 3))
@settings(max_examples=60)
def test_after_a_long_enough_time_the_best_that_works_is_in_use(
    history: list[tuple[frozenset[str], int]], last: frozenset[str], after: int
) -> None:
    world = Lines(3)
    rules = world.settings(failover_after=after, settle_for=1.0)
    published, sent = None, 0
    for dead, later in (*history, *[(last, 61)] * (after + 4)):
        world.dead = dead
        report = world.later(later).run(rules)
        step = report.lines[0].step
        assert (step.kind == "publish") == (len(world.sent) > sent)
        if step.kind == "hold":
            assert world.says() == published  # what is published stays
        published, sent = world.says(), len(world.sent)
    best = [public(number) for number, name in enumerate(NAMES) if name not in last]
    assert not best or published == best[0]
    settled = world.settled
    world.later(61).run(rules)
    assert (world.settled, len(world.sent)) == (settled, sent)


@given(st.lists(st.booleans(), max_size=40), st.integers(2, 5))
@settings(max_examples=60)
def test_failing_fewer_times_in_a_row_than_it_takes_changes_nothing(bad: list[bool], after: int) -> None:
    world = Lines()
    rules = world.settings(failover_after=after, settle_for=0.0)
    world.run(rules)
    row = 0
    for one in bad:
        row = row + 1 if one and row + 1 < after else 0
        world.dead = frozenset({"wan0"} if row else ())
        world.later(10).run(rules)
        assert world.says() == public(0)
    assert len(world.sent) == 1


@given(st.lists(st.integers(1, 59), max_size=20))
@settings(max_examples=60)
def test_working_for_less_than_the_wait_changes_nothing(spells: list[int]) -> None:
    world = Lines()
    world.run()
    world.dead = frozenset({"wan0"})
    world.run()
    for spell in spells:
        world.dead = frozenset()
        world.later(5).run()
        world.later(spell).run()
        world.dead = frozenset({"wan0"})
        world.run()
    assert (world.says(), len(world.sent)) == (public(1), 2)


@given(st.lists(deaths, min_size=1, max_size=15), st.lists(st.sampled_from(["wan0", "wan1", "wan2"]), max_size=2))
@settings(max_examples=60)
def test_a_name_with_a_value_for_each_is_never_emptied_and_ends_with_all_that_work(
    history: list[frozenset[str]], last: list[str]
) -> None:
    """The name as the service has it, from the requests alone."""
    world = Lines(3)
    rules = world.settings(Record(NAME, ("A",), "acct", Selection(), fingerprint="f1", each=True))
    name: set[str] = set()
    for dead in (*history, *[frozenset(last)] * 5):
        world.dead, before = dead, bool(name)
        world.sent.clear()
        world.later(61).run(rules)
        for url, _ in world.sent:
            what, address, own = url.partition(f"/{NAME}/")[2].split("/")
            if what == "withdraw":
                name.discard(address)
            else:
                name = (name - {min(old, default="")} if (old := name & {*own.split(",")} - {address}) else name) | {address}
        assert name or not before
    assert name == {public(number) for number, one in enumerate(NAMES) if one not in last}
    assert {entry.address for entry in world.memory.entries.values()} == name


entries = st.dictionaries(st.sampled_from(["", *NAMES]), st.builds(Entry, st.sampled_from(["1", "2", "3", "4"])), max_size=4)
wants = st.dictionaries(st.sampled_from(["", *NAMES]), st.sampled_from(["1", "2", "3", "4"]), max_size=3)


@given(entries, wants)
def test_realigning_loses_nothing_and_is_done_once(own: dict[str, Entry], wanted: dict[str, str]) -> None:
    unique = {name: address for name, address in wanted.items() if [*wanted.values()].count(address) == 1}
    homes = each.realigned(own, unique)
    assert sorted(entry.address or "" for entry in homes.values()) == sorted(entry.address or "" for entry in own.values())
    assert each.realigned(homes, unique) == homes
    for name, address in unique.items():
        if any(entry.address == address for entry in own.values()):
            assert homes[name].address == address
