"""Amazon Route 53: XML, signatures checked for real, listings that start at a name and go on to the next, changes PENDING."""

import hashlib
import hmac
import time
import urllib.parse
import xml.etree.ElementTree as ET
from email.utils import formatdate
from typing import Any
from xml.sax.saxutils import escape

from tests.fakes.zones import ApiFake, Asked, Case, Refusal, Reply, Row, filled

SECRETS = {"AKIDEXAMPLE": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
SPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
WINDOW = 15 * 60


class Route53Fake(ApiFake):
    region = "us-east-1"
    token = ""  # the keys are temporary ones and want this token

    def __init__(self) -> None:
        super().__init__()
        self.others: list[tuple[str, str, str]] = []  # further zones: name, id, whether private
        self.seen: list[str] = []  # signatures

    def new_id(self) -> str:
        return f"Z{super().new_id()}EXAMPLE"

    def respond(self, asked: Asked) -> Reply:
        self._authorised(asked)
        match asked.method, [part for part in asked.parts[1:] if part]:
            case "GET", ["hostedzonesbyname"]:
                return self._zones(asked)
            case "GET", ["hostedzone", id_]:
                return said("GetHostedZoneResponse", zone_xml(self._zone(id_), id_, "false"), asked.now_at)
            case "GET", ["hostedzone", id_, "rrset"]:
                return self._sets(self._zone(id_), asked)
            case "POST", ["hostedzone", id_, "rrset"]:
                return self._change(self._zone(id_), asked)
        raise refusal("UnknownOperationException", "", 404, asked.now_at)

    # --- signatures ------------------------------------------------------------------------------------------------------

    def _authorised(self, asked: Asked) -> None:
        scheme, _, rest = asked.headers.get("authorization", "").partition(" ")
        if scheme != "AWS4-HMAC-SHA256":
            raise refusal("MissingAuthenticationToken", "Missing Authentication Token", 403, asked.now_at)
        said_ = dict(part.strip().split("=", 1) for part in rest.split(","))
        key_id, day, region, service, end = said_["Credential"].split("/")
        if key_id not in SECRETS or asked.headers.get("x-amz-security-token", "") != self.token:
            words = "The security token included in the request is invalid."
            raise refusal("InvalidClientTokenId", words, 403, asked.now_at)
        at = asked.headers["x-amz-date"]
        there = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(asked.now_at))
        names = said_["SignedHeaders"].split(";")
        needed = {"host"} | {name for name in asked.headers if name.startswith("x-amz-")}
        wrong = needed - set(names) or at[:8] != day or (region, service, end) != (self.region, "route53", "aws4_request")
        if wrong or said_["Signature"] != signature(asked, at, region, names, SECRETS[key_id]):
            words = "The request signature we calculated does not match the signature you provided."
            raise refusal("SignatureDoesNotMatch", words, 403, asked.now_at)
        if abs(seconds(at) - asked.now_at) > WINDOW:
            words = f"Signature expired: {at} is now earlier than {there} ({there} - 15 min.)"
            raise refusal("SignatureDoesNotMatch", words, 403, asked.now_at)

    # --- listings --------------------------------------------------------------------------------------------------------

    def _zone(self, id_: str) -> str:
        every = {own: name for name, own in self.zones.items()} | {own: name for name, own, _ in self.others}
        if id_ not in every:
            raise refusal("NoSuchHostedZone", f"No hosted zone found with ID: {id_}", 404, 0)
        return every[id_]

    def _zones(self, asked: Asked) -> Reply:
        start, most = asked.query.get("dnsname", "").rstrip("."), int(asked.query.get("maxitems", 100))
        every = sorted([(name, id_, "false") for name, id_ in self.zones.items()] + self.others, key=lambda one: order(one[0]))
        after = [one for one in every if order(one[0]) >= order(start)]
        inner = "".join(zone_xml(*one) for one in after[:most])
        more = f"<IsTruncated>{str(len(after) > most).lower()}</IsTruncated><MaxItems>{most}</MaxItems>"
        body = f"<HostedZones>{inner}</HostedZones><DNSName>{start}.</DNSName>{more}"
        return said("ListHostedZonesByNameResponse", body, asked.now_at)

    def _sets(self, zone: str, asked: Asked) -> Reply:
        sets: dict[tuple[tuple[str, ...], str, str], list[Row]] = {}
        for row in self.within(zone):
            sets.setdefault((order(row["name"]), row["type"], row.get("steered", {}).get("SetIdentifier", "")), []).append(row)
        start = order(asked.query.get("name", "").rstrip(".")), asked.query.get("type", "")
        after = [rows for key, rows in sorted(sets.items()) if key[:2] >= start]
        most = min(int(asked.query.get("maxitems", 300)), 300)
        inner = "".join(set_xml(rows) for rows in after[:most])
        more = f"<IsTruncated>{str(len(after) > most).lower()}</IsTruncated><MaxItems>{most}</MaxItems>"
        body = f"<ResourceRecordSets>{inner}</ResourceRecordSets>{more}"
        return said("ListResourceRecordSetsResponse", body, asked.now_at)

    # --- changes ---------------------------------------------------------------------------------------------------------

    def _change(self, zone: str, asked: Asked) -> Reply:
        root = ET.fromstring(asked.body)
        assert root.tag == f"{{{SPACE}}}ChangeResourceRecordSetsRequest"
        changes = root.findall(".//{*}Change")
        assert changes
        for change in changes:
            action = change.findtext("{*}Action")
            if action not in ("CREATE", "UPSERT"):
                raise refusal("InvalidInput", "this fake knows CREATE and UPSERT only", 400, asked.now_at)
            self._upsert(zone, change, asked.now_at, new=action == "CREATE")
        body = f"<Id>/change/C{self.new_id()}</Id><Status>PENDING</Status><SubmittedAt>2026-01-02T03:04:05Z</SubmittedAt>"
        return said("ChangeResourceRecordSetsResponse", f"<ChangeInfo>{body}</ChangeInfo>", asked.now_at)

    def _upsert(self, zone: str, change: Any, now_at: float, *, new: bool) -> None:
        name, type_ = (change.findtext(f".//{{*}}{tag}") for tag in ("Name", "Type"))
        name = name.lower().rstrip(".").replace("\\052", "*")
        if not f".{name}".endswith(f".{zone}"):
            raise batch(f"RRSet with DNS name {name}. is not permitted in zone {zone}.", now_at)
        if new and any((row["name"], row["type"]) == (name, type_) for row in self.records):
            raise batch(f"Tried to create resource record set [name='{name}.', type='{type_}'] but it already exists", now_at)
        values = [value.text for value in change.findall(".//{*}Value")]
        self.replace(name, type_, values, int(change.findtext(".//{*}TTL")))

    def clashed(self, kind: str) -> Reply:
        words = {
            "cname": "RRSet of type A is not permitted because a conflicting RRSet of type CNAME already exists",
            "address": "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)'",
            "duplicate": "Invalid Resource Record: 'FATAL problem: DuplicateResourceRecord'",
        }
        return batch(words.get(kind, "Value must be less than or equal to 2147483647"), 0).reply


def order(name: str) -> tuple[str, ...]:
    return tuple(name.replace("*", "\\052").split(".")[::-1])


def signature(asked: Asked, at: str, region: str, names: list[str], secret: str) -> str:
    query = "&".join(
        f"{urllib.parse.quote(key, safe='-_.~')}={urllib.parse.quote(value, safe='-_.~')}"
        for key, value in sorted(asked.query.items())
    )
    lines = [asked.method, urllib.parse.quote(asked.path), query, *(f"{name}:{asked.headers[name].strip()}" for name in names)]
    whole = "\n".join([*lines, "", ";".join(names), hashlib.sha256(asked.body).hexdigest()])
    scope = f"{at[:8]}/{region}/route53/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(whole.encode()).hexdigest()}"
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def seconds(at: str) -> float:
    import calendar

    return float(calendar.timegm(time.strptime(at, "%Y%m%dT%H%M%SZ")))


def zone_xml(name: str, id_: str, private: str) -> str:
    config = f"<Config><Comment>for &amp; about us</Comment><PrivateZone>{private}</PrivateZone></Config>"
    inner = f"<Id>/hostedzone/{id_}</Id><Name>{name}.</Name><CallerReference>r-{id_}</CallerReference>{config}"
    return f"<HostedZone>{inner}<ResourceRecordSetCount>4</ResourceRecordSetCount></HostedZone>"


def set_xml(rows: list[Row]) -> str:
    first = rows[0]
    inner = f"<Name>{escape(first['name'])}.</Name>".replace("*", "\\052") + f"<Type>{first['type']}</Type>"
    inner += "".join(f"<{tag}>{text}</{tag}>" for tag, text in first.get("steered", {}).items())
    if "alias" in first:
        alias = f"<HostedZoneId>Z2FDTNDATAQYW2</HostedZoneId><DNSName>{first['alias']}</DNSName>"
        return f"<ResourceRecordSet>{inner}<AliasTarget>{alias}</AliasTarget></ResourceRecordSet>"
    values = "".join(f"<ResourceRecord><Value>{escape(row['value'])}</Value></ResourceRecord>" for row in rows)
    inner += f"<TTL>{first['ttl']}</TTL><ResourceRecords>{values}</ResourceRecords>"
    return f"<ResourceRecordSet>{inner}</ResourceRecordSet>"


def said(root: str, inner: str, now_at: float, status: int = 200) -> Reply:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{SPACE}">{inner}</{root}>'
    return status, {"content-type": "text/xml", "date": formatdate(now_at, usegmt=True)}, body.encode()


def error(code: str, words: str, status: int = 400, now_at: float = 0.0, retry_after: str = "") -> Reply:
    inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(words)}</Message></Error><RequestId>b25f</RequestId>"
    made = said("ErrorResponse", inner, now_at, status)
    named = ({"date": made[1]["date"]} if now_at else {}) | ({"retry-after": retry_after} if retry_after else {})
    return status, {"content-type": "text/xml"} | named, made[2]


def refusal(code: str, words: str, status: int, now_at: float) -> Refusal:
    return Refusal(error(code, words, status, now_at))


def batch(words: str, now_at: float) -> Refusal:
    """Return what a change runs into: a list in brackets."""
    return refusal("InvalidChangeBatch", f"[{words}]", 400, now_at)


def old_batch(words: str) -> Reply:
    """Return the same in the form that the documentation shows: the root is the code."""
    inner = f"<Messages><Message>{escape(words)}</Message></Messages><RequestId>b25f48e8</RequestId>"
    return said("InvalidChangeBatch", inner, 0, 400)


CASE = Case(
    "route53",
    lambda: filled(Route53Fake),
    {"access_key_id": "AKIDEXAMPLE", "secret_access_key": SECRETS["AKIDEXAMPLE"]},
    {"secret_access_key": "wrong"},
    throttled=error("Throttling", "Rate exceeded"),
    wait_for=60.0,
)
