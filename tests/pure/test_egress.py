"""The choice, row by row: what a machine looks like, what is found out, what is chosen, why each other candidate lost."""

from collections.abc import Callable, Mapping

import pytest

from edge_agent import egress
from edge_agent.candidates import survey, unmatched
from edge_agent.model import Address, Choice, Event, Finding, Lease, Neighbour, Probe, Question, Route, Selection, Snapshot, Way
from tests.pure.box import (
    GATE0,
    GATE1,
    LAN0,
    LO,
    PUBLIC0,
    PUBLIC1,
    STABLE,
    TUN0,
    WAN0,
    WAN1,
    box,
    on,
    two_defaults,
    via,
)

Asked = list[Probe]
ECHO = ("https://one.example", "https://two.example")


def decide(
    snapshot: Snapshot,
    selection: Selection = Selection(),  # noqa: B008 - an immutable value
    family: int = 4,
    answer: Callable[[Probe], Finding] = lambda _probe: Finding("yes"),
    event: Event = Event(),  # noqa: B008 - as above
) -> tuple[Choice, Asked]:
    """Ask and choose as the agent does, with every probe answered by `answer`."""
    field = survey(event, snapshot, selection, family)
    known: dict[Probe, Finding] = {}
    asked: Asked = []
    while wanted := egress.probes(field, known):
        asked += wanted
        known |= {probe: answer(probe) for probe in wanted}
    return egress.choose(field, known), asked


def losers(choice: Choice) -> Mapping[str, str]:
    return {loser.address: loser.reason for loser in choice.rejected if not loser.address.startswith(("127.", "::1"))}


def dead(*next_hops: str) -> Callable[[Probe], Finding]:
    return lambda probe: Finding("no", reason="unreachable") if probe.next_hop in next_hops else Finding("yes")


def test_two_defaults_lower_metric_wins() -> None:
    choice, asked = decide(two_defaults())
    assert (choice.kind, choice.address, choice.interface, choice.origin, choice.nat) == (
        "use",
        PUBLIC0,
        "wan0",
        "interface",
        "none",
    )
    assert losers(choice) == {PUBLIC1: "outranked", "192.168.1.1": "private"}
    assert {probe.next_hop for probe in asked} == {GATE0, GATE1}


def test_loopback_is_told_apart() -> None:
    choice, _ = decide(two_defaults())
    assert next(loser for loser in choice.rejected if loser.address == "127.0.0.1").reason == "loopback"


def test_dead_next_hop_loses_to_the_worse_metric() -> None:
    choice, _ = decide(two_defaults(), answer=dead(GATE0))
    assert (choice.address, losers(choice)[PUBLIC0]) == (PUBLIC1, "unreachable")


def test_all_dead_holds() -> None:
    choice, _ = decide(two_defaults(), answer=dead(GATE0, GATE1))
    assert (choice.kind, choice.reason, choice.address) == ("hold", "unreachable", None)


def test_a_neighbour_known_to_answer_is_not_asked() -> None:
    snapshot = two_defaults()._replace(neighbours=(Neighbour(2, GATE0, "reachable"), Neighbour(3, GATE1, "stale")))
    choice, asked = decide(snapshot)
    assert choice.address == PUBLIC0
    assert [probe.next_hop for probe in asked] == [GATE1]


def test_check_off_asks_nobody() -> None:
    choice, asked = decide(two_defaults(), Selection(check="off"))
    assert (choice.address, asked) == (PUBLIC0, [])


def test_unknown_reach_is_no_bar_at_the_gateway_check() -> None:
    choice, _ = decide(two_defaults(), answer=lambda _probe: Finding("unknown", reason="not_probed"))
    assert choice.address == PUBLIC0


def test_gateway_alive_but_forwarding_nothing_is_caught_by_the_outside() -> None:
    def answer(probe: Probe) -> Finding:
        silent = probe.kind == "outside" and probe.interface == "wan0"
        return Finding("no", reason="unreachable") if silent else Finding("yes", PUBLIC1)

    choice, asked = decide(two_defaults(), Selection(check="outside", echo4=ECHO), answer=answer)
    assert (choice.address, losers(choice)[PUBLIC0]) == (PUBLIC1, "unreachable")
    assert {probe.kind for probe in asked} == {"gateway", "outside"}
    assert all(probe.targets == ECHO for probe in asked if probe.kind == "outside")


def test_outside_check_wants_certainty() -> None:
    selection = Selection(check="outside", echo4=ECHO)
    choice, _ = decide(two_defaults(), selection, answer=lambda probe: Finding("yes" if probe.kind == "gateway" else "unknown"))
    assert (choice.kind, choice.reason) == ("hold", "not_probed")


def test_outside_is_not_asked_through_a_dead_next_hop() -> None:
    _, asked = decide(two_defaults(), Selection(check="outside", echo4=ECHO), answer=dead(GATE0))
    assert [probe.interface for probe in asked if probe.kind == "outside"] == ["wan1"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"up": False}, "link_down", id="admin-down"),
        pytest.param({"carrier": False}, "link_down", id="no-carrier"),
        pytest.param({"state": "lowerlayerdown"}, "link_down", id="lower-layer-down"),
        pytest.param({"state": "unknown", "carrier": None}, None, id="state-unknown-is-not-down"),
    ],
)
def test_link_state(change: dict[str, bool | str | None], reason: str | None) -> None:
    snapshot = two_defaults()
    links = tuple(link._replace(**change) if link.name == "wan0" else link for link in snapshot.links)  # type: ignore[arg-type]
    choice, _ = decide(snapshot._replace(links=links))
    assert losers(choice).get(PUBLIC0) == reason
    assert choice.address == (PUBLIC1 if reason else PUBLIC0)


def test_device_only_default_beats_an_ethernet_backup() -> None:
    snapshot = box(
        (TUN0, WAN1),
        (on(TUN0, PUBLIC0, length=32), on(WAN1, PUBLIC1)),
        {Question(4): via(TUN0, None), Question(4, ifindex=5): via(TUN0, None), Question(4, ifindex=3): via(WAN1, GATE1, 500)},
    )
    choice, asked = decide(snapshot)
    assert (choice.address, choice.interface) == (PUBLIC0, "tun0")
    assert [probe.next_hop for probe in asked] == [GATE1]  # a device-only uplink has no next hop to ask


def test_default_only_in_a_policy_table_by_source() -> None:
    snapshot = box((WAN0,), (on(WAN0, PUBLIC0),), {Question(4): None, Question(4, source=PUBLIC0): via(WAN0, GATE0, 0, 100)})
    choice, asked = decide(snapshot)
    assert (choice.address, asked[0].source) == (PUBLIC0, PUBLIC0)


def test_default_only_by_source_and_device() -> None:
    question = Question(4, source=PUBLIC0, ifindex=2)
    choice, _ = decide(box((WAN0,), (on(WAN0, PUBLIC0),), {Question(4): None, question: via(WAN0, GATE0, 0, 100)}))
    assert choice.address == PUBLIC0


def test_default_only_in_a_policy_table_by_mark() -> None:
    question = Question(4, ifindex=2, mark=16)
    choice, asked = decide(box((WAN0,), (on(WAN0, PUBLIC0),), {Question(4): None, question: via(WAN0, GATE0, 0, 100)}))
    assert (choice.address, asked[0].mark) == (PUBLIC0, 16)


def test_a_mark_for_another_interface_is_no_way_out() -> None:
    question = Question(4, ifindex=3, mark=16)
    choice, _ = decide(box((WAN0, WAN1), (on(WAN0, PUBLIC0),), {Question(4): None, question: via(WAN1, GATE1, 0, 100)}))
    assert (choice.kind, choice.reason) == ("hold", "no_route")


def test_equal_metric_in_a_lower_table_does_not_hide_main() -> None:
    snapshot = box(
        (WAN0, WAN1),
        (on(WAN0, PUBLIC0), on(WAN1, PUBLIC1)),
        {Question(4): via(WAN0, GATE0), Question(4, ifindex=2): via(WAN0, GATE0), Question(4, ifindex=3): None},
    )
    choice, _ = decide(snapshot)
    assert (choice.address, losers(choice)) == (PUBLIC0, {PUBLIC1: "no_route"})


def test_multipath_takes_the_heavier_hop() -> None:
    way = Way(254, 0, ((2, GATE0, 1), (3, GATE1, 5)))
    ways = {Question(4): way, Question(4, ifindex=2): way, Question(4, ifindex=3): way}
    choice, _ = decide(box((WAN0, WAN1), (on(WAN0, PUBLIC0), on(WAN1, PUBLIC1)), ways))
    assert (choice.address, losers(choice)) == (PUBLIC1, {PUBLIC0: "outranked"})


def test_another_table_on_the_best_interface_is_not_the_best_route() -> None:
    ways = {
        Question(4): via(WAN0, GATE0, 5),
        Question(4, ifindex=2): via(WAN0, GATE0, 9, 100),
        Question(4, ifindex=3): via(WAN1, GATE1, 1, 101),
    }
    choice, _ = decide(box((WAN0, WAN1), (on(WAN0, PUBLIC0), on(WAN1, PUBLIC1)), ways))
    assert choice.address == PUBLIC1


def test_blackhole_before_the_real_default_is_no_route() -> None:
    choice, asked = decide(box((WAN0,), (on(WAN0, PUBLIC0),), {Question(4): None, Question(4, ifindex=2): None}))
    assert (choice.kind, choice.reason, losers(choice), asked) == ("hold", "no_route", {PUBLIC0: "no_route"}, [])


def test_ipv4_over_an_ipv6_next_hop_is_asked_without_our_ipv4_source() -> None:
    ways = {Question(4): via(WAN0, "fe80::1"), Question(4, ifindex=2): via(WAN0, "fe80::1")}
    choice, asked = decide(box((WAN0,), (on(WAN0, PUBLIC0),), ways))
    assert (choice.address, asked[0].next_hop, asked[0].source) == (PUBLIC0, "fe80::1", None)


SIX = {Question(6): via(WAN0, "fe80::1"), Question(6, ifindex=2): via(WAN0, "fe80::1")}


def test_ipv6_flags_all_together() -> None:
    snapshot = box(
        (WAN0,),
        (
            on(WAN0, "fd00:1::7"),
            on(WAN0, "2a0d:1234:1::a", "temporary"),
            on(WAN0, "2a0d:1234:2::7", "deprecated"),
            on(WAN0, "2a0d:1234:1::b", "tentative"),
            on(WAN0, "2a0d:1234:1::c", "dad_failed", "permanent"),
            on(WAN0, STABLE),
            on(WAN0, "fe80::7"),
            on(WAN0, "2002:2d53:107::1"),
        ),
        SIX,
    )
    choice, _ = decide(snapshot, family=6)
    assert choice.address == STABLE
    assert losers(choice) == {
        "fd00:1::7": "unique_local",
        "2a0d:1234:1::a": "temporary",
        "2a0d:1234:2::7": "deprecated",
        "2a0d:1234:1::b": "tentative",
        "2a0d:1234:1::c": "dad_failed",
        "fe80::7": "link_local",
        "2002:2d53:107::1": "reserved",
    }


def test_renumbering_waits_for_duplicate_address_detection() -> None:
    addresses = (on(WAN0, "2a0d:1234:1::7", "deprecated"), on(WAN0, "2a0d:1234:2::7", "tentative"))
    choice, _ = decide(box((WAN0,), addresses, SIX), family=6)
    assert (choice.kind, choice.reason) == ("hold", "tentative")


@pytest.mark.parametrize(
    ("address", "allow"),
    [
        pytest.param(on(WAN0, "2a0d:1234:1::a", "temporary"), "temporary", id="temporary"),
        pytest.param(on(WAN0, "2002:2d53:107::1"), "transition", id="6to4"),
        pytest.param(on(WAN0, "fd00:1::7"), "unique_local", id="unique-local"),
    ],
)
def test_what_the_user_allows_is_published(address: Address, allow: str) -> None:
    choice, asked = decide(box((WAN0,), (address,), SIX), Selection(allow=frozenset({allow})), family=6)
    assert (choice.kind, choice.nat, [probe.kind for probe in asked]) == ("use", "none", ["gateway"])


def test_longer_preferred_lifetime_wins_and_for_ever_is_longest() -> None:
    short, long = on(WAN0, "2a0d:1234:1::1", preferred_for=100), on(WAN0, "2a0d:1234:1::2", preferred_for=200)
    assert decide(box((WAN0,), (short, long), SIX), family=6)[0].address == long.text
    assert decide(box((WAN0,), (short, long, on(WAN0, STABLE)), SIX), family=6)[0].address == STABLE


# --- selection -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selection", "address", "reasons"),
    [
        pytest.param(Selection(("wan1",)), PUBLIC1, {PUBLIC0: "not_selected", "192.168.1.1": "not_selected"}, id="by-name"),
        pytest.param(Selection(("wan1", "*")), PUBLIC1, {PUBLIC0: "outranked", "192.168.1.1": "private"}, id="order"),
        pytest.param(Selection(("w?n[0]", "wan*")), PUBLIC0, {PUBLIC1: "outranked", "192.168.1.1": "not_selected"}, id="glob"),
        pytest.param(Selection(exclude=("*0",)), PUBLIC1, {PUBLIC0: "excluded", "192.168.1.1": "excluded"}, id="exclude"),
    ],
)
def test_selection(selection: Selection, address: str, reasons: dict[str, str]) -> None:
    choice, _ = decide(two_defaults(), selection)
    assert (choice.address, losers(choice)) == (address, reasons)


def test_a_selector_that_fits_nothing_is_told() -> None:
    assert unmatched(two_defaults(), Selection(("ppp*", "eth0"))) == ("ppp*", "eth0")
    assert unmatched(two_defaults(), Selection(("ppp*", "wan1"))) == ()
    assert unmatched(two_defaults(), Selection()) == ()


def test_the_preferred_interface_wins_though_the_kernel_prefers_another() -> None:
    choice, _ = decide(two_defaults(), Selection(("wan1", "wan0")), answer=dead(GATE1))
    assert (choice.address, losers(choice)[PUBLIC1]) == (PUBLIC0, "unreachable")


# --- behind NAT ------------------------------------------------------------------------------------------------------


def natted(own: str) -> Snapshot:
    ways = {Question(4): via(WAN0, "192.168.0.1"), Question(4, ifindex=2): via(WAN0, "192.168.0.1")}
    return box((WAN0,), (on(WAN0, own),), ways)


@pytest.mark.parametrize(
    ("own", "nat", "reason"),
    [
        pytest.param("192.168.0.2", "private", "private", id="behind-nat"),
        pytest.param("100.64.3.4", "carrier", "shared", id="behind-carrier-nat"),
    ],
)
def test_the_outside_is_asked_through_the_uplink(own: str, nat: str, reason: str) -> None:
    choice, asked = decide(natted(own), Selection(echo4=ECHO), answer=lambda _probe: Finding("yes", "45.83.9.9"))
    assert (choice.address, choice.interface, choice.origin, choice.nat) == ("45.83.9.9", "wan0", "echo", nat)
    assert losers(choice) == {own: reason}
    assert (asked[-1].kind, asked[-1].interface, asked[-1].source, asked[-1].quorum) == ("echo", "wan0", own, 2)


def test_one_echo_service_needs_no_second() -> None:
    _, asked = decide(natted("192.168.0.2"), Selection(echo4=ECHO[:1]), answer=lambda _probe: Finding("yes", "45.83.9.9"))
    assert asked[-1].quorum == 1


@pytest.mark.parametrize("reason", ["no_answer", "disagree"])
def test_no_answer_is_never_no_address(reason: str) -> None:
    def answer(probe: Probe) -> Finding:
        return Finding("unknown", None, reason, "one.example: timed out") if probe.kind == "echo" else Finding("yes")

    choice, _ = decide(natted("192.168.0.2"), Selection(echo4=ECHO), answer=answer)
    assert (choice.kind, choice.reason, choice.notes) == ("hold", reason, ("one.example: timed out",))
    assert losers(choice) == {"192.168.0.2": "private"}


def test_interface_source_never_asks() -> None:
    choice, asked = decide(natted("192.168.0.2"), Selection(source="interface"))
    assert (choice.kind, choice.reason, asked) == ("hold", "private", [])


def test_private_may_be_published_when_allowed() -> None:
    choice, _ = decide(natted("192.168.0.2"), Selection(allow=frozenset({"private"})))
    assert (choice.address, choice.origin, choice.nat) == ("192.168.0.2", "interface", "none")


def test_echo_source_confirms_a_public_address() -> None:
    choice, asked = decide(two_defaults(), Selection(source="echo", echo4=ECHO), answer=lambda _probe: Finding("yes", PUBLIC0))
    assert (choice.address, choice.origin, choice.nat, asked[-1].kind) == (PUBLIC0, "echo", "none", "echo")
    assert losers(choice) == {PUBLIC1: "outranked", "192.168.1.1": "private"}


def test_echo_source_that_sees_another_address() -> None:
    choice, _ = decide(two_defaults(), Selection(source="echo", echo4=ECHO), answer=lambda _probe: Finding("yes", "45.83.9.9"))
    assert (choice.address, choice.nat, losers(choice)[PUBLIC0]) == ("45.83.9.9", "unknown", "outranked")


def test_a_public_uplink_comes_before_a_carrier_nat() -> None:
    snapshot = two_defaults()
    addresses = (on(WAN0, "100.64.3.4"), on(WAN1, PUBLIC1))
    choice, asked = decide(snapshot._replace(addresses=addresses), Selection(echo4=ECHO))
    assert (choice.address, losers(choice)) == (PUBLIC1, {"100.64.3.4": "shared"})
    assert {probe.kind for probe in asked} == {"gateway"}


def test_the_user_order_wins_over_carrier_nat() -> None:
    snapshot = two_defaults()._replace(addresses=(on(WAN0, "100.64.3.4"), on(WAN1, PUBLIC1)))
    choice, _ = decide(snapshot, Selection(("wan0", "wan1"), echo4=ECHO), answer=lambda _probe: Finding("yes", "45.83.9.9"))
    assert (choice.address, choice.nat, losers(choice)) == ("45.83.9.9", "carrier", {"100.64.3.4": "shared", PUBLIC1: "outranked"})


def test_two_uplinks_with_the_same_private_subnet_are_told_apart_by_device() -> None:
    snapshot = two_defaults()._replace(addresses=(on(WAN0, "192.168.0.2"), on(WAN1, "192.168.0.2")))
    choice, asked = decide(snapshot, Selection(echo4=ECHO), answer=lambda _probe: Finding("yes", "45.83.9.9"))
    assert (choice.interface, asked[-1].interface) == ("wan0", "wan0")


# --- the rest --------------------------------------------------------------------------------------------------------


def test_a_lease_address_wins_over_its_sibling() -> None:
    addresses = (on(WAN0, PUBLIC0), on(WAN0, "45.83.1.99"))
    ways = {Question(4): via(WAN0, GATE0), Question(4, ifindex=2): via(WAN0, GATE0)}
    hook = Event("dhcpcd", "bound", "wan0", (Lease("wan0", "45.83.1.99"),))
    choice, _ = decide(box((WAN0,), addresses, ways), event=hook)
    assert (choice.address, choice.origin) == ("45.83.1.99", "lease")
    absent = hook._replace(leases=(Lease("wan0", "45.83.1.98"),))
    assert decide(box((WAN0,), addresses, ways), event=absent)[0].address == PUBLIC0


OLDER, NEWER, WRAPPED = 4_294_000_000, 4_294_900_000, 500

CREATED = {
    "told-of-the-newer": (OLDER, NEWER, PUBLIC1),
    "told-of-the-older": (NEWER, OLDER, PUBLIC0),
    "the-clock-has-wrapped": (NEWER, WRAPPED, PUBLIC1),
    "the-clock-had-wrapped": (WRAPPED, NEWER, PUBLIC0),
    "at-once": (NEWER, NEWER, PUBLIC1),
    "not-known": (None, NEWER, PUBLIC1),
}


@pytest.mark.parametrize("row", CREATED)
def test_an_older_lease_does_not_come_back_because_its_hook_was_late(row: str) -> None:
    """PUBLIC0 is published; a hook tells of PUBLIC1 on the same interface."""
    published, leased, winner = CREATED[row]
    addresses = (on(WAN0, PUBLIC0)._replace(created=published), on(WAN0, PUBLIC1)._replace(created=leased))
    ways = {Question(4): via(WAN0, GATE0), Question(4, ifindex=2): via(WAN0, GATE0)}
    hook = Event("dhclient", "bound", "wan0", (Lease("wan0", PUBLIC1),))
    field = survey(hook, box((WAN0,), addresses, ways), Selection(check="off"), 4, frozenset({PUBLIC0}))
    assert egress.choose(field, {}).address == winner


def test_of_several_leases_the_newest_counts() -> None:
    addresses = (on(WAN0, PUBLIC0)._replace(created=NEWER), on(WAN0, PUBLIC1)._replace(created=OLDER))
    hook = Event("dhclient", "bound", "wan0", (Lease("wan0", PUBLIC0), Lease("wan0", PUBLIC1)))
    ways = {Question(4): via(WAN0, GATE0), Question(4, ifindex=2): via(WAN0, GATE0)}
    for order in (addresses, addresses[::-1]):
        field = survey(hook, box((WAN0,), order, ways), Selection(check="off"), 4, frozenset({"45.83.9.9"}))
        assert egress.choose(field, {}).address == PUBLIC0


def test_an_address_on_loopback_that_the_kernel_sends_from() -> None:
    ways = {Question(4): via(WAN0, GATE0, source=PUBLIC1), Question(4, ifindex=2): via(WAN0, GATE0)}
    choice, asked = decide(box((WAN0,), (on(LO, PUBLIC1), on(WAN0, "169.254.1.1")), ways))
    assert (choice.address, choice.interface, asked[0].interface) == (PUBLIC1, "wan0", "wan0")
    down = box((WAN0._replace(up=False),), (on(LO, PUBLIC1),), ways)
    assert decide(down)[0].kind == "hold"


def test_static_and_command() -> None:
    static = Selection(source="static", addresses=("45.83.9.9",))
    assert decide(box((), (), {}), static)[0] == Choice(4, "use", "45.83.9.9", None, "static", "unknown")
    assert decide(box((), (), {}), static, family=6)[0].reason == "no_address"
    command = Selection(source="command", command="/bin/which-address")
    choice, asked = decide(box((), (), {}), command, answer=lambda _probe: Finding("yes", "45.83.9.9"))
    assert (choice.address, choice.origin, asked[0].targets) == ("45.83.9.9", "command", ("/bin/which-address",))
    assert decide(box((), (), {}), command, answer=lambda _probe: Finding("unknown"))[0].reason == "no_answer"


def test_nothing_but_loopback() -> None:
    choice, asked = decide(box((), (), {Question(4): None}))
    assert (choice.kind, choice.reason, asked) == ("hold", "no_route", [])


def test_an_address_of_a_vanished_link_is_no_candidate() -> None:
    snapshot = two_defaults()
    choice, _ = decide(snapshot._replace(links=snapshot.links[:2]))
    assert losers(choice) == {}


def test_without_netlink_the_listed_defaults_decide() -> None:
    routes = (Route(4, 254, "0.0.0.0", 0, 0, 3, GATE1), Route(4, 254, "10.0.0.0", 8, 0, 2, GATE0))
    snapshot = box((WAN0, WAN1), (on(WAN0, PUBLIC0), on(WAN1, PUBLIC1)), {}, routes=routes)
    choice, _ = decide(snapshot)
    assert (choice.address, losers(choice)) == (PUBLIC1, {PUBLIC0: "no_route"})


def test_a_lan_without_a_way_out_is_never_asked_about() -> None:
    lan = box((LAN0,), (on(LAN0, "192.168.1.1"),), {Question(4): None})
    choice, asked = decide(lan, Selection(echo4=ECHO))
    assert (choice.kind, choice.reason, asked) == ("hold", "no_route", [])


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        pytest.param((on(WAN0, "192.0.2.2"), on(LAN0, "192.168.1.1")), "reserved", id="reserved-on-the-uplink"),
        pytest.param((on(LAN0, "192.168.1.1"),), "no_route", id="private-lan-alone"),
        pytest.param((on(WAN0, PUBLIC0, "tentative"), on(WAN0, "192.0.2.2")), "tentative", id="nearest-to-working"),
    ],
)
def test_what_a_hold_is_blamed_on(addresses: tuple[Address, ...], reason: str) -> None:
    ways = {Question(4): via(WAN0, GATE0), Question(4, ifindex=2): via(WAN0, GATE0)}
    choice, _ = decide(box((WAN0, LAN0), addresses, ways))
    assert (choice.kind, choice.reason) == ("hold", reason)


def test_a_dead_link_is_blamed_before_a_missing_route() -> None:
    down = WAN0._replace(carrier=False)
    choice, _ = decide(box((down, LAN0), (on(down, PUBLIC0), on(LAN0, "192.168.1.1")), {Question(4): None}))
    assert choice.reason == "link_down"


def test_a_source_is_known_to_leave_by_its_uplink_only_where_the_kernel_says_so() -> None:
    _, asked = decide(two_defaults())
    assert {probe.interface: probe.routed for probe in asked} == {"wan0": True, "wan1": False}
    by_source = two_defaults()
    by_source = by_source._replace(ways={**by_source.ways, Question(4, source=PUBLIC1): via(WAN1, GATE1, 0, 101)})
    _, asked = decide(by_source)
    assert {probe.interface: probe.routed for probe in asked} == {"wan0": True, "wan1": True}
