"""PowerDNS Authoritative, HTTP API v1: a set is replaced whole, and what is disabled in it must be asked for to survive.

A look by name hides disabled values (before 5.0), but REPLACE removes them; a search shows them. Comments stay by themselves.

Source: doc.powerdns.com/authoritative/http-api.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from edge_agent.encoding import quote
from edge_agent.inet import canonical
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Place, Sets
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

WAYS: Final = ((("api_key", "X-API-Key", ""),),)
ROOT: Final = "/api/v1"
MOST: Final = 200  # entries of a search: so many stay below the transport's limit
COPIES: Final = ("slave", "secondary", "consumer")  # kinds of zones whose next transfer undoes a change


class PowerDns(Sets):
    """One server."""

    permission: ClassVar[str] = "the zone is on another server, or it"
    usual_ttl: ClassVar[int | None] = 300

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        api = rest.log_in(job, WAYS)
        self.server_id = job.options.get("server_id") or "localhost"
        self.api = api._replace(base=f"{api.base.removesuffix(ROOT)}{ROOT}/servers/{quote(self.server_id)}")
        self.notify = rest.switch(job, "notify")
        self.written: dict[str, None] = {}  # ids of zones

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's id, in which a slash is =2F; a server that knows no such list is not the right one."""
        said = yield from self.say("GET", f"/zones?zone={quote(name)}.", absent=(404,))
        if said is None:
            raise OverError(ACCOUNT._replace(detail=f"HTTP 404: no PowerDNS API with server_id {self.server_id}; mend server"))
        found = next((entry for entry in rest.listed(said) if _same(entry.get("name"), name)), None)
        if found and str(found.get("kind")).lower() in COPIES:
            detail = f"{name} is a copy on this server: the next transfer would undo the change; give the primary as server"
            raise OverError(REFUSED._replace(detail=detail))
        return rest.ident(found) if found else ""

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the enabled values of the set; refuse where another type answers in its place."""
        said = yield from self.say("GET", f"{_path(place)}?rrset_name={quote(place.name)}.")
        sets = [entry for entry in rest.listed(said, "rrsets") if _same(entry.get("name"), place.name)]
        own = [entry for entry in sets if entry.get("type") == place.type]
        found = [_held(record, entry) for entry in own for record in rest.listed(entry, "records") if not record.get("disabled")]
        for entry in sets if not found else ():
            if any(_answers(str(entry.get("type")), record, place) for record in rest.listed(entry, "records")):
                detail = f"{place.name} has a record of type {entry['type']}, which answers for it; nothing was changed"
                raise OverError(REFUSED._replace(detail=detail))
        return found

    def put(self, place: Place, values: Sequence[str], ttl: int | None, target: Target) -> Talk[None]:
        """PATCH with REPLACE: the values, and those that are disabled."""
        idle = yield from self._idle(place)
        records = [{"content": value, "disabled": False} for value in values]
        records += [{"content": text, "disabled": True} for text in idle if canonical(text) not in map(canonical, values)]
        fields = {"name": f"{place.name}.", "type": place.type, "ttl": ttl, "changetype": "REPLACE", "records": records}
        yield from self.say("PATCH", _path(place), {"rrsets": [fields]}, target, empty=True)
        self.written[place.id] = None

    def _idle(self, place: Place) -> Talk[list[str]]:
        """Return the disabled values of the set. A search takes no final dot, and a star for any text; ? is any one letter."""
        words = quote(place.name.replace("*", "?"))
        found = rest.listed((yield from self.say("GET", f"/search-data?q={words}&max={MOST}&object_type=record")))
        if len(found) >= MOST:
            detail = f"{MOST} records or more speak of {place.name}, so its disabled values cannot be seen; nothing was changed"
            raise OverError(REFUSED._replace(detail=detail))
        own = [entry for entry in found if _same(entry.get("name"), place.name) and entry.get("type") == place.type]
        return [
            rest.pick(entry, "content", kind=str) for entry in own if entry.get("disabled") and entry.get("zone_id") == place.id
        ]

    def leave(self) -> Talk[None]:
        """Have the secondaries told at once, where that is wished."""
        for id_ in self.written if self.notify else ():
            yield from self.say("PUT", f"/zones/{quote(id_)}/notify", empty=True)

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """It has no error numbers: the status says what kind it is, `error` says why."""
        return None, str(parsed.get("error") or "") if isinstance(parsed, dict) else ""


def _path(place: Place) -> str:
    return f"/zones/{quote(place.id)}"


def _same(found: object, name: str) -> bool:
    return isinstance(found, str) and found.lower() == f"{name}."


def _held(record: dict[str, Any], entry: dict[str, Any]) -> Held:
    return Held(rest.pick(record, "content", kind=str), ttl=rest.seconds(entry.get("ttl")))


def _answers(type_: str, record: dict[str, Any], place: Place) -> bool:
    """Say whether a record makes addresses up: an alias, or a program for this type."""
    program = type_ == "LUA" and str(record.get("content")).split(" ", 1)[0].upper() == place.type
    return not record.get("disabled") and (program or type_ == "ALIAS")


PROVIDER: Final = Provider(
    "powerdns",
    "PowerDNS Authoritative Server",
    dialogue(PowerDns),
    credentials=(Credential("api_key", "the api-key of pdns.conf"),),
    options={
        "server_id": "id of the server behind the API; localhost unless a proxy has several",
        "notify": "true or false: tell the secondaries of a change at once; else PowerDNS does so when it next looks",
    },
    creates=True,
    reads=True,
    each=True,
    ttl=(1, 2147483647),
    aliases=("pdns",),
    traps=(
        "The server's API speaks plain http: beyond this box it needs a proxy with TLS, or insecure_http.",
        "pdns.conf must allow this box's address by webserver-allow-from.",
        "A zone without SOA-EDIT-API keeps its serial, so that secondaries do not learn of a change.",
    ),
)
