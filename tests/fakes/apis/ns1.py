"""NS1's zones: PUT creates and POST changes; answers with metadata, filters and links; a bucket of requests in every header."""

from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Clash, Refusal, Reply, Row, filled, said

KEY = "FakeNs1Key0123456789"


class Ns1Fake(ApiFake):
    usual_ttl = 3600

    def __init__(self) -> None:
        super().__init__()
        self.readonly = False
        self.zone_facts: dict[str, dict[str, Any]] = {}
        self.facts: dict[tuple[str, str], dict[str, Any]] = {}  # filters, link, meta of a record
        self.left = 500

    def respond(self, asked: Asked) -> Reply:
        self.left -= 1
        bucket = {"x_ratelimit_by": "customer", "x_ratelimit_limit": "500", "x_ratelimit_period": "90"}
        bucket["x_ratelimit_remaining"] = str(max(self.left, 0))
        if self.left < 0:
            raise Refusal(said({"message": "rate limit exceeded"}, 429, **bucket))
        status, headers, body = self._answered(asked)
        return status, headers | {name.replace("_", "-"): value for name, value in bucket.items()}, body

    def _answered(self, asked: Asked) -> Reply:
        if asked.headers.get("x-nsone-key") != KEY:
            raise Refusal(error("Unauthorized", 401))
        match asked.method, asked.parts[1:]:
            case "GET", ["zones", zone]:
                self._known(zone)
                records = (
                    {} if asked.query.get("records") == "false" else {"records": [self._short(row) for row in self.within(zone)]}
                )
                return said(
                    {"zone": zone, "id": self.zones[zone], "ttl": 3600, "link": None} | self.zone_facts.get(zone, {}) | records
                )
            case "GET", ["zones", zone, domain, type_]:
                self._known(zone)
                return said(self._shown(zone, domain, type_))
            case (("PUT" | "POST"), ["zones", zone, domain, type_]):
                return self._put(zone, domain, type_, asked)
        raise Refusal(error("not found", 404))

    def _known(self, zone: str) -> None:
        if zone not in self.zones:
            raise Refusal(error("zone not found", 404))

    def _short(self, row: Row) -> dict[str, Any]:
        return {"domain": row["name"], "type": row["type"], "ttl": row["ttl"], "short_answers": [row["value"]], "tier": 1}

    def _rows(self, domain: str, type_: str) -> list[Row]:
        return [row for row in self.records if (row["name"], row["type"]) == (domain, type_)]

    def _shown(self, zone: str, domain: str, type_: str) -> dict[str, Any]:
        rows, facts = self._rows(domain, type_), self.facts.get((domain, type_), {})
        if not rows and "link" not in facts:
            raise Refusal(error("record not found", 404))
        keys = ("meta", "region")
        answers = [{"answer": [row["value"]], "id": row["id"]} | {key: row[key] for key in keys if row.get(key)} for row in rows]
        whole = {"zone": zone, "domain": domain, "type": type_, "ttl": rows[0]["ttl"] if rows else self.usual_ttl}
        return whole | {"answers": answers, "filters": [], "meta": {}, "regions": {}, "use_client_subnet": True} | facts

    def _put(self, zone: str, domain: str, type_: str, asked: Asked) -> Reply:
        self._known(zone)
        if self.readonly:
            raise Refusal(error("permission denied: dns.manage_zones", 403))
        self._interrupted()
        fields, rows = asked.json(), self._rows(domain, type_)
        if asked.method == "PUT" and rows:
            raise Refusal(error("record already exists", 400))
        if asked.method == "PUT" and (fields["zone"], fields["domain"], fields["type"]) != (zone, domain, type_):
            raise Refusal(error("the body is about another record than the URL", 400))
        if asked.method == "POST" and not rows:
            raise Refusal(error("record not found", 404))
        ttl = fields.get("ttl", rows[0]["ttl"] if rows else self.usual_ttl)
        if any(len(answer["answer"]) != 1 for answer in fields["answers"]):
            raise Clash("address")
        new = self.replace(domain, type_, [answer["answer"][0] for answer in fields["answers"]], ttl)
        for row, answer in zip(new, fields["answers"], strict=True):
            row |= {"meta": answer.get("meta"), "region": answer.get("region")}
        return said(self._shown(zone, domain, type_))

    def clashed(self, kind: str) -> Reply:
        words = {"cname": "record conflicts with existing CNAME", "duplicate": "duplicate answers"}.get(
            kind, "Input validation failed"
        )
        return error(words, 400)


def error(message: str, status: int) -> Reply:
    return said({"message": message}, status)


CASE = Case(
    "ns1",
    lambda: filled(Ns1Fake),
    {"api_key": KEY},
    {"api_key": "wrong"},
    throttled=said(
        {"message": "rate limit exceeded"}, 429, x_ratelimit_limit="10", x_ratelimit_period="45", x_ratelimit_remaining="0"
    ),
    wait_for=45.0,
    ttl=600,
)
