"""Cloudflare's API v4 as it really answers: credentials, permissions, pages, error numbers, the rate limit."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes import cloudflare_shapes as shapes
from tests.fakes.zones import ApiFake, Asked, Case, Clash, Refusal, Reply, Row, filled, said

TOKEN = "FakeCfToken_0123456789abcdefghijABCDEFGH"
MOST = 1200
PER_FOR = 300.0
CLASHES = {
    "gone": (404, 81044, "Record does not exist."),
    "ttl": (400, 9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic."),
    "cname": (400, 81053, "An A, AAAA, or CNAME record with that host already exists."),
    "duplicate": (400, 81058, "An identical record already exists."),
}


class CloudflareFake(ApiFake):
    """Zones with records, tokens that see all or some zones, and one global key."""

    usual_ttl = 1
    least_ttl = 60
    most_ttl = 86400

    def __init__(self) -> None:
        super().__init__()
        self.tokens: dict[str, set[str] | None] = {}  # token → names of the zones it sees, None: all
        self.email, self.key, self.service_key = "u@example.com", "144c9defac04969c7bfad8efaa8ea194fake1", "v1.0-fake"
        self.largest = 0
        self.hiccups = 0  # so many answers more are a spurious 10000
        self.stale: set[str] = set()  # ids that a listing still shows and a PATCH does not find
        self.quota = 10**6
        self._asked_at: list[float] = []
        self._blocked_till = 0.0

    @property
    def bodies(self) -> list[Any]:
        """What the changes asked for."""
        return [asked.json() for asked in self.changes if asked.body]

    def new_id(self) -> str:
        self._next += 1
        return f"{self._next:032x}"

    def record(self, name: str, value: str, **more: Any) -> Row:
        zone = more.pop("zone", self.home(name))
        return super().record(name, value, **{"proxied": False, "zone": zone} | more)

    # --- answering ---------------------------------------------------------------------------------------------------

    def answer(
        self, method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes, peer: str, now_at: float
    ) -> Reply:
        reply = super().answer(method, path, query, headers, body, peer, now_at)
        self.largest = max(self.largest, len(reply[2]))
        return reply

    def respond(self, asked: Asked) -> Reply:
        self._limit(asked.now_at)
        seen = self._seen(asked.headers)
        parts = asked.path.removeprefix("/client/v4").strip("/").split("/")
        if parts == ["zones"] and asked.method == "GET":
            self.counts["GET zones"] += 1
            names = [name for name in self.zones if name in seen and asked.query.get("name", name) == name]
            return self._page(names, asked.query, 20, 100, lambda name: shapes.zone(self.zones[name], name, self.email))
        if len(parts) < 3 or parts[2] != "dns_records":
            raise no(404, 7000, "No route for that URI")
        zone = next((name for name, id_ in self.zones.items() if id_ == parts[1]), None)
        if zone is None:
            raise no(404, 7003, f"Could not route to /zones/{parts[1]}/dns_records, perhaps your object identifier is invalid?")
        if zone not in seen:
            raise no(403, 9109, "Unauthorized to access requested resource")
        self.counts[f"{asked.method} dns_records"] += 1
        return self._listed(zone, asked.query) if asked.method == "GET" else self._changed(zone, parts[3:], asked)

    def clashed(self, kind: str) -> Reply:
        return no(*CLASHES[kind]).reply

    def _limit(self, now_at: float) -> None:
        self._asked_at = [at for at in self._asked_at if at > now_at - PER_FOR] + [now_at]
        if len(self._asked_at) > MOST:
            self._blocked_till = max(self._blocked_till, now_at + PER_FOR)
        if now_at < self._blocked_till:
            wait = str(int(self._blocked_till - now_at))
            raise no(429, 10100, "Rate limited. More than 1200 requests per 300 seconds reached. Please wait", retry_after=wait)

    def _seen(self, headers: Mapping[str, str]) -> set[str]:
        """Return the names of the zones that the credential sees."""
        token, email, key = headers.get("authorization"), headers.get("x-auth-email"), headers.get("x-auth-key")
        service = headers.get("x-auth-user-service-key")
        if [token, email or key, service].count(None) < 2:
            raise no(400, 6003, "Invalid request headers", (6111, "Use one kind of credential only"))
        if self.hiccups:
            self.hiccups -= 1
            raise no(403, 10000, "Authentication error")
        if token is not None:
            return self._by_token(token)
        if service is not None and service == self.service_key:
            return set(self.zones)
        return self._by_key(email, key)

    def _by_key(self, email: str | None, key: str | None) -> set[str]:
        if email is None:
            raise no(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
        if "@" not in email:
            raise no(400, 6003, "Invalid request headers", (6102, "Invalid format for X-Auth-Email header"))
        if not re.fullmatch(r"[0-9a-z]{37}", key or ""):
            raise no(400, 6003, "Invalid request headers", (6103, "Invalid format for X-Auth-Key header"))
        if (email, key) != (self.email, self.key):
            raise no(403, 9103, "Unknown X-Auth-Key or X-Auth-Email")
        return set(self.zones)

    def _by_token(self, header: str) -> set[str]:
        scheme, _, token = header.partition(" ")
        if scheme != "Bearer" or not re.fullmatch(r"[A-Za-z0-9_-]{20,}", token):
            raise no(400, 6003, "Invalid request headers", (6111, "Invalid format for Authorization header"))
        if token not in self.tokens:
            raise no(403, 9109, "Invalid access token")
        seen = self.tokens[token]
        return set(self.zones) if seen is None else seen

    def _page(self, every: list[Any], query: dict[str, str], usual: int, most: int, shown: Callable[[Any], Row]) -> Reply:
        size, page = int(query.get("per_page", usual)), int(query.get("page", 1))
        if not 5 <= size <= most or page < 1:
            raise no(400, 1004, "Invalid pagination", (6004, f"per_page must be between 5 and {most}"))
        some = [shown(entry) for entry in every[(page - 1) * size : page * size]]
        pages = -(-len(every) // size)
        info = {"page": page, "per_page": size, "count": len(some), "total_count": len(every), "total_pages": pages}
        return yes(some, result_info=info)

    def _listed(self, zone: str, query: dict[str, str]) -> Reply:
        wanted = query.get("name", query.get("name.exact", "")).lower()
        chosen = [row for row in self.within(zone) if wanted in ("", row["name"].lower())]
        chosen = [row for row in chosen if query.get("type", row["type"]) == row["type"]]
        return self._page(chosen, query, 100, 5000, self._shown)

    def within(self, zone: str) -> Any:
        return (row for row in self.records if row["zone"] == zone)

    def _shown(self, row: Row) -> Row:
        own = {name: value for name, value in row.items() if name not in ("value", "zone")}
        return shapes.record(row["id"], row["name"], row["type"], row["value"]) | own

    # --- changing ----------------------------------------------------------------------------------------------------

    def _changed(self, zone: str, parts: list[str], asked: Asked) -> Reply:
        match asked.method, parts:
            case "POST", []:
                return yes(self._shown(self._create(zone, asked.json())))
            case "PATCH", [id_]:
                return yes(self._shown(self._patch(id_, asked.json())))
            case "PUT", [id_]:  # what it does not say falls back to what is usual
                return yes(self._shown(self._patch(id_, {"ttl": 1, "proxied": False, "comment": None, "tags": []} | asked.json())))
            case "DELETE", [id_]:
                self.drop(id_)
                return yes({"id": id_})
        raise no(405, 10405, "Method not allowed for this authentication scheme")

    def _create(self, zone: str, fields: dict[str, Any]) -> Row:
        if sum(1 for _ in self.within(zone)) >= self.quota:
            raise no(400, 81045, "Record quota exceeded.")
        name = fields.pop("name").lower().rstrip(".")
        name = name if f".{name}".endswith(f".{zone}") else f"{name}.{zone}"
        return self.add(name, fields.pop("type"), fields.pop("content"), fields.pop("ttl", 1), zone=zone, **fields)

    def _patch(self, id_: str, fields: dict[str, Any]) -> Row:
        row = self.by_id(id_)
        ttl = 1 if fields.get("proxied", row["proxied"]) else fields.get("ttl")
        more = {name: value for name, value in fields.items() if name not in ("content", "ttl", "name", "type")}
        more["modified_on"] = "2026-01-02T03:04:06Z"
        return self.alter(id_, str(fields.get("content", row["value"])), ttl, **more)

    def by_id(self, id_: str) -> Row:
        if id_ in self.stale:
            raise Clash("gone")
        return super().by_id(id_)

    def check(self, name: str, type_: str, value: str, ttl: object, own: str = "") -> None:
        try:
            super().check(name, type_, value, 60 if ttl == 1 else ttl, own)
        except Clash as clash:
            if clash.kind == "address":
                words = f"Content for {type_} record must be a valid address."
                raise no(400, 9005 if type_ == "A" else 9006, words) from None
            raise


def yes(result: object, **more: object) -> Reply:
    return said({"result": result, "success": True, "errors": [], "messages": []} | more)


def no(status: int, code: int, message: str, *chain: tuple[int, str], **headers: str) -> Refusal:
    error: dict[str, Any] = {"code": code, "message": message}
    if chain:
        error["error_chain"] = [{"code": number, "message": words} for number, words in chain]
    return Refusal(said({"result": None, "success": False, "errors": [error], "messages": []}, status, **headers))


def known() -> CloudflareFake:
    """Return a fake that knows TOKEN."""
    fake = CloudflareFake()
    fake.tokens[TOKEN] = None
    return fake


CASE = Case(
    "cloudflare",
    lambda: filled(known),
    {"token": TOKEN},
    {"token": "FakeCfToken_nobody_has_ever_made_this"},
    throttled=no(429, 10100, "Rate limited.", retry_after="120").reply,
)
