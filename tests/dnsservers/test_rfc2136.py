"""Dynamic updates at BIND, Knot and PowerDNS as they are: what becomes of names, and what each says no to in its own words."""

import itertools
import time
from collections.abc import Mapping

import pytest

from edge_agent.dnstcp import DnsTcp
from edge_agent.providers.provider import Job
from edge_agent.providers.rfc2136 import PROVIDER
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target, converse
from tests.dnsservers.servers import ALGORITHMS, KEY, NARROW, NARROW_NAME, OPEN, SECRET, ZONE, Server, free_port

A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
V6 = "2001:db8::7"
NUMBER = itertools.count(1)
LOGIN = {"key_name": KEY, "key": SECRET}


@pytest.fixture
def name() -> str:
    return f"host{next(NUMBER)}.example.com"


def want(name: str, address: str = A, **more: object) -> Target:
    return Target(name, 6 if ":" in address else 4, address)._replace(**more)  # type: ignore[arg-type]


def told(
    server: Server, *targets: Target, login: Mapping[str, str] = LOGIN, options: Mapping[str, str] = {}, off: int = 0, url: str = ""
) -> list[Verdict]:
    """Run one job and return its verdicts in the order of the targets."""
    line = DnsTcp()
    nonce = f"{time.time_ns():032x}"[::-1]
    job = Job("mine", login, targets, url or server.url, options, "test", time.time() + off, nonce)
    try:
        said = {outcome.target: outcome.verdict for outcome in converse(PROVIDER.dialogue(job), targets, line.send)}
    finally:
        line.close()
    return [said[target] for target in targets]


def kinds(server: Server, *targets: Target, login: Mapping[str, str] = LOGIN) -> list[str]:
    return [verdict.kind for verdict in told(server, *targets, login=login)]


# --- what becomes of a name ------------------------------------------------------------------------------------------


def test_created_unchanged_changed(server: Server, name: str) -> None:
    assert kinds(server, want(name), want(name, V6)) == ["updated"] * 2
    assert (server.says(name), server.ttl(name), server.says(name, "AAAA")) == ([A], 300, [V6])
    assert kinds(server, want(name), want(name, V6)) == ["unchanged"] * 2
    assert kinds(server, want(name, B, ttl=900)) == ["updated"]
    assert (server.says(name), server.ttl(name), server.says(name, "AAAA")) == ([B], 900, [V6])
    assert kinds(server, want(name, C)) == ["updated"]
    assert (server.says(name), server.ttl(name)) == ([C], 900)
    assert kinds(server, want(name, C, ttl=60), want(name, C, ttl=60)._replace(own=(C,))) == ["updated", "unchanged"]
    assert (server.says(name), server.ttl(name)) == ([C], 60)


def test_siblings_stay(server: Server, name: str) -> None:
    for address in (A, B):
        server.record(name, address)
    server.update(f"add {name} 300 TXT kept")
    assert kinds(server, want(name, C)) == ["refused"]
    assert kinds(server, want(name, C, own=(A,))) == ["updated"]
    assert server.says(name) == [B, C]
    assert kinds(server, want(name, C, own=(C,), ttl=77)) == ["updated"]
    assert (server.says(name), server.ttl(name), server.says(name, "TXT")) == ([B, C], 77, ['"kept"'])


def test_a_value_for_every_uplink(server: Server, name: str) -> None:
    assert kinds(server, want(name, A, each=True), want(name, B, each=True)) == ["updated"] * 2
    assert server.says(name) == [A, B]
    assert kinds(server, want(name, C, each=True, own=(A,))) == ["updated"]
    assert server.says(name) == [B, C]
    assert kinds(server, want(name, B, each=True, own=(B,), beside=(C,))) == ["updated"]
    assert server.says(name) == [C]


def test_the_longest_zone_the_apex_and_wildcards(server: Server, name: str) -> None:
    inner, wild = f"{name.partition('.')[0]}.lab.example.com", f"*.{name}"
    assert kinds(server, want(inner), want(wild), want("lab.example.com", B), want("example.com", C)) == ["updated"] * 4
    assert (server.says(inner), server.says(f"any.{name}"), server.says("lab.example.com")) == ([A], [A], [B])
    assert kinds(server, want("lab.example.com", C), want("example.com", B), want(wild, B)) == ["updated"] * 3


@pytest.mark.parametrize("lent", [(A,), (B,), (A, B)], ids=["the-same", "another", "several"])
def test_what_a_wildcard_lends_is_not_the_name_s_own(server: Server, name: str, lent: tuple[str, ...]) -> None:
    for address in lent:
        server.record(f"*.{name}", address)
    assert kinds(server, want(f"x.{name}", create=False)) == ["refused"]
    assert kinds(server, want(f"x.{name}")) == ["updated"]
    assert (server.says(f"x.{name}"), server.says(f"y.{name}")) == ([A], sorted(lent))
    assert kinds(server, want(f"x.{name}", C, each=True)) == ["updated"]
    assert server.says(f"x.{name}") == [A, C]


def test_a_cname_in_the_way(server: Server, name: str) -> None:
    server.record(name, "elsewhere.example.", "CNAME")
    (verdict,) = told(server, want(name))
    assert (verdict.kind, verdict.scope) == ("refused", "record")
    assert f"a CNAME stands there: {name}" in verdict.detail
    assert server.says(name, "CNAME") == ["elsewhere.example."]


def test_a_cname_that_a_wildcard_lends(server: Server, name: str) -> None:
    server.record(f"*.{name}", "elsewhere.example.", "CNAME")
    assert kinds(server, want(f"x.{name}"), want(f"x.{name}", V6)) == ["updated"] * 2
    assert (server.says(f"x.{name}"), server.says(f"x.{name}", "AAAA")) == ([A], [V6])


def test_a_name_that_is_delegated(server: Server, name: str) -> None:
    server.update(f"add {name} 300 NS ns1.elsewhere.example.")
    (verdict,) = told(server, want(f"box.{name}"))
    assert (verdict.kind, verdict.scope) == ("refused", "record")
    assert "no authority" in verdict.detail


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_algorithms(server: Server, name: str, algorithm: str) -> None:
    login = {"key_name": f"KEY-{algorithm}.", "key": SECRET}
    (verdict,) = told(server, want(name), login=login, options={"algorithm": algorithm})
    assert verdict.kind == "updated", verdict
    assert server.says(name) == [A]


def test_questions_without_the_key(server: Server, name: str) -> None:
    (verdict,) = told(server, want(name), options={"plain_questions": "yes"})
    assert verdict.kind == "updated", verdict


def test_without_a_key_where_the_server_allows_it(server: Server, name: str) -> None:
    for address in (A, B):
        (verdict,) = told(server, want(name.replace(ZONE, OPEN), address), login={}, options={"unsigned": "yes"})
        assert verdict.kind == "updated", verdict
        assert server.says(name.replace(ZONE, OPEN)) == [address]


# --- what is refused, and how far that reaches -------------------------------------------------------------------------

SECRETS = {"bind": "BADSIG", "knot": "BADSIG", "pdns": "NOTAUTH, unsigned"}
KEYS = {"bind": "BADKEY", "knot": "BADKEY", "pdns": "NOTAUTH, unsigned"}


@pytest.mark.parametrize(
    ("login", "options", "words"),
    [
        pytest.param({"key": "QW5vdGhlciBzZWNyZXQ="}, {}, SECRETS, id="secret"),
        pytest.param({"key_name": "nobody"}, {}, KEYS, id="key"),
        pytest.param({}, {"algorithm": "hmac-sha1"}, KEYS, id="algorithm"),
    ],
)
def test_keys_that_are_wrong(
    server: Server, login: dict[str, str], options: dict[str, str], words: dict[str, str], name: str
) -> None:
    for more in ({}, {"plain_questions": "yes"}):
        first, second = told(server, want(name), want(name, V6), login=LOGIN | login, options=options | more)
        assert first == second
        assert (first.kind, first.scope) == ("refused", "account")
        assert words[server.kind].partition(",")[0] in first.detail or "REFUSED, unsigned" in first.detail
    assert server.says(name) == []


def test_a_clock_that_is_off(server: Server, name: str) -> None:
    for off, word in ((-1000, "behind"), (1000, "ahead of")):
        (verdict,) = told(server, want(name), off=off)
        if server.kind == "pdns":  # says the same as of a wrong key
            assert (verdict.kind, verdict.patience) == ("refused", 3)
            assert "clock here is wrong" in verdict.detail
        else:
            assert (verdict.kind, verdict.scope) == ("busy", "account")
            assert f"s {word} the server's; set it" in verdict.detail
    assert kinds(server, want(name)) == ["updated"]
    assert [verdict.kind for verdict in told(server, want(name), off=200)] == ["unchanged"]


def test_a_zone_that_is_not_there(server: Server) -> None:
    first, second = told(server, want("home.example.net"), want("home.example.org", zone="example.org"))
    assert (first.kind, first.scope, second.kind) == ("refused", "record", "refused")
    assert "no zone for home.example.net" in first.detail


def test_a_name_that_is_not_the_key_s(server: Server, name: str) -> None:
    login = {"key_name": NARROW, "key": SECRET}
    other, own = told(server, want(name), want(NARROW_NAME), login=login)
    assert (other.kind, other.scope) == ("refused", "record")
    assert ("BADKEY: the server knows the key" if server.kind == "knot" else "REFUSED: the server does not let") in other.detail
    assert server.says(name) == []
    assert own.kind == ("refused" if server.kind == "pdns" else "updated"), "PowerDNS knows no policy for names"


def test_a_server_that_wants_a_key(server: Server, name: str) -> None:
    (verdict,) = told(server, want(name), login={}, options={"unsigned": "yes"})
    assert (verdict.kind, verdict.scope) == ("refused", "account")
    assert "takes no updates without a key" in verdict.detail


def test_a_server_that_is_down(server: Server, name: str) -> None:
    (verdict,) = told(server, want(name), url=f"dns://127.0.0.1:{free_port()}")
    assert verdict.kind == "unreachable"
    assert "connection refused" in verdict.detail
