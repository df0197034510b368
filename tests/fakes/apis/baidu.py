"""Baidu AI Cloud DNS: zones are searched by a part of the name, listings have all types of a label, a change answers nothing."""

from tests.fakes.bce import KEY, SECRET, BceFake, no, unicode
from tests.fakes.zones import Asked, Case, Reply, Row, filled, said

NOTHING: Reply = (200, {"content-type": "application/json;charset=UTF-8"}, b"")


class BaiduFake(BceFake):
    def serve(self, asked: Asked) -> Reply:
        match asked.method, asked.parts[2:]:
            case "GET", ["zone"]:
                found = [name for name in self.zones if asked.query.get("name", "") in name]
                every = [{"id": self.zones[name], "name": unicode(name), "status": "running"} for name in found]
                return paged(asked, "zones", every)
            case "GET", ["zone", zone, "record"]:
                return self._listed(asked, self._zone(zone))
            case "POST", ["zone", zone, "record"]:
                fields, zone = asked.json(), self._zone(zone)
                name, more = self.whole(fields["rr"], zone), {"line": "default", "description": ""}
                more |= {part: fields[part] for part in more if part in fields}
                self.add(name, fields["type"], fields["value"], fields.get("ttl"), **more)
                return NOTHING
            case "PUT", ["zone", zone, "record", id_]:
                fields = asked.json()
                self._zone(zone)
                self.alter(id_, fields["value"], fields.get("ttl", 300), description=fields.get("description", ""))
                return NOTHING
            case "DELETE", ["zone", zone, "record", id_]:
                self._zone(zone)
                self.drop(id_)
                return NOTHING
        raise no(404, "NoSuchUri", "The URI does not exist.")

    def _zone(self, spelled: str) -> str:
        return self.known(spelled.encode("idna").decode())

    def _listed(self, asked: Asked, zone: str) -> Reply:
        every = [self._shown(row, zone) for row in self.within(zone)]
        return paged(asked, "records", [shown for shown in every if asked.query.get("rr", "") in ("", shown["ascii"])])

    def _shown(self, row: Row, zone: str) -> Row:
        label = self.label(row, zone)
        kept = {name: row[name] for name in ("id", "type", "value", "ttl", "line", "status", "description")}
        return kept | {"rr": unicode(label), "ascii": label, "priority": None}


def paged(asked: Asked, what: str, every: list[Row]) -> Reply:
    """Show a part of a listing; a parameter that is empty, as the SDK sends it, is none."""
    size, start = min(int(asked.query.get("maxKeys") or "1000"), 1000), int((asked.query.get("marker") or "m0").removeprefix("m"))
    more = {"isTruncated": True, "nextMarker": f"m{start + size}"} if start + size < len(every) else {"isTruncated": False}
    return said({"marker": f"m{start}", "maxKeys": size, what: every[start : start + size], **more})


CASE = Case("baidu", lambda: filled(BaiduFake), {"access_key_id": KEY, "secret_access_key": SECRET}, {"secret_access_key": "wrong"})
