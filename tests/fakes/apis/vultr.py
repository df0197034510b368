"""Vultr: cursors, an apex without a name, 204 for what is changed, one TTL for all values of a name, a list of source addresses."""

import base64
from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Clash, Refusal, Reply, Row, filled, said

KEY = "FAKEVULTRKEY0123456789ABCDEFGHIJKLMN"


class VultrFake(ApiFake):
    least_ttl = 120

    def __init__(self) -> None:
        super().__init__()
        self.locked_out = ""  # the peer's address, where access control does not know it

    def respond(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            raise Refusal(error("Invalid API token.", 401))
        if self.locked_out:
            raise Refusal(error(f"Unauthorized IP address: {self.locked_out}", 401))
        match asked.method, asked.parts[1:]:
            case "GET", ["domains", zone]:
                self._known(zone)
                return said({"domain": {"domain": zone, "date_created": "2026-01-01T00:01:01+00:00", "dns_sec": "disabled"}})
            case "GET", ["domains", zone, "records"]:
                return self._listed(self._known(zone), asked.query)
            case "POST", ["domains", zone, "records"]:
                fields = asked.json()
                row = self.add(self.whole(fields["name"], self._known(zone), ""), fields["type"], fields["data"], fields.get("ttl"))
                return said({"record": self._shown(row, zone)}, 201)
            case "PATCH", ["domains", zone, "records", id_]:
                self._patched(self._known(zone), id_, asked.json())
                return 204, {}, b""
            case "DELETE", ["domains", zone, "records", id_]:
                self._known(zone)
                self.drop(id_)
                return 204, {}, b""
        raise Refusal(error("Invalid API path.", 404))

    def _known(self, zone: str) -> str:
        if zone not in self.zones:
            raise Refusal(error("Invalid domain.", 404))
        return zone

    def _patched(self, zone: str, id_: str, fields: dict[str, Any]) -> None:
        moved = {"name": self.whole(fields["name"], zone, "")} if "name" in fields else {}
        self.alter(id_, fields["data"], fields.get("ttl"), **moved)

    def _listed(self, zone: str, query: dict[str, str]) -> Reply:
        every, size = list(self.within(zone)), int(query.get("per_page", 100))
        if not 1 <= size <= 500:
            raise Refusal(error("Invalid per_page.", 400))
        first = base64.b64decode(query.get("cursor", "")).decode().removeprefix("next__")
        start = next((place for place, row in enumerate(every) if row["id"] == first), 0)
        rest = every[start + size :]
        cursor = base64.b64encode(f"next__{rest[0]['id']}".encode()).decode() if rest else ""
        shown = [self._shown(row, zone) for row in every[start : start + size]]
        return said({"records": shown, "meta": {"total": len(every), "links": {"next": cursor, "prev": ""}}})

    def _shown(self, row: Row, zone: str) -> Row:
        own = {"id": row["id"], "type": row["type"], "name": self.label(row, zone, ""), "data": row["value"]}
        return own | {"priority": -1, "ttl": row["ttl"]}

    def check(self, name: str, type_: str, value: str, ttl: object, own: str = "") -> None:
        beside = [row for row in self.records if (row["name"], row["type"]) == (name, type_) and row["id"] != own]
        if any(row["ttl"] != ttl for row in beside):
            raise Clash("ttl")
        super().check(name, type_, value, ttl, own)

    def clashed(self, kind: str) -> Reply:
        words = {
            "gone": "Invalid record.",
            "cname": "A CNAME record exists.",
            "duplicate": "Duplicate record.",
            "ttl": "Invalid TTL.",
        }
        return error(words.get(kind, "Invalid IP address."), 404 if kind == "gone" else 400)


def error(words: str, status: int) -> Reply:
    return said({"error": words, "status": status}, status)


CASE = Case(
    "vultr",
    lambda: filled(VultrFake),
    {"api_key": KEY},
    {"api_key": "WRONG"},
    throttled=said({"error": "Rate limit reached.", "status": 429}, 429, retry_after="120"),
)
