"""A real systemd, in namespaces of its own with this machine's root under an overlay, runs what install put in: timer and watch.

It shows what no reading of the units can: the executable starts in the sandbox, copies of settings and secrets arrive, the
service has one capability and no more, and uninstall ends with nothing left.
"""

import os
import pathlib
import shutil

import pytest

from tests.install.booting import booted

ROOT = pathlib.Path(__file__).parents[2]
pytestmark = pytest.mark.heavy
PREPARE = """
install -m 755 "$2/edge-agent" "$R/usr/bin/edge-agent"
mkdir "$R/etc/edge-agent"
(umask 077; cp "$2/token" "$R/etc/edge-agent/cf.token"; cp "$2/settings" "$R/etc/edge-agent.toml")
chown 0:0 "$R/etc/edge-agent/cf.token" "$R/etc/edge-agent.toml"
"""
STORY = """
PATH=/usr/sbin:/usr/bin:/sbin:/bin
say() { echo "$1: $("${@:2}" 2>&1 | tr '\\n' ' ')"; }
systemctl start systemd-journald.socket systemd-journald.service
find /etc/systemd /etc/network /etc/dhcp /etc/ppp /etc/udhcpc /etc/dhcpcd* -type f -o -type l 2>/dev/null | sort >/out/before
edge-agent install -q; echo "install: $?"
say again edge-agent install
say timer systemctl is-active edge-agent.timer
systemctl start edge-agent.service; echo "service: $?"
say result systemctl show -p Result,ExecMainStatus edge-agent.service
say memory stat -L -c '%U %a' /run/edge-agent /run/edge-agent/memory
edge-agent install --watch -q; echo "watch: $?"
say timer-now systemctl is-active edge-agent.timer
say active systemctl is-active edge-agent-watch.service
pid=$(systemctl show -p MainPID --value edge-agent-watch.service)
say rights grep -E 'CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp:' "/proc/$pid/status"
say user ps -o user:20= -p "$pid"
for _ in $(seq 50); do [ -s /run/edge-agent/memory ] && break; sleep 0.1; done
say status edge-agent status
say memory-of stat -L -c '%U %a' /run/edge-agent /run/edge-agent/memory
say watchdog systemctl show -p WatchdogUSec,StatusText,NRestarts edge-agent-watch.service
echo "again: $(edge-agent install --watch 2>&1)"
say same [ "$pid" = "$(systemctl show -p MainPID --value edge-agent-watch.service)" ]
edge-agent uninstall -q; echo "uninstall: $?"
say inactive systemctl is-active edge-agent-watch.service
find /etc/systemd /etc/network /etc/dhcp /etc/ppp /etc/udhcpc /etc/dhcpcd* -type f -o -type l 2>/dev/null | sort >/out/after
say left ls -d /run/edge-agent /run/private/edge-agent /run/credentials/edge-agent-watch.service
journalctl --no-pager --sync
journalctl --no-pager -o cat >/out/journal
"""
SETTINGS = """\
check = "off"
source = "static"
address = ["45.83.1.7"]
family = ["4"]
[account.cf]
provider = "cloudflare"
token_file = "/etc/edge-agent/cf.token"
[[record]]
name = "home.example.com"
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], pathlib.Path]:
    """Boot, let the story run, and return what it told by its keys, and where its files are."""
    exe = ROOT / "dist" / "edge-agent"
    if os.geteuid() != 0 or not exe.exists() or not pathlib.Path("/lib/systemd/systemd").exists():
        pytest.skip("needs root, dist/edge-agent (make exe) and systemd")
    place, out = tmp_path_factory.mktemp("place"), tmp_path_factory.mktemp("out")
    (out / "settings").write_text(SETTINGS)
    (out / "token").write_text("sesame")
    shutil.copy(exe, out / "edge-agent")
    return booted(place, out, STORY, PREPARE, 90), out


def test_the_timer_looks_in_its_sandbox(told: tuple[dict[str, str], pathlib.Path]) -> None:
    said, out = told
    assert (said["install"], said["timer"], said["service"]) == ("0", "active", "0")
    assert said["result"] == "Result=success ExecMainStatus=3"  # there is no network in there: it is tried again later
    assert said["memory"] == "root 700 root 600"
    assert "nothing was sent (cloudflare)" in (out / "journal").read_text()


def test_the_watch_has_one_right_and_copies_of_what_it_may_not_read(told: tuple[dict[str, str], pathlib.Path]) -> None:
    said, out = told
    assert (said["watch"], said["timer-now"], said["active"]) == ("0", "inactive", "active")
    cap_net_raw = f"{1 << 13:016x}"
    assert said["rights"].split() == [
        *("CapEff:", cap_net_raw, "CapBnd:", cap_net_raw, "CapAmb:", cap_net_raw, "NoNewPrivs:", "1", "Seccomp:", "2"),
    ]
    assert said["user"] == "edge-agent-watch"
    assert said["memory-of"] == "edge-agent-watch 700 edge-agent-watch 600"
    assert "home.example.com A (account cf)" in said["status"]
    assert "WatchdogUSec=3min" in said["watchdog"]
    assert "NRestarts=0" in said["watchdog"]
    journal = (out / "journal").read_text()
    assert "cannot be read by this user" not in journal
    assert "memory cannot be kept" not in journal
    assert "sesame" not in journal


def test_again_changes_nothing_and_restarts_nothing(told: tuple[dict[str, str], pathlib.Path]) -> None:
    said, _ = told
    assert (said["again"], said["same"]) == ("", "")


def test_nothing_is_left(told: tuple[dict[str, str], pathlib.Path]) -> None:
    said, out = told
    assert (said["uninstall"], said["inactive"]) == ("0", "inactive")
    assert (out / "after").read_text() == (out / "before").read_text()
    assert said["left"].count("No such file or directory") == 3
