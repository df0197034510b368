"""The real package in a real Debian: dpkg under a running systemd, in namespaces with this machine's root under an overlay.

It shows what no reading can: a fresh install has nothing to complain of, settings that somebody wrote survive an upgrade, and
nothing is left in the end.
"""

import os
import pathlib
import shutil
import subprocess

import pytest

from build.packages import content
from tests.install.booting import booted
from tests.packages.conftest import ROOT, make

pytestmark = pytest.mark.heavy
EXECUTABLE = ROOT / "dist" / "static" / "edge-agent-x86_64"
STORY = """
PATH=/usr/sbin:/usr/bin:/sbin:/bin
say() { echo "$1: $("${@:2}" 2>&1 | tr '\\n' ' ')"; }
listed() { find /etc /usr /lib /var /run -path '*edge-agent*' | sort; }
quietly() { "$@" >/out/dpkg 2>&1; echo "$?"; grep -iE 'warn|error|fail|cannot' /out/dpkg; }
T=edge-agent.timer W=edge-agent-watch.service
systemctl start systemd-journald.socket systemd-journald.service
listed >/out/before
say installed quietly dpkg -i /out/one.deb
say timer systemctl is-enabled $T; say timer-runs systemctl is-active $T
say watch systemctl is-enabled $W
say untouched sh -c 'grep -rl edge-agent /etc/network /etc/dhcp /etc/ppp /etc/udhcpc /etc/cron* 2>/dev/null || echo none'
say start systemctl start edge-agent.service
say fresh systemctl show -p Result,ActiveState,ConditionResult edge-agent.service
say failed systemctl --failed --quiet --plain --no-legend list-units
say conffile stat -c '%U %G %a' /etc/edge-agent.toml
say verify dpkg --verify edge-agent
say manual man -w 8 edge-agent
cp /out/settings /out/again.toml
cat /out/settings >>/etc/edge-agent.toml
say check edge-agent check
say run systemctl start edge-agent.service
say ran systemctl show -p Result,ExecMainStatus edge-agent.service
say memory stat -L -c '%U %a' /run/edge-agent /run/edge-agent/memory
say upgraded quietly dpkg -i --force-confold /out/two.deb
say version dpkg-query -f '${Version} ${Status}' -W edge-agent
say edited grep -c '^name = "home.example.com' /etc/edge-agent.toml
say offered sh -c 'ls /etc/edge-agent.toml.dpkg-*'
say mode stat -c '%U %G %a' /etc/edge-agent.toml
say timer-still systemctl is-active $T
systemctl disable --now -q $T
say again quietly dpkg -i --force-confold /out/two.deb
say timer-off systemctl is-enabled $T; say timer-off-runs systemctl is-active $T
systemctl enable --now -q $T
rm -rf /run/edge-agent
say resident systemctl enable --now -q $W
say resident-runs systemctl is-active $W; say timer-conflicts systemctl is-active $T
say again-resident quietly dpkg -i --force-confold /out/two.deb
say resident-still systemctl is-active $W; say timer-conflicts-still systemctl is-active $T
systemctl disable --now -q $W
systemctl enable -q $T
rm -rf /run/edge-agent /run/private/edge-agent
say install-watch sh -c 'edge-agent install --watch; echo $?'
say install-watch-runs systemctl is-active $W; say install-watch-timer systemctl is-active $T
say uninstall-watch sh -c 'edge-agent uninstall -q; echo $?'
say install sh -c 'edge-agent install -q; echo $?'
say install-timer systemctl is-active $T
say hooks sh -c 'grep -rl edge-agent /etc/network /etc/dhcp /etc/ppp /etc/udhcpc /etc/systemd/system | wc -l'
say removed quietly dpkg -r edge-agent
say hooks-left sh -c 'grep -rl edge-agent /etc/network /etc/dhcp /etc/ppp /etc/udhcpc 2>/dev/null || echo none'
say stopped systemctl is-active $T $W edge-agent.service
say kept sh -c 'ls /etc/edge-agent.toml'
mkdir -p /run/edge-agent; touch /run/edge-agent/memory
say purged quietly dpkg -P edge-agent
say gone ls -d /etc/edge-agent.toml /run/edge-agent /etc/systemd/system/timers.target.wants/$T
say status dpkg-query -W edge-agent
listed >/out/after
journalctl --no-pager --sync
journalctl --no-pager -o cat >/out/journal
"""
SETTINGS = (
    'check = "off"\nsource = "static"\naddress = ["45.83.1.7"]\nprovider = "duckdns"\nname = "home.example.com"\ntoken = "sesame"\n'
)


def repacked(one: pathlib.Path, two: pathlib.Path, work: pathlib.Path) -> None:
    """Make the next version of a package, with another example in it."""
    subprocess.run(["dpkg-deb", "--raw-extract", one, work], check=True)
    control = work / "DEBIAN" / "control"
    control.write_text(control.read_text().replace("Version: ", "Version: 9"))
    config = work / "etc" / "edge-agent.toml"
    config.write_text(config.read_text() + "# more\n")
    config.chmod(0o640)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", work, two], check=True, capture_output=True)


Told = tuple[dict[str, str], pathlib.Path]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Boot, let the story run, and return what it told by its keys, and where its files are."""
    if (
        os.geteuid() != 0
        or not EXECUTABLE.exists()
        or not pathlib.Path("/lib/systemd/systemd").exists()
        or not shutil.which("dpkg")
    ):
        pytest.skip("needs root on a Debian with systemd, and dist/static/edge-agent-x86_64 (make exe-static)")
    source, made = tmp_path_factory.mktemp("static"), tmp_path_factory.mktemp("made")
    shutil.copy(EXECUTABLE, source)
    assert make(source, made).returncode == 0
    place, out = tmp_path_factory.mktemp("place"), tmp_path_factory.mktemp("out")
    (one,) = made.glob("*.deb")
    shutil.copy(one, out / "one.deb")
    repacked(one, out / "two.deb", tmp_path_factory.mktemp("work") / "tree")
    (out / "settings").write_text(SETTINGS)
    return booted(place, out, STORY), out


def test_a_fresh_install_works_without_a_word(told: Told) -> None:
    said, _ = told
    assert said["installed"] == "0"
    assert (said["timer"], said["timer-runs"], said["watch"]) == ("enabled", "active", "disabled")
    assert said["untouched"] == "none"
    assert said["start"] == said["failed"] == said["verify"] == ""
    assert said["conffile"] == "root root 640"
    assert said["manual"].startswith("/usr/share/man/man8/edge-agent.8.gz")


def test_nothing_runs_before_there_are_settings(told: Told) -> None:
    said, _ = told
    assert "ActiveState=inactive" in said["fresh"]
    assert "Result=exec-condition" in said["fresh"]


def test_with_settings_it_runs(told: Told) -> None:
    said, out = told
    assert said["check"] == "no problem in the settings: 1 account, 1 record"
    assert said["ran"] == "Result=success ExecMainStatus=3"  # there is no network in there: it is tried again later
    assert said["memory"] == "root 700 root 600"
    assert "sesame" not in (out / "journal").read_text()


def test_an_upgrade_keeps_what_somebody_wrote_and_chose(told: Told) -> None:
    said, _ = told
    assert said["upgraded"] == said["again"] == said["again-resident"] == "0"
    assert said["version"] == f"9{content.VERSION} install ok installed"
    assert (said["edited"], said["mode"]) == ("1", "root root 640")
    assert said["offered"] == "/etc/edge-agent.toml.dpkg-dist"
    assert said["timer-still"] == "active"
    assert (said["timer-off"], said["timer-off-runs"]) == ("disabled", "inactive")


def test_timer_and_watch_are_never_both_at_work(told: Told) -> None:
    said, _ = told
    assert (said["resident"], said["resident-runs"], said["timer-conflicts"]) == ("", "active", "inactive")
    assert (said["resident-still"], said["timer-conflicts-still"]) == ("active", "inactive")


def test_install_has_its_way_beside_the_package(told: Told) -> None:
    said, _ = told
    assert said["install-watch"].endswith(" 0")
    assert (said["install-watch-runs"], said["install-watch-timer"]) == ("active", "inactive")
    assert (said["uninstall-watch"], said["install"], said["install-timer"]) == ("0", "0", "active")


def test_removed_it_leaves_the_settings_alone(told: Told) -> None:
    said, _ = told
    if int(said["hooks"]) < 3:
        pytest.fail("install put nothing in, so nothing is shown by its absence")
    assert (said["removed"], said["hooks-left"]) == ("0", "none")
    assert set(said["stopped"].split()) == {"inactive"}
    assert said["kept"] == "/etc/edge-agent.toml"


def test_purged_it_leaves_nothing(told: Told) -> None:
    said, out = told
    assert said["purged"] == "0"
    assert said["gone"].count("No such file or directory") == 3
    assert "no packages found" in said["status"]
    assert (out / "after").read_text() == (out / "before").read_text()
