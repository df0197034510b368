"""The executable updates at a name server, with what is inside it; neither TLS nor HTTP is loaded for that."""

import os
import pathlib
import subprocess
from collections.abc import Callable, Iterator

import pytest

from build.check_budget import TWIN, imported
from edge_agent import tsig
from tests.fakes.apis.rfc2136 import CASE, KEY, SECRET, Rfc2136Fake
from tests.fakes.dnsserver import NameServer, behind
from tests.frozen.conftest import PLAIN

NAME, ADDRESS = "home.example.com", "45.83.1.7"


@pytest.fixture
def fake() -> Rfc2136Fake:
    made = CASE.fake()
    assert isinstance(made, Rfc2136Fake)
    return made


@pytest.fixture
def flags(fake: Rfc2136Fake, tmp_path: pathlib.Path) -> Iterator[Callable[[str], list[str]]]:
    """Return what to say to the executable, for a key of some algorithm."""
    key = tmp_path / "key"
    key.write_text(SECRET)
    key.chmod(0o600)
    with NameServer(behind(fake)) as server:

        def said(algorithm: str) -> list[str]:
            config = tmp_path / "edge-agent.toml"
            config.write_text(
                f'source = "static"\naddress = "{ADDRESS}"\nname = "{NAME}"\nstate_dir = "{tmp_path / "state"}"\n'
                f'[account.ns]\nprovider = "rfc2136"\nserver = "{server.url}"\nalgorithm = "{algorithm}"\n'
                f'key_name = "{KEY}"\nkey_file = "{key}"\n'
            )
            return ["--config", str(config)]

        yield said


@pytest.mark.parametrize("algorithm", tsig.ALGORITHMS)
def test_updated(
    run: Callable[..., "subprocess.CompletedProcess[str]"], fake: Rfc2136Fake, flags: Callable[[str], list[str]], algorithm: str
) -> None:
    fake.keys = {KEY: (tsig.ALGORITHMS[algorithm][0], SECRET)}
    ran = run(*flags(algorithm))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{NAME} A {ADDRESS}: updated\n", "")
    assert fake.says(NAME) == [ADDRESS]


@pytest.mark.skipif(not TWIN.exists() or "TESTED_EXE" in os.environ, reason="needs the twin that says what it imports (make exe)")
def test_neither_tls_nor_http_is_loaded(fake: Rfc2136Fake, flags: Callable[[str], list[str]]) -> None:
    ran = subprocess.run([TWIN, *flags("hmac-sha256")], env=PLAIN, capture_output=True, text=True, check=False, timeout=60)
    loaded = imported(ran.stdout + ran.stderr)
    assert fake.says(NAME) == [ADDRESS]
    assert {"edge_agent.dnstcp", "edge_agent.tsig"} <= loaded
    assert {"ssl", "_ssl", "urllib3", "http.client", "json", "email", "logging", "edge_agent.transport"} & loaded == set()
