"""Dynu's API: the domain's own address is no record, and a change of it says all the rest again; 501 is our fault."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from edge_agent.providers.dynu_api import PROVIDER
from edge_agent.wire import Answer, Request, Target, converse
from tests.fakes.apis.dynu_api import CASE, KEY, DynuFake, error
from tests.fakes.zones import Reply, over, said
from tests.providers.talk import HOME, V4, V6, Talk, job_for, talk, target

OLD, OTHER = "198.51.100.1", "198.51.100.2"
ROOT = "example.com"


def fresh() -> DynuFake:
    fake = CASE.fake()
    assert isinstance(fake, DynuFake)
    return fake


def run(fake: DynuFake, *targets: Target, send: Callable[[Request], Answer] | None = None) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, targets or (target(),)), PROVIDER, send or over(fake))


def sent(talked: Talk) -> list[tuple[str, str, Any]]:
    return [
        (request.method, request.url.removeprefix("https://api.dynu.com/v2"), json.loads(request.body) if request.body else None)
        for request in talked.requests
    ]


def instead(fake: DynuFake, method: str, part: str, *answers: Reply) -> Callable[[Request], Answer]:
    """Return a `send` that answers the next requests of that method, whose address has this part, so."""
    send, left = over(fake), list(answers)
    return lambda request: Answer(*left.pop(0)) if request.method == method and part in request.url and left else send(request)


def test_hosts() -> None:
    fake = fresh()
    row = fake.record(HOME, OLD, group="office", ttl=90)
    talked = run(fake, target(), target("nas.example.com", V6))
    id_ = fake.zones[ROOT]
    common = {"recordType": "A", "state": True}
    assert sent(talked) == [
        ("GET", f"/dns/getroot/{HOME}", None),
        ("GET", f"/dns/record/{HOME}?recordType=A", None),
        ("POST", f"/dns/{id_}/record/{row['id']}", common | {"nodeName": "home", "ttl": 90, "group": "office", "ipv4Address": V4}),
        ("GET", "/dns/getroot/nas.example.com", None),
        ("GET", "/dns/record/nas.example.com?recordType=AAAA", None),
        (
            "POST",
            f"/dns/{id_}/record",
            {"nodeName": "nas", "recordType": "AAAA", "ttl": 300, "state": True, "group": "", "ipv6Address": V6},
        ),
    ]
    assert {value for request in talked.requests for key, value in request.headers if key == "API-Key"} == {KEY}
    assert (row["value"], row["ttl"], row["group"]) == (V4, 90, "office")
    fake.record(HOME, OTHER)
    assert run(fake, target(address=OTHER)._replace(beside=(V4,))).kinds == ["updated"]
    assert fake.says(HOME) == [V4]


def test_the_domain_itself_keeps_all_the_rest() -> None:
    fake = fresh()
    for address in (OLD, "2001:db8::1"):
        fake.record(ROOT, address)
    fake.domains[ROOT] |= {"dnssec": True, "allowZoneTransfer": True, "ttl": 90}
    before = dict(fake.domains[ROOT])
    talked = run(fake, target(ROOT), target(ROOT, V6))
    assert (talked.kinds, fake.says(ROOT), fake.says(ROOT, "AAAA")) == (["updated"] * 2, [V4], [V6])
    assert fake.domains[ROOT] == before
    posts = [fields for method, _, fields in sent(talked) if method == "POST"]
    assert posts[0] == before | {"name": ROOT, "ipv4Address": V4, "ipv6Address": "2001:db8::1"}
    assert posts[1] == before | {"name": ROOT, "ipv4Address": V4, "ipv6Address": V6}
    assert run(fake, target(ROOT)._replace(ttl=600)).kinds == ["updated"]
    assert fake.domains[ROOT] == before | {"ttl": 600}
    assert run(fake, target(ROOT), target(ROOT, V6)).kinds == ["unchanged"] * 2


@pytest.mark.parametrize("switched", [True, False])
def test_a_domain_without_an_address_gets_one(switched: bool) -> None:  # noqa: FBT001 - a parameter of the table
    fake = fresh()
    fake.domains[ROOT]["ipv4"] = switched
    if not switched:
        fake.record(ROOT, V4)
    assert run(fake, target(ROOT)).kinds == ["updated"]
    assert (fake.says(ROOT), fake.domains[ROOT]["ipv4"], fake.domains[ROOT]["group"]) == ([V4], True, "office")


def test_records_beside_the_domains_own_address() -> None:
    fake = fresh()
    fake.record(ROOT, OLD)
    assert run(fake, target(ROOT)._replace(each=True)).kinds == ["updated"]
    assert fake.says(ROOT) == [OLD, V4]
    verdict = run(fake, target(ROOT, OTHER)).verdicts[ROOT, 4]
    assert (verdict.kind, "has 2 A records" in verdict.detail) == ("refused", True)
    verdict = run(fake, target(ROOT, OLD)._replace(beside=(V4,))).verdicts[ROOT, 4]
    assert (verdict.kind, "is the address of the domain example.com itself" in verdict.detail) == ("refused", True)
    both = (target(ROOT, "198.51.100.9")._replace(each=True, own=(V4,)), target(ROOT, V6))
    assert run(fake, *both).kinds == ["updated"] * 2
    assert (fake.says(ROOT), fake.says(ROOT, "AAAA")) == ([OLD, "198.51.100.9"], [V6])


def test_both_families_of_the_domain_in_turn() -> None:
    """What is said again must be what the domain has by then: the other family has changed meanwhile."""
    fake = fresh()
    for address in (OLD, V4, "2001:db8::1"):
        fake.record(ROOT, address)
    kept = target(ROOT)._replace(each=True, own=(V4,))
    moved = target(ROOT, "198.51.100.9")._replace(each=True, own=(OLD,))
    job = job_for(PROVIDER, CASE.credentials, (kept, target(ROOT, V6), moved))
    kinds = [outcome.verdict.kind for outcome in converse(PROVIDER.dialogue(job), job.targets, over(fake))]
    assert kinds == ["unchanged", "updated", "updated"]
    assert (fake.says(ROOT), fake.says(ROOT, "AAAA")) == (["198.51.100.9", V4], [V6])


def test_a_listing_that_shows_the_domains_address_and_more() -> None:
    fake = fresh()
    fake.record(ROOT, OLD)
    shown = [
        {"id": 1, "hostname": "Example.com", "recordType": "A", "ipv4Address": OLD, "ttl": 120, "state": True},
        {"id": 2, "hostname": "example.com", "recordType": "AAAA", "ipv6Address": V6},
        {"id": 3, "hostname": "x.example.com", "recordType": "A", "ipv4Address": OTHER, "state": False},
    ]
    send = instead(fake, "GET", "/dns/record/", said({"statusCode": 200, "dnsRecords": shown}))
    assert run(fake, target(ROOT), send=send).kinds == ["updated"]
    assert fake.says(ROOT) == [V4]


def test_a_record_that_is_switched_off() -> None:
    fake = fresh()
    fake.record(HOME, V4, state=False)
    verdict = run(fake).verdicts[HOME, 4]
    assert (verdict.kind, "switched off" in verdict.detail, fake.changes) == ("refused", True, [])


def inner(code: int, type_: str, status: int) -> Reply:
    return said({"statusCode": code, "exception": {"statusCode": code, "type": type_, "message": "so"}}, status)


ERRORS = [
    pytest.param(error(401, "Authentication Exception", "so"), "refused", "account", "401: Authentication Exception: so", id="401"),
    pytest.param(inner(401, "Authentication Exception", 200), "refused", "account", "401: Authentication", id="401-inside-200"),
    pytest.param(error(403, "Authorization Exception", "so"), "refused", "account", "403: Authorization", id="403"),
    pytest.param(error(501, "Argument Exception", "so"), "refused", "record", "501: Argument Exception: so", id="501"),
    pytest.param(inner(501, "Argument Exception", 200), "refused", "record", "501: Argument Exception: so", id="501-inside-200"),
    pytest.param(said({"statusCode": 501}, 501), "refused", "record", "501", id="501-without-a-word"),
    pytest.param(error(502, "Parse Exception", "so"), "refused", "record", "502: Parse Exception", id="502"),
    pytest.param(error(505, "Validation Exception", "so"), "refused", "record", "505: Validation", id="validation"),
    pytest.param(error(500, "Not Implemented", "so"), "refused", "record", "500: Not Implemented", id="not-implemented"),
    pytest.param(error(500, "Server Exception", "so"), "busy", "account", "HTTP 500: Server Exception: so", id="server"),
    pytest.param(inner(500, "Timeout Exception", 200), "busy", "account", "HTTP 200: Timeout", id="timeout-inside-200"),
    pytest.param(error(429, "Quota Exception", "so"), "busy", "account", "HTTP 429: Quota", id="too-many-requests"),
    pytest.param(error(503, "Quota Exception", "so"), "refused", "record", "503: Quota Exception: so", id="too-many-records"),
    pytest.param(error(503, "Server Exception", "so"), "busy", "account", "HTTP 503: Server", id="503"),
    pytest.param((502, {}, b"<html>Bad Gateway</html>"), "busy", "account", "HTTP 502", id="a-gateway"),
    pytest.param((501, {}, b""), "busy", "account", "HTTP 501", id="501-of-a-gateway"),
    pytest.param(said({"statusCode": 404}, 404), "refused", "record", "HTTP 404", id="404"),
    pytest.param(said({"statusCode": 999, "type": "New Exception"}), "garbled", "record", "New Exception", id="unknown"),
    pytest.param(said({"dnsRecords": []}), "garbled", "record", "HTTP 200", id="no-code"),
    pytest.param(said({"statusCode": True}), "garbled", "record", "HTTP 200", id="true"),
    pytest.param(said({"statusCode": 200}), "garbled", "record", "no ", id="nothing-but-a-code"),
    pytest.param(said([]), "garbled", "record", "HTTP 200", id="a-list"),
]


@pytest.mark.parametrize(("answer", "kind", "scope", "words"), ERRORS)
@pytest.mark.parametrize(("method", "part"), [("GET", "/dns/record/"), ("POST", "/record")])
def test_errors(answer: Reply, kind: str, scope: str, words: str, method: str, part: str) -> None:
    fake = fresh()
    verdict = run(fake, send=instead(fake, method, part, *[answer] * 2)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == (kind, scope)
    assert words in verdict.detail
    assert fake.says(HOME) == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(error(501, "Argument Exception", "Invalid."), "refused", id="not-ours"),
        pytest.param(inner(404, "Request Exception", 200), "refused", id="not-found-inside-200"),
        pytest.param(error(500, "Server Exception", "so"), "busy", id="out-of-order"),
        pytest.param(said({"statusCode": 200, "id": 7}), "garbled", id="no-domain-name"),
        pytest.param(said({"statusCode": 200, "domainName": ROOT}), "garbled", id="no-id"),
    ],
)
def test_getroot(answer: Reply, kind: str) -> None:
    fake = fresh()
    verdict = run(fake, send=instead(fake, "GET", "/getroot/", *[answer] * 2)).verdicts[HOME, 4]
    assert verdict.kind == kind
    assert kind != "refused" or "no zone for home.example.com" in verdict.detail
    assert fake.changes == []


@pytest.mark.parametrize(
    ("name", "answer", "kind"),
    [
        pytest.param(HOME, {"statusCode": 200}, "updated", id="nothing-but-success"),
        pytest.param(HOME, {"statusCode": 200, "ipv4Address": OLD}, "garbled", id="the-old-address"),
        pytest.param(ROOT, {"statusCode": 200, "ipv4Address": OLD}, "garbled", id="the-domain-has-the-old-one"),
        pytest.param(ROOT, {"statusCode": 200, "ipv4Address": V4}, "updated", id="the-domain-has-ours"),
    ],
)
def test_what_a_change_says(name: str, answer: object, kind: str) -> None:
    fake = fresh()
    fake.record(name, OLD)
    assert run(fake, target(name), send=instead(fake, "POST", "/dns/", said(answer))).kinds == [kind]


def test_no_secret_of_the_domain_is_told() -> None:
    fake = fresh()
    domain = {"id": 7, "token": "DOMAINTOKEN"}
    for answer in (said(domain), said(domain | {"statusCode": 501}), said(domain | {"statusCode": 500}, 500)):
        detail = run(fake, target(ROOT), send=instead(fake, "GET", f"/dns/{fake.zones[ROOT]}", answer)).verdicts[ROOT, 4].detail
        assert "has no word on what is wrong" in detail
        assert "DOMAINTOKEN" not in detail
