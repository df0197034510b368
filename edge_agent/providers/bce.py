"""What the two DNS services of Baidu's cloud (BCE) share: the signature, and how they say no.

Source: cloud.baidu.com/doc/Reference, "Authentication mechanism" and "Common error codes".
"""

from collections.abc import Mapping
from typing import Any, Final

from edge_agent.encoding import quote
from edge_agent.names import ascii_of
from edge_agent.providers import rest, signatures
from edge_agent.providers.desk import Desk, Held
from edge_agent.providers.provider import Credential, Job
from edge_agent.providers.rest import ACCOUNT, LATER, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Request

KEYS: Final = (("access_key_id", "", ""), ("secret_access_key", "", ""))
VALID_FOR: Final = 1800  # seconds
CODES: Final[Mapping[str, Verdict]] = {
    **dict.fromkeys(("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidHTTPAuthHeader", "AccessDenied"), ACCOUNT),
    **dict.fromkeys(("QualifyNotPass", "OptInRequired", "InvalidSessionToken"), ACCOUNT),
    **dict.fromkeys(("RequestExpired", "InternalError", "ServiceUnavailable", "RequestLimitExceeded"), LATER),
}
CREDENTIALS: Final = (
    Credential("access_key_id", "Access Key ID (AK) of Baidu AI Cloud, best of a sub-user who may do nothing but this"),
    Credential("secret_access_key", "Secret Access Key (SK)"),
)
TRAPS: Final = (
    "A paused record stays paused: its address is changed, and the report says that it is paused.",
    "Where a name has records for several lines, the one of the default line is changed and the others are left alone.",
    "The clock must be right to 15 minutes, or no signature is accepted.",
)


class Bce(Desk):
    """One account at one of the two."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, (KEYS,))
        self.astray = False

    def send(self, request: Request) -> Talk[Answer]:
        """Sign a request and send it; an error that comes with HTTP 200 is made what it is."""
        dated = request._replace(headers=(*request.headers, ("x-bce-date", signatures.iso(self.job.now_at))))
        keys = self.job.credentials
        answer = yield from super().send(signed(dated, keys["access_key_id"], keys["secret_access_key"], self.job.now_at))
        self.astray = signatures.astray(answer, self.job.now_at)
        return answer._replace(status=400) if answer.status == 200 and _error(answer.json())[0] else answer

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Judge by the code; what looks like a wrong key may be a wrong clock."""
        code, words = _error(parsed)
        known = CODES.get(code)
        if code == "RequestExpired" or (self.astray and known == ACCOUNT):
            return LATER, f"{signatures.SET_CLOCK}: {words}"
        return known, words

    def stale(self, status: int, parsed: object) -> bool:
        """The codes for a record that is gone or exists already are written nowhere: any refusal is worth a second look."""
        return status in (400, 404, 409) and _error(parsed)[0] not in CODES


def signed(request: Request, access_key_id: str, secret_access_key: str, now_at: float) -> Request:
    """Return the request with its signature by bce-auth-v1: of host, body's type and what is Baidu's own, but not of the body."""
    covered = signatures.covered(request)
    names = sorted(name for name in covered if name in ("host", "content-type") or name.startswith("x-bce-"))
    lines = "\n".join(f"{name}:{quote(covered[name].strip())}" for name in names)
    whole = "\n".join((request.method, signatures.path_of(request.url), request.url.partition("?")[2], lines))
    prefix = f"bce-auth-v1/{access_key_id}/{signatures.iso(now_at)}/{VALID_FOR}"
    proof = signatures.mac(signatures.mac(secret_access_key, prefix).hex(), whole).hex()
    return request._replace(headers=(*request.headers, ("Authorization", f"{prefix}/{';'.join(names)}/{proof}")))


def note(entry: Mapping[str, Any]) -> str:
    """Return what the owner of a record must hear of it."""
    paused = str(entry.get("status")).lower().startswith("pause")
    return "it is paused at Baidu, so the name does not resolve by it" if paused else ""


def id_of(held: Held) -> str:
    """Return the id of a record; OverError for one that was made a moment ago, since the answer to that does not tell it."""
    if held.id:
        return held.id
    raise OverError(
        LATER._replace(scope="record", detail=f"{held.value} was added a moment ago and can be changed by the next run")
    )


def plain(name: object) -> str:
    """Return a name or label as it is compared."""
    return ascii_of(name) if isinstance(name, str) else ""


def _error(parsed: object) -> tuple[str, str]:
    fields = parsed if isinstance(parsed, dict) else {}
    code = fields.get("code")
    return (code, f"{code}: {fields.get('message') or ''}") if isinstance(code, str) else ("", "")
