"""Who woke us: arguments and environment become an Event. Foreign input never raises here; what is not understood is left out."""

from edge_agent.model import Event


def by_hand() -> Event:
    """Return the event of a run that a person or cron started. Nothing tells that the network changed, so back-off holds."""
    return Event("manual", "manual")
