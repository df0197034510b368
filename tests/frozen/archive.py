"""What is inside the executable, and what its modules would import."""

import ast
import importlib.util
import pathlib
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

ROOT = pathlib.Path(__file__).parents[2]
# What every CPython 3.13 has inside: Modules/Setup.bootstrap.in and Modules/config.c.in of its source.
CORE = set(
    """atexit faulthandler posix _signal _tracemalloc _suggestions _codecs _collections errno _io itertools _sre _sysconfig _thread
    time _types _typing _weakref _abc _functools _locale _operator _stat _symtable pwd marshal _imp _ast _tokenize builtins sys gc
    _warnings _string _frozen_importlib _frozen_importlib_external""".split()  # noqa: SIM905 - a list would be thirty lines
)


class Archive(NamedTuple):
    """Names of the Python modules, of the C extensions, of all files that are unpacked, and of what the interpreter carries."""

    modules: frozenset[str]
    extensions: frozenset[str]
    files: frozenset[str]
    carried: frozenset[str] | None  # None: it is the interpreter that runs this, so it can be asked

    def has(self, module: str) -> bool:
        """Say whether an import of `module` would succeed: inside, built in, or carried by the interpreter itself."""
        base = module.split(".", maxsplit=1)[0]
        here = module in self.modules | self.extensions or self._carries(module)
        return here or base == "encodings" or module in {"os.path", "struct", "importlib._bootstrap", "collections.abc"}

    def _carries(self, module: str) -> bool:
        import _imp

        if self.carried is not None:
            return module in self.carried
        return module in sys.builtin_module_names or _imp.is_frozen(module)


def is_static(path: pathlib.Path) -> bool:
    """Say whether an executable asks for no dynamic linker: it has no program header of type PT_INTERP."""
    image = path.read_bytes()[:4096]
    order = "<" if image[5] == 1 else ">"
    where, size = ((32, "Q"), 54) if image[4] == 2 else ((28, "I"), 42)
    (start,) = struct.unpack_from(order + where[1], image, where[0])
    each, count = struct.unpack_from(order + "HH", image, size)
    return 3 not in {struct.unpack_from(order + "I", image, start + each * place)[0] for place in range(count)}


def linked_in() -> frozenset[str]:
    """Return what the interpreter of the static executables carries: its core, our C modules, and modules as bytecode."""
    from build.static.frozen_list import CARRIED

    modules = (ROOT / "build" / "static" / "modules.txt").read_text()
    ours = {line.split()[0] for line in modules.splitlines() if line and not line.startswith("#")}
    return frozenset({*CORE, *ours, *CARRIED, "_netifaces"})


def read(path: pathlib.Path) -> Archive:
    from PyInstaller.archive.readers import CArchiveReader

    outer = CArchiveReader(str(path))
    inner = outer.open_embedded_archive("PYZ.pyz")
    files = frozenset(name for name, (_, _, _, _, kind) in outer.toc.items() if kind in "bxd")
    extensions = frozenset(name.rpartition("/")[2].partition(".")[0] for name in files if ".cpython-" in name or "abi3" in name)
    return Archive(frozenset(inner.toc), extensions, files, linked_in() if is_static(path) else None)


def source_of(module: str) -> pathlib.Path | None:
    spec = importlib.util.find_spec(module)
    return pathlib.Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


def certain(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that importing a module runs for sure: not those inside `try`, functions and typing blocks."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from certain(node.body)
        elif isinstance(node, ast.If):
            doubtful = any(
                word in ast.dump(node.test) for word in ("TYPE_CHECKING", "__main__", "platform", "version_info", "_mswindows")
            )
            yield from certain(node.orelse if doubtful else node.body + node.orelse)
        else:
            yield node


def imports(nodes: Iterable[ast.AST], module: str, *, package: bool) -> Iterator[str]:
    """Yield the modules that the import statements among `nodes` name, relative ones resolved."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = module.split(".") if package else module.split(".")[:-1]
            base = (
                [*here[: len(here) - node.level + 1], *([node.module] if node.module else [])]
                if node.level
                else [node.module or ""]
            )
            yield ".".join(base)
