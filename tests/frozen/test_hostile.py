"""The executable where routers and init systems put it: no environment, no streams, no room, and killed at any moment."""

import os
import pathlib
import shutil
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from edge_agent import __version__
from tests.fakes.messages import Reply
from tests.frozen.archive import is_static
from tests.frozen.conftest import PLAIN, Place

Run = Callable[..., subprocess.CompletedProcess[str]]
VERSION = f"edge-agent {__version__}\n"


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"TMPDIR": "/nonexistent"},
        {"LC_ALL": "de_DE.ISO-8859-1", "LANG": "xx_YY.KOI8-R"},
        {"LC_ALL": "C"},
        {"PYTHONHOME": "/nonexistent", "PYTHONPATH": "/nonexistent", "PYTHONSTARTUP": "/nonexistent", "PYTHONVERBOSE": "1"},
        {"LD_LIBRARY_PATH": "/nonexistent:/tmp", "LD_PRELOAD": ""},
        {"HOME": "/nonexistent", "PATH": ""},
        {"TERM": "dumb", "TZ": "Nowhere/Nothing", "COLUMNS": "0"},
    ],
    ids=["empty", "tmpdir-missing", "foreign-locale", "c-locale", "python-variables", "library-path", "no-home", "odd-terminal"],
)
def test_environments(run: Run, place: Place, env: dict[str, str]) -> None:
    done = run("--version", env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, VERSION, "")
    done = run(*place.flags, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert place.service.records


def test_what_it_starts_does_not_inherit_its_libraries(run: Run, place: Place) -> None:
    program = place.folder / "where"
    told = place.folder / "told"
    program.write_text(f'#!/bin/sh\necho "${{LD_LIBRARY_PATH-unset}}" >{told}\necho 45.83.1.7\n')
    program.chmod(0o755)
    at = place.flags.index("--source")
    flags = [*place.flags[:at], "--source", "command", "--command", str(program), *place.flags[at + 4 :]]
    done = run(*flags)
    assert (done.returncode, done.stderr, told.read_text()) == (0, "", "unset\n")
    assert place.service.records == {("home.example.com", "A"): "45.83.1.7"}


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"], ids=["in", "out", "err", "all"])
def test_closed_streams(exe: pathlib.Path, place: Place, closed: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" "$@" {closed}', exe, *place.flags], env=PLAIN, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0
    assert place.service.records == {("home.example.com", "A"): "45.83.1.2"}


def test_umask(exe: pathlib.Path, place: Place) -> None:
    script = 'umask 077; "$0" "$@"'
    done = subprocess.run(
        ["sh", "-c", script, exe, *place.flags], env=PLAIN, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (place.folder / "state").stat().st_mode & 0o077 == 0


def in_mounts(script: str, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a script in a mount namespace, as root, where it may mount over what it likes."""
    way = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if not shutil.which("unshare") or subprocess.run([*way, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespace can be made here (root or user namespaces)")
    return subprocess.run(
        [*way, "sh", "-ec", script, *map(str, words)], env=PLAIN, capture_output=True, text=True, check=False, timeout=60
    )


def test_read_only_root(exe: pathlib.Path, place: Place) -> None:
    room = place.folder / "room"
    room.mkdir()
    script = 'mount -t tmpfs none "$0"; mount -o remount,ro,bind / || mount -o remount,ro /; cd /; TMPDIR=$0 exec "$@"'
    done = in_mounts(script, room, exe, *place.flags, "--state-dir", room / "state")
    assert (done.returncode, done.stderr) == (0, "")
    assert place.service.records


@pytest.mark.parametrize(("options", "word"), [("size=4m", "extract"), ("noexec", "map")], ids=["too-small", "noexec"])
def test_a_temporary_directory_that_cannot_hold_it(exe: pathlib.Path, place: Place, options: str, word: str) -> None:
    """It says so, fails, and touches nothing; with room it works. A static executable, which unpacks nothing, works anyway."""
    room = place.folder / "room"
    room.mkdir()
    done = in_mounts(f'mount -t tmpfs -o {options} none "$0"; TMPDIR=$0 exec "$@"', room, exe, *place.flags)
    if is_static(exe):
        assert (done.returncode, done.stderr) == (0, "")
        assert place.service.records
        return
    assert done.returncode not in {0, 3, 4}
    assert word in done.stderr
    assert place.server.received == []
    assert not (place.folder / "state").exists()
    assert in_mounts('TMPDIR=$0 exec "$@"', room, exe, *place.flags).returncode == 0


def test_it_leaves_nothing_behind(run: Run, place: Place) -> None:
    run(*place.flags)
    run("--nonsense")
    assert list((place.folder / "unpacked").iterdir()) == []


def started(exe: pathlib.Path, place: Place) -> subprocess.Popen[bytes]:
    unpacked = place.folder / "unpacked"
    unpacked.mkdir(exist_ok=True)
    return subprocess.Popen([exe, *place.flags], env={**PLAIN, "TMPDIR": str(unpacked)}, start_new_session=True)


def until(condition: Callable[[], object]) -> None:
    end_at = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end_at
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["term", "int"])
def test_a_polite_end(exe: pathlib.Path, place: Place, run: Run, number: signal.Signals) -> None:
    place.first.append(Reply(raw=b"", after="stall"))
    process = started(exe, place)
    until(lambda: place.server.received)
    process.send_signal(number)
    assert process.wait(10) in {128 + number, -number}
    assert list((place.folder / "unpacked").iterdir()) == []
    assert run(*place.flags).returncode in {0, 3}  # no lock is left; the one in flight may have to wait a moment


def recovers(run: Run, place: Place) -> None:
    """See that the next run does the right thing: it updates, or it waits because one may have landed, and then updates."""
    before = len(place.server.received)
    done = run(*place.flags)
    if done.returncode == 3:
        assert "not before" in done.stderr
        assert len(place.server.received) == before
        done = run(*place.flags, "--force")
    assert (done.returncode, done.stderr) == (0, "")
    assert place.service.records == {("home.example.com", "A"): "45.83.1.2"}
    assert len(place.server.received) <= 2  # at most the one in flight is sent again
    seen = len(place.server.received)
    assert run(*place.flags).returncode == 0
    assert len(place.server.received) == seen


def test_killed_in_flight(exe: pathlib.Path, place: Place, run: Run) -> None:
    place.first.append(Reply(raw=b"", after="stall"))
    process = started(exe, place)
    until(lambda: place.server.received)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    recovers(run, place)


@pytest.mark.heavy
@pytest.mark.parametrize("moment", range(24))
def test_killed_at_any_moment(exe: pathlib.Path, place: Place, run: Run, moment: int) -> None:
    process = started(exe, place)
    time.sleep(moment * 0.012)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    recovers(run, place)
