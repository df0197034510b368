"""DreamHost: every command is a GET, there is no update: the new address is added, then the old one is removed.

Source: help.dreamhost.com/hc/en-us/articles/217555707, "DNS API commands".
"""

from typing import Any, Final

from edge_agent.encoding import brief
from edge_agent.inet import canonical
from edge_agent.names import ascii_of
from edge_agent.providers import rest
from edge_agent.providers.desk import Desk, Held, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, GARBLED, LATER, REFUSED, OverError, Talk
from edge_agent.providers.signatures import digest, query
from edge_agent.wire import Target

WAYS: Final = ((("key", "", ""),),)
CODES: Final = {
    "slow_down_bucko": LATER._replace(wait_for=3600.0),  # limits are by the hour or the day
    **dict.fromkeys(("no_key", "invalid_api_key", "this_key_cannot_access_this_cmd", "no_such_account"), ACCOUNT),
    **dict.fromkeys(("no_record", "no_type", "no_value", "invalid_record", "invalid_type", "invalid_value"), REFUSED),
    **dict.fromkeys(("no_such_zone", "CNAME_must_be_only_record", "CNAME_already_on_record"), REFUSED),
    **dict.fromkeys(("not_editable", "record_already_exists_not_editable"), REFUSED),
    **dict.fromkeys(("internal_error_updating_zone", "internal_error_could_not_update_zone"), LATER),
    **dict.fromkeys(("internal_error_could_not_load_zone", "internal_error_could_not_add_record"), LATER),
    "internal_error_could_not_destroy_record": LATER,
}
STALE: Final = dict.fromkeys(
    ("record_already_exists_remove_first", "no_such_record", "no_such_type", "no_such_value", "unique_id_already_used"), REFUSED
)


class DreamHost(Desk):
    """One key."""

    permission = "the key's right to dns-list_records"
    most = 1 << 20

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)
        self.rows: list[dict[str, Any]] | None = None
        self.listings = 0
        self.halted: OverError | None = None  # why an old value could not be removed: nothing more is added then

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name: one that is hosted there has records."""
        rows = yield from self._rows()
        return name if any(str(row.get("zone")).lower() == name for row in rows) else ""

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the name from the listing of the whole account."""
        rows = yield from self._rows()
        own = [row for row in rows if (str(row.get("record")).lower(), row.get("type")) == (place.name, place.type)]
        return [Held(row.get("value"), more={key: str(row.get(key) or "") for key in ("comment", "editable")}) for row in own]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """Add a value."""
        return (yield from self._add(place, target, ""))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """Add the new value, then remove the old: the name is never without one. Where the old one stays, say so."""
        old = held
        if canonical(str(held.value)) == target.address:  # it was added before, and the old one stayed
            new, old = held, self._left(target)[0]
        else:
            _editable(place, held)
            new = yield from self._add(place, target, held.more["comment"])
        try:
            yield from self.remove(place, old, target)
        except OverError as over:
            if over.stale:
                return new  # somebody else removed it
            self.halted = over
            words = f"the name says {target.address}, but still {old.value}, which could not be removed: {over.verdict.detail}"
            raise OverError(over.verdict._replace(scope="record", detail=words)) from None
        return new

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """Remove a value, spelled as the listing has it."""
        _editable(place, held)
        yield from self._command(place, "dns-remove_record", {"value": str(held.value)}, target)

    def forget(self, place: Place) -> None:
        """Drop the listing."""
        self.rows = None

    def settled(self, held: Held, target: Target) -> bool:
        """Say whether all is well: no old value of ours stands beside the new one, left there when its removal failed."""
        return super().settled(held, target) and not self._left(target)

    def _left(self, target: Target) -> list[Held]:
        """Return the values of the name that are ours and no longer wanted."""
        name = ascii_of(target.name)
        here = [held for place, seen in self.seen.items() if (place.name, place.family) == (name, target.family) for held in seen]
        return [held for held in here if (value := canonical(str(held.value))) in target.own and value != target.address]

    def _add(self, place: Place, target: Target, comment: str) -> Talk[Held]:
        if self.halted:
            raise self.halted
        fields = {"value": target.address} | ({"comment": comment} if comment else {})
        yield from self._command(place, "dns-add_record", fields, target)
        return Held(target.address, more={"comment": comment, "editable": "1"})

    def _command(self, place: Place, name: str, fields: dict[str, str], target: Target) -> Talk[Any]:
        own = {"record": place.name, "type": place.type} | fields
        return (yield from self._ask(name, own, " ".join((name, *own.values())), target))

    def _rows(self) -> Talk[list[dict[str, Any]]]:
        if self.rows is None:
            self.listings += 1
            said = yield from self._ask("dns-list_records", {}, f"list {self.listings}")
            self.rows = rest.listed(said, "data")
        return self.rows

    def _ask(self, command: str, fields: dict[str, str], what: str, *targets: Target) -> Talk[Any]:
        """Send one command. Its id is the same whenever this run sends the same change: a success uses it up."""
        unique = digest(f"{self.job.nonce} {what}".encode())[:32]
        own = {"key": self.job.credentials["key"], "format": "json", "unique_id": unique, "cmd": command}
        said = yield from self.say("GET", f"/?{query(own | fields)}", None, *targets)
        if rest.pick(said, "result", kind=str) == "success":
            return said
        words = str(said.get("data") or said["result"])
        code = words.partition("\t")[0].strip()
        verdict = STALE.get(code) or CODES.get(code, GARBLED)
        words = f"{words} {said.get('reason') or ''}"
        raise OverError(verdict._replace(detail=brief(words, self.api.secrets)), stale=code in STALE)


def _editable(place: Place, held: Held) -> None:
    if held.more["editable"] != "1":
        words = f"DreamHost itself manages the {place.type} record {held.value} of {place.name}: it is not editable"
        raise OverError(REFUSED._replace(detail=words))


PROVIDER: Final = Provider(
    "dreamhost",
    "DreamHost",
    dialogue(DreamHost),
    "https://api.dreamhost.com",
    (Credential("key", "API key with the commands dns-list_records, dns-add_record and dns-remove_record"),),
    creates=True,
    reads=True,
    each=True,
    aliases=("dreamhost.com",),
    traps=(
        "The key is part of the address that is asked for; keep it out of the logs of a proxy.",
        "There is no update: for a moment the name says the old and the new address, and both if the removal fails.",
        "The TTL is fixed, and a change may take many minutes to reach the name servers.",
        "All records of the account come in one answer: more than some 7,000 are longer than the agent reads (1 MiB).",
    ),
)
