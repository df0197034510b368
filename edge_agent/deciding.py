"""From what was seen to a choice for every selection and family. What must be asked is asked once, for all of them together.

A choice that stands where it stood needs no more than `egress`; `failover` and `each` are loaded where something else is the case.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

from edge_agent import egress
from edge_agent.candidates import deselected
from edge_agent.model import (
    FAMILY_OF,
    TYPE_OF,
    Choice,
    Field,
    Finding,
    Key,
    Memory,
    Now,
    Pin,
    Probe,
    Selection,
    Settings,
    Snapshot,
    Standing,
)
from edge_agent.pauses import remaining
from edge_agent.report.words import pinned_note
from edge_agent.seam import World
from edge_agent.settings.accounts import fingerprint
from edge_agent.situation import Choices

MOST: Final = 256  # standings that are kept beside this run's own: those of settings that are no more look like any others

Fields: TypeAlias = Mapping[Selection, tuple[Field, ...]]  # without the selections that no interface fits
Several: TypeAlias = dict[tuple[Selection, int], Mapping[str, Choice]]


class Decided(NamedTuple):
    """What was chosen, and memory with what the choices stand on now: the same object where that is as before."""

    choices: Choices
    memory: Memory
    values: Mapping[tuple[Selection, int], Mapping[str, Choice]] = {}
    known: Mapping[Probe, Finding] = {}  # all that was asked

    @property
    def failing(self) -> bool:
        """Whether another look in a moment may leave an uplink."""
        found = [choice.reason for families in self.choices.values() for choice in families.values()]
        found += [choice.reason for choices in self.values.values() for choice in choices.values()]
        return "failing" in found


class Desk(NamedTuple):
    """What every choice of one look is made with."""

    settings: Settings
    memory: Memory
    known: dict[Probe, Finding]
    world: World
    now: Now
    pin: Pin | None


def decide(
    snapshot: Snapshot, fields: Fields, selections: tuple[Selection, ...], settings: Settings, memory: Memory, world: World
) -> Decided:
    """Choose for every selection and family, and for every uplink where records want that."""
    now = world.now()
    if memory.pin and not remaining(memory.pin.pause, now):
        memory = memory._replace(pin=None)
    desk = Desk(settings, memory, {}, world, now, memory.pin)
    fields = {how: tuple(_pinned(field, desk.pin) for field in own) for how, own in fields.items()} if desk.pin else fields
    _learn(desk, tuple(field for own in fields.values() for field in own))
    standings = dict(memory.standings)
    choices: dict[Selection, Mapping[int, Choice]] = {}
    values: Several = {}
    for how in selections:
        own = fields.get(how)
        choices[how] = (
            {field.family: _stand(desk, field, standings) for field in own} if own else _unmatched(snapshot, how, settings)
        )
        for field in own or ():
            several = _several(desk, field, standings)
            values |= {} if several is None else {(how, field.family): several}
    if standings != memory.standings:
        memory = memory._replace(standings=_fewer(standings, {_place(field) for own in fields.values() for field in own}))
    return Decided(choices, _aligned(memory, settings, choices, values), values, desk.known)


def _fewer(standings: dict[str, Standing], used: set[str]) -> dict[str, Standing]:
    """Return the standings without the oldest of those that this run did not use, where there are too many."""
    others = [place for place in standings if "/".join(place.split("/")[:2]) not in used]
    for place in others[: max(0, len(others) - MOST)]:
        del standings[place]
    return standings


def _unmatched(snapshot: Snapshot, selection: Selection, settings: Settings) -> Mapping[int, Choice]:
    here = ", ".join(link.name for link in snapshot.links)
    note = f"no interface fits {' '.join(selection.interfaces)}; this machine has: {here or 'none'}"
    return {family: Choice(family, "hold", reason="no_match", notes=(note,)) for family in settings.families}


def _learn(desk: Desk, fields: tuple[Field, ...]) -> None:
    """Ask until nothing more must be known; all families and uplinks in one round, so that none waits for another."""
    while wanted := tuple(dict.fromkeys(probe for field in fields for probe in egress.probes(field, desk.known))):
        found = desk.world.probe(wanted)
        for probe in wanted:
            desk.known[probe] = found.get(probe, Finding("unknown", reason="not_probed"))


def _place(field: Field) -> str:
    """Return the name under which memory keeps what the choice of this field stands on."""
    how = field.selection
    return f"{fingerprint(repr(how._replace(allow=frozenset())), *sorted(how.allow))}/{field.family}"


# --- one value -------------------------------------------------------------------------------------------------------


def _stand(desk: Desk, field: Field, standings: dict[str, Standing]) -> Choice:
    """Return the choice, and put down what it stands on now."""
    choice = _noted(egress.choose(field, desk.known), field, desk)
    mine = [record for record in desk.settings.records if record.selection == field.selection]
    if mine and all(record.each for record in mine):
        return choice
    place = _place(field)
    standing = standings.get(place)
    if _ruled(field, desk.pin):
        standings.pop(place, None)
    elif standing is None:
        if choice.kind == "use" and choice.interface:
            standings[place] = Standing(choice.interface)
    elif standing != Standing(choice.interface or standing.interface):
        from edge_agent import failover

        _learn(desk, failover.asides(field, desk.known, standing))
        steady, standings[place] = failover.steady(field, desk.known, standing, desk.now, desk.settings)
        return _noted(steady, field, desk)
    return choice


# --- a person's choice -----------------------------------------------------------------------------------------------


def _ruled(field: Field, pin: Pin | None) -> bool:
    return pin is not None and field.selection.source not in egress.TOLD and deselected(field.selection, pin.interface) is None


def _pinned(field: Field, pin: Pin | None) -> Field:
    """Return the field in which only the pinned uplink can win, where the selection has it."""
    if pin is None or not _ruled(field, pin):
        return field
    return egress.set_aside(field, {name: "pinned" for name in egress.rivals(field) if name != pin.interface})


def _noted(choice: Choice, field: Field, desk: Desk) -> Choice:
    """Return the choice with a note on the pin, if there is one."""
    if desk.pin is None or field.selection.source in egress.TOLD:
        return choice
    fits = _ruled(field, desk.pin)
    note = pinned_note(desk.pin.interface, desk.now.wall + remaining(desk.pin.pause, desk.now), fits=fits)
    aside = fits and choice.reason == "no_route" and any(loser.reason == "pinned" for loser in choice.rejected)
    return choice._replace(reason="pin_without_route" if aside else choice.reason, notes=(*choice.notes, note))


# --- several values --------------------------------------------------------------------------------------------------


def _several(desk: Desk, field: Field, standings: dict[str, Standing]) -> Mapping[str, Choice] | None:
    """Return a choice for every uplink where some record wants that, and put down how the uplinks stand now."""
    records = desk.settings.records
    mine = [record for record in records if record.each and record.selection == field.selection]
    if not mine:
        return None
    from edge_agent import each

    bare = [Key(record.account, record.name, TYPE_OF[field.family]) for record in mine]
    entries = [entry for own in each.by_interface(desk.memory, bare).values() for entry in own.items()]
    held = {name for name, entry in entries if name and each.values_of(entry) and not deselected(field.selection, name)}
    aside: dict[str, Choice] = {}
    if desk.pin and _ruled(field, desk.pin):
        aside = {
            name: Choice(field.family, "withdraw", None, name, reason="pinned") for name in sorted(held - {desk.pin.interface})
        }
    place = f"{_place(field)}/"
    before = {name.removeprefix(place): standings.pop(name) for name in tuple(standings) if name.startswith(place)}
    _learn(desk, each.asides(field, desk.known))
    seen = each.Seen(desk.known, frozenset(held) - aside.keys(), {} if aside else before, desk.now)
    choices, after = each.values(field, seen, desk.settings)
    standings |= {place + name: standing for name, standing in after.items()}
    return choices | aside


def _aligned(memory: Memory, settings: Settings, choices: Choices, values: Several) -> Memory:
    """Return memory in which every remembered value is known by the uplink that has its address now."""
    if not values and not any(key.value for key in memory.entries):
        return memory
    from edge_agent import each

    wishes: dict[Key, Mapping[str, Choice]] = {}
    for record in settings.records:
        for type_ in record.types:
            family = FAMILY_OF[type_]
            if family in choices[record.selection]:
                general = {"": choices[record.selection][family]}
                wishes[Key(record.account, record.name, type_)] = (
                    values.get((record.selection, family), {}) if record.each else general
                )
    return each.aligned(memory, wishes)
