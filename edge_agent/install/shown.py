"""Steps and commands become lines for people and objects for programs. Of a script of others only our block is shown."""

from collections.abc import Iterable
from typing import Final

from edge_agent.install import Command, Piece, Plan, Step
from edge_agent.install.blocks import ABOUT
from edge_agent.snippets import BEGIN, END, quoted

_STATES: Final = {"keep": "in_place", "link": "missing", "leave": "foreign"}
_WORDS: Final = {
    "in_place": "in place",
    "missing": "to be written",
    "differs": "to be changed",
    "foreign": "left alone",
    "obsolete": "to be taken away",
}


def spelled(words: Iterable[str]) -> str:
    """Return a command as it is typed into a shell."""
    return " ".join(map(quoted, words))


def done(step: Step) -> str:
    """Return the line that tells of a step which was done; nothing for those that change nothing."""
    if step.action in {"keep", "leave"}:
        return ""
    if step.action == "remove":
        return f"removed {step.piece.path}"
    return f"{'wrote' if step.fresh else 'changed'} {step.piece.path}"


def listed(have: Iterable[Step], lose: Iterable[Step]) -> list[str]:
    """Return one line per thing: what calls it, where, and how that stands."""
    return [
        f"{step.piece.about}: {_place(step.piece)}: {_WORDS[state(step)]}"
        for step in (*have, *(step._replace(fresh=False, action="lose") for step in lose if step.action != "leave"))
    ]


def state(step: Step) -> str:
    """Return how a piece stands: in_place, missing, differs, foreign; obsolete where it belongs there no more."""
    if step.action in {"remove", "lose"}:
        return "obsolete"
    return _STATES.get(step.action) or ("missing" if step.fresh else "differs")


def _place(piece: Piece) -> str:
    if piece.kind == "link":
        return f"{piece.path} -> {piece.text}"
    return f"a block in {piece.path}" if piece.kind == "block" else piece.path


def whole(have: Iterable[Step], lose: Iterable[Step], commands: Iterable[Command]) -> list[str]:
    """Return every file as it would be written, with its mode and owner; what would be taken away; every command."""
    lines: list[str] = []
    for step in have:
        piece = step.piece
        own = "" if piece.kind == "link" else f" mode {piece.mode:04o} owner root"
        if step.mode is None and not step.fresh and piece.kind == "block":
            own = " mode and owner as they are"
        lines.append(f"--- {_place(piece)}{own} ({piece.about}; {_WORDS[state(step)]})")
        lines += _text(step).splitlines()
    lines += [f"--- {_place(step.piece)}: to be taken away" for step in lose if step.action != "leave"]
    return lines + [f"--- run: {spelled(command.words)}" for command in commands]


def _text(step: Step) -> str:
    """Return what is put there: of a block that alone, for the rest of the file is not ours to show."""
    piece = step.piece
    if piece.kind == "link":
        return ""
    if piece.kind == "block":
        return "\n".join((BEGIN, ABOUT, piece.text.rstrip("\n"), END))
    return step.octets.decode(piece.encoding) if step.octets else piece.text


def pasted(texts: Iterable[tuple[str, str]]) -> list[str]:
    """Return what a person has to paste, by the place in the web interface."""
    return [line for name, text in texts for line in (f"--- paste into {_PLACES.get(name, name)}", *text.splitlines())]


_PLACES: Final = {
    "tomato-mwanup": "Administration > Scripts > MultiWAN up (or WAN Up, where there is one WAN)",
    "tomato-init": "Administration > Scripts > Init, and once into a shell",
}


def as_object(
    plan: Plan, have: Iterable[Step], lose: Iterable[Step], commands: Iterable[Command], *, texts: bool
) -> dict[str, object]:
    """Return the same for programs."""
    files = [*map(_entry, have), *({**_entry(step), "state": "obsolete"} for step in lose if step.action != "leave")]
    if texts:
        for entry, step in zip(files, (*have,), strict=False):
            entry["text"] = _text(step)
    return {
        "files": files,
        "commands": [list(command.words) for command in commands],
        "paste": [{"place": name, "text": text} for name, text in plan.paste],
    }


def _entry(step: Step) -> dict[str, object]:
    piece = step.piece
    return {
        "path": piece.path,
        "kind": piece.kind,
        "about": piece.about,
        "state": state(step),
        "mode": None if step.mode is None and not step.fresh else f"{piece.mode:04o}",
        "owner": None if step.mode is None and not step.fresh else "root",
        "target": piece.text if piece.kind == "link" else None,
    }
