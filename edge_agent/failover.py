"""Failover and failback with hysteresis, so that a flapping link does not make a flapping record. Pure.

An uplink in use is left when it failed at several looks in a row while another one worked. A better one is taken again when it
has worked for a while. "Better" is the order of `candidates`: the user's own, then the kernel's.
"""

from edge_agent import egress
from edge_agent.egress import Findings
from edge_agent.model import Choice, Field, Now, Settings, Standing
from edge_agent.pauses import begin, remaining
from edge_agent.report.words import failing_note, returning_note


def asides(field: Field, known: Findings, standing: Standing) -> tuple[Field, ...]:
    """Return the fields whose probes must be known as well before `steady` can tell: the better uplinks, and the one in use."""
    names = egress.working(field, known)
    if standing.interface not in names:
        return ()
    return tuple(alone(field, name, names) for name in names[: names.index(standing.interface) + 1])


def alone(field: Field, name: str, names: tuple[str, ...], why: str = "outranked") -> Field:
    """Return the field in which of the working uplinks `names` only this one can win."""
    return egress.set_aside(field, {other: why for other in names if other != name})


def steady(field: Field, known: Findings, standing: Standing, now: Now, settings: Settings) -> tuple[Choice, Standing]:
    """Return the choice, which may be to stay with a worse uplink or to wait, and what the choice stands on after this look.

    An unchanging world leads to a standing that no longer changes. Where nothing works at all, nothing is counted: there is
    nothing to go to, and what is published stays.
    """
    names = egress.working(field, known)
    if not names:
        return egress.choose(field, known), standing._replace(rival="", since=None)
    if standing.interface == names[0]:
        return egress.choose(field, known), Standing(names[0])
    if standing.interface in names:
        return _returning(field, known, standing, now, settings)
    return _failing(field, known, standing, settings)


def _failing(field: Field, known: Findings, standing: Standing, settings: Settings) -> tuple[Choice, Standing]:
    """The uplink in use does not work, another one does: leave it, unless this may be a blip."""
    names = egress.working(field, known)
    bad = standing.bad + (not pending(field, standing.interface))
    if bad >= settings.failover_after:
        return egress.choose(field, known), Standing(names[0])
    note = failing_note(standing.interface, bad, settings.failover_after)
    held = egress.choose(egress.set_aside(field, dict.fromkeys(names, "standby")), known)
    choice = held._replace(interface=standing.interface, reason="failing", notes=(note,))
    return choice, Standing(standing.interface, bad)


def pending(field: Field, name: str) -> bool:
    """Say whether an address of this uplink is about to be usable: duplicate address detection ends within seconds."""
    return any(one.reason == "tentative" and one.uplink and one.uplink.name == name for one in field.candidates)


def _returning(field: Field, known: Findings, standing: Standing, now: Now, settings: Settings) -> tuple[Choice, Standing]:
    """The uplink in use works, and so does a better one: take that as soon as it has worked for long enough.

    One whose outside address nobody tells does not work yet: modems answer long before their line is up.
    """
    names = egress.working(field, known)
    better = names[: names.index(standing.interface)]
    choices = {name: egress.choose(alone(field, name, names), known) for name in better}
    fit = [name for name in better if choices[name].kind == "use"]
    staying = egress.choose(alone(field, standing.interface, names, "returning"), known)
    if not fit:
        return staying, Standing(standing.interface)
    rival = standing.rival if standing.rival in fit else fit[0]  # not the best of them: it may come and go for ever
    since = (standing.since if rival == standing.rival else None) or begin(now, settings.failback_after_for)
    left = remaining(since._replace(for_=settings.failback_after_for), now)
    if not left:
        return choices[rival], Standing(rival)
    note = returning_note(rival, now.wall + left)
    return staying._replace(notes=(*staying.notes, note)), Standing(standing.interface, 0, rival, since)
