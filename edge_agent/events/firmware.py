"""Firmware of routers: OpenWrt (netifd, mwan3), Asuswrt-Merlin, FreshTomato, Keenetic with Entware.

What these call an interface is often a name of their own: `wan`, `PPPoE0`, unit 0. On a box with a switch, a port of the
kernel may bear the same name (`wan` beside `pppoe-wan`). Such a name is left out: None loses a hint, a wrong name misleads.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from edge_agent.events.foreign import Reader, addresses, at, event
from edge_agent.model import Event

# netifd, interface-event.c; mwan3, /etc/mwan3.user.
_ACTIONS: Final = {
    "ifup": "up",
    "ifdown": "down",
    "ifup-failed": "failed",
    "connected": "up",
    "disconnected": "down",
}

# Asuswrt-Merlin, wiki "User scripts": wan-event UNIT STATE.
_WAN: Final = {
    "init": "starting",
    "connecting": "starting",
    "connected": "up",
    "disconnected": "down",
    "stopping": "down",
    "stopped": "down",
    "disabled": "down",
}

# KeeneticOS, "OPKG component description". iflayerchanged.d says layer and level; ifstatechanged.d what changed, and to what.
_LEVELS: Final = {"running": "up", "disabled": "down"}
_STATES: Final = {"up": "up", "yes": "up", "start": "up", "down": "down", "no": "down", "stop": "down"}


def netifd(source: str, _: Sequence[str], environ: Mapping[str, str]) -> Event:
    """Return the event of OpenWrt's hotplug `iface`, or of mwan3.user: DEVICE is the kernel's name, INTERFACE never is.

    No address is told, and no DEVICE when an interface goes down. An ifupdate without a word of addresses may still be a new
    lease (updates of one interface swallow each other): it is `other`, never nothing.
    """
    action = environ.get("ACTION", "")
    said = environ.get("IFUPDATE_ADDRESSES") or environ.get("IFUPDATE_PREFIXES")
    reason = "changed" if action == "ifupdate" and said else _ACTIONS.get(action, "other")
    return event(source, reason, environ.get("DEVICE"))


def merlin(source: str, args: Sequence[str], environ: Mapping[str, str]) -> Event:
    """Return the event of a user script: its name, then its own arguments.

    wan-event UNIT STATE · wan-start UNIT · ddns-start ADDRESS… · dhcpc-event EVENT 4|6, with the environment of udhcpc or odhcp6c.
    """
    script, own = at(args, 0), args[1:]
    if script == "dhcpc-event":
        from edge_agent.events import dhcp

        if at(own, 1) == "6":
            return dhcp.odhcp6c(source, (environ.get("interface", ""), at(own, 0)), environ)
        return dhcp.udhcpc(source, own, environ)
    if script == "ddns-start":
        told = addresses(own[:4])
        return event(source, "bound" if told else "other", None, told)
    if script == "wan-event":
        return event(source, _WAN.get(at(own, 1), "other"), None)
    return event(source, "up" if script == "wan-start" else "other", None)


def tomato(source: str, args: Sequence[str], _: Mapping[str, str]) -> Event:
    """Return the event of FreshTomato's script_wanup or script_mwanup: its name, then the unit, which no kernel knows."""
    return event(source, "up" if at(args, 0) in {"wanup", "mwanup"} else "other", None)


def keenetic(source: str, args: Sequence[str], environ: Mapping[str, str]) -> Event:
    """Return the event of a script in /opt/etc/ndm/NAME.d: that name, then the script's own arguments.

    `system_name` is the kernel's name; `id` and `interface` are NDM's.
    """
    hook = at(args, 0).removesuffix(".d")
    told = addresses((environ.get("address"),))
    reason = "other"
    if hook == "wan":
        reason = _STATES.get(at(args, 1), "other")
    elif hook == "ifipchanged":
        reason = "changed" if told else "lost"
    elif hook == "iflayerchanged":
        reason = _LEVELS.get(environ.get("level", ""), "other")
    elif hook == "ifstatechanged":
        reason = _STATES.get(environ.get(environ.get("change", ""), ""), "other")
    elif hook == "ifdestroyed":
        reason = "down"
    return event(source, reason, environ.get("system_name"), told)


READERS: Final[Mapping[str, Reader]] = {
    "netifd": netifd,
    "mwan3": netifd,
    "merlin": merlin,
    "tomato": tomato,
    "keenetic": keenetic,
}
