"""DNS messages as the faked name server reads and writes them: by hand, and sharing nothing with the agent."""

import hashlib
import hmac
import ipaddress
import struct
from collections.abc import Iterator
from typing import NamedTuple

from tests.fakes.zones import Row

SHAS = {f"hmac-{sha}": sha for sha in ("sha1", "sha224", "sha256", "sha384", "sha512")}
HASHES = {"hmac-md5.sig-alg.reg.int": "md5"} | SHAS
TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 28: "AAAA"}
NUMBERS = {name: number for number, name in TYPES.items()}
TSIG, IN, NONE, ANY = 250, 1, 254, 255
RR = tuple[str, int, int, int, bytes]  # name type class ttl data


class Heard(NamedTuple):
    """A request, taken apart. `bare` is what its signature covers."""

    id: int
    update: bool
    zone: tuple[str, int]
    needs: list[RR]
    changes: list[RR]
    signature: RR | None
    bare: bytes
    question: bytes


class Signature(NamedTuple):
    name: str
    algorithm: str
    time: int
    mac: bytes


def wire(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def data(row: Row) -> bytes:
    return ipaddress.ip_address(row["value"]).packed if row["type"] in ("A", "AAAA") else wire(row["value"])


def name_at(body: bytes, at: int) -> tuple[str, int]:
    labels: list[str] = []
    while size := body[at]:
        if size >= 0xC0:
            rest, _ = name_at(body, (size & 63) << 8 | body[at + 1])
            return ".".join([*labels, rest]), at + 2
        labels.append(body[at + 1 : at + 1 + size].decode())
        at += 1 + size
    return ".".join(labels), at + 1


def records(body: bytes, at: int, counts: tuple[int, ...]) -> Iterator[tuple[int, int, RR, int]]:
    """Yield (section, where it begins, record, where it ends)."""
    for section, count in enumerate(counts):
        for _ in range(count):
            begin = at
            name, at = name_at(body, at)
            type_, class_, ttl, size = struct.unpack_from(">HHIH", body, at)
            at += 10 + size
            yield section, begin, (name, type_, class_, ttl, body[at - size : at]), at


def taken_apart(body: bytes) -> Heard:
    id_, flags, *counts = struct.unpack_from(">6H", body)
    assert flags in (0, 5 << 11), "neither a question nor an update"
    assert counts[0] == 1
    zone, at = name_at(body, 12)
    type_, class_ = struct.unpack_from(">HH", body, at)
    assert class_ == IN
    assert zone == zone.lower()
    question = body[12 : at + 4]
    sections: tuple[list[RR], list[RR], list[RR]] = ([], [], [])
    last = end = at + 4
    for section, begin, record, end in records(body, at + 4, tuple(counts[1:])):  # noqa: B007 - where the last one ends
        sections[section].append(record)
        last = begin
    assert end == len(body)
    signature = sections[2][-1] if sections[2] else None
    assert len(sections[2]) <= 1
    assert signature is None or signature[1] == TSIG
    bare = body[:10] + b"\0\0" + body[12:last] if signature else body
    return Heard(id_, flags != 0, (zone, type_), sections[0], sections[1], signature, bare, question)


def octets(heard: Heard, code: int, answer: list[RR] = [], authority: list[RR] = [], *, aa: bool = False) -> bytes:  # noqa: B006 - read only
    """Return a response; a record of the name that was asked for points back to the question."""
    flags = 1 << 15 | (5 << 11 if heard.update else 0) | aa << 10 | code
    body = struct.pack(">6H", heard.id, flags, 1, len(answer), len(authority), 0) + heard.question
    for name, type_, class_, ttl, value in (*answer, *authority):
        body += b"\xc0\x0c" if name == heard.zone[0] else wire(name)
        body += struct.pack(">HHIH", type_, class_, ttl, len(value)) + value
    return body


def made(body: bytes, sign: Signature, secret: bytes, before: bytes, error: int, other: bytes) -> bytes:
    timers = wire(sign.name) + struct.pack(">HI", ANY, 0) + wire(sign.algorithm) + sign.time.to_bytes(6, "big")
    timers += struct.pack(">HHH", 300, error, len(other)) + other
    prior = struct.pack(">H", len(before)) + before if before else b""
    return hmac.new(secret, prior + body + timers, getattr(hashlib, HASHES[sign.algorithm])).digest()


def sealed(body: bytes, sign: Signature, secret: bytes, error: int = 0, other: bytes = b"") -> bytes:
    """Return a response with its signature; without a secret the signature is empty, as in BADSIG and BADKEY."""
    mac = made(body, sign, secret, sign.mac, error, other) if secret else b""
    value = wire(sign.algorithm) + sign.time.to_bytes(6, "big") + struct.pack(">HH", 300, len(mac)) + mac
    value += body[:2] + struct.pack(">HH", error, len(other)) + other
    head = wire(sign.name) + struct.pack(">HHIH", TSIG, ANY, 0, len(value))
    return body[:10] + b"\0\1" + body[12:] + head + value
