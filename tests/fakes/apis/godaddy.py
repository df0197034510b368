"""GoDaddy's records: a PUT replaces a set and says nothing; small accounts may ask for sets but not for domains; a TTL each."""

from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Clash, Refusal, Reply, filled, said

KEY, SECRET = "FakeGoDaddyKey_0123456789", "FakeGoDaddySecret0123"


class GoDaddyFake(ApiFake):
    usual_ttl = 3600
    least_ttl = 600
    most_ttl = 604800

    def __init__(self) -> None:
        super().__init__()
        self.plan = "small"  # small: what it has been since 2026; open; closed: nothing at all
        self.heard_at: list[float] = []

    def respond(self, asked: Asked) -> Reply:
        self._let_in(asked)
        match asked.method, asked.parts[1:]:
            case "GET", ["domains", zone] if self.plan == "open":
                return said(
                    {
                        "domain": self._known(zone),
                        "domainId": int(self.zones[zone]),
                        "status": "ACTIVE",
                        "nameServers": ["ns01.domaincontrol.com"],
                    }
                )
            case "GET", ["domains", _] | ["domains", _, "records"] | ["domains", _, "records", _] if self.plan == "small":
                raise Refusal(error("ACCESS_DENIED", "Authenticated user is not allowed access", 403))
            case "GET", ["domains", zone, "records", type_, label]:
                name = self.whole(label, self._known(zone))
                rows = [row for row in self.records if (row["name"], row["type"]) == (name, type_)]
                return said([{"data": row["value"], "name": label, "ttl": row["ttl"], "type": type_} for row in rows])
            case "PUT", ["domains", zone, "records", type_, label]:
                return self._put(self.whole(label, self._known(zone)), type_, asked)
        raise Refusal(error("NOT_FOUND", "Not Found : The requested resource was not found", 404))

    def _let_in(self, asked: Asked) -> None:
        given = asked.headers.get("authorization", "")
        if not given.startswith("sso-key ") or given.count(":") != 1:
            raise Refusal(error("MALFORMED_CREDENTIALS", "Unauthorized : Credentials must match the scheme", 401))
        if given != f"sso-key {KEY}:{SECRET}":
            raise Refusal(error("UNABLE_TO_AUTHENTICATE", "Unauthorized : Could not authenticate API key/secret", 401))
        self.heard_at = [at for at in self.heard_at if at > asked.now_at - 60] + [asked.now_at]
        if len(self.heard_at) > 60:
            wait = round(60 - (asked.now_at - self.heard_at[0]))
            words = "Too many requests received within interval"
            raise Refusal(error("TOO_MANY_REQUESTS", words, 429, retryAfterSec=wait))
        if self.plan == "closed":
            raise Refusal(error("ACCESS_DENIED", "Authenticated user is not allowed access", 403))

    def _known(self, zone: str) -> str:
        if zone not in self.zones:
            raise Refusal(error("UNKNOWN_DOMAIN", "The given domain is not registered, or does not have a zone file", 404))
        return zone

    def _put(self, name: str, type_: str, asked: Asked) -> Reply:
        entries = asked.json()
        if not isinstance(entries, list) or not entries or asked.headers.get("content-type") != "application/json":
            raise Refusal(error("INVALID_BODY", "Request body doesn't fulfill schema, see details in `fields`", 400))
        ttls = [entry.get("ttl", self.usual_ttl) for entry in entries]
        if not all(isinstance(ttl, int) and self.least_ttl <= ttl <= self.most_ttl for ttl in ttls):
            raise Clash("ttl")
        rows = self.replace(name, type_, [entry["data"] for entry in entries], None)
        for row, ttl in zip(rows, ttls, strict=True):
            row["ttl"] = ttl
        return 200, {"content-type": "application/json"}, b""

    def clashed(self, kind: str) -> Reply:
        if kind == "duplicate":
            return error("DUPLICATE_RECORD", "Another record with the same attributes already exists", 422)
        words = {"ttl": "must be at least 600", "cname": "conflicts with a CNAME record"}.get(kind, "is not an address")
        fields = [{"code": "INVALID_VALUE", "message": words, "path": "records[0]"}]
        return error("INVALID_BODY", "Request body doesn't fulfill schema, see details in `fields`", 422, fields=fields)


def error(code: str, message: str, status: int, **more: Any) -> Reply:
    return said({"code": code, "message": message} | more, status)


CASE = Case(
    "godaddy",
    lambda: filled(GoDaddyFake),
    {"key": KEY, "secret": SECRET},
    {"secret": "wrong"},
    throttled=error("TOO_MANY_REQUESTS", "Too many requests received within interval", 429, retryAfterSec=37),
    wait_for=37.0,
    ttl=1800,
)
