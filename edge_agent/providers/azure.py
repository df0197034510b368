"""Azure DNS: a token from another host first, then all values of a name in one PUT that its ETag guards.

Source: learn.microsoft.com/rest/api/dns, "Record Sets"; learn.microsoft.com/entra/identity-platform, "client credentials flow".
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from edge_agent.encoding import is_clean, quote
from edge_agent.inet import canonical
from edge_agent.providers import rest
from edge_agent.providers.desk import Held, Place, Sets
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, GARBLED, REFUSED, OverError, Talk
from edge_agent.providers.signatures import query
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Request, Target

VERSION: Final = "api-version=2018-05-01"
WAYS: Final = (tuple((name, "", "") for name in ("tenant_id", "client_id", "client_secret", "subscription_id", "resource_group")),)
LOGIN: Final = "https://login.microsoftonline.com"
LOGINS: Final = {
    "https://management.usgovcloudapi.net": "https://login.microsoftonline.us",
    "https://management.chinacloudapi.cn": "https://login.chinacloudapi.cn",
}
KEYS: Final = {4: "ipv4Address", 6: "ipv6Address"}
ABSENT: Final = ((404, "NotFound"), (404, "ResourceNotFound"))
HIDDEN: Final = (403, "AuthorizationFailed")  # rights are looked at first: what is not there answers so where they are for one zone

CODES: Final[Mapping[str, tuple[Verdict, str]]] = {
    "AuthorizationFailed": (REFUSED, "the role DNS Zone Contributor is missing"),
    "ResourceGroupNotFound": (ACCOUNT, "resource_group is wrong"),
    **dict.fromkeys(("SubscriptionNotFound", "InvalidSubscriptionId"), (ACCOUNT, "subscription_id is wrong")),
    "InvalidAuthenticationTokenTenant": (ACCOUNT, "tenant_id is not the subscription's"),
    "PreconditionFailed": (Verdict("busy"), "somebody else is changing it"),
}
NUMBERS: Final[Mapping[int, str]] = {  # AADSTS…, why there is no token
    7000215: "client_secret is wrong: give its value, not its ID",
    7000222: "client_secret has expired: make a new one",
    700016: "client_id is unknown in this tenant",
    7000112: "the application is disabled",
    90002: "tenant_id is unknown",
    900023: "tenant_id is neither an ID nor a domain",
}


class Azure(Sets):
    """One account, and in it one resource group."""

    permission: ClassVar[str] = "the role DNS Zone Contributor"
    usual_ttl: ClassVar[int | None] = 300

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)
        self.login = (job.options.get("login") or LOGINS.get(self.api.base, LOGIN)).rstrip("/")
        subscription, group = quote(job.credentials["subscription_id"]), quote(job.credentials["resource_group"])
        self.root = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/dnsZones"
        self.token = ""
        self.again = True  # a token may be asked for once more
        self.kept: dict[Place, tuple[str, dict[str, Any]]] = {}  # ETag, and what of the set's properties is to stay

    # --- the token -------------------------------------------------------------------------------------------------------

    def enter(self) -> Talk[None]:
        """Ask for a token; it is good for an hour, so for the run."""
        names = "client_id", "client_secret"
        form = {name: self.job.credentials[name] for name in names} | {"grant_type": "client_credentials"}
        body = query(form | {"scope": f"{self.api.base}/.default"}).encode()
        headers = (*self.api.headers, ("Content-Type", "application/x-www-form-urlencoded"))
        url = f"{self.login}/{quote(self.job.credentials['tenant_id'])}/oauth2/v2.0/token"
        answer = yield from super().send(Request("POST", url, headers, body))
        parsed = answer.json()
        if not 200 <= answer.status <= 299 or parsed is None:
            raise OverError(rest.trouble(self.api, answer, *_no_token(parsed)))
        self.token = rest.pick(parsed, "access_token", kind=str)
        if not (self.token.isascii() and is_clean(self.token)):
            raise OverError(GARBLED._replace(detail="the answer has no access_token that makes sense"))
        self.api = self.api._replace(secrets=(*self.api.secrets, self.token))

    def send(self, request: Request) -> Talk[Answer]:
        """Send one request with the token; where it is not taken, once more with a new one."""
        answer = yield from super().send(self._with_token(request))
        if answer.status == 401 and self.again:
            self.again = False
            yield from self.enter()
            answer = yield from super().send(self._with_token(request))
        return answer

    def _with_token(self, request: Request) -> Request:
        return request._replace(headers=(*request.headers, ("Authorization", f"Bearer {self.token}")))

    # --- zones and sets ----------------------------------------------------------------------------------------------------

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name: it is its id, too."""
        said = yield from self.tell(rest.request(self.api, "GET", f"{self.root}/{quote(name)}?{VERSION}", None), *ABSENT, HIDDEN)
        return "" if said is None else rest.pick(said, "name", kind=str)

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the set; one that stands for another resource is left alone."""
        self.kept[place] = "", {}
        said = yield from self.tell(rest.request(self.api, "GET", self._path(place), None), *ABSENT)
        if said is None:
            return []
        source = rest.pick(said, "properties", kind=dict).get("targetResource")
        if isinstance(source, dict) and source.get("id"):
            words = f"the {place.type} set of {place.name} is an alias of another resource; it was left as it is"
            raise OverError(REFUSED._replace(detail=words))
        return self._held(place, said)

    def put(self, place: Place, values: Sequence[str], ttl: int | None, target: Target) -> Talk[None]:
        """PUT the set, provided that it is still as it was seen."""
        etag, kept = self.kept[place]
        properties = {"TTL": ttl} | kept | ({} if target.ttl is None else {"TTL": ttl})
        fields = {"properties": properties | {f"{place.type}Records": [{KEYS[place.family]: value} for value in values]}}
        request = rest.request(self.api, "PUT", self._path(place), fields, target)
        guard = ("If-Match", etag) if etag else ("If-None-Match", "*")
        said = yield from self.tell(request._replace(headers=(*request.headers, guard)))
        now = [canonical(str(held.value)) for held in self._held(place, said)]
        if sorted(map(str, now)) != sorted(str(canonical(value)) for value in values):
            raise OverError(GARBLED._replace(detail=f"the change was accepted, but the answer does not say {', '.join(values)}"))

    def _path(self, place: Place) -> str:
        return f"{self.root}/{quote(place.id)}/{place.type}/{quote(place.label(), '@*')}?{VERSION}"

    def _held(self, place: Place, said: object) -> list[Held]:
        """Return the values of a set and keep what guards and what accompanies them."""
        properties, etag = rest.pick(said, "properties", kind=dict), rest.pick(said, "etag", kind=str)
        if not (etag.isascii() and is_clean(etag)):
            raise OverError(GARBLED._replace(detail="the answer has no etag that makes sense"))
        ttl, metadata, records = rest.pick(properties, "TTL", kind=int), properties.get("metadata"), f"{place.type}Records"
        self.kept[place] = etag, {"TTL": ttl} | ({"metadata": metadata} if metadata else {})
        found = rest.listed(properties, records) if properties.get(records) else []
        return [Held(rest.pick(entry, KEYS[place.family], kind=str), etag, ttl) for entry in found]

    def tell(self, request: Request, *absent: tuple[int, str]) -> Talk[Any]:
        """Send one request and return the parsed JSON; None where status and code are among `absent`."""
        answer = yield from self.send(request)
        parsed = answer.json()
        code, words = _error(parsed)
        if (answer.status, code) in absent:
            return None
        if 200 <= answer.status <= 299 and parsed is not None:
            return parsed
        verdict, hint = CODES.get(code, (None, ""))
        words = ": ".join(part for part in (hint, code, words) if part)
        raise OverError(rest.trouble(self.api, answer, verdict, words), stale=answer.status == 412)


def _error(parsed: object) -> tuple[str, str]:
    """Return code and message of an error: they stand in `error`, or bare where Azure DNS itself answers."""
    fields = parsed if isinstance(parsed, dict) else {}
    inner = fields.get("error")
    fields = inner if isinstance(inner, dict) else fields
    return str(fields.get("code") or ""), str(fields.get("message") or "")


def _no_token(parsed: object) -> tuple[Verdict | None, str]:
    """Return what it means that there is no token. Numbers say why; the text is for people."""
    fields = parsed if isinstance(parsed, dict) else {}
    if not isinstance(fields.get("error"), str):
        return None, ""
    numbers = fields.get("error_codes")
    known = [number for number in NUMBERS if number in numbers] if isinstance(numbers, list) else []
    return ACCOUNT, f"{NUMBERS[known[0]]}: AADSTS{known[0]}" if known else f"{fields['error']}: {fields.get('error_description')}"


PROVIDER: Final = Provider(
    "azure",
    "Azure DNS",
    dialogue(Azure),
    "https://management.azure.com",
    (
        Credential("tenant_id", "directory (tenant) ID", secret=False),
        Credential("client_id", "application (client) ID of an app registration with the role DNS Zone Contributor", secret=False),
        Credential("client_secret", "the value of a client secret of that application"),
        Credential("subscription_id", "subscription that the zone is in", secret=False),
        Credential("resource_group", "resource group that the zone is in", secret=False),
    ),
    {"login": "where the token comes from, where that does not follow from the server: https://…"},
    creates=True,
    reads=True,
    each=True,
    ttl=(1, 2147483647),
    aliases=("azure-dns",),
    traps=(
        "Every client secret has a date on which it ends; the update is then refused until a new one is there.",
        "A set that is an alias of another resource is never changed.",
        "Sovereign clouds have servers of their own: https://management.usgovcloudapi.net, https://management.chinacloudapi.cn.",
    ),
)
