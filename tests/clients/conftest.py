"""These tests need root, namespaces, overlays and the clients. Where one lacks they skip with the reason; under CI they fail."""

import os
import pathlib
import shutil
from collections.abc import Iterator

import pytest

from tests.clients.provider import HOST4, HOST6
from tests.clients.world import FROZEN, World
from tests.fakes.tls import Tls
from tests.lab import net

PROGRAMS = {
    "udhcpc": "udhcpc",
    "dhclient": "isc-dhcp-client",
    "dhcpcd": "dhcpcd-base",
    "ifup": "ifupdown",
    "dnsmasq": "dnsmasq-base",
}
NOTES = "seconds"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if pathlib.Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.heavy)


def lacking() -> str:
    """Return why no client can be run here, or the empty string."""
    missing = [
        package
        for program, package in PROGRAMS.items()
        if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None
    ]
    if missing:
        return f"needs these packages: {', '.join(missing)} (build/setup.sh dev {' '.join(missing)})"
    return net.lacking()


def skip(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def clients() -> None:
    """Skip where a client, root or namespaces lack."""
    reason = lacking()
    if reason:
        skip(reason)
    net.sweep()


@pytest.fixture(scope="session")
def tls() -> Tls:
    return Tls(HOST4, HOST6)


@pytest.fixture
def world(tmp_path: pathlib.Path, tls: Tls, request: pytest.FixtureRequest) -> Iterator[World]:
    """A box with a cable to its access provider; nothing runs yet."""
    with World(tmp_path, tls) as made:
        yield made
        request.node.user_properties.append((NOTES, made.notes))


def needs_frozen() -> None:
    """Skip where the executable is not built."""
    if not FROZEN.exists():
        skip("dist/edge-agent is not built (make exe)")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print everything measured, by all workers, in one table; seconds where nothing else is said."""
    rows = [
        (report.nodeid.rpartition("::")[2], what, seconds)
        for report in terminalreporter.getreports("")
        if report.when == "teardown"
        for name, notes in report.user_properties
        if name == NOTES
        for what, seconds in notes
    ]
    if rows:
        terminalreporter.section("measured")
    for test, what, seconds in rows:
        terminalreporter.write_line(f"{seconds:9.3f}  {what}  [{test}]")
