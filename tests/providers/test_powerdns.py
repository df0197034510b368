"""PowerDNS: what its sets, comments and disabled values need; its plain-text errors; the address that the user gives."""

import json
from collections.abc import Mapping

import pytest

from edge_agent.providers.powerdns import MOST, PROVIDER
from edge_agent.wire import Answer, Target
from tests.fakes.apis.powerdns import CASE, KEY, PowerDnsFake
from tests.fakes.zones import Refusal, over, said
from tests.providers.talk import HOME, V4, V6, Talk, always, job_for, talk, target

OLD, OTHER = "198.51.100.1", "198.51.100.2"


@pytest.fixture
def fake() -> PowerDnsFake:
    made = CASE.fake()
    assert isinstance(made, PowerDnsFake)
    return made


def run(fake: PowerDnsFake, *targets: Target, server: str = CASE.server, key: str = KEY, options: Mapping[str, str] = {}) -> Talk:
    return talk(job_for(PROVIDER, {"api_key": key}, targets, server=server, options=options), PROVIDER, over(fake))


def sent(fake: PowerDnsFake) -> list[object]:
    return [asked.json()["rrsets"][0] for asked in fake.changes if asked.method == "PATCH"]


def test_what_is_sent(fake: PowerDnsFake) -> None:
    fake.record(HOME, OLD, ttl=77)
    done = run(fake, target())
    base = f"{CASE.server}/api/v1/servers/localhost"
    assert [(request.method, request.url) for request in done.requests[1:]] == [
        ("GET", f"{base}/zones?zone=example.com."),
        ("GET", f"{base}/zones/example.com.?rrset_name={HOME}."),
        ("GET", f"{base}/search-data?q={HOME}&max=200&object_type=record"),
        ("PATCH", f"{base}/zones/example.com."),
    ]
    assert dict(done.requests[-1].headers)["X-API-Key"] == KEY
    records = [{"content": V4, "disabled": False}]
    assert sent(fake) == [{"name": f"{HOME}.", "type": "A", "ttl": 77, "changetype": "REPLACE", "records": records}]


@pytest.mark.parametrize("server", ["http://127.0.0.1:8081", "http://127.0.0.1:8081/", "http://127.0.0.1:8081/api/v1"])
def test_the_address_may_have_the_apis_root(fake: PowerDnsFake, server: str) -> None:
    assert run(fake, target(), server=server).kinds == ["updated"]


# --- what must survive -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "disabled", "says"),
    [
        pytest.param(HOME, (OTHER,), [V4, OTHER], id="a-disabled-value"),
        pytest.param("*.example.com", (OTHER,), [V4, OTHER], id="of-a-wildcard"),
        pytest.param(HOME, (OTHER, V4), [V4, OTHER], id="ours-was-disabled"),
    ],
)
def test_what_is_disabled_survives(fake: PowerDnsFake, name: str, disabled: tuple[str, ...], says: list[str]) -> None:
    fake.record(name, OLD)
    for address in disabled:
        fake.record(name, address, disabled=True)
    fake.record("x.example.com", "192.0.2.77", disabled=True)
    fake.record("alias.example.com", f"{HOME}.", type="CNAME")
    assert run(fake, target(name)).kinds == ["updated"]
    rows = [row for row in fake.records if row["name"] == name]
    assert ([row["value"] for row in rows], fake.says(name)) == (says, [V4])
    assert next(row for row in fake.records if row["name"] == "x.example.com")["disabled"]


def test_a_set_that_is_wholly_disabled_gets_a_value(fake: PowerDnsFake) -> None:
    fake.record(HOME, OTHER, disabled=True)
    fake.comments[HOME, "A"] = [{"content": "off till May", "account": "me", "modified_at": 1}]
    assert run(fake, target()).kinds == ["updated"]
    assert fake.says(HOME) == [V4]
    assert len(fake.comments[HOME, "A"]) == 1


def test_comments_are_not_sent_and_stay(fake: PowerDnsFake) -> None:
    fake.record(HOME, OLD)
    fake.comments[HOME, "A"] = kept = [{"content": "the box in the attic", "account": "me", "modified_at": 1}]
    assert run(fake, target()).kinds == ["updated"]
    assert fake.comments[HOME, "A"] is kept


def test_too_many_mention_the_name(fake: PowerDnsFake) -> None:
    for number in range(MOST):
        fake.record(f"alias{number}.example.com", f"{HOME}.", type="CNAME")
    done = run(fake, target())
    assert done.kinds == ["refused"]
    assert "disabled values cannot be seen" in done.verdicts[HOME, 4].detail
    assert fake.changes == []


@pytest.mark.parametrize(
    ("type_", "content", "ends"),
    [
        pytest.param("ALIAS", "elsewhere.example.", "refused", id="alias"),
        pytest.param("LUA", "A \"ifportup(443, {'192.0.2.1'})\"", "refused", id="lua"),
        pytest.param("LUA", "AAAA \"ifportup(443, {'2001:db8::1'})\"", "updated", id="lua-of-the-other-family"),
        pytest.param("MX", "10 mail.example.", "updated", id="mail"),
    ],
)
def test_what_makes_addresses_up_is_left_alone(fake: PowerDnsFake, type_: str, content: str, ends: str) -> None:
    fake.record(HOME, content, type=type_)
    done = run(fake, target())
    assert done.kinds == [ends]
    assert (f"type {type_}" in done.verdicts[HOME, 4].detail) == (ends == "refused")


@pytest.mark.parametrize("kind", ["Slave", "Secondary", "Consumer"])
def test_a_copy_is_not_written(fake: PowerDnsFake, kind: str) -> None:
    fake.kinds["example.com"] = kind
    done = run(fake, target(), target("home.other.example"))
    assert done.kinds == ["refused", "updated"]
    assert "the next transfer would undo" in done.verdicts[HOME, 4].detail


def test_an_odd_id_of_a_zone(fake: PowerDnsFake) -> None:
    fake.zones["example.com"] = "a=2Fb."
    assert run(fake, target()).requests[2].url.endswith("/zones/a%3D2Fb.?rrset_name=home.example.com.")


# --- notify, server_id ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "puts"),
    [
        pytest.param({}, [], id="off"),
        pytest.param({"notify": "false"}, [], id="false"),
        pytest.param({"notify": "true"}, ["example.com.", "other.example."], id="each-changed-zone-once"),
    ],
)
def test_notify(fake: PowerDnsFake, options: dict[str, str], puts: list[str]) -> None:
    fake.zone("still.example")
    fake.record("home.still.example", V4)
    names = (HOME, "nas.example.com", "home.other.example", "home.still.example")
    done = run(fake, *map(target, names), options=options)
    assert done.kinds == ["updated"] * 3 + ["unchanged"]
    assert [asked.parts[5] for asked in fake.changes if asked.method == "PUT"] == puts


def test_a_notify_that_fails_changes_no_verdict(fake: PowerDnsFake, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = fake.respond

    def respond(asked: object) -> object:
        if asked.method == "PUT":  # type: ignore[attr-defined]
            raise Refusal(said({"error": "no"}, 422))
        return usual(asked)  # type: ignore[arg-type]

    monkeypatch.setattr(fake, "respond", respond)
    assert run(fake, target(), options={"notify": "on"}).kinds == ["updated"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"notify": "perhaps"}, "the option notify is neither true nor false", id="notify"),
        pytest.param({"server_id": "another"}, "no PowerDNS API with server_id another", id="server-id"),
    ],
)
def test_options_that_are_wrong(fake: PowerDnsFake, options: dict[str, str], words: str) -> None:
    done = run(fake, target(), target(address=V6), options=options)
    assert {(verdict.kind, verdict.scope) for verdict in done.verdicts.values()} == {("refused", "account")}
    assert words in done.verdicts[HOME, 4].detail
    assert len(done.requests) <= 1


# --- answers ---------------------------------------------------------------------------------------------------------


def plain(words: str, status: int) -> Answer:
    return Answer(status, {"content-type": "text/plain; charset=utf-8"}, words.encode())


@pytest.mark.parametrize(
    ("answer", "kind", "scope", "words"),
    [
        pytest.param(plain("Unauthorized", 401), "refused", "account", "HTTP 401: Unauthorized", id="key"),
        pytest.param(plain("Not Found", 404), "refused", "account", "server_id localhost", id="no-such-server"),
        pytest.param(plain("Bad Request", 400), "refused", "record", "HTTP 400: Bad Request", id="400"),
        pytest.param(plain("Method Not Allowed", 405), "refused", "record", "HTTP 405", id="405"),
        pytest.param(Answer(422, {}, b'{"error":"why"}'), "refused", "record", "HTTP 422: why", id="422"),
        pytest.param(Answer(422, {}, b'{"errors":["no"]}'), "refused", "record", 'HTTP 422: {"errors"', id="422-without-a-word"),
        pytest.param(plain("Internal Server Error", 500), "busy", "account", "HTTP 500", id="500"),
        pytest.param(Answer(200, {}, b"[7]"), "garbled", "record", "no list of objects", id="list-of-numbers"),
        pytest.param(Answer(200, {}, b'[{"name":"example.com."}]'), "garbled", "record", "no id", id="zone-without-id"),
        pytest.param(Answer(200, {}, b"{}"), "garbled", "record", "makes sense", id="no-list"),
    ],
)
def test_answers(answer: Answer, kind: str, scope: str, words: str) -> None:
    one = target(zone="example.com")
    verdict = talk(job_for(PROVIDER, {"api_key": KEY}, [one], server=CASE.server), PROVIDER, always(answer)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == (kind, scope)
    assert words in verdict.detail


@pytest.mark.parametrize(
    ("odd", "kind"),
    [
        pytest.param(plain("Not Found", 404), "refused", id="zone-gone"),
        pytest.param(
            Answer(422, {}, b'{"error":"RRset home.example.com. IN A: Conflicts with pre-existing RRset"}'), "refused", id="422"
        ),
        pytest.param(Answer(200, {}, b"{}"), "updated", id="200-of-a-proxy"),
        pytest.param(Answer(200, {}, b"fine"), "garbled", id="200-without-json"),
    ],
)
def test_the_change_itself(fake: PowerDnsFake, odd: Answer, kind: str) -> None:
    ask = over(fake)
    job = job_for(PROVIDER, {"api_key": KEY}, [target()], server=CASE.server)
    assert talk(job, PROVIDER, lambda request: odd if request.method == "PATCH" else ask(request)).kinds == [kind]


def test_a_server_that_does_not_filter(fake: PowerDnsFake) -> None:
    """Before 4.6 `rrset_name` was not known: the answer shows the whole zone."""
    fake.record(HOME, OLD)
    ask = over(fake)
    job = job_for(PROVIDER, {"api_key": KEY}, [target()], server=CASE.server)
    done = talk(job, PROVIDER, lambda request: ask(request._replace(url=request.url.partition("?rrset_name=")[0])))
    assert done.kinds == ["updated"]
    assert (fake.says(HOME), fake.says("www.example.com")) == ([V4], ["198.51.100.80"])


def test_disabled_values_that_a_look_shows_are_no_values(fake: PowerDnsFake) -> None:
    """From 5.0 on a look shows them."""
    fake.record(HOME, OLD)
    fake.record(HOME, OTHER, disabled=True)
    ask = over(fake)
    job = job_for(PROVIDER, {"api_key": KEY}, [target()], server=CASE.server)
    done = talk(job, PROVIDER, lambda request: ask(request._replace(url=request.url.partition("?rrset_name=")[0])))
    assert done.kinds == ["updated"]
    assert json.loads(done.requests[-1].body)["rrsets"][0]["records"] == [
        {"content": V4, "disabled": False},
        {"content": OTHER, "disabled": True},
    ]
