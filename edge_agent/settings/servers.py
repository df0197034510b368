"""Where an account's service is to be found, held against what kind of address the provider speaks to."""

from collections.abc import Iterable, Iterator

from edge_agent import urls
from edge_agent.model import Problem
from edge_agent.providers.provider import Provider
from edge_agent.settings.layers import Found


def missing(provider: Provider, origin: str) -> Problem:
    """Return the problem of an account whose service has no address that everybody knows."""
    example = "dns://ns1.example.com" if provider.scheme == "dns" else "https://..."
    return Problem(origin, f"{provider.name} has no address of its own", f'add server = "{example}" (or --server)')


def unlike(provider: Provider, server: Found) -> Iterator[Problem]:
    """Yield the problem of an address of another kind than the provider's: a name server's for a web service, or the reverse."""
    if urls.is_dns(server.value) and provider.scheme != "dns":
        mend = "dns:// is for provider = rfc2136; write https://"
        yield Problem(server.origin, f"{provider.name} is a web service, and this is the address of a name server", mend)
    if provider.scheme == "dns" and not urls.is_dns(server.value):
        mend = f"write dns://{urls.host_of(server.value)}"
        yield Problem(server.origin, f"{provider.name} speaks to a name server, and this is the address of a web service", mend)


def plain(provider: Provider, origin: str, server: Found | None, others: Iterable[tuple[object, str]]) -> Iterator[Problem]:
    """Yield a problem for plain http beyond this machine, whoever asks for it; `others` are values of options that may be URLs."""
    ways = [(server.value, server.origin)] if server else [(provider.server, origin)]
    if provider.scheme == "dns":  # a web address is wrong there for another reason
        ways = []
    for url, where in (*ways, *others):
        if isinstance(url, str) and urls.is_plain(url):
            what = f"{urls.host_of(url)} is spoken to over plain http: anyone on the way can read the credentials"
            yield Problem(where, what, "use https, or accept it with insecure_http = true on this account")
