"""Gandi LiveDNS, API v5: all values of a name and type are put at once; a set that does not exist answers 404.

Source: api.gandi.net/docs/livedns.
"""

from collections.abc import Sequence
from typing import ClassVar, Final

from edge_agent.encoding import quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Place, Sets
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

WAYS: Final = ((("token", "Authorization", "Bearer "),), (("api_key", "Authorization", "Apikey "),))


class Gandi(Sets):
    """One account."""

    permission: ClassVar[str] = "the token's permission for that domain, or it is not on LiveDNS,"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name; one that the token may not see answers 403, one that is not there 404."""
        said = yield from self.say("GET", f"/domains/{quote(name)}", absent=(403, 404))
        return "" if said is None else rest.pick(said, "fqdn", kind=str)

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the set."""
        said = yield from self.say("GET", _path(place), absent=(404,))
        if said is None:
            return []
        ttl = rest.seconds(said.get("rrset_ttl")) if isinstance(said, dict) else None
        return [Held(value, ttl=ttl) for value in rest.pick(said, "rrset_values", kind=list)]

    def put(self, place: Place, values: Sequence[str], ttl: int | None, target: Target) -> Talk[None]:
        """PUT the set."""
        fields = {"rrset_values": list(values)} | ({} if ttl is None else {"rrset_ttl": ttl})
        yield from self.say("PUT", _path(place), fields, target)

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Its words: a message, or what is wrong with each field."""
        fields = parsed if isinstance(parsed, dict) else {}
        errors = fields.get("errors")
        own = [str(error.get("description", "")) for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
        return None, "; ".join(words for words in (str(fields.get("message") or ""), *own) if words)


def _path(place: Place) -> str:
    return f"/domains/{quote(place.id)}/records/{quote(place.label(), '@*')}/{place.type}"


PROVIDER: Final = Provider(
    "gandi",
    "Gandi LiveDNS",
    dialogue(Gandi),
    "https://api.gandi.net/v5/livedns",
    (
        Credential("token", "personal access token with the permission to manage the domain's DNS", choices=("api_key",)),
        Credential("api_key", "API key of the old kind", required=False, choices=("token",)),
    ),
    creates=True,
    reads=True,
    each=True,
    ttl=(300, 2592000),
    aliases=("gandi.net",),
    traps=("Every personal access token has a date on which it ends; the update is then refused until a new one is there.",),
)
