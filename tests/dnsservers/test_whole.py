"""The whole program as a process: a settings file, a key in a file, and BIND (the others where they differ)."""

import itertools
import os
import pathlib
import subprocess
import sys

import pytest

from tests.dnsservers.servers import KEY, SECRET, Server, free_port
from tests.whole.rig import Ran

FAKETIME = next(iter(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
NUMBER = itertools.count(1)
V4, OTHER, V6 = "45.83.1.7", "45.83.1.8", "2a01:4f8:1::7"


class Box:
    """A folder with settings, a key and a state directory; one record of one name."""

    def __init__(self, folder: pathlib.Path, server: str) -> None:
        self.folder = folder
        self.server = server
        self.name = f"whole{next(NUMBER)}.example.com"
        self.key = folder / "key"
        self.key.write_text(SECRET + "\n")
        self.key.chmod(0o600)
        self.write()

    def write(self, address: str = V4, account: str = f'key_name = "{KEY}"\n', record: str = "") -> None:
        (self.folder / "edge-agent.toml").write_text(
            f'source = "static"\naddress = ["{address}", "{V6}"]\nstate_dir = "{self.folder / "state"}"\ndeadline = "6s"\n'
            f'[account.ns]\nprovider = "rfc2136"\nserver = "{self.server}"\nkey_file = "{self.key}"\n{account}'
            f'[[record]]\nname = "{self.name}"\ntype = "A"\n{record}'
        )

    def run(self, *arguments: str, options: tuple[str, ...] = (), **environ: str) -> Ran:
        program = [sys.executable, *options, "-m", "edge_agent", *arguments]
        if "--config" not in arguments:
            program += ["--config", str(self.folder / "edge-agent.toml")]
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
        own = {"LANG": "C.UTF-8", "EDGE_AGENT_STATE_DIR": str(self.folder / "state")}
        done = subprocess.run(program, capture_output=True, text=True, env=kept | own | environ, timeout=60, check=False)
        assert SECRET not in done.stdout + done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def box(tmp_path: pathlib.Path, bind: Server) -> Box:
    return Box(tmp_path, bind.url)


def test_published_kept_and_moved(tmp_path: pathlib.Path, server: Server) -> None:
    box = Box(tmp_path, server.url)
    ran = box.run()
    assert (ran.code, ran.err, ran.out) == (0, "", f"{box.name} A {V4}: updated\n")
    assert (server.says(box.name), server.ttl(box.name)) == ([V4], 300)
    again = box.run()
    assert (again.code, again.said) == (0, "")
    box.write(OTHER, record="ttl = 120\n")
    moved = box.run()
    assert (moved.code, moved.out) == (0, f"{box.name} A {OTHER} (was {V4}): updated\n"), moved
    assert (server.says(box.name), server.ttl(box.name)) == ([OTHER], 120)
    forced = box.run("--force")
    assert (forced.code, server.says(box.name)) == (0, [OTHER])


def test_both_families_by_flags_alone(bind: Server, tmp_path: pathlib.Path) -> None:
    box = Box(tmp_path, bind.url)
    ran = box.run(
        "-p", "rfc2136", "--server", bind.url, "--username", KEY, "--token-file", str(box.key), "-n", box.name,
        "--source", "static", "--address", V4, "--address", V6, "--config", os.devnull,
    )  # fmt: skip
    assert ran.code == 0, ran
    assert (bind.says(box.name), bind.says(box.name, "AAAA")) == ([V4], [V6])


@pytest.mark.parametrize(
    ("account", "code", "words"),
    [
        pytest.param('key_name = "nobody"\n', 4, "BADKEY: the server has no key of this name", id="unknown-key"),
        pytest.param(f'key_name = "{KEY}"\nalgorithm = "hmac-sha1"\n', 4, "BADKEY", id="algorithm"),
        pytest.param('key_name = "narrow"\n', 4, "REFUSED: the server does not let this key change", id="name-not-allowed"),
    ],
)
def test_what_a_person_must_mend(box: Box, bind: Server, account: str, code: int, words: str) -> None:
    box.write(account=account)
    ran = box.run()
    assert ran.code == code, ran
    assert words in ran.said
    assert len(ran.said.splitlines()) <= 2
    assert bind.says(box.name) == []
    again = box.run()
    assert again.code == code
    assert "lock" in box.run("status").said or "lock" in again.said


def test_the_secret_is_another(box: Box) -> None:
    box.key.write_text("QW5vdGhlciBzZWNyZXQ=\n")
    ran = box.run()
    assert ran.code == 4
    assert "BADSIG" in ran.said


def test_no_server_there(tmp_path: pathlib.Path) -> None:
    box = Box(tmp_path, f"dns://127.0.0.1:{free_port()}")
    ran = box.run()
    assert ran.code == 3
    assert "connection refused" in ran.said


@pytest.mark.skipif(FAKETIME is None, reason="needs libfaketime")
def test_the_clock_is_off(box: Box) -> None:
    ran = box.run(LD_PRELOAD=str(FAKETIME), FAKETIME="-1000s")
    assert ran.code == 3, ran
    assert "1000 s behind the server's" in ran.said or "1001 s behind" in ran.said or "999 s behind" in ran.said


@pytest.mark.skipif(FAKETIME is None, reason="needs libfaketime")
def test_the_clock_is_not_set(box: Box) -> None:
    ran = box.run(LD_PRELOAD=str(FAKETIME), FAKETIME="@1970-01-02 00:00:00")
    assert ran.code == 3, ran
    assert "clock here has not been set" in ran.said


def test_nothing_is_loaded_that_only_the_web_needs(box: Box) -> None:
    ran = box.run(options=("-X", "importtime"))
    loaded = {line.rpartition("|")[2].strip() for line in ran.err.splitlines() if line.startswith("import time:")}
    assert "edge_agent.dnstcp" in loaded
    assert {"urllib3", "ssl", "_ssl", "json", "http.client", "email", "logging", "edge_agent.transport"} & loaded == set()


def test_an_account_is_tried_without_a_change(tmp_path: pathlib.Path, server: Server) -> None:
    box = Box(tmp_path, server.url)
    ran = box.run("check", "--online")
    assert ran.code == 0, ran
    assert server.says(box.name) == []
    server.record(box.name, V4)
    server.record(box.name, OTHER)
    assert box.run("check", "--online").code in {0, 4}
    assert server.says(box.name) == [V4, OTHER]
    box.key.write_text("QW5vdGhlciBzZWNyZXQ=\n")
    wrong = box.run("check", "--online")
    assert wrong.code == 4, wrong
    assert ("does not take the key" if server.kind == "pdns" else "BADSIG") in wrong.said
