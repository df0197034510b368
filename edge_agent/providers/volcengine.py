"""Volcengine DNS (TrafficRoute): reads are signed GETs, changes are signed POSTs that leave alone what they do not say.

Source: volcengine.com/docs/6758 (155109 ListRecords, 155106 UpdateRecord), error codes 6758/155089 and 6369/68677.
"""

from typing import Any, ClassVar, Final

from edge_agent.names import ascii_of
from edge_agent.providers import rest, signatures
from edge_agent.providers.desk import Desk, Held, Place
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, LATER, REFUSED, OverError, Talk
from edge_agent.wire import Answer, Request, Target

KEYS: Final = ((("access_key_id", "", ""), ("secret_access_key", "", "")),)
REGION: Final = "cn-north-1"
PAGE: Final = 100  # of 500 that are allowed: an answer of more might be longer than the transport reads
STALE: Final = "ErrDBNotFound ErrDBDuplicated"
GROUPS: Final = (
    (ACCOUNT, "InvalidAccessKey SignatureDoesNotMatch AccessDenied InvalidAuthorization InvalidCredential InvalidSecretToken"),
    (ACCOUNT, "MissingAuthenticationToken MissingSignature"),
    (LATER._replace(detail="the clock is more than 15 minutes off: set it"), "InvalidTimestamp"),
    (LATER._replace(wait_for=60.0), "FlowLimitExceeded"),
    (LATER, "InternalError InternalServiceTimeout InternalServiceError ServiceUnavailableTemp ErrInternalServer"),
    (REFUSED._replace(detail="the TTL or the line is not one that the zone's plan allows"), "ErrSpecNotValid"),
    (
        REFUSED,
        "ErrDBDuplicated ErrDBNotFound ErrHostCanNotBeEmpty ErrNamesNotMatch ErrParamInvalid ErrQuotaExceeded ErrZoneNotFound",
    ),
    (REFUSED, "InvalidActionOrVersion MethodNotAllowed MissingParameter MissingRequestInfo ServiceNotFound"),
)
CODES: Final = {code: verdict for verdict, codes in GROUPS for code in codes.split()}


class Volcengine(Desk):
    """One account."""

    permission: ClassVar[str] = "the permission dns:ListZones"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, KEYS)

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's ID; whatever is asked for, a listing may show more."""
        said = yield from self.act("GET", "ListZones", {"Key": name, "SearchMode": "exact", "PageSize": str(PAGE)})
        found = rest.listed(said, "Zones") if rest.pick(said, "Total", kind=int) else []
        own = [zone for zone in found if ascii_of(str(zone.get("ZoneName"))) == name]
        return str(rest.pick(own, 0, "ZID", kind=int)) if own else ""

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values on the default line."""
        asked = {"ZID": place.id, "Host": place.label(), "Type": place.type, "SearchMode": "exact", "PageSize": str(PAGE)}

        def part(offset: int) -> Talk[tuple[list[dict[str, Any]], int]]:
            said = yield from self.act("GET", "ListRecords", asked | {"PageNumber": str(offset // PAGE + 1)})
            total = rest.pick(said, "TotalCount", kind=int)
            return rest.listed(said, "Records") if total else [], total

        found = yield from self.parts(part)
        wanted = place.label(), place.type
        own = [entry for entry in found if (ascii_of(str(entry.get("Host"))), entry.get("Type")) == wanted]
        return [_held(entry) for entry in rest.on_line(own, lambda entry: entry.get("Line") == "default")]

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """Add a record on the default line."""
        fields = _fields(place, target, self.ttl(target)) | {"ZID": int(place.id), "Line": "default"}
        return _held(rest.pick((yield from self.act("POST", "CreateRecord", fields, target)), kind=dict))

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """Change the address, and the TTL where one is wished; weight, remark and state are not spoken of."""
        fields = _fields(place, target, self.ttl(target, held)) | {"RecordID": held.id} | dict(held.more)
        return _held(rest.pick((yield from self.act("POST", "UpdateRecord", fields, target)), kind=dict))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """Delete a record."""
        yield from self.act("POST", "DeleteRecord", {"RecordID": held.id}, target)

    def act(self, method: str, action: str, fields: dict[str, Any], *targets: Target) -> Talk[Any]:
        """Do one action and return its result; a GET has its fields in the query."""
        query = {"Action": action, "Version": "2018-08-01"} | (fields if method == "GET" else {})
        request = rest.request(self.api, method, f"/?{signatures.query(query)}", None if method == "GET" else fields, *targets)
        answer = yield from self.send(request)
        parsed = answer.json()
        about = parsed.get("ResponseMetadata") if isinstance(parsed, dict) else None
        if answer.status == 200 and isinstance(parsed, dict) and isinstance(about, dict) and "Error" not in about:
            return parsed.get("Result")
        error = about.get("Error") if isinstance(about, dict) else None
        code, words = (str(error.get("Code")), str(error.get("Message"))) if isinstance(error, dict) else ("", "")
        known = CODES.get(code)
        told = ": ".join(part for part in (known.detail if known else "", code, words) if part)
        raise OverError(rest.trouble(self.api, answer, known, told), stale=code in STALE.split())

    def send(self, request: Request) -> Talk[Answer]:
        """Sign a request and send it."""
        own = self.job.credentials
        return (yield from super().send(signed(request, own["access_key_id"], own["secret_access_key"], self.job.now_at)))


def signed(request: Request, key_id: str, secret: str, now_at: float) -> Request:
    """Return the request with what its signature takes (HMAC-SHA256: SigV4 without words of its own in the key)."""
    stamp, hashed = signatures.stamp(now_at), signatures.digest(request.body)
    covered = {"host": signatures.host_of(request.url), "x-content-sha256": hashed, "x-date": stamp}
    covered |= {name.lower(): value for name, value in request.headers if name == "Content-Type"}
    text, names = signatures.canonical(request, signatures.path_of(request.url), covered, hashed)
    scope = f"{stamp[:8]}/{REGION}/DNS/request"
    text = f"HMAC-SHA256\n{stamp}\n{scope}\n{signatures.digest(text.encode())}"
    proof = signatures.mac(signatures.chain(secret, *scope.split("/")), text).hex()
    login = f"HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={proof}"
    more = (("X-Date", stamp), ("X-Content-Sha256", hashed), ("Authorization", login))
    return request._replace(headers=(*request.headers, *more))


def _fields(place: Place, target: Target, ttl: int | None) -> dict[str, Any]:
    own = {"Host": place.label(), "Type": place.type, "Value": target.address}
    return own if ttl is None else own | {"TTL": ttl}


def _held(entry: dict[str, Any]) -> Held:
    note = "the record is disabled at Volcengine, so the name does not resolve by it" if entry.get("Enable") is False else ""
    line = {"Line": entry.get("Line") or "default"}
    return Held(entry.get("Value"), rest.ident(entry, "RecordID"), rest.seconds(entry.get("TTL")), line, note)


PROVIDER: Final = Provider(
    "volcengine",
    "Volcengine DNS (TrafficRoute)",
    dialogue(Volcengine),
    "https://open.volcengineapi.com",
    (
        Credential("access_key_id", "access key ID of a user that may use DNS", secret=False),
        Credential("secret_access_key", "secret access key"),
    ),
    creates=True,
    reads=True,
    each=True,
    ttl=(1, 604800),
    aliases=("volc",),
    traps=(
        "The least TTL depends on the zone's plan: 600 seconds where it is free.",
        "Only records on the default line are changed, unless a name has none there.",
        "A disabled record stays disabled: its address is changed, and the report says that it is disabled.",
        "The clock must be right to 15 minutes, or no signature is accepted.",
    ),
)
