"""Measure the built executable and hold it to build/budget.toml: a table, and exit code 1 where something is over."""

import os
import pathlib
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

from build.measuring import Cost, measure, table, typical
from build.resident import Rest, at_rest
from build.stage import FROZEN, ROOT, Stage, clean_environment, enter, stage

RUNS = 7
WHOLE = ("--no-gate",)
TWIN = ROOT / "build" / "made" / "freeze" / "dist" / "edge-agent-verbose"  # the same, but it says what it imports


class Row(NamedTuple):
    """One line of the table: what, how much, at most how much."""

    what: str
    value: float
    ceiling: float
    unit: str

    @property
    def fits(self) -> bool:
        """Whether the ceiling holds."""
        return self.value <= self.ceiling


def unpacked(executable: pathlib.Path) -> int:
    """Return how many octets the executable writes to disk at every start."""
    os.environ.setdefault("PYI_LOG_LEVEL", "ERROR")
    from PyInstaller.archive.readers import CArchiveReader

    entries = CArchiveReader(str(executable)).toc.values()
    return sum(size for _, _, size, _, kind in entries if kind in "bxd")


def archived(executable: pathlib.Path) -> set[str]:
    """Return the names of the modules in the executable's archive."""
    from PyInstaller.archive.readers import CArchiveReader

    return set(CArchiveReader(str(executable)).open_embedded_archive("PYZ.pyz").toc)


def imported(printed: str) -> set[str]:
    """Return the modules that a run of the twin said it imported."""
    return set(re.findall(r"^import '?([\w.]+)'? #", printed, re.MULTILINE))


def run(here: Stage, state: str, program: tuple[str, ...] = FROZEN, more: tuple[str, ...] = ()) -> Cost:
    """Run the agent once on the stage; stop everything where it fails."""
    cost = measure([*program, *here.flags(state), *more], clean_environment())
    if cost.code:
        sys.exit(f"{program[0]} ended with {cost.code}:\n{cost.out[-2000:]}")
    return cost


class Scenes(NamedTuple):
    """What a bare interpreter, a no-change run (spared, and whole), an update and a watch at rest cost; the modules of the two."""

    bare: Cost
    spared: Cost
    whole: Cost
    update: Cost
    modules: dict[str, set[str]]
    watch: Rest


def scenes(here: Stage) -> Scenes:
    """Run everything several times; return the medians, and the best wall times, which a busy machine disturbs least."""
    for _ in range(2):  # the first one publishes, the second one finds nothing to do and leaves its gate
        run(here, "kept")
    bare, spared, whole, update = [], [], [], []
    for turn in range(RUNS):  # in turn, so that a slow second hits all alike
        bare.append(measure(["/usr/bin/python3", "-I", "-S", "-c", "pass"], clean_environment()))
        spared.append(run(here, "kept"))
        whole.append(run(here, "kept", more=WHOLE))
        here.reset()
        update.append(run(here, f"fresh-{turn}"))
        if not here.service.records:
            sys.exit("an update was not seen by the service")
    here.reset()
    modules = {name: imported(run(here, "kept", (str(TWIN),), more).out) for name, more in (("no-change", ()), ("whole", WHOLE))}
    if here.service.seen:
        sys.exit("a no-change run spoke to the service")
    rest = at_rest(here, FROZEN, "kept", "--watch-every", "1h")
    return Scenes(steady(bare), steady(spared), steady(whole), steady(update), modules, rest)


def steady(costs: list[Cost]) -> Cost:
    """Return the medians with the best wall time."""
    return typical(costs)._replace(wall_for=min(cost.wall_for for cost in costs))


def rows(seen: Scenes, budget: dict[str, dict[str, float]]) -> Iterator[Row]:
    """Yield what was measured beside what is allowed."""
    executable = pathlib.Path(FROZEN[0])
    yield Row("file on disk", executable.stat().st_size / 1e6, budget["file"]["mb"], "MB")
    yield Row("unpacked at every start", unpacked(executable) / 1e6, budget["file"]["unpacked_mb"], "MB")
    for name, cost in (("no-change", seen.spared), ("whole", seen.whole), ("update", seen.update)):
        if name in seen.modules:
            yield Row(f"{name}: modules", len(seen.modules[name]), budget[name]["modules"], "")
        yield Row(f"{name}: peak memory", cost.peak_kib / 1024, budget[name]["peak_mib"], "MiB")
        yield Row(f"{name}: best wall, bare interpreter = 1", cost.wall_for / seen.bare.wall_for, budget[name]["wall"], "x")
    yield Row("watch: peak memory of the resident part", seen.watch.peak / 1024, budget["watch"]["peak_mib"], "MiB")
    yield Row("watch: wake-ups at rest", seen.watch.wakes, budget["watch"]["wakes"], "")


def forbidden(modules: set[str], never: list[str]) -> list[str]:
    """Return what a no-change run imported although it must not."""
    return sorted(name for name in modules if any(name == banned or name.startswith(f"{banned}.") for banned in never))


def main() -> int:
    """Print the table; return 1 where the budget is exceeded."""
    enter()
    budget = tomllib.loads((ROOT / "build" / "budget.toml").read_text())
    with stage() as here:
        seen = scenes(here)
    measured = list(rows(seen, budget))
    loaded = [found for name, modules in seen.modules.items() for found in forbidden(modules, budget[name]["never"])]
    lines = [(row.what, f"{row.value:.2f}", f"{row.ceiling:.2f}", row.unit, "" if row.fits else "OVER") for row in measured]
    print(table([("budget of dist/edge-agent", "is", "may be", "", ""), *lines]))
    print(
        f"no run without a change loads any of {', '.join(budget['whole']['never'])}"
        if not loaded
        else f"OVER: loaded {', '.join(loaded)}"
    )
    return int(bool(loaded) or not all(row.fits for row in measured))


if __name__ == "__main__":
    if not shutil.which("/usr/bin/time"):
        sys.exit("GNU time is needed: apt-get install time")
    sys.exit(main())
