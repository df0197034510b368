"""EDGE1: sign a request with HMAC-SHA256, so that a server of one's own need not be sent a password. Only the scheme lives here.

The signature is the lower-case hexadecimal HMAC-SHA256 (RFC 2104) of these six lines, joined by single line feeds, none at the end:

    EDGE1
    the time: decimal seconds since 1970-01-01 00:00 UTC, as in X-Edge-Time
    the method in capitals
    the path as sent, percent-encoding and all; `/` where it is empty
    the query as sent, without its question mark; an empty line where there is none
    the lower-case hexadecimal SHA-256 of the body; of no octets where there is no body

The key is used as UTF-8. Three headers carry the rest: `X-Edge-Key` (which key), `X-Edge-Time`, `X-Edge-Signature`. A server
refuses a time more than 300 seconds from its own, and a signature it has seen within that window. The host is not signed, since
proxies rewrite it: use a key at one server only. edge_agent/providers/custom-signing.md has a worked example.
"""

from typing import Final

VERSION: Final = "EDGE1"


def canonical(method: str, url: str, body: bytes, time: int) -> str:
    """Return the text that is signed; `url` is the whole address exactly as sent."""
    import hashlib

    rest = url.partition("://")[2].partition("#")[0]
    before, _, query = rest.partition("?")
    path = before.partition("/")[2]
    return "\n".join((VERSION, str(time), method.upper(), f"/{path}", query, hashlib.sha256(body).hexdigest()))


def signature(key: str, text: str) -> str:
    """Return the hexadecimal HMAC-SHA256 of `text`."""
    import hmac

    return hmac.new(key.encode(), text.encode("ascii"), "sha256").hexdigest()


def headers(key_id: str, key: str, signed: str, time: int) -> tuple[tuple[str, str], ...]:
    """Return the headers that carry the signature of the text `signed`."""
    return (("X-Edge-Key", key_id), ("X-Edge-Time", str(time)), ("X-Edge-Signature", signature(key, signed)))
