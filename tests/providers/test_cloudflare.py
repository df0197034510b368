"""Cloudflare against a fake that checks credentials, permissions, pages and limits: what is sent, and what is left alone."""

import json
import math
import pathlib
from collections.abc import Mapping
from typing import Any

import pytest

from edge_agent import wire
from edge_agent.providers import cloudflare, desk
from edge_agent.providers.provider import Job
from edge_agent.verdicts import locks
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.cloudflare import TOKEN, CloudflareFake, known
from tests.fakes.zones import over
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk, target

OLD = "198.51.100.1"
VECTORS = pathlib.Path(__file__).parent / "vectors"


@pytest.fixture
def fake() -> CloudflareFake:
    made = known()
    made.zone("other.example")
    made.zone("example.com")
    return made


def job(*targets: Target, credentials: Mapping[str, str] = {"token": TOKEN}, options: Mapping[str, str] = {}) -> Job:
    return job_for(cloudflare.PROVIDER, credentials, targets, options=options)


def run(fake: CloudflareFake, *targets: Target, **options: str) -> Talk:
    return talk(job(*targets, options=options), cloudflare.PROVIDER, over(fake))


def methods(said: Talk) -> list[str]:
    return [request.method for request in said.requests]


# --- what becomes of a record ----------------------------------------------------------------------------------------


def test_absent_record_is_created(fake: CloudflareFake) -> None:
    said = run(fake, target())
    assert said.kinds == ["updated"]
    assert fake.bodies == [{"type": "A", "name": HOME, "content": V4, "ttl": 1, "proxied": False}]
    assert fake.says(HOME) == [V4]


def test_equal_record_is_left_alone(fake: CloudflareFake) -> None:
    fake.record(HOME, V4)
    said = run(fake, target())
    assert said.kinds == ["unchanged"]
    assert methods(said) == ["GET", "GET", "GET"]  # home.example.com is no zone, example.com is, its record


def test_another_spelling_of_the_address_is_equal(fake: CloudflareFake) -> None:
    fake.record(HOME, "2001:0db8:0:0::7")
    assert run(fake, target(address=V6)).kinds == ["unchanged"]


def test_change_sends_the_address_alone_and_keeps_the_rest(fake: CloudflareFake) -> None:
    record = fake.record(HOME, OLD, proxied=True, comment="the box in the attic", tags=["owner:me"])
    before = dict(record)
    said = run(fake, target())
    assert said.kinds == ["updated"]
    assert fake.bodies == [{"content": V4}]
    assert {key: record[key] for key in before if record[key] != before[key]} == {"value": V4}


@pytest.mark.parametrize(
    ("ttl", "has", "options", "sent"),
    [
        pytest.param(120, {"ttl": 1}, {}, {"content": V4, "ttl": 120}, id="ttl-differs"),
        pytest.param(120, {"ttl": 120}, {}, {"content": V4}, id="ttl-equal"),
        pytest.param(None, {"ttl": 300}, {}, {"content": V4}, id="ttl-not-wished"),
        pytest.param(120, {"proxied": True}, {}, {"content": V4}, id="a-proxied-record-has-no-ttl"),
        pytest.param(None, {"proxied": True}, {"proxied": "off"}, {"content": V4, "proxied": False}, id="proxy-forced-off"),
        pytest.param(None, {"proxied": False}, {"proxied": "true"}, {"content": V4, "proxied": True}, id="proxy-forced-on"),
        pytest.param(120, {"proxied": False}, {"proxied": "true"}, {"content": V4, "proxied": True}, id="proxy-forced-on-with-ttl"),
    ],
)
def test_what_a_change_sends(
    fake: CloudflareFake, ttl: int | None, has: dict[str, Any], options: dict[str, str], sent: dict[str, object]
) -> None:
    fake.record(HOME, OLD, **has)
    assert run(fake, Target(HOME, 4, V4, ttl), **options).kinds == ["updated"]
    assert fake.bodies == [sent]


def test_a_ttl_alone_is_a_difference(fake: CloudflareFake) -> None:
    fake.record(HOME, V4)
    assert run(fake, Target(HOME, 4, V4, 120)).kinds == ["updated"]
    assert fake.bodies == [{"ttl": 120}]


def test_a_ttl_out_of_range_is_refused_in_cloudflares_words(fake: CloudflareFake) -> None:
    said = run(fake, Target(HOME, 4, V4, 30))
    assert said.kinds == ["refused"]
    assert "9021 Invalid TTL" in said.verdicts[HOME, 4].detail


def test_both_families_and_a_wildcard(fake: CloudflareFake) -> None:
    fake.record("*.example.com", OLD)
    said = run(fake, target(), target(address=V6), target("*.example.com"))
    assert said.kinds == ["updated"] * 3
    assert (fake.says(HOME), fake.says(HOME, "AAAA"), fake.says("*.example.com")) == ([V4], [V6], [V4])


def test_several_records_are_not_touched(fake: CloudflareFake) -> None:
    for address in (OLD, "198.51.100.2"):
        fake.record(HOME, address)
    said = run(fake, target())
    assert said.verdicts[HOME, 4].kind == "refused"
    assert "has 2 A records" in said.verdicts[HOME, 4].detail
    assert fake.says(HOME) == [OLD, "198.51.100.2"]


def test_several_records_with_ours_among_them_need_nothing(fake: CloudflareFake) -> None:
    for address in (OLD, V4):
        fake.record(HOME, address)
    said = run(fake, target())
    assert said.kinds == ["unchanged"]
    assert fake.says(HOME) == [OLD, V4]


def test_a_cname_in_the_way_is_refused(fake: CloudflareFake) -> None:
    fake.record(HOME, "elsewhere.example", type="CNAME")
    said = run(fake, target())
    assert said.kinds == ["refused"]
    assert "81053" in said.verdicts[HOME, 4].detail


def test_quota(fake: CloudflareFake) -> None:
    fake.quota = 0
    assert run(fake, target()).kinds == ["refused"]


# --- what changed since we looked ------------------------------------------------------------------------------------


def test_stale_id_is_looked_up_again_once(fake: CloudflareFake) -> None:
    record = fake.record(HOME, OLD)
    ask = over(fake)

    def send(request: Request) -> Answer:
        if request.method == "PATCH" and record["id"] in request.url:  # somebody deletes and creates it anew meanwhile
            fake.records.remove(record)
            fake.record(HOME, OLD)
        return ask(request)

    said = talk(job(target()), cloudflare.PROVIDER, send)
    assert said.kinds == ["updated"]
    assert methods(said)[-3:] == ["PATCH", "GET", "PATCH"]
    assert fake.says(HOME) == [V4]


def test_an_id_that_stays_stale_is_refused(fake: CloudflareFake) -> None:
    fake.stale.add(fake.record(HOME, OLD)["id"])
    said = run(fake, target())
    assert said.kinds == ["refused"]
    assert methods(said)[-2:] == ["PATCH", "GET"]  # the second look shows nothing new to decide by


def test_the_second_look_may_fail(fake: CloudflareFake) -> None:
    record = fake.record(HOME, OLD)
    fake.stale.add(record["id"])
    ask, looks = over(fake), []

    def send(request: Request) -> Answer:
        looks.append(request.method)
        after = "PATCH" in looks and request.method == "GET"
        odd = {"success": False, "errors": ["odd", {"code": 7003, "message": "Could not route"}]}
        return Answer(404, {}, json.dumps(odd).encode()) if after else ask(request)

    assert talk(job(target()), cloudflare.PROVIDER, send).kinds == ["refused"]


@pytest.mark.parametrize(
    ("theirs", "ends", "sent"),
    [
        pytest.param(V4, "unchanged", ["POST", "GET"], id="somebody-created-ours"),
        pytest.param(OLD, "updated", ["POST", "GET", "PATCH"], id="somebody-created-the-only-one"),
    ],
)
def test_created_meanwhile(fake: CloudflareFake, theirs: str, ends: str, sent: list[str]) -> None:
    identical = {"success": False, "errors": [{"code": 81058, "message": "An identical record already exists."}], "result": None}
    ask = over(fake)

    def send(request: Request) -> Answer:
        if request.method == "POST":
            fake.record(HOME, theirs)
            return Answer(400, {}, json.dumps(identical).encode())
        return ask(request)

    said = talk(job(target()), cloudflare.PROVIDER, send)
    assert said.kinds == [ends]
    assert methods(said)[-len(sent) :] == sent
    assert fake.says(HOME) == [V4]


# --- zones -----------------------------------------------------------------------------------------------------------


def test_the_longest_zone_wins(fake: CloudflareFake) -> None:
    fake.zone("lab.example.com")
    run(fake, target("box.lab.example.com"))
    assert [record["name"] for record in fake.within("lab.example.com")] == ["box.lab.example.com"]


def test_a_given_zone_is_used_at_once(fake: CloudflareFake) -> None:
    fake.zone("lab.example.com")
    said = run(fake, target("box.lab.example.com", zone="Example.COM."))
    assert said.kinds == ["updated"]
    assert fake.counts["GET zones"] == 1
    assert len(list(fake.within("example.com"))) == 1


@pytest.mark.parametrize(
    ("name", "zone", "words"),
    [
        pytest.param("home.example.net", None, "no zone for home.example.net", id="not-ours"),
        pytest.param("home.notexample.com", None, "no zone for home.notexample.com", id="no-dot-before-the-zone"),
        pytest.param("home.example.net", "example.com", "not a name in the zone example.com", id="not-in-the-given-zone"),
    ],
)
def test_no_zone(fake: CloudflareFake, name: str, zone: str | None, words: str) -> None:
    said = run(fake, target(name, zone=zone), target())
    assert said.kinds == ["refused", "updated"]
    assert words in said.verdicts[name, 4].detail
    assert said.verdicts[name, 4].scope == "record"


def test_a_token_for_one_zone_sees_no_other(fake: CloudflareFake) -> None:
    fake.tokens[TOKEN] = {"other.example"}
    said = run(fake, target(), target("home.other.example"))
    assert said.kinds == ["refused", "updated"]
    assert "Zone:Read" in said.verdicts[HOME, 4].detail


def test_zones_in_other_scripts(fake: CloudflareFake) -> None:
    fake.zone("bücher.example")  # as Cloudflare spells it
    fake.record("home.bücher.example", OLD)
    said = run(fake, target("home.xn--bcher-kva.example"))
    assert said.kinds == ["updated"]
    assert fake.says("home.bücher.example") == [V4]


def test_a_name_of_another_zone_is_not_mistaken(fake: CloudflareFake) -> None:
    """A server whose filter is fuzzy must not make us change what merely looks like our name."""
    ask = over(fake)
    bait = fake.record("x-home.example.com", OLD)

    def send(request: Request) -> Answer:
        return ask(request._replace(url=request.url.replace(f"name={HOME}&", "")))

    assert talk(job(target(zone="example.com")), cloudflare.PROVIDER, send).kinds == ["updated"]
    assert bait["value"] == OLD
    assert len(fake.records) == 2


def test_a_zone_of_the_same_name_that_waits_in_another_account(fake: CloudflareFake) -> None:
    ask = over(fake)

    def send(request: Request) -> Answer:
        if "/zones?name=example.com" not in request.url:
            return ask(request)
        zones = [{"id": fake.zones["example.com"], "name": "example.com", "status": "active"}]
        zones.append({"id": "0" * 32, "name": "example.com", "status": "pending"})
        return Answer(200, {}, json.dumps({"success": True, "result": zones}).encode())

    assert talk(job(target()), cloudflare.PROVIDER, send).kinds == ["updated"]


def test_a_type_filter_is_not_believed(fake: CloudflareFake) -> None:
    bait = fake.record(HOME, V6)
    ask = over(fake)
    said = talk(job(target()), cloudflare.PROVIDER, lambda request: ask(request._replace(url=request.url.replace("type=A&", ""))))
    assert said.kinds == ["updated"]
    assert (bait["value"], fake.says(HOME)) == (V6, [V4])


# --- many ------------------------------------------------------------------------------------------------------------


def many(count: int, *, zone: str = "example.com") -> tuple[Target, ...]:
    return tuple(target(f"h{number}.{zone}") for number in range(count))


def test_a_thousand_equal_names_cost_one_zone_lookup_and_twenty_pages(fake: CloudflareFake) -> None:
    targets = many(1000)
    for one in targets:
        fake.record(one.name, V4, comment="c" * 500, tags=["owner:somebody", "site:here"])
    said = run(fake, *targets)
    assert set(said.kinds) == {"unchanged"}
    assert fake.counts["GET zones"] == 1
    assert fake.counts["GET dns_records"] == math.ceil(1000 / 50)
    assert fake.bodies == []
    assert fake.largest < wire.LIMIT


def test_of_a_thousand_names_only_the_changed_are_sent(fake: CloudflareFake) -> None:
    targets = many(1000)
    for number, one in enumerate(targets):
        fake.record(one.name, OLD if number % 100 == 7 else V4)
    said = run(fake, *targets)
    assert said.kinds.count("updated") == 10
    assert fake.bodies == [{"content": V4}] * 10
    assert all(fake.says(one.name) == [V4] for one in targets)


def test_both_families_of_many_names_are_listed_once_each(fake: CloudflareFake) -> None:
    for number in range(120):
        fake.record(f"h{number}.example.com", V4)
        fake.record(f"h{number}.example.com", V6)
    said = run(fake, *many(120), *(one._replace(family=6, address=V6) for one in many(120)))
    assert set(said.kinds) == {"unchanged"}
    assert fake.counts["GET dns_records"] == 2 * math.ceil(120 / 50)


def test_a_page_of_zones_fits(fake: CloudflareFake) -> None:
    for number in range(100):
        fake.zone(f"a-rather-long-name-of-a-zone-{number}.example")
    targets = tuple(target(f"home.a-rather-long-name-of-a-zone-{number}.example") for number in range(50, 60))
    assert set(run(fake, *targets).kinds) == {"updated"}
    assert fake.counts["GET zones"] == math.ceil(102 / 20)
    assert fake.largest < wire.LIMIT


def test_more_changes_than_the_limit_allows_end_as_busy(fake: CloudflareFake) -> None:
    said = run(fake, *many(1300))
    assert said.kinds.count("updated") + said.kinds.count("busy") == 1300
    assert fake.counts["all"] == 1201  # the first 429 ends it
    waits = {verdict.wait_for for verdict in said.verdicts.values() if verdict.kind == "busy"}
    assert waits == {300.0}


def test_one_stale_id_of_many_costs_one_look(fake: CloudflareFake) -> None:
    targets = many(120)
    rows = [fake.record(one.name, OLD) for one in targets]
    fake.meanwhile = lambda: rows[0].update(id="f" * 32)
    said = run(fake, *targets)
    assert set(said.kinds) == {"updated"}
    assert fake.counts["GET dns_records"] == math.ceil(120 / 50) + 1


def test_a_stale_id_of_a_name_that_cannot_be_asked_for(fake: CloudflareFake) -> None:
    row = fake.record("xn--bro-hoa.example.com", OLD)
    fake.meanwhile = lambda: row.update(id="f" * 32)
    said = run(fake, target("xn--bro-hoa.example.com"))
    assert (said.kinds, methods(said)) == (["updated"], ["GET", "GET", "PATCH", "GET", "PATCH"])


def test_a_listing_that_fails_is_asked_for_once(fake: CloudflareFake) -> None:
    ask = over(fake)
    odd = Answer(200, {}, b"{}")
    said = talk(job(*many(9)), cloudflare.PROVIDER, lambda request: odd if "dns_records" in request.url else ask(request))
    assert (set(said.kinds), methods(said)) == ({"garbled"}, ["GET", "GET"])


def test_half_a_listing_creates_nothing(fake: CloudflareFake) -> None:
    for one in many(100):
        fake.record(one.name, V4)
    ask = over(fake)

    def send(request: Request) -> Answer:
        answer = ask(request)
        if "&page=2" not in request.url:
            return answer
        return answer._replace(body=json.dumps(json.loads(answer.body) | {"result": []}).encode())

    said = talk(job(*many(100)), cloudflare.PROVIDER, send)
    assert set(said.kinds) == {"garbled"}
    assert "incomplete: 50 of 100" in said.verdicts["h0.example.com", 4].detail
    assert fake.bodies == []


# --- credentials -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("credentials", "names"),
    [
        pytest.param({"token": TOKEN}, {"authorization"}, id="token"),
        pytest.param(
            {"email": "u@example.com", "key": "144c9defac04969c7bfad8efaa8ea194fake1"}, {"x-auth-email", "x-auth-key"}, id="key"
        ),
        pytest.param({"user_service_key": "v1.0-fake"}, {"x-auth-user-service-key"}, id="service-key"),
        pytest.param({"token": TOKEN, "email": "u@example.com", "key": "x"}, {"authorization"}, id="never-two-kinds"),
    ],
)
def test_kinds_of_credential(fake: CloudflareFake, credentials: dict[str, str], names: set[str]) -> None:
    said = talk(job(target(), credentials=credentials), cloudflare.PROVIDER, over(fake))
    assert said.kinds == ["updated"]
    for request in said.requests:
        assert {name.lower() for name, _ in request.headers} & {
            "authorization",
            "x-auth-email",
            "x-auth-key",
            "x-auth-user-service-key",
        } == names


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        pytest.param({"token": "x" * 40}, "9109 Invalid access token", id="unknown-token"),
        pytest.param({"token": "short"}, "6111", id="malformed-token"),
        pytest.param({"email": "u@example.com", "key": "0" * 37}, "9103", id="unknown-key"),
        pytest.param({"email": "nobody", "key": "0" * 37}, "6102", id="malformed-email"),
        pytest.param({"email": "u@example.com", "key": "K" * 36}, "6103", id="malformed-key"),
        pytest.param({"email": "u@example.com"}, "credentials are missing: token or", id="half-a-login"),
        pytest.param({}, "credentials are missing", id="none"),
        pytest.param({"token": "a\r\nX-Evil: 1"}, "token holds a line break", id="line-break"),
        pytest.param({"token": "tökén"}, "letter beyond ASCII", id="not-ascii"),
    ],
)
def test_bad_credentials_stop_the_account(fake: CloudflareFake, credentials: dict[str, str], words: str) -> None:
    said = talk(job(target(), target(address=V6), credentials=credentials), cloudflare.PROVIDER, over(fake))
    assert [(verdict.kind, verdict.scope) for verdict in said.verdicts.values()] == [("refused", "account")] * 2
    assert words in said.verdicts[HOME, 4].detail
    assert len(said.requests) <= 1
    assert not any(
        value in verdict.detail
        for verdict in said.verdicts.values()
        for value in credentials.values()
        if len(value) > 8 and value.isalnum()
    )


def test_an_option_that_is_no_switch(fake: CloudflareFake) -> None:
    said = run(fake, target(), proxied="maybe")
    assert said.kinds == ["refused"]
    assert said.requests == []


def test_one_spurious_authentication_error_is_forgiven(fake: CloudflareFake) -> None:
    fake.hiccups = 1
    assert run(fake, target()).kinds == ["updated"]


def test_a_lasting_authentication_error_locks_at_the_second_run_only(fake: CloudflareFake) -> None:
    fake.hiccups = 100
    said = run(fake, target())
    verdict = said.verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, len(said.requests)) == ("refused", "account", 2)
    assert (locks(verdict, 1), locks(verdict, 2)) == (False, True)


# --- answers ---------------------------------------------------------------------------------------------------------


def error(code: int, *chain: int) -> bytes:
    causes = [{"code": number, "message": "cause"} for number in chain]
    return json.dumps(
        {"success": False, "errors": [{"code": code, "message": "words", "error_chain": causes}], "result": None}
    ).encode()


OK = b'{"success":true,"errors":[],"result":%b}'


@pytest.mark.parametrize(
    ("answer", "kind", "scope"),
    [
        pytest.param(Answer(403, {}, error(9109)), "refused", "account", id="9109"),
        pytest.param(Answer(400, {}, error(6003, 6111)), "refused", "account", id="6003"),
        pytest.param(Answer(400, {}, error(9106)), "refused", "account", id="9106"),
        pytest.param(Answer(400, {}, error(1004, 9300)), "refused", "record", id="1004"),
        pytest.param(Answer(400, {}, error(4711, 9109)), "refused", "account", id="the-cause-is-known"),
        pytest.param(Answer(400, {}, error(4711)), "refused", "record", id="unknown-number"),
        pytest.param(Answer(404, {}, error(7003)), "refused", "record", id="7003"),
        pytest.param(Answer(200, {}, error(9021)), "refused", "record", id="200-but-no-success"),
        pytest.param(Answer(403, {}, b"{}"), "refused", "account", id="403-without-a-number"),
        pytest.param(Answer(429, {"retry-after": "42"}, error(10100)), "busy", "account", id="429"),
        pytest.param(Answer(400, {}, error(971)), "busy", "account", id="971"),
        pytest.param(Answer(502, {}, b"<html>502</html>"), "busy", "account", id="502"),
        pytest.param(Answer(500, {}, error(9109)), "busy", "account", id="500-with-a-number"),
        pytest.param(Answer(200, {}, b"<!DOCTYPE html><title>Log in</title>"), "busy", "account", id="web-page"),
        pytest.param(Answer(403, {}, b"<html>Attention required</html>"), "busy", "account", id="web-page-403"),
        pytest.param(Answer(302, {"location": "http://x"}, b""), "garbled", "record", id="redirect"),
        pytest.param(Answer(200, {}, b""), "garbled", "record", id="empty"),
        pytest.param(Answer(200, {}, b"{}"), "garbled", "record", id="no-word-of-success"),
        pytest.param(Answer(200, {}, b'{"success":"true","result":[]}'), "garbled", "record", id="success-is-no-truth-value"),
        pytest.param(Answer(200, {}, OK % b"null"), "garbled", "record", id="no-result"),
        pytest.param(Answer(200, {}, OK % b'[{"id":7,"name":null}]'), "garbled", "record", id="entries-of-wrong-types"),
        pytest.param(Answer(200, {}, OK % b"[7]"), "garbled", "record", id="entries-are-numbers"),
        pytest.param(Answer(200, {}, OK % b"[" * 1), "garbled", "record", id="cut-off"),
    ],
)
def test_answers(answer: Answer, kind: str, scope: str) -> None:
    said = talk(job(target()), cloudflare.PROVIDER, always(answer))
    verdict = said.verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == (kind, scope)
    assert verdict.detail


@pytest.mark.parametrize(
    ("headers", "code", "wait_for"),
    [
        pytest.param({"retry-after": "42"}, 10100, 42.0, id="says-when"),
        pytest.param({}, 971, 300.0, id="the-usual-block"),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], code: int, wait_for: float) -> None:
    said = talk(job(target()), cloudflare.PROVIDER, always(Answer(429, headers, error(code))))
    assert said.verdicts[HOME, 4].wait_for == wait_for


@pytest.mark.parametrize(
    "result",
    [b"null", b"{}", b"[]", b'{"content":"198.51.100.1"}', b'{"content":7}'],
    ids=["null", "no-content", "list", "the-old-address", "a-number"],
)
def test_a_change_that_is_not_confirmed_is_garbled(fake: CloudflareFake, result: bytes) -> None:
    fake.record(HOME, OLD)
    ask = over(fake)

    def send(request: Request) -> Answer:
        return Answer(200, {}, OK % result) if request.method == "PATCH" else ask(request)

    assert talk(job(target()), cloudflare.PROVIDER, send).kinds == ["garbled"]


def test_a_listing_without_end_is_given_up() -> None:
    endless = OK % b'[{"id":"0","name":"z"}],"result_info":{"total_pages":1000000000}'
    said = talk(job(*many(5)), cloudflare.PROVIDER, always(Answer(200, {}, endless)))
    assert set(said.kinds) == {"garbled"}
    assert len(said.requests) == desk.PAGES


def test_a_listing_may_not_fill_the_memory() -> None:
    endless = OK % (b"[" + b",".join([b'{"id":"0","name":"z"}'] * 4000) + b'],"result_info":{"total_pages":1000000000}')
    said = talk(job(*many(5)), cloudflare.PROVIDER, always(Answer(200, {}, endless)))
    assert set(said.kinds) == {"garbled"}
    assert len(said.requests) == 3


def test_a_fault_in_the_middle_keeps_what_was_done(fake: CloudflareFake) -> None:
    ask, posts = over(fake), []

    def send(request: Request) -> Answer:
        posts.append(request.method)
        return Answer(503, {}, b"<html>") if posts.count("POST") == 3 else ask(request)

    said = talk(job(*many(5)), cloudflare.PROVIDER, send)
    assert said.kinds == ["updated", "updated", "busy", "busy", "busy"]


# --- the request -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["cloudflare_patch_token.json", "cloudflare_patch_global_key.json"])
def test_the_request_has_the_shape_of_the_sdks(fake: CloudflareFake, file: str) -> None:
    vector = json.loads((VECTORS / file).read_text())
    own = {"api_token": "token", "api_email": "email", "api_key": "key"}
    credentials = {own[name]: value for name, value in vector["credentials"].items()}
    fake.record(HOME, OLD)
    said = talk(job(target(), credentials=credentials), cloudflare.PROVIDER, over(fake))
    sent = said.requests[-1]
    method, path, _ = vector["request"]["request_line"].split()
    assert sent.method == method
    assert [part for part in sent.url.partition("//")[2].split("/")[1:] if len(part) != 32] == [
        part for part in path.split("/")[1:] if len(part) != 32
    ]
    wanted = {name.lower(): value for name, value in vector["request"]["headers"]}
    mine = {name.lower(): value for name, value in sent.headers}
    shared = ("authorization", "x-auth-email", "x-auth-key", "content-type", "accept")
    assert {name: mine.get(name) for name in shared} == {name: wanted.get(name) for name in shared}
    assert json.loads(sent.body).items() <= (json.loads(vector["request"]["body"]) | {"content": V4}).items()


def test_only_changes_name_what_they_change(fake: CloudflareFake) -> None:
    fake.record("h1.example.com", OLD)
    for request in run(fake, *many(3)).requests:
        assert len(request.changes) == (request.method in ("POST", "PATCH"))


def test_another_server(fake: CloudflareFake) -> None:
    own = job_for(cloudflare.PROVIDER, {"token": TOKEN}, [target()], server="https://127.0.0.1:8443/client/v4/")
    said = talk(own, cloudflare.PROVIDER, over(fake))
    assert said.kinds == ["updated"]
    assert all(request.url.startswith("https://127.0.0.1:8443/client/v4/zones") for request in said.requests)


def test_an_id_is_no_path(fake: CloudflareFake) -> None:
    fake.record(HOME, OLD)["id"] = "a/../b"
    said = run(fake, target())
    assert said.requests[3].url.endswith("/dns_records/a%2F..%2Fb")


# --- one value of several ---------------------------------------------------------------------------------------------

ONE, TWO, THREE = "198.51.100.11", "198.51.100.12", "198.51.100.13"
FOREIGN = "192.0.2.200"


@pytest.mark.parametrize(
    ("has", "own", "ends", "says"),
    [
        pytest.param((FOREIGN, ONE), (ONE,), "updated", (FOREIGN, V4), id="ours-is-changed"),
        pytest.param((FOREIGN, ONE), (TWO, ONE), "updated", (FOREIGN, V4), id="one-that-may-have-arrived-is-ours"),
        pytest.param((FOREIGN, ONE), (TWO,), "refused", (FOREIGN, ONE), id="none-of-them-is-ours"),
        pytest.param((FOREIGN, V4), (ONE,), "unchanged", (FOREIGN, V4), id="said-already"),
        pytest.param((FOREIGN, V4, ONE), (ONE,), "unchanged", (FOREIGN, V4, ONE), id="said-already-by-another"),
        pytest.param((FOREIGN,), (ONE,), "updated", (V4,), id="the-only-one-is-taken-for-ours"),
        pytest.param((), (ONE,), "updated", (V4,), id="ours-was-deleted"),
    ],
)
def test_one_value_beside_those_of_others(
    fake: CloudflareFake, has: tuple[str, ...], own: tuple[str, ...], ends: str, says: tuple[str, ...]
) -> None:
    for address in has:
        fake.record(HOME, address)
    said = run(fake, target()._replace(own=own))
    assert (said.kinds, tuple(fake.says(HOME))) == ([ends], says)


def test_the_ttl_of_ours_among_several_is_kept_up(fake: CloudflareFake) -> None:
    fake.record(HOME, FOREIGN)
    fake.record(HOME, V4)
    assert run(fake, Target(HOME, 4, V4, 120, own=(V4,))).kinds == ["updated"]
    assert fake.bodies == [{"ttl": 120}]


@pytest.mark.parametrize(
    ("has", "own", "ends", "says"),
    [
        pytest.param((), (), "updated", (V4,), id="the-first"),
        pytest.param((FOREIGN,), (), "updated", (FOREIGN, V4), id="beside-the-only-one"),
        pytest.param((FOREIGN, ONE), (ONE,), "updated", (FOREIGN, V4), id="in-place-of-ours"),
        pytest.param((FOREIGN, V4), (), "unchanged", (FOREIGN, V4), id="there-already"),
        pytest.param((FOREIGN, V4, ONE), (ONE,), "updated", (FOREIGN, V4), id="there-already-and-ours-goes"),
        pytest.param((FOREIGN,), (ONE,), "updated", (FOREIGN, V4), id="ours-was-deleted"),
    ],
)
def test_one_value_for_each_uplink(
    fake: CloudflareFake, has: tuple[str, ...], own: tuple[str, ...], ends: str, says: tuple[str, ...]
) -> None:
    for address in has:
        fake.record(HOME, address)
    said = run(fake, target()._replace(own=own, each=True))
    assert (said.kinds, tuple(fake.says(HOME))) == ([ends], says)


@pytest.mark.parametrize(
    ("has", "ends", "says", "words"),
    [
        pytest.param((FOREIGN, ONE, V4), "updated", (FOREIGN, ONE), "no longer says", id="goes"),
        pytest.param((FOREIGN, ONE), "unchanged", (FOREIGN, ONE), "does not say", id="gone-already"),
        pytest.param((FOREIGN, V4), "busy", (FOREIGN, V4), "no other value of ours yet", id="a-foreign-one-is-not-enough"),
        pytest.param((V4,), "busy", (V4,), "no other value of ours yet", id="never-the-last"),
    ],
)
def test_a_value_is_withdrawn_while_another_stays(
    fake: CloudflareFake, has: tuple[str, ...], ends: str, says: tuple[str, ...], words: str
) -> None:
    for address in has:
        fake.record(HOME, address)
    said = run(fake, target()._replace(each=True, own=(V4,), beside=(ONE, TWO)))
    assert (said.kinds, tuple(fake.says(HOME))) == ([ends], says)
    assert words in said.verdicts[HOME, 4].detail


def outcomes(fake: CloudflareFake, *targets: Target) -> list[str]:
    """The verdicts of several values of one name."""
    own = job(*targets)
    return [outcome.verdict.kind for outcome in wire.converse(cloudflare.PROVIDER.dialogue(own), targets, over(fake))]


def test_several_values_of_one_name_in_one_job(fake: CloudflareFake) -> None:
    """Each step sees what the one before it made of the name, from one listing."""
    fake.record(HOME, FOREIGN)
    one, two, three = (target(address=address)._replace(each=True) for address in (ONE, TWO, THREE))
    assert outcomes(fake, one, two) == ["updated", "updated"]
    assert fake.says(HOME) == [FOREIGN, ONE, TWO]
    gone = one._replace(own=(ONE,), beside=(THREE,))
    assert outcomes(fake, three._replace(own=(TWO,)), gone) == ["updated", "updated"]
    assert fake.says(HOME) == [FOREIGN, THREE]
    assert fake.counts["GET dns_records"] == 2


def test_a_value_is_not_withdrawn_when_the_other_was_refused(fake: CloudflareFake) -> None:
    fake.record(HOME, ONE)
    fake.quota = 1
    two = target(address=TWO)._replace(each=True)
    assert outcomes(fake, two, target(address=ONE)._replace(each=True, own=(ONE,), beside=(TWO,))) == ["refused", "busy"]
    assert fake.says(HOME) == [ONE]


def test_a_value_that_somebody_deletes_meanwhile_is_withdrawn(fake: CloudflareFake) -> None:
    fake.record(HOME, TWO)
    record = fake.record(HOME, ONE)
    ask = over(fake)

    def send(request: Request) -> Answer:
        if request.method == "DELETE":
            fake.records.remove(record)
        return ask(request)

    gone = target(address=ONE)._replace(each=True, own=(ONE,), beside=(TWO,))
    said = talk(job(gone), cloudflare.PROVIDER, send)
    assert (said.kinds, methods(said)[-2:]) == (["unchanged"], ["DELETE", "GET"])


def test_a_value_that_somebody_else_creates_meanwhile_takes_the_place_of_ours(fake: CloudflareFake) -> None:
    fake.record(HOME, ONE)
    ask = over(fake)

    def send(request: Request) -> Answer:
        if request.method == "PATCH":
            fake.record(HOME, V4)
        return ask(request)

    said = talk(job(target()._replace(each=True, own=(ONE,))), cloudflare.PROVIDER, send)
    assert (said.kinds, fake.says(HOME)) == (["updated"], [V4])


def test_a_create_whose_answer_names_no_record_is_not_believed(fake: CloudflareFake) -> None:
    ask = over(fake)

    def send(request: Request) -> Answer:
        answer = ask(request)
        return (
            Answer(200, {}, json.dumps({"success": True, "result": {"content": V4}}).encode())
            if request.method == "POST"
            else answer
        )

    assert talk(job(target()), cloudflare.PROVIDER, send).kinds == ["garbled"]
