"""Huawei Cloud DNS: record sets with lines and weights, changes that are pending for a while, searches that find too much.

Codes and words are those that users of the service have reported, and those of its error table.
"""

import calendar
import email.utils
import hashlib
import hmac
import time
import urllib.parse
from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Clash, Refusal, Reply, Row, filled, said

KEY, SECRET, PROJECT = "FAKEHUAWEIAK00000001", "FakeHuaweiSecretKey00000000000000000000A", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
WINDOW_FOR = 900
KEPT = ("line", "weight", "description", "status", "alias_target")
WORDS = {
    "address": (400, "DNS.0308", "Invalid record set value."),
    "ttl": (400, "DNS.0319", "Invalid record set TTL value. The value ranges from 1 to 2147483647."),
    "cname": (
        400,
        "DNS.0312",
        "Attribute 'name' conflicts with Record Set 'home.example.com.' type 'CNAME' in line 'default_view'.",
    ),
    "duplicate": (
        400,
        "DNS.0312",
        "Attribute 'name' conflicts with Record Set 'home.example.com.' type 'A' in line 'default_view'.",
    ),
    "same": (400, "DNS.0335", "Duplicate recordset exists.(name: home.example.com., type: A, line: default_view)."),
    "gone": (404, "DNS.0313", "This record set does not exist."),
    "line": (400, "DNS.0318", "The record set has a line and cannot be changed by this API."),
}


class HuaweiFake(ApiFake):
    usual_ttl = 300

    def __init__(self) -> None:
        super().__init__()
        self.pending: dict[str, str] = {}  # sets whose last change has not yet been seen to be carried out

    def record(self, name: str, value: str, **more: Any) -> Row:
        """Add a value, to the set of that name, type and line where there is one and it has no weight."""
        row = super().record(name, value, **({"line": "default_view", "weight": None} | more))
        like = [own for own in self.records if all(own[part] == row[part] for part in ("name", "type", "line", "weight"))]
        row["set"] = like[0].get("set", "") or f"ff8080826a5a7b01016a5a{row['id']}"
        return row

    def answer(self, *request: Any) -> Reply:
        """Every answer has the date: a client whose clock is wrong has nothing else to tell by."""
        status, headers, body = super().answer(*request)
        return status, {"date": email.utils.formatdate(request[-1], usegmt=True)} | headers, body

    def respond(self, asked: Asked) -> Reply:
        self._authorized(asked)
        match asked.method, asked.parts:
            case "GET", ["v2", "zones"]:
                return self._zones(asked.query)
            case "GET", ["v2" | "v2.1", "recordsets"]:
                return self._listed(asked, list(self.zones))
            case "GET", ["v2" | "v2.1", "zones", id_, "recordsets"]:
                return self._listed(asked, [self._zone(id_)])
            case "POST", ["v2" | "v2.1", "zones", id_, "recordsets"]:
                return self._created(asked, self._zone(id_))
            case "PUT", ["v2" | "v2.1", "zones", id_, "recordsets", set_]:
                return self._changed(asked, self._zone(id_), set_)
            case "DELETE", ["v2" | "v2.1", "zones", id_, "recordsets", set_]:
                zone, rows = self._zone(id_), self._rows(set_)
                self.records = [row for row in self.records if row not in rows]
                return said(self._shown(rows, zone) | {"status": "PENDING_DELETE"}, 202)
        raise gateway("APIGW.0101", "The API does not exist or has not been published in the environment", 404)

    # --- who asks ------------------------------------------------------------------------------------------------------

    def _authorized(self, asked: Asked) -> None:
        algorithm, _, rest = asked.headers.get("authorization", "").partition(" ")
        login = dict(part.split("=", 1) for part in rest.split(", ") if "=" in part)
        signed = login.get("SignedHeaders", "").split(";")
        try:
            sent_at = calendar.timegm(time.strptime(asked.headers.get("x-sdk-date", ""), "%Y%m%dT%H%M%SZ"))
        except ValueError:
            sent_at = 0
        known = algorithm == "SDK-HMAC-SHA256" and login.get("Access") == KEY and abs(sent_at - asked.now_at) <= WINDOW_FOR
        covers = {"host", "x-sdk-date"} <= set(signed) <= set(asked.headers) and signed == sorted(signed)
        if not (known and covers and hmac.compare_digest(login.get("Signature", ""), signature(asked, signed, SECRET))):
            raise gateway("APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail", 401)
        if asked.headers.get("x-project-id", PROJECT) != PROJECT:
            raise gateway("APIGW.0302", "The IAM user is not allowed to access the API.", 403)
        if asked.body and asked.headers.get("content-type") != "application/json":
            raise no(400, "DNS.0002", "Invalid request.")

    # --- what is asked -------------------------------------------------------------------------------------------------

    def _zones(self, query: dict[str, str]) -> Reply:
        every = [{"id": id_, "name": f"{name}.", "zone_type": "public", "status": "ACTIVE"} for name, id_ in self.zones.items()]
        return paged(query, "zones", [zone for zone in every if found(zone["name"], query)])

    def _zone(self, id_: str) -> str:
        name = next((name for name, own in self.zones.items() if own == id_), "")
        if not name:
            raise no(404, "DNS.0302", "This zone does not exist.")
        return name

    def _rows(self, set_: str) -> list[Row]:
        rows = [row for row in self.records if row.get("set") == set_]
        if not rows:
            raise Clash("gone")
        return rows

    def _listed(self, asked: Asked, zones: list[str]) -> Reply:
        query = asked.query
        every = []
        for zone in zones:
            sets = dict.fromkeys(row["set"] for row in self.within(zone) if query.get("type") in (None, row["type"]))
            every += [self._shown(self._rows(set_), zone) for set_ in sets]
        own = [shown for shown in every if found(shown["name"], query)]
        self.pending.clear()
        if asked.parts[0] == "v2":
            own = [
                {name: value for name, value in shown.items() if name not in ("line", "weight", "alias_target")} for shown in own
            ]
        return paged(query, "recordsets", own)

    def _created(self, asked: Asked, zone: str) -> Reply:
        self._interrupted()
        fields, line = asked.json(), asked.json().get("line", "default_view")
        name = self._within(fields["name"], zone)
        if any((row["name"], row["type"], row["line"]) == (name, fields["type"], line) for row in self.records):
            raise Clash("duplicate")
        ttl = fields.get("ttl", self.usual_ttl)
        for value in fields["records"]:
            self.check(name, fields["type"], value, ttl)
        rows = [self.record(name, value, type=fields["type"], ttl=ttl, line=line) for value in fields["records"]]
        self.pending[rows[0]["set"]] = "PENDING_CREATE"
        return said(self._shown(rows, zone), 202)

    def _changed(self, asked: Asked, zone: str, set_: str) -> Reply:
        self._interrupted()
        fields, old = asked.json(), self._rows(set_)
        if asked.parts[0] == "v2" and old[0]["line"] != "default_view":
            raise Clash("line")
        values, ttl = fields["records"], fields.get("ttl", old[0]["ttl"])
        if (sorted(values), ttl) == (sorted(row["value"] for row in old), old[0]["ttl"]):
            raise Clash("same")
        before, place = self.records, self.records.index(old[0])
        self.records = [row for row in before if row not in old]
        try:
            for value in values:
                self.check(self._within(fields["name"], zone), fields["type"], value, ttl)
        except Clash:
            self.records = before
            raise
        kept = {row["value"]: row["id"] for row in old}
        more = {"ttl": ttl} | {name: fields[name] for name in ("description", "weight") if name in fields}
        new = [old[0] | {"value": value, "id": kept.get(value) or self.new_id()} | more for value in values]
        self.records[place:place] = new
        self.pending[set_] = "PENDING_UPDATE"
        return said(self._shown(new, zone), 202)

    def _within(self, name: str, zone: str) -> str:
        if not name.endswith(".") or not f".{name}".endswith(f".{zone}."):
            raise no(400, "DNS.0304", "Invalid record set name.")
        return name.rstrip(".")

    def _shown(self, rows: list[Row], zone: str) -> Row:
        first = rows[0]
        own = {"id": first["set"], "name": f"{first['name']}.", "type": first["type"], "ttl": first["ttl"], "default": False}
        whose = {"zone_id": self.zones[zone], "zone_name": f"{zone}.", "project_id": PROJECT, "links": {"self": ""}}
        nothing = {"description": None, "status": "ACTIVE", "alias_target": {"resource_type": None, "resource_domain_name": None}}
        kept = nothing | {name: first[name] for name in KEPT if name in first}
        shown = own | whose | kept | {"records": [row["value"] for row in rows]}
        return shown | ({"status": self.pending[first["set"]]} if first["set"] in self.pending else {})

    def clashed(self, kind: str) -> Reply:
        return no(*WORDS[kind]).reply


def signature(asked: Asked, signed: list[str], secret: str) -> str:
    """Return the signature as the gateway works it out: the path has a final slash, the query is sorted."""
    path = urllib.parse.quote(asked.path, safe="/-_.~")
    query = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(asked.query.items()))
    lines = "".join(f"{name}:{asked.headers[name].strip()}\n" for name in signed)
    hashed = hashlib.sha256(asked.body).hexdigest()
    whole = f"{asked.method}\n{path}{'' if path.endswith('/') else '/'}\n{query}\n{lines}\n{';'.join(signed)}\n{hashed}"
    text = f"SDK-HMAC-SHA256\n{asked.headers.get('x-sdk-date', '')}\n{hashlib.sha256(whole.encode()).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def encoded(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


def found(name: str, query: dict[str, str]) -> bool:
    """Say whether a search finds a name: by a part of it, unless it is to be equal."""
    word = query.get("name", "").lower()
    return name.rstrip(".") == word.rstrip(".") if query.get("search_mode") == "equal" else word in name


def paged(query: dict[str, str], what: str, every: list[Row]) -> Reply:
    size, start = int(query.get("limit", "500")), int(query.get("offset", "0"))
    if not 1 <= size <= 500:
        raise no(400, "DNS.0006", "The limit parameter is invalid.")
    return said({what: every[start : start + size], "links": {"self": ""}, "metadata": {"total_count": len(every)}})


def gateway(code: str, words: str, status: int, **headers: str) -> Refusal:
    return Refusal(
        said({"error_msg": words, "error_code": code, "request_id": "15efc850d48a7874bf7701ff97a0eaf8"}, status, **headers)
    )


def no(status: int, code: str, words: str) -> Refusal:
    return Refusal(said({"code": code, "message": words}, status))


CASE = Case(
    "huawei",
    lambda: filled(HuaweiFake),
    {"access_key": KEY, "secret_key": SECRET},
    {"secret_key": "wrong"},
    throttled=gateway("APIGW.0308", "The throttling threshold has been reached", 429, retry_after="120").reply,
)
