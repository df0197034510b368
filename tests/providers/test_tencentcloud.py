"""Tencent Cloud DNSPod: signatures to the byte, errors inside HTTP 200, lines, weights and paused records that survive."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import pytest

from edge_agent.providers.tencentcloud import PROVIDER, signed
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.tencentcloud import CASE, ID, KEY, TEMPORARY, TOKEN, TencentCloudFake, error
from tests.fakes.zones import NOW, filled, over, said
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk, target

OLD, OTHER = "198.51.100.1", "198.51.100.2"
VECTORS = pathlib.Path(__file__).parent / "vectors"
PUBLISHED = json.loads((VECTORS / "_published.json").read_text())


@pytest.fixture
def fake() -> TencentCloudFake:
    made = filled(TencentCloudFake)
    assert isinstance(made, TencentCloudFake)
    return made


def run(fake: TencentCloudFake, *targets: Target, now_at: float = NOW, credentials: Mapping[str, str] = CASE.credentials) -> Talk:
    return talk(job_for(PROVIDER, credentials, targets)._replace(now_at=now_at), PROVIDER, over(fake))


def bodies(fake: TencentCloudFake) -> list[Any]:
    return [asked.json() for asked in fake.changes]


def first(answer: Answer) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, [target()]), PROVIDER, always(answer))


# --- signatures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tc3_dnspod_create", "tc3_dnspod_describe"])
def test_signs_as_the_official_sdk_does(name: str) -> None:
    vector = json.loads((VECTORS / f"{name}.json").read_text())
    headers = {key.lower(): value for key, value in vector["request"]["headers"]}
    request = Request("POST", f"https://{headers['host']}/", (("Content-Type", headers["content-type"]),))
    own = request._replace(body=vector["request"]["body"].encode())
    login = vector["credentials"]
    assert signed(own, login["SecretId"], login["SecretKey"], int(headers["x-tc-timestamp"])) == headers["authorization"]


def test_signs_as_the_documentation_does() -> None:
    vector = next(one for one in PUBLISHED if one["name"].startswith("TC3-HMAC-SHA256"))
    request = Request("POST", f"https://{vector['host']}", (("Content-Type", vector["content_type"]),), vector["body"].encode())
    login = signed(request, "AKID", vector["secret"], vector["timestamp"], "cvm")
    assert login == (
        "TC3-HMAC-SHA256 Credential=AKID/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, "
        f"Signature={vector['signature']}"
    )


@pytest.mark.parametrize(
    ("credentials", "kinds"),
    [
        pytest.param({"secret_id": ID, "secret_key": KEY}, ["updated"], id="key"),
        pytest.param({"secret_id": TEMPORARY, "secret_key": KEY, "token": TOKEN}, ["updated"], id="temporary key"),
        pytest.param({"secret_id": TEMPORARY, "secret_key": KEY, "token": "old"}, ["refused"], id="token that has ended"),
        pytest.param({"secret_id": "AKIDnobody", "secret_key": KEY}, ["refused"], id="no such key"),
        pytest.param({"secret_id": ID, "secret_key": "wrong"}, ["refused"], id="wrong secret"),
        pytest.param({"secret_id": ID}, ["refused"], id="half a key"),
    ],
)
def test_keys(fake: TencentCloudFake, credentials: dict[str, str], kinds: list[str]) -> None:
    assert run(fake, target(), credentials=credentials).kinds == kinds


@pytest.mark.parametrize(("off_for", "kind"), [(-301.0, "busy"), (-299.0, "updated"), (299.0, "updated"), (302.0, "busy")])
def test_a_clock_that_is_wrong(fake: TencentCloudFake, off_for: float, kind: str) -> None:
    verdict = run(fake, target(), now_at=NOW + off_for).verdicts[HOME, 4]
    assert verdict.kind == kind
    assert ("set it" in verdict.detail) == (kind == "busy")


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_what_is_sent(fake: TencentCloudFake) -> None:
    said_ = run(fake, target())
    sent = [dict(request.headers) for request in said_.requests]
    assert [headers["X-TC-Action"] for headers in sent] == [
        "DescribeDomain",
        "DescribeDomain",
        "DescribeRecordList",
        "CreateRecord",
    ]
    assert {(request.method, request.url) for request in said_.requests} == {("POST", "https://dnspod.tencentcloudapi.com/")}
    last = sent[-1]
    assert (last["X-TC-Version"], last["X-TC-Timestamp"], last["Content-Type"]) == ("2021-03-23", "1790000000", "application/json")
    assert ("X-TC-Token" in last, last["X-TC-Language"]) == (False, "en-US")
    assert bodies(fake) == [
        {"Domain": "example.com", "SubDomain": "home", "RecordType": "A", "Value": V4, "RecordLine": "默认", "RecordLineId": "0"}
    ]


def test_all_of_a_record_survives_a_change(fake: TencentCloudFake) -> None:
    row = fake.record(HOME, OLD, ttl=1200, weight=20, remark="roof", enabled=False)
    before = dict(row)
    verdict = run(fake, target()).verdicts[HOME, 4]
    assert verdict.kind == "updated"
    assert "paused" in verdict.detail
    assert row == before | {"value": V4}
    again = run(fake, target()).verdicts[HOME, 4]
    assert (again.kind, "paused" in again.detail) == ("unchanged", True)


def test_the_remark_stays_empty(fake: TencentCloudFake) -> None:
    fake.record(HOME, OLD)
    run(fake, target())
    own = {"Domain": "example.com", "SubDomain": "home", "RecordType": "A", "Value": V4, "TTL": 600, "RecordId": 1005}
    assert bodies(fake) == [own | {"RecordLine": "默认", "RecordLineId": "0", "Status": "ENABLE"}]


def test_another_line_is_another_record(fake: TencentCloudFake) -> None:
    fake.record(HOME, OLD, line="联通")
    fake.record(HOME, OTHER, line="教育网")
    fake.record(HOME, OLD)
    assert run(fake, target()).kinds == ["updated"]
    assert fake.says(HOME) == [OLD, OTHER, V4]


def test_the_only_record_may_be_on_any_line(fake: TencentCloudFake) -> None:
    row = fake.record(HOME, OLD, line="联通")
    assert run(fake, target()).kinds == ["updated"]
    assert (row["value"], row["line"], row["line_id"]) == (V4, "联通", "10=1")


def test_several_records_none_on_the_default_line(fake: TencentCloudFake) -> None:
    fake.record(HOME, OLD, line="联通")
    fake.record(HOME, OTHER, line="教育网")
    assert run(fake, target()).kinds == ["refused"]
    assert fake.changes == []


def test_many_values_of_one_name(fake: TencentCloudFake) -> None:
    for number in range(230):
        fake.record(HOME, f"198.51.100.{number}")
    verdict = run(fake, target()).verdicts[HOME, 4]
    assert "has 230 A records" in verdict.detail


def test_a_listing_without_end() -> None:
    entry = {"RecordId": 1, "Name": "home", "Type": "A", "Value": OLD, "TTL": 600, "LineId": "0"}
    own = {"Domain": "example.com"}
    endless = {"DomainInfo": own, "RecordList": [entry], "RecordCountInfo": {"TotalCount": 10**9}, "RequestId": "1"}
    told = first(Answer(*said({"Response": endless})))
    assert told.kinds == ["garbled"]
    assert len(told.requests) == 401


def test_names_in_the_services_own_script() -> None:
    entry = {"RecordId": 7, "Name": "Büro", "Type": "A", "Value": V4, "TTL": 600, "LineId": "0"}
    own = {"DomainInfo": {"Domain": "我们.cn"}, "RecordList": [entry], "RecordCountInfo": {"TotalCount": 1}, "RequestId": "1"}
    answer = Answer(*said({"Response": own}))
    told = talk(job_for(PROVIDER, CASE.credentials, [target("büro.我们.cn", zone="我们.cn")]), PROVIDER, always(answer))
    assert told.kinds == ["unchanged"]
    assert [json.loads(request.body)["Domain"] for request in told.requests] == ["xn--vnqp08b.cn", "我们.cn"]


def test_changes_in_vain_lock_a_record_and_the_agent_sends_none(fake: TencentCloudFake) -> None:
    row = fake.record(HOME, V4)
    for _ in range(10):
        assert run(fake, target()).kinds == ["unchanged"]
    assert fake.changes == []
    fake.locked[row["id"]] = NOW + 1
    verdict = run(fake, target(address=OLD)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == ("busy", "account")
    fake.locked.clear()
    assert run(fake, target(address=OLD)).kinds == ["updated"]


def test_a_ttl_below_the_plans(fake: TencentCloudFake) -> None:
    fake.record(HOME, OLD)
    verdict = run(fake, target()._replace(ttl=60)).verdicts[HOME, 4]
    assert verdict.kind == "refused"
    assert "below what the domain's plan allows" in verdict.detail


# --- what it answers ---------------------------------------------------------------------------------------------------


CODES = {
    ("refused", "account", None): """
        AuthFailure.InvalidSecretId AuthFailure.MFAFailure AuthFailure.SecretIdNotFound AuthFailure.SignatureFailure
        AuthFailure.TokenFailure FailedOperation.LoginFailed FailedOperation.NotRealNamedUser InvalidParameter.UnrealNameUser""",
    ("refused", "record", None): """
        FailedOperation.DomainIsLocked FailedOperation.DomainIsSpam InvalidAction InvalidParameter LimitExceeded.AAAACountLimit
        InvalidParameter.RecordLineInvalid InvalidParameterValue.LimitInvalid LimitExceeded.SubdomainRollLimit MissingParameter
        NoSuchVersion OperationDenied.IPInBlacklistNotAllowed ResourceNotFound.Other UnknownParameter UnsupportedOperation""",
    ("banned", "account", None): """
        FailedOperation.AccountIsLocked InvalidParameter.AccountIsBanned LimitExceeded.FailedLoginLimitExceeded""",
    ("busy", "account", None): """
        AuthFailure.SignatureExpire FailedOperation FailedOperation.FrequencyLimit FailedOperation.LoginAreaNotAllowed
        FailedOperation.UnknowError InternalError InternalError.DbError InvalidParameter.OperateFailed
        InvalidParameter.RequestIpLimited InvalidParameter.TimestampExpired IpNotInWhitelist ResourceUnavailable""",
    ("busy", "account", 60.0): """
        InvalidParameter.OperationIsTooFrequent RequestLimitExceeded RequestLimitExceeded.RequestLimitExceeded""",
    ("busy", "record", None): "InvalidParameter.DomainRecordExist",
    ("garbled", "record", None): "Unheard.Of nothing",
}


@pytest.mark.parametrize(
    ("code", "expected"), [pytest.param(code, expected, id=code) for expected, codes in CODES.items() for code in codes.split()]
)
def test_codes(fake: TencentCloudFake, code: str, expected: tuple[str, str, float | None]) -> None:
    fake.odd.append(error(code, "Its words."))
    verdict = run(fake, target()).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == expected
    assert verdict.detail.endswith(f"{code}: Its words.")


@pytest.mark.parametrize(
    "code", ["InvalidParameterValue.DomainNotExists", "InvalidParameter.DomainInvalid", "AuthFailure.UnauthorizedOperation"]
)
def test_a_domain_that_may_not_be_seen_is_none(fake: TencentCloudFake, code: str) -> None:
    fake.odd.append(error(code, "No."))
    assert run(fake, target()).kinds == ["updated"]


def test_what_may_be_seen_may_not_be_changed(fake: TencentCloudFake) -> None:
    fake.record(HOME, OLD)
    asked = over(fake)
    no = Answer(*error("AuthFailure.UnauthorizedOperation", "You are not authorized to perform dnspod:ModifyRecord."))
    told = talk(
        job_for(PROVIDER, CASE.credentials, [target()]), PROVIDER, lambda request: no if request.changes else asked(request)
    )
    verdict = told.verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == ("refused", "account")
    assert "dnspod:ModifyRecord" in verdict.detail


def test_a_new_record_that_is_not_listed_yet(fake: TencentCloudFake) -> None:
    """The listing lags behind by up to 30 seconds: what exists already is no fault of the user's."""
    fake.record(HOME, V4)
    asked = over(fake)
    empty = Answer(*error("ResourceNotFound.NoDataOfRecord", "The list of records is empty."))

    def send(request: Request) -> Answer:
        return empty if ("X-TC-Action", "DescribeRecordList") in request.headers else asked(request)

    verdict = talk(job_for(PROVIDER, CASE.credentials, [target()]), PROVIDER, send).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == ("busy", "record")
    assert "30 seconds" in verdict.detail


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param([], id="a list"),
        pytest.param({"Response": []}, id="no object"),
        pytest.param({"Response": {"DomainInfo": {"Domain": "example.com"}}}, id="no request id"),
        pytest.param({"Response": {"Error": None, "RequestId": "1"}}, id="an error that says nothing"),
        pytest.param({"Response": {"RequestId": "1"}}, id="no domain"),
        pytest.param({"Response": {"DomainInfo": {"Domain": 1}, "RequestId": "1"}}, id="a domain that is a number"),
    ],
)
def test_answers_that_make_no_sense(body: object) -> None:
    assert first(Answer(*said(body))).kinds == ["garbled"]


def test_a_removal_that_nobody_confirms(fake: TencentCloudFake) -> None:
    for address in (OLD, V4):
        fake.record(HOME, address)
    asked = over(fake)
    job = job_for(PROVIDER, CASE.credentials, [target(address=OLD)._replace(own=(OLD,), each=True, beside=(V4,))])
    empty = Answer(*said({"Response": {}}))
    assert talk(job, PROVIDER, lambda request: empty if request.changes else asked(request)).kinds == ["garbled"]
    assert talk(job, PROVIDER, asked).kinds == ["updated"]


def test_an_answer_about_another_record(fake: TencentCloudFake) -> None:
    fake.record(HOME, OLD)
    asked = over(fake)
    other = Answer(*said({"Response": {"RecordId": 1, "RequestId": "1"}}))
    told = talk(
        job_for(PROVIDER, CASE.credentials, [target()]), PROVIDER, lambda request: other if request.changes else asked(request)
    )
    assert told.kinds == ["garbled"]


def test_both_families(fake: TencentCloudFake) -> None:
    assert run(fake, target(), target(address=V6)).kinds == ["updated"] * 2
    assert (fake.says(HOME), fake.says(HOME, "AAAA")) == ([V4], [V6])


def test_a_listing_may_not_fill_the_memory() -> None:
    """A total that grows for ever, and pages full of records."""
    record = {"RecordId": 1, "Name": "z", "Type": "A", "Value": V4, "TTL": 600, "Line": "默认", "LineId": "0", "Status": "ENABLE"}
    page = {"Response": {"RecordCountInfo": {"TotalCount": 10**9}, "RecordList": [record] * 300, "RequestId": "x"}}
    ask = over(CASE.fake())

    def send(request: Request) -> Answer:
        listing = ("X-TC-Action", "DescribeRecordList") in request.headers
        return Answer(200, {}, json.dumps(page).encode()) if listing else ask(request)

    outcome = talk(job_for(PROVIDER, CASE.credentials, [target()]), PROVIDER, send)
    assert set(outcome.kinds) == {"garbled"}
    assert "does not end" in outcome.verdicts[HOME, 4].detail
    assert 30 < len(outcome.requests) < 40
