"""What holds each MB of a static run: its mappings when it ends, what its cgroup was charged, and how much each import added.

`python -m build.breakdown [no-change|full|update]…`, all three unless named.
"""

import contextlib
import pathlib
import re
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from build.charging import Group, group, room
from build.check_budget import run
from build.check_static import STATIC, TWIN
from build.measuring import table
from build.stage import Stage, clean_environment, enter, stage
from build.tracing import traced

SHOWN = 30
FIGURES = ("Size", "Rss", "Anonymous", "Private_Dirty")


class Kind(NamedTuple):
    """One kind of mapping at the end: KiB of address space, resident, of it anonymous, of it written to."""

    name: str
    size: int
    resident: int
    anonymous: int
    dirty: int


def mappings(pid: int) -> list[Kind]:
    """Return the mappings of a process by what they are for (proc(5), smaps)."""
    found: dict[str, list[int]] = {}
    name = ""
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        head = re.match(r"[0-9a-f]+-[0-9a-f]+ (\S{4}) \S+ \S+ \S+\s*(.*)", line)
        if head:
            name = _named(head[1], head[2])
            found.setdefault(name, [0] * len(FIGURES))
        elif (word := line.partition(":")[0]) in FIGURES:
            found[name][FIGURES.index(word)] += int(line.split()[1])
    return [Kind(name, *sums) for name, sums in found.items()]


def _named(rights: str, path: str) -> str:
    if path.startswith("/"):
        return {"r-xp": "program: code", "r--p": "program: constants"}.get(rights, "program: data")
    return {"": "memory of its own (arenas, malloc, .bss)", "[heap]": "heap (malloc, .bss)", "[stack]": "stack"}.get(
        path, "kernel's own"
    )


class End(NamedTuple):
    """A run at its end: mappings, KiB resident at most and now, page tables; octets that its cgroup holds, by kind; MiB at most."""

    kinds: list[Kind]
    peak: int
    resident: int
    tables: int
    charged: Mapping[str, int]
    peak_mib: float | None


def _status(pid: int, key: str) -> int:
    return int(
        next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(f"{key}:")).split()[1]
    )


def at_end(argv: list[str], env: Mapping[str, str], folder: pathlib.Path) -> End:
    """Run a program and return what it holds when it ends."""
    pathlib.Path(argv[0]).read_bytes()
    ends: list[End] = []
    with group() as cage:

        def look(pid: int) -> None:
            peak, resident, tables = (_status(pid, key) for key in ("VmHWM", "VmRSS", "VmPTE"))
            ends.append(End(mappings(pid), peak, resident, tables, _charged(cage), cage.peak() if cage else None))

        code = traced(argv, env, folder / "out", look, join=[path for path in {cage.memory, cage.pids} if path] if cage else ())
    if code or not ends:
        sys.exit(f"{argv[0]} ended with {code}:\n{(folder / 'out').read_text(errors='replace')[-2000:]}")
    return ends[-1]


def _charged(cage: Group | None) -> dict[str, int]:
    """Return octets by kind. The first version of cgroups says only in total what the kernel keeps for itself."""
    if cage is None:
        return {}
    kinds, names = cage.kinds(), ("anon", "shmem", "file", "kernel")
    if "rss" in kinds:
        kernel = int((cage.memory / "memory.kmem.usage_in_bytes").read_text())
        kinds = {"anon": kinds["rss"], "shmem": kinds["shmem"], "file": kinds["cache"] - kinds["shmem"], "kernel": kernel}
    total = int((cage.memory / cage.files.now).read_text())
    parts = {name: kinds.get(name, 0) for name in names}
    parts["file"] -= parts["shmem"] if "rss" not in cage.kinds() else 0
    return {**parts, "in advance": total - sum(parts.values())}


def imports(argv: list[str], env: Mapping[str, str], folder: pathlib.Path) -> list[tuple[str, int]]:
    """Return the modules in the order in which their import was done, each with the KiB by which anonymous memory had grown."""
    out = folder / "out"
    samples = [(0, 0)]

    def look(pid: int) -> None:
        size = out.stat().st_size
        if size != samples[-1][0]:
            samples.append((size, _anonymous(pid)))

    traced(argv, env, out, lambda _: None, after_call=look)
    grown, place, before = [], 0, 0
    octets = out.read_bytes()
    for match in re.finditer(rb"^import '?([\w.]+)'? #.*$", octets, re.MULTILINE):
        while place < len(samples) - 1 and samples[place][0] < match.end():
            place += 1
        grown.append((match[1].decode(), samples[place][1] - before))
        before = samples[place][1]
    return grown


def _anonymous(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Anonymous:"):
                return int(line.split()[1])
    return 0


def scenes(at: Stage, folder: pathlib.Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each scene and the flags that make it, once it is prepared."""
    kept = at.flags(str(folder / "kept"))
    for _ in range(2):  # the second leaves a gate
        run(at, str(folder / "kept"), (str(STATIC),))
    yield "no-change", kept
    yield "full", [*kept, "--no-gate"]
    yield "update", at.flags(str(folder / "fresh"))


def report(name: str, end: End, grown: list[tuple[str, int]]) -> None:
    """Print one scene."""
    print(f"\n{name}: resident {end.resident} KiB at its end, {end.peak} KiB at most; page tables {end.tables} KiB")
    lines: list[tuple[str, ...]] = [("KiB", "mapped", "resident", "anonymous", "written")]
    lines += [(one.name, *map(str, one[1:])) for one in sorted(end.kinds, key=lambda one: -one.resident)]
    print(table(lines))
    if end.charged:
        parts = ", ".join(f"{kind} {octets / 2**20:.2f}" for kind, octets in end.charged.items())
        print(f"charged, MiB: {sum(end.charged.values()) / 2**20:.2f} at its end ({parts}), {end.peak_mib:.2f} at most")
    total = sum(kib for _, kib in grown)
    print(f"anonymous memory as imports were done, {total} KiB in {len(grown)}; what ran between two counts for the later one:")
    largest = sorted(grown, key=lambda one: -one[1])[:SHOWN]
    print("  " + ", ".join(f"{module} {kib}" for module, kib in largest if kib))


def main() -> None:
    """Print the scenes."""
    wanted = set(sys.argv[1:]) or {"no-change", "full", "update"}
    enter()
    with stage() as at, room() as memory:
        folder = memory or at.folder
        env = {**clean_environment(), "TMPDIR": str(folder)}
        for name, flags in scenes(at, folder):
            if name in wanted:
                at.reset()
                end = at_end([str(STATIC), *flags], env, at.folder)
                at.reset()
                again = [str(folder / "again") if word == str(folder / "fresh") else word for word in flags]
                report(name, end, imports([str(TWIN), *again], env, at.folder))


if __name__ == "__main__":
    if not STATIC.exists():
        sys.exit(f"{STATIC} is not there: make exe-static")
    main()
