"""Baidu's domain service (BCD): a domain is listed as a whole, all is POST, and an IPv6 address must be in capitals.

Source: cloud.baidu.com/doc/BCD/s/4jwvymhs7 (the calls) and cloud.baidu.com/doc/BCD/s/dkps0ww42 (the capitals).
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from edge_agent.providers import bce, rest, signatures
from edge_agent.providers.bce import Bce
from edge_agent.providers.desk import Held, Listed, Place
from edge_agent.providers.provider import Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import GARBLED, OverError, Talk
from edge_agent.wire import Target

DOMAINS: Final = 30  # of a page; each comes with much about its owner
RECORDS: Final = 100
USUAL_TTL: Final = 300


class BaiduBcd(Bce, Listed):
    """One account."""

    permission: ClassVar[str] = "the permission to list domains"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.domains: dict[str, str] | None = None

    def zone(self, name: str) -> Talk[str]:
        """Return the domain as the service spells it; all of the account's are listed once."""
        if self.domains is None:

            def part(count: int) -> Talk[tuple[list[dict[str, Any]], int]]:
                query = signatures.query({"pageNo": str(count // DOMAINS + 1), "pageSize": str(DOMAINS)})
                return _page((yield from self.say("GET", f"/v2/domain?{query}")))

            found = yield from self.parts(part)
            self.domains = {bce.plain(entry.get("domain")): str(entry.get("domain")) for entry in found}
        return self.domains.get(name, "")

    def listing(self, place: Place) -> Talk[list[tuple[str, str, Held]]]:
        """Return all records of the domain; a name's records for single networks only where it has no other."""

        def part(count: int) -> Talk[tuple[list[dict[str, Any]], int]]:
            page = count // RECORDS + 1  # both spellings of its name are in use, and what is unknown is ignored
            fields = {"domain": place.id, "pageNo": page, "pageNum": page, "pageSize": RECORDS}
            return _page((yield from self.say("POST", "/v1/domain/resolve/list", fields)))

        found = yield from self.parts(part)
        if len({rest.ident(entry, "recordId") for entry in found}) < len(found):
            raise OverError(GARBLED._replace(detail="the listing shows a record twice"))
        names: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for entry in found:
            names.setdefault((bce.plain(entry.get("domain")), str(entry.get("rdtype"))), []).append(entry)
        return [(*name, _held(entry)) for name, own in names.items() for entry in rest.on_line(own, _for_all)]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """Add a record on the default line."""
        fields = {"domain": place.label(), "zoneName": place.id, **self.fields(place, target)}
        yield from self.say("POST", "/v1/domain/resolve/add", fields, target, empty=True)
        return Held(target.address, ttl=self.ttl(target))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """Say the record as it is but for the address."""
        bce.id_of(held)
        fields = {**held.more, "zoneName": place.id, **self.fields(place, target, held)}
        yield from self.say("POST", "/v1/domain/resolve/edit", fields, target, empty=True)
        return held._replace(value=target.address, ttl=self.ttl(target, held))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """Delete a record."""
        bce.id_of(held)
        fields = {"zoneName": place.id, "recordId": held.more["recordId"]}
        yield from self.say("POST", "/v1/domain/resolve/delete", fields, target, empty=True)

    def fields(self, place: Place, target: Target, held: Held | None = None) -> dict[str, object]:
        """Return what a record is to be."""
        return {"rdType": place.type, "rdata": target.address.upper(), "ttl": self.ttl(target, held) or USUAL_TTL}


def _page(said: object) -> tuple[list[dict[str, Any]], int]:
    return rest.listed(said, "result"), rest.pick(said, "totalCount", kind=int)


def _for_all(entry: Mapping[str, Any]) -> bool:
    return str(entry.get("view") or "default").lower() == "default"


def _held(entry: Mapping[str, Any]) -> Held:
    id_ = rest.ident(entry, "recordId")
    more = {name: entry[name] for name in ("domain", "view") if isinstance(entry.get(name), str)}
    return Held(entry.get("rdata"), id_, rest.seconds(entry.get("ttl")), {"recordId": entry["recordId"]} | more, bce.note(entry))


PROVIDER: Final = Provider(
    "baidu-bcd",
    "Baidu domain service (BCD)",
    dialogue(BaiduBcd),
    "https://bcd.baidubce.com",
    bce.CREDENTIALS,
    creates=True,
    reads=True,
    each=True,
    ttl=(1, 2147483647),
    aliases=("bcd", "bcd.baidubce.com"),
    traps=("Only domains that were registered with Baidu are in its domain service; for others the provider is baidu.", *bce.TRAPS),
)
