"""Names in other scripts: what we write is what the standard library's codec writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent import names


@pytest.mark.parametrize(
    ("name", "ascii_form"),
    [
        pytest.param("Home.Example.COM.", "home.example.com", id="case-and-dot"),
        pytest.param("Bücher.example", "xn--bcher-kva.example", id="latin"),
        pytest.param("例え.テスト", "xn--r8jz45g.xn--zckzah", id="every-label"),
        pytest.param("*.bücher.example", "*.xn--bcher-kva.example", id="wildcard"),
        pytest.param("", "", id="empty"),
    ],
)
def test_one_form(name: str, ascii_form: str) -> None:
    assert names.ascii_of(name) == ascii_form
    assert names.ascii_of(ascii_form) == ascii_form


@given(st.text(max_size=63).filter(lambda label: "." not in label))
def test_punycode(label: str) -> None:
    assert names.punycode(label) == label.encode("punycode").decode()


@given(st.text())
def test_any_name_has_a_form(name: str) -> None:
    form = names.ascii_of(name)
    assert names.ascii_of(form) == form or not form.isascii()


def test_a_label_that_cannot_be_one_costs_nothing() -> None:
    monster = "".join(map(chr, range(0x4E00, 0x9FFF)))
    assert names.ascii_of(monster) == monster
