"""A day on a router, counted: what each way of running holds in memory, and how long after a change the provider is told.

Measured: one call of each kind, each resident program at rest, each way of being told. Counted: how often a day has them.
A stock one-file executable also holds in memory what it unpacks, for as long as it runs; that is counted in.
"""

import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from build.measuring import Cost, measure, table, typical
from build.rivals import RIVALS, missing
from build.stage import ADDRESS, FROZEN, Stage, clean_environment, enter, stage

DAY_HOURS: Final = 24.0
TIMER: Final = 288  # every five minutes
RENEWALS: Final = 48  # a lease of an hour is renewed at its half
CHANGES: Final = 1
NEXT: Final = "45.83.1.3"
PERIODS: Final = {"inadyn": 120.0, "ddclient": 300.0}  # seconds; inadyn.conf(5) "period", ddclient's "daemon" as Debian sets it


class Resident(NamedTuple):
    """A program at rest: MB of its processes (their proportional share), and MB that it has unpacked to a memory file system."""

    processes: float
    unpacked: float


def flags(here: Stage, state: str) -> list[str]:
    """Return our flags with an end to what a test machine must not wait for."""
    return [*here.flags(state), "--watch-every", "1h"]


def calls(here: Stage, runs: int) -> tuple[Cost, Cost]:
    """Return what a hook call costs that changes nothing, and one that updates: medians of so many."""
    hook = [FROZEN[0], "hook", *here.flags("called"), "udhcpc", "renew"]
    stills, updates = [], []
    for _ in range(runs):
        subprocess.run(["rm", "-rf", here.folder / "called"], check=True)
        here.reset()
        updates.append(measure(hook, clean_environment()))
        if not here.service.records:
            sys.exit(f"the service saw no update by a hook:\n{updates[-1].out[-2000:]}")
        stills.append(measure(hook, clean_environment()))
    return typical(stills), typical(updates)


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
        _until(lambda: bool(here.service.records), f"{name} has not updated:\n", here.folder / f"out-{name}")
        time.sleep(1.0)
        yield process.pid, unpacks
    finally:
        process.terminate()
        process.wait(timeout=20)
        out.close()


def _until(done: Callable[[], bool], trouble: str, log: pathlib.Path) -> float:
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
        _until(lambda to=to: to in here.service.records.values(), "the change was not told:\n", log)  # type: ignore[misc]
        found.append(time.perf_counter() - began_at)
        time.sleep(2.2)  # a burst is over
    return statistics.median(found)


def told_by_hook(here: Stage, runs: int) -> float:
    """The hook is called in the background, as its file does."""
    state = "told"
    measure([*FROZEN, *here.flags(state)], clean_environment())

    def call(to: str) -> None:
        words = ["hook", *here.flags(state), "generic", "--interface", str(here.interface), "--address", to, "--reason", "changed"]
        subprocess.Popen([FROZEN[0], *words], env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return told(here, runs, call, here.folder / "token")


def told_by_watch(here: Stage, runs: int) -> float:
    """Nobody calls: the kernel says it."""
    with resident(here, [FROZEN[0], "watch", *flags(here, "heard")], "heard"):
        return told(here, runs, lambda _to: None, here.folder / "out-heard")


# --- the day ---------------------------------------------------------------------------------------------------------


def report(here: Stage, runs: int, absent: list[str]) -> None:
    """Print the day."""
    still, update = calls(here, runs)
    watching = at_rest(here, [FROZEN[0], "watch", *flags(here, "day-watch")], "watch")
    others = {name: at_rest(here, daemon(here, name), name) for name in ("inadyn", "ddclient") if name not in absent}
    hook_for, watch_for = told_by_hook(here, runs), told_by_watch(here, runs)

    def held(cost: Cost) -> float:
        return (cost.peak_kib * 1024 / 1e6 + watching.unpacked) * cost.wall_for / 3600

    calls_a_day = TIMER + RENEWALS
    hooks = calls_a_day * held(still) + CHANGES * held(update)
    lines: list[tuple[str, ...]] = [("", "MB between events", "calls a day", "MB·h a day", "x", "provider told after")]
    lines.append(("edge-agent, hooks and a timer", "0.0", str(calls_a_day + CHANGES), f"{hooks:.2f}", "1", f"{hook_for:.2f} s"))
    stays = watching.processes + watching.unpacked
    lines.append(("edge-agent watch", *_resident(stays, hooks), f"{watch_for:.2f} s"))
    for name, rest in others.items():
        soon = f"{PERIODS[name] / 2:.0f} s on average, {PERIODS[name]:.0f} s at worst"
        lines.append((f"{name}, as a daemon", *_resident(rest.processes, hooks), soon))
    print(
        f"a day with {RENEWALS} renewals, {TIMER} timer calls and {CHANGES} change; a call that changes nothing: "
        f"{held(still) * 3600:.2f} MB·s, one that updates: {held(update) * 3600:.2f} MB·s"
    )
    print(table(lines))
    print(
        f"watch: {watching.processes:.1f} MB of processes, {watching.unpacked:.1f} MB unpacked (TMPDIR is memory on a router).\n"
        "Told after: measured for ours from the moment the address is usable; the others look by their default periods."
    )


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
        report(here, 3, absent)


if __name__ == "__main__":
    main()
