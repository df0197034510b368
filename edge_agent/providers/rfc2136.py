"""Dynamic update (RFC 2136) at a name server of one's own: a name's values change in one message, signed by TSIG, or not at all.

Source: RFC 2136 and RFC 8945; the manuals of BIND 9 (update-policy), Knot DNS (acl) and PowerDNS (dnsupdate).

An update says what the name must say for it to be carried out, and afterwards the server is asked what the name says: some drop
an address beside a CNAME and call that no error. A wildcard answers for names that do not exist: where it matters, an update that
changes nothing finds out.
"""

from collections.abc import Sequence
from typing import ClassVar, Final, TypeAlias

from edge_agent import dnswire, tsig
from edge_agent.dnswire import CNAME
from edge_agent.inet import family_of, from_octets, to_octets
from edge_agent.providers.desk import Held, Place, Sets
from edge_agent.providers.dnstalk import NO_ERROR, NO_LEAVE, NO_NAME, Server, key_of
from edge_agent.providers.provider import Credential, Job, Provider
from edge_agent.providers.reconcile import dialogue
from edge_agent.providers.rest import GARBLED, LATER, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Target

TYPES: Final = {4: dnswire.A, 6: dnswire.AAAA}
Said: TypeAlias = tuple[list[Held], int]  # values, and CNAME where that is what a name has


class Rfc2136(Sets):
    """One key at one server."""

    permission: ClassVar[str] = "leave to ask the server for it"
    usual_ttl: ClassVar[int | None] = 300

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.server = Server(job)
        self.apexes: set[str] = set()
        self.wild: dict[tuple[str, int], Said] = {}
        self.doubted: set[Place] = set()

    # --- what a desk does ------------------------------------------------------------------------------------------------

    def zone(self, name: str) -> Talk[str]:
        """Return the zone's name where the server holds it; what it says of a name beneath tells, too."""
        if name in self.apexes:
            return name
        said = yield from self.server.ask(name, dnswire.SOA, NO_LEAVE)
        if said.flags & dnswire.AUTHORITATIVE and said.rcode in (NO_ERROR, NO_NAME):
            self.apexes |= {record.name for record in (*said.answer, *said.authority) if record.type == dnswire.SOA}
        return name if name in self.apexes else ""

    def look(self, place: Place) -> Talk[list[Held]]:
        """Return the values of the name: its own, not those that a wildcard lends it."""
        found, alias = yield from self._read(place.name, place)
        if not (found or alias):
            return []
        lent = yield from self._alike(place, (found, alias))
        if lent or place in self.doubted:
            own = dnswire.something(place.name, alias or _type(place))  # a need is not met by what is lent
            if not (yield from self.server.update(place.zone, place.name, (own,), ())):
                if lent:
                    return []
                words = f"what {place.name} says is no record of its own: an alias that the server follows, or another view"
                raise OverError(REFUSED._replace(detail=words))
        if alias:
            raise OverError(_in_the_way(place))
        return found

    def _alike(self, place: Place, said: Said) -> Talk[bool]:
        """Say whether a wildcard above the name says the same."""
        above = place.name
        while above != place.zone:
            above = above.partition(".")[2]
            wild = f"*.{above}"
            if wild != place.name and (wild, place.family) not in self.wild:
                self.wild[wild, place.family] = yield from self._read(wild, place)
            if wild != place.name and self.wild[wild, place.family] == said:
                return True
        return False

    def forget(self, place: Place) -> None:
        """Look more closely the next time."""
        self.doubted.add(place)

    def put(self, place: Place, values: Sequence[str], ttl: int | None, target: Target) -> Talk[None]:
        """Change what differs, provided that the name says what was seen. A TTL is one for all values of a name."""
        name, type_, here = place.name, _type(place), self.seen[place]
        old, all_of_them = [str(held.value) for held in here], any(held.ttl != ttl for held in here)
        needs = (*dnswire.exactly(name, type_, [to_octets(value) for value in old]), dnswire.nothing(name, CNAME))
        gone = [dnswire.deletion(name, type_, to_octets(value)) for value in old if all_of_them or value not in values]
        new = [dnswire.addition(name, type_, ttl or 0, to_octets(value)) for value in values if all_of_them or value not in old]
        if not (yield from self.server.update(place.zone, name, needs, (*gone, *new), target)):
            words = f"{name} is no more as it was when the server was asked; nothing was changed"
            raise OverError(LATER._replace(detail=words, scope="record"), stale=True)
        self.wild.pop((name, place.family), None)
        found, alias = yield from self._read(name, place, target)
        if alias:
            raise OverError(_in_the_way(place))
        if (target.address in values) != any(held.value == target.address for held in found):
            raise OverError(GARBLED._replace(detail=f"the server accepted the change of {name}, but did not carry it out"))

    def _read(self, name: str, place: Place, *targets: Target) -> Talk[Said]:
        """Return what the server says to a question for a name in the place's zone."""
        said = yield from self.server.ask(name, _type(place), NO_NAME, *targets)
        if not said.flags & dnswire.AUTHORITATIVE:
            raise OverError(REFUSED._replace(detail=f"the server has no authority over {name}: it is delegated to others"))
        own = [record for record in said.answer if record.name == name]
        found = [(from_octets(record.data) or "", record.ttl) for record in own if record.type == _type(place)]
        if any(family_of(address) != place.family for address, _ in found):
            raise OverError(GARBLED._replace(detail=f"the server says an address of {name} that is none"))
        held = [Held(address, ttl=ttl) for address, ttl in sorted(found)]
        return held, CNAME if any(record.type == CNAME for record in own) else 0


def _type(place: Place) -> int:
    return TYPES[place.family]


def _in_the_way(place: Place) -> Verdict:
    return REFUSED._replace(detail=f"a CNAME stands there: {place.name} can have no address beside it; delete one or the other")


PROVIDER: Final = Provider(
    "rfc2136",
    "Dynamic update (RFC 2136): BIND, Knot DNS, PowerDNS and others",
    dialogue(Rfc2136),
    scheme="dns",
    credentials=(
        Credential("key_name", "name of the TSIG key, as the server has it", secret=False, choices=("unsigned",)),
        Credential("key", "secret of the TSIG key, in Base64", choices=("unsigned",)),
    ),
    options={
        "algorithm": f"of the key: {', '.join(tsig.ALGORITHMS)}; where not said, {tsig.USUAL}",
        "unsigned": "yes: send updates without a key, to a server that knows us by our address alone",
        "plain_questions": "yes: sign updates only, for a server that does not take the key with a question",
    },
    creates=True,
    reads=True,
    each=True,
    ttl=(1, 2**31 - 1),
    aliases=("tsig", "dnsupdate"),
    traps=(
        "The server's address begins with dns://, such as dns://ns1.example.com or dns://192.0.2.53:5353; it is reached by TCP.",
        "The clock here and the server's may differ by five minutes at most.",
        "Neither questions nor updates are encrypted: the key keeps them from being changed on the way, not from being read.",
    ),
    fit=lambda _server, options, credentials: key_of(credentials, options),
)
