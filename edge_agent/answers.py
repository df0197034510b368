"""What is done with an answer before anybody may believe it: unpacking within bounds, and whether its redirect is safe. Pure."""

from typing import Final

from edge_agent import encoding, inet, urls
from edge_agent.wire import LIMIT

TOO_LONG: Final = "the answer is longer than {} KiB"

# Addresses that no customer's box has, though a broken echo service or a proxy in the way may show them. The first list is
# what Cloudflare publishes of its own, the second what public resolvers are reached by.
FRONTS: Final = (
    "103.21.244.0/22 103.22.200.0/22 103.31.4.0/22 104.16.0.0/13 104.24.0.0/14 108.162.192.0/18 131.0.72.0/22 141.101.64.0/18 "
    "162.158.0.0/15 172.64.0.0/13 173.245.48.0/20 188.114.96.0/20 190.93.240.0/20 197.234.240.0/22 198.41.128.0/17 "
    "2400:cb00::/32 2405:8100::/32 2405:b500::/32 2606:4700::/32 2803:f800::/32 2a06:98c0::/29 2c0f:f248::/32"
)
RESOLVERS: Final = (
    "1.0.0.0/24 1.1.1.0/24 8.8.4.0/24 8.8.8.0/24 9.9.9.0/24 149.112.112.0/24 208.67.220.0/24 208.67.222.0/24 "
    "2001:4860:4860::/48 2620:fe::/48 2620:119:35::/48 2620:119:53::/48"
)


class UnfitError(Exception):
    """An answer came, but not one to trust; the message says why."""


def unpacked(octets: bytes, coding: str, most: int = LIMIT) -> bytes:
    """Return a body without its content coding; UnfitError where it is longer than `most`, damaged or of a kind not asked for.

    Unpacking stops at the limit: a bomb of a few octets may hold gigabytes.
    """
    if len(octets) > most:
        raise UnfitError(TOO_LONG.format(most >> 10))
    if coding in ("", "identity") or not octets:
        return octets
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise UnfitError(f"the answer is packed as {encoding.brief(coding, (), 20)}, which was not asked for")
    import zlib

    unpacker = zlib.decompressobj(32 + zlib.MAX_WBITS)  # either of the two kinds of header
    try:
        found = unpacker.decompress(octets, most + 1)
    except zlib.error:
        raise UnfitError("the packed answer is damaged") from None
    if len(found) > most:
        raise UnfitError(TOO_LONG.format(most >> 10))
    if not unpacker.eof or unpacker.unused_data:
        raise UnfitError("the packed answer was cut off")
    return found


def place(url: str) -> tuple[str, int]:
    """Return host and port of a URL; ValueError where the port is none."""
    scheme, _, rest = url.partition("://")
    host = urls.host_of(url)
    authority = rest.replace("?", "/").replace("#", "/").partition("/")[0].rpartition("@")[2]
    port = authority.rpartition("]")[2].rpartition(":")[2] if ":" in authority.rpartition("]")[2] else ""
    if port and not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError("not a port")
    return host, int(port) if port else {"http": 80, "https": 443, "dns": 53}.get(scheme.lower(), 0)


def named(url: str) -> str:
    """Return how the server of `url` is called in messages: its host, and its port where that is not the usual one."""
    try:
        host, port = place(url)
    except ValueError:
        return urls.host_of(url)
    shown = f"[{host}]" if ":" in host else host
    return shown if port in (53, 80, 443) else f"{shown}:{port}"


def onward(url: str, location: str) -> tuple[str, str | None]:
    """Return where a redirect leads, and None or why it is not followed: to another host, another port, or out of TLS."""
    from urllib.parse import urljoin

    try:
        target = urljoin(url, location.strip())
        before, after = place(url), place(target)
    except ValueError:
        return "", "redirects to something that is no address"
    secure = target.lower().startswith("https://")
    plain = target.lower().startswith("http://")
    if not secure and not plain:
        return "", "redirects to something that is no address"
    if plain and not (urls.is_loopback(url) and urls.is_loopback(target)):
        return "", "redirects to plain http, which is not followed: a captive portal or a wrong server address"
    if before[0] != after[0]:
        return (
            "",
            f"redirects to {encoding.brief(after[0], (), 60)}, which is not followed: a captive portal or a wrong server address",
        )
    upgrade = secure and before[1] == 80 and after[1] == 443
    if before[1] != after[1] and not upgrade:
        return "", f"redirects to its port {after[1]}, which is not followed"
    return target, None


def broken(error: Exception) -> str:
    """Return how an answer failed to come, by the class of what `http.client`, urllib3 or ssl raised (it loads none of them)."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "TimeoutError" in kinds:
        return "no whole answer in time; the request may have been carried out"
    if "RemoteDisconnected" in kinds:
        return "the connection was closed without an answer"
    if "IncompleteRead" in kinds:
        return "the answer was cut off"
    if kinds & {"HTTPException", "ProtocolError", "ValueError"}:
        return "the answer is not HTTP"
    return f"the answer cannot be read ({type(error).__name__})"


def address(text: str, family: int) -> str:
    """Return the address that stands alone in `text`, canonical; UnfitError where it is none of `family`. No substring counts."""
    found = inet.canonical(text.strip())
    if found is None:
        raise UnfitError("says something that is no address alone (a captive portal?)" if text.strip() else "says nothing")
    if inet.family_of(found) != family:
        raise UnfitError(f"says {found}, though IPv{family} was asked for")
    return found


def seen_address(text: str, family: int) -> str:
    """Return the address that a service sees us by; UnfitError also where the world cannot route to it, or nobody's box has it."""
    found = address(text, family)
    if not inet.is_global(found):
        raise UnfitError(f"says {found}, which is {inet.scope(found).replace('_', '-')}")
    if any(inet.within(found, prefix) for prefix in f"{FRONTS} {RESOLVERS}".split()):
        raise UnfitError(f"says {found}, which belongs to a content network or a public resolver")
    return found
