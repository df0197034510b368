"""Volcengine DNS: signed queries and bodies, fuzzy searches, lists that are null, changes that leave alone what they do not say."""

import calendar
import hashlib
import hmac
import time
import urllib.parse
from typing import Any, ClassVar

from tests.fakes.lines import LineFake
from tests.fakes.zones import Asked, Case, Refusal, Reply, Row, filled, said

ID, KEY = "AKLTFakeVolcengineKeyId0000", "FakeVolcengineSecretKey0000000=="
SCOPES = (("cn-north-1", "DNS"), ("cn-beijing", "dns"))  # its documentation has the one, its SDKs the other
SKEW = 900.0
WORDS = {
    "address": (400, "ErrParamInvalid", "validation fail: params:[Value]"),
    "ttl": (400, "ErrSpecNotValid", "spec not valid: TTL"),
    "cname": (400, "ErrParamInvalid", "conflicts with a CNAME record"),
    "duplicate": (409, "ErrDBDuplicated", "duplicate"),
    "gone": (404, "ErrDBNotFound", "db not found"),
}


class VolcengineFake(LineFake):
    most_ttl = 86400
    lines: ClassVar[dict[str, str]] = {"default": "default", "telecom": "telecom", "unicom": "unicom"}
    default = "default"

    def is_change(self, asked: Asked) -> bool:
        """Reads may be GETs, as its documentation and older SDKs have it, or POSTs, as its newest SDK has it."""
        return not asked.query.get("Action", "").startswith("List")

    def respond(self, asked: Asked) -> Reply:
        self.logins.append(asked.headers.get("authorization", ""))
        signed(asked)
        action = asked.query.get("Action", "")
        if asked.query.get("Version") != "2018-08-01":
            raise Refusal(error(404, "InvalidActionOrVersion", f"Could not find operation {action}"))
        reads = action.startswith("List")
        act = getattr(self, f"do_{action.lower()}", None)
        if act is None or (asked.method == "GET" and not reads):
            raise Refusal(error(404, "InvalidActionOrVersion", f"Could not find operation {action}"))
        result = act(asked.query if asked.method == "GET" else asked.json())
        about = {
            "RequestId": "20230914165514D45",
            "Action": action,
            "Version": "2018-08-01",
            "Service": "DNS",
            "Region": "cn-north-1",
        }
        return said({"ResponseMetadata": about} | ({} if result is None else {"Result": result}))

    def do_listzones(self, query: Row) -> Row:
        """An exact search finds the name, any other whatever holds it."""
        key, exact = query.get("Key", ""), query.get("SearchMode") == "exact"
        found = [name for name in self.zones if (name == key if exact else key in name)]
        zones = [{"ZID": int(self.zones[name]), "ZoneName": name, "RecordCount": 2, "Remark": ""} for name in found]
        return {"Zones": zones[: int(query.get("PageSize", 10))] or None, "Total": len(zones)}

    def do_listrecords(self, query: Row) -> Row:
        zone, host, type_ = self._zone(str(query["ZID"])), query.get("Host", ""), query.get("Type")
        exact = query.get("SearchMode") == "exact"
        every = [row for row in self.within(zone) if type_ in (None, row["type"])]
        every = [row for row in every if (self.label(row, zone) == host if exact else host in self.label(row, zone))]
        size, page = min(int(query.get("PageSize", 10)), 500), int(query.get("PageNumber", 1))
        some = [self._shown(row) for row in every[(page - 1) * size : page * size]]
        return {"Records": some or None, "TotalCount": len(every), "PageNumber": page, "PageSize": size}

    def do_createrecord(self, fields: Row) -> Row:
        zone = self._zone(str(fields["ZID"]) if isinstance(fields["ZID"], int) else "")
        own = self._lined(fields["Line"]) | {"weight": fields.get("Weight", 1), "remark": fields.get("Remark", "")}
        return self._shown(self.add(self.whole(fields["Host"], zone), fields["Type"], fields["Value"], fields.get("TTL"), **own))

    def do_updaterecord(self, fields: Row) -> Row:
        """What is not said stays, but for the host and the line, which must be said."""
        row = self.by_id(str(fields["RecordID"]))
        own = self._lined(fields["Line"]) | {
            "weight": fields.get("Weight", row["weight"]),
            "remark": fields.get("Remark", row["remark"]),
        }
        name = self.whole(fields["Host"], self.home(row["name"]))
        return self._shown(self.alter(row["id"], str(fields.get("Value", row["value"])), fields.get("TTL"), name=name, **own))

    def do_deleterecord(self, fields: Row) -> None:
        self.drop(str(fields["RecordID"]))

    def _zone(self, id_: str) -> str:
        zone = next((name for name, own in self.zones.items() if own == id_), None)
        if zone is None:
            raise Refusal(error(400, "ErrZoneNotFound", "zone not found"))
        return zone

    def _lined(self, line: str) -> dict[str, Any]:
        self.on = line
        if line not in self.lines:
            raise Refusal(error(400, "ErrSpecNotValid", "spec not valid: Line"))
        return {"line": line, "line_id": line}

    def _shown(self, row: Row) -> Row:
        zone = self.home(row["name"])
        host = self.label(row, zone)
        own = {"RecordID": row["id"], "RecordSetID": f"{row['id']}0", "Host": host, "FQDN": f"{host}.{zone}", "PQDN": row["name"]}
        own |= {"Type": row["type"], "Value": row["value"], "TTL": row["ttl"], "Line": row["line"], "Weight": row["weight"]}
        own |= {"Enable": row["enabled"], "Remark": row["remark"], "Operators": ["2100000000"], "Tags": None}
        return own | {"CreatedAt": "2023-04-12T11:21:15+08:00", "UpdatedAt": "2023-04-12T11:21:15+08:00"}

    def clashed(self, kind: str) -> Reply:
        return error(*WORDS[kind])


def signed(asked: Asked) -> None:
    """Refuse what is not signed by the book, step by step as the service's page on signatures has it."""
    head, _, rest = asked.headers.get("authorization", "").partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if head != "HMAC-SHA256" or {"Credential", "SignedHeaders", "Signature"} - set(parts):
        raise Refusal(error(400, "InvalidAuthorization", "The Authorization of the request is invalid."))
    id_, date, region, service, ending = (parts["Credential"].split("/") + [""] * 5)[:5]
    if id_ != ID:
        raise Refusal(error(401, "InvalidAccessKey", f"The accesskey [{id_}] included in the request is invalid."))
    stamp, hashed = asked.headers.get("x-date", ""), hashlib.sha256(asked.body).hexdigest()
    at = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    if abs(at - asked.now_at) > SKEW:
        raise Refusal(error(400, "InvalidTimestamp", "The Signature of the request is expired."))
    names = parts["SignedHeaders"].split(";")
    query = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in sorted(asked.query.items()))
    lines = [asked.method, asked.path, query, *(f"{name}:{asked.headers.get(name, '').strip()}" for name in names), ""]
    text = "\n".join([*lines, ";".join(names), hashed])
    text = f"HMAC-SHA256\n{stamp}\n{date}/{region}/{service}/request\n{hashlib.sha256(text.encode()).hexdigest()}"
    key = KEY.encode()
    for step in (date, region, service, "request"):
        key = hmac.digest(key, step.encode(), "sha256")
    right = date == stamp[:8] and (region, service) in SCOPES and ending == "request" and {"host", "x-date"} <= set(names)
    proof = hmac.new(key, text.encode(), "sha256").hexdigest()
    if not right or proof != parts["Signature"] or asked.headers.get("x-content-sha256", hashed) != hashed:
        raise Refusal(error(401, "SignatureDoesNotMatch", "The request signature we calculated does not match."))


def quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


def error(status: int, code: str, message: str) -> Reply:
    own = {"RequestId": "20230914165514D45", "Error": {"Code": code, "CodeN": 0, "Message": message}}
    return said({"ResponseMetadata": own}, status)


CASE = Case(
    "volcengine",
    lambda: filled(VolcengineFake),
    {"access_key_id": ID, "secret_access_key": KEY},
    {"secret_access_key": "wrong"},
    throttled=error(
        429, "FlowLimitExceeded", "Request was rejected because the request speed of this openAPI is beyond the limit."
    ),
    wait_for=60.0,
)
