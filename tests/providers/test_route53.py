"""Route 53: its signatures to the octet, zones of one name, sets that steer traffic, each error code."""

import json
import pathlib
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.providers import route53
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.route53 import CASE, Route53Fake, error, old_batch, said
from tests.fakes.zones import NOW, over
from tests.providers.talk import HOME, V4, V6, Talk, job_for, talk

OLD, OTHER = "198.51.100.1", "198.51.100.2"
VECTORS = pathlib.Path(__file__).parent / "vectors"
KEYS = CASE.credentials


def run(
    send: Callable[[Request], Answer], *targets: Target, options: Mapping[str, str] = {}, now_at: float = NOW, **credentials: str
) -> Talk:
    job = job_for(route53.PROVIDER, {**KEYS, **credentials}, targets or (Target(HOME, 4, V4),), options=options)
    return talk(job._replace(now_at=now_at), route53.PROVIDER, send)


def fake_with(*values: str, **more: object) -> Route53Fake:
    fake = CASE.fake()
    assert isinstance(fake, Route53Fake)
    for value in values:
        fake.record(HOME, value, **more)
    return fake


def detail(outcome: Talk) -> str:
    return next(iter(outcome.verdicts.values())).detail


def answer(code: str, status: int = 400, retry_after: str = "") -> Answer:
    return Answer(*error(code, "its words", status, retry_after=retry_after))


# --- signatures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted(path.name for path in VECTORS.glob("route53_sigv4_*.json")))
def test_signs_as_the_sdk_does(file: str) -> None:
    vector = json.loads((VECTORS / file).read_text())
    method, target, _ = vector["request"]["request_line"].split()
    own = {"access_key_id": vector["credentials"]["AccessKeyId"], "secret_access_key": vector["credentials"]["SecretAccessKey"]}
    path, mark, query = target.partition("?")
    url = f"https://route53.amazonaws.com{path}{mark}{'&'.join(sorted(query.split('&')))}"
    request = Request(method, url, body=vector["request"]["body"].encode())
    made = route53.signed(request, own, "us-east-1", "route53", 1_767_323_045.0)  # 2026-01-02T03:04:05Z
    wanted = {name.lower(): value for name, value in vector["request"]["headers"]}
    assert {name.lower(): value for name, value in made.headers}.items() <= wanted.items()
    assert dict(made.headers)["Authorization"] == vector["expected_authorization"]


def test_signs_as_aws_publishes() -> None:
    """The case get-vanilla of AWS's own suite."""
    own = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
    made = route53.signed(Request("GET", "https://example.amazonaws.com/"), own, "us-east-1", "service", 1_440_938_160.0)
    signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    assert dict(made.headers) == {
        "x-amz-date": "20150830T123600Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}",
    }


def test_sends_what_the_sdk_sends() -> None:
    vector = json.loads((VECTORS / "route53_sigv4_upsert.json").read_text())
    wanted = vector["request"]["body"].replace("<Comment>ddns</Comment>", "")
    assert route53.upsert(HOME, "A", 60, ["192.0.2.1"]) == wanted
    fake = fake_with()
    fake.zones["example.com"] = "Z1PA6795UKMFR9"
    sent = run(over(fake), Target(HOME, 4, V4, zone="example.com")).requests
    base = "https://route53.amazonaws.com/2013-04-01"
    assert [request.url for request in sent] == [
        f"{base}/hostedzonesbyname?dnsname=example.com.&maxitems=20",
        f"{base}/hostedzone/Z1PA6795UKMFR9/rrset?maxitems=1&name=home.example.com.&type=A",
        f"{base}/hostedzone/Z1PA6795UKMFR9/rrset/",
    ]
    assert [sorted(name for name, _ in request.headers) for request in sent] == [["Authorization", "User-Agent", "x-amz-date"]] * 3


def test_a_session_token_is_signed() -> None:
    fake = fake_with()
    fake.token = "FwoGZXIvYXdzEXAMPLE"
    outcome = run(over(fake), session_token=fake.token)
    assert outcome.kinds == ["updated"], outcome.verdicts
    refused = run(over(fake))
    assert (refused.kinds, "access_key_id" in detail(refused)) == (["refused"], True)


@pytest.mark.parametrize(
    ("server", "options", "region"),
    [
        pytest.param("https://route53.amazonaws.com", {}, "us-east-1", id="world"),
        pytest.param("https://route53.amazonaws.com.cn", {}, "cn-northwest-1", id="china"),
        pytest.param("https://route53.us-gov.amazonaws.com/", {}, "us-gov-west-1", id="government"),
        pytest.param("https://127.0.0.1:8443", {"region": "eu-isoe-west-1"}, "eu-isoe-west-1", id="said"),
    ],
)
def test_regions(server: str, options: Mapping[str, str], region: str) -> None:
    fake = fake_with()
    fake.region = region
    job = job_for(route53.PROVIDER, KEYS, (Target(HOME, 4, V4),), server=server, options=options)
    assert talk(job, route53.PROVIDER, over(fake)).kinds == ["updated"]


@pytest.mark.parametrize(
    "options",
    [{"region": "us-east-1\r\nx: y"}, {"region": "a/b"}, {"hosted_zone_id": "Z1/../Z2"}, {"hosted_zone_id": "Zé"}],
    ids=str,
)
def test_an_option_that_makes_no_sense(options: Mapping[str, str]) -> None:
    outcome = run(over(fake_with()), options=options)
    assert (outcome.kinds, outcome.requests) == (["refused"], [])
    assert f"the option {next(iter(options))} has" in detail(outcome)


# --- zones -----------------------------------------------------------------------------------------------------------


def test_private_zones_are_passed_over() -> None:
    fake = fake_with()
    fake.others = [("example.com", "Z0PRIVATE", "true"), ("home.example.com", "Z9PRIVATE", "true")]
    outcome = run(over(fake))
    assert outcome.kinds == ["updated"], outcome.verdicts
    assert f"/hostedzone/{fake.zones['example.com']}/rrset/" in outcome.requests[-1].url


@pytest.mark.parametrize("count", [1, 25], ids=["two-public", "more-than-are-looked-at"])
def test_several_zones_of_one_name(count: int) -> None:
    fake = fake_with()
    fake.others = [("example.com", f"Z{number}", "false" if count == 1 else "true") for number in range(count)]
    outcome = run(over(fake), Target(HOME, 4, V4), Target("www.other.example", 4, V4))
    assert outcome.kinds == ["refused", "updated"], outcome.verdicts
    assert "hosted_zone_id = " in detail(outcome)


@pytest.mark.parametrize("prefix", ["", "/hostedzone/"])
def test_a_zone_by_its_id(prefix: str) -> None:
    fake = fake_with()
    fake.others = [("example.com", "Z7SECOND", "false")]
    targets = Target(HOME, 4, V4), Target("a.other.example", 4, V4)
    outcome = run(over(fake), *targets, options={"hosted_zone_id": f"{prefix}Z7SECOND"})
    assert outcome.kinds == ["updated", "refused"], outcome.verdicts
    assert fake.says(HOME) == [V4]
    paths = [request.url.partition("/2013-04-01")[2].partition("?")[0] for request in outcome.requests]
    assert paths == ["/hostedzone/Z7SECOND", "/hostedzone/Z7SECOND/rrset", "/hostedzone/Z7SECOND/rrset/"]
    unknown = run(over(fake), options={"hosted_zone_id": "Z404"})
    assert (unknown.kinds, len(unknown.requests), "Z404" in detail(unknown)) == (["refused"], 1, True)


# --- sets ------------------------------------------------------------------------------------------------------------


def test_the_next_set_is_not_ours() -> None:
    fake = fake_with()
    for name, value in (("home.example.com", V6), ("homf.example.com", OLD), ("a.home.example.com", V4)):
        fake.record(name, value)
    assert run(over(fake)).kinds == ["updated"]
    assert (fake.says(HOME), fake.says("homf.example.com")) == ([V4], [OLD])


@pytest.mark.parametrize(
    ("more", "word"),
    [
        pytest.param({"alias": "dualstack.lb.example."}, "AliasTarget", id="alias"),
        pytest.param({"steered": {"SetIdentifier": "a", "Weight": "10"}}, "SetIdentifier, Weight", id="weighted"),
        pytest.param({"steered": {"SetIdentifier": "a", "GeoLocation": "<CountryCode>DE</CountryCode>"}}, "GeoLocation", id="geo"),
        pytest.param({"steered": {"SetIdentifier": "a", "Region": "eu-west-1"}}, "Region", id="latency"),
        pytest.param({"steered": {"HealthCheckId": "abc"}}, "HealthCheckId", id="health-check"),
    ],
)
@pytest.mark.parametrize("value", [OLD, V4])
def test_what_steers_traffic_is_left_alone(more: Mapping[str, object], word: str, value: str) -> None:
    fake = fake_with(value, **more)
    outcome = run(over(fake), Target(HOME, 4, V4), Target(HOME, 6, V6))
    assert outcome.kinds == ["refused", "updated"], outcome.verdicts
    assert word in detail(outcome)
    assert fake.says(HOME) == [value]


def test_the_star_comes_as_its_number() -> None:
    fake = CASE.fake()
    fake.record("*.example.com", OLD, ttl=77)
    outcome = run(over(fake), Target("*.example.com", 4, V4))
    assert outcome.kinds == ["updated"]
    assert b"<Name>*.example.com.</Name><Type>A</Type><TTL>77</TTL>" in outcome.requests[-1].body
    assert "name=%2A.example.com.&type=A" in outcome.requests[-2].url


# --- answers ---------------------------------------------------------------------------------------------------------

CODES = [
    pytest.param(answer("InvalidClientTokenId", 403), "refused", "account", None, "access_key_id is unknown", id="key"),
    pytest.param(answer("SignatureDoesNotMatch", 403), "refused", "account", None, "secret_access_key is wrong", id="secret"),
    pytest.param(answer("ExpiredToken", 403), "refused", "account", None, "give a new one", id="token-expired"),
    pytest.param(answer("OptInRequired", 403), "refused", "account", None, "OptInRequired: its words", id="not-subscribed"),
    pytest.param(answer("AccessDenied", 403), "refused", "account", None, "AccessDenied: its words", id="may-not-list"),
    pytest.param(answer("RequestExpired"), "busy", "account", None, "clock is wrong: set it", id="clock"),
    pytest.param(answer("Throttling"), "busy", "account", 60.0, "Throttling", id="throttled"),
    pytest.param(answer("ThrottlingException", retry_after="7"), "busy", "account", 7.0, "", id="throttled-for-so-long"),
    pytest.param(answer("PriorRequestNotComplete"), "busy", "record", 30.0, "another change", id="prior"),
    pytest.param(answer("ServiceUnavailable", 503), "busy", "account", None, "ServiceUnavailable", id="unavailable"),
    pytest.param(answer("InternalFailure", 500), "busy", "account", None, "InternalFailure", id="failure"),
    pytest.param(answer("BrandNew", 500), "busy", "account", None, "BrandNew", id="unknown-500"),
    pytest.param(answer("BrandNew", 403), "refused", "account", None, "BrandNew", id="unknown-403"),
    pytest.param(answer("InvalidInput"), "refused", "record", None, "InvalidInput: its words", id="input"),
    pytest.param(answer("InvalidChangeBatch"), "refused", "record", None, "InvalidChangeBatch: its words", id="batch"),
    pytest.param(Answer(*old_batch("a CNAME")), "refused", "record", None, "InvalidChangeBatch: a CNAME", id="batch-as-of-old"),
    pytest.param(answer("NoSuchHostedZone", 404), "refused", "record", None, "NoSuchHostedZone", id="no-zone"),
    pytest.param(answer("InternalFailure", 200), "busy", "account", None, "", id="error-inside-200"),
    pytest.param(answer("BrandNew", 200), "garbled", "record", None, "BrandNew", id="unknown-error-inside-200"),
    pytest.param(Answer(200, {}, b"<ListHostedZonesByNameResponse/>"), "garbled", "record", None, "no HostedZones", id="hollow"),
    pytest.param(Answer(200, {}, b"<Other/>"), "garbled", "record", None, "Other", id="another-root"),
    pytest.param(Answer(403, {}, b"<ErrorResponse><Error><Co"), "garbled", "record", None, "HTTP 403: <Error", id="broken-403"),
    pytest.param(Answer(200, {}, b"<html><b>log in<br></html>"), "busy", "account", None, "", id="log-in-page"),
    pytest.param(Answer(403, {}, b"<!DOCTYPE html><html></html>"), "busy", "account", None, "", id="proxy-page"),
    pytest.param(Answer(429, {"retry-after": "9"}, b""), "busy", "account", 9.0, "", id="429"),
    pytest.param(Answer(200, {}, b'{"HostedZones": []}'), "garbled", "record", None, "", id="json"),
]


@pytest.mark.parametrize(("reply", "kind", "scope", "wait_for", "words"), CODES)
def test_errors(reply: Answer, kind: str, scope: str, wait_for: float | None, words: str) -> None:
    verdict = run(lambda request: reply).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope, verdict.wait_for) == (kind, scope, wait_for), verdict
    assert words in verdict.detail


KINDS = """
refused account SignatureDoesNotMatch InvalidSignatureException InvalidClientTokenId UnrecognizedClientException AuthFailure
refused account ExpiredToken ExpiredTokenException MissingAuthenticationToken IncompleteSignature OptInRequired
refused account AccessDenied AccessDeniedException
busy    account RequestExpired RequestTimeTooSkewed Throttling ThrottlingException RequestLimitExceeded
busy    account TooManyRequestsException InternalFailure InternalError ServiceUnavailable
busy    record  PriorRequestNotComplete
refused record  InvalidChangeBatch InvalidInput InvalidDomainName NoSuchHostedZone
"""
ROWS = [(kind, scope, code) for kind, scope, *codes in map(str.split, KINDS.strip().splitlines()) for code in codes]


@pytest.mark.parametrize(("kind", "scope", "code"), ROWS)
def test_what_each_code_means(kind: str, scope: str, code: str) -> None:
    verdict = run(lambda request: answer(code)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.scope) == (kind, scope)


def faulty(fake: Route53Fake, method: str, place: str, reply: Answer) -> Callable[[Request], Answer]:
    """Return a `send` that gives this reply to the first request of a kind."""
    left = [reply]

    def send(request: Request) -> Answer:
        meant = request.method == method and place in request.url
        return left.pop() if meant and left else over(fake)(request)

    return send


@pytest.mark.parametrize(
    ("method", "place", "reply", "kind"),
    [
        pytest.param("POST", "/rrset/", answer("AccessDenied", 403), "refused", id="denied-for-one-name"),
        pytest.param("GET", "/rrset?", answer("AccessDenied", 403), "refused", id="denied-for-one-zone"),
        pytest.param("POST", "/rrset/", answer("PriorRequestNotComplete"), "busy", id="prior"),
        pytest.param("POST", "/rrset/", answer("InvalidChangeBatch"), "refused", id="batch"),
        pytest.param("POST", "/rrset/", Answer(200, {}, b"<ChangeResourceRecordSetsResponse/>"), "garbled", id="no-status"),
    ],
)
def test_a_fault_of_one_record_stops_no_other(method: str, place: str, reply: Answer, kind: str) -> None:
    fake = fake_with()
    outcome = run(faulty(fake, method, place, reply), Target(HOME, 4, V4), Target("nas.example.com", 4, V4))
    assert outcome.kinds == [kind, "updated"], outcome.verdicts


@pytest.mark.parametrize(
    ("ahead", "kind"),
    [(0, "updated"), (200, "updated"), (1200, "busy"), (-1200, "busy"), (9e7, "busy"), (-9e7, "busy")],
)
def test_the_clock(ahead: float, kind: str) -> None:
    """AWS has one code for a wrong secret and a wrong clock; its Date tells which it is."""
    outcome = run(over(fake_with()), now_at=NOW + ahead)
    assert outcome.kinds == [kind], outcome.verdicts
    assert ("clock is wrong" in detail(outcome)) == (kind == "busy")
    wrong = run(over(fake_with()), now_at=NOW + 200, secret_access_key="mistyped")
    assert (wrong.kinds, "secret_access_key is wrong" in detail(wrong)) == (["refused"], True)


SET = "<Name>home.example.com.</Name><Type>A</Type>"
SETS = [
    pytest.param(f"{SET}<ResourceRecords/>", "no TTL", id="no-ttl"),
    pytest.param(f"{SET}<TTL>soon</TTL><ResourceRecords/>", "no TTL that makes sense", id="odd-ttl"),
    pytest.param(f"{SET}<TTL>60</TTL>", "no ResourceRecords", id="no-records"),
    pytest.param(f"{SET}<TTL>60</TTL><ResourceRecords><ResourceRecord/></ResourceRecords>", "no Value", id="no-value"),
    pytest.param(f"<!DOCTYPE a [<!ENTITY b 'c'>]>{SET}", "HTTP 200", id="doctype"),
    pytest.param(f"{SET}<TTL>&lol;</TTL>", "HTTP 200", id="entity"),
    pytest.param("<a>" * 40 + "</a>" * 40, "HTTP 200", id="deep"),
    pytest.param(f"{SET}</Name>", "HTTP 200", id="crossed"),
]


@pytest.mark.parametrize(("inner", "words"), SETS)
def test_a_listing_that_makes_no_sense_is_not_written_over(inner: str, words: str) -> None:
    body = f"<ResourceRecordSets><ResourceRecordSet>{inner}</ResourceRecordSet></ResourceRecordSets>"
    reply = Answer(*said("ListResourceRecordSetsResponse", body, NOW))
    fake = fake_with(OLD)
    outcome = run(faulty(fake, "GET", "/rrset?", reply))
    assert (outcome.kinds, fake.changes) == (["garbled"], []), outcome.verdicts
    assert words in detail(outcome)


TAGS = (
    "HostedZones",
    "HostedZone",
    "Id",
    "Name",
    "ResourceRecordSets",
    "ResourceRecordSet",
    "Type",
    "TTL",
    "ResourceRecords",
    "Value",
)
TREES = st.recursive(
    st.sampled_from(["", "example.com.", HOME, f"{HOME}.", "A", "60", V4, "Z1", "&#1;"]),
    lambda inner: st.tuples(st.sampled_from(TAGS), st.lists(inner, max_size=4)).map(
        lambda pair: f"<{pair[0]}>{''.join(pair[1])}</{pair[0]}>"
    ),
)
ROOTS = ("ListHostedZonesByNameResponse", "ListResourceRecordSetsResponse")


@given(inner=st.lists(TREES, min_size=3, max_size=3))
def test_survives_any_xml(inner: list[str]) -> None:
    replies = iter([Answer(*said(root, part, NOW)) for root, part in zip((*ROOTS, "ErrorResponse"), inner, strict=True)])
    verdict = run(lambda request: next(replies), Target(HOME, 4, V4, zone="example.com")).verdicts[HOME, 4]
    assert verdict.kind in ("garbled", "refused", "unchanged")
    assert not verdict.detail.startswith(("internal error", "the provider's code"))
    assert verdict.detail.isprintable()
