"""The start of a static executable: modules come from the archive at its end, through one open file, and from nowhere else.

It stands in for PyInstaller's own start, which looks for modules beside the executable as well: in a directory that everyone may
write to, somebody else's. The open file serves a resident agent even when the executable is replaced under it.
"""

import sys
from _frozen_importlib import BuiltinImporter, FrozenImporter, ModuleSpec
from _thread import RLock
from marshal import loads
from posix import O_CLOEXEC, O_RDONLY, _exit, close, dup, open, pread, set_inheritable  # noqa: A004 - os.open without os
from zlib import decompress

PACKAGE = 1  # PyInstaller's mark
ZLIB = 0x78  # what a zlib stream begins with (RFC 1950); code begins with 0xE3
# Whole modules that urllib3 and the standard library name at their top and hardly use: executed when first asked for something.
LATER = frozenset({"ipaddress", "json", "mimetypes", "random", "selectors", "traceback", "hmac", "email.utils"})
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from types import ModuleType as Module
else:
    Module = type(sys)  # types is a module to load
lock = RLock()


class Later(Module):
    """A module that has not been executed yet."""

    def __getattr__(self, name: str) -> object:
        """Execute the module, and become an ordinary one."""
        with lock:
            if type(self) is Later:
                if name[:2] == "__" or "__running__" in self.__dict__:
                    raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
                self.__dict__["__running__"] = True
                try:
                    exec(archives[0].code(self.__name__), self.__dict__)  # noqa: S102 - as every importer
                finally:
                    del self.__dict__["__running__"]
                self.__class__ = Module  # type: ignore[assignment] # what it is from now on
        return getattr(self, name)


class Archive:
    """Finds and loads the modules of the archive."""

    def __init__(self, place: str) -> None:
        """Open the archive at `place`: a path, a question mark, where in the file it begins."""
        path, _, start = place.rpartition("?")
        self.file = _above_streams(open(path, O_RDONLY | O_CLOEXEC))
        self.start = int(start)
        table = int.from_bytes(pread(self.file, 4, self.start + 8), "big")
        self.entries = dict(loads(pread(self.file, 1 << 20, self.start + table)))  # noqa: S302 - our own octets

    def code(self, name: str) -> "CodeType":
        """Return the code of a module."""
        _, start, size = self.entries[name]
        octets = pread(self.file, size, self.start + start)
        code: CodeType = loads(decompress(octets) if octets[0] == ZLIB else octets)  # noqa: S302
        return code

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Return the spec of a module of ours, else None."""
        entry = self.entries.get(name)
        return ModuleSpec(name, self, is_package=entry[0] == PACKAGE) if entry else None  # type: ignore[arg-type] # it loads

    def create_module(self, _spec: ModuleSpec) -> None:
        """Leave the making of the module to the interpreter."""

    def exec_module(self, module: Module) -> None:
        """Fill a module, or leave that for later."""
        if module.__name__ in LATER:
            module.__class__ = Later
        else:
            exec(self.code(module.__name__), module.__dict__)  # noqa: S102


archives: list[Archive] = []


def _above_streams(file: int) -> int:
    """Return a descriptor for the same file that is none of the three streams, where one of those was closed."""
    lower = []
    while file < 3:
        lower.append(file)
        file = dup(file)
    for each in lower:
        close(each)
    set_inheritable(file, False)  # noqa: FBT003 - takes no names
    return file


def install() -> None:
    """Take over the finding of modules, from the archive that the bootloader names."""
    import gc

    gc.set_threshold(10_000, 10, 10)  # what is loaded stays; looking through it again and again was a tenth of an update
    archives.append(Archive(sys._pyinstaller_pyz))  # type: ignore[attr-defined] # noqa: SLF001 - the bootloader's own name
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, archives[0]]
    sys.path.clear()
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    sys.frozen = True  # type: ignore[attr-defined]


def leave(code: int) -> None:
    """End the process as the interpreter would, but for taking it apart, which is a tenth of a short run: the kernel does that."""
    import atexit

    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()  # noqa: SLF001 - it has no other name
    atexit._run_exitfuncs()  # noqa: SLF001
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream:
                stream.flush()
    except OSError:
        raise SystemExit(code) from None  # which says so, and ends with another code
    _exit(code)
