"""DreamHost's commands: all are GET and HTTP 200, no update, an id that a success uses up, limits by the hour."""

import json
from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Refusal, Reply, filled

KEY = "FAKE6SHU5P2HLDAYECUM"
LIMITED = {"data": "slow_down_bucko\tadd_record: 3 per hour", "result": "error"}
TYPES = ("A", "CNAME", "NS", "PTR", "NAPTR", "SRV", "TXT", "AAAA")


def reply(body: object, status: int = 200) -> Reply:
    return status, {"content-type": "application/json"}, json.dumps(body, separators=(",", ":")).encode()


def error(code: str, reason: str = "") -> Reply:
    return reply({"data": code, "result": "error"} | ({"reason": reason} if reason else {}))


class DreamHostFake(ApiFake):
    usual_ttl = 14400  # nobody can say another

    def __init__(self) -> None:
        super().__init__()
        self.changes_left = 1000
        self.commands = {"dns-list_records", "dns-add_record", "dns-remove_record"}  # that the key may use

    def zone(self, name: str) -> str:
        """Add a zone: one that is hosted there has records that nobody can edit."""
        id_ = super().zone(name)
        self.record(name, "ns1.dreamhost.com.", type="NS", editable="0")
        return id_

    def is_change(self, asked: Asked) -> bool:
        return asked.query.get("cmd") in ("dns-add_record", "dns-remove_record")

    def respond(self, asked: Asked) -> Reply:
        if (asked.method, asked.path) != ("GET", "/"):
            return 404, {"content-type": "text/html"}, b"<html>Not Found</html>"
        query = dict(asked.query)
        command, unique = query.pop("cmd", ""), query.pop("unique_id", "")
        if query.pop("key", "") != KEY:
            raise Refusal(error("invalid_api_key"))
        if query.pop("format", "tab") != "json":
            return 200, {"content-type": "text/plain"}, b"error\nonly_json_is_faked\n"
        if command not in self.commands:
            raise Refusal(error("this_key_cannot_access_this_cmd"))
        if len(unique) > 64 or unique in self.logins:
            raise Refusal(error("unique_id_already_used"))
        self.counts[command] += 1
        data = self._list() if command == "dns-list_records" else self._change(command, query)
        self.logins += [unique] if unique else []
        return reply({"data": data, "result": "success"})

    def _list(self) -> list[dict[str, str]]:
        return [
            {"account_id": "1234567", "zone": self.home(row["name"]), "record": row["name"], "type": row["type"]}
            | {"value": row["value"], "comment": row.get("comment", ""), "editable": row.get("editable", "1")}
            for row in self.records
        ]

    def _change(self, command: str, query: dict[str, str]) -> str:
        record, type_, value = (query.pop(name, "") for name in ("record", "type", "value"))
        for what, given in (("record", record), ("type", type_), ("value", value)):
            if not given:
                raise Refusal(error(f"no_{what}"))
        if type_ not in TYPES or record != record.lower() or record.endswith("."):
            raise Refusal(error("invalid_record\tas it is written"))
        if not self.changes_left:
            raise Refusal(reply(LIMITED))
        if command == "dns-add_record":
            self._add(record, type_, value, query)
            self.changes_left -= 1
            return "record_added"
        self._remove(record, type_, value)
        self.changes_left -= 1
        return "record_removed"

    def _add(self, record: str, type_: str, value: str, more: dict[str, str]) -> None:
        if not self.home(record):
            raise Refusal(error("no_such_zone"))
        if any(row["name"] == record and row["type"] == type_ and row.get("editable") == "0" for row in self.records):
            raise Refusal(error("record_already_exists_not_editable"))
        assert set(more) <= {"comment"}
        self.add(record, type_, value, comment=more.get("comment", ""))

    def _remove(self, record: str, type_: str, value: str) -> None:
        found: list[dict[str, Any]] = [row for row in self.records if row["name"] == record]
        for name, wanted, code in (("type", type_, "no_such_type"), ("value", value, "no_such_value")):
            if not found:
                raise Refusal(error("no_such_record"))
            found = [row for row in found if row[name] == wanted]
            if not found:
                raise Refusal(error(code))
        if found[0].get("editable") == "0":
            raise Refusal(error("not_editable"))
        self.drop(found[0]["id"])

    def clashed(self, kind: str) -> Reply:
        codes = {"cname": "CNAME_already_on_record", "duplicate": "record_already_exists_remove_first", "gone": "no_such_record"}
        return error(codes.get(kind, "invalid_value\tnot an address"))


CASE = Case(
    "dreamhost",
    lambda: filled(DreamHostFake),
    {"key": KEY},
    {"key": "wrong"},
    throttled=reply(LIMITED),
    wait_for=3600.0,
    ttl=0,
)
