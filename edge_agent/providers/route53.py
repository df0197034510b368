"""Amazon Route 53: all values of a name are put at once by UPSERT; sets that steer traffic are refused, for it would flatten them.

Source: docs.aws.amazon.com/Route53/latest/APIReference, and for signatures docs.aws.amazon.com/IAM, "AWS Signature Version 4".
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Place, Sets
from edge_agent.providers.markup import Element, escape, parse
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, GARBLED, LATER, REFUSED, OverError, Talk
from edge_agent.providers.signatures import astray, canonical, chain, digest, host_of, mac, path_of, query, stamp
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Request, Target

ROOT: Final = "/2013-04-01"
KEYS: Final = (("access_key_id", "", ""), ("secret_access_key", "", ""))
TOKEN: Final = (("session_token", "x-amz-security-token", ""),)
REGIONS: Final = {".amazonaws.com.cn": "cn-northwest-1", ".us-gov.amazonaws.com": "us-gov-west-1"}
ZONES: Final = 20  # of one name that are looked at
TOLERANCE: Final = 240  # seconds; AWS takes 300
PLAIN: Final = ("Name", "Type", "TTL", "ResourceRecords")  # all that a set has that can be put back as it was

SLOWLY: Final = LATER._replace(wait_for=60.0)
SIGNATURE: Final = ("SignatureDoesNotMatch", "InvalidSignatureException")
CLOCK: Final = ("RequestExpired", "RequestTimeTooSkewed")
CODES: Final = {
    **dict.fromkeys(SIGNATURE, (ACCOUNT, "secret_access_key is wrong")),
    **dict.fromkeys(CLOCK, (LATER, "this machine's clock is wrong: set it")),
    **dict.fromkeys(("InvalidClientTokenId", "UnrecognizedClientException"), (ACCOUNT, "access_key_id is unknown")),
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException"), (ACCOUNT, "session_token has expired: give a new one")),
    **dict.fromkeys(("MissingAuthenticationToken", "IncompleteSignature", "OptInRequired", "AuthFailure"), (ACCOUNT, "")),
    **dict.fromkeys(("Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"), (SLOWLY, "")),
    **dict.fromkeys(("InternalFailure", "InternalError", "ServiceUnavailable"), (LATER, "")),
    "PriorRequestNotComplete": (Verdict("busy", wait_for=30.0), "another change of the zone is on its way"),
    "InvalidChangeBatch": (REFUSED, ""),
}


class Route53(Sets):
    """One account, or in it the zone whose id is given."""

    permission: ClassVar[str] = "route53:ListHostedZonesByName (or hosted_zone_id)"
    usual_ttl: ClassVar[int | None] = 300

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        api = rest.log_in(job, (KEYS + TOKEN if job.credentials.get("session_token") else KEYS,))
        self.api = api._replace(headers=tuple(header for header in api.headers if header[0] != "Accept"))  # there is only XML
        usual = next((region for end, region in REGIONS.items() if host_of(api.base).endswith(end)), "us-east-1")
        self.region = _option(job, "region") or usual
        self.only = _option(job, "hosted_zone_id")

    def enter(self) -> Talk[None]:
        """Ask for the name of the zone whose id is given."""
        if self.only:
            said = yield from self.tell("GET", f"{ROOT}/hostedzone/{self.only}", "GetHostedZoneResponse")
            self.zones[_name(_part(said, "HostedZone", "Name").text)] = self.only

    def zone(self, name: str) -> Talk[str]:
        """Return the id of the public zone of that name; the listing starts at the name and goes on to others."""
        if self.only:
            return ""
        wanted = query({"dnsname": f"{name}.", "maxitems": str(ZONES)})
        said = yield from self.tell("GET", f"{ROOT}/hostedzonesbyname?{wanted}", "ListHostedZonesByNameResponse")
        every = [one for one in _part(said, "HostedZones").inner if _name(one.at("Name")) == name]
        public = [one for one in every if one.at("Config", "PrivateZone") != "true"]
        if len(public) > 1 or len(every) >= ZONES:
            words = f"the account has several zones {name}; say which one is meant: hosted_zone_id = …"
            raise OverError(REFUSED._replace(detail=words))
        return _part(public[0], "Id").text.removeprefix("/hostedzone/") if public else ""

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the set; where there is none, the listing shows the next one."""
        wanted = query({"name": f"{place.name}.", "type": place.type, "maxitems": "1"})
        said = yield from self.tell("GET", f"{ROOT}/hostedzone/{place.id}/rrset?{wanted}", "ListResourceRecordSetsResponse")
        sets = _part(said, "ResourceRecordSets").inner
        found = next((one for one in sets if (_name(one.at("Name")), one.at("Type")) == (place.name, place.type)), None)
        if found is None:
            return []
        odd = ", ".join(child.tag for child in found.inner if child.tag not in PLAIN)
        if odd:
            words = f"the {place.type} set of {place.name} is an alias or steers traffic ({odd}); it was left as it is"
            raise OverError(REFUSED._replace(detail=words))
        ttl = rest.seconds(_part(found, "TTL").text)
        if ttl is None:
            raise OverError(GARBLED._replace(detail=f"the {place.type} set of {place.name} has no TTL that makes sense"))
        return [Held(_part(one, "Value").text, ttl=ttl) for one in _part(found, "ResourceRecords").inner]

    def put(self, place: Place, values: Sequence[str], ttl: int | None, target: Target) -> Talk[None]:
        """UPSERT the set. It takes effect within a minute (PENDING), which nobody needs to wait for."""
        body = upsert(place.name, place.type, ttl, values)
        said = yield from self.tell(
            "POST", f"{ROOT}/hostedzone/{place.id}/rrset/", "ChangeResourceRecordSetsResponse", body.encode(), target
        )
        _part(said, "ChangeInfo", "Status")

    # --- requests --------------------------------------------------------------------------------------------------------

    def tell(self, method: str, path: str, root: str, body: bytes = b"", *targets: Target) -> Talk[Element]:
        """Send one request and return the root of its answer; OverError for everything but a success of that name."""
        answer = yield from self.send(Request(method, self.api.base + path, self.api.headers, body, targets))
        said = parse(answer.text)
        if said and said.tag == root and 200 <= answer.status <= 299:
            return said
        raise OverError(self.verdict(answer, said, general="/hostedzonesbyname" in path))

    def send(self, request: Request) -> Talk[Answer]:
        """Sign what is sent."""
        made = signed(request, self.job.credentials, self.region, "route53", self.job.now_at)
        return (yield from super().send(made))

    def verdict(self, answer: Answer, said: Element | None, *, general: bool) -> Verdict:
        """Return the verdict of an answer that is no success; `general` ones are about the account, the others about a zone."""
        if "<html" in answer.text[:512].lower():
            return rest.trouble(self.api, answer, None)
        error = said.find("Error") if said else None
        code = error.at("Code") if error else said.tag if said else ""
        words = error.at("Message") if error else said.at("Messages", "Message") if said else answer.text
        known, hint = CODES.get(code, (None if error else GARBLED, ""))
        if code in ("AccessDenied", "AccessDeniedException"):
            known = ACCOUNT if general else REFUSED
        if code in SIGNATURE and astray(answer, self.job.now_at, TOLERANCE):
            known, hint = CODES["RequestExpired"]
        words = ": ".join(part for part in (hint, code, words) if part)
        return rest.trouble(self.api, answer._replace(body=b""), known, words)  # XML is no web page here


def upsert(name: str, type_: str, ttl: int | None, values: Sequence[str]) -> str:
    """Return the body that puts one set."""
    records = "".join(f"<ResourceRecord><Value>{escape(value)}</Value></ResourceRecord>" for value in values)
    inner = f"<Name>{escape(name)}.</Name><Type>{type_}</Type><TTL>{ttl}</TTL><ResourceRecords>{records}</ResourceRecords>"
    change = f"<Change><Action>UPSERT</Action><ResourceRecordSet>{inner}</ResourceRecordSet></Change>"
    root = "ChangeResourceRecordSetsRequest"
    return f'<{root} xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Changes>{change}</Changes></ChangeBatch></{root}>'


def signed(request: Request, keys: Mapping[str, str], region: str, service: str, now_at: float) -> Request:
    """Return the request with the headers of Signature Version 4, which covers the host and every x-amz- header."""
    at = stamp(now_at)
    headers = (*request.headers, ("x-amz-date", at))
    covered = {"host": host_of(request.url)} | {name: value for name, value in headers if name.startswith("x-amz-")}
    text, names = canonical(request, path_of(request.url), covered, digest(request.body))
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    key = chain("AWS4" + keys["secret_access_key"], *scope.split("/"))
    signature = mac(key, "\n".join(("AWS4-HMAC-SHA256", at, scope, digest(text.encode())))).hex()
    login = f"AWS4-HMAC-SHA256 Credential={keys['access_key_id']}/{scope}, SignedHeaders={names}, Signature={signature}"
    return request._replace(headers=(*headers, ("Authorization", login)))


def _option(job: Job, name: str) -> str:
    """Return an option that goes into URLs and headers as it is."""
    value = job.options.get(name, "").removeprefix("/hostedzone/")
    if value and not (value.isascii() and value.replace("-", "").isalnum()):
        raise OverError(ACCOUNT._replace(detail=f"the option {name} has letters, digits and hyphens only; nothing was sent"))
    return value


def _name(written: str) -> str:
    """Return a name of a listing as ours are; a star comes as its octal code."""
    return written.lower().removesuffix(".").replace("\\052", "*")


def _part(said: Element, *path: str) -> Element:
    found = said.find(*path)
    if found is None:
        raise OverError(GARBLED._replace(detail=f"the answer has no {'.'.join(path)}"))
    return found


PROVIDER: Final = Provider(
    "route53",
    "Amazon Route 53",
    dialogue(Route53),
    "https://route53.amazonaws.com",
    (
        Credential("access_key_id", "access key ID of an IAM user", secret=False),
        Credential("secret_access_key", "the secret that belongs to the access key ID"),
        Credential("session_token", "session token, where the key is a temporary one", required=False),
    ),
    {
        "hosted_zone_id": "the only zone to look in; needed where several have one name, or the key may not list zones",
        "region": "the region in the signature, where the server is neither AWS's own nor the one in China",
    },
    creates=True,
    reads=True,
    each=True,
    ttl=(1, 2147483647),
    aliases=("aws", "route53.amazonaws.com"),
    traps=(
        "The key needs route53:ListResourceRecordSets, route53:ChangeResourceRecordSets and route53:ListHostedZonesByName.",
        "With hosted_zone_id, route53:GetHostedZone takes the place of route53:ListHostedZonesByName.",
        "A session_token ends after some hours; an unattended machine wants the key of an IAM user.",
        "An alias, and a set that is weighted or otherwise steers traffic, is never changed.",
        "In China the server is https://route53.amazonaws.com.cn.",
    ),
)
