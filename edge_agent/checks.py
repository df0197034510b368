"""One function per kind of value: foreign text or a TOML value in, a checked value out, or `WrongError` with a sentence.

Nothing that could be a secret is ever quoted back: `urls` has the checks for addresses of services.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from edge_agent import inet

Check: TypeAlias = Callable[[object], Any]

UNITS_FOR: Final = (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86400.0))  # "ms" before "s"
TRUE: Final = frozenset({"true", "yes", "on", "1"})
FALSE: Final = frozenset({"false", "no", "off", "0"})

_LABEL: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_DIGITS: Final = frozenset("0123456789")


class WrongError(ValueError):
    """A value that does not fit: what is wrong, and how to mend it. Neither part holds a secret."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


def shown(value: object) -> str:
    """Return a foreign value for a message: quoted, without control characters, cut to a readable length."""
    if not isinstance(value, str):
        return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else ascii(value)[:40]
    return ascii(value if len(value) <= 60 else value[:57] + "...")


def text(value: object) -> str:
    """Return a non-empty line of text."""
    if not isinstance(value, str):
        raise WrongError("must be text in quotes")
    if not value.strip():
        raise WrongError("is empty")
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise WrongError("holds a line break or another control character")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise WrongError("holds octets that are not UTF-8")
    return value


def switch(value: object) -> bool:
    """Return a truth value: TOML's own, or yes/no, true/false, on/off, 1/0."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in TRUE | FALSE:
        raise WrongError(f"{shown(value)} is neither true nor false")
    return word in TRUE


def whole(least: int, most: int) -> Check:
    """Return a check for a whole number from `least` to `most`."""

    def check(value: object) -> int:
        number = value
        if isinstance(value, str):
            number = _number(value.strip().removeprefix("+"))
        if not isinstance(number, int) or isinstance(number, bool):
            raise WrongError(f"{shown(value)} is not a whole number")
        if not least <= number <= most:
            raise WrongError(f"{shown(value)} is not between {least} and {most}")
        return number

    return check


def _number(digits: str) -> int | None:
    bare = digits.removeprefix("-")
    return int(digits) if 0 < len(bare) < 12 and _DIGITS.issuperset(bare) else None


def duration(value: object) -> float:
    """Return seconds of a duration: a number and one of ms, s, m, h, d."""
    if isinstance(value, str):
        for unit, seconds_for in UNITS_FOR:
            number = value.strip().removesuffix(unit)
            whole_part, _, fraction = number.partition(".")
            if number != value.strip() and whole_part and len(number) < 10 and _DIGITS.issuperset(whole_part + fraction):
                if float(number) * seconds_for <= 0:
                    raise WrongError(f"{shown(value)} is no time at all", "give more than 0")
                return float(number) * seconds_for
    raise WrongError(f"{shown(value)} is not a duration", "write a number and ms, s, m, h or d: 500ms 2s 5m 2h 1d")


def one_of(*words: str) -> Check:
    """Return a check for one word of a closed list."""

    def check(value: object) -> str:
        word = value.strip().lower() if isinstance(value, str) else value
        if word not in words:
            raise WrongError(f"{shown(value)} is not one of {', '.join(words)}", meant(value, words))
        return str(word)

    return check


def many(item: Check, separators: str = ",") -> Check:
    """Return a check for a list: TOML's own, or text in parts; every part goes through `item`, repeats are dropped."""

    def check(value: object) -> tuple[Any, ...]:
        parts: Iterable[object] = value if isinstance(value, list) else (value,)
        if isinstance(value, str):
            for separator in separators:
                value = value.replace(separator, "\n")
            parts = [part.strip() for part in value.split("\n") if part.strip()]
        found = dict.fromkeys(item(part) for part in parts)
        if not found:
            raise WrongError("is empty")
        return tuple(found)

    return check


def family(value: object) -> int:
    """Return 4 or 6."""
    word = str(value).strip().lower().removeprefix("ipv") if not isinstance(value, bool) else ""
    if word not in {"4", "6"}:
        raise WrongError(f"{shown(value)} is not an address family", "write 4 or 6")
    return int(word)


def record_type(value: object) -> str:
    """Return A or AAAA."""
    word = value.strip().upper() if isinstance(value, str) else ""
    if word not in {"A", "AAAA"}:
        raise WrongError(f"{shown(value)} is not a type of address record", "write A or AAAA")
    return word


def address(value: object) -> str:
    """Return the canonical text of an IPv4 or IPv6 address."""
    found = inet.canonical(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise WrongError(f"{shown(value)} is not an IPv4 or IPv6 address")
    return found


def interface(value: object) -> str:
    """Return an interface name or glob. Linux allows anything but space and slash; Windows has spaces."""
    name = text(value).strip()
    if "/" in name or len(name) > 255:
        raise WrongError(f"{shown(value)} is not an interface name or a glob of one")
    return name


def log(value: object) -> str:
    """Return stderr, syslog or the absolute path of a file."""
    where = text(value).strip()
    if where not in {"stderr", "syslog"} and where[:1] != "/" and where[1:3] not in {":\\", ":/"}:
        raise WrongError(f"{shown(value)} is not stderr, syslog or an absolute path", meant(value, ("stderr", "syslog")))
    return where


def fqdn(value: object) -> str:
    """Return a DNS name in lower case without its last dot (RFC 1035, 2.3.4; the first label may be `*`, RFC 4592)."""
    name = text(value).strip().lower().removesuffix(".")
    if any(ord(character) > 126 for character in name):
        raise WrongError(f"{shown(value)} is not ASCII", "write the name's A-labels (xn--...), for instance from: idn2 NAME")
    if inet.parse(name):
        raise WrongError(f"{shown(value)} is an address, not a name")
    labels = name.split(".")
    if len(name) > 253 or not all(is_label(label) for label in (labels[1:] if labels[0] == "*" and len(labels) > 1 else labels)):
        mend = "write it like home.example.com: labels of at most 63 letters, digits and hyphens, 253 in all"
        raise WrongError(f"{shown(value)} is not a DNS name", mend)
    return name


def is_label(label: str) -> bool:
    """Say whether a part between dots is fit for a host name, in lower case; underscores are seen in the wild."""
    return 0 < len(label) <= 63 and _LABEL.issuperset(label) and label[0] != "-" != label[-1]


def word(value: object) -> str:
    """Return a name for an account: it becomes part of the names of lock-outs and files."""
    name = text(value).strip()
    if len(name) > 64 or not (_LABEL | {"."}).issuperset(name.lower()):
        raise WrongError(f"{shown(value)} is no name for an account", "use letters, digits, dot, hyphen and underscore")
    return name


# --- near misses -----------------------------------------------------------------------------------------------------


def meant(value: object, words: Iterable[str]) -> str:
    """Return "did you mean ...?" for the nearest of `words`, or nothing where none is near."""
    if not isinstance(value, str) or len(value) > 60:
        return ""
    low = value.strip().lower()
    near = min(((_distance(low, word.lower()), word) for word in words), default=(99, ""))
    return f"did you mean {near[1]}?" if near[0] <= max(len(low) > 2, len(low) // 3) else ""


def _distance(one: str, other: str) -> int:
    """Return the edit distance, a swap of two neighbours counting as one edit (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if last and i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
