"""Every layout: install puts in what belongs there and nothing else, again changes nothing, uninstall leaves the tree as it was."""

import json
import pathlib
import subprocess

import pytest

from edge_agent.install.blocks import ABOUT
from tests.install.conftest import Agent
from tests.install.trees import CRONTAB, LAYOUTS, TIMER, Layout, changed, make, marks, seen

ROWS = [pytest.param(layout, id=name) for name, layout in LAYOUTS.items()]
STUB = "/usr/bin/edge-agent"


@pytest.fixture(params=ROWS)
def layout(request: pytest.FixtureRequest) -> Layout:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def top(layout: Layout, tmp_path: pathlib.Path) -> pathlib.Path:
    made = make(tmp_path / "tree", layout)
    program = made / STUB[1:]
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text("")
    return made


def test_there_again_and_away(layout: Layout, top: pathlib.Path, agent: Agent) -> None:
    before = seen(top)
    first = agent("install", top)
    assert first.code == 0
    assert layout.hints in first.err
    there = seen(top)
    assert changed(before, there) == set(layout.gets)
    assert {line.split(" ", 1)[1] for line in first.out.splitlines()} == set(layout.gets)
    assert all(there[path][2:4] == (0, 0) for path in layout.gets)

    untouched = marks(top)
    assert agent("install", top) == (0, "", "")
    assert marks(top) == untouched

    assert agent("uninstall", top).code == 0
    assert seen(top) == before
    assert agent("uninstall", top) == (0, "", "")


def test_what_is_foreign_keeps_its_octets_and_times(layout: Layout, top: pathlib.Path, agent: Agent) -> None:
    agent("install", top)
    for path, (text, mode) in layout.files.items():
        file = top / path[1:]
        assert file.stat().st_mode & 0o7777 == mode
        if path in layout.gets:
            rest = file.read_text().splitlines(keepends=True)
            assert [line for line in text.splitlines(keepends=True) if line not in rest] == []
        else:
            assert (file.read_text(), file.stat().st_mtime) == (text, 1_600_000_000)


def test_dry_run_shows_what_is_then_written(layout: Layout, top: pathlib.Path, agent: Agent) -> None:
    before = marks(top)
    shown = agent("install", top, "--dry-run", "--json")
    listed = agent("install", top, "--list")
    assert marks(top) == before
    told = json.loads(shown.out)
    assert (shown.code, told["exit"]) == (0, 0)
    assert {entry["path"] for entry in told["files"] if entry["state"] != "foreign"} == set(layout.gets)
    assert listed.out.count("\n") == len(told["files"])
    people = agent("install", top, "--dry-run").out
    agent("install", top)
    for entry in told["files"]:
        file = top / entry["path"][1:]
        assert entry["path"] in people
        assert entry["path"] in listed.out
        if entry["state"] == "foreign":
            continue
        if entry["kind"] == "link":
            assert str(file.readlink()) == entry["target"]
            continue
        text = file.read_text()
        assert entry["text"] in people
        if entry["kind"] == "file":
            assert text == entry["text"]
        else:  # only the block is shown; it holds notes of its own when it is written
            lines = [line for line in text.splitlines() if not line.startswith("# edge-agent: ") or line in entry["text"]]
            assert entry["text"].strip() in "\n".join(lines)
        if entry["mode"]:
            assert file.stat().st_mode & 0o7777 == int(entry["mode"], 8)


def test_in_place_is_said(layout: Layout, top: pathlib.Path, agent: Agent) -> None:
    agent("install", top)
    told = json.loads(agent("install", top, "--list", "--json").out)
    assert {entry["path"] for entry in told["files"] if entry["state"] == "in_place"} == set(layout.gets)
    again = agent("install", top, "--dry-run")
    assert again.code == 0
    assert "to be" not in again.out


def test_every_shell_file_is_one_and_calls(layout: Layout, top: pathlib.Path, agent: Agent, tmp_path: pathlib.Path) -> None:
    """The files run with a stub in the place of the agent, in an empty environment, as they are called: sourced and executed."""
    calls = tmp_path / "calls"
    stub = tmp_path / "a stub's" / "edge-agent"
    stub.parent.mkdir()
    stub.write_text(f'#!/bin/sh\necho "$@" >>{calls}\n')
    stub.chmod(0o755)
    assert agent("install", top, "--agent", str(stub), "--config", "/etc/own settings.toml").code == 0
    for path in sorted(layout.gets):
        file = top / path[1:]
        octets = b"" if file.is_symlink() else file.read_bytes()
        if octets.startswith(b"#!") or b"\n(\n" in octets:
            subprocess.run(["sh", "-n", file], check=True)
            ran = subprocess.run(["sh", file, "wan0"], env={"PATH": "/nowhere:/bin"}, capture_output=True, text=True, check=False)
            if path != "/jffs/scripts/services-start":  # it calls a program of the firmware
                assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
            else:
                assert "cru" in ran.stderr
        elif b" * * * * " in octets:
            line = next(line for line in octets.decode().splitlines() if "edge-agent" in line and " * * * * " in line)
            minute, _, _, _, _, rest = line.split(None, 5)
            assert minute in {"0-59/5", "1-59/5", "2-59/5", "3-59/5", "4-59/5"}
            command = rest.split(None, 1)[1] if rest.startswith("root") else rest
            subprocess.run(["sh", "-c", command], env={}, check=True)
    expected = 0 if all("systemd" in path for path in layout.gets) else 1
    for _ in range(100):
        told = calls.read_text().splitlines() if calls.exists() else []
        if len(told) >= expected:
            break
        subprocess.run(["sleep", "0.02"], check=True)
    assert len(told) >= expected
    assert all("--config /etc/own settings.toml" in line for line in told)


def test_the_watch_takes_the_place_of_hooks_and_timer(layout: Layout, top: pathlib.Path, agent: Agent) -> None:
    before = seen(top)
    agent("install", top)
    there = seen(top)
    said = agent("install", top, "--watch")
    if not TIMER & layout.gets and "/bin/freebsd-version" not in layout.files and "/etc/openwrt_release" not in layout.files:
        assert said.code == 4
        assert "edge-agent watch" in said.err
        assert seen(top) == there
        return
    if {"/usr/local/opnsense"} & set(layout.folders) or "/etc/pfSense-rc" in layout.files:
        assert said.code == 4
        return
    assert said.code == 0
    new = changed(before, seen(top))
    assert new
    assert not new & set(layout.gets)
    assert all("watch" in path or "/rc" in path or path == "/etc/init.d/edge-agent" for path in new)
    assert agent("install", top, "--watch") == (0, "", "")
    assert agent("install", top).code == 0
    assert seen(top) == there
    agent("install", top, "--watch")
    assert agent("uninstall", top).code == 0
    assert seen(top) == before


def test_tomato_is_told_what_to_paste(tmp_path: pathlib.Path, agent: Agent) -> None:
    top = make(tmp_path, Layout({"/etc/tomato_version": ("", 0o644)}, (), frozenset()))
    before = seen(top)
    said = agent("install", top)
    assert said.code == 4
    assert "hook tomato mwanup" in said.out
    assert "cru a edge-agent" in said.out
    assert "nvram" in said.err
    assert seen(top) == before


def test_a_box_without_cron_gets_its_hooks_and_a_word(tmp_path: pathlib.Path, agent: Agent) -> None:
    top = make(tmp_path, Layout({}, ("/opt/etc/ndm/wan.d",), frozenset()))
    said = agent("install", top)
    assert said.code == 4
    assert "opkg install cron" in said.err
    assert (top / "opt/etc/ndm/wan.d/50-edge-agent.sh").exists()


def test_a_crontab_ends_with_a_line_for_cron(tmp_path: pathlib.Path, agent: Agent) -> None:
    top = make(tmp_path, LAYOUTS["openwrt-mwan3"])
    agent("install", top, "--agent", "/opt/100% ours/edge-agent")
    text = (top / "etc/crontabs/root").read_text()
    assert text.startswith(CRONTAB)
    assert ABOUT in text
    assert "/5 * * * * '/opt/100\\% ours/edge-agent' run\n" in text
