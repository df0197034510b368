"""Every service that the dyndns2 engine serves, as providers: the rows of the tables, the protocol itself, and the dead."""

from collections.abc import Iterator
from typing import Final

from edge_agent.providers.dyndns2 import provider
from edge_agent.providers.provider import Job, Provider
from edge_agent.providers.replies import CONFIG
from edge_agent.providers.service import NO_CHANGE, Service, login
from edge_agent.wire import Dialogue, Outcome

GENERIC: Final = Service(
    "dyndns2",
    "any server that speaks dyndns2",
    "/nic/update",
    login(),
    both=True,
    pairs="together",
    traps=(
        'Give the server: server = "https://ddns.example.com"; /nic/update is appended where the address has no path.',
        "Both families go together, joined by a comma, since some servers drop the one that is left out.",
        NO_CHANGE,
    ),
)


def services() -> Iterator[Service]:
    """Yield every row, loading one table after the other: whoever stops early leaves the rest unloaded."""
    yield GENERIC
    from edge_agent.providers.services_dyndns2 import SERVICES as PLAIN

    yield from PLAIN
    from edge_agent.providers.services_tokens import SERVICES as TOKENS

    yield from TOKENS
    from edge_agent.providers.services_hosters import SERVICES as HOSTERS

    yield from HOSTERS
    from edge_agent.providers.services_more import SERVICES as MORE

    yield from MORE


GOOGLE_GONE: Final = (
    "Google Domains was sold to Squarespace, which has no dynamic DNS: move the name's DNS to a service that has it."
)


def _nothing(job: Job) -> Dialogue:
    """Refuse every target: the service is dead, and nothing is sent."""
    for target in job.targets:
        yield Outcome(target, CONFIG._replace(detail=GOOGLE_GONE))


GONE: Final = Provider("google-domains", "Google Domains", _nothing, aliases=("google", "domains.google.com"), gone=GOOGLE_GONE)


def providers() -> Iterator[Provider]:
    """Yield every one of these services as a provider, as lazily as `services` yields the rows."""
    for service in services():
        yield provider(service)
    yield GONE
