"""The loop between provider and transport: every target ends exactly once, whatever breaks."""

from collections.abc import Callable

import pytest

from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Dialogue, Failure, Outcome, Request, Target, ask, converse

ONE, TWO = Target("one.example.com", 4, "45.83.1.7"), Target("two.example.com", 4, "45.83.1.7")
OK = Verdict("updated")


def read_then_change() -> Dialogue:
    yield from ask(Request("GET", "https://api.example/zones"))
    for target in (ONE, TWO):
        yield from ask(Request("PATCH", f"https://api.example/{target.name}", changes=(target,)))
        yield Outcome(target, OK)


def failing_at(part: str, kind: str) -> Callable[[Request], Answer | Failure]:
    return lambda request: Failure(kind, "reset") if part in request.url else Answer(200)


@pytest.mark.parametrize(
    ("part", "kind", "ends"),
    [
        pytest.param("nowhere", "", ("updated", "updated"), id="all-well"),
        pytest.param("zones", "unconfirmed", ("unreachable", "unreachable"), id="reading-changes-nothing"),
        pytest.param("/one", "unconfirmed", ("unconfirmed", "unreachable"), id="first-change-unanswered"),
        pytest.param("/two", "unconfirmed", ("updated", "unconfirmed"), id="second-change-unanswered"),
        pytest.param("/two", "unreachable", ("updated", "unreachable"), id="second-change-never-sent"),
    ],
)
def test_a_broken_line(part: str, kind: str, ends: tuple[str, str]) -> None:
    outcomes = dict(converse(read_then_change(), (ONE, TWO), failing_at(part, kind)))
    assert tuple(outcomes[target].kind for target in (ONE, TWO)) == ends


def forgetful() -> Dialogue:
    yield Outcome(ONE, OK)


def repeating() -> Dialogue:
    yield Outcome(ONE, OK)
    yield Outcome(ONE, Verdict("refused"))
    yield Outcome(TWO, OK)


def raising() -> Dialogue:
    yield Outcome(ONE, OK)
    raise KeyError("result")


@pytest.mark.parametrize(
    ("dialogue", "ends"),
    [
        pytest.param(forgetful, ["updated", "garbled"], id="forgets-one"),
        pytest.param(repeating, ["updated", "updated"], id="says-one-twice"),
        pytest.param(raising, ["updated", "garbled"], id="raises"),
    ],
)
def test_every_target_ends_once(dialogue: Callable[[], Dialogue], ends: list[str]) -> None:
    outcomes = list(converse(dialogue(), (ONE, TWO), lambda _request: Answer(200)))
    assert [outcome.verdict.kind for outcome in outcomes] == ends


def test_a_bug_is_named() -> None:
    last = list(converse(raising(), (ONE, TWO), lambda _request: Answer(200)))[-1]
    assert last.verdict.detail == "internal error in the provider's code: KeyError: 'result'"


def test_a_dialogue_resumed_without_an_answer_is_a_bug() -> None:
    asking = ask(Request("GET", "https://api.example"))
    next(asking)
    with pytest.raises(RuntimeError):
        asking.send(None)


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        pytest.param(b'{"ok": true}', {"ok": True}, id="json"),
        pytest.param(b"<html>", None, id="not-json"),
        pytest.param(b"\xff\xfe", None, id="not-text"),
        pytest.param(b"[" * 100_000, None, id="too-deep"),
    ],
)
def test_answer(body: bytes, parsed: object) -> None:
    assert Answer(200, {}, body).json() == parsed
    assert isinstance(Answer(200, {}, body).text, str)
