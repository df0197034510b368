"""The shell text of every hook, made from one table: what calls it, where it goes, what it says. No file is touched here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

AGENT: Final = "/usr/bin/edge-agent"
BEGIN: Final = "# >>> edge-agent >>>"
END: Final = "# <<< edge-agent <<<"

_SOURCED: Final = 0o644
_EXECUTED: Final = 0o755
# `=` is not plain: as the first word of a command it would make an assignment of a path.
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@+:,./-")


class Snippet(NamedTuple):
    """One hook: its text is made by `whole` and `block`."""

    name: str  # of its file in hooks/
    source: str  # the SOURCE word of `edge-agent hook`
    about: str  # the comment in the file
    called: str  # "sourced" or "executed"
    place: str  # where the system looks for it; nvram:KEY for a setting that holds a script
    mode: int
    block: bool = False  # the place is one script for everybody: a marked block goes into it
    also: tuple[str, ...] = ()  # further places for the same file
    last: bool = False  # the block belongs at the end of what is there; else before it, which may exit early
    args: str = '"$@"'  # the shell words after SOURCE; none where all is said in variables
    after: str = ""  # a further line of shell, run when the agent has been started


_DHCLIENT: Final = "dhclient has run its script, with $reason and its variables"
_PPPD: Final = "/etc/ppp/{0}.d/zz-edge-agent"
_NETWORKD: Final = "/etc/networkd-dispatcher/{0}.d/50-edge-agent"
_KEENETIC: Final = "/opt/etc/ndm/{0}.d/50-edge-agent.sh"
_EDGEOS: Final = "/config/scripts/ppp/{0}.d/99-edge-agent"


def _pppd(event: str, about: str) -> Snippet:
    return Snippet(f"pppd-{event}", "pppd", about, "executed", _PPPD.format(event), _EXECUTED, args=f'{event} "$@"')


def _edgeos(event: str, about: str) -> Snippet:
    return Snippet(f"edgeos-{event}", "edgeos", about, "executed", _EDGEOS.format(event), _EXECUTED, args=f'{event} "$@"')


def _keenetic(event: str, about: str) -> Snippet:
    place = _KEENETIC.format(event)
    return Snippet(f"keenetic-{event}", "keenetic", about, "executed", place, _EXECUTED, args=f'{event}.d "$@"')


def _merlin(event: str, about: str, after: str = "") -> Snippet:
    place, args = f"/jffs/scripts/{event}", f'{event} "$@"'
    return Snippet(f"merlin-{event}", "merlin", about, "executed", place, _EXECUTED, block=True, args=args, after=after)


def _tomato(event: str, about: str) -> Snippet:
    place, args = f"nvram:script_{event}", f'{event} "$@"'
    return Snippet(f"tomato-{event}", "tomato", about, "executed", place, _EXECUTED, block=True, args=args)


_ROWS: Final = (
    Snippet("udhcpc", "udhcpc", "udhcpc's script has done its work; $1 is the event", "executed",
            "/etc/udhcpc/default.script", _EXECUTED, block=True, last=True),
    Snippet("udhcpc-user", "udhcpc", "OpenWrt's udhcpc script has done its work; $1 is the event", "sourced",
            "/etc/udhcpc.user", _SOURCED, block=True),
    Snippet("dhclient", "dhclient", _DHCLIENT, "sourced", "/etc/dhcp/dhclient-exit-hooks.d/zz-edge-agent", _SOURCED,
            args=""),
    Snippet("dhcpcd", "dhcpcd", "dhcpcd has run its other hooks, with $reason and its variables", "sourced",
            "/etc/dhcpcd.exit-hook", _SOURCED, block=True, args=""),
    _pppd("ip-up", "pppd has IPv4 on $1: local address $4, ipparam $6"),
    _pppd("ip-down", "pppd has lost IPv4 on $1"),
    _pppd("ipv6-up", "pppd has IPv6 on $1: only link-local; the global address comes later, by router advertisement"),
    _pppd("ipv6-down", "pppd has lost IPv6 on $1"),
    Snippet("ifupdown-up", "ifupdown", "ifup has brought up $IFACE, once per address family", "executed",
            "/etc/network/if-up.d/zz-edge-agent", _EXECUTED, args=""),
    Snippet("ifupdown-down", "ifupdown", "ifdown has taken down $IFACE", "executed",
            "/etc/network/if-post-down.d/zz-edge-agent", _EXECUTED, args=""),
    Snippet("netifd", "netifd", "OpenWrt's netifd has applied $ACTION of $INTERFACE", "sourced",
            "/etc/hotplug.d/iface/99-edge-agent", _SOURCED, args=""),
    Snippet("mwan3", "mwan3", "mwan3 has seen $ACTION of $INTERFACE; there is no other variable", "executed",
            "/etc/mwan3.user", _SOURCED, block=True, args=""),
    Snippet("odhcp6c", "odhcp6c", "OpenWrt's DHCPv6 script has done its work; $2 is the event on $1", "sourced",
            "/etc/odhcp6c.user", _SOURCED, block=True),
    Snippet("networkmanager", "networkmanager", "NetworkManager dispatches $2 of $1", "executed",
            "/etc/NetworkManager/dispatcher.d/90-edge-agent", _EXECUTED),
    Snippet("networkd", "networkd", "networkd-dispatcher has seen $IFACE become $STATE", "executed",
            _NETWORKD.format("routable"), _EXECUTED, args="", also=tuple(map(_NETWORKD.format, ("degraded", "no-carrier", "off")))),
    Snippet("vyos", "vyos", "VyOS's " + _DHCLIENT, "sourced", "/config/scripts/dhcp-client/post-hooks.d/99-edge-agent", _EXECUTED,
            args=""),
    _edgeos("ip-up", "EdgeOS's pppd has IPv4 on $1: local address $4"),
    _edgeos("ip-down", "EdgeOS's pppd has lost IPv4 on $1"),
    _merlin("wan-event", "Asuswrt-Merlin has seen $2 on WAN unit $1"),
    _merlin("ddns-start", "Asuswrt-Merlin, DDNS server Custom: publish $1. It is told 1, or it would ask on and on",
            "/sbin/ddns_custom_updated 1 </dev/null >/dev/null 2>&1 || :"),
    _tomato("wanup", "FreshTomato's first WAN is up"),
    _tomato("mwanup", "FreshTomato's WAN number $1 is up"),
    _keenetic("iflayerchanged", "KeeneticOS 4: $layer of $system_name has become $level"),
    _keenetic("ifipchanged", "KeeneticOS 4: the address of $system_name has changed"),
    _keenetic("wan", "KeeneticOS: the WAN is up"),
    Snippet("freebsd", "freebsd", "FreeBSD's " + _DHCLIENT, "sourced", "/etc/dhclient-exit-hooks", _SOURCED, block=True, args=""),
    Snippet("opnsense", "opnsense", "OPNsense has seen gateway $1 change its state", "executed",
            "/usr/local/etc/rc.syshook.d/monitor/50-edge-agent", _EXECUTED),
    Snippet("generic", "generic", "an example for any other program: $1 interface, $2 address, $3 reason", "executed",
            "/usr/local/libexec/edge-agent-hook", _EXECUTED,
            args='--interface "${1-}" --address "${2-}" --reason "${3-}"'),
)  # fmt: skip

SNIPPETS: Final[Mapping[str, Snippet]] = MappingProxyType({row.name: row for row in _ROWS})


def whole(name: str, agent: str = AGENT, flags: tuple[str, ...] = ()) -> str:
    """Return the whole file: at most ten lines of POSIX sh, right when sourced and when executed."""
    return "#!/bin/sh\n" + block(name, agent, flags)


def block(name: str, agent: str = AGENT, flags: tuple[str, ...] = ()) -> str:
    """Return what stands between BEGIN and END in a script that belongs to others: the same without the first line.

    All that a caller could be hurt by happens in a subshell: its variables, options, traps, directory and `$!` stay as they
    are, and with `|| :` the status is 0 under `set -e` too. What the agent could be hurt by must go before it starts, for the
    starter of its single file reads LD_LIBRARY_PATH and its like, and keeps descriptors and directory for as long as it lives.
    """
    snippet = SNIPPETS[name]
    words = " ".join((quoted(agent), "hook", *map(quoted, flags), snippet.source, *filter(None, [snippet.args])))
    after = snippet.after + "\n" if snippet.after else ""
    return f"""\
# edge-agent: {snippet.about}.
(
	cd /; umask 022
	unset LD_LIBRARY_PATH LD_PRELOAD PYTHONHOME PYTHONPATH PYTHONWARNINGS PYTHONINSPECT
	exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
	PYINSTALLER_RESET_ENVIRONMENT=1 {words} &
) </dev/null >/dev/null 2>&1 || :
{after}"""


def quoted(word: str) -> str:
    """Return the word as one word of POSIX sh (XCU 2.2.2: all but the single quote is literal between single quotes)."""
    if word and _PLAIN.issuperset(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"
