"""The light modules that urllib3 gets inside the executable do what it wants of the whole ones."""

import collections
import gc
import importlib.util
import pathlib
import queue
import subprocess
import sys
import threading
import weakref
from types import ModuleType

import pytest

FROZEN = pathlib.Path(__file__).parents[2] / "build" / "frozen"


def light(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"light_{name}", FROZEN / f"{name}_light.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


QUEUES = [pytest.param(queue, id="whole"), pytest.param(light("queue"), id="light")]
REFERENCES = [pytest.param(weakref, id="whole"), pytest.param(light("weakref"), id="light")]


@pytest.mark.parametrize("module", QUEUES)
def test_what_came_last_goes_first(module: ModuleType) -> None:
    held = module.LifoQueue(2)
    held.put(None)
    held.put("new", block=False)
    with pytest.raises(module.Full):
        held.put("more", block=False)
    assert (held.qsize(), held.get(block=False), held.get(block=True, timeout=0.01), held.qsize()) == (2, "new", None, 0)
    with pytest.raises(module.Empty):
        held.get(block=False)
    with pytest.raises(module.Empty):
        held.get(block=True, timeout=0.01)


@pytest.mark.parametrize("module", ["whole", "light"])
def test_an_empty_queue_of_any_kind_raises_what_the_module_calls_empty(module: str) -> None:
    """In a process of its own, because the light one changes the whole one that is behind it."""
    make = {
        "whole": "import queue as module",
        "light": "import sys, queue, importlib.util\n"
        "sys.modules['whole_queue'] = queue\n"
        f"spec = importlib.util.spec_from_file_location('light', {str(FROZEN / 'queue_light.py')!r})\n"
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)",
    }[module]
    use = (
        "for kind in (module.SimpleQueue, module.Queue, module.LifoQueue):\n"
        "    held = kind()\n"
        "    held.put(1)\n"
        "    assert held.get(timeout=1) == 1\n"
        "    try:\n"
        "        held.get(timeout=0.01)\n"
        "    except module.Empty:\n"
        "        continue\n"
        "    raise SystemExit(kind.__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", f"{make}\n{use}"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


class Thing:
    """Can be referred to."""


@pytest.mark.parametrize("module", REFERENCES)
def test_a_pool_that_is_gone_is_told_once(module: ModuleType) -> None:
    told: list[tuple[object, ...]] = []
    thing, other, third = Thing(), Thing(), Thing()
    module.finalize(thing, lambda *words, **named: told.append((words, named)), 1, two=2)
    waiting = module.finalize(other, told.append, ("called",))
    detached = module.finalize(third, told.append, ("never",))
    detached.detach()
    del thing, third
    gc.collect()
    assert told == [((1,), {"two": 2})]
    assert (waiting.alive, detached.alive) == (True, False)
    waiting()
    assert (waiting(), waiting.alive) == (None, False)
    del other
    assert told[1:] == [("called",)]


def test_locks_are_the_same() -> None:
    slim = light("threading")
    assert {name: getattr(slim, name) for name in ("Lock", "get_ident", "local")} == {
        name: getattr(threading, name) for name in ("Lock", "get_ident", "local")
    }
    assert type(slim.RLock()) is type(threading.RLock())


@pytest.mark.parametrize("names", ["one two", "one, two", ["one", "two"]], ids=["spaces", "commas", "list"])
def test_named_tuples(names: str | list[str]) -> None:
    """In an interpreter of its own, with the light `typing`; as the standard library uses them: made, derived from, replaced."""
    script = """
import importlib.util, sys
if sys.argv[2:]:
    for name, place in (("typing", sys.argv[2]), ("collections", sys.argv[3])):
        spec = importlib.util.spec_from_file_location(name, place)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
from collections import namedtuple
Pair = namedtuple("Pair", eval(sys.argv[1]))
Pair.one.__doc__ = "a word"
class Own(Pair):
    __slots__ = ()
    def __new__(cls, text):
        return super().__new__(cls, *text.split())
own = Own("a b")
print(Pair(1, 2), Pair(two=2, one=1), own, Pair(1, 2)._replace(one=3), Pair._fields, Pair.__module__,
      Pair.__match_args__, own == ("a", "b"), isinstance(own, Pair), Pair._make([5, 6])._asdict(), Pair.one.__doc__)
"""
    words = [sys.executable, "-S", "-c", script, repr(names)]
    light_ones = [str(FROZEN / "typing_light.py"), str(FROZEN / "collections_light" / "__init__.py")]
    told = [subprocess.run([*words, *more], capture_output=True, text=True, check=True).stdout for more in ([], light_ones)]
    assert told[0] == told[1] != ""


def test_names_of_collections() -> None:
    slim = {name: getattr(collections, name) for name in ("OrderedDict", "defaultdict", "deque")}
    spec = importlib.util.spec_from_file_location("light_collections", FROZEN / "collections_light" / "__init__.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert {name: getattr(module, name) for name in slim} == slim
    assert issubclass(module.namedtuple("Pair", "one two"), tuple)
