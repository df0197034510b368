"""IONOS DNS API: whole names everywhere, a new record is sent in a list, and a change that leaves a field out resets it.

Source: developer.hosting.ionos.com/docs/dns.
"""

from typing import Any, Final

from edge_agent.encoding import quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Desk, Held, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

WAYS: Final = ((("api_key", "X-API-Key", ""),),)
CODES: Final = {"UNAUTHORIZED": ACCOUNT, "INVALID_RECORD": REFUSED, "ZONE_NOT_FOUND": REFUSED, "RECORD_NOT_FOUND": REFUSED}
UNLIKE_KEY: Final = "it is the public prefix, a dot and the secret"


class Ionos(Desk):
    """One account."""

    permission = "the key's access to it"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)
        self.known: dict[str, str] | None = None

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's id; all zones come in one short listing."""
        if self.known is None:
            said = yield from self.say("GET", "/zones")
            self.known = {str(entry.get("name")).lower(): rest.ident(entry) for entry in rest.listed(said)}
        return self.known.get(name, "")

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the name; one that is not served is nobody's but its owner's."""
        path = f"/zones/{quote(place.id)}?recordName={quote(place.name)}&recordType={place.type}"
        records = rest.listed((yield from self.say("GET", path)), "records")
        own = [entry for entry in records if (str(entry.get("name")).lower(), entry.get("type")) == (place.name, place.type)]
        if any(entry.get("disabled") is True for entry in own):
            raise OverError(REFUSED._replace(detail=f"an {place.type} record of {place.name} is disabled: enable or delete it"))
        return [_held(entry) for entry in own]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """POST a list of one record."""
        ttl = {} if target.ttl is None else {"ttl": target.ttl}
        record = {"name": place.name, "type": place.type, "content": target.address, "prio": 0, "disabled": False} | ttl
        said = yield from self.say("POST", f"/zones/{quote(place.id)}/records", [record], target)
        return _held(rest.pick(said, 0, kind=dict))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """PUT the record's content, and again all that it has."""
        ttl = self.ttl(target, held)
        fields = {"disabled": False, **held.more, "content": target.address} | ({} if ttl is None else {"ttl": ttl})
        said = yield from self.say("PUT", f"/zones/{quote(place.id)}/records/{quote(held.id)}", fields, target)
        return _held(rest.pick(said, kind=dict))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """DELETE a record."""
        yield from self.say("DELETE", f"/zones/{quote(place.id)}/records/{quote(held.id)}", None, target, empty=True)

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Its errors are a list of codes and words; those of the gate before it are a message alone."""
        first = parsed[0] if isinstance(parsed, list) and parsed else parsed
        fields = first if isinstance(first, dict) else {}
        words = ": ".join(str(fields[key]) for key in ("code", "message") if fields.get(key))
        return CODES.get(str(fields.get("code"))), f"{words} ({UNLIKE_KEY})" if status == 401 else words

    def stale(self, status: int, parsed: object) -> bool:
        """A record that is gone answers 404; of the other refusals any may mean that the record exists by now."""
        return status in (400, 404, 409, 422)


def _held(entry: dict[str, Any]) -> Held:
    more = {"prio": entry["prio"]} if entry.get("prio") is not None else {}
    return Held(entry.get("content"), rest.ident(entry), rest.seconds(entry.get("ttl")), more)


PROVIDER: Final = Provider(
    "ionos-api",
    "IONOS (DNS API)",
    dialogue(Ionos),
    "https://api.hosting.ionos.com/dns/v1",
    (Credential("api_key", "API key of developer.hosting.ionos.com: the public prefix, a dot and the secret"),),
    creates=True,
    reads=True,
    each=True,
    ttl=(60, 604800),
    aliases=("api.hosting.ionos.com",),
    traps=(
        "The API key is good for everything in the account; the provider ionos takes an address for its names alone.",
        "Zones of IONOS Cloud have an API of their own, which this is not.",
    ),
)
