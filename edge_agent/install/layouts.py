"""What belongs on which box: its kind is told by its files, and each kind has its hooks and its way to look every few minutes.

A look every few minutes belongs everywhere: some changes have no hook at all (a new prefix in a router advertisement, another
lease in the same state of systemd-networkd, a carrier that flaps under udhcpc).
"""

from collections.abc import Iterator
from typing import Final

from edge_agent import snippets
from edge_agent.install import Box, Need, Piece, Plan, regular
from edge_agent.install.kinds import DHCLIENT, FORWARDER, UDHCPC, kind_of
from edge_agent.snippets import SNIPPETS

_PPPD: Final = ("pppd-ip-up", "pppd-ip-down", "pppd-ipv6-up", "pppd-ipv6-down")


def plan(box: Box, need: Need, *, watch: bool) -> Plan:
    """Return what belongs on the box: hooks and a look every few minutes, or the resident watch alone."""
    if watch:
        return regular.resident(box, need)
    kind = kind_of(box)
    hooks = tuple(piece for name in _hooks(box, kind) for piece in _snippet(box, name, need))
    looks = regular.looks(box, need)
    paste = tuple((name, snippets.block(name, need.agent, need.flags)) for name in _TOMATO) if kind == "tomato" else ()
    return looks._replace(pieces=hooks + looks.pieces, hints=tuple(_hints(box, kind, hooks)), paste=paste + looks.paste)


def everything(need: Need) -> tuple[Piece, ...]:
    """Return every piece that any version of install puts anywhere: what may be there of ours, whatever the box runs now."""
    hooks = tuple(_hook(name, place, need) for name in SNIPPETS for place in _places(name))
    return hooks + regular.everything(need)


def _places(name: str) -> tuple[str, ...]:
    snippet = SNIPPETS[name]
    if name == "udhcpc":
        return UDHCPC
    if name == "dhclient":
        return tuple(f"{path}/zz-edge-agent" for path in DHCLIENT)
    return () if snippet.place.startswith("nvram:") else (snippet.place, *snippet.also)


# --- hooks -----------------------------------------------------------------------------------------------------------

_TOMATO: Final = ("tomato-mwanup",)  # for every WAN; wanup tells of the first alone


def _hooks(box: Box, kind: str) -> tuple[str, ...]:
    """Return the names of the hooks."""
    if kind == "openwrt":  # not udhcpc.user and odhcp6c.user: netifd has not applied yet what they tell of
        mwan3 = "mwan3" in box.programs or "/etc/mwan3.user" in box.paths
        return ("netifd", "mwan3") if mwan3 else ("netifd",)
    ppp = _PPPD if "/etc/ppp/ip-up.d" in box.paths else ()
    fixed = {
        "vyos": ("vyos", *ppp),
        "edgeos": (*_dhclient(box), "edgeos-ip-up", "edgeos-ip-down"),
        "merlin": ("merlin-wan-event", "merlin-ddns-start"),
        "keenetic": ("keenetic-iflayerchanged", "keenetic-ifipchanged", "keenetic-wan"),
        "freebsd": ("freebsd",),
        "opnsense": ("opnsense",),
        "unix": (*_managers(box), *_dhclient(box), *_clients(box), *ppp),
    }
    return fixed.get(kind, ())


def _managers(box: Box) -> Iterator[str]:
    network_manager = "NetworkManager" in box.programs or "/etc/NetworkManager" in box.paths
    if network_manager:
        yield "networkmanager"
    if "networkd-dispatcher" in box.programs or "/etc/networkd-dispatcher" in box.paths:
        yield "networkd"
    # Debian's NetworkManager runs all of if-up.d again at every event: there its own hook does for both. Without it ifupdown has
    # its hook even where a DHCP client has one too and an ifup calls twice: the second call costs next to nothing, and static
    # addresses, tunnels and bridges have no other.
    if "/etc/network/if-up.d" in box.paths and not (network_manager and FORWARDER in box.paths):
        yield from ("ifupdown-up", "ifupdown-down")


def _dhclient(box: Box) -> Iterator[str]:
    if not box.paths.isdisjoint(DHCLIENT):
        yield "dhclient"


def _clients(box: Box) -> Iterator[str]:
    if "dhcpcd" in box.programs or "/etc/dhcpcd.conf" in box.paths:
        yield "dhcpcd"
    if not box.paths.isdisjoint(UDHCPC):  # without its script udhcpc does nothing, and ours alone would be no script for it
        yield "udhcpc"


def _snippet(box: Box, name: str, need: Need) -> tuple[Piece, ...]:
    """Return the pieces of one hook, where this box looks for it."""
    snippet = SNIPPETS[name]
    places: tuple[str, ...] = (snippet.place, *snippet.also)
    if name == "udhcpc":
        places = tuple(path for path in UDHCPC if path in box.paths)
    elif name == "dhclient":
        places = tuple(f"{path}/zz-edge-agent" for path in DHCLIENT if path in box.paths)[:1]
    return tuple(_hook(name, place, need) for place in places)


def _hook(name: str, place: str, need: Need) -> Piece:
    """Return one hook in one place. Merlin's ddns-start answers for the whole of a service: others' answer goes before ours."""
    snippet = SNIPPETS[name]
    if not snippet.block:
        return Piece(snippet.source, place, snippets.whole(name, need.agent, need.flags), mode=snippet.mode)
    text = snippets.block(name, need.agent, need.flags)
    return Piece(snippet.source, place, text, "block", snippet.mode, last=snippet.last, alone=name == "merlin-ddns-start")


def _hints(box: Box, kind: str, hooks: tuple[Piece, ...]) -> Iterator[str]:
    if kind == "unix" and not hooks:
        yield "no DHCP or PPP client with hooks was found: a change is seen at the next look; --watch sees it at once"
    if "/run/systemd/netif/state" in box.paths and not any(piece.about == "networkd" for piece in hooks):
        yield "systemd-networkd has hooks with networkd-dispatcher alone: without it a change is seen at the next look; or --watch"
    if kind == "merlin":
        yield "Merlin runs scripts only with Administration > System > Enable JFFS custom scripts and configs"
    if kind in {"vyos", "edgeos", "opnsense", "pfsense"}:
        yield "an upgrade of the firmware may take some of this away: install again after one"
