"""Every static executable does its work, natively or under an emulator: commands, providers, a verified update, refusals, hooks."""

import json
import pathlib
from collections.abc import Callable

import pytest

from edge_agent import __version__, providers
from tests.fakes.messages import Reply
from tests.fakes.server import Server
from tests.fakes.tls import Tls
from tests.frozen.conftest import PLAIN, Place
from tests.static.conftest import NO_NETWORK, Agent

COMMANDS = ("--help", "providers", "status", "check", "explain", "unlock")
LOOKING = {"explain", "unlock"}  # at the network


def test_version(agent: Agent) -> None:
    done = agent.run("--version", env={})
    assert (done.returncode, done.stdout, done.stderr) == (0, f"edge-agent {__version__}\n", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command(agent: Agent, place: Place, command: str) -> None:
    if command in LOOKING and agent.name in NO_NETWORK:
        pytest.skip(f"under qemu-user {agent.name} cannot list links")
    flags = [] if command in {"--help", "providers"} else place.flags
    done = agent.run(command, *flags)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout or command == "unlock"
    assert place.server.received == []


def test_every_provider_loads(agent: Agent) -> None:
    names = providers.NAMES if len(agent.words) == 1 else ("cloudflare", "duckdns", "custom", "dyndns2")  # the modules are the same
    told = {name: agent.run("providers", name) for name in names if name in providers.NAMES}
    assert {name: (done.returncode, done.stderr) for name, done in told.items()} == dict.fromkeys(told, (0, ""))
    assert all(name in done.stdout for name, done in told.items())


def test_an_update_then_nothing(networked: Agent, place: Place) -> None:
    room = place.folder / "room"
    room.mkdir()
    done = networked.run(*place.flags, env={**PLAIN, "TMPDIR": str(room)})
    assert (done.returncode, done.stderr) == (0, "")
    assert place.service.records == {("home.example.com", "A"): "45.83.1.2"}
    again = networked.run(*place.flags, env={**PLAIN, "TMPDIR": str(room)})
    assert (again.returncode, again.stdout, again.stderr, len(place.server.received)) == (0, "", "", 1)
    assert json.loads(networked.run("status", "--json", *place.flags).stdout)
    assert list(room.iterdir()) == []


@pytest.mark.parametrize(
    ("tls_of", "word"),
    [
        (lambda: Tls("elsewhere.example"), "elsewhere.example"),
        (lambda: Tls(unknown_ca=True), "authority"),
        (lambda: Tls(expired=True), "expired"),
    ],
    ids=["wrong-name", "unknown-authority", "expired"],
)
def test_a_bad_certificate_is_refused(networked: Agent, place: Place, tls_of: Callable[[], Tls], word: str) -> None:
    tls = tls_of()
    with Server(lambda _: Reply(body=b"good"), tls) as server:
        done = networked.run(*place.flags, "--server", server.url, "--ca-file", tls.ca_file)
        assert server.received == []
    assert (done.returncode, word in done.stderr) == (3, True)


def test_a_hook_call_with_an_empty_environment(networked: Agent, place: Place, tmp_path: pathlib.Path) -> None:
    done = networked.run("hook", "dhclient", *place.flags, env={})
    assert done.returncode == 0
    assert list(tmp_path.glob("_MEI*")) == []
