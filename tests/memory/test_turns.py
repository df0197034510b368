"""One run at a time, and no event lost."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edge_agent import memory
from edge_agent.turns import BusyError, turns

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
    holder, late = memory.Store(str(tmp_path)), memory.Store(str(tmp_path))
    runs = 0
    for _ in holder.turns():
        runs += 1
        if runs == 1:
            assert list(late.turns()) == []
            assert not late.lock()
    assert runs == 2
    assert late.lock()
    late.unlock()


def test_a_request_between_the_last_look_and_the_unlock_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder, late = memory.Store(str(tmp_path)), memory.Store(str(tmp_path))
    unlock = holder.unlock
    met: list[list[tuple[str, ...]]] = []

    def slow_unlock() -> None:
        if not met:
            met.append(list(late.turns()))
        unlock()

    monkeypatch.setattr(holder, "unlock", slow_unlock)
    assert len(list(holder.turns())) == 2
    assert met == [[]]


def test_a_failed_run_gives_the_lock_back(tmp_path: Path) -> None:
    holder, next_ = memory.Store(str(tmp_path)), memory.Store(str(tmp_path))
    turns = holder.turns()
    next(turns)
    turns.close()
    assert next_.lock()
    next_.unlock()


def test_a_stale_flag_costs_one_run_at_most(tmp_path: Path) -> None:
    store = memory.Store(str(tmp_path))
    store.request_again()
    assert len(list(store.turns())) == 1
    assert not store.take_again()


def test_a_run_without_rivals_writes_nothing(tmp_path: Path) -> None:
    store = memory.Store(str(tmp_path / "s"))
    list(store.turns())
    before = (tmp_path / "s").stat().st_mtime_ns
    list(store.turns())
    assert (tmp_path / "s").stat().st_mtime_ns == before
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["lock"]


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
