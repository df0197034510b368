"""A real systemd in namespaces of its own, with this machine's root under an overlay: it runs one story and ends.

A story is a bash script that says `key: words` on lines of its own; `/out` is a folder that both sides see.
"""

import pathlib
import subprocess

import pytest

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
mkdir "$R/dev/pts" "$R/dev/shm" "$R/out"
mount -t devpts -o newinstance devpts "$R/dev/pts"
ln -s pts/ptmx "$R/dev/ptmx"
mount --bind "$2" "$R/out"
rm -rf "$R"/etc/systemd/system "$R"/usr/sbin/policy-rc.d
mkdir "$R/etc/systemd/system"
cp "$2/story.service" "$2/story.target" "$R/etc/systemd/system"
# what would clean up behind a system that has just been booted, and devices
for unit in tmpfiles-setup tmpfiles-setup-dev udevd udev-trigger; do
    ln -s /dev/null "$R/etc/systemd/system/systemd-$unit.service"
done
. "$2/prepare"
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
Environment=DEBIAN_FRONTEND=noninteractive LC_ALL=C
ExecStart=/bin/bash /out/story
StandardOutput=append:/out/told
StandardError=append:/out/told
ExecStopPost=/bin/systemctl exit --force
"""
SPACES = ("--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "--net", "--kill-child")


def booted(place: pathlib.Path, out: pathlib.Path, story: str, prepare: str = "", within_for: int = 180) -> dict[str, str]:
    """Boot, run the story and return what it told by its keys. `prepare` is sh, run before: `$R` is the root, `$2` is `out`."""
    for name, text in {"story": story, "story.service": SERVICE, "story.target": TARGET, "prepare": prepare}.items():
        (out / name).write_text(text)
    words = ["unshare", *SPACES, "sh", "-c", BOOT, "sh", str(place), str(out)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=within_for)
    if not (out / "told").exists():
        pytest.skip(f"systemd cannot be booted in namespaces here: {done.stderr.strip()[-300:]}")
    print((out / "told").read_text())
    lines = (out / "told").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(": ") for line in lines)}
