"""Name.com: what is sent, whole records, pages by number, the older version that leaves out what is empty, when to come again."""

import base64
import json

import pytest

from edge_agent.providers.namecom import PROVIDER
from edge_agent.wire import Answer, Request, Target, converse
from tests.fakes.apis.namecom import CASE, TOKEN, USER, NameComFake
from tests.fakes.zones import NOW, filled, over
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk

OLD = "198.51.100.1"
V4_SERVER = "https://api.name.com/v4"


@pytest.fixture
def fake() -> NameComFake:
    made = filled(NameComFake)
    assert isinstance(made, NameComFake)
    return made


def run(fake: NameComFake, *targets: Target, server: str = PROVIDER.server) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, targets or (Target(HOME, 4, V4),), server=server), PROVIDER, over(fake))


def sent(said: Talk) -> list[tuple[str, str, object]]:
    login = "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
    for request in said.requests:
        headers = dict(request.headers)
        assert headers.pop("Authorization") == login
        assert set(headers) - {"Content-Type"} == {"User-Agent", "Accept"}
    return [
        (request.method, request.url.removeprefix(PROVIDER.server), json.loads(request.body) if request.body else None)
        for request in said.requests
    ]


def error(message: str, status: int, details: str = "", **headers: str) -> Answer:
    return Answer(status, headers, json.dumps({"message": message, "details": details}).encode())


def until(status: int, reset_at: int, retry_after: str = "") -> Answer:
    more = {"retry-after": retry_after} if retry_after else {}
    return error("Limit", status, **{"x-ratelimit-reset": str(reset_at)} | more)


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_a_record_is_created(fake: NameComFake) -> None:
    assert sent(run(fake)) == [
        ("GET", "/domains/home.example.com", None),
        ("GET", "/domains/example.com", None),
        ("GET", "/domains/example.com/records?perPage=100", None),
        ("POST", "/domains/example.com/records", {"host": "home", "type": "A", "answer": V4, "ttl": 300}),
    ]


def test_a_change_says_the_whole_record(fake: NameComFake) -> None:
    row = fake.record(HOME, OLD, ttl=1800)
    path = f"/domains/example.com/records/{row['id']}"
    assert sent(run(fake))[-1] == ("PUT", path, {"host": "home", "type": "A", "answer": V4, "ttl": 1800})
    wished = run(fake, Target(HOME, 4, OLD, 600))
    assert sent(wished)[-1] == ("PUT", path, {"host": "home", "type": "A", "answer": OLD, "ttl": 600})
    assert (row["name"], row["value"], row["ttl"]) == (HOME, OLD, 600)


def test_the_apex_has_no_name(fake: NameComFake) -> None:
    row = fake.record("example.com", OLD)
    said = run(fake, Target("example.com", 4, V4), Target("example.com", 6, V6))
    assert sent(said)[-2:] == [
        ("PUT", f"/domains/example.com/records/{row['id']}", {"host": "", "type": "A", "answer": V4, "ttl": 300}),
        ("POST", "/domains/example.com/records", {"host": "", "type": "AAAA", "answer": V6, "ttl": 300}),
    ]


def test_one_of_several_is_deleted_by_its_id(fake: NameComFake) -> None:
    row = fake.record(HOME, OLD)
    fake.record(HOME, V4)
    for server in (PROVIDER.server, V4_SERVER):
        said = run(fake, Target(HOME, 4, OLD, own=(OLD,), each=True, beside=(V4,)), server=server)
        assert said.kinds == ["updated"]
        assert said.requests[-1].method == "DELETE"
        assert said.requests[-1].url == f"{server}/domains/example.com/records/{row['id']}"
        row = fake.record(HOME, OLD)


@pytest.mark.parametrize(("name", "type_"), [("example.com", "ANAME"), (HOME, "CNAME")])
def test_a_name_that_stands_for_another_one(fake: NameComFake, name: str, type_: str) -> None:
    fake.record(name, "elsewhere.example.net", type=type_)
    said = run(fake, Target(name, 4, V4), Target("nas.example.com", 4, V4))
    assert said.kinds == ["refused", "updated"]
    assert said.verdicts[name, 4].detail == (
        f"{name} has the {type_} record elsewhere.example.net, and no address may stand beside it: delete it first"
    )
    assert len(fake.changes) == 1


# --- the older version -----------------------------------------------------------------------------------------------


def test_the_older_version_leaves_out_what_is_empty(fake: NameComFake) -> None:
    fake.record("example.com", OLD)
    said = run(fake, Target("example.com", 4, V4), Target(HOME, 4, V4), Target("example.com", 6, V6), server=V4_SERVER)
    assert said.kinds == ["updated"] * 3
    assert (fake.says("example.com"), fake.says(HOME), fake.says("example.com", "AAAA")) == ([V4], [V4], [V6])


def test_an_empty_zone_of_the_older_version_says_nothing(fake: NameComFake) -> None:
    fake.records.clear()
    assert (run(fake, server=V4_SERVER).kinds, fake.says(HOME)) == (["updated"], [V4])


# --- listings --------------------------------------------------------------------------------------------------------


def answered(*answers: Answer) -> Talk:
    """Run one name against these answers, after that to the question for its zone; the last is repeated."""
    left = iter((Answer(200, {}, b'{"domainName":"example.com"}'), *answers))
    job = job_for(PROVIDER, CASE.credentials, [Target(HOME, 4, V4, zone="example.com")])
    return talk(job, PROVIDER, lambda request: next(left, answers[-1]))


def test_the_page_that_is_named_is_the_next() -> None:
    last = Answer(200, {}, b'{"records":[{"id":7,"type":"A","host":"HOME","answer":"203.0.113.7","ttl":300}],"nextPage":0}')
    said = answered(Answer(200, {}, b'{"records":[],"nextPage":5,"lastPage":9}'), last)
    assert said.kinds == ["unchanged"]
    assert said.requests[-1].url.endswith("/records?perPage=100&page=5")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(
            b'{"records":[],"nextPage":2}', "the listing does not end: more than 10000 entries, or 400 pages", id="no-last-page"
        ),
        pytest.param(b'{"nextPage":2}', "the answer has no records that makes sense", id="no-records"),
        pytest.param(b"[]", "the answer has no records that makes sense", id="no-object"),
        pytest.param(b'{"records":[{"type":"A","host":"home"}]}', "an entry of the listing has no id", id="no-id"),
    ],
)
def test_half_a_listing_is_none(body: bytes, words: str) -> None:
    said = answered(Answer(200, {}, body))
    assert (said.kinds, said.verdicts[HOME, 4].detail) == (["garbled"], words)


def test_a_zone_that_could_not_be_read_again(fake: NameComFake) -> None:
    """After a listing that failed nothing of the zone is known; what was seen of another name before still counts."""
    row = fake.record("nas.example.com", OLD)
    asked: list[Request] = []

    def send(request: Request) -> Answer:
        asked.append(request)
        if request.method == "PUT":
            return error("Not Found", 404)
        if "records?" in request.url and sum("records?" in one.url for one in asked) == 2:
            return error("Bad Request", 400)
        return over(fake)(request)

    own = [Target(HOME, 4, V4, each=True), Target("nas.example.com", 4, V4), Target(HOME, 4, OLD, each=True)]
    job = job_for(PROVIDER, CASE.credentials, own)
    kinds = [outcome.verdict.kind for outcome in converse(PROVIDER.dialogue(job), job.targets, send)]
    assert kinds == ["updated", "refused", "updated"]
    assert (fake.says(HOME), row["value"]) == ([V4, OLD], OLD)


@pytest.mark.parametrize("status", [400, 404, 409])
def test_what_is_refused_is_looked_at_again(fake: NameComFake, status: int) -> None:
    """Its answer to a value that exists already has no number of its own."""

    def send(request: Request) -> Answer:
        if request.method == "POST":
            fake.record(HOME, V4)
            return error("Duplicate", status)
        return over(fake)(request)

    assert talk(job_for(PROVIDER, CASE.credentials, [Target(HOME, 4, V4)]), PROVIDER, send).kinds == ["unchanged"]


# --- answers ---------------------------------------------------------------------------------------------------------

HINT = "; with two-step verification on, allow API access in its settings"


def test_two_step_verification(fake: NameComFake) -> None:
    fake.second_factor = True
    verdict = run(fake).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == ("refused", "account")
    assert verdict.detail.startswith(
        "HTTP 403: Permission Denied: Authentication Error - Account Has Namecom API Access Disabled; with"
    )


@pytest.mark.parametrize(
    ("answer", "meant", "words"),
    [
        pytest.param(error("Unauthorized", 401), ("refused", "account", None), "HTTP 401: Unauthorized", id="token"),
        pytest.param(
            error("Permission denied", 403, "Failed authentication"),
            ("refused", "account", None),
            f"HTTP 403: Permission denied: Failed authentication{HINT}",
            id="token-in-the-older-version",
        ),
        pytest.param(Answer(403, {}, b"nothing"), ("refused", "account", None), "HTTP 403: nothing", id="403-without-words"),
        pytest.param(error("Conflict", 409, "Exists"), ("refused", "record", None), "HTTP 409: Conflict: Exists", id="409"),
        pytest.param(error("Limit", 429), ("busy", "account", None), "HTTP 429: Limit", id="throttled"),
        pytest.param(
            error("Limit", 429, **{"x-ratelimit-reset": str(int(NOW) + 30)}),
            ("busy", "account", 30.0),
            "HTTP 429: Limit",
            id="throttled-until",
        ),
        pytest.param(
            error("Limit", 429, **{"x-ratelimit-reset": "12"}),
            ("busy", "account", 0.0),
            "HTTP 429: Limit",
            id="throttled-until-long-ago",
        ),
        pytest.param(
            error("Limit", 429, **{"x-ratelimit-reset": "9999999999"}),
            ("busy", "account", 86400.0),
            "HTTP 429: Limit",
            id="too-long",
        ),
        pytest.param(
            error("Limit", 429, **{"x-ratelimit-reset": "99", "retry-after": "7"}),
            ("busy", "account", 7.0),
            "HTTP 429: Limit",
            id="retry-after-comes-first",
        ),
        pytest.param(until(502, int(NOW) + 30), ("busy", "account", None), "HTTP 502: Limit", id="502-has-another-cause"),
    ],
)
def test_answers(answer: Answer, meant: tuple[str, str, float | None], words: str) -> None:
    said = talk(job_for(PROVIDER, CASE.credentials, [Target(HOME, 4, V4, zone="example.com")]), PROVIDER, always(answer))
    verdict = said.verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == meant
    assert verdict.detail == words


def test_the_login_is_not_repeated() -> None:
    answer = error(f"Who is {USER}:{TOKEN}, that is {base64.b64encode(f'{USER}:{TOKEN}'.encode()).decode()}?", 401)
    said = talk(job_for(PROVIDER, CASE.credentials, [Target(HOME, 4, V4)]), PROVIDER, always(answer))
    assert said.verdicts[HOME, 4].detail == "HTTP 401: Who is ***:***, that is ***?"
