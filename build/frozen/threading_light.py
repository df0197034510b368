"""Stands for `threading` where only locks are wanted; loads the whole module when a thread is.

urllib3 imports it in two modules for a lock. The whole one costs 0.2 MB in an update; it stands in the executable as
`whole_threading`.
"""

import sys
from _thread import RLock, get_ident
from _thread import _local as local
from _thread import allocate_lock as Lock  # noqa: N812 - the real name

__all__ = ["Lock", "RLock", "get_ident", "local"]


def _shutdown() -> None:
    """The interpreter calls this at its end, to wait for threads: there are none."""


def __getattr__(name: str) -> object:
    """Load the whole module for any other name, and put it in the place of this one."""
    if name.startswith("__"):  # the import system looks for its own marks
        raise AttributeError(name)
    import whole_threading  # type: ignore[import-not-found] # the standard one under another name, see the recipe

    sys.modules["threading"] = whole_threading
    globals().update({key: value for key, value in vars(whole_threading).items() if not key.startswith("__")})
    return getattr(whole_threading, name)
