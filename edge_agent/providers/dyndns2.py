"""The dyndns2 engine: one dialogue for every service that takes an update as one HTTP request. The services are data.

Here a job's targets are grouped as the service's row allows, sent one request per group, and its answers dealt out again.
How a request is spelled is in `request`, how an answer reads in `replies`.
"""

from collections.abc import Iterable, Iterator

from edge_agent.model import TYPE_OF
from edge_agent.providers.provider import Job, Provider
from edge_agent.providers.replies import CONFIG, Heard, judge
from edge_agent.providers.request import Batch, request_for
from edge_agent.providers.service import Service, base, split_url
from edge_agent.verdicts import TABLE, Verdict
from edge_agent.wire import Dialogue, Outcome, Request, Target, ask


def provider(service: Service) -> Provider:
    """Return the provider that a service's data makes."""

    def dialogue(job: Job) -> Dialogue:  # functools.partial would cost more memory than the whole engine
        return converse_with(service, job)

    return Provider(
        service.name,
        service.title,
        dialogue,
        base(service),
        service.credentials,
        service.options,
        service.families,
        service.pairs,
        service.creates,
        least_interval_for=service.least_interval_for,
        busy_for=service.busy_for,
        force_after_for=service.force_after_for,
        aliases=service.aliases,
        traps=service.traps,
    )


def converse_with(service: Service, job: Job) -> Dialogue:
    """Send one request per batch and deal out what the answers say; stop once an answer was about the whole account."""
    over: Verdict | None = None
    for batch in batches(service, job):
        request = batch.trouble or over or request_for(service, job, batch)
        if isinstance(request, Verdict):
            verdicts: Iterable[Verdict] = [request] * len(batch.targets)
        else:
            answer = yield from ask(request)
            verdicts = judge(service.reply, Heard(answer, batch.targets, _secrets(service, job, request), job.now_at))
            over = next((verdict for verdict in verdicts if _concerns_all(verdict)), None)
        for target, verdict in zip(batch.targets, verdicts, strict=True):
            yield Outcome(target, verdict)


def _concerns_all(verdict: Verdict) -> bool:
    return verdict.scope != "record" and not TABLE[verdict.kind].success


def _secrets(service: Service, job: Job, request: Request) -> tuple[str, ...]:
    """Return all that must not come back in a detail: credentials, what stands in the login header, a secret URL's parts."""
    sent = (value for name, value in request.headers if name == "Authorization")
    logins = (part for value in sent for part in value.split()[1:])
    paths = [split_url(url)[1] for url in job.credentials.values() if service.home]
    values = (pair.partition("=")[2] for path in paths for pair in path.partition("?")[2].split("&"))
    return (*job.credentials.values(), *logins, *paths, *(part for path in paths for part in path.partition("?")[::2]), *values)


def batches(service: Service, job: Job) -> Iterator[Batch]:
    """Yield the job's targets in groups of one request each; a group that may not be sent carries the reason."""
    fit: list[Target] = []
    for target in job.targets:
        trouble = _unfit(service, job, target, fit)
        if trouble is None:
            fit.append(target)
        else:
            yield Batch((target,), trouble)
    addresses: dict[str, dict[int, str]] = {}
    for target in fit:
        addresses.setdefault(target.name, {})[target.family] = target.address
    groups: dict[tuple[str, ...], list[Target]] = {}
    for target in fit:
        groups.setdefault(_group(service, target, addresses[target.name]), []).append(target)
    for group in groups.values():
        for batch in _chunks(service, group):
            yield batch._replace(trouble=_incomplete(service, job, batch))


def _unfit(service: Service, job: Job, target: Target, fit: list[Target]) -> Verdict | None:
    """Refuse what the service cannot hold, and a second name or address where the login decides what changes."""
    if target.family not in service.families:
        return CONFIG._replace(detail=f"{service.title} takes no {TYPE_OF[target.family]} records")
    if not service.bound:
        return None
    if any(_clash(service, target, other) for other in fit):
        return CONFIG._replace(detail=f"one login of {service.title} is for one record: give {target.name} an account of its own")
    if service.own_key6 and target.family == 6 and not _has_key6(job) and any(own.family == 4 for own in job.targets):
        wanted = " or ".join(own.name for own in service.credentials if own.name.endswith("6"))
        return CONFIG._replace(detail=f"{service.title} has one key per record: the AAAA record of {target.name} needs {wanted}")
    return None


def _clash(service: Service, target: Target, other: Target) -> bool:
    return (service.names == 1 and other.name != target.name) or (other.family == target.family and other.address != target.address)


def _has_key6(job: Job) -> bool:
    return any(name.endswith("6") and value for name, value in job.credentials.items())


def _incomplete(service: Service, job: Job, batch: Batch) -> Verdict | None:
    """Hold where the service would take away the family that is left out."""
    if service.pairs != "required" or job.options.get("single_family") or all(batch.address(family) for family in TYPE_OF):
        return None
    return Verdict("unreachable", f"{service.title} changes A and AAAA together and only one is known: nothing was sent")


def _group(service: Service, target: Target, own: dict[int, str]) -> tuple[str, ...]:
    """Return what targets must share to travel in one request; `own` are the addresses of the target's name by family."""
    if service.bound:
        return () if service.both else (str(target.family),)
    zone = (target.zone or target.name) if service.same_zone else ""
    if not service.both:
        return (str(target.family), target.address, zone)
    return (own.get(4, ""), own.get(6, ""), zone)


def _chunks(service: Service, group: list[Target]) -> Iterator[Batch]:
    by_name: dict[str, list[Target]] = {}
    for target in group:
        by_name.setdefault(target.name, []).append(target)
    names = list(by_name)
    for start in range(0, len(names), service.names):
        yield Batch(tuple(target for name in names[start : start + service.names] for target in by_name[name]))
