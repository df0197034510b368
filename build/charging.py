"""A memory cgroup for one measurement: what it was charged at most, who was killed in it, and how many processes it held at once.

What a cgroup is charged is what a router must have free: anonymous memory, what lies on a memory file system, and what the kernel
keeps for the processes. The pages of the executable itself count only for whoever read them first, so it is read before.
"""

import contextlib
import itertools
import os
import pathlib
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

JOIN: Final = 'for group in $GROUPS_TO_JOIN; do echo $$ >"$group/cgroup.procs"; done; unset GROUPS_TO_JOIN; exec "$@"'
NAMES: Final = itertools.count()
CGROUPS: Final = pathlib.Path("/sys/fs/cgroup")


class Files(NamedTuple):
    """Where a version of cgroups keeps its figures, and how swap is turned off (Linux: cgroup-v1/memory.rst, cgroup-v2.rst)."""

    memory: pathlib.Path
    pids: pathlib.Path
    peak: str
    now: str
    limit: str
    events: str
    swap: tuple[tuple[str, bool], ...]  # files to write: the limit again, or 0


FIRST: Final = Files(
    CGROUPS / "memory", CGROUPS / "pids", "memory.max_usage_in_bytes", "memory.usage_in_bytes", "memory.limit_in_bytes",
    "memory.oom_control", (("memory.memsw.limit_in_bytes", True), ("memory.swappiness", False)),
)  # fmt: skip
SECOND: Final = Files(
    CGROUPS, CGROUPS, "memory.peak", "memory.current", "memory.max", "memory.events", (("memory.swap.max", False),)
)  # fmt: skip


class Group(NamedTuple):
    """One cgroup, or two where each controller has its own tree."""

    files: Files
    memory: pathlib.Path
    pids: pathlib.Path | None

    def peak(self) -> float:
        """Return the MiB that it was charged at most. The kernel charges in lots of up to 256 KiB for each processor."""
        return int((self.memory / self.files.peak).read_text()) / 2**20

    def killed(self) -> int:
        """Return how many processes were killed because the limit was reached."""
        said = dict(line.split() for line in (self.memory / self.files.events).read_text().splitlines())
        return int(said["oom_kill"])

    def processes(self) -> int | None:
        """Return how many processes and threads there were at once at most, None where the kernel does not count (before 6.11)."""
        counted = self.pids / "pids.peak" if self.pids else None
        return int(counted.read_text()) if counted and counted.exists() else None

    def kinds(self) -> dict[str, int]:
        """Return memory.stat: octets by kind."""
        return {name: int(size) for name, size in map(str.split, (self.memory / "memory.stat").read_text().splitlines())}

    def start(self, argv: Sequence[str], env: Mapping[str, str], out: pathlib.Path) -> "subprocess.Popen[bytes]":
        """Start a program inside."""
        groups = " ".join(str(path) for path in {self.memory, self.pids or self.memory})
        with out.open("ab") as written:
            return subprocess.Popen(
                ["/bin/sh", "-c", JOIN, "join", *argv],
                env={**env, "GROUPS_TO_JOIN": groups},
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
            )


@contextlib.contextmanager
def group(limit: int | None = None) -> Iterator[Group | None]:
    """Yield a new cgroup that may hold `limit` octets and no swap; None where none can be made here."""
    with contextlib.ExitStack() as stack:
        yield next((made for files in (FIRST, SECOND) if (made := _made(stack, files, limit))), None)


def _made(stack: contextlib.ExitStack, files: Files, limit: int | None) -> Group | None:
    name = f"edge-{os.getpid()}-{next(NAMES)}"
    memory, pids = files.memory / name, files.pids / name
    try:
        memory.mkdir()
    except OSError:
        return None
    stack.callback(memory.rmdir)
    if not (memory / files.peak).exists():
        return None
    if limit is not None:
        (memory / files.limit).write_text(str(limit))
        for path, again in files.swap:
            with contextlib.suppress(OSError):  # a kernel without swap has none of these
                (memory / path).write_text(str(limit) if again else "0")
    if pids != memory:
        try:
            pids.mkdir()
        except OSError:
            return Group(files, memory, None)
        stack.callback(pids.rmdir)
    return Group(files, memory, pids if (pids / "pids.current").exists() else None)


@contextlib.contextmanager
def room() -> Iterator[pathlib.Path | None]:
    """Yield a new tmpfs, which is memory, None where none can be mounted."""
    with tempfile.TemporaryDirectory(prefix="edge-room-") as name:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "none", name], capture_output=True, check=False).returncode == 0
        try:
            yield pathlib.Path(name) if mounted else None
        finally:
            if mounted:
                subprocess.run(["umount", "--lazy", name], check=True)


class Charge(NamedTuple):
    """What programs that ran at once were charged: MiB at most, exit codes, killed, most processes, what was printed."""

    peak_mib: float
    codes: list[int]
    killed: int
    processes: int | None
    out: str


def charged(commands: Sequence[Sequence[str]], env: Mapping[str, str], limit: int | None = None) -> Charge | None:
    """Start the commands together in a cgroup of their own and wait for all; None where no cgroup can be made here."""
    with tempfile.TemporaryDirectory() as folder, group(limit) as cage:
        if cage is None:
            return None
        for argv in commands:
            pathlib.Path(argv[0]).read_bytes()
        out = pathlib.Path(folder, "out")
        started = [cage.start(argv, env, out) for argv in commands]
        codes = [process.wait(60) for process in started]
        return Charge(cage.peak(), codes, cage.killed(), cage.processes(), out.read_text(errors="replace"))
