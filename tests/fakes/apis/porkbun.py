"""Porkbun: POST alone, keys in the body, ids and TTLs as texts; domains that are not opted in, ALIAS and CNAME in the way."""

from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Clash, Refusal, Reply, Row, filled, said

KEYS = {"apikey": "pk1_fake0123456789abcdef", "secretapikey": "sk1_fake0123456789abcdef"}
CONFLICT = "A record of this name conflicts with the new one."


class PorkbunFake(ApiFake):
    usual_ttl = 600
    least_ttl = 600

    def __init__(self) -> None:
        super().__init__()
        self.codes = True  # older answers had none
        self.shut: set[str] = set()  # domains that are not opted in

    def is_change(self, asked: Asked) -> bool:
        return asked.parts[4] in ("create", "edit", "delete")

    def respond(self, asked: Asked) -> Reply:
        fields = self._known(asked)
        match asked.parts[3:]:
            case ["dns", "retrieveByNameType", zone, type_, *label]:
                name = self.whole("".join(label), self._open(zone))
                rows = [shown(row) for row in self.records if (row["name"], row["type"]) == (name, type_)]
                return said({"status": "SUCCESS", "cloudflare": "enabled", "records": rows})
            case ["dns", "create", zone]:
                ttl = int(fields["ttl"]) if "ttl" in fields else None
                row = self.add(self.whole(fields.get("name", ""), self._open(zone)), fields["type"], fields["content"], ttl)
                return said({"status": "SUCCESS", "id": int(row["id"])})
            case ["dns", "edit", zone, id_]:
                return self._edited(self._open(zone), id_, fields)
            case ["dns", "delete", zone, id_]:
                self._open(zone)
                self.drop(id_)
                return said({"status": "SUCCESS"})
        raise Refusal(said({"status": "ERROR", "message": "Not found."}, 404))

    def _known(self, asked: Asked) -> dict[str, Any]:
        if asked.method != "POST":
            raise Refusal(self.error("METHOD_NOT_ALLOWED", "Only POST is allowed here."))
        try:
            fields: dict[str, Any] = asked.json()
        except ValueError:
            raise Refusal(self.error("INVALID_OR_EMPTY_JSON", "All API requests require a JSON payload.")) from None
        if not {"apikey", "secretapikey"} <= set(fields):
            raise Refusal(self.error("API_KEY_REQUIRED", "All API requests require an API key."))
        if {name: fields[name] for name in KEYS} != KEYS:
            raise Refusal(self.error("INVALID_API_KEYS_001", "Invalid API key. (001)"))
        return fields

    def _open(self, zone: str) -> str:
        if zone in self.shut:
            raise Refusal(said({"status": "ERROR", "message": "Domain is not opted in to API access."}, 400))
        if zone not in self.zones:
            raise Refusal(self.error("INVALID_DOMAIN", "Invalid domain."))
        return zone

    def _edited(self, zone: str, id_: str, fields: dict[str, Any]) -> Reply:
        ttl = int(fields.get("ttl", self.usual_ttl))  # what is left out falls back
        name = self.whole(fields.get("name", ""), zone)
        old = next((row for row in self.records if row["id"] == id_), {})
        if (name, fields["content"], ttl) == (old.get("name"), old.get("value"), old.get("ttl")):
            raise Refusal(said({"status": "ERROR", "message": "Edit error: We were unable to edit the DNS record."}, 400))
        notes = {"notes": fields["notes"]} if "notes" in fields else {}
        row = self.alter(id_, fields["content"], ttl, name=name, **notes)
        assert row["type"] == fields["type"]
        return said({"status": "SUCCESS"})

    def check(self, name: str, type_: str, value: str, ttl: object, own: str = "") -> None:
        if any((row["name"], row["type"]) == (name, "ALIAS") for row in self.records):
            raise Clash("cname")
        super().check(name, type_, value, ttl, own)

    def clashed(self, kind: str) -> Reply:
        codes = {
            "cname": ("RECORD_CONFLICT", CONFLICT),
            "duplicate": ("DUPLICATE_RECORD", "A record with this exact name, type and content already exists."),
            "gone": ("INVALID_RECORD_ID", "Invalid record ID."),
        }
        if kind in codes:
            return self.error(*codes[kind])
        return said({"status": "ERROR", "message": "Create error: We were unable to create the DNS record."}, 400)

    def error(self, code: str, message: str) -> Reply:
        return said({"status": "ERROR", "message": message} | ({"code": code} if self.codes else {}), 400)


def shown(row: Row) -> dict[str, str | None]:
    own = {"id": row["id"], "name": row["name"], "type": row["type"], "content": row["value"], "ttl": str(row["ttl"])}
    return own | {"prio": "0", "notes": row.get("notes")}


CASE = Case(
    "porkbun",
    lambda: filled(PorkbunFake),
    KEYS,
    {"secretapikey": "sk1_wrong"},
    throttled=said({"status": "ERROR", "code": "RATE_LIMIT_EXCEEDED", "message": "Slow down.", "ttlRemaining": 120}, 429),
)
