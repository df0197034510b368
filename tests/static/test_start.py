"""The start of a static executable on an archive of its own: modules from there, some of them executed when first used."""

import importlib
import importlib.util
import os
import pathlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from types import ModuleType

import pytest

START = pathlib.Path(__file__).parents[2] / "build" / "static" / "start" / "edge_start.py"
MODULES = {
    "at_once": "import sys\nsys.executed.append(__name__)\nvalue = 1\n",
    "a_package": "inner = None\n",
    "a_package.part": "value = 2\n",
    "put_off": "import sys\nsys.executed.append(__name__)\nvalue = 3\ndef same():\n    return value\n",
    "put_off_fails": "import sys\nsys.executed.append(1)\nif len(sys.executed) < 2:\n    raise OSError('not yet')\nvalue = 4\n",
    "put_off_circle": "import put_off_circle\nvalue = 5\nown = put_off_circle.value\n",
    "put_off_slow": "import sys, time\nsys.executed.append(__name__)\ntime.sleep(0.2)\nvalue = 6\n",
}


@pytest.fixture
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("edge_start", START)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written(folder: pathlib.Path) -> str:
    """Write the archive, after other octets as in an executable; return its place."""
    from PyInstaller.archive.writers import ZlibArchiveWriter

    entries = [(name, "/__init__.py" if name == "a_package" else "x.py", "PYMODULE") for name in MODULES]
    codes = {name: compile(text, f"{name}.py", "exec") for name, text in MODULES.items()}
    ZlibArchiveWriter(str(folder / "pyz"), entries, codes)
    (folder / "exe").write_bytes(b"\0" * 1000 + (folder / "pyz").read_bytes())
    return f"{folder / 'exe'}?1000"


@pytest.fixture
def executed(start: ModuleType, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Yield the names of the modules as they are executed."""
    archive = start.Archive(written(tmp_path))
    start.archives.append(archive)
    names: list[str] = []
    monkeypatch.setattr(sys, "executed", names, raising=False)
    monkeypatch.setattr(start, "LATER", frozenset(name for name in MODULES if name.startswith("put_off")))
    monkeypatch.setattr(sys, "meta_path", [archive, *sys.meta_path])
    yield names
    os.close(archive.file)
    for name in MODULES:
        sys.modules.pop(name, None)


def test_a_module_is_executed_when_imported(executed: list[str]) -> None:
    assert importlib.import_module("at_once").value == 1
    assert executed == ["at_once"]


def test_a_package_and_its_parts(executed: list[str]) -> None:
    assert importlib.import_module("a_package.part").value == 2
    assert sys.modules["a_package"].part is sys.modules["a_package.part"]
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("a_package.nothing")


def test_another_is_executed_when_first_used(executed: list[str]) -> None:
    module = importlib.import_module("put_off")
    assert (executed, hasattr(module, "__path__"), executed) == ([], False, [])
    assert (module.value, module.same(), executed) == (3, 3, ["put_off"])
    assert type(module) is ModuleType
    with pytest.raises(AttributeError):
        _ = module.nothing
    assert executed == ["put_off"]


def test_one_that_fails_is_tried_again(executed: list[str]) -> None:
    module = importlib.import_module("put_off_fails")
    with pytest.raises(OSError, match="not yet"):
        _ = module.value
    assert module.value == 4


def test_one_that_imports_itself(executed: list[str]) -> None:
    assert importlib.import_module("put_off_circle").own == 5


def test_two_threads_execute_it_once(executed: list[str]) -> None:
    module = importlib.import_module("put_off_slow")
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(module.value)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (seen, executed) == ([6] * 4, ["put_off_slow"])


CLOSED = """
import importlib.util, os, sys
place, start = sys.argv[1:]
spec = importlib.util.spec_from_file_location("edge_start", start)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
os.closerange(0, 3)
archive = module.Archive(place)
inheritable = os.get_inheritable(archive.file)
again = os.open("/dev/null", os.O_WRONLY)
os._exit(0 if archive.file >= 3 and again == 0 and not inheritable else 1)
"""


def test_it_takes_no_number_of_a_closed_stream(tmp_path: pathlib.Path) -> None:
    done = subprocess.run([sys.executable, "-c", CLOSED, written(tmp_path), str(START)], check=False)
    assert done.returncode == 0
