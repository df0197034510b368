"""XML as APIs speak it: elements and text, read by a scanner that takes what is plain and well-formed, and nothing else.

A real parser would be a megabyte at every start, and brings what no API needs and attackers do: DOCTYPE and entities of one's own.
Attributes are skipped (they name namespaces); comments and CDATA are refused, since no service here sends them.
"""

from typing import Final, NamedTuple

DEPTH: Final = 32  # of elements in elements
ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


class Element(NamedTuple):
    """One element: its name, the text that stands in it directly, and the elements in it."""

    tag: str
    text: str
    inner: tuple["Element", ...]

    def find(self, *path: str) -> "Element | None":
        """Return the first element at that path, None where there is none."""
        found: Element | None = self
        for step in path:
            found = next((child for child in found.inner if child.tag == step), None) if found else None
        return found

    def at(self, *path: str) -> str:
        """Return the text of the first element at that path, nothing where there is none."""
        found = self.find(*path)
        return found.text if found else ""


class _Open(NamedTuple):
    tag: str
    texts: list[str]
    inner: list[Element]


def escape(text: str) -> str:
    """Return `text` as it may stand in an element."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def parse(document: str) -> Element | None:
    """Return the root of a document, None where it is not well-formed, or more than plain elements and text."""
    before, *pieces = document.lstrip("\ufeff").split("<")
    stack = [_Open("", [before], [])]
    try:
        for piece in pieces:
            _take(stack, piece)
    except ValueError:
        return None
    top = stack.pop()
    return top.inner[0] if not stack and len(top.inner) == 1 and not "".join(top.texts).strip() else None


def _take(stack: list[_Open], piece: str) -> None:
    """Carry out what stands between two opening brackets: one tag and the text after it; ValueError where that makes no sense."""
    tag, closed, text = piece.partition(">")
    if not closed:
        raise ValueError(piece)
    if tag.startswith("/"):
        _close(stack, tag[1:].rstrip())
    elif not (tag.startswith("?") and tag.endswith("?")):
        name = next(iter(tag.removesuffix("/").split()), "")
        if not (name.isascii() and name.isidentifier() and tag.startswith(name) and len(stack) <= DEPTH):
            raise ValueError(tag)
        stack.append(_Open(name, [], []))
        if tag.endswith("/"):
            _close(stack, name)
    stack[-1].texts.append(_plain(text))


def _close(stack: list[_Open], name: str) -> None:
    done = stack.pop()
    if done.tag != name or not stack:
        raise ValueError(name)
    stack[-1].inner.append(Element(name, "".join(done.texts).strip(), tuple(done.inner)))


def _plain(text: str) -> str:
    """Return text without its references; ValueError for one that XML does not know."""
    head, *pieces = text.split("&")
    found = [head]
    for piece in pieces:
        name, closed, rest = piece.partition(";")
        if not closed:
            raise ValueError(piece)
        found += [_character(name[1:]) if name.startswith("#") else _entity(name), rest]
    return "".join(found)


def _entity(name: str) -> str:
    if name not in ENTITIES:
        raise ValueError(name)
    return ENTITIES[name]


def _character(number: str) -> str:
    if not (number.isascii() and number.isalnum() and len(number) <= 8):
        raise ValueError(number)
    code = int(number[1:], 16) if number.startswith("x") else int(number)
    if not 0 < code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise ValueError(number)
    return chr(code)
