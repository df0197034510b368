"""The long form of a run that sends nothing: every candidate and why it lost, the choice, what would be sent."""

from collections.abc import Iterator

from edge_agent.model import Choice, Report, Selection, Step, Uplink
from edge_agent.report import WOULD, subject
from edge_agent.report.words import CHOICE, GATEWAY_ONLY, MEND, NAT, ORIGIN, hold_reason, instant, reason, step_reason


def explained(report: Report) -> Iterator[str]:
    """Yield the long form: every candidate and why it lost, the choice, what would be sent."""
    for how, choices in report.choices:
        if len(report.choices) > 1:
            yield _heading(how)
        for choice in choices:
            yield from _choice(choice)
    for line in report.lines:
        yield _planned(line.step)
    if any(how.check == "gateway" and how.source in {"auto", "interface", "echo"} for how, _ in report.choices):
        yield GATEWAY_ONLY
    for text in report.gaps:
        yield f"Not known: {text}"
    for text in report.notes:
        yield f"Note: {text}"


def _heading(how: Selection) -> str:
    what = f"interface {', '.join(how.interfaces)}" if how.interfaces else f"source {how.source}"
    return f"For records with {what}:"


def _choice(choice: Choice) -> Iterator[str]:
    if choice.kind == "use":
        by = f" through {choice.interface}" if choice.interface else ""
        why = [reason(ORIGIN, choice.origin), reason(NAT, choice.nat) if NAT.get(choice.nat or "", "") else ""]
        yield f"IPv{choice.family}: {choice.address}{by}: {', '.join(part for part in why if part)}"
    else:
        yield f"IPv{choice.family}: {choice.kind}: {hold_reason(choice.reason)}"
    if choice.uplink:
        yield f"    {_way(choice.uplink, known=choice.reach == 'yes')}"
    for loser in choice.rejected:
        yield f"    {loser.address} on {loser.interface} lost: {reason(CHOICE, loser.reason)}"
    for note in choice.notes:
        yield f"    {note}"
    if choice.kind != "use" and choice.reason in MEND:
        yield f"    {MEND[choice.reason]}"


def _way(way: Uplink, *, known: bool) -> str:
    """Say which way out it is, and what is known of it."""
    hop = f"next hop {way.next_hop}" if way.next_hop else "no next hop (the route names the device alone)"
    table = "" if way.table in {0, 254} else f", table {way.table}"
    mark = f", for packets with mark {way.mark}" if way.mark else ""
    return f"its way out: {hop}, metric {way.metric}{table}{mark}; {'it answers' if known else 'not known to work'}"


def _planned(step: Step) -> str:
    head = f"{subject(step)}: "
    if step.kind in WOULD:
        return f"{head}{WOULD[step.kind]} {step.provider} (account {step.key.account}): {step_reason(step.reason)}"
    until = f", not before {instant(step.not_before_at)}" if step.not_before_at is not None else ""
    words = {"keep": "nothing to send", "defer": "would not be sent now", "hold": "held"}.get(step.kind, step.kind)
    return f"{head}{words}: {step_reason(step.reason)}" + (f": {step.detail}" if step.detail else "") + until
