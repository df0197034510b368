"""The folder hooks/, made from the code. `python -m tests.docs.hooks --write` renews it; a test compares."""

import sys
from pathlib import Path

from edge_agent.snippets import SNIPPETS, Snippet, whole
from tests.docs.readme import table

FOLDER = Path(__file__).parents[2] / "hooks"
README = FOLDER / "README.md"
MARKS = ("<!-- files: made by tests/docs/hooks.py -->\n", "\n<!-- end of files -->")


def files() -> str:
    """Return the table of the files: one line per place."""
    head = ("file", "where it goes", "name there", "mode", "owner", "how it is called", "what calls it, and when")
    return table(head, (_line(snippet, place) for snippet in SNIPPETS.values() for place in (snippet.place, *snippet.also)))


def _line(snippet: Snippet, place: str) -> list[str]:
    folder, _, name = place.rpartition("/") if place.startswith("/") else place.partition(":")
    part = ", a block at the end" if snippet.last else ", a block" if snippet.block else ""
    return [
        f"[`{snippet.name}`]({snippet.name})",
        f"`{folder}`",
        f"`{name}`{part}",
        f"{snippet.mode:04o}",
        "0:0",
        snippet.called,
        snippet.about,
    ]


def renewed(text: str) -> str:
    """Return the folder's README with its table made anew."""
    before, begin, rest = text.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not (begin and end):
        raise ValueError("hooks/README.md lacks the marks of its table")
    return before + begin + files() + end + after


def write() -> None:
    """Write every file with its mode, and remove what the table no longer knows."""
    for path in FOLDER.iterdir():
        if path.name not in {*SNIPPETS, README.name}:
            path.unlink()
    for name, snippet in SNIPPETS.items():
        (FOLDER / name).write_text(whole(name))
        (FOLDER / name).chmod(snippet.mode)
    README.write_text(renewed(README.read_text()))


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        raise SystemExit("usage: python -m tests.docs.hooks --write")
    write()
