"""Baidu AI Cloud DNS: records one by one; a listing is by name, not by type, and a change answers nothing.

Source: cloud.baidu.com/doc/DNS, "Resolution Records Related Interfaces".
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from edge_agent.encoding import quote
from edge_agent.providers import bce, rest, signatures
from edge_agent.providers.bce import Bce
from edge_agent.providers.desk import Held, Place
from edge_agent.providers.provider import Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import Talk
from edge_agent.wire import Target


class Baidu(Bce):
    """One account."""

    permission: ClassVar[str] = "the permission to list DNS zones"

    def listing(self, path: str, what: str, **wanted: str) -> Talk[list[dict[str, Any]]]:
        """Return all entries of a search."""

        def at(marker: str) -> str:
            return f"{path}?{signatures.query({**wanted, 'maxKeys': '100'} | ({'marker': marker} if marker else {}))}"

        def more(said: Any, _page: int) -> str:
            return at(rest.pick(said, "nextMarker", kind=str)) if said.get("isTruncated") else ""

        return (yield from self.pages(at(""), lambda said: rest.listed(said, what), more))

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name as the service spells it; the search finds every zone that has the name in it."""
        found = yield from self.listing("/v1/dns/zone", "zones", name=name)
        return next((str(entry["name"]) for entry in found if bce.plain(entry.get("name")) == name), "")

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the name in this family: the listing has those of both."""
        found = yield from self.listing(_path(place), "records", rr=place.label())
        own = [entry for entry in found if (bce.plain(entry.get("rr")), entry.get("type")) == (place.label(), place.type)]
        return [_held(entry) for entry in rest.on_line(own, lambda entry: entry.get("line", "default") == "default")]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """POST a record on the default line."""
        yield from self.say("POST", _path(place), self.fields(place, target), target, empty=True)
        return Held(target.address, ttl=target.ttl)

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """PUT the record as it is but for the address."""
        path = f"{_path(place)}/{quote(bce.id_of(held))}"
        yield from self.say("PUT", path, {**held.more, **self.fields(place, target, held)}, target, empty=True)
        return held._replace(value=target.address, ttl=self.ttl(target, held))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """DELETE a record."""
        yield from self.say("DELETE", f"{_path(place)}/{quote(bce.id_of(held))}", None, target, empty=True)

    def fields(self, place: Place, target: Target, held: Held | None = None) -> dict[str, object]:
        """Return what a record is to be."""
        ttl = self.ttl(target, held)
        own: dict[str, object] = {"rr": place.label(), "type": place.type, "value": target.address}
        return own if ttl is None else own | {"ttl": ttl}


def _path(place: Place) -> str:
    return f"/v1/dns/zone/{quote(place.id)}/record"


def _held(entry: Mapping[str, Any]) -> Held:
    more = {name: entry[name] for name in ("line", "description") if isinstance(entry.get(name), str)}
    return Held(entry.get("value"), rest.ident(entry), rest.seconds(entry.get("ttl")), more, bce.note(entry))


PROVIDER: Final = Provider(
    "baidu",
    "Baidu AI Cloud DNS",
    dialogue(Baidu),
    "https://dns.baidubce.com",
    bce.CREDENTIALS,
    creates=True,
    reads=True,
    each=True,
    ttl=(1, 2147483647),
    aliases=("baiducloud", "dns.baidubce.com"),
    traps=(
        "For a domain that is managed by the domain service (BCD), as ddns-go does it, the provider is baidu-bcd.",
        "The least TTL depends on the zone's edition: 300 seconds where it is free.",
        *bce.TRAPS,
    ),
)
