"""Sockets are blocked in the pure suites; property tests have no deadline (shared machines stall), and a fuzz profile."""

import pathlib

import pytest
from hypothesis import settings

settings.register_profile("edge-agent", deadline=None, max_examples=60)  # make fuzz tries many more
settings.register_profile("fuzz", deadline=None, max_examples=2500)
settings.load_profile("edge-agent")

BLOCKED = {"pure", "properties", "providers", "docs"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    root = pathlib.Path(config.rootpath) / "tests"
    for item in items:
        if item.path.relative_to(root).parts[0] in BLOCKED:
            item.add_marker(pytest.mark.disable_socket)
