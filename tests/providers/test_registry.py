"""The list of services is the folder: every name is found, nothing hides, nothing is loaded that a run does not use."""

import ast
import pathlib
import subprocess
import sys

import pytest

from edge_agent import providers
from edge_agent.providers import provider as facts
from edge_agent.providers.apis import FILES

FOLDER = pathlib.Path(facts.__file__).parent
SPELLINGS = [(spelling, one.name) for one in providers.every() for spelling in (one.name, *one.aliases)]


def defines_provider(path: pathlib.Path) -> bool:
    names = [
        target.id
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.AnnAssign | ast.Assign)
        for target in ([node.target] if isinstance(node, ast.AnnAssign) else node.targets)
        if isinstance(target, ast.Name)
    ]
    return "PROVIDER" in names


def test_files_are_the_folder() -> None:
    files = {path.stem.replace("_", "-") for path in FOLDER.glob("*.py") if defines_provider(path)}
    assert {load().name for load in FILES.values()} == files


def test_names_are_sorted_and_unlike() -> None:
    assert list(providers.NAMES) == sorted(set(providers.NAMES))
    spellings = [spelling for spelling, _ in SPELLINGS]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize(("spelling", "name"), SPELLINGS)
def test_found_by_every_spelling(spelling: str, name: str) -> None:
    for written in (spelling, spelling.upper(), f" {spelling} "):
        found = providers.find(written)
        assert found is not None
        assert found.name == name


def test_files_are_found_under_all_their_aliases() -> None:
    for load in FILES.values():
        own = {spelling for spelling, other in FILES.items() if other is load}
        assert own == {load().name, *load().aliases}


@pytest.mark.parametrize("name", ["", "nosuch", "cloudflar", "__init__", "provider", "services"])
def test_unknown_is_none(name: str) -> None:
    assert providers.find(name) is None


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("cloudfare", "cloudflare"),
        ("DuckDN", "duckdns"),
        ("no-pi", "no-ip"),
        ("costum", "custom"),
        ("nsupdate.inf", "nsupdate.info"),
    ],
)
def test_near(wrong: str, meant: str) -> None:
    assert meant in providers.near(wrong)


def test_near_nothing() -> None:
    assert providers.near("qqqqqqqqqq") == []


def test_no_other_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'NAME'"):
        _ = providers.NAME


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        pytest.param("cloudflare", {"services", "dyndns2", "custom"}, id="an-api-without-the-rows"),
        pytest.param("custom", {"services", "dyndns2", "cloudflare", "rest"}, id="custom-alone"),
        pytest.param("rfc2136", {"services", "dyndns2", "custom", "cloudflare", "signatures"}, id="dns-without-the-web"),
        pytest.param("duckdns", {"cloudflare", "custom", "rest"}, id="a-row-without-the-apis"),
    ],
)
def test_a_run_loads_what_it_uses(name: str, absent: set[str]) -> None:
    heavy = {"ssl", "urllib3", "json", "difflib", "hashlib", "hmac", "email", "socket"}
    probe = f"import sys; from edge_agent import providers; providers.find({name!r}); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(FOLDER.parents[1])!r}); {probe}"],
                         capture_output=True, text=True, check=True)  # fmt: skip
    loaded = set(run.stdout.split())
    assert f"edge_agent.providers.{'services' if name == 'duckdns' else name}" in loaded
    assert {f"edge_agent.providers.{module}" for module in absent} & loaded == set()
    assert heavy & loaded == set()


def test_imports_can_be_seen_by_the_freezer() -> None:
    """PyInstaller reads `import` statements; a name that is computed would be missing from the executable."""
    text = (FOLDER / "__init__.py").read_text() + (FOLDER / "apis.py").read_text()
    assert "import_module" not in text
    assert "__import__" not in text
    seen = {
        node.module.rpartition(".")[2]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module is not None
    }
    assert seen >= {load().name.replace("-", "_") for load in FILES.values()} | {"services"}


def test_a_finder_finds_what_exists_and_nothing_else() -> None:
    found = providers.finder()
    assert found("cloudflare") is found("cloudflare")
    assert found("duckdns") is found("duckdns")
    assert found("DuckDNS").name == "duckdns"
    with pytest.raises(LookupError, match="no provider 'nonsense'"):
        found("nonsense")
