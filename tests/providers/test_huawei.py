"""Huawei Cloud DNS: the signature to the octet, sets that keep line and weight, every code, and a clock that is wrong."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import pytest

from edge_agent.providers import huawei
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.huawei import CASE, PROJECT, HuaweiFake, gateway, no
from tests.fakes.zones import NOW, ApiFake, over, said
from tests.providers.talk import HOME, V4, V6, Talk, job_for, talk, target

OLD, OTHER = "198.51.100.1", "198.51.100.2"
VECTORS = pathlib.Path(__file__).parent / "vectors"


@pytest.fixture
def fake() -> HuaweiFake:
    made = CASE.fake()
    assert isinstance(made, HuaweiFake)
    return made


def run(fake: ApiFake, *targets: Target, now_at: float = NOW, **credentials: str) -> Talk:
    return talk(job_for(huawei.PROVIDER, {**CASE.credentials, **credentials}, targets), huawei.PROVIDER, over(fake, now_at))


def against(*answers: Answer) -> Talk:
    """Run against answers that are written out, the last for ever."""
    left = list(answers)
    job = job_for(huawei.PROVIDER, CASE.credentials, (target(zone="example.com"),))
    return talk(job, huawei.PROVIDER, lambda request: left.pop(0) if len(left) > 1 else left[0])


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    return Answer(*said(body, status, **headers))


def listing(what: str, *every: Mapping[str, object]) -> Answer:
    return answer({what: every, "metadata": {"total_count": len(every)}})


ZONE = listing("zones", {"id": "z1", "name": "example.com."})


def entry(**more: object) -> dict[str, object]:
    return {"id": "7", "name": f"{HOME}.", "type": "A", "ttl": 300, "records": [OLD], "status": "ACTIVE"} | more


def sent(fake: ApiFake) -> list[tuple[str, str, Any]]:
    return [(asked.method, asked.path.rpartition("/v2.1")[2], asked.json()) for asked in fake.changes]


# --- the signature ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["huawei_sdk_hmac_create", "huawei_sdk_hmac_list"])
def test_what_the_official_sdk_signs(name: str) -> None:
    recorded = json.loads((VECTORS / f"{name}.json").read_text())
    method, path, _ = recorded["request"]["request_line"].split(" ")
    covered = recorded["expected_authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = {key: value for key, value in recorded["request"]["headers"] if key.lower() in covered}
    url = f"https://{headers.pop('Host')}{path}"
    body = recorded["request"]["body"].encode()
    made = huawei.signed(Request(method, url, tuple(headers.items()), body), *recorded["credentials"].values())
    assert dict(made.headers)["Authorization"] == recorded["expected_authorization"]


def test_the_project_is_said_and_signed(fake: HuaweiFake) -> None:
    said = run(fake, target(), project_id=PROJECT)
    assert said.kinds == ["updated"]
    assert all(dict(request.headers)["X-Project-Id"] == PROJECT for request in said.requests)
    other = run(fake, target("nas.example.com"), project_id="other")
    assert (other.kinds, other.verdicts["nas.example.com", 4].scope) == (["refused"], "account")


@pytest.mark.parametrize("skew", [-901, 901])
def test_a_clock_that_is_wrong(fake: HuaweiFake, skew: int) -> None:
    """The gateway calls it a wrong signature; only the date of its answer tells."""
    said = run(fake, target(), now_at=NOW + skew)
    assert said.kinds == ["busy"]
    assert "set this machine's clock: APIGW.0301" in said.verdicts[HOME, 4].detail
    assert run(fake, target(), now_at=NOW + skew * 899 / 901).kinds == ["updated"]


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_what_is_created(fake: HuaweiFake) -> None:
    assert run(fake, target(), target("*.example.com")._replace(ttl=60), target("example.com", V6)).kinds == ["updated"] * 3
    where = f"/zones/{fake.zones['example.com']}/recordsets"
    assert sent(fake) == [
        ("POST", where, {"name": f"{HOME}.", "type": "A", "records": [V4]}),
        ("POST", where, {"name": "*.example.com.", "type": "A", "records": [V4], "ttl": 60}),
        ("POST", where, {"name": "example.com.", "type": "AAAA", "records": [V6]}),
    ]


def test_a_change_keeps_siblings_line_weight_and_description(fake: HuaweiFake) -> None:
    more = {"line": "Dianxin", "weight": 10, "description": "the attic", "ttl": 900}
    rows = [fake.record(HOME, value, **more) for value in (OLD, OTHER)]
    assert run(fake, target()._replace(own=(OLD,))).kinds == ["updated"]
    where = f"/zones/{fake.zones['example.com']}/recordsets/{rows[0]['set']}"
    assert sent(fake) == [("PUT", where, {"name": f"{HOME}.", "type": "A", "records": [V4, OTHER], "ttl": 900})]
    own = [row for row in fake.records if row["name"] == HOME]
    assert [{name: row[name] for name in more} for row in own] == [more] * 2


def test_what_is_still_pending_counts(fake: HuaweiFake) -> None:
    fake.record(HOME, OLD)
    assert run(fake, target()).kinds == ["updated"]
    assert list(fake.pending.values()) == ["PENDING_UPDATE"]
    assert run(fake, target()).kinds == ["unchanged"]


def test_sets_of_other_lines_are_left_alone(fake: HuaweiFake) -> None:
    fake.record(HOME, OTHER, line="Yidong")
    fake.record(HOME, OLD)
    assert run(fake, target()).kinds == ["updated"]
    assert fake.says(HOME) == [OTHER, V4]


@pytest.mark.parametrize(
    "parts", [[{"weight": 1}, {"weight": 2}], [{"line": "Dianxin"}, {"line": "Yidong"}]], ids=["by-weight", "by-line"]
)
def test_several_sets_of_one_name(fake: HuaweiFake, parts: list[dict[str, Any]]) -> None:
    for number, part in enumerate(parts):
        fake.record(HOME, f"198.51.100.{number}", **part)
    said = run(fake, target(), target("nas.example.com"))
    assert said.kinds == ["refused", "updated"]
    assert "has 2 A record sets, by weight or line" in said.verdicts[HOME, 4].detail


def test_an_alias_is_not_replaced(fake: HuaweiFake) -> None:
    fake.record(HOME, OLD, alias_target={"resource_type": "obs", "resource_domain_name": "bucket.obs.example"})
    said = run(fake, target())
    assert (said.kinds, fake.changes) == (["refused"], [])
    assert "alias" in said.verdicts[HOME, 4].detail


@pytest.mark.parametrize(
    ("status", "word"), [("DISABLE", "paused"), ("POLICE", "frozen"), ("ERROR", "failed"), ("PENDING_UPDATE", "says")]
)
@pytest.mark.parametrize("value", [OLD, V4])
def test_what_its_owner_must_hear(fake: HuaweiFake, status: str, word: str, value: str) -> None:
    row = fake.record(HOME, value, status=status)
    verdict = run(fake, target()).verdicts[HOME, 4]
    assert (verdict.kind, word in verdict.detail) == ("unchanged" if value == V4 else "updated", True)
    assert [own["status"] for own in fake.records if own["set"] == row["set"]] == [status]


def test_a_set_that_is_being_deleted(fake: HuaweiFake) -> None:
    fake.record(HOME, OLD, status="PENDING_DELETE")
    said = run(fake, target(), target("nas.example.com"))
    assert said.kinds == ["busy", "updated"]


def test_a_set_that_was_made_anew_meanwhile(fake: HuaweiFake) -> None:
    row = fake.record(HOME, OLD)

    def anew() -> None:
        fake.records.remove(row)
        fake.record(HOME, OLD)

    fake.meanwhile = anew
    assert run(fake, target()).kinds == ["updated"]
    assert fake.says(HOME) == [V4]


def test_somebody_else_has_set_it_meanwhile(fake: HuaweiFake) -> None:
    row = fake.record(HOME, OLD)
    fake.meanwhile = lambda: row.update(value=V4)
    said = run(fake, target())
    assert (said.kinds, len(fake.changes)) == (["unchanged"], 1)
    assert all("search_mode=equal" in request.url for request in said.requests if "/recordsets?" in request.url)


def test_searches_find_too_much(fake: HuaweiFake) -> None:
    fake.zone("my-example.com")
    for number in range(60):
        fake.zone(f"example.com-{number}.example")
    fake.zones["example.com"] = fake.zones.pop("example.com")  # on the second page
    assert run(fake, target()).kinds == ["updated"]
    bait = entry(name=f"x-{HOME}.", records=[OTHER]), entry(type="AAAA", records=[V6]), entry(name=7)
    assert against(ZONE, listing("recordsets", *bait, entry(records=[V4], name="HOME.example.com"))).kinds == ["unchanged"]


# --- what it says no with --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "kind", "scope"),
    [
        pytest.param(gateway("APIGW.0301", "Its words.", 401), "refused", "account", id="wrong-key"),
        pytest.param(gateway("APIGW.0302", "Its words.", 403), "refused", "account", id="not-allowed"),
        pytest.param(gateway("APIGW.0308", "Its words.", 429), "busy", "account", id="throttled"),
        pytest.param(gateway("APIGW.0101", "Its words.", 404), "refused", "record", id="no-such-api"),
        pytest.param(no(401, "DNS.0005", "Its words."), "refused", "account", id="not-logged-in"),
        pytest.param(no(403, "DNS.0013", "Its words."), "refused", "account", id="frozen"),
        pytest.param(no(400, "DNS.0030", "Its words."), "refused", "account", id="no-permission"),
        pytest.param(no(400, "DNS.0040", "Its words."), "refused", "account", id="no-real-name"),
        pytest.param(no(403, "DNS.0014", "Its words."), "busy", "account", id="flow-control"),
        pytest.param(no(500, "DNS.0001", "Its words."), "busy", "account", id="internal"),
        pytest.param(no(400, "DNS.0003", "Its words."), "busy", "account", id="system-busy"),
        pytest.param(no(404, "DNS.0302", "Its words."), "refused", "record", id="no-such-zone"),
        pytest.param(no(400, "DNS.0319", "Its words."), "refused", "record", id="ttl"),
        pytest.param(no(400, "DNS.0403", "Its words."), "refused", "record", id="quota"),
        pytest.param(no(400, "DNS.0335", "Its words."), "refused", "record", id="duplicate"),
        pytest.param(no(400, "DNS.9999", "Its words."), "refused", "record", id="unknown"),
    ],
)
def test_codes(reply: Any, kind: str, scope: str) -> None:
    verdict = against(Answer(*reply.reply)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == (kind, scope)
    assert ": Its words." in verdict.detail


def test_an_error_that_spells_its_names_in_the_newer_way() -> None:
    verdict = against(answer({"error_code": "DNS.0014", "error_msg": "Its words."}, 403)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.detail) == ("busy", "HTTP 403: DNS.0014: Its words.")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param([answer({"code": "DNS.0302", "message": "in a 200"})], "zones", id="error-inside-200"),
        pytest.param([answer({"zones": []})], "metadata.total_count", id="no-count"),
        pytest.param([ZONE, listing("recordsets", entry(records=None))], "records", id="no-values"),
        pytest.param([ZONE, listing("recordsets", entry(id=None))], "id", id="no-id"),
        pytest.param([ZONE, listing("recordsets"), answer({"status": "PENDING_CREATE"}, 202)], "id", id="nothing-made"),
        pytest.param([ZONE, listing("recordsets"), answer(["?"], 202)], "object", id="no-object"),
        pytest.param([answer("?", 302)], "HTTP 302", id="no-object-in-an-error"),
    ],
)
def test_what_makes_no_sense_is_no_success(answers: list[Answer], words: str) -> None:
    said = against(*answers)
    assert said.kinds == ["garbled"]
    assert words in said.verdicts[HOME, 4].detail
