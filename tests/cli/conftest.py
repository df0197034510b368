"""Fixtures for the command line: the program in a directory of its own, and one server that speaks dyndns2."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.fakes.server import Received, Reply, Server


class Service:
    """A dyndns2 server that answers what the test says; `received` is what it saw."""

    def __init__(self) -> None:
        self.reply = Reply(body=b"good")
        self.server = Server(self._answer)

    def _answer(self, request: Received) -> Reply:
        return self.reply


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    with service.server:
        yield service


@pytest.fixture
def kept(program: Program, service: Service) -> Program:
    """Return a program that keeps one record at the service, with a static address."""
    program.write("edge-agent.toml", settings(service))
    return program


def settings(service: Service, address: str = "198.51.100.7", **more: str) -> str:
    """Return a settings file with one record."""
    extra = "".join(f'{key} = "{value}"\n' for key, value in more.items())
    return f"""
address = "{address}"
family = 4
{extra}
[account.home]
provider = "dyndns2"
server = "{service.server.url}"
username = "me"
password = "open-sesame"

[[record]]
name = "home.example.com"
"""
