"""Whatever arguments, environment and file hold: gathering ends with settings or with problems, never with an exception."""

import tomllib
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from edge_agent import inet
from edge_agent.settings import BY_FLAG, SETTINGS
from edge_agent.settings.document import document
from tests.pure.settings_box import wish

WORDS = [
    "plain",
    "two-keys",
    "custom",
    "noip",
    "home.example.com",
    "wan",
    "/token",
    "60",
    "2s",
    "static",
    "192.0.2.1",
    "true",
    "--",
    "",
]
WORD = st.sampled_from(WORDS) | st.text(max_size=12)
FLAG = st.sampled_from(sorted(BY_FLAG)) | st.builds("{}={}".format, st.sampled_from(sorted(BY_FLAG)), WORD) | WORD
VARIABLES = [setting.variable for setting in SETTINGS if setting.variable] + [
    "EDGE_AGENT_X",
    "EDGE_AGENT_PASSWORD",
    "CREDENTIALS_DIRECTORY",
]
KEYS = [setting.name for setting in SETTINGS] + ["account", "record", "password", "x y", "a.b"]


def toml(value: object) -> str:
    """Return a value as TOML writes it inline."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return quoted(value) if isinstance(value, str) else repr(value)


def quoted(text: str) -> str:
    """Return text as a TOML basic string."""
    return '"' + "".join(f"\\U{ord(char):08x}" if ord(char) < 32 or char in '"\\\x7f' else char for char in text) + '"'


TEXT = st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUE = st.recursive(
    st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
TABLE = st.dictionaries(st.sampled_from(KEYS) | TEXT, VALUE, max_size=4)


@st.composite
def files(draw: st.DrawFn) -> str:
    """Draw a sound TOML text with accounts and records among anything else."""
    lines = [f"{quoted(key)} = {toml(value)}" for key, value in draw(TABLE).items()]
    for header in draw(st.lists(st.sampled_from(["[account.a]", "[account.b]", "[[record]]"]), max_size=4)):
        if header not in lines or header == "[[record]]":
            lines += [header, *(f"{quoted(key)} = {toml(value)}" for key, value in draw(TABLE).items())]
    return "\n".join(lines)


@given(
    argv=st.lists(FLAG, max_size=6), environ=st.dictionaries(st.sampled_from(VARIABLES), WORD, max_size=3), file=files() | st.text()
)
def test_gathering_never_raises(argv: list[str], environ: dict[str, str], file: str) -> None:
    found = wish(argv, file, environ, {"/var/token": "~open"})
    assert found.command
    if not found.problems:
        for record in found.settings.records:
            assert record.account in found.settings.accounts
            assert record.types
            assert all(inet.parse(address) for address in record.selection.addresses)
    for problem in found.problems:
        assert problem.origin
        assert problem.what


@given(files())
def test_every_key_has_the_line_that_it_stands_in(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    doc, problem = document("f", text)
    assert problem is None
    lines = text.split("\n")
    for path, number in doc.lines.items():
        header = lines[number - 1].startswith("[")
        assert header or quoted(str(path[-1])) in lines[number - 1] or "\\" in lines[number - 1]


LINES = """
a = 1
"b.c" = 2 # [x]
d.e = 3
list = [ # ] [
  "x = 1", # y = 2
  [ 'z = 3' ],
]
text = \"\"\"
p = 1
\\\"\"\" q = 2
\"\"\"
raw = '''
r = 1
''' # s = 2
after = { u = 1 }
[account . "my one"]
k = '"'
[[record]]
n = 1
[record.sub]
m = 1
[[record]]
n = 2
"""


def test_lines_of_every_kind_of_toml() -> None:
    assert tomllib.loads(LINES)
    doc, problem = document("f", LINES)
    assert problem is None
    assert doc.lines == {
        ("a",): 2,
        ("b.c",): 3,
        ("d",): 4,
        ("d", "e"): 4,
        ("list",): 5,
        ("text",): 9,
        ("raw",): 13,
        ("after",): 16,
        ("account",): 17,
        ("account", "my one"): 17,
        ("account", "my one", "k"): 18,
        ("record",): 19,
        ("record", 0): 19,
        ("record", 0, "n"): 20,
        ("record", 0, "sub"): 21,
        ("record", 0, "sub", "m"): 22,
        ("record", 1): 23,
        ("record", 1, "n"): 24,
    }
    assert doc.origin("after", "u") == "f:16"
    assert document("f", '"q\\"r" = 1\nz = 2')[0].origin("z") == "f:2"
    assert doc.origin("nowhere") == "f"
    assert doc.given("a") == {}
    assert doc.given("record", 1)["n"].origin == "f:24"
