"""The one request that changes a batch of records: URL, parameters, login, exactly as the service's row says. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from edge_agent.encoding import basic, is_clean, quote
from edge_agent.providers.provider import Job
from edge_agent.providers.replies import AUTH, CONFIG
from edge_agent.providers.service import Service, Way, base, fill, holes, split_url
from edge_agent.verdicts import Verdict
from edge_agent.wire import Request, Target


class Batch(NamedTuple):
    """The targets of one request; `trouble` is set where nothing may be sent."""

    targets: tuple[Target, ...]
    trouble: Verdict | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names, each once, in order."""
        return tuple(dict.fromkeys(target.name for target in self.targets))

    def address(self, family: int) -> str:
        """Return the address of that family, or nothing."""
        return next((target.address for target in self.targets if target.family == family), "")


def request_for(service: Service, job: Job, batch: Batch) -> Request | Verdict:
    """Return the request that changes a batch, or the verdict that says why it cannot be written and how to mend that."""
    values = _values(job, batch)
    way = next((way for way in service.ways if all(values.get(name) for name in _needed(service, way))), None)
    trouble = _unclean(job, batch) or _outside_zone(service, batch)
    if trouble is not None:
        return trouble
    if way is None:
        return _no_way(service, values)
    place = _place(service, job, values)
    if not place.startswith(("https://", "http://")) or not is_clean(place) or " " in place or not place.isascii():
        return AUTH._replace(detail=f"{service.title} needs a server address in ASCII that begins with https://")
    headers = _headers(job, way, values)
    if not all(value.isascii() for _, value in headers):
        return AUTH._replace(detail=f"the token of account {job.account} holds a letter beyond ASCII, which no header can carry")
    query = "&".join(part for part in (*_parameters(service, way, values), *_addresses(service, batch)) if part)
    mark = "" if not query else "&" if "?" in place else "?"
    return Request(
        service.method,
        place + mark + query,
        headers,
        changes=batch.targets,
        family=batch.targets[0].family if service.forced else 0,
        redirects=service.redirects,
        direct=service.forced,
        source=batch.targets[0].address if service.forced else None,
    )


# --- what goes into the braces ---------------------------------------------------------------------------------------


def _values(job: Job, batch: Batch) -> dict[str, str]:
    """Return what each pair of braces may hold, unescaped. A request for AAAA alone prefers the key of that name plus 6."""
    values = {name: value for name, value in job.credentials.items() if value}
    if not batch.address(4):
        values |= {name[:-1]: value for name, value in values.items() if name.endswith("6")}
    target = batch.targets[0]
    name = target.name.rstrip(".")
    values |= {"names": ",".join(own.rstrip(".") for own in batch.names), "name": name, "family": str(target.family)}
    if target.zone:
        zone = target.zone.rstrip(".")
        values |= {"zone": zone, "label": "@" if name.lower() == zone.lower() else name[: -len(zone) - 1]}
    return values


def _needed(service: Service, way: Way) -> list[str]:
    return holes("".join((service.url, service.query, *way)))


def _escaped(values: Mapping[str, str]) -> dict[str, str]:
    """Commas between names stay raw: old servers do not decode them. A star is a legal part of a name."""
    safe = {"names": "*,", "name": "*", "label": "*"}
    return {name: quote(value, safe.get(name, "")) for name, value in values.items()}


def _unclean(job: Job, batch: Batch) -> Verdict | None:
    for name, value in job.credentials.items():
        if not is_clean(value):
            return AUTH._replace(
                detail=f"the {name} of account {job.account} holds a line break or control character: write it anew"
            )
    for name in batch.names:
        if not name.strip(".") or not is_clean(name) or any(char in name for char in ", /?#&"):
            return CONFIG._replace(detail="a record's name holds a character that no name has")
    return None


def _outside_zone(service: Service, batch: Batch) -> Verdict | None:
    """The zone is never guessed: the last two labels of a name are not it often enough (example.co.uk)."""
    if not {"zone", "label"}.intersection(holes(service.query)):
        return None
    target = batch.targets[0]
    if not target.zone:
        return CONFIG._replace(detail=f'{service.title} wants host and domain apart: set zone = "example.com" for {target.name}')
    name, zone = target.name.rstrip(".").lower(), target.zone.rstrip(".").lower()
    if name != zone and not name.endswith(f".{zone}"):
        return CONFIG._replace(detail=f"{target.name} does not lie in the zone {target.zone}")
    return None


def _no_way(service: Service, values: Mapping[str, str]) -> Verdict:
    missing = [" and ".join(name for name in _needed(service, way) if not values.get(name)) for way in service.ways]
    return AUTH._replace(detail=f"{service.title} needs {' or '.join(missing)}")


# --- the parts of the request ----------------------------------------------------------------------------------------


def _place(service: Service, job: Job, values: Mapping[str, str]) -> str:
    """Return the URL without our parameters; another server keeps the service's path unless it brings its own."""
    own, path = split_url(service.url)
    kept = "{" in path or bool(service.home)  # the path names the record or holds the key: it cannot be done without
    if service.home:
        own, path = split_url(values["url"])
    else:
        own, path = (fill(part, _escaped(values)) for part in (own, path))
    if job.server in {"", base(service)}:
        return own + path
    server, prefix = split_url(job.server)
    if kept:
        return server + prefix.rstrip("/") + path
    return server + (prefix if prefix.strip("/") else path)


def _parameters(service: Service, way: Way, values: Mapping[str, str]) -> tuple[str, str]:
    escaped = _escaped(values)
    return fill(service.query, escaped), fill(way.query, escaped)


def _addresses(service: Service, batch: Batch) -> list[str]:
    four, six = quote(batch.address(4)), quote(batch.address(6), ":")
    parts = []
    if service.ip4 and service.ip4 == service.ip6:
        parts.append(f"{service.ip4}={','.join(address for address in (four, six) if address)}")
    else:
        parts += [f"{name}={address}" for name, address in ((service.ip4, four), (service.ip6, six)) if name and address]
    parts += [keep for keep, address in ((service.keep4, four), (service.keep6, six)) if keep and not address]
    return parts


def _headers(job: Job, way: Way, values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    agent = ("User-Agent", job.agent)
    if way.token:
        return (agent, ("Authorization", fill(way.token, values)))
    if way.user or way.password:
        return (agent, ("Authorization", basic(fill(way.user, values), fill(way.password, values))))
    return (agent,)
