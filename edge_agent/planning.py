"""What to do about each record, and what to remember of how it went. Pure: change, hold-down, back-off, lock-out."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from edge_agent.hindrances import SCOPES, due, hindered, mark, scope_name
from edge_agent.model import FAMILY_OF, Account, Choice, Entry, Key, Lock, Memory, Record, Step
from edge_agent.pauses import begin
from edge_agent.providers.provider import Provider
from edge_agent.situation import Situation
from edge_agent.verdicts import TABLE, Verdict, locks, pause_after


def plan(situation: Situation) -> tuple[Step, ...]:
    """Return one step per record and type, in the order of the settings: publish, keep, defer or hold, each with its reason.

    Planning twice without anything having happened gives the same steps: nothing is remembered here.
    """
    steps: list[Step] = []
    places = _places(situation)
    for record in situation.settings.records:
        provider = situation.find(situation.settings.accounts[record.account].provider)
        wanted = (type_ for type_ in record.types if FAMILY_OF[type_] in situation.settings.families)
        own = tuple(step for type_ in wanted for step in _steps(situation, record, type_, provider, places))
        steps += _paired(own, provider, situation.settings.accounts[record.account])
    return tuple(steps)


def _places(situation: Situation) -> Mapping[Key, Iterable[str]]:
    """Return by what interfaces memory knows the values of each name and type, where any name has several."""
    if not any(key.value for key in situation.memory.entries):
        return {}
    from edge_agent import each

    records = situation.settings.records
    return each.by_interface(situation.memory, (Key(own.account, own.name, type_) for own in records for type_ in own.types))


def _steps(
    situation: Situation, record: Record, type_: str, provider: Provider, places: Mapping[Key, Iterable[str]]
) -> tuple[Step, ...]:
    bare = Key(record.account, record.name, type_)
    known = tuple(places.get(bare, ()))
    if provider.each and (record.each or any(known)):
        return _several(situation, record, bare, provider, known)
    return (_step(situation, record, bare, situation.choices[record.selection][FAMILY_OF[type_]], provider),)


def _step(situation: Situation, record: Record, key: Key, choice: Choice, provider: Provider) -> Step:
    entry = situation.memory.entries.get(key, Entry())
    step = Step(
        key,
        provider.name,
        "hold",
        choice.reason or "",
        choice.address,
        entry.address,
        choice.interface,
        ttl=record.ttl,
        zone=record.zone,
        own=_own(entry),
        each=record.each,
        create=record.create,
    )
    if choice.kind != "use":
        return _held(situation, record, step)
    reason = due(situation, record, entry, choice.address, provider)
    if reason is None:
        return step._replace(kind="keep", reason="unchanged")
    return hindered(situation, record, entry, provider, step) or step._replace(kind="publish", reason=reason)


def _own(entry: Entry) -> tuple[str, ...]:
    """Return the addresses that the record may say because of this entry."""
    return tuple(dict.fromkeys((*((entry.address,) if entry.address else ()), *entry.maybe.split())))


def _held(situation: Situation, record: Record, step: Step) -> Step:
    """Hold; or keep quiet about a family that this box never had and nobody asked for, as long as the other one works."""
    others = situation.choices[record.selection].values()
    if step.key.type in record.optional and step.was is None and any(choice.kind == "use" for choice in others):
        return step._replace(kind="keep", reason="not_here")
    return step


def _several(situation: Situation, record: Record, bare: Key, provider: Provider, known: Iterable[str]) -> tuple[Step, ...]:
    """Return a step for every value that the name has or is to have: those that no uplink stands for any more go last."""
    from edge_agent import each

    family = FAMILY_OF[bare.type]
    general = situation.choices[record.selection][family]
    choices = situation.values.get((record.selection, family), {}) if record.each else {"": general}
    wants = each.wanted(choices)
    steps, leaving = [], []
    for place in dict.fromkeys((*choices, *known)):
        key = bare._replace(value=place)
        choice = choices.get(place, Choice(general.family, "withdraw", interface=place or None, reason="superseded"))
        step = _step(situation, record, key, choice, provider)
        step = step._replace(own=tuple(own for own in step.own if own == step.address or own not in wants.values()))
        if place in wants:
            steps.append(step)
        elif choice.kind == "hold":
            step = step._replace(detail="; ".join(choice.notes))
            steps.append(step._replace(kind="keep") if choice.reason == "returning" else step)
        elif step.own:
            entry = situation.memory.entries[key]
            beside = tuple(wants.values())
            leaving.append(
                _leaving(situation, record, entry, provider, step._replace(beside=beside), choice.reason or "superseded")
            )
    return (*steps, *leaving) or (_step(situation, record, bare, general, provider),)


def _leaving(situation: Situation, record: Record, entry: Entry, provider: Provider, step: Step, reason: str) -> Step:
    """Withdraw a value; but the name is never left without one of ours."""
    if not step.beside:
        general = situation.choices[record.selection][FAMILY_OF[step.key.type]]
        return step._replace(kind="hold", reason=general.reason or "failing", address=None)
    step = step._replace(kind="withdraw", reason=reason, address=step.own[0], was=None, not_before_at=None, detail="", after=None)
    return hindered(situation, record, entry, provider, step) or step


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
    entry: Entry | None  # None: no longer kept
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
        after = _withdrawn(entry, step) if step.kind == "withdraw" else None
        published = Entry(step.address, now.wall, step.interface, record.fingerprint, 0, sent, None, verdict.kind)
        lifted = tuple(scope_name(scope, step.key, provider.name) for scope in SCOPES)
        return Change(step.key, after if step.kind == "withdraw" else published, lifted)
    again = entry.verdict == verdict.kind and entry.tried == record.fingerprint
    failures = entry.failures + 1 if again else 1
    pause = pause_after(verdict, failures, provider.busy_for)
    unsure = verdict.kind in {"unconfirmed", "garbled"}
    after = entry._replace(
        failures=failures,
        sent=entry.sent if verdict.kind == "unreachable" else sent,
        pause=begin(now, pause) if pause else None,
        verdict=verdict.kind,
        detail=verdict.detail,
        tried=record.fingerprint,
        doubtful=entry.doubtful or unsure,
        maybe=_maybe(entry, step) if unsure else entry.maybe,
    )
    if not locks(verdict, failures):
        return Change(step.key, after)
    account = situation.settings.accounts[record.account]
    lock = Lock(mark(verdict.scope, account, record), verdict.kind, verdict.detail, now.wall)
    return Change(step.key, after, (), scope_name(verdict.scope, step.key, provider.name), lock)


def _withdrawn(entry: Entry, step: Step) -> Entry | None:
    """Return what is left to withdraw of a value, None where nothing is."""
    left = tuple(own for own in _own(entry) if own != step.address)
    return Entry(maybe=" ".join(left), doubtful=True, uplink=entry.uplink) if left else None


def _maybe(entry: Entry, step: Step) -> str:
    """Return the addresses that may have arrived; one that memory vouches for is not among them."""
    found = (own for own in (*entry.maybe.split(), step.address) if own and own != entry.address)
    return " ".join(dict.fromkeys(found))


def applied(memory: Memory, changes: Iterable[Change]) -> Memory:
    """Return memory with the changes made."""
    entries, held = dict(memory.entries), dict(memory.locks)
    for change in changes:
        if change.entry is None:
            entries.pop(change.key, None)
        else:
            entries[change.key] = change.entry
        for scope in change.lifted:
            held.pop(scope, None)
        if change.lock:
            held[change.scope] = change.lock
    return memory._replace(entries=entries, locks=held)
