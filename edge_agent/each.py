"""One name, one value for every uplink that works: which values there should be, and whose the remembered ones are. Pure.

A value is known in memory by its interface. It is given up when its uplink failed at several looks in a row, and stands there
again when that has worked for a while, as in `failover`; the name is never left without one of ours.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from edge_agent import egress
from edge_agent.egress import Findings
from edge_agent.failover import alone, pending
from edge_agent.model import Choice, Entry, Field, Key, Memory, Now, Settings, Standing
from edge_agent.pauses import begin, remaining
from edge_agent.report.words import failing_note, returning_note


class Seen(NamedTuple):
    """What the uplinks of one field are judged by: probes, whose values are published, how the uplinks did so far, the time."""

    known: Findings
    held: frozenset[str]
    standings: Mapping[str, Standing]
    now: Now


def asides(field: Field, known: Findings) -> tuple[Field, ...]:
    """Return the fields whose probes must be known as well: every uplink that works, by itself."""
    names = egress.working(field, known)
    return tuple(alone(field, name, names) for name in names)


def values(field: Field, seen: Seen, settings: Settings) -> tuple[dict[str, Choice], dict[str, Standing]]:
    """Return a choice for every uplink that works or has a value, the best first, and how they stand after this look.

    Uplinks about which there is nothing to remember have no standing.
    """
    names = egress.working(field, seen.known)
    waits = {name: wait for name in names if (wait := _waiting(seen, name, settings))}
    if waits and len(waits) == len(names):  # better the best of them at once than none
        del waits[names[0]]
    choices: dict[str, Choice] = {}
    standings = {name: standing for name, (standing, _) in waits.items()}
    for name in names:
        choices[name] = egress.choose(alone(field, name, names), seen.known)
        if name in waits:
            note = returning_note(name, seen.now.wall + waits[name][1])
            choices[name] = Choice(field.family, "hold", None, name, reason="returning", notes=(note,))
    for name in dict.fromkeys((*sorted(seen.held), *seen.standings)):
        if name not in names:
            choice, standing = _failed(field, seen, names, name, settings)
            choices |= {name: choice} if choice else {}
            standings |= {name: standing} if standing else {}
    return choices, standings


def _waiting(seen: Seen, name: str, settings: Settings) -> tuple[Standing, float] | None:
    """Return the standing of an uplink that works again after it was given up, and the seconds until it is taken again."""
    standing = seen.standings.get(name)
    if standing is None or standing.bad < settings.failover_after:
        return None
    since = standing.since or begin(seen.now, settings.failback_after_for)
    left = remaining(since._replace(for_=settings.failback_after_for), seen.now)
    return (standing._replace(since=since), left) if left else None


def _failed(
    field: Field, seen: Seen, names: tuple[str, ...], name: str, settings: Settings
) -> tuple[Choice | None, Standing | None]:
    """Judge an uplink that does not work. One that had no value before the others failed too has none to lose."""
    standing = seen.standings.get(name, Standing(name))
    held = name in seen.held
    bad = standing.bad + (held and bool(names) and not pending(field, name))
    if bad >= settings.failover_after:
        gone = Choice(field.family, "withdraw", None, name, reason="gone") if held else None
        return gone, Standing(name, settings.failover_after)
    if held and names:
        note = failing_note(name, bad, settings.failover_after)
        return Choice(field.family, "hold", None, name, reason="failing", notes=(note,)), Standing(name, bad)
    if held:  # nothing works at all: nothing is counted, and what is published stays
        return egress.choose(field, seen.known)._replace(interface=name), seen.standings.get(name)
    return None, None


# --- the values of one name --------------------------------------------------------------------------------------------


def by_interface(memory: Memory, bare: Iterable[Key]) -> dict[Key, dict[str, Entry]]:
    """Return what is remembered of each of these names and types, by the interface of the value."""
    found: dict[Key, dict[str, Entry]] = {key: {} for key in bare}
    for key, entry in memory.entries.items():
        own = found.get(key._replace(value=""))
        if own is not None:
            own[key.value] = entry
    return found


def wanted(choices: Mapping[str, Choice]) -> dict[str, str]:
    """Return the address that each interface is to stand there with; two uplinks with one address are one value."""
    found: dict[str, str] = {}
    for name, choice in choices.items():
        if choice.kind == "use" and choice.address and choice.address not in found.values():
            found[name] = choice.address
    return found


def realigned(own: Mapping[str, Entry], wants: Mapping[str, str]) -> dict[str, Entry]:
    """Return the remembered values, each under the interface that wants its address now: nothing need be sent for those.

    The others keep their place where it is free. Two uplinks that change places thus change no record.
    """
    left, found = dict(own), dict[str, Entry]()
    for name, address in wants.items():
        places = (name, *own)
        place = next((place for place in places if place in left and left[place].address == address), None)
        if place is not None:
            found[name] = left.pop(place)
    for name in own:
        if name in left and name not in found:
            found[name] = left.pop(name)
    free = (name for name in dict.fromkeys((*wants, *own)) if name not in found)
    return found | dict(zip(free, left.values(), strict=False))


def aligned(memory: Memory, wishes: Mapping[Key, Mapping[str, Choice]]) -> Memory:
    """Return memory in which every value of these names is known by the interface that wants it; the same one if it was so."""
    entries = dict(memory.entries)
    for bare, own in by_interface(memory, wishes).items():
        wants = wanted(wishes[bare])
        homes = realigned(own, wants)
        for name in own:
            del entries[bare._replace(value=name)]
        for name, entry in homes.items():
            if not wants or name in wishes[bare] or values_of(entry, wants.values()):
                entries[bare._replace(value=name)] = entry
    return memory if entries == memory.entries else memory._replace(entries=entries)


def values_of(entry: Entry, others: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the addresses that the name may say because of this entry, without those of `others`."""
    stay = frozenset(others)
    return tuple(dict.fromkeys(own for own in (entry.address or "", *entry.maybe.split()) if own and own not in stay))
