"""What is inside the executable, and what its modules would import."""

import ast
import importlib.util
import pathlib
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Archive(NamedTuple):
    """Names of the Python modules, of the C extensions, and of all files that are unpacked."""

    modules: frozenset[str]
    extensions: frozenset[str]
    files: frozenset[str]

    def has(self, module: str) -> bool:
        """Say whether an import of `module` would succeed: inside, built in, or carried by the interpreter itself."""
        import _imp

        base = module.split(".", maxsplit=1)[0]
        here = module in self.modules | self.extensions or module in sys.builtin_module_names or _imp.is_frozen(module)
        return here or base == "encodings" or module in {"os.path", "struct", "importlib._bootstrap"}


def read(path: pathlib.Path) -> Archive:
    from PyInstaller.archive.readers import CArchiveReader

    outer = CArchiveReader(str(path))
    inner = outer.open_embedded_archive("PYZ.pyz")
    files = frozenset(name for name, (_, _, _, _, kind) in outer.toc.items() if kind in "bxd")
    extensions = frozenset(name.rpartition("/")[2].partition(".")[0] for name in files if ".cpython-" in name or "abi3" in name)
    return Archive(frozenset(inner.toc), extensions, files)


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
