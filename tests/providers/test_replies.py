"""How answers read: every code of the protocol, statuses, several lines, and what must never count as success."""

import pytest

from edge_agent.providers.replies import WORDS, fits, untagged
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer
from tests.providers.talk import BY_NAME, HOME, NOW, V4, V6, Talk, always, body, job_for, talk, target

LOGIN = {"username": "me", "password": "w0rd"}
TWO = (target("a.example.com"), target("b.example.com"))
BOTH = (target(), target(address=V6))


def said(answer: Answer, *targets: object, name: str = "noip") -> Talk:
    provider = BY_NAME[name]
    chosen = [one for one in targets if isinstance(one, type(TWO[0]))] or [target()]
    return talk(job_for(provider, LOGIN, chosen, server=provider.server or "https://x.example"), provider, always(answer))


def one(answer: Answer, name: str = "noip") -> Verdict:
    return said(answer, name=name).verdicts[HOME, 4]


CODES = {
    "good": ("updated", None),
    "nochg": ("unchanged", None),
    "badauth": ("refused", "account"),
    "disabled": ("refused", "account"),
    "!donator": ("refused", "record"),
    "!yours": ("refused", "record"),
    "!active": ("refused", "record"),
    "notfqdn": ("refused", "record"),
    "nofqdn": ("refused", "record"),
    "nohost": ("refused", "record"),
    "numhost": ("refused", "record"),
    "badsys": ("refused", "record"),
    "badysys": ("refused", "record"),
    "badip": ("refused", "record"),
    "badrequest": ("refused", "record"),
    "unknown": ("refused", "record"),
    "fatal": ("refused", "record"),
    "deleted": ("refused", "record"),
    "abuse": ("banned", "account"),
    "badagent": ("banned", "provider"),
    "dnserr": ("busy", None),
    "911": ("busy", None),
    "servererror": ("busy", None),
}


def test_the_table_is_whole() -> None:
    assert CODES.keys() == WORDS.keys()


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("spelling", ["{}", "{}\r\n", "  {} something more", "\r\n\r\n{}\r\n\r\n", "{}\t203.0.113.7\n"], ids=repr)
@pytest.mark.parametrize("upper", [False, True], ids=["as-written", "upper-case"])
def test_codes(code: str, spelling: str, *, upper: bool) -> None:
    verdict = one(body(spelling.format(code.upper() if upper else code)))
    kind, scope = CODES[code]
    assert verdict.kind == kind
    assert scope is None or verdict.scope == scope


@pytest.mark.parametrize(
    "text", ["goodbye", "nochgs", "xgood", "good.", "ungood 1", "911a", '"good"', "<b>good</b>", "is good", "Good_"]
)
def test_only_the_whole_first_word_counts(text: str) -> None:
    assert one(body(text)).kind == "garbled"


@pytest.mark.parametrize(
    ("text", "seconds"), [("w30m", 1800.0), ("w10s", 10.0), ("w2h", 7200.0), ("W5M", 300.0), ("w999999h", 86400.0)]
)
def test_wait_codes(text: str, seconds: float) -> None:
    verdict = one(body(text))
    assert (verdict.kind, verdict.wait_for) == ("busy", seconds)


@pytest.mark.parametrize("text", ["wm", "w5", "w5d", "w-5m", "w5.5m", "w٣m", "wait"])
def test_no_wait_codes(text: str) -> None:
    assert one(body(text)).kind == "garbled"


# --- good 127.0.0.1 --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["good 127.0.0.1", "GOOD 127.0.0.1\r\n", "good 127.0.0.1,::1"])
def test_a_client_that_is_ignored_is_told(text: str) -> None:
    verdict = one(body(text))
    assert (verdict.kind, verdict.scope) == ("refused", "provider")
    assert "does not accept this client" in verdict.detail


def test_good_loopback_is_fine_when_it_was_sent() -> None:
    assert said(body("good 127.0.0.1"), target(address="127.0.0.1")).kinds == ["updated"]


def test_another_address_in_the_echo_is_not_our_concern() -> None:
    assert one(body("good 198.51.100.1")).kind == "updated"


# --- statuses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "scope"),
    [
        pytest.param(body("badauth", 401), "refused", "account", id="word-under-401"),
        pytest.param(body("badauth", 400), "refused", "account", id="word-under-400"),
        pytest.param(body("abuse", 403), "banned", "account", id="word-under-403"),
        pytest.param(body("911", 500), "busy", "account", id="word-under-500"),
        pytest.param(body("badauth", 500), "refused", "account", id="the-body-before-the-status"),
        pytest.param(body("nohost", 429), "refused", "record", id="the-body-before-429"),
        pytest.param(body("<html>Unauthorized</html>", 401), "refused", "account", id="401-page"),
        pytest.param(body("", 401), "refused", "account", id="401-empty"),
        pytest.param(body("slow down", 429), "busy", "account", id="429"),
        pytest.param(body("<html>Bad Gateway</html>", 502), "busy", "account", id="502-page"),
        pytest.param(body("", 503), "busy", "account", id="503-empty"),
        pytest.param(body("", 200), "garbled", "record", id="empty-200"),
        pytest.param(body("", 204), "garbled", "record", id="empty-204"),
        pytest.param(body("  \r\n ", 200), "garbled", "record", id="blank-200"),
        pytest.param(body("<!DOCTYPE html><title>Hotel</title>", 200), "garbled", "record", id="captive-portal"),
        pytest.param(body("<html>Forbidden</html>", 403), "garbled", "record", id="403-page"),
        pytest.param(body("Not Found", 404), "garbled", "record", id="404"),
        pytest.param(body("", 302), "garbled", "record", id="redirect"),
        pytest.param(body("good 203.0.113.7", 500), "garbled", "record", id="good-under-500"),
        pytest.param(body("good 203.0.113.7", 302), "garbled", "record", id="good-under-302"),
        pytest.param(body("nochg", 403), "garbled", "record", id="nochg-under-403"),
        pytest.param(Answer(200, {}, b"\xff\xfe\x00g"), "garbled", "record", id="octets"),
    ],
)
def test_statuses(answer: Answer, kind: str, scope: str) -> None:
    verdict = one(answer)
    assert (verdict.kind, verdict.scope) == (kind, scope)
    assert verdict.detail


def test_what_a_page_said_is_put_in_words() -> None:
    assert one(body("<html>", 200)).detail == "HTTP 200: a web page where a short answer was expected"
    assert one(body("", 200)).detail == "HTTP 200 with an empty body"
    assert one(body("", 302)).detail == "HTTP 302: a redirect that is not to be followed"
    assert one(body("hm, what?", 200)).detail == "HTTP 200: hm, what?"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120.0), ("Mon, 21 Sep 2026 14:14:20 GMT", 60.0), ("Mon, 21 Sep 2026 14:13:10 GMT", 0.0), ("never", None)],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert NOW == 1_790_000_000.0  # Mon, 21 Sep 2026 14:13:20 GMT
    for answer in (body("", 429, retry_after=value), body("911", 200, retry_after=value), body("", 503, retry_after=value)):
        assert one(answer).wait_for == seconds
    assert one(body("badauth", 401, retry_after=value)).wait_for is None


# --- several names, several lines ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param("good 203.0.113.7\r\nnochg 203.0.113.7\r\n", ["updated", "unchanged"], id="one-line-each"),
        pytest.param("nohost\ngood 203.0.113.7", ["refused", "updated"], id="one-refused"),
        pytest.param("good 203.0.113.7\nnohost\n\n\n", ["updated", "refused"], id="trailing-blanks"),
        pytest.param("good 203.0.113.7", ["updated", "updated"], id="one-good-for-all"),
        pytest.param("nochg 203.0.113.7\n", ["unchanged", "unchanged"], id="one-nochg-for-all"),
        pytest.param("nohost", ["refused", "refused"], id="one-refusal-for-all"),
        pytest.param("badauth\nYour login is wrong", ["refused", "refused"], id="account-word-and-prose"),
        pytest.param("911\nwe are sorry\nreally", ["busy", "busy"], id="outage-and-prose"),
        pytest.param("good 203.0.113.7\nhm", ["updated", "garbled"], id="second-line-unknown"),
        pytest.param("good 1\ngood 2\ngood 3", ["updated", "updated"], id="more-lines-than-names"),
        pytest.param("hm\ngood 203.0.113.7", ["garbled", "garbled"], id="first-line-unknown"),
    ],
)
def test_two_names(text: str, kinds: list[str]) -> None:
    talked = said(body(text), *TWO)
    assert len(talked.requests) == 1
    assert talked.kinds == kinds


def test_fewer_lines_than_names_leaves_the_rest_garbled() -> None:
    three = (*TWO, target("c.example.com"))
    talked = said(body("good 203.0.113.7\nnochg 203.0.113.7"), *three)
    assert talked.kinds == ["updated", "unchanged", "garbled"]
    assert talked.verdicts["c.example.com", 4].detail == "2 lines came for 3 names"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param(f"good {V4},{V6}", ["updated", "updated"], id="one-line"),
        pytest.param(f"nochg {V4}\ngood {V6}", ["unchanged", "updated"], id="one-line-per-address"),
        pytest.param("good\nwelcome back", ["updated", "updated"], id="prose-after-the-word"),
        pytest.param("dnserr\nnochg", ["busy", "unchanged"], id="one-address-refused"),
    ],
)
def test_two_families_of_one_name(text: str, kinds: list[str]) -> None:
    assert said(body(text), *BOTH).kinds == kinds


# --- phrases ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pattern", "fit"),
    [
        ("ok", "^ok", True),
        ("ok 1 nochange", "^ok*nochange", True),
        ("okay", "^ok", False),
        ("is ok", "^ok", False),
        ("token", "ok", False),
        ("a ok b", "ok", True),
        ("unsuccessful", "successful", False),
        ("unsuccessful, then successful", "successful", True),
        ("updated b a", "^updated*a*b", False),
        ("updated home.example.com to 1", "^updated*home.example.com*to", True),
        ("updated home.example.com.", "^updated*home.example.com", True),
        ("updated home.example.com.evil.org", "^updated*home.example.com", False),
        ("updated my-home.example.com", "^updated*home.example.com", False),
        ("updated at.home.example.com", "^updated*home.example.com", False),
        ("no_error", "error", False),
        ("", "ok", False),
        ("okok ok", "^ok", False),
    ],
)
def test_fits(text: str, pattern: str, *, fit: bool) -> None:
    assert fits(text, pattern) is fit


def test_untagged() -> None:
    assert untagged("<a href='>'>b</a> < c").split() == ["'>b", "<", "c"]
    assert untagged("<" * 100_000 + ">") == " "
