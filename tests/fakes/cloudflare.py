"""Cloudflare's API v4 as it really answers, free of sockets: credentials, permissions, pages, error numbers, the rate limit.

It shares no code with the agent. `answer` judges a request; `over` makes it a `send`.
"""

import ipaddress
import json
import re
import urllib.parse
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from edge_agent.wire import Answer, Request
from tests.fakes import cloudflare_shapes as shapes

Reply = tuple[int, dict[str, str], bytes]
MOST = 1200
PER_FOR = 300.0


class Refusal(Exception):  # noqa: N818 - an answer, not an error
    """An answer that says no."""

    def __init__(self, status: int, code: int, message: str, chain: list[tuple[int, str]] | None = None, wait: str = "") -> None:
        super().__init__(message)
        error: dict[str, Any] = {"code": code, "message": message}
        if chain:
            error["error_chain"] = [{"code": number, "message": words} for number, words in chain]
        self.status, self.headers = status, {"retry-after": wait} if wait else {}
        self.body = {"result": None, "success": False, "errors": [error], "messages": []}


class CloudflareFake:
    """Zones with records, tokens that see all or some zones, and one global key."""

    def __init__(self) -> None:
        self.zones: dict[str, str] = {}  # id → name
        self.records: dict[str, dict[str, dict[str, Any]]] = {}  # zone id → record id → record
        self.tokens: dict[str, set[str] | None] = {}  # token → names of the zones it sees, None: all
        self.email, self.key, self.service_key = "u@example.com", "144c9defac04969c7bfad8efaa8ea194fake1", "v1.0-fake"
        self.counts: Counter[str] = Counter()
        self.largest = 0
        self.bodies: list[dict[str, Any]] = []
        self.hiccups = 0  # so many answers more are a spurious 10000
        self.stale: set[str] = set()  # ids that a listing still shows and a PATCH does not find
        self.quota = 10**6
        self._asked_at: list[float] = []
        self._blocked_till = 0.0
        self._next = 0

    # --- what stands in it -------------------------------------------------------------------------------------------

    def _id(self) -> str:
        self._next += 1
        return f"{self._next:032x}"

    def zone(self, name: str) -> str:
        """Add a zone and return its id."""
        id_ = self._id()
        self.zones[id_] = name
        self.records[id_] = {}
        return id_

    def record(self, zone: str, name: str, content: str, **more: Any) -> dict[str, Any]:
        """Add a record as a person would on the dashboard."""
        type_ = more.pop("type", "AAAA" if ":" in content else "A")
        record = shapes.record(self._id(), name, type_, content, self.zones[zone]) | more
        self.records[zone][record["id"]] = record
        return record

    def says(self, name: str, type_: str = "A") -> list[str]:
        """Return what the name resolves to."""
        every = (record for zone in self.records.values() for record in zone.values())
        return [record["content"] for record in every if record["name"] == name and record["type"] == type_]

    # --- answering ---------------------------------------------------------------------------------------------------

    def answer(
        self, method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes, peer: str, now_at: float
    ) -> Reply:
        """Judge one request; header names are lower case."""
        try:
            self._limit(now_at)
            seen = self._seen(headers)
            status, said, more = 200, *self._route(method, path.removeprefix("/client/v4"), query, body, seen)
            whole: dict[str, Any] = {"result": said, "success": True, "errors": [], "messages": []} | more
            kept: dict[str, str] = {}
        except Refusal as no:
            status, whole, kept = no.status, no.body, no.headers
        octets = json.dumps(whole).encode()
        self.largest = max(self.largest, len(octets))
        return status, {"content-type": "application/json"} | kept, octets

    def _limit(self, now_at: float) -> None:
        self.counts["all"] += 1
        self._asked_at = [at for at in self._asked_at if at > now_at - PER_FOR] + [now_at]
        if len(self._asked_at) > MOST:
            self._blocked_till = max(self._blocked_till, now_at + PER_FOR)
        if now_at < self._blocked_till:
            wait = str(int(self._blocked_till - now_at))
            raise Refusal(429, 10100, "Rate limited. More than 1200 requests per 300 seconds reached. Please wait", wait=wait)

    def _seen(self, headers: Mapping[str, str]) -> set[str]:
        """Return the names of the zones that the credential sees."""
        token, email, key = headers.get("authorization"), headers.get("x-auth-email"), headers.get("x-auth-key")
        service = headers.get("x-auth-user-service-key")
        if [token, email or key, service].count(None) < 2:
            raise Refusal(400, 6003, "Invalid request headers", [(6111, "Use one kind of credential only")])
        if self.hiccups:
            self.hiccups -= 1
            raise Refusal(403, 10000, "Authentication error")
        if token is not None:
            return self._by_token(token)
        if service is not None and service == self.service_key:
            return set(self.zones.values())
        return self._by_key(email, key)

    def _by_key(self, email: str | None, key: str | None) -> set[str]:
        if email is None:
            raise Refusal(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
        if "@" not in email:
            raise Refusal(400, 6003, "Invalid request headers", [(6102, "Invalid format for X-Auth-Email header")])
        if not re.fullmatch(r"[0-9a-z]{37}", key or ""):
            raise Refusal(400, 6003, "Invalid request headers", [(6103, "Invalid format for X-Auth-Key header")])
        if (email, key) != (self.email, self.key):
            raise Refusal(403, 9103, "Unknown X-Auth-Key or X-Auth-Email")
        return set(self.zones.values())

    def _by_token(self, header: str) -> set[str]:
        scheme, _, token = header.partition(" ")
        if scheme != "Bearer" or not re.fullmatch(r"[A-Za-z0-9_-]{20,}", token):
            raise Refusal(400, 6003, "Invalid request headers", [(6111, "Invalid format for Authorization header")])
        if token not in self.tokens:
            raise Refusal(403, 9109, "Invalid access token")
        seen = self.tokens[token]
        return set(self.zones.values()) if seen is None else seen

    def _route(self, method: str, path: str, query: dict[str, str], body: bytes, seen: set[str]) -> tuple[Any, dict[str, Any]]:
        parts = path.strip("/").split("/")
        if parts == ["zones"] and method == "GET":
            self.counts["GET zones"] += 1
            names = [(id_, name) for id_, name in self.zones.items() if name in seen and query.get("name", name) == name]
            return self._page([shapes.zone(id_, name, self.email) for id_, name in names], query, 20, 50)
        if len(parts) < 3 or parts[2] != "dns_records":
            raise Refusal(404, 7000, "No route for that URI")
        if parts[1] not in self.zones:
            raise Refusal(
                404, 7003, f"Could not route to /zones/{parts[1]}/dns_records, perhaps your object identifier is invalid?"
            )
        if self.zones[parts[1]] not in seen:
            raise Refusal(403, 9109, "Unauthorized to access requested resource")
        self.counts[f"{method} dns_records"] += 1
        if method == "GET":
            return self._listed(parts[1], query)
        return self._changed(method, parts, body), {}

    def _changed(self, method: str, parts: list[str], body: bytes) -> Any:
        if method == "DELETE" and len(parts) == 4:
            return self._delete(parts[1], parts[3])
        self.bodies.append(json.loads(body))
        if method == "POST" and len(parts) == 3:
            return self._create(parts[1], self.bodies[-1])
        if method == "PATCH" and len(parts) == 4:
            return self._patch(parts[1], parts[3], self.bodies[-1])
        raise Refusal(405, 10405, "Method not allowed for this authentication scheme")

    def _page(self, every: list[dict[str, Any]], query: dict[str, str], usual: int, most: int) -> tuple[Any, dict[str, Any]]:
        size, page = int(query.get("per_page", usual)), int(query.get("page", 1))
        if not 5 <= size <= most or page < 1:
            raise Refusal(400, 1004, "Invalid pagination", [(6004, f"per_page must be between 5 and {most}")])
        some = every[(page - 1) * size : page * size]
        pages = -(-len(every) // size)
        info = {"page": page, "per_page": size, "count": len(some), "total_count": len(every), "total_pages": pages}
        return some, {"result_info": info}

    def _listed(self, zone: str, query: dict[str, str]) -> tuple[Any, dict[str, Any]]:
        wanted = query.get("name", "").lower()
        chosen = [
            record
            for record in self.records[zone].values()
            if query.get("type", record["type"]) == record["type"] and wanted in ("", record["name"].lower())
        ]
        return self._page(chosen, query, 100, 5000)

    # --- changing ----------------------------------------------------------------------------------------------------

    def _check(self, zone: str, record: dict[str, Any], own: str = "") -> None:
        code, kind = (9005, ipaddress.IPv4Address) if record["type"] == "A" else (9006, ipaddress.IPv6Address)
        try:
            kind(record["content"])
        except ValueError:
            raise Refusal(400, code, f"Content for {record['type']} record must be a valid address.") from None
        if record["ttl"] != 1 and not 60 <= record["ttl"] <= 86400:
            raise Refusal(400, 9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")
        beside = [other for id_, other in self.records[zone].items() if other["name"] == record["name"] and id_ != own]
        if any(other["type"] == "CNAME" for other in beside):
            raise Refusal(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
        if any(other["type"] == record["type"] and other["content"] == record["content"] for other in beside):
            raise Refusal(400, 81058, "An identical record already exists.")

    def _create(self, zone: str, fields: dict[str, Any]) -> dict[str, Any]:
        if len(self.records[zone]) >= self.quota:
            raise Refusal(400, 81045, "Record quota exceeded.")
        name = fields["name"].lower().rstrip(".")
        if not f".{name}".endswith(f".{self.zones[zone]}"):
            name = f"{name}.{self.zones[zone]}"
        wanted = {"ttl": 1, "proxied": False} | fields | {"name": name}
        self._check(zone, wanted)
        return self.record(zone, **wanted)

    def _patch(self, zone: str, id_: str, fields: dict[str, Any]) -> dict[str, Any]:
        if id_ in self.stale or id_ not in self.records[zone]:
            raise Refusal(404, 81044, "Record does not exist.")
        record = self.records[zone][id_]
        changed = record | fields
        self._check(zone, changed, id_)
        if changed["proxied"]:
            changed["ttl"] = 1
        record.update(changed, modified_on="2026-01-02T03:04:06Z")
        return record

    def _delete(self, zone: str, id_: str) -> dict[str, Any]:
        if id_ in self.stale or self.records[zone].pop(id_, None) is None:
            raise Refusal(404, 81044, "Record does not exist.")
        return {"id": id_}


def over(fake: CloudflareFake, now_at: float = 1_790_000_000.0) -> Callable[[Request], Answer]:
    """Return a `send` that asks the fake directly, without a socket."""

    def send(request: Request) -> Answer:
        parts = urllib.parse.urlsplit(request.url)
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in request.headers}
        status, kept, body = fake.answer(
            request.method, urllib.parse.unquote(parts.path), query, headers, request.body, "198.51.100.99", now_at
        )
        return Answer(status, kept, body)

    return send
