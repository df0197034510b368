"""Hetzner DNS in the Cloud API, v1: a change is an action that may still be running; the TTL of a set is an action of its own.

Source: docs.hetzner.cloud/reference/cloud, "Zones", "Zone RRSets" and "Actions". Of its headers, RateLimit-Reset tells when the
whole budget is back, an hour away, so it is no wait.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from edge_agent.encoding import brief, quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Place, Sets
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, GARBLED, LATER, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

WAYS: Final = ((("token", "Authorization", "Bearer "),),)
POLLS: Final = 3  # of one action; most take some seconds, and are left to themselves
RUNNING: Final = "Hetzner has accepted the change and is still carrying it out"
SOON: Final = LATER._replace(scope="record")  # another change of the same zone is in the way
CODES: Final[Mapping[str, Verdict]] = {
    **dict.fromkeys(("unauthorized", "forbidden", "token_readonly"), ACCOUNT),
    **dict.fromkeys(("conflict", "locked"), SOON),
    **dict.fromkeys(("rate_limit_exceeded", "maintenance", "server_error", "service_error", "timeout"), LATER),
    **dict.fromkeys(("resource_unavailable", "unavailable", "bad_gateway"), LATER),
    **dict.fromkeys(("protected", "resource_limit_exceeded", "resource_locked"), REFUSED),
    "action_failed": REFUSED._replace(patience=3),  # it says no more than that
    "deprecated_api_endpoint": REFUSED._replace(scope="provider"),
}
WORDS: Final[Mapping[str, str]] = {
    "unauthorized": "the token is none of a project in the Hetzner Console; those of dns.hetzner.com are no good here",
    "token_readonly": "the token may only read; make one with Read & Write",
    "incorrect_zone_mode": "the zone is in secondary mode; change the name at its primary server",
}


class Hetzner(Sets):
    """One project."""

    permission: ClassVar[str] = "a token of its project"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)
        self.usual: dict[str, int | None] = {}  # the TTL of a zone's sets that have none

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name: it does where an id does. What a secondary zone says is decided elsewhere."""
        said = yield from self.say("GET", f"/zones/{quote(name)}", absent=(404,))
        if said is None:
            return ""
        if rest.pick(said, "zone", kind=dict).get("mode") == "secondary":
            raise OverError(REFUSED._replace(detail=f"{name}: {WORDS['incorrect_zone_mode']}"))
        self.usual[name] = rest.seconds(said["zone"].get("ttl"))
        return rest.pick(said, "zone", "name", kind=str)

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the set; without a TTL of its own it has the zone's."""
        said = yield from self.say("GET", _path(place), absent=(404,))
        if said is None:
            return []
        ttl = rest.seconds(rest.pick(said, "rrset", kind=dict).get("ttl"))
        ttl = self.usual[place.zone] if ttl is None else ttl
        return [
            Held(one.get("value"), ttl=ttl, more={"comment": one.get("comment")}) for one in rest.listed(said, "rrset", "records")
        ]

    def put_held(self, place: Place, values: Sequence[Held], ttl: int | None, target: Target) -> Talk[str]:
        """Create the set, or set its records with their comments, and then its TTL, each only where it differs."""
        seen, records = self.seen[place], _records(values)
        wished = {} if target.ttl is None else {"ttl": target.ttl}
        if not seen:
            fields = {"name": place.label(), "type": place.type, "records": records} | wished
            return (yield from self._act(f"/zones/{quote(place.id)}/rrsets", fields, target))
        note = ""
        if records != _records(seen):
            note = yield from self._act(f"{_path(place)}/actions/set_records", {"records": records}, target)
        if wished and seen[0].ttl != target.ttl:
            note = (yield from self._act(f"{_path(place)}/actions/change_ttl", wished, target)) or note
        return note

    def _act(self, path: str, fields: Mapping[str, Any], target: Target) -> Talk[str]:
        """POST, and ask a few times how the action goes; return a note where it is still running then."""
        said = yield from self.say("POST", path, fields, target)
        for left in reversed(range(POLLS + 1)):
            action = rest.pick(said, "action", kind=dict)
            status = rest.pick(action, "status", kind=str)
            if status == "error":
                verdict, words = self.judge(0, action)
                raise OverError((verdict or REFUSED)._replace(detail=brief(f"the change failed: {words}", self.api.secrets)))
            if status not in ("running", "success"):
                raise OverError(GARBLED._replace(detail=brief(f"the change is {status}", self.api.secrets)))
            if status == "success":
                return ""
            if left:
                said = yield from self.say("GET", f"/zones/actions/{quote(rest.ident(action))}", None, target)
        return RUNNING

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Its codes are words; an action that failed has the same ones."""
        error = parsed.get("error") if isinstance(parsed, dict) else None
        fields = error if isinstance(error, dict) else {}
        code, message = str(fields.get("code") or ""), str(fields.get("message") or "")
        return CODES.get(code), ": ".join(text for text in (code, WORDS.get(code, message)) if text)

    def stale(self, status: int, parsed: object) -> bool:
        """A set that is gone answers 404, one that is there already 409."""
        return status in (404, 409)


def _path(place: Place) -> str:
    return f"/zones/{quote(place.id)}/rrsets/{quote(place.label(), '@*')}/{place.type}"


def _records(values: Sequence[Held]) -> list[dict[str, Any]]:
    return [{"value": held.value} | ({"comment": held.more["comment"]} if held.more.get("comment") else {}) for held in values]


PROVIDER: Final = Provider(
    "hetzner",
    "Hetzner DNS",
    dialogue(Hetzner),
    "https://api.hetzner.cloud/v1",
    (Credential("token", "API token with Read & Write, made in the project of the Hetzner Console that has the zone"),),
    creates=True,
    reads=True,
    each=True,
    ttl=(60, 2147483647),
    busy_for=60.0,
    aliases=("hetzner-cloud", "hetzner.com"),
    traps=(
        "Zones and tokens of dns.hetzner.com are no good here: move the zone to the Hetzner Console and make a token there.",
        "A set of records that is protected from changes in the Hetzner Console cannot be updated; take the protection off.",
    ),
)
