"""Azure DNS: how a token is got and renewed, what its refusals mean, the ETag, what a PUT keeps, aliases, rights for one zone."""

import json
from collections.abc import Callable, Mapping

import pytest

from edge_agent.providers import azure
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.azure import CASE, CLIENT, GROUP, SECRET, SUBSCRIPTION, TENANT, AzureFake, bare, no_token, wrapped
from tests.fakes.zones import Reply, over, said
from tests.providers.talk import HOME, V4, V6, Talk, job_for, talk

OLD, OTHER = "198.51.100.1", "198.51.100.2"
ROOT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network/dnsZones"
TOKEN = ("POST", f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token")
Send = Callable[[Request], Answer]


def run(send: Send, *targets: Target, options: Mapping[str, str] = {}, server: str = "", own: Mapping[str, str] = {}) -> Talk:
    wanted = targets or (Target(HOME, 4, V4),)
    job = job_for(azure.PROVIDER, {**CASE.credentials, **own}, wanted, options=options, server=server or azure.PROVIDER.server)
    return talk(job, azure.PROVIDER, send)


def fake_with(*values: str, **more: object) -> AzureFake:
    fake = CASE.fake()
    assert isinstance(fake, AzureFake)
    for value in values:
        fake.record(HOME, value, **more)
    return fake


def detail(outcome: Talk) -> str:
    return next(iter(outcome.verdicts.values())).detail


def after_log_in(fake: AzureFake, *replies: Reply, method: str = "GET") -> Send:
    """Return a `send` that gives these replies to the first requests of that method."""
    left = [Answer(*reply) for reply in replies]
    return lambda request: left.pop(0) if left and request.method == method else over(fake)(request)


# --- the token -------------------------------------------------------------------------------------------------------


def test_what_is_sent() -> None:
    fake = fake_with()
    sent = run(over(fake), Target(HOME, 4, V4), Target("example.com", 6, V6)).requests
    end = "?api-version=2018-05-01"
    assert [(request.method, request.url) for request in sent] == [
        TOKEN,
        ("GET", f"https://management.azure.com{ROOT}/home.example.com{end}"),
        ("GET", f"https://management.azure.com{ROOT}/example.com{end}"),
        ("GET", f"https://management.azure.com{ROOT}/example.com/A/home{end}"),
        ("PUT", f"https://management.azure.com{ROOT}/example.com/A/home{end}"),
        ("GET", f"https://management.azure.com{ROOT}/example.com/AAAA/@{end}"),
        ("PUT", f"https://management.azure.com{ROOT}/example.com/AAAA/@{end}"),
    ]
    assert sent[0].body.decode() == (
        f"client_id={CLIENT}&client_secret=fake~Secret8Q~0123456789%2B%2F%3D%26&grant_type=client_credentials"
        "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default"
    )
    assert json.loads(sent[4].body) == {"properties": {"TTL": 300, "ARecords": [{"ipv4Address": V4}]}}
    assert json.loads(sent[6].body) == {"properties": {"TTL": 300, "AAAARecords": [{"ipv6Address": V6}]}}
    assert [name for name, _ in sent[4].headers] == ["User-Agent", "Accept", "Content-Type", "If-None-Match", "Authorization"]
    assert dict(sent[4].headers)["If-None-Match"] == "*"
    assert not any(SECRET in str(request) for request in sent[1:])


@pytest.mark.parametrize(
    ("server", "options", "login"),
    [
        pytest.param("https://management.usgovcloudapi.net", {}, "login.microsoftonline.us", id="government"),
        pytest.param("https://management.chinacloudapi.cn/", {}, "login.chinacloudapi.cn", id="china"),
        pytest.param(
            "https://management.local.example", {"login": "https://login.local.example/"}, "login.local.example", id="own"
        ),
    ],
)
def test_sovereign_clouds(server: str, options: Mapping[str, str], login: str) -> None:
    fake = fake_with()
    fake.host, fake.login = server.removeprefix("https://").rstrip("/"), login
    outcome = run(over(fake), server=server, options=options)
    assert outcome.kinds == ["updated"], outcome.verdicts


@pytest.mark.parametrize("ended", ["expired", "withdrawn"])
def test_a_token_that_ends_midway_is_renewed(ended: str) -> None:
    fake = fake_with(OLD)

    def send(request: Request) -> Answer:
        if request.method == "PUT" and len(fake.logins) == 1:
            fake.tokens = {} if ended == "withdrawn" else dict.fromkeys(fake.tokens, 0.0)
        return over(fake)(request)

    outcome = run(send)
    assert outcome.kinds == ["updated"], outcome.verdicts
    assert [request.method for request in outcome.requests] == ["POST", "GET", "GET", "GET", "PUT", "POST", "PUT"]
    tokens = [dict(request.headers).get("Authorization", "") for request in outcome.requests[-3:]]
    assert [token[:7] for token in tokens] == ["Bearer ", "", "Bearer "]
    assert len(set(tokens)) == 3


def test_a_token_that_is_never_taken_is_renewed_once() -> None:
    fake = fake_with()
    refusal = Answer(*wrapped(401, "InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer."))
    outcome = run(
        lambda request: over(fake)(request) if request.method == "POST" else refusal, Target(HOME, 4, V4), Target(HOME, 6, V6)
    )
    assert [request.method for request in outcome.requests] == ["POST", "GET", "POST", "GET"]
    assert (outcome.kinds, outcome.verdicts[HOME, 6].scope) == (["refused"] * 2, "account")
    assert "tenant_id is not the subscription's: InvalidAuthenticationTokenTenant" in detail(outcome)


def test_a_run_renews_its_token_once() -> None:
    fake, seen = fake_with(), set()

    def send(request: Request) -> Answer:
        if request.method == "PUT" and request.url not in seen:
            seen.add(request.url)
            fake.tokens = {}
        return over(fake)(request)

    outcome = run(send, *(Target(f"{name}.example.com", 4, V4) for name in "abc"))
    assert outcome.kinds == ["updated", "refused", "refused"], outcome.verdicts
    assert [request.method for request in outcome.requests].count("POST") == 2


REFUSALS = [
    pytest.param(no_token(401, 7000215, "invalid_client"), "refused", "client_secret is wrong: give its value", id="wrong"),
    pytest.param(no_token(401, 7000222, "invalid_client"), "refused", "client_secret has expired: make a new one", id="expired"),
    pytest.param(no_token(400, 700016, "unauthorized_client"), "refused", "client_id is unknown", id="client"),
    pytest.param(no_token(400, 90002, "invalid_request"), "refused", "tenant_id is unknown: AADSTS90002", id="tenant"),
    pytest.param(no_token(400, 53003, "access_denied"), "refused", "access_denied: AADSTS53003", id="another-number"),
    pytest.param(said({"error": "invalid_client", "error_codes": 7}, 401), "refused", "invalid_client: None", id="no-numbers"),
    pytest.param(said({"error": "invalid_client", "error_codes": [[7], {}]}, 401), "refused", "invalid_client", id="odd-numbers"),
    pytest.param(no_token(503, 90033, "temporarily_unavailable"), "busy", "temporarily_unavailable", id="unavailable"),
    pytest.param(said({}, 429, retry_after="120"), "busy", "HTTP 429", id="throttled"),
    pytest.param((404, {}, b"<html>nothing here</html>"), "busy", "HTTP 404", id="page"),
    pytest.param(said({"token_type": "Bearer"}), "garbled", "no access_token", id="no-token"),
    pytest.param(said({"access_token": "a\r\nX: b"}), "garbled", "no access_token that makes sense", id="hostile-token"),
    pytest.param(said({"access_token": "é"}), "garbled", "no access_token that makes sense", id="odd-token"),
    pytest.param((200, {}, b"good"), "garbled", "HTTP 200: good", id="no-json"),
]


@pytest.mark.parametrize(("reply", "kind", "words"), REFUSALS)
def test_no_token(reply: Reply, kind: str, words: str) -> None:
    outcome = run(lambda request: Answer(*reply), Target(HOME, 4, V4), Target("nas.example.com", 4, V4))
    assert (outcome.kinds, len(outcome.requests)) == ([kind] * 2, 1), outcome.verdicts
    assert words in detail(outcome)
    assert {verdict.scope for verdict in outcome.verdicts.values()} == {"record" if kind == "garbled" else "account"}


def test_the_secret_and_the_token_are_in_no_word() -> None:
    fake = fake_with()
    for method in ("POST", "GET"):
        echo = said({"error": {"code": "Odd", "message": f"{SECRET} and {'eyJ0eXAi'}"}, "error_description": SECRET}, 400)

        def send(request: Request, method: str = method, echo: Reply = echo) -> Answer:
            if request.method != method:
                return over(fake)(request)
            token = dict(request.headers).get("Authorization", "").removeprefix("Bearer ")
            return Answer(echo[0], echo[1], echo[2].replace(b"eyJ0eXAi", token.encode() or b"x"))

        outcome = run(send)
        assert outcome.kinds == ["refused"]
        assert SECRET not in detail(outcome)
        assert not any(token in detail(outcome) for token in fake.logins)


# --- zones -----------------------------------------------------------------------------------------------------------


def test_rights_for_one_zone_are_enough() -> None:
    """Rights are looked at first: a zone that does not exist answers 403 where the role is given for one zone alone."""
    fake = fake_with()
    fake.rights = {"example.com"}
    outcome = run(over(fake), Target(HOME, 4, V4), Target("a.other.example", 4, V4))
    assert outcome.kinds == ["updated", "refused"], outcome.verdicts
    assert "or the role DNS Zone Contributor is missing" in outcome.verdicts["a.other.example", 4].detail


ZONES = [
    pytest.param({"resource_group": "nosuch"}, "resource_group is wrong: ResourceGroupNotFound", id="group"),
    pytest.param({"subscription_id": "bbbb"}, "subscription_id is wrong: SubscriptionNotFound", id="subscription"),
]


@pytest.mark.parametrize(("credentials", "words"), ZONES)
def test_not_there_at_all(credentials: Mapping[str, str], words: str) -> None:
    outcome = run(over(fake_with()), Target(HOME, 4, V4), Target("nas.example.com", 4, V4), own=credentials)
    assert (outcome.kinds, len(outcome.requests)) == (["refused"] * 2, 2), outcome.verdicts
    assert words in detail(outcome)


# --- sets ------------------------------------------------------------------------------------------------------------


def test_what_accompanies_the_values_is_kept() -> None:
    fake = fake_with(OLD, OTHER, ttl=77)
    fake.metadata[HOME, "A"] = {"owner": "somebody"}
    assert run(over(fake), Target(HOME, 4, V4, own=(OLD,))).kinds == ["updated"]
    assert (sorted(fake.says(HOME)), fake.metadata[HOME, "A"]) == (sorted([V4, OTHER]), {"owner": "somebody"})
    assert {row["ttl"] for row in fake.records if row["name"] == HOME} == {77}
    assert run(over(fake), Target(HOME, 4, V4, own=(V4,), ttl=60)).kinds == ["updated"]
    assert {row["ttl"] for row in fake.records if row["name"] == HOME} == {60}


def test_an_empty_set_is_filled_and_keeps_its_ttl() -> None:
    fake = fake_with()
    fake.empty.add((HOME, "A"))
    fake.metadata[HOME, "A"] = {"owner": "somebody"}
    outcome = run(over(fake))
    assert outcome.kinds == ["updated"], outcome.verdicts
    assert [(row["value"], row["ttl"]) for row in fake.records if row["name"] == HOME] == [(V4, 99)]
    assert fake.metadata[HOME, "A"] == {"owner": "somebody"}
    assert "If-Match" in dict(outcome.requests[-1].headers)


def test_the_next_value_goes_on_from_the_new_etag() -> None:
    fake = fake_with(OTHER)
    from edge_agent.wire import converse

    targets = (Target(HOME, 4, V4, each=True), Target(HOME, 4, OLD, each=True))
    job = job_for(azure.PROVIDER, CASE.credentials, targets)
    kinds = [outcome.verdict.kind for outcome in converse(azure.PROVIDER.dialogue(job), targets, over(fake))]
    assert (kinds, len(fake.changes)) == (["updated"] * 2, 2)
    assert sorted(fake.says(HOME)) == sorted([V4, OLD, OTHER])


def test_what_somebody_adds_meanwhile_stays() -> None:
    fake = fake_with(OLD)
    fake.meanwhile = lambda: fake.record(HOME, OTHER)
    outcome = run(over(fake), Target(HOME, 4, V4, own=(OLD,)))
    assert outcome.kinds == ["updated"], outcome.verdicts
    assert [request.method for request in outcome.requests[-4:]] == ["GET", "PUT", "GET", "PUT"]
    assert sorted(fake.says(HOME)) == sorted([V4, OTHER])


def test_somebody_who_is_always_faster() -> None:
    fake = fake_with(OLD)
    taken = bare(412, "PreconditionFailed", "The condition in the If-Match header was not satisfied.")
    outcome = run(after_log_in(fake, taken, method="PUT"), Target(HOME, 4, V4), Target("nas.example.com", 4, V4))
    assert outcome.kinds == ["busy", "updated"], outcome.verdicts
    assert "somebody else is changing it" in detail(outcome)


def test_a_set_of_which_only_the_etag_is_new_is_tried_again() -> None:
    fake = fake_with(OLD)
    fake.meanwhile = lambda: fake.metadata.update({(HOME, "A"): {"owner": "new"}})
    assert run(over(fake)).kinds == ["updated"]
    assert (fake.says(HOME), fake.metadata[HOME, "A"]) == ([V4], {"owner": "new"})


@pytest.mark.parametrize("value", [OLD, V4])
def test_an_alias_is_left_alone(value: str) -> None:
    fake = fake_with(value, alias="/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/ip")
    outcome = run(over(fake), Target(HOME, 4, V4), Target(HOME, 6, V6))
    assert outcome.kinds == ["refused", "updated"], outcome.verdicts
    assert "alias of another resource" in detail(outcome)
    assert fake.says(HOME) == [value]


# --- answers ---------------------------------------------------------------------------------------------------------

SET = {"etag": "e", "properties": {"TTL": 60, "ARecords": [{"ipv4Address": OLD}]}}
ANSWERS = [
    pytest.param(wrapped(403, "AuthorizationFailed", "…"), "refused", "the role DNS Zone Contributor is missing", id="role"),
    pytest.param(wrapped(404, "ParentResourceNotFound", "no zone"), "refused", "ParentResourceNotFound: no zone", id="zone-gone"),
    pytest.param(wrapped(400, "InvalidSubscriptionId", "…"), "refused", "subscription_id is wrong", id="no-subscription-id"),
    pytest.param(bare(409, "Conflict", "a CNAME"), "refused", "Conflict: a CNAME", id="cname"),
    pytest.param(bare(400, "BadRequest", "bad"), "refused", "BadRequest: bad", id="bad"),
    pytest.param(wrapped(500, "InternalServerError", "…"), "busy", "InternalServerError", id="500"),
    pytest.param(said({}, 429, retry_after="9"), "busy", "HTTP 429", id="429"),
    pytest.param(said({"error": ["code"]}, 400), "refused", "HTTP 400", id="odd-error"),
    pytest.param((200, {}, b""), "garbled", "HTTP 200", id="nothing"),
    pytest.param(said([]), "garbled", "no properties", id="list"),
    pytest.param(said({"properties": {"TTL": 60}}), "garbled", "no etag", id="no-etag"),
    pytest.param(said(SET | {"etag": "a\nb"}), "garbled", "no etag that makes sense", id="hostile-etag"),
    pytest.param(said(SET | {"properties": {"ARecords": []}}), "garbled", "no TTL", id="no-ttl"),
    pytest.param(said(SET | {"properties": {"TTL": 60, "ARecords": [{}]}}), "garbled", "no ipv4Address", id="no-address"),
    pytest.param(said(SET | {"properties": {"TTL": 60, "ARecords": [1]}}), "garbled", "no list of objects", id="no-objects"),
]


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(("reply", "kind", "words"), ANSWERS)
def test_answers_about_one_set(method: str, reply: Reply, kind: str, words: str) -> None:
    fake = fake_with(OLD)
    skipped = [] if method == "PUT" else [said({"name": "home"}, 404), said({"name": "example.com"})]
    if skipped:
        skipped[0] = wrapped(404, "ResourceNotFound", "…")
    outcome = run(after_log_in(fake, *skipped, reply, method=method))
    assert outcome.kinds == [kind], outcome.verdicts
    assert words in detail(outcome)
    assert fake.says(HOME) == [OLD]


@pytest.mark.parametrize("address", [OLD, "not an address"])
def test_an_answer_that_says_something_else_is_no_success(address: str) -> None:
    reply = said(SET | {"properties": {"TTL": 60, "ARecords": [{"ipv4Address": address}]}})
    outcome = run(after_log_in(fake_with(OLD), reply, method="PUT"))
    assert outcome.kinds == ["garbled"]
    assert f"does not say {V4}" in detail(outcome)
