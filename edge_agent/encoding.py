"""How values are spelled in HTTP, and how foreign text is made fit to be shown. Pure; no library: start-up is the budget.

`urllib.parse`, `base64` and `email.utils` would do parts of this for several hundred kilobytes at every start.
"""

from binascii import b2a_base64
from collections.abc import Iterable
from typing import Final

SHOWN: Final = 120  # characters of a foreign text that are worth showing
DAY: Final = 86400.0

_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")  # RFC 3986, section 2.3
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def quote(text: str, safe: str = "") -> str:
    """Return `text` percent-encoded as UTF-8; letters, digits, `-._~` and what stands in `safe` stay (RFC 3986, section 2.1)."""
    return "".join(
        char if char in _UNRESERVED or char in safe else "".join(f"%{octet:02X}" for octet in char.encode("utf-8", "replace"))
        for char in text
    )


def unquote(text: str) -> str:
    """Return `text` with percent-encoded octets decoded as UTF-8; what is no encoding stays as it is."""
    head, *pieces = text.split("%")
    octets = bytearray(head.encode("utf-8", "replace"))
    for piece in pieces:
        if len(piece) >= 2 and _HEX.issuperset(piece[:2]):
            octets.append(int(piece[:2], 16))
            octets += piece[2:].encode("utf-8", "replace")
        else:
            octets += f"%{piece}".encode("utf-8", "replace")
    return octets.decode("utf-8", "replace")


def basic(user: str, password: str) -> str:
    """Return the value of an `Authorization` header for Basic, the text in UTF-8 (RFC 7617, section 2.1)."""
    return "Basic " + _base64(f"{user}:{password}")


def _base64(text: str) -> str:
    return b2a_base64(text.encode("utf-8", "replace"), newline=False).decode("ascii")


def is_clean(text: str) -> bool:
    """Say whether a value may enter a URL or a header: no control character, so no second header and no second line."""
    return all(char >= " " and char != "\x7f" and not "\x80" <= char <= "\x9f" for char in text)


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with stars for every secret, also where it stands percent-encoded, escaped for HTML or JSON, or in Base64."""
    known = [secret for secret in secrets if secret]
    spellings = {spelling for secret in known for spelling in _spellings(secret)}
    spellings |= {_base64(f"{one}:{other}") for one in known for other in known}
    seen = text.translate(_LOWER)
    for spelling in sorted((spelling.translate(_LOWER) for spelling in spellings), key=len, reverse=True):
        if spelling in seen:
            text = _without(text, seen, spelling)
            seen = text.translate(_LOWER)
    return text


def _spellings(secret: str) -> Iterable[str]:
    yield secret
    yield unquote(secret)
    yield quote(secret)
    yield quote(secret, " ").replace(" ", "+")
    html = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    yield html
    yield html.replace('"', "&quot;").replace("'", "&#39;")
    yield html.replace('"', "&quot;").replace("'", "&#x27;")
    json = secret.replace("\\", "\\\\").replace('"', '\\"')
    yield json
    yield json.replace("/", "\\/")
    yield _base64(secret)
    yield _base64(f"{secret}:")


def _without(text: str, seen: str, secret: str) -> str:
    """Cut `secret` out of `text`, of which `seen` is the lower-case twin: servers echo in lower case, too."""
    parts = []
    start = 0
    while (found := seen.find(secret, start)) >= 0:
        parts += [text[start:found], "***"]
        start = found + len(secret)
    return "".join([*parts, text[start:]])


def brief(text: str, secrets: Iterable[str] = (), limit: int = SHOWN) -> str:
    """Return foreign text fit for one line of a report: without secrets, printable, blanks joined, at most `limit` characters."""
    cleaned = "".join(char if char.isprintable() else " " for char in redact(text, secrets))
    line = " ".join(cleaned.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def retry_after(value: str | None, now_at: float) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, at most a day, or None where it says nothing (RFC 9110, 10.2.3).

    Both forms are read: seconds, and the fixed-length date; the latter counts from `now_at` (seconds since 1970).
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), DAY)
    instant_at = http_date(text)
    return None if instant_at is None else min(max(instant_at - now_at, 0.0), DAY)


def http_date(text: str) -> float | None:
    """Return the instant of an IMF-fixdate such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7), or None."""
    parts = text.split()
    if len(parts) != 6 or parts[5] != "GMT" or parts[2] not in _MONTHS:
        return None
    numbers = [parts[1], parts[3], *parts[4].split(":")]
    if len(numbers) != 5 or any(not (number.isascii() and number.isdigit() and len(number) <= 4) for number in numbers):
        return None
    day, year, hour, minute, second = (int(number) for number in numbers)
    month = _MONTHS.index(parts[2]) + 1
    # Days since 1970 in the Gregorian calendar, counting years from March so that the leap day comes last.
    year -= month < 3
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 1 - 719468
    return float(days * 86400 + hour * 3600 + minute * 60 + second)
