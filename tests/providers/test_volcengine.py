"""Volcengine DNS: signatures to the byte, its codes, lines and disabled records that survive."""

import json
import pathlib
import urllib.parse

import pytest

from edge_agent.providers.volcengine import PROVIDER, signed
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.volcengine import CASE, ID, VolcengineFake, error
from tests.fakes.zones import NOW, filled, over, said
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk, target

OLD, OTHER = "198.51.100.1", "198.51.100.2"
VECTORS = pathlib.Path(__file__).parent / "vectors"
FROZEN = 1767323045.0  # 2026-01-02T03:04:05Z


@pytest.fixture
def fake() -> VolcengineFake:
    made = filled(VolcengineFake)
    assert isinstance(made, VolcengineFake)
    return made


def run(fake: VolcengineFake, *targets: Target, now_at: float = NOW) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, targets)._replace(now_at=now_at), PROVIDER, over(fake))


def first(answer: Answer) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, [target()]), PROVIDER, always(answer))


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_signs_as_the_official_sdk_does() -> None:
    vector = json.loads((VECTORS / "volcengine_v4_update.json").read_text())
    headers = dict(vector["request"]["headers"])
    method, path, _ = vector["request"]["request_line"].split()
    request = Request(method, f"https://{headers['Host']}{path}", (("Content-Type", headers["Content-Type"]),))
    own = request._replace(body=vector["request"]["body"].encode())
    sent = dict(signed(own, vector["credentials"]["AK"], vector["credentials"]["SK"], FROZEN).headers)
    assert {**sent, "Host": headers["Host"]} == headers


def test_what_is_sent(fake: VolcengineFake) -> None:
    fake.record("nas.example.com", OLD)
    told = run(fake, target(), target("nas.example.com"))
    queries = [dict(urllib.parse.parse_qsl(request.url.partition("?")[2])) for request in told.requests]
    actions = ["ListZones", "ListZones", "ListRecords", "CreateRecord", "ListZones", "ListRecords", "UpdateRecord"]
    assert [(request.method, query["Action"]) for request, query in zip(told.requests, queries, strict=True)] == [
        ("GET" if action.startswith("List") else "POST", action) for action in actions
    ]
    assert {query["Version"] for query in queries} == {"2018-08-01"}
    zone = int(fake.zones["example.com"])
    paging = {"SearchMode": "exact", "PageSize": "100", "PageNumber": "1"}
    asked = {"Action": "ListRecords", "Version": "2018-08-01", "ZID": str(zone), "Host": "home", "Type": "A"}
    assert queries[2] == asked | paging
    assert [change.json() for change in fake.changes] == [
        {"Host": "home", "Type": "A", "Value": V4, "ZID": zone, "Line": "default"},
        {"Host": "nas", "Type": "A", "Value": V4, "TTL": 600, "RecordID": "1005", "Line": "default"},
    ]
    assert not any(dict(request.headers).get("Content-Type") for request in told.requests if request.method == "GET")


@pytest.mark.parametrize(("off_for", "kind"), [(-901.0, "busy"), (-899.0, "updated"), (899.0, "updated"), (902.0, "busy")])
def test_a_clock_that_is_wrong(fake: VolcengineFake, off_for: float, kind: str) -> None:
    verdict = run(fake, target(), now_at=NOW + off_for).verdicts[HOME, 4]
    assert verdict.kind == kind
    assert ("set it" in verdict.detail) == (kind == "busy")


def test_a_key_that_is_not_known_is_not_shown(fake: VolcengineFake) -> None:
    own = CASE.credentials["access_key_id"]
    fake.odd.append(error(401, "InvalidAccessKey", f"The accesskey [{own}] included in the request is invalid."))
    verdict = run(fake, target()).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == ("refused", "account")
    assert ID not in verdict.detail


# --- what survives ---------------------------------------------------------------------------------------------------


def test_all_of_a_record_survives_a_change(fake: VolcengineFake) -> None:
    row = fake.record(HOME, OLD, ttl=1200, weight=20, remark="roof", enabled=False)
    before = dict(row)
    verdict = run(fake, target()).verdicts[HOME, 4]
    assert verdict.kind == "updated"
    assert "disabled" in verdict.detail
    assert row == before | {"value": V4}
    again = run(fake, target()).verdicts[HOME, 4]
    assert (again.kind, "disabled" in again.detail) == ("unchanged", True)


def test_another_line_is_another_record(fake: VolcengineFake) -> None:
    fake.record(HOME, OLD, line="telecom")
    fake.record(HOME, OTHER, line="unicom")
    fake.record(HOME, OLD)
    assert run(fake, target()).kinds == ["updated"]
    assert fake.says(HOME) == [OLD, OTHER, V4]


def test_the_only_record_may_be_on_any_line(fake: VolcengineFake) -> None:
    row = fake.record(HOME, OLD, line="telecom")
    assert run(fake, target()).kinds == ["updated"]
    assert (row["value"], row["line"]) == (V4, "telecom")


def test_several_records_none_on_the_default_line(fake: VolcengineFake) -> None:
    fake.record(HOME, OLD, line="telecom")
    fake.record(HOME, OTHER, line="unicom")
    assert run(fake, target()).kinds == ["refused"]
    assert fake.changes == []


def test_many_values_of_one_name(fake: VolcengineFake) -> None:
    for number in range(230):
        fake.record(HOME, f"198.51.100.{number}")
    told = run(fake, target())
    assert "has 230 A records" in told.verdicts[HOME, 4].detail
    assert len(told.requests) == 5


def test_a_search_that_shows_more_than_was_asked_for() -> None:
    zones = [{"ZID": 1, "ZoneName": "another-example.com"}, {"ZID": 2, "ZoneName": "Example.com"}]
    own = {"RecordID": "9", "Host": "home", "Type": "A", "Value": V4, "TTL": 600, "Line": "default"}
    records = [own | {"Host": "athome", "Value": OLD}, own | {"Type": "AAAA", "Value": V6}, own]
    result = {"Zones": zones, "Total": 2, "Records": records, "TotalCount": 3}
    told = talk(
        job_for(PROVIDER, CASE.credentials, [target(zone="example.com")]),
        PROVIDER,
        always(Answer(*said({"ResponseMetadata": {"RequestId": "1"}, "Result": result}))),
    )
    assert told.kinds == ["unchanged"]
    assert "ZID=2&" in f"{told.requests[-1].url}&"


def test_a_ttl_below_the_plans(fake: VolcengineFake) -> None:
    fake.record(HOME, OLD)
    verdict = run(fake, target()._replace(ttl=60)).verdicts[HOME, 4]
    assert verdict.kind == "refused"
    assert "is not one that the zone's plan allows" in verdict.detail


def test_both_families(fake: VolcengineFake) -> None:
    assert run(fake, target(), target(address=V6)).kinds == ["updated"] * 2
    assert (fake.says(HOME), fake.says(HOME, "AAAA")) == ([V4], [V6])


# --- what it answers -------------------------------------------------------------------------------------------------

CODES = {
    ("refused", "account", None): """
        InvalidAccessKey:401 SignatureDoesNotMatch:401 AccessDenied:403 AccessDenied:200 InvalidAuthorization:400
        InvalidCredential:400 InvalidSecretToken:400 Unheard:401 Unheard:403""",
    ("refused", "record", None): """
        ErrZoneNotFound:400 ErrDBNotFound:400 ErrDBDuplicated:409 ErrParamInvalid:400 ErrQuotaExceeded:400 ErrSpecNotValid:400
        ErrSpecNotValid:200 ErrNamesNotMatch:400 InvalidActionOrVersion:404 MissingParameter:400 Unheard:400""",
    ("busy", "account", None): """
        InvalidTimestamp:400 InternalError:500 InternalError:400 ErrInternalServer:500 ErrInternalServer:200
        InternalServiceTimeout:504 Unheard:500 ServiceUnavailableTemp:503""",
    ("busy", "account", 60.0): "FlowLimitExceeded:429 FlowLimitExceeded:400",
    ("garbled", "record", None): "Unheard:200",
}


@pytest.mark.parametrize(
    ("code", "expected"), [pytest.param(code, expected, id=code) for expected, codes in CODES.items() for code in codes.split()]
)
def test_codes(fake: VolcengineFake, code: str, expected: tuple[str, str, float | None]) -> None:
    name, _, status = code.partition(":")
    fake.odd.append(error(int(status), name, "Its words"))
    verdict = run(fake, target()).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == expected
    assert verdict.detail.endswith(f"{name}: Its words")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param([], id="a list"),
        pytest.param({"ResponseMetadata": []}, id="no metadata"),
        pytest.param({"ResponseMetadata": {"Error": None}}, id="an error that says nothing"),
        pytest.param({"ResponseMetadata": {}, "Result": None}, id="no result"),
        pytest.param({"ResponseMetadata": {}, "Result": {"Zones": []}}, id="no total"),
        pytest.param({"ResponseMetadata": {}, "Result": {"Total": 1, "Zones": None}}, id="no zones"),
        pytest.param({"ResponseMetadata": {}, "Result": {"Total": 1, "Zones": [{"ZoneName": HOME, "ZID": "x"}]}}, id="no id"),
    ],
)
def test_answers_that_make_no_sense(body: object) -> None:
    assert first(Answer(*said(body))).kinds == ["garbled"]


def test_a_status_that_belies_the_answer(fake: VolcengineFake) -> None:
    asked = over(fake)
    job = job_for(PROVIDER, CASE.credentials, [target()])
    assert talk(job, PROVIDER, lambda request: asked(request)._replace(status=500)).kinds == ["busy"]


def test_a_change_that_is_not_the_one_asked_for(fake: VolcengineFake) -> None:
    fake.record(HOME, OLD)
    asked = over(fake)
    other = Answer(*said({"ResponseMetadata": {}, "Result": {"RecordID": "1005", "Value": OLD}}))
    job = job_for(PROVIDER, CASE.credentials, [target()])
    assert talk(job, PROVIDER, lambda request: other if request.changes else asked(request)).kinds == ["garbled"]
