"""Rules about the text of the project: who may touch the world, how long things may be, what no file may say."""

import ast
import pathlib
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.docs.test_imports import LAYERS

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = sorted((ROOT / "edge_agent").rglob("*.py"))
SCRIPTS = sorted((ROOT / "build").glob("*.py"))
WORLDLY = frozenset(name for layer in (2, 4) for name in LAYERS[layer].split())
BANNED_MODULES = {
    "os",
    "posix",
    "time",
    "socket",
    "_socket",
    "subprocess",
    "pathlib",
    "shutil",
    "tempfile",
    "select",
    "fcntl",
    "io",
}
BANNED_CALLS = {"print", "open", "input", "eval", "exec", "__import__", "breakpoint"}


def name(path: pathlib.Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def is_pure(path: pathlib.Path) -> bool:
    return WORLDLY.isdisjoint(path.relative_to(ROOT / "edge_agent").with_suffix("").parts)


@pytest.mark.parametrize("path", [path for path in SOURCES if is_pure(path)], ids=name)
def test_pure_modules_do_not_touch_the_world(path: pathlib.Path) -> None:
    tree = ast.parse(path.read_text())
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert (BANNED_MODULES & set(imported(tree))) | (BANNED_CALLS & calls) == set()


@pytest.mark.parametrize(
    ("module", "home"),
    [("urllib3", "edge_agent/transport.py"), ("netifaces", "edge_agent/machine.py")],
)
def test_a_foreign_package_lives_in_one_file(module: str, home: str) -> None:
    assert [name(path) for path in SOURCES if module in imported(ast.parse(path.read_text()))] == [home]


@pytest.mark.parametrize("path", [*SOURCES, *SCRIPTS], ids=name)
def test_modules_and_functions_are_short_and_say_what_they_are(path: pathlib.Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert text.count("\n") < 250
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= 40] == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_every_import_is_visible_to_the_freezer(path: pathlib.Path) -> None:
    text = path.read_text()
    assert re.findall(r"import_module|__import__|importlib", text) == []
    unseen = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    assert {module for node in unseen for module in imported(node)} <= {"edge_agent", "collections"}


def tracked() -> Iterator[tuple[str, str]]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for entry in filter(None, names):
        path = ROOT / entry
        if path.is_file() and not path.is_symlink():
            yield entry, path.read_bytes().decode("utf-8", "replace")


REGISTRIES = [
    ".".join(parts)
    for parts in (("pypi", "org"), ("pythonhosted", "org"), ("deb", "debian", "org"), ("crates", "io"), ("npmjs", "org"))
]
MACHINE = re.compile(r"(?<![\w/.$}])(?:/work/|/root/|/home/[a-z]|/Users/|/opt/wheels|C:\\Users)", re.ASCII)


def test_no_file_names_a_registry_or_a_development_machine() -> None:
    own = name(pathlib.Path(__file__))
    found = [
        f"{entry}: {hit}"
        for entry, text in tracked()
        if entry != own
        for hit in [*(host for host in REGISTRIES if host in text), *MACHINE.findall(text)]
    ]
    assert found == []
