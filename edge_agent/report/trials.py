"""What `check --online` found, as lines for people and as a JSON object. Nothing is decided here."""

from collections.abc import Iterable, Iterator

from edge_agent.report import Say
from edge_agent.report.objects import AGENT
from edge_agent.trying import Tried
from edge_agent.verdicts import TABLE, worst

SILENT = "not tried: the service answers no question without an update; the first run will show"


def exit_of(found: Iterable[Tried]) -> int:
    """Return the worst of what was tried; what was not counts for nothing."""
    return worst([TABLE[one.verdict.kind].exit for one in found if one.verdict])


def lines(found: tuple[Tried, ...]) -> Iterator[Say]:
    """Yield a line for every record that was tried; one for an account that was not, or to which the same happened throughout."""
    for account in dict.fromkeys(one.account for one in found):
        own = [one for one in found if one.account == account]
        together = {(one.verdict.kind, one.verdict.detail) for one in own if one.verdict}
        broken = not any(TABLE[kind].success for kind, _ in together)
        yield from map(_line, own[:1] if broken and len(together) == 1 else own)


def _line(one: Tried) -> Say:
    account = one.account if one.account == one.provider else f"{one.account} ({one.provider})"
    if one.verdict is None:
        return Say("info", f"{account}: {SILENT}")
    where = f"{account}, {one.name} {one.type}"
    if TABLE[one.verdict.kind].success:
        return Say("info", f"{where}: the login is good; {one.verdict.detail}")
    return Say("error", f"{where}: {TABLE[one.verdict.kind].words}: {one.verdict.detail}")


def as_object(found: tuple[Tried, ...]) -> dict[str, object]:
    """Return one JSON object of all; `verdict` is null where nothing was tried."""
    tried = [
        {
            "account": one.account,
            "provider": one.provider,
            "name": one.name or None,
            "type": one.type or None,
            "verdict": one.verdict.kind if one.verdict else None,
            "detail": one.verdict.detail if one.verdict else "",
        }
        for one in found
    ]
    return {"agent": AGENT, "problems": [], "tried": tried, "exit": exit_of(found)}
