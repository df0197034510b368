"""A rig per test; what needs namespaces is skipped with the reason where there are none."""

import pathlib
from collections.abc import Iterator

import pytest

from tests.fakes.server import Tls
from tests.lab import net
from tests.whole.rig import Rig


@pytest.fixture(scope="session")
def tls() -> Tls:
    return Tls()


@pytest.fixture
def rig(tmp_path: pathlib.Path, tls: Tls) -> Iterator[Rig]:
    made = Rig(tmp_path, tls)
    with made.server:
        yield made


@pytest.fixture(scope="session")
def namespaces() -> None:
    """Skip without root, and sweep away what a killed run left."""
    reason = net.lacking()
    if reason:
        pytest.skip(reason)
    net.sweep()


@pytest.fixture
def box(namespaces: None) -> Iterator[tuple[net.Lab, str]]:
    """A machine with one uplink: wan0 has 45.83.1.2, its next hop is 45.83.1.1."""
    with net.Lab() as lab:
        name = lab.namespace("watch")
        lab.ip(
            name,
            """
            link add wan0 type veth peer name far0
            link set wan0 up
            link set far0 up
            addr add 45.83.1.2/24 dev wan0
            route add default via 45.83.1.1 dev wan0
            """,
        )
        yield lab, name
