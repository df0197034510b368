"""A run that would change nothing ends at once; and whatever may matter makes it a whole run again. Whole programs, real files."""

import fcntl
import os
import pathlib
import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from edge_agent import porter
from edge_agent.settings import BY_NAME, COMMANDS, PREFIX
from tests.fakes.server import Tls
from tests.whole.rig import ADDRESS, Ran, Rig
from tests.whole.test_bad_worlds import FAKETIME

ROOT = pathlib.Path(__file__).parents[2]
TELL = """
import os, sys
from edge_agent.__main__ import main
code = main(sys.argv[1:])
with open(os.environ["TOLD"], "a") as told:
    print("whole" if "edge_agent.cli" in sys.modules else "spared", file=told)
sys.exit(code)
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


class Told(Rig):
    """A rig whose program tells whether it was spared its work."""

    def __init__(self, folder: pathlib.Path, tls: Tls, code: str = TELL) -> None:
        super().__init__(folder, tls, (sys.executable, "-c", code))
        self.told = folder / "told"
        self.told.touch()

    def environ(self) -> dict[str, str]:
        return super().environ() | {"TOLD": str(self.told), "PYTHONPATH": str(ROOT)}

    def how(self, *arguments: str, **environ: str) -> str:
        """Run, in silence and with success, and return how."""
        ran = self.run(*arguments, **environ)
        assert (ran.code, ran.said) == (0, ""), ran
        return self.last()

    def last(self) -> str:
        return self.told.read_text().split()[-1]

    def gates(self) -> list[pathlib.Path]:
        return sorted(self.state.glob("gate-*"))

    def steady(self) -> None:
        """Publish, and make the run that leaves the gate."""
        self.run()
        self.run()
        assert self.how() == "spared"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, tls: Tls) -> Iterator[Told]:
    """For rows that leave it as it was."""
    made = Told(tmp_path_factory.mktemp("shared"), tls)
    with made.server:
        made.steady()
        yield made


@pytest.fixture
def told(tmp_path: pathlib.Path, tls: Tls) -> Iterator[Told]:
    made = Told(tmp_path, tls)
    with made.server:
        made.steady()
        yield made


def test_the_first_two_runs_are_whole_and_the_others_are_spared(told: Told) -> None:
    assert told.told.read_text().split() == ["whole", "whole", "spared"]
    assert (told.how("run"), told.updates, told.leftovers()) == ("spared", 1, set())


@pytest.mark.parametrize(
    "words", [("--no-gate",), ("-v",), ("--json",), ("--dry-run",), ("explain",), ("status",), ("check",), ("--help",)]
)
def test_who_asks_for_words_gets_them(shared: Told, words: tuple[str, ...]) -> None:
    ran = shared.run(*words)
    assert (ran.code, shared.last(), shared.updates) == (0, "whole", 1)
    assert bool(ran.said) == (words not in {("--no-gate",), ("--dry-run",)})
    assert shared.how() == "spared"


def test_a_variable_leaves_the_gate_open(shared: Told) -> None:
    assert [shared.how(EDGE_AGENT_GATE=word) for word in ("false", "no", "0", " Off ")] == ["whole"] * 4
    assert len(shared.gates()) == 1
    assert shared.how() == "spared"


def test_the_file_can_say_that_there_is_none(told: Told) -> None:
    told.write(top="gate = false")
    assert [told.how(), told.how(), told.how()] == ["whole"] * 3


def test_force_sends(told: Told) -> None:
    assert (told.run("--force").code, told.updates) == (0, 2)
    assert (told.how(), told.how()) == ("whole", "spared")


def test_another_address(told: Told) -> None:
    told.move("45.83.1.8")
    ran = told.run()
    assert (f"A 45.83.1.8 (was {ADDRESS})" in ran.out, told.published) == (True, "45.83.1.8")
    assert (told.how(), told.how(), told.updates) == ("whole", "spared", 2)


def test_a_settings_file_that_was_only_touched(told: Told) -> None:
    os.utime(told.config)
    assert told.how() == "spared"
    told.config.write_text(told.config.read_text() + "# a remark\n")
    assert (told.how(), told.how()) == ("whole", "spared")


def test_the_same_size_within_the_same_tick(told: Told) -> None:
    """What file systems with coarse clocks cannot tell apart."""
    before = told.config.stat()
    told.move("45.83.1.8")
    os.utime(told.config, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert told.config.stat().st_size == before.st_size
    assert (told.run().code, told.published) == (0, "45.83.1.8")


def test_another_secret(told: Told) -> None:
    told.secret.write_text("wrong\n")
    ran = told.run()
    assert (ran.code, told.last(), "badauth" in ran.err) == (4, "whole", True)
    told.secret.write_text("S3cret-planted-here\n")
    assert (told.run().code, told.published) == (0, ADDRESS)


def test_a_secret_that_others_can_read(told: Told) -> None:
    told.secret.chmod(0o644)
    assert (told.run().code, told.last()) == (2, "whole")
    told.secret.chmod(0o600)
    assert told.how() == "spared"


@pytest.mark.parametrize("which", ["secret", "config"])
def test_a_file_that_is_gone_or_no_file_any_more(told: Told, which: str) -> None:
    path: pathlib.Path = getattr(told, which)
    path.rename(told.folder / "aside")
    assert (told.run().code, told.last()) == (2, "whole")
    path.mkdir()
    assert (told.run().code, told.last()) == (2, "whole")


def test_memory_that_says_something_else(told: Told) -> None:
    memory = told.state / "memory"
    memory.write_text(memory.read_text().replace(ADDRESS, "45.83.1.6"))
    assert (told.run().code, told.updates, told.last()) == (0, 2, "whole")
    assert (told.how(), told.how()) == ("whole", "spared")
    memory.unlink()
    assert (told.run().code, told.updates, told.last()) == (0, 3, "whole")


def test_pin_and_unlock(told: Told) -> None:
    assert told.run("pin", "lo").code in {0, 2}
    assert told.run("unlock").out == "nothing was locked\n"
    assert told.how() == "spared"
    told.secret.write_text("wrong\n")
    assert told.run().code == 4
    told.secret.write_text("S3cret-planted-here\n")
    assert (told.run("unlock").code, told.how(), told.published) == (0, "whole", ADDRESS)
    assert told.how() == "spared"


def test_a_run_at_work_is_not_overtaken(told: Told) -> None:
    """It may have looked before we do, and be about to publish what it saw."""
    with (told.state / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = told.start()
        time.sleep(1.5)
        assert process.poll() is None
    assert (process.communicate(timeout=30), process.returncode, told.last()) == (("", ""), 0, "whole")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(os.urandom(600)),
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"4", b"6")),
        lambda path: path.write_bytes(path.read_bytes() + b"\n" * (porter.LARGEST + 1)),
        lambda path: path.chmod(0o644),
        lambda path: (path.rename(path.with_name("moved")), path.symlink_to(path.with_name("moved"))),
        lambda path: (path.unlink(), path.mkdir(), path.rmdir()),
    ],
    ids=["empty", "garbage", "torn", "other-digits", "huge", "open-to-others", "symlink", "gone"],
)
def test_a_gate_that_nobody_can_trust_is_replaced(shared: Told, spoil: Callable[[pathlib.Path], object]) -> None:
    (path,) = shared.gates()
    spoil(path)
    assert (shared.how(), shared.how(), shared.updates) == ("whole", "spared", 1)
    path.with_name("moved").unlink(missing_ok=True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not path.is_symlink()


def test_something_else_in_the_place_of_the_gate(told: Told) -> None:
    (path,) = told.gates()
    path.unlink()
    os.mkfifo(path, 0o600)
    assert (told.how(), told.how()) == ("whole", "spared")
    path.unlink()
    path.mkdir()
    assert [told.how(), told.how()] == ["whole", "whole"]


@needs_root
def test_what_belongs_to_another_user(told: Told) -> None:
    (path,) = told.gates()
    os.chown(path, 65534, 65534)
    assert (told.how(), told.how()) == ("whole", "spared")
    os.chown(told.state, 65534, 65534)
    ran = told.run()
    assert (told.last(), "belongs to user 65534" in ran.err) == ("whole", True)


@needs_root
def test_after_a_reboot(told: Told) -> None:
    boot_id = told.folder / "boot_id"
    boot_id.write_text("00000000-1111-2222-3333-444444444444\n")
    told.program = (
        "unshare", "--mount", "sh", "-c", f'mount --bind {boot_id} /proc/sys/kernel/random/boot_id; exec "$@"', "sh", *told.program,
    )  # fmt: skip
    assert (told.how(), told.how(), told.updates) == ("whole", "spared", 1)


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed")
def test_clocks(told: Told) -> None:
    """A refresh falls due by the wall clock, wherever that comes from; before the clock is set nothing does."""
    told.write(top='force_after = "2h"')
    assert (told.how(), told.how()) == ("whole", "spared")
    fake = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    assert told.how(FAKETIME="@1970-01-01 00:05:00", **fake) == "spared"
    assert told.how("--no-gate", FAKETIME="@1970-01-01 00:05:00", **fake) == "whole"
    assert told.how(FAKETIME="+1h", **fake) == "spared"
    assert told.updates == 1
    assert (told.run(FAKETIME="+3h", **fake).code, told.last(), told.updates) == (0, "whole", 2)


def test_killed_before_the_gate_is_written(told: Told) -> None:
    """Between memory and the gate nothing is lost: the gate that stands is of another memory."""
    (path,) = told.gates()
    before = path.read_bytes()
    told.move("45.83.1.8")
    usual = told.program
    ends = "from edge_agent import closing\nclosing.close = lambda *_: os.kill(os.getpid(), 9)\ncode ="
    told.program = (sys.executable, "-c", TELL.replace("code =", ends, 1))
    assert told.run().code == -signal.SIGKILL
    assert (told.published, path.read_bytes()) == ("45.83.1.8", before)
    told.program = usual
    told.config.write_text(told.config.read_text().replace("45.83.1.8", ADDRESS))  # so the gate would fit, but for memory
    assert (told.run().code, told.last(), told.published) == (0, "whole", ADDRESS)
    assert (told.how(), told.how()) == ("whole", "spared")


# --- calls -----------------------------------------------------------------------------------------------------------


def hook(told: Told, *words: str, **environ: str) -> Ran:
    return told.run("hook", "--config", str(told.config), *words, **environ)


def test_hooks_and_runs_share_a_gate(told: Told) -> None:
    renewal = {"reason": "RENEW", "interface": "wan0"}
    assert (hook(told, "dhclient", **renewal).said, told.last()) == ("", "spared")
    assert (hook(told, "udhcpc", "deconfig", interface="wan0").code, told.last()) == (0, "spared")
    assert (hook(told, "dhclient", new_ip_address="45.83.1.9", **renewal).said, told.last()) == ("", "whole")
    assert (hook(told, "nonsense").code, told.last()) == (0, "whole")


def test_words_that_could_mean_two_things_are_left_to_the_reader(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """A settings file may have the name of a source or a command."""
    monkeypatch.chdir(told.folder)
    for name in ("udhcpc", "dhclient", "run", "hook"):
        (told.folder / name).write_text(told.config.read_text())
    for words in (
        ("hook", "--config", "udhcpc", "dhclient"),
        ("--config", "run"),
        ("--config", "hook"),
        ("run", "--config", "run"),
    ):
        assert [told.run(*words, reason="RENEW", interface="wan0").code, told.last()] == [0, "whole"]
        assert [told.run(*words, reason="RENEW", interface="wan0").code, told.last()] == [0, "whole"]
    assert told.how("run", "--config", "udhcpc") == "whole"
    assert told.how("run", "--config", "udhcpc") == "spared"
    ran = told.run("hook", "--config", "udhcpc", "dhclient", reason="RENEW", interface="wan0")
    assert (ran.code, told.last()) == (0, "whole")
    assert (told.run("run", "run", "--config", "udhcpc").code, told.run("--config", "udhcpc", "dhclient").code) == (2, 2)
    monkeypatch.chdir("/")
    assert told.run("run", "--config", "udhcpc").code == 2


@pytest.mark.parametrize("words", [("--state-dir",), ("--nonsense",), ("stray",), ("--", "stray"), ("run", "stray"), ("-i",)])
def test_usage_errors_stay_errors(shared: Told, words: tuple[str, ...]) -> None:
    assert (shared.run(*words).code, shared.last()) == (2, "whole")


def test_a_few_ways_of_calling_are_remembered(told: Told) -> None:
    for number in range(12):
        assert told.how("--deadline", f"{number + 5}s") == "whole"
    assert len(told.gates()) == 8
    assert told.how("--deadline", "16s") == "spared"


def test_the_three_names_are_those_of_the_settings() -> None:
    assert {flag.spelling for flag in BY_NAME["state_dir"].flags} == {porter.PLACE}
    assert {flag.spelling for flag in BY_NAME["gate"].flags} == {porter.OPEN}
    assert (BY_NAME["gate"].variable, BY_NAME["state_dir"].variable) == (f"{porter.PREFIX}GATE", f"{porter.PREFIX}STATE_DIR")
    assert (porter.PREFIX, COMMANDS.keys() > porter.COMMANDS) == (PREFIX, True)
    assert porter.call_of(("run", "-v")) == porter.Call("run", ("-v",))
