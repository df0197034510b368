"""Addresses as values: parse, canonical text, scope, prefixes. No socket, no library: start-up is the budget.

`ipaddress` would do the same for 0.75 MB of memory at every start; the tests hold this module to it, address by address.
"""

from typing import Final

BITS: Final = {4: 32, 6: 128}

_DIGITS: Final = frozenset("0123456789")
_HEX: Final = frozenset("0123456789abcdefABCDEF")


def parse(text: str) -> tuple[int, int] | None:
    """Return (family, value) of an address literal, or None where it is not one. Zone ids and prefixes are not literals.

    IPv4 takes four decimal numbers; leading zeros are refused because some systems read them as octal (RFC 6943, 3.1.1).
    """
    if ":" in text:
        value = _parse6(text)
        return None if value is None else (6, value)
    value = _parse4(text)
    return None if value is None else (4, value)


def _parse4(text: str) -> int | None:
    parts = text.split(".")
    if len(parts) != 4:
        return None
    value = 0
    for part in parts:
        if not part or len(part) > 3 or not _DIGITS.issuperset(part) or (part[0] == "0" and part != "0"):
            return None
        octet = int(part)
        if octet > 255:
            return None
        value = value << 8 | octet
    return value


def _groups(text: str) -> list[int] | None:
    if not text:
        return []
    groups = []
    parts = text.split(":")
    for place, part in enumerate(parts):
        if "." in part and place == len(parts) - 1:
            tail = _parse4(part)
            if tail is None:
                return None
            groups += [tail >> 16, tail & 0xFFFF]
        elif 1 <= len(part) <= 4 and _HEX.issuperset(part):
            groups.append(int(part, 16))
        else:
            return None
    return groups


def _parse6(text: str) -> int | None:
    head, gap, tail = text.partition("::")
    if "." in head and gap:  # dotted digits stand at the very end only
        return None
    left, right = _groups(head), _groups(tail)
    if left is None or right is None:
        return None
    missing = 8 - len(left) - len(right)
    if (gap and missing < 1) or (not gap and missing != 0):
        return None
    value = 0
    for group in [*left, *[0] * missing, *right]:
        value = value << 16 | group
    return value


def text_of(family: int, value: int) -> str:
    """Return the canonical text of an address (dotted quad; RFC 5952, section 4, for IPv6)."""
    if family == 4:
        return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))
    groups = [value >> shift & 0xFFFF for shift in range(112, -16, -16)]
    start, length = _longest_zero_run(groups)
    if length < 2:
        return ":".join(f"{group:x}" for group in groups)
    head = ":".join(f"{group:x}" for group in groups[:start])
    tail = ":".join(f"{group:x}" for group in groups[start + length :])
    return f"{head}::{tail}"


def _longest_zero_run(groups: list[int]) -> tuple[int, int]:
    best = (0, 0)
    run = 0
    for place, group in enumerate(groups):
        run = 0 if group else run + 1
        if run > best[1]:
            best = (place - run + 1, run)
    return best


def canonical(text: str) -> str | None:
    """Return the canonical text of an address literal, or None where it is not one."""
    parsed = parse(text)
    return None if parsed is None else text_of(*parsed)


def family_of(text: str) -> int:
    """Return 4 or 6 for an address literal, 0 where it is not one."""
    parsed = parse(text)
    return 0 if parsed is None else parsed[0]


def from_octets(octets: bytes) -> str | None:
    """Return the canonical text of 4 or 16 octets in network order, or None for any other length."""
    family = {4: 4, 16: 6}.get(len(octets))
    return None if family is None else text_of(family, int.from_bytes(octets, "big"))


def to_octets(text: str) -> bytes:
    """Return the 4 or 16 octets of an address literal; ValueError where it is not one."""
    parsed = parse(text)
    if parsed is None:
        raise ValueError(f"not an address: {text!r}")
    return parsed[1].to_bytes(BITS[parsed[0]] // 8, "big")


def network(text: str) -> tuple[int, int, int] | None:
    """Return (family, value, length) of `ADDRESS/LENGTH` (a bare address is a whole-length prefix), or None."""
    head, slash, tail = text.partition("/")
    parsed = parse(head)
    if parsed is None:
        return None
    length = BITS[parsed[0]]
    if slash:
        if not tail or len(tail) > 3 or not _DIGITS.issuperset(tail) or int(tail) > length:
            return None
        length = int(tail)
    return (*parsed, length)


def within(text: str, prefix: str) -> bool:
    """Say whether the address lies in the prefix; False for unlike families or anything that is not an address."""
    inner, outer = parse(text), network(prefix)
    if inner is None or outer is None or inner[0] != outer[0]:
        return False
    shift = BITS[outer[0]] - outer[2]
    return inner[1] >> shift == outer[1] >> shift


# Special-purpose addresses (RFC 6890 and the IANA registries it set up), the narrower prefix before the wider one.
SCOPES: Final = (
    ("192.0.0.9/32", "global"),  # PCP anycast, RFC 7723
    ("192.0.0.10/32", "global"),  # TURN anycast, RFC 8155
    ("0.0.0.0/8", "reserved"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link_local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "reserved"),
    ("192.88.99.0/24", "transition"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "reserved"),
    ("198.51.100.0/24", "reserved"),
    ("203.0.113.0/24", "reserved"),
    ("224.0.0.0/4", "reserved"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "reserved"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "reserved"),
    ("::/96", "reserved"),
    ("64:ff9b::/96", "reserved"),
    ("64:ff9b:1::/48", "reserved"),
    ("100::/64", "reserved"),
    ("2001::/32", "transition"),  # Teredo
    ("2001:20::/28", "reserved"),  # ORCHIDv2: identifiers, not locators
    ("2001::/23", "reserved"),
    ("2001:db8::/32", "reserved"),
    ("2002::/16", "transition"),  # 6to4
    ("3fff::/20", "reserved"),
    ("2000::/3", "global"),
    ("fc00::/7", "unique_local"),
    ("fe80::/10", "link_local"),
    ("::/0", "reserved"),
)

_TABLE: Final = tuple((found, scope) for prefix, scope in SCOPES if (found := network(prefix)) is not None)


def scope(text: str) -> str:
    """Return the scope of an address: global, private, shared, unique_local, link_local, loopback, transition, reserved."""
    parsed = parse(text)
    if parsed is None:
        return "reserved"
    family, value = parsed
    for (own, prefix, length), name in _TABLE:
        if own == family and value >> (BITS[family] - length) == prefix >> (BITS[family] - length):
            return name
    return "global"


def is_global(text: str) -> bool:
    """Say whether the world can route to this address."""
    return scope(text) == "global"


def matches(name: str, pattern: str) -> bool:
    """Say whether an interface name fits a glob of `*` and `?` (fnmatch would load `re`)."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return matches(name, pattern[1:]) or (name != "" and matches(name[1:], pattern))
    return name != "" and pattern[0] in ("?", name[0]) and matches(name[1:], pattern[1:])
