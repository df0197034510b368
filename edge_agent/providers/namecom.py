"""Name.com, Core API v1: Basic with user and token; a change must say the whole record again, or its fields are lost.

Source: docs.name.com/api/v1, "DNS". The older v4 lies at the server's /v4: it leaves out what is empty, the rest is alike.
"""

from typing import Any, ClassVar, Final

from edge_agent.encoding import DAY, basic, quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Listed, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Target

WAYS: Final = ((("username", "", ""), ("token", "", "")),)
USUAL: Final = 300  # seconds, its least TTL: a record cannot do without one
NAMES: Final = ("CNAME", "ANAME")  # what stands for another name


class NameCom(Listed):
    """One account."""

    permission: ClassVar[str] = "the permission to manage its DNS"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        api = rest.log_in(job, WAYS)
        login = basic(job.credentials["username"], job.credentials["token"])
        self.api = api._replace(headers=(*api.headers, ("Authorization", login)))

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name: it is its id, too."""
        said = yield from self.say("GET", f"/domains/{quote(name)}", absent=(404,))
        return "" if said is None else rest.pick(said, "domainName", kind=str)

    def listing(self, place: Place) -> Talk[list[tuple[str, str, Held]]]:
        """Return all records of the zone, a hundred at a time: no page is longer than the transport reads."""
        path = f"{_records(place)}?perPage=100"

        def more(said: Any, _: int) -> str:
            following = rest.seconds(said.get("nextPage"))
            return f"{path}&page={following}" if following else ""

        found = yield from self.pages(path, lambda said: [] if said == {} else rest.listed(said, "records"), more)
        return [(rest.label_of(entry.get("host"), place.zone), str(entry.get("type")), _held(entry)) for entry in found]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """POST a record, provided that the name does not stand for another one."""
        for label, type_, held in self.lists.get(place.zone, ()):
            if label == place.label() and type_ in NAMES:
                raise rest.in_the_way(self.api, place.name, type_, held.value)
        said = yield from self.say("POST", _records(place), self.fields(place, target), target)
        return _held(rest.pick(said, kind=dict))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """PUT the whole record."""
        said = yield from self.say("PUT", f"{_records(place)}/{quote(held.id)}", self.fields(place, target, held), target)
        return _held(rest.pick(said, kind=dict))

    def fields(self, place: Place, target: Target, held: Held | None = None) -> dict[str, object]:
        """Return a whole record."""
        own = {"host": place.label(""), "type": place.type, "answer": target.address}
        return own | {"ttl": self.ttl(target, held) or USUAL}

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """DELETE a record; the answer may be empty."""
        yield from self.say("DELETE", f"{_records(place)}/{quote(held.id)}", None, target, empty=True)

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Its texts are for people; the status says what kind it is."""
        fields = parsed if isinstance(parsed, dict) else {}
        words = ": ".join(str(fields[key]) for key in ("message", "details") if fields.get(key))
        hint = "; with two-step verification on, allow API access in its settings" if status == 403 and words else ""
        return None, words + hint

    def pause(self, answer: Answer) -> float | None:
        """Return the seconds until the time, since 1970, when the limit is lifted."""
        lifted_at = rest.seconds(answer.headers.get("x-ratelimit-reset")) if answer.status == 429 else None
        return None if lifted_at is None else min(max(lifted_at - self.api.now_at, 0.0), DAY)

    def stale(self, status: int, parsed: object) -> bool:
        """A record's id that is no more answers 404; one that exists already 409, or 400 like all that it finds wrong."""
        return status in (400, 404, 409)


def _records(place: Place) -> str:
    return f"/domains/{quote(place.id)}/records"


def _held(entry: dict[str, Any]) -> Held:
    return Held(entry.get("answer"), rest.ident(entry), rest.seconds(entry.get("ttl")))


PROVIDER: Final = Provider(
    "namecom",
    "Name.com",
    dialogue(NameCom),
    "https://api.name.com/core/v1",
    (
        Credential("username", "the account's user name", secret=False),
        Credential("token", "API token, from Account Settings, Security, API Tokens"),
    ),
    creates=True,
    reads=True,
    each=True,
    ttl=(USUAL, 604800),
    aliases=("name.com",),
    traps=(
        "With two-step verification on, the account's security settings must allow API access.",
        "A token can be limited to some source addresses; leave them out where the address changes.",
    ),
)
