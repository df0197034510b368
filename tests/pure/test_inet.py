"""Addresses by example: the special cases that generated ones rarely meet."""

import pytest

from edge_agent import inet


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("45.83.1.7", "global"),
        ("10.0.0.1", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.1", "global"),
        ("192.168.0.1", "private"),
        ("100.64.0.1", "shared"),
        ("100.128.0.1", "global"),
        ("127.0.0.1", "loopback"),
        ("169.254.1.1", "link_local"),
        ("0.0.0.0", "reserved"),
        ("192.0.0.9", "global"),
        ("192.0.0.1", "reserved"),
        ("203.0.113.7", "reserved"),
        ("198.18.0.1", "reserved"),
        ("224.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("192.88.99.1", "transition"),
        ("2a0d:1234::1", "global"),
        ("2001:db8::1", "reserved"),
        ("3fff::1", "reserved"),
        ("fd00::1", "unique_local"),
        ("fe80::1", "link_local"),
        ("fec0::1", "reserved"),
        ("ff02::1", "reserved"),
        ("::1", "loopback"),
        ("::", "reserved"),
        ("2002:102:304::1", "transition"),
        ("2001:0:1::1", "transition"),
        ("64:ff9b::1", "reserved"),
        ("::ffff:45.83.1.7", "reserved"),
        ("nonsense", "reserved"),
    ],
)
def test_scope(text: str, scope: str) -> None:
    assert inet.scope(text) == scope
    assert inet.is_global(text) == (scope == "global")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("10.0.0.0/8", (4, 10 << 24, 8)),
        ("10.0.0.0", (4, 10 << 24, 32)),
        ("::/0", (6, 0, 0)),
        ("10.0.0.0/33", None),
        ("10.0.0.0/", None),
        ("10.0.0.0/x", None),
        ("10.0.0/8", None),
    ],
)
def test_network(text: str, parts: tuple[int, int, int] | None) -> None:
    assert inet.network(text) == parts


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2A0D:1234:0:0:0:0:0:1", "2a0d:1234::1"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
        ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
        ("::1.2.3.4", "::102:304"),
        ("45.83.1.7", "45.83.1.7"),
        ("45.83.1.07", None),
        ("45.83.1.256", None),
        ("1.2.3.4::", None),
        ("::1.2.3.400", None),
        ("1:2:3:4:5:6:7:8:9", None),
        ("1::2::3", None),
        ("fe80::1%eth0", None),
    ],
)
def test_canonical(text: str, canonical: str | None) -> None:
    assert inet.canonical(text) == canonical
    assert inet.family_of(text) == (0 if canonical is None else 6 if ":" in canonical else 4)


def test_octets_there_and_back() -> None:
    assert inet.from_octets(inet.to_octets("45.83.1.7")) == "45.83.1.7"
    assert inet.from_octets(inet.to_octets("2a0d::1")) == "2a0d::1"
    assert inet.from_octets(b"abc") is None
    with pytest.raises(ValueError, match="not an address"):
        inet.to_octets("nonsense")


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("wan0", "wan0", True),
        ("wan0", "wan*", True),
        ("wan0", "w?n*", True),
        ("wan0", "*", True),
        ("wan0", "*0", True),
        ("wan0", "wan", False),
        ("wan0", "wan0?", False),
        ("", "", True),
        ("", "*", True),
        ("wan0", "", False),
    ],
)
def test_matches(name: str, pattern: str, fits: bool) -> None:  # noqa: FBT001 - a row
    assert inet.matches(name, pattern) is fits


def test_within_needs_two_of_a_kind() -> None:
    assert inet.within("10.1.2.3", "10.0.0.0/8")
    assert not inet.within("10.1.2.3", "::/0")
    assert not inet.within("x", "10.0.0.0/8")
