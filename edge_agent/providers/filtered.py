"""A desk for services whose listings take a filter: few names are asked for one by one, many are read from one listing.

No service is named here. A listing that fails, fails for every name that it should have shown: it is asked for once.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from edge_agent.names import ascii_of
from edge_agent.providers import rest
from edge_agent.providers.desk import Desk, Held, Place
from edge_agent.providers.provider import Job
from edge_agent.providers.rest import OverError, Talk


class Filtered(Desk):
    """One account, of which as little is listed as the job needs."""

    few: ClassVar[int] = 3  # up to so many zones, and names of a zone, are asked for one by one

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.lists: dict[object, Any] = {}  # what a listing said, or the OverError that it ended with
        self.doubted: set[Place] = set()  # what a listing showed of these is out of date
        self.crowds: dict[tuple[str, int], set[str]] = {}  # (zone, family): names of the job that may stand there
        above = {rest.zones_of(target) for target in job.targets}
        self.spread = len(above) > self.few or not all(_askable(zone) for zones in above for zone in zones)
        for target in job.targets:
            for zone in rest.zones_of(target):
                self.crowds.setdefault((zone, target.family), set()).add(ascii_of(target.name))

    @abstractmethod
    def owned(self, name: str) -> Talk[Mapping[str, str]]:
        """Return the ids of zones by name (in ASCII): of the one of that name, of all for an empty name."""

    @abstractmethod
    def records(self, place: Place, name: str) -> Talk[Mapping[str, list[Held]]]:
        """Return the values of the place's type by name (in ASCII): of the zone's one name, of all for an empty name."""

    def zone(self, name: str) -> Talk[str]:
        """Return a zone's id."""
        found = yield from (self.once("", self.owned("")) if self.spread else self.owned(name))
        return str(found.get(name, ""))

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of a name, from what shows it with the fewest requests."""
        alone = place in self.doubted or len(self.crowds[place.zone, place.family]) <= self.few
        if alone and _askable(place.name):
            found = yield from self.records(place, place.name)
        else:
            found = yield from self.once((place.zone, place.family), self.records(place, ""))
        return list(found.get(place.name, ()))

    def forget(self, place: Place) -> None:
        """Ask for this name anew: by itself, or by a new listing."""
        self.doubted.add(place)
        if not _askable(place.name):
            self.lists.pop((place.zone, place.family), None)

    def once(self, key: object, listing: Talk[Any]) -> Talk[Any]:
        """Return what a listing says, or raise what it raises; it is carried out only if nothing is kept by that key."""
        if key not in self.lists:
            try:
                self.lists[key] = yield from listing
            except OverError as over:
                self.lists[key] = over
        kept = self.lists[key]
        if isinstance(kept, OverError):
            raise OverError(kept.verdict)
        return kept


def _askable(name: str) -> bool:
    """Say whether a filter can be trusted with a name: how one spells other scripts is seldom known."""
    return "xn--" not in name
