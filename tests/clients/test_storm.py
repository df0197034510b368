"""Bursts: however often a client calls its hook, at most two runs, one update, nothing left behind; five at once: one works."""

import contextlib
import pathlib
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.clients.box import wait_until
from tests.clients.clients import DHCPCD6, at_home
from tests.clients.conftest import needs_frozen
from tests.clients.dhcp6 import Given, Router6
from tests.clients.world import World

FIRST, SECOND = "45.83.1.50", "45.83.1.60"
# As dhcpcd makes a call: a shell with few variables that sources the hook file
CALL = "env -i PATH=$PATH reason=RENEW interface=wan0 if_up=true new_ip_address={address} sh -c '. /etc/dhcpcd.exit-hook'"


class Load(NamedTuple):
    """The most that the agent's processes had at one moment: how many they were, their resident memory in MB."""

    processes: int
    memory: float


@contextlib.contextmanager
def weighing(world: World, loads: list[Load]) -> Iterator[None]:
    """Weigh the agent's processes twenty times a second for as long as the block lasts."""
    over = threading.Event()

    def weigh() -> None:
        while not over.wait(0.05):
            pages = 0
            agents = world.agents()
            for pid in agents:
                with contextlib.suppress(OSError):
                    pages += int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
            loads.append(Load(len(agents), pages * 4096 / 1e6))

    thread = threading.Thread(target=weigh)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def call(world: World, address: str, times: int = 1) -> None:
    """Call the hook file so many times, a hundred a second."""
    one = CALL.format(address=address)
    world.box.run("sh", "-c", f"i=0; while [ $i -lt {times} ]; do {one}; sleep 0.006; i=$((i + 1)); done", timeout_for=120)


@pytest.fixture(params=["source", "frozen"])
def still(request: pytest.FixtureRequest, world: World) -> World:
    """A box with an address of its own, which is published."""
    if request.param == "frozen":
        needs_frozen()
    at_home(world, DHCPCD6, request.param)
    world.lab.ip(world.box.net, f"addr add {FIRST}/24 dev wan0\nroute add default via 45.83.1.1")
    since = time.monotonic()
    call(world, FIRST)
    world.published("hook called", FIRST, since, 1)
    return world


def move(world: World) -> float:
    """Give the box its second address; return when."""
    world.lab.ip(world.box.net, f"addr del {FIRST}/24 dev wan0\naddr add {SECOND}/24 dev wan0\nroute add default via 45.83.1.1")
    return time.monotonic()


def passed(world: World, what: str, took_for: float, runs: int, loads: list[Load]) -> None:
    """Note what a storm cost, and judge it: two runs, and one more for every 3 s that it lasted."""
    world.notes += [
        (f"{what}: seconds that it took", took_for),
        (f"{what}: runs", runs),
        (f"{what}: most processes at once", max(load.processes for load in loads)),
        (f"{what}: most MB resident at once, shared pages counted in each", max(load.memory for load in loads)),
    ]
    assert runs <= 2 + took_for // 3, world.story()
    assert world.agents() == {}
    assert world.box.zombies() == []


def test_two_hundred_calls_in_two_seconds(still: World) -> None:
    """In the midst of them the address changes."""
    before, loads = still.runs(), [Load(0, 0)]
    began_at = time.monotonic()
    with weighing(still, loads):
        call(still, FIRST, 100)
        since = move(still)
        call(still, SECOND, 100)
        took_for = time.monotonic() - began_at
        still.published("200 calls", SECOND, since, 2)
    assert sum(line.startswith("hook") for line in still.calls()) == 201
    passed(still, "200 calls", took_for, still.runs() - before, loads)


def last_call_at(world: World) -> float:
    """Wait until the client calls no more, and return when it last did."""
    made, at = len(world.events()), time.monotonic()
    while time.monotonic() - at < 2:
        time.sleep(0.05)
        if len(world.events()) != made:
            made, at = len(world.events()), time.monotonic()
    return at


def test_a_storm_of_router_advertisements(world: World) -> None:
    """Two hundred in two seconds, by way of dhcpcd; in the midst of them the prefix changes."""
    at_home(world, DHCPCD6, types="AAAA")
    old, new = "2a0d:1234:1::", "2a0d:1234:2::"
    with Router6(world.isp, "isp0", Given(old), every_for=1000) as router:
        since = time.monotonic()
        DHCPCD6.start(world)
        world.published("before the storm", f"{old}ff:fe00:a01", since, 1)
        runs, events, loads = world.runs(), len(world.events()), [Load(0, 0)]
        began_at = time.monotonic()
        with weighing(world, loads):
            for number in range(200):
                if number == 100:
                    router.prefixes = (Given(old, 0, 7200), Given(new))
                    since = time.monotonic()
                router.advertise()
                time.sleep(0.01)
            world.published("storm of advertisements", f"{new}ff:fe00:a01", since, 2)
            took_for = last_call_at(world) - began_at  # a busy dhcpcd makes its calls long after the advertisements
    world.notes.append(("storm of advertisements: calls of the hook", len(world.events()) - events))
    passed(world, "storm of advertisements", took_for, world.runs() - runs, loads)


def test_five_at_once(still: World) -> None:
    """One works, the others leave it their word and return."""
    still.provider.delay_for = 3.0
    since = move(still)
    before = still.runs()
    still.box.run("sh", "-c", f"for i in 1 2 3 4 5; do ({CALL.format(address=SECOND)}) & done; wait")
    wait_until("the provider is asked", lambda: len(still.provider.updates) == 2, 5, still.story)
    time.sleep(1)
    own = still.agents()
    assert len([pid for pid in own if still.box.parent(pid) not in own]) == 1, own
    still.published("five at once", SECOND, since, 2)
    assert still.runs() - before <= 2
