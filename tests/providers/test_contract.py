"""What holds for every service, whoever adds one: honest facts, one outcome per record, no secret in any word, no false success."""

import base64
import json
import string
from collections.abc import Mapping
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent import providers
from edge_agent.providers.provider import Job, Provider
from edge_agent.verdicts import TABLE
from edge_agent.wire import Answer, Failure, Request, Target
from tests.providers.talk import AGENT, HOME, NOW, V4, V6, Talk, always, talk

EVERY = {one.name: one for one in providers.every()}
ALIVE = sorted(name for name, one in EVERY.items() if not one.gone)
SERVERS = {
    "custom": "https://service.example/update?name={hostname}&ip={ip}&k={token}&u={user}&p={password}",
    "rfc2136": "dns://ns1.example.com:5353",  # a name server: messages, without methods, headers and statuses
}
OPTIONS = {
    "azure": {"login": "https://127.0.0.1:8443"},  # its tokens come from a host of their own, which `server` does not name
    "custom": {"auth": "hmac"},
}
EMPTY_IS_SUCCESS = {  # an empty 200 or 204 is this service's own word for it
    "custom": "without a rule of the user's, the status alone decides",
    "domeneshop": "204 without a body",
    "ionos": "the status alone decides",
    "mythic-beasts": "the status alone decides",
    "selfhost": "200 or 204 without a body",
}
MARK = "Pl4nt3d"
URLS = {"ionos": "https://api.hosting.ionos.com/dns/v1/dyndns?q="}  # what must stand before a credential that is an address

SPELT = {"rfc2136": {"key": base64.b64encode(f"{MARK}-key".encode()).decode()}}  # what is a secret in one spelling alone

names = pytest.mark.parametrize("name", ALIVE)
slow = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def secrets(one: Provider) -> dict[str, str]:
    """Return a value for every credential that says whose it is."""
    before = URLS.get(one.name, "")
    plain = {credential.name: f"{before}{MARK}-{credential.name}-{number}x" for number, credential in enumerate(one.credentials)}
    return plain | SPELT.get(one.name, {})


def job(one: Provider, **more: str) -> Job:
    targets = tuple(Target(HOME, family, V4 if family == 4 else V6, None, "example.com") for family in one.families)
    server = SERVERS.get(one.name) or one.server or "https://service.example"
    return Job("mine", secrets(one) | more, targets, server, OPTIONS.get(one.name, {}), AGENT, NOW)


def run(name: str, answer: Answer) -> Talk:
    return talk(job(EVERY[name]), EVERY[name], always(answer))


# --- facts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(EVERY))
def test_facts(name: str) -> None:
    one = EVERY[name]
    assert set(name) <= set(string.ascii_lowercase + string.digits + "-.")
    assert one.title
    assert set(one.families) <= {4, 6}
    assert one.families
    assert one.pairs in ("alone", "together", "required")
    assert one.least_interval_for >= 0 <= one.busy_for
    assert not one.each or (one.reads and one.pairs == "alone" and one.pairs_for is None)
    assert one.ttl is None or 1 <= one.ttl[0] <= one.ttl[1]
    assert all(trap.endswith((".", "?", "!")) for trap in one.traps)
    assert all(alias == alias.lower() for alias in one.aliases)


@names
def test_credentials(name: str) -> None:
    one = EVERY[name]
    own = [credential.name for credential in one.credentials]
    assert len(own) == len(set(own))
    for credential in one.credentials:
        assert credential.name.isidentifier()
        assert credential.about
        assert set(credential.choices) <= {*own, *one.options}
        assert credential.name not in one.options
    assert any(credential.secret for credential in one.credentials)
    assert all(about for about in one.options.values())


@names
def test_plain_http_is_a_trap(name: str) -> None:
    one = EVERY[name]
    assert one.server.startswith("https://") or not one.server or any("http" in trap for trap in one.traps)


# --- requests --------------------------------------------------------------------------------------------------------


@names
def test_requests(name: str) -> None:
    one = EVERY[name]
    said = run(name, Answer(200, {}, b"good"))
    assert said.requests, "nothing was sent although everything is known"
    for request in said.requests:
        assert request.url.startswith(f"{one.scheme}://" if not one.server.startswith("http:") else one.server)
        agents = [value for key, value in request.headers if key.lower() == "user-agent"]
        assert agents == ([] if one.scheme == "dns" else [AGENT])
        assert request.method in (("DNS",) if one.scheme == "dns" else ("GET", "POST", "PUT", "PATCH", "DELETE"))
        assert request.url.isascii()
        assert not set(request.url) & set(" \r\n\t#")
        assert set(request.changes) <= set(job(one).targets)
        assert request.changes or one.reads


@pytest.mark.parametrize("name", [name for name in ALIVE if EVERY[name].server])
def test_another_server_gets_everything(name: str) -> None:
    one = EVERY[name]
    own = job(one)._replace(server="https://127.0.0.1:8443")
    said = talk(own, one, always(Answer(200, {}, b"good")))
    assert said.requests
    assert all(request.url.startswith("https://127.0.0.1:8443/") for request in said.requests)


@names
def test_every_change_names_its_record(name: str) -> None:
    """Without `changes` the transport's `unconfirmed` would be told as `unreachable`: as if nothing had been sent."""
    one = EVERY[name]
    said = talk(job(one), one, lambda request: Failure("unconfirmed", "cut off"))
    last = said.requests[-1]
    assert set(said.kinds) <= {"unconfirmed", "unreachable"}
    assert last.changes or one.reads
    assert all(said.verdicts[target.name, target.family].kind == "unconfirmed" for target in last.changes)


# --- answers ---------------------------------------------------------------------------------------------------------

KEYS = [
    "success",
    "result",
    "result_info",
    "errors",
    "code",
    "message",
    "id",
    "name",
    "type",
    "content",
    "status",
    "ok",
    "msg",
    "total_pages",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([V4, V6, HOME, "example.com", "A", "good"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)
WORDS = st.lists(
    st.sampled_from(
        ["good", "nochg", "badauth", "911", "abuse", "OK", "KO", "ERROR", V4, "<html>", "\0", "good 127.0.0.1", "w9s", "\n", "ü"]
    ),
    max_size=5,
).map(" ".join)
BODIES = st.one_of(
    st.binary(max_size=60), WORDS.map(str.encode), JSON.map(lambda value: json.dumps(value).encode()), st.just(b"[" * 20_000)
)
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 301, 302, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 999, 0])
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "retry-after", "location", "ddnss-response"]),
    st.sampled_from(
        ["text/html", "application/json", "120", "-1", "Sun, 06 Nov 1994 08:49:37 GMT", "http://x.example/", "good", "\xff"]
    ),
    max_size=3,
)
ANSWERS = st.builds(Answer, STATUSES, HEADERS, BODIES)


@names
@slow
@given(answers=st.lists(ANSWERS, min_size=1, max_size=6))
def test_survives_any_answer(name: str, answers: list[Answer]) -> None:
    one = EVERY[name]
    left = iter(answers)
    said = talk(job(one), one, lambda request: next(left, answers[-1]))
    for verdict in said.verdicts.values():
        assert verdict.kind in TABLE
        assert verdict.scope in ("record", "account", "provider")
        assert not verdict.detail.startswith(("internal error", "the provider's code"))
        assert verdict.detail.isprintable()
        assert len(verdict.detail) <= 300
        assert verdict.wait_for is None or 0 <= verdict.wait_for <= 86400
        assert MARK not in verdict.detail


def echo(request: Request, status: int) -> Answer:
    """Answer as a server's debug page does: with everything it was sent."""
    lines = [
        f"{request.method} {request.url}",
        *(f"{key}: {value}" for key, value in request.headers),
        request.body.decode(errors="replace"),
    ]
    return Answer(status, {"content-type": "text/plain", "ddnss-response": lines[0]}, "\n".join(lines).encode())


@names
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
def test_no_secret_comes_back(name: str, status: int) -> None:
    one = EVERY[name]
    said = talk(job(one), one, partial(echo, status=status))
    hidden = [value.lower() for key, value in secrets(one).items()]
    for verdict in said.verdicts.values():
        assert not any(value in verdict.detail.lower() for value in hidden)
        assert MARK.lower() not in verdict.detail.lower()


PAGES: Mapping[str, Answer] = {
    "log-in-page": Answer(200, {"content-type": "text/html"}, b"<!DOCTYPE html><html><title>Welcome</title>Please log in</html>"),
    "page-with-words": Answer(200, {"content-type": "text/html"}, b"<html><body>good OK success updated nochg</body></html>"),
    "page-after-blanks": Answer(200, {}, b"\xef\xbb\xbf\r\n  <html><body>Free Wi-Fi: all is good</body></html>"),
}


@names
@pytest.mark.parametrize("page", PAGES)
def test_a_web_page_is_no_success(name: str, page: str) -> None:
    assert not any(TABLE[kind].success for kind in run(name, PAGES[page]).kinds)


@names
@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_answer_is_no_success_unless_the_service_says_so(name: str, status: int) -> None:
    success = any(TABLE[kind].success for kind in run(name, Answer(status)).kinds)
    assert not success or name in EMPTY_IS_SUCCESS


@names
@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_no_success(name: str, status: int) -> None:
    said = run(name, Answer(status, {"location": "http://elsewhere.example/"}, b"good"))
    assert not any(TABLE[kind].success for kind in said.kinds)


@pytest.mark.parametrize("name", sorted(name for name, one in EVERY.items() if one.gone))
def test_the_dead_say_so_and_send_nothing(name: str) -> None:
    said = run(name, Answer(200, {}, b"good"))
    assert said.requests == []
    assert set(said.kinds) == {"refused"}
    assert all(verdict.detail == EVERY[name].gone for verdict in said.verdicts.values())
