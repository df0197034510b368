"""The units as systemd itself reads them: no complaint, and a sandbox that it calls a good one."""

import pathlib
import plistlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest

from edge_agent.install import Need, services, steps, units

NEEDS = {
    "plain": Need("/usr/bin/true"),
    "flags": Need("/usr/bin/true", ("--config", "/etc/own.toml", "--state-dir", "/var/lib/own"), "/etc/own.toml", "/var/lib/own"),
    "blanks-and-signs": Need("/usr/bin/true", ("--config", "/etc/a %h $HOME 'b\"/x.toml"), "/etc/a %h $HOME 'b\"/x.toml"),
    "memory-elsewhere": Need("/usr/bin/true", ("--state-dir", "/data/edge agent"), state_dir="/data/edge agent"),
    "log-file": Need("/usr/bin/true", log_file="/var/log/edge-agent/log"),
    "credentials": Need("/usr/bin/true", credentials={"cf.token": "/run/user/0/cf 100%.token"}, ca_file="/etc/own.pem"),
}
ROWS = [pytest.param(need, id=name) for name, need in NEEDS.items()]
MOST = 3.0  # of 10; below 2 systemd shows its happiest face


@pytest.fixture
def planted(tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> pathlib.Path:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    for piece in (*units.pieces_of_timer(request.param), *units.pieces_of_watch(request.param)):
        if piece.kind == "file":
            (tmp_path / pathlib.Path(piece.path).name).write_bytes(steps.whole(piece, ("/etc/systemd/system/timers.target.wants",)))
    return tmp_path


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("planted", ROWS, indirect=True)
def test_systemd_has_nothing_to_say(planted: pathlib.Path) -> None:
    done = analyze("verify", "--man=no", *map(str, sorted(planted.iterdir())))
    complaints = [line for line in done.stderr.splitlines() if str(planted) in line or "edge-agent" in line]
    assert (done.returncode, complaints) == (0, [])


@pytest.mark.parametrize("planted", [ROWS[0]], indirect=True)
@pytest.mark.parametrize("unit", ["edge-agent.service", "edge-agent-watch.service"])
def test_the_sandbox_is_a_good_one(planted: pathlib.Path, unit: str) -> None:
    done = analyze("security", "--offline=true", "--no-pager", str(planted / unit))
    last = done.stdout.splitlines()[-1]
    score = re.search(r": ([0-9.]+) ", last)
    assert score, last
    print(f"\n{unit}: systemd-analyze security: {score[1]} of 10")
    assert float(score[1]) < MOST


def text(need: Need) -> str:
    return units.pieces_of_watch(need)[0].text


def test_the_watch_gets_copies_of_what_it_may_not_read() -> None:
    unit = text(NEEDS["credentials"])
    assert "LoadCredential=edge-agent.toml:/etc/edge-agent.toml\n" in unit
    assert "LoadCredential=cf.token:/run/user/0/cf 100%%.token\n" in unit
    assert "LoadCredential=ca.pem:/etc/own.pem\n" in unit
    vault = "${CREDENTIALS_DIRECTORY}"
    start = f"ExecStart=/usr/bin/true watch --config {vault}/edge-agent.toml --ca-file {vault}/ca.pem --state-dir /run/edge-agent\n"
    assert start in unit
    assert "ProtectHome=yes" in unit


def test_homes_are_shown_only_where_something_lies_there() -> None:
    assert "ProtectHome=read-only" in units.pieces_of_timer(NEEDS["credentials"])[0].text
    assert "ProtectHome=yes" in units.pieces_of_timer(NEEDS["plain"])[0].text


def test_memory_is_made_where_systemd_does_not() -> None:
    service = units.pieces_of_timer(NEEDS["memory-elsewhere"])[0].text
    assert 'ExecStartPre=+/bin/mkdir -p -m 0700 "/data/edge agent"\n' in service
    assert 'ReadWritePaths=-"/data/edge agent"\n' in service
    assert "StateDirectory=own\n" in units.pieces_of_timer(NEEDS["flags"])[0].text
    assert "LogsDirectory=edge-agent\n" in units.pieces_of_timer(NEEDS["log-file"])[0].text


# --- launchd and Windows: only their texts can be looked at here -------------------------------------------------------


@pytest.mark.parametrize("watch", [False, True], ids=["looks", "resident"])
def test_jobs_of_macos(*, watch: bool) -> None:
    need = Need("/usr/local/bin/edge & agent", ("--config", "/etc/<own>.toml"))
    found = {piece.path: plistlib.loads(steps.whole(piece, ("/x",))) for piece in services.launchd(need, watch=watch)}
    words = ["/usr/local/bin/edge & agent"]
    flags = ["--config", "/etc/<own>.toml"]
    look = found.pop("/Library/LaunchDaemons/edge-agent.plist")
    assert look["Label"] == "edge-agent"
    assert look["RunAtLoad"] is True
    if watch:
        assert look["ProgramArguments"] == [*words, "watch", *flags]
        assert look["KeepAlive"] is True
        assert found == {}
    else:
        assert look["ProgramArguments"] == [*words, "run", *flags]
        assert look["StartInterval"] == 300
        hook = found.pop("/Library/LaunchDaemons/edge-agent-hook.plist")
        assert hook["ProgramArguments"] == [*words, "hook", *flags, "macos"]
        assert "/private/var/run/resolv.conf" in hook["WatchPaths"]


SPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


@pytest.mark.parametrize("watch", [False, True], ids=["looks", "resident"])
def test_tasks_of_windows(*, watch: bool) -> None:
    need = Need("C:\\Program Files\\edge-agent.exe", ("--config", "C:\\a b\\x.toml"), seed=3)
    found = {}
    for piece in services.tasks(need, watch=watch):
        octets = steps.whole(piece)
        assert octets[:2] in {b"\xff\xfe", b"\xfe\xff"}  # schtasks takes nothing but UTF-16
        found[piece.path.rpartition("\\")[2]] = ET.fromstring(octets)
    look = found.pop("edge-agent.xml")
    assert look.findtext(f".//{SPACE}Command") == "C:\\Program Files\\edge-agent.exe"
    word = "watch" if watch else "run"
    assert look.findtext(f".//{SPACE}Arguments") == f'{word} --config "C:\\a b\\x.toml"'
    assert look.findtext(f".//{SPACE}UserId") == "S-1-5-18"
    for name in ("DisallowStartIfOnBatteries", "StopIfGoingOnBatteries"):
        assert look.findtext(f".//{SPACE}{name}") == "false"
    assert look.findtext(f".//{SPACE}ExecutionTimeLimit") == ("PT0S" if watch else "PT10M")
    if watch:
        assert found == {}
    else:
        assert look.findtext(f".//{SPACE}Interval") == "PT5M"
        assert look.findtext(f".//{SPACE}StartBoundary") == "2025-01-01T00:03:00"
        hook = found.pop("edge-agent-hook.xml")
        query = ET.fromstring(hook.findtext(f".//{SPACE}Subscription") or "")
        assert "EventID=10000" in (query.findtext(".//Select") or "")
        assert hook.findtext(f".//{SPACE}Arguments") == 'hook --config "C:\\a b\\x.toml" windows connected'
