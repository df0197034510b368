"""Real name servers, one of each kind for all tests of a worker. Where a package lacks they skip; under CI they fail."""

import os
import pathlib
from collections.abc import Iterator

import pytest

from tests.dnsservers import servers
from tests.dnsservers.servers import Server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if pathlib.Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.heavy)


@pytest.fixture(scope="session", autouse=True)
def packages() -> None:
    """Skip where a server or a tool lacks."""
    reason = servers.lacking()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


def _started(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.KINDS[kind](tmp_path_factory.mktemp(kind)) as server:
        yield server


@pytest.fixture(scope="session")
def bind(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """BIND 9."""
    yield from _started("bind", tmp_path_factory)


@pytest.fixture(scope="session")
def knot(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Knot DNS."""
    yield from _started("knot", tmp_path_factory)


@pytest.fixture(scope="session")
def pdns(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """PowerDNS: `api_url` and `api_key` for its HTTP API, `dns` (host, port) for DNS, `zone`."""
    yield from _started("pdns", tmp_path_factory)


@pytest.fixture(params=list(servers.KINDS))
def server(request: pytest.FixtureRequest) -> Server:
    """Each kind in turn; tests use names of their own, since the servers are shared."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Server)
    return found
