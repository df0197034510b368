"""What the machine looks like now. netifaces enumerates everywhere; on Linux rtnetlink adds all else and is the truth.

The only file that knows netifaces, and each quirk of it is put right here.
"""

import _socket
import errno
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from edge_agent import inet, rtnetlink, ways
from edge_agent.kernel import Kernel, Opener, open_netlink
from edge_agent.model import Address, Link, Neighbour, Question, Route, Rule, Snapshot, Way

FAMILIES: Final = {4: _socket.AF_INET, 6: _socket.AF_INET6}
DROPPED: Final = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EINVAL, errno.EACCES, errno.EAGAIN, errno.ENODEV, errno.ENETDOWN}

Seen: TypeAlias = set[tuple[str, str]]  # (interface, address); ("wan0", "") says that the interface is there


def look(families: tuple[int, ...] = (4, 6), opener: Opener = open_netlink) -> Snapshot:
    """Return the machine as it is now, for these families. Where the kernel cannot be asked, `gaps` says what is missing."""
    try:
        sock = opener()
    except OSError as error:
        return _portable(families, f"the kernel cannot be asked here ({error.strerror or error})")
    try:
        kernel = Kernel(sock)
        return _survey(kernel, families)
    except OSError as error:
        return _portable(families, f"the kernel does not answer ({error.strerror or error})")
    finally:
        sock.close()


def neighbours(put: Mapping[tuple[int, str], str] = {}, opener: Opener = open_netlink) -> tuple[Neighbour, ...]:
    """Return the neighbour table, empty where it cannot be read.

    First put the neighbours in `put` ((ifindex, address) to state) into their state, see `rtnetlink.put_neighbour`; without the
    right to do so that is let go.
    """
    try:
        sock = opener()
    except OSError:
        return ()
    try:
        kernel = Kernel(sock)
        for (ifindex, address), state in put.items():
            kernel.ask(rtnetlink.put_neighbour(ifindex, address, state, kernel.next()))
        return _neighbours(kernel, (4, 6))
    except OSError:
        return ()
    finally:
        sock.close()


# --- the kernel's word ----------------------------------------------------------------------------------------------


def _survey(kernel: Kernel, families: tuple[int, ...]) -> Snapshot:
    links, addresses = _interfaces(kernel, families)
    routes: list[Route] = []
    rules: list[Rule] = []
    for family in families:
        found = (rtnetlink.read_routes(body) for body in kernel.dump(rtnetlink.ROUTES, family, "routes"))
        routes += [route for rows in found for route in rows if route.family == family]
        rules += _rules(kernel, family)
    known: dict[Question, Way | None] = {}
    for family in families:
        known.update(_ask_ways(kernel, ways.questions(links, addresses, routes, rules, family), routes))
    beside = _neighbours(kernel, families)
    return Snapshot(links, addresses, tuple(routes), tuple(rules), beside, known, tuple(dict.fromkeys(kernel.gaps)))


def _interfaces(kernel: Kernel, families: tuple[int, ...]) -> tuple[tuple[Link, ...], tuple[Address, ...]]:
    """Return links and addresses. What netifaces sees must be the same, but for what came or went between the two looks."""
    lasting: Seen | None = None
    for _ in range(3):
        links = [link for body in kernel.dump(rtnetlink.LINKS, 0, "links") if (link := rtnetlink.read_link(body))]
        addresses = []
        for family in families:
            found = (rtnetlink.read_address(body) for body in kernel.dump(rtnetlink.ADDRESSES, family, "addresses"))
            addresses += [address for address in found if address and address.family == family]
        names = {link.ifindex: link.name for link in links}
        truth = {(name, "") for name in names.values()} | {(names.get(one.ifindex, ""), one.text) for one in addresses}
        odd = truth ^ {(name, address) for name, address, _ in _enumerate(families)}
        lasting = odd if lasting is None else lasting & odd
        if not lasting:
            break
    if lasting:
        words = ", ".join(sorted(f"{name} {address}".strip() for name, address in lasting)[:5])
        kernel.gaps.append(f"netifaces and the kernel disagree about {words}: the kernel's word counts")
    return tuple(links), tuple(addresses)


def _rules(kernel: Kernel, family: int) -> list[Rule]:
    try:
        found = (rtnetlink.read_rule(body) for body in kernel.dump(rtnetlink.RULES, family, "policy rules"))
        return [rule for rule in found if rule and rule.family == family]
    except OSError as error:
        kernel.gaps.append(f"policy rules cannot be read here ({error.strerror})")
        return []


def _neighbours(kernel: Kernel, families: tuple[int, ...]) -> tuple[Neighbour, ...]:
    rows: dict[Neighbour, None] = {}
    try:
        for family in families:
            found = (rtnetlink.read_neighbour(body) for body in kernel.dump(rtnetlink.NEIGHBOURS, family, "neighbours"))
            rows.update((row, None) for row in found if row and inet.family_of(row.address) == family)
    except OSError as error:
        kernel.gaps.append(f"neighbours cannot be read here ({error.strerror})")
    return tuple(rows)


def _ask_ways(kernel: Kernel, asked: Iterable[Question], routes: Sequence[Route]) -> dict[Question, Way | None]:
    """Return the kernel's answers. A question it cannot be asked at all is left out: that is not the same as "no way"."""
    found: dict[Question, Way | None] = {}
    for question in asked:
        bodies, reply = kernel.ask(rtnetlink.lookup(question, kernel.next()))
        if bodies or reply.error in DROPPED:
            found[question] = ways.read_way(bodies[0], routes) if bodies else None
        elif any(route.family == question.family for route in routes):  # without IPv6 there is nothing to ask about
            kernel.gaps.append(f"route lookups for IPv{question.family} are refused (error {reply.error})")
    return found


# --- netifaces -------------------------------------------------------------------------------------------------------


class _Row(NamedTuple):
    name: str
    address: str  # "" for the interface itself
    length: int


def _enumerate(families: tuple[int, ...]) -> list[_Row]:
    """Return what netifaces sees: a label (`wan0:1`) counts as its interface, a zone id (`%wan0`) is cut off."""
    import netifaces

    every = getattr(netifaces, "allifaddresses", None)  # netifaces-plus: one look, not one for each interface
    seen = every() if every else {label: _one_by_one(label) for label in netifaces.interfaces()}
    rows = []
    for label, found in seen.items():
        name = label.partition(":")[0]
        rows.append(_Row(name, "", 0))
        for family in families:
            for entry in found.get(FAMILIES[family], []):
                address = inet.canonical(entry.get("addr", "").partition("%")[0])
                if address is not None:
                    rows.append(_Row(name, address, _length(family, entry.get("netmask", ""))))
    return rows


def _one_by_one(label: str) -> Any:
    import netifaces

    try:
        return netifaces.ifaddresses(label)
    except ValueError:  # gone since
        return {}


def _length(family: int, mask: str) -> int:
    head, slash, tail = mask.partition("/")
    if slash and tail.isdecimal():
        return int(tail)
    parsed = inet.parse(head)
    return inet.BITS[family] if parsed is None else parsed[1].bit_count()


def _portable(families: tuple[int, ...], why: str) -> Snapshot:
    """Return what netifaces alone can tell."""
    try:
        rows = _enumerate(families)
    except OSError as error:
        return Snapshot(gaps=(f"{why}, and interfaces cannot be listed ({error.strerror or error})",))
    names = list(dict.fromkeys(row.name for row in rows))
    numbers = {name: _number(name, place) for place, name in enumerate(names, 1)}
    loopbacks = {row.name for row in rows if inet.scope(row.address or "::") == "loopback"}
    links = tuple(Link(numbers[name], name, loopback=name in loopbacks) for name in names)
    addresses = tuple(
        Address(inet.family_of(row.address), row.address, row.length, numbers[row.name]) for row in rows if row.address
    )
    routes = _gateways(families, numbers)
    lacking = "any routes" if routes is None else "policy routes"
    gaps = (f"{why}: address flags, link state, neighbours and {lacking} are not known",)
    return Snapshot(links, addresses, routes or (), gaps=gaps)


def _number(name: str, place: int) -> int:
    try:
        return _socket.if_nametoindex(name)
    except OSError:  # Windows: netifaces gives identifiers, not names
        return place


def _gateways(families: tuple[int, ...], numbers: dict[str, int]) -> tuple[Route, ...] | None:
    """Return the gateways as default routes, the system's own choice first (metrics are not known); None if it will not tell."""
    import netifaces

    routes = []
    try:
        found = netifaces.gateways()
    except OSError:
        return None
    for family in families:
        listed: list[tuple[Any, ...]] = list(found.get(FAMILIES[family], []))  # type: ignore[arg-type] # the stubs mix it with "default"
        rows = sorted(listed, key=lambda row: not (len(row) > 2 and row[2]))
        for place, row in enumerate(rows):
            hop, ifindex = inet.canonical(row[0].partition("%")[0]), numbers.get(row[1])
            if hop is not None and ifindex is not None:
                routes.append(Route(family, 254, "0.0.0.0" if family == 4 else "::", 0, place, ifindex, hop))  # noqa: S104 - a destination
    return tuple(routes)
