"""`providers` for people and machines: which services there are, and what is true of each."""

from collections.abc import Iterable, Iterator

from edge_agent.model import TYPE_OF
from edge_agent.providers.provider import Credential, Provider
from edge_agent.report.objects import AGENT

PAIRS = {
    "together": "takes A and AAAA in one request: both are sent when one changes",
    "required": "changes A and AAAA together: nothing is sent while one of them is unknown",
}


def listed(providers: Iterable[Provider]) -> Iterator[str]:
    """Yield one line per service: name, title, record types."""
    found = list(providers)
    width = max((len(provider.name) for provider in found), default=0)
    for provider in found:
        what = "gone, see its page" if provider.gone else "/".join(TYPE_OF[family] for family in provider.families)
        yield f"{provider.name:<{width}}  {provider.title} ({what})"


def detailed(provider: Provider) -> Iterator[str]:
    """Yield everything a user of one service should know."""
    yield f"{provider.name}: {provider.title}" + (f" (also: {', '.join(provider.aliases)})" if provider.aliases else "")
    if provider.gone:
        yield f"  gone: {provider.gone}"
        return
    yield f"  keeps: {', '.join(TYPE_OF[family] for family in provider.families)}"
    yield f"  address: {provider.server or 'none of its own; give server (or --server)'}"
    for credential in provider.credentials:
        yield f"  {_credential(credential)}"
    for name, about in provider.options.items():
        yield f"  option {name}: {about}"
    yield from (f"  {fact}" for fact in facts(provider))
    yield from (f"  mind: {trap}" for trap in provider.traps)
    if provider.reads:
        yield "  try it without a change: edge-agent check --online"
    yield "  in the settings file:"
    yield from (f"    {line}" for line in example(provider))


def example(provider: Provider) -> Iterator[str]:
    """Yield the lines of an account in the settings file; secrets are named by files of their own."""
    yield "[account.NAME]"
    yield f'provider = "{provider.name}"'
    if not provider.server:
        yield f'server = "{"dns://ns1.example.com" if provider.scheme == "dns" else "ADDRESS"}"'
    for credential in provider.credentials:
        if credential.required and credential.secret:
            yield f'{credential.name}_file = "/etc/edge-agent/{credential.name}"'
        elif credential.required:
            yield f'{credential.name} = "TEXT"'


def _credential(credential: Credential) -> str:
    kind = "secret" if credential.secret else "plain"
    need = "needed" if credential.required else "optional"
    ways = f", or {' or '.join(credential.choices)} in its place" if credential.choices else ""
    return f"credential {credential.name} ({need}, {kind}{ways})" + (f": {credential.about}" if credential.about else "")


def facts(provider: Provider) -> Iterator[str]:
    """Yield the limits of a service in words, as far as they are known."""
    if provider.reads:
        yield "looks before it changes"
    if provider.creates:
        yield "creates a missing record"
    if provider.pairs in PAIRS:
        yield PAIRS[provider.pairs]
    if provider.ttl:
        yield f"ttl: {provider.ttl[0]} to {provider.ttl[1]} seconds"
    if provider.each:
        yield 'can keep a value for each uplink in one name (values = "each")'
    for what, seconds_for in (
        ("least time between two updates", provider.least_interval_for),
        ("least pause when the service is busy", provider.busy_for),
        ("refreshed although nothing changed after", provider.force_after_for),
    ):
        if seconds_for:
            yield f"{what}: {duration(seconds_for)}"


def duration(seconds_for: float) -> str:
    """Return a duration as the settings write it: 500ms 2s 5m 2h 1d."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if seconds_for % size == 0:
            return f"{int(seconds_for // size)}{unit}"
    return f"{round(seconds_for * 1000)}ms"


def as_object(provider: Provider) -> dict[str, object]:
    """Return one service as a JSON object."""
    return {
        "name": provider.name,
        "title": provider.title,
        "aliases": list(provider.aliases),
        "types": [TYPE_OF[family] for family in provider.families],
        "server": provider.server or None,
        "credentials": [credential._asdict() for credential in provider.credentials],
        "options": dict(provider.options),
        "reads": provider.reads,
        "creates": provider.creates,
        "each": provider.each,
        "pairs": provider.pairs,
        "ttl": list(provider.ttl) if provider.ttl else None,
        "least_interval": provider.least_interval_for,
        "traps": list(provider.traps),
        "gone": provider.gone or None,
    }


def list_object(providers: Iterable[Provider]) -> dict[str, object]:
    """Return all services as one JSON object."""
    return {"agent": AGENT, "providers": [as_object(provider) for provider in providers], "exit": 0}
