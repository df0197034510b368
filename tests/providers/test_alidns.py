"""AliDNS: the signature to the octet, what a change says again, every code, fuzzy answers, and what must be left alone."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import pytest

from edge_agent.providers import alidns
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.alidns import CASE, KEY, SECRET, STS_KEY, STS_TOKEN, AliDnsFake, no
from tests.fakes.zones import NOW, ApiFake, over, said
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk, target

OLD = "198.51.100.1"
VECTORS = pathlib.Path(__file__).parent / "vectors"
PUBLISHED = {one["name"]: one for one in json.loads((VECTORS / "_published.json").read_text())}


@pytest.fixture
def fake() -> AliDnsFake:
    made = CASE.fake()
    assert isinstance(made, AliDnsFake)
    return made


def run(fake: ApiFake, *targets: Target, now_at: float = NOW, nonce: str = "a", **credentials: str) -> Talk:
    job = job_for(alidns.PROVIDER, {**CASE.credentials, **credentials}, targets)
    return talk(job._replace(nonce=nonce), alidns.PROVIDER, over(fake, now_at))


def against(*answers: Answer) -> Talk:
    """Run against answers that are written out, the last for ever."""
    left = list(answers)
    job = job_for(alidns.PROVIDER, CASE.credentials, (target(zone="example.com"),))
    return talk(job, alidns.PROVIDER, lambda request: left.pop(0) if len(left) > 1 else left[0])


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    return Answer(*said(body, status, **headers))


ZONE = answer({"TotalCount": 1, "Domains": {"Domain": [{"DomainName": "example.com"}]}})


def listing(*records: Mapping[str, object]) -> Answer:
    return answer({"TotalCount": len(records), "DomainRecords": {"Record": records}})


def entry(**more: object) -> dict[str, object]:
    return {"RecordId": "7", "RR": "home", "Type": "A", "Value": OLD, "TTL": 600, "Line": "default", "Status": "ENABLE"} | more


# --- the signature ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["alidns_acs3_describe", "alidns_acs3_add_wildcard"])
def test_what_the_official_sdk_signs(name: str) -> None:
    recorded = json.loads((VECTORS / f"{name}.json").read_text())
    method, path, _ = recorded["request"]["request_line"].split(" ")
    unsigned = ("Accept-Encoding", "Authorization", "Content-Length", "host")
    headers = tuple((key, value) for key, value in recorded["request"]["headers"] if key not in unsigned)
    made = alidns.signed(Request(method, "https://alidns.aliyuncs.com" + path, headers), *recorded["credentials"].values())
    assert dict(made.headers)["Authorization"] == recorded["expected_authorization"]


def test_the_published_example() -> None:
    one = PUBLISHED["ACS3-HMAC-SHA256 documentation example"]
    headers = dict(one["headers"])
    url = f"https://{headers.pop('host')}/?" + "&".join(f"{key}={value}" for key, value in sorted(one["query"].items()))
    made = alidns.signed(Request(one["method"], url, tuple(headers.items())), "YourAccessKeyId", one["secret"])
    assert dict(made.headers)["Authorization"].endswith(f",Signature={one['signature']}")


def test_every_request_has_a_nonce_of_its_own(fake: AliDnsFake) -> None:
    first, second = run(fake, target()), run(fake, target(address=V6), nonce="b")
    assert first.kinds + second.kinds == ["updated"] * 2
    assert len(set(fake.logins)) == len(fake.logins) == len(first.requests) + len(second.requests)
    assert all(len(nonce) == 32 for nonce in fake.logins)
    assert run(fake, target(), nonce="a").kinds == ["busy"], "the fake takes a nonce once"


def test_temporary_keys_come_with_their_token(fake: AliDnsFake) -> None:
    assert run(fake, target(), access_key_id=STS_KEY, security_token=STS_TOKEN).kinds == ["updated"]
    bad = run(fake, target(), access_key_id=STS_KEY, nonce="b")
    assert (bad.kinds, bad.verdicts[HOME, 4].scope) == (["refused"], "account")
    torn = run(fake, target(), security_token="a\nb")
    assert (torn.requests, torn.kinds) == ([], ["refused"])


@pytest.mark.parametrize("skew", [-901, 901])
def test_a_clock_that_is_wrong(fake: AliDnsFake, skew: int) -> None:
    said = run(fake, target(), now_at=NOW + skew)
    assert said.kinds == ["busy"]
    assert "set this machine's clock: InvalidTimeStamp.Expired" in said.verdicts[HOME, 4].detail
    assert run(fake, target(), now_at=NOW + skew * 899 / 901, nonce="b").kinds == ["updated"]


# --- what is sent ----------------------------------------------------------------------------------------------------


def changes(fake: ApiFake) -> list[dict[str, str]]:
    return [{"Action": asked.headers["x-acs-action"], **asked.query} for asked in fake.changes]


def test_what_is_created(fake: AliDnsFake) -> None:
    assert run(fake, target(), target("*.example.com")._replace(ttl=3600), target("example.com", V6)).kinds == ["updated"] * 3
    common = {"Action": "AddDomainRecord", "DomainName": "example.com"}
    assert changes(fake) == [
        {**common, "RR": "home", "Type": "A", "Value": V4},
        {**common, "RR": "*", "Type": "A", "Value": V4, "TTL": "3600"},
        {**common, "RR": "@", "Type": "AAAA", "Value": V6},
    ]


def test_a_change_says_ttl_and_line_again_and_keeps_the_rest(fake: AliDnsFake) -> None:
    row = fake.record(HOME, OLD, ttl=1200, line="telecom", weight=5, remark="the attic")
    before = dict(row)
    assert run(fake, target()).kinds == ["updated"]
    sent = {"RecordId": row["id"], "RR": "home", "Type": "A", "Value": V4, "TTL": "1200", "Line": "telecom"}
    assert changes(fake) == [{"Action": "UpdateDomainRecord", **sent}]
    assert row == before | {"value": V4}


def test_records_of_other_lines_are_left_alone(fake: AliDnsFake) -> None:
    fake.record(HOME, OLD)
    other = dict(fake.record(HOME, "198.51.100.9", line="oversea"))
    assert run(fake, target()).kinds == ["updated"]
    assert fake.says(HOME) == [V4, "198.51.100.9"]
    assert other in fake.records


def test_a_paused_record_is_changed_and_told(fake: AliDnsFake) -> None:
    row = fake.record(HOME, OLD, status="DISABLE")
    assert "paused" in run(fake, target()).verdicts[HOME, 4].detail
    assert (row["value"], row["status"]) == (V4, "DISABLE")


def test_a_locked_record(fake: AliDnsFake) -> None:
    fake.record(HOME, OLD, locked=True)
    said = run(fake, target())
    assert (said.kinds, said.verdicts[HOME, 4].scope) == (["refused"], "record")


def test_a_ttl_that_the_plan_does_not_have(fake: AliDnsFake) -> None:
    said = run(fake, target()._replace(ttl=60), target("nas.example.com"))
    assert said.kinds == ["refused", "updated"]
    assert "QuotaExceeded.TTL: The TTL is out of your plan's range" in said.verdicts[HOME, 4].detail


def test_a_zone_in_another_script_among_many_like_it(fake: AliDnsFake) -> None:
    for number in range(110):
        fake.zone(f"a{number}.xn--bcher-kva.example")
    fake.zone("xn--bcher-kva.example")
    fake.record("xn--bro-hoa.xn--bcher-kva.example", OLD)
    assert run(fake, target("büro.bücher.example")).kinds == ["updated"]
    assert fake.says("xn--bro-hoa.xn--bcher-kva.example") == [V4]


def test_more_values_than_a_page_has(fake: AliDnsFake) -> None:
    for number in range(150):
        fake.record(HOME, f"10.0.0.{number}")
    assert run(fake, target()._replace(own=("10.0.0.149",))).kinds == ["updated"]
    assert fake.says(HOME)[148:] == ["10.0.0.148", V4]


def test_a_fuzzy_answer_is_read_exactly(fake: AliDnsFake) -> None:
    others = entry(RR="x-home", RecordId="1"), entry(Type="AAAA", Value=V6, RecordId="2"), entry(RR=7, RecordId="3")
    assert against(ZONE, listing(*others, entry(Value=V4))).kinds == ["unchanged"]
    other = answer({"Domains": {"Domain": [{"DomainName": "my-example.com"}, {"DomainName": None, "PunyCode": "xn--a"}]}})
    assert against(other).verdicts[HOME, 4].detail.startswith("no zone for")


# --- what it says no with --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status", "kind", "scope"),
    [
        pytest.param("InvalidAccessKeyId.NotFound", 404, "refused", "account", id="no-such-key"),
        pytest.param("InvalidAccessKeyId.Inactive", 400, "refused", "account", id="key-switched-off"),
        pytest.param("SignatureDoesNotMatch", 400, "refused", "account", id="wrong-secret"),
        pytest.param("IncompleteSignature", 400, "refused", "account", id="incomplete"),
        pytest.param("InvalidSecurityToken.Expired", 400, "refused", "account", id="session-over"),
        pytest.param("MissingSecurityToken", 400, "refused", "account", id="session-without-token"),
        pytest.param("NoPermission", 403, "refused", "account", id="no-permission"),
        pytest.param("Forbidden.RiskControl", 403, "banned", "account", id="risk-control"),
        pytest.param("DomainForbidden", 403, "refused", "record", id="domain-forbidden"),
        pytest.param("IncorrectDomainUser", 403, "refused", "record", id="another's-domain"),
        pytest.param("InvalidDomainName.NoExist", 400, "refused", "record", id="no-such-domain"),
        pytest.param("Throttling", 400, "busy", "account", id="throttled"),
        pytest.param("Throttling.User", 503, "busy", "account", id="throttled-503"),
        pytest.param("LastOperationNotFinished", 400, "busy", "account", id="not-finished"),
        pytest.param("SignatureNonceUsed", 400, "busy", "account", id="nonce"),
        pytest.param("IllegalTimestamp", 400, "busy", "account", id="clock"),
        pytest.param("ServiceUnavailable", 503, "busy", "account", id="unavailable"),
        pytest.param("InternalError", 500, "busy", "account", id="internal"),
        pytest.param("NeverHeardOf", 400, "refused", "record", id="unknown"),
        pytest.param("Forbidden.RAM", 403, "refused", "account", id="forbidden"),
    ],
)
def test_codes(code: str, status: int, kind: str, scope: str) -> None:
    verdict = against(Answer(*no(code, "Its words.", status).reply)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == (kind, scope)
    assert f"{code}: Its words." in verdict.detail


@pytest.mark.parametrize(("told", "wait_for"), [("1500", 1.5), ("999999999999", 86400.0), ("soon", None), ("-5", None)])
def test_how_long_to_wait(told: str, wait_for: float | None) -> None:
    reply = no("Throttling.User", "Later.", x_acs_retry_after=told).reply
    assert against(Answer(*reply)).verdicts[HOME, 4].wait_for == wait_for


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param([answer({"RequestId": "1", "Code": "Odd", "Message": "in a 200"})], "Domains.Domain", id="error-inside-200"),
        pytest.param([ZONE, answer({"RequestId": "1"})], "DomainRecords.Record", id="no-list"),
        pytest.param([ZONE, listing(entry()), answer({"RequestId": "1"})], "RecordId", id="nothing-done"),
        pytest.param([ZONE, listing(entry()), answer(["?"])], "object", id="no-object"),
        pytest.param([ZONE, listing(entry(RecordId=None))], "RecordId", id="no-id"),
        pytest.param([answer({"Code": 5, "Message": None}, 302)], "HTTP 302", id="no-code"),
    ],
)
def test_what_makes_no_sense_is_no_success(answers: list[Answer], words: str) -> None:
    said = against(*answers)
    assert said.kinds == ["garbled"]
    assert words in said.verdicts[HOME, 4].detail


def test_a_duplicate_that_is_not_ours_is_told() -> None:
    duplicate = Answer(*no("DomainRecordDuplicate", "The DNS record already exists.").reply)
    asked: list[str] = []

    def send(request: Request) -> Answer:
        action = dict(request.headers)["x-acs-action"]
        asked.append(action)
        return {"DescribeDomains": ZONE, "DescribeSubDomainRecords": listing(entry())}.get(action, duplicate)

    said = talk(job_for(alidns.PROVIDER, CASE.credentials, (target(zone="example.com"),)), alidns.PROVIDER, send)
    assert (said.kinds, said.verdicts[HOME, 4].scope) == (["refused"], "record")
    assert asked == ["DescribeDomains", "DescribeSubDomainRecords", "UpdateDomainRecord", "DescribeSubDomainRecords"]


def test_no_word_repeats_the_secret() -> None:
    reply: Any = no("SignatureDoesNotMatch", f"server string to sign is: {SECRET} {KEY}").reply
    said = talk(job_for(alidns.PROVIDER, CASE.credentials, (target(),)), alidns.PROVIDER, always(Answer(*reply)))
    assert not any(word in said.verdicts[HOME, 4].detail for word in (SECRET, KEY))
