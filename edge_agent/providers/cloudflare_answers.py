"""What Cloudflare's answers mean: its envelope, its error numbers. Pure.

Source: developers.cloudflare.com/api; the error numbers as seen in the wild.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from edge_agent.providers import rest
from edge_agent.providers.rest import ACCOUNT, LATER, REFUSED, Api
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer

BLOCK_FOR: Final = 300.0  # more than 1,200 requests in five minutes are answered by a block as long

SPURIOUS: Final = 10000  # "Authentication error", at times under load although the token is good
GONE: Final = frozenset({81044, 404})  # an id that is no more
EXISTS: Final = frozenset({81053, 81057, 81058})
CODES: Final[Mapping[int, Verdict]] = {
    **dict.fromkeys((6003, 6102, 6103, 6111, 9103, 9106, 9107, 9109), ACCOUNT),
    SPURIOUS: ACCOUNT._replace(patience=2),
    **dict.fromkeys((1004, 7000, 7003, 9005, 9006, 9021, 81044, 81045, *EXISTS), REFUSED),
    **dict.fromkeys((971, 10100), LATER._replace(wait_for=BLOCK_FOR)),
}


class Said(NamedTuple):
    """An answer, understood: `trouble` is None where Cloudflare says success."""

    result: object = None
    info: Mapping[str, Any] = {}
    codes: frozenset[int] = frozenset()
    trouble: Verdict | None = None


def read(api: Api, answer: Answer) -> Said:
    """Return what an answer says; never raises, whatever came back."""
    parsed = answer.json()
    fields = parsed if isinstance(parsed, dict) else {}
    if fields.get("success") is True and 200 <= answer.status <= 299:
        info = fields.get("result_info")
        return Said(fields.get("result"), info if isinstance(info, dict) else {})
    errors = dict(_errors(fields.get("errors")))
    known = next((CODES[code] for code in errors if code in CODES), REFUSED if errors else None)
    words = "; ".join(f"{code} {message}" for code, message in errors.items())
    return Said(codes=frozenset((answer.status, *errors)), trouble=rest.trouble(api, answer, known, words))


def _errors(listed: object, *, deep: bool = True) -> Iterator[tuple[int, str]]:
    """Yield (code, message) of each error, each followed by its chain of causes."""
    for error in listed if isinstance(listed, list) else ():
        if isinstance(error, dict) and isinstance(error.get("code"), int):
            yield error["code"], str(error.get("message", ""))
            if deep:
                yield from _errors(error.get("error_chain"), deep=False)
