"""pin and unpin, as a person types them."""

import os
import time

import pytest

from tests.cli.conftest import Service
from tests.cli.program import Program
from tests.fakes.server import Reply

HERE = sorted(name for name in os.listdir("/sys/class/net") if name != "lo") if os.path.isdir("/sys/class/net") else []  # noqa: PTH112, PTH208 - as the kernel spells them


@pytest.fixture
def uplink() -> str:
    if not HERE:
        pytest.skip("this machine has no interface beside loopback")
    return HERE[0]


@pytest.mark.parametrize("name", ["wan99", "wan*", "*", "lo", ""], ids=ascii)
def test_what_is_no_uplink_cannot_be_pinned(program: Program, name: str) -> None:
    ended = program("pin", name)
    assert (ended.code, ended.out) == (2, "")
    assert "there is no such interface to pin; this machine has: " in ended.err
    assert not program.state.exists()


def test_an_uplink_must_be_named(program: Program) -> None:
    assert program("pin").code == 2


@pytest.mark.parametrize("for_", ["soon", "0s", "-1h"])
def test_a_time_must_be_one(program: Program, uplink: str, for_: str) -> None:
    ended = program("pin", uplink, "--for", for_)
    assert (ended.code, "--for" in ended.err) == (2, True)


def test_an_hour_unless_said(program: Program, uplink: str) -> None:
    ended = program("pin", uplink)
    assert ended.code == 0
    assert ended.out.startswith(f"pinned to {uplink} for 1h, until 20")
    assert program("status").out.startswith(f"pinned to {uplink} until 20")


def test_as_json(program: Program, uplink: str) -> None:
    pin = program("pin", uplink, "--for", "2h", "--json").json["pin"]
    assert pin["interface"] == uplink
    assert program("status", "--json").json["pin"]["interface"] == uplink
    assert program("unpin", "--json").json["pin"] is None
    assert program("status", "--json").json["pin"] is None


def test_the_last_pin_holds_and_unpin_ends_it(program: Program, uplink: str) -> None:
    program("pin", uplink)
    program("pin", uplink, "--for", "1d", "-q")
    assert program("unpin") == (0, f"no longer pinned to {uplink}; it holds from the next run on\n", "")
    assert program("unpin") == (0, "nothing was pinned\n", "")


def test_a_pin_that_is_over_is_none(program: Program, uplink: str) -> None:
    program("pin", uplink, "--for", "1ms")
    time.sleep(0.01)
    assert "pinned" not in program("status").out
    assert program("unpin").out == "nothing was pinned\n"


def test_a_pin_that_no_record_can_use_is_told(kept: Program, service: Service, uplink: str) -> None:
    kept.write("edge-agent.toml", kept.config.read_text() + 'interface = "wan99"\n')
    ended = kept("pin", uplink)
    assert ended.code == 0
    assert f"no record is published from {uplink}" in ended.err


def test_where_memory_cannot_be_written(program: Program, uplink: str) -> None:
    ended = program("pin", uplink, "--state-dir", "/dev/null/state")
    assert (ended.code, ended.out) == (4, "")
    assert "memory cannot be kept in /dev/null/state" in ended.err


def test_a_run_at_work_is_not_disturbed(kept: Program, service: Service, uplink: str) -> None:
    service.reply = Reply(body=b"good", delay_for=1.0)
    with kept.start() as run:
        while not service.server.received:
            time.sleep(0.01)
        assert kept("pin", uplink).code == 3
        run.communicate(timeout=30)
