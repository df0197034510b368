"""The manual page edge-agent(8), made from the tables that the agent itself reads: commands, settings, hooks, exit codes."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from build.packages.archives import DATE
from edge_agent import __version__
from edge_agent.events import SOURCES
from edge_agent.settings import COMMANDS, EXTRA, OPERANDS, PREFIX, REQUIRED, SETTINGS, USUAL_FILE, Setting, usage

ABOUT: Final = "keep DNS names pointing at a machine whose address changes"
_MEMORY: Final = "/run/edge-agent"


def plain(words: str) -> str:
    """Return text as roff reads it: nothing in it is a request or an escape, and every sign is ASCII."""
    escaped = words.replace("\\", "\\e")
    escaped = "".join(sign if sign.isascii() else f"\\[u{ord(sign):04X}]" for sign in escaped)
    return "\n".join(("\\&" + line) if line[:1] in {".", "'"} else line for line in escaped.split("\n"))


def literal(words: str) -> str:
    """Return what is typed as it stands: hyphens stay hyphens."""
    return plain(words).replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha").replace("`", "\\(ga")


def _bold(words: str) -> str:
    return f"\\fB{literal(words)}\\fR"


def _value(words: str) -> str:
    """Return the name of a value: its choices as they are typed, else what it stands for."""
    return "|".join(_bold(word) if word.islower() or word.isdigit() else f"\\fI{literal(word)}\\fR" for word in words.split("|"))


def _item(head: str, body: str) -> str:
    return f".TP\n{head}\n{body}\n"


def page() -> str:
    """Return the page."""
    day = datetime.fromtimestamp(DATE, UTC).strftime("%Y-%m-%d")
    parts = [
        f'.TH EDGE\\-AGENT 8 {day} "edge\\-agent {__version__}" "System Administration"\n',
        f".SH NAME\nedge\\-agent \\- {plain(ABOUT)}\n",
        ".SH SYNOPSIS\n.B edge\\-agent\n.RI [ COMMAND ]\n.RI [ FLAGS ]\n",
        f".SH DESCRIPTION\n{_DESCRIPTION}",
        ".SH COMMANDS\n",
        *_commands(),
        ".SH OPTIONS\nEach is also a variable and a key of the file; see\n.B SETTINGS\nand\n.BR ENVIRONMENT .\n",
        *_options(),
        _item("\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "Show all of this in short."),
        _item("\\fB\\-\\-version\\fR", "Show the version."),
        f".SH SETTINGS\n{_SETTINGS}",
        *_keys(),
        f".SH ENVIRONMENT\n{_ENVIRONMENT}",
        f".SH HOOKS\n{_HOOKS}",
        *(_item(_bold(name), plain(about)) for name, about in SOURCES.items()),
        ".SH EXIT STATUS\n",
        *(_item(_bold(code), plain(words)) for code, words in exits()),
        "The worst one wins;\n.B hook\nalways ends with 0.\n",
        ".SH FILES\n",
        *(_item(f"\\fI{literal(path)}\\fR", plain(about)) for path, about in FILES),
        ".SH SIGNALS\n",
        *(_item(_bold(name), plain(about)) for name, about in SIGNALS),
        f".SH EXAMPLES\n{_examples()}",
        ".SH SEE ALSO\n.BR systemctl (1),\n.BR crontab (5),\n.BR systemd.timer (5),\n.BR ip\\-address (8)\n",
    ]
    return "".join(parts)


def exits() -> list[tuple[str, str]]:
    """Return the exit codes and their meaning, as --help tells them."""
    line = next(line for line in usage().splitlines() if line.startswith("exit codes: "))
    return re.findall(r"(\d) (.*?)(?:, (?=\d )|$)", line.partition(": ")[2])


def _commands() -> Iterator[str]:
    for name, about in COMMANDS.items():
        operand = OPERANDS.get(name, "")
        shown = f" \\fI{operand}\\fR" if name in REQUIRED else f" [\\fI{operand}\\fR]" if operand else ""
        yield _item(_bold(name) + shown, plain(about))
        if name in EXTRA:
            yield ".RS\n"
            yield from (_item(_flags(setting), plain(setting.about)) for setting in EXTRA[name])
            yield ".RE\n"


def _flags(setting: Setting) -> str:
    words = ", ".join(_bold(flag.spelling) for flag in setting.flags)
    return f"{words} {_value(setting.value)}" if any(flag.says is None for flag in setting.flags) else words


def _options() -> Iterator[str]:
    for setting in SETTINGS:
        if setting.flags:
            yield _item(_flags(setting), plain(setting.about) + _default(setting))


def _default(setting: Setting) -> str:
    if setting.default in {None, "false"}:
        return ""
    return f"\n(default: {literal((setting.default or '').replace(' ', ', '))})"


_PLACES: Final = {"global": "at the top", "account": "in [account.NAME]", "record": "in [[record]]"}


def _keys() -> Iterator[str]:
    for setting in SETTINGS:
        if setting.scopes:
            where = ", ".join(words for scope, words in _PLACES.items() if scope in setting.scopes)
            about = f"\n{plain(setting.about)}{_default(setting)}" if not setting.flags else ""
            yield _item(_bold(setting.name), f"{plain(where)}{about}")


def _examples() -> str:
    lines = (
        "edge-agent explain",
        'edge-agent -p duckdns -n home --token-file /etc/duck.token -i wan -i "ppp*"',
        "edge-agent check --json",
        "edge-agent pin wan2 --for 2h",
        "edge-agent providers cloudflare",
    )
    return ".EX\n" + "".join(f"{literal(line)}\n" for line in lines) + ".EE\n"


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


_DESCRIPTION: Final = _joined(
    (
        "It looks at the machine's links, addresses, routes and rules, decides which address the world reaches the machine by,",
        "makes the records at a DNS provider say so, and exits. Where it cannot justify an address it holds what is published and",
        "says why. What is published already is not sent again.",
        ".PP",
        "It is called by a timer every few minutes, by hooks of DHCP and PPP clients and network managers, or stays resident with",
        '.BR "edge\\-agent watch" .',
    )
)
_SETTINGS: Final = _joined(
    (
        f"The file is TOML, in \\fI{literal(USUAL_FILE)}\\fR unless told otherwise. A flag beats a variable, a variable beats the",
        "file. Credentials stand in [account.NAME] by the names that",
        '.BI "edge\\-agent providers" " NAME"',
        "tells, each either as it is or, with _file at its end, as the name of a file that holds it. A file with a secret must not",
        "be readable for other users. Durations are written 500ms, 2s, 5m, 2h, 1d. Where a key may stand, and what those mean that",
        "have no flag:",
    )
)
_HOOKS: Final = _joined(
    (
        "What may follow",
        '.BR "edge\\-agent hook" ,',
        "and what is read then. Hook files are in",
        ".IR /usr/share/edge\\-agent/hooks ;",
        ".B edge\\-agent install",
        "puts in what this machine needs.",
    )
)
_ENVIRONMENT: Final = _joined(
    (
        f"Every key that may stand at the top of the file is also a variable: \\fB{PREFIX}\\fR and the key in capitals, such as",
        f"\\fB{PREFIX}INTERFACE\\fR. A list is separated by commas, a list of URLs by spaces. \\fB{PREFIX}TOKEN\\fR holds the one",
        "secret of a service, whatever its real name.",
    )
)
FILES: Final = (
    (USUAL_FILE, "settings"),
    (_MEMORY, "what was published, locks, pauses; --state-dir names another directory"),
    ("/usr/share/edge-agent/hooks", "a hook for every client and network manager, to be put in place by hand or by install"),
)
SIGNALS: Final = (
    ("SIGTERM", "ends a run (exit 143) and watch"),
    ("SIGHUP", "lets watch read the settings again"),
    ("SIGUSR1", "lets watch look now"),
)
