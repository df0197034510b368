"""The story of one run, told once. All that decides is below this module, all that touches the world is behind `World`."""

from collections.abc import Mapping

from edge_agent import egress, pauses, planning, sending, settling
from edge_agent.candidates import survey, unmatched
from edge_agent.model import Choice, Event, Field, Finding, Line, Memory, Probe, Report, Selection, Settings, Snapshot
from edge_agent.planning import Situation
from edge_agent.seam import World
from edge_agent.sending import Sent


def run(event: Event, settings: Settings, world: World) -> Report:
    """Look, choose, plan, and (unless the run is dry) send what differs and remember how it went."""
    memory, notes = world.recall()
    snapshot, fields = _look(event, settings, memory, world)
    choices = _choices(snapshot, fields, settings, world)
    situation = Situation(event, settings, choices, memory, world.now(), world.provider)
    steps = planning.plan(situation)
    sent = Sent(tuple(map(Line, steps)), (), memory) if settings.dry_run else sending.perform(situation, steps, world)
    shown = tuple((selection, tuple(families.values())) for selection, families in choices.items())
    due_for = pauses.soonest((entry.pause for entry in sent.memory.entries.values()), world.now())
    return Report(event, shown, sent.lines, snapshot.gaps, notes + sent.trouble, settings.dry_run, due_for=due_for)


def _selections(settings: Settings) -> tuple[Selection, ...]:
    """Return the selections that records have, each once and the user's general one first; that one alone without records."""
    used = dict.fromkeys(record.selection for record in settings.records)
    general = (settings.selection,) if settings.selection in used or not used else ()
    return tuple(dict.fromkeys((*general, *used)))


def _look(event: Event, settings: Settings, memory: Memory, world: World) -> tuple[Snapshot, Mapping[Selection, tuple[Field, ...]]]:
    """Look at the machine; again and again for a short while, where what it was told or sees is about to change."""
    published = frozenset(entry.address for entry in memory.entries.values() if entry.address)
    patience_for = 0.0 if settings.dry_run else min(settings.settle_for, settings.deadline_for / 3)
    while True:
        snapshot = world.look()
        fields = {
            selection: tuple(survey(event, snapshot, selection, family, published) for family in settings.families)
            for selection in _selections(settings)
            if not unmatched(snapshot, selection)
        }
        own = tuple(field for families in fields.values() for field in families)
        if patience_for <= 0 or not settling.awaits(event, own, published):
            return snapshot, fields
        world.wait(settling.LOOK_EVERY_FOR)
        patience_for -= settling.LOOK_EVERY_FOR


def _choices(
    snapshot: Snapshot, fields: Mapping[Selection, tuple[Field, ...]], settings: Settings, world: World
) -> Mapping[Selection, Mapping[int, Choice]]:
    """Choose for every selection and family; what must be asked is asked once, for all of them together."""
    known = _findings(tuple(field for own in fields.values() for field in own), world)
    return {
        selection: {field.family: egress.choose(field, known) for field in fields[selection]}
        if selection in fields
        else _unmatched(snapshot, selection, settings.families)
        for selection in _selections(settings)
    }


def _unmatched(snapshot: Snapshot, selection: Selection, families: tuple[int, ...]) -> Mapping[int, Choice]:
    here = ", ".join(link.name for link in snapshot.links)
    note = f"no interface fits {' '.join(selection.interfaces)}; this machine has: {here or 'none'}"
    return {family: Choice(family, "hold", reason="no_match", notes=(note,)) for family in families}


def _findings(fields: tuple[Field, ...], world: World) -> Mapping[Probe, Finding]:
    """Ask until nothing more must be known; all families and uplinks in one round, so that none waits for another."""
    known: dict[Probe, Finding] = {}
    while wanted := tuple(dict.fromkeys(probe for field in fields for probe in egress.probes(field, known))):
        found = world.probe(wanted)
        for probe in wanted:
            known[probe] = found.get(probe, Finding("unknown", reason="not_probed"))
    return known
