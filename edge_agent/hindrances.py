"""Why something must be sent, and what forbids to send it now: lock-outs, pauses, least intervals. Pure."""

from typing import Final

from edge_agent import __version__
from edge_agent.model import Account, Entry, Key, Lock, Now, Record, Step
from edge_agent.pauses import age, remaining
from edge_agent.providers.provider import Provider
from edge_agent.situation import Situation
from edge_agent.verdicts import TABLE

SCOPES: Final = ("provider", "account", "record")


def due(situation: Situation, record: Record, entry: Entry, address: str | None, provider: Provider) -> str | None:
    """Return why something must be sent, or None: what is already published is never sent again, least of all on a timer."""
    if situation.settings.force:
        return "forced"
    if entry.address is None:
        return "new"
    if entry.doubtful:
        return "unconfirmed"
    if entry.address != address:
        return "changed"
    if entry.fingerprint != record.fingerprint:
        return "settings_changed"
    refresh_for = situation.settings.force_after_for or provider.force_after_for
    old = age(entry.published_at, situation.now)
    return "refresh" if refresh_for and old is not None and old >= refresh_for else None


def hindered(situation: Situation, record: Record, entry: Entry, provider: Provider, step: Step) -> Step | None:
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
        if not TABLE[lock.verdict].unlocks_itself or lock.fingerprint == mark(scope, account, record):
            return lock
    return None


def scope_name(scope: str, key: Key, provider: str) -> str:
    """Return the name under which memory keeps a lock-out of that scope; all values of one name share theirs."""
    if scope == "provider":
        return f"provider:{provider}"
    return f"account:{key.account}" if scope == "account" else f"record:{key.account}/{key.name}/{key.type}"


def mark(scope: str, account: Account, record: Record) -> str:
    """Return what must change for a lock-out of that scope to lift by itself; a blocked client needs another version of itself."""
    return {"provider": __version__, "account": account.fingerprint}.get(scope, record.fingerprint)
