"""Cloudflare DNS, API v4: find the zone, look at the records, create or change what differs.

A change is a PATCH of the fields that differ, so `proxied`, comment, tags and an unset TTL survive. Several records of one name
and type are somebody's design: they are never changed. A few names are asked for one by one; many are read from listings, whose
pages stay below the transport's limit of 64 KiB.

Source: developers.cloudflare.com/api, "List Zones", "DNS Records for a Zone"; the error numbers as seen in the wild.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from edge_agent.encoding import quote
from edge_agent.inet import canonical
from edge_agent.model import TYPE_OF
from edge_agent.names import ascii_of
from edge_agent.providers import rest
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.rest import ACCOUNT, GARBLED, LATER, REFUSED, Api, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Dialogue, Outcome, Target

FEW: Final = 3  # up to so many names are asked for one by one
RECORDS: Final = 50  # on a page: a record with comment and tags takes about 1 KiB
ZONES: Final = 20  # on a page: a zone with plan and permissions takes about 2.5 KiB
PAGES: Final = 400
BLOCK_FOR: Final = 300.0  # more than 1,200 requests in five minutes are answered by a block as long
AUTOMATIC: Final = 1  # the TTL that lets Cloudflare decide
KEPT: Final = ("type", "status", "content", "ttl", "proxied")  # of each entry of a listing, beside id and name

SPURIOUS: Final = 10000  # "Authentication error", at times under load although the token is good
GONE: Final = frozenset({81044, 404})  # an id that is no more
EXISTS: Final = frozenset({81053, 81057, 81058})
CODES: Final[Mapping[int, Verdict]] = {
    **dict.fromkeys((6003, 6102, 6103, 6111, 9103, 9106, 9107, 9109), ACCOUNT),
    SPURIOUS: ACCOUNT._replace(patience=2),
    **dict.fromkeys((1004, 7000, 7003, 9005, 9006, 9021, 81044, 81045, *EXISTS), REFUSED),
    **dict.fromkeys((971, 10100), LATER._replace(wait_for=BLOCK_FOR)),
}

Found: TypeAlias = list[dict[str, Any]]


class Said(NamedTuple):
    """An answer, understood: `trouble` is None where Cloudflare says success."""

    result: object = None
    info: Mapping[str, Any] = {}
    codes: frozenset[int] = frozenset()
    trouble: Verdict | None = None


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


def decide(target: Target, records: Found, *, proxied: bool | None = None) -> Verdict | tuple[str, dict[str, object]]:
    """Return what to send, as (path of the record, or empty to create; fields), or the verdict because of which nothing is sent."""
    type_ = TYPE_OF[target.family]
    if not records:
        ttl = AUTOMATIC if proxied else target.ttl or AUTOMATIC  # a proxied record has no TTL of its own
        return "", {"type": type_, "name": target.name, "content": target.address, "ttl": ttl, "proxied": bool(proxied)}
    if len(records) > 1:
        if _says(records, target):
            return Verdict("unchanged", f"one of {len(records)} {type_} records says so; the others are left alone")
        several = f"{target.name} has {len(records)} {type_} records and which of them is ours cannot be known"
        return REFUSED._replace(detail=f"{several}; none was changed: leave one, delete the others")
    record = records[0]
    wanted: dict[str, object] = {} if _says(records, target) else {"content": target.address}
    if target.ttl is not None and record["ttl"] != target.ttl and not (record["proxied"] if proxied is None else proxied):
        wanted["ttl"] = target.ttl
    if proxied is not None and record["proxied"] is not proxied:
        wanted["proxied"] = proxied
    return (f"/{quote(record['id'])}", wanted) if wanted else Verdict("unchanged", f"the record says {target.address}")


def _says(records: Found, target: Target) -> bool:
    return any(isinstance(record["content"], str) and canonical(record["content"]) == target.address for record in records)


def _set(api: Api, path: str, target: Target, found: dict[str, Found], *, proxied: bool | None) -> Talk[Verdict]:
    """Create or change one record; look again where the first look proves out of date."""
    name = ascii_of(target.name)
    said = yield from _apply(api, path, target, decide(target, found[name], proxied=proxied))
    if said.codes.isdisjoint(GONE | EXISTS):
        return said.trouble or _confirmed(said.result, target)
    again = yield from _look(api, path, target.family, [target])
    if isinstance(again, Verdict):
        return again
    if said.codes.isdisjoint(GONE):
        same = Verdict("unchanged", f"the record says {target.address}")
        return same if _says(again[name], target) else said.trouble or GARBLED
    said = yield from _apply(api, path, target, decide(target, again[name], proxied=proxied))
    return said.trouble or _confirmed(said.result, target)


def _apply(api: Api, path: str, target: Target, decided: Verdict | tuple[str, dict[str, object]]) -> Talk[Said]:
    if isinstance(decided, Verdict):
        return Said(trouble=decided)
    place, fields = decided
    return (yield from _say(api, "PATCH" if place else "POST", path + place, fields, target))


def _confirmed(result: object, target: Target) -> Verdict:
    if isinstance(result, dict) and _says([{"content": result.get("content")}], target):
        return Verdict("updated", f"the record says {target.address}")
    return GARBLED._replace(detail=f"the change was accepted, but the answer does not say {target.address}")


def _say(api: Api, method: str, path: str, fields: Mapping[str, object] = {}, *targets: Target) -> Talk[Said]:
    """Send one request, twice where Cloudflare's authentication hiccups; raise what ends the whole dialogue."""
    said = read(api, (yield from rest.call(api, method, path, fields, *targets)))
    if SPURIOUS in said.codes:
        said = read(api, (yield from rest.call(api, method, path, fields, *targets)))
    if said.trouble and said.trouble.scope == "account":
        raise OverError(said.trouble)
    return said


def read(api: Api, answer: Answer) -> Said:
    """Return what an answer says; never raises, whatever came back."""
    parsed = answer.json()
    fields = parsed if isinstance(parsed, dict) else {}
    if fields.get("success") is True and 200 <= answer.status <= 299:
        info = fields.get("result_info")
        return Said(fields.get("result"), info if isinstance(info, dict) else {})
    errors = dict(_errors(fields.get("errors")))
    known = next((CODES[code] for code in errors if code in CODES), REFUSED if errors else None)
    words = "; ".join(f"{code} {message}" for code, message in errors.items())
    return Said(codes=frozenset((answer.status, *errors)), trouble=rest.trouble(api, answer, known, words))


def _errors(listed: object, *, deep: bool = True) -> Iterator[tuple[int, str]]:
    """Yield (code, message) of each error, each followed by its chain of causes."""
    for error in listed if isinstance(listed, list) else ():
        if isinstance(error, dict) and isinstance(error.get("code"), int):
            yield error["code"], str(error.get("message", ""))
            if deep:
                yield from _errors(error.get("error_chain"), deep=False)


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
    ttl=(60, 86400),
    aliases=("cf", "cloudflare.com"),
    traps=(
        "A TTL of 1 means automatic; a proxied record has no other.",
        "Several records of one name and type are left alone: which of them is ours cannot be known.",
        "A token that is tied to certain addresses must allow the one this box sends from.",
    ),
)
