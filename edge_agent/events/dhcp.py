"""DHCP clients: udhcpc, odhcp6c, and all that say `reason` and `new_…` (dhclient, dhcpcd and the systems built on them)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from edge_agent.events.foreign import Reader, addresses, at, event, words
from edge_agent.model import Event

# busybox, networking/udhcp/dhcpc.c and d6_dhcpc.c. `renew` comes for the same address and for another one alike.
_UDHCPC: Final = {"deconfig": "lost", "bound": "bound", "renew": "renewed", "nak": "lost", "leasefail": "failed"}

# odhcp6c, README and script.c. `updated` follows each answer to a RENEW, whether or not the address is another.
_ODHCP6C: Final = {
    "started": "starting",
    "bound": "bound",
    "informed": "router",  # no address from the server; those that it lists come from router advertisements
    "updated": "renewed",
    "rebound": "renewed",
    "ra-updated": "router",
    "unbound": "lost",
    "stopped": "released",
}

# dhclient-script(8), FreeBSD's dhclient-script(8), dhcpcd-run-hooks(8).
_REASONS: Final = {
    **dict.fromkeys(("PREINIT", "PREINIT6", "MEDIUM", "ARPCHECK", "ARPSEND", "TEST"), "starting"),
    **dict.fromkeys(("BOUND", "BOUND6", "REBOOT", "REBOOT6", "TIMEOUT", "INFORM", "INFORM6"), "bound"),
    **dict.fromkeys(("STATIC", "3RDPARTY", "IPV4LL"), "bound"),
    **dict.fromkeys(("RENEW", "RENEW6", "REBIND", "REBIND6"), "renewed"),
    **dict.fromkeys(("EXPIRE", "EXPIRE6", "NAK", "DEPREF6"), "lost"),
    **dict.fromkeys(("RELEASE", "RELEASE6", "STOP", "STOP6", "STOPPED"), "released"),
    **dict.fromkeys(("CARRIER", "RECONFIGURE"), "up"),
    **dict.fromkeys(("NOCARRIER", "NOCARRIER_ROAMING", "DEPARTED"), "down"),
    "ROUTERADVERT": "router",
    "FAIL": "failed",
}


def udhcpc(source: str, args: Sequence[str], environ: Mapping[str, str]) -> Event:
    """Return the event of udhcpc or udhcpc6: what happened is the first argument, the address `ip` or `ipv6`."""
    reason = _UDHCPC.get(at(args, 0), "other")
    return event(source, reason, environ.get("interface"), (environ.get("ip"), environ.get("ipv6")))


def odhcp6c(source: str, args: Sequence[str], environ: Mapping[str, str]) -> Event:
    """Return the event of odhcp6c: arguments are device and state, addresses `ADDRESS/LENGTH,PREFERRED,VALID`."""
    return event(source, _ODHCP6C.get(at(args, 1), "other"), at(args, 0), _preferred(environ))


def _preferred(environ: Mapping[str, str]) -> Iterator[str]:
    for key in ("ADDRESSES", "RA_ADDRESSES"):
        for entry in words(environ.get(key)):
            address, _, times = entry.partition(",")
            if times.partition(",")[0] != "0":  # preferred for no time any more: on its way out (RFC 4862, 5.5.4)
                yield address


def by_reason(source: str, _: Sequence[str], environ: Mapping[str, str]) -> Event:
    """Return the event of a client that says `reason`, `interface`, `new_…` and `old_…`. It has no arguments of its own."""
    reason = _REASONS.get(environ.get("reason", ""), "other")
    new = addresses(_leased(environ, "new"))
    if reason in {"bound", "renewed"}:
        reason = _compared(reason, new, addresses(_leased(environ, "old")))
    elif reason == "router":
        new = addresses(_autoconfigured(environ))
    return event(source, reason, environ.get("interface"), new)


def _compared(reason: str, new: Sequence[str], old: Sequence[str]) -> str:
    """Return what a lease means. Without any address it is a prefix, options alone, or dhcpcd's IPV4LL for one that it removed."""
    if not new:
        return "other"
    if reason == "bound" or not old:  # a BOUND may name an old address: the one that expired before
        return "bound"
    return "renewed" if set(new) <= set(old) else "changed"


def _leased(environ: Mapping[str, str], age: str) -> Iterator[str | None]:
    yield environ.get(f"{age}_ip_address")
    if environ.get(f"{age}_preferred_life") != "0":
        yield environ.get(f"{age}_ip6_address")
    for association in range(1, 9):
        for number in range(1, 17):
            key = f"{age}_dhcp6_ia_na{association}_ia_addr{number}"
            if environ.get(f"{key}_pltime") != "0":
                yield environ.get(key)


def _autoconfigured(environ: Mapping[str, str]) -> Iterator[str | None]:
    for router in range(1, 9):
        for number in range(1, 17):
            yield environ.get(f"nd{router}_addr{number}")


READERS: Final[Mapping[str, Reader]] = {
    "udhcpc": udhcpc,
    "odhcp6c": odhcp6c,
    "dhclient": by_reason,
    "dhcpcd": by_reason,
    "vyos": by_reason,
    "freebsd": by_reason,
}
