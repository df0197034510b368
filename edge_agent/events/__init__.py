"""Who woke us: arguments and environment become an Event. Foreign input never raises here; what is not understood is left out."""

from typing import Final

from edge_agent.model import Event

# Everything a caller can mean. Only `starting` says that there is nothing to look at yet; all others lead to a look.
REASONS: Final = (
    "manual",  # a person or cron
    "starting",  # a client begins: no address is affected (PREINIT, TEST, pre-up)
    "bound",  # an address is there, none was before as far as the caller says
    "renewed",  # the same address goes on
    "changed",  # another address in the place of an old one
    "router",  # a router advertisement came
    "up",  # a link, an interface or a session is up; which address it has is not said
    "down",  # a link, an interface or a session is down
    "lost",  # an address is no longer ours: expired, refused, deconfigured
    "released",  # an address was given back on purpose
    "failed",  # no address was to be had
    "other",  # anything else: look
)


def by_hand() -> Event:
    """Return the event of a run that a person or cron started. Nothing tells that the network changed, so back-off holds."""
    return Event("manual", "manual")
