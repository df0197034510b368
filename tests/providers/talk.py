"""A job for a service in one line, and what became of it: the requests it sent and the verdict of every target."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from edge_agent.providers.provider import Job, Provider
from edge_agent.providers.services import providers, services
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Failure, Request, Send, Target, converse

BY_NAME = {provider.name: provider for provider in tuple(providers())}
SERVICE = {service.name: service for service in tuple(services())}
AGENT = "edge-agent/0.1.0 (test)"
NOW = 1_790_000_000.0
V4, V6 = "203.0.113.7", "2001:db8::7"
HOME = "home.example.com"


class Talk(NamedTuple):
    requests: list[Request]
    verdicts: dict[tuple[str, int], Verdict]

    @property
    def kinds(self) -> list[str]:
        return [verdict.kind for verdict in self.verdicts.values()]


def target(name: str = HOME, address: str = V4, zone: str | None = None) -> Target:
    return Target(name, 6 if ":" in address else 4, address, None, zone)


def body(text: str, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text.encode())


def job_for(provider: Provider, credentials: Mapping[str, str], targets: Iterable[Target], **more: str | Mapping[str, str]) -> Job:
    server, options = more.get("server", provider.server), more.get("options", {})
    assert isinstance(server, str)
    assert isinstance(options, Mapping)
    return Job("mine", credentials, tuple(targets), server, options, AGENT, NOW)


def talk(job: Job, provider: Provider, send: Send) -> Talk:
    """Run the dialogue to its end; every target must end exactly once."""
    requests: list[Request] = []

    def recorded(request: Request) -> Answer | Failure:
        requests.append(request)
        return send(request)

    verdicts: dict[tuple[str, int], Verdict] = {}
    for outcome in converse(provider.dialogue(job), job.targets, recorded):
        key = outcome.target.name, outcome.target.family
        assert key not in verdicts
        verdicts[key] = outcome.verdict
    assert set(verdicts) == {(target.name, target.family) for target in job.targets}
    return Talk(requests, verdicts)


def always(answer: Answer) -> Callable[[Request], Answer]:
    return lambda request: answer


def run(name: str, credentials: Mapping[str, str], *targets: Target, answer: Answer | None = None, **more: str) -> Talk:
    """Run one job of a service against one answer, `good` unless told otherwise."""
    provider = BY_NAME[name]
    job = job_for(provider, credentials, targets, **{"server": provider.server or "https://x.example"} | more)
    return talk(job, provider, always(answer or body("good")))


def queries(said: Talk) -> list[str]:
    return [request.url.partition("?")[2] for request in said.requests]
