"""What signed APIs share: sorted queries, canonical requests, HMAC and chains of it, times as text. No service is named here.

Each service's own order of these steps, and where it puts the result, stands in its file. `now_at` is always the job's.
"""

from collections.abc import Mapping
from typing import Final

from edge_agent.encoding import http_date, quote
from edge_agent.wire import Answer, Request

SKEW: Final = 15 * 60.0  # seconds that services usually put up with
SET_CLOCK: Final = "set this machine's clock"


def digest(octets: bytes) -> str:
    """Return the SHA-256 of `octets` in lower-case hexadecimal."""
    from hashlib import sha256

    return sha256(octets).hexdigest()


def mac(key: bytes | str, text: str, algorithm: str = "sha256") -> bytes:
    """Return the HMAC of `text` (RFC 2104); keys and texts are UTF-8."""
    import hmac

    return hmac.digest(key.encode() if isinstance(key, str) else key, text.encode(), algorithm)


def chain(key: bytes | str, *texts: str) -> bytes:
    """Return the key that comes of signing one text after the other, each with the result of the one before."""
    found = key.encode() if isinstance(key, str) else key
    for text in texts:
        found = mac(found, text)
    return found


def query(parameters: Mapping[str, str]) -> str:
    """Return parameters as a query: sorted by name, percent-encoded by RFC 3986, so a space is %20 and a star %2A."""
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in sorted(parameters.items()))


def canonical(request: Request, path: str, headers: Mapping[str, str], hashed: str) -> tuple[str, str]:
    """Return the canonical request and the list of the headers that it covers; `headers` have lower-case names.

    Six parts, a line each: method, `path`, the query as sent (it must be sorted already), the headers with a line each, the
    names of the headers, the hash of the body. AWS SigV4 and those that follow it share this form.
    """
    signed = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    return "\n".join((request.method, path, request.url.partition("?")[2], lines, signed, hashed)), signed


def covered(request: Request) -> dict[str, str]:
    """Return what a signature of all headers covers, by lower-case name: what the request says, and the host."""
    return {name.lower(): value for name, value in request.headers} | {"host": host_of(request.url)}


def unique(nonce: str, count: int) -> str:
    """Return 32 hexadecimal digits that no other request has, given the run's own and the request's number in it."""
    return digest(f"{nonce} {count}".encode())[:32]


def astray(answer: Answer, now_at: float, most_for: float = SKEW) -> bool:
    """Say whether our clock is so far from the service's (its Date header) that no signature of ours can be valid there."""
    theirs_at = http_date((answer.headers.get("date") or "").strip())
    return theirs_at is not None and abs(theirs_at - now_at) > most_for


def host_of(url: str) -> str:
    """Return what the Host header of a request to this URL says: host and port, without a port that is the scheme's own."""
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0].lower()
    return host.removesuffix(":443" if scheme == "https" else ":80")


def path_of(url: str) -> str:
    """Return the path of a URL as sent, at least a slash."""
    return "/" + url.partition("://")[2].partition("?")[0].partition("/")[2]


def stamp(now_at: float) -> str:
    """Return the time in ISO 8601's basic form and UTC: 20260102T030405Z."""
    return iso(now_at).replace("-", "").replace(":", "")


def iso(now_at: float) -> str:
    """Return the time in ISO 8601's extended form and UTC: 2026-01-02T03:04:05Z."""
    days, left = divmod(int(now_at), 86400)
    year, month, day = _date(days)
    return f"{year:04}-{month:02}-{day:02}T{left // 3600:02}:{left // 60 % 60:02}:{left % 60:02}Z"


def _date(days: int) -> tuple[int, int, int]:
    """Return year, month and day so many days after 1970-01-01, counting years from March so that the leap day comes last."""
    era, day = divmod(days + 719468, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    return year + era * 400 + (month > 9), month + 3 - 12 * (month > 9), day - (153 * month + 2) // 5 + 1
