"""DNS messages as octets (RFC 1035, RFC 2136): questions, updates, and what a server answers. Pure, and no more than is needed.

Foreign octets raise WireError and nothing else: no length in them is believed, and the pointers of a name only lead backwards.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

A: Final = 1
CNAME: Final = 5
SOA: Final = 6
AAAA: Final = 28
TSIG: Final = 250
IN: Final = 1
NONE: Final = 254  # in an update: "no such record", or "delete this record"
ANY: Final = 255  # in an update: "whatever it says"
UPDATE: Final = 5 << 11  # opcodes, where they stand in the flags
OPCODE: Final = 15 << 11
RESPONSE: Final = 1 << 15
AUTHORITATIVE: Final = 1 << 10
TRUNCATED: Final = 1 << 9
RCODE: Final = 15
LABEL: Final = 63
NAME: Final = 255  # octets of a whole name
POINTER: Final = 0xC000
LONGEST: Final = 0xFFFF

_PLAIN: Final = frozenset(range(0x21, 0x7F)) - frozenset(b".\\")


class WireError(ValueError):
    """Octets that are no DNS message, or a name that no message can hold."""


class Record(NamedTuple):
    """A resource record; in the question section, its name, type and class alone."""

    name: str  # lower case, without a final dot
    type: int
    class_: int = IN
    ttl: int = 0
    data: bytes = b""


class Message(NamedTuple):
    """A message. An update calls its sections zone, prerequisites, update and additional (RFC 2136, section 2)."""

    id: int
    flags: int = 0
    question: tuple[Record, ...] = ()
    answer: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    last_at: int = 0  # where the last record begins, in a message that was read

    @property
    def rcode(self) -> int:
        """What a response says of the request: 0 is no error."""
        return self.flags & RCODE

    def answers(self, request: "Message") -> bool:
        """Say whether this is a response to that request. The question may be left out, where there is an error."""
        same = self.id == request.id and self.flags & (RESPONSE | OPCODE) == RESPONSE | request.flags & OPCODE
        echo = [(own.name, own.type, own.class_) for own in self.question]
        asked = [(own.name, own.type, own.class_) for own in request.question]
        return same and (echo == asked or (not echo and self.rcode != 0))


# --- writing ---------------------------------------------------------------------------------------------------------


def name_octets(name: str) -> bytes:
    """Return a name as it stands in a message, in lower case and uncompressed."""
    return _name(name, 0, {})


def octets_of(message: Message) -> bytes:
    """Return the octets of a message. The names that records belong to are compressed."""
    sections = (message.question, message.answer, message.authority, message.additional)
    octets = bytearray().join(number.to_bytes(2, "big") for number in (message.id, message.flags, *map(len, sections)))
    known: dict[str, int] = {}
    for place, section in enumerate(sections):
        for record in section:
            octets += _name(record.name, len(octets), known)
            octets += record.type.to_bytes(2, "big") + record.class_.to_bytes(2, "big")
            if place:
                octets += record.ttl.to_bytes(4, "big") + len(record.data).to_bytes(2, "big") + record.data
    return bytes(octets)


def _name(name: str, at: int, known: dict[str, int]) -> bytes:
    """Return a name that is to stand at offset `at`; `known` are the offsets of names before it."""
    labels = name.lower().removesuffix(".").split(".") if name not in ("", ".") else []
    if not all(0 < len(label) <= LABEL and label.isascii() and _PLAIN.issuperset(label.encode()) for label in labels):
        raise WireError(f"{name!a} is not a name that DNS can hold")
    if sum(len(label) + 1 for label in labels) + 1 > NAME:
        raise WireError(f"{name[:60]!a}… is longer than a name may be")
    octets = b""
    for place, label in enumerate(labels):
        rest = ".".join(labels[place:])
        if rest in known:
            return octets + (POINTER | known[rest]).to_bytes(2, "big")
        if at + len(octets) < 0x4000:  # what a pointer reaches
            known[rest] = at + len(octets)
        octets += bytes([len(label)]) + label.encode()
    return octets + b"\0"


# --- reading ---------------------------------------------------------------------------------------------------------


def read(octets: bytes) -> Message:
    """Return the message that these octets are, all of them."""
    numbers = [_number(octets, at, 2) for at in range(0, 12, 2)]
    at, last_at = 12, 0
    sections: list[tuple[Record, ...]] = []
    for place, count in enumerate(numbers[2:]):
        found = []
        for _ in range(count):
            last_at = at
            record, at = _record(octets, at, whole=place > 0)
            found.append(record)
        sections.append(tuple(found))
    if at != len(octets):
        raise WireError(f"{len(octets) - at} octets follow the message")
    return Message(numbers[0], numbers[1], sections[0], sections[1], sections[2], sections[3], last_at)


def _record(octets: bytes, at: int, *, whole: bool) -> tuple[Record, int]:
    """Return the record at that offset, and where the next one begins."""
    name, at = read_name(octets, at)
    type_, class_ = _number(octets, at, 2), _number(octets, at + 2, 2)
    if not whole:
        return Record(name, type_, class_), at + 4
    ttl, length = _number(octets, at + 4, 4), _number(octets, at + 8, 2)
    data = octets[at + 10 : at + 10 + length]
    if len(data) != length:
        raise WireError("a record is cut off")
    return Record(name, type_, class_, ttl, data), at + 10 + length


def read_name(octets: bytes, at: int) -> tuple[str, int]:
    """Return the name at that offset, and what follows it. Odd characters are written as numbers (RFC 1035, 5.1)."""
    labels: list[str] = []
    length, end, bound = 1, 0, at  # `end`: where the name ends at its own place, once a pointer has led elsewhere
    while count := _number(octets, at, 1):
        if count >= POINTER >> 8:
            target = _number(octets, at, 2) & ~POINTER
            if target >= bound:
                raise WireError("a name points forward")
            end = end or at + 2
            at = bound = target
            continue
        label = octets[at + 1 : at + 1 + count]
        length += count + 1
        if count > LABEL or len(label) != count or length > NAME:
            raise WireError("a name is cut off, or longer than a name may be")
        labels.append("".join(chr(octet) if octet in _PLAIN else f"\\{octet:03}" for octet in label.lower()))
        at += count + 1
    return ".".join(labels), end or at + 1


def _number(octets: bytes, at: int, length: int) -> int:
    found = octets[at : at + length]
    if len(found) != length:
        raise WireError("the message is cut off")
    return int.from_bytes(found, "big")


# --- updates ---------------------------------------------------------------------------------------------------------


def question(id_: int, name: str, type_: int) -> Message:
    """Return a question that asks a server for what it has itself: no recursion is desired."""
    return Message(id_, 0, (Record(name, type_),))


def update(id_: int, zone: str, needs: Sequence[Record], changes: Sequence[Record]) -> Message:
    """Return an update of a zone: every change is carried out, or where a need is not met none is."""
    return Message(id_, UPDATE, (Record(zone, SOA),), tuple(needs), tuple(changes))


def exactly(name: str, type_: int, values: Sequence[bytes]) -> tuple[Record, ...]:
    """Return the need that a name has these values of a type and no other; without values, that it has none."""
    return tuple(Record(name, type_, IN, 0, value) for value in values) or (Record(name, type_, NONE),)


def something(name: str, type_: int) -> Record:
    """Return the need that a name has records of a type. A wildcard above it does not meet it."""
    return Record(name, type_, ANY)


def nothing(name: str, type_: int) -> Record:
    """Return the need that a name has no record of a type."""
    return Record(name, type_, NONE)


def deletion(name: str, type_: int, value: bytes) -> Record:
    """Return the change that takes one value away, and leaves the others."""
    return Record(name, type_, NONE, 0, value)


def addition(name: str, type_: int, ttl: int, value: bytes) -> Record:
    """Return the change that adds a value."""
    return Record(name, type_, IN, ttl, value)
