"""Dynamic update by TSIG: recorded messages to the octet, what is sent, and what is not a name's own."""

import json
import pathlib

import pytest

from edge_agent import dnswire, tsig
from edge_agent.inet import to_octets
from edge_agent.wire import Answer, Request
from tests.fakes import dnsoctets
from tests.fakes.apis.rfc2136 import KEY, SECRET
from tests.fakes.zones import over
from tests.providers.nameserver import OLD, OTHER, PLAIN, UNSIGNED, fake, only, run, want
from tests.providers.talk import HOME, V4, V6

VECTORS = sorted((pathlib.Path(__file__).parent / "vectors").glob("rfc2136_tsig_*.json"))

# --- octets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_recorded_messages(path: pathlib.Path) -> None:
    vector = json.loads(path.read_text())
    home = (dnswire.Record(HOME, dnswire.A, dnswire.ANY), dnswire.addition(HOME, dnswire.A, 60, to_octets("192.0.2.1")))
    message = dnswire.update(vector["message_id"], vector["zone"], (), home)
    key = tsig.Key(vector["key_name"].rstrip("."), tsig.algorithm(vector["algorithm"]), tsig.secret(vector["secret_base64"]))
    found, mac = tsig.sign(dnswire.octets_of(message), key, vector["time_signed"])
    assert found.hex() == vector["expected_wire_hex"]
    assert mac in found
    read = dnswire.read(found)
    seal = tsig.seal_of(read)
    assert seal
    assert tsig.genuine(found, read, seal, key, b"")
    assert not tsig.genuine(found, read, seal, key._replace(secret=b"x"), b"")
    assert not tsig.genuine(found, read, seal, key, b"x")
    assert not tsig.genuine(found, read, seal._replace(mac=seal.mac[:16]), key._replace(algorithm="hmac-sha512"), b"")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hmac-sha256", "hmac-sha256"),
        (" HMAC-SHA512. ", "hmac-sha512"),
        ("sha1", "hmac-sha1"),
        ("hmac-md5.sig-alg.reg.int.", "hmac-md5"),
        ("hmac-sha3", ""),
        ("", ""),
    ],
)
def test_algorithms_by_name(text: str, name: str) -> None:
    assert tsig.algorithm(text) == name


@pytest.mark.parametrize("algorithm", tsig.ALGORITHMS)
def test_every_algorithm(algorithm: str) -> None:
    server = fake()
    server.keys = {KEY: (tsig.ALGORITHMS[algorithm][0], SECRET)}
    assert run(server, want(), options={"algorithm": algorithm.upper()}).kinds == ["updated"]


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_one_update_that_only_holds_for_what_was_seen() -> None:
    server = fake()
    server.record(HOME, OLD, ttl=600)
    server.record(HOME, OTHER, ttl=600)
    said = run(server, want(own=(OLD,)))
    assert said.kinds == ["updated"]
    assert {(request.method, request.url, request.headers) for request in said.requests} == {("DNS", "dns://ns1.example.com", ())}
    assert [bool(request.changes) for request in said.requests] == [False, False, False, True, True]
    assert [heard.id for heard in server.heard] == [0xFFFF, 0, 1, 2, 3]
    assert all(heard.signature for heard in server.heard)
    (update,) = (heard for heard in server.heard if heard.update)
    a, values = 1, [dnsoctets.data({"type": "A", "value": value}) for value in (OLD, OTHER, V4)]
    assert update.zone == ("example.com", 6)
    assert update.needs == [
        (HOME, a, 1, 0, values[0]),
        (HOME, a, 1, 0, values[1]),
        (HOME, 5, dnsoctets.NONE, 0, b""),
    ]
    assert update.changes == [(HOME, a, dnsoctets.NONE, 0, values[0]), (HOME, a, 1, 600, values[2])]


def test_a_ttl_is_one_for_all_values() -> None:
    server = fake()
    server.record(HOME, OLD, ttl=600)
    server.record(HOME, OTHER, ttl=600)
    assert run(server, want(own=(OLD,), ttl=60)).kinds == ["updated"]
    assert sorted((row["value"], row["ttl"]) for row in server.records if row["name"] == HOME) == [(OTHER, 60), (V4, 60)]


def test_questions_without_the_key() -> None:
    server = fake()
    assert run(server, want(), options=PLAIN).kinds == ["updated"]
    assert [heard.signature is not None for heard in server.heard] == [heard.update for heard in server.heard]


def test_without_a_key() -> None:
    server = fake()
    server.unsigned = True
    assert run(server, want(), login={}, options=UNSIGNED).kinds == ["updated"]
    assert not any(heard.signature for heard in server.heard)
    assert server.says(HOME) == [V4]


def test_a_zone_above_is_known_from_what_was_said_of_a_name() -> None:
    server = fake()
    assert run(server, want("a.b.example.com"), want("c.b.example.com"), want("b.example.com")).kinds == ["updated"] * 3
    asked = [heard.zone[0] for heard in server.heard if not heard.update and heard.zone[1] == 6]
    assert asked == ["a.b.example.com", "b.example.com", "c.b.example.com"]


# --- wildcards, aliases, delegations -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lent", [(V4,), (OLD,), (OLD, OTHER)], ids=["the-same", "another", "several"])
def test_what_a_wildcard_lends(lent: tuple[str, ...]) -> None:
    server = fake()
    for value in lent:
        server.record("*.example.com", value)
    assert only(run(server, want(create=False))).kind == "refused"
    assert server.changes == []
    assert run(server, want(), want("nas.example.com", OTHER, each=True)).kinds == ["updated"] * 2
    assert (server.says(HOME), server.says("nas.example.com"), server.says("*.example.com")) == ([V4], [OTHER], list(lent))


def test_a_wildcard_s_alias() -> None:
    server = fake()
    server.record("*.example.com", "elsewhere.example", type="CNAME")
    assert run(server, want(), want(address=V6)).kinds == ["updated"] * 2
    assert (server.says(HOME), server.says(HOME, "AAAA")) == ([V4], [V6])


def test_what_an_alias_lends() -> None:
    server = fake()
    server.shown.append({"name": HOME, "type": "A", "value": OLD, "ttl": 60})
    verdict = only(run(server, want()))
    assert (verdict.kind, verdict.scope) == ("refused", "record")
    assert f"what {HOME} says is no record of its own" in verdict.detail
    assert server.says(HOME) == []


@pytest.mark.parametrize("ways", ["bind", "knot", "pdns"])
def test_a_cname_that_comes_between(ways: str) -> None:
    """The need that there is no CNAME fails; a server that does not look at needs drops the address, or refuses."""
    for blind in (False, True):
        server = fake(ways)
        server.needs_no_needs = blind
        server.meanwhile = lambda server=server: server.record(HOME, "elsewhere.example", type="CNAME")
        verdict = only(run(server, want()))
        assert (verdict.kind, verdict.scope) == ("refused", "record")
        assert ("a CNAME stands there" if not blind or ways != "pdns" else "REFUSED") in verdict.detail
        assert server.says(HOME) == []


def test_a_delegated_name() -> None:
    server = fake()
    server.record("lab.example.com", "ns1.elsewhere.example", type="NS")
    verdict = only(run(server, want("box.lab.example.com", zone="example.com")))
    assert (verdict.kind, verdict.scope) == ("refused", "record")
    assert "no authority over box.lab.example.com" in verdict.detail


def test_a_resolver_is_no_server_of_a_zone() -> None:
    server = fake()
    server.unsigned = True
    plain = over(server)

    def send(request: Request) -> Answer:
        said = plain(request).body
        return Answer(200, {}, said[:2] + bytes([said[2] & ~4]) + said[3:])  # no authority

    verdict = only(run(send, want(), login={}, options=UNSIGNED))
    assert (verdict.kind, server.changes) == ("refused", [])
    assert f"no zone for {HOME}" in verdict.detail


def test_yes_is_not_enough() -> None:
    server = fake()
    server.forgetful = True
    verdict = only(run(server, want()))
    assert verdict.kind == "garbled"
    assert "did not carry it out" in verdict.detail


def test_a_name_that_never_stands_still() -> None:
    server = fake()
    rows = iter([OLD, OTHER, V6])

    def again() -> None:
        server.record(HOME, next(rows))
        server.meanwhile = again

    server.meanwhile = again
    verdict = only(run(server, want(each=True)))
    assert (verdict.kind, verdict.scope) == ("busy", "record")
    assert "is no more as it was" in verdict.detail
