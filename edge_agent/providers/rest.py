"""What the dialogues with JSON APIs have in common: the login, one call, listings, the zones that may hold a name."""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar, cast

from edge_agent import checks
from edge_agent.encoding import brief, is_clean, retry_after
from edge_agent.inet import canonical
from edge_agent.model import TYPE_OF
from edge_agent.names import ascii_of
from edge_agent.providers.provider import Job
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Request, Target

LATER_AFTER: Final = (408, 425, 429)  # and every 5xx
REFUSED: Final = Verdict("refused")
ACCOUNT: Final = Verdict("refused", scope="account")
LATER: Final = Verdict("busy", scope="account")
GARBLED: Final = Verdict("garbled")

_T = TypeVar("_T")
Talk: TypeAlias = Generator[Request, Answer | None, _T]  # a part of a dialogue that returns something
Way: TypeAlias = tuple[tuple[str, str, str], ...]  # (credential, header or "" for none, what stands before its value) …


class OverError(Exception):
    """Nothing more is to be sent about what the verdict's scope names. `stale`: what was seen before may be out of date."""

    def __init__(self, verdict: Verdict, *, stale: bool = False) -> None:
        super().__init__(verdict.kind)
        self.verdict = verdict
        self.stale = stale


class Api(NamedTuple):
    """What every request of a dialogue shares, and what no detail may repeat."""

    base: str
    headers: tuple[tuple[str, str], ...]
    secrets: tuple[str, ...]
    now_at: float


def log_in(job: Job, ways: tuple[Way, ...]) -> Api:
    """Return the Api of a job by the first way whose credentials are all there, never two ways at once; OverError for none."""
    own = {name: value for name, value in job.credentials.items() if value}
    way = next((way for way in ways if all(name in own for name, _, _ in way)), None)
    if way is None:
        wanted = " or ".join(" and ".join(name for name, _, _ in way) for way in ways)
        raise OverError(ACCOUNT._replace(detail=f"credentials are missing: {wanted}"))
    for name, _, _ in way:
        if not (own[name].isascii() and is_clean(own[name])):
            raise OverError(ACCOUNT._replace(detail=f"{name} holds a line break or a letter beyond ASCII; nothing was sent"))
    login = tuple((header, prefix + own[name]) for name, header, prefix in way if header)
    common = (("User-Agent", job.agent), ("Accept", "application/json"))
    return Api(job.server.rstrip("/"), (*common, *login), tuple(own.values()), job.now_at)


def switch(job: Job, name: str) -> bool | None:
    """Return an option that is true or false, None where it is not set; OverError where it is neither."""
    try:
        return checks.switch(job.options[name]) if name in job.options else None
    except checks.WrongError:
        raise OverError(ACCOUNT._replace(detail=f"the option {name} is neither true nor false; nothing was sent")) from None


def request(api: Api, method: str, path: str, fields: object, *targets: Target) -> Request:
    """Return one request. It changes `targets`; `fields`, unless empty or None, travel as JSON; octets as they are.

    What octets are, `api.headers` say.
    """
    made = Request(method, api.base + path, api.headers, changes=targets)
    if isinstance(fields, bytes):
        return made._replace(body=fields)
    if not fields:
        return made
    from json import dumps

    return made._replace(headers=(*api.headers, ("Content-Type", "application/json")), body=dumps(fields).encode())


def trouble(api: Api, answer: Answer, known: Verdict | None, words: str = "") -> Verdict:
    """Return the verdict of an answer that is no success: what its status says of the service, else `known`, else its status.

    `known` is what the service's own error number means, `words` its own text. A web page comes from an edge or a proxy.
    """
    verdict = known or {401: ACCOUNT, 403: ACCOUNT}.get(answer.status, REFUSED if 400 <= answer.status <= 499 else GARBLED)
    page = answer.text.lstrip("\ufeff \r\n\t").startswith("<")
    if verdict.kind != "busy" and (answer.status in LATER_AFTER or answer.status >= 500 or page):
        verdict = LATER
    if verdict.kind == "busy":
        verdict = verdict._replace(wait_for=retry_after(answer.headers.get("retry-after"), api.now_at) or verdict.wait_for)
    return verdict._replace(detail=brief(f"HTTP {answer.status}: {words or answer.text}", api.secrets))


def pick(value: object, *path: str | int, kind: type[_T]) -> _T:
    """Return what stands at `path` in parsed JSON, of that kind; OverError where it does not stand there."""
    for step in path:
        inner = isinstance(value, dict) if isinstance(step, str) else isinstance(value, list) and -len(value) <= step < len(value)
        value = cast("Any", value)[step] if inner and (isinstance(step, int) or step in cast("Any", value)) else None
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise OverError(GARBLED._replace(detail=f"the answer has no {'.'.join(map(str, path)) or 'object'} that makes sense"))


def listed(value: object, *path: str | int) -> list[dict[str, Any]]:
    """Return the list of objects that stands at `path`; OverError where none does."""
    found: list[Any] = pick(value, *path, kind=list)
    if all(isinstance(entry, dict) for entry in found):
        return found
    raise OverError(GARBLED._replace(detail=f"{'.'.join(map(str, path)) or 'the answer'} is no list of objects"))


def on_line(found: Sequence[dict[str, Any]], usual: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Return the records that are for everybody, of all that a name has; where none is, all of them.

    A record for the users of one network or country is a record of its own: it is ours only where the name has no other.
    """
    return [entry for entry in found if usual(entry)] or list(found)


def ident(entry: Mapping[str, Any], name: str = "id") -> str:
    """Return what the service knows an entry by, a text or a number, as text; OverError where there is nothing of that."""
    value = entry.get(name)
    if isinstance(value, (str, int)) and value is not True and str(value):
        return str(value)
    raise OverError(GARBLED._replace(detail=f"an entry of the listing has no {name}"))


def seconds(value: object) -> int | None:
    """Return a TTL that may come as a number or as digits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:10])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class Move(NamedTuple):
    """What is to become of the values of a name. `kind`: keep, create, change or remove the one at `place`, refuse, wait."""

    kind: str
    place: int = -1
    detail: str = ""


def move(values: Sequence[object], target: Target) -> Move:
    """Return what to do, given everything that the name says now, so that no value is touched that is not ours.

    Ours are the values in `target.own`, and the only one of a name that is to have one value. "change" may find that nothing
    but the TTL differs, or nothing at all.
    """
    here = [canonical(value) if isinstance(value, str) else None for value in values]
    if target.beside:
        return _removal(here, target)
    old = [place for place, value in enumerate(here) if value in target.own and value != target.address]
    if target.address in here:
        return _there(here, old, target)
    if old or (len(here) == 1 and not target.each):
        return Move("change", old[0] if old else 0, _beside(len(here), target))
    if not target.create and not here:
        type_ = TYPE_OF[target.family]
        return Move("refuse", -1, f"{target.name} has no {type_} record, and create is off; create it, or say create = true")
    if target.each or not here:
        return Move("create", -1, _beside(len(here) + 1, target))
    type_ = TYPE_OF[target.family]
    several = f"{target.name} has {len(here)} {type_} records and which of them is ours cannot be known"
    return Move("refuse", -1, f"{several}; none was changed: leave one, delete the others")


def _there(here: list[str | None], old: list[int], target: Target) -> Move:
    """The name says the address already; where one value stands for each uplink, the one that it replaces goes."""
    if target.each and old:
        return Move("remove", old[0], f"the name says {target.address} already; {here[old[0]]} was taken away")
    mine = target.address in target.own or (len(here) == 1 and not target.each)
    return Move("change" if mine else "keep", here.index(target.address), _beside(len(here), target))


def _beside(count: int, target: Target) -> str:
    """Return a word on the values that are left alone."""
    return f"one of {count} {TYPE_OF[target.family]} records says so; the others are left alone" if count > 1 else ""


def _removal(here: list[str | None], target: Target) -> Move:
    if target.address not in here:
        return Move("keep", -1, f"the name does not say {target.address}")
    if not any(value in target.beside for value in here if value != target.address):
        return Move("wait", -1, f"{target.address} stays: {target.name} has no other value of ours yet")
    return Move("remove", here.index(target.address), f"the name no longer says {target.address}")


def zones_of(target: Target) -> tuple[str, ...]:
    """Return the zones that may hold the target, the longest first; none where the zone it names is not above its name."""
    name = ascii_of(target.name).removeprefix("*.")
    if target.zone:
        zone = ascii_of(target.zone)
        return (zone,) if f".{name}".endswith(f".{zone}") else ()
    labels = name.split(".")
    return tuple(".".join(labels[place:]) for place in range(max(1, len(labels) - 1)))


def label_of(name: object, zone: str) -> str:
    """Return a record's name as a label, "@" at the apex: a service may show it empty there, and whole elsewhere."""
    label = str(name or "").lower().rstrip(".")
    return "@" if label in ("", "@", zone) else label.removesuffix(f".{zone}")


def in_the_way(api: Api, name: str, type_: str, value: object) -> OverError:
    """Return what to raise where a name stands for another one, so that no address can be put beside."""
    what = f"{name} has the {type_} record {brief(str(value), api.secrets, 60)}"
    return OverError(REFUSED._replace(detail=f"{what}, and no address may stand beside it: delete it first"))


def no_zone(target: Target, permission: str) -> Verdict:
    """Return the verdict on a target that lies in no zone the account shows; `permission` is what it takes to see zones."""
    if target.zone and not zones_of(target):
        return REFUSED._replace(detail=f"{target.name} is not a name in the zone {target.zone}")
    return REFUSED._replace(detail=f"no zone for {target.name}: it is not in this account, or {permission} is missing")
