"""What one more provider costs: lines and files, counted from this repository, beside other projects' own commits.

`python -m build.cost` prints one line for each way of adding one; `--all` prints every provider.
"""

import ast
import pathlib
import statistics
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

ROOT: Final = pathlib.Path(__file__).parents[1]
FOLDER: Final = ROOT / "edge_agent/providers"
OTHERS: Final = (  # files and lines of commits that add one provider, as seen in those projects' histories in 2026
    ("OpenWrt ddns-scripts, a JSON file", "2", "9 + 1"),
    ("inadyn (domeneshop)", "5", "131"),
    ("dns-lexicon (devnomads)", "2", "256"),
    ("ddns-updater, latest three", "5", "264 to 477"),
    ("ddns-go (rainyun, dnsla, hipmdnsmgr)", "3 to 5", "291 to 362"),
    ("NewFuture/DDNS (west, cloudns, namesilo)", "4 to 10", "402 to 902"),
)


class Cost(NamedTuple):
    """What one provider takes: files touched, lines of code, and lines of its fake and its own tests."""

    name: str
    files: int
    lines: int
    tests: int


def lines_of(path: pathlib.Path) -> int:
    """Return how many lines of a file hold something."""
    return sum(bool(line.strip()) for line in path.read_text().splitlines()) if path.exists() else 0


def rows() -> Iterator[Cost]:
    """Yield the services that are a row of a table."""
    for path in sorted(FOLDER.glob("services*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Service":
                name = ast.literal_eval(node.args[0])
                yield Cost(name, 1, (node.end_lineno or node.lineno) - node.lineno + 1, 0)


def own_files() -> Iterator[Cost]:
    """Yield the services that have a file of their own: that file, its import in apis.py, its fake and its tests."""
    text = (FOLDER / "apis.py").read_text()
    loaders = {node.name.removeprefix("_"): node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    for name, node in loaders.items():
        entry = (node.end_lineno or node.lineno) - node.lineno  # without the blank line; and its line of the table
        tests = lines_of(ROOT / f"tests/fakes/apis/{name}.py") + lines_of(ROOT / f"tests/providers/test_{name}.py")
        yield Cost(name, 2, lines_of(FOLDER / f"{name}.py") + entry + 1, tests)


def show(kind: str, costs: list[Cost]) -> None:
    """Print the least, the middle and the most of one kind."""
    lines = [cost.lines for cost in costs]
    tests = [cost.tests for cost in costs if cost.tests]
    beside = f"; beside it a fake and tests: {statistics.median(tests):.0f} lines" if tests else ""
    middle = statistics.median(lines)
    print(f"{kind} ({len(costs)}): files {costs[0].files}, lines {min(lines)} to {max(lines)}, {middle:.0f} in the middle{beside}")


def main() -> None:
    """Print the figures."""
    found = list(rows()), list(own_files())
    if "--all" in sys.argv[1:]:
        for cost in sorted((*found[0], *found[1]), key=lambda cost: cost.lines):
            print(f"{cost.lines:5}  {cost.name}")
    show("a dyndns2 or token service is a row", found[0])
    show("an API is a file and its import", found[1])
    for name, files, lines in OTHERS:
        print(f"{name}: {files} files, {lines} lines")


if __name__ == "__main__":
    main()
