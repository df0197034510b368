"""Lab tests need root and namespaces; where they cannot run they are skipped with the reason."""

import pytest

from tests.lab import net


@pytest.fixture(scope="session", autouse=True)
def namespaces() -> None:
    """Skip without root, and sweep away what a killed run left."""
    reason = net.lacking()
    if reason:
        pytest.skip(reason)
    net.sweep()
