"""Where settings are said: arguments and environment (the file is `document`). Raw values out, each with its origin."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from edge_agent import checks
from edge_agent.model import Problem
from edge_agent.settings import BY_FLAG, BY_NAME, COMMANDS, EXTRA, EXTRA_FLAGS, NEVER_FLAGS, OPERANDS, PREFIX, REQUIRED, Setting

DEBUG: Final = "EDGE_AGENT_DEBUG"  # for tracebacks; not a setting
_SPECIAL: Final = {"-h": "help", "--help": "help", "--version": "version"}


class Given(NamedTuple):
    """A value as it was said, and where: FILE:LINE, a variable or a flag."""

    value: object
    origin: str


class Arguments(NamedTuple):
    """What the command line says. Flags are in the order given; a setting may have several."""

    command: str = ""
    operand: str | None = None
    given: tuple[tuple[Setting, Given], ...] = ()
    problems: tuple[Problem, ...] = ()
    own: tuple[tuple[str, Given], ...] = ()  # flags of this command alone
    foreign: tuple[str, ...] = ()  # what a hook's caller says: all that follows its SOURCE


# --- arguments -------------------------------------------------------------------------------------------------------


def arguments(argv: Sequence[str]) -> Arguments:
    """Return what `argv` (without the program's name) says: `--flag value`, `--flag=value`, `-i value`, `-ivalue`, `-vv`, `--`."""
    given: list[tuple[Setting, Given]] = []
    problems: list[Problem] = []
    words: list[str] = []
    special = ""
    rest = list(reversed(argv))
    while rest:
        argument = rest.pop()
        if argument == "--":
            words += reversed(rest)
            break
        if argument in _SPECIAL:
            special = special or _SPECIAL[argument]
        elif argument.startswith("-") and argument != "-":
            problem = _flag(argument, rest, given)
            problems += [problem] if problem else []
        else:
            words.append(argument)
            if words[0] == "hook" and len(words) == 2:
                break
    command, operand, more = _command(words)
    own = tuple((setting, value) for setting, value in given if value.origin in EXTRA_FLAGS)
    problems += [
        Problem(value.origin, f"is no flag of '{command}'", "see --help")
        for setting, value in own
        if setting not in EXTRA.get(command, ())
    ]
    return Arguments(
        special or command,
        operand,
        tuple(one for one in given if one not in own),
        tuple(problems) + more,
        tuple((setting.name, value) for setting, value in own),
        tuple(reversed(rest)) if command == "hook" else (),
    )


def _flag(argument: str, rest: list[str], given: list[tuple[Setting, Given]]) -> Problem | None:
    """Read one flag, and its value from `rest` where it wants one."""
    long = argument.startswith("--")
    spelling, equals, value = argument.partition("=") if long else (argument[:2], argument[2:], argument[2:])
    known = BY_FLAG.get(spelling) or EXTRA_FLAGS.get(spelling)
    if known is None:
        return _unknown(spelling, equals, rest)
    setting, flag = known
    if flag.says is not None:
        given.append((setting, Given(flag.says, spelling)))
        if equals and not long:
            rest.append("-" + value)  # -vv is -v -v
        return Problem(spelling, "takes no value") if equals and long else None
    if not equals:
        if not rest or rest[-1] == "--" or _is_flag(rest[-1]):
            return Problem(spelling, "wants a value", f"write {spelling} {setting.value}")
        value = rest.pop()
    given.append((setting, Given(value, spelling)))
    return None


def _unknown(spelling: str, equals: str, rest: list[str]) -> Problem:
    """Explain a flag that does not exist, and take along what looks like its value: it may be a secret."""
    never = spelling in NEVER_FLAGS
    if not equals and spelling.startswith("--") and rest and _is_value(rest[-1], surely=never):
        rest.pop()
    if never:
        mend = f"use --token-file or {PREFIX}TOKEN"
        return Problem(spelling, "does not exist: what it says would be visible to other users of this machine", mend)
    return Problem(checks.shown(spelling).strip("'\""), "is no flag of edge-agent", checks.meant(spelling, BY_FLAG) or "see --help")


def _is_value(argument: str, *, surely: bool) -> bool:
    return argument not in COMMANDS and not _is_flag(argument) and (surely or not argument.startswith("-"))


def _is_flag(argument: str) -> bool:
    spelling = argument.partition("=")[0]
    return spelling in BY_FLAG or spelling in EXTRA_FLAGS


def _command(words: list[str]) -> tuple[str, str | None, tuple[Problem, ...]]:
    """Return the command, its operand and problems. Stray words are counted, not quoted: one may be a secret gone astray."""
    if not words:
        return "run", None, ()
    command, operands = words[0], words[1:]
    if command not in COMMANDS:
        near = checks.meant(command, COMMANDS)
        what = f"{checks.shown(command)} is no command" if near else "is no command"
        return "run", None, (Problem("argument 1", what, near or f"commands are {', '.join(COMMANDS)}"),)
    most = 1 if command in OPERANDS else 0
    if command in REQUIRED and not operands:
        return command, None, (Problem(f"'{command}'", f"wants {OPERANDS[command]}", "see --help"),)
    if len(operands) > most:
        return command, None, (Problem(f"argument {most + 2}", f"is one more than '{command}' takes", "see --help"),)
    return command, operands[0] if operands else None, ()


# --- environment -----------------------------------------------------------------------------------------------------


def variables(environ: Mapping[str, str]) -> tuple[dict[str, Given], dict[str, Given]]:
    """Return what EDGE_AGENT_ variables say, by setting; and the unknown ones, by name in lower case. Empty ones say nothing."""
    known: dict[str, Given] = {}
    unknown: dict[str, Given] = {}
    for variable, value in environ.items():
        if variable.startswith(PREFIX) and value and variable != DEBUG:
            name = variable[len(PREFIX) :].lower()
            setting = BY_NAME.get(name)
            place = known if setting and setting.variable == variable else unknown
            place[name] = Given(value, variable)
    return known, unknown
