"""A real Debian: this machine's own root under an overlay in a mount namespace, with the packages that are installed here."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
CLIENTS = {  # what a package brings, and where its hook belongs
    "/etc/dhcp/dhclient-exit-hooks.d": "/etc/dhcp/dhclient-exit-hooks.d/zz-edge-agent",
    "/etc/udhcpc/default.script": "/etc/udhcpc/default.script",
    "/etc/dhcpcd.conf": "/etc/dhcpcd.exit-hook",
    "/etc/ppp/ip-up.d": "/etc/ppp/ip-up.d/zz-edge-agent",
    "/etc/network/if-up.d": "/etc/network/if-up.d/zz-edge-agent",
}
STORY = """
set -e
mount -t tmpfs edge-agent-test "$1"
mkdir "$1/upper" "$1/work" "$1/root" "$1/kept"
mount -t overlay edge-agent-test -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
install -D -m 755 "$2" "$1/root/usr/bin/edge-agent"
mount --bind /dev "$1/root/dev"
agent() { verb=$1; shift; "$PYTHON" -m edge_agent "$verb" --root "$TREE" "$@"; }
TREE="$1/root"
agent install >"$1/kept/first"
agent install >"$1/kept/second" 2>&1
(cd "$1/upper" && find . -type f -o -type l | sort) >"$1/kept/there"
cp -a "$1/upper" "$1/kept/upper"
# the real callers, each with the stub in the place of the agent
if [ -d "$TREE/etc/dhcp/dhclient-exit-hooks.d" ]; then
    chroot "$TREE" env - reason=TEST run-parts --list /etc/dhcp/dhclient-exit-hooks.d | grep -q zz-edge-agent
fi
if [ -d "$TREE/etc/ppp/ip-up.d" ]; then
    chroot "$TREE" env - run-parts --test /etc/ppp/ip-up.d | grep -q zz-edge-agent
    chroot "$TREE" env - /etc/ppp/ip-up ppp9 tty 0 192.0.2.1 192.0.2.2
fi
if [ -d "$TREE/etc/network/if-up.d" ]; then
    chroot "$TREE" env - run-parts --test /etc/network/if-up.d | grep -q zz-edge-agent
fi
if [ -x "$TREE/lib/dhcpcd/dhcpcd-run-hooks" ]; then
    chroot "$TREE" env - PATH=/usr/sbin:/usr/bin:/sbin:/bin interface=none9 reason=NOCARRIER /lib/dhcpcd/dhcpcd-run-hooks
fi
if [ -f "$TREE/etc/udhcpc/default.script" ]; then
    chroot "$TREE" env - PATH=/usr/sbin:/usr/bin:/sbin:/bin interface=none9 sh /etc/udhcpc/default.script nak 2>/dev/null
fi
sleep 0.3
mv "$TREE/tmp/edge-agent-calls" "$1/kept/calls"
agent uninstall >"$1/kept/third"
(cd "$1/upper" && find . -type f -o -type l -o -type c | sort) >"$1/kept/left"
cp -a "$1/kept" "$3/kept"
cp -a "$1/upper" "$3/upper"
"""


def test_this_machines_debian(tmp_path: pathlib.Path) -> None:
    if os.geteuid() != 0 or not pathlib.Path("/etc/debian_version").exists():
        pytest.skip("needs root on a Debian")
    present = {hook for path, hook in CLIENTS.items() if pathlib.Path(path).exists()}
    if not present:
        pytest.skip("no DHCP or PPP client is installed here")
    stub = tmp_path / "stub"
    stub.write_text('#!/bin/sh\necho "$@" >>/tmp/edge-agent-calls\n')
    tree = tmp_path / "tree"
    tree.mkdir()
    environ = {**os.environ, "PYTHON": sys.executable}
    words = ["unshare", "--mount", "sh", "-c", STORY, "sh", str(tree), str(stub), str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60)
    if "overlay" in done.stderr and "mount" in done.stderr:
        pytest.skip(f"no overlay here: {done.stderr.strip()}")
    assert (done.returncode, done.stderr) == (0, "")
    kept = tmp_path / "kept"
    there = {line[1:] for line in (kept / "there").read_text().splitlines()}
    assert present <= there
    assert (kept / "second").read_text() == ""
    for path in sorted(there):
        file = kept / f"upper{path}"
        if file.is_file() and file.read_bytes().startswith(b"#!/bin/sh") and path != "/usr/bin/edge-agent":
            subprocess.run(["sh", "-n", file], check=True)
    calls = (kept / "calls").read_text().splitlines()
    sources = {line.split()[1] for line in calls}
    print(sorted(sources))
    expected = {"/etc/dhcpcd.exit-hook": "dhcpcd", "/etc/ppp/ip-up.d/zz-edge-agent": "pppd", "/etc/udhcpc/default.script": "udhcpc"}
    assert {source for hook, source in expected.items() if hook in present} <= sources
    left = {line[1:] for line in (kept / "left").read_text().splitlines()} - {"/usr/bin/edge-agent"}
    ours = {path for path in left if "edge-agent" in path}
    assert ours == set()
    for path in left & present:  # copied up by the overlay when it was changed; it says again what it said
        assert (tmp_path / f"upper{path}").read_bytes() == pathlib.Path(path).read_bytes()
    shutil.rmtree(tmp_path / "upper")
