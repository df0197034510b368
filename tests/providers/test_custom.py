"""The custom request: what is sent for which template, what an answer means, and signatures that others can check."""

import hashlib
import hmac
import json
import pathlib
import shutil
import subprocess
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent import signing, templates
from edge_agent.providers import custom
from edge_agent.verdicts import locks
from edge_agent.wire import Answer, Request, Target
from tests.fakes.custom import SignedFake, Verifier, over, received
from tests.providers.talk import AGENT, HOME, NOW, V4, V6, Talk, always, body, job_for, talk, target

URL = "https://ddns.example.com/update?host={hostname}&ip={ip}"
BOTH = "https://ddns.example.com/update?host={hostname}&a={ip4}&aaaa={ip6}"
OK = body("done")
FORM = "application/x-www-form-urlencoded"
DOC = (pathlib.Path(__file__).parents[2] / "edge_agent" / "providers" / "custom-signing.md").read_text()


def run(
    options: Mapping[str, str] | str,
    *targets: Target,
    answer: Answer = OK,
    server: str = "",
    now_at: float = NOW,
    own: Mapping[str, str] = {},
) -> Talk:
    options = {"url": options} if isinstance(options, str) else options
    job = job_for(custom.PROVIDER, own, targets or (target(),), options=options, server=server)
    return talk(job._replace(now_at=now_at), custom.PROVIDER, always(answer))


def sent(said: Talk) -> list[str]:
    return [request.url for request in said.requests]


# --- the request -----------------------------------------------------------------------------------------------------


def test_one_get_per_family() -> None:
    said = run(URL, target(), target(address=V6))
    assert said.kinds == ["updated", "updated"]
    assert sent(said) == [
        "https://ddns.example.com/update?host=home.example.com&ip=203.0.113.7",
        "https://ddns.example.com/update?host=home.example.com&ip=2001%3Adb8%3A%3A7",
    ]
    assert said.requests[0] == Request("GET", sent(said)[0], (("User-Agent", AGENT),), b"", (target(),))


@pytest.mark.parametrize(
    ("template", "query"),
    [
        pytest.param("{name}", "home.example.com", id="name"),
        pytest.param("{sub}.{domain}", "home.example.com", id="parts"),
        pytest.param("{type}-{ttl}", "AAAA-300", id="type-and-ttl"),
        pytest.param("{ip!r}", "2001:db8::7", id="raw"),
        pytest.param("{user}:{password}", "me%40x:p%20%26%3D%C3%BC%2F", id="percent-encoded"),
        pytest.param("{timestamp}", "1790000000", id="time"),
        pytest.param("{ip6}", "2001%3Adb8%3A%3A7", id="one-family"),
    ],
)
def test_fields(template: str, query: str) -> None:
    one = Target(HOME, 6, V6, 300 if "ttl" in template else None, "example.com")
    own = {"username": "me@x", "password": "p &=ü/"} if "user" in template else {}
    assert sent(run(f"https://h.example/?{template}", one, own=own)) == [f"https://h.example/?{query}"]


def test_the_zone_itself_is_an_at_sign() -> None:
    said = run("https://h.example/{domain}/{sub}?{ip}", target("example.com", zone="Example.com"))
    assert sent(said) == ["https://h.example/Example.com/%40?203.0.113.7"]


@pytest.mark.parametrize(
    ("server", "url", "whole"),
    [
        pytest.param("https://h.example/nic?ip={ip}", "", "https://h.example/nic?ip=203.0.113.7", id="server-alone"),
        pytest.param("https://h.example/", "/nic?ip={ip}", "https://h.example/nic?ip=203.0.113.7", id="path-behind-server"),
        pytest.param("https://h.example", "?ip={ip}", "https://h.example?ip=203.0.113.7", id="query-behind-server"),
        pytest.param(
            "https://h.example", "https://other.example/{ip}", "https://other.example/203.0.113.7", id="whole-address-wins"
        ),
        pytest.param("https://[2001:db8::1]:8443", "/{ip}", "https://[2001:db8::1]:8443/203.0.113.7", id="ipv6-host"),
        pytest.param("", "https://h.example/%2f{ip}", "https://h.example/%2F203.0.113.7", id="escapes-in-capitals"),
    ],
)
def test_where_the_template_stands(server: str, url: str, whole: str) -> None:
    assert sent(run({"url": url} if url else {}, server=server)) == [whole]


@pytest.mark.parametrize(
    ("options", "type_", "octets"),
    [
        pytest.param({"body": '{"ip": "{ip}", "ttl": {ttl}}'}, "application/json", b'{"ip": "203.0.113.7", "ttl": 300}', id="json"),
        pytest.param({"body": '{"p": "{password}"}'}, "application/json", b'{"p": "a\\"b&c \\u00fc"}', id="json-escaped"),
        pytest.param({"body": "ip={ip}&p={password}"}, FORM, b"ip=203.0.113.7&p=a%22b%26c%20%C3%BC", id="form"),
        pytest.param({"body": "<a>{ip}</a>", "headers": "Content-Type: text/xml"}, "text/xml", b"<a>203.0.113.7</a>", id="own"),
        pytest.param(
            {"body": '"{password}"', "headers": "content-type: application/x+json"}, "application/x+json", b'"a\\"b&c \\u00fc"',
            id="own-json",
        ),
        pytest.param({"body": "{password!r}", "headers": "Content-Type: text/plain"}, "text/plain", 'a"b&c ü'.encode(), id="raw"),
    ],
)  # fmt: skip
def test_bodies(options: dict[str, str], type_: str, octets: bytes) -> None:
    own = {"password": 'a"b&c ü'} if "password" in options["body"] else {}
    said = run(
        {"url": "https://h.example/", "method": "post"} | options,
        Target(HOME, 4, V4, 300 if "{ttl}" in options["body"] else None),
        own=own,
    )
    assert said.requests[0].method == "POST"
    assert said.requests[0].body == octets
    assert {name.lower(): value for name, value in said.requests[0].headers}["content-type"] == type_


def test_headers() -> None:
    options = {"url": URL, "headers": "X-Api-Key: {token}\n\nX-Name: {name}\nUser-Agent: mine/1"}
    assert run(options, own={"token": "t0ken"}).requests[0].headers == (
        ("X-Api-Key", "t0ken"),
        ("X-Name", HOME),
        ("User-Agent", "mine/1"),
    )


@pytest.mark.parametrize(
    ("auth", "credentials", "value"),
    [
        pytest.param("basic", {"username": "me", "password": "pass"}, "Basic bWU6cGFzcw==", id="basic"),
        pytest.param("bearer", {"token": "t0ken"}, "Bearer t0ken", id="bearer"),
    ],
)
def test_logins(auth: str, credentials: dict[str, str], value: str) -> None:
    said = run({"url": URL, "auth": auth}, own=credentials)
    assert dict(said.requests[0].headers)["Authorization"] == value


def test_without_an_address_the_connection_says_it() -> None:
    said = run("https://h.example/{hostname}", target(), target(address=V6))
    assert [(request.family, request.direct) for request in said.requests] == [(4, True), (6, True)]


# --- both families in one --------------------------------------------------------------------------------------------


def test_both_families_of_a_name_go_together() -> None:
    targets = (target(), target("two.example.com"), target(address=V6))
    said = run({"url": BOTH, "missing": "empty"}, *targets)
    assert sent(said) == [
        "https://ddns.example.com/update?host=home.example.com&a=203.0.113.7&aaaa=2001%3Adb8%3A%3A7",
        "https://ddns.example.com/update?host=two.example.com&a=203.0.113.7&aaaa=",
    ]
    assert said.requests[0].changes == (targets[0], targets[2])
    assert said.kinds == ["updated"] * 3


def test_a_missing_family_is_never_sent_empty_unasked() -> None:
    said = run(BOTH)
    assert said.kinds == ["refused"]
    assert said.requests == []
    assert 'missing = "empty"' in said.verdicts[HOME, 4].detail


def test_a_template_for_one_family_is_not_sent_for_the_other() -> None:
    said = run({"url": "https://h.example/?{ip6}", "missing": "empty"}, target(), target(address=V6))
    assert said.kinds == ["refused", "updated"]
    assert len(said.requests) == 1


@pytest.mark.parametrize(
    ("options", "pairs"),
    [
        pytest.param({"url": URL}, "alone", id="one-by-one"),
        pytest.param({"url": BOTH}, "required", id="both-or-nothing"),
        pytest.param({"url": BOTH, "missing": "empty"}, "together", id="both-as-far-as-known"),
        pytest.param({"url": URL, "body": "{ip4},{ip6}"}, "required", id="in-the-body"),
    ],
)
def test_planning_is_told(options: dict[str, str], pairs: str) -> None:
    assert custom.PROVIDER.pairs_for is not None
    assert custom.PROVIDER.pairs_for("", options) == pairs
    assert custom.PROVIDER.pairs_for(options["url"], {**options, "url": ""}) == pairs


# --- what is wrong is said before anything is sent -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "credentials", "words"),
    [
        pytest.param({}, {}, "no address is set", id="no-address"),
        pytest.param({"url": "ftp://h.example"}, {}, "begins with https://", id="scheme"),
        pytest.param({"url": "https://me:pw@h.example/{ip}"}, {}, "user name or password", id="login-in-address"),
        pytest.param({"url": "https://{sub}.example/{ip}"}, {}, "no host", id="field-in-host"),
        pytest.param({"url": "https://h.example/{ipv4}"}, {}, "{ipv4} is no field: there are domain", id="unknown-field"),
        pytest.param({"url": URL, "method": "DELETE"}, {}, "'DELETE' is none of GET, POST", id="method"),
        pytest.param({"url": URL, "body": "x"}, {}, "GET carries no body", id="body-of-get"),
        pytest.param({"url": URL, "headers": "nonsense"}, {}, "not of the form", id="header-line"),
        pytest.param({"url": URL, "headers": "Host: other.example"}, {}, "Host cannot be set", id="header-of-the-transport"),
        pytest.param({"url": URL, "auth": "digest"}, {}, "auth = 'digest' is none of none, basic", id="auth"),
        pytest.param({"url": URL, "auth": "basic"}, {"username": "me"}, "password is used and not given", id="half-a-login"),
        pytest.param(
            {"url": URL}, {"token": "t0ken-t0ken"}, 'token is given and not used: set auth = "bearer"', id="idle-credential"
        ),
        pytest.param(
            {"url": URL, "auth": "bearer", "headers": "authorization: x"}, {"token": "t0ken-t0ken"}, "contradict", id="two-logins"
        ),
        pytest.param({"url": URL, "success": "("}, {}, "success is not a regular expression", id="pattern"),
        pytest.param({"url": URL, "status": "2xx"}, {}, "status = '2xx' is not a list", id="status"),
        pytest.param({"url": URL, "missing": "zero"}, {}, "missing = 'zero'", id="missing"),
        pytest.param({"url": BOTH + "&{ip}"}, {}, "{ip} and {type} mean nothing", id="ip-beside-both"),
        pytest.param(
            {"url": "https://h.example/{name}", "auth": "hmac"}, {"key_id": "box1", "key": "k3y"}, "one and the same", id="replay"
        ),
    ],
)
def test_wrong_options(options: dict[str, str], credentials: dict[str, str], words: str) -> None:
    said = run(options, target(), target(address=V6), own=credentials)
    assert said.requests == []
    assert [(verdict.kind, verdict.scope) for verdict in said.verdicts.values()] == [("refused", "account")] * 2
    assert words in said.verdicts[HOME, 4].detail
    assert not any(len(value) > 3 and value in said.verdicts[HOME, 4].detail for value in credentials.values())


@pytest.mark.parametrize(
    ("url", "one", "credentials", "words"),
    [
        pytest.param("https://h.example/{ttl}/{ip}", target(), {}, "set ttl for the record", id="no-ttl"),
        pytest.param(URL, Target(HOME, 4, V4, 300), {}, "the template has no {ttl}", id="idle-ttl"),
        pytest.param("https://h.example/{sub}/{ip}", target(), {}, "set zone for the record", id="no-zone"),
        pytest.param("https://h.example/{domain}/{ip}", target(zone="example.net"), {}, "set zone", id="another-zone"),
        pytest.param("https://h.example/{ip4}", target(address=V6), {}, "the template is for A records alone", id="other-family"),
        pytest.param("https://h.example/{password}{ip}", target(), {"password": "a\r\nb"}, "line break", id="line-break"),
        pytest.param("https://h.example/{password!r}{ip}", target(), {"password": "a b"}, "percent-encoded", id="space-in-address"),
        pytest.param("https://h.example/{password!r}{ip}", target(), {"password": "a#b"}, "percent-encoded", id="fragment"),
        pytest.param("https://h.example/a/../{ip}", target(), {}, "percent-encoded", id="dots"),
        pytest.param("https://h.example/{ip}/..?x", target(), {}, "percent-encoded", id="dots-at-the-end"),
        pytest.param("https://h.example/{ip}?a[]=1", target(), {}, "percent-encoded", id="brackets"),
    ],
)
def test_what_cannot_be_written_is_not_sent(url: str, one: Target, credentials: dict[str, str], words: str) -> None:
    said = run(url, one, own=credentials)
    assert said.requests == []
    (verdict,) = said.verdicts.values()
    assert (verdict.kind, verdict.scope) == ("refused", "record")
    assert words in verdict.detail


def test_a_header_carries_ascii_only() -> None:
    said = run({"url": URL, "headers": "X-Token: {token}"}, own={"token": "tökén"})
    assert (said.kinds, said.requests) == (["refused"], [])


@given(st.text(), st.sampled_from(["{password}", "{password!r}"]), st.sampled_from(["url", "headers", "body"]))
def test_no_value_can_add_a_header_a_line_or_a_host(password: str, hole: str, place: str) -> None:
    options = {"url": "https://h.example/{ip}", "method": "POST"}
    options |= {"url": f"https://h.example/{{ip}}?{hole}"} if place == "url" else {place: f"X-P: {hole}"}
    for request in run(options, own={"password": password}).requests:
        assert request.url.startswith("https://h.example/203.0.113.7")
        assert request.url.isascii()
        assert not any(char in request.url for char in " \r\n#\t")
        assert all(value.isprintable() and value.isascii() for _, value in request.headers)


@given(st.text(alphabet='{}!rip46 "a:,\\n', max_size=40))
def test_templates_lose_nothing(template: str) -> None:
    values = {name: f"{{{name}}}" for name in templates.names(template)}
    assert templates.fill(template, values, templates.as_is).replace("!r", "") == template.replace("!r", "")


# --- the answer ------------------------------------------------------------------------------------------------------

PAGE = Answer(200, {"content-type": "text/html"}, b"<!DOCTYPE html><html>OK good success</html>")
WORDS = {"url": URL, "success": r"^(good|set)\b", "nochange": r"^nochg\b", "fatal": "badauth|nohost", "retry": "^911"}


@pytest.mark.parametrize(
    ("options", "answer", "kind"),
    [
        pytest.param({}, body("anything"), "updated", id="2xx"),
        pytest.param({}, Answer(204), "updated", id="204"),
        pytest.param({}, PAGE, "garbled", id="captive-portal"),
        pytest.param({}, Answer(200, {}, b"\xef\xbb\xbf \n<html>"), "garbled", id="page-without-a-type"),
        pytest.param({}, Answer(302, {"location": "http://h.example"}), "garbled", id="redirect"),
        pytest.param({}, body("no", 404), "refused", id="404"),
        pytest.param({}, body("no", 401), "refused", id="401"),
        pytest.param({}, body("no", 429), "busy", id="429"),
        pytest.param({}, body("no", 503), "busy", id="503"),
        pytest.param({"status": "200-299, 404"}, body("no", 404), "updated", id="own-status"),
        pytest.param({"status": "204"}, body("yes", 200), "garbled", id="only-204"),
        pytest.param(WORDS, body("good 203.0.113.7"), "updated", id="success"),
        pytest.param(WORDS, body("goodness"), "garbled", id="no-whole-word"),
        pytest.param(WORDS, body("nochg"), "unchanged", id="nochange"),
        pytest.param(WORDS, body("badauth"), "refused", id="fatal"),
        pytest.param(WORDS, body("nohost good"), "refused", id="fatal-beats-success"),
        pytest.param(WORDS, body("911"), "busy", id="retry"),
        pytest.param(WORDS, body("911", 400), "busy", id="the-word-beats-the-status"),
        pytest.param(WORDS, body("good", 500), "busy", id="no-success-under-500"),
        pytest.param(WORDS, body(""), "garbled", id="empty-where-a-word-is-due"),
        pytest.param(WORDS, PAGE, "garbled", id="page-where-a-word-is-due"),
    ],
)
def test_answers(options: dict[str, str], answer: Answer, kind: str) -> None:
    said = run({"url": URL} | options, answer=answer)
    assert said.kinds == [kind]
    assert str(answer.status) in said.verdicts[HOME, 4].detail


def test_retry_after() -> None:
    assert run(URL, answer=body("wait", 429, retry_after="77")).verdicts[HOME, 4].wait_for == 77.0


def test_a_refused_login_stops_the_account() -> None:
    said = run(URL, target(), target("two.example.com"), answer=body("no", 403))
    assert len(said.requests) == 1
    assert [verdict.scope for verdict in said.verdicts.values()] == ["account", "account"]


def test_a_refused_name_does_not_stop_the_others() -> None:
    assert len(run(URL, target(), target("two.example.com"), answer=body("no", 404)).requests) == 2


@pytest.mark.parametrize(
    "place",
    [
        pytest.param({"url": URL + "&key=Lit3ralSecret"}, id="query"),
        pytest.param({"url": "https://h.example/u/Lit3ralSecret/?{ip}"}, id="path"),
        pytest.param({"url": URL, "headers": "X-Key: Lit3ralSecret"}, id="header"),
        pytest.param({"url": URL, "method": "POST", "body": '{"k":"Lit3ralSecret"}'}, id="body"),
    ],
)
def test_a_secret_written_into_the_template_is_not_shown_either(place: dict[str, str]) -> None:
    said = run(place, answer=body("unknown key Lit3ralSecret", 403))
    assert said.verdicts[HOME, 4].detail == "HTTP 403: unknown key ***"


# --- signatures ------------------------------------------------------------------------------------------------------

SIGNED = {"url": "https://ddns.example.com/v1/update?name={hostname}&ip={ip}", "auth": "hmac"}
LOGIN = {"key_id": "box1", "key": "correct horse battery staple"}


def block(kind: str) -> str:
    return DOC.partition(f"```{kind}\n")[2].partition("\n```")[0]


def test_the_documented_example() -> None:
    head, _, payload = block("http").partition("\n\n")
    lines = head.splitlines()
    method, path, _ = lines[0].split()
    headers = dict(line.split(": ", 1) for line in lines[1:])
    zone = path.partition("zone=")[2]
    options = {
        "url": "https://ddns.example.com/v1/update?zone={domain}",
        "method": method,
        "body": '{"name": "{hostname}", "ip": "{ip}"}',
        "auth": "hmac",
    }
    login = {"key_id": headers["X-Edge-Key"], "key": block("key")}
    request = run(options, target(zone=zone), now_at=float(headers["X-Edge-Time"]), own=login).requests[0]
    assert request.body == payload.encode()
    assert request.url == f"https://ddns.example.com{path}"
    assert dict(request.headers).items() >= {name: value for name, value in headers.items() if name != "Host"}.items()
    assert signing.canonical(request.method, request.url, request.body, int(headers["X-Edge-Time"])) == block("text")


def test_the_documented_example_by_other_means(tmp_path: pathlib.Path) -> None:
    wanted = block("http").partition("X-Edge-Signature: ")[2].split()[0]
    payload = block("http").partition("\n\n")[2].encode()
    assert block("text").splitlines()[-1] == hashlib.sha256(payload).hexdigest()
    assert hmac.digest(block("key").encode(), block("text").encode(), "sha256").hex() == wanted
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the command openssl is not installed")
    (tmp_path / "signed.txt").write_text(block("text"))
    command = [openssl, "dgst", "-sha256", "-hmac", block("key"), str(tmp_path / "signed.txt")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1] == wanted


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="get"),
        pytest.param({"method": "POST", "url": "https://h.example", "body": "name={name}&ip={ip}"}, id="form-to-an-empty-path"),
        pytest.param({"method": "PUT", "url": "https://h.example/a%2fb", "body": '{"name": "{name}", "ip": "{ip}"}'}, id="json"),
        pytest.param({"url": "https://h.example/?name={name}&ip={ip!r}&q=*:@/?;,~"}, id="odd-letters"),
    ],
)
def test_a_server_accepts_what_is_signed(options: dict[str, str]) -> None:
    fake = SignedFake({LOGIN["key_id"]: LOGIN["key"]}, lambda: NOW + 299)
    job = job_for(custom.PROVIDER, LOGIN, [target(), target(address=V6)], options=SIGNED | options)
    assert talk(job, custom.PROVIDER, over(fake)).kinds == ["updated", "updated"]
    assert fake.records == {(HOME, "A"): V4, (HOME, "AAAA"): V6}


def test_a_server_refuses_what_was_touched_replayed_or_late() -> None:
    verifier = Verifier({"box1": LOGIN["key"]})
    request = received(run(SIGNED, own=LOGIN).requests[0])
    spoilt = [
        request._replace(method="POST"),
        request._replace(target=request.target.replace("203.0.113.7", "203.0.113.8")),
        request._replace(target="/v2" + request.target[3:]),
        request._replace(body=b" "),
        request._replace(headers=request.headers | {"x-edge-time": str(int(NOW) + 1)}),
    ]
    assert {verifier.objection(one, NOW) for one in spoilt} == {"wrong signature"}
    assert verifier.objection(request, NOW + 301) == verifier.objection(request, NOW - 301) == "too old or too new"
    assert verifier.objection(request, NOW) is None
    assert verifier.objection(request, NOW + 1) == "replayed"
    assert verifier.objection(request._replace(headers={}), NOW) == "unsigned"
    assert Verifier({}).objection(request, NOW) == "unknown key"


def test_a_refused_signature_locks_at_the_third_time() -> None:
    fake = SignedFake({"box1": "another key"}, lambda: NOW)
    job = job_for(custom.PROVIDER, LOGIN, [target()], options=SIGNED)
    verdict = talk(job, custom.PROVIDER, over(fake)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == ("refused", "account")
    assert [locks(verdict, times) for times in (1, 2, 3)] == [False, False, True]


def test_nothing_is_signed_in_1970() -> None:
    said = run(SIGNED, now_at=42.0, own=LOGIN)
    assert (said.kinds, said.requests) == (["unreachable"], [])


def test_the_key_itself_is_never_sent() -> None:
    request = run(SIGNED, own=LOGIN).requests[0]
    assert LOGIN["key"] not in json.dumps([request.url, request.headers, request.body.decode()])
