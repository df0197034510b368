"""GoDaddy Domains API, v1: all values of a name and type are put at once, each with its own TTL; a success has no body.

Source: developer.godaddy.com/doc/endpoint/domains, "records".
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from edge_agent.encoding import DAY, quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Place, Sets
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, LATER, REFUSED, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

WAYS: Final = ((("key", "Authorization", "sso-key "), ("secret", "Authorization", "")),)
CLOSED: Final = "GoDaddy opens this API to accounts with 10 domains or a Discount Domain Club plan only (ACCESS_DENIED)"
CODES: Final[Mapping[str, Verdict]] = {
    "ACCESS_DENIED": ACCOUNT,
    "INVALID_CREDENTIALS": ACCOUNT,
    "MALFORMED_CREDENTIALS": ACCOUNT,
    "UNABLE_TO_AUTHENTICATE": ACCOUNT,
    "QUOTA_EXCEEDED": LATER,
    "TOO_MANY_REQUESTS": LATER,
    "DUPLICATE_RECORD": REFUSED,
    "INVALID_BODY": REFUSED,
    "UNKNOWN_DOMAIN": REFUSED,
}


class GoDaddy(Sets):
    """One account."""

    permission: ClassVar[str] = "its DNS at GoDaddy"
    one_ttl: ClassVar[bool] = False

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        api = rest.log_in(job, WAYS)
        *common, (name, key), (_, secret) = api.headers
        self.api = api._replace(headers=(*common, (name, f"{key}:{secret}")))

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name, if it has records; what a domain is, small accounts may not ask, but one set they may."""
        said = yield from self.say("GET", f"/domains/{quote(name)}/records/A/@", absent=(404,))
        if said is None:
            return ""
        rest.listed(said)
        return name

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the set; none is an empty list."""
        said = yield from self.say("GET", _path(place), absent=(404,))
        return [Held(entry.get("data"), ttl=rest.seconds(entry.get("ttl"))) for entry in rest.listed([] if said is None else said)]

    def put_held(self, place: Place, values: Sequence[Held], ttl: int | None, target: Target) -> Talk[str]:
        """PUT the set; 200 without a body is the success."""
        own = [(held.value, ttl if held.value == target.address else held.ttl) for held in values]
        fields = [{"data": value} | ({} if for_ is None else {"ttl": for_}) for value, for_ in own]
        yield from self.say("PUT", _path(place), fields, target, empty=True)
        return ""

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Its codes are words in capitals; how long to wait stands in the body."""
        fields = parsed if isinstance(parsed, dict) else {}
        code = str(fields.get("code") or "")
        verdict = CODES.get(code)
        if verdict is LATER:
            wait_for = rest.seconds(fields.get("retryAfterSec"))
            verdict = LATER._replace(wait_for=None if wait_for is None else min(max(float(wait_for), 0.0), DAY))
        details = fields.get("fields")
        own = [str(one.get("message") or "") for one in details if isinstance(one, dict)] if isinstance(details, list) else []
        words = CLOSED if code == "ACCESS_DENIED" else str(fields.get("message") or "")
        return verdict, "; ".join(text for text in (words, *own) if text)


def _path(place: Place) -> str:
    return f"/domains/{quote(place.id)}/records/{place.type}/{quote(place.label(), '@*')}"


PROVIDER: Final = Provider(
    "godaddy",
    "GoDaddy",
    dialogue(GoDaddy),
    "https://api.godaddy.com/v1",
    (
        Credential("key", "API key of the kind Production, made at developer.godaddy.com/keys"),
        Credential("secret", "secret of that API key"),
    ),
    creates=True,
    reads=True,
    each=True,
    ttl=(600, 604800),
    busy_for=60.0,
    aliases=("godaddy.com",),
    traps=(
        "GoDaddy opens the API only to accounts with 10 domains or a Discount Domain Club plan; all others get ACCESS_DENIED.",
        "A key of the kind OTE is for GoDaddy's test system only; it needs server = https://api.ote-godaddy.com/v1.",
        "Domain forwarding keeps A records of its own at the zone's name; switch it off before that name is updated.",
    ),
)
