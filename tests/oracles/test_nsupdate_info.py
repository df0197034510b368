"""The real server of nsupdate.info, in front of a real BIND, updated by the whole program."""

import pathlib
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.cli.program import Program
from tests.dnsservers import servers
from tests.dnsservers.servers import HOST, SECRET, ZONE, free_port

pytestmark = pytest.mark.heavy
NAME = f"home.{ZONE}"
NAMED = """\
options {{
  directory "{folder}"; pid-file none; session-keyfile none; lock-file none; recursion no; dnssec-validation no;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; notify no;
}};
controls {{ }};
key "example.com" {{ algorithm hmac-sha256; secret "{secret}"; }};
zone "example.com" {{ type primary; file "example.com"; allow-update {{ key "example.com"; }}; }};
"""


class Site(NamedTuple):
    """The service, the password of its one host, and the name server behind it."""

    url: str
    password: str
    dns: servers.Server


@pytest.fixture
def site(tmp_path: pathlib.Path) -> Iterator[Site]:
    if servers.lacking():
        pytest.fail(servers.lacking())
    folder, port = tmp_path / "bind", free_port()
    folder.mkdir()
    servers._zone_files(folder)
    (folder / "named.conf").write_text(NAMED.format(folder=folder, port=port, secret=SECRET))
    with servers.running(folder, port, (ZONE,), "named", "-g", "-n", "1", "-c", str(folder / "named.conf")):
        command = [sys.executable, str(pathlib.Path(__file__).with_name("nsupdate_info.py")), str(port), SECRET]
        own = tmp_path / "site"
        own.mkdir()
        with subprocess.Popen(command, cwd=own, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            try:
                _, web, password = process.stdout.readline().split()
                yield Site(f"http://{HOST}:{web}", password, servers.Server("bind", (HOST, port), ZONE, folder))
            finally:
                process.terminate()


def program(site: Site, tmp_path: pathlib.Path, password: str) -> Program:
    made = Program(tmp_path)
    made.write(
        "edge-agent.toml",
        f'source = "static"\naddress = ["45.83.1.7", "2a01:4f8::7"]\n[account.ns]\nserver = "{site.url}"\n'
        f'provider = "nsupdate.info"\nsecret = "{password}"\n[[record]]\nname = "{NAME}"\naccount = "ns"\n',
    )
    return made


def test_created_changed_unchanged_and_refused(site: Site, tmp_path: pathlib.Path) -> None:
    agent = program(site, tmp_path, site.password)
    first = agent("--json")
    assert [(record["type"], record["verdict"]) for record in first.json["records"]] == [("A", "updated"), ("AAAA", "updated")]
    assert (site.dns.says(NAME), site.dns.says(NAME, "AAAA")) == (["45.83.1.7"], ["2a01:4f8::7"])
    assert agent() == (0, "", "")
    agent.config.write_text(agent.config.read_text().replace("45.83.1.7", "45.83.1.8"))
    assert agent().code == 0
    assert (site.dns.says(NAME), site.dns.says(NAME, "AAAA")) == (["45.83.1.8"], ["2a01:4f8::7"])
    forced = agent("--force", "--json")
    assert {record["verdict"] for record in forced.json["records"]} == {"unchanged"}, "the service says nochg"


def test_a_wrong_password_locks(site: Site, tmp_path: pathlib.Path) -> None:
    agent = program(site, tmp_path, "not-the-password")
    ended = agent()
    assert ended.code == 4
    assert "badauth" in ended.err
    assert "locked out" in agent().err
    assert site.dns.says(NAME) == []
