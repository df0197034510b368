"""pppd, and EdgeOS, which calls its scripts from pppd and from dhclient alike."""

from collections.abc import Mapping, Sequence
from typing import Final

from edge_agent import inet
from edge_agent.events.foreign import Reader, addresses, at, event
from edge_agent.model import Event

# By script, where the address stands if the arguments lack it. On a redial, ipv6-up still has the IPLOCAL of the session
# before (measured with 2.4.9), so each script trusts its own variable alone. PPP_LOCAL is what Debian's /etc/ppp/ip-up exports.
_LOCAL: Final = {
    "ip-pre-up": ("IPLOCAL", "PPP_LOCAL"),
    "ip-up": ("IPLOCAL", "PPP_LOCAL"),
    "ipv6-up": ("LLLOCAL", "PPP_LOCAL"),
}
_DOWN: Final = ("ip-down", "ipv6-down")


def pppd(source: str, args: Sequence[str], environ: Mapping[str, str]) -> Event:
    """Return what a script says: its name, then the arguments that the manual lists, device tty speed local remote [ipparam].

    A session with IPv4 is `bound`. One with IPv6 alone is `up`: the script is told a link-local address, the global one comes
    by router advertisement without any call. OpenWrt runs ip-up.d for both, so the argument decides, not the name.
    auth-up and auth-down have other arguments (they belong to a server) and are `other`, as is any unknown script.
    """
    script = at(args, 0)
    device = at(args, 1) or environ.get("IFNAME") or environ.get("PPP_IFACE")
    if script in _DOWN:
        return event(source, "down", device)
    if script not in _LOCAL:
        return event(source, "other", device)
    told = addresses((at(args, 4), *map(environ.get, _LOCAL[script])))[:1]
    return event(source, "bound" if any(inet.family_of(address) == 4 for address in told) else "up", device, told)


def edgeos(source: str, args: Sequence[str], environ: Mapping[str, str]) -> Event:
    """Return pppd's event where its script is named, dhclient's where a `reason` is said.

    A script in ppp/ip-up.d or ip-down.d may be called with pppd's own arguments alone: pppd says CONNECT_TIME only at the end.
    """
    if at(args, 0) in (*_LOCAL, *_DOWN):
        return pppd(source, args, environ)
    if environ.get("reason"):
        from edge_agent.events.dhcp import by_reason

        return by_reason(source, args, environ)
    if environ.get("IFNAME") or environ.get("PPP_IFACE"):
        return pppd(source, ("ip-down" if "CONNECT_TIME" in environ else "ip-up", *args), environ)
    return event(source, "other", None)


READERS: Final[Mapping[str, Reader]] = {"pppd": pppd, "edgeos": edgeos}
