"""Vultr: what is sent, cursors, empty answers, one TTL for all values of a name, the list of source addresses."""

import json

import pytest

from edge_agent.providers.vultr import PROVIDER
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.vultr import CASE, KEY, VultrFake
from tests.fakes.zones import filled, over
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk

OLD = "198.51.100.1"


@pytest.fixture
def fake() -> VultrFake:
    made = filled(VultrFake)
    assert isinstance(made, VultrFake)
    return made


def run(fake: VultrFake, *targets: Target) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, targets or (Target(HOME, 4, V4),)), PROVIDER, over(fake))


def sent(said: Talk) -> list[tuple[str, str, object]]:
    assert all(("Authorization", f"Bearer {KEY}") in request.headers for request in said.requests)
    return [
        (request.method, request.url.removeprefix(PROVIDER.server), json.loads(request.body) if request.body else None)
        for request in said.requests
    ]


def error(words: str, status: int, **headers: str) -> Answer:
    return Answer(status, headers, json.dumps({"error": words, "status": status}).encode())


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_a_record_is_created(fake: VultrFake) -> None:
    assert sent(run(fake)) == [
        ("GET", "/domains/home.example.com", None),
        ("GET", "/domains/example.com", None),
        ("GET", "/domains/example.com/records?per_page=100", None),
        ("POST", "/domains/example.com/records", {"type": "A", "name": "home", "data": V4}),
    ]


def test_a_change_says_the_address_alone_and_its_answer_is_empty(fake: VultrFake) -> None:
    row = fake.record(HOME, OLD, ttl=900)
    said = run(fake)
    assert said.kinds == ["updated"]
    assert sent(said)[-1] == ("PATCH", f"/domains/example.com/records/{row['id']}", {"data": V4})
    assert (row["value"], row["ttl"]) == (V4, 900)


def test_the_apex_has_no_name(fake: VultrFake) -> None:
    row = fake.record("example.com", OLD)
    said = run(fake, Target("example.com", 4, V4, 600), Target("example.com", 6, V6, 600))
    assert sent(said)[-2:] == [
        ("PATCH", f"/domains/example.com/records/{row['id']}", {"data": V4, "ttl": 600}),
        ("POST", "/domains/example.com/records", {"type": "AAAA", "name": "", "data": V6, "ttl": 600}),
    ]


def test_a_value_beside_others_has_their_ttl(fake: VultrFake) -> None:
    fake.record(HOME, OLD, ttl=900)
    said = run(fake, Target(HOME, 4, V4, each=True))
    assert said.kinds == ["updated"]
    assert sent(said)[-1][2] == {"type": "A", "name": "home", "data": V4, "ttl": 900}


def test_a_ttl_that_the_others_do_not_have_is_refused(fake: VultrFake) -> None:
    fake.record(HOME, OLD, ttl=900)
    said = run(fake, Target(HOME, 4, V4, 600, each=True))
    assert said.kinds == ["refused"]
    assert said.verdicts[HOME, 4].detail == "HTTP 400: Invalid TTL."
    assert fake.says(HOME) == [OLD]


def test_one_of_several_is_deleted_by_its_id(fake: VultrFake) -> None:
    row = fake.record(HOME, OLD)
    fake.record(HOME, V4)
    said = run(fake, Target(HOME, 4, OLD, own=(OLD,), each=True, beside=(V4,)))
    assert said.kinds == ["updated"]
    assert sent(said)[-1] == ("DELETE", f"/domains/example.com/records/{row['id']}", None)


# --- listings --------------------------------------------------------------------------------------------------------


def page(next_: object, *records: dict[str, object]) -> Answer:
    return Answer(200, {}, json.dumps({"records": records, "meta": {"total": 9, "links": {"next": next_}}}).encode())


def answered(*answers: Answer) -> Talk:
    """Run one name against these answers, after that to the question for its zone; the last is repeated."""
    left = iter((Answer(200, {}, b'{"domain":{"domain":"example.com"}}'), *answers))
    targets = [Target(HOME, 4, V4, zone="example.com")]
    return talk(job_for(PROVIDER, CASE.credentials, targets), PROVIDER, lambda request: next(left, answers[-1]))


def test_a_cursor_is_followed_and_encoded() -> None:
    record: dict[str, object] = {"id": "x", "type": "A", "name": "home", "data": V4, "ttl": 300}
    said = answered(page("bmV4dA+/=="), page("", record))
    assert said.kinds == ["unchanged"]
    assert said.requests[-1].url.endswith("/records?per_page=100&cursor=bmV4dA%2B%2F%3D%3D")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(
            page("same"), "the listing does not end: more than 10000 entries, or 400 pages", id="a-cursor-that-never-ends"
        ),
        pytest.param(Answer(200, {}, b'{"records":[]}'), "the answer has no meta.links that makes sense", id="no-cursor"),
        pytest.param(Answer(200, {}, b"[]"), "the answer has no records that makes sense", id="no-object"),
        pytest.param(page("", {"type": "A", "name": "home"}), "an entry of the listing has no id", id="no-id"),
    ],
)
def test_half_a_listing_is_none(answer: Answer, words: str) -> None:
    said = answered(answer)
    assert (said.kinds, said.verdicts[HOME, 4].detail) == (["garbled"], words)


def test_a_record_of_the_same_name_elsewhere_or_of_another_type_is_not_ours() -> None:
    other: list[dict[str, object]] = [
        {"id": "1", "type": "TXT", "name": "home", "data": V4},
        {"id": "2", "type": "A", "name": None},
    ]
    said = answered(page("", *other), error("Quota.", 400))
    assert [request.method for request in said.requests][:3] == ["GET", "GET", "POST"]


# --- answers ---------------------------------------------------------------------------------------------------------


def test_an_address_that_is_not_allowed(fake: VultrFake) -> None:
    fake.locked_out = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"
    said = run(fake, Target(HOME, 4, V4), Target("nas.example.com", 4, V4))
    verdict = said.verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, len(said.requests)) == ("refused", "account", 1)
    assert verdict.detail == (
        "HTTP 401: Unauthorized IP address: 2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff; allow all addresses in Vultr's API settings"
    )


@pytest.mark.parametrize(
    ("answer", "meant", "words"),
    [
        pytest.param(error("Invalid API token.", 401), ("refused", "account", None), "HTTP 401: Invalid API token.", id="key"),
        pytest.param(error("Forbidden", 403), ("refused", "account", None), "HTTP 403: Forbidden", id="permission"),
        pytest.param(
            error("Your IP (192.0.2.1) is not authorized to use this API key", 403),
            ("refused", "account", None),
            "HTTP 403: Your IP (192.0.2.1) is not authorized to use this API key; allow all addresses in Vultr's API settings",
            id="source-address-in-other-words",
        ),
        pytest.param(error("Unprocessable", 422), ("refused", "record", None), "HTTP 422: Unprocessable", id="422"),
        pytest.param(error("Rate limit reached", 429), ("busy", "account", None), "HTTP 429: Rate limit reached", id="throttled"),
        pytest.param(
            error("Rate limit reached", 429, **{"retry-after": "3"}),
            ("busy", "account", 3.0),
            "HTTP 429: Rate limit reached",
            id="throttled-for-a-time",
        ),
        pytest.param(error("Down", 500), ("busy", "account", None), "HTTP 500: Down", id="500"),
        pytest.param(Answer(418, {}, b'["IP"]'), ("refused", "record", None), 'HTTP 418: ["IP"]', id="no-object"),
        pytest.param(error("Invalid domain.", 400), ("refused", "record", None), "", id="no-such-domain-400"),
        pytest.param(error("Invalid domain.", 404), ("refused", "record", None), "", id="no-such-domain"),
        pytest.param(
            Answer(200, {}, b"{}"), ("garbled", "record", None), "the answer has no domain.domain that makes sense", id="empty"
        ),
    ],
)
def test_answers(answer: Answer, meant: tuple[str, str, float | None], words: str) -> None:
    said = talk(job_for(PROVIDER, CASE.credentials, [Target(HOME, 4, V4, zone="example.com")]), PROVIDER, always(answer))
    verdict = said.verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == meant
    assert verdict.detail == (
        words or "no zone for home.example.com: it is not in this account, or its user's permission to manage DNS is missing"
    )


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_page_is_no_success(fake: VultrFake, method: str) -> None:
    if method != "POST":
        fake.record(HOME, OLD)
    if method == "DELETE":
        fake.record(HOME, V4)

    def send(request: Request) -> Answer:
        return over(fake)(request) if request.method == "GET" else Answer(200, {}, b"<html>Welcome</html>")

    target = Target(HOME, 4, OLD, own=(OLD,), each=True, beside=(V4,)) if method == "DELETE" else Target(HOME, 4, V4)
    said = talk(job_for(PROVIDER, CASE.credentials, [target]), PROVIDER, send)
    assert (said.kinds, said.requests[-1].method) == (["busy"], method)
