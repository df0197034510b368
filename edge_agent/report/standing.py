"""`status` for people: per record what was last published, when, from where, and what holds it back."""

from collections.abc import Iterable, Iterator

from edge_agent.encoding import brief
from edge_agent.model import Entry, Key, Lock, Memory, Now, Settings
from edge_agent.pauses import remaining
from edge_agent.report.objects import bare, kept_keys, known_keys, lock_of, scopes_of
from edge_agent.report.words import DONE, instant, pinned_note
from edge_agent.verdicts import TABLE


def status(memory: Memory, settings: Settings, now: Now) -> Iterator[str]:
    """Yield the lines of `status`; one that nothing can be said of yields one line that says so."""
    kept = frozenset(kept_keys(settings))
    shown: set[str] = set()
    keys = known_keys(memory, settings)
    if memory.pin and (left := remaining(memory.pin.pause, now)):
        yield pinned_note(memory.pin.interface, now.wall + left)
    for key in keys:
        shown.update(scopes_of(key, settings))
        yield _entry(key, memory.entries.get(key), is_kept=bare(key) in kept or not kept)
        yield from _hindrances(key, memory, settings, now)
    for scope, lock in sorted(memory.locks.items()):
        if scope not in shown:
            yield f"{scope}: {_lock(lock)}"
    if not keys and not memory.locks:
        yield "nothing is kept and nothing is remembered"


def redacted(memory: Memory, secrets: Iterable[str]) -> Memory:
    """Return memory with stars for every secret in what the services said."""
    known = tuple(secrets)
    entries = {
        key: entry._replace(detail=brief(entry.detail, known)) if entry.detail else entry for key, entry in memory.entries.items()
    }
    locks = {scope: lock._replace(detail=brief(lock.detail, known)) for scope, lock in memory.locks.items()}
    return memory._replace(entries=entries, locks=locks)


def _entry(key: Key, entry: Entry | None, *, is_kept: bool) -> str:
    value = f" on {key.value}" if key.value else ""
    head = f"{key.name} {key.type}{value} (account {key.account})"
    if entry is None or entry.address is None:
        words = "nothing published yet"
    else:
        by = f" via {entry.uplink}" if entry.uplink else ""
        words = f"{entry.address}{by}, published {instant(entry.published_at)}"
        words += ", but a later update ended without a sure answer" if entry.doubtful else ""
    return f"{head}: {words}" + ("" if is_kept else "; no longer in the settings")


def _hindrances(key: Key, memory: Memory, settings: Settings, now: Now) -> Iterator[str]:
    entry = memory.entries.get(key)
    if entry and entry.verdict and not TABLE[entry.verdict].success:
        times = f", {entry.failures} times in a row" if entry.failures > 1 else ""
        left = remaining(entry.pause, now)
        until = f", not before {instant(now.wall + left)}" if left else ""
        yield f"    last attempt: {DONE[entry.verdict]}{times}{_detail(entry.detail)}{until}"
    lock = lock_of(key, memory, settings)
    if lock:
        yield f"    locked out ({lock[0]}): {_lock(lock[1])}; when mended: edge-agent unlock {key.name}"


def _lock(lock: Lock) -> str:
    return f"{DONE[lock.verdict]} since {instant(lock.locked_at)}{_detail(lock.detail)}"


def _detail(detail: str) -> str:
    return f": {detail}" if detail else ""
