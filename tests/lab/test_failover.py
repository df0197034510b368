"""Several uplinks on the real kernel, and Cloudflare beyond them: what the name says when one dies, flaps, returns, is pinned."""

import json
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import pytest

from tests.fakes.tls import Tls
from tests.lab.conftest import PROGRAMS
from tests.lab.net import ROOT, Lab
from tests.lab.scenarios import ECHO4, WAN0_4, WAN0_6, WAN1_4, WAN1_6, Stage

pytestmark = pytest.mark.heavy  # waits that are real ones: make test-heavy

PORT = 8443
TOKEN = "FakeCfToken_0123456789abcdefghijABCDEFGH"
FOREIGN = "192.0.2.200"
BACK_FOR = 2.0  # seconds until a better uplink is taken again


class Ran(NamedTuple):
    code: int
    out: str
    err: str
    writes: list[str]

    @property
    def report(self) -> Any:
        return json.loads(self.out)


class Box:
    """A box with wan0 and wan1, the first with the better metric; its agent; and Cloudflare."""

    def __init__(self, stage: Stage, tls: Tls, folder: pathlib.Path, program: list[str], record: str, foreign: str) -> None:
        self.stage, self.program, self.folder = stage, program, folder
        stage.uplink("wan0", 1, 100)
        stage.uplink("wan1", 2, 200)
        self.log = folder / "requests"
        self.log.touch()
        where = ("--host", ECHO4, "--port", str(PORT), "--cert", tls.cert_file, "--key", tls.key_file, "--log", str(self.log))
        more = ("--foreign", foreign) if foreign else ()
        stage.lab.start(stage.world, sys.executable, "-m", "tests.fakes.cloudflare_server", *where, "--token", TOKEN, *more)
        (folder / "token").write_text(TOKEN)
        (folder / "token").chmod(0o600)
        self.config = folder / "edge-agent.toml"
        self.config.write_text(
            f'ca_file = "{tls.ca_file}"\nstate_dir = "{folder}/state"\nprobe_timeout = "1s"\nfailback_after = "{BACK_FOR:g}s"\n'
            f'[account.cf]\nprovider = "cloudflare"\nserver = "https://{ECHO4}:{PORT}/client/v4"\ntoken_file = "token"\n{record}'
        )

    def run(self, *arguments: str) -> Ran:
        before = len(self.lines)
        argv = ["ip", "netns", "exec", self.stage.box, *self.program, *arguments, "-c", str(self.config)]
        environ = {"PYTHONPATH": str(ROOT), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, env=environ, cwd="/")
        assert TOKEN not in done.stdout + done.stderr
        return Ran(
            done.returncode, done.stdout, done.stderr, [line["method"] for line in self.lines[before:] if line["method"] != "GET"]
        )

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def says(self, type_: str = "A") -> list[str]:
        return sorted(self.lines[-1]["says"][type_])

    def far(self, script: str) -> None:
        """Do something to the other end of the cables."""
        self.stage.lab.ip(self.stage.world, script)

    def hop_dies(self) -> None:
        self.far("addr del 45.83.1.1/24 dev up1")
        self.stage.ip("neigh flush dev wan0")

    def hop_returns(self) -> None:
        self.far("addr add 45.83.1.1/24 dev up1")
        self.stage.ip("neigh flush dev wan0")

    def link_dies(self) -> None:
        self.far("link set up1 down")

    def link_returns(self) -> None:
        self.far("link set up1 up")
        time.sleep(0.2)  # the carrier needs a moment

    def settled(self) -> None:
        """Wait until a better uplink is to be taken again."""
        time.sleep(BACK_FOR + 0.1)


ONE = '[[record]]\nname = "home.example.com"\ntype = "A"\n'
BOTH = '[[record]]\nname = "home.example.com"\n'
EACH = '[[record]]\nname = "home.example.com"\ntype = "A"\nvalues = "each"\n'
TWO = (
    '[[record]]\nname = "home.example.com"\ntype = "A"\ninterface = "wan0"\n'
    '[[record]]\nname = "office.example.com"\ntype = "A"\ninterface = "wan1"\n'
)
Start = Callable[..., Any]


@contextmanager
def standing(tls: Tls, folder: pathlib.Path, program: list[str], record: str = ONE, foreign: str = "") -> Iterator[Box]:
    with Lab() as lab:
        yield Box(Stage(lab), tls, folder, program, record, foreign)


@pytest.fixture
def start(tls: Tls, tmp_path: pathlib.Path, program: list[str]) -> Start:
    return partial(standing, tls, tmp_path, program)


WAYS = {"next-hop-dead": (Box.hop_dies, Box.hop_returns), "link-down": (Box.link_dies, Box.link_returns)}


@pytest.mark.parametrize(("dies", "returns"), WAYS.values(), ids=WAYS)
def test_failover_within_one_run_and_failback_after_the_wait(
    dies: Callable[[Box], None], returns: Callable[[Box], None], start: Start
) -> None:
    with start() as box:
        assert (box.run().code, box.says()) == (0, [WAN0_4])
        dies(box)
        left = box.run()
        assert (left.code, left.writes, box.says()) == (0, ["PATCH"], [WAN1_4])
        assert left.out == f"home.example.com A {WAN1_4} (was {WAN0_4}) via wan1: updated\n"
        returns(box)
        waits = box.run("-v")
        assert (waits.code, waits.writes) == (0, [])
        assert "IPv4: wan0 works again: it is taken at " in waits.out
        box.settled()
        back = box.run()
        assert (back.code, back.writes, box.says()) == (0, ["PATCH"], [WAN0_4])
        written_at = (box.folder / "state" / "memory").stat().st_mtime_ns
        assert box.run() == Ran(0, "", "", [])
        assert (box.folder / "state" / "memory").stat().st_mtime_ns == written_at


def test_a_family_that_dies_alone_moves_alone(start: Start) -> None:
    with start(BOTH) as box:
        box.run()
        assert (box.says("A"), box.says("AAAA")) == ([WAN0_4], [WAN0_6])
        box.far("addr del fe80::1/64 dev up1")
        box.stage.ip("neigh flush dev wan0")
        assert box.run().writes == ["PATCH"]
        assert (box.says("A"), box.says("AAAA")) == ([WAN0_4], [WAN1_6])


def test_a_link_that_flaps_five_times_in_ten_seconds_makes_one_update_at_most(tls: Tls, tmp_path: pathlib.Path) -> None:
    """A run at every change, as hooks would have it; whatever the runs see, the name moves once, and at last back.

    From source alone: ten seconds of flapping are the same to the executable.
    """
    with standing(tls, tmp_path, PROGRAMS["source"]) as box:
        box.config.write_text(box.config.read_text().replace(f'"{BACK_FOR:g}s"', '"5s"'))
        box.run()
        began_at, writes = time.monotonic(), []
        for flap in range(5):
            for change, at in ((box.link_dies, 2 * flap), (box.link_returns, 2 * flap + 1)):
                time.sleep(max(0.0, began_at + at - time.monotonic()))
                change()
                writes += box.run().writes
        assert writes in ([], ["PATCH"])
        writes += box.run().writes
        assert writes in ([], ["PATCH"])
        time.sleep(5.0 if writes else 0.0)
        box.run()
        assert box.says() == [WAN0_4]


def test_a_blip_of_half_a_second_is_not_left(start: Start) -> None:
    with start() as box:
        box.run()
        box.link_dies()
        agent = subprocess.Popen(
            ["ip", "netns", "exec", box.stage.box, *box.program, "-c", str(box.config)],
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            cwd="/",
        )
        time.sleep(0.5)
        box.link_returns()
        assert agent.wait(30) == 0
        assert box.says() == [WAN0_4]
        assert {line["method"] for line in box.lines} == {"GET", "POST"}


def test_a_pin_rules_and_ends(start: Start) -> None:
    with start() as box:
        box.run()
        unknown = box.run("pin", "wan7")
        assert (unknown.code, unknown.out) == (2, "")
        assert "this machine has: wan" in unknown.err
        assert box.run("pin", "wan*").code == 2
        pinned = box.run("pin", "wan1", "--for", "2h")
        assert pinned.code == 0
        assert pinned.out.startswith("pinned to wan1 for 2h, until 20")
        assert (box.run().writes, box.says()) == (["PATCH"], [WAN1_4])
        assert "pinned to wan1 until 20" in box.run("status").out
        assert box.run("status", "--json").report["pin"]["interface"] == "wan1"
        assert "another uplink is pinned" in box.run("explain").out
        box.far("link set up2 down")
        held = box.run()
        assert (held.code, held.writes) == (3, [])
        assert "the link is down (pinned to wan1 until 20" in held.err
        assert box.run("unpin").out == "no longer pinned to wan1; it holds from the next run on\n"
        assert (box.run().writes, box.says()) == (["PATCH"], [WAN0_4])
        assert box.run("unpin").out == "nothing was pinned\n"


def test_a_pin_ends_by_itself(start: Start) -> None:
    with start() as box:
        box.run("pin", "wan1", "--for", "2s")
        assert (box.run().writes, box.says()) == (["POST"], [WAN1_4])
        time.sleep(2.0)
        assert (box.run().writes, box.says()) == (["PATCH"], [WAN0_4])


def test_a_value_for_each_uplink_beside_a_foreign_one(start: Start) -> None:
    with start(EACH, FOREIGN) as box:
        assert box.run().writes == ["POST", "POST"]
        assert box.says() == sorted([FOREIGN, WAN0_4, WAN1_4])
        assert box.run() == Ran(0, "", "", [])
        box.link_dies()
        gone = box.run()
        assert gone.err == ""
        assert (gone.code, gone.out) == (0, f"home.example.com A {WAN0_4} via wan0: withdrawn\n")
        assert (gone.writes, box.says()) == (["DELETE"], sorted([FOREIGN, WAN1_4]))
        box.far("link set up2 down")
        held = box.run()
        assert (held.code, held.writes) == (3, [])  # the name is never left without one of ours
        box.far("link set up2 up")
        box.link_returns()
        assert box.run() == Ran(0, "", "", [])
        box.settled()
        assert (box.run().writes, box.says()) == (["POST"], sorted([FOREIGN, WAN0_4, WAN1_4]))


def test_two_records_for_two_uplinks(start: Start) -> None:
    with start(TWO) as box:
        assert box.run().writes == ["POST", "POST"]
        box.link_dies()
        box.stage.ip(
            "addr del 45.83.2.2/24 dev wan1\naddr add 45.83.2.3/24 dev wan1\nroute add default via 45.83.2.1 dev wan1 metric 200"
        )
        half = box.run()
        assert (half.code, half.writes) == (3, ["PATCH"])
        assert half.out == f"office.example.com A 45.83.2.3 (was {WAN1_4}) via wan1: updated\n"
        assert f"home.example.com A (was {WAN0_4}): held: the link is down" in half.err
