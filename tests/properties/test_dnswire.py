"""DNS messages: whatever octets come, nothing but WireError; what is written is read again; no name leads in circles."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge_agent import dnswire, tsig
from edge_agent.dnswire import Message, Record, WireError

PLAIN = "".join(chr(octet) for octet in range(0x21, 0x7F) if chr(octet) not in ".\\")
LABELS = st.text(PLAIN, min_size=1, max_size=63)
NAMES = st.lists(LABELS, max_size=6).map(".".join).filter(lambda name: len(name) < 254)
FEW = st.sampled_from(["", "example.com", "home.example.com", "*.example.com", "lab.example.com", "com", "a.home.example.com"])
U16, U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
RECORDS = st.builds(Record, st.one_of(NAMES, FEW), U16, U16, U32, st.binary(max_size=40))
SECTION = st.lists(RECORDS, max_size=4).map(tuple)
QUESTIONS = st.lists(st.builds(Record, st.one_of(NAMES, FEW), U16, U16, st.just(0), st.just(b"")), max_size=3).map(tuple)
MESSAGES = st.builds(Message, U16, U16, QUESTIONS, SECTION, SECTION, SECTION)
KEYS = st.builds(tsig.Key, FEW.filter(bool), st.sampled_from(sorted(tsig.ALGORITHMS)), st.binary(min_size=1, max_size=80))


def lower(records: tuple[Record, ...]) -> tuple[Record, ...]:
    return tuple(record._replace(name=record.name.lower()) for record in records)


@given(MESSAGES)
def test_what_is_written_is_read_again(message: Message) -> None:
    found = dnswire.read(dnswire.octets_of(message))
    sections = [lower(section) for section in message[2:6]]
    assert found._replace(last_at=0) == Message(message.id, message.flags, *sections)  # type: ignore[arg-type]


@given(st.binary(max_size=120))
@example(b"\0" * 12)
@example(bytes(4) + b"\0\1" + bytes(6) + b"\xc0\x0c\0\1\0\1")  # a name that points at itself
@example(bytes(4) + b"\0\2" + bytes(6) + b"\1a\xc0\x12\0\1\0\1" + b"\1b\xc0\x0c\0\1\0\1")
@example(bytes(4) + b"\xff\xff" * 4)
def test_any_octets(octets: bytes) -> None:
    with contextlib.suppress(WireError):
        tsig.seal_of(dnswire.read(octets))
    with contextlib.suppress(WireError):
        dnswire.read_name(octets, 0)


@given(MESSAGES, st.data())
def test_a_message_with_an_octet_changed_or_cut(message: Message, data: st.DataObject) -> None:
    octets = bytearray(dnswire.octets_of(message))
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        tsig.seal_of(dnswire.read(bytes(octets[: data.draw(st.integers(0, len(octets)))])))


@given(NAMES)
def test_names(name: str) -> None:
    octets = dnswire.name_octets(name)
    assert dnswire.read_name(octets, 0) == (name.lower(), len(octets))
    assert dnswire.name_octets(name + ".") == octets or not name


@given(st.text(max_size=300))
@example("a..b")
@example("a." * 127)
@example("a." * 128)
@example("a" * 64)
def test_any_name(name: str) -> None:
    try:
        octets = dnswire.name_octets(name)
    except WireError:
        return
    assert len(octets) <= 255
    assert dnswire.read_name(octets, 0)[1] == len(octets)


@given(MESSAGES, KEYS, st.integers(0, 2**48 - 1), st.binary(max_size=64))
def test_signatures(message: Message, key: tsig.Key, time: int, before: bytes) -> None:
    message = message._replace(additional=tuple(record for record in message.additional if record.type != dnswire.TSIG))
    message = message._replace(answer=(), authority=())
    octets, mac = tsig.sign(dnswire.octets_of(message), key, time, before)
    read = dnswire.read(octets)
    seal = tsig.seal_of(read)
    assert seal
    assert (seal.mac, seal.time, seal.id, seal.error, seal.server_time) == (mac, time, message.id, 0, None)
    assert tsig.genuine(octets, read, seal, key, before)
    forwarded = bytes([octets[0] ^ 1]) + octets[1:]
    assert tsig.genuine(forwarded, dnswire.read(forwarded), seal, key, before), "what forwards it may give it an id of its own"
    assert not tsig.genuine(octets, read, seal, key, before + b"x")
    assert not tsig.genuine(octets, read, seal, key._replace(secret=key.secret + b"\1"), before)


@given(MESSAGES, KEYS, st.data())
def test_a_change_on_the_way_is_seen(message: Message, key: tsig.Key, data: st.DataObject) -> None:
    octets, _ = tsig.sign(dnswire.octets_of(message._replace(answer=(), authority=(), additional=())), key, 1_790_000_000)
    place, bit = data.draw(st.integers(0, len(octets) - 1)), 1 << data.draw(st.integers(0, 7))
    changed = octets[:place] + bytes([octets[place] ^ bit]) + octets[place + 1 :]
    with contextlib.suppress(WireError):
        read = dnswire.read(changed)
        seal = tsig.seal_of(read)
        same = place < 2  # the id: what the signature covers is the original one
        assert seal is None or same or not tsig.genuine(changed, read, seal, key, b"") or changed.lower() == octets.lower()


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        pytest.param(b"", "cut off", id="nothing"),
        pytest.param(bytes(13), "1 octets follow", id="too-much"),
        pytest.param(bytes(4) + b"\0\1" + bytes(6) + b"\xc0\x0c\0\1\0\1", "points forward", id="itself"),
        pytest.param(bytes(4) + b"\0\1" + bytes(6) + b"\xc0\x10\0\1\0\1\0", "points forward", id="forward"),
        pytest.param(bytes(4) + b"\0\1" + bytes(6) + b"\x40" + b"a" * 64 + b"\0\0\1\0\1", "longer than a name", id="label"),
        pytest.param(bytes(4) + b"\0\1" + bytes(6) + (b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1", "longer than a name", id="name"),
        pytest.param(bytes(4) + b"\0\1" + bytes(6) + b"\3ab", "a name is cut off", id="name-cut"),
        pytest.param(bytes(6) + b"\0\1" + bytes(4) + b"\0\0\1\0\1\0\0\0\0\0\2\0", "a record is cut off", id="record-cut"),
    ],
)
def test_octets_that_are_no_message(octets: bytes, words: str) -> None:
    with pytest.raises(WireError, match=words):
        dnswire.read(octets)


def test_pointers_may_lead_on_backwards() -> None:
    octets = bytes(12) + b"\3com\0" + b"\7example\xc0\x0c" + b"\4home\xc0\x11" + b"\xc0\x1b"
    assert dnswire.read_name(octets, 34) == ("home.example.com", 36)
    assert dnswire.read_name(b"\2a.\4b\\\xff \0", 0) == ("a\\046.b\\092\\255\\032", 9)


def test_a_name_beyond_the_reach_of_pointers() -> None:
    far = Record("first.example.com", 16, data=bytes(0x4000))
    message = Message(1, 0, (), (far, Record("home.example.org", 1), Record("nas.example.org", 1)))
    assert [record.name for record in dnswire.read(dnswire.octets_of(message)).answer] == [
        "first.example.com",
        "home.example.org",
        "nas.example.org",
    ]


SEAL = Record("key", dnswire.TSIG, dnswire.ANY, 0, dnswire.name_octets("hmac-sha256") + bytes(16))


@pytest.mark.parametrize(
    ("message", "words"),
    [
        pytest.param(Message(1, additional=(SEAL, SEAL)), "not the last record", id="two"),
        pytest.param(Message(1, additional=(SEAL, Record("a", 1))), "not the last record", id="not-last"),
        pytest.param(Message(1, answer=(SEAL,)), "not the last record", id="elsewhere"),
        pytest.param(Message(1, additional=(SEAL._replace(class_=1),)), "not the last record", id="class"),
        pytest.param(Message(1, additional=(SEAL._replace(ttl=1),)), "not the last record", id="ttl"),
        pytest.param(Message(1, additional=(SEAL._replace(data=SEAL.data[:-1]),)), "cut off", id="cut"),
        pytest.param(Message(1, additional=(SEAL._replace(data=SEAL.data + b"\0"),)), "cut off", id="too-long"),
        pytest.param(Message(1, additional=(SEAL._replace(data=b"\xc0\x00"),)), "points forward", id="pointer"),
    ],
)
def test_seals_that_are_none(message: Message, words: str) -> None:
    with pytest.raises(WireError, match=words):
        tsig.seal_of(message)
    assert tsig.seal_of(Message(1, additional=(SEAL,))) is not None
    assert tsig.seal_of(Message(1, additional=(Record("a", 1),))) is None
