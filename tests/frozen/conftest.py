"""The executable, and a place for its temporary files. Made by `make exe`; without it these tests are skipped."""

import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="session")
def exe() -> pathlib.Path:
    path = ROOT / "dist" / "edge-agent"
    if not path.exists():
        pytest.skip("dist/edge-agent is not there: make exe")
    return path
