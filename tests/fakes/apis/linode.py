"""Linode: listings are narrowed by X-Filter, pages of 25 to 500, an apex without a name, TTLs rounded up to the next step."""

import json
from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Refusal, Reply, Row, filled, said

TOKEN = "FakeLinodeToken0123456789abcdef"
ROUND = [0, 30, 120, 300, 3600, 7200, 14400, 28800, 57600, 86400, 172800, 345600, 604800, 1209600, 2419200]


class LinodeFake(ApiFake):
    usual_ttl = 0  # its word for the default
    least_ttl = 0

    def __init__(self) -> None:
        super().__init__()
        self.status: dict[str, str] = {}
        self.kind: dict[str, str] = {}

    def respond(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refusal(error("Invalid Token", 401))
        match asked.method, asked.parts[1:]:
            case "GET", ["domains"]:
                return paged([self._domain(zone) for zone in self.zones], asked)
            case "GET", ["domains", id_, "records"]:
                zone = self._known(id_)
                return paged([self._shown(row, zone) for row in self.within(zone)], asked)
            case "POST", ["domains", id_, "records"]:
                fields, zone = asked.json(), self._known(id_)
                name = self.whole(fields["name"].lower().removesuffix(f".{zone}"), zone, "")
                row = self.add(name, fields["type"], fields["target"], rounded(fields.get("ttl_sec", 0)))
                return said(self._shown(row, zone))
            case "PUT", ["domains", id_, "records", record]:
                fields, zone = asked.json(), self._known(id_)
                moved = {"name": self.whole(fields["name"], zone, "")} if "name" in fields else {}
                ttl = rounded(fields["ttl_sec"]) if "ttl_sec" in fields else None
                return said(self._shown(self.alter(record, fields["target"], ttl, **moved), zone))
            case "DELETE", ["domains", id_, "records", record]:
                self._known(id_)
                self.drop(record)
                return said({})
        raise Refusal(error("Not found", 404))

    def _known(self, id_: str) -> str:
        found = next((zone for zone, own in self.zones.items() if own == id_), None)
        if found is None:
            raise Refusal(error("Not found", 404))
        return found

    def _domain(self, zone: str) -> Row:
        status, kind = self.status.get(zone, "active"), self.kind.get(zone, "master")
        own = {"id": int(self.zones[zone]), "domain": zone, "status": status, "type": kind, "soa_email": f"admin@{zone}"}
        return own | {"axfr_ips": [], "master_ips": [], "tags": [], "group": "", "description": "", "ttl_sec": 0}

    def _shown(self, row: Row, zone: str) -> Row:
        own = {"id": int(row["id"]), "type": row["type"], "name": self.label(row, zone, ""), "target": row["value"]}
        dates = {"created": "2026-01-01T00:01:01", "updated": "2026-01-01T00:01:01"}
        rest = {"priority": 0, "weight": 0, "port": 0, "service": None, "protocol": None, "tag": None}
        return own | {"ttl_sec": row["ttl"]} | dates | rest

    def clashed(self, kind: str) -> Reply:
        if kind == "gone":
            return error("Not found", 404)
        words = {"cname": ("Name already in use by a CNAME record", "name"), "duplicate": ("Record already exists", "target")}
        reason, field = words.get(kind, ("Invalid IPv4 address", "target"))
        return error(reason, 400, field)


def rounded(ttl: int) -> int:
    return next((step for step in ROUND if step >= ttl), ROUND[-1])


def fits(entry: Row, rule: dict[str, Any]) -> bool:
    """Say whether an entry passes a filter: fields that must be equal, or one of several filters."""
    if "+or" in rule:
        return any(fits(entry, one) for one in rule["+or"])
    return all(entry[name] == value for name, value in rule.items())


def paged(entries: list[Row], asked: Asked) -> Reply:
    rule = json.loads(asked.headers.get("x-filter", "{}"))
    kept = [entry for entry in entries if fits(entry, rule)]
    size, page = int(asked.query.get("page_size", 100)), int(asked.query.get("page", 1))
    pages = max(1, -(-len(kept) // size))
    if not 25 <= size <= 500:
        raise Refusal(error("Must be 25-500", 400, "page_size"))
    if page > pages:
        raise Refusal(error("Not found", 404))
    return said({"data": kept[(page - 1) * size : page * size], "page": page, "pages": pages, "results": len(kept)})


def error(reason: str, status: int, field: str = "") -> Reply:
    return said({"errors": [{"reason": reason} | ({"field": field} if field else {})]}, status)


CASE = Case(
    "linode",
    lambda: filled(LinodeFake),
    {"token": TOKEN},
    {"token": "wrong"},
    throttled=said({"errors": [{"reason": "Too many requests"}]}, 429, retry_after="120", x_ratelimit_limit="800"),
)
