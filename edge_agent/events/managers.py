"""Network managers of a Linux distribution: NetworkManager, networkd-dispatcher, ifupdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from edge_agent.events.foreign import Reader, addresses, at, event, words
from edge_agent.model import Event

# NetworkManager-dispatcher(8). dhcp4-change comes at each renewal and says no old address.
_ACTIONS: Final = {
    "pre-up": "starting",
    "up": "bound",
    "dhcp4-change": "renewed",
    "dhcp6-change": "renewed",
    "pre-down": "down",
    "down": "down",
    "device-delete": "down",
    "vpn-pre-up": "starting",
    "vpn-up": "bound",
    "vpn-pre-down": "down",
    "vpn-down": "down",
}
_CONNECTIVITY: Final = {"FULL": "up", "NONE": "down"}

# networkctl(1): operational and setup states. A degraded link has addresses for its own wire only.
_STATES: Final = {
    "routable": "bound",
    "degraded": "up",
    "carrier": "up",
    "configured": "bound",
    "pending": "starting",
    "initialized": "starting",
    "configuring": "starting",
    "no-carrier": "down",
    "dormant": "down",
    "off": "down",
    "missing": "down",
    "failed": "failed",
}

_PHASES: Final = {"pre-up": "starting", "post-up": "up", "pre-down": "down", "post-down": "down"}
_MODES: Final = {"start": "up", "stop": "down"}


def networkmanager(source: str, args: Sequence[str], environ: Mapping[str, str]) -> Event:
    """Return the event of a dispatcher script: arguments are device and action. A VPN has names and addresses of its own."""
    action = at(args, 1) or environ.get("NM_DISPATCHER_ACTION", "")
    if action == "connectivity-change":
        return event(source, _CONNECTIVITY.get(environ.get("CONNECTIVITY_STATE", ""), "other"), None)
    prefix, device = ("VPN_", "VPN_IP_IFACE") if action.startswith("vpn-") else ("", "DEVICE_IP_IFACE")
    name = environ.get(device) or at(args, 0) or environ.get("DEVICE_IFACE")
    return _told(source, _ACTIONS.get(action, "other"), name, _configured(environ, prefix))


def _told(source: str, reason: str, device: str | None, texts: Iterator[str | None]) -> Event:
    """Return the event; what would be bound is up as long as no address is told."""
    found = addresses(texts)
    return event(source, "up" if reason == "bound" and not found else reason, device, found)


def _configured(environ: Mapping[str, str], prefix: str) -> Iterator[str | None]:
    if not prefix:  # the lease that the call is about comes first
        yield environ.get("DHCP4_IP_ADDRESS")
        yield environ.get("DHCP6_IP6_ADDRESS")
    for family in ("IP4", "IP6"):
        for number in range(32):
            yield environ.get(f"{prefix}{family}_ADDRESS_{number}", "").partition(" ")[0]  # ADDRESS/LENGTH GATEWAY


def networkd(source: str, _: Sequence[str], environ: Mapping[str, str]) -> Event:
    """Return the event of a networkd-dispatcher script, which has no arguments."""
    said = (words(environ.get(key)) for key in ("ADDR", "IP_ADDRS", "IP6_ADDRS"))
    texts = (text for listed in said for text in listed)
    return _told(source, _STATES.get(environ.get("STATE", ""), "other"), environ.get("IFACE"), texts)


def ifupdown(source: str, _: Sequence[str], environ: Mapping[str, str]) -> Event:
    """Return the event of a script of interfaces(5), which is told no address and has no arguments."""
    reason = _PHASES.get(environ.get("PHASE", "")) or _MODES.get(environ.get("MODE", ""), "other")
    return event(source, reason, environ.get("IFACE"))


READERS: Final[Mapping[str, Reader]] = {
    "networkmanager": networkmanager,
    "networkd": networkd,
    "ifupdown": ifupdown,
}
