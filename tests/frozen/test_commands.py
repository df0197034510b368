"""Every command of the executable works, every provider loads, and an update over TLS is what it is from source."""

import json
import subprocess
from collections.abc import Callable

import pytest

from edge_agent import __version__, providers
from tests.fakes.messages import Reply
from tests.fakes.tls import Tls
from tests.frozen.conftest import Place

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_version(run: Run) -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"edge-agent {__version__}\n", "")


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("explain", "status", "check", "providers", "unlock", "--state-dir"))


@pytest.mark.parametrize("name", providers.NAMES)
def test_every_provider_loads(run: Run, name: str) -> None:
    done = run("providers", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert name in done.stdout


def test_the_list_of_providers_is_whole(run: Run) -> None:
    said = run("providers").stdout
    assert [name for name in providers.NAMES if name not in said] == []


def test_update_then_nothing_then_status(run: Run, place: Place) -> None:
    done = run(*place.flags)
    assert (done.returncode, done.stderr) == (0, "")
    assert "home.example.com A 45.83.1.2" in done.stdout
    assert place.service.records == {("home.example.com", "A"): "45.83.1.2"}
    again = run(*place.flags)
    assert (again.returncode, again.stdout, again.stderr, len(place.server.received)) == (0, "", "", 1)
    told = run("status", *place.flags)
    assert told.returncode == 0
    assert "45.83.1.2" in told.stdout


@pytest.mark.parametrize("command", ["explain", "run"])
def test_json(run: Run, place: Place, command: str) -> None:
    done = run(command, "--json", *place.flags)
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr, told["exit"]) == (0, "", 0)
    assert told["choices"]["ipv4"]["address"] == "45.83.1.2"
    assert len(place.server.received) == (1 if command == "run" else 0)


def test_check_with_a_file(run: Run, place: Place) -> None:
    config = place.folder / "edge-agent.toml"
    config.write_text(
        '[account.x]\nprovider = "duckdns"\ntoken = "0b5b9b5c-0000-0000-0000-000000000000"\n[[record]]\nname = "home"\n'
    )
    config.chmod(0o600)
    done = run("check", "-c", str(config))
    assert (done.returncode, done.stderr) == (0, "")
    config.write_text("[account.x\n")
    done = run("check", "-c", str(config))
    assert done.returncode == 2
    assert str(config) in done.stderr + done.stdout


def test_unlock_after_a_refusal(run: Run, place: Place) -> None:
    place.first.append(Reply(body=b"badauth"))
    assert run(*place.flags).returncode == 4
    assert run(*place.flags).returncode == 4
    assert len(place.server.received) == 1  # locked out: not asked again
    assert run("unlock", *place.flags).returncode == 0
    assert run(*place.flags).returncode == 0
    assert place.service.records


@pytest.mark.parametrize(
    ("tls_of", "word"),
    [
        (lambda: Tls("elsewhere.example"), "elsewhere.example"),
        (lambda: Tls(unknown_ca=True), "authority"),
        (lambda: Tls(expired=True), "expired"),
    ],
    ids=["wrong-name", "unknown-authority", "expired"],
)
def test_a_bad_certificate_is_refused(run: Run, place: Place, tls_of: Callable[[], Tls], word: str) -> None:
    from tests.fakes.server import Server

    tls = tls_of()
    with Server(lambda _: Reply(body=b"good"), tls) as server:
        flags = [*place.flags, "--server", server.url, "--ca-file", str(tls.ca_file)]
        done = run(*flags)
        assert server.received == []
    assert done.returncode == 3
    assert word in done.stderr
    assert "pass" not in done.stderr.replace("passed", "")


def test_the_bundled_authorities_are_used_where_the_system_has_none(run: Run, place: Place) -> None:
    """A system without certificates: an empty directory over /etc/ssl, in a mount namespace, where the system allows it."""
    at = place.flags.index("--ca-file")
    flags = [*place.flags[:at], *place.flags[at + 2 :]]
    done = run(*flags)
    assert done.returncode == 3
    assert place.server.received == []
    assert "authority" in done.stderr
