"""IONOS's DNS API: lists of records and of errors, whole names, a change that says again all that is to stay."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from edge_agent.providers.ionos_api import PROVIDER
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.ionos_api import CASE, KEY, IonosFake, error
from tests.fakes.zones import ApiFake, Reply, over, said
from tests.providers.talk import HOME, V4, V6, Talk, job_for, talk, target

OLD = "198.51.100.1"
BASE = "https://api.hosting.ionos.com/dns/v1"


def run(fake: ApiFake, *targets: Target, send: Callable[[Request], Answer] | None = None) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, targets or (target(),)), PROVIDER, send or over(fake))


def sent(talked: Talk) -> list[tuple[str, str, Any]]:
    return [
        (request.method, request.url.removeprefix(BASE), json.loads(request.body) if request.body else None)
        for request in talked.requests
    ]


def instead(fake: ApiFake, method: str, part: str, *answers: Reply) -> Callable[[Request], Answer]:
    """Return a `send` that answers the next requests of that method, whose address has this part, so."""
    send, left = over(fake), list(answers)
    return lambda request: Answer(*left.pop(0)) if request.method == method and part in request.url and left else send(request)


def test_what_is_sent() -> None:
    fake = CASE.fake()
    row = fake.record(HOME, OLD, ttl=90, prio=7)
    zone = f"/zones/{fake.zones['example.com']}"
    talked = run(fake, target(), target("*.example.com", V6), target("example.com")._replace(ttl=600))
    record = {"prio": 0, "disabled": False}
    assert sent(talked) == [
        ("GET", "/zones", None),
        ("GET", f"{zone}?recordName={HOME}&recordType=A", None),
        ("PUT", f"{zone}/records/{row['id']}", {"content": V4, "ttl": 90, "prio": 7, "disabled": False}),
        ("GET", f"{zone}?recordName=%2A.example.com&recordType=AAAA", None),
        ("POST", f"{zone}/records", [record | {"name": "*.example.com", "type": "AAAA", "content": V6}]),
        ("GET", f"{zone}?recordName=example.com&recordType=A", None),
        ("POST", f"{zone}/records", [record | {"name": "example.com", "type": "A", "content": V4, "ttl": 600}]),
    ]
    assert talked.kinds == ["updated"] * 3
    assert {value for request in talked.requests for key, value in request.headers if key == "X-API-Key"} == {KEY}
    assert (row["value"], row["ttl"], row["prio"]) == (V4, 90, 7)
    other = fake.record(HOME, OLD)
    gone = run(fake, target(address=OLD)._replace(beside=(V4,)))
    assert (gone.kinds, sent(gone)[-1]) == (["updated"], ("DELETE", f"{zone}/records/{other['id']}", None))


ERRORS = [
    pytest.param(said({"message": "Missing or invalid API key."}, 401), "refused", "account", None, "a dot and", id="gate"),
    pytest.param(error("UNAUTHORIZED", "No.", 401), "refused", "account", None, "HTTP 401: UNAUTHORIZED: No.", id="unauthorized"),
    pytest.param(error("UNAUTHORIZED", "No.", 400), "refused", "account", None, "HTTP 400: UNAUTHORIZED: No.", id="by-its-code"),
    pytest.param((401, {}, b""), "refused", "account", None, "a dot and the secret", id="401-without-a-word"),
    pytest.param(error("INVALID_RECORD", "Bad."), "refused", "record", None, "HTTP 400: INVALID_RECORD: Bad.", id="invalid"),
    pytest.param(error("ZONE_NOT_FOUND", "Gone.", 404), "refused", "record", None, "HTTP 404: ZONE_NOT_FOUND", id="no-zone"),
    pytest.param(error("NEW_CODE", "Hm.", 422), "refused", "record", None, "HTTP 422: NEW_CODE: Hm.", id="another-code"),
    pytest.param(said([], 429, retry_after="30"), "busy", "account", 30.0, "HTTP 429", id="429"),
    pytest.param(error("INTERNAL_SERVER_ERROR", "Oops.", 500), "busy", "account", None, "HTTP 500: INTERNAL", id="500"),
    pytest.param(said({"id": 1}), "garbled", "record", None, "makes sense", id="another-object"),
    pytest.param(said([1]), "garbled", "record", None, "", id="numbers"),
    pytest.param((200, {}, b""), "garbled", "record", None, "HTTP 200", id="nothing"),
]


@pytest.mark.parametrize(("answer", "kind", "scope", "wait", "words"), ERRORS)
@pytest.mark.parametrize(("method", "part"), [("GET", "?recordName="), ("POST", "/records")])
def test_errors(answer: Reply, kind: str, scope: str, wait: float | None, words: str, method: str, part: str) -> None:
    fake = CASE.fake()
    verdict = run(fake, send=instead(fake, method, part, *[answer] * 2)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == (kind, scope, wait)
    assert words in verdict.detail
    assert fake.says(HOME) == []


@pytest.mark.parametrize(
    ("zones", "kind"),
    [
        pytest.param([{"name": "Example.COM", "id": "z"}], "updated", id="in-capitals"),
        pytest.param([{"name": "example.com"}], "garbled", id="no-id"),
        pytest.param({"zones": []}, "garbled", id="no-list"),
        pytest.param([{"name": "ample.com", "id": "z"}], "refused", id="another"),
        pytest.param([], "refused", id="none"),
    ],
)
def test_zones(zones: object, kind: str) -> None:
    fake = CASE.fake()
    fake.zones["example.com"] = "z"
    assert run(fake, send=instead(fake, "GET", "/zones", said(zones))).kinds == [kind]


def test_a_listing_that_shows_more_than_was_asked_for() -> None:
    fake = CASE.fake()
    more: dict[str, object] = {"content": OLD, "ttl": 60, "prio": 0, "disabled": True}
    shown = [
        more | {"id": "1", "name": "x.home.example.com", "type": "A"},
        more | {"id": "2", "name": HOME, "type": "AAAA"},
        {"id": "3", "name": HOME.upper(), "type": "A", "content": V4},
    ]
    assert run(fake, send=instead(fake, "GET", "?recordName=", said({"records": shown}))).kinds == ["unchanged"]


def test_a_record_that_is_disabled() -> None:
    fake = CASE.fake()
    fake.record(HOME, V4, disabled=True)
    verdict = run(fake).verdicts[HOME, 4]
    assert (verdict.kind, "is disabled" in verdict.detail, fake.changes) == ("refused", True, [])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(said({"id": "1", "content": V4}), "updated", id="as-wished"),
        pytest.param(said({"id": "1", "content": OLD}), "garbled", id="the-old-address"),
        pytest.param(said([{"id": "1", "content": V4}]), "garbled", id="a-list"),
        pytest.param((200, {}, b""), "garbled", id="nothing"),
    ],
)
def test_what_a_change_must_say(answer: Reply, kind: str) -> None:
    fake = CASE.fake()
    fake.record(HOME, OLD)
    assert run(fake, send=instead(fake, "PUT", "/records/", answer)).kinds == [kind]


@pytest.mark.parametrize("ttl", [59, 604801])
def test_ttl_limits_are_the_services(ttl: int) -> None:
    assert PROVIDER.ttl == (IonosFake.least_ttl, IonosFake.most_ttl)
    verdict = run(CASE.fake(), target()._replace(ttl=ttl)).verdicts[HOME, 4]
    assert (verdict.kind, "TTL is out of range" in verdict.detail) == ("refused", True)


def test_a_record_without_ttl_or_priority() -> None:
    fake = CASE.fake()
    row = fake.record(HOME, OLD)
    send = instead(fake, "GET", "?recordName=", said({"records": [{"id": row["id"], "name": HOME, "type": "A", "content": OLD}]}))
    talked = run(fake, send=send)
    assert (talked.kinds, sent(talked)[-1][2]) == (["updated"], {"content": V4, "disabled": False})
