"""AliDNS: an action in a header, a signature that is checked to the last octet, nonces that count once, fuzzy search by default.

Codes and statuses follow the error tables of its API pages.
"""

import calendar
import hashlib
import hmac
import time
import urllib.parse
from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Refusal, Reply, Row, filled, said

KEY, SECRET = "LTAI4FakeAccessKey01", "FakeSecretKey0123456789abcdef01"
STS_KEY, STS_TOKEN = "STS.FakeSessionKey01", "CAISFakeSecurityToken/+=="
DEMANDED = ("host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256")
WINDOW_FOR = 900
WORDS = {
    "address": ("InvalidParameter", "The parameter Value is not valid."),
    "ttl": ("QuotaExceeded.TTL", "The TTL is out of your plan's range: 600 to 86400."),
    "cname": ("DomainRecordConflict", "The DNS record conflicts with other DNS records."),
    "duplicate": ("DomainRecordDuplicate", "The DNS record already exists."),
    "gone": ("DomainRecordNotBelongToUser", "The DNS record does not exist or does not belong to this user."),
}


class AliDnsFake(ApiFake):
    usual_ttl = 600
    least_ttl = 600
    most_ttl = 86400

    def __init__(self) -> None:
        super().__init__()
        self.keys = {KEY: SECRET, STS_KEY: SECRET}

    def record(self, name: str, value: str, **more: Any) -> Row:
        return super().record(name, value, **{"line": "default", "status": "ENABLE", "locked": False, "weight": 1} | more)

    def is_change(self, asked: Asked) -> bool:
        return not asked.headers.get("x-acs-action", "").startswith("Describe")

    def respond(self, asked: Asked) -> Reply:
        self._authorized(asked)
        action = {
            "DescribeDomains": self._domains,
            "DescribeSubDomainRecords": self._of_a_name,
            "DescribeDomainRecords": self._of_a_domain,
            "AddDomainRecord": self._add,
            "UpdateDomainRecord": self._update,
            "DeleteDomainRecord": self._delete,
        }.get(asked.headers.get("x-acs-action", ""))
        if asked.path != "/" or not action:
            raise no("InvalidAction.NotFound", "Specified api is not found, please check your url and method.", 404)
        return action(asked.query | asked.form())

    # --- who asks ------------------------------------------------------------------------------------------------------

    def _authorized(self, asked: Asked) -> None:
        """Check keys, time, nonce and signature, in the order in which the service does."""
        headers = asked.headers
        algorithm, _, rest = headers.get("authorization", "").partition(" ")
        login = dict(part.split("=", 1) for part in rest.split(",") if "=" in part)
        signed = login.get("SignedHeaders", "").split(";")
        demanded = {*DEMANDED, *(name for name in headers if name.startswith("x-acs-") or name == "content-type")}
        if algorithm != "ACS3-HMAC-SHA256" or not demanded <= set(signed) <= set(headers) or signed != sorted(signed):
            raise no("IncompleteSignature", "The request signature does not conform to Aliyun standards.")
        key = login.get("Credential", "")
        if key not in self.keys:
            raise no("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        if key.startswith("STS.") and headers.get("x-acs-security-token") != STS_TOKEN:
            raise no("InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey.")
        self._in_time(headers, asked.now_at)
        if not hmac.compare_digest(login.get("Signature", ""), signature(asked, signed, self.keys[key])):
            raise no("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.")
        if headers["x-acs-version"] != "2015-01-09":
            raise no("NoSuchVersion", "The specified version does not exist.")

    def _in_time(self, headers: Any, now_at: float) -> None:
        try:
            sent_at = calendar.timegm(time.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ"))
        except ValueError:
            raise no("InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.") from None
        if abs(sent_at - now_at) > WINDOW_FOR:
            raise no("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
        if headers["x-acs-signature-nonce"] in self.logins:
            raise no("SignatureNonceUsed", "Specified signature nonce was used already.")
        self.logins.append(headers["x-acs-signature-nonce"])

    # --- what is asked -------------------------------------------------------------------------------------------------

    def _domains(self, query: dict[str, str]) -> Reply:
        word, exact = query.get("KeyWord", "").lower(), query.get("SearchMode", "LIKE") == "EXACT"
        own = [name for name in self.zones if (name == word if exact else word in name)]
        shown = [{"DomainId": self.zones[name], "DomainName": unicode(name), "PunyCode": name, "AliDomain": True} for name in own]
        return paged(query, "Domains", "Domain", shown)

    def _of_a_name(self, query: dict[str, str]) -> Reply:
        name = query["SubDomain"].lower().removeprefix("@.")
        zone = self._owned(query.get("DomainName") or ".".join(name.split(".")[-2:]))
        rows = [row for row in self.within(zone) if row["name"] == name and query.get("Type") in (None, row["type"])]
        own = [row for row in rows if query.get("Line") in (None, row["line"])]
        return paged(query, "DomainRecords", "Record", [self._shown(row, zone) for row in own])

    def _of_a_domain(self, query: dict[str, str]) -> Reply:
        zone, word = self._owned(query["DomainName"]), query.get("RRKeyWord", query.get("KeyWord", ""))
        own = [shown for row in self.within(zone) if word in (shown := self._shown(row, zone))["RR"]]
        return paged(query, "DomainRecords", "Record", own)

    def _add(self, query: dict[str, str]) -> Reply:
        name = self.whole(query["RR"], self._owned(query["DomainName"]))
        row = self.add(name, query["Type"], query["Value"], self._ttl(query), line=query.get("Line", "default"))
        return answer({"RecordId": row["id"]})

    def _update(self, query: dict[str, str]) -> Reply:
        row = next((row for row in self.records if row["id"] == query["RecordId"]), None)
        value, ttl, line = query["Value"], self._ttl(query), query.get("Line", "default")
        if row and row["locked"]:
            raise no("DomainRecordLocked", "The DNS record is locked.")
        if row and (row["value"], row["ttl"], row["line"]) == (value, ttl, line):
            return self.clashed("duplicate")
        self.alter(query["RecordId"], value, ttl, line=line)
        return answer({"RecordId": query["RecordId"]})

    def _delete(self, query: dict[str, str]) -> Reply:
        self.drop(query["RecordId"])
        return answer({"RecordId": query["RecordId"]})

    def _ttl(self, query: dict[str, str]) -> int:
        return int(query.get("TTL", "600"))

    def _owned(self, zone: str) -> str:
        if zone.lower() not in self.zones:
            raise no("InvalidDomainName.NoExist", "The specified domain name does not exist. Refresh the page and try again.")
        return zone.lower()

    def _shown(self, row: Row, zone: str) -> Row:
        own = {"DomainName": unicode(zone), "RR": unicode(self.label(row, zone)), "RecordId": row["id"], "Type": row["type"]}
        kept = {name.capitalize(): row[name] for name in ("value", "line", "status", "locked", "weight", "remark") if name in row}
        return own | kept | {"TTL": row["ttl"]}

    def clashed(self, kind: str) -> Reply:
        return no(*WORDS[kind]).reply


def signature(asked: Asked, signed: list[str], secret: str) -> str:
    """Return the signature as the service works it out; what is hashed is the body that came, not what a header says of it."""
    query = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(asked.query.items()))
    lines = "".join(f"{name}:{asked.headers[name].strip()}\n" for name in signed)
    hashed = hashlib.sha256(asked.body).hexdigest()
    whole = f"{asked.method}\n{asked.path}\n{query}\n{lines}\n{';'.join(signed)}\n{hashed}"
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(whole.encode()).hexdigest()
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def encoded(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


def unicode(name: str) -> str:
    """Return a name as the service's pages and answers spell it."""
    return name.encode().decode("idna") if "xn--" in name else name


def paged(query: dict[str, str], outer: str, inner: str, every: list[Row]) -> Reply:
    size, page = int(query.get("PageSize", "20")), int(query.get("PageNumber", "1"))
    if not 1 <= size <= 100:
        raise no("InvalidParameter", "The specified value of parameter PageSize is not valid.")
    some = every[(page - 1) * size : page * size]
    return answer({"TotalCount": len(every), "PageNumber": page, "PageSize": size, outer: {inner: some}})


def answer(fields: dict[str, Any]) -> Reply:
    return said({"RequestId": "536E9CAD-DB30-4647-AC87-AA5CC38C5382", **fields})


def no(code: str, message: str, status: int = 400, **headers: str) -> Refusal:
    fields = {
        "RequestId": "536E9CAD-DB30-4647-AC87-AA5CC38C5382",
        "HostId": "alidns.aliyuncs.com",
        "Code": code,
        "Message": message,
    }
    return Refusal(said({**fields, "Recommend": f"https://api.aliyun.com/troubleshoot?q={code}"}, status, **headers))


CASE = Case(
    "alidns",
    lambda: filled(AliDnsFake),
    {"access_key_id": KEY, "access_key_secret": SECRET},
    {"access_key_secret": "wrong"},
    throttled=no("Throttling.User", "Request was denied due to user flow control.", x_acs_retry_after="119500").reply,
    wait_for=119.5,
)
