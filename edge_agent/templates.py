"""Text with fields: `{ip}` stands for a value spelled for its place, `{ip!r}` for the value as it is. Any other brace is a brace.

So a JSON body needs no doubled braces, and a misspelt field is an error, never sent as it stands.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from edge_agent.encoding import quote

Spell = Callable[[str], str]


class Hole(NamedTuple):
    """A place in a template where a value goes."""

    name: str
    raw: bool = False


def parts(template: str) -> Iterator[str | Hole]:
    """Yield the literal texts and the holes of a template in order."""
    while template:
        before, brace, rest = template.partition("{")
        inner, closed, after = rest.partition("}")
        name, _, flag = inner.partition("!")
        if closed and flag == ("r" if "!" in inner else "") and name.isidentifier():
            yield before
            yield Hole(name, raw=bool(flag))
            template = after
        else:
            yield before + brace
            template = rest


def names(template: str) -> tuple[str, ...]:
    """Return the names of the fields a template uses, each once."""
    return tuple(dict.fromkeys(part.name for part in parts(template) if isinstance(part, Hole)))


def fill(template: str, values: Mapping[str, str], spell: Spell) -> str:
    """Return the template with its holes filled, each value spelled by `spell` unless it is asked for raw."""
    filled = []
    for part in parts(template):
        if isinstance(part, Hole):
            filled.append(values[part.name] if part.raw else spell(values[part.name]))
        else:
            filled.append(part)
    return "".join(filled)


def as_is(value: str) -> str:
    """Spell a value for a place that needs no escaping."""
    return value


def in_json(value: str) -> str:
    """Spell a value for the inside of a JSON string (RFC 8259, section 7); a number stays a number."""
    from json import dumps

    return dumps(value)[1:-1]


def in_url(value: str) -> str:
    """Spell a value for a path, a query or a form (RFC 3986, section 2.1)."""
    return quote(value)
