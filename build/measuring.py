"""What a program costs: wall time, processor time, peak memory of its largest process. Shared by the budget and the bench."""

import os
import pathlib
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Cost(NamedTuple):
    """One run: seconds, seconds of processor, KiB of the largest process, exit code, and what it printed."""

    wall_for: float
    cpu_for: float
    peak_kib: int
    code: int
    out: str = ""


def measure(argv: Sequence[str | os.PathLike[str]], env: Mapping[str, str] | None = None, cwd: pathlib.Path | None = None) -> Cost:
    """Run `argv` once and return its cost.

    GNU time starts it: Linux counts the memory of the process that called fork() into ru_maxrss of its child, and ours is a
    large one. Processor time comes from wait4, finer than what time prints; its own millisecond is in it for everyone alike.
    """
    with tempfile.TemporaryDirectory() as folder:
        told, printed = pathlib.Path(folder, "told"), pathlib.Path(folder, "printed")
        with printed.open("wb") as out:
            started_at = time.perf_counter()
            process = subprocess.Popen(
                ["/usr/bin/time", "-q", "-f", "%M", "-o", told, *argv],
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall_for = time.perf_counter() - started_at
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = int(told.read_text().split()[-1])
        return Cost(wall_for, usage.ru_utime + usage.ru_stime, peak, process.returncode, printed.read_text(errors="replace"))


def typical(costs: Sequence[Cost]) -> Cost:
    """Return the medians of several runs, with the worst exit code and the last words."""
    return Cost(
        statistics.median(cost.wall_for for cost in costs),
        statistics.median(cost.cpu_for for cost in costs),
        int(statistics.median(cost.peak_kib for cost in costs)),
        max((cost.code for cost in costs), key=abs),
        costs[-1].out,
    )


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as aligned columns, the first left, the others right."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
