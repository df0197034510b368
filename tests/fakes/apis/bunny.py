"""Bunny's zones: shown as a whole, found by any part of their name, types as numbers; what a change leaves out is reset."""

import json
from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Refusal, Reply, Row, filled

KEY = "f1c5fake-0000-4a2b-9d3e-b0bac0ffee00-5e7d"
TYPES = ["A", "AAAA", "CNAME", "TXT", "MX", "Redirect", "Flatten", "PullZone", "SRV", "CAA", "PTR", "Script", "NS"]
USUAL: dict[str, Any] = {
    "Weight": 100,
    "Priority": 0,
    "Port": 0,
    "Flags": 0,
    "Tag": "",
    "Accelerated": False,
    "AcceleratedPullZoneId": 0,
    "LinkName": "",
    "IPGeoLocationInfo": None,
    "GeolocationInfo": None,
    "MonitorStatus": 0,
    "MonitorType": 0,
    "GeolocationLatitude": 0.0,
    "GeolocationLongitude": 0.0,
    "EnviromentalVariables": [],
    "LatencyZone": None,
    "SmartRoutingType": 0,
    "Disabled": False,
    "Comment": "",
    "AutoSslIssuance": True,
}
SHOWN_ONLY = {"AcceleratedPullZoneId", "LinkName", "IPGeoLocationInfo", "GeolocationInfo", "MonitorStatus"}
NOT_FOUND = {"ErrorKey": "dnszone.not_found", "Field": "ZoneId", "Message": "The requested DNS zone was not found\r"}


def reply(body: object, status: int = 200) -> Reply:
    """Return an answer as compact as the service's."""
    return status, {"content-type": "application/json; charset=utf-8"}, json.dumps(body, separators=(",", ":")).encode()


def error(key: str, field: str, message: str, status: int = 400) -> Reply:
    return reply({"ErrorKey": key, "Field": field, "Message": message}, status)


class BunnyFake(ApiFake):
    least_ttl = 60
    most_ttl = 86400

    def respond(self, asked: Asked) -> Reply:
        if asked.headers.get("accesskey") != KEY:
            raise Refusal((401, {}, b""))
        match asked.method, asked.parts:
            case "GET", ["dnszone"]:
                return self._found(asked.query)
            case "GET", ["dnszone", id_]:
                return reply(self._zone(self._named(id_)))
            case "PUT", ["dnszone", id_, "records"]:
                return self._added(self._named(id_), asked.json())
            case "POST", ["dnszone", id_, "records", record]:
                return self._changed(self._named(id_), record, asked.json())
            case "DELETE", ["dnszone", id_, "records", record]:
                self._named(id_)
                self.drop(record)
                return 204, {}, b""
        return 404, {}, b""

    def _named(self, id_: str) -> str:
        name = next((name for name, own in self.zones.items() if own == id_), "")
        if not name:
            raise Refusal(reply(NOT_FOUND, 404))
        return name

    def _found(self, query: dict[str, str]) -> Reply:
        size, page = int(query.get("perPage", 1000)), int(query.get("page", 1))
        if not 5 <= size <= 1000:
            raise Refusal(error("validation_error", "perPage", "perPage must be between 5 and 1000"))
        hits = [name for name in sorted(self.zones) if query.get("search", "").lower() in name]
        items = [self._zone(name) for name in hits[(page - 1) * size : page * size]]
        return reply({"CurrentPage": page, "TotalItems": len(hits), "HasMoreItems": len(hits) > page * size, "Items": items})

    def _zone(self, name: str) -> Row:
        records = [self._shown(row, name) for row in self.within(name)]
        zone = {"Id": int(self.zones[name]), "Domain": name, "Records": records, "DateModified": "2026-02-06T09:27:36"}
        return zone | {"DateCreated": "2026-02-06T09:27:36", "NameserversDetected": True, "SoaEmail": "hostmaster@bunny.net"}

    def _shown(self, row: Row, zone: str) -> Row:
        base = {"Id": int(row["id"]), "Type": TYPES.index(row["type"]), "Ttl": row["ttl"], "Value": row["value"]}
        return base | {"Name": self.label(row, zone, "")} | {name: row.get(name, usual) for name, usual in USUAL.items()}

    def _read(self, fields: dict[str, Any]) -> dict[str, Any]:
        unknown = set(fields) - (set(USUAL) - SHOWN_ONLY) - {"Id", "Type", "Ttl", "Value", "Name"}
        if unknown or type(fields.get("Type")) is not int or fields.get("Name") == "@":
            raise Refusal(error("validation_error", next(iter(unknown), "Type"), "The request is not valid"))
        return {name: fields.get(name, usual) for name, usual in USUAL.items() if name not in SHOWN_ONLY}

    def _added(self, zone: str, fields: dict[str, Any]) -> Reply:
        more = self._read(fields)
        row = self.add(self.whole(fields["Name"], zone), TYPES[fields["Type"]], fields["Value"], fields.get("Ttl"), **more)
        return reply(self._shown(row, zone), 201)

    def _changed(self, zone: str, record: str, fields: dict[str, Any]) -> Reply:
        more = self._read(fields)
        if str(fields.get("Id")) != record or TYPES[fields["Type"]] != self.by_id(record)["type"]:
            raise Refusal(error("validation_error", "Id", "The record does not match"))
        assert self.whole(fields["Name"], zone) == self.by_id(record)["name"]
        self.alter(record, fields["Value"], fields.get("Ttl", self.usual_ttl), **more)
        return 204, {}, b""

    def clashed(self, kind: str) -> Reply:
        if kind == "gone":
            return error("dnszone.record.not_found", "RecordId", "The requested DNS zone record was not found\r", 404)
        words = {"ttl": "The TTL is out of range", "cname": "A CNAME record exists", "duplicate": "The record exists already"}
        return error("dnszone.record.invalid_value", "Value", words.get(kind, "The record value is invalid."))


CASE = Case("bunny", lambda: filled(BunnyFake), {"api_key": KEY}, {"api_key": "wrong"})
