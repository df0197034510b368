"""The story of one run, told once. All that decides is below this module, all that touches the world is behind `World`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from edge_agent import egress, planning
from edge_agent.candidates import survey, unmatched
from edge_agent.encoding import brief
from edge_agent.model import (
    FAMILY_OF,
    Account,
    Choice,
    Event,
    Field,
    Finding,
    Key,
    Line,
    Lock,
    Memory,
    Now,
    Probe,
    Report,
    Selection,
    Settings,
    Snapshot,
    Step,
)
from edge_agent.planning import Change, Situation
from edge_agent.providers.provider import Job, Provider
from edge_agent.report import secrets_of
from edge_agent.verdicts import Verdict
from edge_agent.wire import Send, Target, converse


class World(Protocol):
    """The one seam for input and output."""

    def look(self) -> Snapshot:
        """Return the machine as it is now."""

    def probe(self, probes: tuple[Probe, ...]) -> Mapping[Probe, Finding]:
        """Return a finding for every probe, all asked at once within the probe time-out."""

    def provider(self, name: str) -> Provider:
        """Return the provider of that name; the settings have been checked, so it exists."""

    def sender(self, account: Account, via: tuple[str | None, ...]) -> Send:
        """Return the function that sends this account's requests by the first of the ways `via` that reaches the service.

        A way is an interface, and None is the kernel's own.
        """

    def recall(self) -> tuple[Memory, tuple[str, ...]]:
        """Return what was remembered, and notes for the user (a state file that had to be set aside)."""

    def remember(self, changes: tuple[Change, ...], *, lasting: bool) -> str | None:
        """Keep the changes at once, `lasting` through a power cut; return a sentence when that is impossible."""

    def settle(self, memory: Memory) -> str | None:
        """Write the whole memory at the end of a run that changed it; return a sentence when that is impossible."""

    def now(self) -> Now:
        """Return the time."""

    @property
    def user_agent(self) -> str:
        """The name under which the agent presents itself to services."""


def run(event: Event, settings: Settings, world: World) -> Report:
    """Look, choose, plan, and (unless the run is dry) send what differs and remember how it went."""
    snapshot = world.look()
    memory, notes = world.recall()
    choices = _choices(event, snapshot, settings, memory, world)
    situation = Situation(event, settings, choices, memory, world.now(), world.provider)
    steps = planning.plan(situation)
    lines, trouble = (_unsent(steps), ()) if settings.dry_run else _perform(situation, steps, world)
    shown = tuple((selection, tuple(families.values())) for selection, families in choices.items())
    return Report(event, shown, lines, snapshot.gaps, notes + trouble, settings.dry_run)


def _selections(settings: Settings) -> tuple[Selection, ...]:
    """Return the selections that records have, each once and the user's general one first; that one alone without records."""
    used = dict.fromkeys(record.selection for record in settings.records)
    general = (settings.selection,) if settings.selection in used or not used else ()
    return tuple(dict.fromkeys((*general, *used)))


def _choices(
    event: Event, snapshot: Snapshot, settings: Settings, memory: Memory, world: World
) -> Mapping[Selection, Mapping[int, Choice]]:
    """Choose for every selection and family; what must be asked is asked once, for all of them together."""
    published = frozenset(entry.address for entry in memory.entries.values() if entry.address)
    wanted = _selections(settings)
    fields = {
        selection: tuple(survey(event, snapshot, selection, family, published) for family in settings.families)
        for selection in wanted
        if not unmatched(snapshot, selection)
    }
    known = _findings(tuple(field for own in fields.values() for field in own), world)
    return {
        selection: {field.family: egress.choose(field, known) for field in fields[selection]}
        if selection in fields
        else _unmatched(snapshot, selection, settings.families)
        for selection in wanted
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


def _unsent(steps: Iterable[Step]) -> tuple[Line, ...]:
    return tuple(Line(step) for step in steps)


# --- sending ---------------------------------------------------------------------------------------------------------


class Batch(NamedTuple):
    """The steps that one dialogue carries out: one account, one way to the provider."""

    account: Account
    via: tuple[str | None, ...]
    steps: tuple[Step, ...]


def _perform(situation: Situation, steps: tuple[Step, ...], world: World) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """Send what is to be published and remember each outcome as soon as it is known.

    Before a batch leaves, memory says of each of its records that the end is unknown; so a run that is killed at any point
    neither forgets an update nor repeats it unasked. Where memory cannot be written, only providers that look before they
    change are trusted with it: the others would get the same update at every run, and ban the user for it.
    """
    lines = {step: _unwritten(step) for step in steps}
    records = {Key(own.account, own.name, type_): own for own in situation.settings.records for type_ in own.types}
    secrets = secrets_of(situation.settings)
    changes: list[Change] = []
    trouble: dict[str, None] = {}
    for batch in _batches(situation, steps):
        lock = _locked_meanwhile(changes, batch)
        if lock:
            lines.update((step, Line(step._replace(kind="defer", reason="locked", detail=lock.detail))) for step in batch.steps)
            continue
        own = tuple(planning.attempted(situation, step, records[step.key]) for step in batch.steps)
        unwritable = world.remember(own, lasting=True)
        if unwritable:
            trouble[unwritable] = None
            if not (situation.find(batch.account.provider).reads or situation.settings.force):
                continue
        for step, said in _converse(situation, batch, world):
            verdict = said._replace(detail=brief(said.detail, secrets))
            change = planning.settle(situation, step, records[step.key], verdict)
            world.remember((change,), lasting=False)  # a power cut leaves "the end is unknown", which is safe
            changes.append(change)
            lines[step] = Line(step, verdict.kind, verdict.detail)
    if changes:
        unwritable = world.settle(planning.applied(situation.memory, changes))
        if unwritable:
            trouble[unwritable] = None
    return tuple(lines[step] for step in steps), tuple(trouble)


def _unwritten(step: Step) -> Line:
    """What is said of a step that was never begun: what could not be remembered was not sent."""
    return Line(step._replace(kind="hold", reason="no_memory") if step.kind == "publish" else step)


def _locked_meanwhile(changes: list[Change], batch: Batch) -> Lock | None:
    """Return the lock-out that an earlier batch of this run brought upon this one's provider or account."""
    scopes = {planning.scope_name(scope, step.key, step.provider) for scope in ("provider", "account") for step in batch.steps[:1]}
    return next((change.lock for change in changes if change.lock and change.scope in scopes), None)


def _batches(situation: Situation, steps: tuple[Step, ...]) -> Iterator[Batch]:
    """Yield batches; within one, records that failed before come last, so that they cannot starve the others."""
    groups: dict[tuple[str, str | None], list[Step]] = {}
    for step in steps:
        if step.kind == "publish":
            way = {"any": None, "same": step.interface}.get(situation.settings.update_via, situation.settings.update_via)
            groups.setdefault((step.key.account, way), []).append(step)
    for (account, way), own in groups.items():
        own.sort(key=lambda step: _failures(situation, step))
        via = _ways(situation, own) if situation.settings.update_via == "any" else (way,)
        yield Batch(situation.settings.accounts[account], via, tuple(own))


def _ways(situation: Situation, own: list[Step]) -> tuple[str | None, ...]:
    """Whatever reaches the provider: the kernel's way and the chosen uplinks; the kernel's last where an uplink is known dead."""
    chosen = tuple(dict.fromkeys(step.interface for step in own if step.interface))
    dead = any(
        loser.reason == "unreachable"
        for families in situation.choices.values()
        for choice in families.values()
        for loser in choice.rejected
    )
    return (*chosen, None) if dead else (None, *chosen)


def _failures(situation: Situation, step: Step) -> int:
    entry = situation.memory.entries.get(step.key)
    return entry.failures if entry else 0


def _converse(situation: Situation, batch: Batch, world: World) -> Iterator[tuple[Step, Verdict]]:
    provider = situation.find(batch.account.provider)
    targets = {
        Target(step.key.name, FAMILY_OF[step.key.type], step.address, step.ttl, step.zone): step
        for step in batch.steps
        if step.address is not None
    }
    job = Job(
        batch.account.name,
        {name: secret.reveal() for name, secret in batch.account.credentials.items()},
        tuple(targets),
        batch.account.server or provider.server,
        batch.account.options,
        world.user_agent,
        situation.now.wall,
    )
    for target, verdict in converse(provider.dialogue(job), job.targets, world.sender(batch.account, batch.via)):
        yield targets[target], verdict
