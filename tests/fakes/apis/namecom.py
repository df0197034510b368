"""Name.com: Basic, pages by number, whole records at every change; the older version leaves out what is empty."""

import base64
from typing import Any

from tests.fakes.zones import NOW, ApiFake, Asked, Case, Clash, Refusal, Reply, Row, filled, said

USER, TOKEN = "fake-user", "fakenamecomtoken0123456789abcdef01234567"


class NameComFake(ApiFake):
    least_ttl = 300

    def __init__(self) -> None:
        super().__init__()
        self.second_factor = False  # two-step verification without API access

    def respond(self, asked: Asked) -> Reply:
        self._login(asked)
        if asked.method in ("POST", "PUT") and asked.headers.get("content-type") != "application/json":
            raise Refusal(error("The 'Content-Type' header must be 'application/json' for this request.", 415))
        old = asked.parts[0] == "v4"
        match asked.method, asked.parts[1 if old else 2 :]:
            case "GET", ["domains", zone]:
                return said({"domainName": self._known(zone), "locked": True, "nameservers": ["ns1abc.name.com"]})
            case "GET", ["domains", zone, "records"]:
                return said(lean(self._listed(self._known(zone), asked.query), old=old))
            case "POST", ["domains", zone, "records"]:
                fields = whole(asked.json())
                row = self.add(self.whole(fields["host"], self._known(zone), ""), fields["type"], fields["answer"], fields["ttl"])
                return said(lean(self._shown(row, zone), old=old))
            case "PUT", ["domains", zone, "records", id_]:
                return said(lean(self._shown(self._put(self._known(zone), id_, whole(asked.json())), zone), old=old))
            case "DELETE", ["domains", zone, "records", id_]:
                self._known(zone)
                self.drop(id_)
                return said({}) if old else (204, {}, b"")
        raise Refusal(error("Not Found", 404))

    def _login(self, asked: Asked) -> None:
        scheme, _, coded = asked.headers.get("authorization", "").partition(" ")
        if (scheme, base64.b64decode(coded).decode()) != ("Basic", f"{USER}:{TOKEN}"):
            raise Refusal(error("Unauthorized", 401))
        if self.second_factor:
            raise Refusal(error("Permission Denied", 403, "Authentication Error - Account Has Namecom API Access Disabled"))

    def _known(self, zone: str) -> str:
        if zone not in self.zones:
            raise Refusal(error("Not Found", 404, "The requested domain does not exist."))
        return zone

    def _put(self, zone: str, id_: str, fields: dict[str, Any]) -> Row:
        try:
            return self.alter(id_, fields["answer"], fields["ttl"], name=self.whole(fields["host"], zone, ""))
        except Clash as clash:
            if clash.kind == "duplicate":  # a change says so with a number of its own
                raise Refusal(error("Conflict", 409, "Object already exists")) from None
            raise

    def _listed(self, zone: str, query: dict[str, str]) -> Row:
        every, size, page = list(self.within(zone)), int(query.get("perPage", 500)), int(query.get("page", 1))
        shown = [self._shown(row, zone) for row in every[(page - 1) * size : page * size]]
        last = -(-len(every) // size)
        more = {"nextPage": page + 1, "lastPage": last} if page < last else {}
        return {"records": shown, "totalCount": len(every), "from": (page - 1) * size + 1, "to": page * size} | more

    def _shown(self, row: Row, zone: str) -> Row:
        own = {"id": int(row["id"]), "domainName": zone, "host": self.label(row, zone, ""), "fqdn": f"{row['name']}."}
        return own | {"type": row["type"], "answer": row["value"], "ttl": row["ttl"], "priority": 0}

    def check(self, name: str, type_: str, value: str, ttl: object, own: str = "") -> None:
        if any((row["name"], row["type"]) == (name, "ANAME") for row in self.records):
            raise Clash("cname")
        super().check(name, type_, value, ttl, own)

    def clashed(self, kind: str) -> Reply:
        if kind == "gone":
            return error("Not Found", 404)
        words = {"duplicate": "Parameter Value Error - Duplicate Record", "ttl": "TTL value less than minimum (300)"}
        return error("Invalid Argument", 400, words.get(kind, "Parameter Value Error"))


def whole(fields: dict[str, Any]) -> dict[str, Any]:
    """Return a record's fields; they must be there at a change, too."""
    missing = {"host", "type", "answer", "ttl"} - set(fields)
    if missing:
        raise Refusal(error("Bad Request", 400, f"'{min(missing)}' cannot be null"))
    return fields


def lean(fields: Row, *, old: bool) -> Row:
    """Leave out what is empty, as the older version does."""
    if not old:
        return fields
    kept = {name: value for name, value in fields.items() if value and name not in ("totalCount", "from", "to")}
    return kept | ({"records": [lean(row, old=old) for row in kept["records"]]} if "records" in kept else {})


def error(message: str, status: int, details: str = "") -> Reply:
    return said({"message": message} | ({"details": details} if details else {}), status)


CASE = Case(
    "namecom",
    lambda: filled(NameComFake),
    {"username": USER, "token": TOKEN},
    {"token": "wrong"},
    throttled=said({"message": "Rate Limit Exceeded"}, 429, x_ratelimit_reset=str(int(NOW) + 120)),
)
