"""Bunny: numbers for types, zones as a whole, a change that carries all that is to stay, a refusal without a word."""

import json

import pytest

from edge_agent.providers.bunny import PROVIDER
from edge_agent.wire import Answer, Target
from tests.fakes.apis.bunny import CASE, KEY, BunnyFake, error, reply
from tests.fakes.zones import ApiFake, Reply, over
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk, target

OLD = "198.51.100.1"


def run(fake: ApiFake, *targets: Target) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, targets or (target(),)), PROVIDER, over(fake))


def sent(said: Talk) -> list[tuple[str, str, object]]:
    return [
        (request.method, request.url.removeprefix("https://api.bunny.net"), json.loads(request.body) if request.body else None)
        for request in said.requests
    ]


def test_what_is_sent() -> None:
    fake = CASE.fake()
    row = fake.record(HOME, OLD, Comment="the router", Weight=7, Accelerated=True, MonitorType=1, AutoSslIssuance=False)
    other = fake.record(HOME, V6)
    zone = fake.zones["example.com"]
    search = "/dnszone?search=home.example.com&perPage=5&page=1", "/dnszone?search=example.com&perPage=5&page=1"
    kept = {
        "Weight": 7,
        "Priority": 0,
        "Port": 0,
        "Flags": 0,
        "Tag": "",
        "Accelerated": True,
        "MonitorType": 1,
        "GeolocationLatitude": 0.0,
        "GeolocationLongitude": 0.0,
        "SmartRoutingType": 0,
        "Disabled": False,
        "EnviromentalVariables": [],
        "Comment": "the router",
        "AutoSslIssuance": False,
    }
    changed = {"Id": int(row["id"]), "Type": 0, "Name": "home", "Value": V4, "Ttl": 300}
    said = run(fake, target(), target("example.com", V6), target(address=V6))
    assert sent(said) == [
        *(("GET", path, None) for path in search),
        ("GET", f"/dnszone/{zone}", None),
        ("POST", f"/dnszone/{zone}/records/{row['id']}", changed | kept),
        ("PUT", f"/dnszone/{zone}/records", {"Type": 1, "Name": "", "Value": V6}),
    ]
    assert said.kinds == ["updated", "updated", "unchanged"]
    assert {value for request in said.requests for key, value in request.headers if key == "AccessKey"} == {KEY}
    assert (row["Comment"], row["Weight"], row["Accelerated"], row["AutoSslIssuance"]) == ("the router", 7, True, False)
    gone = run(fake, target()._replace(address=V6, family=6, beside=("2001:db8::9",)))
    assert gone.kinds == ["busy"]
    fake.record(HOME, "2001:db8::9")
    gone = run(fake, target()._replace(address=V6, family=6, beside=("2001:db8::9",)))
    assert sent(gone)[-1] == ("DELETE", f"/dnszone/{zone}/records/{other['id']}", None)


@pytest.mark.parametrize(
    ("answer", "kind", "scope", "wait", "words"),
    [
        pytest.param((401, {}, b""), "refused", "account", None, "the API key is not accepted", id="401-without-a-word"),
        pytest.param(reply({"Message": "No"}, 403), "refused", "account", None, "HTTP 403: No", id="403"),
        pytest.param(error("validation_error", "Ttl", "Bad\r"), "refused", "record", None, "validation_error: Ttl: Bad", id="400"),
        pytest.param((429, {"retry-after": "7"}, b""), "busy", "account", 7.0, "HTTP 429", id="429"),
        pytest.param((503, {}, b"{}"), "busy", "account", None, "HTTP 503", id="503"),
        pytest.param((200, {}, b"{}"), "garbled", "record", None, "no Items", id="no-items"),
        pytest.param((200, {}, b'{"Items":[{"Id":1,"Domain":"exa'), "garbled", "record", None, "HTTP 200", id="cut-off"),
        pytest.param(reply({"Items": []}), "garbled", "record", None, "no HasMoreItems", id="is-that-all"),
        pytest.param(reply({"Items": [{"Domain": HOME}]}), "garbled", "record", None, "no Id", id="a-zone-without-a-number"),
    ],
)
def test_answers(answer: Reply, kind: str, scope: str, wait: float | None, words: str) -> None:
    fake = CASE.fake()
    fake.odd.append(answer)
    verdict = run(fake).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == (kind, scope, wait)
    assert words in verdict.detail


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        pytest.param({"Domain": "example.com"}, "no Records", id="no-records"),
        pytest.param({"Domain": "example.com", "Records": None}, "no Records", id="null"),
        pytest.param({"Domain": "example.com", "Records": [1]}, "no list of objects", id="numbers"),
        pytest.param({"Domain": "other.example", "Records": []}, "another zone", id="another-zone"),
        pytest.param({"Domain": "example.com", "Records": [{"Id": 1, "Type": True}]}, "no Type", id="true-is-no-number"),
        pytest.param({"Domain": "example.com", "Records": [{"Id": 1, "Value": V4}]}, "no Type", id="no-type"),
        pytest.param({"Domain": "example.com", "Records": [{"Id": "x", "Type": 0}]}, "no Id", id="no-id"),
    ],
)
def test_a_zone_that_is_not_whole_is_not_used(zone: object, words: str) -> None:
    hits = reply({"Items": [{"Id": 5, "Domain": HOME.upper()}, {"Id": 6, "Domain": "example.com"}], "HasMoreItems": False})
    answers = iter([hits, reply(zone)])
    targets = (target("example.com"),)
    said = talk(job_for(PROVIDER, CASE.credentials, targets), PROVIDER, lambda request: Answer(*next(answers)))
    verdict = said.verdicts["example.com", 4]
    assert verdict.kind == "garbled"
    assert words in verdict.detail
    assert not any(request.changes for request in said.requests)


@pytest.mark.parametrize("number", [0, "A"])
def test_types_may_be_numbers_or_names(number: object) -> None:
    records = [{"Id": 9, "Type": number, "Name": None, "Value": V4, "Ttl": 300}, {"Id": 8, "Type": 3, "Name": None, "Value": "x"}]
    zone = {"Items": [{"Id": 6, "Domain": "example.com"}], "HasMoreItems": False, "Domain": "example.com", "Records": records}
    said = talk(job_for(PROVIDER, CASE.credentials, (target("example.com"),)), PROVIDER, always(Answer(*reply(zone))))
    assert said.kinds == ["unchanged"]


def test_the_search_finds_more_than_the_zone() -> None:
    fake = CASE.fake()
    for number in range(12):
        fake.zone(f"a{number}.example.com.example")
        fake.zone(f"z{number}.example.com.example")
    said = run(fake)
    assert said.kinds == ["updated"]
    assert [path for _, path, _ in sent(said) if "search=example.com" in path] == [
        *(f"/dnszone?search=example.com&perPage=5&page={page}" for page in (1, 2, 3)),
    ], "and no page after the one that has it"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param({"type": "PullZone"}, "has a PullZone record", id="pull-zone"),
        pytest.param({"type": "Flatten"}, "has a Flatten record", id="flatten"),
        pytest.param({"type": "Redirect"}, "has a Redirect record", id="redirect"),
        pytest.param({"type": "CNAME"}, "has a CNAME record", id="cname"),
        pytest.param({"SmartRoutingType": 1, "LatencyZone": "DE"}, "depend on who asks", id="latency"),
        pytest.param({"SmartRoutingType": 2}, "depend on who asks", id="geolocation"),
        pytest.param({"Disabled": True}, "is disabled", id="disabled"),
    ],
)
def test_what_is_not_ours_to_change(more: dict[str, object], words: str) -> None:
    fake = CASE.fake()
    row = fake.record(HOME, OLD, **{"type": "A"} | more)
    before = dict(row)
    verdict = run(fake).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == ("refused", "record")
    assert words in verdict.detail
    assert (row, fake.changes) == (before, [])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param((204, {}, b""), "updated", id="its-own-word"),
        pytest.param(reply({"Id": 1, "Value": V4}), "updated", id="the-record"),
        pytest.param(reply({"Id": 1, "Value": OLD}), "garbled", id="the-old-address"),
        pytest.param(reply({"Message": "queued"}), "garbled", id="something-else"),
        pytest.param((200, {}, b"<html>sign in</html>"), "busy", id="a-page"),
    ],
)
def test_what_a_change_may_say(answer: Reply, kind: str) -> None:
    fake = CASE.fake()
    fake.record(HOME, OLD)
    send = over(fake)
    job = job_for(PROVIDER, CASE.credentials, (target(),))
    said = talk(job, PROVIDER, lambda request: Answer(*answer) if request.method == "POST" else send(request))
    assert said.kinds == [kind]


@pytest.mark.parametrize("ttl", [59, 86401])
def test_ttl_limits_are_the_services(ttl: int) -> None:
    assert PROVIDER.ttl == (BunnyFake.least_ttl, BunnyFake.most_ttl)
    verdict = run(CASE.fake(), target()._replace(ttl=ttl)).verdicts[HOME, 4]
    assert (verdict.kind, "TTL is out of range" in verdict.detail) == ("refused", True)
