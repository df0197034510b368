"""Cloudflare DNS, API v4: find the zone, look at the records, create or change what differs.

A change is a PATCH of the fields that differ, so `proxied`, comment, tags and an unset TTL survive. Of several records of one
name and type only those are touched that memory knows as ours. A few names are asked for one by one; many are read from
listings, whose pages stay below the transport's limit of 64 KiB.

Source: developers.cloudflare.com/api, "List Zones", "DNS Records for a Zone".
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from edge_agent.encoding import quote
from edge_agent.inet import canonical
from edge_agent.model import TYPE_OF
from edge_agent.names import ascii_of
from edge_agent.providers import rest
from edge_agent.providers.cloudflare_answers import EXISTS, GONE, SPURIOUS, Said, read
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.rest import GARBLED, LATER, REFUSED, Api, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Dialogue, Outcome, Target

FEW: Final = 3  # up to so many names are asked for one by one
RECORDS: Final = 50  # on a page: a record with comment and tags takes about 1 KiB
ZONES: Final = 20  # on a page: a zone with plan and permissions takes about 2.5 KiB
PAGES: Final = 400
AUTOMATIC: Final = 1  # the TTL that lets Cloudflare decide
KEPT: Final = ("type", "status", "content", "ttl", "proxied")  # of each entry of a listing, beside id and name

ENDS: Final = {"keep": Verdict("unchanged"), "refuse": REFUSED, "wait": LATER._replace(scope="record")}

Found: TypeAlias = list[dict[str, Any]]


class Change(NamedTuple):
    """A request that changes one record: the place in the listing of the one it is about, and the fields to send."""

    method: str
    place: int
    fields: dict[str, object]
    detail: str = ""


def dialogue(job: Job) -> Dialogue:
    """Bring each target's record to its address."""
    left = dict.fromkeys(job.targets)
    try:
        proxied = rest.switch(job, "proxied")
        api = rest.log_in(job, WAYS)
        zones = yield from _zones(api, job.targets)
        groups: dict[tuple[str, int], list[Target]] = {}
        for target in job.targets:
            groups.setdefault((zones[rest.zones_of(target)], target.family), []).append(target)
        for (zone, family), targets in groups.items():
            path = f"/zones/{quote(zone)}/dns_records"
            found = (yield from _look(api, path, family, targets)) if zone else REFUSED
            for target in targets:
                if isinstance(found, Verdict):
                    verdict = found if zone else rest.no_zone(target, "the permission Zone:Read")
                else:
                    verdict = yield from _set(api, path, target, found, proxied=proxied)
                left.pop(target, None)
                yield Outcome(target, verdict)
    except OverError as over:
        for target in left:
            yield Outcome(target, over.verdict)


def _zones(api: Api, targets: tuple[Target, ...]) -> Talk[dict[tuple[str, ...], str]]:
    """Return the zone id for `zones_of` each target, empty where there is none; the longest zone wins."""
    wanted = list(dict.fromkeys(map(rest.zones_of, targets)))
    ids: dict[str, str] = {}
    if len(wanted) > FEW or any("xn--" in name for names in wanted for name in names):
        ids = _ids((yield from _pages(api, "/zones?", ZONES)))
    else:
        for names in wanted:
            for name in names:
                if name not in ids:
                    own = _ids((yield from _pages(api, f"/zones?name={quote(name)}&", ZONES)))
                    ids[name] = own.get(name, "")
                if ids[name]:
                    break
    return {names: next((ids[name] for name in names if ids.get(name)), "") for names in wanted}


def _ids(zones: Found | Verdict) -> dict[str, str]:
    if isinstance(zones, Verdict):
        raise OverError(zones)
    zones.sort(key=lambda zone: zone["status"] == "active")  # a zone of the same name may wait in another account
    return {ascii_of(zone["name"]): zone["id"] for zone in zones}


def _look(api: Api, path: str, family: int, targets: list[Target]) -> Talk[dict[str, Found] | Verdict]:
    """Return the records of that type by name, or the verdict that says why they cannot be seen."""
    found: dict[str, Found] = {ascii_of(target.name): [] for target in targets}
    filters = [f"name={quote(name)}&" for name in found]
    if len(found) > FEW or any("xn--" in name for name in found):  # how the filter spells other scripts is not known
        filters = [""]
    for filter_ in filters:
        records = yield from _pages(api, f"{path}?type={TYPE_OF[family]}&{filter_}", RECORDS)
        if isinstance(records, Verdict):
            return records
        for record in records:
            if record["type"] == TYPE_OF[family] and ascii_of(record["name"]) in found:
                found[ascii_of(record["name"])].append(record)
    return found


def _pages(api: Api, path: str, size: int) -> Talk[Found | Verdict]:
    """Return a whole listing, or a verdict: after half a listing, a record that exists would be created again."""
    found: Found = []
    for page in range(1, PAGES + 1):
        said = yield from _say(api, "GET", f"{path}per_page={size}&page={page}")
        if said.trouble:
            return said.trouble
        some = rest.entries(said.result, ("id", "name"), KEPT)
        if some is None:
            return GARBLED._replace(detail="the listing is no list of entries with id and name")
        found += some
        total, pages = said.info.get("total_count"), said.info.get("total_pages")
        if page >= pages if isinstance(pages, int) else len(some) < size:
            short = isinstance(total, int) and len(found) < total
            return GARBLED._replace(detail=f"the listing is incomplete: {len(found)} of {total}") if short else found
    return GARBLED._replace(detail=f"the listing has more than {PAGES} pages")


def decide(target: Target, records: Found, *, proxied: bool | None = None) -> Verdict | Change:
    """Return what to send, or the verdict because of which nothing is sent."""
    move = rest.move([record["content"] for record in records], target)
    if move.kind in ENDS:
        return ENDS[move.kind]._replace(detail=move.detail or f"the record says {target.address}")
    if move.kind == "create":
        ttl = AUTOMATIC if proxied else target.ttl or AUTOMATIC  # a proxied record has no TTL of its own
        fields = {"type": TYPE_OF[target.family], "name": target.name, "content": target.address, "ttl": ttl}
        return Change("POST", -1, {**fields, "proxied": bool(proxied)})
    record = records[move.place]
    if move.kind == "remove":
        return Change("DELETE", move.place, {}, move.detail)
    wanted: dict[str, object] = {} if _says([record], target) else {"content": target.address}
    if target.ttl is not None and record["ttl"] != target.ttl and not (record["proxied"] if proxied is None else proxied):
        wanted["ttl"] = target.ttl
    if proxied is not None and record["proxied"] is not proxied:
        wanted["proxied"] = proxied
    if wanted:
        return Change("PATCH", move.place, wanted)
    return Verdict("unchanged", move.detail or f"the record says {target.address}")


def _says(records: Found, target: Target) -> bool:
    return any(isinstance(record["content"], str) and canonical(record["content"]) == target.address for record in records)


def _set(api: Api, path: str, target: Target, found: dict[str, Found], *, proxied: bool | None) -> Talk[Verdict]:
    """Create, change or delete one record; look again where the first look proves out of date."""
    name = ascii_of(target.name)
    said = yield from _apply(api, path, target, found[name], proxied=proxied)
    if said.codes.isdisjoint(GONE | EXISTS):
        return said.trouble or GARBLED
    again = yield from _look(api, path, target.family, [target])
    if isinstance(again, Verdict):
        return again
    found |= again
    if said.codes.isdisjoint(GONE) and not (target.each and _says(again[name], target)):
        same = Verdict("unchanged", f"the record says {target.address}")
        return same if _says(again[name], target) else said.trouble or GARBLED
    said = yield from _apply(api, path, target, found[name], proxied=proxied)
    return said.trouble or GARBLED


def _apply(api: Api, path: str, target: Target, records: Found, *, proxied: bool | None) -> Talk[Said]:
    """Send what must be sent, and keep `records` as the name has them then: another value of it may come next."""
    change = decide(target, records, proxied=proxied)
    if isinstance(change, Verdict):
        return Said(trouble=change)
    place = "" if change.method == "POST" else f"/{quote(records[change.place]['id'])}"
    said = yield from _say(api, change.method, path + place, change.fields, target)
    if said.trouble:
        return said
    if change.method == "DELETE":
        del records[change.place]
        return said._replace(trouble=Verdict("updated", change.detail))
    fresh = said.result if isinstance(said.result, dict) else {}
    if not isinstance(fresh.get("id"), str) or not _says([{"content": fresh.get("content")}], target):
        detail = f"the change was accepted, but the answer does not say {target.address}"
        return said._replace(trouble=GARBLED._replace(detail=detail))
    own = {key: fresh.get(key) for key in ("id", "name", *KEPT)}
    if change.method == "POST":
        records.append(own)
    else:
        records[change.place] = own
    return said._replace(trouble=Verdict("updated", f"the record says {target.address}"))


def _say(api: Api, method: str, path: str, fields: Mapping[str, object] = {}, *targets: Target) -> Talk[Said]:
    """Send one request, twice where Cloudflare's authentication hiccups; raise what ends the whole dialogue."""
    said = read(api, (yield from rest.call(api, method, path, fields, *targets)))
    if SPURIOUS in said.codes:
        said = read(api, (yield from rest.call(api, method, path, fields, *targets)))
    if said.trouble and said.trouble.scope == "account":
        raise OverError(said.trouble)
    return said


WAYS: Final = (
    (("token", "Authorization", "Bearer "),),
    (("user_service_key", "X-Auth-User-Service-Key", ""),),
    (("email", "X-Auth-Email", ""), ("key", "X-Auth-Key", "")),
)
PROVIDER: Final = Provider(
    "cloudflare",
    "Cloudflare",
    dialogue,
    "https://api.cloudflare.com/client/v4",
    (
        Credential(
            "token", "API token with the permissions Zone:Read and DNS:Edit for the zone", choices=("key", "user_service_key")
        ),
        Credential("email", "e-mail address of the account", secret=False, required=False, choices=("token",)),
        Credential("key", "global API key", required=False, choices=("token",)),
        Credential("user_service_key", "user service key (v1.0-…)", required=False, choices=("token",)),
    ),
    {"proxied": "true or false: force Cloudflare's proxy on or off; else a record keeps what it has, and a new one is not proxied"},
    creates=True,
    reads=True,
    each=True,
    ttl=(60, 86400),
    aliases=("cf", "cloudflare.com"),
    traps=(
        "A TTL of 1 means automatic; a proxied record has no other.",
        "Of several records of one name and type only those that memory knows as ours are changed.",
        "A token that is tied to certain addresses must allow the one this box sends from.",
    ),
)
