"""What other clients ask of the services and the agent never does, and the fakes' answers to it, as those clients read them."""

import json
from collections.abc import Callable
from typing import Any

from tests.fakes.apis.godaddy import GoDaddyFake
from tests.fakes.zones import ApiFake, Asked, Clash, Refusal, Reply, said

Extra = Callable[[Any, Asked], "Reply | Asked | None"]  # an answer, the question in other words, or nothing


def widened(fake: ApiFake, service: str) -> ApiFake:
    """Let a fake hear the extras of its service first."""
    usual, extra = fake.answer, EXTRAS.get(service)
    if extra is None:
        return fake
    if isinstance(fake, GoDaddyFake):
        fake.plan = "open"  # the others read before they write

    def answer(method: str, path: str, query: dict[str, str], headers: Any, body: bytes, peer: str, now_at: float) -> Reply:
        asked = Asked(method, path, query, headers, body, now_at)
        try:
            found = extra(fake, asked)
        except Refusal as no:
            return no.reply
        except Clash as clash:
            return fake.clashed(clash.kind)
        if isinstance(found, tuple) and not isinstance(found, Asked):
            return found
        asked = found or asked
        return usual(asked.method, asked.path, asked.query, asked.headers, asked.body, peer, now_at)

    fake.answer = answer  # type: ignore[method-assign]
    return fake


def _rows(fake: ApiFake, zone: str, label: str = "", type_: str = "") -> list[Any]:
    return [row for row in fake.within(zone) if type_ in ("", row["type"]) and label in ("", fake.label(row, zone))]


def cloudflare(fake: ApiFake, asked: Asked) -> Reply | None:
    """A zone has page rules; octodns asks for them though it was told not to care."""
    return said({"result": [], "success": True, "errors": []}) if asked.parts[-1] == "pagerules" else None


def vultr(fake: ApiFake, asked: Asked) -> Reply | None:
    match asked.method, asked.parts[1:]:
        case "GET", ["domains"]:
            meta = {"total": len(fake.zones), "links": {"next": "", "prev": ""}}
            return said({"domains": [{"domain": zone} for zone in fake.zones], "meta": meta})
        case "GET", ["domains", zone, "records", id_]:
            row = fake.by_id(id_)
            own = {"id": id_, "type": row["type"], "name": fake.label(row, zone, ""), "data": row["value"], "ttl": row["ttl"]}
            return said({"record": own})
    return None


def namecom(fake: ApiFake, asked: Asked) -> Reply | None:
    return said({"domains": [{"domainName": zone} for zone in fake.zones]}) if asked.parts == ["v4", "domains"] else None


def godaddy(fake: ApiFake, asked: Asked) -> Reply | None:
    match asked.method, asked.parts:
        case "GET", ["v1", "domains", zone]:
            return said({"domain": zone, "domainId": int(fake.zones[zone]), "status": "ACTIVE"})
        case "GET", ["v1", "domains", zone, "records", *rest] if len(rest) < 2:
            rows = _rows(fake, zone, type_="".join(rest))
            shown = [{"name": fake.label(row, zone), "type": row["type"], "data": row["value"], "ttl": row["ttl"]} for row in rows]
            return said(shown)
        case "PUT", ["v1", "domains", zone, "records", type_]:
            for label in {entry["name"] for entry in asked.json()}:
                entries = [entry for entry in asked.json() if entry["name"] == label]
                values = [entry["data"] for entry in entries]
                fake.replace(fake.whole(label, zone), type_, values, entries[0]["ttl"])
            return 200, {"content-type": "application/json"}, b""
    return None


def gandi(fake: ApiFake, asked: Asked) -> Reply | None:
    match asked.method, asked.parts[2:]:
        case "GET", ["domains"]:
            return said([{"fqdn": zone} for zone in fake.zones])
        case "GET", ["domains", zone, "records", *label] if len(label) < 2:
            keys = dict.fromkeys((fake.label(row, zone), row["type"]) for row in _rows(fake, zone, "".join(label)))
            return said([_gandi_set(fake, zone, *key) for key in keys])
        case "POST", ["domains", zone, "records", *which]:
            fields = asked.json()
            label, type_ = which or (fields["rrset_name"], fields["rrset_type"])
            fake.replace(fake.whole(label, zone), type_, fields["rrset_values"], fields.get("rrset_ttl"))
            return said({"message": "DNS Record Created"}, 201)
        case "DELETE", ["domains", zone, "records", label, type_]:
            fake.replace(fake.whole(label, zone), type_, [], None)
            return 204, {}, b""
    return None


def _gandi_set(fake: ApiFake, zone: str, label: str, type_: str) -> dict[str, Any]:
    rows = _rows(fake, zone, label, type_)
    values = [row["value"] for row in rows]
    return {"rrset_name": label, "rrset_type": type_, "rrset_ttl": rows[0]["ttl"], "rrset_values": values}


def digitalocean(fake: ApiFake, asked: Asked) -> Reply | None:
    zones = {"domains": [{"name": zone, "ttl": 1800} for zone in fake.zones], "links": {}, "meta": {"total": len(fake.zones)}}
    return said(zones) if (asked.method, asked.parts) == ("GET", ["v2", "domains"]) else None


def hetzner(fake: ApiFake, asked: Asked) -> Reply | Asked:
    """A zone may be called by its number, sets can be listed, and records added to one, which may not be there yet."""
    names = {id_: zone for zone, id_ in fake.zones.items()}
    asked = asked._replace(
        path="/".join(names.get(part, part) if place == 3 else part for place, part in enumerate(asked.path.split("/")))
    )
    match asked.method, asked.parts[1:]:
        case "GET", ["zones", zone, "rrsets"]:
            rows = _rows(fake, zone, asked.query.get("name", ""), asked.query.get("type", ""))
            keys = dict.fromkeys((fake.label(row, zone), row["type"]) for row in rows)
            sets = [_hetzner_set(fake, zone, *key) for key in keys]
            return said({"rrsets": sets, "meta": {"pagination": {"page": 1, "last_page": 1, "next_page": None}}})
        case "POST", ["zones", zone, "rrsets", label, type_, "actions", "add_records"]:
            for record in asked.json()["records"]:
                fake.add(fake.whole(label, zone), type_, record["value"], asked.json().get("ttl"))
            return said({"action": {"id": 1, "status": "success", "progress": 100, "error": None}}, 201)
    return asked


def _hetzner_set(fake: ApiFake, zone: str, label: str, type_: str) -> dict[str, Any]:
    rows = _rows(fake, zone, label, type_)
    records = [{"value": row["value"], "comment": ""} for row in rows]
    return {"id": f"{label}/{type_}", "name": label, "type": type_, "ttl": rows[0]["ttl"], "records": records}


def porkbun(fake: ApiFake, asked: Asked) -> Reply | None:
    if asked.parts[3:] == ["ping"]:
        return said({"status": "SUCCESS", "yourIp": "198.51.100.99"})
    if asked.parts[3:5] == ["dns", "retrieve"]:
        rows = [
            {"id": row["id"], "name": row["name"], "type": row["type"], "content": row["value"]}
            for row in _rows(fake, asked.parts[5])
        ]
        return said({"status": "SUCCESS", "records": [row | {"ttl": "600", "prio": "0"} for row in rows]})
    return None


def dnspod(fake: ApiFake, asked: Asked) -> Asked:
    """Its rules want a program's name and an address of its maker; the others name their HTTP library."""
    return asked._replace(headers={**asked.headers, "user-agent": "Other/1.0 (maker@example.com)"})


def dynu_api(fake: ApiFake, asked: Asked) -> Reply | Asked | None:
    """A record for which no TTL is said gets its domain's."""
    if asked.method == "POST":
        return asked._replace(body=json.dumps({"ttl": 120} | asked.json()).encode())
    match asked.method, asked.parts[1:]:
        case "GET", ["dns"]:
            return said({"statusCode": 200, "domains": [{"id": id_, "name": zone} for zone, id_ in fake.zones.items()]})
        case "GET", ["dns", id_, "record", *rest]:
            zone = next(name for name, own in fake.zones.items() if own == id_)
            rows = [_dynu(fake, zone, row) for row in _rows(fake, zone) if not rest or row["id"] == rest[0]]
            return said({"statusCode": 200} | (rows[0] if rest else {"dnsRecords": rows}))
    return None


def _dynu(fake: ApiFake, zone: str, row: Any) -> dict[str, Any]:
    field = "ipv6Address" if row["type"] == "AAAA" else "ipv4Address"
    own = {"id": int(row["id"]), "nodeName": fake.label(row, zone, ""), "hostname": row["name"], "recordType": row["type"]}
    content = f"{row['name']}. {row['ttl']} IN {row['type']} {row['value']}"
    return own | {"ttl": row["ttl"], "state": row.get("state", True), field: row["value"], "content": content}


def scaleway(fake: ApiFake, asked: Asked) -> Reply | Asked | None:
    """Beside setting all values of a name, records can be added, and one of them set by its id; names may be in camel case."""
    if asked.method != "PATCH":
        return None
    if b"idFields" in asked.body:
        return asked._replace(body=asked.body.replace(b"idFields", b"id_fields"))
    zone = asked.parts[3]
    for change in asked.json()["changes"]:
        for one in change.get("add", {}).get("records", ()):
            fake.add(fake.whole(one["name"], zone, ""), one["type"], one["data"], one["ttl"], comment=None)
        for one in change["set"]["records"] if "id" in change.get("set", {}) else ():
            fake.alter(change["set"]["id"], one["data"], one["ttl"])
    return said({"records": []})


EXTRAS: dict[str, Extra] = {
    "cloudflare": cloudflare,
    "digitalocean": digitalocean,
    "dnspod": dnspod,
    "dynu-api": dynu_api,
    "gandi": gandi,
    "godaddy": godaddy,
    "hetzner": hetzner,
    "namecom": namecom,
    "porkbun": porkbun,
    "scaleway": scaleway,
    "vultr": vultr,
}
