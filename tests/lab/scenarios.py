"""Boxes as people have them, built from namespaces, each with its one right answer per family.

The box stands in one namespace, everything outside in another (`world`), routers between them in their own. Uplink N has
45.83.N.0/24 and 2a0d:1234:N::/64, the box is .2 and ::2, the next hop .1 and fe80::1. Addresses of lo and the kernel's own
link-local ones are not listed as losers: they always lose for those reasons.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, NamedTuple

from tests.lab.net import Lab

ECHO4: Final = "45.90.0.1"
ECHO6: Final = "2a0d:9999::1"


class Expected(NamedTuple):
    """What `explain` has to say about one family; `losers` are {address: reason}."""

    kind: str
    address: str | None = None
    interface: str | None = None
    losers: Mapping[str, str] = {}
    reason: str | None = None
    origin: str | None = None
    nat: str | None = None


def use(address: str, interface: str, origin: str = "interface", nat: str = "none", **_: str) -> Expected:
    return Expected("use", address, interface, {}, None, origin, nat)


def hold(reason: str = "no_route") -> Expected:
    return Expected("hold", reason=reason)


class Stage:
    """The namespaces of one scenario and the words to furnish them with."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.box = lab.namespace("box")
        self.world = lab.namespace("world")
        lab.ip(self.world, f"addr add {ECHO4}/32 dev lo\naddr add {ECHO6}/128 dev lo nodad")

    def ip(self, script: str) -> None:
        self.lab.ip(self.box, script)

    def uplink(self, port: str, number: int, metric: int | None = None, *, alive: bool = True, bare: bool = False) -> None:
        """Give the box an uplink: address, and with a metric the default routes. `alive`: the next hop exists."""
        self.lab.cable(self.box, port, self.world, f"up{number}")
        if alive:
            self.next_hop(f"up{number}", number)
        if not bare:
            self.addresses(port, number)
        if metric is not None:
            self.defaults(port, number, f"metric {metric}")

    def next_hop(self, far: str, number: int) -> None:
        self.lab.ip(
            self.world,
            f"""
            addr add 45.83.{number}.1/24 dev {far}
            addr add fe80::1/64 dev {far} nodad
            addr add 2a0d:1234:{number}::1/64 dev {far} nodad
            """,
        )

    def addresses(self, port: str, number: int) -> None:
        self.ip(f"addr add 45.83.{number}.2/24 dev {port}\naddr add 2a0d:1234:{number}::2/64 dev {port} nodad")

    def defaults(self, port: str, number: int, more: str) -> None:
        self.ip(f"route add default via 45.83.{number}.1 dev {port} {more}\n-6 route add default via fe80::1 dev {port} {more}")

    def router(self, port: str, inside: str, own: str, number: int, metric: int, *, alive: bool = True) -> None:
        """Put a router that hides the box (`own`/24, next hop `inside`) behind 45.83.N.2."""
        router = self.lab.namespace(f"router{number}")
        self.lab.cable(self.box, port, router, "lan0")
        self.lab.cable(router, "ext0", self.world, f"up{number}")
        self.next_hop(f"up{number}", number)
        inner = f"addr add {inside}/24 dev lan0" if alive else ""
        self.lab.ip(router, f"{inner}\naddr add 45.83.{number}.2/24 dev ext0\nroute add default via 45.83.{number}.1")
        self.lab.sysctl(router, "net.ipv4.ip_forward=1")
        self.lab.nft(router, 'table ip nat { chain out { type nat hook postrouting priority 100; oifname "ext0" masquerade; }; }')
        self.ip(f"addr add {own}/24 dev {port}\nroute add default via {inside} dev {port} metric {metric}")


Build = Callable[[Stage], Mapping[str, str] | None]


class Scenario(NamedTuple):
    """A box to build, flags for the agent, what services it needs outside, and the right answers.

    `build` may return names for addresses that are not known beforehand; losers are then keyed by these names.
    """

    name: str
    build: Build
    ipv4: Expected
    ipv6: Expected
    flags: tuple[str, ...] = ()
    echo: bool = False


class Standing(NamedTuple):
    """A scenario that is up."""

    lab: Lab
    box: str
    world: str
    ipv4: Expected
    ipv6: Expected


ALL: dict[str, Scenario] = {}


def scenario(
    name: str,
    ipv4: tuple[Expected, Mapping[str, str]],
    ipv6: tuple[Expected, Mapping[str, str]],
    flags: tuple[str, ...] = (),
    *,
    echo: bool = False,
) -> Callable[[Build], Build]:
    def note(build: Build) -> Build:
        four, six = (expected._replace(losers=losers) for expected, losers in (ipv4, ipv6))
        ALL[name] = Scenario(name, build, four, six, flags, echo)
        return build

    return note


@contextmanager
def standing(found: Scenario) -> Iterator[Standing]:
    """Build a scenario; yield it with the names of its losers filled in; tear it down."""
    with Lab() as lab:
        stage = Stage(lab)
        names = found.build(stage) or {}
        four, six = (
            expected._replace(losers={names.get(loser, loser): reason for loser, reason in expected.losers.items()})
            for expected in (found.ipv4, found.ipv6)
        )
        yield Standing(lab, stage.box, stage.world, four, six)


WAN0_4, WAN1_4 = "45.83.1.2", "45.83.2.2"
WAN0_6, WAN1_6 = "2a0d:1234:1::2", "2a0d:1234:2::2"
TUN_4, TUN_6 = "45.83.9.2", "2a0d:1234:9::2"
NOTHING: Mapping[str, str] = {}
ON_WAN0 = (use(WAN0_4, "wan0"), NOTHING), (use(WAN0_6, "wan0"), NOTHING)


def wan0_beats_wan1(reason: str = "outranked") -> tuple[tuple[Expected, Mapping[str, str]], tuple[Expected, Mapping[str, str]]]:
    return (use(WAN0_4, "wan0"), {WAN1_4: reason}), (use(WAN0_6, "wan0"), {WAN1_6: reason})


def wan1_beats_wan0(reason: str = "outranked") -> tuple[tuple[Expected, Mapping[str, str]], tuple[Expected, Mapping[str, str]]]:
    return (use(WAN1_4, "wan1"), {WAN0_4: reason}), (use(WAN1_6, "wan1"), {WAN0_6: reason})


# --- plain uplinks ---------------------------------------------------------------------------------------------------


@scenario("only-loopback", (hold(), NOTHING), (hold(), NOTHING))
def only_loopback(stage: Stage) -> None:
    del stage


@scenario("two-defaults/lower-metric-wins", *wan0_beats_wan1())
def two_defaults(stage: Stage) -> None:
    stage.uplink("wan1", 2, 200)
    stage.uplink("wan0", 1, 100)


@scenario("two-defaults/next-hop-dead", *wan1_beats_wan0("unreachable"))
def next_hop_dead(stage: Stage) -> None:
    stage.uplink("wan0", 1, 100, alive=False)
    stage.uplink("wan1", 2, 200)


@scenario(
    "next-hop-dead/no-other",
    (hold("unreachable"), {WAN0_4: "unreachable"}),
    (hold("unreachable"), {WAN0_6: "unreachable"}),
)
def no_other(stage: Stage) -> None:
    stage.uplink("wan0", 1, 100, alive=False)


@scenario("two-defaults/better-link-down", *wan1_beats_wan0("link_down"))
def better_link_down(stage: Stage) -> None:
    stage.uplink("wan0", 1, 100)
    stage.uplink("wan1", 2, 200)
    stage.lab.ip(stage.world, "link set up1 down")


@scenario("two-defaults/admin-down-keeps-address", *wan1_beats_wan0("link_down"))
def admin_down(stage: Stage) -> None:
    stage.uplink("wan0", 1, 100)
    stage.uplink("wan1", 2, 200)
    stage.lab.sysctl(stage.box, "net.ipv6.conf.wan0.keep_addr_on_down=1")
    stage.ip("link set wan0 down")


@scenario("no-carrier", (hold("link_down"), {WAN0_4: "link_down"}), (hold("link_down"), {WAN0_6: "link_down"}))
def no_carrier(stage: Stage) -> None:
    stage.uplink("wan0", 1, 100)
    stage.lab.ip(stage.world, "link set up1 down")


@scenario("bridge", (use(WAN0_4, "br0"), NOTHING), (use(WAN0_6, "br0"), NOTHING))
def bridge(stage: Stage) -> None:
    stage.uplink("port0", 1, bare=True)
    stage.ip("link add br0 type bridge\nlink set port0 master br0\nlink set br0 up")
    stage.addresses("br0", 1)
    stage.defaults("br0", 1, "metric 100")


@scenario("macvlan", (use(WAN0_4, "mv0"), {"45.83.2.2": "no_route"}), (use(WAN0_6, "mv0"), {"2a0d:1234:2::2": "no_route"}))
def macvlan(stage: Stage) -> None:
    stage.uplink("eth0", 1, bare=True)
    stage.ip("link add mv0 link eth0 address 02:00:00:00:0c:01 type macvlan mode bridge\nlink set mv0 up")
    stage.addresses("mv0", 1)
    stage.addresses("eth0", 2)
    stage.defaults("mv0", 1, "metric 100")


@scenario(
    "gateway-forwards-nothing",
    *wan1_beats_wan0("unreachable"),
    ("--check", "outside", "--deadline", "6s"),
    echo=True,
)
def forwards_nothing(stage: Stage) -> None:
    deadend = stage.lab.namespace("deadend")
    stage.lab.cable(stage.box, "wan0", deadend, "up0")
    stage.lab.ip(deadend, "addr add 45.83.1.1/24 dev up0\naddr add fe80::1/64 dev up0 nodad")
    stage.addresses("wan0", 1)
    stage.defaults("wan0", 1, "metric 100")
    stage.uplink("wan1", 2, 200)


# --- device-only -----------------------------------------------------------------------------------------------------

BY_TUN = (use(TUN_4, "tun0"), {WAN0_4: "outranked"}), (use(TUN_6, "tun0"), {WAN0_6: "outranked"})


def with_tun(stage: Stage) -> None:
    stage.lab.tun(stage.box, "tun0")
    stage.ip(f"addr add {TUN_4} peer 45.83.9.1 dev tun0\naddr add {TUN_6}/64 dev tun0 nodad")
    stage.uplink("wan0", 1, 500)


@scenario("tun-beside-ethernet", *BY_TUN)
def tun_beside_ethernet(stage: Stage) -> None:
    with_tun(stage)
    stage.ip("route add default dev tun0 metric 50\n-6 route add default dev tun0 metric 50")


@scenario("openvpn-halves", *BY_TUN)
def openvpn_halves(stage: Stage) -> None:
    with_tun(stage)
    stage.ip(
        """
        route add 0.0.0.0/1 dev tun0
        route add 128.0.0.0/1 dev tun0
        -6 route add ::/3 dev tun0
        -6 route add 2000::/4 dev tun0
        -6 route add 3000::/4 dev tun0
        -6 route add fc00::/7 dev tun0
        """
    )


@scenario("wireguard-rules", *BY_TUN)
def wireguard_rules(stage: Stage) -> None:
    """As wg-quick does it: everything but the tunnel's own marked packets goes to a table of its own."""
    with_tun(stage)
    for family in ("", "-6 "):
        stage.ip(
            f"""
            {family}route add default dev tun0 table 51820
            {family}rule add priority 32765 not fwmark 0xca6c table 51820
            {family}rule add priority 32764 table main suppress_prefixlength 0
            """
        )


# --- policy routing --------------------------------------------------------------------------------------------------


@scenario("policy/by-source", *ON_WAN0)
def by_source(stage: Stage) -> None:
    stage.uplink("wan0", 1)
    stage.defaults("wan0", 1, "table 100")
    stage.ip(f"rule add from {WAN0_4} table 100\n-6 rule add from 2a0d:1234:1::/64 table 100")


@scenario("policy/by-mark", *ON_WAN0)
def by_mark(stage: Stage) -> None:
    stage.uplink("wan0", 1)
    stage.defaults("wan0", 1, "table 100")
    stage.ip("rule add fwmark 7 table 100\n-6 rule add fwmark 7 table 100")


@scenario("policy/by-rule", *ON_WAN0)
def by_rule(stage: Stage) -> None:
    stage.uplink("wan0", 1)
    stage.defaults("wan0", 1, "table 100")
    stage.ip("rule add priority 1000 table 100\n-6 rule add priority 1000 table 100")


@scenario("policy/source-beside-main", *wan0_beats_wan1())
def source_beside_main(stage: Stage) -> None:
    """The usual box with two providers: main leads by wan0, packets from wan1's address go back by wan1."""
    stage.uplink("wan1", 2)
    stage.uplink("wan0", 1, 100)
    stage.defaults("wan1", 2, "table 102")
    stage.ip(f"rule add from {WAN1_4} table 102\n-6 rule add from {WAN1_6} table 102")


@scenario("policy/lower-table-without-rule", *wan0_beats_wan1("no_route"))
def lower_table_without_rule(stage: Stage) -> None:
    stage.uplink("wan1", 2)
    stage.uplink("wan0", 1, 100)
    stage.defaults("wan1", 2, "metric 100 table 50")


@scenario("policy/lower-table-with-rule", *wan1_beats_wan0())
def lower_table_with_rule(stage: Stage) -> None:
    lower_table_without_rule(stage)
    stage.ip("rule add priority 1000 table 50\n-6 rule add priority 1000 table 50")


@scenario("policy/source-specific-ipv6", (hold(), {WAN0_4: "no_route"}), (use(WAN0_6, "wan0"), NOTHING))
def source_specific(stage: Stage) -> None:
    """As OpenWrt does it: the IPv6 default route serves only packets from the delegated prefix."""
    stage.uplink("wan0", 1)
    stage.ip("-6 route add default from 2a0d:1234:1::/48 via fe80::1 dev wan0")


# --- routes of a special kind ----------------------------------------------------------------------------------------


@scenario("multipath", *wan1_beats_wan0())
def multipath(stage: Stage) -> None:
    stage.uplink("wan0", 1)
    stage.uplink("wan1", 2)
    stage.ip(
        """
        route add default nexthop via 45.83.1.1 dev wan0 weight 1 nexthop via 45.83.2.1 dev wan1 weight 3
        -6 route add default nexthop via fe80::1 dev wan0 weight 1 nexthop via fe80::1 dev wan1 weight 3
        """
    )


@scenario("nexthop-objects", *ON_WAN0)
def nexthop_objects(stage: Stage) -> None:
    stage.uplink("wan0", 1)
    stage.ip("nexthop add id 4 via 45.83.1.1 dev wan0\nnexthop add id 6 via fe80::1 dev wan0")
    stage.ip("route add default nhid 4\n-6 route add default nhid 6")


@scenario("blackhole-before-real", (hold(), {WAN0_4: "no_route"}), (hold(), {WAN0_6: "no_route"}))
def blackhole(stage: Stage) -> None:
    stage.uplink("wan0", 1, 20)
    stage.ip("route add blackhole default metric 10\n-6 route add blackhole default metric 10")


@scenario("ipv4-via-ipv6", *ON_WAN0)
def via_inet6(stage: Stage) -> None:
    stage.uplink("wan0", 1, bare=True)
    stage.ip(f"addr add {WAN0_4}/32 dev wan0\naddr add {WAN0_6}/64 dev wan0 nodad")
    stage.ip("-4 route add default via inet6 fe80::1 dev wan0\n-6 route add default via fe80::1 dev wan0")


# --- addresses of every kind -----------------------------------------------------------------------------------------


@scenario("labels-and-peers", (use(WAN0_4, "wan0"), {"45.83.1.3": "outranked", "45.83.3.1": "no_route"}), ON_WAN0[1])
def labels_and_peers(stage: Stage) -> None:
    stage.uplink("wan0", 1, 100)
    stage.lab.cable(stage.box, "lan0", stage.world, "far0")
    stage.ip("addr add 45.83.1.3/24 dev wan0 label wan0:1\naddr add 45.83.3.1 peer 45.83.3.2 dev lan0")


@scenario(
    "ipv6-zoo",
    ON_WAN0[0],
    (
        use(WAN0_6, "wan0"),
        {
            "temporary": "temporary",
            "2a0d:1234:1::dead": "deprecated",
            "2a0d:1234:1::7": "tentative",
            "2a0d:1234:1::1": "dad_failed",
            "fd12:3456:789a::2": "unique_local",
        },
    ),
)
def zoo(stage: Stage) -> Mapping[str, str]:
    stage.uplink("wan0", 1, bare=True)
    stage.lab.sysctl(stage.box, "net.ipv6.conf.wan0.use_tempaddr=2")
    stage.ip(
        f"""
        addr add {WAN0_4}/24 dev wan0
        addr add {WAN0_6}/64 dev wan0 nodad mngtmpaddr
        addr add fd12:3456:789a::2/64 dev wan0 nodad
        addr add 2a0d:1234:1::dead/64 dev wan0 nodad preferred_lft 0 valid_lft 600
        """
    )
    stage.defaults("wan0", 1, "metric 100")
    duplicate_and_tentative(stage)
    found = stage.lab.run(stage.box, "ip", "-6", "-o", "addr", "show", "dev", "wan0", "temporary")
    return {"temporary": found.split(" inet6 ")[1].split("/")[0]}


def duplicate_and_tentative(stage: Stage) -> None:
    """Add the next hop's own address (a duplicate), and one whose duplicate detection takes minutes."""
    stage.lab.sysctl(
        stage.box, "net.ipv6.conf.all.accept_dad=1\nnet.ipv6.conf.wan0.accept_dad=1\nnet.ipv6.conf.wan0.dad_transmits=200"
    )
    stage.ip("addr add 2a0d:1234:1::1/64 dev wan0\naddr add 2a0d:1234:1::7/64 dev wan0")
    for _ in range(50):
        if "dadfailed" in stage.lab.run(stage.box, "ip", "-6", "-o", "addr", "show", "dev", "wan0", "dadfailed"):
            return
        stage.lab.run(stage.box, "sleep", "0.1")
    raise AssertionError("the kernel did not notice the duplicate address")


OLD = {WAN0_6: "deprecated"}
NEW = "2a0d:1234:7::2"


def renumbered(stage: Stage, how: str) -> None:
    stage.uplink("wan0", 1, 100)
    stage.lab.sysctl(
        stage.box, "net.ipv6.conf.all.accept_dad=1\nnet.ipv6.conf.wan0.accept_dad=1\nnet.ipv6.conf.wan0.dad_transmits=200"
    )
    stage.ip(f"addr change {WAN0_6}/64 dev wan0 preferred_lft 0 valid_lft 600\naddr add {NEW}/64 dev wan0 {how}")


@scenario("renumbering/new-tentative", ON_WAN0[0], (hold("tentative"), {**OLD, NEW: "tentative"}))
def renumbering_tentative(stage: Stage) -> None:
    renumbered(stage, "preferred_lft 300 valid_lft 600")


@scenario("renumbering/new-preferred", ON_WAN0[0], (use(NEW, "wan0"), OLD))
def renumbering_preferred(stage: Stage) -> None:
    renumbered(stage, "nodad preferred_lft 300 valid_lft 600")


# --- behind somebody else's address ----------------------------------------------------------------------------------


@scenario(
    "nat/private",
    (use(WAN0_4, "wan0", "echo", "private"), {"192.168.1.2": "private"}),
    (hold(), NOTHING),
    echo=True,
)
def nat_private(stage: Stage) -> None:
    stage.router("wan0", "192.168.1.1", "192.168.1.2", 1, 100)


@scenario("nat/carrier", (use(WAN0_4, "cell0", "echo", "carrier"), {"100.64.0.2": "shared"}), (hold(), NOTHING), echo=True)
def nat_carrier(stage: Stage) -> None:
    stage.router("cell0", "100.64.0.1", "100.64.0.2", 1, 100)


@scenario("nat/carrier-beside-public", (use(WAN1_4, "wan1"), {"100.64.0.2": "shared"}), (use(WAN1_6, "wan1"), NOTHING))
def carrier_beside_public(stage: Stage) -> None:
    stage.router("cell0", "100.64.0.1", "100.64.0.2", 1, 50)
    stage.uplink("wan1", 2, 100)


@scenario(
    "nat/same-subnet-twice",
    (use(WAN0_4, "wan0", "echo", "private"), {"192.168.1.2": "private", "192.168.1.3": "private"}),
    (hold(), NOTHING),
    echo=True,
)
def same_subnet_twice(stage: Stage) -> None:
    stage.router("wan0", "192.168.1.1", "192.168.1.2", 1, 100)
    stage.router("wan1", "192.168.1.1", "192.168.1.3", 2, 200)


@scenario(
    "nat/same-subnet-twice-first-dead",
    (use(WAN1_4, "wan1", "echo", "private"), {"192.168.1.2": "unreachable", "192.168.1.3": "private"}),
    (hold(), NOTHING),
    echo=True,
)
def same_subnet_first_dead(stage: Stage) -> None:
    stage.router("wan0", "192.168.1.1", "192.168.1.2", 1, 100, alive=False)
    stage.router("wan1", "192.168.1.1", "192.168.1.3", 2, 200)
