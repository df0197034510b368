"""Runs a group of scenarios inside the machine; prints one JSON object a line: scenario, figures or failure, log."""

import json
import pathlib
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from tests.vm import agent, network
from tests.vm.scenarios import GROUPS, Figures, Lab


def tell(scenario: str, **figures: Any) -> None:
    """Print one line of the results."""
    print(json.dumps({"scenario": scenario, **figures}), flush=True)


def play(scenario: Callable[[Lab], Figures], lab: Lab, log: agent.Syslog) -> bool:
    """Play one scenario to its end, whatever that is; return whether it has figures."""
    began_at, said = time.monotonic(), len(log.said)
    ended: Figures = {}
    lab.since = len(lab.service.updates)
    try:
        ended["figures"] = scenario(lab)
    except Exception:  # noqa: BLE001 - whatever went wrong is the test's to show
        ended["failed"] = traceback.format_exc()
        ended["pppd"] = [f"{at:.2f} {text}" for at, text in (lab.box.pppd.lines[-25:] if lab.box.pppd else [])]
    tell(scenario.__name__, **ended, log=log.said[said:], took_for=time.monotonic() - began_at)
    return "figures" in ended


def started() -> float:
    """Return the seconds that the agent takes to start and do nothing; the second start, as everything later is."""
    for _ in range(2):
        began_at = time.monotonic()
        subprocess.run([str(agent.AGENT), "--version"], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began_at


def zombies() -> int:
    """Return how many processes have ended and are waited for by nobody."""
    states = [path.read_text().rpartition(")")[2].split()[0] for path in pathlib.Path("/proc").glob("[0-9]*/stat")]
    return states.count("Z")


def main(wanted: list[str]) -> None:
    """Lay the network, play the scenarios (of these groups, or with these names) and say what is left over."""
    network.lay()
    log = agent.Syslog()
    service = agent.Service()
    agent.install()
    lab = Lab(network.Box(), network.Provider(), service)
    tell("begin", figures={"start_for": started()})
    chosen = [each for group, scenarios in GROUPS.items() for each in scenarios if group in wanted or each.__name__ in wanted]
    failures = 0
    with service.server:
        for scenario in chosen:
            failures += not play(scenario, lab, log)
            if failures == 2:  # what fails waits long, and the others would most likely do so, too
                break
    lab.box.hangs_up()
    lab.provider.close()
    agent.at_rest()
    left = [path.name for path in pathlib.Path("/tmp").iterdir()]
    tell("end", figures={"zombies": zombies(), "left": left, "uptime": float(pathlib.Path("/proc/uptime").read_text().split()[0])})


if __name__ == "__main__":
    main(sys.argv[1:])
