"""Datagrams recorded from a real kernel (`python -m tests.lab.record`), each the answer to the request numbered 1."""

import pathlib

from edge_agent import netlink

DATAGRAMS: dict[tuple[str, str], list[bytes]] = {}

for _line in (pathlib.Path(__file__).parent / "fixtures" / "rtnetlink.txt").read_text().splitlines():
    _scenario, _request, _octets = _line.split()
    DATAGRAMS.setdefault((_scenario, _request), []).append(bytes.fromhex(_octets))


def bodies(scenario: str, request: str) -> list[bytes]:
    """Return the bodies of all messages of one answer."""
    return [body for data in DATAGRAMS[scenario, request] for _, body in netlink.reply(data, 1).messages]
