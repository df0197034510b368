"""What stands somewhere and what belongs there become one step. Never is anything touched that does not say it is ours."""

from typing import Final

from edge_agent.install import DIRS, MARK, Piece, Sight, Step, blocks
from edge_agent.snippets import BEGIN, END


def to_have(piece: Piece, sight: Sight) -> Step:
    """Return the step after which the piece is in place."""
    if sight.kind == "other":
        return _left(piece, sight, "is no file", "move it away and install again")
    if piece.kind == "link":
        return _link(piece, sight)
    return _block(piece, sight) if piece.kind == "block" else _file(piece, sight)


def to_lose(piece: Piece, sight: Sight) -> Step | None:
    """Return the step after which nothing of ours is left at the piece's place; None where nothing of ours is there."""
    if piece.kind == "link":
        return Step("remove", piece, sight.real) if sight.kind == "link" and sight.target == piece.text else None
    if sight.kind != "file":
        return None
    if piece.kind == "block":
        return _unblocked(piece, sight) if {BEGIN.encode(), END.encode()} & set(sight.octets.splitlines()) else None
    text = sight.octets.decode(piece.encoding, "replace")
    return Step("remove", piece, sight.real, dirs=_dirs(piece, text)) if MARK in text else None


def _unblocked(piece: Piece, sight: Sight) -> Step:
    try:
        rest, dirs = blocks.cleared(sight.octets, piece.head)
    except blocks.DamageError:
        return _left(piece, sight, *_DAMAGED)
    if rest is None:
        return Step("remove", piece, sight.real, dirs=dirs)
    return Step("write", piece, sight.real, rest)


_DAMAGED = (
    "has marks of edge-agent that do not pair",
    f"take out the lines {BEGIN!r} and {END!r} and what stands between them, and try again",
)


def _left(piece: Piece, sight: Sight, what: str, mend: str) -> Step:
    return Step("leave", piece, sight.real or piece.path, trouble=f"{piece.path} {what}: {mend}")


# Where our package has its units: a link to one of them, made by its `enable`, does as well.
_PACKAGED: Final = ("/lib/systemd/system", "/usr/lib/systemd/system")


def _link(piece: Piece, sight: Sight) -> Step:
    if sight.kind == "none":
        return Step("link", piece, sight.real, fresh=True)
    name = piece.text.rpartition("/")[2]
    if sight.kind == "link" and sight.target in {piece.text, *(f"{folder}/{name}" for folder in _PACKAGED)}:
        return Step("keep", piece, sight.real)
    return _left(piece, sight, "is not the link that edge-agent makes", "move it away and install again")


def _file(piece: Piece, sight: Sight) -> Step:
    if sight.kind == "none":
        octets = whole(piece, sight.missing)
        return Step("write", piece, sight.real, octets, piece.mode, fresh=True)
    if sight.kind == "link":
        return _left(piece, sight, f"is a link to {sight.target}", "remove the link and install again")
    text = sight.octets.decode(piece.encoding, "replace")
    if MARK not in text:
        return _left(piece, sight, "is not ours and stays as it is", "move it away and install again")
    octets = whole(piece, tuple(dict.fromkeys((*_dirs(piece, text), *sight.missing))))
    same = octets == sight.octets and piece.mode == sight.mode and sight.root
    return Step("keep" if same else "write", piece, sight.real, octets, piece.mode)


def whole(piece: Piece, dirs: tuple[str, ...] = ()) -> bytes:
    """Return a whole file with the lines by which it is known: behind the first one, where that one tells what the file is."""
    begin, end = piece.comment
    notes = [MARK, *([DIRS + " ".join(dirs)] if dirs else [])]
    marks = "".join(f"{begin}{note}{end}\n" for note in notes)
    first, _, rest = piece.text.partition("\n")
    text = f"{first}\n{marks}{rest}" if first.startswith(("#!", "<?")) else marks + piece.text
    return text.encode(piece.encoding)


def _dirs(piece: Piece, text: str) -> tuple[str, ...]:
    for line in text.splitlines()[:3]:
        if DIRS in line:
            return tuple(line.partition(DIRS)[2].removesuffix(piece.comment[1]).split())
    return ()


def _block(piece: Piece, sight: Sight) -> Step:
    if sight.kind == "none":
        return Step("write", piece, sight.real, blocks.created(piece.head, piece.text, sight.missing), piece.mode, fresh=True)
    if sight.kind == "link":
        return _left(piece, sight, f"is a link to {sight.target}, which is not there", "mend the link and install again")
    try:
        before = blocks.split(sight.octets)
        octets = blocks.planted(sight.octets, piece.text, last=piece.last)
    except blocks.DamageError:
        return _left(piece, sight, *_DAMAGED)
    if piece.head.startswith("#!") and not blocks.is_shell(sight.octets):
        return _left(piece, sight, "is no shell script", f"make it call: {_called(piece)}")
    if before is None and piece.alone and sight.octets.strip():
        return Step("leave", piece, sight.real, hint=f"{piece.path} is in use already and stays as it is")
    idle = bool(piece.mode & 0o100) and not sight.mode & 0o100
    hint = f"{piece.path} is not executable, so nothing calls it: chmod +x {piece.path}" if idle else ""
    return Step("keep" if octets == sight.octets else "write", piece, sight.real, octets, hint=hint)


def _called(piece: Piece) -> str:
    """Return the line of a block that starts the agent, for a person to carry over."""
    return next((line.strip() for line in piece.text.splitlines() if " hook " in line), piece.text.strip())
