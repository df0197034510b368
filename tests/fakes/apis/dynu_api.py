"""Dynu's API: a domain's own address is no record; what a change of a domain does not say is reset; errors have their own code."""

from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Clash, Refusal, Reply, Row, filled, said

KEY = "FakeDynuKey0123456789abcdef0123"
USUAL: dict[str, Any] = {
    "group": "",
    "ttl": 120,
    "ipv4": False,
    "ipv6": False,
    "ipv4WildcardAlias": False,
    "ipv6WildcardAlias": False,
    "allowZoneTransfer": False,
    "dnssec": False,
}
FIELD = {"A": "ipv4Address", "AAAA": "ipv6Address"}


def error(code: int, type_: str, message: str) -> Reply:
    return said({"statusCode": code, "type": type_, "message": message}, code)


class DynuFake(ApiFake):
    least_ttl = 30
    most_ttl = 86400

    def __init__(self) -> None:
        super().__init__()
        self.domains: dict[str, dict[str, Any]] = {}

    def zone(self, name: str) -> str:
        self.domains[name] = USUAL | {"ipv4": True, "ipv6": True, "ipv4WildcardAlias": True, "group": "office"}
        return super().zone(name)

    def record(self, name: str, value: str, **more: Any) -> Row:
        """Add a record; the first address of a domain is its own."""
        row = super().record(name, value, **more)
        if row["type"] in FIELD and name in self.zones and len(self.says(name, row["type"])) == 1:
            row["own"] = True
        return row

    def respond(self, asked: Asked) -> Reply:
        if asked.headers.get("api-key") != KEY:
            exception = {"statusCode": 401, "type": "Authentication Exception", "message": "Failed to authenticate."}
            raise Refusal(said({"statusCode": 401, "exception": exception}, 401))
        return self._read_only(asked) if asked.method == "GET" else self._written(asked)

    def _read_only(self, asked: Asked) -> Reply:
        match asked.parts[1:]:
            case ["dns", "getroot", name]:
                return self._root(name)
            case ["dns", "record", name]:
                rows = [row for row in self.records if row["name"] == name and row["type"] == asked.query["recordType"]]
                return said({"statusCode": 200, "dnsRecords": [self._shown(row) for row in rows if not row.get("own")]})
            case ["dns", id_]:
                return said({"statusCode": 200, **self._domain(self._named(id_))})
        return error(404, "Request Exception", "Not found.")

    def _written(self, asked: Asked) -> Reply:
        match asked.method, asked.parts[1:]:
            case "POST", ["dns", id_]:
                return self._change(self._named(id_), asked.json())
            case "POST", ["dns", id_, "record"]:
                return self._add(self._named(id_), asked.json())
            case "POST", ["dns", id_, "record", record]:
                return self._alter(self._named(id_), record, asked.json())
            case "DELETE", ["dns", id_, "record", record]:
                self._named(id_)
                self.drop(record)
                return said({"statusCode": 200})
        return error(404, "Request Exception", "Not found.")

    def _named(self, id_: str) -> str:
        name = next((name for name, own in self.zones.items() if own == id_), "")
        if not name:
            raise Refusal(error(501, "Argument Exception", "Invalid."))
        return name

    def _root(self, name: str) -> Reply:
        zone = self.home(name)
        if not zone:
            raise Refusal(error(501, "Argument Exception", "Invalid."))
        node = name.removesuffix(zone).removesuffix(".")
        return said({"statusCode": 200, "id": int(self.zones[zone]), "domainName": zone, "hostname": name, "node": node})

    def _own(self, zone: str, type_: str) -> Row | None:
        return next((row for row in self.records if row["name"] == zone and row["type"] == type_ and row.get("own")), None)

    def _domain(self, zone: str) -> Row:
        addresses = {field: (row["value"] if (row := self._own(zone, type_)) else None) for type_, field in FIELD.items()}
        base = {"id": int(self.zones[zone]), "name": zone, "unicodeName": zone, "token": "DOMAINTOKEN", "state": "Complete"}
        return base | self.domains[zone] | addresses | {"createdOn": "2019-06-16T18:26:58", "updatedOn": "2020-03-12T22:24:10.687"}

    def _change(self, zone: str, fields: dict[str, Any]) -> Reply:
        if fields.get("name") != zone or set(fields) - set(USUAL) - {"name", *FIELD.values()}:
            raise Refusal(error(501, "Argument Exception", "Invalid."))
        if not self.least_ttl <= fields.get("ttl", USUAL["ttl"]) <= self.most_ttl:
            raise Clash("ttl")
        for type_, field in FIELD.items():
            self._set(zone, type_, fields.get(field) or "")
        self.domains[zone] = {name: fields.get(name, usual) for name, usual in USUAL.items()}
        return said({"statusCode": 200})

    def _set(self, zone: str, type_: str, address: str) -> None:
        row = self._own(zone, type_)
        if row and address:
            self.alter(row["id"], address)
        elif row:
            self.drop(row["id"])
        elif address:
            self.add(zone, type_, address)

    def _read(self, fields: dict[str, Any]) -> tuple[str, int, dict[str, Any]]:
        address = fields.get(FIELD.get(fields.get("recordType", ""), ""))
        if not address or not isinstance(fields.get("ttl"), int) or "nodeName" not in fields or fields["nodeName"] == "@":
            raise Refusal(error(501, "Argument Exception", "Invalid."))
        return address, fields["ttl"], {"state": fields.get("state", False), "group": fields.get("group", "")}

    def _add(self, zone: str, fields: dict[str, Any]) -> Reply:
        address, ttl, more = self._read(fields)
        return said(
            {"statusCode": 200}
            | self._shown(self.add(self.whole(fields["nodeName"], zone), fields["recordType"], address, ttl, **more))
        )

    def _alter(self, zone: str, record: str, fields: dict[str, Any]) -> Reply:
        address, ttl, more = self._read(fields)
        name = self.whole(fields["nodeName"], zone)
        assert all((row["name"], row["type"]) == (name, fields["recordType"]) for row in self.records if row["id"] == record)
        return said({"statusCode": 200} | self._shown(self.alter(record, address, ttl, **more)))

    def _shown(self, row: Row) -> Row:
        zone = self.home(row["name"])
        base = {"id": int(row["id"]), "domainId": int(self.zones[zone]), "domainName": zone, "nodeName": self.label(row, zone, "")}
        more = {"hostname": row["name"], "recordType": row["type"], "ttl": row["ttl"], "state": row.get("state", True)}
        content = f"{row['name']}. {row['ttl']} IN {row['type']} {row['value']}"
        return base | more | {"content": content, "group": row.get("group", ""), FIELD.get(row["type"], "host"): row["value"]}

    def clashed(self, kind: str) -> Reply:
        words = {"cname": "A CNAME record exists.", "duplicate": "The record exists already.", "ttl": "Invalid TTL."}
        return error(501, "Argument Exception", words.get(kind, "Invalid."))


CASE = Case("dynu-api", lambda: filled(DynuFake), {"api_key": KEY}, {"api_key": "wrong"})
