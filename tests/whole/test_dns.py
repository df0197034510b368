"""Whole runs against a name server: by TCP, signed, remembered, and without loading what only the web needs."""

import os
import pathlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.fakes.apis.rfc2136 import CASE, KEY, SECRET, Rfc2136Fake
from tests.fakes.dnsserver import NameServer, behind
from tests.whole.rig import ADDRESS, NAME, Ran


class Box:
    """The program with a settings file of one record, and a faked name server."""

    def __init__(self, folder: pathlib.Path) -> None:
        made = CASE.fake()
        assert isinstance(made, Rfc2136Fake)
        self.fake = made
        self.server = NameServer(behind(made))
        self.folder = folder
        self.key = folder / "key"
        self.key.write_text(SECRET + "\n")
        self.key.chmod(0o600)
        self.config = folder / "edge-agent.toml"
        self.config.write_text(
            f'source = "static"\naddress = "{ADDRESS}"\nstate_dir = "{folder / "state"}"\ndeadline = "6s"\n'
            f'[account.ns]\nprovider = "rfc2136"\nserver = "{self.server.url}"\nkey_name = "{KEY}"\nkey_file = "{self.key}"\n'
            f'[[record]]\nname = "{NAME}"\ntype = "A"\n'
        )

    def run(self, *arguments: str, options: tuple[str, ...] = ()) -> Ran:
        program = [sys.executable, *options, "-m", "edge_agent", *arguments, "--config", str(self.config)]
        environ = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
        environ |= {"LANG": "C.UTF-8", "EDGE_AGENT_STATE_DIR": str(self.folder / "state")}
        done = subprocess.run(program, capture_output=True, text=True, env=environ, timeout=60, check=False)
        assert SECRET not in done.stdout + done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def box(tmp_path: pathlib.Path) -> Iterator[Box]:
    made = Box(tmp_path)
    with made.server:
        yield made


def test_published_once_and_moved(box: Box) -> None:
    ran = box.run()
    assert (ran.code, ran.err, ran.out) == (0, "", f"{NAME} A {ADDRESS}: updated\n")
    assert (box.fake.says(NAME), box.server.connections) == ([ADDRESS], 1)
    assert (box.run().said, box.server.connections) == ("", 1)
    box.config.write_text(box.config.read_text().replace(ADDRESS, "45.83.1.8"))
    moved = box.run()
    assert (moved.code, moved.out) == (0, f"{NAME} A 45.83.1.8 (was {ADDRESS}): updated\n")
    assert box.fake.says(NAME) == ["45.83.1.8"]


def test_a_wrong_secret_locks_and_asks_no_more(box: Box) -> None:
    box.key.write_text("QW5vdGhlciBzZWNyZXQ=\n")
    ran = box.run()
    assert ran.code == 4
    assert "BADSIG: the secret is not the one that the server has for this key" in ran.said
    before = len(box.server.heard)
    assert (box.run().code, len(box.server.heard)) == (4, before)
    box.key.write_text(SECRET + "\n")
    assert (box.run().code, box.fake.says(NAME)) == (0, [ADDRESS])


def test_an_update_whose_answer_is_lost_is_looked_at_again(box: Box) -> None:
    whole = box.server.handle

    def hang_up(sock: socket.socket, body: bytes) -> bool:
        if body[2] >> 3 != 5:  # a question
            return whole(sock, body)
        box.fake.answer("DNS", "", {}, {}, body, "127.0.0.1", time.time())
        return False

    box.server.handle = hang_up
    ran = box.run()
    assert ran.code == 3
    assert "sent, but no trustworthy answer came" in ran.said
    assert box.fake.says(NAME) == [ADDRESS]
    box.server.handle = whole
    assert box.run("--force").code == 0
    assert len(box.fake.changes) == 1, "it was there already"


def test_nothing_is_loaded_that_only_the_web_needs(box: Box) -> None:
    ran = box.run(options=("-X", "importtime"))
    loaded = {line.rpartition("|")[2].strip() for line in ran.err.splitlines() if line.startswith("import time:")}
    assert ran.code == 0
    assert "edge_agent.dnstcp" in loaded
    assert {"urllib3", "ssl", "_ssl", "json", "http.client", "email", "logging", "edge_agent.transport"} & loaded == set()
