"""The README says what the code does: its tables are current, its examples work, its exit codes are the ones that come."""

import re
import tomllib

import pytest

from edge_agent import __version__
from edge_agent.model import Account
from edge_agent.settings import BY_FLAG, COMMANDS, EXTRA
from edge_agent.verdicts import DONE, INTERNAL, LATER, PERSON, USAGE
from tests.docs.readme import README, renewed
from tests.pure.settings_box import wish

TEXT = README.read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


def test_the_tables_are_current() -> None:
    assert renewed(TEXT) == TEXT, "renew them: python -m tests.docs.readme --write"


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_settings_example_is_sound(example: str) -> None:
    assert tomllib.loads(example)
    files = dict.fromkeys(re.findall(r'_file = "([^"]+)"', example), "c2VzYW1l")
    found = wish(["check"], example, None, files)
    assert [problem.what for problem in found.problems] == []
    assert all(isinstance(account, Account) for account in found.settings.accounts.values())
    assert found.settings.records != ()


def test_every_flag_and_command_in_an_example_exists() -> None:
    lines = re.findall(
        r"^(?:\$ |)edge-agent (.*)$", "\n".join(re.findall(r"```(?:sh|console)\n(.*?)```", TEXT, re.DOTALL)), re.MULTILINE
    )
    assert len(lines) > 5
    for line in lines:
        words = line.partition("#")[0].split()
        own = {flag.spelling for setting in EXTRA.get(words[0] if words else "", ()) for flag in setting.flags}
        flags = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert flags - BY_FLAG.keys() - own - {"--version", "--help"} == set()
        assert words == [] or words[0].startswith("-") or words[0] in COMMANDS


@pytest.mark.parametrize("code", [DONE, INTERNAL, USAGE, LATER, PERSON])
def test_every_exit_code_is_explained(code: int) -> None:
    assert f"| {code} |" in TEXT


def test_the_first_screen_says_how_to_try_and_test_it() -> None:
    first = TEXT.split("\n")[:30]
    assert [line for line in first if "make demo" in line] != []
    assert [line for line in first if "make test" in line] != []
    assert [line for line in first if "make exe" in line] != []


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (README.parent / "CHANGELOG.md").read_text()
