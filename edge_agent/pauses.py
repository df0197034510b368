"""Pauses that survive a jumping clock and a reboot. Pure: three clocks in, seconds out."""

from collections.abc import Iterable
from typing import Final

from edge_agent.model import Now, Pause

# 2026-01-01: a wall clock before this was never set. A release may move it forward, never past its own day.
CLOCK_FLOOR: Final = 1_767_225_600.0


def begin(now: Now, for_: float) -> Pause:
    """Return a pause of `for_` seconds that begins now."""
    return Pause(now.wall, now.boot, now.boot_id, for_)


def remaining(pause: Pause | None, now: Now) -> float:
    """Return the seconds that are left of `pause`, 0.0 when it is over.

    Within one boot only the clock since boot counts, so neither NTP nor a person can cut a pause short or freeze it. After
    a reboot the wall clock counts where it was set on both ends; the time since this boot has passed in any case.
    """
    if pause is None:
        return 0.0
    if pause.boot_id and pause.boot_id == now.boot_id:
        elapsed = now.boot - pause.boot_at
    elif pause.wall_at < CLOCK_FLOOR or now.wall < pause.wall_at:
        elapsed = now.boot
    else:
        elapsed = max(now.wall - pause.wall_at, now.boot if pause.boot_id else 0.0)
    return max(0.0, pause.for_ - max(elapsed, 0.0))


def soonest(pauses: Iterable[Pause | None], now: Now) -> float | None:
    """Return the seconds until the first of the pauses that still last is over, None where none lasts."""
    left = [for_ for pause in pauses if (for_ := remaining(pause, now))]
    return min(left) if left else None


def age(at: float, now: Now) -> float | None:
    """Return how many seconds ago the wall-clock instant `at` was, or None where either end was read off an unset clock."""
    if at < CLOCK_FLOOR or now.wall < CLOCK_FLOOR or now.wall < at:
        return None
    return now.wall - at
