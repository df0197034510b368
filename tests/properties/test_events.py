"""Whatever a caller says, parsing ends in an Event that keeps its promises; merging and the queue's lines have their laws."""

import functools
import json
import pathlib
import unicodedata

from hypothesis import assume, given
from hypothesis import strategies as st

from edge_agent import events, inet
from edge_agent.model import Event, Lease

ADDRESSES = ("192.0.2.7", "198.51.100.7/24 192.0.2.1", "2001:0db8::0007/64,600,7200", "fe80::00f9%eth0", "0.0.0.0", "::", "a b c")
WORDS = (
    *("BOUND", "RENEW6", "EXPIRE", "ROUTERADVERT", "bound", "renew", "nak", "ip-up", "ipv6-up", "ip-down", "up", "down", "vpn-up"),
    *("wan-event", "ddns-start", "dhcpc-event", "6", "wan.d", "ifipchanged.d", "connected", "linkup", "ppp-linkup", "newip", "wan"),
    *(
        "--interface",
        "--address",
        "--reason=up",
        "--address=192.0.2.7",
        "routable",
        "ifupdate",
        "connectivity-change",
        "start",
        "0",
    ),
)
KEYS = (
    *(
        "interface",
        "reason",
        "ip",
        "ipv6",
        "new_ip_address",
        "old_ip_address",
        "new_ip6_address",
        "new_preferred_life",
        "nd1_addr1",
    ),
    *("new_dhcp6_ia_na1_ia_addr1", "new_dhcp6_ia_na1_ia_addr1_pltime", "ADDRESSES", "RA_ADDRESSES", "IPLOCAL", "LLLOCAL", "IFNAME"),
    *("PPP_IFACE", "PPP_LOCAL", "NM_DISPATCHER_ACTION", "DEVICE_IP_IFACE", "IP4_ADDRESS_0", "VPN_IP_IFACE", "CONNECTIVITY_STATE"),
    *("IFACE", "STATE", "ADDR", "IP_ADDRS", "IP6_ADDRS", "PHASE", "MODE", "ACTION", "DEVICE", "IFUPDATE_ADDRESSES", "system_name"),
    *("address", "level", "change", "link"),
)
foreign = st.one_of(
    st.text(max_size=80),
    st.text(alphabet=st.characters(categories=("Cs", "Cc", "Nd", "Lu")), max_size=200),  # surrogates, control characters
    st.sampled_from((*ADDRESSES, *WORDS, "eth0", "eth0:1", "--all", "lo", " ".join(ADDRESSES))),
)
environs = st.dictionaries(st.one_of(st.sampled_from(KEYS), foreign), foreign, max_size=12)
sources = st.sampled_from(tuple(events.SOURCES))
calls = st.builds(events.parse, sources, st.lists(foreign, max_size=8), environs)

addresses = st.one_of(
    st.integers(1, 2**32 - 1).map(lambda value: inet.text_of(4, value)),
    st.integers(1, 2**128 - 1).map(lambda value: inet.text_of(6, value)),
    st.sampled_from(("192.0.2.7", "192.0.2.8", "2001:db8::7", "2001:db8::8")),
)
names = st.one_of(st.none(), st.sampled_from(("wan0", "ppp0")), st.text(max_size=20))
known = st.builds(
    Event,
    st.one_of(sources, st.text(max_size=10)),
    st.sampled_from(events.REASONS),
    names,
    st.lists(st.builds(Lease, names, addresses), max_size=6).map(tuple),
)
near_ones = st.builds(  # events that have much to do with each other
    Event,
    st.just("generic"),
    st.sampled_from(("starting", "bound", "lost", "down", "failed")),
    st.sampled_from((None, "wan0", "ppp0")),
    st.lists(
        st.builds(Lease, st.sampled_from((None, "wan0", "ppp0")), st.sampled_from(("192.0.2.7", "::1", "::2"))), max_size=3
    ).map(tuple),
)


@given(sources, st.lists(foreign, max_size=8), environs)
def test_an_event_keeps_its_promises(source: str, args: list[str], environ: dict[str, str]) -> None:
    event = events.parse(source, args, environ)
    assert event is not None
    assert event.source == source
    assert event.reason in events.REASONS
    assert event.interface is None or (
        0 < len(event.interface) <= 64
        and not any(unicodedata.category(character)[0] == "C" for character in event.interface)
        and event.interface not in {"lo", "none", "--all"}
    )
    assert len(event.leases) <= 64
    assert len(set(event.leases)) == len(event.leases)
    for lease in event.leases:
        assert lease.interface == event.interface
        assert inet.canonical(lease.address) == lease.address
        assert lease.address not in {"0.0.0.0", "::"}
    if event.reason in {"starting", "down", "lost", "released", "failed"}:
        assert event.leases == ()


@given(foreign, st.lists(foreign, max_size=4), environs)
def test_only_an_unknown_name_is_no_event(source: str, args: list[str], environ: dict[str, str]) -> None:
    assert (events.parse(source, args, environ) is None) is (source not in events.SOURCES)
    assert set(events.near(source)) <= set(events.SOURCES)


@given(sources, st.sampled_from(KEYS), st.sampled_from(("x", "192.0.2.7 ", "\udcff", ",", "--address=")))
def test_megabytes(source: str, key: str, piece: str) -> None:
    much = piece * (1_000_000 // len(piece))
    event = events.parse(source, [much] * 3, {key: much, "reason": "BOUND", "STATE": "routable"})
    assert event is not None
    assert len(events.encode(event)) < 10_000


@given(st.one_of(calls, known))
def test_a_line_says_all_of_an_event(event: Event | None) -> None:
    assert event is not None
    line = events.encode(event)
    assert line.isascii()
    assert line.isprintable()
    assert events.decode(line) == event


@given(known, st.data())
def test_a_damaged_line_says_nothing_or_what_it_says(event: Event, data: st.DataObject) -> None:
    line = events.encode(event)
    start = data.draw(st.integers(0, len(line)))
    damaged = line[:start] + data.draw(foreign) + line[data.draw(st.integers(start, len(line))) :]
    found = events.decode(damaged)
    assert found is None or events.encode(found) == damaged


@given(st.one_of(known, near_ones), st.one_of(known, near_ones))
def test_merging(earlier: Event, later: Event) -> None:
    both = events.merged(earlier, later)
    assert set(later.leases) <= set(both.leases) <= set(earlier.leases) | set(later.leases)
    assert both[:3] in (earlier[:3], later[:3])
    assert both[:3] == later[:3] or later.reason == "starting"
    assert both.reason != "starting" or earlier.reason == later.reason == "starting"
    assert events.merged(both, later).leases == both.leases
    if later.reason in {"down", "lost", "released"}:
        assert {lease for lease in both.leases if lease.interface == later.interface} <= set(later.leases)


@given(near_ones, near_ones, near_ones)
def test_merging_is_a_fold(first: Event, second: Event, third: Event) -> None:
    """The order in which neighbours are merged is all one, but for an end in the middle: only from the left does it end leases."""
    left = events.merged(events.merged(first, second), third)
    right = events.merged(first, events.merged(second, third))
    assert left[:3] == right[:3]
    assert set(left.leases) <= set(right.leases)
    assert {lease for lease in right.leases if lease not in left.leases} <= set(first.leases)
    assume(second.reason not in {"down", "lost"})
    assert left == right


RECORDED = (pathlib.Path(__file__).parents[1] / "pure/fixtures/hooks.jsonl").read_text("utf-8").splitlines()
REAL = [events.parse(call["source"], call["args"], call["env"]) or Event() for call in map(json.loads, RECORDED)]


@given(st.lists(st.sampled_from(REAL), min_size=1, max_size=20))
def test_a_burst_of_real_calls(burst: list[Event]) -> None:
    waiting = [events.decode(events.encode(event)) for event in burst]
    assert waiting == burst
    told = functools.reduce(events.merged, burst)
    assert (told.reason == "starting") is all(event.reason == "starting" for event in burst)
    assert len(set(told.leases)) == len(told.leases)
