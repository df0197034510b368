"""Azure DNS: tokens from a log-in host, rights before existence, sets with ETags that guard them, errors wrapped and bare."""

import hashlib
import ipaddress
import json

from tests.fakes.zones import ApiFake, Asked, Case, Refusal, Reply, filled, said

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "66666666-7777-8888-9999-000000000000"
SECRET = "fake~Secret8Q~0123456789+/=&"
SUBSCRIPTION = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
GROUP = "dns-group"
LOGIN = "login.microsoftonline.com"
KEYS = {"A": "ipv4Address", "AAAA": "ipv6Address"}


class AzureFake(ApiFake):
    least_ttl = 1
    host = "management.azure.com"
    login = LOGIN
    secret_ended = False

    def __init__(self) -> None:
        super().__init__()
        self.tokens: dict[str, float] = {}  # token: when it ends
        self.metadata: dict[tuple[str, str], dict[str, str]] = {}
        self.empty: set[tuple[str, str]] = set()  # sets without a record
        self.rights: set[str] | None = None  # the zones that the client has a role for; None: the whole subscription

    def is_change(self, asked: Asked) -> bool:
        return asked.method in ("PUT", "PATCH", "DELETE")

    def respond(self, asked: Asked) -> Reply:
        if asked.path.endswith("/oauth2/v2.0/token"):
            return self._token(asked)
        if asked.path.endswith("/.well-known/openid-configuration"):
            return self._described(asked)
        self._authorised(asked)
        match asked.parts:
            case [
                "subscriptions",
                subscription,
                "resourceGroups",
                group,
                "providers",
                "Microsoft.Network",
                "dnsZones",
                zone,
                *rest,
            ]:
                self._there(subscription, group, zone, nested=bool(rest))
                match asked.method, rest:
                    case "GET", []:
                        return said({"id": asked.path, "name": zone, "etag": "0002", "properties": {"zoneType": "Public"}})
                    case "GET", [type_, label]:
                        return self._shown(self.whole(label, zone), type_, label)
                    case "PUT", [type_, label]:
                        return self._put(self.whole(label, zone), type_, label, asked)
        raise Refusal(wrapped(404, "InvalidResourceType", "The resource type could not be found."))

    # --- who asks --------------------------------------------------------------------------------------------------------

    def _token(self, asked: Asked) -> Reply:
        form = asked.form()
        if asked.headers["host"] != self.login or asked.headers["content-type"] != "application/x-www-form-urlencoded":
            raise Refusal((404, {}, b"<html>not here</html>"))
        if form.get("grant_type") != "client_credentials" or form.get("scope") != f"https://{self.host}/.default":
            raise Refusal(no_token(400, 70011, "invalid_scope"))
        if asked.parts[0] != TENANT:
            raise Refusal(no_token(400, 90002, "invalid_request"))
        if form.get("client_id") != CLIENT:
            raise Refusal(no_token(400, 700016, "unauthorized_client"))
        if form.get("client_secret") != SECRET or self.secret_ended:
            raise Refusal(no_token(401, 7000222 if self.secret_ended else 7000215, "invalid_client"))
        token = f"eyJ0eXAi.{hashlib.sha256(str(len(self.logins)).encode()).hexdigest()}.c2ln"
        self.logins.append(token)
        self.tokens[token] = asked.now_at + 3599
        return said({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token})

    def _described(self, asked: Asked) -> Reply:
        """Return what the log-in host says of a tenant to the official libraries."""
        base = f"https://{self.login}/{asked.parts[0]}"
        ends = {"token_endpoint": f"{base}/oauth2/v2.0/token", "authorization_endpoint": f"{base}/oauth2/v2.0/authorize"}
        return said(ends | {"issuer": f"{base}/v2.0"})

    def _authorised(self, asked: Asked) -> None:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if asked.headers["host"] != self.host or asked.query.get("api-version") != "2018-05-01":
            raise Refusal(wrapped(400, "InvalidApiVersionParameter", "The api-version is invalid."))
        if token not in self.tokens:
            raise Refusal(wrapped(401, "InvalidAuthenticationToken", "The access token is invalid."))
        if self.tokens[token] < asked.now_at:
            raise Refusal(wrapped(401, "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current."))

    def _there(self, subscription: str, group: str, zone: str, *, nested: bool) -> None:
        if subscription != SUBSCRIPTION:
            raise Refusal(wrapped(404, "SubscriptionNotFound", "The subscription could not be found."))
        if self.rights is not None and zone not in self.rights:
            words = "The client does not have authorization to perform action 'Microsoft.Network/dnsZones/read' over scope …"
            raise Refusal(wrapped(403, "AuthorizationFailed", words))
        if group != GROUP:
            raise Refusal(wrapped(404, "ResourceGroupNotFound", "Resource group could not be found."))
        if zone not in self.zones:
            code = "ParentResourceNotFound" if nested else "ResourceNotFound"
            raise Refusal(wrapped(404, code, f"The Resource 'Microsoft.Network/dnsZones/{zone}' was not found."))

    # --- sets ------------------------------------------------------------------------------------------------------------

    def etag(self, name: str, type_: str) -> str:
        """Return the ETag of a set, nothing where there is no set."""
        rows = [row for row in self.records if (row["name"], row["type"]) == (name, type_)]
        told = json.dumps([rows, self.metadata.get((name, type_))], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:32] if rows or (name, type_) in self.empty else ""

    def _shown(self, name: str, type_: str, label: str, status: int = 200) -> Reply:
        rows = [row for row in self.records if (row["name"], row["type"]) == (name, type_)]
        if not self.etag(name, type_):
            words = f"The resource record '{label}' does not exist in resource group '{GROUP}' of subscription '…'."
            raise Refusal(bare(404, "NotFound", words))
        source = rows[0].get("alias") if rows else None
        found = [] if source else [{KEYS[type_]: str(ipaddress.ip_address(row["value"]))} for row in rows]
        properties = {
            "metadata": self.metadata.get((name, type_)),
            "fqdn": f"{name}.",
            "TTL": rows[0]["ttl"] if rows else 99,
            f"{type_}Records": found or None,
            "targetResource": {"id": source} if source else {},
            "provisioningState": "Succeeded",
        }
        return said({"id": "…", "name": label, "etag": self.etag(name, type_), "properties": properties}, status)

    def _put(self, name: str, type_: str, label: str, asked: Asked) -> Reply:
        self._interrupted()
        before = self.etag(name, type_)
        if asked.headers.get("if-none-match") == "*" and before:
            raise Refusal(bare(412, "PreconditionFailed", "The condition '*' in the If-None-Match header was satisfied."))
        if asked.headers.get("if-match", before) != before:
            raise Refusal(bare(412, "PreconditionFailed", "The condition in the If-Match header was not satisfied."))
        properties = asked.json()["properties"]
        values = [entry[KEYS[type_]] for entry in properties[f"{type_}Records"]]
        self.replace(name, type_, values, properties["TTL"])
        self.metadata.pop((name, type_), None)
        if properties.get("metadata"):
            self.metadata[name, type_] = properties["metadata"]
        self.empty.discard((name, type_))
        return self._shown(name, type_, label, 200 if before else 201)

    def clashed(self, kind: str) -> Reply:
        if kind == "cname":
            words = "The record could not be created because a CNAME record with the same name already exists in this zone."
            return bare(409, "Conflict", words)
        reasons = {"ttl": "The TTL must be between 1 and 2147483647.", "duplicate": "Duplicate records are not allowed."}
        return bare(400, "BadRequest", reasons.get(kind, "The IP address is not valid."))


def wrapped(status: int, code: str, message: str) -> Reply:
    return said({"error": {"code": code, "message": message}}, status)


def bare(status: int, code: str, message: str) -> Reply:
    return said({"code": code, "message": message}, status)


def no_token(status: int, number: int, error: str) -> Reply:
    words = f"AADSTS{number}: Something for people. Trace ID: 6ee9ec92-6726-422a-85ce-86a1a6502800"
    return said({"error": error, "error_description": words, "error_codes": [number], "trace_id": "6ee9ec92"}, status)


CASE = Case(
    "azure",
    lambda: filled(AzureFake),
    {
        "tenant_id": TENANT,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "subscription_id": SUBSCRIPTION,
        "resource_group": GROUP,
    },
    {"client_secret": "mistyped"},
    throttled=said({"error": {"code": "TooManyRequests", "message": "…"}}, 429, retry_after="120"),
)
