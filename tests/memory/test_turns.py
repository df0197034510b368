"""One run at a time, and no event lost."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from edge_agent import memory
from edge_agent.turns import BusyError, Queue, turns

# Every process announces events. A run publishes whatever events it finds when it begins; two runs at once are an error.
EVENTS = """
import os, random, sys, time
from edge_agent import memory
from edge_agent.turns import turns

place, me = sys.argv[1], sys.argv[2]
random.seed(me)
ran = queued = 0
for number in range(int(sys.argv[3])):
    os.close(os.open(f"{place}/events/{me}-{number}", os.O_CREAT | os.O_EXCL))
    store = memory.Store(f"{place}/state")
    mine = 0
    for _ in turns(store, str(int(me) % int(sys.argv[4])), 60.0):
        mine += 1
        guard = os.open(f"{place}/guard", os.O_CREAT | os.O_EXCL)
        seen = os.listdir(f"{place}/events")
        time.sleep(random.random() * 0.002)
        with open(f"{place}/published", "w") as file:
            file.write("\\n".join(seen))
        os.close(guard)
        os.unlink(f"{place}/guard")
    ran, queued = ran + mine, queued + (mine == 0)
    time.sleep(random.random() * 0.003)
print(ran, queued)
"""


@pytest.mark.parametrize(("processes", "purposes"), [(2, 1), (5, 1), (8, 1), (6, 2)])
def test_the_last_event_is_always_published(tmp_path: Path, processes: int, purposes: int) -> None:
    (tmp_path / "events").mkdir()
    children = [
        subprocess.Popen(
            [sys.executable, "-c", EVENTS, tmp_path, str(number), "40", str(purposes)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    ran = queued = 0
    for child in children:
        out, err = child.communicate(timeout=60)
        assert (child.returncode, err) == (0, "")
        ran, queued = ran + int(out.split()[0]), queued + int(out.split()[1])
    assert set((tmp_path / "published").read_text().split()) == {path.name for path in (tmp_path / "events").iterdir()}
    assert queued > 0, "the processes met"
    assert ran >= 40
    assert list((tmp_path / "state").glob("again*")) == []


def test_a_late_comer_is_queued_and_served(tmp_path: Path) -> None:
    holder, late = Queue(str(tmp_path), "p"), Queue(str(tmp_path), "p")
    told = []
    for notes in holder.turns("first"):
        told.append(notes)
        if len(told) == 1:
            assert list(late.turns("second")) == []
            assert list(Queue(str(tmp_path), "p").turns("third")) == []
    assert told == [("first",), ("second", "third")]
    assert list(late.turns("fourth")) == [("fourth",)]
    assert list(tmp_path.iterdir()) == []


def test_another_purpose_does_not_wait(tmp_path: Path) -> None:
    for _ in Queue(str(tmp_path), "p").turns():
        assert len(list(Queue(str(tmp_path), "q").turns())) == 1


def test_a_request_between_the_last_look_and_the_unlock_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder, late = Queue(str(tmp_path), "p"), Queue(str(tmp_path), "p")
    unlock = holder._door.unlock
    met: list[list[tuple[str, ...]]] = []

    def slow_unlock() -> None:
        if not met:
            met.append(list(late.turns("late")))
        unlock()

    monkeypatch.setattr(holder._door, "unlock", slow_unlock)
    assert list(holder.turns("own")) == [("own",)]
    assert met == [[("late",)]], "it runs itself"
    assert list(tmp_path.iterdir()) == []


def test_a_failed_run_gives_the_lock_back(tmp_path: Path) -> None:
    turns = Queue(str(tmp_path), "p").turns()
    next(turns)
    turns.close()
    assert len(list(Queue(str(tmp_path), "p").turns())) == 1


def test_a_stale_flag_costs_no_further_run(tmp_path: Path) -> None:
    (tmp_path / "again-p").write_text("stale\n")
    assert list(Queue(str(tmp_path), "p").turns("own")) == [("own", "stale")]
    assert list(tmp_path.iterdir()) == []


def test_a_burst_is_one_run_after_the_first(tmp_path: Path) -> None:
    """Each comes when the one before has ended, as hooks do whose runs are short."""
    began_at = time.monotonic()
    runs: list[tuple[str, ...]] = []
    rivals = [
        threading.Thread(target=lambda: runs.extend(Queue(str(tmp_path), "p", 0.4).turns("x")), daemon=True) for _ in range(20)
    ]
    for rival in rivals:
        rival.start()
        time.sleep(0.01)
    for rival in rivals:
        rival.join(10)
    assert [len(notes) for notes in runs] == [1, 19]
    assert time.monotonic() - began_at < 5
    assert [path.name for path in tmp_path.iterdir()] == ["lock-p"]


def test_a_run_after_a_rest_begins_at_once(tmp_path: Path) -> None:
    list(Queue(str(tmp_path), "p", 30.0).turns())
    long_ago = time.time() - 60
    os.utime(tmp_path / "lock-p", (long_ago, long_ago))
    began_at = time.monotonic()
    assert len(list(Queue(str(tmp_path), "p", 30.0).turns())) == 1
    assert time.monotonic() - began_at < 5


def test_a_removed_lock_file_does_not_let_two_in(tmp_path: Path) -> None:
    first, second, third = (memory.Store(str(tmp_path)) for _ in range(3))
    assert first.lock()
    (tmp_path / "lock").unlink()
    assert second.lock()  # whoever removes it asked for this
    assert not third.lock()
    first.unlock()
    assert not third.lock()
    second.unlock()


def test_the_lock_is_not_inherited(tmp_path: Path) -> None:
    store = memory.Store(str(tmp_path))
    assert store.lock()
    script = "print(flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False)
    assert child.stdout is not None
    child.stdout.readline()  # it runs: what is closed at its start is closed
    store.unlock()
    rival = memory.Store(str(tmp_path))
    assert rival.lock()
    rival.unlock()
    child.communicate(b"\n")


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    script = "import os, sys; from edge_agent import memory; s = memory.Store(sys.argv[1]); assert s.lock(); os.abort()"
    subprocess.run([sys.executable, "-c", script, tmp_path], check=False, capture_output=True)
    assert Path(tmp_path, "lock").exists()
    store = memory.Store(str(tmp_path))
    assert store.lock()
    store.unlock()


def test_runs_with_other_settings_wait_their_turn(tmp_path: Path) -> None:
    one, two, same = (memory.Store(str(tmp_path)) for _ in range(3))
    order: list[str] = []

    def second() -> None:
        order.extend("two" for _ in turns(two, "b", 10.0))

    for _ in turns(one, "a", 10.0):
        order.append("one")
        if len(order) == 1:
            thread = threading.Thread(target=second)
            thread.start()
            assert list(turns(same, "a", 10.0)) == []  # this one's run will be made by the holder
    thread.join(10)
    assert sorted(order) == ["one", "one", "two"]
    assert {path.name for path in tmp_path.iterdir()} == {"lock"}


def test_waiting_has_an_end(tmp_path: Path) -> None:
    holder, late = memory.Store(str(tmp_path)), memory.Store(str(tmp_path))
    assert holder.lock()
    with pytest.raises(BusyError, match="another run has been at work"):
        list(turns(late, "b", 0.1))
    holder.unlock()
    assert len(list(turns(late, "b", 0.1))) == 1
