"""Which address the world reaches this box by: what must be asked before choosing, and the choice. Pure.

Every candidate is kept with the one reason why it lost; what is unknown is never treated as empty.
"""

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from edge_agent import inet
from edge_agent.candidates import flaw, order
from edge_agent.model import Candidate, Choice, Field, Finding, Probe, Rejected, Uplink
from edge_agent.uplinks import is_resolved

BEHIND_NAT: Final = frozenset({"private", "shared", "unique_local"})
TOLD: Final = frozenset({"static", "command"})  # sources that say the address whatever the uplinks do

# What a hold is blamed on when several candidates lost for several reasons: the one nearest to working comes first. The
# kind of an address counts only where it has a way out: that a LAN is private says nothing about a missing uplink.
BLAME: Final = ("not_probed", "unreachable", "tentative", "dad_failed", "deprecated", "temporary")
BLAME_WITH_UPLINK: Final = ("shared", "private", "unique_local", "reserved")

Findings: TypeAlias = Mapping[Probe, Finding]


def probes(field: Field, known: Findings) -> tuple[Probe, ...]:
    """Return what to ask next, given what is `known`; empty when the choice can be made. Ask until it is empty.

    In rising cost: the next hops of the uplinks that could win, then the outside through them where the user wants that
    certainty, then the outside address through the one uplink that is best.
    """
    if field.selection.source == "static":
        return ()
    if field.selection.source == "command":
        return () if _command(field) in known else (_command(field),)
    for stage in (_gateway_probes(field), _outside_probes(field, known)):
        wanted = tuple(dict.fromkeys(probe for probe in stage if probe not in known))
        if wanted:
            return wanted
    best = _best(field, known)
    echo = _echo(best, field) if best is not None and _needs_echo(best, field) else None
    return () if echo is None or echo in known else (echo,)


def _contenders(field: Field) -> Iterator[Candidate]:
    """Candidates that could win, by themselves or through what the outside sees of their uplink."""
    may_ask = field.selection.source in {"auto", "echo"}
    for candidate in field.candidates:
        hidden = candidate.reason in BEHIND_NAT and candidate.uplink and flaw(candidate.flags, field.selection) is None
        if candidate.reason is None or (may_ask and hidden):
            yield candidate


def _needs_echo(best: Candidate, field: Field) -> bool:
    return field.selection.source == "echo" or best.reason is not None


def _probe(kind: str, candidate: Candidate) -> Probe:
    way = _way(candidate)
    base = Probe(kind, candidate.family, way.name, way.ifindex, candidate.address, way.next_hop, way.mark)
    return base._replace(routed=way.routed)


def _way(candidate: Candidate) -> Uplink:
    return candidate.uplink or Uplink(candidate.ifindex, candidate.interface, 0, 0, None)


def _command(field: Field) -> Probe:
    return Probe("command", field.family, "", 0, targets=(field.selection.command or "",))


def _asking(kind: str, candidate: Candidate, field: Field) -> Probe:
    targets = field.selection.echo4 if field.family == 4 else field.selection.echo6
    return _probe(kind, candidate)._replace(targets=targets, quorum=min(field.selection.quorum, max(len(targets), 1)))


def _echo(candidate: Candidate, field: Field) -> Probe:
    return _asking("echo", candidate, field)


def _outside(candidate: Candidate, field: Field) -> Probe:
    return _asking("outside", candidate, field)


def _gateway(candidate: Candidate) -> Probe:
    """The question to a next hop. An IPv4 route may lead over an IPv6 neighbour; its probe cannot come from our address."""
    probe = _probe("gateway", candidate)
    alien = inet.family_of(probe.next_hop or "") != candidate.family
    return probe._replace(source=None if alien else probe.source)


def hops(field: Field) -> Iterator[tuple[Probe, bool]]:
    """Yield the question to the next hop of every contender, and whether the neighbour table has answered it already."""
    for candidate in _contenders(field):
        if field.selection.check != "off" and _way(candidate).next_hop:
            yield _gateway(candidate), _resolved(candidate, field)


def _gateway_probes(field: Field) -> Iterator[Probe]:
    return (probe for probe, resolved in hops(field) if not resolved)


def _resolved(candidate: Candidate, field: Field) -> bool:
    way = _way(candidate)
    return is_resolved(field.snapshot, way.ifindex, way.next_hop)


def _outside_probes(field: Field, known: Findings) -> Iterator[Probe]:
    for candidate in _contenders(field):
        if field.selection.check == "outside" and _next_hop_answers(candidate, field, known) != "no":
            yield _outside(candidate, field)


def _next_hop_answers(candidate: Candidate, field: Field, known: Findings) -> str:
    if field.selection.check == "off" or _way(candidate).next_hop is None:
        return "unknown"
    if _resolved(candidate, field):
        return "yes"
    finding = known.get(_gateway(candidate))
    return finding.kind if finding else "unknown"


def _reach(candidate: Candidate, field: Field, known: Findings) -> str:
    """Return whether this candidate's uplink works: yes, no or unknown, as far as `known` tells."""
    hop = _next_hop_answers(candidate, field, known)
    if field.selection.check != "outside" or hop == "no":
        return hop
    finding = known.get(_outside(candidate, field))
    return finding.kind if finding else "unknown"


def _usable(field: Field, known: Findings) -> list[tuple[Candidate, str]]:
    """Return the contenders that could be taken: none that is known not to work, none uncertain where certainty was asked for."""
    good = {"yes"} if field.selection.check == "outside" else {"yes", "unknown"}
    return [(candidate, answer) for candidate in _contenders(field) if (answer := _reach(candidate, field, known)) in good]


def _best(field: Field, known: Findings) -> Candidate | None:
    """Return the contender that wins."""
    return min(_usable(field, known), key=lambda pair: order(*pair), default=(None, ""))[0]


def working(field: Field, known: Findings) -> tuple[str, ...]:
    """Return the uplinks that could be taken, by name and the best first. Not for sources that are TOLD."""
    ranked = sorted(_usable(field, known), key=lambda pair: order(*pair))
    return tuple(dict.fromkeys(_way(candidate).name for candidate, _ in ranked))


def set_aside(field: Field, why: Mapping[str, str]) -> Field:
    """Return the field in which the uplinks named by `why` cannot win, and lose for the reason it gives."""
    running = {id(candidate) for candidate in _contenders(field)}
    return field._replace(
        candidates=tuple(
            candidate._replace(reason=why[_way(candidate).name])
            if id(candidate) in running and _way(candidate).name in why
            else candidate
            for candidate in field.candidates
        )
    )


def rivals(field: Field) -> tuple[str, ...]:
    """Return the uplinks of all contenders, by name."""
    return tuple(dict.fromkeys(_way(candidate).name for candidate in _contenders(field)))


# --- the choice ------------------------------------------------------------------------------------------------------


def choose(field: Field, known: Findings) -> Choice:
    """Return the choice for one family: use an address, or hold and say why; every other candidate with its reason."""
    if field.selection.source == "static":
        return _static(field)
    if field.selection.source == "command":
        return _told(Choice(field.family, "hold", origin="command"), known.get(_command(field)), None)
    best = _best(field, known)
    losers = tuple(
        Rejected(other.address, other.interface, _lost_because(other, field, known))
        for other in field.candidates
        if other is not best
    )
    if best is None:
        return Choice(field.family, "hold", reason=_blame(field, losers), rejected=losers)
    way, reach = _way(best), _reach(best, field, known)
    chosen = Choice(field.family, "use", best.address, way.name, best.origin, "none", None, losers, (), way, reach)
    if not _needs_echo(best, field):
        return chosen
    asked = chosen._replace(kind="hold", address=None, origin="echo", nat=None)
    return _told(asked, known.get(_echo(best, field)), best)


def _static(field: Field) -> Choice:
    for address in field.selection.addresses:
        if inet.family_of(address) == field.family:
            return Choice(field.family, "use", address, None, "static", "unknown")
    return Choice(field.family, "hold", reason="no_address")


def _lost_because(other: Candidate, field: Field, known: Findings) -> str:
    running = any(other is candidate for candidate in _contenders(field))
    answer = _reach(other, field, known) if running else ""
    if answer == "no":
        return "unreachable"
    if answer == "unknown" and field.selection.check == "outside":
        return "not_probed"
    return other.reason or "outranked"


def _blame(field: Field, losers: tuple[Rejected, ...]) -> str:
    connected = {(candidate.address, candidate.interface) for candidate in field.candidates if candidate.uplink}
    reasons = {loser.reason for loser in losers}
    with_uplink = {loser.reason for loser in losers if (loser.address, loser.interface) in connected}
    found: list[str] = [reason for reason in BLAME if reason in reasons]
    found += [reason for reason in BLAME_WITH_UPLINK if reason in with_uplink]
    found += ["link_down"] if "link_down" in reasons else []
    return found[0] if found else "no_route"


def _told(choice: Choice, finding: Finding | None, best: Candidate | None) -> Choice:
    """Complete a choice with what somebody else said the address is; an error is never "no address"."""
    if finding is None or finding.kind != "yes" or finding.address is None:
        detail = (finding.detail,) if finding and finding.detail else ()
        own = (Rejected(best.address, best.interface, best.reason or "no_answer"),) if best else ()
        reason = (finding.reason if finding else None) or "no_answer"
        return choice._replace(reason=reason, origin=None, rejected=own + choice.rejected, notes=detail)
    nat, rejected = "unknown", choice.rejected
    if best is not None:
        nat = _nat(best, finding.address)
        if nat != "none":
            rejected = (Rejected(best.address, best.interface, best.reason or "outranked"), *rejected)
    return choice._replace(kind="use", address=finding.address, nat=nat, rejected=rejected)


def _nat(best: Candidate, seen: str) -> str:
    """Name the translation between the box and what the outside sees of it."""
    if best.address == seen:
        return "none"
    return {"shared": "carrier", "private": "private", "unique_local": "private"}.get(best.scope, "unknown")
