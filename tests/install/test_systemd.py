"""A real systemd, in namespaces of its own with this machine's root under an overlay, runs what install put in: timer and watch.

It shows what no reading of the units can: the executable starts in the sandbox, copies of settings and secrets arrive, the
service has one capability and no more, and uninstall ends with nothing left.
"""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
pytestmark = pytest.mark.heavy
BOOT = """
set -e
mount -t tmpfs edge-agent-test "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay edge-agent-test -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
R=$1/root
mount -t proc proc "$R/proc"
mount -t sysfs sysfs "$R/sys"
mount -t cgroup2 cgroup2 "$R/sys/fs/cgroup"
mount -t tmpfs tmpfs "$R/run"
mount -t tmpfs -o mode=1777 tmpfs "$R/tmp"
mount -t tmpfs -o mode=755 tmpfs "$R/dev"
for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "$R/dev/${node%:*}" c 1 "${node#*:}"; done
mknod -m 666 "$R/dev/tty" c 5 0
mkdir "$R/dev/pts" "$R/dev/shm" "$R/out" "$R/etc/edge-agent"
mount -t devpts -o newinstance devpts "$R/dev/pts"
ln -s pts/ptmx "$R/dev/ptmx"
mount --bind "$2" "$R/out"
install -m 755 "$3" "$R/usr/bin/edge-agent"
rm -rf "$R"/etc/systemd/system
mkdir "$R/etc/systemd/system"
cp "$2/story.service" "$2/story.target" "$R/etc/systemd/system"
# what would clean up behind a system that has just been booted, and devices
for unit in tmpfiles-setup tmpfiles-setup-dev udevd udev-trigger; do
    ln -s /dev/null "$R/etc/systemd/system/systemd-$unit.service"
done
(umask 077; cp "$2/token" "$R/etc/edge-agent/cf.token"; cp "$2/settings" "$R/etc/edge-agent.toml")
chown 0:0 "$R/etc/edge-agent/cf.token" "$R/etc/edge-agent.toml"
cd "$R"
mount --move . /
chroot . mount --make-rshared /
exec chroot . env - container=edge-agent-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=story.target --log-target=journal-or-kmsg --show-status=no
"""
TARGET = "[Unit]\nDefaultDependencies=no\nWants=story.service\n"
SERVICE = """\
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/bash /out/story
StandardOutput=append:/out/told
StandardError=append:/out/told
ExecStopPost=/bin/systemctl exit --force
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
    texts = {"story": STORY, "story.service": SERVICE, "story.target": TARGET, "settings": SETTINGS, "token": "sesame"}
    for name, text in texts.items():
        (out / name).write_text(text)
    spaces = ["--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "--net", "--kill-child"]
    words = ["unshare", *spaces, "sh", "-c", BOOT, "sh", str(place), str(out), str(exe)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=90)
    if not (out / "told").exists():
        pytest.skip(f"systemd cannot be booted in namespaces here: {done.stderr.strip()[-300:]}")
    lines = (out / "told").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(": ") for line in lines)}, out


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
