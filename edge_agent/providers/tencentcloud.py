"""Tencent Cloud DNS (DNSPod), API 3.0: every answer is HTTP 200; a change says the whole record, or the service resets the rest.

Source: cloud.tencent.com/document/api/1427 (ModifyRecord 56157, DescribeRecordList 56166, Signature v3 56189).
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from edge_agent.names import ascii_of
from edge_agent.providers import rest, signatures
from edge_agent.providers.desk import Desk, Held, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, GARBLED, LATER, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Request, Target

KEYS: Final = (("secret_id", "", ""), ("secret_key", "", ""))
WAYS: Final = ((*KEYS, ("token", "X-TC-Token", "")), KEYS)
NO_ZONE: Final = (
    "InvalidParameterValue.DomainNotExists InvalidParameter.DomainInvalid ResourceNotFound.NoDataOfDomain "
    "FailedOperation.NotDomainOwner OperationDenied.NoPermissionToOperateDomain "
    "AuthFailure.UnauthorizedOperation UnauthorizedOperation"  # a key for single domains may not ask about others
)
CLOCK: Final = LATER._replace(detail="the clock is more than 5 minutes off: set it")
ELSEWHERE: Final = LATER._replace(detail="it takes no requests from this address")  # which may change
EMPTY: Final = "ResourceNotFound.NoDataOfRecord"
STALE: Final = "InvalidParameter.RecordIdInvalid InvalidParameter.DomainRecordExist"
GROUPS: Final = (
    (ACCOUNT, "AuthFailure.* UnauthorizedOperation.* FailedOperation.LoginFailed FailedOperation.MobileNotVerified"),
    (ACCOUNT, "FailedOperation.NotRealNamedUser InvalidParameter.InvalidSecretId InvalidParameter.InvalidSignature"),
    (ACCOUNT, "InvalidParameter.PermissionDenied InvalidParameter.EmailNotVerified InvalidParameter.MobileNotVerified"),
    (ACCOUNT, "InvalidParameter.UnrealNameUser"),
    (Verdict("banned", scope="account"), "FailedOperation.AccountIsLocked InvalidParameter.AccountIsBanned"),
    (Verdict("banned", scope="account"), "InvalidParameter.UserAlreadyLocked LimitExceeded.FailedLoginLimitExceeded"),
    (REFUSED, "FailedOperation.* InvalidAction.* InvalidParameter.* InvalidParameterValue.* LimitExceeded.* MissingParameter.*"),
    (REFUSED, "NoSuchVersion.* OperationDenied.* ResourceNotFound.* UnknownParameter.* UnsupportedOperation.*"),
    (REFUSED._replace(detail="the TTL is below what the domain's plan allows"), "LimitExceeded.RecordTtlLimit"),
    (LATER, "InternalError.* ResourceInUse.* ResourceInsufficient.* ResourceUnavailable.*"),
    (LATER, "FailedOperation FailedOperation.FrequencyLimit FailedOperation.TemporaryError FailedOperation.UnknowError"),
    (LATER, "FailedOperation.LoginTimeout InvalidParameter.Common InvalidParameter.OperateFailed"),
    (LATER._replace(wait_for=60.0), "RequestLimitExceeded.* InvalidParameter.OperationIsTooFrequent"),
    (LATER._replace(scope="record", detail="a new record may take 30 seconds to be listed"), "InvalidParameter.DomainRecordExist"),
    (CLOCK, "AuthFailure.SignatureExpire InvalidParameter.TimestampExpired"),
    (ELSEWHERE, "FailedOperation.LoginAreaNotAllowed InvalidParameter.RequestIpLimited IpInBlacklist.* IpNotInWhitelist.*"),
)
CODES: Final = {code: verdict for verdict, codes in GROUPS for code in codes.split()}  # a star: whatever else
SAME: Final = {name: name for name in ("RecordId", "Weight", "Status", "Remark")}
MORE: Final = SAME | {"Line": "RecordLine", "LineId": "RecordLineId"}  # as listed: as said in a change


class TencentCloud(Desk):
    """One account."""

    permission: ClassVar[str] = "the permission dnspod:DescribeDomain"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)

    def zone(self, name: str) -> Talk[str]:
        """Return the domain as the service spells it."""
        said = yield from self.act("DescribeDomain", {"Domain": name}, absent=NO_ZONE)
        return rest.pick(said, "DomainInfo", "Domain", kind=str) if said else ""

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values on the default line; an empty listing is an error to this service."""
        asked = {"Domain": place.id, "Subdomain": place.label(), "RecordType": place.type, "Limit": 100}

        def part(offset: int) -> Talk[tuple[list[dict[str, Any]], int]]:
            said = yield from self.act("DescribeRecordList", asked | {"Offset": offset}, absent=EMPTY)
            total = rest.pick(said, "RecordCountInfo", "TotalCount", kind=int) if said else 0
            return rest.listed(said, "RecordList") if said else [], total

        found = yield from self.parts(part)
        wanted = place.label(), place.type
        own = [entry for entry in found if (ascii_of(str(entry.get("Name"))), entry.get("Type")) == wanted]
        return [_held(entry) for entry in rest.on_line(own, lambda entry: str(entry.get("LineId")) == "0")]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """Add a record on the default line."""
        ttl = self.ttl(target)
        fields = _fields(place, target, ttl) | {"RecordLine": "默认", "RecordLineId": "0"}
        said = yield from self.act("CreateRecord", fields, target)
        return _held({"Value": target.address, "TTL": ttl, "Line": "默认", "LineId": "0", "RecordId": said.get("RecordId")})

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """Say the record as it is but for the address: what is left out goes back to what the service likes."""
        ttl = self.ttl(target, held)
        said = yield from self.act("ModifyRecord", _fields(place, target, ttl) | dict(held.more), target)
        if rest.ident(said, "RecordId") != held.id:
            raise OverError(GARBLED._replace(detail="the answer speaks of another record than the one to be changed"))
        return held._replace(value=target.address, ttl=ttl)

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """Delete a record."""
        yield from self.act("DeleteRecord", {"Domain": place.id, "RecordId": held.more["RecordId"]}, target)

    def act(self, action: str, fields: Mapping[str, object], *targets: Target, absent: str = "") -> Talk[dict[str, Any]]:
        """Do one action and return its answer; an empty one where its error is among `absent`."""
        what = (("X-TC-Action", action), ("X-TC-Version", "2021-03-23"), ("X-TC-Timestamp", str(int(self.job.now_at))))
        api = self.api._replace(headers=(*self.api.headers, ("X-TC-Language", "en-US"), *what))
        answer = yield from self.send(rest.request(api, "POST", "/", fields, *targets))
        parsed = answer.json()
        said = parsed.get("Response") if isinstance(parsed, dict) else None
        error = said.get("Error") if isinstance(said, dict) else None
        if answer.status == 200 and isinstance(said, dict) and "Error" not in said and said.get("RequestId"):
            return said
        code, words = (str(error.get("Code")), str(error.get("Message"))) if isinstance(error, dict) else ("", "")
        if code in absent.split():
            return {}
        known = CODES.get(code) or CODES.get(f"{code.partition('.')[0]}.*")
        told = ": ".join(part for part in (known.detail if known else "", code, words) if part)
        raise OverError(rest.trouble(self.api, answer, known, told), stale=code in STALE.split())

    def send(self, request: Request) -> Talk[Answer]:
        """Sign a request and send it."""
        login = signed(request, self.job.credentials["secret_id"], self.job.credentials["secret_key"], self.job.now_at)
        return (yield from super().send(request._replace(headers=(*request.headers, ("Authorization", login)))))


def signed(request: Request, secret_id: str, secret_key: str, now_at: float, service: str = "dnspod") -> str:
    """Return the Authorization of a request that lacks nothing else (TC3-HMAC-SHA256)."""
    kind = next(value for name, value in request.headers if name == "Content-Type")
    covered = {"content-type": kind, "host": signatures.host_of(request.url)}
    text, names = signatures.canonical(request, signatures.path_of(request.url), covered, signatures.digest(request.body))
    date = signatures.iso(now_at)[:10]
    scope = f"{date}/{service}/tc3_request"
    text = f"TC3-HMAC-SHA256\n{int(now_at)}\n{scope}\n{signatures.digest(text.encode())}"
    proof = signatures.mac(signatures.chain(f"TC3{secret_key}", date, service, "tc3_request"), text).hex()
    return f"TC3-HMAC-SHA256 Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={proof}"


def _fields(place: Place, target: Target, ttl: int | None) -> dict[str, Any]:
    own = {"Domain": place.id, "SubDomain": place.label(), "RecordType": place.type, "Value": target.address}
    return own if ttl is None else own | {"TTL": ttl}


def _held(entry: dict[str, Any]) -> Held:
    more = {sent: entry[name] for name, sent in MORE.items() if entry.get(name) not in (None, "")}
    note = "the record is paused at DNSPod, so the name does not resolve by it" if entry.get("Status") == "DISABLE" else ""
    return Held(entry.get("Value"), rest.ident(entry, "RecordId"), rest.seconds(entry.get("TTL")), more, note)


PROVIDER: Final = Provider(
    "tencentcloud",
    "Tencent Cloud DNS (DNSPod API 3.0)",
    dialogue(TencentCloud),
    "https://dnspod.tencentcloudapi.com",
    (
        Credential("secret_id", "SecretId of an API key that may use DNSPod", secret=False),
        Credential("secret_key", "SecretKey of that API key"),
        Credential("token", "session token, where the key is a temporary one", required=False),
    ),
    creates=True,
    reads=True,
    each=True,
    ttl=(1, 604800),
    aliases=("tencent", "dnspod.tencentcloudapi.com"),
    traps=(
        "The least TTL depends on the domain's plan: 600 seconds where it is free.",
        "Only records on the default line are changed, unless a name has none there.",
        "A paused record stays paused: its address is changed, and the report says that it is paused.",
        "A key whose policy names single domains may not be allowed to ask about others: name the zone, then.",
        "The clock must be right to 5 minutes, or no signature is accepted.",
    ),
)
