"""The run as a whole, over a world of values: what is sent, what is kept, and what the next run makes of it."""

from collections.abc import Mapping

import pytest

from edge_agent import agent, egress
from edge_agent.candidates import survey
from edge_agent.model import (
    Account,
    Event,
    Finding,
    Key,
    Memory,
    Now,
    Probe,
    Question,
    Record,
    Report,
    Secret,
    Selection,
    Settings,
    Snapshot,
)
from edge_agent.providers.provider import Job, Provider
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Dialogue, Failure, Outcome, Request, ask
from tests.pure.box import GATE0, PUBLIC0, PUBLIC1, STABLE, WAN0, box, on, two_defaults, via
from tests.pure.fake_world import PLAIN, FakeWorld, answering, one_by_one

NAME = "home.example.com"
A = Key("acct", NAME, "A")


def settings(*records: Record, **more: object) -> Settings:
    own = records or (Record(NAME, ("A",), "acct", Selection(), fingerprint="f1"),)
    return Settings(accounts={"acct": Account("acct", "plain", fingerprint="a1")}, records=own)._replace(**more)  # type: ignore[arg-type]


def dual() -> FakeWorld:
    snapshot = box(
        (WAN0,),
        (on(WAN0, PUBLIC0), on(WAN0, STABLE)),
        {
            Question(4): via(WAN0, None),
            Question(4, ifindex=2): via(WAN0, None),
            Question(6): via(WAN0, None),
            Question(6, ifindex=2): via(WAN0, None),
        },
    )
    return FakeWorld(snapshot, answering("updated"))


def verdicts(report: Report) -> list[tuple[str, str, str | None]]:
    return [(line.step.kind, line.step.reason, line.verdict) for line in report.lines]


def run(world: FakeWorld, wanted: Settings | None = None, event: Event = Event()) -> Report:  # noqa: B008 - a value
    return agent.run(event, wanted or settings(), world)


def test_first_run_publishes_and_the_second_sends_nothing() -> None:
    world = FakeWorld(two_defaults(), answering("updated"))
    assert verdicts(run(world)) == [("publish", "new", "updated")]
    assert world.memory.entries[A].address == PUBLIC0
    assert verdicts(run(world.later(60))) == [("keep", "unchanged", None)]
    assert (len(world.sent), world.settled) == (1, 1)


def test_a_changed_address_is_published_once() -> None:
    world = FakeWorld(two_defaults(), answering("updated"))
    run(world)
    world.snapshot = two_defaults()._replace(addresses=(on(WAN0, "45.83.1.8"),))
    report = run(world.later(60))
    assert verdicts(report) == [("publish", "changed", "updated")]
    assert (report.lines[0].step.was, report.lines[0].step.address) == (PUBLIC0, "45.83.1.8")
    run(world.later(60))
    assert len(world.sent) == 2


def test_dry_run_sends_and_remembers_nothing() -> None:
    world = FakeWorld(two_defaults(), answering("updated"))
    report = run(world, settings(dry_run=True))
    assert (verdicts(report), report.dry) == ([("publish", "new", None)], True)
    assert (world.sent, world.kept, world.settled) == ([], [], 0)


def test_hold_sends_nothing() -> None:
    world = FakeWorld(box((), (), {Question(4): None}), answering("updated"))
    assert verdicts(run(world)) == [("hold", "no_route", None)]
    assert world.sent == []


def test_a_selector_that_fits_nothing_holds_and_lists_what_exists() -> None:
    chosen = Selection(("ppp*",))
    world = FakeWorld(two_defaults(), answering("updated"))
    report = run(world, settings(Record(NAME, ("A",), "acct", chosen), selection=chosen))
    assert verdicts(report) == [("hold", "no_match", None)]
    assert report.choices[0][1][0].notes == ("no interface fits ppp*; this machine has: lo, wan0, wan1, lan0",)


def test_killed_between_sending_and_the_answer_is_looked_at_again() -> None:
    world = FakeWorld(two_defaults(), answering("updated"))

    def die(request: Request) -> Answer:
        raise KeyboardInterrupt

    world.reply = die
    with pytest.raises(KeyboardInterrupt):
        run(world)
    world.killed().reply = answering("updated")
    assert verdicts(run(world)) == [("defer", "paused", None)]
    assert verdicts(run(world.later(20))) == [("publish", "new", "updated")]
    assert verdicts(run(world.later(60))) == [("keep", "unchanged", None)]


def test_killed_while_changing_is_doubtful_even_when_the_old_address_returns() -> None:
    world = FakeWorld(two_defaults(), answering("updated"))
    run(world)
    world.snapshot = two_defaults()._replace(addresses=(on(WAN0, "45.83.1.8"),))
    world.reply = lambda _request: Failure("unconfirmed", "no answer within 15 s")
    assert verdicts(run(world.later(60))) == [("publish", "changed", "unconfirmed")]
    world.snapshot, world.reply = two_defaults(), answering("updated")
    assert verdicts(run(world.later(60))) == [("publish", "unconfirmed", "updated")]
    assert verdicts(run(world.later(60))) == [("keep", "unchanged", None)]


def test_an_unreached_provider_leaves_no_doubt() -> None:
    world = FakeWorld(two_defaults(), answering("updated"))
    run(world)
    good = world.snapshot
    world.snapshot = two_defaults()._replace(addresses=(on(WAN0, "45.83.1.8"),))
    world.reply = lambda _request: Failure("unreachable", "no route to host")
    assert verdicts(run(world.later(60))) == [("publish", "changed", "unreachable")]
    world.snapshot = good
    assert verdicts(run(world.later(60))) == [("keep", "unchanged", None)]


def test_unreachable_backs_off_but_a_network_event_tries_at_once() -> None:
    world = FakeWorld(two_defaults(), lambda _request: Failure("unreachable", "no route to host"))
    assert verdicts(run(world))[0][2] == "unreachable"
    assert verdicts(run(world.later(1)))[0][2] == "unreachable"
    assert verdicts(run(world.later(1))) == [("defer", "paused", None)]
    assert verdicts(run(world, event=Event("dhclient", "bound")))[0][2] == "unreachable"


def test_the_failure_of_one_request_does_not_blame_the_others() -> None:
    records = (Record("a.example.com", ("A",), "acct", Selection()), Record("b.example.com", ("A",), "acct", Selection()))
    world = FakeWorld(two_defaults(), lambda _request: Failure("unconfirmed", "connection reset"))
    report = run(world, settings(*records))
    assert [line.verdict for line in report.lines] == ["unconfirmed", "unreachable"]


def test_a_record_that_failed_goes_last_next_time() -> None:
    records = (Record("a.example.com", ("A",), "acct", Selection()), Record("b.example.com", ("A",), "acct", Selection()))
    world = FakeWorld(two_defaults(), lambda request: Answer(200, {}, b"busy" if "/a." in request.url else b"updated"))
    run(world, settings(*records))
    world.sent.clear()
    run(world.later(400), settings(*records, force=True))
    assert ["/b." in url for url, _ in world.sent] == [True, False]


@pytest.mark.parametrize(
    ("update_via", "ways"),
    [
        pytest.param("any", (None, "wan0"), id="any"),
        pytest.param("same", ("wan0",), id="same"),
        pytest.param("wan1", ("wan1",), id="named"),
    ],
)
def test_the_update_goes_its_own_way(update_via: str, ways: tuple[str | None, ...]) -> None:
    world = FakeWorld(two_defaults(), answering("updated"))
    run(world, settings(update_via=update_via))
    assert [via for _, via in world.sent] == [ways]


def test_a_dead_uplink_is_not_tried_first() -> None:
    world = FakeWorld(two_defaults(), answering("updated"))
    world.findings = {probe: Finding("no" if probe.next_hop == GATE0 else "yes") for probe in asked_of(world)}
    run(world)
    assert [via for _, via in world.sent] == [("wan1", None)]


def asked_of(world: FakeWorld) -> tuple[Probe, ...]:
    return egress.probes(survey(Event(), world.snapshot, Selection(), 4), {})


def test_records_with_their_own_interface_have_their_own_choice() -> None:
    one, two = Selection(("wan0",)), Selection(("wan1",))
    records = (Record("one.example.com", ("A",), "acct", one), Record("two.example.com", ("A",), "acct", two))
    world = FakeWorld(two_defaults(), answering("updated"))
    report = run(world, settings(*records))
    assert [line.step.address for line in report.lines] == [PUBLIC0, PUBLIC1]
    assert [selection for selection, _ in report.choices] == [one, two]


def test_lifetimes_that_run_down_do_not_make_a_record_flap() -> None:
    def seen(first_for: int, second_for: int) -> Snapshot:
        ways = {Question(6): via(WAN0, None), Question(6, ifindex=2): via(WAN0, None)}
        addresses = on(WAN0, "2a0d:1234:1::1", preferred_for=first_for), on(WAN0, "2a0d:1234:1::2", preferred_for=second_for)
        return box((WAN0,), addresses, ways)

    wanted = settings(Record(NAME, ("AAAA",), "acct", Selection()))
    world = FakeWorld(seen(1000, 1800), answering("updated"))
    assert run(world, wanted).lines[0].step.address == "2a0d:1234:1::2"
    for first_for, second_for in ((900, 1700), (1800, 1600), (1700, 300)):
        world.snapshot = seen(first_for, second_for)
        assert verdicts(run(world.later(60), wanted)) == [("keep", "unchanged", None)]
    world.snapshot = seen(1700, 300)._replace(addresses=(on(WAN0, "2a0d:1234:1::1", preferred_for=1700),))
    assert run(world.later(60), wanted).lines[0].step.address == "2a0d:1234:1::1"


def test_two_selections_ask_the_same_question_once() -> None:
    asked: list[tuple[Probe, ...]] = []

    class Listening(FakeWorld):
        def probe(self, probes: tuple[Probe, ...]) -> Mapping[Probe, Finding]:
            asked.append(probes)
            return super().probe(probes)

    records = (Record(NAME, ("A",), "acct", Selection()), Record("b.example.com", ("A",), "acct", Selection(("wan1",))))
    run(Listening(two_defaults(), answering("updated")), settings(*records))
    assert [len(probes) for probes in asked] == [2]


@pytest.mark.parametrize(
    ("scope", "sent"),
    [pytest.param("provider", 1, id="provider"), pytest.param("account", 2, id="account"), pytest.param("record", 2, id="record")],
)
def test_a_lock_out_stops_the_rest_of_its_scope_at_once(scope: str, sent: int) -> None:
    def refusing(job: Job) -> Dialogue:
        for target in job.targets:
            yield from ask(Request("GET", job.server, changes=(target,)))
            yield Outcome(target, Verdict("refused", "badagent", scope=scope))

    world = FakeWorld(two_defaults(), answering(""), PLAIN._replace(dialogue=refusing))
    records = (Record("a.example.com", ("A",), "one", Selection()), Record("b.example.com", ("A",), "two", Selection()))
    report = run(world, settings(*records, accounts={name: Account(name, "plain") for name in ("one", "two")}))
    assert len(world.sent) == sent
    second = report.lines[1]
    assert (second.step.reason, second.verdict) == (("locked", None) if sent == 1 else ("new", "refused"))


def test_a_secret_that_a_provider_quotes_is_not_remembered() -> None:
    world = FakeWorld(two_defaults(), answering("x"), PLAIN._replace(dialogue=quoting))
    account = Account("acct", "plain", {"token": Secret("S3cret-token")}, fingerprint="a1")
    run(world, settings(accounts={"acct": account}))
    assert "S3cret" not in repr(world.memory) + repr(world.kept)
    assert "no such token" in world.memory.entries[A].detail


def quoting(job: Job) -> Dialogue:
    for target in job.targets:
        yield Outcome(target, Verdict("garbled", f"no such token {job.credentials['token']}"))


def test_without_writable_memory_only_a_provider_that_looks_first_is_trusted() -> None:
    world = FakeWorld(two_defaults(), answering("updated"))
    world.unwritable = "no space left in /run/edge-agent"
    report = run(world)
    assert (verdicts(report), report.notes) == ([("hold", "no_memory", None)], (world.unwritable,))
    assert world.sent == []
    assert verdicts(run(world, settings(force=True)))[0][2] == "updated"
    world.facts = PLAIN._replace(reads=True)
    report = run(world)
    assert (verdicts(report)[0][2], report.notes) == ("updated", (world.unwritable,))


def test_both_families_are_asked_in_one_round() -> None:
    rounds: list[int] = []
    ways = {Question(f): via(WAN0, hop) for f, hop in ((4, "45.83.1.1"), (6, "fe80::1"))}
    ways |= {Question(f, ifindex=2): way for (f, *_), way in ways.items()}
    world = FakeWorld(box((WAN0,), (on(WAN0, PUBLIC0), on(WAN0, STABLE)), ways), answering("updated"))

    class Counting(FakeWorld):
        def probe(self, probes: tuple[Probe, ...]) -> dict[Probe, Finding]:
            rounds.append(len(probes))
            return {probes[0]: Finding("yes")}  # the other one is never answered

    counting = Counting(world.snapshot, answering("updated"))
    report = run(counting, settings(Record(NAME, ("A", "AAAA"), "acct", Selection())))
    assert rounds == [2]
    assert [line.verdict for line in report.lines] == ["updated", "updated"]


# --- families that go together ---------------------------------------------------------------------------------------

BOTH = Record(NAME, ("A", "AAAA"), "acct", Selection(), fingerprint="f1")


def provider(pairs: str) -> Provider:
    return Provider("plain", "Plain", one_by_one, "https://plain.example", pairs=pairs)


def test_a_family_this_box_never_had_is_no_trouble_unless_asked_for() -> None:
    optional = BOTH._replace(optional=("A", "AAAA"))
    world = FakeWorld(two_defaults(), answering("updated"))
    assert verdicts(run(world, settings(optional)))[1] == ("keep", "not_here", None)
    assert verdicts(run(world, settings(BOTH)))[1] == ("hold", "no_route", None)
    empty = FakeWorld(box((), (), {Question(4): None}), answering("updated"))
    assert [kind for kind, _, _ in verdicts(run(empty, settings(optional)))] == ["hold", "hold"]


def test_only_the_wanted_families_are_looked_at() -> None:
    report = run(dual(), settings(BOTH, families=(6,)))
    assert [line.step.key.type for line in report.lines] == ["AAAA"]


def test_together_sends_both_when_one_changes() -> None:
    world = dual()
    world.facts = provider("together")
    run(world, settings(BOTH))
    world.snapshot = world.snapshot._replace(addresses=(on(WAN0, "45.83.1.8"), on(WAN0, STABLE)))
    report = run(world.later(60), settings(BOTH))
    assert verdicts(report) == [("publish", "changed", "updated"), ("publish", "sent_together", "updated")]
    assert verdicts(run(world.later(60), settings(BOTH))) == [("keep", "unchanged", None)] * 2


def test_alone_sends_only_what_changed() -> None:
    world = dual()
    run(world, settings(BOTH))
    world.snapshot = world.snapshot._replace(addresses=(on(WAN0, "45.83.1.8"), on(WAN0, STABLE)))
    assert verdicts(run(world.later(60), settings(BOTH))) == [("publish", "changed", "updated"), ("keep", "unchanged", None)]


def test_required_sends_nothing_while_one_family_is_unknown() -> None:
    world = FakeWorld(two_defaults(), answering("updated"), provider("required"))
    assert verdicts(run(world, settings(BOTH))) == [("hold", "other_family_unknown", None), ("hold", "no_route", None)]
    alone = Account("acct", "plain", options={"single_family": "yes"})
    assert verdicts(run(world, settings(BOTH, accounts={"acct": alone})))[0] == ("publish", "new", "updated")


def test_required_keeps_what_is_published_when_nothing_is_due() -> None:
    world = dual()
    world.facts = provider("required")
    run(world, settings(BOTH))
    assert verdicts(run(world.later(9), settings(BOTH))) == [("keep", "unchanged", None)] * 2


def test_required_with_a_deferred_sibling_waits_for_it() -> None:
    world = dual()
    world.facts = provider("together")
    world.reply = lambda request: Answer(200, {}, b"busy" if ":" in request.url[8:] else b"updated")
    run(world, settings(BOTH))
    world.snapshot = world.snapshot._replace(addresses=(on(WAN0, "45.83.1.8"), on(WAN0, STABLE)))
    report = run(world.later(10), settings(BOTH))
    assert [(kind, reason) for kind, reason, _ in verdicts(report)] == [("defer", "paused")] * 2
    world.reply = answering("updated")
    assert [v for _, _, v in verdicts(run(world.later(1000), settings(BOTH)))] == ["updated", "updated"]


def test_memory_of_another_world_is_left_alone() -> None:
    world = FakeWorld(two_defaults(), answering("updated"))
    other = Key("other", "x.example.org", "A")
    run(world)
    world.memory = Memory({**world.memory.entries, other: world.memory.entries[A]}, {})
    world.snapshot = two_defaults()._replace(addresses=(on(WAN0, "45.83.1.8"),))
    run(world.later(60))
    assert other in world.memory.entries


def test_the_job_knows_the_time() -> None:
    world = FakeWorld(two_defaults(), answering("updated"))
    world.time = Now(1.0, 1.0, "b")
    run(world)
    assert world.memory.entries[A].published_at == 1.0
