"""What the agent's reasons mean, in words. Reasons are data everywhere else; their sentences stand here and nowhere else."""

from typing import Final

from edge_agent.verdicts import TABLE

# Why an address lost, or why nothing can be published: half a sentence that follows a colon.
CHOICE: Final = {
    "not_selected": "its interface is not among those selected",
    "excluded": "its interface is excluded",
    "loopback": "only this machine can reach it",
    "link_local": "it is valid on its own link only",
    "private": "it is private (RFC 1918): the world cannot reach it",
    "shared": "it is shared behind a carrier's NAT (RFC 6598): the world cannot reach it",
    "unique_local": "it is unique local (RFC 4193): the world cannot reach it",
    "reserved": "it is reserved for special use",
    "transition": "it belongs to 6to4 or Teredo",
    "tentative": "duplicate address detection has not ended",
    "dad_failed": "another machine on the link has the same address",
    "deprecated": "it is deprecated: its prefix is going away",
    "temporary": "it is a temporary privacy address and will change",
    "link_down": "its link is down",
    "no_route": "no route to the outside leaves by it",
    "unreachable": "the next hop of its uplink does not answer",
    "outranked": "another one ranks higher",
    "standby": "its uplink is not the one in use",
    "returning": "its uplink has not worked for long enough yet (failback_after)",
    "pinned": "another uplink is pinned",
    "not_probed": "it could not be found out whether its uplink works",
    "no_answer": "nobody outside told the address",
    "disagree": "those asked outside disagree about the address",
    "no_match": "no interface fits the selection",
    "no_address": "no address of this family is said in the settings",
}

# The same as the reason for holding a whole family, where the words above speak of one address.
HOLD: Final = {
    "not_selected": "no selected interface has an address",
    "excluded": "every interface that has an address is excluded",
    "loopback": "the only addresses are loopback addresses",
    "link_local": "the only addresses are valid on their own link only",
    "reserved": "the only addresses are reserved for special use",
    "transition": "the only addresses belong to 6to4 or Teredo",
    "private": "the only addresses are private (RFC 1918)",
    "shared": "the only addresses are shared behind a carrier's NAT (RFC 6598)",
    "unique_local": "the only addresses are unique local (RFC 4193)",
    "tentative": "duplicate address detection has not ended",
    "dad_failed": "another machine on the link has the only address",
    "deprecated": "the only addresses are deprecated",
    "temporary": "the only addresses are temporary",
    "link_down": "the link is down",
    "no_route": "no interface has an address and a route to the outside",
    "unreachable": "the next hop does not answer",
    "not_probed": "it could not be found out whether an uplink works",
    "failing": "the uplink in use has just failed; it is looked at again before another one is taken",
    "pin_without_route": "the pinned uplink has no address and no route to the outside",
}

# What can be done when one of these is why nothing is published.
MEND: Final = {
    "private": "let the outside be asked (source auto or echo), or say --allow-private",
    "shared": "let the outside be asked (source auto or echo), or say --allow-private",
    "unique_local": "wait for a global prefix from the provider, or say --allow-private",
    "dad_failed": "find the other machine with this address",
    "temporary": "let the system make a stable address too, or say --allow temporary",
    "link_down": "see to the cable, the modem or the dialler",
    "no_route": "see to the default route of that interface",
    "unreachable": "see to the gateway, or say --check off where it never answers",
    "not_probed": "see that this user may send from that interface, or say --check gateway",
    "no_answer": "see that the echo services can be reached through this uplink, or name others with --echo",
    "disagree": "see which service is wrong with 'edge-agent explain', or name others with --echo",
    "no_match": "name an interface that exists; globs such as ppp* are allowed",
    "no_address": "add --address, or leave this family out with -4 or -6",
    "failing": "nothing to do: the next run looks again; failover_after says how often",
    "pin_without_route": "end the pin with: edge-agent unpin",
    "no_memory": "make the state directory writable, or name another with --state-dir",
    "other_family_unknown": "keep one family alone with single_family = true on the account, if that is what you want",
}

# Why a step is what it is.
STEP: Final = {
    "forced": "it was asked for",
    "new": "nothing was published before",
    "unconfirmed": "how the last update ended is not known",
    "changed": "the address has changed",
    "settings_changed": "the settings have changed",
    "refresh": "it is time to refresh it",
    "sent_together": "the service takes both families together",
    "unchanged": "it is published already",
    "not_here": "this machine has no such address",
    "locked": "locked out since the service refused it",
    "banned": "locked out since the service blocked this client",
    "paused": "pausing after a failure",
    "too_soon": "the service allows no update so soon after the last",
    "other_family_unknown": "the service would drop the family whose address is not known",
    "no_memory": "what is sent could not be remembered",
    "returning": "its uplink has not worked for long enough yet (failback_after)",
    "gone": "its uplink does not work any more, and another value stays",
    "pinned": "another uplink is pinned",
    "superseded": "no uplink has it any more, and another value stays",
}

NAT: Final = {
    "none": "",
    "private": "behind NAT",
    "carrier": "behind carrier NAT: nobody outside can open a connection to it",
    "unknown": "",
}

ORIGIN: Final = {
    "interface": "an address of the interface itself",
    "lease": "the address of the new lease",
    "echo": "as seen from outside",
    "stun": "as seen from outside",
    "gateway": "as the gateway tells",
    "dns": "as DNS tells",
    "command": "as the command says",
    "static": "as the settings say",
}

DONE: Final = {kind: row.words for kind, row in TABLE.items()}

# What a person can do about a verdict.
AFTER: Final = {
    "busy": "nothing to do: it is tried again after the pause",
    "unreachable": "see that this machine reaches the service; it is tried again at the next run",
    "unconfirmed": "nothing to do: it is looked at again after the pause",
    "refused": "mend the account or the name; a changed setting lifts the lock-out, so does: edge-agent unlock",
    "banned": "settle it with the service first, then: edge-agent unlock",
    "garbled": "see whether something between here and the service answers in its place; it is tried again after a pause",
}

GATEWAY_ONLY: Final = (
    "Next hops were asked whether they are there. One that answers but forwards nothing is only caught by --check outside."
)


def reason(table: dict[str, str], word: str | None) -> str:
    """Return the words for a reason; a reason without words is shown as it is."""
    return table.get(word or "", (word or "unknown").replace("_", " "))


def step_reason(word: str) -> str:
    """Return the words for why a step is what it is, which may be a choice's reason."""
    return STEP.get(word) or hold_reason(word)


def hold_reason(word: str | None) -> str:
    """Return the words for why nothing of a family can be published."""
    return HOLD.get(word or "") or reason(CHOICE, word)


def failing_note(interface: str, bad: int, most: int) -> str:
    """Return the note on an uplink in use that does not work."""
    return f"{interface} is in use and has failed at {bad} of the {most} looks in a row after which it is left"


def returning_note(interface: str, at: float) -> str:
    """Return the note on a better uplink that works again."""
    return f"{interface} works again: it is taken at {instant(at)} if it goes on to"


def pinned_note(interface: str, at: float, *, fits: bool = True) -> str:
    """Return the note on a pin, for a choice that it rules or does not fit."""
    if not fits:
        return f"{interface} is pinned, but is no interface of this selection: not affected"
    return f"pinned to {interface} until {instant(at)}: edge-agent unpin"


def instant(at: float) -> str:
    """Return an instant (seconds since 1970) as ISO 8601 in UTC, to the second: `2026-01-02T03:04:05Z`."""
    days, seconds = divmod(int(at), 86400)
    # The civil calendar from days, with years that begin in March, so that the leap day comes last.
    era, day_of_era = divmod(days + 719468, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    year = year_of_era + era * 400 + (month <= 2)
    return f"{year:04}-{month:02}-{day:02}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"
