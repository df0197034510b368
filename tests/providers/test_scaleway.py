"""Scaleway: what is sent, loose listings, answers by place, its types of errors."""

import json
from collections.abc import Callable

import pytest

from edge_agent.providers.scaleway import PROVIDER
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.scaleway import CASE, KEY, ScalewayFake
from tests.fakes.zones import filled, over
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk, target

OLD, OTHER = "198.51.100.1", "198.51.100.2"
BASE = "https://api.scaleway.com/domain/v2beta1"


def faked() -> ScalewayFake:
    fake = filled(ScalewayFake)
    assert isinstance(fake, ScalewayFake)
    return fake


def run(fake: ScalewayFake, *targets: Target) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, targets or (target(),)), PROVIDER, over(fake))


def test_what_is_sent() -> None:
    fake = faked()
    fake.record("example.com", OLD, ttl=600, comment="by hand")
    said = run(fake, target(address=V6), target("example.com", zone="example.com"))
    assert said.kinds == ["updated"] * 2
    assert [(request.method, request.url.removeprefix(BASE)) for request in said.requests] == [
        ("GET", "/dns-zones?dns_zones=home.example.com&page_size=100"),
        ("GET", "/dns-zones?dns_zones=example.com&page_size=100"),
        ("GET", "/dns-zones/example.com/records?type=AAAA&name=home&page_size=100"),
        ("PATCH", "/dns-zones/example.com/records"),
        ("GET", "/dns-zones/example.com/records?type=A&name=&page_size=100"),
        ("PATCH", "/dns-zones/example.com/records"),
    ]
    assert {dict(request.headers)["X-Auth-Token"] for request in said.requests} == {KEY}
    new = {"name": "home", "type": "AAAA", "data": V6, "ttl": 3600}
    changed = {"name": "", "type": "A", "data": V4, "ttl": 600, "comment": "by hand"}
    assert [json.loads(request.body) for request in said.requests if request.body] == [
        {
            "changes": [{"set": {"id_fields": {"name": record["name"], "type": record["type"]}, "records": [record]}}],
            "return_all_records": False,
            "disallow_new_zone_creation": True,
        }
        for record in (new, changed)
    ]


def test_the_values_beside_keep_their_ttls_and_comments() -> None:
    fake = faked()
    fake.record(HOME, OTHER, ttl=7200, comment="the other line")
    fake.record(HOME, OLD, ttl=900, comment="this line")
    run(fake, target()._replace(own=(OLD,), ttl=600))
    kept = [(row["value"], row["ttl"], row["comment"]) for row in fake.records[2:]]
    assert kept == [(OTHER, 7200, "the other line"), (V4, 600, "this line")]


def test_the_zones_own_name_among_many() -> None:
    """Its empty name filters nothing, so the listing has all names, in pages."""
    fake = faked()
    for number in range(150):
        fake.record(f"h{number}.example.com", OLD)
    fake.record("example.com", V4)
    said = run(fake, target("example.com"))
    assert said.kinds == ["unchanged"]
    assert said.requests[-1].url.endswith("/records?type=A&name=&page_size=100&page=2")


def test_no_zone_is_made() -> None:
    """A zone that is gone since it was looked up would come back, and be empty, if a PATCH did not forbid it."""
    fake = faked()
    zones = Answer(200, {}, b'{"dns_zones": [{"domain": "gone.example"}], "total_count": 1}')
    left = [zones, Answer(200, {}, b'{"records": [], "total_count": 0}')]
    job = job_for(PROVIDER, CASE.credentials, (target("home.gone.example", zone="gone.example"),))
    said = talk(job, PROVIDER, lambda request: left.pop(0) if left else over(fake)(request))
    assert said.kinds == ["refused"]
    assert [request.method for request in said.requests] == ["GET", "GET", "PATCH"]
    assert set(fake.zones) == {"example.com", "other.example"}


def test_types_in_small_letters() -> None:
    """As the SDK for Python writes them."""
    fake = faked()
    fake.record(HOME, V4)

    def send(request: Request) -> Answer:
        answer = over(fake)(request)
        return answer._replace(body=answer.body.replace(b'"type": "A"', b'"type": "a"'))

    assert talk(job_for(PROVIDER, CASE.credentials, (target(),)), PROVIDER, send).kinds == ["unchanged"]


@pytest.mark.parametrize("config", ["geo_ip_config", "weighted_config"])
@pytest.mark.parametrize(("value", "kind"), [(OLD, "refused"), (V4, "unchanged")])
def test_names_that_answer_by_place(config: str, value: str, kind: str) -> None:
    fake = faked()
    fake.record(HOME, value, **{config: {"matches": [{"countries": ["FR"], "data": OTHER}]}})
    said = run(fake)
    assert said.kinds == [kind]
    assert kind == "unchanged" or said.verdicts[HOME, 4].detail == (
        "home.example.com answers by place, weight or health; that would be lost: change it in the Scaleway console"
    )
    assert fake.changes == []


# --- what it says no to ------------------------------------------------------------------------------------------------


def readonly(fake: ScalewayFake) -> None:
    fake.readonly = True


def locked(fake: ScalewayFake) -> None:
    fake.locked.add("example.com")


def pending(fake: ScalewayFake) -> None:
    fake.pending.add("example.com")


@pytest.mark.parametrize(
    ("make", "kinds", "scope", "words"),
    [
        pytest.param(readonly, ["refused", "refused"], "account", "permissions_denied: insufficient permissions", id="read-only"),
        pytest.param(locked, ["busy", "updated"], "record", "HTTP 423: locked", id="locked"),
        pytest.param(pending, ["busy", "updated"], "record", "HTTP 409: transient_state", id="pending"),
    ],
)
def test_refusals(make: Callable[[ScalewayFake], None], kinds: list[str], scope: str, words: str) -> None:
    fake = faked()
    make(fake)
    said = run(fake, target(), target("nas.other.example"))
    assert said.kinds == kinds
    assert said.verdicts[HOME, 4].scope == scope
    assert words in said.verdicts[HOME, 4].detail


def no(status: int, type_: str, **more: object) -> Answer:
    return Answer(status, {}, json.dumps({"type": type_, "message": "Some words"} | more).encode())


ARGUMENT = {"argument_name": "ttl", "reason": "constraint", "help_message": "at least 60"}


@pytest.mark.parametrize(
    ("answer", "kind", "scope", "words"),
    [
        pytest.param(no(401, "denied_authentication"), "refused", "account", "denied_authentication: Some words", id="credentials"),
        pytest.param(no(400, "denied_authentication"), "refused", "account", "Some words", id="the-type-counts"),
        pytest.param(no(403, "permissions_denied"), "refused", "account", "Some words", id="permissions"),
        pytest.param(no(403, "quotas_exceeded"), "refused", "record", "quotas_exceeded", id="quota"),
        pytest.param(no(410, "resource_expired"), "refused", "record", "resource_expired", id="expired"),
        pytest.param(no(412, "precondition_failed"), "refused", "record", "precondition_failed", id="precondition"),
        pytest.param(no(404, "not_found"), "refused", "record", "not_found", id="not-found"),
        pytest.param(
            no(400, "invalid_arguments", details=[ARGUMENT, 7]), "refused", "record", "ttl constraint at least 60", id="ttl"
        ),
        pytest.param(no(400, "invalid_arguments", details={}), "refused", "record", "Some words", id="odd-details"),
        pytest.param(no(409, "transient_state"), "busy", "record", "Some words", id="pending"),
        pytest.param(no(423, "locked"), "busy", "record", "Some words", id="locked"),
        pytest.param(no(429, "too_many_requests"), "busy", "account", "Some words", id="too-many"),
        pytest.param(no(403, "too_many_requests"), "busy", "account", "Some words", id="too-many-by-type"),
        pytest.param(no(500, "internal"), "busy", "account", "Some words", id="internal"),
        pytest.param(Answer(400, {}, b"[]"), "refused", "record", "HTTP 400: []", id="no-object"),
        pytest.param(Answer(200, {}, b'{"dns_zones": []}'), "garbled", "record", "no total_count", id="no-count"),
        pytest.param(Answer(200, {}, b'{"total_count": 1}'), "garbled", "record", "no dns_zones", id="no-zones"),
        pytest.param(Answer(200, {}, b'{"dns_zones": [], "total_count": 9999999}'), "garbled", "record", "pages", id="no-end"),
    ],
)
def test_answers(answer: Answer, kind: str, scope: str, words: str) -> None:
    verdict = talk(job_for(PROVIDER, CASE.credentials, (target(),)), PROVIDER, always(answer)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == (kind, scope, None)
    assert words in verdict.detail


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"records": 7}'])
def test_a_change_without_records_is_no_success(body: bytes) -> None:
    fake = faked()
    said = talk(
        job_for(PROVIDER, CASE.credentials, (target(),)),
        PROVIDER,
        lambda request: Answer(200, {}, body) if request.method == "PATCH" else over(fake)(request),
    )
    assert said.kinds == ["garbled"]
