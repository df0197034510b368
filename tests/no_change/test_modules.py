"""A run that changes nothing loads nothing of what a request needs; the executable is held to the same by build/check_budget.py."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.dyndns import FLAGS, DyndnsFake
from tests.fakes.messages import behind
from tests.fakes.server import Server

ROOT = Path(__file__).parents[2]
NEVER = {
    "ssl",
    "urllib3",
    "email",
    "http.client",
    "socket",
    "json",
    "argparse",
    "logging",
    "inspect",
    "tomllib",
    "subprocess",
    "dataclasses",
}
NOT_LOADED = {
    "edge_agent.transport",
    "edge_agent.trust",
    "edge_agent.dial",
    "edge_agent.outside",
    "edge_agent.providers.cloudflare",
}
TELL = """
import sys
from edge_agent.__main__ import main
code = main(sys.argv[1:])
print("modules:", *sys.modules)
sys.exit(code)
"""


def run(*flags: str) -> tuple[int, str, set[str]]:
    """Run the agent in a fresh interpreter; return its exit code, what it printed, and the modules it had loaded at its end."""
    argv = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}){TELL}", *flags]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"}, timeout=60)
    said, _, modules = done.stdout.partition("modules:")
    return done.returncode, said + done.stderr, set(modules.split())


SPARED = {"settings", "providers", "planning", "egress", "report", "agent", "cli", "console", "candidates", "deciding"}


@pytest.mark.parametrize("verbose", [("--no-gate",), ("-v",), ("--json",)], ids=["plain", "verbose", "json"])
def test_no_change(tmp_path: Path, verbose: tuple[str, ...]) -> None:
    fake = DyndnsFake()
    token = tmp_path / "token"
    token.write_text("pass")
    token.chmod(0o600)

    with Server(behind(fake)) as server:
        flags = [*FLAGS]
        flags += ["--token-file", str(token), "--server", server.url, "--state-dir", str(tmp_path / "state")]
        code, said, modules = run(*flags)
        assert (code, fake.records) == (0, {("home.example.com", "A"): "45.83.1.2"}), said
        assert modules >= {"urllib3", "email", "http.client", "edge_agent.transport"}  # so this test can tell
        asked = len(server.received)
        code, said, modules = run(*flags, *verbose)
        assert (code, len(server.received)) == (0, asked), said
    assert "edge_agent.world" in modules
    assert modules & NEVER <= ({"json"} if "--json" in verbose else set())
    assert modules & NOT_LOADED == set()


@pytest.mark.parametrize("hook", [(), ("dhclient",)], ids=["run", "hook"])
def test_spared(tmp_path: Path, hook: tuple[str, ...]) -> None:
    """Nothing that reads settings, decides, sends or reports is loaded where there is nothing to do."""
    with Server(behind(DyndnsFake())) as server:
        token = tmp_path / "token"
        token.write_text("pass")
        token.chmod(0o600)
        flags = (*FLAGS, "--token-file", str(token), "--server", server.url, "--state-dir", str(tmp_path / "state"))
        for _ in range(2):
            code, said, modules = run(*flags)
            assert modules >= {f"edge_agent.{name}" for name in SPARED}  # so this test can tell
        asked = len(server.received)
        code, said, modules = run(*(("hook",) if hook else ()), *flags, *hook)
        assert (code, said, len(server.received)) == (0, "", asked)
    own = {name.split(".")[1] for name in modules if name.startswith("edge_agent.")}
    assert own & SPARED == set()
    assert (modules & NEVER, modules & NOT_LOADED) == (set(), set())
    assert len(own) < 30
