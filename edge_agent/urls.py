"""Checks for addresses of HTTP services. Their messages never quote them: a path or a query may hold a token."""

from typing import Final

from edge_agent import inet
from edge_agent.checks import WrongError, is_label, text

_DIGITS: Final = frozenset("0123456789")


def host_of(url: str) -> str:
    """Return the host of a URL in lower case, without user, port and brackets; empty where it has none."""
    authority = url.partition("://")[2].replace("?", "/").replace("#", "/").partition("/")[0].rpartition("@")[2]
    if authority.startswith("["):
        return authority[1:].partition("]")[0].lower()
    return authority.partition(":")[0].lower()


def is_loopback(url: str) -> bool:
    """Say whether a URL leads to this very machine by an address, or by the one name that RFC 6761 keeps for it."""
    host = host_of(url)
    return inet.scope(host) == "loopback" if inet.parse(host) else host == "localhost"


def is_plain(url: str) -> bool:
    """Say whether what is sent to this URL can be read on the way."""
    return url.lower().startswith("http:") and not is_loopback(url)


def is_dns(url: str) -> bool:
    """Say whether this is the address of a name server."""
    return url.lower().startswith("dns:")


def server(value: object) -> str:
    """Return the address of a service: of an HTTP one, or `dns://host:port` of a name server, without a path or anything else."""
    found = text(value).strip()
    if not is_dns(found):
        return url(found)
    found = found.removesuffix("/")
    authority = found[len("dns://") :]
    if not found.lower().startswith("dns://") or any(char in authority for char in "/?#@") or not _is_authority(found):
        raise WrongError("is not the address of a name server", "write dns://HOST or dns://HOST:PORT")
    return found


def url(value: object) -> str:
    """Return the address of an HTTP service. A user or password in it is refused: addresses get logged, credentials not."""
    found = proxy(value)
    if "@" in found.partition("://")[2].replace("?", "/").partition("/")[0]:
        raise WrongError("holds a user name or password before the host", "use the account's own settings for credentials")
    return found


def proxy(value: object) -> str:
    """Return the address of a proxy, which may hold its user and password."""
    found = text(value).strip()
    scheme, colon, _ = found.partition("://")
    if scheme.lower() not in {"http", "https"} or not colon:
        raise WrongError("is not an address that begins with https:// or http://")
    if not found.isascii() or " " in found or "#" in found:
        raise WrongError("holds a space, a # or a letter beyond ASCII", "percent-encode it")
    if not _is_authority(found):
        raise WrongError("has no host, or a port that is no number from 1 to 65535")
    return found


def _is_authority(found: str) -> bool:
    authority = found.partition("://")[2].replace("?", "/").partition("/")[0].rpartition("@")[2]
    host = host_of(found)
    rest = authority.partition("]")[2] if authority.startswith("[") else authority[len(host) :]
    port = rest[1:]
    if rest and not (rest[0] == ":" and 0 < len(port) <= 5 and _DIGITS.issuperset(port) and 0 < int(port) < 65536):
        return False
    if authority.startswith("["):
        return inet.family_of(host) == 6
    return bool(host) and all(is_label(label) for label in host.removesuffix(".").split("."))
