"""Small trees in the shape of each system: the files and directories by which it is known, and scripts that belong to others."""

import os
import pathlib
import stat
from collections.abc import Mapping
from typing import NamedTuple

SCRIPT = "#!/bin/sh\n# of somebody else\nFOREIGN=1\n"
CRONTAB = "# of somebody else\n17 4 * * * /bin/true\n"
# As the one of Debian ends: the work is done in a case, and nothing leaves before.
UDHCPC = '#!/bin/sh\ncase $1 in\n    bound|renew)\n\t: "$ip"\n\t;;\n    *)\n\t[ "$1" ] || exit 1\n\t;;\nesac\n'
# As the one of Buildroot ends, and Alpine's.
LEAVING = UDHCPC + '\nHOOK_DIR="$0.d"\nif [ -d "${HOOK_DIR}" ]; then\n\t:\nfi\n\nexit 0\n'


class Layout(NamedTuple):
    """`files` by path, with their modes; `folders` are there without anything in them. `gets` is all that is put in."""

    files: Mapping[str, tuple[str, int]]
    folders: tuple[str, ...]
    gets: frozenset[str]
    links: Mapping[str, str] = {}
    hints: str = ""


SYSTEMD = {"/usr/lib/systemd/systemd": ("", 0o755)}
UNITS = "/etc/systemd/system"
TIMER = {f"{UNITS}/edge-agent.service", f"{UNITS}/edge-agent.timer", f"{UNITS}/timers.target.wants/edge-agent.timer"}
PPP = ("/etc/ppp/ip-up.d", "/etc/ppp/ip-down.d", "/etc/ppp/ipv6-up.d", "/etc/ppp/ipv6-down.d")
IFUPDOWN = ("/etc/network/if-up.d", "/etc/network/if-post-down.d")
NETWORKD = tuple(f"/etc/networkd-dispatcher/{state}.d" for state in ("routable", "degraded", "no-carrier", "off"))


def _in(folders: tuple[str, ...], name: str = "zz-edge-agent") -> set[str]:
    return {f"{folder}/{name}" for folder in folders}


def _layout(gets: set[str], files: Mapping[str, tuple[str, int]], *folders: str, **more: object) -> Layout:
    return Layout(files, folders, frozenset(gets), **more)  # type: ignore[arg-type]


LAYOUTS = {
    "debian-ifupdown-dhclient-ppp": _layout(
        TIMER | _in(IFUPDOWN) | _in(PPP) | {"/etc/dhcp/dhclient-exit-hooks.d/zz-edge-agent"},
        {**SYSTEMD, "/etc/dhcp/dhclient-exit-hooks.d/rfc3442-classless-routes": (SCRIPT, 0o644)},
        *IFUPDOWN, *PPP, f"{UNITS}/timers.target.wants",
    ),
    "debian-udhcpc": _layout(
        {*TIMER, "/etc/udhcpc/default.script"},
        {**SYSTEMD, "/etc/udhcpc/default.script": (UDHCPC, 0o755)}, UNITS,
    ),
    "debian-dhcpcd": _layout({*TIMER, "/etc/dhcpcd.exit-hook"}, {**SYSTEMD, "/etc/dhcpcd.conf": ("", 0o644)}, UNITS),
    "debian-without-systemd": _layout(
        {"/etc/cron.d/edge-agent", *_in(IFUPDOWN)}, {"/etc/cron.d/e2scrub_all": (CRONTAB, 0o644)}, *IFUPDOWN
    ),
    "debian-networkmanager": _layout(
        {*TIMER, "/etc/NetworkManager/dispatcher.d/90-edge-agent"},
        {**SYSTEMD, "/etc/NetworkManager/dispatcher.d/01-ifupdown": (SCRIPT, 0o755)},
        *IFUPDOWN, UNITS,
    ),
    "networkmanager-alone": _layout(
        {*TIMER, "/etc/NetworkManager/dispatcher.d/90-edge-agent"}, SYSTEMD, "/etc/NetworkManager", UNITS
    ),
    "networkd-dispatcher": _layout(
        TIMER | _in(NETWORKD, "50-edge-agent"), {**SYSTEMD, "/usr/bin/networkd-dispatcher": ("", 0o755)}, UNITS
    ),
    "networkd-without-dispatcher": _layout(TIMER, SYSTEMD, UNITS, "/run/systemd/netif/state", hints="networkd-dispatcher"),
    "nothing-known": _layout(TIMER, SYSTEMD, UNITS, hints="--watch sees it at once"),
    "alpine": _layout(
        {"/etc/crontabs/root", "/usr/share/udhcpc/default.script"},
        {"/etc/crontabs/root": (CRONTAB, 0o600), "/usr/share/udhcpc/default.script": (LEAVING, 0o755)},
        links={"/var/spool/cron/crontabs": "../../../etc/crontabs"},
    ),
    "busybox": _layout(
        {"/var/spool/cron/crontabs/root", "/usr/share/udhcpc/default.script"},
        {"/usr/share/udhcpc/default.script": (LEAVING, 0o755)},
        "/var/spool/cron/crontabs",
    ),
    "openwrt": _layout(
        {"/etc/hotplug.d/iface/99-edge-agent", "/etc/crontabs/root"},
        {"/etc/openwrt_release": ("", 0o644), "/etc/hotplug.d/iface/00-netstate": (SCRIPT, 0o644)},
        "/etc/crontabs",
    ),
    "openwrt-mwan3": _layout(
        {"/etc/hotplug.d/iface/99-edge-agent", "/etc/crontabs/root", "/etc/mwan3.user"},
        {"/etc/openwrt_release": ("", 0o644), "/etc/mwan3.user": (SCRIPT, 0o644), "/etc/crontabs/root": (CRONTAB, 0o600)},
        "/etc/hotplug.d/iface",
    ),
    "vyos": _layout(
        {*TIMER, "/config/scripts/dhcp-client/post-hooks.d/99-edge-agent", *_in(PPP)},
        {**SYSTEMD, "/etc/os-release": ('NAME="VyOS"\nID=vyos\n', 0o644)},
        "/config/scripts", *PPP, UNITS, hints="upgrade",
    ),
    "edgeos": _layout(
        {
            "/etc/cron.d/edge-agent", "/etc/dhcp3/dhclient-exit-hooks.d/zz-edge-agent",
            *_in(("/config/scripts/ppp/ip-up.d", "/config/scripts/ppp/ip-down.d"), "99-edge-agent"),
        },
        {"/etc/dhcp3/dhclient-exit-hooks.d/debug": (SCRIPT, 0o644), "/etc/os-release": ("ID=debian\n", 0o644)},
        "/opt/vyatta", "/config/scripts/post-config.d", "/etc/cron.d", hints="upgrade",
    ),
    "merlin": _layout(
        {"/jffs/scripts/wan-event", "/jffs/scripts/ddns-start", "/jffs/scripts/services-start"},
        {"/sbin/ddns_custom_updated": ("", 0o755), "/jffs/scripts/services-start": (SCRIPT, 0o755)},
        hints="JFFS",
    ),
    "merlin-with-its-own-ddns": _layout(
        {"/jffs/scripts/wan-event", "/jffs/scripts/services-start"},
        {"/sbin/ddns_custom_updated": ("", 0o755), "/jffs/scripts/ddns-start": (SCRIPT, 0o755)},
        hints="/jffs/scripts/ddns-start is in use already",
    ),
    "keenetic": _layout(
        _in(tuple(f"/opt/etc/ndm/{name}.d" for name in ("iflayerchanged", "ifipchanged", "wan")), "50-edge-agent.sh")
        | {"/opt/etc/crontab"},
        {"/opt/etc/crontab": (CRONTAB, 0o600)},
        "/opt/etc/ndm/wan.d", "/opt/etc/cron.5mins",
    ),
    "keenetic-run-parts": _layout(
        _in(tuple(f"/opt/etc/ndm/{name}.d" for name in ("iflayerchanged", "ifipchanged", "wan")), "50-edge-agent.sh")
        | {"/opt/etc/cron.5mins/edge-agent"},
        {},
        "/opt/etc/ndm/wan.d", "/opt/etc/cron.5mins",
    ),
    "freebsd": _layout(
        {"/etc/dhclient-exit-hooks", "/etc/cron.d/edge-agent"},
        {"/bin/freebsd-version": ("", 0o755), "/etc/crontab": (CRONTAB, 0o644)},
        "/etc/cron.d",
    ),
    "freebsd-old": _layout(
        {"/etc/dhclient-exit-hooks", "/etc/crontab"},
        {"/bin/freebsd-version": ("", 0o755), "/etc/crontab": (CRONTAB, 0o644), "/etc/dhclient-exit-hooks": (SCRIPT, 0o644)},
    ),
    "opnsense": _layout(
        {"/usr/local/etc/rc.syshook.d/monitor/50-edge-agent", "/etc/cron.d/edge-agent"},
        {"/bin/freebsd-version": ("", 0o755)},
        "/usr/local/opnsense", "/usr/local/etc/rc.syshook.d/monitor", "/etc/cron.d", hints="upgrade",
    ),
    "pfsense": _layout(
        {"/etc/cron.d/edge-agent"},
        {"/bin/freebsd-version": ("", 0o755), "/etc/pfSense-rc": ("", 0o755)},
        "/etc/cron.d", hints="upgrade",
    ),
}  # fmt: skip


def make(top: pathlib.Path, layout: Layout) -> pathlib.Path:
    """Make the tree and return its top. It is older than anything that is written into it later."""
    for path, (text, mode) in layout.files.items():
        file = top / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        os.utime(file, (1_600_000_000, 1_600_000_000))
    for folder in layout.folders:
        (top / folder[1:]).mkdir(parents=True, exist_ok=True)
    for path, target in layout.links.items():
        link = top / path[1:]
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    return top


Tree = dict[str, tuple[str, int, int, int, bytes]]


def seen(top: pathlib.Path) -> Tree:
    """Return everything in the tree: kind, mode, owner, group, octets (or where a link leads), by path."""
    found: Tree = {}
    for path in sorted(top.rglob("*")):
        info = path.lstat()
        kind = "link" if path.is_symlink() else "folder" if path.is_dir() else "file"
        octets = str(path.readlink()).encode() if kind == "link" else path.read_bytes() if kind == "file" else b""
        found["/" + path.relative_to(top).as_posix()] = (kind, stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid, octets)
    return found


def marks(top: pathlib.Path) -> dict[str, tuple[int, int]]:
    """Return what changes when a file is only written again: its number and its time."""
    return {path.as_posix(): (path.lstat().st_ino, path.lstat().st_mtime_ns) for path in sorted(top.rglob("*"))}


def changed(before: Tree, after: Tree) -> set[str]:
    """Return the paths of files and links that are new or different."""
    return {path for path, entry in after.items() if entry[0] != "folder" and before.get(path) != entry}
