"""What a static executable is, read from its octets: for its machine, asking for nothing, telling nothing, unpacking nothing."""

import pathlib
import struct

from tests.frozen import archive
from tests.static.conftest import ROOT, Agent

MACHINES = {"x86_64": 62, "aarch64": 183, "armv7": 40, "armv6": 40, "mipsel": 8, "mips": 8, "riscv64": 243}  # e_machine, elf.h
BIG_ENDIAN = {"mips"}


def header(path: pathlib.Path) -> tuple[int, str, int]:
    """Return the word size, the octet order and the machine of an executable."""
    image = path.read_bytes()[:64]
    order = ">" if image[5] == 2 else "<"
    return image[4] * 32, order, struct.unpack_from(f"{order}H", image, 18)[0]


def test_it_is_for_its_machine(agent: Agent) -> None:
    bits, order, machine = header(agent.path)
    assert (bits, order, machine) == (
        64 if agent.name in {"x86_64", "aarch64", "riscv64"} else 32,
        ">" if agent.name in BIG_ENDIAN else "<",
        MACHINES[agent.name],
    )


def test_it_asks_for_no_library(agent: Agent) -> None:
    assert archive.is_static(agent.path)


def test_nothing_is_unpacked(agent: Agent) -> None:
    inside = archive.read(agent.path)
    assert (inside.files, inside.extensions) == (frozenset(), frozenset())
    assert "edge_agent.agent" in inside.modules


def test_it_tells_nothing_of_where_it_was_made(agent: Agent) -> None:
    image = agent.path.read_bytes()
    places = (f"{ROOT}/", f"{pathlib.Path.home()}/", "edge-agent/static/", "zig-local/")
    assert [place for place in places if place.encode() in image] == []


def test_every_machine_gets_the_same_agent(agent: Agent, native: Agent) -> None:
    size = 900_000  # most of the archive
    assert agent.path.read_bytes()[-size:] == native.path.read_bytes()[-size:]
