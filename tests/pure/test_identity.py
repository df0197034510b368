"""Which runs can stand in for each other: those with equal settings, and no others."""

import pytest

from edge_agent.model import Account, Record, Secret, Selection, Settings
from edge_agent.settings.gathering import identity

ONE = Selection(("wan0",), allow=frozenset({"private", "shared", "temporary"}))
ACCOUNT = Account("acct", "noip", {"password": Secret("x")}, fingerprint="a1")
RECORDS = (Record("a.example.com", ("A",), "acct", ONE, fingerprint="f1"), Record("b.example.com", ("A",), "acct", Selection()))
BASE = Settings(accounts={"acct": ACCOUNT}, records=RECORDS)


def test_equal_settings_are_one() -> None:
    again = ONE._replace(allow=frozenset(["temporary", "shared", "private"]))
    assert identity(BASE) == identity(BASE._replace(records=(RECORDS[0]._replace(selection=again), RECORDS[1])))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(BASE._replace(force=True), id="force"),
        pytest.param(BASE._replace(json=True), id="output"),
        pytest.param(BASE._replace(families=(6,)), id="family"),
        pytest.param(BASE._replace(records=RECORDS[:1]), id="fewer-records"),
        pytest.param(BASE._replace(records=RECORDS[::-1]), id="order"),
        pytest.param(BASE._replace(records=(RECORDS[0]._replace(fingerprint="f2"), RECORDS[1])), id="record"),
        pytest.param(BASE._replace(records=(RECORDS[0]._replace(selection=Selection()), RECORDS[1])), id="selection"),
        pytest.param(BASE._replace(accounts={"acct": ACCOUNT._replace(fingerprint="a2")}), id="credential"),
        pytest.param(BASE._replace(selection=ONE), id="general-selection"),
    ],
)
def test_any_difference_makes_another(other: Settings) -> None:
    assert identity(other) != identity(BASE)
