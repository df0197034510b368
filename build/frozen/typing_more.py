"""Further names of `typing`, those that urllib3 evaluates when it is loaded: marks without meaning at run time, and nothing else.

Its annotations are text that nobody reads. The light `typing` takes these from here, so that an update needs no whole `typing`.
"""

from collections.abc import (
    Callable,
    Collection,
    Container,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    Sequence,
)

__all__ = ["Callable", "Collection", "Container", "Generator", "Iterable", "Iterator", "Mapping", "MutableMapping", "Sequence"]


class Union:
    """A mark in annotations and aliases."""

    def __class_getitem__(cls, _: object) -> type:
        return cls


Optional = Literal = NoReturn = ClassVar = IO = BinaryIO = Union


class Generic:
    """A mark on a class."""

    def __class_getitem__(cls, _: object) -> type:
        return cls


def cast(_: object, value: object) -> object:
    """Return the value."""
    return value


def overload(function: object) -> object:
    """Return the function, which the one without this mark is about to replace."""
    return function
