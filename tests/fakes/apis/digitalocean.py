"""DigitalOcean's records: the filter takes whole names, everything else speaks of labels; pages of 20."""

from tests.fakes.zones import ApiFake, Asked, Case, Refusal, Reply, Row, filled, said

TOKEN = "dop_v1_FakeToken0123456789"


class DigitalOceanFake(ApiFake):
    usual_ttl = 1800
    least_ttl = 30

    def respond(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refusal(error("unauthorized", "Unable to authenticate you", 401))
        match asked.method, asked.parts[1:]:
            case "GET", ["domains", zone]:
                self._known(zone)
                return said({"domain": {"name": zone, "ttl": 1800, "zone_file": "$ORIGIN …"}})
            case "GET", ["domains", zone, "records"]:
                return self._listed(self._known(zone), asked.query)
            case "POST", ["domains", zone, "records"]:
                fields = asked.json()
                row = self.add(self.whole(fields["name"], self._known(zone)), fields["type"], fields["data"], fields.get("ttl"))
                return said({"domain_record": self._shown(row, zone)}, 201)
            case (("PATCH" | "PUT"), ["domains", zone, "records", id_]):
                fields = asked.json()
                self._known(zone)
                return said({"domain_record": self._shown(self.alter(id_, fields["data"], fields.get("ttl")), zone)})
            case "DELETE", ["domains", zone, "records", id_]:
                self._known(zone)
                self.drop(id_)
                return 204, {}, b""
        raise Refusal(error("not_found", "The resource you were accessing could not be found.", 404))

    def _known(self, zone: str) -> str:
        if zone not in self.zones:
            raise Refusal(error("not_found", "The resource you were accessing could not be found.", 404))
        return zone

    def _listed(self, zone: str, query: dict[str, str]) -> Reply:
        name, type_ = query.get("name"), query.get("type")
        every = [row for row in self.within(zone) if name in (None, row["name"]) and type_ in (None, row["type"])]
        size, page = int(query.get("per_page", 20)), int(query.get("page", 1))
        some = every[(page - 1) * size : page * size]
        more = {"pages": {"next": f"https://api.digitalocean.com/v2/domains/{zone}/records?page={page + 1}"}}
        links = more if len(every) > page * size else {}
        return said({"domain_records": [self._shown(row, zone) for row in some], "links": links, "meta": {"total": len(every)}})

    def _shown(self, row: Row, zone: str) -> Row:
        own = {"id": int(row["id"]), "type": row["type"], "name": self.label(row, zone), "data": row["value"], "ttl": row["ttl"]}
        return own | {"priority": None, "port": None, "weight": None, "flags": None, "tag": None}

    def clashed(self, kind: str) -> Reply:
        if kind == "gone":
            return error("not_found", "The resource you were accessing could not be found.", 404)
        words = {"cname": "CNAME records cannot share a name with other records", "duplicate": "Record already exists."}
        return error("unprocessable_entity", words.get(kind, "Data needs to end with a dot (.)"), 422)


def error(id_: str, message: str, status: int) -> Reply:
    return said({"id": id_, "message": message, "request_id": "4d9d8375-3c56-4925-a3e7-eb137fed17e9"}, status)


CASE = Case(
    "digitalocean",
    lambda: filled(DigitalOceanFake),
    {"token": TOKEN},
    {"token": "dop_v1_wrong"},
    throttled=said({"id": "too_many_requests", "message": "API Rate limit exceeded."}, 429, retry_after="120"),
)
