"""No room, no right, no time: nothing is torn, what can be done is done, and the next install mends the rest."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from edge_agent.install import DIRS
from tests.install.conftest import Agent, call
from tests.install.trees import LAYOUTS, Tree, changed, make, seen

ROOT = pathlib.Path(__file__).parents[2]
# Between them: directories to be made, links, blocks in new and in old files, files to be written.
KILLED = ("networkd-dispatcher", "openwrt-mwan3", "merlin")


def scratch(top: pathlib.Path) -> list[str]:
    return [str(path) for path in top.rglob(".edge-agent.new")]


# --- killed ----------------------------------------------------------------------------------------------------------


def killed(at: int, top: pathlib.Path, command: str) -> bool:
    """Run the command in a child that kills itself before its file operation number `at` in the tree; tell whether it got there."""
    child = os.fork()
    if child == 0:
        count = 0

        def watch(event: str, args: tuple[object, ...]) -> None:
            nonlocal count
            if event in {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.chmod", "os.chown"}:
                count += str(top) in str(args[0])
                if count == at:
                    os.kill(os.getpid(), signal.SIGKILL)

        code = 99
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            sys.addaudithook(watch)
            code = call(command, "--root", str(top))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def plain(tree: Tree) -> Tree:
    """Return the tree without the notes on who made a directory: what an earlier install has made is there for the next one."""
    lines = {
        path: b"".join(line for line in entry[4].splitlines(keepends=True) if DIRS.encode() not in line)
        for path, entry in tree.items()
    }
    return {path: (*entry[:4], lines[path]) for path, entry in tree.items()}


def whole(tree: Tree, *others: Tree) -> None:
    """Assert that every file is as it is in one of the other trees: none of them is torn."""
    for path, entry in tree.items():
        if ".edge-agent.new" not in path:
            assert any(other.get(path) == entry for other in others), path
    assert set(tree) >= set(others[0]) & set(others[1])


@pytest.mark.parametrize("name", KILLED)
def test_killed_at_any_moment(tmp_path: pathlib.Path, agent: Agent, name: str) -> None:
    first, full = make(tmp_path / "first", LAYOUTS[name]), make(tmp_path / "full", LAYOUTS[name])
    agent("install", full)
    before, after = seen(first), seen(full)
    ends = 0
    for command, start, other in (("install", first, full), ("uninstall", full, first)):
        for at in range(1, 500):
            top = tmp_path / "tree"
            shutil.copytree(start, top, symlinks=True)
            if not killed(at, top, command):
                assert seen(top) == seen(other)
                shutil.rmtree(top)
                ends += 1
                break
            whole(seen(top), before, after)
            if at % 2:
                assert agent("install", top).code == 0
                assert plain(seen(top)) == plain(after)
                assert agent("uninstall", top).code == 0
            else:
                agent("uninstall", top)
            assert scratch(top) == []
            assert seen(top) == before
            shutil.rmtree(top)
        assert at > 10
    assert ends == 2


# --- no room, no right ------------------------------------------------------------------------------------------------


@pytest.fixture
def mounted(tmp_path: pathlib.Path) -> Iterator[Callable[..., pathlib.Path]]:
    """Mount small file systems of their own; they are gone after the test."""
    made: list[pathlib.Path] = []

    def mount(*options: str) -> pathlib.Path:
        place = tmp_path / f"mounted{len(made)}"
        place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "edge-agent-test", place], check=False)
        if done.returncode:
            pytest.skip("cannot mount a tmpfs here")
        made.append(place)
        return place

    yield mount
    for place in made:
        subprocess.run(["umount", place], check=True)


def test_a_full_disk_leaves_whole_files(mounted: Callable[..., pathlib.Path], tmp_path: pathlib.Path, agent: Agent) -> None:
    layout = LAYOUTS["openwrt-mwan3"]
    sample = make(tmp_path / "sample", layout)
    agent("install", sample)
    after = seen(sample)
    short = 0
    for room in range(20):  # pages
        place = mounted("size=400k")
        top = make(place / "tree", layout)
        before = seen(top)
        free = os.statvfs(place)
        (place / "filler").write_bytes(b"x" * ((free.f_bfree - room) * free.f_bsize))
        said = agent("install", top)
        if said.code == 0:
            break
        short += 1
        assert said.code == 4
        assert "No space left on device: free some space there and try again" in said.err
        assert scratch(top) == []
        whole(seen(top), before, after)
        (place / "filler").unlink()
        assert agent("install", top).code == 0
        assert seen(top) == after
        assert agent("uninstall", top).code == 0
        assert seen(top) == before
    assert short > 1
    assert seen(top) == after


def test_a_read_only_tree_is_told_of(mounted: Callable[..., pathlib.Path], agent: Agent) -> None:
    place = mounted("size=400k")
    top = make(place / "tree", LAYOUTS["openwrt-mwan3"])
    before = seen(top)
    subprocess.run(["mount", "-o", "remount,ro", place], check=True)
    said = agent("install", top)
    assert said.code == 4
    assert said.err.count("Read-only file system: make it writable and try again\n") == 3
    assert said.out == ""
    assert seen(top) == before
    assert agent("uninstall", top) == (0, "", "")
    assert agent("install", top, "--list").code == 0
    subprocess.run(["mount", "-o", "remount,rw", place], check=True)
    agent("install", top)
    subprocess.run(["mount", "-o", "remount,ro", place], check=True)
    assert agent("install", top).code == 0
    said = agent("uninstall", top)
    assert said.code == 4
    assert said.err.count("Read-only file system") == 3


def test_who_is_not_root_is_told_in_one_line(tmp_path: pathlib.Path) -> None:
    for command in ("install", "uninstall"):
        words = [sys.executable, "-c", f"from edge_agent.cli import main; raise SystemExit(main(['{command}']))"]
        done = subprocess.run(
            words, cwd=ROOT, user=65534, group=65534, extra_groups=[], capture_output=True, text=True, check=False
        )
        if "Permission denied" in done.stderr:
            pytest.skip("another user cannot read this checkout")
        line = f"{command} changes the system: run it as root (--dry-run shows what it would do)\n"
        assert (done.returncode, done.stdout, done.stderr) == (4, "", line)


def test_a_tree_that_is_not_there(tmp_path: pathlib.Path, agent: Agent) -> None:
    said = agent("install", tmp_path / "gone")
    assert said.code == 4
    assert said.err.count("\n") == 1
    assert "there is no such directory" in said.err


def test_settings_with_problems_are_told_of_and_no_secret_is(tmp_path: pathlib.Path, agent: Agent) -> None:
    top = make(tmp_path / "tree", LAYOUTS["nothing-known"])
    token = tmp_path / "token"
    token.write_text("S3cret-t0ken")
    token.chmod(0o600)
    config = tmp_path / "own.toml"
    config.write_text(f'token = "S3cret-inline"\n[account.cf]\nprovider = "cloudflare"\ntoken_file = "{token}"\nbogus = 1\n')
    config.chmod(0o600)
    for words in (("--dry-run",), ("--dry-run", "--json"), ("--list", "-v"), (), ("--watch", "--dry-run")):
        said = agent("install", top, "--config", str(config), *words)
        assert "'edge-agent check' tells them" in said.err
        assert "S3cret" not in said.out + said.err
    assert "S3cret" not in "".join(path.read_text() for path in top.rglob("edge-agent*") if path.is_file())
    assert f"--config {config}" in (top / "etc/systemd/system/edge-agent.service").read_text()
    assert changed({}, seen(top))
