"""Stands for `weakref`: plain references, and what is called when an object is gone; at the end of the process nothing is called.

urllib3 closes the connections of a pool that nobody has any more; at the end of the process the kernel closes them. The whole
module costs 0.2 MB in an update; it stands in the executable as `whole_weakref`.
"""

from _weakref import ReferenceType, getweakrefcount, getweakrefs, proxy, ref
from collections.abc import Callable

__all__ = ["ReferenceType", "finalize", "getweakrefcount", "getweakrefs", "proxy", "ref"]


class finalize:  # noqa: N801 - the real name
    """Calls `function` once, when `thing` is gone or when it is called itself."""

    _waiting: dict["finalize", tuple[object, Callable[..., object], tuple[object, ...], dict[str, object]]] = {}  # noqa: RUF012 - one for all

    def __init__(self, thing: object, function: Callable[..., object], /, *words: object, **named: object) -> None:
        """Wait for the end of `thing`."""
        self._waiting[self] = (ref(thing, self), function, words, named)

    def __call__(self, _: object = None) -> object:
        """Call the function unless that has been done."""
        found = self._waiting.pop(self, None)
        return found[1](*found[2], **found[3]) if found else None

    def detach(self) -> None:
        """Do not call it any more."""
        self._waiting.pop(self, None)

    @property
    def alive(self) -> bool:
        """Whether it is still waiting."""
        return self in self._waiting


def __getattr__(name: str) -> object:
    """Return any other name of the whole module."""
    if name.startswith("__"):  # the import system looks for its own marks
        raise AttributeError(name)
    import whole_weakref  # type: ignore[import-not-found] # the standard one under another name, see the recipe

    return getattr(whole_weakref, name)
