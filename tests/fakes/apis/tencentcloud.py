"""Tencent Cloud DNSPod, API 3.0: TC3 signatures, errors inside HTTP 200, an empty listing that is an error, whole changes."""

import hashlib
import hmac
import time
from typing import Any

from tests.fakes.lines import LineFake
from tests.fakes.zones import Asked, Case, Refusal, Reply, Row, filled, said

ID = "AKIDFakeSecretId0000000000000000000"
KEY = "FakeTencentSecretKey000000000000"
TEMPORARY, TOKEN = "AKIDFakeTemporaryId0000000000000000", "FakeSessionToken0123456789"
SKEW = 300.0
WORDS = {
    "address": ("InvalidParameter.RecordValueInvalid", "The record value is invalid."),
    "ttl": ("LimitExceeded.RecordTtlLimit", "The TTL of the record exceeds the limit."),
    "cname": ("InvalidParameter.CustomMessage", "It conflicts with a CNAME record."),
    "duplicate": ("InvalidParameter.DomainRecordExist", "The record already exists."),
    "gone": ("InvalidParameter.RecordIdInvalid", "The record number is invalid."),
    "locked": ("FailedOperation.FrequencyLimit", "You are operating too frequently. Please try again later."),
}


class TencentCloudFake(LineFake):
    def is_change(self, asked: Asked) -> bool:
        return not asked.headers.get("x-tc-action", "").startswith("Describe")

    def respond(self, asked: Asked) -> Reply:
        self.logins.append(asked.headers.get("authorization", ""))
        signed(asked)
        if asked.headers.get("x-tc-version") != "2021-03-23":
            raise Refusal(error("NoSuchVersion", "The API version does not exist."))
        act = getattr(self, f"do_{asked.headers.get('x-tc-action', '').lower()}", None)
        if act is None:
            raise Refusal(error("InvalidAction", "The API does not exist."))
        return done(act(asked.json(), asked))

    def do_describedomain(self, fields: Row, _: Asked) -> Row:
        zone = self._zone(fields)
        own = {
            "Domain": zone,
            "Punycode": zone,
            "DomainId": int(self.zones[zone]),
            "Status": "ENABLE",
            "TTL": 600,
            "Grade": "DP_FREE",
        }
        return {"DomainInfo": own}

    def do_describerecordlist(self, fields: Row, _: Asked) -> Row:
        """A label that is asked for is the whole label; 100 records where no limit is said."""
        zone = self._zone(fields)
        asked = fields.get("SubDomain", fields.get("Subdomain")), fields.get("RecordType")
        every = [row for row in self.within(zone) if asked[0] in (None, self.label(row, zone)) and asked[1] in (None, row["type"])]
        offset = fields.get("Offset", 0)
        some = every[offset : offset + fields.get("Limit", 100)]
        if not some and fields.get("ErrorOnEmpty") != "no":
            raise Refusal(error("ResourceNotFound.NoDataOfRecord", "The list of records is empty."))
        counts = {"SubdomainCount": len(every), "TotalCount": len(every), "ListCount": len(some)}
        return {"RecordCountInfo": counts, "RecordList": [self._shown(row, zone) for row in some]}

    def do_createrecord(self, fields: Row, _: Asked) -> Row:
        name = self._named(fields)
        own = {"line": self.on, "line_id": self.lines[self.on], "enabled": fields.get("Status", "ENABLE") == "ENABLE"}
        row = self.add(name, fields["RecordType"], fields["Value"], fields.get("TTL"), weight=fields.get("Weight"), **own)
        return {"RecordId": int(row["id"])}

    def do_modifyrecord(self, fields: Row, asked: Asked) -> Row:
        """What is not said goes back to what it usually is, but for the remark."""
        name, id_ = self._named(fields), str(needed(fields, "RecordId"))
        own = {"weight": fields.get("Weight"), "enabled": fields.get("Status", "ENABLE") == "ENABLE", "line": self.on}
        own |= {"line_id": self.lines[self.on]} | ({"remark": fields["Remark"]} if "Remark" in fields else {})
        ttl = fields.get("TTL", self.usual_ttl)
        self.counted(id_, asked.now_at, name=name, value=fields["Value"], ttl=ttl, **own)
        self.alter(id_, fields["Value"], ttl, name=name, **own)
        return {"RecordId": int(id_)}

    def do_deleterecord(self, fields: Row, _: Asked) -> Row:
        self._zone(fields)
        self.drop(str(needed(fields, "RecordId")))
        return {}

    def _zone(self, fields: Row) -> str:
        zone = str(needed(fields, "Domain"))
        if zone not in self.zones:
            raise Refusal(error("InvalidParameterValue.DomainNotExists", "Domain not exist."))
        return zone

    def _named(self, fields: Row) -> str:
        """Return the whole name, having set the line: its id wins over its name."""
        for wanted in ("RecordType", "RecordLine", "Value"):
            needed(fields, wanted)
        by_id = {id_: line for line, id_ in self.lines.items()}
        self.on = by_id.get(str(fields.get("RecordLineId")), str(fields["RecordLine"]))
        if self.on not in self.lines:
            raise Refusal(error("InvalidParameter.RecordLineInvalid", "The record split zone is incorrect."))
        return self.whole(fields.get("SubDomain", "@"), self._zone(fields))

    def _shown(self, row: Row, zone: str) -> Row:
        own = {"RecordId": int(row["id"]), "Value": row["value"], "Status": "ENABLE" if row["enabled"] else "DISABLE"}
        own |= {"UpdatedOn": "2026-01-02 03:04:05", "Name": self.label(row, zone), "Line": row["line"], "LineId": row["line_id"]}
        own |= {"Type": row["type"], "Weight": row["weight"], "MonitorStatus": "", "Remark": row["remark"], "TTL": row["ttl"]}
        return own | {"MX": 0, "DefaultNS": False}

    def clashed(self, kind: str) -> Reply:
        return error(*WORDS[kind])


def needed(fields: Row, name: str) -> Any:
    if name not in fields:
        raise Refusal(error("MissingParameter", f"The request is missing the parameter {name}."))
    return fields[name]


def signed(asked: Asked) -> None:
    """Refuse what is not signed by the book, step by step as the service's page on Signature v3 has it."""
    head, _, rest = asked.headers.get("authorization", "").partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if head != "TC3-HMAC-SHA256" or {"Credential", "SignedHeaders", "Signature"} - set(parts):
        raise Refusal(error("AuthFailure.InvalidAuthorization", "Authorization in the request header is invalid."))
    id_, date, service, ending = (parts["Credential"].split("/") + [""] * 4)[:4]
    if id_ not in (ID, TEMPORARY):
        raise Refusal(error("AuthFailure.SecretIdNotFound", "The SecretId is not found."))
    if id_ == TEMPORARY and asked.headers.get("x-tc-token") != TOKEN:
        raise Refusal(error("AuthFailure.TokenFailure", "The token is invalid."))
    at = asked.headers.get("x-tc-timestamp", "0")
    if abs(int(at) - asked.now_at) > SKEW:
        raise Refusal(error("AuthFailure.SignatureExpire", "The signature has expired."))
    names = parts["SignedHeaders"].split(";")
    lines = [asked.method, asked.path, "", *(f"{name}:{asked.headers.get(name, '').strip().lower()}" for name in names), ""]
    text = "\n".join([*lines, ";".join(names), hashlib.sha256(asked.body).hexdigest()])
    day = time.strftime("%Y-%m-%d", time.gmtime(int(at)))
    text = f"TC3-HMAC-SHA256\n{at}\n{day}/dnspod/tc3_request\n{hashlib.sha256(text.encode()).hexdigest()}"
    key = hmac.digest(hmac.digest(f"TC3{KEY}".encode(), day.encode(), "sha256"), b"dnspod", "sha256")
    proof = hmac.new(hmac.digest(key, b"tc3_request", "sha256"), text.encode(), "sha256").hexdigest()
    right = (date, service, ending) == (day, "dnspod", "tc3_request") and {"content-type", "host"} <= set(names)
    if not right or proof != parts["Signature"]:
        raise Refusal(error("AuthFailure.SignatureFailure", "The provided credentials could not be validated."))


def done(fields: Row) -> Reply:
    return said({"Response": fields | {"RequestId": "ab4f1426-ea15-42ea-8183-dc1b44151166"}})


def error(code: str, message: str) -> Reply:
    return done({"Error": {"Code": code, "Message": message}})


CASE = Case(
    "tencentcloud",
    lambda: filled(TencentCloudFake),
    {"secret_id": ID, "secret_key": KEY},
    {"secret_key": "wrong"},
    throttled=error("RequestLimitExceeded", "Your current request frequency exceeds the limit."),
    wait_for=60.0,
)
