"""What every decision of one run looks at. Declarations only."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from edge_agent.model import Choice, Event, Memory, Now, Selection, Settings
from edge_agent.providers.provider import Provider

Choices: TypeAlias = Mapping[Selection, Mapping[int, Choice]]
Find: TypeAlias = Callable[[str], Provider]


class Situation(NamedTuple):
    """The event, the settings, what was chosen and is remembered, the time.

    `values` are the choices for names that have a value per uplink, by its interface and the best first.
    """

    event: Event
    settings: Settings
    choices: Choices
    memory: Memory
    now: Now
    find: Find
    values: Mapping[tuple[Selection, int], Mapping[str, Choice]] = {}
