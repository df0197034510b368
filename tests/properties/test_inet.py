"""inet agrees with the standard library's ipaddress, address by address."""

import ipaddress

from hypothesis import example, given
from hypothesis import strategies as st

from edge_agent import inet


@given(st.integers(0, 2**32 - 1))
def test_ipv4_text(value: int) -> None:
    assert inet.text_of(4, value) == str(ipaddress.IPv4Address(value))
    assert inet.parse(inet.text_of(4, value)) == (4, value)


groups = st.lists(st.sampled_from([0, 0, 0, 1, 0xFFFF, 0xDB8, 0x10]), min_size=8, max_size=8)


@given(groups)
def test_ipv6_text(parts: list[int]) -> None:
    value = int.from_bytes(b"".join(part.to_bytes(2, "big") for part in parts), "big")
    text = inet.text_of(6, value)
    # Python 3.13 writes ::ffff:0:0/96 in dotted form; RFC 5952, section 5, allows either
    assert inet.parse(text) == (6, value) == (6, int(ipaddress.IPv6Address(text)))
    if value >> 32 != 0xFFFF:
        assert text == str(ipaddress.IPv6Address(value))
    assert inet.parse(ipaddress.IPv6Address(value).exploded) == (6, value)


literal = st.text(alphabet="0123456789abcdefF:./%xg ", max_size=24)


@given(literal)
@example("1::2:3:4:5:6:7:8")
@example("::1.2.3.4")
@example("1.2.3.4::")
@example("1:2:3:4:5:6:7::")
@example(":::")
@example("01.2.3.4")
@example("1.2.3.4.")
def test_parse_accepts_what_the_library_accepts(text: str) -> None:
    try:
        expected = None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        expected = None
    parsed = inet.parse(text)
    assert parsed == (None if expected is None else (expected.version, int(expected)))


@given(st.text(max_size=40))
def test_nothing_raises(text: str) -> None:
    inet.scope(text)
    inet.within(text, text)
    inet.matches(text, text)


@given(st.ip_addresses())
def test_scope_is_global_as_the_library_says(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    # the documentation prefix 3fff::/20 and a few others are younger than Python 3.11's own table
    if inet.is_global(str(address)):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(), st.integers(0, 128))
def test_within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, length: int) -> None:
    length = min(length, address.max_prefixlen)
    network = ipaddress.ip_network((address, length), strict=False)
    assert inet.within(str(address), f"{network.network_address}/{length}")
    if length:
        other = address.packed[0] ^ 0x80
        flipped = bytes([other]) + address.packed[1:]
        assert not inet.within(str(ipaddress.ip_address(flipped)), f"{network.network_address}/{length}")
