"""Which kind of box this is, by its files. What is looked for is listed here once."""

from typing import Final

from edge_agent.install import Box

PROGRAMS: Final = ("NetworkManager", "networkd-dispatcher", "ifup", "dhclient", "dhcpcd", "mwan3")

FORWARDER: Final = "/etc/NetworkManager/dispatcher.d/01-ifupdown"
UDHCPC: Final = ("/etc/udhcpc/default.script", "/usr/share/udhcpc/default.script")  # Debian; Alpine, Buildroot
DHCLIENT: Final = ("/etc/dhcp/dhclient-exit-hooks.d", "/etc/dhcp3/dhclient-exit-hooks.d")  # now; before 2010, and EdgeOS
_MACHINES: Final = (  # the first that is there tells the kind of box
    ("/usr/local/opnsense", "opnsense"),
    ("/etc/pfSense-rc", "pfsense"),
    ("/bin/freebsd-version", "freebsd"),
    ("/etc/openwrt_release", "openwrt"),
    ("/sbin/ddns_custom_updated", "merlin"),
    ("/etc/tomato_version", "tomato"),
    ("/opt/etc/ndm", "keenetic"),
)
_SYSTEMD: Final = ("/run/systemd/system", "/usr/lib/systemd/systemd", "/lib/systemd/systemd")

LOOKED_FOR: Final = (
    *(path for path, _ in _MACHINES),
    *(FORWARDER, *UDHCPC, *DHCLIENT, *_SYSTEMD),
    *("/etc/NetworkManager", "/etc/networkd-dispatcher", "/etc/network/if-up.d", "/etc/dhcpcd.conf", "/etc/ppp/ip-up.d"),
    *("/etc/mwan3.user", "/config/scripts", "/opt/vyatta", "/run/systemd/netif/state", "/usr/local/etc/rc.syshook.d"),
    *("/etc/cron.d", "/etc/crontabs", "/var/spool/cron/crontabs", "/etc/crontab"),
    *("/opt/etc/crontab", "/opt/etc/cron.5mins", "/opt/var/spool/cron/crontabs"),
)


def kind_of(box: Box) -> str:
    """Return the kind of box: the firmware or system, or `unix` for everything that is put together from packages."""
    for begin, kind in (("win32", "windows"), ("darwin", "macos")):
        if box.system == begin:
            return kind
    if box.release == "vyos":
        return "vyos"
    kind = next((kind for path, kind in _MACHINES if path in box.paths), "")
    if kind:
        return kind
    if box.system.startswith("freebsd") and box.live:
        return "freebsd"
    return "edgeos" if {"/opt/vyatta", "/config/scripts"} <= box.paths else "unix"


def has_systemd(box: Box) -> bool:
    """Tell whether systemd runs the box: it says so itself (sd_booted(3)); in a tree that does not run, it is installed."""
    return _SYSTEMD[0] in box.paths if box.live else not box.paths.isdisjoint(_SYSTEMD[1:])
