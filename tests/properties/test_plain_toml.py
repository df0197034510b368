"""Where the plain reader does not give up, the library says the same; what settings files usually hold, it does read."""

import tomllib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge_agent.settings.plain_toml import parse

WORDS = """[ ] [[ ]] [a] [a.b] [[r]] [r.x] [[a.b]] a b r a.b = x= 's' '' 'l #' 1 -1 +0 01 1_0 1.5 0x1 true false True inf , # {"""
PIECES = (
    *WORDS.split(" "),
    *('"s"', '""', '"""', '"\\n"', "[ a ]", "[a . b]", " = ", " , ", "# c", "{a=1}", "1979-05-27"),
    *("\n", "\r\n", "\r", "\t", " ", "\x00", "é", "9" * 19),
)
texts = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
LINES = """[a]|[a.b]|[b]|[b.c] # here|[[r]]|[[a]]|[[ r ]]|[a.b.c]|a = 1|b = [1, 'x', true,]|c = "t" # why|a=-3|d = []|r = 1|r = []
|# only words||  e = 'x'|a.b = 1|f = [[1]]|g = [|h = "a" "b"|[a] x|i = [1 2]"""
lines = st.sampled_from(LINES.split("|"))


def library(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


@given(texts | st.lists(lines, max_size=8).map("\n".join) | st.text(max_size=30))
@example("[a.b]\n[a]\nx = 1")
@example("[a]\n[a.b]\n[a.b]")
@example("a = 1\n[a]")
@example("[a]\nb = 1\n[a.b]")
@example("r = []\n[[r]]")
@example("[[r]]\n[r]")
@example("[r]\n[[r]]")
@example("a = 'x' 'y'")
@example("\ufeffa = 1")
@example("a = 1\u2028b = 2")
def test_it_says_what_the_library_says(text: str) -> None:
    plain = parse(text)
    assert plain is None or plain == library(text)


@pytest.mark.parametrize(
    "text",
    [
        'interface = ["wan", "ppp*"]  # preference\n\n[account.cf]\nprovider = "cloudflare"\ntoken_file = \'/etc/cf\'\n',
        '[account.no-ip]\r\nprovider = "noip"\n[[record]]\nname = "a.example.com"\ntype = ["A", "AAAA"]\nttl = 60\n[[record]]\n',
        "[[record]]\nname = 'b.example.com'\nproxied = true\n",
        "",
        "# nothing\n",
    ],
)
def test_usual_settings_are_plain(text: str) -> None:
    assert parse(text) == tomllib.loads(text)


@pytest.mark.parametrize("line", ['a = "x\\n"', "a = 1.5", "a = [[1]]", "a.b = 1", "[a.b.c]", "a = [", "a", "[a", "a = [1 2]"])
def test_all_else_is_left_to_the_library(line: str) -> None:
    assert parse(line) is None
    assert parse("a = 1\na = 2") is None
