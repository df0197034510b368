"""DNSPod, the API of dnsapi.cn: forms, and numbers inside HTTP 200 that mean what the action makes of them.

Source: docs.dnspod.cn/api (its old pages: github.com/DNSPod/dnspod-api-doc, info, domains, records).
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from edge_agent.checks import WrongError
from edge_agent.names import ascii_of
from edge_agent.providers import rest, signatures
from edge_agent.providers.desk import Desk, Held, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, GARBLED, LATER, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

HOUR: Final = 3600.0
DONE: Final = "1"
NO_ZONE: Final = "6 7 8 13"  # of Domain.Info
EMPTY: Final = "10"
STALE: Final = "8 104"
GROUPS: Final = (
    (ACCOUNT, "-1 -3 -4 10001 10002 10003 10004"),
    (ACCOUNT._replace(detail="the account, or the domain's plan, may not do this"), "-7"),
    (ACCOUNT._replace(detail="the account wants a second factor, which an agent has not"), "50 51 52 53 54"),
    (Verdict("banned", scope="account"), "-8 83"),
    (Verdict("banned"), "-15"),  # the domain
    (LATER._replace(wait_for=HOUR, detail="too many requests: the API is closed to the account, usually for an hour"), "-2"),
    (LATER._replace(wait_for=HOUR), "-99"),
    (LATER, "3"),
    (LATER._replace(detail="the account takes no log-in from this address"), "85"),  # which may change
    (LATER._replace(scope="record", detail="a new record may take 30 seconds to be listed"), "104"),
    (REFUSED._replace(detail="the TTL is not one that the domain's plan allows"), "29 32"),
    (REFUSED, "2 6 7 8 9 13 21 22 23 24 25 26 27 30 31 33 34 35 36 82 500025 500026"),
)
CODES: Final = {code: verdict for verdict, codes in GROUPS for code in codes.split()}


class DnsPod(Desk):
    """One account."""

    permission: ClassVar[str] = "its owner's token"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        contact = job.options.get("contact")
        agent = f"{job.agent.partition(' (')[0]} ({contact})" if contact else job.agent
        api = rest.log_in(job._replace(agent=agent), ((("login_token", "", ""),),))
        form = ("Content-Type", "application/x-www-form-urlencoded")
        token = job.credentials["login_token"]
        self.api = api._replace(headers=(*api.headers, form), secrets=(token, token.partition(",")[2]))

    def zone(self, name: str) -> Talk[str]:
        """Return the domain's id."""
        said = yield from self.act("Domain.Info", {"domain": name}, absent=NO_ZONE)
        return rest.ident(rest.pick(said, "domain", kind=dict)) if said else ""

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values on the default line."""
        asked = {"domain_id": place.id, "sub_domain": place.label(), "record_type": place.type, "length": "100"}

        def part(offset: int) -> Talk[tuple[list[dict[str, Any]], int]]:
            said = yield from self.act("Record.List", asked | {"offset": str(offset)}, absent=EMPTY)
            total = rest.seconds(rest.ident(rest.pick(said, "info", kind=dict), "record_total")) if said else 0
            if total is None:
                raise OverError(GARBLED._replace(detail="the listing does not say how long it is"))
            return rest.listed(said, "records") if said else [], total

        found = yield from self.parts(part)
        wanted = place.label(), place.type
        own = [entry for entry in found if (ascii_of(str(entry.get("name"))), entry.get("type")) == wanted]
        return [_held(entry) for entry in rest.on_line(own, lambda entry: str(entry.get("line_id")) == "0")]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """Add a record on the default line."""
        ttl = self.ttl(target)
        said = yield from self.act("Record.Create", _fields(place, target, ttl) | {"record_line_id": "0"}, target)
        made: dict[str, Any] = rest.pick(said, "record", kind=dict)
        return _held({"id": rest.ident(made), "value": target.address, "ttl": ttl, "line_id": "0"})

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """Say the record as it is but for the address: what is left out goes back to what the service likes."""
        ttl = self.ttl(target, held)
        fields = _fields(place, target, ttl) | dict(held.more) | {"record_id": held.id}
        said = yield from self.act("Record.Modify", fields, target)
        changed: dict[str, Any] = rest.pick(said, "record", kind=dict)
        if rest.ident(changed) != held.id:
            raise OverError(GARBLED._replace(detail="the answer speaks of another record than the one to be changed"))
        return held._replace(value=changed.get("value"), ttl=ttl)

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """Delete a record."""
        yield from self.act("Record.Remove", {"domain_id": place.id, "record_id": held.id}, target)

    def act(self, action: str, fields: Mapping[str, str], *targets: Target, absent: str = "") -> Talk[dict[str, Any]]:
        """Do one action and return its answer; an empty one where its code is among `absent`."""
        common = {"login_token": self.job.credentials["login_token"], "format": "json", "lang": "en", "error_on_empty": "no"}
        form = signatures.query({**common, **fields}).encode()
        answer = yield from self.send(rest.request(self.api, "POST", f"/{action}", form, *targets))
        parsed = answer.json()
        status = parsed.get("status") if isinstance(parsed, dict) else None
        code, words = (str(status.get("code")), str(status.get("message"))) if isinstance(status, dict) else ("", "")
        if answer.status == 200 and isinstance(parsed, dict) and code == DONE:
            return parsed
        if code in absent.split():
            return {}
        known = CODES.get(code)
        told = ": ".join(part for part in (known.detail if known else "", f"{code} {words}".strip()) if part)
        raise OverError(rest.trouble(self.api, answer, known, told), stale=code in STALE.split())


def fit(_server: str, options: Mapping[str, str], credentials: Mapping[str, str]) -> None:
    """Raise WrongError for a token or a contact that the service would take amiss."""
    number, comma, token = credentials.get("login_token", "").partition(",")
    if not (number.isascii() and number.isdigit() and comma and token.strip()):
        mend = "write ID,TOKEN as the console shows them under DNSPod Token; a key of Tencent Cloud is for tencentcloud"
        raise WrongError("login_token is not a number, a comma and a token", mend)
    contact = options.get("contact", "a@b")
    if "@" not in contact or not contact.isascii() or not contact.isprintable() or set(contact) & set(" ()<>"):
        raise WrongError("contact is no e-mail address", "write it as name@example.com")


def _fields(place: Place, target: Target, ttl: int | None) -> dict[str, str]:
    own = {"domain_id": place.id, "sub_domain": place.label(), "record_type": place.type, "value": target.address}
    return own if ttl is None else own | {"ttl": str(ttl)}


def _held(entry: dict[str, Any]) -> Held:
    paused = str(entry.get("enabled")) == "0"
    kept = {"record_line": entry.get("line"), "record_line_id": entry.get("line_id"), "weight": entry.get("weight")}
    more = {name: str(value) for name, value in kept.items() if value not in (None, "")}
    note = "the record is paused at DNSPod, so the name does not resolve by it" if paused else ""
    more["status"] = "disable" if paused else "enable"
    return Held(entry.get("value"), rest.ident(entry), rest.seconds(entry.get("ttl")), more, note)


PROVIDER: Final = Provider(
    "dnspod",
    "DNSPod (dnsapi.cn)",
    dialogue(DnsPod),
    "https://dnsapi.cn",
    (Credential("login_token", "DNSPod token, written ID,TOKEN"),),
    {"contact": "e-mail address to name in the User-Agent, as the service asks of programs"},
    creates=True,
    reads=True,
    each=True,
    ttl=(1, 604800),
    aliases=("dnspod.cn", "dnsapi.cn"),
    traps=(
        "The service asks every program to name an e-mail address in its User-Agent: give yours as `contact`.",
        "Only the account's owner has such a token; a sub-account uses tencentcloud.",
        "More than 30 log-ins with a wrong token within 5 minutes close the account to all programs for an hour.",
        "The least TTL depends on the domain's plan: 600 seconds where it is free.",
        "Only records on the default line are changed, unless a name has none there.",
        "A paused record stays paused: its address is changed, and the report says that it is paused.",
    ),
    fit=fit,
)
