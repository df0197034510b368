"""The resident watch as a process: signals, settings, the service manager, a second one, children that hang, what it loads."""

import functools
import os
import pathlib
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import pytest

from tests.fakes.server import Reply
from tests.lab.net import Lab
from tests.watch.resident import Process, ServiceManager, until
from tests.whole.rig import ADDRESS, NAME, SOURCE, Rig

KEPT = "it is published already"  # what -v says of a look that changes nothing
OTHER = "45.83.1.8"
Environ: TypeAlias = Mapping[str, str]
PLAIN: Environ = {}


def started(
    rig: Rig,
    *flags: str,
    name: str = "resident",
    program: Sequence[str] = SOURCE,
    environ: Environ = PLAIN,
    folder: pathlib.Path | None = None,
) -> Process:
    argv = [*program, "watch", "--config", str(rig.config), "--log", "stderr", *flags]
    return Process(argv, rig.folder, {**rig.environ(), **environ}, name, folder)


@pytest.fixture
def watch(rig: Rig) -> Iterator[Process]:
    """A watch that has made its first look and rests."""
    with started(rig, "-v") as resident:
        until(lambda: rig.updates == 1)
        resident.at_rest()
        yield resident


def test_the_first_look_publishes_and_the_end_is_clean(rig: Rig, watch: Process) -> None:
    assert rig.published == ADDRESS
    assert watch.said().startswith(f"{NAME} A {ADDRESS}: updated")
    assert watch.end() == 0
    assert rig.leftovers() == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_it_ends_at_once_when_it_rests(watch: Process, number: signal.Signals) -> None:
    began_at = time.monotonic()
    assert watch.end(number) == 0
    assert time.monotonic() < began_at + 1


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP], ids=["SIGUSR1", "SIGHUP"])
def test_it_looks_when_told_to(rig: Rig, watch: Process, number: signal.Signals) -> None:
    rig.move(OTHER)
    watch.tell(number)
    assert until(lambda: rig.published == OTHER) < 5
    watch.at_rest()
    assert rig.updates == 2


def test_asked_during_a_look_it_looks_once_more(rig: Rig, watch: Process) -> None:
    looks = watch.count(NAME)
    rig.reply = Reply(body=f"good {OTHER}".encode(), delay_for=1.0)
    rig.move(OTHER)
    watch.tell(signal.SIGUSR1)
    until(watch.children)
    for _ in range(5):
        watch.tell(signal.SIGUSR1)
        time.sleep(0.01)
    rig.reply = None
    watch.at_rest(1.0)
    assert watch.count(NAME) - looks == 2


def test_settings_are_read_again(rig: Rig, watch: Process) -> None:
    """The period was five minutes; with the new one the next change is found without a word."""
    rig.write(top='watch_every = "1s"')
    watch.tell(signal.SIGHUP)
    watch.at_rest()
    rig.move(OTHER)
    assert until(lambda: rig.published == OTHER) < 4
    assert watch.end() == 0


def test_wrong_settings_are_told_and_outlived(rig: Rig, watch: Process) -> None:
    good = rig.config.read_text()
    rig.config.write_text(good + 'color = "red"\n')
    watch.tell(signal.SIGHUP)
    until(lambda: watch.count("color"))
    watch.at_rest()
    rig.config.write_text(good)
    rig.move(OTHER)
    watch.tell(signal.SIGUSR1)
    until(lambda: rig.published == OTHER)


def test_settings_that_are_wrong_at_the_start_end_it(rig: Rig) -> None:
    rig.write(top='watch_every = "soon"')
    with started(rig) as resident:
        assert resident.process.wait(10) == 2
        assert "watch_every" in resident.said()


def test_a_second_watch_is_told_so(rig: Rig, watch: Process) -> None:
    with started(rig, "-v", "--watch-every", "7s", name="second") as second:
        assert second.process.wait(10) == 3
        assert second.said().splitlines() == ["watch: another watch with the same settings is at work already"]
    assert watch.end() == 0
    with started(rig, name="third") as third:
        third.at_rest()
        assert third.end() == 0


def test_killed_it_leaves_the_place_to_the_next(rig: Rig, watch: Process) -> None:
    watch.end(signal.SIGKILL)
    with started(rig, "-v", name="next") as following:
        until(lambda: following.count(KEPT))
        assert following.end() == 0


def test_the_end_waits_for_an_update_on_its_way(rig: Rig, watch: Process) -> None:
    rig.reply = Reply(body=f"good {OTHER}".encode(), delay_for=1.5)
    rig.move(OTHER)
    watch.tell(signal.SIGUSR1)
    until(lambda: rig.updates == 2)
    assert watch.end() == 0
    assert f"{OTHER} (was {ADDRESS}): updated" in watch.said()


def test_help_and_other_commands_are_not_taken_for_it(rig: Rig) -> None:
    assert rig.run("watch", "--help").out.startswith("usage: edge-agent")
    assert "watch is not among" in rig.run("explain", "-n", "watch").err


def test_a_new_version_takes_over(rig: Rig) -> None:
    """What is loaded and what children load must be of one version: a package manager may replace the files at any time."""
    copy = rig.folder / "lib"
    shutil.copytree(pathlib.Path.cwd() / "edge_agent", copy / "edge_agent", ignore=shutil.ignore_patterns("__pycache__"))
    environ = {"PYTHONPATH": str(copy), "NOTIFY_SOCKET": str(rig.folder / "notify")}
    with ServiceManager(environ["NOTIFY_SOCKET"]) as manager, started(rig, environ=environ, folder=copy) as resident:
        manager.wait("READY")
        for path in (copy / "edge_agent").rglob("*.py"):
            path.with_suffix(".new").write_text(path.read_text() + "\nNEW = True\n")
            path.with_suffix(".new").replace(path)
        rig.move(OTHER)
        resident.tell(signal.SIGUSR1)
        manager.wait("READY")
        assert rig.published == OTHER
        assert resident.count("the program was replaced by another version") == 1
        resident.tell(signal.SIGUSR1)
        resident.at_rest()
        assert resident.count("the program was replaced by another version") == 1
        assert resident.end() == 0


FROZEN = pathlib.Path.cwd() / "dist" / "edge-agent"
AS_SYSTEMD = 'export WATCHDOG_PID=$$ WATCHDOG_USEC=400000; exec "$@"'


@pytest.mark.skipif(not FROZEN.exists(), reason="dist/edge-agent is not there: make exe")
def test_the_executable(rig: Rig) -> None:
    """It stands behind a process that unpacks it: signals reach it, signs of life are its own, nothing stays unpacked."""
    exe, unpacked = rig.folder / "edge-agent", rig.folder / "unpacked"
    unpacked.mkdir()
    shutil.copy(FROZEN, exe)
    environ = {"NOTIFY_SOCKET": str(rig.folder / "notify"), "TMPDIR": str(unpacked)}
    program = ("sh", "-c", AS_SYSTEMD, "sh", str(exe))
    with ServiceManager(environ["NOTIFY_SOCKET"]) as manager, started(rig, program=program, environ=environ) as resident:
        manager.wait("READY")
        manager.wait("WATCHDOG")
        shutil.copy(FROZEN, rig.folder / "new")
        (rig.folder / "new").replace(exe)
        rig.move(OTHER)
        resident.tell(signal.SIGHUP)
        manager.wait("READY")
        assert rig.published == OTHER
        assert resident.count("the program was replaced by another version") == 1
        assert resident.end() == 0
    assert list(unpacked.iterdir()) == []


# --- the service manager ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_the_service_manager_is_told(rig: Rig, kind: str) -> None:
    address = str(rig.folder / "notify") if kind == "path" else f"@edge-agent-test-{os.getpid()}"
    with ServiceManager(address) as manager, started(rig, environ={"NOTIFY_SOCKET": address}) as resident:
        first = manager.wait("READY")
        assert first == {"READY": "1", "STATUS": f"{NAME} A {ADDRESS}: updated (nothing was published before)"}
        assert rig.updates == 1, "ready means that the first look has been made"
        rig.reply = Reply(body=b"911")
        rig.move(OTHER)
        resident.tell(signal.SIGHUP)
        reloading = manager.wait("RELOADING")
        assert abs(int(reloading["MONOTONIC_USEC"]) / 1e6 - time.monotonic()) < 2
        assert manager.wait("READY")["STATUS"].startswith(f"{NAME} A {OTHER} (was {ADDRESS}): ")
        assert resident.end() == 0
        assert "STOPPING" in manager.wait("STOPPING")
        assert not any("WATCHDOG" in message for _, message in manager.told)


@pytest.mark.parametrize("whose", ["", pytest.param("1", marks=pytest.mark.heavy)], ids=["ours", "another's"])
def test_signs_of_life(rig: Rig, whose: str) -> None:
    address = str(rig.folder / "notify")
    environ = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "600000"} | ({"WATCHDOG_PID": whose} if whose else {})
    with ServiceManager(address) as manager, started(rig, environ=environ) as resident:
        manager.wait("READY")
        signs = sum("WATCHDOG" in message for message in manager.listen(1.6))
        assert signs in ({0} if whose else {4, 5, 6})
        assert resident.end() == 0


def test_children_do_not_speak_to_the_service_manager(rig: Rig) -> None:
    seen = rig.folder / "seen"
    rig.config.write_text(
        rig.config.read_text().replace(
            f'source = "static"\naddress = "{ADDRESS}"', f'source = "command"\ncommand = "sh -c \'env > {seen}; echo {ADDRESS}\'"'
        )
    )
    with ServiceManager(str(rig.folder / "notify")) as manager, started(rig, environ={"NOTIFY_SOCKET": manager.address}):
        manager.wait("READY")
        assert rig.updates == 1
        assert "NOTIFY_SOCKET" not in seen.read_text()


# --- without netlink, and what is loaded ----------------------------------------------------------------------------

NO_NETLINK = "import _socket, sys; del _socket.AF_NETLINK; from edge_agent.__main__ import main; sys.exit(main(sys.argv[1:]))"


def test_without_netlink_it_polls_and_says_so_once(rig: Rig) -> None:
    with started(rig, "--watch-every", "1s", program=(sys.executable, "-c", NO_NETLINK)) as resident:
        until(lambda: rig.updates == 1)
        rig.move(OTHER)
        assert until(lambda: rig.published == OTHER) < 4
        time.sleep(1.5)
        assert resident.count("looking every 1 seconds instead") == 1
        assert resident.end() == 0


LOADED = (
    "import sys; from edge_agent.__main__ import main; code = main(sys.argv[1:]); print('loaded:', *sys.modules); sys.exit(code)"
)
NEVER = {"ssl", "urllib3", "socket", "json", "tomllib", "subprocess", "logging", "threading", "email", "http"}


def test_the_resident_part_loads_neither_settings_nor_providers(rig: Rig) -> None:
    with started(rig, program=(sys.executable, "-c", LOADED)) as resident:
        until(lambda: rig.updates == 1)
        assert resident.end() == 0
        loaded = set(resident.said().partition("loaded:")[2].split())
    assert "edge_agent.resident" in loaded
    assert {name for name in loaded if name.partition(".")[0] in NEVER} == set()
    own = {name.removeprefix("edge_agent.").partition(".")[0] for name in loaded if name.startswith("edge_agent.")}
    assert own == {"__main__", "child", "files", "inet", "model", "monitor", "netlink", "resident", "rtnetlink", "signals",
                   "streams", "verdicts", "watch", "watching"}  # fmt: skip


# --- children of its own making --------------------------------------------------------------------------------------

STUB = """
import os, signal, sys, time
from edge_agent import monitor, resident
from edge_agent.model import Ended
from edge_agent.watching import Wants
resident.ENDING_FOR = 0.3
def look(event):
    {look}
def tell(level, text):
    print(level, text, flush=True)
limit_for = float(sys.argv[1])
wants = Wants(3600.0, (limit_for - 10.0) / 4)
sys.exit(resident.Watch(wants, resident.Duties(look, lambda: (0, ""), tell, lambda: False, sys.exit), monitor.Manager()).run())
"""


def stub(folder: pathlib.Path, look: str, limit_for: float = 10.0, inside: Sequence[str] = ()) -> Process:
    argv = [*inside, sys.executable, "-c", STUB.format(look=look), str(limit_for)]
    return Process(argv, folder, {"PATH": os.environ["PATH"], "PYTHONPATH": str(pathlib.Path.cwd())})


HANGS = {
    "that-leaves-when-told": "time.sleep(60)",
    "that-does-not": "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    "that-cannot": "signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals)); time.sleep(60)",
}


@pytest.mark.parametrize("look", HANGS.values(), ids=HANGS)
def test_a_child_that_hangs_is_ended_and_told_of(look: str, tmp_path: pathlib.Path) -> None:
    with stub(tmp_path, look, limit_for=0.4) as resident:
        until(lambda: resident.count("a run did not end within its time: it is made to end"))
        until(lambda: not resident.children())
        assert resident.said().count("\n") == 1
        assert resident.end() == 0


@pytest.mark.heavy
@pytest.mark.parametrize("look", HANGS.values(), ids=HANGS)
def test_a_child_that_hangs_does_not_keep_the_watch_from_ending(look: str, tmp_path: pathlib.Path) -> None:
    with stub(tmp_path, look) as resident:
        until(resident.children)
        assert resident.end() == 0
        assert resident.process.returncode == 0


CRASHES = {
    "killed": ("os.kill(os.getpid(), signal.SIGKILL)", "a run was killed by signal 9"),
    "raises": ("raise KeyError('secret')", "internal error: KeyError\n"),
    "leaves": ("sys.exit(3)", ""),
}


@pytest.mark.parametrize(("look", "words"), CRASHES.values(), ids=CRASHES)
def test_a_child_that_crashes(look: str, words: str, tmp_path: pathlib.Path) -> None:
    with stub(tmp_path, look) as resident:
        until(lambda: words in resident.said())
        resident.at_rest(0.2)
        assert "secret" not in resident.said()
        assert resident.end() == 0


def _printed(resident: Process, octets: int) -> bool:
    return resident.out.stat().st_size >= octets


def test_three_hundred_children_leave_nothing(tmp_path: pathlib.Path) -> None:
    """Neither zombies nor descriptors nor memory."""
    with stub(tmp_path, "print('look', flush=True); return Ended(0)") as resident:

        def looks(count: int) -> None:
            for number in range(resident.count("look\n") + 1, count + 1):
                resident.tell(signal.SIGUSR1)
                until(functools.partial(_printed, resident, 5 * number))

        until(functools.partial(_printed, resident, 5))
        looks(20)
        resident.at_rest(0.2)
        before, held = resident.status("VmRSS"), resident.descriptors()
        looks(320)
        resident.at_rest(0.2)
        assert resident.count("look\n") >= 320
        assert resident.descriptors() == held
        assert resident.status("VmRSS") - before <= 64  # KiB
        assert resident.end() == 0


def test_at_rest_it_sleeps(box: tuple[Lab, str], tmp_path: pathlib.Path) -> None:
    """No wake-up between two looks: what wakes costs power, and a router has other things to do."""
    with stub(tmp_path, "print('look', flush=True); return Ended(0)", inside=("ip", "netns", "exec", box[1])) as resident:
        until(functools.partial(_printed, resident, 5))
        resident.at_rest(0.4)
        before = resident.status("voluntary_ctxt_switches")
        time.sleep(1.0)
        assert resident.status("voluntary_ctxt_switches") == before
