"""Side by side on one TLS service: our executable, our source, inadyn, ddclient, curl; then growth with the number of names."""

import argparse
import pathlib
import sys
from collections.abc import Iterator

from build.measuring import Cost, measure, table, typical
from build.rivals import BRINGS, RIVALS, Rival, missing
from build.stage import ADDRESS, FROZEN, Stage, clean_environment, enter, stage
from tests.fakes.cloudflare import CloudflareFake
from tests.fakes.messages import behind
from tests.fakes.server import Server
from tests.fakes.tls import Tls

FIRST = "edge-agent, executable"
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


def side_by_side(here: Stage, rivals: list[Rival], runs: int) -> Iterator[tuple[str, Rival, Cost]]:
    """Yield the job, the rival and its medians; the rivals take turns, so that a slow second hits all alike."""
    updates: dict[str, list[Cost]] = {rival.name: [] for rival in rivals}
    stills: dict[str, list[Cost]] = {rival.name: [] for rival in rivals if rival.looks}
    for _ in range(runs):
        for place, rival in enumerate(rivals):
            updates[rival.name].append(update(here, rival, f"rival-{place}"))
            if rival.looks:
                stills[rival.name].append(no_change(here, rival, f"rival-{place}"))
    for job, costs in (("no change", stills), ("update", updates)):
        for rival in rivals:
            if rival.name in costs:
                yield job, rival, typical(costs[rival.name])


def figures(cost: Cost) -> tuple[float, float, float]:
    """Return wall and processor time in milliseconds and peak memory in MB."""
    return cost.wall_for * 1e3, cost.cpu_for * 1e3, cost.peak_kib * 1024 / 1e6


def compare(runs: int) -> None:
    """Print the table of the rivals."""
    absent = missing()
    rivals = [rival for name, rival in RIVALS.items() if name not in absent]
    with stage() as here:
        where = here.interface or "the settings"
        print(f"one A record over verified TLS to the same service; address from {where}; medians of {runs} runs in turn")
        found = list(side_by_side(here, rivals, runs))
    lines: list[tuple[str, ...]] = [("", "job", "wall ms", "x", "CPU ms", "x", "peak MB", "x", "on disk MB")]
    for job in ("no change", "update"):
        own = next(cost for name, rival, cost in found if name == job and rival.name == FIRST)
        for _, rival, cost in (entry for entry in found if entry[0] == job):
            size = sum(path.stat().st_size for path in rival.files() if path.exists()) / 1e6
            pairs = zip(figures(cost), figures(own), strict=True)
            cells = [cell for value, unit in pairs for cell in (f"{value:.1f}", f"{value / unit:.2f}")]
            lines.append((rival.name, job, *cells, f"{size:.1f}"))
    print(table(lines))
    print(
        "x: our executable = 1. On disk: with libraries other than libc; source without Python, ddclient with perl and TLS modules."
    )
    for name in absent:
        print(f"{name}: missing (apt-get install {' '.join(BRINGS[name])})")


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
    zone = fake.zone("example.com")
    names = [f"host{number}.example.com" for number in range(count)]
    for name in names:
        fake.record(zone, name, "45.83.9.9")

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
    parser.add_argument("--runs", type=int, default=7)
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
