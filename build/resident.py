"""What a resident `watch` costs between two looks: memory of its processes, and how often it wakes. `python -m build.resident`."""

import os
import pathlib
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from typing import NamedTuple

from build.measuring import table
from build.stage import FROZEN, ROOT, SOURCE, Stage, clean_environment, enter, stage

PROGRAMS = {"source": SOURCE, "executable": FROZEN, "static executable": (str(ROOT / "dist" / "static" / "edge-agent-x86_64"),)}
READY_FOR = 30.0  # seconds that the first look may take
REST_FOR = 2.0  # seconds over which wake-ups are counted


class Rest(NamedTuple):
    """A watch at rest, in KiB: the agent's peak and what is resident of it; of all processes the share, and what is anonymous."""

    peak: int
    resident: int
    share: int
    anonymous: int
    processes: int
    wakes: int


def number(path: pathlib.Path, key: str) -> int:
    """Return a number of /proc/PID/status or smaps_rollup."""
    return int(next(line for line in path.read_text().splitlines() if line.startswith(f"{key}:")).split()[1])


def family(pid: int) -> list[pathlib.Path]:
    """Return a process and its descendants, the last of which is the agent itself: a one-file executable has one in front of it."""
    found = [pid]
    for parent in found:
        found += map(int, pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
    return [pathlib.Path(f"/proc/{one}") for one in found]


def at_rest(here: Stage, program: Sequence[str], state: str, *flags: str) -> Rest:
    """Start a watch, let it make its first look, and return what it is then; stop everything where it fails."""
    address = str(here.folder / f"notify-{state}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(READY_FOR)
        environ = clean_environment() | {"NOTIFY_SOCKET": address}
        process = subprocess.Popen([*program, "watch", *here.flags(state), *flags], env=environ, stdin=subprocess.DEVNULL)
        try:
            while b"READY=1" not in manager.recv(4096):
                pass
            time.sleep(1.0)  # what the first look brought up (an address, a route) has been announced by then
            alone = 2 if program[0] == FROZEN[0] else 1
            while len(family(process.pid)) > alone:
                time.sleep(0.05)
            return _measured(family(process.pid))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _measured(processes: list[pathlib.Path]) -> Rest:
    agent = processes[-1]
    before = number(agent / "status", "voluntary_ctxt_switches")
    time.sleep(REST_FOR)
    return Rest(
        number(agent / "status", "VmHWM"),
        number(agent / "status", "VmRSS"),
        sum(number(one / "smaps_rollup", "Pss") for one in processes),
        sum(number(one / "smaps_rollup", "Anonymous") for one in processes),
        len(processes),
        number(agent / "status", "voluntary_ctxt_switches") - before,
    )


def main() -> None:
    """Print the table."""
    enter()
    lines: list[tuple[str, ...]] = [
        ("watch at rest, MiB", "peak", "resident", "PSS, all", "anonymous, all", "processes", f"wake-ups in {REST_FOR:g} s")
    ]
    with stage() as here:
        for name, program in PROGRAMS.items():
            if os.access(program[0], os.X_OK):
                here.reset()
                rest = at_rest(here, program, name.split()[0], "--watch-every", "1h")
                lines.append((name, *(f"{kib / 1024:.2f}" for kib in rest[:4]), str(rest.processes), str(rest.wakes)))
    print(table(lines))


if __name__ == "__main__":
    main()
