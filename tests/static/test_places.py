"""Where routers put the executable: a root with nothing else, a directory that others write to, a clock without zones."""

import contextlib
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest

from tests.fakes.messages import Received, Reply, asked
from tests.fakes.server import Server
from tests.fakes.tls import Tls
from tests.frozen.conftest import PLAIN, Place
from tests.static.conftest import Agent

HOST, RESOLVER = "update.example.com", "127.77.53.53"


@contextlib.contextmanager
def resolver() -> Iterator[list[str]]:
    """Answer DNS questions for HOST with 127.0.0.1, others with nothing; yield the names asked for."""
    names: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind((RESOLVER, 53))
        listener.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    question, peer = listener.recvfrom(512)
                    listener.sendto(answered(question, names), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield names
        finally:
            over.set()
            thread.join()


def answered(question: bytes, names: list[str]) -> bytes:
    """Return the answer to a DNS question, RFC 1035 section 4."""
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    kind = struct.unpack_from(">H", question, at + 1)[0]
    names.append(".".join(labels))
    found = names[-1] == HOST and kind == 1
    record = b"\xc0\x0c" + struct.pack(">HHIH4s", 1, 1, 60, 4, socket.inet_aton("127.0.0.1")) if found else b""
    return question[:2] + struct.pack(">HHHHH", 0x8180, 1, int(found), 0, 0) + question[12 : at + 5] + record


@pytest.fixture
def bare(native: Agent, tmp_path: pathlib.Path, root_only: None) -> Iterator[pathlib.Path]:
    """Yield a root directory with the executable, /proc, /dev and a resolv.conf, and not one file more."""
    root = tmp_path / "bare"
    for name in ("proc", "dev", "etc", "tmp", "state"):
        (root / name).mkdir(parents=True)
    shutil.copy(native.path, root / "edge-agent")
    (root / "etc" / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
    mounted = [subprocess.run(words, check=False).returncode == 0 for words in mounts(root)]
    yield root
    for done, words in zip(mounted, mounts(root), strict=True):
        if done:
            subprocess.run(["umount", words[-1]], check=True)


def mounts(root: pathlib.Path) -> list[list[str]]:
    return [["mount", "-t", "proc", "proc", str(root / "proc")], ["mount", "--bind", "/dev", str(root / "dev")]]


def within(root: pathlib.Path, *flags: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    words = [shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin") or "chroot", str(root), "/edge-agent", *flags]
    return subprocess.run(words, env=env or {}, capture_output=True, text=True, check=False, timeout=60)


def test_an_update_in_a_bare_root(bare: pathlib.Path, place: Place) -> None:
    tls = Tls(HOST)
    shutil.copy(tls.ca_file, bare / "ca.pem")
    shutil.copy(place.folder / "token", bare / "token")
    at = place.flags.index("--token-file")
    with resolver() as names, Server(lambda request: asked(place.service, request), tls) as server:
        server_url = f"https://{HOST}:{server.port}"
        flags = [
            *place.flags[:at],
            "--token-file",
            "/token",
            "--server",
            server_url,
            "--ca-file",
            "/ca.pem",
            "--state-dir",
            "/state",
        ]
        done = within(bare, *flags)
        assert (done.returncode, done.stderr) == (0, "")
        assert place.service.records == {("home.example.com", "A"): "45.83.1.2"}
        assert HOST in names
        again = within(bare, *flags, env={"TZ": "Europe/Berlin", "LC_ALL": "de_DE.UTF-8"})
        assert (again.returncode, again.stdout, again.stderr, len(server.received)) == (0, "", "", 1)
        assert "45.83.1.2" in within(bare, "status", *flags, env={"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}).stdout
    assert list((bare / "tmp").iterdir()) == []


def test_nobody_is_trusted_in_a_bare_root(bare: pathlib.Path, place: Place) -> None:
    shutil.copy(place.folder / "token", bare / "token")
    words = [word for word in place.flags if not word.startswith("/")]
    words = [word for word in words if word not in {"--token-file", "--ca-file", "--state-dir"}]
    done = within(bare, *words, "--token-file", "/token", "--state-dir", "/state")
    assert (done.returncode, "ca-certificates" in done.stderr) == (3, True)
    assert place.server.received == []


def test_modules_beside_it_are_not_imported(native: Agent, place: Place) -> None:
    shared = place.folder / "shared"
    (shared / "evil.egg").mkdir(parents=True)
    shutil.copy(native.path, shared / "agent")
    for name in ("argparse", "netifaces", "inspect", "sitecustomize", "encodings", "zipfile", "certifi", "readline"):
        (shared / f"{name}.py").write_text("raise SystemExit('taken over')\n")
    done = subprocess.run(
        [shared / "agent", "run", "-vv", *place.flags],
        cwd=shared,
        env=PLAIN,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0
    assert "taken over" not in done.stderr + done.stdout


def test_it_goes_on_when_its_file_is_replaced(native: Agent, place: Place, tls: Tls) -> None:
    """An update of the package while a run waits: what has not been loaded yet still comes from the old file."""
    mine = place.folder / "agent"
    shutil.copy(native.path, mine)

    def answer(request: Received) -> Reply:
        (place.folder / "new").write_bytes(b"#!/bin/false\n")
        (place.folder / "new").replace(mine)
        return asked(place.service, request)

    with Server(answer, tls) as server:
        flags = [*place.flags, "--server", server.url]
        done = subprocess.run([mine, "run", "--json", *flags], env=PLAIN, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert place.service.records


def until_seen(place: Place) -> None:
    end_at = time.monotonic() + 20
    while not place.server.received:
        assert time.monotonic() < end_at
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_it_is_one_process_and_leaves_none(native: Agent, place: Place, number: signal.Signals) -> None:
    room = place.folder / "room"
    room.mkdir()
    place.first.append(Reply(raw=b"", after="stall"))
    process = subprocess.Popen([native.path, *place.flags], env={**PLAIN, "TMPDIR": str(room)}, start_new_session=True)
    until_seen(place)
    assert members(process.pid) == {process.pid}
    process.send_signal(number)
    process.wait(10)
    assert members(process.pid) == set()
    assert list(room.iterdir()) == []


def members(session: int) -> set[int]:
    """Return the processes of a session that are not over."""
    told = subprocess.run(["ps", "-o", "pid=,stat=", "-s", str(session)], capture_output=True, text=True, check=False).stdout
    return {int(line.split()[0]) for line in told.splitlines() if not line.split()[1].startswith("Z")}


def test_it_starts_no_process_and_itself_only_once(native: Agent, place: Place) -> None:
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    log = place.folder / "trace"
    words = ["strace", "-f", "-qq", "-e", "trace=process", "-o", str(log), str(native.path), *place.flags]
    done = subprocess.run(words, env=PLAIN, capture_output=True, text=True, check=False, timeout=60)
    if "PTRACE" in done.stderr:
        pytest.skip("strace cannot trace here")
    calls = [line.split(maxsplit=1)[1] for line in log.read_text().splitlines()]
    assert [call.partition("(")[0] for call in calls if call.startswith(("execve", "clone", "fork", "vfork"))] == ["execve"]
