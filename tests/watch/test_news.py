"""What a real kernel announces, and what of it is news."""

import json
from typing import Any

import pytest

from tests.lab.net import Lab

LISTEN = """
import json, subprocess, sys
from edge_agent import monitor, watching
news, room, table = monitor.listen(watching.GROUPS), bytearray(monitor.LONGEST), watching.Table(monitor.name_of)
told = []
for step in json.loads(sys.argv[1]):
    for line in step.split(";"):
        subprocess.run(["ip", *line.split()], check=True)
    events, raw = [], 0
    while news.fileno() in monitor.wait([news.fileno()], float(sys.argv[2])):
        while (datagram := monitor.heard(news, room)) is not None:
            raw += 1
            events += [[event.reason, event.interface] for event in table.read(datagram)]
    told.append([raw, events])
print(json.dumps(told))
"""

RENEW = "addr change 45.83.1.3/24 dev wan0 valid_lft 600 preferred_lft 300"
RENEW6 = "-6 addr change 2a0d::2/64 dev wan0 valid_lft 600 preferred_lft 300"
BOUND, LOST, UP, DOWN, OTHER = ([reason, "wan0"] for reason in ("bound", "lost", "up", "down", "other"))
ANY = ["other", None]

# step of `ip` commands: the news in it
ROWS = {
    "address/added-and-removed": {
        "addr add 45.83.1.3/24 dev wan0": [BOUND],
        "addr del 45.83.1.3/24 dev wan0": [LOST],
        "addr add  45.83.1.3/24 dev wan0": [BOUND],
    },
    "address/renewed-is-none": {RENEW: [BOUND], RENEW + " ": [], RENEW.replace("600", "900"): []},
    "address/deprecated": {
        "-6 addr add 2a0d::2/64 dev wan0 nodad": [BOUND],
        "-6 addr change 2a0d::2/64 dev wan0 preferred_lft 0 valid_lft 300": [OTHER],
        RENEW6: [BOUND],
        RENEW6 + " ": [],
    },
    "address/link-local-is-none": {"-6 addr add fe80::77/64 dev wan0 nodad": []},
    "route/default-switched-there-and-back": {
        "route replace default via 45.83.1.5 dev wan0": [OTHER],
        "route replace default via 45.83.1.6 dev wan0": [OTHER],
        "route replace  default via 45.83.1.5 dev wan0": [OTHER],
        "route replace   default via 45.83.1.5 dev wan0": [],
        "route del default": [OTHER],
        "route add default via 45.83.1.5 dev wan0": [OTHER],
    },
    "route/halves-of-a-vpn": {"route add 0.0.0.0/1 via 45.83.1.5 dev wan0": [OTHER]},
    "route/in-another-table": {"route add default via 45.83.1.5 dev wan0 table 77": [OTHER]},
    "route/no-interface": {"route add blackhole default metric 9": [ANY]},
    "route/two-of-ipv6": {
        "-6 addr add 2a0d::2/64 dev wan0 nodad": [BOUND],
        "-6 route add default via 2a0d::1 dev wan0 metric 5": [OTHER],
        "-6 route append default via 2a0d::9 dev wan0 metric 5": [OTHER],
        "-6 route del default via 2a0d::9 dev wan0 metric 5": [OTHER],
        "-6 route replace default via 2a0d::1 dev wan0 metric 5 expires 900": [],
        "-6 route replace default via 2a0d::1 dev wan0 metric 5 expires 600": [],
    },
    "rule": {"rule add from 45.83.1.2 table 77": [ANY], "-6 rule add fwmark 7 table 77": [ANY], "rule del from 45.83.1.2": [ANY]},
    "link/mtu-is-none": {"link set wan0 mtu 1400": [UP], "link set wan0 mtu 1300": [], "link set wan0 alias x": []},
    "neighbour-is-none": {"neigh add 45.83.1.5 lladdr 02:00:00:00:00:09 dev wan0": []},
}


def listen(lab: Lab, name: str, steps: list[str], quiet_for: float = 0.1) -> list[list[Any]]:
    told: list[list[Any]] = json.loads(lab.python(name, LISTEN, json.dumps(steps), str(quiet_for)))
    return told


@pytest.mark.parametrize("steps", ROWS.values(), ids=ROWS)
def test_news(steps: dict[str, list[list[str | None]]], box: tuple[Lab, str]) -> None:
    told = [events for _, events in listen(*box, list(steps))]
    assert told == list(steps.values())


def test_narrow_routes_do_not_even_wake(box: tuple[Lab, str]) -> None:
    many = ";".join(f"route add 45.99.{part}.0/24 via 45.83.1.5 dev wan0" for part in range(20))
    assert listen(*box, [many, "route flush root 45.99.0.0/16", "-6 route add 2a0d:7::/32 dev wan0"]) == [[0, []]] * 3


def test_link(box: tuple[Lab, str]) -> None:
    lab, name = box
    default = "route add default via 45.83.1.1 dev wan0"
    steps = ["link set far0 down", "link set far0 up", "link set wan0 down", "link set wan0 up", default, "link del wan0"]
    told = [events for _, events in listen(lab, name, steps, 0.15)]
    for place, event in enumerate((DOWN, UP, DOWN, UP, OTHER, DOWN)):
        assert event in told[place]
    assert told[4] == [OTHER], "the route went without a word, so that it is back is news"


@pytest.mark.heavy
def test_duplicate_address_detection(box: tuple[Lab, str]) -> None:
    """Nothing is said of an address that cannot be used, be it not yet or because another has it; that it can be is news."""
    lab, name = box
    lab.sysctl(name, "net.ipv6.conf.wan0.accept_dad=1\nnet.ipv6.conf.wan0.dad_transmits=1\n")
    lab.ip(name, "-6 addr add 2a0d::99/64 dev far0 nodad")
    told = [events for _, events in listen(lab, name, ["-6 addr add 2a0d::99/64 dev wan0;-6 addr add 2a0d::2/64 dev wan0"], 2.0)]
    assert told == [[BOUND]]
