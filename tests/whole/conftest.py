"""A rig per test, a certificate authority per session."""

import pathlib
from collections.abc import Iterator

import pytest

from tests.fakes.server import Tls
from tests.whole.rig import Rig


@pytest.fixture(scope="session")
def tls() -> Tls:
    return Tls()


@pytest.fixture
def rig(tmp_path: pathlib.Path, tls: Tls) -> Iterator[Rig]:
    made = Rig(tmp_path, tls)
    with made.server:
        yield made
