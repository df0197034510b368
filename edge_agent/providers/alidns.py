"""AliDNS, version 2015-01-09: an action in a header, all of it signed by ACS3-HMAC-SHA256; a change says line and TTL again.

Source: www.alibabacloud.com/help/en/dns/api-alidns-2015-01-09-overview, and "V3 request body and signature" in its SDK guide.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from edge_agent.encoding import DAY
from edge_agent.names import ascii_of
from edge_agent.providers import rest, signatures
from edge_agent.providers.desk import Desk, Held, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, LATER, REFUSED, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Request, Target, ask

ALGORITHM: Final = "ACS3-HMAC-SHA256"
VERSION: Final = "2015-01-09"
KEYS: Final = (("access_key_id", "", ""), ("access_key_secret", "", ""))
WAYS: Final = ((*KEYS, ("security_token", "x-acs-security-token", "")), KEYS)
BANNED: Final = Verdict("banned", scope="account")
CODES: Final[Mapping[str, Verdict]] = {  # what stands before the first dot counts for all codes that are not named whole
    **dict.fromkeys(("InvalidAccessKeyId", "SignatureDoesNotMatch", "IncompleteSignature"), ACCOUNT),
    **dict.fromkeys(("InvalidSecurityToken", "MissingSecurityToken", "Forbidden", "NoPermission"), ACCOUNT),
    **dict.fromkeys(("IncorrectDomainUser", "DomainForbidden"), REFUSED),
    **dict.fromkeys(("Throttling", "LastOperationNotFinished", "ServiceUnavailable", "InternalError"), LATER),
    **dict.fromkeys(("InvalidTimeStamp", "IllegalTimestamp", "SignatureNonceUsed"), LATER),
    "Forbidden.RiskControl": BANNED,
}
CLOCK: Final = ("InvalidTimeStamp", "IllegalTimestamp")
STALE: Final = ("DomainRecordDuplicate", "DomainRecordNotBelongToUser")


class AliDns(Desk):
    """One account."""

    permission: ClassVar[str] = "the permission alidns:DescribeDomains"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.login = self.api = rest.log_in(job, WAYS)
        self.sent = 0

    def act(self, action: str, parameters: Mapping[str, str], *targets: Target) -> Talk[Any]:
        """Carry out one action and return what it says; parameters that are empty are left out."""
        self.api = self.login._replace(headers=(*self.login.headers, ("x-acs-action", action)))
        given = {name: value for name, value in parameters.items() if value}
        return (yield from self.say("POST", f"/?{signatures.query(given)}", None, *targets))

    def send(self, request: Request) -> Talk[Answer]:
        """Sign a request, which takes a new nonce each time, and send it."""
        self.sent += 1
        own = (
            ("x-acs-version", VERSION),
            ("x-acs-date", signatures.iso(self.job.now_at)),
            ("x-acs-signature-nonce", signatures.unique(self.job.nonce, self.sent)),
            ("x-acs-content-sha256", signatures.digest(request.body)),
        )
        keys = self.job.credentials
        whole = request._replace(headers=(*request.headers, *own))
        return (yield from ask(signed(whole, keys["access_key_id"], keys["access_key_secret"])))

    def pause(self, answer: Answer) -> float | None:
        """Return the pause that a throttled request is told, in milliseconds."""
        told = rest.seconds(answer.headers.get("x-acs-retry-after"))
        return None if told is None else min(told / 1000, DAY)

    def zone(self, name: str) -> Talk[str]:
        """Return the domain's name in ASCII; without its mode the search would be for a part of the name."""
        said = yield from self.act("DescribeDomains", {"KeyWord": name, "SearchMode": "EXACT", "PageSize": "100"})
        found = rest.listed(said, "Domains", "Domain")
        return name if any(name in (entry.get("PunyCode"), _ascii(entry.get("DomainName"))) for entry in found) else ""

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the name; at the domain's own name, both are the same and mean its `@`."""
        wanted = {"DomainName": place.id, "SubDomain": place.name, "Type": place.type, "PageSize": "100"}

        def part(count: int) -> Talk[tuple[list[dict[str, Any]], int]]:
            said = yield from self.act("DescribeSubDomainRecords", {**wanted, "PageNumber": str(count // 100 + 1)})
            return rest.listed(said, "DomainRecords", "Record"), rest.pick(said, "TotalCount", kind=int)

        found = yield from self.parts(part)
        own = [entry for entry in found if (entry.get("Type"), _ascii(entry.get("RR"))) == (place.type, place.label())]
        return [_held(entry) for entry in rest.on_line(own, lambda entry: entry.get("Line", "default") == "default")]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """Add a record on the line for everybody."""
        said = yield from self.act("AddDomainRecord", {"DomainName": place.id, **self.fields(place, target)}, target)
        return Held(target.address, _id(said), target.ttl)

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """Update a record. What is not said again of line and TTL would fall back to what is usual; weight and remark stay."""
        fields = {"RecordId": held.id, **self.fields(place, target, held), "Line": held.more.get("Line", "")}
        said = yield from self.act("UpdateDomainRecord", fields, target)
        return held._replace(value=target.address, id=_id(said), ttl=self.ttl(target, held))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """Delete a record."""
        said = yield from self.act("DeleteDomainRecord", {"RecordId": held.id}, target)
        _id(said)

    def fields(self, place: Place, target: Target, held: Held | None = None) -> dict[str, str]:
        """Return what a record is to be."""
        ttl = self.ttl(target, held)
        return {"RR": place.label(), "Type": place.type, "Value": target.address, "TTL": "" if ttl is None else str(ttl)}

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Judge by the code."""
        code, message = _error(parsed)
        family = code.partition(".")[0]
        advice = f"{signatures.SET_CLOCK}: " if family in CLOCK else ""
        return CODES.get(code, CODES.get(family)), f"{advice}{code}: {message}" if code else ""

    def stale(self, status: int, parsed: object) -> bool:
        """A record of that value exists already, or one of that id does no more."""
        return _error(parsed)[0] in STALE


def signed(request: Request, access_key_id: str, access_key_secret: str) -> Request:
    """Return the request with its signature, which covers every header that it has and the host."""
    headers = signatures.covered(request)
    text, names = signatures.canonical(request, signatures.path_of(request.url), headers, headers["x-acs-content-sha256"])
    signature = signatures.mac(access_key_secret, f"{ALGORITHM}\n{signatures.digest(text.encode())}").hex()
    login = f"{ALGORITHM} Credential={access_key_id},SignedHeaders={names},Signature={signature}"
    return request._replace(headers=(*request.headers, ("Authorization", login)))


def _held(entry: Mapping[str, Any]) -> Held:
    line, status = entry.get("Line"), entry.get("Status")
    paused = isinstance(status, str) and status.upper() == "DISABLE"
    return Held(
        entry.get("Value"),
        rest.ident(entry, "RecordId"),
        rest.seconds(entry.get("TTL")),
        {"Line": line} if isinstance(line, str) else {},
        "it is paused at AliDNS and answers nobody" if paused else "",
    )


def _id(said: object) -> str:
    return rest.ident(rest.pick(said, kind=dict), "RecordId")


def _ascii(name: object) -> str:
    return ascii_of(name) if isinstance(name, str) else ""


def _error(parsed: object) -> tuple[str, str]:
    fields = parsed if isinstance(parsed, dict) else {}
    code = fields.get("Code")
    return (code, str(fields.get("Message", ""))) if isinstance(code, str) else ("", "")


PROVIDER: Final = Provider(
    "alidns",
    "AliDNS",
    dialogue(AliDns),
    "https://alidns.aliyuncs.com",
    (
        Credential("access_key_id", "AccessKey ID of Alibaba Cloud, best of a RAM user who may do nothing but this"),
        Credential("access_key_secret", "AccessKey secret"),
        Credential("security_token", "security token, where the two keys are temporary ones of STS", required=False),
    ),
    creates=True,
    reads=True,
    each=True,
    ttl=(1, 86400),
    aliases=("aliyun", "alidns.aliyuncs.com"),
    traps=(
        "How short a TTL may be depends on the plan: 600 seconds for free, less for money; a shorter one is refused.",
        "A RAM user needs DescribeDomains, DescribeSubDomainRecords, AddDomainRecord, UpdateDomainRecord and DeleteDomainRecord.",
        "Where a name has records for several lines, the one of the line default is kept up to date and the others are left alone.",
        "Keys of STS end with their session; the update is then refused until new ones are there.",
    ),
)
