"""Dynu's REST API, version 2: a domain has its own address, hosts have records; 501 and 502 mean that the request is wrong.

Source: dynu.com/en-US/Support/API.
"""

from typing import Any, Final

from edge_agent.encoding import brief, quote
from edge_agent.inet import canonical
from edge_agent.providers import rest
from edge_agent.providers.desk import Desk, Held, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, LATER, REFUSED, OverError, Talk
from edge_agent.wire import Answer, Target

WAYS: Final = ((("api_key", "API-Key", ""),),)
FIELDS: Final = {4: "ipv4Address", 6: "ipv6Address"}
SWITCHES: Final = {4: "ipv4", 6: "ipv6"}
OWN: Final = ("name", "group", "ipv4Address", "ipv6Address", "ttl", "ipv4", "ipv6", "ipv4WildcardAlias", "ipv6WildcardAlias")
KEPT: Final = (*OWN, "allowZoneTransfer", "dnssec")  # what a change of a domain must say again
USUAL_TTL: Final = 300
CODES: Final = {401: ACCOUNT, 403: ACCOUNT, 429: LATER, 501: REFUSED, 502: REFUSED}  # only where its own JSON says so
TYPES: Final = {
    **dict.fromkeys(("Authentication Exception", "Authorization Exception"), ACCOUNT),
    **dict.fromkeys(("Argument Exception", "Parse Exception", "Validation Exception", "Request Exception"), REFUSED),
    "Quota Exception": REFUSED,  # 503, though no pause helps: the membership has no more records
    **dict.fromkeys(("Timeout Exception", "Server Exception", "IO Exception", "Application Exception"), LATER),
    "Not Implemented": REFUSED,
}


class Dynu(Desk):
    """One account."""

    permission = "the key's access to it"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)
        self.roots: dict[str, str] = {}
        self.domains: dict[str, dict[str, Any]] = {}  # the domains' own fields by id, as they are now

    def zone(self, name: str) -> Talk[str]:
        """Return the id of the domain. The service itself finds the domain above a name; where there is none, it says 501."""
        if name not in self.roots:
            said = yield from self._ask("GET", f"/dns/getroot/{quote(name)}", absent=(404, 501))
            if said is not None:
                self.roots[rest.pick(said, "domainName", kind=str).lower()] = rest.ident(said)
        return self.roots.get(name, "")

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the name: at the domain's own name the address that it has itself, then those of records."""
        found = (yield from self._own(place)) if place.name == place.zone else []
        said = yield from self._ask("GET", f"/dns/record/{quote(place.name, '*')}?recordType={place.type}")
        for entry in rest.listed(said, "dnsRecords"):
            if (str(entry.get("hostname")).lower(), entry.get("recordType")) != (place.name, place.type):
                continue
            if entry.get("state") is False:
                words = f"an {place.type} record of {place.name} is switched off: switch it on or delete it"
                raise OverError(REFUSED._replace(detail=words))
            held = _held(entry, place.family)
            if not found or canonical(str(held.value)) != canonical(str(found[0].value)):
                found.append(held)
        return found

    def _own(self, place: Place) -> Talk[list[Held]]:
        """Return the address of the domain itself, and keep all that it has."""
        said = yield from self._ask("GET", f"/dns/{quote(place.id)}")
        self.domains[place.id] = said
        address, used = said.get(FIELDS[place.family]), said.get(SWITCHES[place.family]) is not False
        return [Held(address, ttl=rest.seconds(said.get("ttl")))] if address and used else []

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """Add a record; a domain that has no address yet gets one."""
        if place.name == place.zone and not self.seen[place]:
            return (yield from self._domain(place, target))
        return (yield from self._record(place, target, f"/dns/{quote(place.id)}/record", Held(None, ttl=USUAL_TTL)))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """Change a record, or the domain's own address."""
        if not held.id:
            return (yield from self._domain(place, target))
        return (yield from self._record(place, target, f"/dns/{quote(place.id)}/record/{quote(held.id)}", held))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """Delete a record. The domain's own address is more than a record: what hangs on it would go with it."""
        if not held.id:
            words = f"{held.value} is the address of the domain {place.name} itself: change it on Dynu's page"
            raise OverError(REFUSED._replace(detail=words))
        yield from self._ask("DELETE", f"/dns/{quote(place.id)}/record/{quote(held.id)}", None, target)

    def _record(self, place: Place, target: Target, path: str, old: Held) -> Talk[Held]:
        fields = {"nodeName": place.label(""), "recordType": place.type, "ttl": self.ttl(target, old), "state": True}
        said = yield from self._ask("POST", path, {**fields, "group": "", **old.more, FIELDS[place.family]: target.address}, target)
        value = said.get(FIELDS[place.family], target.address)
        return Held(value, old.id or rest.ident(said), rest.seconds(fields["ttl"]), old.more)

    def _domain(self, place: Place, target: Target) -> Talk[Held]:
        """Change one address of a domain, and say all the rest of it again."""
        now = {name: value for name in KEPT if (value := self.domains[place.id].get(name)) is not None}
        ttl = {} if target.ttl is None else {"ttl": target.ttl}
        fields = {"name": place.zone, **now, **ttl, FIELDS[place.family]: target.address, SWITCHES[place.family]: True}
        said = yield from self._ask("POST", f"/dns/{quote(place.id)}", fields, target)
        self.domains[place.id] = fields
        return Held(said.get(FIELDS[place.family], target.address), ttl=rest.seconds(fields.get("ttl")))

    def _ask(self, method: str, path: str, fields: object = None, *targets: Target, absent: tuple[int, ...] = ()) -> Talk[Any]:
        """Return what the service says with its own 200; None where its own code is among `absent`."""
        answer = yield from self.send(rest.request(self.api, method, path, fields, *targets))
        parsed = answer.json()
        own = parsed if isinstance(parsed, dict) else {}
        own = own["exception"] if isinstance(own.get("exception"), dict) else own
        code = rest.seconds(own.get("statusCode"))
        if code == 200 and 200 <= answer.status <= 299:
            return parsed
        if code in absent:
            return None
        raise self._trouble(answer, code, own, stale=bool(targets))

    def _trouble(self, answer: Answer, code: int | None, own: dict[str, Any], *, stale: bool) -> OverError:
        words = ": ".join(str(own[key]) for key in ("type", "message") if own.get(key))
        words = words or ("its answer has no word on what is wrong" if own else "")  # and maybe a token that is nobody's business
        known = CODES.get(code or 0) or TYPES.get(str(own.get("type")))
        if known is None or known.kind == "busy":
            return OverError(rest.trouble(self.api, answer, known, words), stale=stale and answer.status == 404)
        return OverError(known._replace(detail=brief(f"{code}: {words}", self.api.secrets)), stale=stale and known is REFUSED)


def _held(entry: dict[str, Any], family: int) -> Held:
    more = {"group": str(entry.get("group") or entry.get("location") or "")}
    return Held(entry.get(FIELDS[family]), rest.ident(entry), rest.seconds(entry.get("ttl")), more)


PROVIDER: Final = Provider(
    "dynu-api",
    "Dynu (REST API)",
    dialogue(Dynu),
    "https://api.dynu.com/v2",
    (Credential("api_key", "API key, from the control panel: API credentials"),),
    creates=True,
    reads=True,
    each=True,
    ttl=(30, 86400),
    aliases=("api.dynu.com",),
    traps=(
        "The API key is good for everything in the account; to change addresses alone, the provider dynu takes less.",
        "The TTL of a domain's own address is the domain's: IPv4 and IPv6 share it.",
        "A name without a record may follow the domain's address by its wildcard alias, a switch that is left as it is.",
    ),
)
