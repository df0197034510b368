"""Linode DNS Manager, API v4: listings are narrowed by a header, a name at the apex is empty, TTLs are rounded to a few steps.

Source: techdocs.akamai.com/linode-api/reference, "Domains".
"""

from typing import Any, ClassVar, Final

from edge_agent.encoding import quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Listed, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Request, Target

WAYS: Final = ((("token", "Authorization", "Bearer "),),)
ADDRESSES: Final = {"+or": [{"type": "A"}, {"type": "AAAA"}]}  # all that is looked at: the longest records are texts
STEPS: Final = (30, 120, 300, 3600, 7200, 14400, 28800, 57600, 86400, 172800, 345600, 604800, 1209600, 2419200)


class Linode(Listed):
    """One account."""

    permission: ClassVar[str] = "the token's scope Domains, or its user's grant for that domain,"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)
        self.rule: object = {}  # what the next listing is narrowed to

    def send(self, request: Request) -> Talk[Answer]:
        """Add the filter to what asks for a listing."""
        if request.method == "GET":
            from json import dumps

            request = request._replace(headers=(*request.headers, ("X-Filter", dumps(self.rule))))
        return (yield from super().send(request))

    def entries(self, path: str, rule: object) -> Talk[list[dict[str, Any]]]:
        """Return a whole listing, narrowed to `rule`; no page is longer than the transport reads."""
        self.rule = rule
        path += "?page_size=100"

        def more(said: Any, page: int) -> str:
            return f"{path}&page={page + 1}" if rest.pick(said, "pages", kind=int) > page else ""

        return (yield from self.pages(path, lambda said: rest.listed(said, "data"), more))

    def zone(self, name: str) -> Talk[str]:
        """Return the id of the domain; one that is not served, or only copied from elsewhere, is refused."""
        found = yield from self.entries("/domains", {"domain": name})
        for entry in found:
            if str(entry.get("domain")).lower() == name:
                return _usable(entry, name)
        return ""

    def listing(self, place: Place) -> Talk[list[tuple[str, str, Held]]]:
        """Return all addresses of the domain."""
        found = yield from self.entries(f"/domains/{quote(place.id)}/records", ADDRESSES)
        return [(rest.label_of(entry.get("name"), place.zone), str(entry.get("type")), _held(entry)) for entry in found]

    def ttl(self, target: Target, held: Held | None = None) -> int | None:
        """Return the wished TTL as the service rounds it, else the one there is; 0 is its word for its default."""
        if target.ttl is None:
            return held.ttl or None if held else None
        return next((step for step in STEPS if step >= (target.ttl or 0)), STEPS[-1])

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """POST a record."""
        fields = {"type": place.type, "name": place.label(""), "target": target.address} | _ttl(self.ttl(target))
        return _held((yield from self.say("POST", f"/domains/{quote(place.id)}/records", fields, target)))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """PUT the address and the TTL."""
        fields = {"name": place.label(""), "target": target.address} | _ttl(self.ttl(target, held))
        return _held((yield from self.say("PUT", f"/domains/{quote(place.id)}/records/{quote(held.id)}", fields, target)))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """DELETE a record."""
        yield from self.say("DELETE", f"/domains/{quote(place.id)}/records/{quote(held.id)}", None, target)

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Its error texts are for people, with the field that they are about; the status says what kind it is."""
        errors = parsed.get("errors") if isinstance(parsed, dict) else None
        own = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
        words = (": ".join(str(error[key]) for key in ("field", "reason") if error.get(key)) for error in own)
        return None, "; ".join(filter(None, words))

    def stale(self, status: int, parsed: object) -> bool:
        """A record's id that is no more answers 404; one that exists already has no number of its own among the 400s."""
        return status in (400, 404)


def _usable(entry: dict[str, Any], name: str) -> str:
    if entry.get("status") == "disabled":
        raise OverError(REFUSED._replace(detail=f"the domain {name} is disabled at Linode: set its status to active"))
    if entry.get("type") == "slave":
        detail = f"the domain {name} at Linode is a copy of another server's: change its records there"
        raise OverError(REFUSED._replace(detail=detail))
    return rest.ident(entry)


def _held(entry: Any) -> Held:
    own = rest.pick(entry, kind=dict)
    return Held(own.get("target"), rest.ident(own), rest.seconds(own.get("ttl_sec")))


def _ttl(ttl: int | None) -> dict[str, object]:
    return {} if ttl is None else {"ttl_sec": ttl}


PROVIDER: Final = Provider(
    "linode",
    "Linode (Akamai)",
    dialogue(Linode),
    "https://api.linode.com/v4",
    (Credential("token", "personal access token with read/write access to Domains"),),
    creates=True,
    reads=True,
    each=True,
    ttl=(30, 2419200),
    aliases=("linode.com", "akamai"),
    traps=(
        "A TTL is rounded up to 30, 120, 300, 3600, 7200, 14400, 28800, 57600, 86400 seconds, or whole days beyond.",
        "Its name servers take up changes every few minutes only: a name may say the old address for a while.",
        "A personal access token may have a date on which it ends; the update is then refused until a new one is there.",
    ),
)
