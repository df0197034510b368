"""Stands for `collections` as long as only `collections.abc` is wanted, which the interpreter carries; loads the whole one else.

The whole one stands in the executable as `whole_collections`; it costs 0.3 MB at every start.
"""

import _collections_abc as abc
import sys

sys.modules["collections.abc"] = abc


def __getattr__(name: str) -> object:
    """Load the whole module for any other name, and put it in the place of this one."""
    if name.startswith("__"):  # the import system looks for its own marks
        raise AttributeError(name)
    import whole_collections  # type: ignore[import-not-found] # the standard one under another name, see the recipe

    whole_collections.abc = abc
    sys.modules[__name__] = whole_collections
    globals().update({key: value for key, value in vars(whole_collections).items() if not key.startswith("__")})
    return getattr(whole_collections, name)
