"""PowerDNS Authoritative 4.7's HTTP API: names end with a dot, 404 and 401 are plain text, a look by name hides what is disabled.

As measured; `tests/dnsservers/test_powerdns_api.py` asks a real server the same.
"""

import fnmatch
import ipaddress
from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Clash, Refusal, Reply, Row, filled, said

KEY = "FakePowerDnsKey0123456789"


class PowerDnsFake(ApiFake):
    least_ttl = 0
    most_ttl = 2**32 - 1  # it takes any number, and keeps what fits

    def __init__(self) -> None:
        super().__init__()
        self.kinds: dict[str, str] = {}  # zone: what it is, Native unless told otherwise
        self.comments: dict[tuple[str, str], list[dict[str, Any]]] = {}  # (name, type): …

    def zone(self, name: str) -> str:
        self.zones[name] = id_of(name)
        return self.zones[name]

    def says(self, name: str, type_: str = "A") -> list[str]:
        rows = [row for row in self.records if (row["name"], row["type"]) == (name, type_)]
        return [row["value"] for row in rows if not row.get("disabled")]

    def respond(self, asked: Asked) -> Reply:
        parts = asked.parts
        if parts[:4] != ["api", "v1", "servers", "localhost"] or parts[4:5] not in (["zones"], ["search-data"]):
            raise Refusal(text("Not Found", 404))
        if asked.headers.get("x-api-key") != KEY:
            raise Refusal(text("Unauthorized", 401, www_authenticate='X-API-Key realm="PowerDNS"', connection="close"))
        match asked.method, parts[4:]:
            case "GET", ["zones"]:
                wanted = canonical(asked.query["zone"]) if "zone" in asked.query else None
                return said([self._head(zone) for zone in self.zones if wanted in (None, zone)])
            case "GET", ["search-data"]:
                return self._found(asked.query)
            case "GET", ["zones", id_]:
                return said(self._head(self._known(id_)) | {"rrsets": self._sets(self._known(id_), asked.query)})
            case "PATCH", ["zones", id_]:
                return self._patched(self._known(id_), asked)
            case "PUT", ["zones", id_, "notify"]:
                self._known(id_)
                return said({"result": "Notification queued"})
        raise Refusal(text("Method Not Allowed", 405) if len(parts) < 7 else text("Not Found", 404))

    def _known(self, id_: str) -> str:
        zone = next((name for name, own in self.zones.items() if own.rstrip(".") == id_.lower().rstrip(".")), None)
        if zone is None:
            raise Refusal(text("Not Found", 404))
        return zone

    def _head(self, zone: str) -> dict[str, Any]:
        id_ = self.zones[zone]
        kind = self.kinds.get(zone, "Native")
        return {"account": "", "dnssec": False, "id": id_, "kind": kind, "masters": [], "name": f"{zone}.", "serial": 2026112101}

    # --- looking ---------------------------------------------------------------------------------------------------------

    def _sets(self, zone: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """Return the sets of a zone; by name, only what is enabled, and a set of nothing where a comment stands."""
        rows = list(self.within(zone))
        keys = list(dict.fromkeys((row["name"], row["type"]) for row in rows))
        if "rrset_name" in query:
            name = query["rrset_name"].rstrip(".").lower()
            rows = [row for row in rows if row["name"] == name and not row.get("disabled")]
            keys = [key for key in keys if key in {(row["name"], row["type"]) for row in rows}]
            keys += [key for key in self.comments if self.home(key[0]) == zone and key not in keys]
            wanted = query.get("rrset_type")
            keys = [key for key in keys if wanted in (None, key[1])]
        return [self._set(key, [row for row in rows if (row["name"], row["type"]) == key]) for key in keys]

    def _set(self, key: tuple[str, str], rows: list[Row]) -> dict[str, Any]:
        records = [{"content": row["value"], "disabled": bool(row.get("disabled"))} for row in rows]
        ttl = rows[0]["ttl"] if rows else 0
        return {"comments": self.comments.get(key, []), "name": f"{key[0]}.", "records": records, "ttl": ttl, "type": key[1]}

    def _found(self, query: dict[str, str]) -> Reply:
        """Names stand without a final dot in the data base; a star is any text, a question mark any letter."""
        if not query.get("q"):
            raise Refusal(error("Query q can't be blank"))
        pattern = query["q"].replace("[", "[[]")
        rows = [
            row
            for row in self.records
            if fnmatch.fnmatchcase(row["name"], pattern) or fnmatch.fnmatchcase(row["value"].rstrip("."), pattern)
        ]
        return said([self._shown(row) for row in rows[: int(query.get("max", "100"))]])

    def _shown(self, row: Row) -> dict[str, Any]:
        zone = self.home(row["name"])
        own = {"content": row["value"], "disabled": bool(row.get("disabled")), "name": f"{row['name']}.", "object_type": "record"}
        return own | {"ttl": row["ttl"], "type": row["type"], "zone": f"{zone}.", "zone_id": self.zones[zone]}

    # --- changing --------------------------------------------------------------------------------------------------------

    def _patched(self, zone: str, asked: Asked) -> Reply:
        try:
            fields = asked.json()
        except ValueError:
            raise Refusal(text("Bad Request", 400)) from None
        if "rrsets" not in fields:
            raise Refusal(error("No rrsets given in update request"))
        for entry in fields["rrsets"]:
            self._replaced(zone, entry)
        return 204, {}, b""

    def _replaced(self, zone: str, entry: dict[str, Any]) -> None:
        name, type_, change = canonical(entry["name"]), entry.get("type"), entry.get("changetype")
        if not isinstance(type_, str) or change not in ("REPLACE", "DELETE"):
            raise Refusal(error("Key 'type' not present or not a String" if change else "Changetype not understood"))
        what = f"RRset {name}. IN {type_}"
        if not f".{name}".endswith(f".{zone}"):
            raise Refusal(error(f"{what}: Name is out of zone"))
        if change == "DELETE":
            self.comments.pop((name, type_), None)
            self.replace(name, type_, [], None)
            return
        self._checked(entry, what)
        if "comments" in entry:
            self.comments[name, type_] = entry["comments"]
        if "records" in entry:
            self._put(name, type_, entry, what)

    def _checked(self, entry: dict[str, Any], what: str) -> None:
        if "records" not in entry and "comments" not in entry:
            raise Refusal(error(f"No change for {what}"))
        if "records" in entry and not str(entry.get("ttl", "")).lstrip("-").isdigit():
            raise Refusal(error("Key 'ttl' not an Integer or not present"))

    def _put(self, name: str, type_: str, entry: dict[str, Any], what: str) -> None:
        values = {spelled(type_, record["content"]): bool(record.get("disabled")) for record in entry["records"]}
        if len(values) < len(entry["records"]):
            raise Refusal(error(f"Duplicate record in {what}"))
        try:
            rows = self.replace(name, type_, list(values), int(entry["ttl"]) % 2**32)
        except Clash as clash:
            words = {"cname": f"{what}: Conflicts with pre-existing RRset"}
            raise Refusal(error(words.get(clash.kind, f"Record {name}./{type_}: Parsing record content: no address"))) from None
        for row in rows:
            row["disabled"] = values[row["value"]]

    def check(self, name: str, type_: str, value: str, ttl: object, own: str = "") -> None:
        if type_ in ("A", "AAAA"):
            super().check(name, type_, value, ttl, own)
        elif type_ == "CNAME" and any(row["name"] == name for row in self.records):
            raise Clash("cname")

    def clashed(self, kind: str) -> Reply:
        raise AssertionError(kind)


def id_of(zone: str) -> str:
    return f"{zone}.".replace("/", "=2F")


def canonical(name: str) -> str:
    """Return a name without its final dot, which must be there."""
    if not name.endswith("."):
        raise Refusal(error(f"DNS Name '{name}' is not canonical"))
    return name.removesuffix(".").lower()


def spelled(type_: str, value: str) -> str:
    """Return an address as the data base keeps it."""
    try:
        return str(ipaddress.ip_address(value)) if type_ in ("A", "AAAA") else value
    except ValueError:
        return value


def error(words: str, status: int = 422) -> Reply:
    return said({"error": words}, status)


def text(words: str, status: int, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"content-type": "text/plain; charset=utf-8"} | named, words.encode()


CASE = Case(
    "powerdns",
    lambda: filled(PowerDnsFake),
    {"api_key": KEY},
    {"api_key": "wrong"},
    server="http://127.0.0.1:8081",
    throttled=text("Too Many Requests", 429, retry_after="120"),
)
