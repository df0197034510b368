"""Failover and failback: when an uplink is left, when it is taken again, and that a flapping link makes no flapping record."""

from collections.abc import Iterable

import pytest

from edge_agent.model import Event, Finding, Now, Pin, Record, Report, Selection, Settings, Standing
from edge_agent.pauses import begin
from edge_agent.report import code_of, explaining, said
from tests.pure.lines import NAME, Lines, public

OTHER = "office.example.com"


def one(report: Report) -> tuple[str, str, str | None]:
    step = report.lines[0].step
    return step.kind, step.reason, step.address


def standing(world: Lines) -> Standing | None:
    return next(iter(world.memory.standings.values()), None)


def moved(world: Lines) -> Lines:
    """A world whose record has moved to wan1 because wan0 died."""
    world.run()
    world.dead = frozenset({"wan0"})
    assert one(world.run()) == ("publish", "changed", public(1))
    return world


# --- leaving ---------------------------------------------------------------------------------------------------------


def test_the_first_run_takes_the_best_and_the_second_writes_nothing() -> None:
    world = Lines()
    assert one(world.run()) == ("publish", "new", public(0))
    assert standing(world) == Standing("wan0")
    settled = world.settled
    assert one(world.run()) == ("keep", "unchanged", public(0))
    assert (world.settled, world.waited, len(world.sent)) == (settled, 0.0, 1)


def test_a_real_outage_is_left_within_one_run() -> None:
    world = Lines()
    world.run()
    world.dead = frozenset({"wan0"})
    looks = world.looks
    assert one(world.run()) == ("publish", "changed", public(1))
    assert (world.looks - looks, world.waited) == (2, 1.0)
    assert standing(world) == Standing("wan1")


def test_a_blip_is_not_left_and_writes_nothing() -> None:
    world = Lines()
    world.run()
    settled, began_at = world.settled, world.time.boot
    world.plan = lambda _for: ["wan0"] if world.time.boot - began_at < 1 else []
    assert one(world.run()) == ("keep", "unchanged", public(0))
    assert (world.settled, world.waited, standing(world)) == (settled, 1.0, Standing("wan0"))


def test_looks_that_one_run_could_not_finish_count_in_the_next() -> None:
    world = Lines()
    world.run()
    world.dead = frozenset({"wan0"})
    patient = world.settings(failover_after=6)
    report = world.run(patient)
    assert one(report) == ("hold", "failing", None)
    assert (standing(world), world.waited, report.due_for) == (Standing("wan0", 4), 3.0, 1.0)
    (warning,) = [say.text for say in said(report, 0) if say.level == "warning"]
    assert "wan0 is in use and has failed at 4 of the 6 looks" in warning
    assert code_of(report.lines[0]) == 3
    assert one(world.run(patient)) == ("publish", "changed", public(1))
    assert world.waited == 4.0


def test_one_good_look_starts_the_count_anew() -> None:
    world = Lines()
    world.run()
    once = world.settings(settle_for=0.0)
    for dead, reason in (("wan0", "failing"), ("", "unchanged"), ("wan0", "failing"), ("", "unchanged"), ("wan0", "failing")):
        world.dead = frozenset({dead})
        assert one(world.run(once))[1] == reason
    assert one(world.run(once)) == ("publish", "changed", public(1))


def test_one_look_is_enough_where_the_user_says_so() -> None:
    world = Lines()
    world.run()
    world.dead = frozenset({"wan0"})
    assert one(world.run(world.settings(failover_after=1))) == ("publish", "changed", public(1))
    assert world.waited == 0.0


def test_a_link_without_carrier_is_left() -> None:
    world = Lines()
    world.run()
    world.unplugged = frozenset({"wan0"})
    assert one(world.run()) == ("publish", "changed", public(1))
    assert world.waited == 1.0


@pytest.mark.parametrize(
    ("how", "change"),
    [
        pytest.param(Selection(check="outside"), {"dead": frozenset({"wan0"})}, id="outside-check-failed"),
        pytest.param(Selection(source="interface"), {"outside": {"wan0": None}}, id="address-gone"),
        pytest.param(Selection(), {"gone": frozenset({"wan0"})}, id="interface-gone"),
    ],
)
def test_an_uplink_that_fails_otherwise_is_left_as_well(how: Selection, change: dict[str, object]) -> None:
    world = Lines()
    wanted = world.settings(Record(NAME, ("A",), "acct", how))
    world.run(wanted)
    for name, value in change.items():
        setattr(world, name, value)
    assert one(world.run(wanted)) == ("publish", "changed", public(1))
    assert world.waited == 1.0


def test_an_address_in_duplicate_detection_is_waited_for_and_not_counted() -> None:
    world = Lines(families=(6,))
    world.run()
    world.numbers, world.flags = {"wan0": 60}, {"wan0": "tentative"}
    report = world.run()
    assert one(report) == ("hold", "failing", None)
    assert (world.waited, standing(world)) == (3.0, Standing("wan0"))
    world.flags = {}
    assert one(world.run()) == ("publish", "changed", public(60, 6))


def test_nothing_usable_holds_as_ever_and_counts_nothing() -> None:
    world = Lines()
    world.run()
    settled = world.settled
    world.dead = frozenset({"wan0", "wan1"})
    assert one(world.run()) == ("hold", "unreachable", None)
    assert one(world.run()) == ("hold", "unreachable", None)
    assert (world.settled, world.waited, standing(world)) == (settled, 0.0, Standing("wan0"))
    world.dead = frozenset({"wan0"})
    assert one(world.run()) == ("publish", "changed", public(1))


def test_another_address_of_the_same_uplink_is_no_failover() -> None:
    world = Lines()
    world.run()
    world.numbers = {"wan0": 40}
    assert one(world.run()) == ("publish", "changed", public(40))
    assert world.waited == 0.0


def test_explain_looks_again_too_and_remembers_nothing() -> None:
    world = Lines()
    world.run()
    world.dead = frozenset({"wan0"})
    report = world.run(world.settings(dry_run=True))
    assert one(report) == ("publish", "changed", public(1))
    assert (standing(world), world.waited) == (Standing("wan0"), 1.0)


# --- returning -------------------------------------------------------------------------------------------------------


def test_a_better_uplink_is_taken_again_when_it_has_worked_for_a_minute() -> None:
    world = moved(Lines())
    world.dead = frozenset()
    report = world.later(10).run()
    assert one(report) == ("keep", "unchanged", public(1))
    assert report.due_for == 60.0
    assert ("wan0", "returning") in {(loser.interface, loser.reason) for loser in report.choices[0][1][0].rejected}
    (aside,) = [say.text for say in said(report, 1) if "works again" in say.text]
    assert aside.startswith("IPv4: wan0 works again: it is taken at ")
    assert any("wan0 works again" in line for line in explaining.explained(report))
    settled = world.settled
    assert one(world.later(59).run()) == ("keep", "unchanged", public(1))
    assert world.settled == settled  # waiting writes nothing
    assert one(world.later(1).run()) == ("publish", "changed", public(0))
    assert (standing(world), len(world.sent)) == (Standing("wan0"), 3)


def test_a_return_that_is_broken_off_begins_anew() -> None:
    world = moved(Lines())
    for _ in range(5):
        world.dead = frozenset()
        assert one(world.later(10).run()) == ("keep", "unchanged", public(1))
        world.dead = frozenset({"wan0"})
        assert one(world.later(50).run()) == ("keep", "unchanged", public(1))
    assert (standing(world), len(world.sent)) == (Standing("wan1"), 2)


def test_the_wait_can_be_changed_while_it_lasts() -> None:
    world = moved(Lines())
    world.dead = frozenset()
    world.run()
    assert one(world.later(5).run(world.settings(failback_after_for=5.0))) == ("publish", "changed", public(0))


def test_the_wait_survives_a_jumping_clock_and_a_reboot() -> None:
    world = moved(Lines())
    world.dead = frozenset()
    world.run()
    world.time = Now(5.0, world.time.boot + 30, world.time.boot_id)
    assert one(world.run()) == ("keep", "unchanged", public(1))
    world.time = Now(world.began_at, 60.0, "boot-2")
    assert one(world.run()) == ("publish", "changed", public(0))


def test_a_worse_uplink_that_dies_while_the_better_one_is_waited_for_is_left_at_once_as_any() -> None:
    world = moved(Lines())
    world.dead = frozenset()
    world.run()
    world.dead = frozenset({"wan1"})
    assert one(world.later(10).run()) == ("publish", "changed", public(0))


def test_a_better_uplink_whose_outside_address_nobody_tells_is_not_back_yet() -> None:
    """A modem answers long before its line is up."""
    world = Lines()
    world.outside = {"wan0": "45.83.90.1", "wan1": "45.83.91.1"}
    world.run()
    world.dead = frozenset({"wan0"})
    assert one(world.run())[2] == "45.83.91.1"
    world.dead, world.outside = frozenset(), {"wan0": None, "wan1": "45.83.91.1"}
    for _ in range(3):
        assert one(world.later(100).run()) == ("keep", "unchanged", "45.83.91.1")
    world.outside = {"wan0": "45.83.90.1", "wan1": "45.83.91.1"}
    assert one(world.run()) == ("keep", "unchanged", "45.83.91.1")
    assert one(world.later(60).run()) == ("publish", "changed", "45.83.90.1")


def test_an_uplink_that_fails_together_with_all_others_has_to_begin_its_return_anew() -> None:
    world = moved(Lines())
    world.dead = frozenset()
    world.run()
    world.dead = frozenset({"wan0", "wan1"})
    assert one(world.later(30).run()) == ("hold", "unreachable", None)
    assert standing(world) == Standing("wan1")
    world.dead = frozenset()
    assert one(world.later(30).run()) == ("keep", "unchanged", public(1))


def test_one_that_comes_and_goes_does_not_keep_the_next_best_out() -> None:
    world = Lines(3)
    world.run()
    world.dead = frozenset({"wan0", "wan1"})
    assert one(world.run())[2] == public(2)
    for step in range(8):
        world.dead = frozenset({"wan0"} if step % 2 else ())
        world.later(20).run()
    assert world.says() == public(1)


def test_a_standing_without_its_beginning_begins_now() -> None:
    world = moved(Lines())
    world.dead = frozenset()
    (place,) = world.memory.standings
    world.memory = world.memory._replace(standings={place: Standing("wan1", 0, "wan0", None)})
    assert one(world.run()) == ("keep", "unchanged", public(1))
    assert standing(world) == Standing("wan1", 0, "wan0", begin(world.time, 60.0))


def test_other_settings_begin_without_a_standing() -> None:
    world = moved(Lines())
    world.dead = frozenset()
    wanted = world.settings(Record(NAME, ("A",), "acct", Selection(("wan0", "wan1")), fingerprint="f1"))
    assert one(world.run(wanted)) == ("publish", "changed", public(0))


def test_the_users_order_is_what_better_means() -> None:
    world = Lines()
    wanted = world.settings(Record(NAME, ("A",), "acct", Selection(("wan1", "wan0")), fingerprint="f1"))
    assert one(world.run(wanted))[2] == public(1)
    world.dead = frozenset({"wan1"})
    assert one(world.run(wanted))[2] == public(0)
    world.dead = frozenset()
    assert one(world.run(wanted))[2] == public(0)
    assert one(world.later(60).run(wanted))[2] == public(1)


# --- flapping --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("down_for", [0.3, 0.5, 0.9, 1.0, 1.2, 1.7])
def test_five_flaps_in_ten_seconds_are_one_update_at_most(down_for: float) -> None:
    """A run at every change, as hooks would have it, and one when all is over."""
    world = Lines()
    world.run()
    began_at = world.time.boot
    world.plan = lambda _for: ["wan0"] if (at := world.time.boot - began_at) < 10 and at % 2 < down_for else []
    for flap in range(5):
        for at in (2.0 * flap, 2.0 * flap + down_for):
            world.later(max(0.0, began_at + at - world.time.boot)).run(event=Event("watch", "changed"))
    assert len(world.sent) - 1 <= 1
    world.later(30).run()
    assert len(world.sent) - 1 <= 1
    world.later(10).run()
    world.later(60).run()
    assert world.says() == public(0)


def test_a_whole_day_of_flapping_makes_two_updates() -> None:
    """wan0 works for half a minute of every minute, and at last for good."""
    world = Lines()
    world.run()
    world.plan = lambda at: ["wan0"] if at % 60 < 30 and at < 86_000 else []
    for _ in range(1440):
        world.later(30).run()
        world.later(30 - world.waited % 30).run()
    world.later(3600).run()
    world.later(3600).run()
    assert (world.says(), len(world.sent) - 1) == (public(0), 2)


# --- both families ---------------------------------------------------------------------------------------------------


def test_a_family_that_dies_alone_moves_alone() -> None:
    world = Lines(families=(4, 6))
    world.run()
    world.dead = frozenset({"wan0/6"})
    report = world.run()
    assert [(line.step.kind, line.step.interface) for line in report.lines] == [("keep", "wan0"), ("publish", "wan1")]
    assert (world.says(4), world.says(6)) == (public(0), public(1, 6))


def test_a_family_that_dies_alone_and_everywhere_holds_alone() -> None:
    world = Lines(families=(4, 6))
    world.run()
    world.dead = frozenset({"wan0/6", "wan1/6"})
    report = world.run()
    assert [(line.step.kind, line.step.reason) for line in report.lines] == [("keep", "unchanged"), ("hold", "unreachable")]
    assert (world.waited, world.says(6)) == (0.0, public(0, 6))


# --- a record per uplink ---------------------------------------------------------------------------------------------


def per_uplink(world: Lines) -> Settings:
    return world.settings(
        Record(NAME, ("A",), "acct", Selection(("wan0",)), fingerprint="f1"),
        Record(OTHER, ("A",), "acct", Selection(("wan1",)), fingerprint="f2"),
    )


def test_two_records_for_two_uplinks_do_not_touch_each_other() -> None:
    world = Lines()
    wanted = per_uplink(world)
    assert [line.step.address for line in world.run(wanted).lines] == [public(0), public(1)]
    world.dead, world.numbers = frozenset({"wan0"}), {"wan1": 41}
    report = world.run(wanted)
    assert [(line.step.kind, line.step.reason, line.verdict) for line in report.lines] == [
        ("hold", "unreachable", None),
        ("publish", "changed", "updated"),
    ]
    assert [code_of(line) for line in report.lines] == [3, 0]
    assert [say.text for say in said(report, 0)] == [
        f"{NAME} A (was {public(0)}): held: the next hop does not answer",
        f"{OTHER} A {public(41)} (was {public(1)}) via wan1: updated",
        "  see to the gateway, or say --check off where it never answers",
    ]
    assert world.waited == 0.0


# --- pins ------------------------------------------------------------------------------------------------------------


def pinned(world: Lines, name: str, for_: float = 3600.0) -> Lines:
    world.memory = world.memory._replace(pin=Pin(name, begin(world.time, for_)))
    return world


def test_a_pin_rules_at_once_and_so_does_its_end() -> None:
    world = Lines()
    world.run()
    report = pinned(world, "wan1").run()
    assert one(report) == ("publish", "changed", public(1))
    choice = report.choices[0][1][0]
    assert choice.notes == ("pinned to wan1 until 2027-01-15T09:00:00Z: edge-agent unpin",)
    assert {(loser.interface, loser.reason) for loser in choice.rejected} == {("lo", "loopback"), ("wan0", "pinned")}
    assert (world.memory.standings, report.due_for) == ({}, 3600.0)
    assert [say.text for say in said(report, 1)][-1] == f"IPv4: {choice.notes[0]}"
    settled = world.settled
    assert one(world.later(3599).run()) == ("keep", "unchanged", public(1))
    assert world.settled == settled
    assert one(world.later(1).run()) == ("publish", "changed", public(0))
    assert (world.memory.pin, world.waited) == (None, 0.0)
    assert standing(world) == Standing("wan0")


def test_a_pinned_uplink_that_does_not_work_holds_and_says_so() -> None:
    world = Lines()
    world.run()
    world.dead = frozenset({"wan1"})
    report = pinned(world, "wan1").run()
    assert one(report) == ("hold", "unreachable", None)
    (warning,) = [say.text for say in said(report, 0) if say.level == "warning"]
    assert warning == (
        f"{NAME} A (was {public(0)}): held: the next hop does not answer "
        "(pinned to wan1 until 2027-01-15T09:00:00Z: edge-agent unpin)"
    )
    assert world.waited == 0.0


def test_a_pinned_uplink_without_address_is_not_blamed_on_the_others() -> None:
    world = pinned(Lines(), "ppp7")
    report = world.run()
    assert one(report) == ("hold", "pin_without_route", None)
    assert "the pinned uplink has no address and no route" in next(iter(said(report, 0))).text
    assert world.memory.standings == {}


def test_a_pin_leaves_selections_alone_that_do_not_have_it() -> None:
    world = Lines()
    wanted = per_uplink(world)
    report = pinned(world, "wan1").run(wanted)
    assert [line.step.address for line in report.lines] == [public(0), public(1)]
    notes = [own[0].notes for _, own in report.choices]
    assert notes[0] == ("wan1 is pinned, but is no interface of this selection: not affected",)
    assert notes[1][0].startswith("pinned to wan1 until ")
    assert len(world.memory.standings) == 1


def test_a_pin_says_nothing_of_addresses_that_no_interface_gives() -> None:
    world = Lines()
    fixed = Selection(source="static", addresses=("45.83.99.9",))
    report = pinned(world, "wan1").run(world.settings(Record(NAME, ("A",), "acct", fixed)))
    assert (one(report), report.choices[0][1][0].notes) == (("publish", "new", "45.83.99.9"), ())
    assert world.memory.standings == {}


def test_a_pin_rules_where_certainty_is_asked_for() -> None:
    """There an uplink that was not asked cannot win; one that is set aside is not even asked."""
    world = pinned(Lines(), "wan1")
    wanted = world.settings(Record(NAME, ("A",), "acct", Selection(check="outside")))
    assert one(world.run(wanted)) == ("publish", "new", public(1))


# --- how much is remembered ------------------------------------------------------------------------------------------


def test_standings_of_settings_that_are_no_more_do_not_pile_up() -> None:
    world = Lines()
    for number in range(300):
        world.run(world.settings(Record(NAME, ("A",), "acct", Selection(("wan0", f"x{number}")))))
    assert len(world.memory.standings) == 257
    many = (Record(f"h{number}.example.com", ("A",), "acct", Selection(("wan0", f"y{number}"))) for number in range(300))
    wanted = world.settings(*many)
    world.run(wanted)
    settled = world.settled
    world.run(wanted)
    assert (len(world.memory.standings), world.settled) == (556, settled)


def test_memory_that_cannot_be_written_is_told_once() -> None:
    world = Lines()
    world.unwritable = "no space left"
    report = world.run()
    assert report.notes == ("no space left",)


def test_a_finding_that_never_comes_is_unknown() -> None:
    class Silent(Lines):
        def probe(self, probes: Iterable[object]) -> dict[object, Finding]:  # type: ignore[override] # says less than it should
            return {}

    assert one(Silent().run()) == ("publish", "new", public(0))
