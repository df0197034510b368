"""What was said about one setting in several places becomes one checked value. Precedence: flag > variable > file > default."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from edge_agent.checks import WrongError
from edge_agent.model import Problem
from edge_agent.settings import BY_NAME, EXTRA, HANDED, SETTINGS, Setting
from edge_agent.settings.document import Document
from edge_agent.settings.reading import Arguments, Given

DEFAULT: Final = 0
FILE: Final = 1
OWN: Final = 2  # the account's or record's own table
VARIABLE: Final = 3
FLAG: Final = 4


class Found(NamedTuple):
    """A checked value, where it was said, and how near to the user (one of the ranks above)."""

    value: Any
    origin: str
    rank: int


Values: TypeAlias = Mapping[str, Found]


class Said(NamedTuple):
    """Everything that was said outside the tables of accounts and records."""

    values: Mapping[str, Found]  # what holds where no account or record says otherwise
    near: Mapping[str, Found]  # the part of it that was said by flag or variable, and beats any file
    loose: Mapping[str, Given]  # EDGE_AGENT_ variables that no setting knows; a provider may
    doc: Document
    problems: list[Problem]


def defaults() -> dict[str, Found]:
    """Return the default of every setting, None where it has none. A default is text like any other."""
    return {
        setting.name: Found(None if setting.default is None else setting.check(setting.default), "default", DEFAULT)
        for setting in SETTINGS
    }


def checked(given: Iterable[tuple[str, Given]], rank: int, problems: list[Problem]) -> dict[str, Found]:
    """Return what was said, by setting; several values of one setting are folded. What does not fit goes to `problems`."""
    found: dict[str, Found] = {}
    for name, (value, origin) in given:
        setting = BY_NAME[name]
        try:
            fit = setting.check(value)
        except WrongError as wrong:
            problems.append(wrong_value(setting, origin, wrong))
            continue
        before = found.get(name)
        found[name] = Found(_folded(setting, before.value, fit) if before else fit, origin, rank)
    return found


def own_values(told: Arguments, problems: list[Problem]) -> dict[str, object]:
    """Return what the flags of one command alone say, by name; for `install` also those that it hands on to the hooks."""
    rows = {setting.name: setting for setting in EXTRA.get(told.command, ())}
    handed = [(setting.name, given) for setting, given in told.given if told.command == "install" and setting.name in HANDED]
    rows |= {name: BY_NAME[name] for name, _ in handed}
    found: dict[str, object] = {}
    for name, (value, origin) in (*told.own, *handed):
        if name in rows:
            try:
                found[name] = rows[name].check(value)
            except WrongError as wrong:
                problems.append(wrong_value(rows[name], origin, wrong))
    return found


def _folded(setting: Setting, before: Any, value: Any) -> Any:
    if setting.fold == "join":
        return tuple(dict.fromkeys((*before, *value)))
    return before + value if setting.fold == "sum" else value


def wrong_value(setting: Setting, origin: str, wrong: WrongError) -> Problem:
    """Return the problem of a value that does not fit. The file's key is named; a flag or variable names itself."""
    named = origin.startswith(("-", "EDGE_AGENT_"))
    return Problem(origin, wrong.what if named else f"{setting.name}: {wrong.what}", wrong.mend)
