"""Measure the static executable of this machine beside the stock one, in turn, and hold it to budget.toml's table [static].

Charged memory is the peak of a memory cgroup with TMPDIR on a tmpfs: what cannot be reclaimed without swap, the unpacked included.
"""

import contextlib
import lzma
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from build.check_budget import Row, forbidden, imported, run, unpacked
from build.measuring import Cost, table
from build.stage import FROZEN, ROOT, Stage, clean_environment, enter, stage
from build.static.make import MADE, TWINS, here
from build.static.targets import ALL

RUNS = 9
ROOTS = ((pathlib.Path("/sys/fs/cgroup/memory"), "memory.max_usage_in_bytes"), (pathlib.Path("/sys/fs/cgroup"), "memory.peak"))
JOIN = 'echo $$ >"$0/cgroup.procs"; exec "$@" >/dev/null'


class Figures(NamedTuple):
    """What one program costs in one scene: medians, and its best wall time as a part of the stock executable's, taken in turn."""

    peak_mib: float
    charged_mib: float | None  # None: no cgroup could be made here
    wall: float


@contextlib.contextmanager
def room() -> Iterator[pathlib.Path | None]:
    """Yield a tmpfs of our own for TMPDIR where one can be mounted (see build.stage.enter), else None."""
    with tempfile.TemporaryDirectory(prefix="edge-room-") as name:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "none", name], capture_output=True, check=False).returncode == 0
        yield pathlib.Path(name) if mounted else None
        if mounted:
            subprocess.run(["umount", name], check=True)


def charged(argv: Sequence[str], env: dict[str, str]) -> float | None:
    """Return the MiB that a fresh memory cgroup was charged at most while `argv` ran in it; None where none can be made."""
    for root, figure in ROOTS:
        group = root / f"edge-static-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            if (group / figure).exists():
                subprocess.run(["/bin/sh", "-c", JOIN, group, *argv], env=env, check=True, stderr=subprocess.DEVNULL)
                return int((group / figure).read_text()) / 2**20
        finally:
            group.rmdir()
    return None


def scene(at: Stage, program: str, *, update: bool) -> tuple[Cost, float | None]:
    """Run one program once in one scene; return its cost, and what was charged in a second run."""
    flags = at.flags("kept")
    with room() as temporary:
        env = {**clean_environment(), **({"TMPDIR": str(temporary)} if temporary else {})}

        def afresh() -> None:
            if update:
                at.reset()
                (at.folder / "kept").rename(at.folder / f"old-{os.urandom(4).hex()}")

        afresh()
        cost = run(at, "kept", (program,))
        afresh()
        return cost, charged([program, *flags], env) if temporary else None


def compare(at: Stage, static: str, *, update: bool) -> Figures:
    """Run the static executable and the stock one in turn, several times."""
    run(at, "kept", (static,))
    pairs = [[scene(at, program, update=update) for program in (static, FROZEN[0])] for _ in range(RUNS)]
    charges = [ours[1] for ours, _ in pairs if ours[1] is not None]
    return Figures(
        statistics.median(ours[0].peak_kib for ours, _ in pairs) / 1024,
        statistics.median(charges) if charges else None,
        min(ours[0].wall_for for ours, _ in pairs)
        / min(stock[0].wall_for for _, stock in pairs),  # what a busy machine disturbs least
    )


def rows(static: pathlib.Path, seen: dict[str, Figures], modules: set[str], budget: dict[str, float]) -> Iterator[Row]:
    """Yield what was measured beside what is allowed."""
    image = static.read_bytes()
    yield Row("file on disk", len(image) / 1e6, budget["file_mb"], "MB")
    yield Row("file, xz", len(lzma.compress(image, preset=9 | lzma.PRESET_EXTREME)) / 1e6, budget["xz_mb"], "MB")
    yield Row("unpacked at every start", unpacked(static) / 1e6, 0.0, "MB")
    yield Row("no-change: modules", len(modules), budget["modules"], "")
    for name, figures in seen.items():
        prefix = name.replace("-", "_")
        yield Row(f"{name}: peak memory", figures.peak_mib, budget[f"{prefix}_peak_mib"], "MiB")
        if figures.charged_mib is not None:
            yield Row(f"{name}: charged memory", figures.charged_mib, budget[f"{prefix}_charged_mib"], "MiB")
        yield Row(f"{name}: best wall, stock executable = 1", figures.wall, budget[f"{prefix}_wall"], "x")


def foreign(budget: dict[str, float]) -> Iterator[Row]:
    """Yield the sizes of the executables for other machines, those that are there."""
    for name in ALL:
        path = MADE / f"edge-agent-{name}"
        if path.exists() and name != here().name:
            yield Row(f"file for {name}", path.stat().st_size / 1e6, budget["foreign_mb"], "MB")


def main() -> int:
    """Print the table; return 1 where the budget is exceeded."""
    enter()
    budget = tomllib.loads((ROOT / "build" / "budget.toml").read_text())
    static = MADE / f"edge-agent-{here().name}"
    with stage() as at:
        seen = {"no-change": compare(at, str(static), update=False), "update": compare(at, str(static), update=True)}
        modules = imported(run(at, "kept", (str(TWINS / f"edge-agent-verbose-{here().name}"),)).out)
    measured = [*rows(static, seen, modules, budget["static"]), *foreign(budget["static"])]
    lines = [(row.what, f"{row.value:.2f}", f"{row.ceiling:.2f}", row.unit, "" if row.fits else "OVER") for row in measured]
    print(table([(f"budget of dist/static/{static.name}", "is", "may be", "", ""), *lines]))
    if any(figures.charged_mib is None for figures in seen.values()):
        print("charged memory was not measured: no memory cgroup can be made here")
    loaded = forbidden(modules, budget["no-change"]["never"])
    if loaded:
        print(f"OVER: a no-change run loaded {', '.join(loaded)}")
    return int(bool(loaded) or not all(row.fits for row in measured))


if __name__ == "__main__":
    sys.exit(main())
