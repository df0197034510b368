"""Baidu's domain service: domains with much about their owner, pages that must be asked for, IPv6 in capitals alone."""

from tests.fakes.bce import KEY, SECRET, BceFake, no, unicode
from tests.fakes.zones import Asked, Case, Clash, Reply, Row, filled, said

NOTHING: Reply = (200, {"content-type": "application/json;charset=UTF-8"}, b"")


class BaiduBcdFake(BceFake):
    def is_change(self, asked: Asked) -> bool:
        return asked.parts[-1] in ("add", "edit", "delete")

    def serve(self, asked: Asked) -> Reply:
        match asked.method, asked.parts:
            case "GET", ["v2", "domain"]:
                size, page = int(asked.query.get("pageSize", "0")), int(asked.query.get("pageNo", "0"))
                if page < 1 or not 1 <= size <= 100:
                    raise no(400, "InvalidParameterValue", "pageNo and pageSize are mandatory, pageSize is at most 100.")
                every = [{"domain": unicode(name), "owner": "x" * 900, "resourceId": self.zones[name]} for name in self.zones]
                return paged(every, page, size)
            case "POST", ["v1", "domain", "resolve", "list"]:
                fields = asked.json()
                zone = self._zone(fields["domain"])
                return paged(
                    [self._shown(row, zone) for row in self.within(zone)], fields.get("pageNo", 1), fields.get("pageSize", 10)
                )
            case "POST", ["v1", "domain", "resolve", "add"]:
                fields = asked.json()
                name = self.whole(fields["domain"], self._zone(fields["zoneName"]))
                line = fields.get("view", "DEFAULT").lower()
                self.add(name, fields["rdType"], self._capitals(fields), fields["ttl"], line=line)
                return NOTHING
            case "POST", ["v1", "domain", "resolve", "edit"]:
                fields = asked.json()
                self._zone(fields["zoneName"])
                if fields["domain"] != self._named(fields["recordId"]):
                    raise no(400, "InvalidParameterValue", "domain and recordId do not match.")
                line = fields.get("view", "DEFAULT").lower()
                self.alter(str(fields["recordId"]), self._capitals(fields), fields["ttl"], line=line)
                return NOTHING
            case "POST", ["v1", "domain", "resolve", "delete"]:
                fields = asked.json()
                self._zone(fields["zoneName"])
                self.drop(str(fields["recordId"]))
                return NOTHING
        raise no(404, "NoSuchUri", "The URI does not exist.")

    def says(self, name: str, type_: str = "A") -> list[str]:
        return [value.lower() for value in super().says(name, type_)]

    def _zone(self, spelled: str) -> str:
        return self.known(spelled.encode("idna").decode())

    def _named(self, id_: object) -> str:
        self._interrupted()
        if not isinstance(id_, int):
            raise no(400, "InappropriateJSON", "recordId must be a number.")
        row = self.by_id(str(id_))
        return unicode(self.label(row, self.home(row["name"])))

    def _capitals(self, fields: Row) -> str:
        value = str(fields["rdata"])
        if value != value.upper():
            raise Clash("address")
        return value

    def _shown(self, row: Row, zone: str) -> Row:
        own = {"recordId": int(row["id"]), "domain": unicode(self.label(row, zone)), "view": row["line"].upper()}
        return own | {
            "rdtype": row["type"],
            "ttl": row["ttl"],
            "rdata": row["value"],
            "zoneName": unicode(zone),
            "status": row["status"].upper(),
        }


def paged(every: list[Row], page: int, size: int) -> Reply:
    some = every[(page - 1) * size : page * size]
    return said({"orderBy": "domain", "order": "desc", "pageNo": page, "pageSize": size, "totalCount": len(every), "result": some})


CASE = Case(
    "baidu-bcd",
    lambda: filled(BaiduBcdFake),
    {"access_key_id": KEY, "secret_access_key": SECRET},
    {"secret_access_key": "wrong"},
)
