"""GoDaddy: what is sent, its codes, accounts that are too small, TTLs of single values."""

import json
from collections.abc import Mapping

import pytest

from edge_agent.providers.godaddy import PROVIDER
from edge_agent.wire import Answer, Target
from tests.fakes.apis.godaddy import CASE, KEY, SECRET, GoDaddyFake
from tests.fakes.zones import filled, over
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk, target

OLD, OTHER = "198.51.100.1", "198.51.100.2"


def run(fake: GoDaddyFake, *targets: Target) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, targets or (target(),)), PROVIDER, over(fake))


def faked() -> GoDaddyFake:
    fake = filled(GoDaddyFake)
    assert isinstance(fake, GoDaddyFake)
    return fake


def against(*answers: Answer) -> Talk:
    """Run one job against these answers, the last of them for ever."""
    left = list(answers)
    return talk(job_for(PROVIDER, CASE.credentials, (target(),)), PROVIDER, lambda _: left.pop(0) if len(left) > 1 else left[0])


def test_what_is_sent() -> None:
    fake = faked()
    fake.record("example.com", OLD)
    said = run(fake, target(), target(address=V6), target("*.example.com"), target("example.com"))
    assert said.kinds == ["updated"] * 4
    base = "https://api.godaddy.com/v1/domains"
    assert [(request.method, request.url.removeprefix(base)) for request in said.requests] == [
        ("GET", "/home.example.com/records/A/@"),
        ("GET", "/example.com/records/A/@"),
        ("GET", "/example.com/records/A/home"),
        ("PUT", "/example.com/records/A/home"),
        ("GET", "/example.com/records/AAAA/home"),
        ("PUT", "/example.com/records/AAAA/home"),
        ("GET", "/example.com/records/A/*"),
        ("PUT", "/example.com/records/A/*"),
        ("GET", "/example.com/records/A/@"),
        ("PUT", "/example.com/records/A/@"),
    ]
    assert {dict(request.headers)["Authorization"] for request in said.requests} == {f"sso-key {KEY}:{SECRET}"}
    assert [json.loads(request.body) for request in said.requests if request.body] == [
        [{"data": V4}],
        [{"data": V6}],
        [{"data": V4}],
        [{"data": V4, "ttl": 3600}],
    ]


def test_every_value_keeps_its_ttl() -> None:
    fake = faked()
    fake.record(HOME, OTHER, ttl=7200)
    fake.record(HOME, OLD, ttl=900)
    first = target()._replace(own=(OLD,), ttl=1800)
    run(fake, first, target("b.example.com"))
    assert {row["value"]: row["ttl"] for row in fake.records if row["name"] == HOME} == {OTHER: 7200, V4: 1800}
    run(fake, Target(HOME, 4, "203.0.113.9", each=True), target("c.example.com"))
    assert {row["value"]: row["ttl"] for row in fake.records if row["name"] == HOME} == {OTHER: 7200, V4: 1800, "203.0.113.9": 7200}


def test_a_parked_name_gets_the_address() -> None:
    fake = faked()
    fake.record("example.com", "Parked", type="A", ttl=600)
    assert run(fake, target("example.com")).kinds == ["updated"]
    assert fake.says("example.com") == [V4]


def test_small_accounts_get_through() -> None:
    """They may not ask for a domain or for all records of a type, so neither is asked."""
    fake = faked()
    assert fake.plan == "small"
    assert run(fake).kinds == ["updated"]


def test_an_account_that_is_too_small_is_told_why() -> None:
    fake = faked()
    fake.plan = "closed"
    said = run(fake, target(), target("nas.example.com"))
    assert said.kinds == ["refused"] * 2
    verdict = said.verdicts[HOME, 4]
    assert (verdict.scope, len(said.requests)) == ("account", 1)
    assert verdict.detail == (
        "HTTP 403: GoDaddy opens this API to accounts with 10 domains or a Discount Domain Club plan only (ACCESS_DENIED)"
    )


def test_sixty_requests_a_minute() -> None:
    fake = faked()
    names = [f"h{number}.example.com" for number in range(40)]
    said = run(fake, *(target(name, zone="example.com") for name in names))
    assert said.kinds == ["updated"] * 29 + ["busy"] * 11
    assert said.verdicts[names[29], 4].wait_for == 60.0
    assert len(said.requests) == 61


def no(status: int, code: str, headers: Mapping[str, str] = {}, **more: object) -> Answer:
    return Answer(status, headers, json.dumps({"code": code, "message": "Some words"} | more).encode())


SLOW = "TOO_MANY_REQUESTS"


@pytest.mark.parametrize(
    ("answer", "kind", "scope", "wait_for", "words"),
    [
        pytest.param(no(401, "UNABLE_TO_AUTHENTICATE"), "refused", "account", None, "Some words", id="credentials"),
        pytest.param(no(401, "MALFORMED_CREDENTIALS"), "refused", "account", None, "Some words", id="malformed"),
        pytest.param(no(400, "INVALID_CREDENTIALS"), "refused", "account", None, "Some words", id="the-code-counts"),
        pytest.param(Answer(401, {}, b"{}"), "refused", "account", None, "HTTP 401", id="no-code"),
        pytest.param(no(403, "ACCESS_DENIED"), "refused", "account", None, "10 domains", id="too-small"),
        pytest.param(
            no(422, "INVALID_BODY", fields=[{"message": "ttl"}, 7, {}]), "refused", "record", None, "words; ttl", id="fields"
        ),
        pytest.param(no(422, "INVALID_BODY", fields="x"), "refused", "record", None, "Some words", id="odd-fields"),
        pytest.param(no(422, "SOMETHING_NEW"), "refused", "record", None, "Some words", id="unknown-code"),
        pytest.param(Answer(409, {}, b"[1]"), "refused", "record", None, "HTTP 409", id="no-object"),
        pytest.param(no(429, SLOW, retryAfterSec=30), "busy", "account", 30.0, "Some words", id="wait-in-body"),
        pytest.param(no(429, SLOW, retryAfterSec=10**9), "busy", "account", 86400.0, "", id="wait-for-years"),
        pytest.param(no(429, SLOW, retryAfterSec="soon"), "busy", "account", None, "", id="wait-no-number"),
        pytest.param(no(429, SLOW, {"retry-after": "9"}, retryAfterSec=30), "busy", "account", 9.0, "", id="wait-in-header"),
        pytest.param(no(403, "QUOTA_EXCEEDED"), "busy", "account", None, "Some words", id="quota"),
        pytest.param(no(504, "GATEWAY_TIMEOUT"), "busy", "account", None, "Some words", id="timeout"),
        pytest.param(Answer(302, {"location": "https://sso.godaddy.com"}), "garbled", "record", None, "HTTP 302", id="redirect"),
        pytest.param(Answer(200), "garbled", "record", None, "HTTP 200", id="empty-listing"),
        pytest.param(Answer(200, {}, b'{"data":"203.0.113.7"}'), "garbled", "record", None, "makes sense", id="no-list"),
        pytest.param(Answer(200, {}, b"null"), "garbled", "record", None, "HTTP 200", id="null"),
    ],
)
def test_answers(answer: Answer, kind: str, scope: str, wait_for: float | None, words: str) -> None:
    verdict = talk(job_for(PROVIDER, CASE.credentials, (target(),)), PROVIDER, always(answer)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == (kind, scope, wait_for)
    assert words in verdict.detail


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(b"", "updated", id="empty"),
        pytest.param(b" \r\n", "updated", id="blank"),
        pytest.param(b"{}", "updated", id="json"),
        pytest.param(b"<html>Sign in</html>", "busy", id="page"),
        pytest.param(b"Accepted", "garbled", id="text"),
    ],
)
def test_what_a_put_may_answer(body: bytes, kind: str) -> None:
    none = Answer(200, {}, b"[]")
    assert against(none, none, Answer(200, {}, body)).kinds == [kind]


def test_a_set_that_is_not_found_is_created() -> None:
    said = against(Answer(200, {}, b"[]"), no(404, "NOT_FOUND"), Answer(200, {}, b""))
    assert said.kinds == ["updated"]
    assert (said.requests[-1].method, json.loads(said.requests[-1].body)) == ("PUT", [{"data": V4}])


def test_a_name_with_a_cname() -> None:
    fake = faked()
    fake.record(HOME, "elsewhere.example.", type="CNAME")
    assert "conflicts with a CNAME" in run(fake).verdicts[HOME, 4].detail
