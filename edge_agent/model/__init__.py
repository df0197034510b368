"""The nouns. Every record that travels between modules lives here; nothing here decides, reads or writes.

Families are the integers 4 and 6. Addresses are canonical text (see `inet`). Interfaces are known by name to people and by
ifindex to the kernel. Times end in `_at` (an instant, seconds since 1970) or `_for` (a duration in seconds).
"""

from edge_agent.model.choosing import Candidate, Choice, Field, Finding, Probe, Rejected, Uplink
from edge_agent.model.doing import Ended, Evidence, Line, Report, Step
from edge_agent.model.network import Address, Link, Neighbour, Question, Route, Rule, Snapshot, Way
from edge_agent.model.remembering import Entry, Key, Lock, Memory, Now, Pause, Pin, Standing
from edge_agent.model.wishes import FAMILY_OF, TYPE_OF, Account, Event, Lease, Problem, Record, Secret, Selection, Settings

__all__ = [
    "FAMILY_OF",
    "TYPE_OF",
    "Account",
    "Address",
    "Candidate",
    "Choice",
    "Ended",
    "Entry",
    "Event",
    "Evidence",
    "Field",
    "Finding",
    "Key",
    "Lease",
    "Line",
    "Link",
    "Lock",
    "Memory",
    "Neighbour",
    "Now",
    "Pause",
    "Pin",
    "Probe",
    "Problem",
    "Question",
    "Record",
    "Rejected",
    "Report",
    "Route",
    "Rule",
    "Secret",
    "Selection",
    "Settings",
    "Snapshot",
    "Standing",
    "Step",
    "Uplink",
    "Way",
]
