"""On a box that runs: the programs that make the pieces work are started, once, and a failing one is told with its words.

The box is a tree that the command is run in (chroot), with busybox for a shell, and programs that write down how they were
called. What systemd and the others really make of the files is shown elsewhere (test_units, test_debian).
"""

import os
import pathlib
import shutil
import stat
from collections.abc import Callable

import pytest

from tests.install.conftest import Said, call
from tests.install.trees import LAYOUTS, Layout, make, seen

BUSYBOX = pathlib.Path("/bin/busybox")
LIVE_SYSTEMD = "/run/systemd/system"
PROGRAMS = {
    # as the real ones: `is-active` tells whether it was started
    "systemctl": "case $1 in is-active) [ -e /run/on ];; enable | restart) : >/run/on;; disable) rm -f /run/on;; esac",
    "cru": 'case $1 in l) [ -e /run/on ] && echo "#edge-agent#";; a) : >/run/on;; d) rm -f /run/on;; esac',
    "/etc/init.d/cron": "case $1 in running) [ -e /run/on ];; restart) : >/run/on;; esac",
}  # fmt: skip


Run = Callable[..., Said]


@pytest.fixture
def box(tmp_path: pathlib.Path) -> pathlib.Path:
    if not BUSYBOX.exists():
        pytest.skip("needs a busybox that stands alone (busybox-static)")
    return tmp_path / "box"


def equip(top: pathlib.Path, layout: Layout, *, live: bool = True) -> pathlib.Path:
    """Make the tree a box that runs: a shell, the programs above, and the directories of a running system."""
    make(top, layout)
    for folder in ("bin", "run", "dev", "tmp", "usr/bin", "etc/init.d"):
        (top / folder).mkdir(parents=True, exist_ok=True)
    if live and "/usr/lib/systemd/systemd" in layout.files:
        (top / LIVE_SYSTEMD[1:]).mkdir(parents=True)
    os.mknod(top / "dev/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    shutil.copy(BUSYBOX, top / "bin/busybox")
    for name in ("sh", "grep", "rm"):
        (top / "bin" / name).symlink_to("busybox")
    (top / "usr/bin/edge-agent").write_text("")
    (top / "etc/edge-agent.toml").write_text("")
    for name, text in PROGRAMS.items():
        program = top / (name[1:] if name.startswith("/") else f"usr/bin/{name}")
        program.write_text(
            f'#!/bin/sh\n[ "$1" = is-active ] || [ "$1" = running ] || [ "$1" = l ] || echo "$0 $*" >>/tmp/calls\n{text}\n'
        )
        program.chmod(0o755)
    return top


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def inside(top: pathlib.Path, *words: str) -> Said:
        capfd.readouterr()
        # loaded before, for they cannot be found in the tree
        import binascii  # noqa: F401
        import subprocess  # noqa: F401

        call("install", "--root", str(top), "--list")
        capfd.readouterr()
        child = os.fork()
        if child == 0:
            code = 99
            try:
                os.environ["PATH"] = "/bin:/usr/bin"
                os.chroot(top)
                os.chdir("/")
                code = call(*words)
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        return Said(os.WEXITSTATUS(status), *capfd.readouterr())

    return inside


def calls(top: pathlib.Path) -> list[str]:
    path = top / "tmp/calls"
    told = [line.removeprefix("/usr/bin/") for line in path.read_text().splitlines()] if path.exists() else []
    path.unlink(missing_ok=True)
    return told


STARTS = {
    "nothing-known": ["systemctl daemon-reload", "systemctl enable --now edge-agent.timer"],
    "openwrt": ["/etc/init.d/cron restart"],
    "merlin": ["cru a edge-agent"],
}
STOPS = {
    "nothing-known": ["systemctl disable --now edge-agent.timer", "systemctl daemon-reload"],
    "openwrt": [],
    "merlin": ["cru d edge-agent"],
}


@pytest.mark.parametrize("name", STARTS)
def test_it_is_started_once_and_stopped(box: pathlib.Path, run: Run, name: str) -> None:
    top = equip(box, LAYOUTS[name])
    before = seen(top)
    said = run(top, "install", "-v")
    assert said.code == 0
    told = calls(top)
    assert [line.partition(" ?-59")[0][: len(start)] for line, start in zip(told, STARTS[name], strict=True)] == STARTS[name]
    assert all(f"ran {line}" in said.out.replace("'", "") for line in told)
    assert run(top, "install").out == ""
    assert calls(top) == []
    (top / "run/on").unlink()  # killed before it was started, or stopped since
    assert run(top, "install").code == 0
    assert calls(top) == told
    assert run(top, "uninstall").code == 0
    assert calls(top) == STOPS[name]
    (top / "run/on").unlink(missing_ok=True)
    assert seen(top) == before


def test_the_watch_is_started_anew_and_its_memory_goes_with_it(box: pathlib.Path, run: Run) -> None:
    top = equip(box, LAYOUTS["nothing-known"])
    run(top, "install")
    calls(top)
    assert run(top, "install", "--watch").code == 0
    watch = "edge-agent-watch.service"
    assert calls(top) == [
        "systemctl disable --now edge-agent.timer",
        "systemctl daemon-reload",
        f"systemctl enable {watch}",
        f"systemctl restart {watch}",
    ]
    (top / "run/private/edge-agent").mkdir(parents=True)
    (top / "run/edge-agent").symlink_to("private/edge-agent")
    run(top, "uninstall")
    assert calls(top) == [f"systemctl disable --now {watch}", "systemctl daemon-reload"]
    assert not list(top.glob("run/**/edge-agent"))


def test_dry_run_starts_nothing_and_shows_it(box: pathlib.Path, run: Run) -> None:
    top = equip(box, LAYOUTS["nothing-known"])
    before = seen(top)
    said = run(top, "install", "--dry-run")
    assert said.code == 0
    assert "--- run: systemctl enable --now edge-agent.timer" in said.out
    assert calls(top) == []
    assert seen(top) == before


def test_what_cannot_be_started_is_one_line_with_its_words(box: pathlib.Path, run: Run) -> None:
    top = equip(box, LAYOUTS["nothing-known"])
    (top / "usr/bin/systemctl").write_text("#!/bin/sh\necho one >&2\necho 'no bus here' >&2\nexit 3\n")
    said = run(top, "install")
    assert said.code == 4
    assert said.err.splitlines()[-1] == (
        "systemctl enable --now edge-agent.timer failed (exit status 3: no bus here): run it by hand, as root"
    )
    (top / "usr/bin/systemctl").unlink()
    said = run(top, "install")
    assert said.code == 4
    assert "failed (there is no systemctl): run it by hand, as root" in said.err


def test_an_executable_that_others_could_change_is_refused(box: pathlib.Path, run: Run) -> None:
    top = equip(box, LAYOUTS["nothing-known"])
    before = seen(top)
    program = top / "usr/bin/edge-agent"
    program.chmod(0o757)
    said = run(top, "install")
    assert (said.code, said.out) == (4, "")
    assert "/usr/bin/edge-agent can be written by every user: move it where only root can write" in said.err
    program.chmod(0o755)
    os.chown(program, 1000, 1000)
    assert "/usr/bin/edge-agent belongs to user 1000" in run(top, "install").err
    os.chown(program, 0, 0)
    program.chmod(0o644)
    assert seen(top) == before


def test_settings_that_are_not_there_yet_are_told_of(box: pathlib.Path, run: Run) -> None:
    top = equip(box, LAYOUTS["nothing-known"])
    (top / "etc/edge-agent.toml").unlink()
    said = run(top, "install")
    assert said.code == 0
    assert "until /etc/edge-agent.toml is written there is nothing to keep" in said.err
