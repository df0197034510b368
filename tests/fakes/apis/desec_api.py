"""deSEC's REST API, after its server's source: PUTs that are done whole or not at all, policies, least TTLs, sliding windows."""

import math
from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Clash, Refusal, Reply, filled, said

TOKEN = "FakeDesecToken0123456789abcd"
READS = ((10, 1), (50, 60))
WRITES = ((2, 1), (15, 60), (100, 3600), (300, 86400))  # of each domain


class DesecFake(ApiFake):
    usual_ttl = 3600  # none: it must be said; this is what a client that knows the least one says
    least_ttl = 1  # each domain has its own
    most_ttl = 86400

    def __init__(self) -> None:
        super().__init__()
        self.least: dict[str, int] = {}
        self.forbidden: set[tuple[str, str]] = set()  # name and type that the token's policy keeps it from
        self.throttles = False  # off where a test's clock stands still
        self.heard: dict[str, list[float]] = {}

    def respond(self, asked: Asked) -> Reply:
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if (scheme, token) != ("Token", TOKEN):
            raise Refusal(error("Invalid token.", 401, www_authenticate="Token"))
        if not asked.path.endswith("/"):
            raise Refusal((301, {"location": f"{asked.path}/"}, b""))
        match asked.method, asked.parts[2:]:
            case "GET", ["domains", domain]:
                self._throttle("reads", READS, asked.now_at)
                self._known(domain)
                return said({"name": domain, "minimum_ttl": self._least(domain), "keys": [], "published": None})
            case "GET", ["domains", domain, "rrsets", subname, type_]:
                self._throttle("reads", READS, asked.now_at)
                return self._shown(self.whole(subname, self._known(domain)), type_, domain)
            case "PUT", ["domains", domain, "rrsets"]:
                self._throttle(domain, WRITES, asked.now_at)
                return self._put_all(self._known(domain), asked)
        raise Refusal(error("Not found.", 404))

    def _throttle(self, scope: str, rates: tuple[tuple[int, int], ...], now_at: float) -> None:
        heard = self.heard.setdefault(scope, [])
        for most, window in rates if self.throttles else ():
            inside = [at for at in heard if at > now_at - window]
            if len(inside) >= most:
                wait = math.ceil(window - (now_at - inside[-most]))
                words = f"Request was throttled. Expected available in {wait} seconds."
                raise Refusal(error(words, 429, retry_after=str(wait)))
        heard.append(now_at)

    def _known(self, domain: str) -> str:
        if domain not in self.zones:
            raise Refusal(error("Not found.", 404))
        return domain

    def _least(self, domain: str) -> int:
        return self.least.get(domain, 3600)

    def _shown(self, name: str, type_: str, domain: str) -> Reply:
        rows = [row for row in self.records if (row["name"], row["type"]) == (name, type_)]
        if not rows:
            raise Refusal(error("Not found.", 404))
        return said(self._rrset(domain, rows))

    def _rrset(self, domain: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        own = {"domain": domain, "subname": self.label(rows[0], domain, ""), "name": f"{rows[0]['name']}.", "type": rows[0]["type"]}
        return own | {"records": [row["value"] for row in rows], "ttl": rows[0]["ttl"], "created": "…", "touched": "…"}

    def _put_all(self, domain: str, asked: Asked) -> Reply:
        if asked.headers.get("content-type") != "application/json":
            raise Refusal(error("Unsupported media type in request.", 415))
        sets = asked.json()
        if not isinstance(sets, list):
            raise Refusal(said({"non_field_errors": ["Expected a list of items but got dict."]}, 400))
        before, shown = [dict(row) for row in self.records], []
        try:
            for one in sets:
                rows = self._put(domain, one)
                shown += [self._rrset(domain, rows)] if rows else []
        except Refusal:
            self.records = before
            raise
        return said(shown)

    def _put(self, domain: str, one: dict[str, Any]) -> list[dict[str, Any]]:
        missing = [key for key in ("subname", "type", "ttl", "records") if key not in one]
        if missing:
            raise Refusal(said([{key: ["This field is required."] for key in missing}], 400))
        if one["subname"] == "@" or one["subname"] != one["subname"].lower():
            raise Refusal(said([{"subname": ["Subname can only use (lowercase) a-z, 0-9, ., -, and _."]}], 400))
        name = self.whole(one["subname"], domain, "")
        if (name, one["type"]) in self.forbidden:
            raise Refusal(error("Insufficient token permissions.", 403))
        if one["ttl"] < self._least(domain):
            words = f"Ensure this value is greater than or equal to {self._least(domain)}."
            raise Refusal(said([{"ttl": [words]}], 400))
        try:
            return self.replace(name, one["type"], one["records"], one["ttl"])
        except Clash as clash:
            raise Refusal(self.clashed(clash.kind)) from None

    def clashed(self, kind: str) -> Reply:
        cname = (
            "RRset with conflicting type present at same subname: database (CNAME). (No other RRsets are allowed alongside CNAME.)"
        )
        many = "Ensure this value is less than or equal to 86400."
        return said([{"cname": {"non_field_errors": [cname]}, "ttl": {"ttl": [many]}}.get(kind, {"records": ["Malformed."]})], 400)


def error(detail: str, status: int, **headers: str) -> Reply:
    return said({"detail": detail}, status, **headers)


CASE = Case(
    "desec-api",
    lambda: filled(DesecFake),
    {"token": TOKEN},
    {"token": "wrong"},
    throttled=error("Request was throttled. Expected available in 120 seconds.", 429, retry_after="120"),
    ttl=7200,
)
