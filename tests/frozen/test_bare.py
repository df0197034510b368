"""Modules of the static executable lose their annotations, and nothing else."""

import ast
import pathlib

import pytest

from build.static.bare import bared

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = sorted((ROOT / "edge_agent").rglob("*.py"))
SAMPLE = """
from typing import Final, NamedTuple
LIMIT: Final[unknown] = 3
LATER: unknown
class Record(NamedTuple):
    name: str
    size: int = LIMIT
    def twice(self, *more: unknown, by: unknown = 2, **rest: unknown) -> unknown:
        found: unknown = self.size * by
        left: unknown
        return found
    async def later(self, here: unknown, /) -> unknown: ...
def outer(x: unknown) -> unknown:
    def inner(y: unknown = LIMIT) -> unknown:
        return x + y
    return inner
if LIMIT:
    ONLY: unknown
"""


def test_what_is_left_does_the_same() -> None:
    space: dict[str, object] = {"__name__": "sample"}
    exec(compile(bared(SAMPLE, "sample"), "sample", "exec"), space)
    record, outer = space["Record"], space["outer"]
    assert space["LIMIT"] == 3
    assert "LATER" not in space
    assert isinstance(record, type)
    assert record.__annotations__ == {"name": str, "size": int}
    made = record("a")
    assert (made.name, made.twice(), made.twice(by=5)) == ("a", 6, 15)
    assert vars(record)["twice"].__annotations__ == {}
    assert callable(outer)
    assert outer(4)() == 7


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_module_can_do_without(path: pathlib.Path) -> None:
    tree = bared(path.read_text(), path.name)
    compile(tree, path.name, "exec", dont_inherit=True)
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.FunctionDef) and node.returns)
        assert not (isinstance(node, ast.arg) and node.annotation)
    fields = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
    kept = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for before, after in zip(fields, kept, strict=True):
        own = [[ast.dump(line) for line in node.body if isinstance(line, ast.AnnAssign)] for node in (before, after)]
        assert own[0] == own[1]
