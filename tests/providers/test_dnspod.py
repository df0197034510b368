"""DNSPod at dnsapi.cn: forms, its numbers, its gate for User-Agents and its bans, lines and paused records that survive."""

import urllib.parse
from collections.abc import Mapping

import pytest

from edge_agent.checks import WrongError
from edge_agent.providers.dnspod import PROVIDER, fit
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.dnspod import CASE, TOKEN, DnsPodFake, done, error
from tests.fakes.zones import NOW, filled, over, said
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk, target

OLD, OTHER = "198.51.100.1", "198.51.100.2"


@pytest.fixture
def fake() -> DnsPodFake:
    made = filled(DnsPodFake)
    assert isinstance(made, DnsPodFake)
    return made


def run(fake: DnsPodFake, *targets: Target, now_at: float = NOW, agent: str = "", contact: str = "") -> Talk:
    job = job_for(PROVIDER, CASE.credentials, targets, options={"contact": contact} if contact else {})
    return talk(job._replace(agent=agent or job.agent), PROVIDER, over(fake, now_at))


def forms(fake: DnsPodFake) -> list[Mapping[str, str]]:
    return [asked.form() for asked in fake.changes]


def answered(fake: DnsPodFake, changed: Answer) -> Talk:
    """Run one job that is told `changed` whatever it changes."""
    asked = over(fake)
    job = job_for(PROVIDER, CASE.credentials, [target()])
    return talk(job, PROVIDER, lambda request: changed if request.changes else asked(request))


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_what_is_sent(fake: DnsPodFake) -> None:
    told = run(fake, target())
    base = "https://dnsapi.cn"
    assert [request.url for request in told.requests] == [
        *[f"{base}/Domain.Info"] * 2,
        f"{base}/Record.List",
        f"{base}/Record.Create",
    ]
    assert {request.method for request in told.requests} == {"POST"}
    assert {dict(request.headers)["Content-Type"] for request in told.requests} == {"application/x-www-form-urlencoded"}
    common = {"login_token": TOKEN, "format": "json", "lang": "en", "error_on_empty": "no"}
    own = {"domain_id": fake.zones["example.com"], "sub_domain": "home", "record_type": "A", "value": V4}
    assert forms(fake) == [common | own | {"record_line_id": "0"}]
    assert urllib.parse.parse_qs(told.requests[0].body.decode()) == {
        name: [value] for name, value in (common | {"domain": HOME}).items()
    }
    assert told.requests[0].body.count(b"%2C") == 1
    assert b"&length=100&" in told.requests[2].body
    assert told.requests[2].body.endswith(b"&offset=0&record_type=A&sub_domain=home")


def test_a_line_id_with_an_equals_sign_is_escaped(fake: DnsPodFake) -> None:
    fake.record(HOME, OLD, line="联通")
    told = run(fake, target())
    assert told.kinds == ["updated"]
    assert b"record_line_id=10%3D1" in told.requests[-1].body


@pytest.mark.parametrize(
    ("agent", "contact", "sent"),
    [
        pytest.param("edge-agent/0.1.0 (linux)", "", "edge-agent/0.1.0 (linux)", id="as it is"),
        pytest.param("edge-agent/0.1.0 (linux)", "ops@example.com", "edge-agent/0.1.0 (ops@example.com)", id="with a contact"),
        pytest.param("edge-agent/0.1.0", "ops@example.com", "edge-agent/0.1.0 (ops@example.com)", id="nothing to replace"),
    ],
)
def test_the_user_agent_is_of_the_form_asked_for(fake: DnsPodFake, agent: str, contact: str, sent: str) -> None:
    told = run(fake, target(), agent=agent, contact=contact)
    assert told.kinds == ["updated"]
    assert set(fake.agents) == {sent}


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (X11; Linux x86_64)", "python-urllib3/2.2", "edge-agent"])
def test_a_user_agent_of_another_form_closes_the_account(fake: DnsPodFake, agent: str) -> None:
    first = run(fake, target(), agent=agent).verdicts[HOME, 4]
    assert (first.kind, first.scope, first.wait_for) == ("busy", "account", 3600.0)
    assert run(fake, target(), now_at=NOW + 3599).kinds == ["busy"]
    assert run(fake, target(), now_at=NOW + 3601).kinds == ["updated"]


def test_wrong_tokens_close_the_account(fake: DnsPodFake) -> None:
    job = job_for(PROVIDER, {**CASE.credentials, **CASE.bad}, [target(), target("nas.example.com")])
    for _ in range(31):
        told = talk(job, PROVIDER, over(fake))
        assert (told.kinds, len(told.requests)) == (["refused"] * 2, 1), "a refused log-in must be the last request"
    verdict = run(fake, target()).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == ("banned", "account")


# --- what survives ---------------------------------------------------------------------------------------------------


def test_all_of_a_record_survives_a_change(fake: DnsPodFake) -> None:
    row = fake.record(HOME, OLD, ttl=1200, weight=20, remark="roof", enabled=False)
    before = dict(row)
    verdict = run(fake, target()).verdicts[HOME, 4]
    assert verdict.kind == "updated"
    assert "paused" in verdict.detail
    assert row == before | {"value": V4}
    again = run(fake, target()).verdicts[HOME, 4]
    assert (again.kind, "paused" in again.detail) == ("unchanged", True)


def test_another_line_is_another_record(fake: DnsPodFake) -> None:
    fake.record(HOME, OLD, line="联通")
    fake.record(HOME, OTHER, line="教育网")
    fake.record(HOME, OLD)
    assert run(fake, target()).kinds == ["updated"]
    assert fake.says(HOME) == [OLD, OTHER, V4]


def test_several_records_none_on_the_default_line(fake: DnsPodFake) -> None:
    fake.record(HOME, OLD, line="联通")
    fake.record(HOME, OTHER, line="教育网")
    assert run(fake, target()).kinds == ["refused"]
    assert fake.changes == []


def test_changes_in_vain_lock_a_record_and_the_agent_sends_none(fake: DnsPodFake) -> None:
    row = fake.record(HOME, V4)
    for _ in range(10):
        assert run(fake, target()).kinds == ["unchanged"]
    assert fake.changes == []
    fake.locked[row["id"]] = NOW + 3600
    assert run(fake, target(address=OLD)).kinds == ["busy"]
    assert run(fake, target(address=OLD), now_at=NOW + 3601).kinds == ["updated"]


def test_many_values_of_one_name(fake: DnsPodFake) -> None:
    for number in range(230):
        fake.record(HOME, f"198.51.100.{number}")
    told = run(fake, target())
    assert "has 230 A records" in told.verdicts[HOME, 4].detail
    assert len(told.requests) == 5


def test_names_in_the_services_own_script() -> None:
    entry = {"id": "7", "name": "Büro", "type": "A", "value": V4, "ttl": "600", "line_id": "0", "enabled": "1"}
    own = target("büro.example.com", zone="example.com")
    answer = Answer(*done({"domain": {"id": "1"}, "info": {"record_total": "1"}, "records": [entry]}))
    assert talk(job_for(PROVIDER, CASE.credentials, [own]), PROVIDER, always(answer)).kinds == ["unchanged"]


def test_a_ttl_below_the_plans(fake: DnsPodFake) -> None:
    fake.record(HOME, OLD)
    verdict = run(fake, target()._replace(ttl=60)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.detail.startswith("HTTP 200: the TTL is not one that")) == ("refused", True)


# --- what it answers -------------------------------------------------------------------------------------------------

CODES = {
    ("refused", "account", None): "-1 -3 -4 -7 10001 10002 10003 10004 50 52 54",
    ("refused", "record", None): "2 21 22 23 24 25 26 27 29 30 31 32 33 34 35 82 500025 500026",
    ("banned", "account", None): "-8 83",
    ("banned", "record", None): "-15",
    ("busy", "account", None): "3 85",
    ("busy", "account", 3600.0): "-2 -99",
    ("busy", "record", None): "104",
    ("garbled", "record", None): "0 12345 None OK",
}


@pytest.mark.parametrize(
    ("code", "expected"), [pytest.param(code, expected, id=code) for expected, codes in CODES.items() for code in codes.split()]
)
def test_codes(fake: DnsPodFake, code: str, expected: tuple[str, str, float | None]) -> None:
    fake.odd.append(error(code, "Its words"))
    verdict = run(fake, target()).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == expected
    assert verdict.detail.endswith(f": {code} Its words")


def test_neither_half_of_the_token_is_told(fake: DnsPodFake) -> None:
    fake.odd.append(error("10004", f"{TOKEN.partition(',')[2]} is no token"))
    assert run(fake, target()).verdicts[HOME, 4].detail == "HTTP 200: 10004 *** is no token"


@pytest.mark.parametrize("code", ["6", "7", "8", "13"])
def test_a_domain_that_may_not_be_seen_is_none(fake: DnsPodFake, code: str) -> None:
    fake.odd.append(error(code, "Domain invalid"))
    assert run(fake, target()).kinds == ["updated"]


def test_an_empty_listing_may_be_an_error(fake: DnsPodFake) -> None:
    asked = over(fake)
    empty = Answer(*error("10", "No records"))

    def send(request: Request) -> Answer:
        return empty if request.url.endswith("/Record.List") else asked(request)

    assert talk(job_for(PROVIDER, CASE.credentials, [target()]), PROVIDER, send).kinds == ["updated"]


def test_a_new_record_that_is_not_listed_yet(fake: DnsPodFake) -> None:
    verdict = answered(fake, Answer(*error("104", "Record already exists"))).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == ("busy", "record")
    assert "30 seconds" in verdict.detail


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(error("1", ""), id="no domain"),
        pytest.param(done({"domain": {"name": "example.com"}}), id="no id"),
        pytest.param(said({"status": "1"}), id="no status"),
        pytest.param(said([]), id="a list"),
        pytest.param(done({"domain": {"id": 1}}), id="no listing"),
        pytest.param(done({"domain": {"id": 1}, "info": {"record_total": "many"}, "records": []}), id="no length"),
        pytest.param((200, {}, b"<dnspod><status><code>1</code></status></dnspod>"), id="XML"),
    ],
)
def test_answers_that_make_no_sense(body: tuple[int, dict[str, str], bytes]) -> None:
    told = talk(job_for(PROVIDER, CASE.credentials, [target()]), PROVIDER, always(Answer(*body)))
    assert told.kinds in (["garbled"], ["busy"])
    assert (told.kinds == ["busy"]) == body[2].startswith(b"<")


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"id": 1, "value": V4}, id="another record"),
        pytest.param({"value": V4}, id="no record"),
        pytest.param({"id": 1005, "value": OLD}, id="another value"),
        pytest.param({"id": 1005}, id="no value"),
    ],
)
def test_a_change_that_is_not_the_one_asked_for(fake: DnsPodFake, record: dict[str, object]) -> None:
    assert fake.record(HOME, OLD)["id"] == "1005"
    assert answered(fake, Answer(*done({"record": record}))).kinds == ["garbled"]


def test_both_families(fake: DnsPodFake) -> None:
    assert run(fake, target(), target(address=V6)).kinds == ["updated"] * 2
    assert (fake.says(HOME), fake.says(HOME, "AAAA")) == ([V4], [V6])


@pytest.mark.parametrize(
    ("token", "contact", "what"),
    [
        pytest.param(TOKEN, "ops@example.com", "", id="right"),
        pytest.param(TOKEN, None, "", id="no contact"),
        pytest.param("AKIDFakeSecretId,secret", None, "login_token", id="a key of Tencent Cloud"),
        pytest.param("12345", None, "login_token", id="no comma"),
        pytest.param("12345,", None, "login_token", id="no token"),
        pytest.param("١٢٣,x", None, "login_token", id="other digits"),
        pytest.param(TOKEN, "ops", "contact", id="no address"),
        pytest.param(TOKEN, "a@b\r\nX: y", "contact", id="another header"),
        pytest.param(TOKEN, "ops(@example.com", "contact", id="brackets"),
    ],
)
def test_what_fits(token: str, contact: str | None, what: str) -> None:
    options = {} if contact is None else {"contact": contact}
    if not what:
        return fit("", options, {"login_token": token})
    with pytest.raises(WrongError, match=what):
        fit("", options, {"login_token": token})
    return None
