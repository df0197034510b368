"""Every caller's call becomes the right Event: 246 recorded ones, and rows for the systems that were not run here."""

import functools
import itertools
import json
import pathlib
import shlex
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from edge_agent import events
from edge_agent.events import dhcp, firmware, managers, ppp, systems
from edge_agent.model import Event, Lease

ROOT = pathlib.Path(__file__).parents[2]
# One call a line, as real clients made it (Debian 12: udhcpc 1.35, dhclient 4.4.3, dhcpcd 9.4, ifupdown 0.8, pppd 2.4.9). `args`
# and `env` are the caller's; dhclient's requested_… are left out. What the call means was written by hand, address by address.
RECORDED = [json.loads(line) for line in (ROOT / "tests/pure/fixtures/hooks.jsonl").read_text("utf-8").splitlines()]


def event(source: str, reason: str, interface: str | None = None, *addresses: str) -> Event:
    return Event(source, reason, interface, tuple(Lease(interface, address) for address in addresses))


@pytest.mark.parametrize("call", [pytest.param(call, id=call["id"]) for call in RECORDED])
def test_recorded(call: Mapping[str, Any]) -> None:
    expected = event(call["source"], call["reason"], call["interface"], *call["addresses"])
    assert events.parse(call["source"], call["args"], call["env"]) == expected


def test_every_recorded_call_is_there() -> None:
    kinds = [call["source"] for call in RECORDED]
    assert {kind: kinds.count(kind) for kind in kinds} == {"dhclient": 55, "dhcpcd": 93, "ifupdown": 17, "udhcpc": 30, "pppd": 51}


# A shell's command line: what stands before the first word without `=` is the environment, the rest are arguments. Then what it
# means: reason, interface (- is None), addresses.
ROWS = (
    # --- DHCP clients: what the recordings lack
    ("udhcpc/six-zero-padded", "interface=wan0 ipv6=2001:0db8:0001:0000:0000:0000:0000:01cc bound", "bound wan0 2001:db8:1::1cc"),
    ("udhcpc/no-argument", "interface=wan0 ip=192.0.2.7", "other wan0 192.0.2.7"),
    ("udhcpc/unknown-word", "sneeze", "other -"),
    ("dhclient/no-environment", "x", "other -"),
    (
        "dhclient/deprefer-names-an-old-address",
        "reason=DEPREF6 interface=wan0 cur_ip6_address=2001:db8::7 new_ip6_address=2001:db8::7",
        "lost wan0",
    ),
    (
        "dhclient/bound6-preferred-for-no-time",
        "reason=BOUND6 interface=wan0 new_ip6_address=2001:db8::7 new_preferred_life=0",
        "other wan0",
    ),
    (
        "dhclient/renew6-another",
        "reason=RENEW6 interface=wan0 new_ip6_address=2001:db8:2::7 old_ip6_address=2001:db8:1::7",
        "changed wan0 2001:db8:2::7",
    ),
    ("dhclient/rebind-without-old", "reason=REBIND interface=wan0 new_ip_address=192.0.2.7", "bound wan0 192.0.2.7"),
    ("dhclient/delegated-prefix-alone", "reason=BOUND6 interface=wan0 new_ip6_prefix=2001:db8:9::/56", "other wan0"),
    ("dhclient/alias", "reason=BOUND interface=eth0:1 new_ip_address=192.0.2.7", "bound eth0 192.0.2.7"),
    ("dhcpcd/test", "reason=TEST interface=wan0 new_ip_address=192.0.2.7", "starting wan0"),
    ("dhcpcd/reconfigure", "reason=RECONFIGURE interface=wan0", "up wan0"),
    ("dhcpcd/departed", "reason=DEPARTED interface=wan0", "down wan0"),
    ("dhcpcd/roaming", "reason=NOCARRIER_ROAMING interface=wlan0", "down wlan0"),
    ("dhcpcd/static", "reason=STATIC interface=wan0 new_ip_address=192.0.2.7", "bound wan0 192.0.2.7"),
    (
        "dhcpcd/two-routers",
        "reason=ROUTERADVERT interface=wan0 nd1_addr1=2001:db8:1::7/64 nd2_addr1=2001:db8:2::7/64 nd2_from=fe80::2",
        "router wan0 2001:db8:1::7 2001:db8:2::7",
    ),
    (
        "dhcpcd/renumbered-in-one-reply",
        (
            "reason=RENEW6 interface=wan0 new_dhcp6_ia_na1_ia_addr1=2001:db8:1::7 new_dhcp6_ia_na1_ia_addr1_pltime=0"
            " new_dhcp6_ia_na1_ia_addr2=2001:db8:2::7 new_dhcp6_ia_na1_ia_addr2_pltime=120"
            " old_dhcp6_ia_na1_ia_addr1=2001:db8:1::7 old_dhcp6_ia_na1_ia_addr1_pltime=120"
        ),
        "changed wan0 2001:db8:2::7",
    ),
    ("vyos/renew", "reason=RENEW interface=eth0 new_ip_address=192.0.2.7 old_ip_address=192.0.2.7", "renewed eth0 192.0.2.7"),
    ("vyos/vrf-expire", "reason=EXPIRE interface=eth0 old_ip_address=192.0.2.7", "lost eth0"),
    ("freebsd/medium", "reason=MEDIUM interface=em0", "starting em0"),
    ("freebsd/arpcheck", "reason=ARPCHECK interface=em0 new_ip_address=192.0.2.7", "starting em0"),
    ("freebsd/arpsend", "reason=ARPSEND interface=em0 new_ip_address=192.0.2.7", "starting em0"),
    ("freebsd/bound", "reason=BOUND interface=em0 new_ip_address=192.0.2.7", "bound em0 192.0.2.7"),
    ("odhcp6c/started", "wan6 started", "starting wan6"),
    (
        "odhcp6c/bound",
        (
            "ADDRESSES=2001:db8:1::7/128,3600,7200 RA_ADDRESSES='2001:db8:2::7/64,0,7200 2001:db8:3::7/64,600,7200'"
            " PREFIXES=2001:db8:9::/56,1,2 eth0.2 bound"
        ),
        "bound eth0.2 2001:db8:1::7 2001:db8:3::7",
    ),
    ("odhcp6c/informed", "RA_ADDRESSES=2001:db8::7/64,600,7200 eth0 informed", "router eth0 2001:db8::7"),
    ("odhcp6c/ra-updated", "RA_ADDRESSES=2001:db8::7/64,600,7200 eth0 ra-updated", "router eth0 2001:db8::7"),
    ("odhcp6c/updated", "ADDRESSES=2001:db8::7/128,600,7200,class=1 eth0 updated", "renewed eth0 2001:db8::7"),
    ("odhcp6c/rebound", "ADDRESSES=2001:db8::7 eth0 rebound", "renewed eth0 2001:db8::7"),
    ("odhcp6c/unbound", "ADDRESSES=2001:db8::7/128,600,7200 eth0 unbound", "lost eth0"),
    ("odhcp6c/stopped", "ADDRESSES=2001:db8::7/128,600,7200 eth0 stopped", "released eth0"),
    ("odhcp6c/no-arguments", "", "other -"),
    # --- pppd
    ("pppd/no-ipparam", "ip-up ppp0 '' 0 192.0.2.7 192.0.2.1", "bound ppp0 192.0.2.7"),
    (
        "pppd/arguments-beat-the-environment",
        "IFNAME=ppp0 IPLOCAL=192.0.2.99 ip-up ppp1 '' 0 192.0.2.7 192.0.2.1",
        "bound ppp1 192.0.2.7",
    ),
    ("pppd/environment-alone", "IFNAME=ppp0 IPLOCAL=192.0.2.7 ip-up", "bound ppp0 192.0.2.7"),
    ("pppd/stale-local-in-ipv6-up", "IPLOCAL=192.0.2.99 ipv6-up ppp0", "up ppp0"),
    ("pppd/ipv6-up-environment", "IFNAME=ppp0 LLLOCAL=fe80::00f9:1 ipv6-up", "up ppp0 fe80::f9:1"),
    ("pppd/openwrt-ip-up.d-for-ipv6", "IPLOCAL=192.0.2.99 ip-up pppoe-wan '' 0 fe80::1 fe80::2 wan", "up pppoe-wan fe80::1"),
    ("pppd/no-name", "IFNAME=ppp0 IPLOCAL=192.0.2.7", "other ppp0"),
    ("edgeos/ppp", "PPP_IFACE=pppoe0 PPP_LOCAL=192.0.2.7 ip-up", "bound pppoe0 192.0.2.7"),
    ("edgeos/ppp-down", "PPP_IFACE=pppoe0 PPP_LOCAL=192.0.2.7 ip-down", "down pppoe0"),
    ("edgeos/dhclient", "reason=BOUND interface=eth0 new_ip_address=192.0.2.7", "bound eth0 192.0.2.7"),
    ("edgeos/ppp-in-spite-of-a-reason", "reason=BOUND ip-up ppp0 '' 0 192.0.2.7", "bound ppp0 192.0.2.7"),
    ("edgeos/no-name-up", "IFNAME=ppp0 ppp0 '' 0 192.0.2.7 192.0.2.1", "bound ppp0 192.0.2.7"),
    ("edgeos/no-name-down", "PPP_IFACE=ppp0 CONNECT_TIME=5 ppp0 '' 0 192.0.2.7 192.0.2.1", "down ppp0"),
    ("edgeos/boot", "post-config.d", "other -"),
    # --- network managers
    (
        "networkmanager/up",
        (
            "DEVICE_IP_IFACE=eth0 IP4_ADDRESS_0='192.0.2.7/24 192.0.2.1' IP4_ADDRESS_1='192.0.2.8/24 0.0.0.0'"
            " DHCP4_IP_ADDRESS=192.0.2.7 IP6_ADDRESS_0='2001:DB8::7/64 fe80::1' DHCP6_IP6_ADDRESS=2001:db8::1c eth0 up"
        ),
        "bound eth0 192.0.2.7 2001:db8::1c 192.0.2.8 2001:db8::7",
    ),
    (
        "networkmanager/modem",
        "DEVICE_IFACE=cdc-wdm0 DEVICE_IP_IFACE=wwan0 IP4_ADDRESS_0='192.0.2.7/30 192.0.2.8' cdc-wdm0 up",
        "bound wwan0 192.0.2.7",
    ),
    ("networkmanager/up-without-address", "br0 up", "up br0"),
    ("networkmanager/pre-up", "IP4_ADDRESS_0='192.0.2.7/24 192.0.2.1' eth0 pre-up", "starting eth0"),
    ("networkmanager/dhcp4-change", "DHCP4_IP_ADDRESS=192.0.2.7 eth0 dhcp4-change", "renewed eth0 192.0.2.7"),
    ("networkmanager/dhcp6-change", "DHCP6_IP6_ADDRESS=2001:db8::7 eth0 dhcp6-change", "renewed eth0 2001:db8::7"),
    ("networkmanager/reapply", "IP4_ADDRESS_0='192.0.2.7/24 192.0.2.1' eth0 reapply", "other eth0 192.0.2.7"),
    ("networkmanager/down", "IP4_ADDRESS_0='192.0.2.7/24 192.0.2.1' eth0 down", "down eth0"),
    ("networkmanager/pre-down", "eth0 pre-down", "down eth0"),
    ("networkmanager/hostname", "none hostname", "other -"),
    ("networkmanager/dns-change", "'' dns-change", "other -"),
    ("networkmanager/connectivity-full", "CONNECTIVITY_STATE=FULL '' connectivity-change", "up -"),
    ("networkmanager/connectivity-none", "CONNECTIVITY_STATE=NONE '' connectivity-change", "down -"),
    ("networkmanager/connectivity-portal", "CONNECTIVITY_STATE=PORTAL '' connectivity-change", "other -"),
    (
        "networkmanager/vpn-up",
        (
            "VPN_IP_IFACE=tun0 DEVICE_IP_IFACE=eth0 DHCP4_IP_ADDRESS=192.0.2.7 IP4_ADDRESS_0='192.0.2.7/24 192.0.2.1'"
            " VPN_IP4_ADDRESS_0='198.51.100.7/24 0.0.0.0' tun0 vpn-up"
        ),
        "bound tun0 198.51.100.7",
    ),
    ("networkmanager/vpn-down", "DEVICE_IP_IFACE=eth0 tun0 vpn-down", "down tun0"),
    ("networkmanager/no-arguments", "NM_DISPATCHER_ACTION=up DEVICE_IFACE=eth0", "up eth0"),
    (
        "networkd/routable",
        "IFACE=eth0 STATE=routable ADDR=192.0.2.7 IP_ADDRS='192.0.2.7 192.0.2.8' IP6_ADDRS='fe80::1 2001:db8::7'",
        "bound eth0 192.0.2.7 192.0.2.8 fe80::1 2001:db8::7",
    ),
    ("networkd/routable-without-address", "IFACE=eth0 STATE=routable", "up eth0"),
    ("networkd/degraded", "IFACE=eth0 STATE=degraded IP6_ADDRS=fe80::1", "up eth0 fe80::1"),
    ("networkd/configuring", "IFACE=eth0 STATE=configuring", "starting eth0"),
    ("networkd/no-carrier", "IFACE=eth0 STATE=no-carrier ADDR=192.0.2.7", "down eth0"),
    ("networkd/failed", "IFACE=eth0 STATE=failed", "failed eth0"),
    ("networkd/enslaved", "IFACE=eth0 STATE=enslaved", "other eth0"),
    ("ifupdown/all-interfaces", "IFACE=--all MODE=start PHASE=post-up", "up -"),
    ("ifupdown/loopback", "IFACE=lo MODE=start PHASE=post-up", "up -"),
    ("ifupdown/by-networkmanager", "IFACE=eth0 MODE=start METHOD=NetworkManager", "up eth0"),
    ("ifupdown/stop-without-phase", "IFACE=eth0 MODE=stop", "down eth0"),
    ("ifupdown/nothing", "", "other -"),
    # --- firmware of routers
    ("netifd/ifup", "ACTION=ifup INTERFACE=wan DEVICE=pppoe-wan", "up pppoe-wan"),
    ("netifd/ifdown-tells-no-device", "ACTION=ifdown INTERFACE=wan", "down -"),
    ("netifd/ifup-failed", "ACTION=ifup-failed INTERFACE=wan", "failed -"),
    ("netifd/new-addresses", "ACTION=ifupdate INTERFACE=wan6 DEVICE=eth1 IFUPDATE_ADDRESSES=1", "changed eth1"),
    ("netifd/new-prefixes", "ACTION=ifupdate INTERFACE=wan6 DEVICE=eth1 IFUPDATE_PREFIXES=1", "changed eth1"),
    ("netifd/update-of-data", "ACTION=ifupdate INTERFACE=wan DEVICE=eth1 IFUPDATE_DATA=1", "other eth1"),
    ("netifd/loopback", "ACTION=ifup INTERFACE=loopback DEVICE=lo", "up -"),
    ("mwan3/connected", "ACTION=connected INTERFACE=wan DEVICE=eth1", "up eth1"),
    ("mwan3/disconnected", "ACTION=disconnected INTERFACE=wan DEVICE=eth1", "down eth1"),
    ("merlin/init", "wan-event 0 init", "starting -"),
    ("merlin/connecting", "wan-event 0 connecting", "starting -"),
    ("merlin/connected", "wan-event 1 connected", "up -"),
    ("merlin/disconnected", "wan-event 0 disconnected", "down -"),
    ("merlin/stopped", "wan-event 0 stopped", "down -"),
    ("merlin/unknown-state", "wan-event 0 dreaming", "other -"),
    ("merlin/ddns-start", "ddns-start 192.0.2.7", "bound - 192.0.2.7"),
    ("merlin/ddns-start-without-address", "ddns-start ''", "other -"),
    ("merlin/dhcpc-event-4", "interface=eth0 ip=192.0.2.7 dhcpc-event bound 4", "bound eth0 192.0.2.7"),
    ("merlin/dhcpc-event-6", "ADDRESSES=2001:db8::7/128,600,7200 dhcpc-event updated 6", "renewed - 2001:db8::7"),
    ("merlin/dhcpc-event-of-old", "interface=eth0 dhcpc-event deconfig", "lost eth0"),
    ("merlin/wan-start", "wan-start 0", "up -"),
    ("merlin/services-start", "services-start", "other -"),
    ("tomato/wanup", "wanup", "up -"),
    ("tomato/mwanup", "mwanup 2", "up -"),
    ("tomato/fire", "fire", "other -"),
    (
        "keenetic/new-address",
        "id=PPPoE0 interface=PPPoE0 system_name=ppp0 address=192.0.2.7 mask=255.255.255.255 up=up ifipchanged.d",
        "changed ppp0 192.0.2.7",
    ),
    ("keenetic/address-gone", "system_name=ppp0 address=0.0.0.0 ifipchanged", "lost ppp0"),
    ("keenetic/layer-running", "system_name=ppp0 layer=ipv4 level=running iflayerchanged.d hook", "up ppp0"),
    ("keenetic/layer-disabled", "system_name=ppp0 layer=ctrl level=disabled iflayerchanged.d", "down ppp0"),
    ("keenetic/layer-pending", "system_name=ppp0 layer=conf level=pending iflayerchanged.d", "other ppp0"),
    ("keenetic/connected", "system_name=eth3 change=connected connected=yes link=up ifstatechanged.d", "up eth3"),
    ("keenetic/link-down", "system_name=eth3 change=link link=down up=up ifstatechanged.d", "down eth3"),
    ("keenetic/created", "system_name=nwg0 ifcreated.d", "other nwg0"),
    ("keenetic/destroyed", "system_name=nwg0 ifdestroyed.d", "down nwg0"),
    ("keenetic/wan-start", "interface=PPPoE0 wan.d start", "up -"),
    ("keenetic/wan-stop", "interface=PPPoE0 wan.d stop", "down -"),
    ("keenetic/wan-without-word", "wan.d", "other -"),
    # --- whole systems
    ("opnsense/newip", "newip igb0 force", "changed igb0"),
    ("opnsense/plugin-hook-has-names-of-its-own", "newwanip wan", "changed -"),
    ("opnsense/opt1", "newwanip opt1", "changed -"),
    ("opnsense/optic0-is-a-device", "newip optic0", "changed optic0"),
    ("opnsense/pfsense", "rc.newwanipv6 em0", "changed em0"),
    ("opnsense/linkup-start", "linkup start igb0", "up igb0"),
    ("opnsense/linkup-stop", "linkup stop lan", "down -"),
    ("opnsense/ppp-linkup", "ppp-linkup pppoe0 inet 100.64.1.2/32 192.0.2.1 -", "bound pppoe0 100.64.1.2"),
    ("opnsense/ppp-linkup-without-address", "ppp-linkup pppoe0 inet6", "up pppoe0"),
    ("opnsense/ppp-linkdown", "ppp-linkdown pppoe0 inet", "down pppoe0"),
    ("opnsense/gateway-monitor", "monitor WAN_GW", "other -"),
    ("macos/watch-paths", "PATH=/usr/bin:/bin", "other -"),
    ("windows/connected", "10000", "up -"),
    ("windows/disconnected", "disconnected", "down -"),
    ("windows/timer", "", "other -"),
    # --- anything else
    (
        "generic/all",
        "--interface 'Ethernet 2' --address 192.0.2.7/24 --address=2001:DB8::7%eth0 --reason=changed",
        "changed 'Ethernet 2' 192.0.2.7 2001:db8::7",
    ),
    ("generic/address-first", "--address=192.0.2.7 --interface=wan0", "other wan0 192.0.2.7"),
    ("generic/unknown-reason", "--reason because", "other -"),
    ("generic/later-wins", "--interface=a --interface b --reason=up --reason=router", "router b"),
    ("generic/down-names-what-was", "--interface=ppp0 --address=192.0.2.7 --reason=down", "down ppp0"),
    ("generic/value-missing", "--reason=up --interface", "up -"),
    ("generic/passed-over", "-v --colour=red wan0 --reason=up", "up -"),
    ("generic/nothing", "", "other -"),
)


def call_of(line: str) -> tuple[list[str], dict[str, str]]:
    """Return arguments and environment."""
    words = shlex.split(line)
    ahead = list(itertools.takewhile(lambda word: word.partition("=")[0].isidentifier() and "=" in word, words))
    return words[len(ahead) :], dict(word.split("=", 1) for word in ahead)


@pytest.mark.parametrize(("name", "line", "meaning"), [pytest.param(*row, id=row[0]) for row in ROWS])
def test_call(name: str, line: str, meaning: str) -> None:
    source = name.partition("/")[0]
    reason, interface, *addresses = shlex.split(meaning)
    expected = event(source, reason, None if interface == "-" else interface, *addresses)
    assert events.parse(source, *call_of(line)) == expected


def test_every_source_has_rows_and_a_parser() -> None:
    parsers = {**dhcp.READERS, **ppp.READERS, **managers.READERS, **firmware.READERS, **systems.READERS}
    assert set(parsers) == set(events.SOURCES) == {name.partition("/")[0] for name, *_ in ROWS}


def test_every_reason_is_met() -> None:
    met = {call["reason"] for call in RECORDED} | {meaning.split()[0] for _, _, meaning in ROWS}
    assert met == set(events.REASONS) - {"manual"}


def test_a_name_that_is_no_source() -> None:
    assert events.parse("dhcp", [], {}) is None
    assert events.near("DHCPclient ")[0] == "dhclient"
    assert events.near("x" * 1000) == ()


def test_by_hand() -> None:
    assert events.by_hand() == Event("manual", "manual")


# --- what may be taken for a device or an address ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "name"),
    [
        pytest.param(" eth0\n", "eth0", id="blanks"),
        pytest.param("Ethernet 2", "Ethernet 2", id="windows"),
        pytest.param("wän", "wän", id="not-ascii"),
        pytest.param("x" * 64, "x" * 64, id="longest"),
        pytest.param("x" * 65, None, id="too-long-is-not-cut"),
        pytest.param("eth0\x1b[31m", None, id="escape-sequence"),
        pytest.param("eth\udcff", None, id="octets-that-are-no-text"),
        pytest.param("/dev/ppp", None, id="path"),
        pytest.param(":1", None, id="label-alone"),
        pytest.param("lo0", None, id="loopback-of-bsd"),
        pytest.param("none", None, id="networkmanager-none"),
        pytest.param(" ", None, id="blank"),
    ],
)
def test_interface(said: str, name: str | None) -> None:
    assert events.parse("netifd", [], {"ACTION": "ifup", "DEVICE": said}) == event("netifd", "up", name)


@pytest.mark.parametrize(
    ("said", "address"),
    [
        pytest.param(" 192.0.2.7\n", "192.0.2.7", id="blanks"),
        pytest.param("fe80::00f9%ppp0/64", "fe80::f9", id="zone-before-length"),
        pytest.param("fe80::00f9/64%ppp0", "fe80::f9", id="length-before-zone"),
        pytest.param("169.254.7.7", "169.254.7.7", id="link-local-is-the-choice-s-to-refuse"),
        pytest.param("0.0.0.0/0", None, id="no-address-v4"),
        pytest.param("0:0:0:0:0:0:0:0", None, id="no-address-v6"),
        pytest.param("192.0.2.07", None, id="octal"),
        pytest.param("192.0.2.7" + " " * 200, None, id="too-long"),
        pytest.param("home.example.com", None, id="name"),
    ],
)
def test_address(said: str, address: str | None) -> None:
    found = events.parse("generic", ["--address", said], {})
    assert found == event("generic", "other", None, *([address] if address else []))


def test_leases_are_bounded_and_stand_once() -> None:
    many = " ".join(f"2001:db8::{number:x}" for number in range(1, 10_000))
    found = events.parse("networkd", [], {"STATE": "routable", "IFACE": "eth0", "ADDR": "192.0.2.7", "IP6_ADDRS": many})
    assert found is not None
    assert [lease.address for lease in found.leases] == ["192.0.2.7", *(f"2001:db8::{number:x}" for number in range(1, 64))]


# --- several events, one run ------------------------------------------------------------------------------------------

BOUND = event("dhclient", "bound", "wan0", "192.0.2.7")


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        pytest.param(
            BOUND,
            event("dhclient", "bound", "wan0", "192.0.2.8"),
            event("dhclient", "bound", "wan0", "192.0.2.7", "192.0.2.8"),
            id="same-family",
        ),
        pytest.param(
            event("dhclient", "bound", "wan0", "192.0.2.7", "192.0.2.8"),
            BOUND,
            event("dhclient", "bound", "wan0", "192.0.2.8", "192.0.2.7"),
            id="told-again",
        ),
        pytest.param(
            BOUND,
            event("dhclient", "bound", "wan0", "2001:db8::7", "2001:db8::8"),
            event("dhclient", "bound", "wan0", "192.0.2.7", "2001:db8::7", "2001:db8::8"),
            id="both-families",
        ),
        pytest.param(
            BOUND,
            event("pppd", "bound", "ppp0", "192.0.2.9"),
            Event("pppd", "bound", "ppp0", (Lease("wan0", "192.0.2.7"), Lease("ppp0", "192.0.2.9"))),
            id="another-interface",
        ),
        pytest.param(BOUND, event("dhclient", "lost", "wan0"), event("dhclient", "lost", "wan0"), id="lost"),
        pytest.param(BOUND, event("dhclient", "released", "wan0"), event("dhclient", "released", "wan0"), id="released"),
        pytest.param(BOUND, event("dhcpcd", "down", "wan0"), event("dhcpcd", "down", "wan0"), id="down"),
        pytest.param(
            BOUND, event("pppd", "down", "ppp0"), Event("pppd", "down", "ppp0", BOUND.leases), id="another-interface-down"
        ),
        pytest.param(BOUND, event("netifd", "down"), Event("netifd", "down", None, BOUND.leases), id="down-of-who-knows-what"),
        pytest.param(
            BOUND, event("udhcpc", "failed", "wan0"), Event("udhcpc", "failed", "wan0", BOUND.leases), id="failed-ends-nothing"
        ),
        pytest.param(BOUND, event("dhcpcd", "starting", "eth9"), BOUND, id="a-beginning-hides-nothing"),
        pytest.param(event("dhcpcd", "starting", "wan0"), BOUND, BOUND, id="after-a-beginning"),
        pytest.param(event("a", "starting", "a"), event("b", "starting", "b"), event("b", "starting", "b"), id="two-beginnings"),
    ],
)
def test_merged(earlier: Event, later: Event, expected: Event) -> None:
    assert events.merged(earlier, later) == expected


def test_a_burst_keeps_the_latest_leases() -> None:
    bursts = [event("generic", "up", f"ppp{number}", f"192.0.2.{number}") for number in range(1, 101)]
    found = functools.reduce(events.merged, bursts)
    assert [lease.interface for lease in found.leases] == [f"ppp{number}" for number in range(37, 101)]


# --- the queue's lines ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waiting", "line"),
    [
        pytest.param(Event("manual", "manual"), "manual manual", id="bare"),
        pytest.param(BOUND, "dhclient bound @wan0 192.0.2.7@wan0", id="lease"),
        pytest.param(event("merlin", "bound", None, "192.0.2.7"), "merlin bound 192.0.2.7", id="lease-of-no-interface"),
        pytest.param(event("generic", "up", "Ethernet 2%\n"), "generic up @Ethernet%202%25%0A", id="escaped"),
        pytest.param(event("generic", "up", ""), "generic up @", id="empty-is-not-none"),
        pytest.param(event("generic", "up", "a@b", "::1"), "generic up @a@b ::1@a@b", id="at"),
    ],
)
def test_line(waiting: Event, line: str) -> None:
    assert events.encode(waiting) == line
    assert events.decode(line) == waiting


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("", id="empty"),
        pytest.param("dhclient", id="torn-after-the-source"),
        pytest.param("dhclient because", id="reason"),
        pytest.param("dhclient bound\n", id="newline"),
        pytest.param("dhclient bound @wan0 192.0.2.07@wan0", id="address-not-canonical"),
        pytest.param("dhclient bound @wan0 @wan1", id="interface-twice"),
        pytest.param("dhclient bound  192.0.2.7", id="two-blanks"),
        pytest.param("dhclient bound @wan%2", id="torn-escape"),
        pytest.param("dhclient bound @wan%30", id="needless-escape"),
        pytest.param("dhclient bound @w\u00e4n", id="not-ascii"),
        pytest.param("dhclient bound @%FF", id="not-utf-8"),
        pytest.param("dhclient bound " + " ".join(f"192.0.2.{number}" for number in range(65)), id="too-many-leases"),
        pytest.param("dhclient bound " + "192.0.2.7 " * 100_000, id="megabyte"),
    ],
)
def test_a_line_that_no_one_wrote(line: str) -> None:
    assert events.decode(line) is None


# --- what a call costs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", events.SOURCES)
def test_a_call_loads_one_parser_and_nothing_heavy(source: str) -> None:
    script = (
        "import sys; from edge_agent import inet, ledger; before = set(sys.modules); from edge_agent import events;"
        f"events.encode(events.parse({source!r}, ['dhcpc-event'], {{}})); print(*sys.modules.keys() - before)"
    )
    ran = subprocess.run([sys.executable, "-S", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = {dhcp: "dhcp", ppp: "ppp", managers: "managers", firmware: "firmware", systems: "systems"}
    own = {next(name for module, name in wanted.items() if source in module.READERS), "foreign"}
    called = {"dhcp"} if source == "merlin" else set()  # its dhcpc-event is udhcpc's
    assert set(ran.stdout.split()) == {"edge_agent.events", *(f"edge_agent.events.{name}" for name in own | called)}
