"""The last script that the bootloader runs: the agent, as `python -m edge_agent` would, and a quick end after it."""

from edge_start import archives, leave  # type: ignore[import-not-found] # beside this one in the archive

try:
    exec(archives[0].code("edge_agent.__main__"))  # noqa: S102 - here, where __name__ is "__main__"
except SystemExit as end:
    if type(end.code) is not int:
        raise
    leave(end.code)
