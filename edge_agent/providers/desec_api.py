"""deSEC, REST API v1: a list of sets is put at once, new ones and old ones alike; no TTL is lower than the domain's least.

Source: desec.readthedocs.io, "Manage DNS records". In addresses the domain's own name is "@", in bodies it is empty.
"""

from collections.abc import Sequence
from typing import ClassVar, Final

from edge_agent.encoding import quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Place, Sets
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import LATER, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

WAYS: Final = ((("token", "Authorization", "Token "),),)
PLAIN: Final = ("detail", "non_field_errors")  # errors that are about no field
DEPTH: Final = 3  # of errors: a list of sets, their fields, a list of words for each


class Desec(Sets):
    """One account."""

    permission: ClassVar[str] = "the token's policy for it"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)
        self.least: dict[str, int] = {}  # TTL of each domain

    def zone(self, name: str) -> Talk[str]:
        """Return the domain's name, and remember its least TTL."""
        said = yield from self.say("GET", f"/domains/{quote(name)}/", absent=(404,))
        if said is None:
            return ""
        self.least[name] = rest.pick(said, "minimum_ttl", kind=int)
        return rest.pick(said, "name", kind=str)

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the set."""
        path = f"/domains/{quote(place.id)}/rrsets/{quote(place.label(), '@*')}/{place.type}/"
        said = yield from self.say("GET", path, absent=(404,))
        if said is None:
            return []
        records = rest.pick(said, "records", kind=list)
        return [Held(value, ttl=rest.seconds(said.get("ttl"))) for value in records]

    def put(self, place: Place, values: Sequence[str], ttl: int | None, target: Target) -> Talk[None]:
        """PUT a list of this one set. A set that the token's policy does not let it write is 403, whatever else it may write."""
        least = self.least[place.zone]
        if target.ttl is not None and target.ttl < least:
            words = f"ttl = {target.ttl} is too low: deSEC's least TTL for {place.zone} is {least} seconds"
            raise OverError(REFUSED._replace(detail=words))
        fields = {"subname": place.label(""), "type": place.type, "ttl": max(ttl or 0, least), "records": list(values)}
        said = yield from self.say("PUT", f"/domains/{quote(place.id)}/rrsets/", [fields], target, absent=(403,))
        if said is None:
            words = f"the token's policy does not let it write the {place.type} record of {place.name}; change it at desec.io"
            raise OverError(REFUSED._replace(detail=words))
        rest.pick(said, 0, "records", kind=list)

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Its errors have no codes; 409 is a change of somebody else's at the same moment."""
        return LATER._replace(scope="record") if status == 409 else None, "; ".join(_words(parsed, DEPTH))

    def stale(self, status: int, parsed: object) -> bool:
        """What somebody else did at the same moment may be what is wanted."""
        return status == 409


def _words(value: object, depth: int) -> list[str]:
    """Return the words of errors, each after the field it is about."""
    if isinstance(value, str):
        return [value]
    if not depth or not isinstance(value, list | dict):
        return []
    if isinstance(value, list):
        return [words for inner in value for words in _words(inner, depth - 1)]
    return [words if key in PLAIN else f"{key}: {words}" for key, inner in value.items() for words in _words(inner, depth - 1)]


PROVIDER: Final = Provider(
    "desec-api",
    "deSEC (REST API)",
    dialogue(Desec),
    "https://desec.io/api/v1",
    (Credential("token", "token made at desec.io; a policy may keep it to the names that it is to update"),),
    creates=True,
    reads=True,
    each=True,
    ttl=(60, 86400),
    traps=(
        "The least TTL is the domain's own, 60 seconds under dedyn.io and 900 or 3600 elsewhere; a lower ttl is refused.",
        "deSEC takes 2 changes a second, 15 a minute and 300 a day for one domain; what comes beyond that must wait.",
        "A token with allowed subnets is refused as soon as this machine has an address outside of them.",
    ),
)
