"""The hook command as a process: never a bad exit code, no event lost, bursts answered as one."""

import os
import pathlib
import subprocess
import sys
import time

import pytest

from tests.fakes.server import Received, Reply
from tests.whole.rig import ADDRESS, Ran, Rig

UP = ("generic", "--interface", "wan0", "--reason", "bound")


def hook(rig: Rig, *words: str, **environ: str) -> Ran:
    return rig.run("hook", "--config", str(rig.config), "--state-dir", str(rig.state), *words, **environ)


def bare(rig: Rig, *words: str) -> "subprocess.Popen[bytes]":
    """Start a hook as pppd does: no environment, umask 077, nothing on descriptors 0 to 2."""
    command = [sys.executable, "-m", "edge_agent", "hook", "--config", str(rig.config), "--state-dir", str(rig.state), *words]

    def close() -> None:
        os.umask(0o077)
        os.closerange(0, 3)

    return subprocess.Popen(command, env={}, preexec_fn=close, cwd=pathlib.Path(__file__).parents[2])  # noqa: PLW1509 - what a caller does


def settled(rig: Rig, updates: int, within: float = 10.0) -> int:
    """Wait until the provider has seen so many updates, then a moment longer for one too many."""
    until = time.monotonic() + within
    while rig.updates < updates and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.3)
    return rig.updates


def test_a_hook_publishes_and_says_so_in_the_log(rig: Rig) -> None:
    ran = hook(rig, *UP, "--address", ADDRESS)
    assert (ran.code, rig.published, rig.updates) == (0, ADDRESS, 1)
    log = rig.folder / "log"
    rig.move("45.83.1.8")
    assert hook(rig, *UP, EDGE_AGENT_LOG=str(log)).code == 0
    assert f"A 45.83.1.8 (was {ADDRESS})" in log.read_text()


def test_a_renewal_that_changes_nothing_is_silent(rig: Rig) -> None:
    rig.run()
    ran = hook(rig, "dhclient", reason="RENEW", interface="wan0", old_ip_address=ADDRESS, new_ip_address=ADDRESS)
    assert (ran.code, ran.said, rig.updates) == (0, "", 1)
    assert rig.leftovers() == set()


def test_a_client_that_only_begins_costs_no_look(rig: Rig) -> None:
    ran = hook(rig, "dhclient", reason="PREINIT", interface="wan0")
    assert (ran.code, ran.said, rig.updates, rig.state.exists()) == (0, "", 0, False)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("dhclint",), "did you mean dhclient?"),
        (("no-such-source-at-all",), "sources are udhcpc"),
        ((), "wants SOURCE"),
    ],
    ids=["near", "far", "none"],
)
def test_trouble_with_the_call_is_told_and_never_returned(rig: Rig, words: tuple[str, ...], says: str) -> None:
    ran = hook(rig, *words)
    assert ran.code == 0
    if not pathlib.Path("/dev/log").exists():
        assert says in ran.err
        assert ran.err.count("\n") == 1


def test_settings_that_cannot_be_used_hurt_no_caller(rig: Rig) -> None:
    rig.config.write_text("[account.x\n")
    ran = hook(rig, *UP)
    assert (ran.code, ran.out, rig.updates) == (0, "", 0)


def test_a_state_directory_that_cannot_be_made_hurts_no_caller(rig: Rig) -> None:
    rig.state.write_text("in the way")
    assert hook(rig, *UP).code == 0
    assert rig.updates == 0, "what cannot be remembered is not sent"


def test_without_environment_and_descriptors(rig: Rig) -> None:
    process = bare(rig, "pppd", "ip-up", "ppp0", "", "0", ADDRESS, "45.83.1.1")
    assert process.wait(timeout=20) == 0
    assert (rig.published, rig.updates) == (ADDRESS, 1)
    assert (rig.state / "memory").stat().st_mode & 0o777 == 0o600


def test_what_follows_the_source_is_the_callers(rig: Rig) -> None:
    ran = hook(rig, "udhcpc", "bound", "--dry-run", "--token", "x", "-h")
    assert (ran.code, rig.updates) == (0, 1)


def test_five_at_once_one_works(rig: Rig) -> None:
    entered: list[float] = []

    def slow(request: Received) -> Reply:
        entered.append(time.monotonic())
        time.sleep(4.0)
        return Rig.handle(rig, request)

    rig.server.handler = slow
    first = bare(rig, *UP)
    until = time.monotonic() + 10
    while not entered and time.monotonic() < until:
        time.sleep(0.01)
    others = [bare(rig, *UP) for _ in range(4)]
    started_at = time.monotonic()
    for other in others:
        assert other.wait(timeout=20) == 0
    assert first.poll() is None, "the others are back while the first still waits for the provider"
    assert time.monotonic() - started_at < 4
    assert first.wait(timeout=20) == 0
    assert (len(entered), rig.updates) == (1, 1)
    assert rig.leftovers() == set()


def test_what_happens_during_a_run_is_published_after_it(rig: Rig) -> None:
    """The address changes while the provider takes its time; the second event only leaves a note, and settings are read anew."""
    changed: list[bool] = []

    def slow(request: Received) -> Reply:
        if not changed:
            changed.append(True)
            rig.move("45.83.1.8")
            assert bare(rig, *UP).wait(timeout=20) == 0
        return Rig.handle(rig, request)

    rig.server.handler = slow
    assert bare(rig, *UP).wait(timeout=30) == 0
    assert (rig.published, rig.updates) == ("45.83.1.8", 2)


def test_a_burst_is_answered_as_one(rig: Rig) -> None:
    """Forty events while the first run goes on and after it: at most one further run, no process left, nothing sent twice."""
    processes = [bare(rig, "udhcpc", "renew") for _ in range(40)]
    assert [process.wait(timeout=60) for process in processes] == [0] * 40
    assert settled(rig, 1) == 1
    assert rig.leftovers() == set()


def test_a_run_by_hand_and_a_hook_wait_for_each_other(rig: Rig) -> None:
    called = bare(rig, *UP)
    assert rig.run().code == 0
    assert called.wait(timeout=20) == 0
    assert rig.updates == 1
