"""The story of one run, told once. All that decides is below this module, all that touches the world is behind `World`."""

from collections.abc import Mapping
from typing import Final

from edge_agent import deciding, pauses, planning, sending, settling
from edge_agent.candidates import survey, unmatched
from edge_agent.deciding import Decided
from edge_agent.model import Event, Evidence, Field, Line, Memory, Now, Report, Selection, Settings, Snapshot
from edge_agent.seam import World
from edge_agent.sending import Sent
from edge_agent.situation import Situation

AGAIN_FOR: Final = 1.0  # seconds between two looks at an uplink that is failing


def run(event: Event, settings: Settings, world: World) -> Report:
    """Look, choose, plan, and (unless the run is dry) send what differs and remember how it went."""
    memory, notes = world.recall()
    snapshot, decided = _decide(event, settings, memory, world)
    situation = Situation(event, settings, decided.choices, decided.memory, world.now(), world.provider, decided.values)
    steps = planning.plan(situation)
    sent = Sent(tuple(map(Line, steps)), (), memory) if settings.dry_run else sending.perform(situation, steps, world, memory)
    shown = tuple((selection, tuple(families.values())) for selection, families in decided.choices.items())
    due_for = _due_for(decided, sent.memory, world.now())
    evidence = Evidence(snapshot, decided.known, memory) if sent.memory is memory else None
    return Report(
        event, shown, sent.lines, snapshot.gaps, notes + sent.trouble, settings.dry_run, due_for=due_for, evidence=evidence
    )


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


def _decide(event: Event, settings: Settings, memory: Memory, world: World) -> tuple[Snapshot, Decided]:
    """Look and choose; where an uplink in use has just failed, again and again for a short while: it may be a blip."""
    patience_for = min(settings.settle_for, settings.deadline_for / 3)
    selections = _selections(settings)
    snapshot, fields = _look(event, settings, memory, world)
    decided = deciding.decide(snapshot, fields, selections, settings, memory, world)
    while decided.failing and patience_for >= AGAIN_FOR:
        world.wait(AGAIN_FOR)
        patience_for -= AGAIN_FOR
        snapshot, fields = _look(event, settings._replace(settle_for=0.0), memory, world)
        decided = deciding.decide(snapshot, fields, selections, settings, decided.memory, world)
    return snapshot, decided._replace(memory=memory) if decided.memory == memory else decided  # a blip leaves no trace


def _due_for(decided: Decided, memory: Memory, now: Now) -> float | None:
    """Return the seconds until something can be done that cannot be done now: a pause ends, a wait, a pin."""
    if decided.failing:
        return AGAIN_FOR
    waits = [standing.since for standing in memory.standings.values()]
    pins = [memory.pin.pause] if memory.pin else []
    return pauses.soonest((*(entry.pause for entry in memory.entries.values()), *waits, *pins), now)
