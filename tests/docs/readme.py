"""The README's tables, made from the code. `python -m tests.docs.readme --write` renews them; a test compares."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from edge_agent import events, providers
from edge_agent.model import TYPE_OF
from edge_agent.providers.provider import Provider
from edge_agent.report import catalogue
from edge_agent.report.words import AFTER, CHOICE
from edge_agent.settings import COMMANDS, EXTRA, OPERANDS, REQUIRED, SETTINGS, Setting, spelled
from edge_agent.verdicts import TABLE

README = Path(__file__).parents[2] / "README.md"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def commands() -> str:
    """Return the table of commands."""
    return table(("command", "what it does", "flags of its own"), map(_command, COMMANDS))


def _command(name: str) -> list[str]:
    operand = OPERANDS.get(name, "")
    takes = f" {operand if name in REQUIRED else f'[{operand}]'}" if operand else ""
    own = "; ".join(f"`{spelled(setting)}`: {setting.about}" for setting in EXTRA.get(name, ()))
    return [f"`{name}{takes}`", COMMANDS[name], own]


def sources() -> str:
    """Return the table of who may call the hook command."""
    return table(("SOURCE", "what is read"), ((f"`{name}`", about) for name, about in events.SOURCES.items()))


def settings() -> str:
    """Return the table of settings."""
    return table(("key", "flags", "where in the file", "default", "meaning"), map(_setting, SETTINGS))


def _setting(setting: Setting) -> list[str]:
    flags = ", ".join(f"`{flag.spelling}`" for flag in setting.flags)
    takes = f" `{setting.value}`" if setting.flags and any(flag.says is None for flag in setting.flags) else ""
    places = [
        {"global": "top", "account": "account", "record": "record"}[scope]
        for scope in ("global", "account", "record")
        if scope in setting.scopes
    ]
    default = "" if setting.default is None else ", ".join(f"`{part}`" for part in setting.default.split())
    return [f"`{setting.name}`", flags + takes, ", ".join(places) or "not there", default, setting.about]


def services() -> str:
    """Return the table of services."""
    return table(("provider", "service", "records", "credentials", "limits"), map(_service, providers.every()))


def _service(provider: Provider) -> list[str]:
    name = ", ".join(f"`{spelling}`" for spelling in (provider.name, *provider.aliases))
    if provider.gone:
        return [name, provider.title, "", "", f"gone: {provider.gone}"]
    types = ", ".join(TYPE_OF[family] for family in provider.families)
    credentials = ", ".join(f"`{one.name}`" + ("" if one.required else " (optional)") for one in provider.credentials)
    return [name, provider.title, types, credentials, "; ".join(catalogue.facts(provider))]


def outcomes() -> str:
    """Return the table of verdicts."""
    rows = ((f"`{kind}`", row.words, str(row.exit), AFTER.get(kind, "nothing")) for kind, row in TABLE.items())
    return table(("verdict", "meaning", "exit", "what to do"), rows)


def reasons() -> str:
    """Return the table of reasons to lose."""
    return table(("reason", "meaning"), ((f"`{name}`", about) for name, about in CHOICE.items()))


TABLES: dict[str, Callable[[], str]] = {
    "commands": commands,
    "sources": sources,
    "settings": settings,
    "providers": services,
    "outcomes": outcomes,
    "reasons": reasons,
}


def renewed(text: str) -> str:
    """Return the README with every table made anew."""
    for name, make in TABLES.items():
        begin, end = f"<!-- {name}: made by tests/docs/readme.py -->\n", f"\n<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        _, mark, after = rest.partition(end)
        if not mark:
            raise ValueError(f"the README lacks the marks of the table {name}")
        text = before + begin + make() + end + after
    return text


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        raise SystemExit("usage: python -m tests.docs.readme --write")
    README.write_text(renewed(README.read_text()))
