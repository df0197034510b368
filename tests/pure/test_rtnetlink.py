"""rtnetlink: what a real kernel said is read right, and what it might say otherwise is survived."""

import struct
import sys

import pytest

from edge_agent import netlink, rtnetlink, ways
from edge_agent.model import Address, Link, Neighbour, Question, Route, Rule, Way
from edge_agent.netlink import attribute
from tests.pure.recorded import DATAGRAMS, bodies


def u32(value: int) -> bytes:
    return value.to_bytes(4, sys.byteorder)


def octets(*values: int) -> bytes:
    return bytes(values)


HERE4 = octets(45, 83, 1, 2)
GATE4 = octets(45, 83, 1, 1)
GATE6 = bytes.fromhex("fe80000000000000") + u32(0) + octets(0, 0, 0, 1)

# --- the envelope ----------------------------------------------------------------------------------------------------


def envelope(kind: int, flags: int, body: bytes, sequence: int = 7) -> bytes:
    data = netlink.message(kind, 0, sequence, body)
    return data[:6] + flags.to_bytes(2, sys.byteorder) + data[8:] + bytes(-len(body) % 4)


ROW = envelope(20, netlink.MULTI, b"four")
END = envelope(netlink.DONE, netlink.MULTI, u32(0))

REPLIES = {
    "rows-and-end": (ROW + ROW + END, netlink.Reply(((20, b"four"), (20, b"four")), done=True)),
    "rows-to-be-continued": (ROW, netlink.Reply(((20, b"four"),))),
    "a-single-row-is-all": (envelope(24, 0, b"route"), netlink.Reply(((24, b"route"),), done=True)),
    "interrupted-row": (
        envelope(20, netlink.MULTI | netlink.INTERRUPTED, b"four") + END,
        netlink.Reply(((20, b"four"),), done=True, interrupted=True),
    ),
    "interrupted-end": (
        ROW + envelope(netlink.DONE, netlink.MULTI | netlink.INTERRUPTED, u32(0)),
        netlink.Reply(((20, b"four"),), done=True, interrupted=True),
    ),
    "error": (envelope(netlink.ERROR, 0, struct.pack("=i", -101) + ROW), netlink.Reply(done=True, error=101)),
    "acknowledged": (envelope(netlink.ERROR, 0, u32(0)), netlink.Reply(done=True)),
    "error-at-the-end": (
        ROW + envelope(netlink.DONE, netlink.MULTI, struct.pack("=i", -16)),
        netlink.Reply(((20, b"four"),), done=True, error=16),
    ),
    "error-without-number": (envelope(netlink.ERROR, 0, b""), netlink.Reply(done=True)),
    "somebody-else's": (envelope(20, 0, b"four", sequence=8), netlink.Reply()),
    "ours-behind-theirs": (envelope(20, 0, b"four", sequence=8) + ROW, netlink.Reply(((20, b"four"),))),
    "nothing": (b"", netlink.Reply()),
    "half-a-header": (ROW[:9], netlink.Reply()),
    "cut-off": (ROW + ROW[:-2], netlink.Reply(((20, b"four"),))),
    "length-zero": (bytes(16) + ROW, netlink.Reply()),
    "length-beyond": (struct.pack("=IHHII", 99999, 20, 2, 7, 0) + b"four", netlink.Reply()),
    "end-stops": (END + ROW, netlink.Reply(done=True)),
}


@pytest.mark.parametrize(("data", "expected"), REPLIES.values(), ids=REPLIES)
def test_reply(data: bytes, expected: netlink.Reply) -> None:
    assert netlink.reply(data, 7) == expected


ATTRIBUTES = {
    "none": (b"", {}),
    "one": (attribute(3, b"wan0\0"), {3: b"wan0\0"}),
    "padded": (attribute(3, b"a") + attribute(4, b"b"), {3: b"a", 4: b"b"}),
    "nested-bit": (attribute(0x8009, b"x"), {9: b"x"}),
    "length-zero": (attribute(1, b"a") + bytes(4) + attribute(2, b"b"), {1: b"a"}),
    "length-three": (struct.pack("=HH", 3, 1) + b"abcd", {}),
    "beyond-the-end": (struct.pack("=HH", 40, 1) + b"abcd", {}),
    "half-a-head": (attribute(1, b"abcd") + b"\x08\0", {1: b"abcd"}),
}


@pytest.mark.parametrize(("data", "expected"), ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_attributes(data: bytes, expected: dict[int, bytes]) -> None:
    assert netlink.attributes(b"head" + data, 4) == expected


# --- what a kernel said ----------------------------------------------------------------------------------------------


def test_recorded_links() -> None:
    links = [rtnetlink.read_link(body) for body in bodies("wireguard-rules", "links")]
    assert links == [
        Link(1, "lo", up=True, carrier=True, state="unknown", loopback=True, resolves=False),
        Link(2, "tun0", up=True, carrier=True, state="unknown", resolves=False),
        Link(3, "wan0", up=True, carrier=True, state="up"),
    ]


def test_recorded_addresses() -> None:
    found = [rtnetlink.read_address(body) for body in bodies("ipv6-zoo", "addresses6")]
    flags = {address.text: address.flags for address in found if address}
    temporary = [text for text, own in flags.items() if own == {"temporary"}]
    assert len(temporary) == 1
    assert temporary[0].startswith("2a0d:1234:1:0:")
    assert [(own.flags, own.length, own.preferred_for) for own in found if own and own.text == "2a0d:1234:1::dead"] == [
        (frozenset({"deprecated"}), 64, 0)
    ]
    assert Address(6, "::1", 128, 1, frozenset({"permanent"})) in [one._replace(created=None) for one in found if one]
    assert flags["2a0d:1234:1::7"] == {"tentative", "permanent"}
    assert flags["2a0d:1234:1::1"] == {"tentative", "dad_failed", "permanent"}
    assert flags["fd12:3456:789a::2"] == {"permanent"}


def test_recorded_peer_address_is_our_end() -> None:
    found = [rtnetlink.read_address(body) for body in bodies("wireguard-rules", "addresses4")]
    assert Address(4, "45.83.9.2", 32, 2, frozenset({"permanent"})) in [one._replace(created=None) for one in found if one]


def routes(scenario: str, request: str) -> list[Route]:
    return [route for body in bodies(scenario, request) for route in rtnetlink.read_routes(body)]


RECORDED_ROUTES = {
    "multipath-4": (
        ("multipath", "routes4"),
        [Route(4, 254, "0.0.0.0", 0, 0, 2, "45.83.1.1"), Route(4, 254, "0.0.0.0", 0, 0, 3, "45.83.2.1", weight=3)],
    ),
    "multipath-6": (
        ("multipath", "routes6"),
        [Route(6, 254, "::", 0, 1024, 2, "fe80::1"), Route(6, 254, "::", 0, 1024, 3, "fe80::1", weight=3)],
    ),
    "ipv4-via-ipv6": (("ipv4-via-ipv6", "routes4"), [Route(4, 254, "0.0.0.0", 0, 0, 2, "fe80::1")]),
    "high-table-device-only": (
        ("wireguard-rules", "routes4"),
        [Route(4, 51820, "0.0.0.0", 0, 0, 2), Route(4, 254, "0.0.0.0", 0, 500, 3, "45.83.1.1")],
    ),
    "blackhole-4": (
        ("blackhole-before-real", "routes4"),
        [Route(4, 254, "0.0.0.0", 0, 10, 0, None, "blackhole"), Route(4, 254, "0.0.0.0", 0, 20, 2, "45.83.1.1")],
    ),
    "blackhole-6": (
        ("blackhole-before-real", "routes6"),
        [Route(6, 254, "::", 0, 10, 1, None, "blackhole"), Route(6, 254, "::", 0, 20, 2, "fe80::1")],
    ),
    "source-specific": (
        ("policy/source-specific-ipv6", "routes6"),
        [Route(6, 254, "::", 0, 1024, 2, "fe80::1", source="2a0d:1234:1::/48")],
    ),
}


@pytest.mark.parametrize(("where", "expected"), RECORDED_ROUTES.values(), ids=RECORDED_ROUTES)
def test_recorded_routes(where: tuple[str, str], expected: list[Route]) -> None:
    found = routes(*where)
    assert [route for route in found if route.length == 0] == expected
    assert all(route.table != rtnetlink.LOCAL_TABLE for route in found)
    assert [route for route in found if ways.is_wide(route)] == [route for route in expected if route.kind == "unicast"]


def test_recorded_rules() -> None:
    found = [rtnetlink.read_rule(body) for body in bodies("wireguard-rules", "rules4")]
    assert Rule(4, 32765, 51820, mark=0xCA6C, inverted=True) in found
    assert Rule(4, 32764, 254) in found
    assert Rule(4, 0, 255) in found


RECORDED_WAYS = {
    "multipath-4": ("multipath", "4", Way(254, 0, ((3, "45.83.2.1", 3), (2, "45.83.1.1", 1)))),
    "multipath-6": ("multipath", "6", Way(254, 1024, ((3, "fe80::1", 3), (2, "fe80::1", 1)))),
    "via-ipv6": ("ipv4-via-ipv6", "4", Way(254, 0, ((2, "fe80::1", 1),))),
    "table": ("wireguard-rules", "6", Way(51820, 1024, ((2, None, 1),))),
}


@pytest.mark.parametrize(("scenario", "family", "expected"), RECORDED_WAYS.values(), ids=RECORDED_WAYS)
def test_recorded_ways(scenario: str, family: str, expected: Way) -> None:
    (body,) = bodies(scenario, f"way{family}")
    assert ways.read_way(body, tuple(routes(scenario, f"routes{family}"))) == expected


def test_recorded_blackhole_is_an_error() -> None:
    (data,) = DATAGRAMS["blackhole-before-real", "way4"]
    assert netlink.reply(data, 1) == netlink.Reply(done=True, error=22)


# --- what a kernel might say -----------------------------------------------------------------------------------------


def link(flags: int, *attributes: bytes, index: int = 2, family: int = 0) -> bytes:
    return struct.pack("=BxHiII", family, 1, index, flags, 0) + b"".join(attributes)


WAN0 = attribute(3, b"wan0\0")
LINKS = {
    "bare": (link(0x1, WAN0), Link(2, "wan0")),
    "admin-down": (
        link(0, WAN0, attribute(16, b"\2"), attribute(33, b"\0")),
        Link(2, "wan0", up=False, carrier=False, state="down"),
    ),
    "lower-layer-down": (link(1, WAN0, attribute(16, b"\3")), Link(2, "wan0", state="lowerlayerdown")),
    "dormant-without-arp": (link(0x81, WAN0, attribute(16, b"\5")), Link(2, "wan0", state="dormant", resolves=False)),
    "state-of-the-future": (link(1, WAN0, attribute(16, b"\x09")), Link(2, "wan0")),
    "master": (link(1, WAN0, attribute(10, u32(9))), Link(2, "wan0", master=9)),
    "broken-master": (link(1, WAN0, attribute(10, b"abc")), Link(2, "wan0")),
    "name-not-utf8": (link(1, attribute(3, b"w\xffn\0")), Link(2, "w\ufffdn")),
    "no-name": (link(1), None),
    "empty-name": (link(1, attribute(3, b"\0\0")), None),
    "no-index": (link(1, WAN0, index=0), None),
    "bridge-family": (link(1, WAN0, family=7), None),
    "short": (link(1)[:-1], None),
}


@pytest.mark.parametrize(("body", "expected"), LINKS.values(), ids=LINKS)
def test_link(body: bytes, expected: Link | None) -> None:
    assert rtnetlink.read_link(body) == expected


def address(family: int, length: int, flags: int, *attributes: bytes, index: int = 2) -> bytes:
    return struct.pack("=BBBBi", family, length, flags, 0, index) + b"".join(attributes)


SELF4 = attribute(2, HERE4)
SELF6 = attribute(1, bytes.fromhex("2a0d1234000100000000000000000002"))
NAME6 = "2a0d:1234:1::2"
ADDRESSES = {
    "peer": (address(2, 32, 0x80, attribute(1, GATE4), SELF4), Address(4, "45.83.1.2", 32, 2, frozenset({"permanent"}))),
    "address-only": (address(2, 24, 0, attribute(1, HERE4)), Address(4, "45.83.1.2", 24, 2)),
    "secondary-is-not-temporary": (address(2, 24, 0x01, SELF4), Address(4, "45.83.1.2", 24, 2)),
    "temporary": (address(10, 64, 0x01, SELF6), Address(6, NAME6, 64, 2, frozenset({"temporary"}))),
    "optimistic": (address(10, 64, 0x04, SELF6), Address(6, NAME6, 64, 2, frozenset({"tentative"}))),
    "long-flags-win": (
        address(10, 64, 0x80, SELF6, attribute(8, u32(0x128))),
        Address(6, NAME6, 64, 2, frozenset({"dad_failed", "deprecated"})),
    ),
    "lifetimes": (
        address(10, 64, 0, SELF6, attribute(6, u32(30) + u32(60) + bytes(8))),
        Address(6, NAME6, 64, 2, preferred_for=30, valid_for=60, created=0),
    ),
    "for-ever": (address(10, 64, 0, SELF6, attribute(6, b"\xff" * 8 + bytes(8))), Address(6, NAME6, 64, 2, created=0)),
    "mixed-lifetimes": (address(10, 64, 0, SELF6, attribute(6, u32(0) + b"\xff" * 4)), Address(6, NAME6, 64, 2, preferred_for=0)),
    "short-lifetimes": (address(10, 64, 0, SELF6, attribute(6, u32(0))), Address(6, NAME6, 64, 2)),
    "family-and-octets-differ": (address(10, 64, 0, SELF4), None),
    "unknown-family": (address(28, 64, 0, SELF6), None),
    "three-octets": (address(2, 24, 0, attribute(2, b"abc")), None),
    "prefix-too-long": (address(2, 33, 0, SELF4), None),
    "no-address": (address(2, 24, 0), None),
    "no-interface": (address(2, 24, 0, SELF4, index=0), None),
    "short": (b"\x02\x18", None),
}


@pytest.mark.parametrize(("body", "expected"), ADDRESSES.values(), ids=ADDRESSES)
def test_address(body: bytes, expected: Address | None) -> None:
    assert rtnetlink.read_address(body) == expected


def route(*attributes: bytes, family: int = 2, length: int = 0, table: int = 254, kind: int = 1, flags: int = 0) -> bytes:
    return struct.pack("=BBBBBBBBI", family, length, 0, 0, table, 3, 0, kind, flags) + b"".join(attributes)


def hop(index: int, more: int, *attributes: bytes, length: int | None = None) -> bytes:
    inner = b"".join(attributes)
    return struct.pack("=HBBi", 8 + len(inner) if length is None else length, 0, more, index) + inner


OUT = attribute(4, u32(2))
ZERO = "0.0.0.0"
ROUTES = {
    "gateway": (route(OUT, attribute(5, GATE4), attribute(6, u32(100))), [Route(4, 254, ZERO, 0, 100, 2, "45.83.1.1")]),
    "device-only": (route(OUT), [Route(4, 254, ZERO, 0, 0, 2)]),
    "via": (route(OUT, attribute(18, octets(10, 0) + GATE6)), [Route(4, 254, ZERO, 0, 0, 2, "fe80::1")]),
    "via-too-short": (route(OUT, attribute(18, b"\x0a")), [Route(4, 254, ZERO, 0, 0, 2)]),
    "big-table": (route(OUT, attribute(15, u32(1000)), table=252), [Route(4, 1000, ZERO, 0, 0, 2)]),
    "half": (route(OUT, attribute(1, octets(128, 0, 0, 0)), length=1), [Route(4, 254, "128.0.0.0", 1, 0, 2)]),
    "prohibit": (route(kind=8), [Route(4, 254, ZERO, 0, 0, 0, None, "prohibit")]),
    "throw": (route(kind=9), [Route(4, 254, ZERO, 0, 0, 0, None, "throw")]),
    "multipath": (
        route(attribute(9, hop(2, 0, attribute(5, GATE4)) + hop(3, 4, attribute(18, octets(10, 0) + GATE6)))),
        [Route(4, 254, ZERO, 0, 0, 2, "45.83.1.1"), Route(4, 254, ZERO, 0, 0, 3, "fe80::1", weight=5)],
    ),
    "multipath-length-zero": (route(attribute(9, hop(2, 0) + hop(3, 0, length=0) + hop(4, 0))), [Route(4, 254, ZERO, 0, 0, 2)]),
    "multipath-beyond": (route(attribute(9, hop(2, 0, length=64))), []),
    "multipath-empty": (route(attribute(9, b"")), []),
    "local-table": (route(OUT, attribute(15, u32(255))), []),
    "cached": (route(OUT, flags=0x200), []),
    "broadcast": (route(OUT, kind=3), []),
    "multicast": (route(OUT, kind=5), []),
    "multicast-family": (route(OUT, family=128), []),
    "kind-of-the-future": (route(OUT, kind=77), []),
    "destination-of-other-family": (route(OUT, attribute(1, GATE6), length=32), []),
    "destination-of-three-octets": (route(OUT, attribute(1, b"abc"), length=8), []),
    "length-beyond": (route(OUT, length=33), []),
    "short": (route()[:-1], []),
}


@pytest.mark.parametrize(("body", "expected"), ROUTES.values(), ids=ROUTES)
def test_route(body: bytes, expected: list[Route]) -> None:
    assert list(rtnetlink.read_routes(body)) == expected


def rule(*attributes: bytes, family: int = 2, prefix: int = 0, table: int = 100, action: int = 1, flags: int = 0) -> bytes:
    return struct.pack("=BBBBBBBBI", family, 0, prefix, 0, table, 0, 0, action, flags) + b"".join(attributes)


RULES = {
    "source": (rule(attribute(2, HERE4), attribute(6, u32(9)), prefix=24), Rule(4, 9, 100, source="45.83.1.2/24")),
    "mark-and-table": (rule(attribute(10, u32(7)), attribute(15, u32(5000))), Rule(4, 0, 5000, mark=7)),
    "inverted": (rule(attribute(10, u32(7)), flags=2), Rule(4, 0, 100, mark=7, inverted=True)),
    "interfaces": (rule(attribute(3, b"lan0\0"), attribute(17, b"wan0\0")), Rule(4, 0, 100, incoming="lan0", outgoing="wan0")),
    "prohibit": (rule(action=8, table=0), Rule(4, 0, 0, "prohibit")),
    "zero-mark-is-a-selector": (rule(attribute(10, u32(0))), Rule(4, 0, 100, mark=0)),
    "other-family": (rule(family=128), None),
    "action-of-the-future": (rule(action=99), None),
    "short": (b"\x02", None),
}


@pytest.mark.parametrize(("body", "expected"), RULES.values(), ids=RULES)
def test_rule(body: bytes, expected: Rule | None) -> None:
    assert rtnetlink.read_rule(body) == expected


def neighbour(state: int, *attributes: bytes, family: int = 2) -> bytes:
    return struct.pack("=BxxxiHBB", family, 2, state, 0, 1) + b"".join(attributes)


NEIGHBOURS = {
    name: (neighbour(1 << place, attribute(1, GATE4)), Neighbour(2, "45.83.1.1", name))
    for place, name in enumerate(("incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent"))
} | {
    "none": (neighbour(0, attribute(1, GATE4)), Neighbour(2, "45.83.1.1", "none")),
    "two-states-at-once": (neighbour(3, attribute(1, GATE4)), Neighbour(2, "45.83.1.1", "none")),
    "bridge": (neighbour(2, attribute(1, b"sixsix"), family=7), None),
    "other-family": (neighbour(2, attribute(1, GATE6)), None),
    "no-address": (neighbour(2), None),
    "short": (b"\x02\0", None),
}


@pytest.mark.parametrize(("body", "expected"), NEIGHBOURS.values(), ids=NEIGHBOURS)
def test_neighbour(body: bytes, expected: Neighbour | None) -> None:
    assert rtnetlink.read_neighbour(body) == expected


# --- requests --------------------------------------------------------------------------------------------------------


def test_requests_are_as_long_as_they_say() -> None:
    asked = [rtnetlink.dump(kind, family, 3) for kind in (16, 20, 24, 28, 32) for family in (4, 6)]
    asked += [rtnetlink.lookup(Question(6, "2a0d::1", 4, 9), 3), rtnetlink.put_neighbour(2, "fe80::1", "probe", 3)]
    for request in asked:
        assert int.from_bytes(request[:4], sys.byteorder) == len(request)
        assert len(request) % 4 == 0


def test_lookup_carries_the_whole_question() -> None:
    request = rtnetlink.lookup(Question(4, "45.83.1.2", 5, 7), 1)
    found = netlink.attributes(request, 16 + 12)
    assert found == {1: octets(198, 41, 0, 4), 2: HERE4, 4: u32(5), 16: u32(7)}
    assert request[16:19] == octets(2, 32, 32)


def test_lookup_leaves_out_what_is_not_asked() -> None:
    request = rtnetlink.lookup(Question(6), 1)
    assert list(netlink.attributes(request, 16 + 12)) == [1]
    assert request[16:19] == octets(10, 128, 0)
