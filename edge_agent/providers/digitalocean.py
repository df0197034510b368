"""DigitalOcean DNS, API v2: records one by one; a listing is asked for by the whole name and answers with labels.

Source: docs.digitalocean.com/reference/api, "Domain Records".
"""

from typing import Any, Final

from edge_agent.encoding import quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Desk, Held, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

WAYS: Final = ((("token", "Authorization", "Bearer "),),)


class DigitalOcean(Desk):
    """One account."""

    permission = "the scope domain:read"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name: it is its id, too."""
        said = yield from self.say("GET", f"/domains/{quote(name)}", absent=(404,))
        return "" if said is None else rest.pick(said, "domain", "name", kind=str)

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the name; the filter takes the whole name, the answer has labels."""
        path = f"/domains/{quote(place.id)}/records?type={place.type}&name={quote(place.name)}&per_page=100"
        found = yield from self.pages(
            path, lambda said: rest.listed(said, "domain_records"), lambda said, page: _more(path, said, page)
        )
        own = [entry for entry in found if (entry.get("type"), entry.get("name")) == (place.type, place.label())]
        return [_held(entry) for entry in own]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """POST a record."""
        fields = {"type": place.type, "name": place.label(), "data": target.address} | _ttl(self.ttl(target))
        said = yield from self.say("POST", f"/domains/{quote(place.id)}/records", fields, target)
        return _held(rest.pick(said, "domain_record", kind=dict))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """PATCH the address, and the TTL where one is wished."""
        fields = {"type": place.type, "data": target.address} | _ttl(target.ttl)
        said = yield from self.say("PATCH", f"/domains/{quote(place.id)}/records/{quote(held.id)}", fields, target)
        return _held(rest.pick(said, "domain_record", kind=dict))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """DELETE a record."""
        yield from self.say("DELETE", f"/domains/{quote(place.id)}/records/{quote(held.id)}", None, target, empty=True)

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Its error texts are for people; the status says what kind it is."""
        fields = parsed if isinstance(parsed, dict) else {}
        return None, ": ".join(str(fields[key]) for key in ("id", "message") if fields.get(key))

    def stale(self, status: int, parsed: object) -> bool:
        """A record's id that is no more answers 404, a record that exists already 422."""
        return status == 404 or "already exists" in self.judge(status, parsed)[1]


def _more(path: str, said: Any, page: int) -> str:
    links = said.get("links")
    pages = links.get("pages") if isinstance(links, dict) else None
    return f"{path}&page={page + 1}" if isinstance(pages, dict) and pages.get("next") else ""


def _held(entry: dict[str, Any]) -> Held:
    return Held(entry.get("data"), rest.ident(entry), rest.seconds(entry.get("ttl")))


def _ttl(ttl: int | None) -> dict[str, object]:
    return {} if ttl is None else {"ttl": ttl}


PROVIDER: Final = Provider(
    "digitalocean",
    "DigitalOcean",
    dialogue(DigitalOcean),
    "https://api.digitalocean.com/v2",
    (Credential("token", "personal access token with the scopes domain:read, domain:create and domain:update"),),
    creates=True,
    reads=True,
    each=True,
    ttl=(30, 604800),
    aliases=("do", "digitalocean.com"),
    traps=("A personal access token may have a date on which it ends; the update is then refused until a new one is there.",),
)
