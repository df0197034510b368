"""dnspython beside our codec: the same messages, the same names, the same signatures, and no message read differently."""

import functools
import importlib
import ipaddress
import time as clock
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge_agent import dnswire, tsig
from edge_agent.dnswire import Message, Record, WireError
from edge_agent.inet import to_octets
from tests.fakes.apis.rfc2136 import KEY, SECRET, Rfc2136Fake
from tests.fakes.zones import NOW, filled

pytestmark = pytest.mark.heavy


@functools.cache
def lib() -> Any:
    """Return dnspython; it stands in the oracles' own environment alone."""
    for part in ("message", "name", "rdata", "tsig", "tsigkeyring", "update", "flags", "opcode", "rcode", "exception"):
        importlib.import_module(f"dns.{part}")
    return importlib.import_module("dns")


LABELS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_*", min_size=1, max_size=20)
NAMES = st.lists(LABELS, min_size=1, max_size=5).map(".".join)
ADDRESSES = st.ip_addresses().map(str)
CHANGES = st.lists(st.tuples(st.sampled_from(["add", "delete"]), NAMES, ADDRESSES, st.integers(1, 2**31 - 1)), max_size=5)
TIMES = st.integers(0, 2**40)


def type_of(address: str) -> str:
    return "AAAA" if ":" in address else "A"


def ours(id_: int, zone: str, changes: list[tuple[str, str, str, int]]) -> Message:
    rows = [
        dnswire.addition(f"{name}.{zone}", 28 if ":" in address else 1, ttl, to_octets(address))
        if kind == "add"
        else dnswire.deletion(f"{name}.{zone}", 28 if ":" in address else 1, to_octets(address))
        for kind, name, address, ttl in changes
    ]
    return dnswire.update(id_, zone, [dnswire.something(zone, dnswire.SOA), dnswire.nothing(f"x.{zone}", dnswire.CNAME)], rows)


def theirs(id_: int, zone: str, changes: list[tuple[str, str, str, int]]) -> Any:
    made = lib().update.UpdateMessage(f"{zone}.", id=id_)
    made.present(f"{zone}.", "SOA")
    made.absent(f"x.{zone}.", "CNAME")
    for kind, name, address, ttl in changes:
        if kind == "add":
            made.add(f"{name}.{zone}.", ttl, type_of(address), address)
        else:
            made.delete(f"{name}.{zone}.", type_of(address), address)
    return made


def records(section: Any) -> list[tuple[str, int, int, int, str]]:
    """Return a section of theirs row by row, as ours has it."""
    return [
        (
            rrset.name.to_text().rstrip("."),
            int(rrset.rdtype),
            int(rrset.deleting if rrset.deleting is not None else rrset.rdclass),
            rrset.ttl,
            rdata.to_text(),
        )
        for rrset in section
        for rdata in rrset
    ]


@given(st.integers(0, 0xFFFF), NAMES, CHANGES)
def test_updates_are_the_same_octets(id_: int, zone: str, changes: list[tuple[str, str, str, int]]) -> None:
    assume(len({(name, type_of(address)) for _, name, address, _ in changes}) == len(changes))  # they put one name's rows together
    assert dnswire.octets_of(ours(id_, zone, changes)) == theirs(id_, zone, changes).to_wire()


@given(st.integers(0, 0xFFFF), NAMES, CHANGES)
def test_they_read_what_we_write(id_: int, zone: str, changes: list[tuple[str, str, str, int]]) -> None:
    found = lib().message.from_wire(dnswire.octets_of(ours(id_, zone, changes)))
    assert (found.id, found.opcode(), found.zone[0].name.to_text()) == (id_, lib().opcode.UPDATE, f"{zone}.")
    assert len(found.prerequisite) == 2
    wanted = {
        (f"{name}.{zone}", 28 if ":" in address else 1, 1 if kind == "add" else 254, address) for kind, name, address, _ in changes
    }
    assert {(*row[:3], str(ipaddress.ip_address(row[4]))) for row in records(found.update)} == wanted


@given(st.integers(0, 0xFFFF), NAMES, CHANGES, TIMES, st.sampled_from(sorted(tsig.ALGORITHMS)), st.binary(min_size=1, max_size=80))
def test_signatures(
    id_: int, zone: str, changes: list[tuple[str, str, str, int]], time: int, algorithm: str, secret: bytes
) -> None:
    octets = dnswire.octets_of(ours(id_, zone, changes))
    found, mac = tsig.sign(octets, tsig.Key("ddns-key.example", algorithm, secret), time)
    key = lib().tsig.Key("ddns-key.example.", secret, tsig.ALGORITHMS[algorithm][0])
    message = lib().message.from_wire(octets)
    seal = importlib.import_module("dns.rdtypes.ANY.TSIG").TSIG(255, 250, key.algorithm, time, 300, b"", id_, 0, b"")
    signed, _ = lib().tsig.sign(octets, key, seal, time, b"")
    assert signed.mac == mac
    assert message.id == id_
    read = dnswire.read(found)
    own = tsig.seal_of(read)
    assert own
    assert (own.name, own.algorithm, own.time, own.mac) == ("ddns-key.example", tsig.ALGORITHMS[algorithm][0], time, signed.mac)


@pytest.mark.parametrize("algorithm", tsig.ALGORITHMS)
def test_they_verify_our_signatures_and_we_theirs(algorithm: str) -> None:
    now = int(clock.time())
    key = tsig.Key("ddns-key", algorithm, b"0123456789abcdef")
    ring = {lib().name.from_text("ddns-key."): lib().tsig.Key("ddns-key.", key.secret, tsig.ALGORITHMS[algorithm][0])}
    octets, mac = tsig.sign(dnswire.octets_of(dnswire.question(7, "example.com", dnswire.SOA)), key, now)
    request = lib().message.from_wire(octets, keyring=ring)
    assert request.had_tsig
    response = lib().message.make_response(request)
    response.use_tsig(ring, "ddns-key.")
    answer = response.to_wire()
    read = dnswire.read(answer)
    seal = tsig.seal_of(read)
    assert seal
    assert tsig.genuine(answer, read, seal, key, mac)
    assert not tsig.genuine(answer, read, seal, key, mac[:-1] + b"\0\0")


@given(st.binary(max_size=200))
def test_what_we_read_they_read_alike(octets: bytes) -> None:
    _alike(octets)


@given(st.integers(0, 0xFFFF), NAMES, CHANGES, st.data())
def test_what_we_read_of_a_damaged_message_they_read_alike(
    id_: int, zone: str, changes: list[tuple[str, str, str, int]], data: st.DataObject
) -> None:
    octets = bytearray(dnswire.octets_of(ours(id_, zone, changes)))
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    _alike(bytes(octets))


def _alike(octets: bytes) -> None:
    """Where both read a message, the questions and counts are the same; what they refuse for its records' sake we may read."""
    try:
        own = dnswire.read(octets)
    except WireError:
        with pytest.raises((lib().exception.DNSException, ValueError, IndexError, NotImplementedError)):
            lib().message.from_wire(octets, one_rr_per_rrset=True, question_only=False)
        return
    try:
        found = lib().message.from_wire(octets, one_rr_per_rrset=True)
    except Exception:  # noqa: BLE001 - it judges data that we leave alone
        return
    assert (found.id, len(found.question)) == (own.id, len(own.question))
    for one, other in zip(own.question, found.question, strict=True):
        assert (one.type, one.class_) == (int(other.rdtype), int(other.rdclass))
        assert dnswire_name(one) == other.name.canonicalize().to_wire()


def dnswire_name(record: Record) -> bytes:
    """Return a name that was read as octets, its numbers undone."""
    return lib().name.from_text(record.name + ".").to_wire() if record.name else b"\0"


def test_they_take_our_fake_for_a_name_server() -> None:
    fake = filled(Rfc2136Fake)
    assert isinstance(fake, Rfc2136Fake)
    ring = lib().tsigkeyring.from_text({f"{KEY}.": SECRET})
    update = lib().update.UpdateMessage("example.com.", keyring=ring, keyalgorithm="hmac-sha256")
    update.absent("home.example.com.", "A")
    update.add("home.example.com.", 60, "A", "192.0.2.7")
    now = clock.time()
    for wanted in (lib().rcode.NOERROR, lib().rcode.YXRRSET):
        body = update.to_wire()
        _, _, answer = fake.answer("DNS", "", {}, {}, body, "127.0.0.1", now)
        said = lib().message.from_wire(answer, keyring=ring, request_mac=update.mac)
        assert (said.rcode(), said.had_tsig) == (wanted, True)
    assert fake.says("home.example.com") == ["192.0.2.7"]
    question = lib().message.make_query("home.example.com.", "A", flags=0)
    _, _, answer = fake.answer("DNS", "", {}, {}, question.to_wire(), "127.0.0.1", NOW)
    said = lib().message.from_wire(answer)
    assert question.is_response(said)
    assert [rdata.to_text() for rdata in said.answer[0]] == ["192.0.2.7"]
