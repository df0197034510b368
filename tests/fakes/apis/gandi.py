"""Gandi LiveDNS: sets of values; a zone that the token may not see is 403, a set that is not there 404."""

from tests.fakes.zones import ApiFake, Asked, Case, Refusal, Reply, filled, said

TOKEN = "FakeGandiPat0123456789abcdef"
KEY = "FakeGandiApiKey012345678"


class GandiFake(ApiFake):
    usual_ttl = 10800
    least_ttl = 300
    most_ttl = 2592000

    def respond(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") not in (f"Bearer {TOKEN}", f"Apikey {KEY}"):
            raise Refusal(
                error(
                    401, "The server could not verify that you authorized to access the document you requested.", "HTTPUnauthorized"
                )
            )
        match asked.method, asked.parts[2:]:
            case "GET", ["domains", zone]:
                self._known(zone)
                return said(
                    {"fqdn": zone, "automatic_snapshots": False, "domain_href": f"https://api.gandi.net/v5/livedns/domains/{zone}"}
                )
            case "GET", ["domains", zone, "records", label, type_]:
                return self._shown(self.whole(label, self._known(zone)), label, type_)
            case "PUT", ["domains", zone, "records", label, type_]:
                fields = asked.json()
                before = len(self.records)
                self.replace(self.whole(label, self._known(zone)), type_, fields["rrset_values"], fields.get("rrset_ttl"))
                return said({"message": "DNS Record Created"}, 201 if len(self.records) > before else 200)
        raise Refusal(error(404, "The resource could not be found.", "HTTPNotFound"))

    def _known(self, zone: str) -> str:
        if zone not in self.zones:
            raise Refusal(error(403, "Access was denied to this resource.", "HTTPForbidden"))
        return zone

    def _shown(self, name: str, label: str, type_: str) -> Reply:
        rows = [row for row in self.records if (row["name"], row["type"]) == (name, type_)]
        if not rows:
            raise Refusal(error(404, "Can't find the DNS record", "dns-record"))
        values = [row["value"] for row in rows]
        return said(
            {"rrset_name": label, "rrset_type": type_, "rrset_ttl": rows[0]["ttl"], "rrset_values": values, "rrset_href": "…"}
        )

    def clashed(self, kind: str) -> Reply:
        words = {"cname": "a CNAME record already exists for this name", "ttl": "rrset_ttl: out of range"}
        errors = [{"location": "body", "name": "rrset_values", "description": words.get(kind, "invalid value")}]
        return said({"status": "error", "errors": errors}, 400)


def error(code: int, message: str, cause: str) -> Reply:
    return said({"code": code, "message": message, "object": cause, "cause": cause}, code)


CASE = Case("gandi", lambda: filled(GandiFake), {"token": TOKEN}, {"token": "wrong"})
