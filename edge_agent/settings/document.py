"""The settings file: where each key of a TOML text stands, and every value with that origin. Nothing is judged but syntax."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol, TypeAlias

from edge_agent.model import Problem
from edge_agent.settings import plain_toml
from edge_agent.settings.reading import Given

Path: TypeAlias = tuple[str | int, ...]


class Read(Protocol):
    """How files are read; who reads them is not this layer's business."""

    def __call__(self, path: str, *, secret: bool) -> str:
        """Return the text of the file at `path`, or raise ReadError; a secret file that others can read is refused."""


class ReadError(Exception):
    """A file that cannot be used: `what` says which and why, `mend` what to do. `missing`: there is no such file."""

    def __init__(self, what: str, mend: str = "", *, missing: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend
        self.missing = missing


class Document(NamedTuple):
    """The file's tables as TOML has them, and the line of every key."""

    path: str = ""
    tables: Mapping[str, object] = {}
    lines: Mapping[Path, int] = {}

    def given(self, *path: str | int) -> dict[str, Given]:
        """Return the keys of the table at `path` with their origins; none where there is no table."""
        table: object = self.tables
        for part in path:
            table = table[part] if isinstance(table, Mapping | list) else None  # type: ignore[index] # paths come from the tables
        if not isinstance(table, Mapping):
            return {}
        return {key: Given(value, self.origin(*path, key)) for key, value in table.items()}

    def origin(self, *path: str | int) -> str:
        """Return FILE:LINE of a key, or of the nearest table around it whose line is known."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.path}:{self.lines[path]}" if path else self.path


def document(path: str, text: str) -> tuple[Document, Problem | None]:
    """Return the TOML text as a document, or an empty one and the one problem of its syntax."""
    plain = plain_toml.parse(text)
    if plain is not None:
        return Document(path, plain, _lines(text)), None
    import tomllib  # only a file beyond the plain pays for it

    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return Document(path), _syntax(path, error)
    return Document(path, tables, _lines(text)), None


def _syntax(path: str, error: Exception) -> Problem:
    what, _, place = str(error).partition(" (at ")
    digits = place.removeprefix("line ").partition(",")[0]
    origin = f"{path}:{digits}" if digits.isdigit() else path
    if isinstance(error, RecursionError):
        what = "nests too deep"
    return Problem(origin, f"is not TOML: {what.rstrip('.')}"[:160], "text stands in quotes, lists in [ ], tables under [NAME]")


def _lines(text: str) -> dict[Path, int]:
    """Return the line of every table and key of a TOML text that is known to be sound."""
    lines: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    inside, depth = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        rest = line.strip()
        if not inside and not depth and rest[:1] == "[":
            table = _header(rest, counts)
            for length in range(len(table)):
                lines.setdefault(table[: length + 1], number)
            continue
        if not inside and not depth and rest[:1] not in {"", "#"}:
            key, end = _key(rest)
            for length in range(len(key)):
                lines.setdefault(table + key[: length + 1], number)
            rest = rest[end:]
        inside, depth = _still_open(rest, inside, depth)
    return lines


def _header(line: str, counts: dict[Path, int]) -> Path:
    """Return the path of `[a.b]` or `[[a.b]]`; lists of tables are counted, and a table below one belongs to the last."""
    path: Path = ()
    names, _ = _key(line.lstrip("["))
    for place, name in enumerate(names, 1):
        path = (*path, name)
        if line.startswith("[[") and place == len(names):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _key(text: str) -> tuple[tuple[str, ...], int]:
    """Return the parts of a dotted key and where it ends; quoted parts are taken as they stand."""
    parts = [""]
    quote = ""
    for place, character in enumerate(text):
        if character == quote:
            quote = ""
        elif quote:
            parts[-1] += character
        elif character in "\"'":
            quote = character
        elif character in "=]":
            return tuple(parts), place
        elif character == ".":
            parts.append("")
        elif character not in " \t":
            parts[-1] += character
    return tuple(parts), len(text)


def _still_open(text: str, inside: str, depth: int) -> tuple[str, int]:
    """Return which triple quotes and how many brackets are still open at the end of a line."""
    place = 0
    while place < len(text):
        if inside:
            step, inside = _through_quotes(text, place, inside)
            place += step
        elif text[place] in "\"'":
            inside = text[place] * (3 if text.startswith(text[place] * 3, place) else 1)
            place += len(inside)
        elif text[place] == "#":
            break
        else:
            depth += (text[place] in "[{") - (text[place] in "]}")
            place += 1
    return inside if len(inside) == 3 else "", depth


def _through_quotes(text: str, place: int, inside: str) -> tuple[int, str]:
    if text.startswith(inside, place):
        return len(inside), ""
    return 2 if text[place] == "\\" and inside[0] == '"' else 1, inside
