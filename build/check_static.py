"""Measure the static executable beside the stock one, in turn, and hold it to [static] of build/budget.toml: `make budget-static`.

State and TMPDIR are on a tmpfs of their own, as on a router. MB of files are 10^6 octets; memory is in MiB. Wall times are of the
program alone; the best ones are compared, which a busy machine disturbs least, and their ceilings are wide all the same: the ratio
of processor time is the one that holds still. Goals are printed, ceilings are held.
"""

import lzma
import os
import pathlib
import platform
import statistics
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from build.charging import charged, room
from build.check_budget import archived, forbidden, imported, unpacked
from build.folder import created
from build.measuring import measure, table
from build.recipe import READY
from build.resident import Rest, at_rest
from build.stage import FROZEN, ROOT, Stage, clean_environment, enter, stage
from build.stage import STATIC as PROGRAM
from build.static.targets import ALL

STATIC: Final = pathlib.Path(PROGRAM[0])
TWIN: Final = (
    ROOT / "build" / "made" / "static" / f"edge-agent-verbose-{platform.machine()}"
)  # the same, but it says what it imports
RUNS: Final = 7
TIMED: Final = 4  # in each of them: the first one after another program finds cold caches
SCENES: Final = ("no-change", "full", "update")  # "full": nothing has changed either, but the whole run is made


class Row(NamedTuple):
    """One line of the table. `key` is its name in the budget; a stock figure is there where it says something."""

    what: str
    key: str
    value: float
    unit: str
    stock: float | None = None


class Figures(NamedTuple):
    """What one program costs in one scene: best seconds by the clock and of processor, median MiB, most processes at once."""

    wall_for: float
    cpu_for: float
    peak_mib: float
    charged_mib: float | None  # None: no memory cgroup can be made here
    processes: int | None


class Turns(NamedTuple):
    """What was taken of one program in one scene, turn by turn."""

    walls: list[float]
    cpus: list[float]
    peaks: list[float]
    charges: list[float]
    processes: list[int]

    def figures(self) -> Figures:
        """Return what to tell of them."""
        charge = statistics.median(self.charges) if self.charges else None
        return Figures(min(self.walls), min(self.cpus), statistics.median(self.peaks), charge, max(self.processes, default=None))


def timed(argv: list[str], env: Mapping[str, str]) -> tuple[float, float]:
    """Return the seconds from a program's start to its end, and those of processor; stop everything where it fails."""
    nothing = [(os.POSIX_SPAWN_OPEN, file, os.devnull, os.O_RDWR, 0) for file in range(3)]
    began_at = time.perf_counter()
    _, status, usage = os.wait4(os.posix_spawn(argv[0], argv, dict(env), file_actions=nothing), 0)
    took_for = time.perf_counter() - began_at
    if status:
        sys.exit(f"{argv[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return took_for, usage.ru_utime + usage.ru_stime


class Scenery(NamedTuple):
    """Where to run: the stage, a folder that is memory where one could be had, and the environment."""

    at: Stage
    folder: pathlib.Path
    env: dict[str, str]

    def command(self, program: str, scene: str) -> list[str]:
        """Return the command of a scene, and let the service, and for an update the agent, forget."""
        self.at.reset()
        state = f"{pathlib.Path(program).name}-{'kept' if scene != 'update' else os.urandom(4).hex()}"
        return [program, *self.at.flags(str(self.folder / state)), *(["--no-gate"] if scene == "full" else [])]

    def updated(self, scene: str, program: str) -> None:
        """Stop everything unless the service saw an update if and only if there had to be one."""
        if bool(self.at.service.records) != (scene == "update"):
            sys.exit(f"{program}, {scene}: the service saw {len(self.at.service.seen)} requests")


def take(where: Scenery, program: str, scene: str, turns: Turns) -> None:
    """Run one program in one scene: some times for its time, once for its peak, and once for what it is charged."""
    for _ in range(TIMED):
        wall_for, cpu_for = timed(where.command(program, scene), where.env)
        turns.walls.append(wall_for)
        turns.cpus.append(cpu_for)
        where.updated(scene, program)
    cost = measure(where.command(program, scene), where.env)
    if cost.code:
        sys.exit(f"{program} ended with {cost.code}:\n{cost.out[-2000:]}")
    turns.peaks.append(cost.peak_kib / 1024)
    charge = charged([where.command(program, scene)], where.env)
    if charge:
        if charge.codes != [0]:
            sys.exit(f"{program} ended with {charge.codes} in a cgroup:\n{charge.out[-2000:]}")
        turns.charges.append(charge.peak_mib)
        turns.processes.extend([] if charge.processes is None else [charge.processes])


Seen = dict[tuple[str, str], Figures]


def compare(where: Scenery) -> Seen:
    """Return the figures of each program in each scene."""
    programs = (str(STATIC), FROZEN[0])
    for program in programs:
        for _ in range(2):  # the second leaves a gate
            timed(where.command(program, "no-change"), where.env)
    taken = {(program, scene): Turns([], [], [], [], []) for program in programs for scene in SCENES}
    for _ in range(RUNS):
        for (program, scene), turns in taken.items():
            take(where, program, scene, turns)
    return {key: turns.figures() for key, turns in taken.items()}


def modules(where: Scenery, scene: str) -> set[str]:
    """Return what a run imports, as its twin says."""
    cost = measure([str(TWIN), *where.command(str(STATIC), scene)[1:]], where.env)
    if cost.code:
        sys.exit(f"{TWIN} ended with {cost.code}:\n{cost.out[-2000:]}")
    return imported(cost.out)


def left_behind(where: Scenery) -> list[str]:
    """Return the names of what one run of each scene makes in TMPDIR, removed or not."""
    with created(pathlib.Path(where.env["TMPDIR"])) as names:
        for scene in SCENES:
            timed(where.command(str(STATIC), scene), where.env)
    return names


class Taken(NamedTuple):
    """All that was measured."""

    seen: Seen
    loaded: dict[str, set[str]]
    left: list[str]
    watch: Rest
    stock_watch: Rest


def measured() -> Taken:
    """Run everything on a stage of our own."""
    with stage() as at, room() as memory:
        folder = memory or at.folder
        if memory is None:
            print("no tmpfs can be mounted here: state and TMPDIR are on disk, and what is unpacked is not charged")
        (folder / "tmp").mkdir()
        where = Scenery(at, folder, {**clean_environment(), "TMPDIR": str(folder / "tmp")})
        seen = compare(where)
        loaded = {scene: modules(where, scene) for scene in SCENES}
        left = left_behind(where)
        watches = [
            at_rest(at, (program,), f"watch-{place}", "--watch-every", "1h")
            for place, program in enumerate((str(STATIC), FROZEN[0]))
        ]
        return Taken(seen, loaded, left, *watches)


def rows(taken: Taken) -> Iterator[Row]:
    """Yield what was measured, with the stock executable's figure where it has one."""
    image, stock = STATIC.read_bytes(), pathlib.Path(FROZEN[0]).read_bytes()
    packed = [len(lzma.compress(octets, preset=9 | lzma.PRESET_EXTREME)) / 1e6 for octets in (image, stock)]
    yield Row("file on disk", "file_mb", len(image) / 1e6, "MB", len(stock) / 1e6)
    yield Row("file, xz", "xz_mb", packed[0], "MB", packed[1])
    yield Row("unpacked at every start", "unpacked_mb", unpacked(STATIC) / 1e6, "MB", unpacked(pathlib.Path(FROZEN[0])) / 1e6)
    yield Row("made in TMPDIR", "left", len(taken.left), "")
    for scene in SCENES:
        ours, theirs = (taken.seen[program, scene] for program in (str(STATIC), FROZEN[0]))
        key = scene.replace("-", "_")
        yield Row(f"{scene}: modules", f"{key}_modules", len(taken.loaded[scene]), "")
        if ours.processes is not None:
            yield Row(f"{scene}: processes and threads", "processes", ours.processes, "", theirs.processes)
        yield Row(f"{scene}: peak memory", f"{key}_peak_mib", ours.peak_mib, "MiB", theirs.peak_mib)
        if ours.charged_mib is not None:
            yield Row(f"{scene}: charged memory", f"{key}_charged_mib", ours.charged_mib, "MiB", theirs.charged_mib)
        yield Row(f"{scene}: best wall, stock = 1", f"{key}_wall", ours.wall_for / theirs.wall_for, "x", 1.0)
        yield Row(f"{scene}: best CPU, stock = 1", f"{key}_cpu", ours.cpu_for / theirs.cpu_for, "x", 1.0)
    for name in ALL:
        path = STATIC.with_name(f"edge-agent-{name}")
        if path.exists() and path != STATIC:
            yield Row(f"file for {name}", "foreign_mb", path.stat().st_size / 1e6, "MB")
    yield Row("watch at rest: resident", "watch_mib", taken.watch.resident / 1024, "MiB", taken.stock_watch.resident / 1024)
    yield Row("watch at rest: processes", "processes", taken.watch.processes, "", taken.stock_watch.processes)
    yield Row("watch at rest: wake-ups", "watch_wakes", taken.watch.wakes, "", taken.stock_watch.wakes)


def line(row: Row, budget: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of a row."""
    digits = 0 if row.unit == "" else 2
    goal, ceiling = budget["goal"].get(row.key), budget[row.key]
    over = "OVER" if row.value > ceiling else "misses the goal" if goal is not None and row.value > goal else ""
    figures = [f"{value:.{digits}f}" if value is not None else "" for value in (row.value, row.stock, goal, ceiling)]
    return row.what, *figures, row.unit, over


def main() -> int:
    """Print the table; return 1 where a ceiling is exceeded."""
    if not STATIC.exists():
        sys.exit(f"{STATIC} is not there: make exe-static")
    enter()
    budget = tomllib.loads((ROOT / "build" / "budget.toml").read_text())
    taken = measured()
    found = list(rows(taken))
    head = (f"dist/static/{STATIC.name}", "is", "stock", "goal", "may be", "", "")
    print(table([head, *(line(row, budget["static"]) for row in found)]))
    ours = {scene: figures for (program, scene), figures in taken.seen.items() if program == str(STATIC)}
    best = (f"{scene} {figures.wall_for * 1e3:.1f} (CPU {figures.cpu_for * 1e3:.1f})" for scene, figures in ours.items())
    print(f"best wall times, ms: {', '.join(best)}")
    if all(figures.charged_mib is None for figures in taken.seen.values()):
        print("charged memory is not measured, no memory cgroup can be made here; as nothing is unpacked, peak memory is above it")
    packed = sorted((taken.loaded["no-change"] & archived(STATIC)) - READY)
    if packed:
        print(f"a no-change run unpacks {', '.join(packed)}: add them to READY in build/recipe.py")
    loaded = forbidden(taken.loaded["no-change"], budget["static"]["never"])
    if loaded:
        print(f"OVER: a no-change run loaded {', '.join(loaded)}")
    return int(bool(loaded or packed or taken.left) or any(row.value > budget["static"][row.key] for row in found))


if __name__ == "__main__":
    sys.exit(main())
