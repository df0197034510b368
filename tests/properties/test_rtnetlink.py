"""rtnetlink survives any bytes, and reads what is well formed."""

import struct
import sys

from hypothesis import given
from hypothesis import strategies as st

from edge_agent import inet, netlink, rtnetlink, ways
from edge_agent.model import Route
from edge_agent.netlink import attribute
from tests.pure.recorded import DATAGRAMS

RECORDED = [data for answer in DATAGRAMS.values() for data in answer]
READERS = (
    rtnetlink.read_link,
    rtnetlink.read_address,
    rtnetlink.read_routes,
    rtnetlink.read_rule,
    rtnetlink.read_neighbour,
    rtnetlink.is_narrow,
)


def read_all(data: bytes) -> int:
    """Put a datagram through every reader; return how many rows came out."""
    reply = netlink.reply(data, 1)
    bodies = [body for _, body in reply.messages]
    routes = tuple(route for body in bodies for route in rtnetlink.read_routes(body))
    found: list[object] = [reader(body) for body in bodies for reader in READERS]
    found += [ways.read_way(body, routes) for body in bodies]
    for route in routes:
        assert inet.family_of(route.destination) == route.family
        assert 0 <= route.length <= inet.BITS[route.family]
    assert len(reply.messages) <= len(data) // 16
    return len(found)


@given(st.binary(max_size=512))
def test_any_bytes(data: bytes) -> None:
    read_all(data)


@given(st.binary(max_size=128))
def test_any_body(body: bytes) -> None:
    read_all(netlink.message(24, netlink.MULTI, 1, body))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real answer with some octets changed, cut off or repeated."""
    data = bytearray(draw(st.sampled_from(RECORDED)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(data) - 1))
        data[place] = draw(st.one_of(st.integers(0, 255), st.sampled_from([0, 1, 3, 4, 255])))
    start, end = draw(st.integers(0, 32)), draw(st.integers(0, len(data)))
    return bytes(data[:end] + data[start:]) if draw(st.booleans()) else bytes(data[:end])


@given(damaged())
def test_damaged_answers(data: bytes) -> None:
    read_all(data)


octets = st.sampled_from([4, 6]).flatmap(lambda family: st.binary(min_size=inet.BITS[family] // 8, max_size=inet.BITS[family] // 8))


@given(
    octets,
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.integers(1, 2**31 - 1), st.none() | octets, st.integers(0, 255)), min_size=1, max_size=4),
    st.sampled_from(["single", "multipath"]),
)
def test_routes_come_back_as_they_were_written(
    destination: bytes, table: int, metric: int, hops: list[tuple[int, bytes | None, int]], kind: str
) -> None:
    family = 4 if len(destination) == 4 else 6
    bits = inet.BITS[family]
    nested = b""
    for ifindex, gateway, more in hops:
        inner = _gateway(gateway, family)
        nested += struct.pack("=HBBi", 8 + len(inner), 0, more, ifindex) + inner
    body = struct.pack("=BBBBBBBBI", {4: 2, 6: 10}[family], bits, 0, 0, 0, 3, 0, 1, 0) + attribute(1, destination)
    body += attribute(15, table.to_bytes(4, sys.byteorder)) + attribute(6, metric.to_bytes(4, sys.byteorder))
    if kind == "multipath":
        body += attribute(9, nested)
    else:
        hops = [(hops[0][0], hops[0][1], 0)]
        body += attribute(4, hops[0][0].to_bytes(4, sys.byteorder)) + _gateway(hops[0][1], family)
    text = inet.from_octets(destination)
    assert text is not None
    expected = tuple(
        Route(family, table, text, bits, metric, ifindex, inet.from_octets(gateway or b""), "unicast", more + 1)
        for ifindex, gateway, more in hops
    )
    assert rtnetlink.read_routes(body) == (() if table == rtnetlink.LOCAL_TABLE else expected)


def _gateway(gateway: bytes | None, family: int) -> bytes:
    if gateway is None:
        return b""
    own = 4 if len(gateway) == 4 else 6
    if own == family:
        return attribute(5, gateway)
    return attribute(18, {4: 2, 6: 10}[own].to_bytes(2, sys.byteorder) + gateway)
