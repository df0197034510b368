"""NS1 (IBM NS1 Connect), API v1: a record has all answers of a name and type; PUT creates it, POST changes what it is given.

Source: developer.ibm.com/apis/catalog/ns1--ibm-ns1-connect-api. Its errors have no code, only words and a status.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from edge_agent.encoding import DAY, quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Place, Sets
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Target

WAYS: Final = ((("api_key", "X-NSONE-Key", ""),),)
PORTAL: Final = "change it in the NS1 portal"


class Ns1(Sets):
    """One account."""

    permission: ClassVar[str] = "the key's permission to view zones"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)
        self.steered: set[Place] = set()

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name, asked for without its records, of which there may be thousands."""
        said = yield from self.say("GET", f"/zones/{quote(name)}?records=false", absent=(404,))
        if said is None:
            return ""
        secondary = rest.pick(said, kind=dict).get("secondary")
        if said.get("link") or (isinstance(secondary, dict) and secondary.get("enabled")):
            words = f"the zone {name} is a copy of another one; change the name there"
            raise OverError(REFUSED._replace(detail=words))
        return rest.pick(said, "zone", kind=str)

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the answers of the record, each with its metadata."""
        said = yield from self.say("GET", _path(place), absent=(404,))
        self.steered.discard(place)
        if said is None:
            return []
        answers, ttl = rest.listed(said, "answers"), rest.seconds(said.get("ttl"))
        if any([*map(_steers, answers), said.get("link"), said.get("filters")]):
            self.steered.add(place)
        if said.get("link") and not answers:  # it has none of its own: it must not look like a name without a record
            return [Held(said["link"], ttl=ttl)]
        return [
            Held(answer["answer"][0], ttl=ttl, more={"meta": answer["meta"]} if answer.get("meta") else {}) for answer in answers
        ]

    def put_held(self, place: Place, values: Sequence[Held], ttl: int | None, target: Target) -> Talk[str]:
        """PUT a new record, or POST the answers, and the TTL where one is wished: what a POST does not name stays."""
        if place in self.steered:
            words = f"{place.name} steers traffic by filters, a link or answer metadata, which would be lost; {PORTAL}"
            raise OverError(REFUSED._replace(detail=words))
        fields: dict[str, Any] = {"answers": [{**held.more, "answer": [held.value]} for held in values]}
        fields |= {} if target.ttl is None else {"ttl": target.ttl}
        new = {} if self.seen[place] else {"zone": place.zone, "domain": place.name, "type": place.type}
        said = yield from self.say("PUT" if new else "POST", _path(place), new | fields, target)
        rest.listed(said, "answers")
        return ""

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Its words."""
        return None, str(parsed.get("message") or "") if isinstance(parsed, dict) else ""

    def pause(self, answer: Answer) -> float | None:
        """Every answer tells of a bucket of requests; after the period it has room again."""
        period = rest.seconds(answer.headers.get("x-ratelimit-period", ""))
        return None if period is None else min(float(period), DAY)

    def stale(self, status: int, parsed: object) -> bool:
        """A record that is gone is 404, one that is there already 400, as all other mistakes are."""
        return status in (400, 404, 409)


def _path(place: Place) -> str:
    return f"/zones/{quote(place.id)}/{quote(place.name, '*')}/{place.type}"


def _steers(answer: Mapping[str, Any]) -> bool:
    """Say whether an answer is for some only; a note is metadata, too, and says nothing of that."""
    meta = answer.get("meta")
    several = rest.pick(answer, "answer", kind=list)[1:]
    rest.pick(answer, "answer", 0, kind=str)
    return bool(several or answer.get("region") or (isinstance(meta, dict) and set(meta) - {"note"}))


PROVIDER: Final = Provider(
    "ns1",
    "NS1 (IBM NS1 Connect)",
    dialogue(Ns1),
    "https://api.nsone.net/v1",
    (Credential("api_key", "API key with the permissions to view and manage zones"),),
    creates=True,
    reads=True,
    each=True,
    ttl=(1, 2147483647),
    busy_for=60.0,
    aliases=("nsone", "nsone.net", "ns1.com"),
    traps=(
        "Records with filters, answer metadata or a link steer traffic, so they are left alone.",
        "A key with an IP allow list answers 401 as soon as this machine has another address: leave that list empty.",
    ),
)
