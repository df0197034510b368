"""The folder hooks/ holds what the code says: no file more, no file less, text and mode."""

import pytest

from edge_agent.snippets import BEGIN, END, SNIPPETS, whole
from tests.docs.hooks import FOLDER, README, renewed

RENEW = "renew them: python -m tests.docs.hooks --write"


def test_the_files_are_those_of_the_table() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*SNIPPETS, README.name}, RENEW


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_file_is_current(name: str) -> None:
    assert (FOLDER / name).read_text() == whole(name), RENEW
    executable = bool((FOLDER / name).stat().st_mode & 0o100)
    assert executable == bool(SNIPPETS[name].mode & 0o100), RENEW


def test_the_table_is_current() -> None:
    assert renewed(README.read_text()) == README.read_text(), RENEW


def test_the_marks_of_a_block_are_told() -> None:
    assert BEGIN in README.read_text()
    assert END in README.read_text()
