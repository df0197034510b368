"""BIND with two views of one zone, chosen by the key: what is asked with the key is what is updated with it."""

import pathlib
from collections.abc import Iterator

import pytest

from tests.dnsservers.servers import HOST, KEY, SECRET, TEXT, ZONE, Server, free_port, run, running
from tests.dnsservers.test_rfc2136 import A, B, C, told, want

NAME = f"host.{ZONE}"
NAMED = """\
options {{
  directory "{folder}"; pid-file none; session-keyfile none; lock-file none; recursion no; dnssec-validation no;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; notify no;
}};
controls {{ }};
key "{key}" {{ algorithm hmac-sha256; secret "{secret}"; }};
view inside {{
  match-clients {{ key "{key}"; }};
  zone "{zone}" {{ type primary; file "inside"; allow-update {{ key "{key}"; }}; }};
}};
view outside {{
  match-clients {{ any; }};
  zone "{zone}" {{ type primary; file "outside"; }};
}};
"""


@pytest.fixture
def views(packages: None, tmp_path: pathlib.Path) -> Iterator[Server]:
    """Inside, the name says A; outside, and to `dig`, it says B."""
    port = free_port()
    (tmp_path / "named.conf").write_text(NAMED.format(folder=tmp_path, port=port, key=KEY, secret=SECRET, zone=ZONE))
    (tmp_path / "inside").write_text(TEXT + f"host 300 A {A}\n")
    (tmp_path / "outside").write_text(TEXT + f"host 300 A {B}\n")
    with running(tmp_path, port, (ZONE,), "named", "-g", "-n", "1", "-c", str(tmp_path / "named.conf")):
        yield Server("bind", (HOST, port), ZONE, tmp_path)


def inside(server: Server) -> list[str]:
    key = f"hmac-sha256:{KEY}:{SECRET}"
    return run("dig", f"@{HOST}", "-p", str(server.dns[1]), "-y", key, "+tcp", "+short", "+norecurse", NAME, "A").split()


def test_the_key_s_own_view_is_asked_and_changed(views: Server) -> None:
    (verdict,) = told(views, want(NAME))
    assert verdict.kind == "unchanged", verdict
    (verdict,) = told(views, want(NAME, C))
    assert verdict.kind == "updated", verdict
    assert (inside(views), views.says(NAME)) == ([C], [B])


def test_what_another_view_says_is_not_written_over(views: Server) -> None:
    (verdict,) = told(views, want(NAME, C), options={"plain_questions": "yes"})
    assert verdict.kind in {"refused", "busy"}, verdict
    assert "when the server was asked" in verdict.detail or "another view" in verdict.detail
    assert (inside(views), views.says(NAME)) == ([A], [B])
