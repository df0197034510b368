"""netcup CCP DNS API: one address for all actions, a session around them, and errors inside HTTP 200.

Source: helpcenter.netcup.com/en/wiki/general/our-api.
"""

from collections.abc import Mapping
from typing import Any, Final

from edge_agent.encoding import brief
from edge_agent.inet import canonical
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Listed, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, GARBLED, LATER, REFUSED, OverError, Talk
from edge_agent.wire import Target

WAYS: Final = ((("customernumber", "", ""), ("apikey", "", ""), ("apipassword", "", "")),)
PATH: Final = "/run/webservice/servers/endpoint.php?JSON"
DONE, EXPIRED, INVALID, NO_RECORDS, NO_ZONE = 2000, 4001, 4013, 5029, 5031
CODES: Final = {
    EXPIRED: LATER,
    4003: ACCOUNT,
    INVALID: REFUSED._replace(patience=3),  # its number for too many requests, too
    5028: REFUSED,
    NO_RECORDS: REFUSED,
    NO_ZONE: REFUSED,
}


class Netcup(Listed):
    """One customer."""

    permission = "the zone's place in the old DNS (CloudDNS has another API)"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)
        self.session = ""

    def enter(self) -> Talk[None]:
        """Log in. A wrong password and too many requests have one number, so one refusal is not believed."""
        said = yield from self._post("login", {"apipassword": self.job.credentials["apipassword"]})
        try:
            session = rest.pick(_data(said, self.api.secrets), "apisessionid", kind=str)
        except OverError as over:
            verdict = over.verdict
            refused = verdict.kind == "refused"
            raise OverError(verdict._replace(scope="account", detail=f"login: {verdict.detail}") if refused else verdict) from None
        if not session:
            raise OverError(GARBLED._replace(detail="the login was accepted, but the answer has no session"))
        self.session = session
        self.api = self.api._replace(secrets=(*self.api.secrets, session))

    def leave(self) -> Talk[None]:
        """Log out: a session that is left open counts for a quarter of an hour."""
        if self.session:
            yield from self._post("logout", {})

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name. A name that cannot be a zone's may be told by the number for wrong input."""
        longer = name.count(".") > 1
        found = yield from self._do("infoDnsZone", {"domainname": name}, absent=(NO_ZONE, INVALID) if longer else (NO_ZONE,))
        return "" if found is None else name

    def listing(self, place: Place) -> Talk[list[tuple[str, str, Held]]]:
        """Return all records of the zone; a zone without any answers with an error."""
        found = yield from self._do("infoDnsRecords", {"domainname": place.id}, absent=(NO_RECORDS,))
        return [] if found is None else [_entry(entry) for entry in rest.listed(found, "dnsrecords")]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """Add a record: one without an id."""
        return (yield from self._update(place, {"destination": target.address}, target))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """Change one record; what is not listed stays as it is."""
        return (yield from self._update(place, {**held.more, "id": held.id, "destination": target.address}, target))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """Delete one record."""
        fields = {**held.more, "id": held.id, "destination": str(held.value), "deleterecord": True}
        yield from self._update(place, fields, target)

    def _update(self, place: Place, fields: dict[str, object], target: Target) -> Talk[Held]:
        """Send one record; the answer is the whole zone as it is then."""
        record = {"hostname": place.label(), "type": place.type, "deleterecord": False, "state": "yes"} | fields
        param = {"domainname": place.id, "dnsrecordset": {"dnsrecords": [record]}}
        found = yield from self._do("updateDnsRecords", param, target)
        now = [_entry(entry) for entry in rest.listed(found, "dnsrecords")]
        own = [held for label, type_, held in now if (label.lower(), type_) == (place.label(), place.type)]
        return next((held for held in own if canonical(str(held.value)) == target.address), Held(None))

    def _do(self, action: str, param: Mapping[str, object], *targets: Target, absent: tuple[int, ...] = ()) -> Talk[Any]:
        """Return the data of a successful action. A session that has ended, which comes early at times, is opened once more."""
        said = yield from self._post(action, param, *targets)
        if _code(said) == EXPIRED:
            self.session = ""
            yield from self.enter()
            said = yield from self._post(action, param, *targets)
        return None if _code(said) in absent else _data(said, self.api.secrets)

    def _post(self, action: str, param: Mapping[str, object], *targets: Target) -> Talk[Any]:
        own = {name: self.job.credentials[name] for name in ("customernumber", "apikey")}
        session = {"apisessionid": self.session} if self.session else {}
        return (yield from self.say("POST", PATH, {"action": action, "param": {**own, **session, **param}}, *targets))


def _code(said: Any) -> int:
    return rest.pick(said, "statuscode", kind=int)


def _data(said: Any, secrets: tuple[str, ...]) -> Any:
    """Return what came with a success; OverError for all else. `responsedata` is an empty text where there is none."""
    code, status = _code(said), rest.pick(said, "status", kind=str)
    if (code, status) == (DONE, "success"):
        return said.get("responsedata")
    words = brief(" ".join(str(said.get(key) or "") for key in ("statuscode", "shortmessage", "longmessage")), secrets)
    verdict = CODES.get(code, REFUSED if 4000 <= code <= 4999 else GARBLED)
    raise OverError(verdict._replace(detail=words), stale=code in (INVALID, 5028))


def _entry(entry: dict[str, Any]) -> tuple[str, str, Held]:
    held = Held(entry.get("destination"), rest.ident(entry), more={"priority": str(entry.get("priority") or "0")})
    return str(entry.get("hostname")), str(entry.get("type")), held


PROVIDER: Final = Provider(
    "netcup",
    "netcup (CCP DNS API)",
    dialogue(Netcup),
    "https://ccp.netcup.net",
    (
        Credential("customernumber", "customer number", secret=False),
        Credential("apikey", "API key, from the customer control panel: master data, API"),
        Credential("apipassword", "API password, from the same page"),
    ),
    creates=True,
    reads=True,
    each=True,
    aliases=("netcup.com", "netcup.de", "netcup.eu"),
    traps=(
        "The TTL is the zone's own and often a day: set it to 300 in the customer control panel.",
        "A change takes minutes until the name servers say it.",
        "Zones that netcup keeps in CloudDNS cannot be reached by this API.",
    ),
)
