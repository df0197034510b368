"""Side by side on one TLS service: our executables, our source, other clients; then growth with the number of names."""

import argparse
import pathlib
import statistics
import sys
from collections.abc import Iterator
from typing import NamedTuple

from build.charging import charged, room
from build.measuring import Cost, measure, table, typical
from build.rivals import RIVALS, Rival, missing
from build.stage import ADDRESS, FROZEN, Stage, clean_environment, enter, stage
from tests.fakes.apis.cloudflare import CloudflareFake
from tests.fakes.messages import behind
from tests.fakes.server import Server
from tests.fakes.tls import Tls

FIRST = "edge-agent, executable"
CHARGED_TURNS = 3
JOBS = ("no change", "update")
TOKEN = "bench" * 8  # as long as a real one; the service is our own


def once(here: Stage, rival: Rival, state: str) -> Cost:
    """Run a rival once; stop everything where it fails."""
    cost = measure(rival.command(here, state), clean_environment())
    if cost.code:
        sys.exit(f"{rival.name} ended with {cost.code}:\n{cost.out[-2000:]}")
    return cost


def update(here: Stage, rival: Rival, state: str) -> Cost:
    """Run a rival that has to update, and see to it that the service saw it."""
    here.reset()
    rival.forgets(here, state)
    cost = once(here, rival, state)
    if not here.service.records:
        sys.exit(f"the service saw no update by {rival.name}:\n{cost.out[-2000:]}")
    return cost


def no_change(here: Stage, rival: Rival, state: str) -> Cost:
    """Run a rival again that has nothing to do, not for the first time, and see to it that it did nothing."""
    here.reset()
    once(here, rival, state)
    cost = once(here, rival, state)
    if here.service.seen:
        sys.exit(f"{rival.name} sent something although nothing had changed")
    return cost


class Taken(NamedTuple):
    """A job done by a rival: the medians of its costs, and MB that its cgroup was charged, None where none was made."""

    job: str
    rival: Rival
    cost: Cost
    charged: float | None


def held(here: Stage, rival: Rival, state: str, temporary: pathlib.Path) -> float | None:
    """Run a rival once more and return what it is charged."""
    charge = charged([rival.command(here, state)], clean_environment() | {"TMPDIR": str(temporary)})
    if charge and any(charge.codes):
        sys.exit(f"{rival.name} ended with {charge.codes} in a cgroup:\n{charge.out[-2000:]}")
    return charge.peak_mib * 2**20 / 1e6 if charge else None


class Turns(NamedTuple):
    """What was taken of one rival, turn by turn, by the job."""

    costs: dict[str, list[Cost]]
    charges: dict[str, list[float | None]]

    def taken(self, job: str, rival: Rival) -> Taken:
        """Return the medians."""
        known = [charge for charge in self.charges[job] if charge is not None]
        return Taken(job, rival, typical(self.costs[job]), statistics.median(known) if known else None)


def take(here: Stage, rival: Rival, state: str, turns: Turns, temporary: pathlib.Path | None) -> None:
    """Let one rival do its jobs; with a TMPDIR also for what it is charged."""
    if temporary:
        here.reset()
        rival.forgets(here, state)
        turns.charges["update"].append(held(here, rival, state, temporary))
    turns.costs["update"].append(update(here, rival, state))
    if rival.looks:
        no_change(here, rival, state)  # ours leaves a note then that spares the next
        turns.costs["no change"].append(no_change(here, rival, state))
        if temporary:
            turns.charges["no change"].append(held(here, rival, state, temporary))


def side_by_side(here: Stage, rivals: list[Rival], runs: int, temporary: pathlib.Path) -> Iterator[Taken]:
    """Yield what each rival costs; the rivals take turns, so that a slow second hits all alike."""
    turns = [Turns({job: [] for job in JOBS}, {job: [] for job in JOBS}) for _ in rivals]
    for turn in range(runs):
        for place, rival in enumerate(rivals):
            take(here, rival, f"rival-{place}", turns[place], temporary if turn < CHARGED_TURNS else None)
    for job in JOBS:
        yield from (seen.taken(job, rival) for rival, seen in zip(rivals, turns, strict=True) if seen.costs[job])


def figures(cost: Cost) -> tuple[float, float, float]:
    """Return wall and processor time in milliseconds and peak memory in MB."""
    return cost.wall_for * 1e3, cost.cpu_for * 1e3, cost.peak_kib * 1024 / 1e6


def compare(runs: int) -> None:
    """Print the table of the rivals."""
    absent = missing()
    rivals = [rival for name, rival in RIVALS.items() if name not in absent and not rival.stays]
    with stage() as here, room() as memory:
        where = here.interface or "the settings"
        print(f"one A record over verified TLS 1.3 to the same service; address from {where}; medians of {runs} runs in turn")
        found = list(side_by_side(here, rivals, runs, memory or here.folder))
    lines: list[tuple[str, ...]] = [("", "job", "wall ms", "x", "CPU ms", "x", "peak MB", "x", "charged MB", "on disk MB")]
    for job in JOBS:
        own = next(taken.cost for taken in found if taken.job == job and taken.rival.name == FIRST)
        for taken in (taken for taken in found if taken.job == job):
            size = sum(path.stat().st_size for path in taken.rival.files() if path.exists()) / 1e6
            pairs = zip(figures(taken.cost), figures(own), strict=True)
            cells = [cell for value, unit in pairs for cell in (f"{value:.1f}", f"{value / unit:.2f}")]
            charge = "-" if taken.charged is None else f"{taken.charged:.1f}"
            lines.append((taken.rival.name, job, *cells, charge, f"{size:.1f}"))
    print(table(lines))
    print(
        "x: our stock executable = 1. Charged: memory that cannot be given back, what is unpacked into TMPDIR included, but not\n"
        "files that were read before. On disk: with libraries but libc; source without Python, ddclient with perl and TLS modules."
    )
    for name, why in absent.items():
        print(f"{name}: {why}")


def grow(counts: tuple[int, ...]) -> None:
    """Print what 1 to 1,000 names in one Cloudflare account cost: first all are wrong, then nothing is to be done."""
    first = ("requests", "connections", "wall ms", "ms per name", "peak MB")
    lines: list[tuple[str, ...]] = [("names in one account", *first, "again: requests", "wall ms", "peak MB")]
    with stage() as here:
        lines += [growth(here, count) for count in counts]
    print("\n" + table(lines))


def growth(here: Stage, count: int) -> tuple[str, ...]:
    """Return one line of the growth table."""
    fake = CloudflareFake()
    fake.tokens[TOKEN] = None
    fake.zone("example.com")
    names = [f"host{number}.example.com" for number in range(count)]
    for name in names:
        fake.record(name, "45.83.9.9")

    tls = Tls()
    with Server(behind(fake), tls) as server:
        command = many_names(here, names, server.url, tls.ca_file)
        first = measure(command, clean_environment())
        asked, wrong = len(server.received), [name for name in names if fake.says(name) != [ADDRESS]]
        again = measure(command, clean_environment())
    if first.code or again.code or wrong:
        sys.exit(f"{count} names: exit {first.code}, {again.code}; {len(wrong)} not updated:\n{(first.out + again.out)[-2000:]}")
    per_name = f"{first.wall_for * 1e3 / count:.2f}"
    left = (str(count), str(asked), str(server.connections), f"{figures(first)[0]:.0f}", per_name, f"{figures(first)[2]:.1f}")
    return (*left, str(len(server.received) - asked), f"{figures(again)[0]:.0f}", f"{figures(again)[2]:.1f}")


def many_names(here: Stage, names: list[str], url: str, ca_file: str) -> list[str]:
    """Return the command that keeps all the names in one Cloudflare account."""
    token, config = here.folder / "cloudflare.token", here.folder / f"names-{len(names)}.toml"
    token.touch(mode=0o600)
    token.write_text(TOKEN)
    config.write_text("name = [" + ", ".join(f'"{name}"' for name in names) + "]\n")
    flags = here.flags(f"grown-{len(names)}")
    where = flags[: flags.index("-p")] + flags[flags.index("--state-dir") :]
    login = ["-p", "cloudflare", "--token-file", str(token), "--server", f"{url}/client/v4", "--ca-file", ca_file]
    return [*FROZEN, *where, *login, "-c", str(config), "-q", "--deadline", "5m"]


def main() -> None:
    """Run the whole bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--names", default="1,10,100,1000", help="how many names in one account, separated by commas")
    chosen = parser.parse_args()
    if not pathlib.Path(FROZEN[0]).exists():
        sys.exit("dist/edge-agent is not there: make exe")
    missing()  # while there still is a way to the outside
    enter()
    compare(chosen.runs)
    grow(tuple(int(count) for count in chosen.names.split(",")))


if __name__ == "__main__":
    main()
