"""Programs that stay: started, waited for until their first update was seen, and what they hold then."""

import contextlib
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from build.stage import Stage, clean_environment


class Resident(NamedTuple):
    """A program at rest: MB of its processes (their proportional share), and MB that it has unpacked to a memory file system."""

    processes: float
    unpacked: float


def tree(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            found += map(int, pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
    return found


def share_of(pid: int) -> float:
    """Return the proportional share of a process in MB (proc(5), smaps_rollup), 0 where it is gone."""
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def size_of(folder: pathlib.Path) -> float:
    """Return how much is in a folder, in MB."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


@contextlib.contextmanager
def resident(here: Stage, command: list[str], name: str) -> Iterator[tuple[int, pathlib.Path]]:
    """Start a resident program, wait until its first update was seen, yield its process and its TMPDIR."""
    here.reset()
    unpacks = here.folder / f"tmp-{name}"
    unpacks.mkdir()
    out = (here.folder / f"out-{name}").open("wb")
    process = subprocess.Popen(command, env=clean_environment() | {"TMPDIR": str(unpacks)}, stdout=out, stderr=out)
    try:
        until(lambda: bool(here.service.records), f"{name} has not updated:\n", here.folder / f"out-{name}")
        time.sleep(1.0)
        yield process.pid, unpacks
    finally:
        process.terminate()
        process.wait(timeout=20)
        out.close()


def until(done: Callable[[], bool], trouble: str, log: pathlib.Path) -> float:
    """Return how many seconds it took; stop everything where it takes more than 20."""
    began_at = time.perf_counter()
    while not done():
        if time.perf_counter() - began_at > 20:
            sys.exit(trouble + log.read_text(errors="replace")[-2000:])
        time.sleep(0.005)
    return time.perf_counter() - began_at


def at_rest(here: Stage, command: list[str], name: str) -> Resident:
    """Return what a resident program holds."""
    with resident(here, command, name) as (pid, unpacks):
        return Resident(sum(map(share_of, tree(pid))), size_of(unpacks))
