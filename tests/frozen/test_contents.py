"""Everything that may be imported is inside, and nothing that is not."""

import ast
import codecs
import os
import pathlib
import zipfile

import pytest

from build.recipe import REPLACED
from tests.frozen import archive

ROOT = pathlib.Path(__file__).parents[2]
ELSEWHERE = {"nt", "_winapi", "msvcrt", "winreg"}  # other systems' modules, behind a check of the platform
SOURCES = sorted((ROOT / "edge_agent").rglob("*.py"))


@pytest.fixture(scope="session")
def inside(exe: pathlib.Path) -> archive.Archive:
    return archive.read(exe)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_whatever_the_agent_may_import_is_inside(path: pathlib.Path, inside: archive.Archive) -> None:
    module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    assert module == "edge_agent.__main__" or inside.has(module)
    wanted = set(archive.imports(ast.walk(ast.parse(path.read_text())), module, package=path.stem == "__init__"))
    assert {name for name in wanted - ELSEWHERE if not inside.has(name)} == set()


def test_what_a_module_inside_needs_is_inside(inside: archive.Archive) -> None:
    missing = set()
    for module in inside.modules - set(REPLACED):  # by stand-ins of ours, which the tests run
        path = archive.source_of(module)
        if path:
            certain = archive.certain(ast.parse(path.read_text()).body)
            needed = archive.imports(certain, module, package=path.stem == "__init__")
            missing |= {f"{module} needs {name}" for name in needed if name not in ELSEWHERE and not inside.has(name)}
    assert missing == set()


def test_nothing_that_is_never_used_is_inside(inside: archive.Archive) -> None:
    unwanted = {
        "inspect",
        "asyncio",
        "multiprocessing",
        "unittest",
        "setuptools",
        "zipfile",
        "ctypes",
        "importlib.metadata",
        "tests",
        "pytest",
    }
    assert unwanted & inside.modules == set()
    assert {
        name for name in inside.files if any(word in name for word in ("bz2", "lzma", "readline", "decimal", "tcl", "sqlite"))
    } == set()


def test_the_bundle_of_authorities_is_a_file(exe: pathlib.Path, inside: archive.Archive) -> None:
    assert inside.files >= {"certifi/cacert.pem"} or (archive.is_static(exe) and not inside.files)


def test_the_executable_runs_for_others_and_is_whole(exe: pathlib.Path) -> None:
    assert exe.stat().st_mode & 0o111 == 0o111
    assert os.access(exe, os.X_OK)
    assert not zipfile.is_zipfile(exe)


def test_every_codec_that_the_agent_names_is_inside() -> None:
    named = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"encode", "decode"}:
                named |= {argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)}
            if isinstance(node, ast.keyword) and node.arg == "encoding" and isinstance(node.value, ast.Constant):
                named.add(node.value.value)
    assert named
    assert {codecs.lookup(name).name for name in named if isinstance(name, str)} <= {
        "ascii",
        "utf-8",
        "utf-8-sig",
        "iso8859-1",
        "idna",
    }
