"""Rtnetlink requests as bytes, and rtnetlink answers as the nouns of `model`. Pure: the socket is in `machine`.

Any bytes are survived: a message that cannot be read gives None or nothing. Layouts and numbers: RFC 3549, rtnetlink(7) and
the kernel's linux/{rtnetlink,if_link,if_addr,fib_rules,neighbour}.h.
"""

import struct
import sys
from typing import Final

from edge_agent import inet
from edge_agent.model import Address, Link, Neighbour, Question, Route, Rule
from edge_agent.netlink import ACKNOWLEDGE, DUMP, attribute, attributes, message, signed, text, unsigned

# Fixed destinations that stand for "the outside": a.root-servers.net. They are looked up, no packet is sent to them.
REFERENCE: Final = {4: "198.41.0.4", 6: "2001:503:ba3e::2:30"}
WIDE: Final = 4  # the longest prefix that counts as a way to everywhere: VPNs split the default into halves or quarters

LINKS: Final = 16  # RTM_NEWLINK; the request for a dump is the same number plus 2
ADDRESSES: Final = 20
ROUTES: Final = 24
NEIGHBOURS: Final = 28
RULES: Final = 32
LOCAL_TABLE: Final = 255

_FAMILY: Final = {2: 4, 10: 6}  # AF_INET, AF_INET6 on Linux
_NUMBER: Final = {4: 2, 6: 10}
_OPERSTATES: Final = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
_NUD: Final = ("incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent")  # one bit each
_KINDS: Final = {1: "unicast", 2: "local", 6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw", 10: "nat", 11: "xresolve"}
_ACTIONS: Final = {1: "lookup", 2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
_FLAGS: Final = ((0x04, "tentative"), (0x40, "tentative"), (0x08, "dad_failed"), (0x20, "deprecated"), (0x80, "permanent"))
_FOR_EVER: Final = 0xFFFFFFFF
CLONED: Final = 0x200
_LOOKUP_TABLE: Final = 0x1000
_FIB_MATCH: Final = 0x2000  # answer with the route that matched, not with what the cache makes of it (Linux 4.13)

_LINK: Final = struct.Struct("=BxHiII")  # family, type, index, flags, change
_ADDRESS: Final = struct.Struct("=BBBBi")  # family, length, flags, scope, index
_ROUTE: Final = struct.Struct("=BBBBBBBBI")  # family, dst_len, src_len, tos, table, protocol, scope, kind, flags
_HOP: Final = struct.Struct("=HBBi")  # length, flags, hops, index
_RULE: Final = struct.Struct("=BBBBBBBBI")  # family, dst_len, src_len, tos, table, -, -, action, flags
_NEIGHBOUR: Final = struct.Struct("=BxxxiHBB")  # family, index, state, flags, kind


def dump(kind: int, family: int, sequence: int) -> bytes:
    """Return the request for all rows of one kind (LINKS ADDRESSES ROUTES RULES NEIGHBOURS) and one family (4 or 6)."""
    number = _NUMBER.get(family, 0)
    if kind == LINKS:
        body = _LINK.pack(0, 0, 0, 0, 0) + attribute(29, (8).to_bytes(4, sys.byteorder))  # IFLA_EXT_MASK: no statistics
    else:
        head = {ADDRESSES: _ADDRESS, NEIGHBOURS: _NEIGHBOUR}.get(kind, _ROUTE)
        body = bytes([number]) + bytes(head.size - 1)
    return message(kind + 2, DUMP, sequence, body)


def lookup(question: Question, sequence: int) -> bytes:
    """Return the request "which route would a packet to the outside take?", narrowed down by the question."""
    bits = inet.BITS[question.family]
    body = _ROUTE.pack(_NUMBER[question.family], bits, bits if question.source else 0, 0, 0, 0, 0, 0, _LOOKUP_TABLE | _FIB_MATCH)
    body += attribute(1, inet.to_octets(REFERENCE[question.family]))
    if question.source:
        body += attribute(2, inet.to_octets(question.source))
    for kind, value in ((4, question.ifindex), (16, question.mark)):
        if value:
            body += attribute(kind, value.to_bytes(4, sys.byteorder))
    return message(ROUTES + 2, 0, sequence, body)


def put_neighbour(ifindex: int, address: str, state: str, sequence: int) -> bytes:
    """Return the request that puts a known neighbour into a state; it never creates an entry and needs CAP_NET_ADMIN.

    In state "probe" the kernel asks the neighbour again at once while traffic to it goes on; in state "failed" it forgets the
    hardware address, and the next packet makes it ask everyone.
    """
    bits = 1 << _NUD.index(state)
    body = _NEIGHBOUR.pack(_NUMBER[inet.family_of(address)], ifindex, bits, 0, 0) + attribute(1, inet.to_octets(address))
    return message(NEIGHBOURS, ACKNOWLEDGE | 0x100, sequence, body)  # NLM_F_REPLACE without NLM_F_CREATE


def read_link(body: bytes) -> Link | None:
    """Return the link a message of kind LINKS describes, or None."""
    if len(body) < _LINK.size:
        return None
    family, _, ifindex, flags, _ = _LINK.unpack_from(body)
    found = attributes(body, _LINK.size)
    name = text(found.get(3))
    if family or ifindex <= 0 or name is None:
        return None
    carrier = bool(unsigned(found[33])) if 33 in found else None
    state = unsigned(found.get(16))
    return Link(
        ifindex,
        name,
        bool(flags & 0x1),
        carrier,
        _OPERSTATES[state] if state < len(_OPERSTATES) else "unknown",
        bool(flags & 0x8),
        not flags & (0x80 | 0x8),  # IFF_NOARP, IFF_LOOPBACK
        unsigned(found.get(10)),
    )


def read_address(body: bytes) -> Address | None:
    """Return the address a message of kind ADDRESSES describes, or None. On a point-to-point link: our end."""
    if len(body) < _ADDRESS.size:
        return None
    number, length, short_flags, _, ifindex = _ADDRESS.unpack_from(body)
    found = attributes(body, _ADDRESS.size)
    family, own = _FAMILY.get(number, 0), inet.from_octets(found.get(2, found.get(1, b"")))
    if own is None or inet.family_of(own) != family or ifindex <= 0 or length > inet.BITS[family]:
        return None
    bits = unsigned(found.get(8), short_flags)
    flags = {name for bit, name in _FLAGS if bits & bit}
    if family == 6 and bits & 0x1:  # the same bit means "secondary" in IPv4
        flags.add("temporary")
    times = found.get(6, b"")
    preferred, valid = struct.unpack_from("=II", times) if len(times) >= 8 else (_FOR_EVER, _FOR_EVER)
    created = struct.unpack_from("=I", times, 8)[0] if len(times) >= 12 else None
    return Address(family, own, length, ifindex, frozenset(flags), _finite(preferred), _finite(valid), created)


def _finite(seconds: int) -> int | None:
    return None if seconds == _FOR_EVER else seconds


def is_narrow(body: bytes) -> bool:
    """Say, without reading the whole of it, whether a message of kind ROUTES is about a small part of the net only."""
    return len(body) > 1 and body[1] > WIDE


def read_routes(body: bytes) -> tuple[Route, ...]:
    """Return the next hops of the route a message of kind ROUTES describes; nothing for local, cached and multicast ones."""
    flags, rows, _ = read_route(body)
    return () if flags & CLONED or (rows and rows[0].table == LOCAL_TABLE) else rows


def read_route(body: bytes) -> tuple[int, tuple[Route, ...], str | None]:
    """Return (flags, one row per next hop, preferred source) of whatever route a message of kind ROUTES describes."""
    if len(body) < _ROUTE.size:
        return 0, (), None
    number, length, source_length, _, table, _, _, kind, flags = _ROUTE.unpack_from(body)
    found = attributes(body, _ROUTE.size)
    family = _FAMILY.get(number, 0)
    zero = {4: "0.0.0.0", 6: "::"}.get(family)  # noqa: S104 - the whole net as a destination, nothing listens on it
    destination = inet.from_octets(found[1]) if 1 in found else zero
    if kind not in _KINDS or destination is None or inet.family_of(destination) != family or length > inet.BITS[family]:
        return 0, (), None
    source = _prefix(found.get(2), source_length, family)
    own_table, metric = unsigned(found.get(15), table), unsigned(found.get(6))
    rows = tuple(
        Route(family, own_table, destination, length, metric, ifindex, hop, _KINDS[kind], weight, source)
        for ifindex, hop, weight in (_hops(found[9]) if 9 in found else ((signed(found.get(4)), _next_hop(found), 1),))
    )
    return flags, rows, inet.from_octets(found.get(7, b""))


def _next_hop(found: dict[int, bytes]) -> str | None:
    """The gateway (RTA_GATEWAY), or the gateway of the other family (RTA_VIA: the family in two octets, then the address)."""
    return inet.from_octets(found[5]) if 5 in found else inet.from_octets(found.get(18, b"")[2:])


def _hops(data: bytes) -> tuple[tuple[int, str | None, int], ...]:
    rows = []
    offset = 0
    while offset + _HOP.size <= len(data):
        length, _, more, ifindex = _HOP.unpack_from(data, offset)
        if not _HOP.size <= length <= len(data) - offset:
            break
        rows.append((ifindex, _next_hop(attributes(data[offset : offset + length], _HOP.size)), more + 1))
        offset += length + -length % 4
    return tuple(rows)


def _prefix(octets: bytes | None, length: int, family: int) -> str | None:
    address = inet.from_octets(octets or b"")
    if not length or address is None or inet.family_of(address) != family or length > inet.BITS[family]:
        return None
    return f"{address}/{length}"


def read_rule(body: bytes) -> Rule | None:
    """Return the policy rule a message of kind RULES describes, or None."""
    if len(body) < _RULE.size:
        return None
    number, to_length, from_length, _, table, _, _, action, flags = _RULE.unpack_from(body)
    found = attributes(body, _RULE.size)
    family = _FAMILY.get(number)
    if family is None or action not in _ACTIONS:
        return None
    return Rule(
        family,
        unsigned(found.get(6)),
        unsigned(found.get(15), table),
        _ACTIONS[action],
        _prefix(found.get(2), from_length, family),
        _prefix(found.get(1), to_length, family),
        unsigned(found[10]) if 10 in found else None,
        text(found.get(3)),
        text(found.get(17)),
        bool(flags & 0x2),
    )


def read_neighbour(body: bytes) -> Neighbour | None:
    """Return the ARP or neighbour-discovery entry a message of kind NEIGHBOURS describes, or None."""
    if len(body) < _NEIGHBOUR.size:
        return None
    number, ifindex, state, _, _ = _NEIGHBOUR.unpack_from(body)
    address = inet.from_octets(attributes(body, _NEIGHBOUR.size).get(1, b""))
    if address is None or inet.family_of(address) != _FAMILY.get(number) or ifindex <= 0:
        return None
    return Neighbour(ifindex, address, next((name for place, name in enumerate(_NUD) if state == 1 << place), "none"))
