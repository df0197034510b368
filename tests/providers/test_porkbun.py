"""Porkbun: keys in the body, codes and the words of older answers, what stands in the way of an address, what a change keeps."""

import json

import pytest

from edge_agent.providers.porkbun import PROVIDER
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.porkbun import KEYS, PorkbunFake
from tests.fakes.zones import filled, over
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk

OLD = "198.51.100.1"


@pytest.fixture
def fake() -> PorkbunFake:
    made = filled(PorkbunFake)
    assert isinstance(made, PorkbunFake)
    return made


def run(fake: PorkbunFake, *targets: Target) -> Talk:
    return talk(job_for(PROVIDER, KEYS, targets or (Target(HOME, 4, V4),)), PROVIDER, over(fake))


def sent(said: Talk) -> list[tuple[str, dict[str, str]]]:
    """Return path and body of each request, without the keys, which must be there."""
    found = []
    for request in said.requests:
        fields = json.loads(request.body)
        assert {name: fields.pop(name) for name in KEYS} == KEYS
        assert request.method == "POST"
        assert not any(value in f"{request.url} {request.headers}" for value in KEYS.values())
        found.append((request.url.removeprefix(PROVIDER.server), fields))
    return found


def error(code: str = "", message: str = "No.", status: int = 400, **more: object) -> Answer:
    fields = {"status": "ERROR", "message": message} | ({"code": code} if code else {}) | more
    return Answer(status, {}, json.dumps(fields).encode())


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_a_record_is_created(fake: PorkbunFake) -> None:
    assert sent(run(fake)) == [
        ("/dns/retrieveByNameType/home.example.com/A", {}),
        ("/dns/retrieveByNameType/example.com/A", {}),
        ("/dns/retrieveByNameType/example.com/A/home", {}),
        ("/dns/create/example.com", {"name": "home", "type": "A", "content": V4}),
    ]


def test_a_change_says_everything_again_but_the_notes(fake: PorkbunFake) -> None:
    row = fake.record(HOME, OLD, ttl=1800, notes="the box in the attic")
    assert sent(run(fake))[-1] == (
        f"/dns/edit/example.com/{row['id']}",
        {"name": "home", "type": "A", "content": V4, "ttl": "1800"},
    )
    assert (row["name"], row["value"], row["ttl"], row["notes"]) == (HOME, V4, 1800, "the box in the attic")


def test_the_apex_and_a_wildcard(fake: PorkbunFake) -> None:
    fake.record("example.com", OLD)
    asked = sent(run(fake, Target("example.com", 4, V4), Target("*.example.com", 6, V6, 900)))
    assert [fields.get("name") for path, fields in asked if "retrieve" not in path] == ["", "*"]
    assert asked[-2:] == [
        ("/dns/retrieveByNameType/example.com/AAAA/*", {}),
        ("/dns/create/example.com", {"name": "*", "type": "AAAA", "content": V6, "ttl": "900"}),
    ]


def test_one_of_several_is_deleted_by_its_id(fake: PorkbunFake) -> None:
    row = fake.record(HOME, OLD)
    fake.record(HOME, V4)
    said = run(fake, Target(HOME, 4, OLD, own=(OLD,), each=True, beside=(V4,)))
    assert said.kinds == ["updated"]
    assert sent(said)[-1] == (f"/dns/delete/example.com/{row['id']}", {})


# --- what stands in the way ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codes", [True, False], ids=["codes", "words"])
@pytest.mark.parametrize(
    ("name", "type_"),
    [
        pytest.param("example.com", "ALIAS", id="a-new-domain"),
        pytest.param("*.example.com", "CNAME", id="a-new-domain's-wildcard"),
        pytest.param(HOME, "CNAME", id="a-name"),
    ],
)
def test_the_parking_records_are_named(fake: PorkbunFake, name: str, type_: str, codes: bool) -> None:  # noqa: FBT001
    fake.codes = codes
    fake.record(name, "pixie.porkbun.com", type=type_)
    said = run(fake, Target(name, 4, V4))
    verdict = said.verdicts[name, 4]
    assert (verdict.kind, verdict.scope) == ("refused", "record")
    assert verdict.detail == (
        f"{name} has the {type_} record pixie.porkbun.com, and no address may stand beside it: delete it first"
    )
    assert fake.says(name, type_) == ["pixie.porkbun.com"]


def test_a_refusal_without_a_known_cause(fake: PorkbunFake) -> None:
    said = run(fake, Target(HOME, 4, V4, 60))
    verdict = said.verdicts[HOME, 4]
    assert (verdict.kind, verdict.patience) == ("refused", 3)
    assert verdict.detail == "HTTP 400: Create error: We were unable to create the DNS record."


def test_a_domain_without_api_access(fake: PorkbunFake) -> None:
    fake.shut.add("example.com")
    said = run(fake)
    assert said.kinds == ["refused"]
    detail = said.verdicts[HOME, 4].detail
    assert detail == (
        "no zone for home.example.com: it is not in this account, or its API access "
        "(switch it on in Porkbun's Domain Management, under Details) is missing"
    )


@pytest.mark.parametrize("codes", [True, False], ids=["codes", "words"])
def test_an_id_that_is_gone_and_a_value_that_is_there(fake: PorkbunFake, codes: bool) -> None:  # noqa: FBT001
    fake.codes = codes
    row = fake.record(HOME, OLD)
    fake.meanwhile = lambda: fake.records.remove(row)
    assert run(fake).kinds == ["updated"]
    assert fake.says(HOME) == [V4]


def test_an_edit_that_changes_nothing_any_more(fake: PorkbunFake) -> None:
    """An older answer says "Edit error" where somebody else was faster."""
    row = fake.record(HOME, OLD)

    def send(request: Request) -> Answer:
        if "/dns/edit/" in request.url:
            row["value"] = V4
        return over(fake)(request)

    said = talk(job_for(PROVIDER, KEYS, [Target(HOME, 4, V4)]), PROVIDER, send)
    assert said.kinds == ["unchanged"]
    assert "/dns/edit/" in said.requests[-2].url


# --- answers ---------------------------------------------------------------------------------------------------------

REFUSED, ACCOUNT, BUSY = ("refused", "record"), ("refused", "account"), ("busy", "account")


@pytest.mark.parametrize(
    ("answer", "meant", "wait_for"),
    [
        pytest.param(error("INVALID_API_KEYS_001"), ACCOUNT, None, id="keys"),
        pytest.param(error("INVALID_API_KEYS_002"), ACCOUNT, None, id="keys-002"),
        pytest.param(error("API_KEY_REQUIRED"), ACCOUNT, None, id="no-key"),
        pytest.param(error("INVALID_TOKEN"), ACCOUNT, None, id="token"),
        pytest.param(error("INVALID_USER"), ACCOUNT, None, id="user"),
        pytest.param(error("INVALID_PROTOCOL"), ACCOUNT, None, id="not-https"),
        pytest.param(error("IP_NOT_ALLOWED", status=403), ACCOUNT, None, id="source-address"),
        pytest.param(error(message="Two-factor code required.", status=403), ACCOUNT, None, id="two-factor"),
        pytest.param(error(message="Log in.", status=401), ACCOUNT, None, id="401"),
        pytest.param(error(message="Invalid API key. (002)"), ACCOUNT, None, id="keys-in-words"),
        pytest.param(error("INVALID_API_KEYS_001", status=200), ACCOUNT, None, id="keys-inside-200"),
        pytest.param(error("INVALID_DOMAIN"), REFUSED, None, id="domain"),
        pytest.param(error(message="Invalid domain."), REFUSED, None, id="domain-in-words"),
        pytest.param(error("DOMAIN_NOT_FOUND", status=404), REFUSED, None, id="domain-404"),
        pytest.param(error("DOMAIN_NOT_ALLOWED", status=403), REFUSED, None, id="a-key-for-other-domains"),
        pytest.param(error("SOMETHING_NEW"), REFUSED, None, id="unknown-code"),
        pytest.param(error("ZONE_RECORD_LIMIT", status=200), REFUSED, None, id="limit-inside-200"),
        pytest.param(error(message="Something else.", status=200), REFUSED, None, id="words-inside-200"),
        pytest.param(error("RATE_LIMIT_EXCEEDED", status=429, ttlRemaining=7), BUSY, 7.0, id="throttled"),
        pytest.param(error("RATE_LIMIT_EXCEEDED", ttlRemaining=-5), BUSY, 0.0, id="throttled-by-code-alone"),
        pytest.param(error("RATE_LIMIT_EXCEEDED", status=429, ttlRemaining="soon"), BUSY, None, id="throttled-without-a-number"),
        pytest.param(error(status=503), BUSY, None, id="503"),
        pytest.param(error("INVALID_API_KEYS_001", status=500), BUSY, None, id="500-says-nothing-about-keys"),
        pytest.param(Answer(403, {}, b"<html>403 Forbidden</html>"), BUSY, None, id="the-load-balancer"),
        pytest.param(Answer(200, {}, b'{"records": []}'), ("garbled", "record"), None, id="no-status"),
        pytest.param(Answer(200, {}, b"[]"), ("garbled", "record"), None, id="no-object"),
        pytest.param(Answer(200, {}, b'{"status": "SUCCESS"}'), ("garbled", "record"), None, id="no-records"),
        pytest.param(error(message="", code="", status=200, messages=[1]), REFUSED, None, id="nothing-said"),
        pytest.param(Answer(400, {}, b'{"status":"ERROR","code":["x"],"message":3}'), REFUSED, None, id="odd-types"),
    ],
)
def test_answers(answer: Answer, meant: tuple[str, str], wait_for: float | None) -> None:
    said = talk(job_for(PROVIDER, KEYS, [Target(HOME, 4, V4, zone="example.com")]), PROVIDER, always(answer))
    verdict = said.verdicts[HOME, 4]
    assert ((verdict.kind, verdict.scope), verdict.wait_for) == (meant, wait_for)
    assert meant != ACCOUNT or len(said.requests) == 1


@pytest.mark.parametrize(
    ("code", "scope", "patience"),
    [
        *[(code, "account", 1) for code in ("MISSING_APIKEY", "MISSING_SECRETAPIKEY", "IP_NOT_ALLOWED")],
        *[(code, "record", 1) for code in ("INVALID_TYPE", "RECORD_CONFLICT", "ZONE_RECORD_LIMIT")],
        ("SOMETHING_NEW", "record", 3),
    ],
)
def test_codes_at_a_creation(fake: PorkbunFake, code: str, scope: str, patience: int) -> None:
    def send(request: Request) -> Answer:
        return error(code) if "/dns/create/" in request.url else over(fake)(request)

    verdict = talk(job_for(PROVIDER, KEYS, [Target(HOME, 4, V4)]), PROVIDER, send).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.patience) == ("refused", scope, patience)
    assert verdict.detail == f"HTTP 400: {code}: No."


@pytest.mark.parametrize(("code", "status"), [("DOMAIN_NOT_FOUND", 404), ("DOMAIN_NOT_ALLOWED", 403), ("INVALID_DOMAIN", 400)])
def test_a_zone_that_is_elsewhere(fake: PorkbunFake, code: str, status: int) -> None:
    def send(request: Request) -> Answer:
        return error(code, status=status) if "/home.example.com/" in request.url else over(fake)(request)

    assert talk(job_for(PROVIDER, KEYS, [Target(HOME, 4, V4)]), PROVIDER, send).kinds == ["updated"]


def test_a_key_in_an_answer_is_not_repeated() -> None:
    answer = error("INVALID_USER", f"Who is {KEYS['apikey']} with {KEYS['secretapikey']}?")
    said = talk(job_for(PROVIDER, KEYS, [Target(HOME, 4, V4)]), PROVIDER, always(answer))
    assert said.verdicts[HOME, 4].detail == "HTTP 400: INVALID_USER: Who is *** with ***?"


@pytest.mark.parametrize("entry", [{"id": "7"}, {"name": 5, "id": "7"}, {"type": "A", "name": "www.example.com", "id": "7"}])
def test_records_of_other_names_are_not_ours(entry: dict[str, object]) -> None:
    listing = Answer(200, {}, json.dumps({"status": "SUCCESS", "id": 8, "records": [entry]}).encode())
    said = talk(job_for(PROVIDER, KEYS, [Target(HOME, 4, V4, zone="example.com")]), PROVIDER, always(listing))
    assert "/dns/create/" in said.requests[-1].url
