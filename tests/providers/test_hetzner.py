"""Hetzner: what is sent, actions that run on or fail, TTLs and comments, its codes."""

import json
from collections.abc import Callable

import pytest

from edge_agent.providers.hetzner import PROVIDER, RUNNING
from edge_agent.wire import Answer, Target, converse
from tests.fakes.apis.hetzner import CASE, HetznerFake
from tests.fakes.zones import filled, over
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk, target

OLD, OTHER = "198.51.100.1", "198.51.100.2"
BASE = "https://api.hetzner.cloud/v1"


def faked() -> HetznerFake:
    fake = filled(HetznerFake)
    assert isinstance(fake, HetznerFake)
    return fake


def run(fake: HetznerFake, *targets: Target) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, targets or (target(),)), PROVIDER, over(fake))


def lines(said: Talk) -> list[str]:
    """Return the requests as lines, without the look-ups of zones."""
    asked = [f"{request.method} {request.url.removeprefix(BASE)} {request.body.decode()}".rstrip() for request in said.requests]
    return [line for line in asked if not (line.startswith("GET /zones/") and line.count("/") == 2)]


def test_what_is_sent() -> None:
    fake = faked()
    fake.record("example.com", OLD)
    fake.record("*.example.com", OLD, comment="all the rest", ttl=600)
    said = run(fake, target(), target("example.com"), target("*.example.com"), Target(HOME, 6, V6, 600))
    assert said.kinds == ["updated"] * 4
    assert lines(said) == [
        "GET /zones/example.com/rrsets/home/A",
        f'POST /zones/example.com/rrsets {{"name": "home", "type": "A", "records": [{{"value": "{V4}"}}]}}',
        "GET /zones/example.com/rrsets/@/A",
        f'POST /zones/example.com/rrsets/@/A/actions/set_records {{"records": [{{"value": "{V4}"}}]}}',
        "GET /zones/example.com/rrsets/*/A",
        f'POST /zones/example.com/rrsets/*/A/actions/set_records {{"records": [{{"value": "{V4}", "comment": "all the rest"}}]}}',
        "GET /zones/example.com/rrsets/home/AAAA",
        f'POST /zones/example.com/rrsets {{"name": "home", "type": "AAAA", "records": [{{"value": "{V6}"}}], "ttl": 600}}',
    ]


def test_comments_stay() -> None:
    fake = faked()
    fake.record(HOME, OTHER, comment="the other line")
    fake.record(HOME, OLD, comment="this line")
    run(fake, target()._replace(own=(OLD,)))
    assert [(row["value"], row["comment"]) for row in fake.records[2:]] == [(OTHER, "the other line"), (V4, "this line")]


def test_a_second_value_gets_no_comment_of_the_first() -> None:
    fake = faked()
    fake.record(HOME, OTHER, comment="the other line")
    targets = (Target(HOME, 4, V4, each=True), Target(HOME, 4, OLD, each=True))
    job = job_for(PROVIDER, CASE.credentials, targets)
    assert [end.verdict.kind for end in converse(PROVIDER.dialogue(job), targets, over(fake))] == ["updated"] * 2
    assert [(row["value"], row["comment"]) for row in fake.records[2:]] == [(OTHER, "the other line"), (V4, None), (OLD, None)]


@pytest.mark.parametrize(
    ("shown", "wished", "sent"),
    [
        pytest.param(600, 600, [], id="as-wished"),
        pytest.param(3600, 3600, [], id="the-zones-own"),
        pytest.param(3600, 600, ["change_ttl"], id="not-the-zones-own"),
        pytest.param(600, 3600, ["change_ttl"], id="another"),
        pytest.param(600, None, [], id="no-wish"),
    ],
)
@pytest.mark.parametrize("value", [V4, OLD])
def test_ttls(shown: int, wished: int | None, sent: list[str], value: str) -> None:
    fake = faked()
    fake.record(HOME, value, ttl=shown)
    said = run(fake, target()._replace(ttl=wished))
    changes = [line.split()[1].rpartition("/")[2] for line in lines(said) if line.startswith("POST")]
    assert changes == (["set_records"] if value == OLD else []) + sent
    assert [(row["value"], row["ttl"]) for row in fake.records[2:]] == [(V4, wished or shown)]


# --- actions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("polls", "asked", "note"),
    [
        pytest.param(0, 0, "", id="at-once"),
        pytest.param(1, 1, "", id="soon"),
        pytest.param(3, 3, "", id="just-in-time"),
        pytest.param(4, 3, f"; {RUNNING}", id="too-slow"),
        pytest.param(10**6, 3, f"; {RUNNING}", id="for-ever"),
    ],
)
@pytest.mark.parametrize("old", [None, OLD])
def test_an_action_that_runs(polls: int, asked: int, note: str, old: str | None) -> None:
    fake = faked()
    fake.polls = polls
    if old:
        fake.record(HOME, old)
    said = run(fake)
    assert said.verdicts[HOME, 4] == ("updated", f"the record says {V4}{note}", None, "record", 1)
    polled = [request for request in said.requests if "/zones/actions/10" in request.url]
    assert len(polled) == asked
    assert all(request.changes == (target(),) for request in polled), "what is in doubt when the line breaks"


def test_two_actions_at_a_time() -> None:
    fake = faked()
    fake.polls = 10**6
    fake.record(HOME, OLD)
    said = run(fake, target()._replace(ttl=600), target(address=V6))
    assert said.kinds == ["updated"] * 2
    assert [(row["value"], row["ttl"]) for row in fake.records[2:]] == [(V4, 600), (V6, 3600)]


def test_an_action_that_keeps_its_zone_locked() -> None:
    fake = faked()
    fake.polls, fake.locking = 10**6, True
    fake.record(HOME, OLD)
    said = run(fake, target()._replace(ttl=600), target("b.example.com"), target("b.other.example"))
    assert said.kinds == ["busy", "busy", "updated"]
    assert {verdict.scope for verdict in said.verdicts.values()} == {"record"}
    assert "locked: zone is locked by another action" in said.verdicts[HOME, 4].detail
    assert fake.says(HOME) == [V4]


def test_what_was_done_by_halves_is_not_undone() -> None:
    """The address is set and the TTL is not: the next value of that name is set beside the new address, not beside the old one."""
    fake = faked()
    fake.fails["change_ttl"] = "locked"
    fake.record(HOME, OLD)
    run(fake, Target(HOME, 4, V4, 600, own=(OLD,), each=True), target("b.example.com"))
    targets = (Target(HOME, 4, "203.0.113.8", 600, own=(V4,), each=True), Target(HOME, 4, "203.0.113.9", each=True))
    ends = list(converse(PROVIDER.dialogue(job_for(PROVIDER, CASE.credentials, targets)), targets, over(fake)))
    assert [end.verdict.kind for end in ends] == ["busy", "updated"]
    assert fake.says(HOME) == ["203.0.113.8", "203.0.113.9"]


@pytest.mark.parametrize(
    ("code", "kind", "scope", "patience"),
    [
        pytest.param("action_failed", "refused", "record", 3, id="failed"),
        pytest.param("invalid_input", "refused", "record", 1, id="input"),
        pytest.param("something_new", "refused", "record", 1, id="unknown"),
        pytest.param("locked", "busy", "record", 1, id="locked"),
        pytest.param("timeout", "busy", "account", 1, id="timeout"),
        pytest.param("service_error", "busy", "account", 1, id="service"),
    ],
)
@pytest.mark.parametrize("polls", [0, 2])
def test_an_action_that_fails(code: str, kind: str, scope: str, patience: int, polls: int) -> None:
    fake = faked()
    fake.polls, fake.fails = polls, {"set_records": code, "create_rrset": code}
    fake.record(HOME, OLD)
    verdict = run(fake).verdicts[HOME, 4]
    assert verdict == (kind, f"the change failed: {code}: Action failed", None, scope, patience)
    assert fake.says(HOME) == [OLD]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        pytest.param('{"id": 1, "status": "queued"}', "the change is queued", id="unknown-state"),
        pytest.param('{"id": 1}', "no status", id="no-state"),
        pytest.param('{"status": "running"}', "has no id", id="no-id"),
        pytest.param('"success"', "no action", id="no-action"),
    ],
)
def test_an_action_that_makes_no_sense(action: str, words: str) -> None:
    zone = Answer(200, {}, b'{"zone": {"name": "example.com"}}')
    answers = [zone, Answer(404, {}, b"{}"), Answer(201, {}, f'{{"action": {action}}}'.encode())]
    job = job_for(PROVIDER, CASE.credentials, (target(zone="example.com"),))
    verdict = talk(job, PROVIDER, lambda _: answers.pop(0)).verdicts[HOME, 4]
    assert verdict.kind == "garbled"
    assert words in verdict.detail


# --- what it says no to ------------------------------------------------------------------------------------------------


def readonly(fake: HetznerFake) -> None:
    fake.readonly = True


def secondary(fake: HetznerFake) -> None:
    fake.secondary.add("example.com")


def protected(fake: HetznerFake) -> None:
    fake.protected.add((HOME, "A"))


def exhausted(fake: HetznerFake) -> None:
    fake.left = 3


@pytest.mark.parametrize(
    ("make", "kind", "scope", "words"),
    [
        pytest.param(readonly, "refused", "account", "the token may only read", id="read-only"),
        pytest.param(secondary, "refused", "record", "example.com: the zone is in secondary mode", id="secondary"),
        pytest.param(protected, "refused", "record", "protected: RRSet(s) is/are change protected", id="protected"),
        pytest.param(exhausted, "busy", "account", "rate_limit_exceeded", id="too-many"),
    ],
)
def test_refusals(make: Callable[[HetznerFake], None], kind: str, scope: str, words: str) -> None:
    fake = faked()
    fake.record(HOME, OLD)
    make(fake)
    verdict = run(fake).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == (kind, scope, None)
    assert words in verdict.detail
    assert fake.says(HOME) == [OLD]


@pytest.mark.parametrize(
    ("status", "code", "kind", "scope"),
    [
        pytest.param(401, "unauthorized", "refused", "account", id="unauthorized"),
        pytest.param(403, "forbidden", "refused", "account", id="forbidden"),
        pytest.param(400, "invalid_input", "refused", "record", id="input"),
        pytest.param(409, "conflict", "busy", "record", id="conflict"),
        pytest.param(409, "uniqueness_error", "refused", "record", id="there-already"),
        pytest.param(423, "locked", "busy", "record", id="locked"),
        pytest.param(403, "resource_limit_exceeded", "refused", "record", id="limit"),
        pytest.param(423, "resource_locked", "refused", "record", id="locked-by-support"),
        pytest.param(403, "protected", "refused", "record", id="protected"),
        pytest.param(410, "deprecated_api_endpoint", "refused", "provider", id="deprecated"),
        pytest.param(503, "unavailable", "busy", "account", id="unavailable"),
        pytest.param(400, "maintenance", "busy", "account", id="maintenance"),
        pytest.param(418, "", "refused", "record", id="no-code"),
    ],
)
def test_codes(status: int, code: str, kind: str, scope: str) -> None:
    body = json.dumps({"error": {"code": code, "message": "Some words", "details": {}}}).encode()
    said = talk(job_for(PROVIDER, CASE.credentials, (target(),)), PROVIDER, always(Answer(status, {}, body)))
    verdict = said.verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == (kind, scope)
    assert verdict.detail.startswith(f"HTTP {status}: {code}")
