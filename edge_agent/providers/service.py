"""What a service that takes an update as one HTTP request is: a row of data, nothing else. `dyndns2` brings it to life."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from edge_agent.providers.provider import Credential
from edge_agent.providers.replies import Reply

MINUTE: Final = 60.0
DAY: Final = 86400.0

# Traps that many rows share.
NO_CHANGE: Final = "Updates that change nothing count against you; enough of them block the name or the client."
MUST_EXIST: Final = "The record must exist at the service before it can be updated."


class Way(NamedTuple):
    """One way to log in; usable when every credential that stands in braces is there."""

    user: str = ""  # of Basic; with the password empty, too, there is no Basic
    password: str = ""
    query: str = ""
    token: str = ""  # the whole value of the Authorization header


BASIC: Final = Way("{username}", "{password}")


class Service(NamedTuple):
    """One service. Braces hold a credential's name, or one of: names, name, zone, label (the name within its zone), family."""

    name: str
    title: str
    url: str
    credentials: tuple[Credential, ...] = ()
    ways: tuple[Way, ...] = (BASIC,)
    query: str = "hostname={names}"
    ip4: str = "myip"  # the parameter of the address; empty: the service looks at the connection's source
    ip6: str = "myip"
    both: bool = False  # both families of a name in one request, joined by a comma where they share a parameter
    keep4: str = ""  # what to send where this family is not to be touched, lest the service detect or delete it
    keep6: str = ""
    names: int = 1  # the most names of one request
    same_zone: bool = False  # the names of one request must lie in one zone
    bound: bool = False  # the login decides which record changes, whatever the name
    own_key6: bool = False  # the key of the A record cannot change the AAAA record
    home: str = ""  # the server, where the URL itself is a credential
    method: str = "GET"
    forced: bool = False  # connect over the family of the address and past any proxy
    redirects: int = 0
    reply: Reply = Reply()
    families: tuple[int, ...] = (4, 6)
    pairs: str = "alone"
    creates: bool = False
    least_interval_for: float = 0.0
    busy_for: float = 30 * MINUTE  # No-IP and Dyn ask for this after 911
    force_after_for: float | None = None
    options: Mapping[str, str] = {}
    aliases: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()


def holes(template: str) -> list[str]:
    """Return what stands in braces."""
    return [piece.partition("}")[0] for piece in template.split("{")[1:]]


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return `template` with what stands in braces replaced; KeyError where `values` lacks it."""
    text, *pieces = template.split("{")
    for piece in pieces:
        name, _, rest = piece.partition("}")
        text += values[name] + rest
    return text


def split_url(url: str) -> tuple[str, str]:
    """Return (scheme and authority, path and query) of a URL; the first is empty where there is no scheme."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return "", url
    end = min((place for char in "/?#" if (place := rest.find(char)) >= 0), default=len(rest))
    return f"{scheme}://{rest[:end]}", rest[end:]


def base(service: Service) -> str:
    """Return the base address that `--server` replaces; empty where the user must give one."""
    server, _ = split_url(service.url)
    return service.home or fill(server, {"family": "4"})


def login(user: str = "user name of the account", word: str = "password of the account") -> tuple[Credential, Credential]:
    """Return the usual pair of credentials, each with its words for people."""
    return (Credential("username", user, secret=False), Credential("password", word))
