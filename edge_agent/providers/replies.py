"""How dyndns2-type services say what they did: words, phrases, status numbers, small JSON. Pure; data first, one reader.

A service's `Reply` is data. The body comes first and the HTTP status second, because most of these services answer 200 to a
refusal and several put the word into the body of a 400, 401 or 403. A success counts only with a 2xx status.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from edge_agent.encoding import DAY, brief, redact, retry_after
from edge_agent.verdicts import TABLE, Verdict
from edge_agent.wire import Answer, Target

CHANGED: Final = Verdict("updated")
SAME: Final = Verdict("unchanged")
AUTH: Final = Verdict("refused", scope="account")
CONFIG: Final = Verdict("refused")
AGENT: Final = Verdict("banned", scope="provider")
ABUSE: Final = Verdict("banned", scope="account")
LATER: Final = Verdict("busy", scope="account")
IGNORED: Final = Verdict("refused", scope="provider")
GARBLED: Final = Verdict("garbled")
HICCUP: Final = AUTH._replace(patience=3)  # one answer for a wrong token and for a bad moment of the service

# The words of the dyndns2 family (Dyn's and No-IP's pages on return codes, and what others added).
WORDS: Final = {
    "good": CHANGED,
    "nochg": SAME,
    "badauth": AUTH,
    "disabled": AUTH,
    "!donator": CONFIG,
    "!yours": CONFIG,
    "!active": CONFIG,
    "notfqdn": CONFIG,
    "nofqdn": CONFIG,
    "nohost": CONFIG,
    "numhost": CONFIG,
    "badsys": CONFIG,
    "badysys": CONFIG,  # DDNSS spells it so at times
    "badip": CONFIG,
    "badrequest": CONFIG,
    "unknown": CONFIG,
    "fatal": CONFIG,
    "deleted": CONFIG,  # the server took a record away where one was to be published
    "abuse": ABUSE,
    "badagent": AGENT,
    "dnserr": LATER,
    "911": LATER,
    "servererror": LATER,
}

STATUSES: Final[Mapping[int, Verdict]] = {401: AUTH, 429: LATER}  # and every 5xx: later


class Reply(NamedTuple):
    """How one service answers. What is asked first comes first: header, JSON, phrases, words, status."""

    words: Mapping[str, Verdict] = WORDS
    phrases: tuple[tuple[str, Verdict], ...] = ()  # see `fits`; looked for in the whole text
    statuses: Mapping[int, Verdict] = {}
    header: str = ""  # the header that carries the word, where the body is for people
    json: bool = False
    markup: bool = False  # phrases look at the tags as well


class Heard(NamedTuple):
    """What is to be judged: the answer, what was asked for, and what must not be repeated to anyone."""

    answer: Answer
    targets: tuple[Target, ...]  # in the order of the request
    secrets: tuple[str, ...] = ()
    now_at: float = 0.0


def judge(reply: Reply, heard: Heard) -> tuple[Verdict, ...]:
    """Return one verdict per target, in their order; never raises, whatever came back."""
    judged = _by_target(reply, heard)
    wait_for = retry_after(heard.answer.headers.get("retry-after"), heard.now_at)
    return tuple(
        verdict._replace(wait_for=wait_for) if verdict.kind == "busy" and wait_for is not None else verdict for verdict in judged
    )


def _by_target(reply: Reply, heard: Heard) -> Iterable[Verdict]:
    for reader in (_header, _json, _phrases, _lines):
        found = reader(reply, heard)
        if found is not None:
            return [_honest(verdict, heard.answer.status) for verdict in found]
    return [_by_status(reply, heard)] * len(heard.targets)


def _honest(verdict: Verdict, status: int) -> Verdict:
    """A word of success under a status of failure is no success."""
    if TABLE[verdict.kind].success and not 200 <= status <= 299:
        return GARBLED._replace(detail=f"HTTP {status}: {verdict.detail}")
    return verdict


# --- one reader per form ---------------------------------------------------------------------------------------------


def _header(reply: Reply, heard: Heard) -> list[Verdict] | None:
    line = heard.answer.headers.get(reply.header, "") if reply.header else ""
    found = _word(reply, line, heard)
    return None if found is None else [found] * len(heard.targets)


def _json(reply: Reply, heard: Heard) -> list[Verdict] | None:
    """Read `{"ok" or "success": true, …}` or `{"status": 200, …}`, with the words for people under `msg` or `message(s)`."""
    value = heard.answer.json() if reply.json else None
    if not isinstance(value, dict):
        return None
    text = str(value.get("msg") or value.get("messages") or value.get("message") or "")
    status = value.get("status")
    done = value.get("ok", value.get("success")) in (True, 1) or status == 200
    verdict = next((found for pattern, found in reply.phrases if fits(text.lower(), pattern)), None)
    if verdict is None or (TABLE[verdict.kind].success and not done):
        verdict = CHANGED if done else reply.statuses.get(status, GARBLED) if isinstance(status, int) else GARBLED
    return [verdict._replace(detail=brief(text or "JSON without a message", heard.secrets))] * len(heard.targets)


def _phrases(reply: Reply, heard: Heard) -> list[Verdict] | None:
    if not reply.phrases or reply.json:
        return None
    text = heard.answer.text.replace("\0", "")  # some declare UTF-16, and one day may send it
    seen = " ".join((text if reply.markup else untagged(text)).lower().split())
    clean = redact(text, heard.secrets)  # before the tags go: a secret may look like half a tag
    detail = brief(untagged(clean)) or brief(clean)
    found = [_phrase(reply, seen, target) for target in heard.targets]
    return None if None in found else [verdict._replace(detail=detail) for verdict in found if verdict is not None]


def _phrase(reply: Reply, seen: str, target: Target) -> Verdict | None:
    for pattern, verdict in reply.phrases:
        if fits(seen, pattern.replace("{name}", target.name.lower()).replace("{address}", target.address)):
            return verdict
    return None


def _lines(reply: Reply, heard: Heard) -> list[Verdict] | None:
    """Read one line per name in order, one line per family of a single name, or one line for all."""
    lines = [line for line in heard.answer.text.splitlines() if line.strip()]
    first = _word(reply, lines[0], heard) if lines else None
    if first is None:
        return None
    names = list(dict.fromkeys(target.name for target in heard.targets))
    alone = len(lines) == 1 or (first.scope != "record" and not TABLE[first.kind].success)
    if len(names) == 1:
        # Two words for two addresses (nsupdate.info); anything else after the first line is prose.
        words = [_word(reply, line, heard) for line in lines]
        if len(words) == len(heard.targets) and None not in words:
            return [word for word in words if word is not None]
        return [first] * len(heard.targets)
    if alone:
        return [first] * len(heard.targets)
    by_name = dict(zip(names, (_line(reply, line, heard) for line in lines), strict=False))
    missing = GARBLED._replace(detail=f"{len(lines)} lines came for {len(names)} names")
    return [by_name.get(target.name, missing) for target in heard.targets]


def _line(reply: Reply, line: str, heard: Heard) -> Verdict:
    return _word(reply, line, heard) or GARBLED._replace(detail=brief(line, heard.secrets))


def _word(reply: Reply, line: str, heard: Heard) -> Verdict | None:
    """Return the verdict of a line's first word, the whole word, in any case; None where the service has no such word."""
    first, *rest = line.split() or [""]
    verdict = reply.words.get(first.lower()) or _wait(first.lower())
    if verdict is None:
        return None
    if first.lower() == "good" and _loopback(rest) and all(target.address != "127.0.0.1" for target in heard.targets):
        return IGNORED._replace(detail="good 127.0.0.1: the request was ignored because the service does not accept this client")
    return verdict._replace(detail=brief(line, heard.secrets))


def _loopback(rest: list[str]) -> bool:
    return bool(rest) and rest[0].split(",")[0] == "127.0.0.1"


def _wait(word: str) -> Verdict | None:
    """Read `w30m` and its kin: wait so many seconds, minutes or hours."""
    unit = {"s": 1.0, "m": 60.0, "h": 3600.0}.get(word[-1:])
    number = word[1:-1]
    if not word.startswith("w") or unit is None or not (number.isascii() and number.isdigit()):
        return None
    return LATER._replace(wait_for=min(float(number[:9]) * unit, DAY))


def _by_status(reply: Reply, heard: Heard) -> Verdict:
    status, body = heard.answer.status, heard.answer.text.strip()
    page = body.lstrip("\ufeff \r\n\t").startswith("<")
    own = {} if reply.json else reply.statuses  # those are about the status inside the JSON
    known = own.get(status) or STATUSES.get(status) or (LATER if 500 <= status <= 599 else GARBLED)
    if page and TABLE[known.kind].success:
        known = GARBLED
    if 300 <= status <= 399:
        return known._replace(detail=f"HTTP {status}: a redirect that is not to be followed")
    if page and known.kind == "garbled":
        return known._replace(detail=f"HTTP {status}: a web page where a short answer was expected")
    if not body:
        return known._replace(detail=f"HTTP {status} with an empty body")
    return known._replace(detail=brief(f"HTTP {status}: {untagged(redact(body, heard.secrets))}"))


# --- text ------------------------------------------------------------------------------------------------------------


def fits(text: str, pattern: str) -> bool:
    """Say whether `text` holds the parts of `pattern` (separated by `*`) one after the other, as whole words.

    A leading `^` ties the first part to the start of the text.
    """
    start = 0
    for number, part in enumerate(pattern.removeprefix("^").split("*")):
        found = next(_places(text, part, start), -1)
        if found < 0 or (number == 0 and pattern.startswith("^") and found != 0):
            return False
        start = found + len(part)
    return True


def _places(text: str, part: str, start: int) -> Iterator[int]:
    """Yield where `part` stands in `text` from `start` on, not counting places inside a longer word or domain name."""
    while (found := text.find(part, start)) >= 0:
        end = found + len(part)
        before, after = text[max(found - 2, 0) : found][::-1], text[end : end + 2]
        if not (_is_word(part[:1]) and _goes_on(before)) and not (_is_word(part[-1:]) and _goes_on(after)):
            yield found
        start = found + 1


def _goes_on(beside: str) -> bool:
    """Say whether the two characters beside a word, the nearer one first, carry it on: `s`, or a dot and a letter."""
    return _is_word(beside[:1]) or (beside[:1] in {".", "-"} and _is_word(beside[1:]))


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def untagged(text: str) -> str:
    """Return `text` without what stands in angle brackets; an open bracket that is never closed stays."""
    parts = []
    shown_from = 0
    while (start := text.find("<", shown_from)) >= 0 and (end := text.find(">", start)) >= 0:
        parts += [text[shown_from:start], " "]
        shown_from = end + 1
    return "".join([*parts, text[shown_from:]])
