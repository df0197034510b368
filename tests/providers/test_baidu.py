"""Both of Baidu's DNS services: the signature to the octet, what is sent, listings without types, every code, a wrong clock."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import pytest

from edge_agent.providers import baidu, baidu_bcd, bce
from edge_agent.providers.provider import Provider
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.baidu import CASE as DNS
from tests.fakes.apis.baidu_bcd import CASE as BCD
from tests.fakes.bce import BceFake, no
from tests.fakes.zones import NOW, Case, over, said
from tests.providers.talk import HOME, V4, V6, Talk, job_for, talk, target

OLD = "198.51.100.1"
VECTORS = pathlib.Path(__file__).parent / "vectors"
PROVIDERS: dict[str, Provider] = {"baidu": baidu.PROVIDER, "baidu-bcd": baidu_bcd.PROVIDER}
both = pytest.mark.parametrize("case", [DNS, BCD], ids=["dns", "bcd"])


def fake_of(case: Case) -> BceFake:
    made = case.fake()
    assert isinstance(made, BceFake)
    return made


def run(case: Case, fake: BceFake, *targets: Target, now_at: float = NOW) -> Talk:
    one = PROVIDERS[case.provider]
    return talk(job_for(one, case.credentials, targets), one, over(fake, now_at))


def against(case: Case, *answers: Answer) -> Talk:
    """Run against answers that are written out, the last for ever."""
    left, one = list(answers), PROVIDERS[case.provider]
    job = job_for(one, case.credentials, (target(zone="example.com"),))
    return talk(job, one, lambda request: left.pop(0) if len(left) > 1 else left[0])


def answer(body: object, status: int = 200) -> Answer:
    return Answer(*said(body, status))


def sent(fake: BceFake) -> list[tuple[str, str, Any]]:
    return [(asked.method, asked.path, asked.json() if asked.body else None) for asked in fake.changes]


def zones(case: Case, *names: object) -> Answer:
    if case is DNS:
        return answer({"zones": [{"name": name} for name in names], "isTruncated": False})
    return answer({"result": [{"domain": name} for name in names], "totalCount": len(names)})


def records(case: Case, *every: Mapping[str, object]) -> Answer:
    return answer({"records": every} if case is DNS else {"result": every, "totalCount": len(every)})


def entry(case: Case, **more: object) -> dict[str, object]:
    usual: dict[str, object] = {"id": "7", "rr": "home", "type": "A", "value": OLD, "ttl": 300, "line": "default"} | more
    names = {"id": "recordId", "rr": "domain", "type": "rdtype", "value": "rdata", "line": "view"}
    return usual if case is DNS else {names.get(name, name): value for name, value in usual.items()}


# --- the signature ---------------------------------------------------------------------------------------------------


def test_what_the_official_sdk_signs() -> None:
    recorded = json.loads((VECTORS / "baidu_bce_auth_v1_bcd_list.json").read_text())
    method, path, _ = recorded["request"]["request_line"].split(" ")
    request = Request(method, "https://bcd.baidubce.com" + path, (), recorded["request"]["body"].encode())
    made = bce.signed(request, "FakeBaiduAk", "FakeBaiduSk", 1767323045.0)  # 2026-01-02T03:04:05Z
    assert dict(made.headers)["Authorization"] == recorded["expected_authorization"]


def test_what_is_signed() -> None:
    request = Request("PUT", "https://x.example/a?b=%2A&c=1", (("User-Agent", "x"), ("Content-Type", "a/b"), ("x-bce-date", "d:1")))
    made = dict(bce.signed(request, "id", "secret", NOW).headers)
    assert made["Authorization"].split("/")[:5] == [
        "bce-auth-v1",
        "id",
        "2026-09-21T14:13:20Z",
        "1800",
        "content-type;host;x-bce-date",
    ]


@both
@pytest.mark.parametrize("skew", [-901, 1801])
def test_a_clock_that_is_wrong(case: Case, skew: int) -> None:
    fake = fake_of(case)
    said = run(case, fake, target(), now_at=NOW + skew)
    assert said.kinds == ["busy"]
    assert "set this machine's clock: RequestExpired" in said.verdicts[HOME, 4].detail
    assert run(case, fake, target(), now_at=NOW + skew * 0.99).kinds == ["updated"]


@both
def test_a_clock_that_looks_like_a_wrong_key(case: Case) -> None:
    status, headers, body = no(403, "AccessDenied", "Access denied.").reply
    said = against(case, Answer(status, {**headers, "date": "Sun, 06 Nov 1994 08:49:37 GMT"}, body))
    assert said.kinds == ["busy"]
    assert "set this machine's clock" in said.verdicts[HOME, 4].detail


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_what_dns_is_sent() -> None:
    fake = fake_of(DNS)
    row = fake.record(HOME, OLD, ttl=900, line="ct", description="the attic")
    targets = target(), target(address=V6), target("*.example.com")._replace(ttl=600)
    assert run(DNS, fake, *targets).kinds == ["updated"] * 3
    path, fields = "/v1/dns/zone/example.com/record", {"rr": "home", "type": "A", "value": V4, "ttl": 900}
    assert sent(fake) == [
        ("PUT", f"{path}/{row['id']}", {**fields, "line": "ct", "description": "the attic"}),
        ("POST", path, {"rr": "home", "type": "AAAA", "value": V6}),
        ("POST", path, {"rr": "*", "type": "A", "value": V4, "ttl": 600}),
    ]
    assert (row["description"], row["line"], row["ttl"]) == ("the attic", "ct", 900)


def test_what_bcd_is_sent() -> None:
    """An IPv6 address goes out in capitals, an id as the number that it is, and the default TTL is said."""
    fake = fake_of(BCD)
    row = fake.record(HOME, OLD, ttl=900, line="ct")
    assert run(BCD, fake, target(), target("example.com", V6)).kinds == ["updated"] * 2
    fields = {"domain": "home", "view": "CT", "zoneName": "example.com", "rdType": "A", "rdata": V4, "ttl": 900}
    assert sent(fake) == [
        ("POST", "/v1/domain/resolve/edit", {"recordId": int(row["id"]), **fields}),
        (
            "POST",
            "/v1/domain/resolve/add",
            {"domain": "@", "zoneName": "example.com", "rdType": "AAAA", "rdata": V6.upper(), "ttl": 300},
        ),
    ]
    assert run(BCD, fake, target(), target("example.com", V6)).kinds == ["unchanged"] * 2


@both
def test_both_families_of_a_name_are_told_apart(case: Case) -> None:
    """A client that matches by name alone writes the IPv4 address over the IPv6 one, and back."""
    fake = fake_of(case)
    for value in (OLD, "2001:DB8::99"):
        fake.record(HOME, value)
    assert run(case, fake, target(), target(address=V6)).kinds == ["updated"] * 2
    assert (fake.says(HOME), fake.says(HOME, "AAAA")) == ([V4], [V6])


@both
def test_records_of_other_lines_are_left_alone(case: Case) -> None:
    fake = fake_of(case)
    other = dict(fake.record(HOME, "198.51.100.9", line="ct"))
    fake.record(HOME, OLD)
    assert run(case, fake, target()).kinds == ["updated"]
    assert fake.says(HOME) == ["198.51.100.9", V4]
    assert other in fake.records


@both
def test_a_paused_record_is_changed_and_told(case: Case) -> None:
    fake = fake_of(case)
    row = fake.record(HOME, OLD, status="pause")
    assert "paused" in run(case, fake, target()).verdicts[HOME, 4].detail
    assert (row["value"], row["status"]) == (V4, "pause")


@both
@pytest.mark.parametrize("removal", [False, True], ids=["changed", "taken-away"])
def test_what_was_added_a_moment_ago_has_no_id_yet(case: Case, removal: bool) -> None:  # noqa: FBT001 - a row
    fake, other = fake_of(case), "198.51.100.5"
    fake.record(HOME, other)
    next_ = Target(HOME, 4, V4, own=(V4,), each=True, beside=(other,)) if removal else Target(HOME, 4, OLD, own=(V4,), each=True)
    one = PROVIDERS[case.provider]
    from edge_agent.wire import converse

    targets = target()._replace(each=True), next_
    outcomes = list(converse(one.dialogue(job_for(one, case.credentials, targets)), targets, over(fake)))
    assert [outcome.verdict.kind for outcome in outcomes] == ["updated", "busy"]
    assert "added a moment ago" in outcomes[1].verdict.detail


@both
def test_zones_in_other_scripts_and_searches_that_find_too_much(case: Case) -> None:
    fake = fake_of(case)
    for number in range(130):
        fake.zone(f"bücher{number}.example".encode("idna").decode())
    fake.zone("my-xn--bcher-kva.example")
    fake.zone("xn--bcher-kva.example")
    name = "xn--bro-hoa.xn--bcher-kva.example"
    fake.record(name, OLD)
    assert run(case, fake, target("büro.bücher.example")).kinds == ["updated"]
    assert fake.says(name) == [V4]
    assert against(case, zones(case, None, "my-example.com")).verdicts[HOME, 4].detail.startswith("no zone for")


# --- what they say no with -------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("status", "code", "kind", "scope"),
    [
        pytest.param(403, "InvalidAccessKeyId", "refused", "account", id="no-such-key"),
        pytest.param(400, "SignatureDoesNotMatch", "refused", "account", id="wrong-secret"),
        pytest.param(400, "InvalidHTTPAuthHeader", "refused", "account", id="no-login"),
        pytest.param(403, "AccessDenied", "refused", "account", id="no-permission"),
        pytest.param(403, "QualifyNotPass", "refused", "account", id="no-real-name"),
        pytest.param(400, "RequestExpired", "busy", "account", id="clock"),
        pytest.param(400, "RequestLimitExceeded", "busy", "account", id="throttled"),
        pytest.param(429, "Whatever", "busy", "account", id="throttled-by-status"),
        pytest.param(500, "InternalError", "busy", "account", id="internal"),
        pytest.param(404, "NoSuchZone", "refused", "record", id="no-such-zone"),
        pytest.param(400, "NeverHeardOf", "refused", "record", id="unknown"),
        pytest.param(200, "AccessDenied", "refused", "account", id="inside-200"),
        pytest.param(200, "NeverHeardOf", "refused", "record", id="unknown-inside-200"),
    ],
)
def test_codes(case: Case, status: int, code: str, kind: str, scope: str) -> None:
    verdict = against(case, Answer(*no(status, code, "Its words.").reply)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == (kind, scope)
    assert f"{code}: Its words." in verdict.detail


@both
def test_an_error_inside_200_is_no_success(case: Case) -> None:
    reply = Answer(*no(200, "Odd", "Not done.").reply)
    assert against(case, zones(case, "example.com"), records(case, entry(case)), reply).kinds == ["refused"]


@both
@pytest.mark.parametrize("change", [Answer(200), Answer(200, {}, b"{}")], ids=["nothing", "empty-object"])
def test_a_change_that_answers_nothing_is_done(case: Case, change: Answer) -> None:
    assert against(case, zones(case, "example.com"), records(case, entry(case)), change).kinds == ["updated"]


@both
def test_what_makes_no_sense_is_no_success(case: Case) -> None:
    twice = records(case, entry(case), entry(case)) if case is BCD else answer({"records": [], "isTruncated": True})
    for odd in (answer([]), answer({"code": 5}), records(case, entry(case, id=None)), twice):
        assert against(case, zones(case, "example.com"), odd).kinds == ["garbled"]
    assert against(case, answer({"code": 5}, 302)).kinds == ["garbled"]
