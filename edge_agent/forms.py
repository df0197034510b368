"""What the options of a `custom` account say, checked before anything is sent. `providers.custom` says what they are for."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from edge_agent import templates, urls
from edge_agent.checks import WrongError, shown
from edge_agent.verdicts import Verdict

FIELDS: Final = frozenset(
    "hostname name domain sub ip ip4 ip6 type ttl timestamp user username password token".split()  # noqa: SIM905 - one line
)
ADDRESSES: Final = frozenset({"ip", "ip4", "ip6"})
AUTH: Final[Mapping[str, tuple[str, ...]]] = {
    "none": (),
    "basic": ("username", "password"),
    "bearer": ("token",),
    "hmac": ("key_id", "key"),
}
METHODS: Final = ("GET", "POST", "PUT", "PATCH")
OWN: Final = frozenset({"host", "content-length", "transfer-encoding", "connection"})  # the transport's business
RULES: Final = (  # what is looked for first comes first
    ("fatal", Verdict("refused")),
    ("retry", Verdict("busy")),
    ("nochange", Verdict("unchanged")),
    ("success", Verdict("updated")),
)

_TOKEN: Final = frozenset(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)  # RFC 9110, section 5.6.2


class Form(NamedTuple):
    """A request with fields, and how its answer is to be read."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str
    spell: templates.Spell  # of values in the body
    auth: str
    statuses: tuple[tuple[int, int], ...]
    rules: tuple[tuple[Callable[[str], object], Verdict], ...]
    worded: bool  # a success must be said in words
    missing: bool
    fields: frozenset[str]

    @property
    def both(self) -> bool:
        """One request carries both families."""
        return {"ip4", "ip6"} <= self.fields

    @property
    def addresses(self) -> frozenset[str]:
        """The fields for addresses that are used."""
        return self.fields & ADDRESSES


def template_of(server: str, options: Mapping[str, str]) -> str:
    """Return the template of the address: the option `url`, behind the account's server where it is a path alone."""
    url = options.get("url", "").strip()
    return server.rstrip("/") + url if url.startswith(("/", "?")) else url or server


def both_families(url: str, options: Mapping[str, str]) -> bool:
    """Say whether one request is to carry both families."""
    written = " ".join((url, options.get("headers", ""), options.get("body", "")))
    return {"ip4", "ip6"} <= set(templates.names(written))


def read(server: str, options: Mapping[str, str], credentials: Mapping[str, str]) -> Form:
    """Return the form that the options describe; WrongError names the option that is wrong and how to mend it."""
    url = _url(template_of(server, options))
    method = options.get("method", "GET").strip().upper()
    if method not in METHODS:
        raise WrongError(f"the method {shown(method)} is none of {', '.join(METHODS)}")
    body = options.get("body", "")
    if body and method == "GET":
        raise WrongError("GET carries no body", 'set method = "POST"')
    headers, spell = _typed(tuple(_headers(options.get("headers", ""))), body)
    rules = tuple((_pattern(name, options[name]), verdict) for name, verdict in RULES if name in options)
    missing = options.get("missing")
    if missing not in (None, "", "empty"):
        raise WrongError(f"missing = {shown(missing)} means nothing", 'missing = "empty" is all there is')
    auth = options.get("auth", "none").strip().lower()
    worded = "success" in options or "nochange" in options
    fields = frozenset(name for text in (url, body, *(value for _, value in headers)) for name in templates.names(text))
    form = Form(method, url, headers, body, spell, auth, _statuses(options), rules, worded, missing is not None, fields)
    _fields(form)
    _logins(form, credentials)
    return form


def _url(url: str) -> str:
    if not url:
        raise WrongError("no address is set", 'set server or url to "https://…"')
    try:
        urls.url(url)
    except WrongError as wrong:
        raise WrongError(f"the address {wrong.what}", wrong.mend) from None
    parts = url.split("%")  # escapes in capitals, as the transport would write them: the signature covers what is sent
    return parts[0] + "".join(f"%{part[:2].upper()}{part[2:]}" for part in parts[1:])


def _headers(lines: str) -> Iterator[tuple[str, str]]:
    for line in lines.splitlines():
        name, colon, value = line.partition(":")
        if not line.strip():
            continue
        if not colon or not name or not _TOKEN.issuperset(name):
            raise WrongError("a line of headers is not of the form `Name: value`")
        if name.lower() in OWN:
            raise WrongError(f"the header {name} cannot be set: it follows from the request")
        yield name, value.strip()


def _typed(headers: tuple[tuple[str, str], ...], body: str) -> tuple[tuple[tuple[str, str], ...], templates.Spell]:
    """Return the headers with the body's type, and how values are spelled in the body."""
    given = next((value.lower() for name, value in headers if name.lower() == "content-type"), None)
    if not body:
        return headers, templates.as_is
    if given is None:
        given = "application/json" if _is_json(body) else "application/x-www-form-urlencoded"
        headers = (*headers, ("Content-Type", given))
    if "json" in given:
        return headers, templates.in_json
    return headers, templates.in_url if "form-urlencoded" in given else templates.as_is


def _is_json(body: str) -> bool:
    from json import loads

    try:
        loads(templates.fill(body, dict.fromkeys(templates.names(body), "0"), templates.as_is))
    except (ValueError, RecursionError):
        return False
    return True


def _pattern(name: str, text: str) -> Callable[[str], object]:
    import re

    try:
        return re.compile(text).search
    except (re.error, OverflowError, RecursionError) as error:
        raise WrongError(f"{name} is not a regular expression: {error}") from None


def _statuses(options: Mapping[str, str]) -> tuple[tuple[int, int], ...]:
    ranges = []
    for part in options.get("status", "200-299").split(","):
        first, dash, last = part.strip().partition("-")
        numbers = (first.strip(), last.strip() if dash else first.strip())
        if not all(len(number) == 3 and number.isascii() and number.isdigit() for number in numbers):
            raise WrongError(f"status = {shown(options['status'])} is not a list of numbers and ranges", 'such as "200-299, 304"')
        ranges.append((int(numbers[0]), int(numbers[1])))
    return tuple(ranges)


def _fields(form: Form) -> None:
    unknown = sorted(form.fields - FIELDS)
    if unknown:
        raise WrongError(f"{{{unknown[0]}}} is no field", f"there are {' '.join(sorted(FIELDS))}")
    if form.both and form.fields & {"ip", "type"}:
        raise WrongError("{ip} and {type} mean nothing where {ip4} and {ip6} go together")
    if form.auth == "hmac" and not form.fields & (ADDRESSES | {"type"}):
        raise WrongError("the signed requests for A and AAAA would be one and the same", "put {type} or {ip} into the template")


def _logins(form: Form, credentials: Mapping[str, str]) -> None:
    """Hold the credentials against their use: one that is missing or lies idle is a mistake that would show up as a refusal."""
    if form.auth not in AUTH:
        raise WrongError(f"auth = {shown(form.auth)} is none of {', '.join(AUTH)}")
    if form.auth in ("basic", "bearer") and any(name.lower() == "authorization" for name, _ in form.headers):
        raise WrongError(f"auth = {form.auth} and a header Authorization contradict each other", "drop one of them")
    used = {"username" if name == "user" else name for name in form.fields} | set(AUTH[form.auth])
    for name in ("username", "password", "token", "key_id", "key"):
        if name in used and not credentials.get(name):
            raise WrongError(f"{name} is used and not given", f"set {name} for the account")
        if credentials.get(name) and name not in used:
            way = next(auth for auth, names in AUTH.items() if name in names)
            raise WrongError(f"{name} is given and not used", f'set auth = "{way}", or use its field in the template')
