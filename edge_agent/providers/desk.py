"""What a service with an API says of itself: how to find a zone, look at a name, and write one value. It decides nothing.

A subclass of `Desk` keeps records one by one, each by its id; a `Listed` one shows a zone as a whole; a `Sets` one replaces all
values of a name at once. `reconcile` does the rest.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from edge_agent.inet import canonical
from edge_agent.model import TYPE_OF
from edge_agent.providers import rest
from edge_agent.providers.provider import Job
from edge_agent.providers.rest import GARBLED, Api, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import LIMIT, Answer, Request, Target, ask

PAGES, ENTRIES = 400, 10_000  # of one listing at most; a service that says "more" for ever would fill a small box's memory
ENDLESS = GARBLED._replace(detail=f"the listing does not end: more than {ENTRIES} entries, or {PAGES} pages")


class Place(NamedTuple):
    """A name and family in a zone: names in ASCII, lower case, without a final dot."""

    zone: str
    id: str  # what the service knows the zone by
    name: str
    family: int

    @property
    def type(self) -> str:
        """The record type: A or AAAA."""
        return TYPE_OF[self.family]

    def label(self, apex: str = "@") -> str:
        """Return the name within its zone; at the zone's own name, what the service writes there."""
        return apex if self.name == self.zone else self.name.removesuffix(f".{self.zone}")


class Held(NamedTuple):
    """One value that a name has at the service. `more` is what else the service wants back when it is changed.

    `note` is what its owner must hear of it whatever is done: that it is paused, say.
    """

    value: object
    id: str = ""
    ttl: int | None = None
    more: Mapping[str, Any] = {}
    note: str = ""


class Desk(ABC):
    """One account at one service. A method is a talk of a request or two; what goes wrong is an OverError."""

    permission: ClassVar[str] = "the permission to see it"  # without it a zone looks as if it did not exist
    most: ClassVar[int] = LIMIT  # octets of an answer; more where a listing has no pages
    api: Api

    def __init__(self, job: Job) -> None:
        self.job = job
        self.zones: dict[str, str] = {}
        self.seen: dict[Place, list[Held]] = {}

    # --- what a service must say -------------------------------------------------------------------------------------

    @abstractmethod
    def zone(self, name: str) -> Talk[str]:
        """Return the id of the account's zone of that name (in ASCII); nothing where there is none."""

    @abstractmethod
    def look(self, place: Place) -> Talk[list[Held]]:
        """Return every value that the name has in this family."""

    @abstractmethod
    def create(self, place: Place, target: Target) -> Talk[Held]:
        """Add the target's address to the name and return it as the service has it now."""

    @abstractmethod
    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """Make the target's address of `held`, keep whatever the target does not speak of, and return it."""

    @abstractmethod
    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """Take `held` away."""

    # --- what a service may say --------------------------------------------------------------------------------------

    def enter(self) -> Talk[None]:
        """Log in, where that takes a request."""
        yield from ()

    def leave(self) -> Talk[None]:
        """Log out or publish, where that takes a request; only after `enter` has come to its end."""
        yield from ()

    def forget(self, place: Place) -> None:  # noqa: B027 - most have nothing to drop
        """Drop what was kept of listings that show this place: it has proved out of date."""

    def ttl(self, target: Target, held: Held | None = None) -> int | None:
        """Return the TTL that a value is to have: the wished one, else the one it has, else None: leave it to the service."""
        return target.ttl if target.ttl is not None else held.ttl if held else None

    def settled(self, held: Held, target: Target) -> bool:
        """Say whether `held` is as it should be. A TTL that the service does not show is not compared."""
        same = isinstance(held.value, str) and canonical(held.value) == target.address
        return same and (target.ttl is None or held.ttl is None or held.ttl == self.ttl(target, held))

    def judge(self, status: int, parsed: object) -> tuple[Verdict | None, str]:
        """Return what the service's own error code means (None: its status alone counts), and its own words."""
        return None, ""

    def good(self, parsed: object) -> bool:
        """Say whether what came with a 2xx is a success; for a service whose errors may come with 200."""
        return parsed is not None

    def pause(self, answer: Answer) -> float | None:
        """Return how many seconds the service's own header asks to wait, where it sends no Retry-After."""
        return None

    def stale(self, status: int, parsed: object) -> bool:
        """Say whether an error means that what was seen is out of date: an id that is gone, a value that exists already."""
        return False

    def send(self, request: Request) -> Talk[Answer]:
        """Send one request and return its answer. A service that signs does it here: a signature covers all that is sent."""
        return (yield from ask(request))

    # --- what services share -----------------------------------------------------------------------------------------

    def say(
        self, method: str, path: str, fields: object = None, *targets: Target, absent: tuple[int, ...] = (), empty: bool = False
    ) -> Talk[Any]:
        """Send one request and return the parsed JSON; None where the status is among `absent`, or the body may be `empty` and is.

        Raises OverError for everything else: a 2xx whose body is no JSON is no success.
        """
        answer = yield from self.send(rest.request(self.api, method, path, fields, *targets)._replace(most=self.most))
        parsed = answer.json()
        done = 200 <= answer.status <= 299
        if answer.status in absent or (done and empty and not answer.body.strip()):
            return None
        if done and self.good(parsed):
            return parsed
        verdict, words = self.judge(answer.status, parsed)
        verdict = rest.trouble(self.api, answer, verdict, words)
        if verdict.kind == "busy" and verdict.wait_for is None:
            verdict = verdict._replace(wait_for=self.pause(answer))
        raise OverError(verdict, stale=self.stale(answer.status, parsed))

    def pages(
        self, path: str, read: Callable[[Any], list[dict[str, Any]]], more: Callable[[Any, int], str]
    ) -> Talk[list[dict[str, Any]]]:
        """Return a whole listing: `read` takes the entries out of an answer, `more(answer, its number)` says the next path.

        An empty path is the end. Half a listing would be worse than none: a record that exists would be created again.
        """
        found: list[dict[str, Any]] = []
        for page in range(1, PAGES + 1):
            said = yield from self.say("GET", path)
            found += read(said)
            path = more(said, page)
            if not path:
                return found
            if len(found) > ENTRIES:
                break
        raise OverError(ENDLESS)

    def parts(self, part: Callable[[int], Talk[tuple[list[dict[str, Any]], int]]]) -> Talk[list[dict[str, Any]]]:
        """Return a whole listing: `part(offset)` asks for entries from there on, and returns them and how many there are in all."""
        found: list[dict[str, Any]] = []
        for _ in range(PAGES):
            some, total = yield from part(len(found))
            found += some
            if not some or len(found) >= total:
                return found
            if len(found) > ENTRIES:
                break
        raise OverError(ENDLESS)


class Listed(Desk):
    """A service that shows a zone as a whole, or better so: each zone is read once."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.lists: dict[str, list[tuple[str, str, Held]]] = {}

    @abstractmethod
    def listing(self, place: Place) -> Talk[list[tuple[str, str, Held]]]:
        """Return (label, type, value) of all records of the place's zone; the label is spelled as `place.label()` has it."""

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the name from its zone's listing."""
        if place.zone not in self.lists:
            self.lists[place.zone] = yield from self.listing(place)
        return [held for label, type_, held in self.lists[place.zone] if (label.lower(), type_) == (place.label(), place.type)]

    def forget(self, place: Place) -> None:
        """Drop the listing of the zone."""
        self.lists.pop(place.zone, None)


class Sets(Desk):
    """A service that replaces all values of a name and type at once."""

    usual_ttl: ClassVar[int | None] = None  # of a new set, where the service wants one said
    one_ttl: ClassVar[bool] = True  # all values share a TTL; else each keeps its own

    def put(self, place: Place, values: Sequence[str], ttl: int | None, target: Target) -> Talk[None]:
        """Replace all values of the name by these, in one request that cannot be done by halves; or say `put_held`."""
        raise NotImplementedError

    def put_held(self, place: Place, values: Sequence[Held], ttl: int | None, target: Target) -> Talk[str]:
        """Do what `put` does, for a service that keeps more of a value than its text: what replaces a value has its `more`.

        Returns a note on the new value, or nothing.
        """
        yield from self.put(place, [str(held.value) for held in values], ttl, target)
        return ""

    def create(self, place: Place, target: Target) -> Talk[Held]:
        """Put the values there are and the new one."""
        beside = self.seen[place]
        new = yield from self._put(place, [*beside, Held(target.address)], target, beside[0] if beside else None)
        return new._replace(more={})  # of the one beside it only the TTL is its own

    def change(self, place: Place, held: Held, target: Target) -> Talk[Held]:
        """Put the values there are with the new one in place of the old."""
        values = [held._replace(value=target.address) if own is held else own for own in self.seen[place]]
        return (yield from self._put(place, values, target, held))

    def remove(self, place: Place, held: Held, target: Target) -> Talk[None]:
        """Put the values there are without this one; never the last, since one of ours stays beside it."""
        yield from self._put(place, [own for own in self.seen[place] if own is not held], target, held)

    def _put(self, place: Place, values: Sequence[Held], target: Target, old: Held | None) -> Talk[Held]:
        ttl = self.ttl(target, old)
        ttl = self.usual_ttl if ttl is None else ttl
        try:
            note = yield from self.put_held(place, values, ttl, target)
        except OverError as over:
            if not over.stale:
                del self.seen[place]  # who knows what of it was done: the next value of this name must not undo it
            raise
        if self.one_ttl:
            self.seen[place] = [held._replace(ttl=ttl) for held in self.seen[place]]
        return Held(target.address, ttl=ttl, more=old.more if old else {}, note=note)
