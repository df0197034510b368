"""The journal on disk: what survives kills, full disks, strangers and garbage."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent import files, ledger, memory
from edge_agent.files import StoreError
from edge_agent.model import Entry, Key, Lock, Memory
from edge_agent.turns import Queue

KEY = Key("noip", "home.example.com", "A")
FIRST = Memory({KEY: Entry("198.51.100.1", 1.0)})
SECOND = Memory({KEY: Entry("198.51.100.2", 2.0)}, {"account:noip": Lock("f", "refused", "badauth", 2.0)})
THIRD = Memory({KEY: Entry("198.51.100.3", 3.0)})


def locked(path: Path) -> memory.Store:
    store = memory.Store(str(path))
    assert store.lock()
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[memory.Store]:
    made = locked(tmp_path / "state")
    yield made
    made.unlock()


def test_a_first_run_knows_nothing(store: memory.Store) -> None:
    assert store.load() == memory.Recall(Memory())


def test_the_directory_and_the_file_are_private(store: memory.Store) -> None:
    store.replace(FIRST)
    assert Path(store.directory).stat().st_mode & 0o777 == 0o700
    assert Path(store.directory, "memory").stat().st_mode & 0o777 == 0o600


def test_a_journal_grows_and_is_written_anew(store: memory.Store) -> None:
    store.append(ledger.changes(Memory(), FIRST))
    store.append(ledger.changes(FIRST, SECOND))
    assert store.load() == memory.Recall(SECOND)
    store.replace(THIRD)
    assert store.load() == memory.Recall(THIRD)
    store.append(ledger.changes(THIRD, SECOND))
    assert store.load() == memory.Recall(SECOND)


def test_nothing_changed_writes_nothing(store: memory.Store) -> None:
    store.append(())
    store.replace(Memory())
    path = Path(store.directory, "memory")
    assert not path.exists()
    store.replace(FIRST)
    before = path.stat()
    store.replace(FIRST)
    store.append(())
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_an_overgrown_journal_is_written_anew(store: memory.Store) -> None:
    for number in range(300):
        there = Memory({KEY: Entry(f"198.51.100.{number % 2}", float(number))})
        store.append(ledger.changes(Memory(), there))
    store.replace(there)
    assert Path(store.directory, "memory").read_bytes() == ledger.encode(there)


def test_truncated_at_every_octet(store: memory.Store) -> None:
    path = Path(store.directory, "memory")
    octets = ledger.encode(SECOND)
    for end in range(len(octets)):
        path.write_bytes(octets[:end])
        recall = store.load()
        assert ("is empty" in "".join(recall.notes)) == (end < len(ledger.HEADER))
        assert recall.memory in (Memory(), Memory(SECOND.entries), SECOND)
        store.append(ledger.changes(recall.memory, THIRD))  # a torn line never joins the next one
        assert store.load() == memory.Recall(THIRD)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        pytest.param(b"\0" * 4096, "is not a memory of edge-agent", id="zeros"),
        pytest.param(os.urandom(4096), "is not a memory of edge-agent", id="noise"),
        pytest.param(b'{"records": []}\n', "is not a memory of edge-agent", id="another-program's"),
        pytest.param(b"edge-agent memory 9\nrecord\tx\n", "another version", id="another-version"),
    ],
)
def test_a_bad_file_is_set_aside(store: memory.Store, octets: bytes, words: str) -> None:
    path = Path(store.directory, "memory")
    path.write_bytes(octets)
    recall = store.load()
    assert recall.memory == Memory()
    assert words in recall.notes[0]
    assert f"{path}.bad" in recall.notes[0]
    assert Path(f"{path}.bad").read_bytes() == octets
    store.append(ledger.changes(Memory(), FIRST))
    assert store.load() == memory.Recall(FIRST)


def test_a_reader_without_the_lock_sets_nothing_aside(tmp_path: Path) -> None:
    (tmp_path / "memory").write_bytes(b"garbage\n")
    recall = memory.Store(str(tmp_path)).load()
    assert recall.memory == Memory()
    assert "not a memory" in recall.notes[0]
    assert (tmp_path / "memory").read_bytes() == b"garbage\n"


def test_a_damaged_line_loses_no_lock_out(store: memory.Store) -> None:
    path = Path(store.directory, "memory")
    octets = ledger.encode(SECOND).replace(b"record\t", b"recxrd\t")
    path.write_bytes(octets)
    recall = store.load()
    assert recall.memory == Memory({}, SECOND.locks)
    assert "1 damaged lines" in recall.notes[0]
    assert Path(f"{path}.bad").read_bytes() == octets
    assert store.load() == memory.Recall(Memory({}, SECOND.locks))


def test_a_giant_file_is_set_aside(store: memory.Store) -> None:
    with Path(store.directory, "memory").open("wb") as file:
        file.truncate(memory.LARGEST + 1)
    recall = store.load()
    assert recall.memory == Memory()
    assert ".bad" in recall.notes[0]


def test_a_directory_in_the_place_of_the_file(store: memory.Store) -> None:
    Path(store.directory, "memory").mkdir()
    recall = store.load()
    assert recall.memory == Memory()
    assert "Is a directory" in recall.notes[0]
    store.append(ledger.changes(Memory(), FIRST))
    assert store.load() == memory.Recall(FIRST)


def test_lines_are_never_added_to_a_stranger(store: memory.Store) -> None:
    path = Path(store.directory, "memory")
    path.write_bytes(b"someone else's\n")
    with pytest.raises(StoreError, match="is not a memory of this version: remove it"):
        store.append(ledger.changes(Memory(), FIRST))
    assert path.read_bytes() == b"someone else's\n"


@pytest.mark.parametrize("call", ["ready", "append", "replace", "lock"])
def test_a_directory_that_others_may_write_is_refused(tmp_path: Path, call: str) -> None:
    tmp_path.chmod(0o777)
    assert f"chmod 700 {tmp_path}" in said(memory.Store(str(tmp_path)), call)


def test_a_file_in_the_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    assert "is not a directory" in said(memory.Store(str(tmp_path / "state")), "ready")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a directory away")
def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, -1)
    assert "belongs to user 12345, not to user 0" in said(memory.Store(str(tmp_path)), "ready")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a link away")
def test_a_link_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert memory.Store(str(tmp_path / "link")).ready() is None
    os.chown(tmp_path / "link", 12345, -1, follow_symlinks=False)
    assert "belongs to user 12345" in said(memory.Store(str(tmp_path / "link")), "ready")


def said(store: memory.Store, call: str) -> str:
    """Return the sentence with which one of the four calls refuses."""
    if call == "ready":
        sentence = store.ready()
        assert sentence is not None
        return sentence
    with pytest.raises(StoreError) as caught:
        {
            "append": lambda: store.append(ledger.changes(Memory(), FIRST)),
            "replace": lambda: store.replace(FIRST),
            "lock": store.lock,
        }[call]()
    return str(caught.value)


# --- small and read-only disks ---------------------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("needs root to mount a small disk")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", place], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"cannot mount a small disk: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place: Path, leave: int) -> None:
    with (place / "ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 1024)
        except OSError:
            file.truncate(file.tell() - leave)


def freeze(place: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", place], check=True)


def test_a_full_disk_is_told_before_anything_is_sent(tiny: Path) -> None:
    store = locked(tiny / "state")
    store.replace(FIRST)
    assert store.ready() is None
    fill(tiny, 0)
    assert "No space left" in said(store, "ready")
    assert "free some space there" in said(store, "ready")
    assert {path.name for path in Path(store.directory).iterdir()} == {"lock", "memory"}
    assert store.load() == memory.Recall(FIRST)
    store.unlock()


def test_a_disk_that_fills_keeps_whole_lines(tiny: Path) -> None:
    store = locked(tiny / "state")
    there, number = Memory(), 0
    while True:
        number += 1
        after = Memory({KEY: Entry(f"198.51.100.{number % 250}", detail="x" * 700)})
        try:
            store.append(ledger.changes(there, after))
        except StoreError as error:
            assert "No space left" in str(error)  # noqa: PT017 - the loop ends here or not at all
            break
        there = after
    assert number > 10
    assert store.load() == memory.Recall(there)
    with pytest.raises(StoreError, match="No space left"):
        store.replace(Memory({KEY: Entry(detail="y" * 70_000)}))
    assert store.load() == memory.Recall(there)
    assert not Path(store.directory, "memory.new").exists()
    store.unlock()


def test_a_read_only_disk(tiny: Path) -> None:
    store = locked(tiny / "state")
    store.replace(FIRST)
    store.unlock()
    freeze(tiny)
    assert "Read-only file system" in said(store, "ready")
    assert store.lock()  # the lock file was there
    assert store.load() == memory.Recall(FIRST)
    assert "--state-dir" in said(store, "append")
    store.replace(FIRST)  # nothing to write, nothing to complain about
    with pytest.raises(StoreError, match="Read-only file system"):
        store.replace(SECOND)
    with pytest.raises(StoreError, match="Read-only file system"):
        list(Queue(str(tiny), "p").turns())
    store.unlock()
    assert "Read-only file system" in said(memory.Store(str(tiny / "other")), "lock")


def test_a_bad_file_on_a_read_only_disk(tiny: Path) -> None:
    locked(tiny).unlock()
    (tiny / "memory").write_bytes(b"garbage\n")
    freeze(tiny)
    store = locked(tiny)
    recall = store.load()
    assert recall.memory == Memory()
    assert "cannot be set aside: Read-only file system" in recall.notes[0]
    store.unlock()


# --- kills ------------------------------------------------------------------------------------------------------------

WRITER = """
import os, signal, sys
from edge_agent import files, ledger, memory
from edge_agent.model import Entry, Key, Memory

directory, fatal, before = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "before"
calls = 0

def deadly(name):
    real = getattr(os, name)
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == fatal:
            if name == "write" and len(args[1]) > 1 and not before:
                real(args[0], bytes(args[1])[: len(args[1]) // 2])
            elif not before:
                real(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    setattr(os, name, call)

store = memory.Store(directory)
assert store.lock()
there = store.load().memory
for name in ("write", "fsync", "replace", "ftruncate", "open", "close", "unlink"):
    deadly(name)
for number in range(1, 5):
    after = Memory({Key("a", "n", "A"): Entry(str(number), detail="x" * 50)})
    if number == 3:
        store.replace(after)
    else:
        store.append(ledger.changes(there, after))
    there = after
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_killed_at_every_call_to_the_system(tmp_path: Path) -> None:
    ended = []
    for point in range(1, 60):
        for side in ("before", "after"):
            place = tmp_path / f"{point}{side}"
            done = subprocess.run(
                [sys.executable, "-c", WRITER, place, str(point), side], capture_output=True, text=True, check=False
            )
            assert done.stderr == ""
            told = int((done.stdout.split() or ["0"])[-1])
            store = locked(place)  # no stale lock
            recall = store.load()
            found = int(recall.memory.entries.get(Key("a", "n", "A"), Entry("0")).address or "0")
            assert found in (told, told + 1), "what was acknowledged is there, and at most the one in flight"
            assert not [note for note in recall.notes if "is empty" not in note]
            store.append(ledger.changes(recall.memory, FIRST))
            assert store.load() == memory.Recall(FIRST)
            store.unlock()
            ended.append(done.returncode)
        if ended[-1] == 0:
            break
    assert ended[-1] == 0, "the sweep reached the end of the run"
    assert ended.count(-signal.SIGKILL) > 20


def test_killed_at_any_moment(tmp_path: Path) -> None:
    script = WRITER.replace("range(1, 5)", "range(1, 100000)")
    for turn in range(12):
        child = subprocess.Popen([sys.executable, "-c", script, tmp_path / "s", "0", "before"], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.0017 * turn)
        child.kill()
        told = int((child.stdout.read().split() or ["1"])[-1])
        child.stdout.close()
        child.wait()
        store = locked(tmp_path / "s")
        recall = store.load()
        assert recall.notes == ()
        assert int(recall.memory.entries[Key("a", "n", "A")].address or "0") in (told, told + 1)
        store.unlock()


# --- places and times ------------------------------------------------------------------------------------------------


def test_the_time_three_ways() -> None:
    first, second = memory.now(), memory.now()
    assert abs(first.wall - time.time()) < 5
    assert 0 < first.boot <= second.boot
    assert first.boot_id == second.boot_id


@pytest.mark.skipif(sys.platform == "win32", reason="places of POSIX systems")
@pytest.mark.parametrize(
    ("user", "environ", "place"),
    [
        pytest.param(0, {}, "/run/edge-agent", id="root"),
        pytest.param(0, {"XDG_RUNTIME_DIR": "/tmp"}, "/run/edge-agent", id="root-ignores-the-user's-place"),
        pytest.param(4321, {"XDG_RUNTIME_DIR": "/tmp"}, "/tmp/edge-agent", id="user-with-a-runtime-directory"),
        pytest.param(
            4321, {"XDG_RUNTIME_DIR": "tmp", "HOME": "/srv/u"}, "/srv/u/.local/state/edge-agent", id="relative-is-ignored"
        ),
        pytest.param(4321, {"XDG_STATE_HOME": "/s", "HOME": "/srv/u"}, "/s/edge-agent", id="state-home"),
        pytest.param(4321, {}, "/var/tmp/edge-agent-4321", id="no-home"),
    ],
)
def test_default_places(monkeypatch: pytest.MonkeyPatch, user: int, environ: dict[str, str], place: str) -> None:
    for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "getuid", lambda: user)
    assert memory.default_dir() == place


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to a service's user")
def test_root_shares_the_directory_of_a_service_with_a_user_of_its_own() -> None:
    """`edge-agent unlock` by root, where a systemd service with DynamicUser=yes keeps the memory."""
    private = Path(files.LENT)
    made = not private.exists()
    private.mkdir(mode=0o700, exist_ok=True)
    place = private / f"edge-agent-test-{os.getpid()}"
    place.mkdir(mode=0o700)
    try:
        os.chown(place, 61234, 61234)
        store = memory.Store(str(place))
        assert store.lock()
        store.append(["record\taccount=a\tname=n\ttype=A\n"])
        store.replace(Memory())
        assert {path.stat().st_uid for path in place.iterdir()} == {61234}
        store.unlock()
        place.chmod(0o750)
        with pytest.raises(StoreError, match="belongs to user 61234"):
            store.lock()
    finally:
        shutil.rmtree(place)
        if made:
            private.rmdir()
