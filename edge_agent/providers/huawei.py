"""Huawei Cloud DNS: record sets by name, type and line, all values put at once; v2.1, which keeps line and weight.

Source: support.huaweicloud.com/intl/en-us/api-dns, "Record Set Management", and its guide "API Request Signing".
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from edge_agent.encoding import quote
from edge_agent.names import ascii_of
from edge_agent.providers import rest, signatures
from edge_agent.providers.desk import Held, Place, Sets
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import ACCOUNT, LATER, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Request, Target

ALGORITHM: Final = "SDK-HMAC-SHA256"
KEYS: Final = (("access_key", "", ""), ("secret_key", "", ""))
WAYS: Final = ((*KEYS, ("project_id", "X-Project-Id", "")), KEYS)
PAGE: Final = "50"  # entries; more might not fit into an answer that is read
CODES: Final[Mapping[str, Verdict]] = {
    **dict.fromkeys(("APIGW.0301", "APIGW.0302", "APIGW.0303", "APIGW.0305", "APIGW.0306"), ACCOUNT),
    **dict.fromkeys(("DNS.0005", "DNS.0013", "DNS.0030", "DNS.0040"), ACCOUNT),
    **dict.fromkeys(("APIGW.0308", "DNS.0014", "DNS.0000", "DNS.0001", "DNS.0003"), LATER),
}
STALE: Final = ("DNS.0004", "DNS.0312", "DNS.0313", "DNS.0335")  # a set that is gone, or that exists already
NOTES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("DISABLE", "PENDING_DISABLE"), "it is paused at Huawei Cloud, so the name does not resolve by it"),
    **dict.fromkeys(("FREEZE", "PENDING_FREEZE", "ILLEGAL", "POLICE"), "it is frozen at Huawei Cloud; ask their support"),
    "ERROR": "Huawei Cloud has failed to carry out its last change",
}


class Huawei(Sets):
    """One account."""

    permission: ClassVar[str] = "the permission dns:zone:list"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.api = rest.log_in(job, WAYS)
        self.sets: dict[Place, Mapping[str, Any]] = {}
        self.astray = False

    def send(self, request: Request) -> Talk[Answer]:
        """Sign a request and send it."""
        dated = request._replace(headers=(*request.headers, ("X-Sdk-Date", signatures.stamp(self.job.now_at))))
        answer = yield from super().send(signed(dated, self.job.credentials["access_key"], self.job.credentials["secret_key"]))
        self.astray = signatures.astray(answer, self.job.now_at)
        return answer

    def listing(self, path: str, what: str, **wanted: str) -> Talk[list[dict[str, Any]]]:
        """Return all entries of a search, which by default finds more than what was asked for."""

        def part(offset: int) -> Talk[tuple[list[dict[str, Any]], int]]:
            said = yield from self.say("GET", f"{path}?{signatures.query({**wanted, 'limit': PAGE, 'offset': str(offset)})}")
            return rest.listed(said, what), rest.pick(said, "metadata", "total_count", kind=int)

        return (yield from self.parts(part))

    def zone(self, name: str) -> Talk[str]:
        """Return the id of the public zone."""
        found = yield from self.listing("/v2/zones", "zones", name=name, type="public")
        return next((rest.ident(entry) for entry in found if _name(entry) == name), "")

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the set on the line for everybody, or of the only set."""
        wanted = {"name": f"{place.name}.", "type": place.type, "search_mode": "equal"}
        found = yield from self.listing(_path(place), "recordsets", **wanted)
        own = [entry for entry in found if (_name(entry), entry.get("type")) == (place.name, place.type)]
        own = rest.on_line(own, lambda entry: entry.get("line", "default_view") == "default_view")
        self.sets.pop(place, None)
        if not own:
            return []
        one = self.sets[place] = _only(own, place)
        held = Held(None, rest.ident(one), rest.seconds(one.get("ttl")), {}, NOTES.get(str(one.get("status")), ""))
        return [held._replace(value=value) for value in rest.pick(one, "records", kind=list)]

    def put_held(self, place: Place, values: Sequence[Held], ttl: int | None, target: Target) -> Talk[str]:
        """Put the set, or make it; what is not said of description, line and weight stays."""
        fields: dict[str, Any] = {"name": f"{place.name}.", "type": place.type, "records": [str(held.value) for held in values]}
        fields |= {} if ttl is None else {"ttl": ttl}
        old = self.sets.get(place)
        where = f"{_path(place)}/{quote(rest.ident(old))}" if old else _path(place)
        said = yield from self.say("PUT" if old else "POST", where, fields, target)
        self.sets[place] = {"id": rest.ident(rest.pick(said, kind=dict))}
        return values[0].note

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Judge by the code, but for a clock that is wrong: to the gateway that is a wrong signature."""
        code, words = _error(parsed)
        if self.astray and status == 401:
            return LATER, f"{signatures.SET_CLOCK}: {words}"
        return CODES.get(code), words

    def stale(self, status: int, parsed: object) -> bool:
        """A set that is gone, or that exists already."""
        return _error(parsed)[0] in STALE


def signed(request: Request, access_key: str, secret_key: str) -> Request:
    """Return the request with its signature, which covers every header that it has and the host; the path gets a final slash."""
    headers = signatures.covered(request)
    path = signatures.path_of(request.url).rstrip("/") + "/"
    text, names = signatures.canonical(request, path, headers, signatures.digest(request.body))
    proof = signatures.mac(secret_key, f"{ALGORITHM}\n{headers['x-sdk-date']}\n{signatures.digest(text.encode())}").hex()
    login = f"{ALGORITHM} Access={access_key}, SignedHeaders={names}, Signature={proof}"
    return request._replace(headers=(*request.headers, ("Authorization", login)))


def _path(place: Place) -> str:
    return f"/v2.1/zones/{quote(place.id)}/recordsets"


def _name(entry: Mapping[str, Any]) -> str:
    name = entry.get("name")
    return ascii_of(name) if isinstance(name, str) else ""


def _only(own: list[dict[str, Any]], place: Place) -> Mapping[str, Any]:
    """Return the one set of a name; OverError where there are several, or where it is none of addresses."""
    alias, what = own[0].get("alias_target"), f"{place.name} has {len(own)} {place.type} record sets, by weight or line"
    if len(own) > 1:
        raise OverError(REFUSED._replace(detail=f"{what}, and which is ours cannot be known; none was changed: leave one"))
    if isinstance(alias, dict) and any(alias.values()):
        raise OverError(
            REFUSED._replace(detail=f"{place.name} is an alias of another resource of Huawei Cloud; it was not changed")
        )
    if own[0].get("status") == "PENDING_DELETE":
        raise OverError(LATER._replace(scope="record", detail=f"{place.name} is just being deleted"))
    return own[0]


def _error(parsed: object) -> tuple[str, str]:
    """Return code and words: the gateway spells their names in one way, the service in the other."""
    fields = parsed if isinstance(parsed, dict) else {}
    code = str(fields.get("error_code") or fields.get("code") or "")
    return code, f"{code}: {fields.get('error_msg') or fields.get('message') or ''}" if code else ""


PROVIDER: Final = Provider(
    "huawei",
    "Huawei Cloud DNS",
    dialogue(Huawei),
    "https://dns.myhuaweicloud.com",
    (
        Credential("access_key", "access key (AK) of an IAM user who may manage the zone"),
        Credential("secret_key", "secret key (SK)"),
        Credential("project_id", "project, where the IAM user's permissions are for one project", secret=False, required=False),
    ),
    creates=True,
    reads=True,
    each=True,
    ttl=(1, 2147483647),
    aliases=("huaweicloud", "dns.myhuaweicloud.com"),
    traps=(
        "For a region of its own, such as Europe, set the server: https://dns.REGION.myhuaweicloud.com.",
        "Only public zones are looked at.",
        "Where a name has record sets for several lines, the one of the default line is changed and the others are left alone.",
        "A paused record stays paused: its address is changed, and the report says that it is paused.",
        "The clock must be right to 15 minutes, or no signature is accepted.",
    ),
)
