"""The files of the box, or of a tree below a directory: what stands there, whole writes, clean removal.

A file is written beside its place and renamed into it; directories that are missing are made beside theirs, with the file in
them, and renamed as one. So a kill or a power cut leaves what was there before, or all of what is new, and never more than
SCRATCH, which the next install or uninstall sweeps away.
"""

# pathlib would cost more memory than all of this; and links must be followed inside the tree, which it cannot:
# ruff: noqa: PTH100, PTH101, PTH103, PTH104, PTH105, PTH106, PTH108, PTH110, PTH112, PTH114, PTH115, PTH116, PTH118, PTH120, PTH123, PTH211

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from edge_agent import files
from edge_agent.install import Piece, Sight, Step

SCRATCH: Final = ".edge-agent.new"  # run-parts, cron and every dispatcher pass over names with a leading dot
LARGEST: Final = 1024 * 1024  # octets of a script or table of others
_LINKS: Final = 40  # as many as Linux follows


class Tree:
    """The file system as the box sees it. Paths are the box's own; links are followed, and never out of the tree."""

    def __init__(self, top: str | None) -> None:
        self.top = "" if top is None else os.path.abspath(top).rstrip("/")
        self.live = top is None
        self._root = sys.platform != "win32" and os.geteuid() == 0

    def real(self, path: str, *, last: bool = True) -> str:
        """Return where a path of the box is for us. `last` tells whether to follow it where it is a link itself."""
        if sys.platform == "win32":
            return path
        done: list[str] = []
        rest = path.split("/")[::-1]
        links = 0
        while rest:
            part = rest.pop()
            if part == "..":
                del done[-1:]
            elif part not in {"", "."}:
                done.append(part)
                target = _leads(self.top + "/" + "/".join(done)) if last or any(rest) else None
                if target is not None:
                    links += 1
                    if links > _LINKS:
                        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                    done = [] if target.startswith("/") else done[:-1]
                    rest += target.split("/")[::-1]
        return self.top + "/" + "/".join(done)

    def has(self, path: str) -> bool:
        """Tell whether something stands at a path of the box."""
        try:
            return os.path.exists(self.real(path))
        except OSError:
            return False

    def sight(self, piece: Piece) -> Sight:
        """Return what stands where the piece belongs; OSError where that cannot be told."""
        here = self.real(piece.path, last=False)
        target = _leads(here)
        if target is not None:
            if piece.kind != "block" or not self.has(piece.path):
                return Sight("link", target=target, real=here)
            here = self.real(piece.path)
        try:
            info = os.lstat(here)
        except FileNotFoundError:
            return Sight(missing=tuple(dict.fromkeys((*self._missing(here), *self._beside(piece)))), real=here)
        except NotADirectoryError:
            return Sight("other", real=here)
        if not stat.S_ISREG(info.st_mode) or info.st_size > LARGEST:
            return Sight("other", real=here)
        with open(here, "rb") as file:
            octets = file.read()
        root = not self._root or info.st_uid == info.st_gid == 0
        return Sight("file", octets, stat.S_IMODE(info.st_mode), root=root, missing=self._beside(piece), real=here)

    def _beside(self, piece: Piece) -> tuple[str, ...]:
        return tuple(dict.fromkeys(folder for link in piece.links for folder in self._missing(self.real(link, last=False))))

    def _missing(self, path: str) -> list[str]:
        """Return the directories above `path` that are not there, as the box names them, the outermost first."""
        above = os.path.dirname(path)
        found: list[str] = []
        while above not in {self.top, ""} and not os.path.lexists(above):
            found.insert(0, above[len(self.top) :])
            above = os.path.dirname(above)
        return found

    # --- changes -------------------------------------------------------------------------------------------------

    def do(self, step: Step) -> None:
        """Do a step; OSError where it cannot be done, and then nothing has changed."""
        above = os.path.dirname(step.path)
        if step.action == "remove":
            self._remove(step)
        elif step.action == "link":
            os.makedirs(above, mode=0o755, exist_ok=True)
            os.symlink(step.piece.text, step.path)
        elif step.action == "write":
            missing = self._missing(step.path) if sys.platform != "win32" else []
            if missing:
                self._raise(self.top + missing[0], step)
            else:
                os.makedirs(above, exist_ok=True)  # Windows alone: the directory of the settings
                self._swap(os.path.join(above, SCRATCH), step.path, step)

    def _swap(self, fresh: str, path: str, step: Step) -> None:
        try:
            files.write(fresh, step.octets, sync=True)
            self._dress(fresh, step)
            os.replace(fresh, path)
        except BaseException:
            files.remove(fresh)
            raise
        _sync(os.path.dirname(path))

    def _raise(self, top: str, step: Step) -> None:
        """Make the directory `top`, the ones in it and the file, all at once."""
        scratch = os.path.join(os.path.dirname(top), SCRATCH)
        _clear(scratch)
        try:
            fresh = scratch + step.path[len(top) :]
            folder = os.path.dirname(fresh)
            os.makedirs(folder, mode=0o755)
            while folder != os.path.dirname(scratch):
                os.chmod(folder, 0o755)  # noqa: S103 - what systems expect of their own; whatever the umask was
                folder = os.path.dirname(folder)
            files.write(fresh, step.octets, sync=True)
            self._dress(fresh, step)
            os.rename(scratch, top)
        except BaseException:
            _clear(scratch)
            raise
        _sync(os.path.dirname(top))

    def _dress(self, fresh: str, step: Step) -> None:
        """Give the new file its mode and owner: its own, or those of the file whose place it takes."""
        if sys.platform == "win32":
            return
        if step.mode is None:
            info = os.stat(step.path)
            mode, user, group = stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid
        else:
            mode, user, group = step.mode, 0, 0
        if self._root:
            os.chown(fresh, user, group)
        os.chmod(fresh, mode)
        if step.mode is None and sys.platform == "linux":
            with suppress(OSError):  # a file system without them
                for name in os.listxattr(step.path):  # SELinux' label, access lists
                    os.setxattr(fresh, name, os.getxattr(step.path, name))

    def _remove(self, step: Step) -> None:
        """Remove the file and the directories made for it. It alone tells of them, so none may outlive it: it goes with them."""
        folders = [self.real(folder) for folder in step.dirs]
        for folder in reversed(folders):
            if not step.path.startswith(f"{folder}{os.sep}"):
                _rmdir(folder)
        for folder in folders:
            if step.path.startswith(f"{folder}{os.sep}") and _holds_only(folder, step.path):
                scratch = os.path.join(os.path.dirname(folder), SCRATCH)
                os.rename(folder, scratch)
                _clear(scratch)
                return
        if os.path.lexists(step.path):  # its own service may have taken it away
            os.unlink(step.path)

    def sweep(self, pieces: Iterable[Piece]) -> None:
        """Take away what a killed install has left beside the places of these pieces."""
        for folder in dict.fromkeys(folder for piece in pieces for folder in _above(self.real(piece.path, last=False))):
            with suppress(OSError):  # where it cannot be taken away, nothing can be written either, and that is told
                _clear(os.path.join(folder, SCRATCH))


def _leads(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None


def _above(path: str) -> Iterator[str]:
    while os.path.dirname(path) != path:
        path = os.path.dirname(path)
        yield path


def _clear(path: str) -> None:
    """Take away a file, or a directory of files with all in it."""
    if os.path.isdir(path) and not os.path.islink(path):
        for here, _, names in os.walk(path, topdown=False):
            for name in names:
                os.unlink(os.path.join(here, name))
            os.rmdir(here)
    elif os.path.lexists(path):
        files.remove(path)


def _holds_only(folder: str, path: str) -> bool:
    """Tell whether there is nothing in a directory but this file and the directories that lead to it."""
    for here, folders, names in os.walk(folder):
        if any(os.path.join(here, name) != path for name in names) or any(
            not path.startswith(os.path.join(here, name, "")) for name in folders
        ):
            return False
    return True


def _rmdir(path: str) -> None:
    try:
        os.rmdir(path)
    except OSError as error:  # it holds something of others, or is gone
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT}:
            raise


def _sync(folder: str) -> None:
    """Wait until the new name itself is on the disk."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        with suppress(OSError):  # not every file system can
            os.fsync(descriptor)
        os.close(descriptor)
