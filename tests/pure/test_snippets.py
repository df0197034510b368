"""The text of the hooks: its words stand where they must, whatever path and flags are given, and no two rows of the table clash."""

import shlex
import string

import pytest

from edge_agent.snippets import BEGIN, END, SNIPPETS, Snippet, block, whole

SOURCES = {
    *("udhcpc", "dhclient", "dhcpcd", "pppd", "odhcp6c", "netifd", "mwan3", "networkmanager", "networkd", "ifupdown"),
    *("vyos", "edgeos", "merlin", "tomato", "keenetic", "freebsd", "opnsense", "generic"),
}
ROWS = [pytest.param(snippet, id=name) for name, snippet in SNIPPETS.items()]
# What run-parts takes without the option --regex (run-parts(8)), and what none of the callers objects to.
RUN_PARTS = set(string.ascii_letters + string.digits + "_-")
RUN_BY_PARTS = {"dhclient", "pppd", "ifupdown", "vyos", "edgeos"}


def call(text: str) -> list[str]:
    """Return the words that start the agent."""
    words = shlex.split(text, comments=True)
    start = words.index("PYINSTALLER_RESET_ENVIRONMENT=1")
    return words[start + 1 : words.index("&", start)]


def test_every_source_has_a_file() -> None:
    assert {snippet.source for snippet in SNIPPETS.values()} == SOURCES


@pytest.mark.parametrize("snippet", ROWS)
def test_a_file_is_short_and_begins_with_its_shell(snippet: Snippet) -> None:
    text = whole(snippet.name)
    assert text == "#!/bin/sh\n" + block(snippet.name)
    assert text.endswith("\n")
    assert text.count("\n") <= 10
    assert max(map(len, text.splitlines())) <= 132
    assert text.isascii()


@pytest.mark.parametrize("snippet", ROWS)
def test_nothing_is_decided_and_nothing_ends_the_caller(snippet: Snippet) -> None:
    code = [line for line in whole(snippet.name).splitlines() if not line.startswith("#")]
    words = set(" ".join(code).replace(";", " ").split())
    assert words & {"exit", "return", "set", "if", "case", "while", "for", "trap", "eval", "export", "&&", "test", "["} == set()
    assert all(line.startswith(("(", "\t", ")", "/sbin/ddns_custom_updated 1 ")) for line in code)


@pytest.mark.parametrize("snippet", ROWS)
def test_a_row_is_sound(snippet: Snippet) -> None:
    assert snippet.called in {"sourced", "executed"}
    assert snippet.mode in {0o644, 0o755}
    assert snippet.called == "sourced" or snippet.mode == 0o755 or snippet.source == "mwan3"
    assert snippet.block or not snippet.last
    assert all(place.startswith(("/", "nvram:script_")) for place in (snippet.place, *snippet.also))
    if snippet.source in RUN_BY_PARTS:
        assert set(snippet.place.rpartition("/")[2]) <= RUN_PARTS


def test_no_place_is_taken_twice() -> None:
    places = [place for snippet in SNIPPETS.values() for place in (snippet.place, *snippet.also)]
    assert len(places) == len(set(places))


def test_flags_stand_between_hook_and_source() -> None:
    words = call(block("udhcpc", "/opt/agent", ("--config", "/etc/x.toml", "-4")))
    assert words == ["/opt/agent", "hook", "--config", "/etc/x.toml", "-4", "udhcpc", "$@"]


@pytest.mark.parametrize(
    "odd",
    ["", "a b", "it's", '"', "$HOME", "`id`", "a=b", "50%", "*", "~", "\\", "a\nb", "-", "é", ";", "#x"],
    ids=repr,
)
def test_any_path_and_flag_stays_one_word(odd: str) -> None:
    assert call(block("netifd", f"/opt/{odd}/agent", (odd,))) == [f"/opt/{odd}/agent", "hook", odd, "netifd"]


def test_plain_words_are_left_plain() -> None:
    assert "=1 /usr/bin/edge-agent hook netifd " in block("netifd")
    assert "'/opt/a=b' hook" in block("netifd", "/opt/a=b")


def test_the_marks_are_comments() -> None:
    assert BEGIN.startswith("#")
    assert END.startswith("#")
    assert all(mark not in whole(name) for name in SNIPPETS for mark in (BEGIN, END))
