"""Bring the values of a name to what they should be, whatever the service: look, decide, write only what differs.

No service is named here: a `Desk` (see `desk`) says how it is done, `rest.move` what is to be done, so no value is touched that
is not ours. What was seen is kept up to date, so a name is looked at once however many values it gets. An id that is no more,
or a value that exists already, is looked at again, once.
"""

from collections.abc import Callable
from typing import Final

from edge_agent.inet import canonical
from edge_agent.names import ascii_of
from edge_agent.providers import rest
from edge_agent.providers.desk import Desk, Held, Place
from edge_agent.providers.provider import Job
from edge_agent.providers.rest import GARBLED, LATER, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Dialogue, Outcome, Target

ENDS: Final = {"keep": Verdict("unchanged"), "refuse": REFUSED, "wait": LATER._replace(scope="record")}


def dialogue(make: Callable[[Job], Desk]) -> Callable[[Job], Dialogue]:
    """Return the dialogue of the service whose desks `make` opens."""

    def begin(job: Job) -> Dialogue:
        left = dict.fromkeys(job.targets)
        desk = None
        try:
            made = make(job)
            yield from made.enter()
            desk = made
            for target in job.targets:
                verdict = yield from _verdict(desk, target)
                del left[target]
                yield Outcome(target, verdict)
        except OverError as over:
            for target in left:
                yield Outcome(target, over.verdict)
        if desk:
            yield from _left(desk)

    return begin


def _left(desk: Desk) -> Talk[None]:
    try:
        yield from desk.leave()
    except OverError:
        return  # every record has its verdict already


def _verdict(desk: Desk, target: Target) -> Talk[Verdict]:
    """Return how one record ended; raise what ends the whole dialogue."""
    try:
        return (yield from _set(desk, target))
    except OverError as over:
        if over.verdict.scope != "record":
            raise
        return over.verdict


def _set(desk: Desk, target: Target) -> Talk[Verdict]:
    place = yield from _place(desk, target)
    if place not in desk.seen:
        desk.seen[place] = yield from desk.look(place)
    try:
        return (yield from _apply(desk, place, target))
    except OverError as over:
        if not over.stale:
            raise
        before = desk.seen.pop(place)
        desk.forget(place)
        desk.seen[place] = yield from desk.look(place)
        if desk.seen[place] == before:  # there is nothing new to decide by
            raise
    return (yield from _apply(desk, place, target))


def _place(desk: Desk, target: Target) -> Talk[Place]:
    """Return where the target stands: in the longest zone above its name that the account has."""
    for name in rest.zones_of(target):
        if name not in desk.zones:
            desk.zones[name] = yield from desk.zone(name)
        if desk.zones[name]:
            return Place(name, desk.zones[name], ascii_of(target.name), target.family)
    raise OverError(rest.no_zone(target, desk.permission))


def _apply(desk: Desk, place: Place, target: Target) -> Talk[Verdict]:
    """Send what must be sent, and keep what was seen as it is then: another value of the name may come next."""
    move = rest.move([held.value for held in desk.seen[place]], target)
    if move.kind in ENDS:
        kept = desk.seen[place][move.place] if move.place >= 0 else Held(None)
        return ENDS[move.kind]._replace(detail=_noted(move.detail or f"the record says {target.address}", kept))
    if desk.job.look_only:
        return Verdict("unchanged", _shown(desk.seen[place]))
    if move.kind == "create":
        new = yield from desk.create(place, target)
        desk.seen[place].append(new)
        return _written(new, target)
    held = desk.seen[place][move.place]
    if move.kind == "remove":
        yield from desk.remove(place, held, target)
        del desk.seen[place][move.place]
        return Verdict("updated", move.detail)
    if desk.settled(held, target):
        return Verdict("unchanged", _noted(move.detail or f"the record says {target.address}", held))
    desk.seen[place][move.place] = new = yield from desk.change(place, held, target)
    return _written(new, target)


def _shown(held: list[Held]) -> str:
    """Return what a name says, where nothing is to be changed."""
    return f"the record says {', '.join(str(own.value) for own in held)}" if held else "there is no record yet"


def _written(new: Held, target: Target) -> Verdict:
    """Judge what the service says it has now."""
    if isinstance(new.value, str) and canonical(new.value) == target.address:
        return Verdict("updated", _noted(f"the record says {target.address}", new))
    return GARBLED._replace(detail=f"the change was accepted, but the answer does not say {target.address}")


def _noted(detail: str, held: Held) -> str:
    return f"{detail}; {held.note}" if held.note else detail
