"""A finished run becomes an exit code and lines for people. Nothing is decided here, and nothing foreign is shown raw."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from edge_agent.encoding import brief
from edge_agent.model import Line, Problem, Report, Settings, Step
from edge_agent.report.words import AFTER, MEND, instant, step_reason
from edge_agent.report.words import DONE as OUTCOME
from edge_agent.verdicts import DONE, LATER, PERSON, TABLE, worst

WOULD: Final = {"publish": "would be sent to", "withdraw": "would be withdrawn from"}
ENDS: Final = frozenset({"down", "lost", "released", "failed"})  # reasons of events after which having no address is no surprise
_FOR_A_PERSON: Final = frozenset({"locked", "banned", "no_memory"})


class Say(NamedTuple):
    """One line to show. `level`: info goes to standard output, warning and error to the log; hint says what to do about them."""

    level: str
    text: str
    step: Step | None = None


# --- the exit code ---------------------------------------------------------------------------------------------------


def code_of(line: Line) -> int:
    """Return the exit code that one record asks for."""
    if line.verdict is not None:
        return TABLE[line.verdict].exit
    if line.step.kind in {"hold", "defer"}:
        later = TABLE[line.step.after].exit if line.step.after in TABLE else LATER  # a pause is no milder than what led to it
        return PERSON if line.step.reason in _FOR_A_PERSON else later
    return DONE


def exit_of(report: Report) -> int:
    """Return the exit code of a run: the worst of its records; without records, whether any family has an address to publish."""
    if report.lines:
        return worst([report.exit, *map(code_of, report.lines)])
    usable = any(choice.kind == "use" for _, choices in report.choices for choice in choices)
    return worst([report.exit, DONE if usable or not report.choices else LATER])


# --- secrets ---------------------------------------------------------------------------------------------------------


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Return every text that may appear in no output: credentials, options, whatever stands in a server's or proxy's address."""
    found = [secret.reveal() for account in settings.accounts.values() for secret in account.credentials.values()]
    for account in settings.accounts.values():
        found += [word for option in account.options.values() for word in option.split() if len(word) >= 8]
        found += _parts(account.server or "")
    found += _parts(settings.proxy or "")
    return tuple(dict.fromkeys(text for text in found if len(text) >= 4))


def _parts(url: str) -> Iterator[str]:
    """Yield what a URL holds beside its host: user and password, path and query."""
    authority, _, path = url.partition("://")[2].partition("/")
    way, _, query = path.partition("?")
    yield from authority.rpartition("@")[0].split(":", 1)
    yield from (part for part in way.split("/") if len(part) >= 8)
    yield from (pair.partition("=")[2] for pair in query.split("&"))


def redacted(report: Report, secrets: Iterable[str]) -> Report:
    """Return the report with stars for every secret in the words that came from elsewhere: services, systems, programs."""
    known = tuple(secrets)

    def clean(line: Line) -> Line:
        if not line.detail and not line.step.detail:
            return line
        return line._replace(detail=brief(line.detail, known), step=line.step._replace(detail=brief(line.step.detail, known)))

    def fit(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(brief(text, known, 400) for text in texts)

    choices = tuple((how, tuple(one._replace(notes=fit(one.notes)) for one in own)) for how, own in report.choices)
    return report._replace(choices=choices, lines=tuple(map(clean, report.lines)), gaps=fit(report.gaps), notes=fit(report.notes))


# --- for people ------------------------------------------------------------------------------------------------------


def said(report: Report, verbosity: int) -> Iterator[Say]:
    """Yield the lines of a run: changes, then trouble and what to do about it; a run that changed nothing says nothing."""
    shown = (_say(line, report, verbosity) for line in report.lines)
    yield from (say for say in shown if say)
    yield from (Say("warning", text) for text in report.notes)
    if verbosity > 0:
        yield from (Say("info", f"not known: {text}") for text in report.gaps)
        yield from (Say("info", text) for text in dict.fromkeys(_asides(report)))
    if verbosity >= 0:
        hints = dict.fromkeys(_hint(line) for line in report.lines if code_of(line) != DONE and not _is_expected(line, report))
        yield from (Say("hint", f"  {text}") for text in hints if text)


def state_of(report: Report) -> str:
    """Return one line about the worst record, and how many others there are; for who watches over a service."""
    first = max(report.lines, key=code_of, default=None)
    say = None if first is None else _say(first, report, 1)
    others = len(report.lines) - 1
    return "" if say is None else f"{say.text} (and {others} more)" if others else say.text


def _asides(report: Report) -> Iterator[str]:
    """Yield the notes on addresses that are in use; those on what is held stand beside its record."""
    for _, own in report.choices:
        for choice in own:
            yield from (f"IPv{choice.family}: {note}" for note in choice.notes if choice.kind == "use")


def _say(line: Line, report: Report, verbosity: int) -> Say | None:
    step = line.step
    code = code_of(line)
    if code != DONE:
        level = "error" if code == PERSON else "info" if _is_expected(line, report) else "warning"
        return Say(level, f"{subject(step)}: {_trouble(line, report)}", step)
    if line.verdict == "updated" and verbosity >= 0:
        because = f" ({step_reason(step.reason)})" if verbosity > 0 else ""
        return Say("info", f"{subject(step)}: {_done(step, line.verdict)}{because}", step)
    if report.dry and step.kind in WOULD and verbosity >= 0:
        return Say("info", f"{subject(step)}: {WOULD[step.kind]} {step.provider}: {step_reason(step.reason)}", step)
    if verbosity > 0:
        return Say("info", f"{subject(step)}: {OUTCOME[line.verdict] if line.verdict else step_reason(step.reason)}", step)
    return None


def _is_expected(line: Line, report: Report) -> bool:
    """Say whether a record is held because of the very end that the caller told of: nothing to mend, and mostly over at once."""
    return line.step.kind == "hold" and report.event.reason in ENDS and code_of(line) != PERSON


def _done(step: Step, verdict: str) -> str:
    return "withdrawn" if step.kind == "withdraw" else OUTCOME[verdict]


def subject(step: Step) -> str:
    """Return the head of a line: `home.example.com A 203.0.113.7 (was 198.51.100.2) via wan0`."""
    words = [step.key.name, step.key.type]
    words += [step.address] if step.address else []
    words += [f"(was {step.was})"] if step.was and step.was != step.address else []
    words += [f"via {step.interface}"] if step.interface and step.address else []
    words += [f"on {step.key.value}"] if step.key.value and not step.address else []
    return " ".join(words)


def _trouble(line: Line, report: Report) -> str:
    step = line.step
    if line.verdict is not None:
        return f"{OUTCOME[line.verdict]} ({step.provider})" + (f": {line.detail}" if line.detail else "")
    until = f", not before {instant(step.not_before_at)}" if step.not_before_at is not None else ""
    detail = f": {step.detail}" if step.detail else ""
    if step.kind == "defer":
        return f"not sent: {step_reason(step.reason)}{detail}{until}"
    notes = _notes(step, report)
    return f"held: {step_reason(step.reason)}{detail}" + (f" ({'; '.join(notes)})" if notes else "")


def _notes(step: Step, report: Report) -> tuple[str, ...]:
    """Return what the choice that this step rests on has to say for itself."""
    family = 6 if step.key.type == "AAAA" else 4
    found = (one.notes for _, own in report.choices for one in own if one.family == family and one.reason == step.reason)
    return tuple(dict.fromkeys(note for notes in found for note in notes))


def _hint(line: Line) -> str:
    step = line.step
    if line.verdict is not None:
        return AFTER.get(line.verdict, "")
    if step.reason in {"locked", "banned"}:
        return AFTER["refused" if step.reason == "locked" else "banned"]
    return MEND.get(step.reason, "")


def problem_line(problem: Problem) -> str:
    """Return one problem for people: where, what, how to mend it."""
    return f"{problem.origin}: {problem.what}" + (f" ({problem.mend})" if problem.mend else "")
