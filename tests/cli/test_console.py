"""Where words go: streams that are closed, broken or full, terminals, log files. Hooks start programs in odd ways."""

import json
import os
import pathlib
import pty
import subprocess
import sys

import pytest

from tests.cli.conftest import Service
from tests.cli.program import ROOT, Program
from tests.fakes.server import Reply

ODD = [
    ("stdout-closed", ">&-"),
    ("stderr-closed", "2>&-"),
    ("all-closed", "<&- >&- 2>&-"),
    ("stdout-full", ">/dev/full"),
    ("stderr-full", "2>/dev/full"),
    ("nobody-reads", "| true"),
    ("nobody-reads-errors", "2>&1 >/dev/null | true"),
]
COMMANDS = [("change", "", 0), ("refusal", "", 4), ("help", "--help", 0), ("json", "--json", 0), ("problem", "--ttl=x", 2)]


@pytest.mark.parametrize("streams", [row[1] for row in ODD], ids=[row[0] for row in ODD])
@pytest.mark.parametrize(("what", "flags", "code"), COMMANDS, ids=[row[0] for row in COMMANDS])
def test_a_stream_is_no_reason_to_fail(kept: Program, service: Service, streams: str, what: str, flags: str, code: int) -> None:
    service.reply = Reply(body=b"badauth" if what == "refusal" else b"good")
    script = f'set -o pipefail; (set +o pipefail; "$0" -m edge_agent {flags}; echo $? >code) {streams}'
    environ = {**kept.environ, "EDGE_AGENT_CONFIG": str(kept.config)}
    command = ["bash", "-c", script, sys.executable]
    ended = subprocess.run(command, env=environ, cwd=kept.place, capture_output=True, text=True, check=False, timeout=20)
    assert (kept.place / "code").read_text() == f"{code}\n"
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "Exception ignored" not in ended.stderr
    if what in {"change", "json"}:
        assert len(service.server.received) == 1


def test_names_that_the_locale_cannot_show(program: Program) -> None:
    ended = program("check", "-n", "bücher.example", environ={"LC_ALL": "C", "PYTHONIOENCODING": "ascii:strict"})
    assert ended.code == 2
    assert "write the name's A-labels" in ended.err


def test_octets_that_are_no_text(program: Program) -> None:
    command = [sys.executable.encode(), b"-m", b"edge_agent", b"check", b"--interface", b"\xff\xfe", b"-n", b"\xff"]
    ended = subprocess.run(command, env=program.environ, cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode == 2
    assert b"not UTF-8" in ended.stderr
    assert b"Traceback" not in ended.stderr


# --- the terminal ----------------------------------------------------------------------------------------------------


def on_terminal(program: Program, *argv: str, **environ: str) -> str:
    """Return what a terminal on standard error would be shown."""
    own, its = pty.openpty()
    try:
        program(*argv, environ=environ, stderr=its)
        return os.read(own, 65536).decode()
    finally:
        os.close(own)
        os.close(its)


def test_colour_only_on_a_terminal_and_not_where_it_is_unwanted(program: Program) -> None:
    assert on_terminal(program, "check", "--ttl=x").startswith("\x1b[31m--ttl: 'x'")
    assert "\x1b" not in on_terminal(program, "check", "--ttl=x", NO_COLOR="1")
    assert "\x1b" not in on_terminal(program, "check", "--ttl=x", "--log-format=json")
    assert "\x1b" not in program("check", "--ttl=x").err


# --- logs ------------------------------------------------------------------------------------------------------------


def test_a_log_file_takes_changes_and_trouble(kept: Program, service: Service) -> None:
    log = kept.place / "log"
    assert kept("--log", str(log)).out == "home.example.com A 198.51.100.7: updated\n"
    service.reply = Reply(body=b"badauth")
    assert kept("--log", str(log), "--address=198.51.100.8") == (4, "", "")
    lines = log.read_text().splitlines()
    assert [line.partition("Z ")[2].partition(":")[0] for line in lines] == [
        "home.example.com A 198.51.100.7",
        "home.example.com A 198.51.100.8 (was 198.51.100.7)",
        "mend the account or the name; a changed setting lifts the lock-out, so does",
    ]
    assert log.stat().st_mode & 0o007 == 0


def test_json_lines(kept: Program, service: Service) -> None:
    service.reply = Reply(body=b"badauth")
    lines = [json.loads(line) for line in kept("--log-format=json").err.splitlines()]
    assert [line["level"] for line in lines] == ["error", "hint"]
    assert (lines[0]["name"], lines[0]["step"], lines[0]["reason"]) == ("home.example.com", "publish", "new")
    assert kept("--log-format=json", "--ttl=x").err.startswith('{"at": "')


def test_problems_go_to_the_log_too(program: Program) -> None:
    log = program.place / "log"
    assert program("--log", str(log), "--ttl=x") == (2, "", "")
    assert "--ttl: 'x' is not a whole number" in log.read_text()


def test_a_log_that_cannot_be_written_falls_back_to_standard_error(kept: Program, service: Service) -> None:
    service.reply = Reply(body=b"badauth")
    ended = kept("--log", "/dev/null/log")
    assert ended.code == 4
    assert "the log /dev/null/log cannot be written: Not a directory" in ended.err
    assert "refused (dyndns2): badauth" in ended.err


def test_a_log_is_not_written_through_a_link(kept: Program) -> None:
    target = kept.write("target", "")
    (kept.place / "log").symlink_to(target)
    assert "cannot be written" in kept("--log", str(kept.place / "log")).err
    assert target.read_text() == ""


def test_syslog_does_not_show_on_standard_error(kept: Program, service: Service) -> None:
    service.reply = Reply(body=b"badauth")
    done = kept("--log=syslog")
    assert (done.code, done.out, done.err == "") == (4, "", pathlib.Path("/dev/log").exists()), "without a syslog: standard error"
