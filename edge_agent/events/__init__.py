"""Who woke us: arguments and environment become an Event. Foreign input never raises here; what is not understood is left out.

`Event.interface` is a name that the kernel knows, or None: a firmware's own name for an uplink is never taken for one. Leases
are canonical addresses that the caller says are there now; where it names no device, a lease is of no interface (None), and
fits whichever has the address. An event that says an end (down, lost, released, failed) or a beginning (starting) has none.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from edge_agent import inet, ledger
from edge_agent.events.foreign import MOST, REASONS, Reader
from edge_agent.model import Event, Lease

__all__ = ["REASONS", "SOURCES", "by_hand", "decode", "encode", "merged", "near", "parse"]

SOURCES: Final[Mapping[str, str]] = {
    "udhcpc": "busybox udhcpc and udhcpc6: the script's argument, and its environment",
    "dhclient": "ISC dhclient: the environment of its enter and exit hooks",
    "dhcpcd": "dhcpcd: the environment of its hooks",
    "pppd": "pppd: the script's name (ip-up, ip-down, ipv6-up, ipv6-down, ip-pre-up) and its arguments",
    "odhcp6c": "odhcp6c: the script's arguments, and its environment",
    "netifd": "OpenWrt hotplug iface: the environment",
    "mwan3": "OpenWrt mwan3.user: the environment",
    "networkmanager": "NetworkManager dispatcher: the script's arguments, and its environment",
    "networkd": "networkd-dispatcher: the environment",
    "ifupdown": "ifupdown, /etc/network/if-*.d: the environment",
    "vyos": "VyOS dhclient hooks: the environment",
    "edgeos": "EdgeOS: as pppd or as dhclient, by what is said",
    "merlin": "Asuswrt-Merlin: the script's name (wan-event, ddns-start, dhcpc-event, wan-start) and its arguments",
    "tomato": "FreshTomato: wanup or mwanup, and its argument",
    "keenetic": "Keenetic with Entware: the name of the directory in /opt/etc/ndm, the script's arguments, and its environment",
    "freebsd": "FreeBSD and pfSense dhclient hooks: the environment",
    "opnsense": "OPNsense and pfSense: newip, newwanip, linkup or ppp-linkup, and its arguments",
    "macos": "macOS launchd: no arguments",
    "windows": "Windows scheduled task: connected, disconnected or the event's id",
    "generic": "anything else: --interface NAME --address ADDRESS (repeatable) --reason REASON",
}

_ENDED: Final = ("down", "lost", "released")


def by_hand() -> Event:
    """Return the event of a run that a person or cron started. Nothing tells that the network changed, so back-off holds."""
    return Event("manual", "manual")


def parse(source: str, args: Sequence[str], environ: Mapping[str, str]) -> Event | None:
    """Return what a call of that source means; None only where there is no such source. It never raises on what a caller says."""
    return _readers(source)[source](source, args, environ) if source in SOURCES else None


def _readers(source: str) -> Mapping[str, Reader]:
    """Load the one module that reads this source: most calls end without a change, and memory is what they cost."""
    if source in {"pppd", "edgeos"}:
        from edge_agent.events import ppp

        return ppp.READERS
    if source in {"networkmanager", "networkd", "ifupdown"}:
        from edge_agent.events import managers

        return managers.READERS
    if source in {"netifd", "mwan3", "merlin", "tomato", "keenetic"}:
        from edge_agent.events import firmware

        return firmware.READERS
    if source in {"opnsense", "macos", "windows", "generic"}:
        from edge_agent.events import systems

        return systems.READERS
    from edge_agent.events import dhcp

    return dhcp.READERS


def near(source: str) -> tuple[str, ...]:
    """Return up to three sources that an unknown name may have meant, the likeliest first."""
    from difflib import get_close_matches

    return tuple(get_close_matches(source[:60].strip().lower(), SOURCES, 3))


def merged(earlier: Event, later: Event) -> Event:
    """Return the one event for two that a single run answers.

    Who woke us, why and about what is the later one's, unless that is but a beginning and the earlier one is not. Leases of both
    are kept, the latest last: hooks overtake each other, and only the kernel knows which address came last. A later end of an
    interface ends its leases.
    """
    head = earlier if later.reason == "starting" != earlier.reason else later
    ended = later.reason in _ENDED
    kept = [lease for lease in earlier.leases if lease not in later.leases and not (ended and lease.interface == later.interface)]
    return head._replace(leases=(*kept, *later.leases)[-MOST:])


def encode(event: Event) -> str:
    """Return an event as one line of printable ASCII, without its end: `SOURCE REASON [@INTERFACE] [ADDRESS[@INTERFACE]]…`."""
    device = [] if event.interface is None else [f"@{_word(event.interface)}"]
    leases = [
        _word(lease.address) + ("" if lease.interface is None else f"@{_word(lease.interface)}") for lease in event.leases[:MOST]
    ]
    return " ".join((_word(event.source), _word(event.reason), *device, *leases))


def _word(text: str) -> str:
    return ledger.escape(text).replace(" ", "%20")


def decode(line: str) -> Event | None:
    """Return the event that `encode` wrote; None for every other line, and for an event that no parser would make."""
    try:
        source, reason, *rest = line.split(" ", MOST + 3)
        devices = [ledger.unescape(word[1:]) for word in rest[:1] if word[:1] == "@"]
        leases = tuple(map(_lease, rest[len(devices) :]))
        found = Event(ledger.unescape(source), reason, devices[0] if devices else None, leases)
    except ValueError:
        return None
    return found if reason in REASONS and encode(found) == line else None


def _lease(word: str) -> Lease:
    address, at, device = word.partition("@")
    if inet.canonical(address) != address:
        raise ValueError("not a canonical address")
    return Lease(ledger.unescape(device) if at else None, address)
