"""IONOS's hosting API: whole names, lists of new records and of errors, and a PUT that resets what it does not say."""

import uuid
from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Refusal, Reply, Row, filled, said

KEY = "fakeprefix0123456789.FakeIonosSecret0123456789abcdef"


def error(code: str, message: str, status: int = 400) -> Reply:
    return said([{"code": code, "message": message}], status)


class IonosFake(ApiFake):
    usual_ttl = 3600
    least_ttl = 60
    most_ttl = 604800

    def new_id(self) -> str:
        return str(uuid.UUID(int=int(super().new_id()), version=4))

    def respond(self, asked: Asked) -> Reply:
        if asked.headers.get("x-api-key") != KEY:
            raise Refusal(said({"message": "Missing or invalid API key."}, 401))
        match asked.method, asked.parts[2:]:
            case "GET", ["zones"]:
                return said([{"name": name, "id": id_, "type": "NATIVE"} for name, id_ in self.zones.items()])
            case "GET", ["zones", id_]:
                return self._zone(self._named(id_), asked.query)
            case "POST", ["zones", id_, "records"]:
                rows = [self._added(self._named(id_), fields) for fields in asked.json()]
                return said([self._shown(row) for row in rows], 201)
            case "PUT", ["zones", id_, "records", record]:
                self._named(id_)
                return said(self._shown(self._changed(record, asked.json())))
            case "DELETE", ["zones", id_, "records", record]:
                self._named(id_)
                self.drop(record)
                return 200, {}, b""
        return said({"message": "Not Found"}, 404)

    def _named(self, id_: str) -> str:
        name = next((name for name, own in self.zones.items() if own == id_), "")
        if not name:
            raise Refusal(error("ZONE_NOT_FOUND", "The zone does not exist.", 404))
        return name

    def _zone(self, zone: str, query: dict[str, str]) -> Reply:
        names, types = query.get("recordName", ""), query.get("recordType", "").split(",")
        rows = [row for row in self.within(zone) if names in ("", row["name"]) and types in ([""], [row["type"]])]
        records = [self._shown(row) for row in rows]
        return said({"id": self.zones[zone], "name": zone, "type": "NATIVE", "records": records})

    def _added(self, zone: str, fields: dict[str, Any]) -> Row:
        if self.home(fields["name"]) != zone or fields["name"].endswith("."):
            raise Refusal(error("INVALID_RECORD", "The name is not in the zone."))
        more = {"prio": fields.get("prio", 0), "disabled": fields.get("disabled", False)}
        return self.add(fields["name"], fields["type"], fields["content"], fields.get("ttl"), **more)

    def _changed(self, record: str, fields: dict[str, Any]) -> Row:
        if set(fields) - {"content", "ttl", "prio", "disabled"}:
            raise Refusal(error("INVALID_RECORD", "Only content, ttl, prio and disabled can be changed."))
        more = {"prio": fields.get("prio", 0), "disabled": fields.get("disabled", False)}
        return self.alter(record, fields["content"], fields.get("ttl", self.usual_ttl), **more)

    def _shown(self, row: Row) -> Row:
        base = {"id": row["id"], "name": row["name"], "rootName": self.home(row["name"]), "type": row["type"]}
        more = {"content": row["value"], "changeDate": "2026-02-06T09:27:36.000Z", "ttl": row["ttl"]}
        return base | more | {"prio": row.get("prio", 0), "disabled": row.get("disabled", False)}

    def clashed(self, kind: str) -> Reply:
        if kind == "gone":
            return error("RECORD_NOT_FOUND", "Record does not exist.", 404)
        words = {"cname": "A CNAME exists.", "duplicate": "The record exists.", "ttl": "The TTL is out of range."}
        return error("INVALID_RECORD", words.get(kind, "The content is invalid."))


CASE = Case("ionos-api", lambda: filled(IonosFake), {"api_key": KEY}, {"api_key": "prefix.wrong"}, ttl=600)
