"""Memory as text and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent import ledger
from edge_agent.model import Entry, Key, Lock, Memory, Pause, Pin, Standing

TEXT = st.one_of(st.text(), st.text(alphabet="%\t\n\r=,\x00é\ud800 a", max_size=12))
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
PAUSE = st.builds(Pause, NUMBER, NUMBER, TEXT, NUMBER)
ENTRY = st.builds(
    Entry,
    address=st.none() | TEXT,
    published_at=NUMBER,
    uplink=st.none() | TEXT,
    fingerprint=TEXT,
    failures=st.integers(),
    sent=st.none() | PAUSE,
    pause=st.none() | PAUSE,
    verdict=st.none() | TEXT,
    detail=TEXT,
    tried=TEXT,
    doubtful=st.booleans(),
    maybe=TEXT,
)
KEY = st.builds(Key, TEXT, TEXT, TEXT, st.just("") | TEXT)
LOCK = st.builds(Lock, TEXT, TEXT, TEXT, NUMBER)
STANDING = st.builds(Standing, TEXT, st.integers(), TEXT, st.none() | PAUSE)
MEMORY = st.builds(
    Memory,
    st.dictionaries(KEY, ENTRY, max_size=4),
    st.dictionaries(TEXT, LOCK, max_size=3),
    st.dictionaries(TEXT, STANDING, max_size=3),
    st.none() | st.builds(Pin, TEXT, PAUSE),
)

WHOLE = Memory(
    {
        Key("noip", "home.example.com", "A"): Entry(
            "198.51.100.7",
            1e9,
            "wan0",
            "f1",
            2,
            Pause(1e9, 12.5, "b00t", 0.0),
            Pause(1e9, 12.5, "b00t", 600.0),
            "busy",
            "911\ttry\nlater é",
        ),
        Key("noip", "home.example.com", "AAAA"): Entry(),
        Key("cf", "both.example.com", "A", "wan1"): Entry("198.51.100.8", 1e9, "wan1"),
    },
    {"account:noip": Lock("f1", "refused", "badauth", 1e9)},
    {"5e1ec7/4": Standing("wan1", 1, "wan0", Pause(1e9, 12.5, "b00t", 60.0))},
    Pin("wan1", Pause(1e9, 12.5, "b00t", 7200.0)),
)
SHORT = ledger.HEADER.encode()


@given(MEMORY)
def test_what_was_written_is_read_back(memory: Memory) -> None:
    assert ledger.decode(ledger.encode(memory)) == ledger.Reading(memory)


@given(MEMORY, MEMORY)
def test_the_changes_turn_one_memory_into_the_other(before: Memory, after: Memory) -> None:
    journal = ledger.encode(before) + "".join(ledger.changes(before, after)).encode("ascii")
    assert ledger.decode(journal) == ledger.Reading(after)


@given(MEMORY)
def test_nothing_changed_is_nothing_to_write(memory: Memory) -> None:
    assert ledger.changes(memory, memory) == ()


@given(TEXT)
def test_a_value_is_one_field_on_one_line(text: str) -> None:
    escaped = ledger.escape(text)
    assert escaped.isascii()
    assert escaped == "" or escaped.isprintable()
    assert ledger.unescape(escaped) == text


@given(st.binary())
def test_any_octets_decode(octets: bytes) -> None:
    reading = ledger.decode(octets)
    assert reading.kind in {"read", "empty", "foreign", "version"}
    assert reading.kind == "read" or reading.memory == Memory()


@given(st.lists(st.binary(max_size=30) | st.sampled_from(ledger.changes(Memory(), WHOLE)).map(str.encode), max_size=6))
def test_any_octets_after_the_first_line_decode(parts: list[bytes]) -> None:
    reading = ledger.decode(SHORT + b"\n".join(parts))
    assert reading.kind == "read"
    assert set(reading.memory.entries) <= set(WHOLE.entries)


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=255))
def test_one_damaged_octet_leaves_the_other_lines(place: int, octet: int) -> None:
    octets = bytearray(ledger.encode(WHOLE))
    place = len(SHORT) + place % (len(octets) - len(SHORT))
    octets[place] = octet
    reading = ledger.decode(bytes(octets))
    found = reading.memory
    intact = set(WHOLE.entries.items()) & set(found.entries.items())
    others = (found.locks == WHOLE.locks) + (found.standings == WHOLE.standings) + (found.pin == WHOLE.pin)
    assert reading.kind == "read"
    assert len(intact) + others >= 4


def test_every_prefix_is_an_earlier_memory() -> None:
    octets = ledger.encode(WHOLE)
    lines = octets.split(b"\n")
    seen = set()
    for end in range(len(octets) + 1):
        reading = ledger.decode(octets[:end])
        whole = octets[:end].count(b"\n")
        assert reading.unreadable == 0
        assert reading.kind == ("read" if whole else "empty")
        found = reading.memory
        facts = len(found.entries) + len(found.locks) + len(found.standings) + (found.pin is not None)
        assert facts == max(whole - 1, 0)
        seen.add(whole)
    assert seen == set(range(len(lines)))


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"edge-agent mem", "empty", id="first-line-torn"),
        pytest.param(b"edge-agent memory 2\nrecord\n", "version", id="from-the-future"),
        pytest.param(b"\0" * 512, "foreign", id="zeros-of-a-power-cut"),
        pytest.param(b"{}\n", "foreign", id="another-program's"),
        pytest.param(b"{}", "foreign", id="another-program's-without-newline"),
        pytest.param(SHORT, "read", id="nothing-known-yet"),
    ],
)
def test_kinds_of_files(octets: bytes, kind: str) -> None:
    assert ledger.decode(octets) == ledger.Reading(Memory(), kind)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"rumour\taccount=a\tname=n\ttype=A", id="no-such-kind"),
        pytest.param(b"record\taccount=a\tname=n", id="no-type"),
        pytest.param(b"record\taccount=a\tname=n\ttype=A\tcolour=red", id="unknown-field"),
        pytest.param(b"forget\taccount=a\tname=n\ttype=A\taddress=x", id="forget-with-a-value"),
        pytest.param(b"record\taccount=a\taccount=b\tname=n\ttype=A", id="field-twice"),
        pytest.param(b"record\taccount=a\tname=n\ttype=A\tfailures=many", id="no-number"),
        pytest.param(b"record\taccount=a\tname=n\ttype=A\tdoubtful=perhaps", id="neither-true-nor-false"),
        pytest.param(b"record\taccount=a\tname=n\ttype=A\tpublished_at=nan", id="nan"),
        pytest.param(b"record\taccount=a\tname=n\ttype=A\tpause=1.0,1.0,inf,b", id="endless-pause"),
        pytest.param(b"record\taccount=a\tname=n\ttype=A\tpause=1.0", id="half-a-pause"),
        pytest.param(b"record\taccount=%4\tname=n\ttype=A", id="half-an-escape"),
        pytest.param(b"record\taccount=%zz\tname=n\ttype=A", id="no-hexadecimal-escape"),
        pytest.param(b"record\taccount=%ff\tname=n\ttype=A", id="no-utf-8"),
        pytest.param("record\taccount=é\tname=n\ttype=A".encode(), id="not-ascii"),
        pytest.param(b"lock\tscope=record:a/n/A\tfingerprint=f", id="half-a-lock"),
        pytest.param(b"lock\tfingerprint=f\tverdict=refused\tdetail=\tlocked_at=1.0", id="lock-of-nothing"),
        pytest.param(b"unlock\tscope=s\tverdict=refused", id="unlock-with-a-value"),
        pytest.param(b"stand\tchoice=s/4", id="standing-on-nothing"),
        pytest.param(b"stand\tinterface=wan0", id="standing-of-nothing"),
        pytest.param(b"leave\tchoice=s/4\tinterface=wan0", id="leave-with-a-value"),
        pytest.param(b"pin\tinterface=wan0", id="pin-without-an-end"),
        pytest.param(b"unpin\tinterface=wan0", id="unpin-with-a-value"),
    ],
)
def test_a_line_that_makes_no_sense_is_counted_and_left_out(line: bytes) -> None:
    whole = ledger.encode(WHOLE)
    assert ledger.decode(whole + line + b"\n") == ledger.Reading(WHOLE, "read", 1)


def test_later_lines_win() -> None:
    key = Key("a", "n", "A")
    lines = [ledger.entry_line(key, Entry("192.0.2.1")), ledger.entry_line(key, Entry("192.0.2.2"))]
    assert ledger.decode(SHORT + "".join(lines).encode()).memory == Memory({key: Entry("192.0.2.2")})
    gone = [*lines, ledger.forget_line(key)]
    assert ledger.decode(SHORT + "".join(gone).encode()).memory == Memory()


def test_lines_of_before_there_were_values_still_read() -> None:
    octets = SHORT + b"record\taccount=a\tname=n\ttype=A\taddress=192.0.2.1\n"
    assert ledger.decode(octets).memory.entries == {Key("a", "n", "A", ""): Entry("192.0.2.1")}


def test_every_field_of_memory_can_be_written() -> None:
    for record in (Key, Entry, Lock, Standing, Pin):
        assert set(record.__annotations__.values()) <= set(ledger._CODECS)
