"""XML: what is plain is read, what is broken or hostile is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.providers import markup
from edge_agent.providers.markup import Element

PLAIN = [
    ("<a/>", Element("a", "", ())),
    ('\ufeff<?xml version="1.0"?>\n<a x="1">\n b &amp;&#38;&#x26;&lt;\n</a>\n', Element("a", "b &&&<", ())),
    ("<a>1<b> 2 </b>3<c x='y' /></a >", Element("a", "13", (Element("b", "2", ()), Element("c", "", ())))),
    ("<a\nx='y'></a>", Element("a", "", ())),
    ("<a>&gt;&quot;&apos;</a>", Element("a", ">\"'", ())),
]
BROKEN = [
    "",
    "a",
    "<a>",
    "</a>",
    "<a></b>",
    "<a/><b/>",
    "<a/>b",
    "b<a/>",
    "<a",
    "<>",
    "< a/>",
    "<a><b></a></b>",
    "<é/>",
    "</>",
    "<a?>",
    "<?a>",
]
ODD = ["<!-- b -->", "<![CDATA[b]]>", "<!DOCTYPE a>"]
REFERENCES = ["&", "&amp", "&b;", "&#;", "&#x;", "&#0;", "&#xD800;", "&#x110000;", "&#1_0;", "&#999999999;", "&#-5;", "&#x-5;"]


@pytest.mark.parametrize(("document", "root"), PLAIN)
def test_reads_xml(document: str, root: Element) -> None:
    assert markup.parse(document) == root


@pytest.mark.parametrize("document", BROKEN + [odd + "<a/>" for odd in ODD] + [f"<a>{inner}</a>" for inner in ODD + REFERENCES])
def test_reads_nothing_else(document: str) -> None:
    assert markup.parse(document) is None


@pytest.mark.parametrize(("deep", "read"), [(markup.DEPTH, True), (markup.DEPTH + 1, False), (20_000, False)])
def test_depth(deep: int, *, read: bool) -> None:
    assert (markup.parse("<a>" * deep + "</a>" * deep) is not None) == read


@given(st.lists(st.sampled_from(["<a>", "</a>", "<b/>", "<?x?>", "&amp;", "&#", ";", "<", ">", "t", "<!", '"', "\n"])).map("".join))
def test_reads_anything(document: str) -> None:
    found = markup.parse(document)
    assert found is None or found.tag in ("a", "b")


@given(st.text(st.sampled_from("&<>;\"'a #") | st.characters(exclude_categories=("Cs", "Cc"))))
def test_what_is_escaped_is_read_again(text: str) -> None:
    found = markup.parse(f"<a><b>{markup.escape(text)}</b></a>")
    assert found
    assert found.at("b") == text.strip()
    assert (found.at("c", "d"), found.find("b", "c")) == ("", None)
