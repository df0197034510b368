"""Vultr DNS, API v2: listings go on by a cursor, the apex has no name, a change answers 204; all values of a name share a TTL.

Source: vultr.com/api, "DNS".
"""

from typing import Any, ClassVar, Final

from edge_agent.encoding import quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Listed, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

WAYS: Final = ((("api_key", "Authorization", "Bearer "),),)
LOCKED_OUT: Final = "; allow all addresses in Vultr's API settings"  # Access Control there; ours changes


class Vultr(Listed):
    """One account."""

    permission: ClassVar[str] = "its user's permission to manage DNS"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name: it is its id, too."""
        said = yield from self.say("GET", f"/domains/{quote(name)}", absent=(400, 404))
        return "" if said is None else rest.pick(said, "domain", "domain", kind=str)

    def listing(self, place: Place) -> Talk[list[tuple[str, str, Held]]]:
        """Return all records of the zone, a hundred at a time: no page is longer than the transport reads."""
        path = f"{_records(place)}?per_page=100"

        def more(said: Any, _: int) -> str:
            cursor = rest.pick(said, "meta", "links", kind=dict).get("next")
            return f"{path}&cursor={quote(str(cursor))}" if cursor else ""

        found = yield from self.pages(path, lambda said: rest.listed(said, "records"), more)
        return [(rest.label_of(entry.get("name"), place.zone), str(entry.get("type")), _held(entry)) for entry in found]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """POST a record, with the TTL of the values beside it: another one is refused."""
        ttl = self.ttl(target, next(iter(self.seen[place]), None))
        fields = {"type": place.type, "name": place.label(""), "data": target.address} | _ttl(ttl)
        said = yield from self.say("POST", _records(place), fields, target)
        return _held(rest.pick(said, "record", kind=dict))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """PATCH the address, and the TTL where one is wished; the answer is empty."""
        fields = {"data": target.address} | _ttl(target.ttl)
        yield from self.say("PATCH", f"{_records(place)}/{quote(held.id)}", fields, target, empty=True)
        return Held(target.address, held.id, self.ttl(target, held))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """DELETE a record; the answer is empty."""
        yield from self.say("DELETE", f"{_records(place)}/{quote(held.id)}", None, target, empty=True)

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Its error texts are for people; the status says what kind it is. A source address that is not allowed is a 401, too."""
        words = str(parsed.get("error") or "") if isinstance(parsed, dict) else ""
        return None, words + LOCKED_OUT if status in (401, 403) and " IP" in words else words

    def stale(self, status: int, parsed: object) -> bool:
        """A record's id that is no more answers 404; one that exists already has no number of its own among the 400s."""
        return status in (400, 404)


def _records(place: Place) -> str:
    return f"/domains/{quote(place.id)}/records"


def _held(entry: dict[str, Any]) -> Held:
    return Held(entry.get("data"), rest.ident(entry), rest.seconds(entry.get("ttl")))


def _ttl(ttl: int | None) -> dict[str, object]:
    return {} if ttl is None else {"ttl": ttl}


PROVIDER: Final = Provider(
    "vultr",
    "Vultr",
    dialogue(Vultr),
    "https://api.vultr.com/v2",
    (Credential("api_key", "API key (personal access token), from Account, API in the customer portal"),),
    creates=True,
    reads=True,
    each=True,
    ttl=(120, 604800),
    aliases=("vultr.com",),
    traps=(
        "The API may be limited to some source addresses: under Account, API, Access Control allow all of IPv4 and of IPv6.",
        "All values of one name and type have the same TTL.",
    ),
)
