"""The light `email` inside the executable reads the header block of an answer exactly as the whole one does, well-formed or not."""

import email.message
import email.parser
import http.client
import importlib.util
import io
import pathlib
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

FROZEN = pathlib.Path(__file__).parents[2] / "build" / "frozen" / "email_light"


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"light_{name}", FROZEN / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MESSAGE, PARSER = loaded("message"), loaded("parser")
NAMES = ("Content-Length", "content-length", "Set-Cookie", "X", "Retry-After", "Nobody")


def told(message: Any) -> dict[str, object]:
    return {
        "items": message.items(),
        "keys": list(message.keys()),
        "values": list(message.values()),
        "names": list(message),
        "count": len(message),
        "first": [(message.get(name, "-"), message[name], name in message) for name in NAMES],
        "every": [message.get_all(name, ["-"]) for name in NAMES],
        "defects": [type(defect).__name__ for defect in message.defects],
        "payload": message.get_payload(),
        "multipart": message.is_multipart(),
        "envelope": message.get_unixfrom(),
    }


word = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x85"), max_size=12)
field = st.tuples(st.sampled_from([*NAMES, "", " X", "From ", "X Y", "é"]), st.sampled_from([":", ": ", "", " :"]), word).map(
    "".join
)
line = st.tuples(st.one_of(field, word, word.map(lambda rest: f" {rest}")), st.sampled_from(["\r\n", "\n", "\r"])).map("".join)


@given(lines=st.lists(line, max_size=8))
@example(lines=["X: a\r\n", " b\r\n", "\r\n", "rest\r\n"])
@example(lines=["From me\r\n", "X: a\r\n", "From you\r\n", "Y: b\r\n", "From them\r\n"])
@example(lines=[" first\r\n", ": none\r\n", "no field\r\n", "X: late\r\n"])
@example(lines=["X:\r\n", "\t\r\n"])
def test_a_header_block_reads_the_same(lines: list[str]) -> None:
    text = "".join(lines)
    whole: Any = email.parser.Parser().parsestr(text)
    for place, (name, value) in enumerate(whole.items()):  # older versions leave the line break of an empty first line standing
        whole._headers[place] = (name, value.lstrip(" \t\r\n"))
    assert told(PARSER.Parser(_class=MESSAGE.Message).parsestr(text)) == told(whole)


@pytest.mark.parametrize("block", [b"A: 1\r\nSet-Cookie: x\r\nset-cookie: y\r\n\r\n", b"\r\n", b"bad\r\nA: 1\r\n\r\n"])
def test_http_reads_its_fields_with_it(block: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = http.client.parse_headers(io.BytesIO(block))

    class Fields(MESSAGE.Message):  # type: ignore[misc, name-defined] # what http.client makes of it
        pass

    monkeypatch.setattr(email.parser, "Parser", PARSER.Parser)
    light = http.client.parse_headers(io.BytesIO(block), _class=Fields)
    assert (light.items(), light.get_all("set-cookie")) == (whole.items(), whole.get_all("set-cookie"))


def test_fields_can_be_set_and_removed() -> None:
    whole, light = email.message.Message(), MESSAGE.Message()
    for message in (whole, light):
        message["A"] = "1"
        message["a"] = "2"
        message["B"] = "3"
        del message["A"]
        del message["none"]
    assert light.items() == whole.items() == [("B", "3")]
