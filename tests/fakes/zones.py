"""What every faked DNS service with an API is made of: zones, records, what may not stand beside what, limits, odd answers.

It shares no code with the agent and knows no socket. A service subclasses `ApiFake` and answers in `respond`; `over` makes a fake
a `send`, `messages.behind` puts it behind a real server. One file each in `tests/fakes/apis`, which ends with its CASE.
"""

import ipaddress
import json
import urllib.parse
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from edge_agent.wire import Answer, Request

Reply = tuple[int, dict[str, str], bytes]
Row = dict[str, Any]  # id name type value ttl, and whatever else the service keeps; `name` is whole, without a final dot
NOW = 1_790_000_000.0


class Asked(NamedTuple):
    """One request as the service hears it: path and query are decoded, header names are lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    now_at: float

    @property
    def parts(self) -> list[str]:
        return self.path.strip("/").split("/")

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))


class Refusal(Exception):  # noqa: N818 - an answer, not an error
    """An answer that says no."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply[0])
        self.reply = reply


class Clash(Exception):  # noqa: N818 - as above
    """What a change runs into; `kind`: address (no such address), ttl, cname, duplicate, gone. The service puts it into words."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def said(body: object, status: int = 200, **headers: str) -> Reply:
    """Return a JSON answer; header names are given with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"content-type": "application/json"} | named, json.dumps(body).encode()


class ApiFake:
    """Zones by name, each with its records in order. What a test wants to see afterwards is in `counts` and `changes`."""

    usual_ttl = 300
    least_ttl = 1
    most_ttl = 2**31 - 1

    def __init__(self) -> None:
        self.zones: dict[str, str] = {}  # name: id
        self.records: list[Row] = []
        self.counts: Counter[str] = Counter()
        self.changes: list[Asked] = []
        self.odd: deque[Reply] = deque()  # the next answers, whatever is asked
        self.meanwhile: Callable[[], object] | None = None  # what somebody else does just before the first change is carried out
        self.logins: list[str] = []
        self._next = 0

    # --- what stands in it ---------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        self._next += 1
        return str(1000 + self._next)

    def zone(self, name: str) -> str:
        """Add a zone and return its id."""
        self.zones[name] = self.new_id()
        return self.zones[name]

    def record(self, name: str, value: str, **more: Any) -> Row:
        """Add a record as a person would on the service's page; types other than A and AAAA are named."""
        type_ = more.pop("type", "AAAA" if ":" in value else "A")
        row = {"id": self.new_id(), "name": name, "type": type_, "value": value, "ttl": self.usual_ttl} | more
        self.records.append(row)
        return row

    def says(self, name: str, type_: str = "A") -> list[str]:
        """Return what the name resolves to."""
        return [row["value"] for row in self.records if row["name"] == name and row["type"] == type_]

    def within(self, zone: str) -> Iterator[Row]:
        """Yield the records of a zone, not those of a longer one."""
        yield from (row for row in self.records if self.home(row["name"]) == zone)

    def home(self, name: str) -> str:
        """Return the longest zone above a name; nothing where there is none."""
        return max((zone for zone in self.zones if f".{name}".endswith(f".{zone}")), key=len, default="")

    def whole(self, label: str, zone: str, apex: str = "@") -> str:
        """Return the whole name of a label, which may be the zone's own."""
        return zone if label in (apex, "") else f"{label.lower()}.{zone}"

    def label(self, row: Row, zone: str, apex: str = "@") -> str:
        """Return a record's name within its zone."""
        return apex if row["name"] == zone else row["name"].removesuffix(f".{zone}")

    # --- changing, with the rules that all services share -----------------------------------------------------------------

    def check(self, name: str, type_: str, value: str, ttl: object, own: str = "") -> None:
        """Raise Clash where such a record cannot stand beside the others."""
        try:
            (ipaddress.IPv4Address if type_ == "A" else ipaddress.IPv6Address)(value)
        except ValueError:
            raise Clash("address") from None
        if not isinstance(ttl, int) or not self.least_ttl <= ttl <= self.most_ttl:
            raise Clash("ttl")
        beside = [row for row in self.records if row["name"] == name and row["id"] != own]
        if any(row["type"] == "CNAME" for row in beside):
            raise Clash("cname")
        if any(row["type"] == type_ and row["value"] == value for row in beside):
            raise Clash("duplicate")

    def add(self, name: str, type_: str, value: str, ttl: int | None = None, **more: Any) -> Row:
        """Create a record by the API."""
        self._interrupted()
        wanted = self.usual_ttl if ttl is None else ttl
        self.check(name, type_, value, wanted)
        return self.record(name, value, type=type_, ttl=wanted, **more)

    def alter(self, id_: str, value: str, ttl: int | None = None, **more: Any) -> Row:
        """Change a record by the API; Clash("gone") where there is none of that id."""
        self._interrupted()
        row = self.by_id(id_)
        wanted = row["ttl"] if ttl is None else ttl
        self.check(row["name"], row["type"], value, wanted, row["id"])
        row |= {"value": value, "ttl": wanted} | more
        return row

    def drop(self, id_: str) -> None:
        """Delete a record by the API."""
        self._interrupted()
        self.records.remove(self.by_id(id_))

    def by_id(self, id_: str) -> Row:
        found = next((row for row in self.records if row["id"] == id_), None)
        if found is None:
            raise Clash("gone")
        return found

    def replace(self, name: str, type_: str, values: list[str], ttl: int | None) -> list[Row]:
        """Put all values of a name and type at once; no value at all deletes the set."""
        self._interrupted()
        old = [row for row in self.records if (row["name"], row["type"]) == (name, type_)]
        place = self.records.index(old[0]) if old else len(self.records)
        kept = {row["value"]: row for row in old}
        self.records = [row for row in self.records if row not in old]
        wanted = self.usual_ttl if ttl is None else ttl
        try:
            for place_, value in enumerate(values):
                self.check(name, type_, value, wanted)
                self._once(value, values[:place_])
        except Clash:
            self.records[place:place] = old
            raise
        base = {"name": name, "type": type_}
        new = [kept.get(value, {"id": self.new_id()} | base) | {"value": value, "ttl": wanted} for value in values]
        self.records[place:place] = new
        return new

    def _once(self, value: str, before: list[str]) -> None:
        if value in before:
            raise Clash("duplicate")

    def _interrupted(self) -> None:
        if self.meanwhile:
            act, self.meanwhile = self.meanwhile, None
            act()

    # --- answering ---------------------------------------------------------------------------------------------------------

    def answer(
        self, method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes, peer: str, now_at: float
    ) -> Reply:
        """Judge one request; header names are lower case, the path may still be percent-encoded."""
        asked = Asked(method, urllib.parse.unquote(path), query, headers, body, now_at)
        self.counts["all"] += 1
        if self.odd:
            return self.odd.popleft()
        if self.is_change(asked):
            self.changes.append(asked)
        try:
            return self.respond(asked)
        except Refusal as no:
            return no.reply
        except Clash as clash:
            return self.clashed(clash.kind)

    def is_change(self, asked: Asked) -> bool:
        """Say whether a request wants to change something."""
        return asked.method != "GET"

    def respond(self, asked: Asked) -> Reply:
        """Answer one request; raises Refusal and Clash."""
        raise NotImplementedError

    def clashed(self, kind: str) -> Reply:
        """Return the service's words for a Clash."""
        raise NotImplementedError


def over(fake: Any, now_at: float = NOW) -> Callable[[Request], Answer]:
    """Return a `send` that asks the fake directly, without a socket."""

    def send(request: Request) -> Answer:
        parts = urllib.parse.urlsplit(request.url)
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        headers = {"host": parts.netloc} | {name.lower(): value for name, value in request.headers}
        status, kept, body = fake.answer(request.method, parts.path, query, headers, request.body, "198.51.100.99", now_at)
        return Answer(status, kept, body)

    return send


class Case(NamedTuple):
    """What `tests/providers/test_apis.py` runs a service with. `fake` makes one with the zones other.example and example.com."""

    provider: str
    fake: Callable[[], ApiFake]
    credentials: Mapping[str, str]  # the fake knows them
    bad: Mapping[str, str] = {}  # laid over them, they are refused
    options: Mapping[str, str] = {}
    server: str = ""  # where the service has none of its own
    throttled: Reply = (429, {"retry-after": "120"}, b"{}")
    wait_for: float | None = 120.0  # what the agent makes of `throttled`; None: the service does not say for how long
    ttl: int = 3600  # one that the service takes and that is not its usual one; 0: TTLs are not set by this API
    each: bool = True
    cname_seen: bool = True  # whether the service refuses an address beside a CNAME (else it is said in the fake why not)


def filled(make: Callable[[], ApiFake]) -> ApiFake:
    """Return a fake with two zones, and a record of somebody else's in each."""
    fake = make()
    for zone in ("other.example", "example.com"):
        fake.zone(zone)
        fake.record(f"www.{zone}", "198.51.100.80")
    return fake
