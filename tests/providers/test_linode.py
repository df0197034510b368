"""Linode: the filter in a header, whole names and empty ones, TTLs in steps, domains that cannot be changed, its error list."""

import json

import pytest

from edge_agent.providers.linode import PROVIDER
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.linode import CASE, ROUND, LinodeFake
from tests.fakes.zones import filled, over
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk

OLD = "198.51.100.1"


@pytest.fixture
def fake() -> LinodeFake:
    made = filled(LinodeFake)
    assert isinstance(made, LinodeFake)
    return made


def run(fake: LinodeFake, *targets: Target) -> Talk:
    return talk(job_for(PROVIDER, CASE.credentials, targets or (Target(HOME, 4, V4),)), PROVIDER, over(fake))


def sent(said: Talk) -> list[tuple[str, str, object]]:
    """Return method, path and what the request says: in its filter, or in its body."""
    found = []
    for request in said.requests:
        rule = dict(request.headers).get("X-Filter", "")
        assert bool(rule) == (request.method == "GET")
        text = rule or request.body.decode()
        found.append((request.method, request.url.removeprefix(PROVIDER.server), json.loads(text) if text else None))
    return found


def error(status: int, *errors: object) -> Answer:
    return Answer(status, {}, json.dumps({"errors": list(errors)}).encode())


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_a_record_is_created(fake: LinodeFake) -> None:
    path = f"/domains/{fake.zones['example.com']}/records"
    assert sent(run(fake)) == [
        ("GET", "/domains?page_size=100", {"domain": "home.example.com"}),
        ("GET", "/domains?page_size=100", {"domain": "example.com"}),
        ("GET", f"{path}?page_size=100", {"+or": [{"type": "A"}, {"type": "AAAA"}]}),
        ("POST", path, {"type": "A", "name": "home", "target": V4}),
    ]


def test_a_zone_is_listed_once_for_all_its_names(fake: LinodeFake) -> None:
    said = run(fake, Target(HOME, 4, V4), Target(HOME, 6, V6), Target("nas.example.com", 4, V4))
    assert said.kinds == ["updated"] * 3
    assert sum("/records?" in request.url for request in said.requests) == 1


def test_the_apex_has_no_name(fake: LinodeFake) -> None:
    row = fake.record("example.com", OLD)
    said = run(fake, Target("example.com", 4, V4), Target("example.com", 6, V6, 300))
    path = f"/domains/{fake.zones['example.com']}/records"
    assert sent(said)[-2:] == [
        ("PUT", f"{path}/{row['id']}", {"name": "", "target": V4}),
        ("POST", path, {"type": "AAAA", "name": "", "target": V6, "ttl_sec": 300}),
    ]


def test_one_of_several_is_deleted_by_its_id(fake: LinodeFake) -> None:
    row = fake.record(HOME, OLD)
    fake.record(HOME, V4)
    said = run(fake, Target(HOME, 4, OLD, own=(OLD,), each=True, beside=(V4,)))
    assert said.kinds == ["updated"]
    assert sent(said)[-1] == ("DELETE", f"/domains/{fake.zones['example.com']}/records/{row['id']}", None)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        pytest.param(HOME, "home", id="label"),
        pytest.param(HOME, "Home.Example.com", id="whole-name"),
        pytest.param("example.com", "", id="apex"),
        pytest.param("example.com", "example.com", id="apex-by-name"),
        pytest.param("example.com", "@", id="apex-by-sign"),
        pytest.param("example.com", None, id="apex-as-null"),
    ],
)
def test_names_in_a_listing(name: str, label: str | None) -> None:
    """A record may be made with its whole name; it is the same record."""
    asked: list[Request] = []
    record = {"id": 7, "type": "A", "name": label, "target": V4, "ttl_sec": 0}
    answers = iter([[{"id": 5, "domain": "Example.com", "status": "active", "type": "master"}], [record]])

    def send(request: Request) -> Answer:
        asked.append(request)
        return Answer(200, {}, json.dumps({"data": next(answers), "page": 1, "pages": 1}).encode())

    said = talk(job_for(PROVIDER, CASE.credentials, [Target(name, 4, V4, zone="example.com")]), PROVIDER, send)
    assert said.kinds == ["unchanged"]
    assert len(asked) == 2


# --- TTLs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wished", "sent_ttl", "kept"),
    [
        pytest.param(30, 30, 30, id="least"),
        pytest.param(31, 120, 120, id="rounded-up"),
        pytest.param(300, 300, 300, id="a-step"),
        pytest.param(3601, 7200, 7200, id="an-hour-and-a-second"),
        pytest.param(2419200, 2419200, 2419200, id="most"),
        pytest.param(9999999, 2419200, 2419200, id="beyond"),
    ],
)
def test_a_ttl_goes_to_the_next_step_and_is_then_equal(fake: LinodeFake, wished: int, sent_ttl: int, kept: int) -> None:
    row = fake.record(HOME, OLD, ttl=14400)
    want = Target(HOME, 4, V4, wished)
    assert sent(run(fake, want))[-1][2] == {"name": "home", "target": V4, "ttl_sec": sent_ttl}
    assert row["ttl"] == kept
    assert run(fake, want).kinds == ["unchanged"]


def test_every_step_is_one(fake: LinodeFake) -> None:
    for step in ROUND[1:]:
        said = run(fake, Target(f"a{step}.example.com", 4, V4, step), Target(f"b{step}.example.com", 4, V4, step - 1))
        bodies = [body for method, _, body in sent(said) if method == "POST"]
        assert [body["ttl_sec"] for body in bodies if isinstance(body, dict)] == [step, step]


@pytest.mark.parametrize(("has", "more"), [(0, {}), (604800, {"ttl_sec": 604800}), (500, {"ttl_sec": 500})])
def test_a_ttl_that_nobody_speaks_of_is_said_again(fake: LinodeFake, has: int, more: dict[str, int]) -> None:
    fake.record(HOME, OLD, ttl=has)
    assert sent(run(fake))[-1][2] == {"name": "home", "target": V4} | more


# --- domains ---------------------------------------------------------------------------------------------------------


def test_a_disabled_domain(fake: LinodeFake) -> None:
    fake.status["example.com"] = "disabled"
    said = run(fake, Target(HOME, 4, V4), Target("home.other.example", 4, V4))
    assert said.kinds == ["refused", "updated"]
    assert said.verdicts[HOME, 4].detail == "the domain example.com is disabled at Linode: set its status to active"
    assert len(fake.changes) == 1


def test_a_copy_of_a_domain(fake: LinodeFake) -> None:
    fake.kind["example.com"] = "slave"
    said = run(fake)
    assert (said.kinds, fake.changes) == (["refused"], [])
    assert said.verdicts[HOME, 4].detail.endswith("is a copy of another server's: change its records there")


def test_a_filter_that_is_not_heeded_does_not_lead_astray(fake: LinodeFake) -> None:
    fake.record(HOME, OLD)
    fake.record(HOME, "text", type="TXT")

    def send(request: Request) -> Answer:
        return over(fake)(request._replace(headers=tuple(pair for pair in request.headers if pair[0] != "X-Filter")))

    assert talk(job_for(PROVIDER, CASE.credentials, [Target(HOME, 4, V4)]), PROVIDER, send).kinds == ["updated"]
    assert (fake.says(HOME), fake.says(HOME, "TXT"), fake.says("www.other.example")) == ([V4], ["text"], ["198.51.100.80"])


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "meant", "words"),
    [
        pytest.param(error(401, {"reason": "Invalid Token"}), ("refused", "account", None), "HTTP 401: Invalid Token", id="token"),
        pytest.param(error(403, {"reason": "Unauthorized"}), ("refused", "account", None), "HTTP 403: Unauthorized", id="scope"),
        pytest.param(error(404, {"reason": "Not found"}), ("refused", "record", None), "HTTP 404: Not found", id="gone"),
        pytest.param(
            error(400, {"reason": "Invalid", "field": "target"}, {"reason": "Too long", "field": "name"}),
            ("refused", "record", None),
            "HTTP 400: target: Invalid; name: Too long",
            id="fields",
        ),
        pytest.param(error(400, {}, 7, "x"), ("refused", "record", None), 'HTTP 400: {"errors": [{}, 7, "x"]}', id="odd-errors"),
        pytest.param(Answer(400, {}, b'{"errors":5}'), ("refused", "record", None), 'HTTP 400: {"errors":5}', id="no-list"),
        pytest.param(Answer(400, {}, b"[]"), ("refused", "record", None), "HTTP 400: []", id="no-object"),
        pytest.param(
            error(429, {"reason": "Too many requests"})._replace(headers={"retry-after": "9"}),
            ("busy", "account", 9.0),
            "HTTP 429: Too many requests",
            id="throttled",
        ),
        pytest.param(error(503, {"reason": "Maintenance"}), ("busy", "account", None), "HTTP 503: Maintenance", id="maintenance"),
        pytest.param(
            Answer(200, {}, b'{"data":[]}'), ("garbled", "record", None), "the answer has no pages that makes sense", id="pages"
        ),
        pytest.param(
            Answer(200, {}, b'{"data":[{"domain":"example.com"}],"pages":1}'),
            ("garbled", "record", None),
            "an entry of the listing has no id",
            id="no-id",
        ),
    ],
)
def test_answers(answer: Answer, meant: tuple[str, str, float | None], words: str) -> None:
    said = talk(job_for(PROVIDER, CASE.credentials, [Target(HOME, 4, V4, zone="example.com")]), PROVIDER, always(answer))
    verdict = said.verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == meant
    assert verdict.detail == words


def test_an_answer_that_repeats_no_address_is_no_success(fake: LinodeFake) -> None:
    def send(request: Request) -> Answer:
        return over(fake)(request) if request.method == "GET" else Answer(200, {}, b"[]")

    assert talk(job_for(PROVIDER, CASE.credentials, [Target(HOME, 4, V4)]), PROVIDER, send).kinds == ["garbled"]
