"""A marked block in a script that belongs to others: put in, renewed in place, taken out to the very octet. Octets only.

What must be known to take it out (was there a file at all, did its last line end) stands in the block itself.
"""

from typing import Final, NamedTuple

from edge_agent.install import DIRS
from edge_agent.snippets import BEGIN, END

_BEGIN: Final = BEGIN.encode()
_END: Final = END.encode()
ABOUT: Final = "# edge-agent install wrote these lines and edge-agent uninstall removes them"
_FRESH: Final = "# edge-agent: there was no such file before"
_TORN: Final = "# edge-agent: the line above had no end"
_SHELLS: Final = frozenset({b"sh", b"ash", b"dash", b"bash", b"ksh", b"mksh", b"zsh", b"busybox"})
_LEAVES: Final = (b"exit", b"exec", b"return")
_GO_ON: Final = (b"\\", b"&&", b"||", b"|")


class DamageError(ValueError):
    """The marks in a file do not pair; a person has to look."""


class Parts(NamedTuple):
    """A file around its block. `inner` are the lines between the marks."""

    before: bytes
    inner: tuple[str, ...]
    after: bytes


def split(octets: bytes) -> Parts | None:
    """Return the file around its block, None where there is none; DamageError where the marks do not pair."""
    lines = octets.splitlines(keepends=True)
    bare = [line.rstrip(b"\r\n") for line in lines]
    begins = [number for number, line in enumerate(bare) if line == _BEGIN]
    ends = [number for number, line in enumerate(bare) if line == _END]
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        raise DamageError
    begin, end = begins[0], ends[0]
    inner = tuple(line.decode("utf-8", "replace") for line in bare[begin + 1 : end])
    return Parts(b"".join(lines[:begin]), inner, b"".join(lines[end + 1 :]))


def planted(octets: bytes, text: str, *, last: bool) -> bytes:
    """Return the file with the block in it: in the place of the one there, else at its end or at its beginning."""
    parts = split(octets)
    if parts is None:
        place = _ending(octets) if last else _beginning(octets)
        torn = place > 0 and octets[place - 1 : place] != b"\n"
        gap, torn_note = (b"\n", (_TORN,)) if torn else (b"", ())
        return octets[:place] + gap + _block(torn_note, text) + octets[place:]
    notes = tuple(line for line in parts.inner if line in {_FRESH, _TORN} or line.startswith("# " + DIRS))
    return parts.before + _block(notes, text) + parts.after


def created(head: str, text: str, dirs: tuple[str, ...]) -> bytes:
    """Return a new file that holds nothing but the block."""
    notes = (_FRESH, *((f"# {DIRS}{' '.join(dirs)}",) if dirs else ()))
    return head.encode() + _block(notes, text)


def cleared(octets: bytes, head: str) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the file without the block, None where there was no file before it; and the directories made for that file."""
    parts = split(octets)
    if parts is None:
        return octets, ()
    dirs = next((tuple(line[len(DIRS) + 2 :].split()) for line in parts.inner if line.startswith("# " + DIRS)), ())
    before = parts.before[:-1] if _TORN in parts.inner else parts.before
    if _FRESH in parts.inner and (before + parts.after).strip() in {b"", head.strip().encode()}:
        return None, dirs
    return before + parts.after, ()


def _block(notes: tuple[str, ...], text: str) -> bytes:
    return "".join(f"{line}\n" for line in (BEGIN, ABOUT, *notes, text.rstrip("\n"), END)).encode()


def is_shell(octets: bytes) -> bool:
    """Tell whether a script is one for a shell of the Bourne kind; one without a first `#!` line is read by its caller's."""
    if b"\0" in octets:
        return False
    if not octets.startswith(b"#!"):
        return True
    words = octets.partition(b"\n")[0][2:].split()
    names = [word.rpartition(b"/")[2] for word in words[:2]]
    return bool(names) and not _SHELLS.isdisjoint(names[:1] if names[0] != b"env" else names)


def _beginning(octets: bytes) -> int:
    """Return where the second line begins in a script that names its interpreter, else 0."""
    if not octets.startswith(b"#!"):
        return 0
    end = octets.find(b"\n")
    return len(octets) if end < 0 else end + 1


def _ending(octets: bytes) -> int:
    """Return the end of the file, or the beginning of its last statement where nothing behind that would be reached."""
    lines = octets.splitlines(keepends=True)
    while lines and lines[-1].lstrip()[:1] in {b"", b"#"}:
        lines.pop()
    if not lines or lines[-1].split()[0].rstrip(b";") not in _LEAVES or lines[-1][:1] in b" \t":
        return len(octets)
    if len(lines) > 1 and lines[-2].rstrip().endswith(_GO_ON):
        return len(octets)  # only a part of a statement
    return sum(map(len, lines[:-1]))
