"""How an update ends: one closed table. A row exists only because planning or the exit code differs."""

from typing import Final, NamedTuple

DONE: Final = 0
INTERNAL: Final = 1
USAGE: Final = 2
LATER: Final = 3
PERSON: Final = 4


class Verdict(NamedTuple):
    """The provider's word on one record, in our terms.

    `detail` is the provider's own text, short and without secrets. `wait_for` (seconds) is what the provider asked for.
    `scope` says how far a refusal or ban reaches: record, account or provider. `patience` is how many times in a row a
    refusal must come before it locks (some services answer hiccups and bad tokens alike).
    """

    kind: str
    detail: str = ""
    wait_for: float | None = None
    scope: str = "record"
    patience: int = 1


class Row(NamedTuple):
    """What one kind of verdict means for the next run."""

    exit: int
    success: bool = False
    first_for: float = 0.0  # the pause after the first failure; doubles with each further one
    longest_for: float = 0.0
    locks_after: int = 0  # consecutive failures after which a lock-out is written; 0: never
    unlocks_itself: bool = True  # a changed fingerprint lifts the lock
    words: str = ""


MINUTE: Final = 60.0
HOUR: Final = 3600.0

TABLE: Final[dict[str, Row]] = {
    "updated": Row(DONE, success=True, words="updated"),
    "unchanged": Row(DONE, success=True, words="already so at the provider"),
    "busy": Row(LATER, first_for=5 * MINUTE, longest_for=6 * HOUR, words="the provider asks to try later"),
    "unreachable": Row(LATER, first_for=0.0, longest_for=5 * MINUTE, words="nothing was sent"),
    "unconfirmed": Row(LATER, first_for=10.0, longest_for=HOUR, words="sent, but no trustworthy answer came"),
    "refused": Row(PERSON, first_for=10 * MINUTE, longest_for=HOUR, locks_after=1, words="refused"),
    "banned": Row(PERSON, locks_after=1, unlocks_itself=False, words="blocked by the provider"),
    "garbled": Row(PERSON, first_for=10 * MINUTE, longest_for=6 * HOUR, locks_after=5, words="the answer makes no sense"),
}

SEVERITY: Final = (INTERNAL, USAGE, PERSON, LATER, DONE)  # worst first


def worst(codes: list[int]) -> int:
    """Return the exit code that wins among `codes`: one failure is never hidden by another record's success."""
    return min(codes, key=SEVERITY.index, default=DONE)


def pause_after(verdict: Verdict, failures: int, floor_for: float = 0.0) -> float:
    """Return how many seconds to wait after the `failures`-th failure in a row, given the provider's own floor.

    The provider's wish (Retry-After) and its floor count for `busy` alone; a service that was never reached has no say.
    """
    row = TABLE[verdict.kind]
    if row.success:
        return 0.0
    first_for = row.first_for
    doublings = min(failures - 1, 20)
    if not first_for and failures > 1:  # the first failure is free, the second waits half a minute
        first_for, doublings = 30.0, doublings - 1
    own = min(first_for * float(1 << doublings), row.longest_for)
    if verdict.kind == "busy":
        return max(own if verdict.wait_for is None else verdict.wait_for, floor_for)
    return own


def locks(verdict: Verdict, failures: int) -> bool:
    """Say whether this verdict, the `failures`-th in a row, ends in a lock-out."""
    needed = max(TABLE[verdict.kind].locks_after, verdict.patience if TABLE[verdict.kind].locks_after else 0)
    return needed > 0 and failures >= needed
