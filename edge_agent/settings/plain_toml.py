"""The plain part of TOML that settings files are made of, without `re` and its train: 2.5 MB at every start. Pure.

It reads tables, arrays of tables, and keys with plain strings, whole numbers, booleans or lists of these on one line. At
anything else, right or wrong, it gives up, and the library judges the whole text; where it does not give up, the library
would have said the same (tests/properties hold it to that).
"""

from typing import Final, TypeAlias

Table: TypeAlias = dict[str, object]

_BARE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_DIGITS: Final = frozenset("0123456789")


class _NotPlainError(Exception):
    """Leave it to the library."""


def parse(text: str) -> Table | None:
    """Return the tables of a plain TOML text (TOML 1.0.0), or None where it is not plain or not TOML."""
    if not text.replace("\r\n", "").replace("\n", "").replace("\t", "").isprintable():
        return None
    root: Table = {}
    table, named = root, {"": 0}
    try:
        for line in text.replace("\r\n", "\n").split("\n"):
            words = line.strip(" \t")
            if not words or words[0] == "#":
                continue
            if words[0] == "[":
                table = _header(root, words, named)
            else:
                key, value = _pair(words)
                if key in table:
                    return None
                table[key] = value
    except _NotPlainError:
        return None
    return root


def _header(root: Table, words: str, named: dict[str, int]) -> Table:
    """Return the table that `[name]` or `[[name]]` opens; a name of two parts at most, each table opened once."""
    opening = "[[" if words.startswith("[[") else "["
    name, closing, rest = words[len(opening) :].partition("]" * len(opening))
    parts = name.strip(" \t").split(".")
    if not closing or not _is_blank(rest) or len(parts) > 2 or not all(part and _BARE.issuperset(part) for part in parts):
        raise _NotPlainError
    if opening == "[[":
        return _appended(root, parts)
    if name in named or parts[-1] in (root if len(parts) == 1 else ()):
        raise _NotPlainError
    named[name] = 1
    table = root
    for part in parts:
        inner = table.setdefault(part, {})
        if not isinstance(inner, dict) or (part is parts[-1] and inner):
            raise _NotPlainError
        table = inner
    return table


def _appended(root: Table, parts: list[str]) -> Table:
    rows = root.setdefault(parts[0], _Rows())
    if len(parts) > 1 or not isinstance(rows, _Rows):
        raise _NotPlainError
    rows.append({})
    return rows[-1]


class _Rows(list[Table]):
    """An array of tables, apart from a list that is a key's value: nothing may be added to that."""


def _pair(words: str) -> tuple[str, object]:
    key, equals, rest = words.partition("=")
    key = key.rstrip(" \t")
    if not equals or not key or not _BARE.issuperset(key):
        raise _NotPlainError
    value, rest = _value(rest.lstrip(" \t"))
    if not _is_blank(rest):
        raise _NotPlainError
    return key, value


def _is_blank(rest: str) -> bool:
    rest = rest.lstrip(" \t")
    return not rest or rest[0] == "#"


def _value(text: str) -> tuple[object, str]:
    """Return the value that `text` begins with, and the rest."""
    if text.startswith("["):
        return _list(text[1:])
    if text[:1] in {'"', "'"}:
        return _string(text)
    word = text
    for end in ",]# \t":
        word = word.partition(end)[0]
    if word in {"true", "false"}:
        return word == "true", text[len(word) :]
    digits = word[1:] if word[:1] in {"+", "-"} else word
    if not digits or not _DIGITS.issuperset(digits) or (digits[0] == "0" and len(digits) > 1) or len(digits) > 18:
        raise _NotPlainError
    return int(word), text[len(word) :]


def _string(text: str) -> tuple[str, str]:
    quote = text[0]
    value, closing, rest = text[1:].partition(quote)
    if not closing or (quote == '"' and "\\" in value) or (not value and rest.startswith(quote)):
        raise _NotPlainError
    return value, rest


def _list(text: str) -> tuple[list[object], str]:
    values: list[object] = []
    text = text.lstrip(" \t")
    while not text.startswith("]"):
        if text.startswith("["):
            raise _NotPlainError
        value, text = _value(text)
        values.append(value)
        text = text.lstrip(" \t")
        if text.startswith(","):
            text = text[1:].lstrip(" \t")
        elif not text.startswith("]"):
            raise _NotPlainError
    return values, text[1:]
