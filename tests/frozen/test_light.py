"""The light stand-ins inside the executable (build/frozen) do what the whole modules do, for every record of the agent."""

import importlib.util
import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
FROZEN = ROOT / "build" / "frozen"
MODULES = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in (ROOT / "edge_agent").rglob("*.py")
)

# In an interpreter of its own: put the light modules in place (or not), import the whole agent, and describe every record.
DESCRIBE = """
import importlib, importlib.util, json, sys
light, modules, root = json.loads(sys.argv[1])
sys.path.insert(0, root)
for name, place in light.items():
    __import__(name)
    sys.modules["whole_" + name] = sys.modules.pop(name)
    sys.modules.pop("collections.abc", None)
    spec = importlib.util.spec_from_file_location(name, place)
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    sys.path.append(place.partition("/typing_light")[0])  # what the light one lends from lies beside it
def describe(record):
    blank = [getattr(record, "_field_defaults").get(name, 7) for name in record._fields]
    made = record(*blank)
    named = record(**dict(zip(record._fields, blank)))
    wrong = []
    for positional, by_name in (([*blank, 1], {}), (blank, {"nonsense": 1})):
        try:
            record(*positional, **by_name)
        except TypeError:
            wrong.append("TypeError")
    first = record._fields[0]
    changed = made._replace(**{first: "other"})
    return {
        "fields": record._fields, "defaults": repr(record._field_defaults), "repr": repr(made),
        "same": made == named == record._make(blank),
        "tuple": list(map(repr, made)), "wrong": wrong,
        "replaced": [repr(changed[0]), getattr(changed, first), type(changed).__name__], "as": repr(made._asdict()),
        "own": sorted(name for name in vars(record) if not name.startswith("__") and name not in record._fields
                      and name not in ("_fields", "_field_defaults", "_make", "_replace", "_asdict")),
        "slots": hasattr(made, "__dict__"), "match": record.__match_args__, "module": record.__module__,
    }
found = {}
for name in modules:
    module = importlib.import_module(name)
    for word, thing in vars(module).items():
        if isinstance(thing, type) and issubclass(thing, tuple) and thing.__module__ == name and getattr(thing, "_fields", ()):
            found[name + "." + word] = describe(thing)
print(json.dumps({"records": found, "whole": "re" in sys.modules}))
"""


def described(light: dict[str, str]) -> dict[str, object]:
    modules = [name.removesuffix(".__init__") for name in MODULES if not name.endswith("__main__")]
    argv = [sys.executable, "-c", DESCRIBE, json.dumps([light, modules, str(ROOT)])]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    told: dict[str, object] = json.loads(done.stdout)["records"]
    return told


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="typing needs no stand-in from 3.14 on")
def test_every_record_is_the_same() -> None:
    light = {"typing": str(FROZEN / "typing_light.py"), "collections": str(FROZEN / "collections_light" / "__init__.py")}
    whole, slim = described({}), described(light)
    assert len(whole) > 30
    assert slim == whole


@pytest.mark.parametrize("name", ["", ".", "a..b", "a" * 64, "münchen.example", "x.example", "x.example.", "a" * 63 + ".b"])
def test_the_ascii_idna_codec_agrees_with_the_standard_one(name: str) -> None:
    spec = importlib.util.spec_from_file_location("idna_ascii", FROZEN / "idna_ascii.py")
    assert spec
    assert spec.loader
    light = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(light)
    try:
        expected: bytes | None = name.encode("idna") if name.isascii() else None  # other names are spelled out before
    except UnicodeError:
        expected = None
    if expected is None:
        with pytest.raises(UnicodeError):
            light.encode(name)
    else:
        assert light.getregentry().encode(name) == (expected, len(name))
        assert light.decode(expected) == (name, len(name))
