"""Bunny DNS: a zone is shown as a whole, record types are numbers, and a change must carry everything that is to stay.

Source: docs.bunny.net/reference, "DNS Zone".
"""

from typing import Any, Final

from edge_agent.encoding import quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Listed, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import GARBLED, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

WAYS: Final = ((("api_key", "AccessKey", ""),),)
NUMBERS: Final = {"A": 0, "AAAA": 1}
TYPES: Final = {"0": "A", "1": "AAAA", "2": "CNAME", "5": "Redirect", "6": "Flatten", "7": "PullZone", "11": "Script"}
ALIASES: Final = ("CNAME", "Redirect", "Flatten", "PullZone", "Script")  # one of these answers in place of addresses
KEPT: Final = (
    *("Weight", "Priority", "Port", "Flags", "Tag", "Accelerated", "MonitorType", "GeolocationLatitude", "GeolocationLongitude"),
    *("LatencyZone", "SmartRoutingType", "Disabled", "EnviromentalVariables", "Comment", "AutoSslIssuance"),  # spelled like that
)


class Bunny(Listed):
    """One account."""

    permission = "the key's access to it"
    most = 1 << 20

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's number. The search finds parts of names, and each hit comes with all its records: small pages."""
        path = f"/dnszone?search={quote(name)}&perPage=5"
        ours: list[str] = []

        def read(said: Any) -> list[dict[str, Any]]:
            found = rest.listed(said, "Items")
            ours.extend(rest.ident(entry, "Id") for entry in found if str(entry.get("Domain")).lower() == name)
            return []

        def more(said: Any, page: int) -> str:
            has_more = rest.pick(said, "HasMoreItems", kind=bool)
            return f"{path}&page={page + 1}" if has_more and not ours else ""

        yield from self.pages(f"{path}&page=1", read, more)
        return ours[0] if ours else ""

    def listing(self, place: Place) -> Talk[list[tuple[str, str, Held]]]:
        """Return all records; half of another zone, or of this one, would be worse than none."""
        said = yield from self.say("GET", f"/dnszone/{quote(place.id)}")
        if rest.pick(said, "Domain", kind=str).lower() != place.zone:
            raise OverError(GARBLED._replace(detail=f"asked for {place.zone}, the service showed another zone"))
        return [(str(entry.get("Name") or "@"), _type(entry), _held(entry)) for entry in rest.listed(said, "Records")]

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the name; a name that more than its addresses decide about is not ours to change."""
        found = yield from super().look(place)
        alias = next(
            (type_ for label, type_, _ in self.lists[place.zone] if label.lower() == place.label() and type_ in ALIASES), ""
        )
        if alias:
            raise OverError(REFUSED._replace(detail=f"{place.name} has a {alias} record, which answers in place of an address"))
        if any(str(held.more.get("SmartRoutingType", 0)) not in ("0", "None") for held in found):
            raise OverError(REFUSED._replace(detail=f"{place.name} uses smart routing: its addresses depend on who asks"))
        if any(held.more.get("Disabled") is True for held in found):
            raise OverError(REFUSED._replace(detail=f"an {place.type} record of {place.name} is disabled: enable or delete it"))
        return found

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """PUT a record."""
        said = yield from self.say("PUT", f"/dnszone/{quote(place.id)}/records", self._fields(place, target, None), target)
        return _held(rest.pick(said, kind=dict))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """POST the record with all that it has; the answer to it is empty."""
        path = f"/dnszone/{quote(place.id)}/records/{quote(held.id)}"
        said = yield from self.say("POST", path, self._fields(place, target, held), target, empty=True)
        if said is not None:
            return _held(rest.pick(said, kind=dict))
        return held._replace(value=target.address, ttl=self.ttl(target, held))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """DELETE a record."""
        yield from self.say("DELETE", f"/dnszone/{quote(place.id)}/records/{quote(held.id)}", None, target, empty=True)

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Its keys name the trouble for people; the status says what kind it is. A wrong key is told without a word."""
        fields = parsed if isinstance(parsed, dict) else {}
        words = ": ".join(str(fields[key]).strip() for key in ("ErrorKey", "Field", "Message") if fields.get(key))
        return None, words or ("the API key is not accepted" if status == 401 else "")

    def stale(self, status: int, parsed: object) -> bool:
        """A record that is gone answers 404; of its 400s any may mean that the record exists by now."""
        return status in (400, 404)

    def _fields(self, place: Place, target: Target, held: Held | None) -> dict[str, object]:
        base = {"Type": NUMBERS[place.type], "Name": place.label(""), "Value": target.address}
        ttl = self.ttl(target, held)
        return base | ({} if ttl is None else {"Ttl": ttl}) | ({"Id": int(held.id), **held.more} if held else {})


def _type(entry: dict[str, Any]) -> str:
    """Return a record's type: its documentation has both names and numbers."""
    type_ = entry.get("Type")
    if isinstance(type_, bool) or not isinstance(type_, (int, str)):
        raise OverError(GARBLED._replace(detail="a record of the listing has no Type that makes sense"))
    return TYPES.get(str(type_), str(type_))


def _held(entry: dict[str, Any]) -> Held:
    kept = {name: entry[name] for name in KEPT if entry.get(name) is not None}
    return Held(entry.get("Value"), str(rest.pick(entry, "Id", kind=int)), rest.seconds(entry.get("Ttl")), kept)


PROVIDER: Final = Provider(
    "bunny",
    "Bunny DNS",
    dialogue(Bunny),
    "https://api.bunny.net",
    (Credential("api_key", "the API key of the account, from the account settings"),),
    creates=True,
    reads=True,
    each=True,
    ttl=(60, 86400),
    aliases=("bunny.net", "bunnynet", "bunnydns"),
    traps=(
        "The API key is good for everything in the account; Bunny has no key for one zone alone.",
        "The service shows a zone only as a whole: one of more than some 2,000 records is longer than the agent reads (1 MiB).",
    ),
)
