"""Stands for `logging`: whoever logs is heard by nobody; loads the whole module when more than a logger is wanted.

urllib3 makes a logger in every module, and the agent silences them all. The whole one costs half a megabyte in an update.
"""

import sys

CRITICAL, ERROR, WARNING, INFO, DEBUG, NOTSET = 50, 40, 30, 20, 10, 0


class NullHandler:
    """Handles nothing."""


class _Silent:
    """A logger that says nothing."""

    def _nothing(self, *_: object, **__: object) -> None:
        """Say nothing."""

    debug = info = warning = error = exception = critical = log = setLevel = addHandler = _nothing  # noqa: N815 - the real names

    def isEnabledFor(self, _: int) -> bool:  # noqa: N802
        """Return that no level is."""
        return False


_silent = _Silent()


def getLogger(_: str | None = None) -> _Silent:  # noqa: N802
    """Return the silent logger."""
    return _silent


def __getattr__(name: str) -> object:
    """Load the whole module for any other name, and put it in the place of this one."""
    if name.startswith("__"):  # the import system looks for its own marks
        raise AttributeError(name)
    import whole_logging  # type: ignore[import-not-found] # the standard one under another name, see the recipe

    sys.modules[__name__] = whole_logging
    globals().update({key: value for key, value in vars(whole_logging).items() if not key.startswith("__")})
    return getattr(whole_logging, name)
