"""Every service with an API, updated by the executable over TLS: what the suites do with values goes over real sockets here."""

import importlib
import json
import pathlib
import subprocess
from collections.abc import Callable

import pytest

from edge_agent import providers
from tests.fakes import apis
from tests.fakes.apis.azure import AzureFake
from tests.fakes.server import Received, Reply, Server, Tls
from tests.fakes.zones import Case

Run = Callable[..., subprocess.CompletedProcess[str]]
FOLDER = pathlib.Path(next(iter(apis.__path__)))
CASES: list[Case] = [importlib.import_module(f"tests.fakes.apis.{path.stem}").CASE for path in sorted(FOLDER.glob("*.py"))]
BY_HTTP = [case for case in CASES if case.provider != "rfc2136"]  # which has tests/frozen/test_dns.py
NAME, FIRST, SECOND = "home.example.com", "45.83.1.7", "45.83.1.8"


def settings(case: Case, server: Server, tls: Tls, folder: pathlib.Path, address: str) -> pathlib.Path:
    """Write the settings of one account and one record."""
    one = providers.find(case.provider)
    assert one
    path = "/" + (case.server or one.server).partition("://")[2].partition("/")[2]
    words = {**case.options, **case.credentials}
    if "login" in one.options:
        words["login"] = server.url
    lines = [f"{key} = {json.dumps(value)}" for key, value in words.items()]
    config = folder / "edge-agent.toml"
    config.write_text(
        f'source = "static"\naddress = "{address}"\nca_file = "{tls.ca_file}"\nstate_dir = "{folder}/state"\ncheck = "off"\n'
        f'[account.it]\nprovider = "{case.provider}"\nserver = "{server.url}{path.rstrip("/")}"\n' + "\n".join(lines) + "\n"
        f'[[record]]\nname = "{NAME}"\ntype = "A"\naccount = "it"\n'
    )
    config.chmod(0o600)
    return config


@pytest.mark.parametrize("case", BY_HTTP, ids=lambda case: case.provider)
def test_created_changed_and_looked_at(run: Run, tls: Tls, tmp_path: pathlib.Path, case: Case) -> None:
    fake = case.fake()

    def answer(request: Received) -> Reply:
        heard = request.headers, request.body, request.peer, request.at
        return Reply(*fake.answer(request.method, request.path, request.query, *heard))

    with Server(answer, tls) as server:
        if isinstance(fake, AzureFake):  # it looks at who is meant
            fake.host = fake.login = server.url.removeprefix("https://")
        config = settings(case, server, tls, tmp_path, FIRST)
        looked = run("check", "--online", "--config", str(config))
        assert (looked.returncode, looked.stderr) == (0, "")
        assert "the login is good; there is no record yet" in looked.stdout
        done = run("--config", str(config))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"{NAME} A {FIRST}: updated")
        assert fake.says(NAME) == [FIRST]
        settings(case, server, tls, tmp_path, SECOND)
        assert run("--config", str(config)).returncode == 0
        assert fake.says(NAME) == [SECOND]
        asked = len(server.received)
        assert run("--config", str(config)).stdout == ""
        assert len(server.received) == asked, "what is published already is not asked about"
