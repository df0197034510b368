"""What to do about each record, and what to remember of how it went. Pure: change, hold-down, back-off, lock-out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from edge_agent import __version__
from edge_agent.model import (
    FAMILY_OF,
    Account,
    Choice,
    Entry,
    Event,
    Key,
    Lock,
    Memory,
    Now,
    Record,
    Selection,
    Settings,
    Step,
)
from edge_agent.pauses import age, begin, remaining
from edge_agent.providers.provider import Provider
from edge_agent.verdicts import TABLE, Verdict, locks, pause_after

SCOPES: Final = ("provider", "account", "record")

Choices: TypeAlias = Mapping[Selection, Mapping[int, Choice]]
Find: TypeAlias = Callable[[str], Provider]


class Situation(NamedTuple):
    """What every decision of one run looks at."""

    event: Event
    settings: Settings
    choices: Choices
    memory: Memory
    now: Now
    find: Find


def plan(situation: Situation) -> tuple[Step, ...]:
    """Return one step per record and type, in the order of the settings: publish, keep, defer or hold, each with its reason.

    Planning twice without anything having happened gives the same steps: nothing is remembered here.
    """
    steps: list[Step] = []
    for record in situation.settings.records:
        provider = situation.find(situation.settings.accounts[record.account].provider)
        wanted = (type_ for type_ in record.types if FAMILY_OF[type_] in situation.settings.families)
        own = tuple(_step(situation, record, type_, provider) for type_ in wanted)
        steps += _paired(own, provider, situation.settings.accounts[record.account])
    return tuple(steps)


def _step(situation: Situation, record: Record, type_: str, provider: Provider) -> Step:
    choice = situation.choices[record.selection][FAMILY_OF[type_]]
    entry = situation.memory.entries.get(Key(record.account, record.name, type_), Entry())
    step = Step(
        Key(record.account, record.name, type_),
        provider.name,
        "hold",
        choice.reason or "",
        choice.address,
        entry.address,
        choice.interface,
        ttl=record.ttl,
        zone=record.zone,
    )
    if choice.kind != "use":
        return _held(situation, record, type_, step)
    due = _due(situation, record, entry, choice, provider)
    if due is None:
        return step._replace(kind="keep", reason="unchanged")
    return _hindered(situation, record, entry, provider, step) or step._replace(kind="publish", reason=due)


def _held(situation: Situation, record: Record, type_: str, step: Step) -> Step:
    """Hold; or keep quiet about a family that this box never had and nobody asked for, as long as the other one works."""
    others = situation.choices[record.selection].values()
    if type_ in record.optional and step.was is None and any(choice.kind == "use" for choice in others):
        return step._replace(kind="keep", reason="not_here")
    return step


def _due(situation: Situation, record: Record, entry: Entry, choice: Choice, provider: Provider) -> str | None:
    """Return why something must be sent, or None: what is already published is never sent again, least of all on a timer."""
    if situation.settings.force:
        return "forced"
    if entry.address is None:
        return "new"
    if entry.doubtful:
        return "unconfirmed"
    if entry.address != choice.address:
        return "changed"
    if entry.fingerprint != record.fingerprint:
        return "settings_changed"
    refresh_for = situation.settings.force_after_for or provider.force_after_for
    old = age(entry.published_at, situation.now)
    return "refresh" if refresh_for and old is not None and old >= refresh_for else None


def _hindered(situation: Situation, record: Record, entry: Entry, provider: Provider, step: Step) -> Step | None:
    """Return the step deferred, where a lock-out, a pause or the provider's least interval forbids sending now."""
    lock = _lock(situation, record, step.key, provider)
    if lock is not None:
        return step._replace(kind="defer", reason="banned" if lock.verdict == "banned" else "locked", detail=lock.detail)
    pause = remaining(entry.pause, situation.now)
    hinted = entry.verdict == "unreachable" and situation.event.source != "manual"  # the network just changed: try at once
    if pause and not hinted and not situation.settings.force and _same_settings(entry, record):
        return _deferred(step, "paused", pause, situation.now)._replace(detail=entry.detail, after=entry.verdict)
    interval = remaining(entry.sent, situation.now)
    if interval:
        return _deferred(step, "too_soon", interval, situation.now)
    return None


def _same_settings(entry: Entry, record: Record) -> bool:
    """A back-off is for the settings that failed; a person who mended them need not wait, unless the service said when."""
    return entry.tried == record.fingerprint or entry.verdict == "busy"


def _deferred(step: Step, reason: str, for_: float, now: Now) -> Step:
    return step._replace(kind="defer", reason=reason, not_before_at=now.wall + for_)


def _lock(situation: Situation, record: Record, key: Key, provider: Provider) -> Lock | None:
    account = situation.settings.accounts[record.account]
    for scope in SCOPES:
        lock = situation.memory.locks.get(scope_name(scope, key, provider.name))
        if lock is None:
            continue
        if not TABLE[lock.verdict].unlocks_itself or lock.fingerprint == _fingerprint(scope, account, record):
            return lock
    return None


def scope_name(scope: str, key: Key, provider: str) -> str:
    """Return the name under which memory keeps a lock-out of that scope."""
    if scope == "provider":
        return f"provider:{provider}"
    return f"account:{key.account}" if scope == "account" else f"record:{key.account}/{key.name}/{key.type}"


def _fingerprint(scope: str, account: Account, record: Record) -> str:
    """What must change for a lock-out of that scope to lift by itself; a blocked client needs another version of itself."""
    return {"provider": __version__, "account": account.fingerprint}.get(scope, record.fingerprint)


def _paired(own: tuple[Step, ...], provider: Provider, account: Account) -> Iterator[Step]:
    """Join the families of one name where the service takes them in one request, or would drop the one that is left out."""
    publishing = any(step.kind == "publish" for step in own)
    decided = provider.pairs_for
    pairs = decided(account.server or provider.server, account.options) if decided else provider.pairs
    if pairs == "alone" or not publishing:
        yield from own
        return
    missing = pairs == "required" and not account.options.get("single_family") and _lone(own)
    blocked = next((step for step in own if step.kind == "defer"), None)
    for step in own:
        if step.kind == "publish" and missing:
            yield step._replace(kind="hold", reason="other_family_unknown")
        elif step.kind == "publish" and blocked:
            yield step._replace(kind="defer", reason=blocked.reason, not_before_at=blocked.not_before_at, detail=blocked.detail)
        elif step.kind == "keep" and step.reason == "unchanged" and not missing and not blocked:
            yield step._replace(kind="publish", reason="sent_together")
        else:
            yield step


def _lone(own: tuple[Step, ...]) -> bool:
    return sum(step.address is not None for step in own) < len(FAMILY_OF)


# --- what to remember ------------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """What one attempt does to memory."""

    key: Key
    entry: Entry
    lifted: tuple[str, ...] = ()  # lock-outs that a success has shown to be over
    scope: str = ""
    lock: Lock | None = None


def attempted(situation: Situation, step: Step, record: Record) -> Change:
    """Return what to remember before anything is sent: a run that dies in the middle counts as one without a sure answer."""
    return settle(situation, step, record, Verdict("unconfirmed", "the run ended before an answer came"))


def settle(situation: Situation, step: Step, record: Record, verdict: Verdict) -> Change:
    """Return what to remember of one attempt and its verdict; the same verdict twice gives the same change."""
    entry = situation.memory.entries.get(step.key, Entry())
    provider = situation.find(step.provider)
    now = situation.now
    sent = begin(now, provider.least_interval_for) if provider.least_interval_for else None
    if TABLE[verdict.kind].success:
        after = Entry(step.address, now.wall, step.interface, record.fingerprint, 0, sent, None, verdict.kind)
        return Change(step.key, after, tuple(scope_name(scope, step.key, provider.name) for scope in SCOPES))
    again = entry.verdict == verdict.kind and entry.tried == record.fingerprint
    failures = entry.failures + 1 if again else 1
    pause = pause_after(verdict, failures, provider.busy_for)
    after = entry._replace(
        failures=failures,
        sent=entry.sent if verdict.kind == "unreachable" else sent,
        pause=begin(now, pause) if pause else None,
        verdict=verdict.kind,
        detail=verdict.detail,
        tried=record.fingerprint,
        doubtful=entry.doubtful or verdict.kind in {"unconfirmed", "garbled"},
    )
    if not locks(verdict, failures):
        return Change(step.key, after)
    account = situation.settings.accounts[record.account]
    lock = Lock(_fingerprint(verdict.scope, account, record), verdict.kind, verdict.detail, now.wall)
    return Change(step.key, after, (), scope_name(verdict.scope, step.key, provider.name), lock)


def applied(memory: Memory, changes: Iterable[Change]) -> Memory:
    """Return memory with the changes made."""
    entries, held = dict(memory.entries), dict(memory.locks)
    for change in changes:
        entries[change.key] = change.entry
        for scope in change.lifted:
            held.pop(scope, None)
        if change.lock:
            held[change.scope] = change.lock
    return Memory(entries, held)
