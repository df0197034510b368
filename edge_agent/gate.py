"""The gate: what a run that found nothing to do went by, and whether all of it is still so. Pure.

What a run does follows from its flags and variables, the settings files, memory, the machine, what next hops answer, the event
and the time. A gate holds a digest of each, `quiet` makes it after a run that did nothing, and `porter` asks here whether the
next run may be spared. Every doubt is a no: then the whole run is made, which knows nothing of gates.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from edge_agent.ledger import escape, unescape
from edge_agent.model import Event, Finding, Now, Probe, Snapshot
from edge_agent.rtnetlink import WIDE
from edge_agent.uplinks import is_resolved

HEADER: Final = "edge-agent gate 1"
MISSING: Final = "missing"  # the mark of a file that is not there
ODD: Final = "odd"  # the mark of what is no file: it is like nothing, not even itself
ANY: Final = ":"  # stands for every interface; no interface can have this name
SLACK_FOR: Final = 1.0  # seconds: no rounding of large numbers may let a refresh be missed

Ask: TypeAlias = Callable[[tuple[Probe, ...]], Mapping[Probe, Finding]]


class Gate(NamedTuple):
    """What must be so again. Paths are as they were said; a file's mark is its mode and a digest of its content."""

    version: str = ""  # of the agent
    key: str = ""  # flags, variables and user, see `porter`
    boot_id: str = ""
    place: str = ""  # the working directory, where a path is relative to it
    memory: str = ""  # its path; its mark is among the files
    digest: str = ""  # of the machine
    patience_for: float = 0.0  # how long next hops may take to answer
    due_at: float | None = None  # by the wall clock: the first refresh
    families: tuple[int, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    ranked: tuple[str, ...] = ()  # addresses among which the order of lifetimes matters
    leased: tuple[str, ...] = ()  # addresses that a hook may tell of without anything coming of it
    unsettled: tuple[str, ...] = ()  # interfaces of which an event would be waited for
    hops: tuple[tuple[Probe, str], ...] = ()  # the questions to next hops, and the kind of the answer


class Premises(NamedTuple):
    """What the settings of a run were made from: the call and its variables (`key`), and the files, with their marks."""

    key: str
    directory: str  # where the gate lies
    files: tuple[tuple[str, str], ...]


def mark(*parts: bytes) -> str:
    """Return a digest of the parts."""
    from _blake2 import blake2b  # hashlib would load OpenSSL

    whole = blake2b(digest_size=16)
    for part in parts:
        whole.update(b"%d:" % len(part))
        whole.update(part)
    return whole.hexdigest()


def mark_of(mode: int, octets: bytes) -> str:
    """Return the mark of a file: its content decides, and its mode, because a secret that others can read is refused.

    Times and inodes are no witness: there are file systems that count in steps of two seconds, and clocks that begin in 1970.
    """
    return f"{mode:o}-{mark(octets)}"


def digest(snapshot: Snapshot, ranked: tuple[str, ...]) -> str:
    """Return a digest of all that a choice can rest on but for neighbours (`holds` asks) and the running down of lifetimes.

    Of lifetimes it keeps which are for ever, and the order of those that decide among equals. Routes to a corner of the net
    decide nothing.
    """
    addresses = [
        (sorted(one.flags), tuple(one._replace(flags=frozenset(), preferred_for=one.preferred_for and 0, valid_for=None)))
        for one in snapshot.addresses
    ]
    lasting = [one.preferred_for for one in snapshot.addresses if one.preferred_for is not None and one.text in ranked]
    spans = sorted(set(lasting))
    seen = (
        addresses,
        [spans.index(for_) for for_ in lasting],
        [tuple(link) for link in snapshot.links],
        [tuple(route) for route in snapshot.routes if route.length <= WIDE],
        [tuple(rule) for rule in snapshot.rules],
        [(tuple(asked), None if way is None else tuple(way)) for asked, way in snapshot.ways.items()],
    )
    return mark(repr(seen).encode("utf-8", "surrogatepass"))


# --- the question ----------------------------------------------------------------------------------------------------


def admits(gate: Gate, event: Event, now: Now) -> bool:
    """Return whether a run for this event at this time would do nothing but what the one behind the gate did, all else the same.

    Time counts in one way only, a refresh that falls due by the wall clock: where a pause, a pin or an uplink's return was
    waited for, there is no gate. A gate ends with its boot, because after that the two clocks say different things.

    An event is read in three places. `candidates` puts the address of a lease before its equals: the gate names the addresses
    with which that changes no choice. `settling` waits for what an event tells of: not for a lease that is there and usable, nor
    for a beginning on an interface of which no more is expected, nor for an end while something usable is left; where one of
    these is not so, the gate names the interface. `hindrances` lets an event that nobody typed end a pause: but a record that
    is as it should be is never held against its pauses.
    """
    if not gate.boot_id or gate.boot_id != now.boot_id:
        return False
    if gate.due_at is not None and now.wall + SLACK_FOR >= gate.due_at:
        return False
    if event == Event():
        return True
    if ANY in gate.unsettled or event.interface in gate.unsettled:
        return False
    return all(lease.address in gate.leased for lease in event.leases)


def holds(gate: Gate, snapshot: Snapshot, ask: Ask) -> bool:
    """Return whether the machine is as it was; `ask` asks those next hops for which the neighbour table does not vouch."""
    if snapshot.gaps or digest(snapshot, gate.ranked) != gate.digest:
        return False
    vouched = {probe for probe, _ in gate.hops if is_resolved(snapshot, probe.ifindex, probe.next_hop)}
    if any(kind != "yes" for probe, kind in gate.hops if probe in vouched):
        return False
    wanted = tuple(probe for probe, _ in gate.hops if probe not in vouched)
    found = ask(wanted) if wanted else {}
    return all(probe in found and found[probe].kind == kind for probe, kind in gate.hops if probe not in vouched)


# --- its text --------------------------------------------------------------------------------------------------------


def encode(gate: Gate) -> bytes:
    """Return the file that says a gate: a header with a digest of the rest, then a line for each field."""
    body = "".join("\t".join(map(escape, words)) + "\n" for words in _lines(gate)).encode("ascii")
    return f"{HEADER}\t{mark(body)}\n".encode("ascii") + body


def _lines(gate: Gate) -> Iterator[tuple[str, ...]]:
    yield gate.version, gate.key, gate.boot_id, gate.place, gate.memory, gate.digest
    yield repr(gate.patience_for), "" if gate.due_at is None else repr(gate.due_at), *map(str, gate.families)
    yield tuple(word for pair in gate.files for word in pair)
    yield from (gate.ranked, gate.leased, gate.unsettled)
    for probe, kind in gate.hops:
        way = (str(probe.family), probe.interface, str(probe.ifindex), probe.source or "", probe.next_hop or "")
        yield kind, *way, str(probe.mark), str(int(probe.routed))


def decode(octets: bytes) -> Gate | None:
    """Return the gate that `encode` wrote, None for everything else; raises nothing."""
    head, _, body = octets.partition(b"\n")
    if head != f"{HEADER}\t{mark(body)}".encode("ascii"):
        return None
    try:
        return _read([tuple(map(unescape, line.split("\t"))) if line else () for line in body.decode("ascii").split("\n")[:-1]])
    except (ValueError, IndexError, TypeError):
        return None


def _read(lines: list[tuple[str, ...]]) -> Gate:
    version, key, boot_id, place, memory, seen = lines[0]
    patience_for, due_at, *families = lines[1]
    ranked, leased, unsettled = lines[3:6]
    return Gate(
        version, key, boot_id, place, memory, seen,
        float(patience_for),
        float(due_at) if due_at else None,
        tuple(map(int, families)),
        tuple(zip(lines[2][::2], lines[2][1::2], strict=True)),
        ranked, leased, unsettled,
        tuple(map(_hop, lines[6:])),
    )  # fmt: skip


def _hop(words: tuple[str, ...]) -> tuple[Probe, str]:
    kind, family, interface, ifindex, source, next_hop, fwmark, routed = words
    probe = Probe("gateway", int(family), interface, int(ifindex), source or None, next_hop or None, int(fwmark))
    return probe._replace(routed=routed == "1"), kind
