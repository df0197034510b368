"""What one run does: a step per record, how it ended, the report of all."""

from collections.abc import Mapping
from typing import NamedTuple

from edge_agent.model.choosing import Choice, Finding, Probe
from edge_agent.model.network import Snapshot
from edge_agent.model.remembering import Key, Memory
from edge_agent.model.wishes import Event, Selection


class Step(NamedTuple):
    """What is to be done about one record and type, and why."""

    key: Key
    provider: str
    kind: str  # publish keep defer withdraw hold
    reason: str
    address: str | None = None
    was: str | None = None
    interface: str | None = None
    not_before_at: float | None = None
    ttl: int | None = None
    zone: str | None = None
    detail: str = ""
    after: str | None = None  # the verdict that a deferral goes back to
    own: tuple[str, ...] = ()  # what the record may say because of us
    each: bool = False  # one of several values of ours in one name
    beside: tuple[str, ...] = ()  # where this one is withdrawn: our values of which one must stay
    create: bool = True  # as in Record


class Line(NamedTuple):
    """A Step and how it ended; `verdict` is None where nothing was sent."""

    step: Step
    verdict: str | None = None
    detail: str = ""


class Evidence(NamedTuple):
    """What a run that left memory as it was went by: what it saw, what it was told, what it remembered."""

    snapshot: Snapshot
    known: Mapping[Probe, Finding]
    memory: Memory


class Report(NamedTuple):
    """The whole run, for people and machines."""

    event: Event
    choices: tuple[tuple[Selection, tuple[Choice, ...]], ...]
    lines: tuple[Line, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # troubles that are no record's own: a state file set aside, a run that was queued
    dry: bool = False
    exit: int = 0
    due_for: float | None = None  # seconds until another run has something to do, as far as this one knows
    evidence: Evidence | None = None  # None where memory was changed


class Ended(NamedTuple):
    """What one answered event leaves to who waits for the next: its exit code, Report.due_for, and a line on how things are."""

    code: int
    due_for: float | None = None
    state: str = ""
