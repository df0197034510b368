"""netcup: a session around all, errors inside HTTP 200, one number for a wrong password and too many requests."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from edge_agent.providers.netcup import PROVIDER
from edge_agent.wire import Answer, Failure, Request, Target
from tests.fakes.apis.netcup import CASE, CUSTOMER, IDLE_FOR, KEY, PASSWORD, NetcupFake, error, reply
from tests.fakes.zones import NOW, Reply, over
from tests.providers.talk import HOME, V4, Talk, job_for, talk, target

OLD = "198.51.100.1"


def fresh() -> NetcupFake:
    fake = CASE.fake()
    assert isinstance(fake, NetcupFake)
    return fake


def run(fake: NetcupFake, *targets: Target, send: Callable[[Request], Answer | Failure] | None = None) -> Talk:
    job = job_for(PROVIDER, CASE.credentials, targets or (target(zone="example.com"),))
    return talk(job, PROVIDER, send or over(fake))


def actions(said: Talk) -> list[str]:
    return [json.loads(request.body)["action"] for request in said.requests]


def instead(fake: NetcupFake, answers: dict[str, list[Reply]]) -> Callable[[Request], Answer]:
    """Return a `send` that answers the next requests of an action so, and all others as the service does."""
    send = over(fake)

    def answered(request: Request) -> Answer:
        left = answers.get(json.loads(request.body)["action"])
        return Answer(*left.pop(0)) if left else send(request)

    return answered


def test_what_is_sent() -> None:
    fake = fresh()
    row = fake.record(HOME, OLD, priority="7")
    said = run(fake, target(zone="example.com"), target("example.com", "2001:db8::7", zone="example.com"))
    assert said.kinds == ["updated"] * 2
    asked = [json.loads(request.body) for request in said.requests]
    own: dict[str, Any] = {"customernumber": CUSTOMER, "apikey": KEY}
    inside = own | {"apisessionid": fake.logins[0]}
    zone = {"domainname": "example.com"}
    home = {"hostname": "home", "type": "A", "deleterecord": False, "state": "yes", "priority": "7", "id": row["id"]}
    apex = {"hostname": "@", "type": "AAAA", "deleterecord": False, "state": "yes", "destination": "2001:db8::7"}
    assert asked == [
        {"action": "login", "param": own | {"apipassword": PASSWORD}},
        {"action": "infoDnsZone", "param": inside | zone},
        {"action": "infoDnsRecords", "param": inside | zone},
        {"action": "updateDnsRecords", "param": inside | zone | {"dnsrecordset": {"dnsrecords": [home | {"destination": V4}]}}},
        {"action": "updateDnsRecords", "param": inside | zone | {"dnsrecordset": {"dnsrecords": [apex]}}},
        {"action": "logout", "param": inside},
    ]
    assert {request.url for request in said.requests} == {"https://ccp.netcup.net/run/webservice/servers/endpoint.php?JSON"}
    assert fake.sessions == {}
    fake.record(HOME, OLD)
    gone = run(fake, target(zone="example.com")._replace(address=OLD, beside=(V4,)))
    assert gone.kinds == ["updated"]
    assert json.loads(gone.requests[-2].body)["param"]["dnsrecordset"]["dnsrecords"][0]["deleterecord"] is True


LOGIN = [
    pytest.param(error("", 4013, "Validation Error.", "More than 180 requests"), "refused", "account", 3, "login: 4013", id="4013"),
    pytest.param(error("", 4003, "Key", "API key invalid"), "refused", "account", 1, "login: 4003 Key API key invalid", id="4003"),
    pytest.param(error("", 4001, "Api session", "No"), "busy", "account", 1, "4001", id="4001"),
    pytest.param(error("", 5000, "Error", ""), "garbled", "record", 1, "5000 Error", id="unknown"),
    pytest.param(reply("login", {"apisessionid": ""}, "Done"), "garbled", "record", 1, "no session", id="an-empty-session"),
    pytest.param(reply("login", "", "Done"), "garbled", "record", 1, "apisessionid", id="no-data"),
    pytest.param(reply("login", {}, "Done", 2002), "garbled", "record", 1, "2002 Done", id="pending"),
    pytest.param((200, {}, b"{}"), "garbled", "record", 1, "statuscode", id="no-code"),
    pytest.param((200, {}, b'{"statuscode":2000,"status":"warning"}'), "garbled", "record", 1, "2000", id="a-warning"),
    pytest.param((503, {"retry-after": "9"}, b""), "busy", "account", 1, "HTTP 503", id="503"),
]


@pytest.mark.parametrize(("answer", "kind", "scope", "patience", "words"), LOGIN)
def test_logins(answer: Reply, kind: str, scope: str, patience: int, words: str) -> None:
    fake = fresh()
    said = run(fake, send=instead(fake, {"login": [answer]}))
    verdict = said.verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.patience) == (kind, scope, patience)
    assert words in verdict.detail
    assert actions(said) == ["login"], "no session: nothing to end"


INSIDE = [
    pytest.param("infoDnsZone", 5031, "refused", 1, "no zone for home.example.com", id="no-such-zone"),
    pytest.param("infoDnsZone", 4013, "refused", 3, "4013", id="zone-wrong-input"),
    pytest.param("infoDnsRecords", 4013, "refused", 3, "4013", id="records-wrong-input"),
    pytest.param("infoDnsRecords", 4100, "refused", 1, "4100", id="another-4000"),
    pytest.param("infoDnsRecords", 5555, "garbled", 1, "5555", id="another-5000"),
    pytest.param("updateDnsRecords", 5028, "refused", 1, "5028", id="update-failed"),
    pytest.param("updateDnsRecords", 4013, "refused", 3, "4013", id="update-wrong-input"),
]


@pytest.mark.parametrize(("action", "code", "kind", "patience", "words"), INSIDE)
def test_errors_inside_200_and_the_session_is_ended(action: str, code: int, kind: str, patience: int, words: str) -> None:
    fake = fresh()
    row = fake.record(HOME, OLD)
    said = run(fake, send=instead(fake, {action: [error(action, code, "Failed", "said so")] * 2}))
    verdict = said.verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.patience) == (kind, "record", patience)
    assert words in verdict.detail
    assert (actions(said)[-1], fake.sessions, row["value"]) == ("logout", {}, OLD)


def test_a_key_that_is_no_longer_valid_ends_it_all() -> None:
    fake = fresh()
    wrong = error("infoDnsRecords", 4003, "Key", "API key invalid")
    said = run(fake, target(), target("nas.example.com"), send=instead(fake, {"infoDnsRecords": [wrong]}))
    assert {(verdict.kind, verdict.scope) for verdict in said.verdicts.values()} == {("refused", "account")}
    assert actions(said)[-2:] == ["infoDnsRecords", "logout"]


def test_a_name_that_can_be_no_zone() -> None:
    fake = fresh()
    said = run(fake, target("_dyn.example.com"))
    assert said.kinds == ["updated"]
    assert actions(said)[:3] == ["login", "infoDnsZone", "infoDnsZone"]


def test_a_zone_without_records_is_an_error_there() -> None:
    fake = fresh()
    fake.zone("empty.example")
    assert run(fake, target("empty.example")).kinds == ["updated"]
    assert fake.says("empty.example") == [V4]


@pytest.mark.parametrize("action", ["infoDnsZone", "infoDnsRecords", "updateDnsRecords"])
def test_a_session_that_ends_early_is_opened_once_more(action: str) -> None:
    fake = fresh()
    fake.record(HOME, OLD)
    send = over(fake)

    def lost(request: Request) -> Answer:
        if json.loads(request.body)["action"] == action and len(fake.logins) == 1:
            fake.sessions.clear()
        return send(request)

    said = run(fake, send=lost)
    assert (said.kinds, fake.says(HOME), fake.sessions, len(fake.logins)) == (["updated"], [V4], {}, 2)
    assert json.loads(said.requests[-1].body)["param"]["apisessionid"] == fake.logins[1]


def test_a_session_that_never_lasts() -> None:
    fake = fresh()
    said = run(fake, send=instead(fake, {"infoDnsZone": [error("", 4001, "Session", "No valid format")] * 9}))
    verdict = said.verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == ("busy", "account")
    assert actions(said) == ["login", "infoDnsZone", "login", "infoDnsZone", "logout"]


def test_a_session_that_cannot_be_opened_again_is_not_ended() -> None:
    fake = fresh()
    wrong = error("", 4013, "Validation Error.", "")
    answers = {"infoDnsZone": [error("", 4001, "Session", "")], "login": [reply("login", {"apisessionid": "abc"}, ""), wrong]}
    said = run(fake, send=instead(fake, answers))
    assert (said.kinds, actions(said)) == (["refused"], ["login", "infoDnsZone", "login"])


def test_sessions_end_by_themselves() -> None:
    fake = fresh()
    later = NOW + IDLE_FOR + 1
    at = iter([NOW, NOW, later, later, later, later, later])

    def send(request: Request) -> Answer:
        return over(fake, next(at))(request)

    said = run(fake, send=send)
    assert said.kinds == ["updated"]
    assert actions(said)[2:5] == ["infoDnsRecords", "login", "infoDnsRecords"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param("", "garbled", id="no-data"),
        pytest.param({"dnsrecords": []}, "garbled", id="our-record-is-not-in-it"),
        pytest.param({"dnsrecords": [{"id": "1", "hostname": "home", "type": "A", "destination": OLD}]}, "garbled", id="old"),
        pytest.param({"dnsrecords": [{"id": 1, "hostname": "Home", "type": "A", "destination": V4}]}, "updated", id="as-wished"),
        pytest.param({"dnsrecords": [{"hostname": "home", "type": "A", "destination": V4}]}, "garbled", id="without-id"),
    ],
)
def test_what_an_update_must_say(data: object, kind: str) -> None:
    fake = fresh()
    fake.record(HOME, OLD)
    said = run(fake, send=instead(fake, {"updateDnsRecords": [reply("updateDnsRecords", data, "Done")]}))
    assert said.kinds == [kind]
    assert actions(said)[-1] == "logout"


@pytest.mark.parametrize("answer", [Answer(500), Answer(200, {}, b"?"), Failure("unconfirmed", "cut off")])
def test_a_logout_that_fails_changes_no_verdict(answer: Answer | Failure) -> None:
    fake = fresh()
    send = over(fake)
    said = run(fake, send=lambda request: answer if b"logout" in request.body else send(request))
    assert (said.kinds, fake.says(HOME)) == (["updated"], [V4])


def test_a_session_is_a_secret() -> None:
    fake = fresh()
    send = over(fake)

    def echo(request: Request) -> Answer:
        param = json.loads(request.body)["param"]
        return (
            Answer(500, {}, " ".join((param["apisessionid"], param["apikey"])).encode()) if "domainname" in param else send(request)
        )

    assert run(fake, send=echo).verdicts[HOME, 4].detail == "HTTP 500: *** ***"
