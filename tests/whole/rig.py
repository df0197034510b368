"""One box, one provider, one state directory: the whole program as a process against a real TLS server on loopback."""

import json
import os
import pathlib
import subprocess
import sys
import threading
from typing import Any, NamedTuple

from tests.fakes.dyndns import DyndnsFake
from tests.fakes.server import Received, Reply, Server, Tls, asked

SECRET = "S3cret-planted-here"
ADDRESS = "45.83.1.7"
NAME = "home.example.com"
SOURCE = (sys.executable, "-m", "edge_agent")


class Ran(NamedTuple):
    """What a run said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err

    def json(self) -> Any:
        return json.loads(self.out)


class Rig:
    """The program with a settings file of one record; `handler` may be replaced to make the provider lie."""

    def __init__(self, folder: pathlib.Path, tls: Tls, program: tuple[str, ...] = SOURCE) -> None:
        self.folder = folder
        self.tls = tls
        self.program = program
        self.fake = DyndnsFake("user", SECRET, (NAME,))
        self.guard = threading.Lock()
        self.server = Server(self.handle, tls)
        self.reply: Reply | None = None
        self.state = folder / "state"
        self.config = folder / "edge-agent.toml"
        self.secret = folder / "password"
        self.secret.write_text(SECRET + "\n")
        self.secret.chmod(0o600)
        self.write()

    def handle(self, request: Received) -> Reply:
        with self.guard:
            usual = asked(self.fake, request)
        return self.reply or usual

    def write(self, account: str = "", top: str = "", record: str = "") -> None:
        """Write the settings; the arguments add lines to their sections."""
        self.config.write_text(
            f'source = "static"\naddress = "{ADDRESS}"\nca_file = "{self.tls.ca_file}"\nstate_dir = "{self.state}"\n'
            f'deadline = "6s"\n{top}\n'
            f'[account.fake]\nprovider = "dyndns2"\nserver = "{self.server.url}"\nusername = "user"\n'
            f'password_file = "{self.secret}"\n{account}\n'
            f'[[record]]\nname = "{NAME}"\ntype = "A"\naccount = "fake"\n{record}\n'
        )

    def environ(self) -> dict[str, str]:
        kept = ("PATH", "PYTHONPATH", "HOME", "LD_PRELOAD", "FAKETIME")
        own = {"LANG": "C.UTF-8", "EDGE_AGENT_STATE_DIR": str(self.state)}  # no gate is left in this machine's own place
        return {name: os.environ[name] for name in kept if name in os.environ} | own

    def start(self, *arguments: str, **environ: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self.program, *arguments, *(() if "--config" in arguments else ("--config", str(self.config)))],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environ() | environ,
        )  # fmt: skip

    def run(self, *arguments: str, **environ: str) -> Ran:
        process = self.start(*arguments, **environ)
        out, err = process.communicate(timeout=60)
        return Ran(process.returncode, out, err)

    @property
    def updates(self) -> int:
        """How many updates the provider was sent."""
        return len(self.fake.seen)

    @property
    def published(self) -> str | None:
        return self.fake.records.get((NAME, "A"))

    def move(self, address: str) -> None:
        """Let the box have another address."""
        self.config.write_text(self.config.read_text().replace(ADDRESS, address))

    def leftovers(self) -> set[str]:
        """Files in the state directory beyond those that belong there."""
        names = {path.name for path in self.state.iterdir()} - {"memory", "lock"}
        return {name for name in names if not name.startswith(("lock-hook-", "gate-"))}
