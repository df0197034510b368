"""The nouns of planting: what a box has, what belongs where, what stands there now, what is to be done. Texts and choices only."""

from collections.abc import Mapping
from typing import Final, NamedTuple

# The line by which a file is known as ours. Files are known by nothing else: there is no receipt that could be lost.
MARK: Final = "edge-agent install wrote this file and edge-agent uninstall removes it; take this line out to keep it as your own"
DIRS: Final = "edge-agent made these directories for it: "
LABEL: Final = "edge-agent"  # of jobs and tasks, where they have a name
EVERY: Final = 5  # minutes between two looks for what no hook tells


class Box(NamedTuple):
    """What is known of the machine, or of the tree below --root."""

    system: str  # as sys.platform says: linux, freebsd14, darwin, win32
    live: bool = True  # False: a tree that does not run
    paths: frozenset[str] = frozenset()  # those of `layouts.LOOKED_FOR` that are there
    programs: frozenset[str] = frozenset()  # those of `layouts.PROGRAMS` that stand in one of the usual directories
    release: str = ""  # ID of os-release(5)
    seed: int = 0  # differs between boxes, and never on one


class Need(NamedTuple):
    """What the texts must say: which program, with which flags, and what of the file system it needs."""

    agent: str = "/usr/bin/edge-agent"
    flags: tuple[str, ...] = ()  # those that belong into every call
    config: str = "/etc/edge-agent.toml"
    state_dir: str | None = None
    log_file: str | None = None
    ca_file: str | None = None
    credentials: Mapping[str, str] = {}  # ACCOUNT.CREDENTIAL: the file that holds it
    seed: int = 0
    data: str = "C:\\ProgramData"  # Windows' %ProgramData%


class Piece(NamedTuple):
    """One thing in one place. `text` is a whole file, the lines between the marks of a block, or where a link leads."""

    about: str  # what calls it
    path: str
    text: str
    kind: str = "file"  # file block link
    mode: int = 0o644  # a block's is for a file that was not there before
    head: str = "#!/bin/sh\n"  # how a file for a block begins that was not there before
    last: bool = False  # the block stands at the end of what is there; else before it
    alone: bool = False  # the block is worth it only where nobody else uses the script
    comment: tuple[str, str] = ("# ", "")
    encoding: str = "utf-8"
    links: tuple[str, ...] = ()  # those that belong to this file: it tells of directories that were made for them too


class Sight(NamedTuple):
    """What stands at a path now. `missing` are the directories that would have to be made, the outermost first."""

    kind: str = "none"  # none file link other
    octets: bytes = b""
    mode: int = 0
    target: str = ""  # where a link leads
    root: bool = True  # the owner is root, or nobody here could make it so
    missing: tuple[str, ...] = ()
    real: str = ""  # the path behind links, in the tree


class Step(NamedTuple):
    """What is to be done about one piece: keep, write, link, remove, or leave (it is somebody else's)."""

    action: str
    piece: Piece
    path: str
    octets: bytes = b""
    mode: int | None = None  # None: that of the file which stands there
    fresh: bool = False  # nothing stood there before
    dirs: tuple[str, ...] = ()  # directories that were made for what is removed
    trouble: str = ""
    hint: str = ""


class Command(NamedTuple):
    """A program to start; where `unless` ends well, what it is to reach has been reached."""

    words: tuple[str, ...]
    unless: tuple[str, ...] = ()


class Plan(NamedTuple):
    """What belongs on a box."""

    pieces: tuple[Piece, ...] = ()
    start: tuple[Command, ...] = ()  # what makes the pieces work
    hints: tuple[str, ...] = ()
    paste: tuple[tuple[str, str], ...] = ()  # settings that hold a script: name and text, for a person to paste
    troubles: tuple[str, ...] = ()
