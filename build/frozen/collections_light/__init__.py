"""Stands for `collections`: what is written in C or carried by the interpreter, and plain named tuples; loads the whole one else.

The whole one stands in the executable as `whole_collections`; it costs 0.3 MB at every start.
"""

import _collections_abc as abc
import sys
from _collections import OrderedDict, defaultdict, deque  # type: ignore[import-not-found] # what the whole one takes from there

__all__ = ["OrderedDict", "abc", "defaultdict", "deque", "namedtuple"]
sys.modules["collections.abc"] = abc


def namedtuple(typename: str, field_names: str | abc.Iterable[str], **more: object) -> type:
    """Make a named tuple as the light `typing` makes records; the whole way where `typing` is not loaded or more is asked."""
    typing = sys.modules.get("typing")
    if more or typing is None:
        made: type = __getattr__("namedtuple")(typename, field_names, **more)  # type: ignore[operator]
        return made
    names = field_names.replace(",", " ").split() if isinstance(field_names, str) else field_names
    made = typing.NamedTuple(typename, [(name, object) for name in names])
    made.__module__ = sys._getframe(1).f_globals["__name__"]  # noqa: SLF001 - as the whole module does it
    return made


def __getattr__(name: str) -> object:
    """Load the whole module for any other name, and put it in the place of this one."""
    if name.startswith("__"):  # the import system looks for its own marks
        raise AttributeError(name)
    import whole_collections  # type: ignore[import-not-found] # the standard one under another name, see the recipe

    whole_collections.abc = abc
    sys.modules[__name__] = whole_collections
    globals().update({key: value for key, value in vars(whole_collections).items() if not key.startswith("__")})
    return getattr(whole_collections, name)
