"""A day on a router, counted: what each way of running holds in memory, and how long after a change the provider is told.

Measured: one call of each kind, each resident program at rest, each way of being told. Counted: how often a day has them.
A stock one-file executable also holds in memory what it unpacks, for as long as it runs; that is counted in.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from build.measuring import Cost, measure, table, typical
from build.names import resolver
from build.rivals import RIVALS, missing
from build.stage import ADDRESS, FROZEN, STATIC, Stage, clean_environment, enter, stage
from build.staying import Resident, at_rest, resident, until

DAY_HOURS: Final = 24.0
TIMER: Final = 288  # every five minutes
RENEWALS: Final = 48  # a lease of an hour is renewed at its half
CHANGES: Final = 1
NEXT: Final = "45.83.1.3"
PERIODS: Final = {  # seconds
    "inadyn": 120.0,  # inadyn.conf(5), "period"
    "ddclient": 300.0,  # "daemon" as Debian sets it
    "ddns-go": 300.0,  # its flag -f
}
OURS: Final[dict[tuple[str, ...], str]] = {FROZEN: "edge-agent", STATIC: "static"}


def flags(here: Stage, state: str) -> list[str]:
    """Return our flags with an end to what a test machine must not wait for."""
    return [*here.flags(state), "--watch-every", "1h"]


def calls(here: Stage, program: tuple[str, ...], runs: int) -> tuple[Cost, Cost]:
    """Return what a hook call costs that changes nothing, and one that updates: medians of so many."""
    hook = [*program, "hook", *here.flags("called"), "udhcpc", "renew"]
    stills, updates = [], []
    for _ in range(runs):
        subprocess.run(["rm", "-rf", here.folder / "called"], check=True)
        here.reset()
        updates.append(measure(hook, clean_environment()))
        if not here.service.records:
            sys.exit(f"the service saw no update by a hook:\n{updates[-1].out[-2000:]}")
        measure(hook, clean_environment())  # the first that changes nothing leaves a note for the others
        stills.append(measure(hook, clean_environment()))
    return typical(stills), typical(updates)


def daemon(here: Stage, name: str) -> list[str]:
    """Return the command of a rival that stays."""
    command = RIVALS[name].command(here, f"day-{name}")
    RIVALS[name].forgets(here, f"day-{name}")
    RIVALS[name].command(here, f"day-{name}")  # what it forgets may have been its settings
    if name == "inadyn":
        command.remove("-1")
        return command
    return [word.replace("-daemon=0", f"-daemon={PERIODS[name]:.0f}") for word in command]


# --- how soon it is told ---------------------------------------------------------------------------------------------


def moved(here: Stage, to: str) -> None:
    """Give the uplink another address, and take the one it had."""
    old = ADDRESS if to == NEXT else NEXT
    subprocess.run(["ip", "address", "add", f"{to}/24", "dev", str(here.interface)], check=True)
    subprocess.run(["ip", "address", "del", f"{old}/24", "dev", str(here.interface)], check=True)


def told(here: Stage, runs: int, wake: Callable[[str], None], log: pathlib.Path) -> float:
    """Return the median of the seconds from the moment an address is the only one until the service has it."""
    found = []
    for turn in range(2 * runs):
        to = ADDRESS if turn % 2 else NEXT
        moved(here, to)
        began_at = time.perf_counter()
        wake(to)
        until(lambda to=to: to in here.service.records.values(), "the change was not told:\n", log)  # type: ignore[misc]
        found.append(time.perf_counter() - began_at)
        time.sleep(2.2)  # a burst is over
    return statistics.median(found)


def told_by_hook(here: Stage, program: tuple[str, ...], runs: int) -> float:
    """The hook is called in the background, as its file does."""
    state = f"told-{OURS[program]}"
    measure([*program, *here.flags(state)], clean_environment())

    def call(to: str) -> None:
        words = ["hook", *here.flags(state), "generic", "--interface", str(here.interface), "--address", to, "--reason", "changed"]
        subprocess.Popen([*program, *words], env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return told(here, runs, call, here.folder / "token")


def told_by_watch(here: Stage, program: tuple[str, ...], runs: int) -> float:
    """Nobody calls: the kernel says it."""
    name = f"heard-{OURS[program]}"
    with resident(here, [*program, "watch", *flags(here, name)], name):
        return told(here, runs, lambda _to: None, here.folder / f"out-{name}")


# --- the day ---------------------------------------------------------------------------------------------------------


class Ours(NamedTuple):
    """One of our executables: hook calls of either kind, `watch` at rest, and the seconds until the service is told of a change."""

    still: Cost
    update: Cost
    watching: Resident
    hook_for: float
    watch_for: float

    def held(self, cost: Cost) -> float:
        """Return the MB·h that a call holds."""
        return (cost.peak_kib * 1024 / 1e6 + self.watching.unpacked) * cost.wall_for / 3600

    def hooks(self) -> float:
        """Return the MB·h of a day of calls."""
        return (TIMER + RENEWALS) * self.held(self.still) + CHANGES * self.held(self.update)

    def lines(self, name: str, unit: float) -> Iterator[tuple[str, ...]]:
        """Yield the two ways of running it."""
        calls_a_day, hooks, watching = TIMER + RENEWALS + CHANGES, self.hooks(), self.watching
        yield f"{name}, hooks and a timer", "0.0", str(calls_a_day), f"{hooks:.3f}", f"{hooks / unit:.2f}", f"{self.hook_for:.2f} s"
        yield f"{name}, watch", *_resident(watching.processes + watching.unpacked, unit), f"{self.watch_for:.2f} s"

    def words(self, name: str) -> str:
        """Return what its parts are."""
        return (
            f"{name}: a call that changes nothing {self.held(self.still) * 3600:.2f} MB·s, one that updates "
            f"{self.held(self.update) * 3600:.2f} MB·s; watch: {self.watching.processes:.1f} MB of processes, "
            f"{self.watching.unpacked:.1f} MB unpacked"
        )


def measured(here: Stage, program: tuple[str, ...], runs: int) -> Ours:
    """Run one of our executables in every way."""
    still, update = calls(here, program, runs)
    name = f"watch-{OURS[program]}"
    watching = at_rest(here, [*program, "watch", *flags(here, name)], name)
    return Ours(still, update, watching, told_by_hook(here, program, runs), told_by_watch(here, program, runs))


def others(here: Stage, absent: Mapping[str, str]) -> Iterator[tuple[str, Resident]]:
    """Yield the other programs that can stay, at rest."""
    for name in PERIODS:
        if name not in absent:
            with resolver():
                yield name, at_rest(here, daemon(here, name), name)


def report(here: Stage, runs: int, absent: Mapping[str, str]) -> None:
    """Print the day."""
    ours = {name: measured(here, program, runs) for program, name in OURS.items() if pathlib.Path(program[0]).exists()}
    unit = ours["edge-agent"].hooks()
    lines: list[tuple[str, ...]] = [("", "MB between events", "calls a day", "MB·h a day", "x", "provider told after")]
    for name, figures in ours.items():
        lines += figures.lines(name, unit)
    for name, rest in others(here, absent):
        soon = f"{PERIODS[name] / 2:.0f} s on average, {PERIODS[name]:.0f} s at worst"
        lines.append((f"{name}, as a daemon", *_resident(rest.processes, unit), soon))
    print(f"a day with {RENEWALS} renewals, {TIMER} timer calls and {CHANGES} change")
    print(table(lines))
    for name, figures in ours.items():
        print(figures.words(name))
    print(
        "What is unpacked counts, because TMPDIR is memory on a router. Told after: measured for ours from the moment the address\n"
        "is usable; the others look by their default periods."
    )
    for name in [*(name for name in PERIODS if name in absent), *({"edge-agent, static"} & set(absent))]:
        print(f"{name}: {absent[name]}")


def _resident(size: float, unit: float) -> tuple[str, str, str, str]:
    held = size * DAY_HOURS
    return f"{size:.1f}", "-", f"{held:.1f}", f"{held / unit:.0f}"


def main() -> None:
    """Run it in a network of its own; without one there is no address to change."""
    absent = missing()
    enter()
    with stage() as here:
        if here.interface is None or os.geteuid() != 0:
            print("the day on a router is not measured: no network of our own can be made here")
            return
        pathlib.Path(f"/proc/sys/net/ipv4/conf/{here.interface}/promote_secondaries").write_text("1")
        report(here, 2, absent)


if __name__ == "__main__":
    main()
