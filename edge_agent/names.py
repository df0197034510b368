"""DNS names in the one form they are compared in. The standard codecs would do it, but the executable leaves them out."""

from typing import Final

LABEL: Final = 63  # octets (RFC 1035, section 2.3.4)

_DIGITS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


def ascii_of(name: str) -> str:
    """Return a name in lower case, as A-labels (RFC 5890, section 2.3.2.1), without its final dot.

    Of the mapping that IDNA asks for, lower case is all that is done: what services return is mapped already.
    """
    name = name.lower().rstrip(".")
    if name.isascii():
        return name
    return ".".join(label if label.isascii() or len(label) > LABEL else f"xn--{punycode(label)}" for label in name.split("."))


def punycode(label: str) -> str:
    """Return the Punycode of a label (RFC 3492, section 6.3)."""
    written = "".join(char for char in label if char < "\x80")
    basic = handled = len(written)
    written += "-" if basic else ""
    code, delta, bias = 128, 0, 72
    while handled < len(label):
        lowest = min(ord(char) for char in label if ord(char) >= code)
        delta += (lowest - code) * (handled + 1)
        code = lowest
        for char in label:
            delta += ord(char) < code
            if ord(char) == code:
                written += _integer(delta, bias)
                bias = _adapted(delta, handled + 1, first=handled == basic)
                delta = 0
                handled += 1
        delta += 1
        code += 1
    return written


def _integer(value: int, bias: int) -> str:
    """Return a generalised variable-length integer (section 3.3)."""
    written = ""
    place = 36
    while value >= (least := min(max(place - bias, 1), 26)):
        written += _DIGITS[least + (value - least) % (36 - least)]
        value = (value - least) // (36 - least)
        place += 36
    return written + _DIGITS[value]


def _adapted(delta: int, points: int, *, first: bool) -> int:
    """Return the bias for the next integer (section 6.1)."""
    delta //= 700 if first else 2
    delta += delta // points
    steps = 0
    while delta > 455:
        delta //= 35
        steps += 36
    return steps + 36 * delta // (delta + 38)
