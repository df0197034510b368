"""The program as its callers see it: a process with arguments, an environment, a settings file, an exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]


class Ended(NamedTuple):
    """How a call ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.out)

    @property
    def shown(self) -> str:
        """Everything that anyone could see."""
        return self.out + self.err


class Program:
    """edge-agent with a directory of its own: settings, secrets and memory lie in it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.config = place / "edge-agent.toml"
        self.state = place / "state"
        self.environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "EDGE_AGENT_STATE_DIR": str(self.state)}

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        """Write a file and return its path."""
        path = self.place / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def start(self, *argv: str, environ: Mapping[str, str] | None = None, **more: Any) -> subprocess.Popen[str]:
        """Start the program; the settings file is named where the test wrote one."""
        config = {"EDGE_AGENT_CONFIG": str(self.config)} if self.config.exists() else {}
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        command = [sys.executable, "-m", "edge_agent", *argv]
        return subprocess.Popen(command, env={**self.environ, **config, **(environ or {})}, cwd=self.place, text=True, **pipes)

    def __call__(self, *argv: str, environ: Mapping[str, str] | None = None, **more: Any) -> Ended:
        """Run the program to its end. Whatever it does, it shows no traceback unless asked."""
        with self.start(*argv, environ=environ, **more) as process:
            out, err = process.communicate(timeout=30)
        assert "Traceback" not in (out or "") + (err or "")
        return Ended(process.returncode, out or "", err or "")
