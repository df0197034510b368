"""Scaleway's zones: listings in pages that filter loosely, a PATCH of changes, records that answer by place, zones made unasked."""

from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Clash, Refusal, Reply, Row, filled, said

KEY = "fa4e5c4a-1ea7-4aca-8bad-0123456789ab"
STEERED = ("geo_ip_config", "weighted_config")


class ScalewayFake(ApiFake):
    usual_ttl = 3600
    least_ttl = 60
    most_ttl = 2592000

    def __init__(self) -> None:
        super().__init__()
        self.readonly = False
        self.locked: set[str] = set()
        self.pending: set[str] = set()

    def respond(self, asked: Asked) -> Reply:
        token = asked.headers.get("x-auth-token")
        if token != KEY:
            reason = {"method": "api_key", "reason": "not_found"}
            raise Refusal(error("denied_authentication", "authentication is denied", 401, **reason))
        match asked.method, asked.parts[2:]:
            case "GET", ["dns-zones"]:
                return self._zones(asked.query)
            case "GET", ["dns-zones", zone, "records"]:
                self._known(zone)
                return self._listed(zone, asked.query)
            case "PATCH", ["dns-zones", zone, "records"]:
                return self._patched(zone, asked.json())
        raise Refusal(error("not_found", "resource is not found", 404))

    def _known(self, zone: str) -> None:
        if zone in self.zones:
            return
        if self.home(zone):
            raise Refusal(error("not_found", "subdomain not found", 404, resource="dns_zone", resource_id=zone))
        raise Refusal(said({"message": "domain not found"}, 403))  # without a type

    def _zones(self, query: dict[str, str]) -> Reply:
        """Show every zone of the same domain, whichever of them was asked for."""
        wanted = query.get("dns_zones", "")
        shown = [self._split(zone) for zone in self.zones]
        some = [one for one in shown if not wanted or f".{wanted}".endswith(f".{one['domain']}")]
        return self._page("dns_zones", some, query)

    def _split(self, zone: str) -> dict[str, Any]:
        domain = min((one for one in self.zones if f".{zone}".endswith(f".{one}")), key=len)
        sub = zone.removesuffix(domain).rstrip(".")
        return {"domain": domain, "subdomain": sub, "status": "active", "ns": ["ns0.dom.scw.cloud"], "linked_products": []}

    def _listed(self, zone: str, query: dict[str, str]) -> Reply:
        """An empty name asks for all names."""
        name, type_ = query.get("name", ""), query.get("type", "unknown").upper()
        rows = [row for row in self.within(zone) if type_ in ("UNKNOWN", row["type"])]
        return self._page("records", [self._shown(row, zone) for row in rows if name in ("", self.label(row, zone, ""))], query)

    def _page(self, key: str, every: list[dict[str, Any]], query: dict[str, str]) -> Reply:
        size, page = min(int(query.get("page_size", 20)), 100), int(query.get("page", 1))
        return said({"total_count": len(every), key: every[(page - 1) * size : page * size]})

    def _shown(self, row: Row, zone: str) -> dict[str, Any]:
        steered = {key: row[key] for key in STEERED if key in row}
        name, data = self.label(row, zone, ""), row["value"]
        own = {"id": row["id"], "name": name, "type": row["type"], "data": data, "ttl": row["ttl"], "priority": 0}
        return own | {"comment": row.get("comment")} | steered

    def _patched(self, zone: str, fields: dict[str, Any]) -> Reply:
        if zone not in self.zones and not fields.get("disallow_new_zone_creation"):
            self.zone(zone)
        self._known(zone)
        if self.readonly:
            denied = [{"resource": "domain", "action": "write"}]
            raise Refusal(error("permissions_denied", "insufficient permissions", 403, details=denied))
        if zone in self.locked:
            raise Refusal(error("locked", "resource is locked", 423, resource="dns_zone", resource_id=zone))
        if zone in self.pending:
            raise Refusal(error("transient_state", "resource is in a transient state", 409, current_state="pending"))
        changed = [row for change in fields["changes"] for row in self._set(zone, change["set"])]
        shown = self.within(zone) if fields.get("return_all_records", True) else changed
        return said({"records": [self._shown(row, zone) for row in shown]})

    def _set(self, zone: str, change: dict[str, Any]) -> list[Row]:
        name, type_ = change["id_fields"]["name"], change["id_fields"]["type"].upper()  # its SDK for Python says "a"
        records = change["records"]
        if name == "@" or any((one["name"], one["type"].upper()) != (name, type_) for one in records):
            raise Clash("name")
        if not all(isinstance(one["ttl"], int) and self.least_ttl <= one["ttl"] <= self.most_ttl for one in records):
            raise Clash("ttl")
        rows = self.replace(self.whole(name, zone, ""), type_, [one["data"] for one in records], None)
        for row, one in zip(rows, records, strict=True):
            row |= {"ttl": one["ttl"], "comment": one.get("comment")}
            for key in STEERED:
                row.pop(key, None)
        return rows

    def clashed(self, kind: str) -> Reply:
        help_ = {"cname": "a CNAME stands beside it", "ttl": "ttl is out of range", "name": "name is wrong"}.get(kind, "no address")
        details = [{"argument_name": "records", "reason": "constraint", "help_message": help_}]
        return error("invalid_arguments", "invalid argument(s)", 400, details=details)


def error(type_: str, message: str, status: int, **more: Any) -> Reply:
    return said({"type": type_, "message": message} | more, status)


CASE = Case(
    "scaleway",
    lambda: filled(ScalewayFake),
    {"secret_key": KEY},
    {"secret_key": "11111111-1111-1111-1111-111111111111"},
    ttl=600,
)
