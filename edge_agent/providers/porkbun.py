"""Porkbun, API v3: every call is a POST with both keys in its body; a domain is seen only where its API access is on.

Source: porkbun.com/api/json/v3/documentation; older answers have no `code`, so their words stand in its place.
"""

from collections.abc import Container, Mapping
from typing import Any, Final

from edge_agent.encoding import DAY, quote
from edge_agent.providers import rest
from edge_agent.providers.desk import Desk, Held, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, LATER, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

WAYS: Final = ((("apikey", "", ""), ("secretapikey", "", "")),)

UNSURE: Final = REFUSED._replace(patience=3)  # an error without a code: also what comes of a hiccup
ELSEWHERE: Final = frozenset({"INVALID_DOMAIN", "DOMAIN_NOT_FOUND", "DOMAIN_NOT_ALLOWED"})
STALE: Final = frozenset({"INVALID_RECORD_ID", "DUPLICATE_RECORD"})
CODES: Final[Mapping[str, Verdict]] = {
    **dict.fromkeys(("API_KEY_REQUIRED", "MISSING_APIKEY", "MISSING_SECRETAPIKEY", "INVALID_TOKEN", "INVALID_USER"), ACCOUNT),
    **dict.fromkeys(("INVALID_API_KEYS_001", "INVALID_API_KEYS_002", "IP_NOT_ALLOWED", "INVALID_PROTOCOL"), ACCOUNT),
    **dict.fromkeys((*ELSEWHERE, *STALE, "INVALID_TYPE", "RECORD_CONFLICT", "ZONE_RECORD_LIMIT"), REFUSED),
    "RATE_LIMIT_EXCEEDED": LATER,
}
WORDS: Final[Mapping[str, str]] = {  # how the messages of answers without a code begin
    "Invalid API key": "INVALID_API_KEYS_001",
    "Invalid domain": "INVALID_DOMAIN",
    "Domain is not opted in": "INVALID_DOMAIN",
    "Invalid record ID": "INVALID_RECORD_ID",
    "Edit error": "INVALID_RECORD_ID",  # said where nothing differs, too: worth a second look
}


class Porkbun(Desk):
    """One account."""

    permission = "its API access (switch it on in Porkbun's Domain Management, under Details)"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)
        self.keys = {name: job.credentials[name] for name, _, _ in WAYS[0]}

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name. Reading one name of it is a short answer, and tells whether the API may be used for it."""
        said = yield from self.post(f"/dns/retrieveByNameType/{quote(name)}/A", {}, absent=ELSEWHERE)
        return "" if said is None else name

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the name."""
        return [
            Held(entry.get("content"), rest.ident(entry), rest.seconds(entry.get("ttl"))) for entry in (yield from self.at(place))
        ]

    def at(self, place: Place, type_: str = "") -> Talk[list[dict[str, Any]]]:
        """Return the records of the name and a type; the answer has whole names."""
        path = f"/dns/retrieveByNameType/{quote(place.id)}/{type_ or place.type}/{quote(place.label(''), '*')}"
        said = yield from self.post(path.rstrip("/"), {})
        own = (type_ or place.type, place.name)
        return [entry for entry in rest.listed(said, "records") if (entry.get("type"), str(entry.get("name")).lower()) == own]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """Create a record. Where that is refused, an ALIAS or CNAME is looked for: a new domain has some, and no word says so."""
        ttl = self.ttl(target)
        try:
            said = yield from self.post(f"/dns/create/{quote(place.id)}", _fields(place, target, ttl), target)
        except OverError as over:
            if (over.verdict.kind, over.verdict.scope, over.stale) == ("refused", "record", False):
                yield from self.hindered(place)
            raise
        return Held(target.address, rest.ident(said or {}), ttl)

    def hindered(self, place: Place) -> Talk[None]:
        """Raise OverError with the name of what stands in the way of an address."""
        for type_ in ("ALIAS", "CNAME"):
            for entry in (yield from self.at(place, type_)):
                raise rest.in_the_way(self.api, place.name, type_, entry.get("content"))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """Edit a record: what is not said again may fall back to a default, but the notes stay."""
        ttl = self.ttl(target, held)
        yield from self.post(f"/dns/edit/{quote(place.id)}/{quote(held.id)}", _fields(place, target, ttl), target)
        return Held(target.address, held.id, ttl)

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """Delete a record."""
        yield from self.post(f"/dns/delete/{quote(place.id)}/{quote(held.id)}", {}, target)

    def post(
        self, path: str, fields: Mapping[str, object], *targets: Target, absent: Container[str] = ()
    ) -> Talk[dict[str, Any] | None]:
        """Send the keys and `fields`, and return the answer; None where its code is among `absent`. Errors may come with 200."""
        answer = yield from self.send(rest.request(self.api, "POST", path, {**self.keys, **fields}, *targets))
        parsed = answer.json()
        said = parsed if isinstance(parsed, dict) else {}
        if 200 <= answer.status <= 299 and said.get("status") == "SUCCESS":
            return said
        code = _code(said)
        if code in absent:
            return None
        known = CODES.get(code, UNSURE if said.get("status") == "ERROR" and answer.status not in (401, 403) else None)
        wait_for = rest.seconds(said.get("ttlRemaining"))
        if known is LATER and wait_for is not None:
            known = LATER._replace(wait_for=min(max(float(wait_for), 0.0), DAY))
        words = ": ".join(str(said[key]) for key in ("code", "message") if said.get(key))
        raise OverError(rest.trouble(self.api, answer, known, words), stale=code in STALE)


def _code(said: Mapping[str, Any]) -> str:
    """Return the code of an error, or the one that its words stand for."""
    code, message = said.get("code"), said.get("message")
    if isinstance(code, str) and code:
        return code
    return next((meant for words, meant in WORDS.items() if isinstance(message, str) and message.startswith(words)), "")


def _fields(place: Place, target: Target, ttl: int | None) -> dict[str, str]:
    own = {"name": place.label(""), "type": place.type, "content": target.address}
    return own if ttl is None else own | {"ttl": str(ttl)}


PROVIDER: Final = Provider(
    "porkbun",
    "Porkbun",
    dialogue(Porkbun),
    "https://api.porkbun.com/api/json/v3",
    (
        Credential("apikey", "API key (pk1_…), from porkbun.com/account/api"),
        Credential("secretapikey", "secret API key (sk1_…), shown once when the API key is made"),
    ),
    creates=True,
    reads=True,
    each=True,
    ttl=(600, 604800),
    aliases=("porkbun.com",),
    traps=(
        "API access is off for a domain until it is switched on, in Domain Management under Details, or for all in the settings.",
        "A new domain has an ALIAS record at its own name and a CNAME record at *: delete them before addresses are put there.",
        "A key can be limited to some domains and to some source addresses; leave the latter out where the address changes.",
    ),
)
