"""deSEC's REST API: what is sent, least TTLs, policies, windows that slide, errors by field."""

import json

import pytest

from edge_agent.providers.desec_api import PROVIDER
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.desec_api import CASE, TOKEN, DesecFake
from tests.fakes.zones import filled, over
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk, target

OLD = "198.51.100.1"
BASE = "https://desec.io/api/v1"


def faked() -> DesecFake:
    fake = filled(DesecFake)
    assert isinstance(fake, DesecFake)
    return fake


def run(fake: DesecFake, *targets: Target) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, targets or (target(),)), PROVIDER, over(fake))


def test_what_is_sent() -> None:
    fake = faked()
    fake.record("example.com", OLD, ttl=86400)
    fake.record("*.example.com", OLD)
    said = run(fake, target(address=V6), target("example.com"), target("*.example.com")._replace(ttl=7200))
    assert said.kinds == ["updated"] * 3
    assert [(request.method, request.url.removeprefix(BASE)) for request in said.requests] == [
        ("GET", "/domains/home.example.com/"),
        ("GET", "/domains/example.com/"),
        ("GET", "/domains/example.com/rrsets/home/AAAA/"),
        ("PUT", "/domains/example.com/rrsets/"),
        ("GET", "/domains/example.com/rrsets/@/A/"),
        ("PUT", "/domains/example.com/rrsets/"),
        ("GET", "/domains/example.com/rrsets/*/A/"),
        ("PUT", "/domains/example.com/rrsets/"),
    ]
    assert {dict(request.headers)["Authorization"] for request in said.requests} == {f"Token {TOKEN}"}
    assert [json.loads(request.body) for request in said.requests if request.body] == [
        [{"subname": "home", "type": "AAAA", "ttl": 3600, "records": [V6]}],
        [{"subname": "", "type": "A", "ttl": 86400, "records": [V4]}],
        [{"subname": "*", "type": "A", "ttl": 7200, "records": [V4]}],
    ]


@pytest.mark.parametrize(
    ("least", "had", "wished", "kind", "ttl"),
    [
        pytest.param(60, None, None, "updated", 60, id="dedyn-new"),
        pytest.param(60, None, 60, "updated", 60, id="dedyn-least"),
        pytest.param(900, None, None, "updated", 900, id="new"),
        pytest.param(900, 3600, None, "updated", 3600, id="kept"),
        pytest.param(3600, 60, None, "updated", 3600, id="too-low-since"),
        pytest.param(3600, 7200, 3600, "updated", 3600, id="wished"),
        pytest.param(3600, 7200, 3599, "refused", 7200, id="too-low"),
    ],
)
def test_least_ttls(least: int, had: int | None, wished: int | None, kind: str, ttl: int) -> None:
    fake = faked()
    fake.least["example.com"] = least
    if had:
        fake.record(HOME, OLD, ttl=had)
    said = run(fake, target()._replace(ttl=wished), target("nas.other.example"))
    assert said.kinds == [kind, "updated"]
    assert [row["ttl"] for row in fake.records if row["name"] == HOME] == [ttl]
    if kind == "refused":
        words = "ttl = 3599 is too low: deSEC's least TTL for example.com is 3600 seconds"
        assert said.verdicts[HOME, 4] == ("refused", words, None, "record", 1)
        assert len(fake.changes) == 1


def test_a_policy_keeps_a_token_from_one_name() -> None:
    fake = faked()
    fake.forbidden.add((HOME, "A"))
    said = run(fake, target(), target(address=V6), target("nas.example.com"))
    assert said.kinds == ["refused", "updated", "updated"]
    words = f"the token's policy does not let it write the A record of {HOME}; change it at desec.io"
    assert said.verdicts[HOME, 4] == ("refused", words, None, "record", 1)


@pytest.mark.parametrize(
    ("lasts", "updated", "wait_for"),
    [
        pytest.param(0.0, 2, 1.0, id="two-a-second"),
        pytest.param(0.625, 15, 42.0, id="fifteen-a-minute"),
        pytest.param(2.0, 20, None, id="slowly"),
    ],
)
def test_too_many_changes(lasts: float, updated: int, wait_for: float | None) -> None:
    """`lasts` is how long each request takes."""
    fake = faked()
    fake.throttles = True
    names = [f"h{number}.example.com" for number in range(20)]
    for name in names:
        fake.record(name, OLD)
    now_at = 1_790_000_000.0

    def send(request: Request) -> Answer:
        nonlocal now_at
        now_at += lasts
        fake.heard["reads"] = []  # they have a window of their own, which is tried below
        return over(fake, now_at)(request)

    said = talk(job_for(PROVIDER, CASE.credentials, [target(name, zone="example.com") for name in names]), PROVIDER, send)
    assert said.kinds == ["updated"] * updated + ["busy"] * (20 - updated)
    assert said.verdicts[names[-1], 4].wait_for == wait_for


def test_too_many_reads() -> None:
    fake = faked()
    fake.throttles = True
    for number in range(20):
        fake.record(f"h{number}.example.com", V4)
    names = [f"h{number}.example.com" for number in range(20)]
    said = run(fake, *(target(name, zone="example.com") for name in names))
    assert said.kinds == ["unchanged"] * 9 + ["busy"] * 11
    assert said.verdicts[names[9], 4].wait_for == 1.0
    assert said.verdicts[names[9], 4].detail == "HTTP 429: Request was throttled. Expected available in 1 seconds."


def test_somebody_else_at_the_same_moment() -> None:
    fake = faked()

    def faster(value: str) -> Talk:
        left = [Answer(409, {}, b'{"detail": "Conflict: duplicate key"}')]

        def send(request: Request) -> Answer:
            if request.method == "PUT" and left:
                if value:
                    fake.record(HOME, value)
                return left.pop()
            return over(fake)(request)

        return talk(job_for(PROVIDER, CASE.credentials, (target(),)), PROVIDER, send)

    nothing_new = faster("").verdicts[HOME, 4]
    assert nothing_new == ("busy", "HTTP 409: Conflict: duplicate key", None, "record", 1)
    assert faster(V4).kinds == ["unchanged"]


def said_by(status: int, body: object, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("answer", "kind", "scope", "words"),
    [
        pytest.param(said_by(401, {"detail": "Invalid token."}), "refused", "account", "HTTP 401: Invalid token.", id="token"),
        pytest.param(said_by(403, {"detail": "MFA"}), "refused", "account", "HTTP 403: MFA", id="forbidden"),
        pytest.param(said_by(400, [{"ttl": ["A", "B"]}, {}]), "refused", "record", "HTTP 400: ttl: A; ttl: B", id="by-field"),
        pytest.param(said_by(400, [{"non_field_errors": ["A"]}]), "refused", "record", "HTTP 400: A", id="no-field"),
        pytest.param(said_by(400, [[[["A"]]]]), "refused", "record", "HTTP 400: [[[", id="deep"),
        pytest.param(said_by(400, {"ttl": 7}), "refused", "record", 'HTTP 400: {"ttl": 7}', id="no-words"),
        pytest.param(said_by(415, {"detail": "Unsupported"}), "refused", "record", "HTTP 415: Unsupported", id="type"),
        pytest.param(said_by(500, {"detail": "We're on it!"}), "busy", "account", "HTTP 500: We're on it!", id="error"),
        pytest.param(said_by(503, {}), "busy", "account", "HTTP 503", id="maintenance"),
        pytest.param(said_by(301, {}), "garbled", "record", "HTTP 301", id="redirect"),
        pytest.param(said_by(200, {"name": "example.com"}), "garbled", "record", "no minimum_ttl", id="no-least"),
        pytest.param(said_by(200, {"minimum_ttl": 60}), "garbled", "record", "no name", id="no-name"),
        pytest.param(said_by(200, []), "garbled", "record", "no minimum_ttl", id="a-list"),
    ],
)
def test_answers(answer: Answer, kind: str, scope: str, words: str) -> None:
    verdict = talk(job_for(PROVIDER, CASE.credentials, (target(),)), PROVIDER, always(answer)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == (kind, scope)
    assert verdict.detail.startswith(words) or words in verdict.detail


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"[{}]", b'[{"records": "203.0.113.7"}]', b"ok"])
def test_a_change_without_the_set_is_no_success(body: bytes) -> None:
    fake = faked()

    def send(request: Request) -> Answer:
        return Answer(200, {}, body) if request.method == "PUT" else over(fake)(request)

    assert talk(job_for(PROVIDER, CASE.credentials, (target(),)), PROVIDER, send).kinds == ["garbled"]
