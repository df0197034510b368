import base64
import email.utils
import html
import json
import urllib.parse

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge_agent.encoding import DAY, basic, brief, is_clean, quote, redact, retry_after, unquote


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("a b/ü&=?#%+*,~")
def test_quote_is_what_the_library_does(text: str) -> None:
    assert quote(text) == urllib.parse.quote(text, safe="")
    assert urllib.parse.unquote(quote(text)) == text


@given(st.text("%aF0 é+", max_size=20))
def test_unquote_is_what_the_library_does(text: str) -> None:
    assert unquote(text) == urllib.parse.unquote(text)


def test_quote_leaves_what_it_is_told_to_leave() -> None:
    assert quote("*.a,b:c", "*,:") == "*.a,b:c"


@given(st.text(), st.text())
def test_basic_is_what_the_library_does(user: str, password: str) -> None:
    raw = f"{user}:{password}".encode("utf-8", "replace")
    assert basic(user, password) == "Basic " + base64.b64encode(raw).decode()


@pytest.mark.parametrize("bad", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "\x1b[2J", "a\x7f", "a\x85b"])
def test_control_characters_are_not_clean(bad: str) -> None:
    assert not is_clean(bad)


def test_other_letters_are_clean() -> None:
    assert is_clean("pässwörd ☃ %&?")


# --- redaction -------------------------------------------------------------------------------------------------------

SECRET = 'S3cr3t&<"/\\ é'


@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(str, id="as-it-is"),
        pytest.param(str.lower, id="in-lower-case"),
        pytest.param(lambda secret: urllib.parse.quote(secret, safe=""), id="percent-encoded"),
        pytest.param(urllib.parse.quote_plus, id="form-encoded"),
        pytest.param(html.escape, id="html"),
        pytest.param(lambda secret: html.escape(secret, quote=False), id="html-text"),
        pytest.param(lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1], id="json"),
        pytest.param(lambda secret: base64.b64encode(secret.encode()).decode(), id="base64"),
        pytest.param(lambda secret: base64.b64encode(f"user:{secret}".encode()).decode(), id="basic"),
    ],
)
def test_a_secret_shows_in_no_spelling(spell: object) -> None:
    assert callable(spell)
    spelt = spell(SECRET)
    shown = redact(f"<p>you sent {spelt} here</p>", ["user", SECRET])
    assert spelt not in shown
    assert shown == "<p>you sent *** here</p>"


@given(st.text(min_size=1), st.text(), st.text())
def test_redaction_leaves_no_secret(secret: str, before: str, after: str) -> None:
    shown = redact(before + secret + after, [secret])
    assert secret not in shown.replace("***", "") or set(secret) <= {"*"}


def test_the_longer_secret_goes_first() -> None:
    assert redact("abcdef abc", ["abc", "abcdef"]) == "*** ***"


def test_brief_is_one_short_printable_line() -> None:
    shown = brief("<b>\r\n\x1b[31mred\t " + "x" * 500)
    assert len(shown) == 120
    assert shown.startswith("<b> [31mred xxx")
    assert shown.isprintable()


def test_a_secret_that_the_limit_would_cut_is_gone_before() -> None:
    assert "hunter" not in brief("x" * 115 + "hunter2hunter2", ["hunter2hunter2"])


# --- Retry-After -----------------------------------------------------------------------------------------------------

NOW = 1_790_000_000.0


@given(st.integers(0, 250_000_000_000))
def test_dates_are_what_the_library_writes(instant: int) -> None:
    assert retry_after(email.utils.formatdate(instant, usegmt=True), instant - 100.0) == 100.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("120", 120.0, id="seconds"),
        pytest.param(" 60 ", 60.0, id="blanks"),
        pytest.param("0", 0.0, id="zero"),
        pytest.param("9" * 400, DAY, id="absurd-number"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT", 0.0, id="past"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", DAY, id="far-future"),
        pytest.param("-5", None, id="negative"),
        pytest.param("1.5", None, id="fraction"),
        pytest.param("soon", None, id="prose"),
        pytest.param("Sun, 06 Foo 1994 08:49:37 GMT", None, id="no-such-month"),
        pytest.param("Sun, xx Nov 1994 08:49:37 GMT", None, id="no-number"),
        pytest.param("٣", None, id="other-digits"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="missing"),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@given(st.text())
def test_retry_after_survives_anything(value: str) -> None:
    found = retry_after(value, NOW)
    assert found is None or 0.0 <= found <= DAY
