"""Sending what is to be published: in batches, each outcome remembered as soon as it is known. Pure but for the world handed in."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from edge_agent import planning
from edge_agent.encoding import brief
from edge_agent.hindrances import scope_name
from edge_agent.model import FAMILY_OF, Account, Key, Line, Lock, Memory, Record, Step
from edge_agent.planning import Change
from edge_agent.providers.provider import Job, Provider
from edge_agent.report import secrets_of
from edge_agent.seam import World
from edge_agent.situation import Situation
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target, converse

SENT: Final = frozenset({"publish", "withdraw"})
DEAD: Final = frozenset({"unreachable", "link_down"})  # the kernel may still send by such an uplink


class Batch(NamedTuple):
    """The steps that one dialogue carries out: one account, one way to the provider."""

    account: Account
    via: tuple[str | None, ...]
    steps: tuple[Step, ...]


class Sent(NamedTuple):
    """How it went: a line for every step, what a person should know beside them, and memory as it is now."""

    lines: tuple[Line, ...]
    trouble: tuple[str, ...]
    memory: Memory


def perform(situation: Situation, steps: tuple[Step, ...], world: World, before: Memory) -> Sent:
    """Send what is to be published and remember each outcome as soon as it is known; `before` is what memory still says.

    Accounts are served at the same time: one that hangs keeps no other waiting. Before a batch leaves, memory says of each of its
    records that the end is unknown; so a run that is killed at any point neither forgets an update nor repeats it unasked. Where
    memory cannot be written, only providers that look before they change are trusted with it: the others would get the same
    update at every run, and ban the user for it.
    """
    records = {Key(own.account, own.name, type_): own for own in situation.settings.records for type_ in own.types}
    errand = _Errand(situation, world, records, secrets_of(situation.settings), {step: _unwritten(step) for step in steps}, [], {})
    _begin(situation, world, before)
    chains: dict[str, list[Batch]] = {}
    for batch in _batches(situation, steps):
        chains.setdefault(batch.account.name, []).append(batch)
    for step, said in world.together(_chain(errand, chain) for chain in chains.values()):
        _settle(errand, step, said)
    memory = planning.applied(situation.memory, errand.changes) if errand.changes else situation.memory
    unwritable = None if memory is before else world.settle(memory)
    trouble = dict.fromkeys((*errand.trouble, *([unwritable] if unwritable else [])))
    return Sent(tuple(errand.lines[step] for step in steps), tuple(trouble), memory)


class _Errand(NamedTuple):
    """What is filled while batches are under way; touched by one thread alone."""

    situation: Situation
    world: World
    records: Mapping[Key, Record]
    secrets: Collection[str]
    lines: dict[Step, Line]
    changes: list[Change]
    trouble: dict[str, None]

    def record(self, step: Step) -> Record:
        return self.records[step.key._replace(value="")]

    def talk(self, batch: Batch) -> Callable[[], Iterator[tuple[Step, Verdict]]]:
        return lambda: _converse(self.situation, batch, self.world)


def _chain(errand: _Errand, batches: list[Batch]) -> Iterator[Callable[[], Iterator[tuple[Step, Verdict]]]]:
    """Yield the talks of one account, one after the other: each begins when it is remembered that its end is unknown."""
    for batch in batches:
        lock = _locked_meanwhile(errand.changes, batch)
        if lock:
            away = ((step, step._replace(kind="defer", reason="locked", detail=lock.detail)) for step in batch.steps)
            errand.lines.update((step, Line(deferred)) for step, deferred in away)
        elif _remembered(errand, batch):
            yield errand.talk(batch)


def _remembered(errand: _Errand, batch: Batch) -> bool:
    """Remember that this batch leaves now, and say whether it may."""
    own = tuple(planning.attempted(errand.situation, step, errand.record(step)) for step in batch.steps)
    unwritable = errand.world.remember(own, lasting=True)
    if unwritable:
        errand.trouble[unwritable] = None
    return not unwritable or errand.situation.find(batch.account.provider).reads or errand.situation.settings.force


def _settle(errand: _Errand, step: Step, said: Verdict) -> None:
    """Remember how a record ended."""
    verdict = said._replace(detail=brief(said.detail, errand.secrets))
    change = planning.settle(errand.situation, step, errand.record(step), verdict)
    errand.world.remember((change,), lasting=False)  # a power cut leaves "the end is unknown", which is safe
    errand.changes.append(change)
    errand.lines[step] = Line(step, verdict.kind, verdict.detail)


def _begin(situation: Situation, world: World, before: Memory) -> None:
    """Where values have changed places, let the journal begin with where they are now."""
    if situation.memory.entries is not before.entries:
        world.settle(situation.memory)


def _unwritten(step: Step) -> Line:
    """What is said of a step that was never begun: what could not be remembered was not sent."""
    return Line(step._replace(kind="hold", reason="no_memory") if step.kind in SENT else step)


def _locked_meanwhile(changes: list[Change], batch: Batch) -> Lock | None:
    """Return the lock-out that an earlier batch of this run brought upon this one's provider or account."""
    scopes = {scope_name(scope, step.key, step.provider) for scope in ("provider", "account") for step in batch.steps[:1]}
    return next((change.lock for change in changes if change.lock and change.scope in scopes), None)


def _batches(situation: Situation, steps: tuple[Step, ...]) -> Iterator[Batch]:
    """Yield batches; within one, records that failed before come last, so that they cannot starve the others.

    Values are withdrawn when everything else has been sent: one of those that stay must be there.
    """
    groups: dict[tuple[str, str | None], list[Step]] = {}
    for step in sorted(steps, key=lambda step: step.kind == "withdraw"):
        if step.kind in SENT:
            way = {"any": None, "same": _uplink(situation, step)}.get(situation.settings.update_via, situation.settings.update_via)
            groups.setdefault((step.key.account, way), []).append(step)
    for (account, way), own in groups.items():
        own.sort(key=lambda step: (step.kind == "withdraw", _failures(situation, step)))
        via = _ways(situation, own) if situation.settings.update_via == "any" else (way,)
        yield Batch(situation.settings.accounts[account], via, tuple(own))


def _ways(situation: Situation, own: list[Step]) -> tuple[str | None, ...]:
    """Whatever reaches the provider: the kernel's way and the chosen uplinks; the kernel's last where an uplink is known dead."""
    chosen = tuple(dict.fromkeys(way for step in own if (way := _uplink(situation, step))))
    dead = any(
        loser.reason in DEAD for families in situation.choices.values() for choice in families.values() for loser in choice.rejected
    )
    return (*chosen, None) if dead else (None, *chosen)


def _uplink(situation: Situation, step: Step) -> str | None:
    """Return the uplink whose address is published; where one is withdrawn, the uplink of a value that stays."""
    if step.kind == "publish":
        return step.interface
    several = (choice for choices in situation.values.values() for choice in choices.values())
    own = (choice for choices in situation.choices.values() for choice in choices.values())
    return next((choice.interface for choice in (*several, *own) if choice.kind == "use" and choice.address in step.beside), None)


def _failures(situation: Situation, step: Step) -> int:
    entry = situation.memory.entries.get(step.key)
    return entry.failures if entry else 0


def _converse(situation: Situation, batch: Batch, world: World) -> Iterator[tuple[Step, Verdict]]:
    provider = situation.find(batch.account.provider)
    targets = {_target(step, step.address): step for step in batch.steps if step.address is not None}
    job = job_of(batch.account, provider, targets, world, situation.now.wall)
    for target, verdict in converse(provider.dialogue(job), job.targets, world.sender(batch.account, batch.via)):
        yield targets[target], verdict


def job_of(account: Account, provider: Provider, targets: Iterable[Target], world: World, now_at: float) -> Job:
    """Return what an account is to do about these targets, with its secrets revealed: it goes to the provider's dialogue alone."""
    own = {name: secret.reveal() for name, secret in account.credentials.items()}
    server = account.server or provider.server
    return Job(account.name, own, tuple(targets), server, account.options, world.user_agent, now_at, world.nonce())


def _target(step: Step, address: str) -> Target:
    family = FAMILY_OF[step.key.type]
    return Target(step.key.name, family, address, step.ttl, step.zone, step.own, step.each, step.beside, step.create)
