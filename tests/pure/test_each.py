"""One name with a value for every uplink: added, kept, changed and withdrawn, and never the last one."""

import pytest

from edge_agent import each
from edge_agent.model import Choice, Entry, Event, Key, Memory, Pin, Record, Report, Selection, Settings, Standing
from edge_agent.pauses import begin
from edge_agent.providers.rest import Move, move
from edge_agent.report import code_of, explaining, objects, said, standing
from edge_agent.wire import Answer, Failure, Request, Target
from tests.pure.lines import NAME, Lines, public
from tests.pure.settings_box import wish

EACH = Record(NAME, ("A",), "acct", Selection(), fingerprint="f1", each=True)
A = Key("acct", NAME, "A")


def wanted(world: Lines, record: Record = EACH, **more: object) -> Settings:
    return world.settings(record, **more)


def run(world: Lines, record: Record = EACH, **more: object) -> Report:
    world.sent.clear()
    return world.run(wanted(world, record, **more))


def steps(report: Report) -> list[tuple[str, str, str, str | None]]:
    return [(line.step.key.value, line.step.kind, line.step.reason, line.step.address) for line in report.lines]


def sent(world: Lines) -> list[str]:
    """What was asked of the service: what, address, what is ours."""
    return [url.partition(f"/{NAME}/")[2] for url, _ in world.sent]


def remembered(world: Lines) -> dict[str, str | None]:
    return {key.value: entry.address for key, entry in world.memory.entries.items()}


def kept(world: Lines) -> Lines:
    """Both uplinks work and have their value."""
    run(world)
    return world


def failed(world: Lines, *names: str) -> Lines:
    world.dead = frozenset(names)
    return world


# --- added, kept, changed --------------------------------------------------------------------------------------------


def test_every_uplink_has_its_value() -> None:
    world = Lines()
    report = run(world)
    assert steps(report) == [("wan0", "publish", "new", public(0)), ("wan1", "publish", "new", public(1))]
    assert sent(world) == [f"publish/{public(0)}/", f"publish/{public(1)}/"]
    assert remembered(world) == {"wan0": public(0), "wan1": public(1)}
    assert world.memory.standings == {}


def test_nothing_changed_is_nothing_sent_and_nothing_written() -> None:
    world = kept(Lines())
    settled = world.settled
    assert {step[1:3] for step in steps(run(world))} == {("keep", "unchanged")}
    assert (sent(world), world.settled, world.waited) == ([], settled, 0.0)


def test_a_changed_address_takes_the_place_of_its_own_old_value() -> None:
    world = kept(Lines())
    world.numbers = {"wan1": 41}
    assert steps(run(world)) == [("wan0", "keep", "unchanged", public(0)), ("wan1", "publish", "changed", public(41))]
    assert sent(world) == [f"publish/{public(41)}/{public(1)}"]


def test_two_uplinks_that_change_places_change_nothing() -> None:
    world = kept(Lines())
    world.numbers = {"wan0": 1, "wan1": 0}
    assert {step[1:3] for step in steps(run(world))} == {("keep", "unchanged")}
    assert (sent(world), remembered(world)) == ([], {"wan0": public(1), "wan1": public(0)})
    settled = world.settled
    run(world)
    assert world.settled == settled


def test_an_address_that_moves_and_a_new_one_are_one_request() -> None:
    world = kept(Lines())
    world.numbers = {"wan0": 1, "wan1": 50}
    run(world)
    assert sent(world) == [f"publish/{public(50)}/{public(0)}"]
    assert remembered(world) == {"wan0": public(1), "wan1": public(50)}
    assert world.settled == 3  # once before anything is sent: a kill must not lose who has which value


def test_two_uplinks_with_one_outside_address_are_one_value() -> None:
    world = Lines()
    world.outside = {"wan0": "45.83.90.1", "wan1": "45.83.90.1"}
    run(world)
    assert (sent(world), remembered(world)) == (["publish/45.83.90.1/"], {"wan0": "45.83.90.1"})
    world.outside = {"wan0": "45.83.90.1", "wan1": "45.83.91.1"}
    run(world)
    assert sent(world) == ["publish/45.83.91.1/"]
    world.outside = {"wan0": "45.83.90.1", "wan1": "45.83.90.1"}
    assert steps(run(world))[1] == ("wan1", "withdraw", "superseded", "45.83.91.1")
    assert remembered(world) == {"wan0": "45.83.90.1"}


def test_an_uplink_whose_outside_address_nobody_tells_keeps_what_it_has() -> None:
    world = Lines()
    world.outside = {"wan0": "45.83.90.1", "wan1": "45.83.91.1"}
    run(world)
    world.outside = {"wan0": "45.83.90.1", "wan1": None}
    report = run(world)
    assert steps(report)[1] == ("wan1", "hold", "no_answer", None)
    assert (sent(world), [code_of(line) for line in report.lines]) == ([], [0, 3])


# --- withdrawn -------------------------------------------------------------------------------------------------------


def test_the_value_of_an_uplink_that_is_gone_is_withdrawn_within_one_run() -> None:
    world = failed(kept(Lines()), "wan0")
    report = run(world)
    assert steps(report) == [("wan1", "keep", "unchanged", public(1)), ("wan0", "withdraw", "gone", public(0))]
    assert sent(world) == [f"withdraw/{public(0)}/{public(0)}"]
    assert (remembered(world), world.waited) == ({"wan1": public(1)}, 1.0)
    assert [say.text for say in said(report, 0)] == [f"{NAME} A {public(0)} via wan0: withdrawn"]
    settled = world.settled
    assert [step[1] for step in steps(run(world))] == ["keep"]
    assert (sent(world), world.settled) == ([], settled)


def test_a_blip_withdraws_nothing() -> None:
    world = kept(Lines())
    settled, began_at = world.settled, world.time.boot
    world.plan = lambda _for: ["wan0"] if world.time.boot - began_at < 1 else []
    assert {step[1] for step in steps(run(world))} == {"keep"}
    assert (sent(world), world.settled, world.waited) == ([], settled, 1.0)


def test_an_address_in_duplicate_detection_is_not_given_up() -> None:
    world = Lines(families=(6,))
    both = EACH._replace(types=("AAAA",))
    run(world, both)
    world.flags = {"wan0": "tentative"}
    assert [line.step.reason for line in run(world, both).lines] == ["unchanged", "failing"]
    assert (sent(world), world.waited) == ([], 3.0)


def test_what_one_run_could_not_count_to_the_end_is_held() -> None:
    world = failed(kept(Lines()), "wan0")
    report = run(world, failover_after=9)
    assert steps(report)[1] == ("wan0", "hold", "failing", None)
    assert "failed at 4 of the 9 looks" in report.lines[1].step.detail
    assert report.due_for == 1.0
    run(world, failover_after=9)
    assert steps(run(world, failover_after=9))[1][1] == "withdraw"


def test_the_name_is_never_emptied() -> None:
    world = failed(kept(Lines()), "wan0", "wan1")
    settled = world.settled
    report = run(world)
    assert {step[1:3] for step in steps(report)} == {("hold", "unreachable")}
    assert (sent(world), world.settled, remembered(world)) == ([], settled, {"wan0": public(0), "wan1": public(1)})
    assert [say.text.partition(":")[0] for say in said(report, 0)][:2] == [
        f"{NAME} A (was {public(0)}) on wan0",
        f"{NAME} A (was {public(1)}) on wan1",
    ]


def test_the_last_one_that_dies_stays() -> None:
    world = failed(kept(Lines()), "wan0")
    run(world)
    failed(world, "wan0", "wan1")
    assert steps(run(world)) == [("wan1", "hold", "unreachable", None)]
    failed(world, "wan1")
    assert steps(run(world)) == [("wan0", "publish", "new", public(0)), ("wan1", "withdraw", "gone", public(1))]


def test_a_value_whose_withdrawal_failed_stays_in_memory_and_is_withdrawn_later() -> None:
    world = failed(kept(Lines()), "wan0")
    world.reply = lambda request: Answer(200, {}, b"busy")
    assert [line.verdict for line in run(world).lines] == [None, "busy"]
    assert remembered(world) == {"wan1": public(1), "wan0": public(0)}
    assert steps(run(world))[1] == ("wan0", "defer", "paused", public(0))
    failed(world, "wan0", "wan1")
    assert {step[1] for step in steps(run(world))} == {"hold"}  # gone is gone, but the name is not emptied
    world.reply = lambda request: Answer(200, {}, b"updated")
    failed(world.later(3600), "wan0")
    assert [line.verdict for line in run(world).lines] == [None, "updated"]


def test_a_value_that_is_still_there_when_its_uplink_returns_stays() -> None:
    world = failed(kept(Lines()), "wan0")
    world.reply = lambda request: Answer(200, {}, b"busy")
    run(world)
    report = run(failed(world))
    assert steps(report)[0] == ("wan0", "keep", "returning", None)
    assert report.due_for is not None
    assert report.due_for <= 60.0
    assert steps(run(world.later(60)))[0] == ("wan0", "keep", "unchanged", public(0))


# --- returning -------------------------------------------------------------------------------------------------------


def test_a_value_stands_there_again_when_its_uplink_has_worked_for_a_minute() -> None:
    world = failed(kept(Lines()), "wan0")
    run(world)
    report = run(failed(world))
    assert steps(report) == [("wan0", "keep", "returning", None), ("wan1", "keep", "unchanged", public(1))]
    assert (report.due_for, report.exit, [code_of(line) for line in report.lines]) == (60.0, 0, [0, 0])
    assert any("has not worked for long enough yet" in say.text for say in said(report, 1))
    assert "wan0 works again" in "\n".join(explaining.explained(report))
    failed(world, "wan0")
    run(world.later(30))
    failed(world)
    run(world.later(1))
    assert steps(run(world.later(59)))[0][1:3] == ("keep", "returning")  # it began anew
    assert steps(run(world.later(1)))[0] == ("wan0", "publish", "new", public(0))
    assert world.memory.standings == {}


def test_an_uplink_that_returns_as_the_only_one_need_not_wait() -> None:
    world = failed(kept(Lines()), "wan0")
    run(world)
    failed(world, "wan1")
    assert steps(run(world))[0] == ("wan0", "publish", "new", public(0))


def test_flapping_makes_one_withdrawal() -> None:
    world = kept(Lines())
    total = 0
    for _ in range(20):
        run(failed(world, "wan0"))
        total += len(world.sent)
        run(failed(world.later(10)))
        total += len(world.sent)
        world.later(10)
    assert total == 1


# --- other settings --------------------------------------------------------------------------------------------------


def test_from_one_value_to_each() -> None:
    world = Lines()
    one = EACH._replace(each=False)
    run(world, one)
    assert remembered(world) == {"": public(0)}
    assert steps(run(world)) == [("wan0", "keep", "unchanged", public(0)), ("wan1", "publish", "new", public(1))]
    assert remembered(world) == {"wan0": public(0), "wan1": public(1)}


def test_from_each_to_one_value() -> None:
    world = kept(Lines())
    assert steps(run(world, EACH._replace(each=False))) == [
        ("", "keep", "unchanged", public(0)),
        ("wan1", "withdraw", "superseded", public(1)),
    ]
    assert remembered(world) == {"": public(0)}
    assert [step[1] for step in steps(run(world, EACH._replace(each=False)))] == ["keep"]


def test_from_each_to_one_value_while_nothing_works() -> None:
    world = failed(kept(Lines()), "wan0", "wan1")
    report = run(world, EACH._replace(each=False))
    assert [step[1] for step in steps(report)] == ["hold", "hold", "hold"]
    assert (sent(world), len(remembered(world))) == ([], 2)


def test_a_service_that_keeps_one_value_is_never_asked_to_withdraw_one() -> None:
    """The account has moved to another service; the values stay where the old one has them."""
    world = kept(Lines())
    world.facts = world.facts._replace(each=False)
    assert [step[1] for step in steps(run(world, EACH._replace(each=False, fingerprint="f2")))] == ["publish"]
    assert sent(world) == [f"publish/{public(0)}/{public(0)}"]


def test_a_thousand_names_with_two_values_each() -> None:
    world = Lines()
    many = world.settings(*(EACH._replace(name=f"h{number}.example.com") for number in range(1000)))
    world.run(many)
    settled = world.settled
    assert {line.step.kind for line in world.run(many).lines} == {"keep"}
    assert (len(world.memory.entries), world.settled) == (2000, settled)


def test_an_uplink_that_is_no_longer_selected_loses_its_value() -> None:
    world = kept(Lines())
    narrower = EACH._replace(selection=Selection(("wan1",)))
    assert steps(run(world, narrower))[1] == ("wan0", "withdraw", "superseded", public(0))


def test_a_selection_that_fits_nothing_holds_once() -> None:
    world = Lines()
    nowhere = EACH._replace(selection=Selection(("ppp*",)))
    assert steps(run(world, nowhere)) == [("", "hold", "no_match", None)]


def test_nothing_that_works_and_nothing_remembered_holds_once() -> None:
    world = failed(Lines(), "wan0", "wan1")
    assert steps(run(world)) == [("", "hold", "unreachable", None)]


def test_both_kinds_of_records_on_one_selection() -> None:
    world = Lines()
    other = Record("one.example.com", ("A",), "acct", Selection(), fingerprint="f2")
    report = world.run(world.settings(EACH, other))
    assert [line.step.address for line in report.lines] == [public(0), public(1), public(0)]
    failed(world, "wan0")
    report = world.run(world.settings(EACH, other))
    assert [(line.step.key.name[:4], line.step.kind) for line in report.lines] == [
        ("home", "keep"),
        ("home", "withdraw"),
        ("one.", "publish"),
    ]


def test_one_family_of_two() -> None:
    world = Lines(families=(4, 6))
    both = EACH._replace(types=("A", "AAAA"))
    run(world, both)
    assert len(world.sent) == 4
    report = run(failed(world, "wan0/6"), both)
    assert [(line.step.key.type, line.step.kind) for line in report.lines if line.step.kind != "keep"] == [("AAAA", "withdraw")]
    run(world, both, families=(4,))
    assert len(world.memory.entries) == 3


# --- pins ------------------------------------------------------------------------------------------------------------


def test_a_pin_leaves_one_value_and_its_end_brings_the_others_back_at_once() -> None:
    world = kept(Lines(3))
    world.memory = world.memory._replace(pin=Pin("wan1", begin(world.time, 600.0)))
    (stays, *leave) = steps(run(world))
    assert stays == ("wan1", "keep", "unchanged", public(1))
    assert sorted(leave) == [("wan0", "withdraw", "pinned", public(0)), ("wan2", "withdraw", "pinned", public(2))]
    assert remembered(world) == {"wan1": public(1)}
    assert sorted(step[:3] for step in steps(run(world.later(600)))) == [
        ("wan0", "publish", "new"),
        ("wan1", "keep", "unchanged"),
        ("wan2", "publish", "new"),
    ]


def test_a_pinned_uplink_that_does_not_work_withdraws_nothing() -> None:
    world = failed(kept(Lines()), "wan1")
    world.memory = world.memory._replace(pin=Pin("wan1", begin(world.time, 600.0)))
    assert {step[:2] for step in steps(run(world))} == {("wan0", "hold"), ("wan1", "hold")}
    assert (sent(world), remembered(world)) == ([], {"wan0": public(0), "wan1": public(1)})


# --- when the end is not known ---------------------------------------------------------------------------------------


def test_an_address_that_may_have_arrived_is_ours_to_change() -> None:
    world = kept(Lines())
    world.numbers = {"wan0": 60}
    world.reply = lambda request: Failure("unconfirmed", "cut off")
    run(world)
    assert world.memory.entries[A._replace(value="wan0")].maybe == public(60)
    world.numbers = {"wan0": 61}
    run(world.later(3600))
    assert sent(world) == [f"publish/{public(61)}/{public(0)},{public(60)}"]
    world.numbers, world.reply = {"wan0": 62}, lambda request: Answer(200, {}, b"updated")
    run(world.later(3600))
    assert sent(world) == [f"publish/{public(62)}/{public(0)},{public(60)},{public(61)}"]
    assert world.memory.entries[A._replace(value="wan0")].maybe == ""


def test_everything_that_may_have_arrived_is_withdrawn_one_by_one() -> None:
    world = kept(Lines())
    world.numbers = {"wan0": 60}
    world.reply = lambda request: Failure("unconfirmed", "cut off")
    run(world)
    world.reply = lambda request: Answer(200, {}, b"updated")
    failed(world.later(3600), "wan0")
    run(world)
    assert sent(world) == [f"withdraw/{public(0)}/{public(0)},{public(60)}"]
    assert remembered(world) == {"wan1": public(1), "wan0": None}
    run(world)
    assert sent(world) == [f"withdraw/{public(60)}/{public(60)}"]
    assert remembered(world) == {"wan1": public(1)}


def test_a_first_value_that_was_refused_is_forgotten_with_its_uplink() -> None:
    world = Lines()
    world.reply = lambda request: Answer(200, {}, b"busy" if public(1) in request.url else b"updated")
    run(world)
    assert remembered(world) == {"wan0": public(0), "wan1": None}
    failed(world, "wan1")
    assert [step[0] for step in steps(run(world))] == ["wan0"]
    assert remembered(world) == {"wan0": public(0)}


def test_killed_while_values_change_places_nothing_is_lost() -> None:
    world = kept(Lines())
    world.numbers = {"wan0": 1, "wan1": 50}

    def die(request: Request) -> Answer:
        raise KeyboardInterrupt

    world.reply = die
    with pytest.raises(KeyboardInterrupt):
        run(world)
    world.killed().reply = lambda request: Answer(200, {}, b"updated")
    run(world.later(3600))
    assert sent(world) == [f"publish/{public(50)}/{public(0)},{public(50)}"]
    assert remembered(world) == {"wan0": public(1), "wan1": public(50)}


def test_where_memory_cannot_be_written_a_service_that_looks_first_is_trusted() -> None:
    world = failed(kept(Lines()), "wan0")
    world.unwritable = "no space left"
    report = run(world)
    assert [line.verdict for line in report.lines] == [None, "updated"]
    world.facts = world.facts._replace(reads=False)
    assert [line.step.reason for line in run(world).lines] == ["unchanged", "no_memory"]


# --- the update's own way --------------------------------------------------------------------------------------------


def test_a_withdrawal_does_not_go_by_the_uplink_that_is_gone() -> None:
    world = failed(kept(Lines()), "wan0")
    run(world, update_via="same")
    assert [via for _, via in world.sent] == [("wan1",)]
    world = failed(kept(Lines()), "wan0")
    run(world)
    assert [via for _, via in world.sent] == [("wan1", None)]


def test_withdrawals_go_last() -> None:
    world = failed(kept(Lines()), "wan0")
    world.numbers = {"wan1": 41}
    run(world, update_via="same")
    assert [(url.partition(f"/{NAME}/")[2].partition("/")[0], via) for url, via in world.sent] == [
        ("publish", ("wan1",)),
        ("withdraw", ("wan1",)),
    ]


# --- words -----------------------------------------------------------------------------------------------------------


def test_status_and_json_name_the_value() -> None:
    world = kept(Lines())
    shown = [*standing.status(world.memory, wanted(world), world.time)]
    assert [line.partition(",")[0] for line in shown] == [
        f"{NAME} A on wan0 (account acct): {public(0)} via wan0",
        f"{NAME} A on wan1 (account acct): {public(1)} via wan1",
    ]
    found = objects.status_object(world.memory, wanted(world), world.time)
    records_ = found["records"]
    assert isinstance(records_, list)
    assert [(record["value"], record["kept"]) for record in records_] == [("wan0", True), ("wan1", True)]
    assert found["pin"] is None
    run_object = objects.as_object(run(world))
    assert isinstance(run_object["records"], list)
    assert [record["value"] for record in run_object["records"]] == ["wan0", "wan1"]


def test_status_tells_of_a_pin_while_it_lasts() -> None:
    world = Lines()
    world.memory = world.memory._replace(pin=Pin("wan1", begin(world.time, 600.0)))
    line = next(standing.status(world.memory, wanted(world), world.time))
    assert line == "pinned to wan1 until 2027-01-15T08:10:00Z: edge-agent unpin"
    found = objects.status_object(world.memory, wanted(world), world.time)
    assert found["pin"] == {"interface": "wan1", "until": "2027-01-15T08:10:00Z"}
    world.later(600)
    assert "pinned" not in next(standing.status(world.memory, wanted(world), world.time))
    assert standing.redacted(world.memory, ("x",)).pin == world.memory.pin


def test_explain_says_what_would_be_withdrawn() -> None:
    world = failed(kept(Lines()), "wan0")
    report = run(world, dry_run=True)
    words = f"{NAME} A {public(0)} via wan0: would be withdrawn from several"
    assert f"{words} (account acct): its uplink does not work any more, and another value stays" in [*explaining.explained(report)]
    assert [say.text for say in said(report, 0)] == [f"{words}: its uplink does not work any more, and another value stays"]


# --- settings --------------------------------------------------------------------------------------------------------

FILE = """
[account.cf]
provider = "{provider}"
token = "sesame-sesame"
{account}
[[record]]
name = "home.example.com"
values = "{values}"
{record}
"""


def file_of(provider: str = "cloudflare", values: str = "each", account: str = "", record: str = "") -> str:
    return FILE.format(provider=provider, values=values, account=account, record=record)


def test_a_record_may_want_each_where_its_service_can() -> None:
    told = wish(("check",), file_of())
    assert told.problems == ()
    assert told.settings.records[0].each
    one = wish(("check",), file_of(values="one")).settings.records[0]
    assert not one.each
    assert one.fingerprint != told.settings.records[0].fingerprint


@pytest.mark.parametrize(
    ("file", "words"),
    [
        pytest.param(file_of("duckdns"), "duckdns keeps one value for a name", id="service-cannot"),
        pytest.param(file_of(values="some"), "is not one of one, each", id="no-such-word"),
        pytest.param(
            file_of(record='source = "static"\naddress = "45.83.1.7"'), "source static knows no uplinks", id="source-static"
        ),
    ],
)
def test_a_record_that_cannot_have_each_is_a_problem(file: str, words: str) -> None:
    (problem,) = wish(("check",), file).problems
    assert words in problem.what


def test_the_settings_of_failover() -> None:
    told = wish(("check", "--failover-after", "3", "--failback-after", "5m"), file_of())
    assert (told.settings.failover_after, told.settings.failback_after_for) == (3, 300.0)
    usual = wish(("check",), file_of()).settings
    assert (usual.failover_after, usual.failback_after_for) == (2, 60.0)


# --- the parts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "wants", "homes"),
    [
        pytest.param({"a": "1"}, {"a": "1"}, {"a": "1"}, id="at-home"),
        pytest.param({"a": "1", "b": "2"}, {"a": "2", "b": "1"}, {"a": "2", "b": "1"}, id="changed-places"),
        pytest.param({"": "1"}, {"a": "1"}, {"a": "1"}, id="from-one-value"),
        pytest.param({"a": "1", "b": "2"}, {"a": "2"}, {"a": "2", "b": "1"}, id="displaced-to-the-place-that-was-left"),
        pytest.param({"a": "1", "b": "2"}, {"b": "1", "a": "9"}, {"b": "1", "a": "2"}, id="displaced-to-one-that-wants"),
        pytest.param({"a": "1"}, {"b": "9"}, {"a": "1"}, id="nobody-wants-it"),
        pytest.param({}, {"a": "1"}, {}, id="nothing-remembered"),
    ],
)
def test_realigned(own: dict[str, str], wants: dict[str, str], homes: dict[str, str]) -> None:
    found = each.realigned({name: Entry(address) for name, address in own.items()}, wants)
    assert {name: entry.address for name, entry in found.items()} == homes


def test_memory_that_is_aligned_is_the_same_object() -> None:
    memory = Memory({A._replace(value="wan0"): Entry(public(0)), Key("x", "y", "A"): Entry("1.2.3.4")})
    choice = Choice(4, "use", public(0), "wan0")
    assert each.aligned(memory, {A: {"wan0": choice}}) is memory
    assert each.aligned(memory, {A: {}}) is memory


def test_move_never_raises_on_foreign_values() -> None:
    odd = [None, 7, "no address", public(0)]
    assert move(odd, Target(NAME, 4, public(1), own=(public(0),))).place == 3
    assert move(odd, Target(NAME, 4, public(1))).kind == "refuse"
    assert move([], Target(NAME, 4, public(1))) == Move("create")


def test_counting_goes_on_where_the_count_was_raised() -> None:
    world = failed(kept(Lines()), "wan0")
    run(world)
    assert [*world.memory.standings.values()] == [Standing("wan0", 2)]
    run(world, failover_after=5)
    assert world.memory.standings == {}  # nothing is held by it any more


def test_an_event_that_is_no_ones_does_not_matter() -> None:
    world = kept(Lines())
    report = world.run(wanted(world), Event("dhclient", "renewed", "lan9"))
    assert {line.step.kind for line in report.lines} == {"keep"}
