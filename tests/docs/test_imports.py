"""Imports only go down: 0 nouns, 1 decisions, 2 the world, 3 the story, 4 commands. A module not named here decides (layer 1)."""

import ast
import graphlib
import pathlib
import tomllib

import pytest

ROOT = pathlib.Path(__file__).parents[2]
LAYERS = {
    0: "edge_agent model inet verdicts wire netlink rtnetlink encoding ledger pauses",
    2: "machine kernel binding files doors environs memory dial dnstcp trust transport probe outside world turns"
    " together streams monitor child planting surveying",
    3: "agent",
    4: "cli __main__ commands responding porter closing console inputs signals watch resident installing pinning",
}
LAYER = {name: layer for layer, names in LAYERS.items() for name in names.split()}
SHARED = {
    "provider",
    "rest",
    "service",
    "request",
    "replies",
    "dyndns2",
    "desk",
    "reconcile",
    "signatures",
    "apis",
}  # the contract and the engines
MODULES = {
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path for path in (ROOT / "edge_agent").rglob("*.py")
}
MODULES = {name.removesuffix(".__init__"): path for name, path in MODULES.items()}


def layer_of(module: str) -> int:
    parts = module.split(".")
    return LAYER.get(parts[1] if len(parts) > 1 else parts[0], 1)


def imports_of(module: str) -> set[str]:
    """Return the modules of our own that `module` imports anywhere, functions included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found |= {
                f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in MODULES else f"{node.module}"
                for alias in node.names
            }
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name in MODULES}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_down(module: str) -> None:
    own = layer_of(module)
    limit = 1 if own == 3 else own
    assert [name for name in imports_of(module) if layer_of(name) > limit] == []


def test_no_provider_knows_another() -> None:
    providers = imports_of("edge_agent.providers.apis") - {"edge_agent.providers.provider"}
    assert len(providers) > 1
    assert {name: imports_of(name) & providers for name in providers} == {name: set() for name in providers}


def test_no_circle() -> None:
    graphlib.TopologicalSorter({name: imports_of(name) - {"edge_agent"} for name in MODULES}).prepare()


def test_every_named_module_exists() -> None:
    missing = {name for name in LAYER if f"edge_agent.{name}" not in MODULES} - {"edge_agent"}
    assert missing == set()


def test_coverage_leaves_out_what_does_io_and_nothing_else() -> None:
    omitted = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]["run"]["omit"])
    assert omitted == {path.relative_to(ROOT).as_posix() for name, path in MODULES.items() if layer_of(name) in {2, 4}}
