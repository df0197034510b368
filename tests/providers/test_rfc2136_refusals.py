"""Every word that a name server may say no with, and what is not believed: by the ways of BIND, Knot and PowerDNS."""

import base64
from collections.abc import Callable

import pytest

from edge_agent import tsig
from edge_agent.wire import Answer, Request
from tests.fakes.apis.rfc2136 import KEY, SECRET
from tests.fakes.dnsoctets import Signature, octets, sealed, taken_apart, wire
from tests.fakes.zones import over
from tests.providers.nameserver import BAD, LOGIN, PLAIN, UNSIGNED, fake, only, run, want
from tests.providers.talk import HOME, NOW

ROWS = [
    # ways, login, what the server is told to be, kind, scope, patience, words
    ("bind", {"key": BAD}, {}, "refused", "account", 1, "BADSIG: the secret"),
    ("knot", {"key": BAD}, {}, "refused", "account", 1, "BADSIG: the secret"),
    ("pdns", {"key": BAD}, {}, "refused", "account", 3, "NOTAUTH, unsigned: the server does not take the key"),
    ("bind", {"key_name": "nobody"}, {}, "refused", "account", 1, "BADKEY: the server has no key"),
    ("knot", {"key_name": "nobody"}, {}, "refused", "account", 1, "BADKEY: the server has no key"),
    ("pdns", {"key_name": "nobody"}, {}, "refused", "account", 3, "NOTAUTH, unsigned"),
    ("bind", {}, {"may": lambda name: False}, "refused", "record", 1, f"REFUSED: the server does not let this key change {HOME}"),
    ("knot", {}, {"may": lambda name: False}, "refused", "record", 1, "BADKEY: the server knows the key, but does not let it"),
    ("bind", {}, {"bare": True}, "garbled", "record", 1, "not signed with the key, so it is not believed (see plain_questions)"),
]


@pytest.mark.parametrize(("ways", "login", "manners", "kind", "scope", "patience", "words"), ROWS)
def test_no(ways: str, login: dict[str, str], manners: dict[str, object], kind: str, scope: str, patience: int, words: str) -> None:
    server = fake(ways)
    vars(server).update(manners)
    verdict = only(run(server, want(), login=LOGIN | login))
    assert (verdict.kind, verdict.scope, verdict.patience) == (kind, scope, patience)
    assert words in verdict.detail
    assert server.says(HOME) == []


@pytest.mark.parametrize(
    ("ways", "login", "kind", "words"),
    [
        ("bind", {"key": BAD}, "refused", "BADSIG"),
        ("knot", {"key_name": "nobody"}, "refused", "BADKEY: the server has no key"),
        ("pdns", {"key": BAD}, "refused", "REFUSED, unsigned: the server does not take the key"),
    ],
)
def test_no_to_an_update_after_questions_without_the_key(ways: str, login: dict[str, str], kind: str, words: str) -> None:
    verdict = only(run(fake(ways), want(), login=LOGIN | login, options=PLAIN))
    assert (verdict.kind, verdict.scope) == (kind, "account")
    assert words in verdict.detail


@pytest.mark.parametrize(("ways", "word"), [("bind", "REFUSED"), ("knot", "NOTAUTH"), ("pdns", "REFUSED")])
def test_a_server_that_wants_a_key(ways: str, word: str) -> None:
    verdict = only(run(fake(ways), want(), login={}, options=UNSIGNED))
    assert (verdict.kind, verdict.scope) == ("refused", "account")
    assert verdict.detail == f"{word}: the server takes no updates without a key, or not from here"


@pytest.mark.parametrize(("off", "words"), [(1000, "1000 s ahead of"), (-1000, "1000 s behind")])
def test_a_clock_that_is_off(off: int, words: str) -> None:
    for ways in ("bind", "knot"):
        verdict = only(run(fake(ways), want(zone="example.com"), now_at=NOW + off))
        assert (verdict.kind, verdict.scope) == ("busy", "account")
        assert f"the clock here is {words} the server's; set it" in verdict.detail
    verdict = only(run(fake("pdns"), want(), now_at=NOW + off))
    assert (verdict.kind, verdict.scope, verdict.patience) == ("refused", "account", 3)
    assert "or the clock here is wrong" in verdict.detail


def test_a_clock_that_was_never_set() -> None:
    said = run(fake(), want(), want("nas.example.com"), now_at=86400.0)
    assert said.kinds == ["unreachable"] * 2
    assert said.requests == []
    server = fake()
    server.unsigned = True
    assert run(server, want(), login={}, now_at=86400.0, options=UNSIGNED).kinds == ["updated"]


CODES = [
    (1, "garbled", "record", "FORMERR"),
    (2, "busy", "account", "SERVFAIL"),
    (4, "refused", "account", "NOTIMP"),
    (9, "refused", "record", f"NOTAUTH: the server is not the primary of the zone of {HOME}"),
    (10, "refused", "record", "NOTZONE"),
    (11, "garbled", "record", "the code 11"),
]


@pytest.mark.parametrize(("code", "kind", "scope", "words"), CODES)
def test_codes(code: int, kind: str, scope: str, words: str) -> None:
    server = fake()
    plain = over(server)

    def send(request: Request) -> Answer:
        heard = taken_apart(request.body)
        return Answer(200, {}, octets(heard, code)) if heard.update else plain(request)

    verdict = only(run(send, want()))
    assert (verdict.kind, verdict.scope) == (kind, scope)
    assert words in verdict.detail


def seal(request: Request, error: int = 0, *, secret: str = "", other: bytes = b"", code: int = 9, name: str = KEY) -> bytes:
    """Return an answer with a signature error, and signed where there is a secret."""
    heard = taken_apart(request.body)
    signature, _ = fake()._signature(heard, int(NOW))
    assert isinstance(signature, Signature)
    return sealed(octets(heard, code), signature._replace(name=name), base64.b64decode(secret), error, other)


def unasked(request: Request, code: int) -> bytes:
    """Return an answer without a question."""
    return octets(taken_apart(request.body), code)[:4] + bytes(8)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        pytest.param(lambda request: seal(request, 22), "refused", "BADTRUNC", id="badtrunc"),
        pytest.param(lambda request: seal(request, 19), "garbled", "the signature error 19", id="unknown-error"),
        pytest.param(
            lambda request: seal(request, 18, other=int(NOW + 1000).to_bytes(6, "big")), "busy", "by minutes", id="time-unsigned"
        ),
        pytest.param(lambda request: seal(request, 18, secret=SECRET), "busy", "by minutes", id="time-not-said"),
        pytest.param(lambda request: seal(request, 16, code=0), "refused", "BADSIG", id="error-and-yes"),
        pytest.param(lambda request: seal(request, secret=BAD, code=0), "garbled", "not signed with the key", id="forged"),
        pytest.param(
            lambda request: seal(request, secret=SECRET, code=0, name="other"), "garbled", "not signed with", id="other-key"
        ),
        pytest.param(lambda request: octets(taken_apart(request.body), 0), "garbled", "not signed with the key", id="unsigned"),
        pytest.param(
            lambda request: octets(taken_apart(request.body)._replace(question=wire("other.example.com") + b"\0\6\0\1"), 2),
            "garbled",
            "not an answer",
            id="another-question",
        ),
        pytest.param(lambda request: unasked(request, 0), "garbled", "not an answer", id="yes-to-no-question"),
        pytest.param(lambda request: unasked(request, 2), "busy", "SERVFAIL", id="trouble-without-the-question"),
        pytest.param(
            lambda request: octets(taken_apart(request.body), 3), "garbled", "not signed with the key", id="no-name-unsigned"
        ),
        pytest.param(lambda request: request.body, "garbled", "not an answer to what was asked", id="echo"),
        pytest.param(lambda request: b"\0\1" + seal(request)[2:], "garbled", "not an answer", id="another-id"),
        pytest.param(lambda request: seal(request)[:-1], "garbled", "no DNS message: a record is cut off", id="cut-off"),
        pytest.param(lambda request: seal(request) + b"\0", "garbled", "1 octets follow", id="too-much"),
        pytest.param(lambda request: b"", "garbled", "no DNS message", id="nothing"),
        pytest.param(
            lambda request: (found := octets(taken_apart(request.body), 2))[:2] + bytes([found[2] | 2]) + found[3:],
            "garbled",
            "not an answer",
            id="truncated",
        ),
    ],
)
def test_what_is_not_believed(answer: Callable[[Request], bytes], kind: str, words: str) -> None:
    verdict = only(run(lambda request: Answer(200, {}, answer(request)), want()))
    assert verdict.kind == kind
    assert words in verdict.detail


def test_an_address_that_is_none() -> None:
    server = fake()
    server.unsigned = True
    plain = over(server)

    def send(request: Request) -> Answer:
        heard = taken_apart(request.body)
        if heard.zone == (HOME, 1):
            return Answer(200, {}, octets(heard, 0, [(HOME, 1, 1, 300, b"\1\2\3")], aa=True))
        return plain(request)

    verdict = only(run(send, want(), login={}, options=UNSIGNED))
    assert (verdict.kind, verdict.detail) == ("garbled", f"the server says an address of {HOME} that is none")


@pytest.mark.parametrize(
    ("login", "options", "words"),
    [
        pytest.param({}, {}, "credentials are missing: key_name and key; nothing was sent", id="none"),
        pytest.param(LOGIN, {"unsigned": "yes"}, "a key is given, and unsigned as well", id="both"),
        pytest.param(LOGIN, {"algorithm": "rot13"}, "names none that is known", id="algorithm"),
        pytest.param(LOGIN | {"key": "not Base64!"}, {}, "key is not Base64", id="key"),
        pytest.param(LOGIN | {"key_name": "a..b"}, {}, "key_name is not a DNS name", id="key-name"),
    ],
)
def test_nothing_is_sent_without_a_key_that_fits(login: dict[str, str], options: dict[str, str], words: str) -> None:
    said = run(fake(), want(), login=login, options=options)
    assert (only(said).kind, only(said).scope, said.requests) == ("refused", "account", [])
    assert words in only(said).detail


def test_a_name_that_dns_cannot_hold() -> None:
    said = run(fake(), want("x" * 64 + ".example.com", zone="example.com"), want())
    assert said.kinds == ["refused", "updated"]


def test_an_algorithm_that_the_system_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tsig.ALGORITHMS, "hmac-md5", ("hmac-md5.sig-alg.reg.int", "md5-is-gone", 16))
    said = run(fake(), want(), options={"algorithm": "hmac-md5"})
    assert (only(said).kind, only(said).scope, said.requests) == ("refused", "account", [])
    assert "does not offer the algorithm hmac-md5" in only(said).detail
