"""Any service that takes an update as one HTTP request: the user writes the request as templates, and says what an answer means.

Fields: {hostname} {name} (both the whole name), {domain} {sub} (its zone, which the record must set, and what stands before it;
`@` for the zone itself), {ip} {ip4} {ip6}, {type} {ttl} {timestamp}, {user} {username} {password} {token}. They are
percent-encoded in the address and in forms, escaped in JSON; `{ip!r}` leaves a value as it is.

Where {ip4} and {ip6} both appear, one request carries both families of a name; otherwise each family has its own. Where no
address appears, the service looks at the connection's source, so the family of the connection is forced. `signing` signs requests.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from edge_agent import signing, templates
from edge_agent.checks import WrongError
from edge_agent.encoding import basic, brief, is_clean, retry_after
from edge_agent.forms import AUTH, Form, both_families, read, template_of
from edge_agent.model import TYPE_OF
from edge_agent.pauses import CLOCK_FLOOR
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.verdicts import TABLE, Verdict
from edge_agent.wire import Answer, Dialogue, Outcome, Request, Target, ask

REFUSED: Final = Verdict("refused")
ACCOUNT: Final = Verdict("refused", scope="account")
LATER: Final = Verdict("busy", scope="account")
GARBLED: Final = Verdict("garbled")

ADDRESS_OF: Final = {4: "ip4", 6: "ip6"}
MENDS: Final = {"ttl": "set ttl for the record", "domain": "set zone for the record", "sub": "set zone for the record"}
URL_CHARS: Final = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?@!$&'()*+,;=%"
)  # RFC 3986: path and query
PRIVATE: Final = 8  # characters; what is shorter in a template is taken for a word, not for a secret


def dialogue(job: Job) -> Dialogue:
    """Send one request per target, or per name where it carries both families; stop where the whole account is refused."""
    over: Verdict | None = None
    form: Form | None = None
    try:
        form = read(job.server, job.options, job.credentials)
    except WrongError as wrong:
        mend = f": {wrong.mend}" if wrong.mend else ""
        over = ACCOUNT._replace(detail=brief(f"{wrong.what}{mend}; nothing was sent", job.credentials.values(), 240))
    for targets in _groups(form, job.targets):
        verdict = over
        if form and not over:
            request = write(form, job, targets)
            verdict = request if isinstance(request, Verdict) else judge(form, job, request, (yield from ask(request)))
            over = verdict if verdict.scope == "account" else None
        for target in targets:
            yield Outcome(target, verdict or GARBLED)


def _groups(form: Form | None, targets: tuple[Target, ...]) -> Iterator[tuple[Target, ...]]:
    groups: dict[object, list[Target]] = {}
    for target in targets:
        groups.setdefault(target.name if form and form.both else target, []).append(target)
    yield from map(tuple, groups.values())


# --- the request -----------------------------------------------------------------------------------------------------


def write(form: Form, job: Job, targets: tuple[Target, ...]) -> Request | Verdict:
    """Return the request for one target, or for both families of one name; the verdict where it cannot be written."""
    values = {name: value for name, value in _values(form, job, targets).items() if name in form.fields}
    trouble = _trouble(form, job, targets, values)
    if trouble:
        return trouble
    known = {name: value for name, value in values.items() if value is not None}
    url = templates.fill(form.url, known, templates.in_url)
    headers = [(name, templates.fill(value, known, templates.as_is)) for name, value in form.headers]
    body = templates.fill(form.body, known, form.spell).encode("utf-8", "replace")
    headers += _login(form, job, Request(form.method, url, body=body))
    if not all(value.isascii() and is_clean(value) for _, value in headers):
        return REFUSED._replace(detail="a header would hold a letter beyond ASCII, which HTTP cannot carry; nothing was sent")
    if not _is_plain(url):
        return REFUSED._replace(detail="the address would hold a character that must be percent-encoded; nothing was sent")
    if all(name.lower() != "user-agent" for name, _ in headers):
        headers.insert(0, ("User-Agent", job.agent))
    by_source = not form.addresses
    source = targets[0].address if by_source else None
    family = targets[0].family if by_source else 0
    return Request(form.method, url, tuple(headers), body, targets, family, direct=by_source, source=source)


def _trouble(form: Form, job: Job, targets: tuple[Target, ...], values: Mapping[str, str | None]) -> Verdict | None:
    """Return why the request cannot be filled in."""
    if form.auth == "hmac" and job.now_at < CLOCK_FLOOR:
        return Verdict("unreachable", "the box's clock has not been set, and a signed request needs the time; nothing was sent")
    for name, value in values.items():
        if value is None:
            why = MENDS.get(name) or _other_family(form, name)
            return REFUSED._replace(detail=f"{{{name}}} has no value: {why}; nothing was sent")
        if not is_clean(value):
            return REFUSED._replace(detail=f"{{{name}}} holds a line break or another control character; nothing was sent")
    if any(target.ttl for target in targets) and "ttl" not in form.fields:
        return REFUSED._replace(detail="the record sets a ttl, and the template has no {ttl}; nothing was sent")
    return None


def _is_plain(url: str) -> bool:
    """Say whether the transport will send the address letter by letter as it stands, as the signature needs."""
    rest = url.partition("://")[2]
    rest = rest.partition("]")[2] if rest.startswith("[") else rest  # an IPv6 host
    path = rest.partition("?")[0]
    return URL_CHARS.issuperset(rest) and not {".", ".."} & set(path.split("/")[1:])


def _values(form: Form, job: Job, targets: tuple[Target, ...]) -> Mapping[str, str | None]:
    """Return what each field stands for, None where that is not known."""
    first = targets[0]
    zone = first.zone.rstrip(".") if first.zone else None
    name = first.name.rstrip(".")
    inside = bool(zone) and f".{name}".lower().endswith(f".{zone}".lower())
    address_of = {ADDRESS_OF[target.family]: target.address for target in targets}
    none = "" if form.missing and form.both else None
    user = job.credentials.get("username")
    return {
        "hostname": name,
        "name": name,
        "domain": zone if inside else None,
        "sub": (name[: -len(zone or "") - 1] or "@") if inside else None,
        "ip": first.address,
        "ip4": address_of.get("ip4", none),
        "ip6": address_of.get("ip6", none),
        "type": TYPE_OF[first.family],
        "ttl": None if first.ttl is None else str(first.ttl),
        "timestamp": str(int(job.now_at)),
        "user": user,
        "username": user,
        "password": job.credentials.get("password"),
        "token": job.credentials.get("token"),
    }


def _other_family(form: Form, name: str) -> str:
    if not form.both:
        return f"the template is for {'A' if name == 'ip4' else 'AAAA'} records alone"
    return 'this family of the name is not known; missing = "empty" sends an empty text for it'


def _login(form: Form, job: Job, request: Request) -> tuple[tuple[str, str], ...]:
    """Return the headers that log in; the signature covers the request as it stands."""
    own = [job.credentials[name] for name in AUTH[form.auth]]
    if form.auth == "basic":
        return (("Authorization", basic(own[0], own[1])),)
    if form.auth == "bearer":
        return (("Authorization", f"Bearer {own[0]}"),)
    if form.auth == "hmac" and request.url.isascii():
        time = int(job.now_at)
        signed = signing.canonical(request.method, request.url, request.body, time)
        return signing.headers(own[0], own[1], signed, time)
    return ()


# --- the answer ------------------------------------------------------------------------------------------------------


def judge(form: Form, job: Job, request: Request, answer: Answer) -> Verdict:
    """Return what an answer means; the body's word comes before the status, and without a word only the status counts."""
    wait_for = retry_after(answer.headers.get("retry-after"), job.now_at)
    words = brief(answer.text, _secrets(form, job, request))
    verdict = _judged(form, answer)
    verdict = verdict._replace(detail=f"HTTP {answer.status}: {words}" if words else f"HTTP {answer.status} with an empty body")
    return verdict._replace(wait_for=wait_for) if verdict.kind == "busy" else verdict


def _judged(form: Form, answer: Answer) -> Verdict:
    accepted = any(first <= answer.status <= last for first, last in form.statuses)
    word = next((verdict for fits, verdict in form.rules if fits(answer.text)), None)
    if word and (accepted or not TABLE[word.kind].success):
        return word
    if not accepted:
        return _by_status(form, answer.status)
    page = answer.text.lstrip("\ufeff \r\n\t").startswith("<") or "html" in answer.headers.get("content-type", "").lower()
    return GARBLED if form.worded or page else Verdict("updated")


def _by_status(form: Form, status: int) -> Verdict:
    if status in (401, 403):  # a signature may also be refused because the clock is wrong, and that mends itself
        return ACCOUNT._replace(patience=3) if form.auth == "hmac" else ACCOUNT
    if status in (408, 425, 429) or status >= 500:
        return LATER
    return REFUSED if 400 <= status <= 499 else GARBLED


def _secrets(form: Form, job: Job, request: Request) -> tuple[str, ...]:
    """Return what no detail may repeat: credentials, and whatever in the user's own templates could be one."""
    login = (part for name, value in request.headers if name.startswith(("Authorization", "X-Edge-")) for part in value.split())
    written = " ".join((form.url.partition("://")[2].partition("/")[2], form.body, *(value for _, value in form.headers)))
    for mark in "/?&=\"',:;{}[]<>":
        written = written.replace(mark, " ")
    pieces = (piece for piece in written.split() if len(piece) >= PRIVATE and piece not in form.fields)
    return (*job.credentials.values(), *login, *pieces)


def pairs_for(server: str, options: Mapping[str, str]) -> str:
    """Return how this account wants the families of a name: both or nothing, both as far as known, or each alone."""
    if not both_families(template_of(server, options), options):
        return "alone"
    return "together" if "missing" in options else "required"


PROVIDER: Final = Provider(
    "custom",
    "a request of your own",
    dialogue,
    credentials=(
        Credential("username", "for {user} and auth = basic", secret=False, required=False),
        Credential("password", "for {password} and auth = basic", required=False),
        Credential("token", "for {token} and auth = bearer", required=False),
        Credential("key_id", "which key signs, for auth = hmac", secret=False, required=False),
        Credential("key", "the key that signs, for auth = hmac", required=False),
    ),
    options={
        "url": "the address, as a template; one that begins with / goes behind the account's server",
        "method": "GET (the default), POST, PUT or PATCH",
        "headers": "further headers, one line each: `Name: value`, as templates",
        "body": "the body, as a template; JSON is recognised, anything else is a form unless Content-Type says otherwise",
        "auth": "none (the default), basic, bearer or hmac (EDGE1: see custom-signing.md)",
        "status": "which status numbers count as success: 200-299 unless set; ranges are joined by commas",
        "success": "a regular expression: an answer without it is not understood",
        "nochange": "a regular expression: the record said so already",
        "fatal": "a regular expression: refused, a person is needed",
        "retry": "a regular expression: try later",
        "missing": "empty: where {ip4} and {ip6} go together, send an empty text for a family that is not known",
    },
    ttl=(1, 604800),
    aliases=("url", "webhook"),
    traps=(
        "Without success or nochange, any 2xx answer that is no web page counts: set one where a refusal comes with 200, too.",
        "{domain} and {sub} need the record's zone: it is never guessed.",
        "Put secrets into credentials, not into the template.",
    ),
    pairs_for=pairs_for,
    fit=read,
)
