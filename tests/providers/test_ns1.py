"""NS1: what is sent, records that steer traffic, notes, zones that are copies, its bucket of requests."""

import json
from typing import Any

import pytest

from edge_agent.providers.ns1 import PROVIDER
from edge_agent.wire import Answer, Target
from tests.fakes.apis.ns1 import CASE, KEY, Ns1Fake
from tests.fakes.zones import filled, over
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk, target

OLD, OTHER = "198.51.100.1", "198.51.100.2"
BASE = "https://api.nsone.net/v1"


def faked() -> Ns1Fake:
    fake = filled(Ns1Fake)
    assert isinstance(fake, Ns1Fake)
    return fake


def run(fake: Ns1Fake, *targets: Target) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, targets or (target(),)), PROVIDER, over(fake))


def test_what_is_sent() -> None:
    fake = faked()
    fake.record("example.com", OLD)
    fake.record("*.example.com", OLD)
    said = run(fake, target(address=V6), target("example.com"), target("*.example.com")._replace(ttl=60))
    assert said.kinds == ["updated"] * 3
    assert [(request.method, request.url.removeprefix(BASE)) for request in said.requests] == [
        ("GET", "/zones/home.example.com?records=false"),
        ("GET", "/zones/example.com?records=false"),
        ("GET", "/zones/example.com/home.example.com/AAAA"),
        ("PUT", "/zones/example.com/home.example.com/AAAA"),
        ("GET", "/zones/example.com/example.com/A"),
        ("POST", "/zones/example.com/example.com/A"),
        ("GET", "/zones/example.com/*.example.com/A"),
        ("POST", "/zones/example.com/*.example.com/A"),
    ]
    assert {dict(request.headers)["X-NSONE-Key"] for request in said.requests} == {KEY}
    assert [json.loads(request.body) for request in said.requests if request.body] == [
        {"zone": "example.com", "domain": HOME, "type": "AAAA", "answers": [{"answer": [V6]}]},
        {"answers": [{"answer": [V4]}]},
        {"answers": [{"answer": [V4]}], "ttl": 60},
    ]


def test_notes_stay() -> None:
    fake = faked()
    fake.record(HOME, OTHER, meta={"note": "the other line"})
    fake.record(HOME, OLD, meta={"note": "this line"})
    fake.facts[HOME, "A"] = {"meta": {"up": True}}
    assert run(fake, target()._replace(own=(OLD,))).kinds == ["updated"]
    kept = [(row["value"], row["meta"]) for row in fake.records[2:]]
    assert kept == [(OTHER, {"note": "the other line"}), (V4, {"note": "this line"})]


STEERS = f"{HOME} steers traffic by filters, a link or answer metadata, which would be lost; change it in the NS1 portal"


@pytest.mark.parametrize(
    ("facts", "more"),
    [
        pytest.param({"filters": [{"filter": "up", "config": {}}]}, {}, id="filters"),
        pytest.param({}, {"meta": {"country": ["FR"]}}, id="answer-for-a-country"),
        pytest.param({}, {"meta": {"note": "mine", "up": {"feed": "520422"}}}, id="answer-with-a-feed"),
        pytest.param({}, {"region": "east"}, id="answer-of-a-group"),
        pytest.param({"link": "www.example.com"}, {}, id="link-beside-answers"),
        pytest.param({"answers": [{"answer": [OLD, OTHER]}]}, {}, id="two-addresses-in-one-answer"),
    ],
)
def test_records_that_steer_traffic(facts: dict[str, Any], more: dict[str, Any]) -> None:
    fake = faked()
    fake.record(HOME, OLD, **more)
    fake.facts[HOME, "A"] = facts
    said = run(fake, target(), target("b.example.com"))
    assert said.kinds == ["refused", "updated"]
    assert said.verdicts[HOME, 4].detail == STEERS
    assert len(fake.changes) == 1


def test_a_record_that_steers_traffic_and_is_right() -> None:
    fake = faked()
    fake.record(HOME, V4)
    fake.facts[HOME, "A"] = {"filters": [{"filter": "up"}]}
    assert run(fake).kinds == ["unchanged"]


@pytest.mark.parametrize("wish", [target(), target()._replace(each=True)], ids=["the-only-one", "beside-others"])
def test_a_link_is_no_empty_name(wish: Target) -> None:
    fake = faked()
    fake.facts[HOME, "A"] = {"link": "www.example.com"}
    said = run(fake, wish)
    assert (said.kinds, said.verdicts[HOME, 4].detail) == (["refused"], STEERS)
    assert fake.changes == []


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        pytest.param({"link": "other.example"}, "refused", id="linked"),
        pytest.param({"secondary": {"enabled": True, "primary_ip": "198.51.100.53"}}, "refused", id="secondary"),
        pytest.param({"secondary": {"enabled": False}}, "updated", id="no-secondary"),
    ],
)
def test_zones_that_are_copies(facts: dict[str, Any], kind: str) -> None:
    fake = faked()
    fake.zone_facts["example.com"] = facts
    said = run(fake)
    assert said.kinds == [kind]
    assert kind == "updated" or said.verdicts[HOME, 4].detail == (
        "the zone example.com is a copy of another one; change the name there"
    )


def test_a_zone_of_thousands_of_records() -> None:
    fake = faked()
    for number in range(2000):
        fake.record(f"h{number}.example.com", OLD)
    assert run(fake, target("h1999.example.com")).kinds == ["updated"]


def test_the_bucket_is_empty() -> None:
    fake = faked()
    fake.left = 4
    said = run(fake, target(), target("b.example.com"), target("c.example.com"))
    assert said.kinds == ["updated", "busy", "busy"]
    assert said.verdicts["b.example.com", 4].wait_for == 90.0


def test_a_key_that_may_only_look() -> None:
    fake = faked()
    fake.readonly = True
    verdict = run(fake).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == ("refused", "account")
    assert verdict.detail == "HTTP 403: permission denied: dns.manage_zones"


PERIOD = {"x-ratelimit-period": "30"}


@pytest.mark.parametrize(
    ("answer", "kind", "scope", "wait_for", "words"),
    [
        pytest.param(Answer(401, {}, b'{"message": "Unauthorized"}'), "refused", "account", None, "401: Unauthorized", id="key"),
        pytest.param(Answer(403, {}, b'{"message": null}'), "refused", "account", None, "HTTP 403", id="no-words"),
        pytest.param(Answer(400, {}, b'{"message": "Input"}'), "refused", "record", None, "400: Input", id="input"),
        pytest.param(Answer(409, {}, b"[]"), "refused", "record", None, "HTTP 409: []", id="no-object"),
        pytest.param(Answer(429, PERIOD, b"{}"), "busy", "account", 30.0, "HTTP 429", id="period"),
        pytest.param(Answer(429, PERIOD | {"retry-after": "7"}, b"{}"), "busy", "account", 7.0, "HTTP 429", id="retry-after"),
        pytest.param(Answer(429, {"x-ratelimit-period": "soon"}, b"{}"), "busy", "account", None, "HTTP 429", id="odd-period"),
        pytest.param(Answer(429, {"x-ratelimit-period": "9" * 9}, b"{}"), "busy", "account", 86400.0, "HTTP 429", id="years"),
        pytest.param(Answer(429, {}, b"{}"), "busy", "account", None, "HTTP 429", id="no-period"),
        pytest.param(Answer(503, PERIOD, b"<html>"), "busy", "account", 30.0, "HTTP 503", id="out-of-order"),
        pytest.param(Answer(200, {}, b"[]"), "garbled", "record", None, "makes sense", id="no-zone"),
        pytest.param(Answer(200, {}, b'{"zone": 7}'), "garbled", "record", None, "no zone", id="odd-zone"),
        pytest.param(
            Answer(200, {}, b'{"zone": "z", "answers": [{"answer": []}]}'), "garbled", "record", None, "answer.0", id="none"
        ),
        pytest.param(
            Answer(200, {}, b'{"zone": "z", "answers": [{"answer": [7]}]}'), "garbled", "record", None, "answer.0", id="7"
        ),
        pytest.param(Answer(200, {}, b'{"zone": "z", "answers": {}}'), "garbled", "record", None, "no answers", id="no-answers"),
    ],
)
def test_answers(answer: Answer, kind: str, scope: str, wait_for: float | None, words: str) -> None:
    verdict = talk(job_for(PROVIDER, CASE.credentials, (target(),)), PROVIDER, always(answer)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == (kind, scope, wait_for)
    assert words in verdict.detail
