"""Scaleway Domains and DNS, v2beta1: a PATCH of changes sets all values of a name and type; the zone's own name is empty.

Source: scaleway.com/en/developers/api/domains-and-dns. A PATCH creates the zone it names unless it says not to.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from edge_agent.encoding import quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Place, Sets
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, LATER, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

WAYS: Final = ((("secret_key", "X-Auth-Token", ""),),)
SIZE: Final = 100  # entries of one page
SOON: Final = LATER._replace(scope="record")  # another change of the same zone is in the way
CODES: Final[Mapping[str, Verdict]] = {
    **dict.fromkeys(("denied_authentication", "permissions_denied"), ACCOUNT),
    **dict.fromkeys(("locked", "transient_state"), SOON),
    **dict.fromkeys(("quotas_exceeded", "precondition_failed", "resource_expired"), REFUSED),
    "too_many_requests": LATER,
}
STEERED: Final = ("geo_ip_config", "http_service_config", "weighted_config", "view_config")


class Scaleway(Sets):
    """One account."""

    permission: ClassVar[str] = "the permission set DomainsDNSFullAccess"
    usual_ttl: ClassVar[int | None] = 3600
    one_ttl: ClassVar[bool] = False

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name, put together from its domain and subdomain; the filter may show more than was asked for."""
        found = yield from self._listed(f"/dns-zones?dns_zones={quote(name)}", "dns_zones")
        names = {f"{zone.get('subdomain') or ''}.{zone.get('domain')}".lstrip(".") for zone in found}
        return name if name in names else ""

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the set; an empty name filters nothing."""
        path = f"/dns-zones/{quote(place.id)}/records?type={place.type}&name={quote(place.label(''))}"
        found = yield from self._listed(path, "records")
        own = [entry for entry in found if (entry.get("name"), str(entry.get("type")).upper()) == (place.label(""), place.type)]
        return [_held(entry) for entry in own]

    def put_held(self, place: Place, values: Sequence[Held], ttl: int | None, target: Target) -> Talk[str]:
        """PATCH the set: each value with its own TTL and comment."""
        if any(held.more.get("steered") for held in self.seen[place]):
            words = f"{place.name} answers by place, weight or health; that would be lost: change it in the Scaleway console"
            raise OverError(REFUSED._replace(detail=words))
        id_fields = {"name": place.label(""), "type": place.type}
        records = [id_fields | _record(held, ttl if held.value == target.address else held.ttl) for held in values]
        changes = [{"set": {"id_fields": id_fields, "records": records}}]
        fields = {"changes": changes, "return_all_records": False, "disallow_new_zone_creation": True}
        said = yield from self.say("PATCH", f"/dns-zones/{quote(place.id)}/records", fields, target)
        rest.listed(said, "records")
        return ""

    def _listed(self, path: str, key: str) -> Talk[list[dict[str, Any]]]:
        path += f"&page_size={SIZE}"
        return (
            yield from self.pages(
                path,
                lambda said: rest.listed(said, key),
                lambda said, page: f"{path}&page={page + 1}" if rest.pick(said, "total_count", kind=int) > page * SIZE else "",
            )
        )

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Its types are words; what is wrong with which argument stands in details."""
        fields = parsed if isinstance(parsed, dict) else {}
        type_, details = str(fields.get("type") or ""), fields.get("details")
        found = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
        own = [" ".join(str(one[key]) for key in ("argument_name", "reason", "help_message") if one.get(key)) for one in found]
        words = (type_, str(fields.get("message") or ""), *own)
        return CODES.get(type_), ": ".join(text for text in words if text)


def _held(entry: dict[str, Any]) -> Held:
    steered = any(entry.get(key) for key in STEERED)
    return Held(entry.get("data"), ttl=rest.seconds(entry.get("ttl")), more={"comment": entry.get("comment"), "steered": steered})


def _record(held: Held, ttl: int | None) -> dict[str, object]:
    comment = held.more.get("comment")
    return {"data": held.value, "ttl": ttl} | ({"comment": comment} if comment else {})


PROVIDER: Final = Provider(
    "scaleway",
    "Scaleway",
    dialogue(Scaleway),
    "https://api.scaleway.com/domain/v2beta1",
    (Credential("secret_key", "secret key of an API key whose owner has the permission set DomainsDNSFullAccess"),),
    creates=True,
    reads=True,
    each=True,
    ttl=(60, 2592000),
    busy_for=60.0,
    aliases=("scaleway.com", "scw"),
    traps=(
        "The secret key is a UUID and is shown once, when the API key is made; the access key beginning with SCW does not do.",
        "Names that answer by place, weight, view or health are left alone.",
    ),
)
