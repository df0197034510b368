"""Pauses, lock-outs, refreshes and intervals: what one run leaves behind and what the next makes of it, row by row."""

from collections.abc import Callable

import pytest

from edge_agent import agent
from edge_agent.model import Account, Event, Key, Now, Pause, Record, Report, Selection, Settings
from edge_agent.pauses import CLOCK_FLOOR, age, begin, remaining
from edge_agent.providers.provider import Job
from edge_agent.verdicts import TABLE, Verdict, locks, pause_after, worst
from edge_agent.wire import Answer, Dialogue, Outcome
from tests.pure.box import WAN0, on, two_defaults
from tests.pure.fake_world import PLAIN, START, FakeWorld, answering

RECORD = Record("home.example.com", ("A",), "acct", Selection(), fingerprint="f1")
OTHER = Record("office.example.com", ("A",), "acct", Selection(), fingerprint="f2")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def world_of(verdict: Verdict) -> FakeWorld:
    """A provider that ends every update with this verdict; it can be changed by assigning `world.facts`."""
    return FakeWorld(two_defaults(), answering(""), PLAIN._replace(dialogue=_ending(verdict)))


def _ending(verdict: Verdict) -> Callable[[Job], Dialogue]:
    def dialogue(job: Job) -> Dialogue:
        for target in job.targets:
            yield Outcome(target, verdict)

    return dialogue


def run(world: FakeWorld, *records: Record, account: str = "a1", **more: object) -> tuple[str, str]:
    accounts = {"acct": Account("acct", "plain", fingerprint=account)}
    wanted = Settings(accounts=accounts, records=records or (RECORD,))._replace(**more)  # type: ignore[arg-type]
    report: Report = agent.run(Event(), wanted, world)
    line = report.lines[0]
    return (line.step.kind, line.verdict or line.step.reason)


def test_busy_waits_as_long_as_the_provider_says() -> None:
    world = world_of(Verdict("busy", "429", 1000.0))
    assert run(world) == ("publish", "busy")
    assert run(world.later(999)) == ("defer", "paused")
    assert run(world.later(2)) == ("publish", "busy")


def test_busy_never_waits_less_than_the_provider_floor() -> None:
    world = world_of(Verdict("busy", "911"))
    world.facts = world.facts._replace(busy_for=1800.0)
    run(world)
    assert run(world.later(1700)) == ("defer", "paused")
    assert run(world.later(200)) == ("publish", "busy")


def test_back_off_doubles_and_is_capped() -> None:
    assert [pause_after(Verdict("busy"), failures) / MINUTE for failures in (1, 2, 3, 99)] == [5, 10, 20, 360]
    assert [pause_after(Verdict("unreachable"), failures) for failures in (1, 2, 3, 99)] == [0, 30, 60, 300]
    assert pause_after(Verdict("updated"), 1) == 0.0


def test_failures_of_another_kind_start_the_count_anew() -> None:
    world = world_of(Verdict("unreachable"))
    for _ in range(6):
        run(world.later(HOUR))
    world.facts = world.facts._replace(dialogue=_ending(Verdict("garbled", "<html>")))
    run(world.later(HOUR))
    assert world.memory.locks == {}
    assert world.memory.entries[Key("acct", RECORD.name, "A")].failures == 1


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        pytest.param("record", "record:acct/home.example.com/A", id="record"),
        pytest.param("account", "account:acct", id="account"),
        pytest.param("provider", "provider:plain", id="provider"),
    ],
)
def test_a_refusal_locks_its_scope(scope: str, key: str) -> None:
    world = world_of(Verdict("refused", "badauth", scope=scope))
    assert run(world) == ("publish", "refused")
    assert list(world.memory.locks) == [key]
    assert run(world.later(30 * DAY)) == ("defer", "locked")
    world.facts = world.facts._replace(dialogue=_ending(Verdict("updated")))
    assert run(world.later(1), OTHER)[0] == ("publish" if scope == "record" else "defer")


def test_mended_settings_lift_a_refusal_at_once() -> None:
    world = world_of(Verdict("refused", "badauth", scope="account"))
    run(world)
    world.facts = world.facts._replace(dialogue=_ending(Verdict("updated")))
    mended = RECORD._replace(fingerprint="f9")
    assert run(world.later(1), mended, account="a2") == ("publish", "updated")
    assert world.memory.locks == {}


def test_a_ban_is_never_lifted_by_settings_or_force() -> None:
    world = world_of(Verdict("banned", "abuse", scope="account"))
    run(world)
    world.facts = world.facts._replace(dialogue=_ending(Verdict("updated")))
    assert run(world.later(99 * DAY), RECORD._replace(fingerprint="f9"), account="a2") == ("defer", "banned")
    assert run(world, force=True) == ("defer", "banned")


def test_patience_before_a_refusal_locks() -> None:
    world = world_of(Verdict("refused", "KO", scope="account", patience=3))
    run(world)
    run(world.later(DAY))
    assert world.memory.locks == {}
    run(world.later(DAY))
    assert list(world.memory.locks) == ["account:acct"]


def test_garbled_backs_off_then_holds() -> None:
    world = world_of(Verdict("garbled", "<html>"))
    for _ in range(5):
        assert run(world.later(DAY)) == ("publish", "garbled")
    assert run(world.later(DAY)) == ("defer", "locked")


def test_a_pause_is_for_the_settings_that_failed() -> None:
    world = world_of(Verdict("garbled", "<html>"))
    run(world)
    assert run(world.later(1)) == ("defer", "paused")
    assert run(world.later(1), RECORD._replace(fingerprint="f9")) == ("publish", "garbled")
    world = world_of(Verdict("busy", "429"))
    run(world)
    assert run(world.later(1), RECORD._replace(fingerprint="f9")) == ("defer", "paused")


def test_force_overrides_pauses_but_not_the_least_interval() -> None:
    world = world_of(Verdict("garbled", "<html>"))
    run(world)
    assert run(world.later(1), force=True) == ("publish", "garbled")
    world = world_of(Verdict("updated"))
    world.facts = world.facts._replace(least_interval_for=60.0)
    run(world)
    assert run(world.later(30), force=True) == ("defer", "too_soon")
    assert run(world.later(31), force=True) == ("publish", "updated")


def test_least_interval_holds_back_a_changed_address() -> None:
    world = world_of(Verdict("updated"))
    world.facts = world.facts._replace(least_interval_for=600.0)
    run(world)
    world.snapshot = two_defaults()._replace(addresses=(on(WAN0, "45.83.1.8"),))
    assert run(world.later(300)) == ("defer", "too_soon")
    assert run(world.later(301)) == ("publish", "updated")


def test_nothing_sent_does_not_start_the_interval() -> None:
    world = world_of(Verdict("unreachable"))
    world.facts = world.facts._replace(least_interval_for=600.0)
    run(world)
    world.facts = world.facts._replace(dialogue=_ending(Verdict("updated")))
    assert run(world.later(10)) == ("publish", "updated")


def test_changed_settings_are_sent() -> None:
    world = world_of(Verdict("updated"))
    run(world)
    assert run(world.later(60), RECORD._replace(fingerprint="f9")) == ("publish", "updated")


def test_refresh_only_where_wanted_and_due() -> None:
    world = world_of(Verdict("updated"))
    run(world)
    assert run(world.later(99 * DAY)) == ("keep", "unchanged")
    assert run(world, force_after_for=99 * DAY) == ("publish", "updated")
    assert run(world.later(DAY), force_after_for=99 * DAY) == ("keep", "unchanged")
    world.facts = world.facts._replace(force_after_for=6 * DAY)
    assert run(world.later(5 * DAY)) == ("publish", "updated")


def test_an_unset_clock_does_not_refresh() -> None:
    world = world_of(Verdict("updated"))
    run(world)
    world.time = Now(10.0, 10.0, "boot-2")
    assert run(world, force_after_for=DAY) == ("keep", "unchanged")


# --- pauses over clocks ----------------------------------------------------------------------------------------------

PAUSE = Pause(START.wall, START.boot, START.boot_id, HOUR)


@pytest.mark.parametrize(
    ("now", "left"),
    [
        pytest.param(Now(START.wall + 600, START.boot + 600, "boot-1"), 3000.0, id="same-boot"),
        pytest.param(Now(START.wall + 99 * DAY, START.boot + 600, "boot-1"), 3000.0, id="wall-jumps-ahead"),
        pytest.param(Now(0.0, START.boot + 600, "boot-1"), 3000.0, id="wall-jumps-back"),
        pytest.param(Now(START.wall + 600, 60.0, "boot-2"), 3000.0, id="reboot"),
        pytest.param(Now(100.0, 60.0, "boot-2"), 3540.0, id="reboot-into-1970"),
        pytest.param(Now(START.wall + 2 * HOUR, 60.0, "boot-2"), 0.0, id="reboot-and-over"),
        pytest.param(Now(START.wall + 60, 1200.0, "boot-2"), 2400.0, id="reboot-with-a-slow-clock"),
    ],
)
def test_remaining(now: Now, left: float) -> None:
    assert remaining(PAUSE, now) == left


def test_a_pause_written_in_1970_ends_by_the_time_since_boot() -> None:
    pause = Pause(30.0, 30.0, "boot-1", HOUR)
    assert remaining(pause, Now(START.wall, 600.0, "boot-2")) == 3000.0
    assert remaining(begin(START, 5.0), START) == 5.0
    assert remaining(None, START) == 0.0


def test_without_a_boot_id_the_wall_clock_counts() -> None:
    pause = Pause(START.wall, 0.0, "", HOUR)
    assert remaining(pause, Now(START.wall + 600, 99999.0, "")) == 3000.0


def test_age_needs_two_set_clocks() -> None:
    assert age(CLOCK_FLOOR, Now(CLOCK_FLOOR + 5, 0, "")) == 5
    assert age(0.0, START) is None
    assert age(START.wall, Now(5.0, 0, "")) is None
    assert age(START.wall + 9, START) is None


# --- the verdict table -----------------------------------------------------------------------------------------------


def test_every_verdict_has_words_and_an_exit_code() -> None:
    assert all(row.words and row.exit in {0, 3, 4} for row in TABLE.values())
    assert {kind for kind, row in TABLE.items() if row.success} == {"updated", "unchanged"}


def test_the_worst_exit_code_wins() -> None:
    assert [worst(codes) for codes in ([], [0, 0], [0, 3], [3, 4], [4, 2], [2, 1, 0])] == [0, 0, 3, 4, 2, 1]


def test_only_refusals_bans_and_nonsense_lock() -> None:
    assert {kind for kind in TABLE if locks(Verdict(kind), 99)} == {"refused", "banned", "garbled"}
    assert not locks(Verdict("garbled"), 4)


def test_a_lock_names_the_answer_that_caused_it() -> None:
    world = world_of(Verdict("refused", "nohost"))
    run(world)
    accounts = {"acct": Account("acct", "plain", fingerprint="a1")}
    report = agent.run(Event(), Settings(accounts=accounts, records=(RECORD,)), world.later(5))
    assert report.lines[0].step.detail == "nohost"


def test_planning_twice_is_planning_once() -> None:
    world = FakeWorld(two_defaults(), lambda _request: Answer(200, {}, b"updated"))
    accounts = {"acct": Account("acct", "plain")}
    dry = Settings(accounts=accounts, records=(RECORD, OTHER), dry_run=True)
    assert agent.run(Event(), dry, world) == agent.run(Event(), dry, world)
