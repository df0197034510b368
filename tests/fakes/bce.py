"""What the faked services of Baidu's cloud share: bce-auth-v1, checked to the last octet, and the common error codes."""

import calendar
import email.utils
import hashlib
import hmac
import time
import urllib.parse
from typing import Any

from tests.fakes.zones import ApiFake, Asked, Refusal, Reply, Row, said

KEY, SECRET = "FakeBaiduAk00000000000000000001", "FakeBaiduSk00000000000000000001"
USUAL = ("host", "content-length", "content-type", "content-md5")  # what a signature covers that names no headers, and x-bce-*
WINDOW_FOR = 900
WORDS = {
    "address": (400, "InvalidParameterValue", "The value of the record is invalid."),
    "ttl": (400, "InvalidParameterValue", "The ttl is invalid."),
    "cname": (400, "RecordConflict", "The record conflicts with an existing CNAME record."),
    "duplicate": (400, "RecordExist", "The record already exists."),
    "gone": (404, "NoSuchRecord", "The record does not exist."),
}


class BceFake(ApiFake):
    usual_ttl = 300

    def record(self, name: str, value: str, **more: Any) -> Row:
        return super().record(name, value, **({"line": "default", "status": "running", "description": ""} | more))

    def answer(self, *request: Any) -> Reply:
        status, headers, body = super().answer(*request)
        return status, {"date": email.utils.formatdate(request[-1], usegmt=True)} | headers, body

    def respond(self, asked: Asked) -> Reply:
        self._authorized(asked)
        return self.serve(asked)

    def serve(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def _authorized(self, asked: Asked) -> None:
        parts = asked.headers.get("authorization", "").split("/")
        if len(parts) != 6 or parts[0] != "bce-auth-v1":
            raise no(400, "InvalidHTTPAuthHeader", "The HTTP authorization header is invalid.")
        _, key, stamp, for_, names, proof = parts
        if key != KEY:
            raise no(403, "InvalidAccessKeyId", "The Access Key ID you provided does not exist in our records.")
        sent_at = calendar.timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ"))
        if not sent_at - WINDOW_FOR <= asked.now_at <= sent_at + int(for_):
            raise no(400, "RequestExpired", f"Request has expired. Timestamp date is {stamp}.")
        signed = names.split(";") if names else [name for name in asked.headers if name in USUAL or name.startswith("x-bce-")]
        if "host" not in signed or not hmac.compare_digest(proof, signature(asked, signed, f"bce-auth-v1/{key}/{stamp}/{for_}")):
            raise no(400, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")

    def known(self, zone: str) -> str:
        if zone not in self.zones:
            raise no(404, "NoSuchZone", "The zone does not exist.")
        return zone

    def clashed(self, kind: str) -> Reply:
        return no(*WORDS[kind]).reply


def signature(asked: Asked, signed: list[str], prefix: str) -> str:
    """Return the signature as the service works it out; the key is used as the text of its hexadecimal digits."""
    query = "&".join(sorted(f"{encoded(name)}={encoded(value)}" for name, value in asked.query.items()))
    lines = "\n".join(sorted(f"{name}:{encoded(asked.headers.get(name, '').strip())}" for name in signed))
    whole = f"{asked.method}\n{urllib.parse.quote(asked.path, safe='/-_.~')}\n{query}\n{lines}"
    key = hmac.new(SECRET.encode(), prefix.encode(), hashlib.sha256).hexdigest()
    return hmac.new(key.encode(), whole.encode(), hashlib.sha256).hexdigest()


def encoded(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


def unicode(name: str) -> str:
    """Return a name as the service's pages and answers spell it."""
    return name.encode().decode("idna") if "xn--" in name else name


def no(status: int, code: str, message: str) -> Refusal:
    return Refusal(said({"code": code, "message": message, "requestId": "1214cca7-4ad5-451d-9215-71cb844c0a50"}, status))
