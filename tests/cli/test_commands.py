"""Every command end to end, as a process: what it prints where, and its exit code."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge_agent import __version__
from tests.cli.conftest import Service, settings
from tests.cli.program import ROOT, Program
from tests.fakes.apis.digitalocean import CASE, TOKEN
from tests.fakes.messages import behind
from tests.fakes.server import Reply, Server

CHANGE = "home.example.com A 198.51.100.7: updated\n"


# --- run -------------------------------------------------------------------------------------------------------------


def test_a_change_is_said_once_and_no_change_is_silent(kept: Program, service: Service) -> None:
    assert kept() == (0, CHANGE, "")
    assert kept() == (0, "", "")
    assert kept("run", "-v").out == "home.example.com A 198.51.100.7: it is published already\n"
    assert len(service.server.received) == 1


def test_a_changed_address_shows_the_old_one(kept: Program) -> None:
    kept()
    assert kept("--address", "198.51.100.8").out == "home.example.com A 198.51.100.8 (was 198.51.100.7): updated\n"


def test_by_flags_alone(program: Program, service: Service) -> None:
    token = program.write("token", "open-sesame\n")
    flags = ["-p", "dyndns2", "-n", "home.example.com", "--username", "me", "--server", service.server.url, "-4"]
    assert program(*flags, "--token-file", str(token), "--address=198.51.100.7") == (0, CHANGE, "")


def test_quiet(kept: Program) -> None:
    assert kept("-q") == (0, "", "")


def test_dry_run_sends_and_remembers_nothing(kept: Program, service: Service) -> None:
    ended = kept("--dry-run")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "home.example.com A 198.51.100.7: would be sent to dyndns2: nothing was published before\n"
    assert service.server.received == []
    assert not kept.state.exists()


def test_json_is_one_object_and_nothing_else(kept: Program) -> None:
    ended = kept("--json", "-v")
    assert (ended.code, ended.err, ended.json["exit"]) == (0, "", 0)
    assert ended.json["records"][0]["verdict"] == "updated"


def test_refused_locks_until_unlocked(kept: Program, service: Service) -> None:
    service.reply = Reply(body=b"badauth")
    first = kept()
    assert (first.code, first.out) == (4, "")
    assert first.err.startswith("home.example.com A 198.51.100.7: refused (dyndns2): badauth\n  mend the account")
    again = kept()
    assert (again.code, again.out) == (4, "")
    assert "locked out since the service refused it: badauth" in again.err
    assert kept("--json").json["records"][0]["step"] == "defer"
    assert len(service.server.received) == 1

    assert "locked out (account:home): refused since" in kept("status").out
    assert kept("status", "--json").json["records"][0]["lock"]["scope"] == "account:home"
    assert kept("unlock", "elsewhere.example.com").code == 2
    assert kept("unlock", "home.example.com.") == (0, "unlocked: account:home\n", "")
    assert kept("unlock") == (0, "nothing was locked\n", "")
    service.reply = Reply(body=b"good")
    assert kept().out == CHANGE


def test_unlock_takes_a_scope_as_status_shows_it(kept: Program, service: Service) -> None:
    service.reply = Reply(body=b"badauth")
    kept()
    assert kept("unlock", "account:home", "-q") == (0, "", "")
    assert kept("status").out.count("locked out") == 0


def test_later_is_exit_3(kept: Program, service: Service) -> None:
    service.reply = Reply(body=b"911")
    ended = kept()
    assert (ended.code, ended.out) == (3, "")
    assert "the provider asks to try later (dyndns2): 911" in ended.err
    assert "pausing after a failure" in kept().err


def test_a_service_that_is_not_there(kept: Program, service: Service) -> None:
    service.server.close()
    ended = kept()
    assert (ended.code, ended.out) == (3, "")
    assert "nothing was sent (dyndns2)" in ended.err


def test_memory_that_cannot_be_written_sends_nothing(kept: Program, service: Service) -> None:
    ended = kept("--state-dir", "/dev/null/state")
    assert (ended.code, ended.out) == (4, "")
    assert "held: what is sent could not be remembered" in ended.err
    assert "memory cannot be kept in /dev/null/state" in ended.err
    assert service.server.received == []
    assert kept("unlock", "--state-dir", "/dev/null/state").code == 4


def test_a_second_run_leaves_the_work_to_the_first(kept: Program, service: Service) -> None:
    service.reply = Reply(body=b"good", delay_for=4.0)
    with kept.start("-v") as first:
        _until(lambda: len(service.server.received) == 1)
        assert kept("-v") == (0, "another run is at work: it will run once more for this one\n", "")
        assert kept("unlock").code == 3
        out, err = first.communicate(timeout=30)
    assert (first.returncode, out.startswith(CHANGE.rstrip("\n")), err) == (0, True, "")
    assert len(service.server.received) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["TERM", "INT"])
def test_signals_end_a_run_quietly(kept: Program, service: Service, number: int, code: int) -> None:
    service.reply = Reply(body=b"good", delay_for=20.0)
    with kept.start() as process:
        _until(lambda: len(service.server.received) == 1)
        process.send_signal(number)
        assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == code
    assert "ended without a sure answer" in kept("status").out or "last attempt" in kept("status").out


def _until(condition: object) -> None:
    assert callable(condition)
    for _ in range(200):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("waited in vain")


# --- the other commands ----------------------------------------------------------------------------------------------


def test_explain_sends_nothing(kept: Program, service: Service) -> None:
    ended = kept("explain")
    assert (ended.code, ended.err) == (0, "")
    assert "IPv4: 198.51.100.7: as the settings say" in ended.out
    assert "would be sent to dyndns2 (account home)" in ended.out
    shown = kept("explain", "--json").json
    assert (shown["dry"], shown["records"][0]["verdict"], service.server.received) == (True, None, [])


def test_explain_without_any_record_shows_this_machine(program: Program) -> None:
    ended = program("explain", "--check=off", "--source=interface", "--json")
    assert ended.code in {0, 3}
    lost = [loser["reason"] for choice in ended.json["choices"].values() for loser in choice["rejected"]]
    assert "loopback" in lost


def test_a_selector_that_fits_nothing_is_an_error_that_lists_what_exists(kept: Program, service: Service) -> None:
    kept.write("edge-agent.toml", settings(service).replace('address = "198.51.100.7"', 'source = "interface"'))
    ended = kept("-i", "nowhere9")
    assert (ended.code, ended.out) == (3, "")
    assert "no interface fits nowhere9; this machine has: " in ended.err
    assert "lo" in ended.err


def test_status_before_anything(kept: Program) -> None:
    assert kept("status") == (0, "home.example.com A (account home): nothing published yet\n", "")


def test_status_of_a_garbage_state_file(kept: Program) -> None:
    kept()
    (kept.state / "memory").write_bytes(b"\0garbage\n" * 20)
    ended = kept("status")
    assert (ended.code, ended.out) == (0, "home.example.com A (account home): nothing published yet\n")
    assert str(kept.state) in ended.err
    assert kept("status", "--json").json["notes"] != []


def test_check(kept: Program) -> None:
    assert kept("check") == (0, "no problem in the settings: 1 account, 1 record\n", "")
    assert kept("check", "-q") == (0, "", "")
    assert kept("check", "--json").json == {"agent": f"edge-agent {__version__}", "problems": [], "exit": 0}


def test_problems_come_all_at_once_with_their_origins(program: Program) -> None:
    program.write("edge-agent.toml", 'intrface = "wan"\n\n[account.a]\nprovider = "noip"\n[[record]]\nname = "a..b"\nttl = "x"\n')
    wanted = [
        "--quorum: 'many' is not a whole number",
        f"{program.config}:1: 'intrface' is unknown (did you mean interface?)",
        f"{program.config}:4: noip needs username",
        f"{program.config}:4: noip needs password",
        f"{program.config}:6: name: 'a..b' is not a DNS name",
        f"{program.config}:7: ttl: 'x' is not a whole number",
    ]
    for command in ("run", "check", "explain", "status", "unlock"):
        ended = program(command, "--quorum=many")
        assert (ended.code, ended.out) == (2, "")
        lines = ended.err.splitlines()
        assert [line for line, start in zip(lines, wanted, strict=True) if not line.startswith(start)] == []
    shown = program("check", "--json", "--quorum=many").json
    assert (shown["exit"], [problem["origin"] for problem in shown["problems"]][1]) == (2, f"{program.config}:1")


def test_without_anything_one_line_says_how_to_begin(program: Program) -> None:
    if Path("/etc/edge-agent.toml").exists():
        pytest.skip("this machine has settings of its own")
    ended = program()
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert "begin with -p PROVIDER -n NAME --token-file FILE" in ended.err


def test_providers() -> None:
    program = Program(ROOT / "tests")
    listed = program("providers")
    assert (listed.code, listed.err) == (0, "")
    assert "cloudflare" in listed.out
    assert "credential token (needed, secret" in program("providers", "CF").out
    assert len(program("providers", "--json").json["providers"]) == listed.out.count("\n")
    assert program("providers", "noip", "--json").json["name"] == "noip"
    lost = program("providers", "noipp")
    assert (lost.code, lost.out) == (2, "")
    assert "did you mean noip" in lost.err
    assert "'edge-agent providers' lists them" in program("providers", "0" * 50).err


def test_help_and_version(program: Program) -> None:
    assert program("--version") == (0, f"edge-agent {__version__}\n", "")
    ended = program("--help")
    assert (ended.code, ended.err) == (0, "")
    assert "--interface GLOB" in ended.out


# --- files -----------------------------------------------------------------------------------------------------------

SECRETS = [
    ("missing", None, 0o600, "{path} does not exist"),
    ("others-read", b"sesame", 0o644, "{path} holds a secret and can be read by every user of this machine (chmod o= {path})"),
    ("others-write", b"sesame", 0o602, "{path} holds a secret and can be changed by every user of this machine (chmod o= {path})"),
    ("empty", b" \n", 0o600, "{path} is empty"),
    ("binary", b"\xff\xfe\x00", 0o600, "{path} is not text in UTF-8"),
    ("nul", b"sesame\0", 0o600, "{path} is not text in UTF-8"),
    ("two-lines", b"sesame\nopen\n", 0o600, "{path} holds a line break"),
    ("huge", b"s" * 5_000_000, 0o600, "{path} is larger than 4 MiB"),
]


@pytest.mark.parametrize(("octets", "mode", "wanted"), [row[1:] for row in SECRETS], ids=[row[0] for row in SECRETS])
def test_secret_files(program: Program, octets: bytes | None, mode: int, wanted: str) -> None:
    path = program.place / "token"
    if octets is not None:
        path.write_bytes(octets)
        path.chmod(mode)
    ended = program("check", "-p", "duckdns", "-n", "home", "--token-file", str(path))
    assert ended.code == 2
    assert ended.err.startswith("--token-file: " + wanted.format(path=path))
    assert "sesame" not in ended.shown


def test_odd_files(program: Program) -> None:
    loop = program.place / "loop"
    loop.symlink_to(loop)
    for path, wanted in [(program.place, "is a directory"), (loop, "cannot be read: ")]:
        assert f"{path} {wanted}" in program("check", "-c", str(path)).err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take another user's place")
def test_a_file_of_another_user() -> None:
    place = Path("/proc/1/environ")
    code = f"""
import os
from edge_agent import inputs
os.setuid(65534)
try:
    inputs.read({str(place)!r}, secret=True)
except Exception as error:
    print(error)
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == f"{place} cannot be read by this user\n"


def test_a_file_with_secrets_must_be_closed_to_others(kept: Program) -> None:
    kept.config.chmod(0o644)
    ended = kept("check")
    assert (ended.code, ended.out) == (2, "")
    why = f"{kept.config} holds a secret and can be read by every user of this machine"
    assert ended.err == f"{kept.config}:9: {why} (chmod o= {kept.config})\n"


def test_a_bug_is_one_line_and_a_traceback_only_on_demand(program: Program) -> None:
    break_it = "import sys; sys.modules['edge_agent.report.explaining'] = None"
    code = f"{break_it}\nfrom edge_agent.cli import main\nsys.exit(main(sys.argv[1:]))"

    def call(*argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, "explain", "--check=off", "--source=interface", *argv]
        environ = {**program.environ, **more}
        return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)

    ended = call()
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("internal error: ModuleNotFoundError: ")
    assert ended.stderr.count("\n") == 1
    assert "Traceback" in call("-vv").stderr
    assert "Traceback" in call(EDGE_AGENT_DEBUG="1").stderr


def test_a_thousand_names(program: Program, service: Service) -> None:
    names = json.dumps([f"r{number}.example.com" for number in range(1000)])
    program.write("edge-agent.toml", settings(service).replace('"home.example.com"', names))
    ended = program("explain", "--json")
    assert (ended.code, len(ended.json["records"])) == (0, 1000)


# --- check --online ------------------------------------------------------------------------------------------------------


def test_check_online_looks_and_changes_nothing(program: Program) -> None:
    fake = CASE.fake()
    fake.record("home.example.com", "198.51.100.1")
    with Server(behind(fake)) as server:
        program.write(
            "edge-agent.toml",
            f'[account.do]\nprovider = "digitalocean"\nserver = "{server.url}/v2"\ntoken = "{TOKEN}"\n'
            f'[account.ip]\nprovider = "dyndns2"\nserver = "{server.url}"\nusername = "me"\npassword = "open-sesame"\n'
            '[[record]]\nname = "home.example.com"\ntype = "A"\naccount = "do"\n'
            '[[record]]\nname = "old.example.com"\ntype = "A"\naccount = "ip"\n',
        )
        ended = program("check", "--online")
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.splitlines() == [
            "no problem in the settings: 2 accounts, 2 records",
            "do (digitalocean), home.example.com A: the login is good; the record says 198.51.100.1",
            "ip (dyndns2): not tried: the service answers no question without an update; the first run will show",
        ]
        assert fake.changes == []
        fake.odd.append((401, {}, b"{}"))
        found = program("check", "--online", "--json")
        assert (found.code, found.json["exit"], found.json["tried"][0]["verdict"]) == (4, 4, "refused")
        assert program("check", "--online", "-q") == (0, "", "")
    down = program("check", "--online")
    assert down.code == 3
    assert "home.example.com A: nothing was sent: " in down.err
    assert program("run", "--online").code == 2
