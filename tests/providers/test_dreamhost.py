"""DreamHost: add, then remove; ids that a success uses up; errors that are words inside HTTP 200."""

import urllib.parse
from collections.abc import Callable

import pytest

from edge_agent.providers.dreamhost import PROVIDER
from edge_agent.wire import Answer, Failure, Request, Target
from tests.fakes.apis.dreamhost import CASE, KEY, DreamHostFake, error, reply
from tests.fakes.zones import Reply, over
from tests.providers.talk import HOME, V4, Talk, job_for, talk, target

OLD, OTHER = "198.51.100.1", "198.51.100.2"


def fresh() -> DreamHostFake:
    fake = CASE.fake()
    assert isinstance(fake, DreamHostFake)
    return fake


def run(
    fake: DreamHostFake, *targets: Target, nonce: str = "0" * 32, send: Callable[[Request], Answer | Failure] | None = None
) -> Talk:
    job = job_for(PROVIDER, CASE.credentials, targets or (target(),))._replace(nonce=nonce)
    return talk(job, PROVIDER, send or over(fake))


def asked(said: Talk) -> list[dict[str, str]]:
    return [dict(urllib.parse.parse_qsl(request.url.partition("?")[2])) for request in said.requests]


def commands(said: Talk) -> list[str]:
    return [" ".join(query.get(key, "") for key in ("cmd", "value")).strip() for query in asked(said)]


def instead(fake: DreamHostFake, command: str, *answers: Reply) -> Callable[[Request], Answer]:
    """Return a `send` that answers the next requests for a command so, and all others as the service does."""
    send, left = over(fake), list(answers)
    return lambda request: Answer(*left.pop(0)) if f"cmd={command}" in request.url and left else send(request)


def test_what_is_sent() -> None:
    fake = fresh()
    fake.record(HOME, OLD, comment="the router & more")
    said = run(fake, target(), target("*.example.com", "2001:db8::7"))
    assert said.kinds == ["updated"] * 2
    assert commands(said) == [
        "dns-list_records",
        f"dns-add_record {V4}",
        f"dns-remove_record {OLD}",
        "dns-add_record 2001:db8::7",
    ]
    own = {"key": KEY, "format": "json"}
    assert [{key: value for key, value in query.items() if key != "unique_id"} for query in asked(said)[1:]] == [
        own | {"cmd": "dns-add_record", "record": HOME, "type": "A", "value": V4, "comment": "the router & more"},
        own | {"cmd": "dns-remove_record", "record": HOME, "type": "A", "value": OLD},
        own | {"cmd": "dns-add_record", "record": "*.example.com", "type": "AAAA", "value": "2001:db8::7"},
    ]
    assert all((request.method, request.body) == ("GET", b"") for request in said.requests)
    assert [bool(request.changes) for request in said.requests] == [False, True, True, True]
    assert [row.get("comment") for row in fake.records if row["name"] == HOME] == ["the router & more"]


def test_ids() -> None:
    """The same change has the same id within a run, each listing one of its own, and another run others."""
    fake = fresh()
    fake.record(HOME, OLD)
    send = over(fake)

    def late(request: Request) -> Answer:
        if "cmd=dns-add_record" in request.url and len(fake.says(HOME)) == 1:
            fake.record(HOME, OTHER)
            return Answer(*error("record_already_exists_remove_first"))
        return send(request)

    first = run(fake, target()._replace(own=(OLD,)), send=late)
    assert (first.kinds, sorted(fake.says(HOME))) == (["updated"], sorted([OTHER, V4]))
    assert commands(first) == [*["dns-list_records", f"dns-add_record {V4}"] * 2, f"dns-remove_record {OLD}"]
    ids = [query["unique_id"] for query in asked(first)]
    assert all(len(id_) == 32 for id_ in ids)
    assert (ids[1], len(set(ids))) == (ids[3], 4)
    second = run(fake, target()._replace(own=(OTHER,)), nonce="1" * 32)
    assert not set(ids) & {query["unique_id"] for query in asked(second)}


CODES = [
    *(pytest.param(code, "refused", "account", None, id=code) for code in ("no_key", "invalid_api_key")),
    *(pytest.param(code, "refused", "account", None, id=code) for code in ("this_key_cannot_access_this_cmd", "no_such_account")),
    *(pytest.param(f"no_{what}", "refused", "record", None, id=f"no_{what}") for what in ("record", "type", "value")),
    *(pytest.param(f"invalid_{what}\tso", "refused", "record", None, id=f"invalid_{what}") for what in ("record", "type", "value")),
    *(pytest.param(code, "refused", "record", None, id=code) for code in ("no_such_zone", "CNAME_must_be_only_record")),
    *(pytest.param(code, "refused", "record", None, id=code) for code in ("not_editable", "record_already_exists_not_editable")),
    *(
        pytest.param(f"internal_error_{what}", "busy", "account", None, id=what)
        for what in ("updating_zone", "could_not_add_record")
    ),
    pytest.param("slow_down_bucko\tby the hour", "busy", "account", 3600.0, id="slow_down_bucko"),
    pytest.param("unique_id_already_used", "refused", "record", None, id="unique_id_already_used"),
    pytest.param("what_is_this", "garbled", "record", None, id="unknown"),
]


@pytest.mark.parametrize(("code", "kind", "scope", "wait"), CODES)
@pytest.mark.parametrize("command", ["dns-list_records", "dns-add_record"])
def test_codes(code: str, kind: str, scope: str, wait: float | None, command: str) -> None:
    fake = fresh()
    fake.record(HOME, OLD)
    said = run(fake, send=instead(fake, command, *[error(code, "in words")] * 2))
    verdict = said.verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == (kind, scope, wait)
    assert verdict.detail == f"{code} in words".replace("\t", " ")
    assert fake.says(HOME) == [OLD]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param((200, {}, b"success\naccount_id\tzone"), "garbled", id="tabs"),
        pytest.param(reply({"result": "success"}), "garbled", id="no-data"),
        pytest.param(reply({"result": "success", "data": "none"}), "garbled", id="a-word"),
        pytest.param(reply({"result": "error"}), "garbled", id="an-error-without-a-word"),
        pytest.param(reply({"result": True, "data": []}), "garbled", id="true"),
        pytest.param(reply({"result": "success", "data": []}), "refused", id="an-empty-account"),
        pytest.param((503, {"retry-after": "60"}, b""), "busy", id="503"),
    ],
)
def test_listings(answer: Reply, kind: str) -> None:
    fake = fresh()
    assert run(fake, send=instead(fake, "dns-list_records", answer)).kinds == [kind]


@pytest.mark.parametrize(
    "target_", [target(), target()._replace(each=True, own=(OLD,)), target()._replace(address=OLD, beside=(V4,))]
)
def test_what_is_not_editable_stays(target_: Target) -> None:
    fake = fresh()
    fake.record(HOME, OLD, editable="0")
    if target_.beside:
        fake.record(HOME, V4)
    verdict = run(fake, target_).verdicts[HOME, 4]
    assert (verdict.kind, "not editable" in verdict.detail, fake.changes) == ("refused", True, [])


def test_what_is_not_editable_and_right_is_fine() -> None:
    fake = fresh()
    fake.record(HOME, V4, editable="0")
    assert run(fake).kinds == ["unchanged"]


# --- half a change ---------------------------------------------------------------------------------------------------


def test_the_second_half_is_refused_and_the_next_run_mends_it() -> None:
    fake = fresh()
    for name in (HOME, "nas.example.com"):
        fake.record(name, OLD)
    fake.changes_left = 1
    said = run(fake, target(), target("nas.example.com"))
    half, other = said.verdicts[HOME, 4], said.verdicts["nas.example.com", 4]
    assert (half.kind, half.scope, half.wait_for) == ("busy", "record", 3600.0)
    assert f"the name says {V4}, but still {OLD}, which could not be removed: slow_down_bucko" in half.detail
    assert (other.kind, other.scope, OLD in other.detail) == ("busy", "account", False)
    assert commands(said)[1:] == [f"dns-add_record {V4}", f"dns-remove_record {OLD}"], "nothing more is added"
    assert (sorted(fake.says(HOME)), fake.says("nas.example.com")) == (sorted([OLD, V4]), [OLD])
    fake.changes_left = 9
    again = run(fake, target("Home.example.com")._replace(own=(OLD, V4)), nonce="1" * 32)
    assert (again.kinds, fake.says(HOME)) == (["updated"], [V4])
    assert commands(again)[1:] == [f"dns-remove_record {OLD}"]
    assert run(fake, target()._replace(own=(OLD, V4)), nonce="2" * 32).kinds == ["unchanged"]


def test_a_key_that_may_add_but_not_remove() -> None:
    fake = fresh()
    fake.record(HOME, OLD)
    fake.commands.remove("dns-remove_record")
    said = run(fake, target(), target("nas.example.com"))
    assert [(verdict.kind, verdict.scope) for verdict in said.verdicts.values()] == [("refused", "record"), ("refused", "account")]
    assert fake.says(HOME) == [OLD, V4], "never without an address"


@pytest.mark.parametrize("code", ["no_such_record", "no_such_type", "no_such_value"])
def test_the_old_value_is_gone_already(code: str) -> None:
    fake = fresh()
    row = fake.record(HOME, OLD)
    fake.meanwhile = lambda: fake.records.remove(row)
    said = run(fake, send=instead(fake, "dns-remove_record", error(code)))
    assert (said.kinds, fake.says(HOME)) == (["updated"], [V4])
    assert len(said.requests) == 3


@pytest.mark.parametrize(("broken", "says"), [("dns-add_record", [OLD]), ("dns-remove_record", [OLD, V4])])
def test_the_line_breaks_between_the_halves(broken: str, says: list[str]) -> None:
    fake = fresh()
    fake.record(HOME, OLD)
    send = over(fake)
    said = run(fake, send=lambda request: Failure("unconfirmed", "cut off") if f"cmd={broken}" in request.url else send(request))
    assert (said.kinds, fake.says(HOME)) == (["unconfirmed"], says)
    assert run(fake, target()._replace(own=(OLD, V4)), nonce="1" * 32).kinds == ["updated"]
    assert fake.says(HOME) == [V4]


def test_the_key_is_told_to_nobody() -> None:
    fake = fresh()
    said = run(fake, send=lambda request: Answer(400, {}, request.url.encode()))
    assert KEY not in said.verdicts[HOME, 4].detail
