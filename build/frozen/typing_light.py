"""The few names of `typing` that the agent's own modules use at start; whoever wants more gets the whole module, loaded then.

The whole one pulls re, enum, functools and contextlib in: 2 MB and a fifth of the time of a run that changes nothing. It stands
in the executable as `whole_typing`. tests/frozen compares every record of the agent with what the whole module makes of it.
"""

import sys
from _collections import _tuplegetter  # type: ignore[import-not-found] # what the standard library itself uses
from collections.abc import Iterable


class _Tuple(tuple[object, ...]):
    """What all records share, once; the standard library makes six functions for each of them."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()
    _field_defaults: dict[str, object] = {}  # noqa: RUF012 - as the real one

    def __new__(cls, *values: object, **named: object) -> "_Tuple":  # noqa: PYI034 - Self is a name of the whole module
        missing = cls._fields[len(values) :]
        try:
            whole = (*values, *(named.pop(field) if field in named else cls._field_defaults[field] for field in missing))
        except KeyError as error:
            raise TypeError(f"{cls.__name__}() misses {error}") from None
        if named or len(whole) > len(cls._fields):
            raise TypeError(f"{cls.__name__}() takes {', '.join(cls._fields)}; too much: {', '.join(named) or 'values'}")
        return tuple.__new__(cls, whole)

    @classmethod
    def _make(cls, values: Iterable[object]) -> "_Tuple":
        return cls(*values)

    def _replace(self, **named: object) -> "_Tuple":
        return type(self)(**{**self._asdict(), **named})

    def _asdict(self) -> dict[str, object]:
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{field}={value!r}' for field, value in self._asdict().items())})"


class _Record(type):
    """Turn a class body with annotations into a named tuple, as typing.NamedTuple does."""

    def __new__(cls, name: str, _: tuple[type, ...], space: dict[str, object]) -> type:
        fields: dict[str, object] = space.get("__annotations__", {})  # type: ignore[assignment]
        defaults = {field: space[field] for field in fields if field in space}
        body = {key: value for key, value in space.items() if key not in fields}
        body |= {field: _tuplegetter(place, None) for place, field in enumerate(fields)}
        body |= {"__slots__": (), "_fields": tuple(fields), "__match_args__": tuple(fields), "_field_defaults": defaults}
        return type(name, (_Tuple,), body)

    def __call__(cls, name: str, fields: Iterable[tuple[str, object]]) -> type:
        """Make a record of a list of fields; none of them has a default."""
        module = sys._getframe(1).f_globals["__name__"]  # noqa: SLF001 - as the whole module does it
        return _Record.__new__(_Record, name, (), {"__annotations__": dict(fields), "__module__": module})


NamedTuple = type.__new__(_Record, "NamedTuple", (), {})


TYPE_CHECKING = False


class Any:
    """Anything; only ever written in annotations."""


class TextIO:
    """A text stream; only ever written in annotations."""


class Protocol:
    """The shape of something; nothing is checked at run time."""


class Final:
    """A mark in annotations."""

    def __class_getitem__(cls, _: object) -> type:
        return cls


ClassVar = Final


class TypeAlias:
    """A mark in annotations."""


class TypeVar:
    """A name in annotations."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __or__(self, _: object) -> "TypeVar":
        return self

    __ror__ = __or__

    def __typing_subst__(self, argument: object) -> object:  # makes Generator[int, None, T][str] possible
        return argument


def __getattr__(name: str) -> object:
    """Take any other name from typing_more, or load the whole module and put it in the place of this one."""
    if name.startswith("__"):  # the import system asks for __path__
        raise AttributeError(name)
    import typing_more  # type: ignore[import-not-found] # beside this one in the executable, see the recipe

    if name in vars(typing_more):
        return vars(typing_more)[name]
    import whole_typing  # type: ignore[import-not-found] # the standard one under another name, see the recipe

    sys.modules[__name__] = whole_typing
    globals().update({key: value for key, value in vars(whole_typing).items() if not key.startswith("__")})
    return getattr(whole_typing, name)
