"""SIGKILL swept over the whole run: no stale lock, nothing lost, nothing doubled beyond the one update in flight."""

import concurrent.futures
import pathlib
import random
import time

import pytest

from tests.fakes.server import Tls
from tests.whole.rig import ADDRESS, Rig

POINTS = 24
BACK_OFF_FOR = 10.5  # an attempt without an answer is looked at again after 10 s


def killed_after(rig: Rig, delay_for: float) -> None:
    """Kill a run some time after its start."""
    process = rig.start()
    time.sleep(delay_for)
    process.kill()
    process.communicate()


def killed_when_sent(rig: Rig, delay_for: float) -> None:
    """Kill a run some time after its update reached the provider, whatever the machine's speed."""
    process = rig.start()
    while not rig.updates and process.poll() is None:
        time.sleep(0.002)
    time.sleep(delay_for)
    process.kill()
    process.communicate()


def test_killed_at_any_point(tmp_path: pathlib.Path, tls: Tls) -> None:
    folders = [tmp_path / str(number) for number in range(POINTS)]
    for folder in folders:
        folder.mkdir()
    rigs = [Rig(folder, tls) for folder in folders]
    for rig in rigs:
        rig.server.__enter__()
    early, late = rigs[: POINTS * 2 // 3], rigs[POINTS * 2 // 3 :]
    measured = Rig(tmp_path, tls)
    with measured.server:
        began_at = time.monotonic()
        measured.run()
        whole_for = (time.monotonic() - began_at) * 2  # two run at once below
    dice = random.Random(7)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(killed_after, early, (whole_for * (place + dice.random()) / len(early) for place in range(len(early)))))
        list(pool.map(killed_when_sent, late, (0.2 * place / len(late) for place in range(len(late)))))
        in_flight = [rig.updates for rig in rigs]
        time.sleep(BACK_OFF_FOR)
        codes = [ran.code for ran in pool.map(Rig.run, rigs)]
        counted = [rig.updates for rig in rigs]
        after = list(pool.map(Rig.run, rigs))
    for rig in rigs:
        rig.server.close()
    assert codes == [0] * POINTS
    assert [rig.published for rig in rigs] == [ADDRESS] * POINTS
    assert all(before <= 1 and later <= before + 1 for before, later in zip(in_flight, counted, strict=True))
    assert [(ran.code, ran.said) for ran in after] == [(0, "")] * POINTS
    assert [rig.updates for rig in rigs] == counted
    assert [rig.leftovers() for rig in rigs] == [set()] * POINTS
    assert set(in_flight) == {0, 1}  # the sweep did reach both sides of the request


@pytest.mark.parametrize("part", ["before-the-answer", "after-the-answer"])
def test_killed_with_the_update_in_flight(rig: Rig, part: str) -> None:
    answer = rig.handle
    wait_for = 5.0 if part == "before-the-answer" else 0.0
    rig.server.handler = lambda request: answer(request)._replace(delay_for=wait_for)
    process = rig.start()
    while not rig.updates:
        time.sleep(0.005)
    process.kill()
    process.communicate()
    rig.server.handler = answer
    at_once = rig.run()
    assert (at_once.code in {0, 3}, rig.updates) == (True, 1)
    time.sleep(BACK_OFF_FOR)
    assert rig.run().code == 0
    assert (rig.published, rig.updates <= 2) == (ADDRESS, True)
    assert rig.run().said == ""
