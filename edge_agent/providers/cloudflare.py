"""Cloudflare DNS, API v4: a change is a PATCH of the fields that differ, so `proxied`, comment, tags and TTL survive.

Pages of listings stay below the transport's limit. Every answer is an envelope that says `success`.

Source: developers.cloudflare.com/api, "List Zones", "DNS Records for a Zone"; the error numbers as seen in the wild.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from edge_agent.encoding import quote
from edge_agent.inet import canonical
from edge_agent.names import ascii_of
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Place
from edge_agent.providers.filtered import Filtered
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, GARBLED, LATER, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Request, Target, ask

RECORDS: Final = 50  # on a page: a record with comment and tags takes about 1 KiB
ZONES: Final = 20  # on a page: a zone with plan and permissions takes about 2.5 KiB
KEPT: Final = ("id", "name", "status", "type", "content", "ttl", "proxied")  # of each entry of a listing
AUTOMATIC: Final = 1  # the TTL that lets Cloudflare decide; a proxied record has no other
BLOCK_FOR: Final = 300.0  # more than 1,200 requests in five minutes are answered by a block as long

SPURIOUS: Final = 10000  # "Authentication error", at times under load although the token is good
GONE: Final = frozenset({81044})  # an id that is no more
EXISTS: Final = frozenset({81053, 81057, 81058})
CODES: Final[Mapping[int, Verdict]] = {
    **dict.fromkeys((6003, 6102, 6103, 6111, 9103, 9106, 9107, 9109), ACCOUNT),
    SPURIOUS: ACCOUNT._replace(patience=2),
    **dict.fromkeys((1004, 7000, 7003, 9005, 9006, 9021, 81045, *GONE, *EXISTS), REFUSED),
    **dict.fromkeys((971, 10100), LATER._replace(wait_for=BLOCK_FOR)),
}
WAYS: Final = (
    (("token", "Authorization", "Bearer "),),
    (("user_service_key", "X-Auth-User-Service-Key", ""),),
    (("email", "X-Auth-Email", ""), ("key", "X-Auth-Key", "")),
)


class Cloudflare(Filtered):
    """One account."""

    permission: ClassVar[str] = "the permission Zone:Read"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.proxied = rest.switch(job, "proxied")
        self.api = rest.log_in(job, WAYS)

    def owned(self, name: str) -> Talk[Mapping[str, str]]:
        """Return ids of zones by name; one of the same name may wait in another account."""
        found = yield from self.listing(f"/zones?{_filter(name)}", ZONES)
        found.sort(key=lambda zone: zone.get("status") == "active")
        return {ascii_of(rest.pick(zone, "name", kind=str)): rest.ident(zone) for zone in found}

    def records(self, place: Place, name: str) -> Talk[Mapping[str, list[Held]]]:
        """Return values by name; a server's filter is not believed."""
        found: dict[str, list[Held]] = {}
        for entry in (yield from self.listing(f"{_path(place)}?type={place.type}&{_filter(name)}", RECORDS)):
            if entry.get("type") == place.type:
                found.setdefault(ascii_of(rest.pick(entry, "name", kind=str)), []).append(_held(entry))
        return found

    def listing(self, path: str, size: int) -> Talk[list[dict[str, Any]]]:
        """Return all pages of a listing, cut down to what is needed of it."""
        path += f"per_page={size}&page="
        count = 0

        def read(said: Any) -> list[dict[str, Any]]:
            nonlocal count
            found = [{key: entry.get(key) for key in KEPT} for entry in rest.listed(said, "result")]
            count += len(found)
            return found

        def more(said: Any, page: int) -> str:
            pages, total = _info(said, "total_pages"), _info(said, "total_count") or 0
            if len(said["result"]) == size if pages is None else page < pages:
                return f"{path}{page + 1}"
            if count < total:
                raise OverError(GARBLED._replace(detail=f"the listing is incomplete: {count} of {total}"))
            return ""

        return (yield from self.pages(f"{path}1", read, more))

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """POST a record."""
        ttl = AUTOMATIC if self.proxied else target.ttl or AUTOMATIC
        fields = {"type": place.type, "name": place.name, "content": target.address, "ttl": ttl, "proxied": bool(self.proxied)}
        return _held(rest.pick((yield from self.say("POST", _path(place), fields, target)), "result", kind=dict))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """PATCH what differs."""
        said = yield from self.say("PATCH", f"{_path(place)}/{quote(held.id)}", self.wanted(held, target), target)
        return _held(rest.pick(said, "result", kind=dict))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """DELETE a record."""
        yield from self.say("DELETE", f"{_path(place)}/{quote(held.id)}", None, target)

    def settled(self, held: Held, target: Target) -> bool:
        """Say whether nothing differs."""
        return not self.wanted(held, target)

    def wanted(self, held: Held, target: Target) -> dict[str, object]:
        """Return the fields that differ."""
        proxied = held.more.get("proxied") if self.proxied is None else self.proxied
        found: dict[str, object] = {} if canonical(str(held.value)) == target.address else {"content": target.address}
        if target.ttl is not None and held.ttl != target.ttl and not proxied:
            found["ttl"] = target.ttl
        if held.more.get("proxied") is not proxied:
            found["proxied"] = proxied
        return found

    def send(self, request: Request) -> Talk[Answer]:
        """Send a request, twice where Cloudflare's authentication hiccups."""
        answer = yield from ask(request)
        return (yield from ask(request)) if SPURIOUS in dict(_errors(answer.json())) else answer

    def good(self, parsed: object) -> bool:
        """Errors may come with 200."""
        return isinstance(parsed, dict) and parsed.get("success") is True

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """The first number that is known counts; an error that wraps others is followed by them."""
        errors = dict(_errors(parsed))
        known = next((CODES[code] for code in errors if code in CODES), REFUSED if errors else None)
        return known, "; ".join(f"{code} {message}" for code, message in errors.items())

    def stale(self, status: int, parsed: object) -> bool:
        """An id that is no more, or a record that exists already."""
        return status == 404 or not (GONE | EXISTS).isdisjoint(dict(_errors(parsed)))


def _errors(parsed: object, key: str = "errors") -> Iterator[tuple[int, str]]:
    """Yield (code, message) of each error, each followed by its chain of causes."""
    listed = parsed.get(key) if isinstance(parsed, dict) else None
    for error in listed if isinstance(listed, list) else ():
        if isinstance(error, dict) and isinstance(error.get("code"), int):
            yield error["code"], str(error.get("message", ""))
            if key == "errors":
                yield from _errors(error, "error_chain")


def _filter(name: str) -> str:
    return f"name={quote(name)}&" if name else ""


def _path(place: Place) -> str:
    return f"/zones/{quote(place.id)}/dns_records"


def _info(said: Any, name: str) -> int | None:
    info = said.get("result_info")
    value = info.get(name) if isinstance(info, dict) else None
    return value if isinstance(value, int) else None


def _held(entry: dict[str, Any]) -> Held:
    return Held(entry.get("content"), rest.ident(entry), rest.seconds(entry.get("ttl")), {"proxied": entry.get("proxied")})


PROVIDER: Final = Provider(
    "cloudflare",
    "Cloudflare",
    dialogue(Cloudflare),
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
        "Cloudflare said it would take no user service key after September 2026: make an API token.",
    ),
)
