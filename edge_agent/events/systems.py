"""Systems whose calls are arguments alone: OPNsense and pfSense, macOS, Windows, and `generic` for everything else."""

from collections.abc import Mapping, Sequence
from typing import Final

from edge_agent.events.foreign import MOST, Reader, addresses, at, event
from edge_agent.model import Event

_NEW: Final = ("newip", "newipv6", "newwanip", "newwanipv6", "rc.newwanip", "rc.newwanipv6")
_TURNS: Final = {"start": "up", "stop": "down"}

# Event ids of Microsoft-Windows-NetworkProfile/Operational.
_PROFILE: Final = {"10000": "up", "connected": "up", "10001": "down", "disconnected": "down"}


def opnsense(source: str, args: Sequence[str], _: Mapping[str, str]) -> Event:
    """Return the event of OPNsense or pfSense.

    newip|newipv6|newwanip|newwanipv6|rc.newwanip|rc.newwanipv6 DEVICE · linkup start|stop DEVICE, both as configd has them ·
    ppp-linkup DEVICE inet|inet6 LOCAL REMOTE … · ppp-linkdown DEVICE …, as mpd5 calls its scripts. The names that the
    web interface gives (wan, lan, opt1) are no devices and are left out.
    """
    action, first, second = (at(args, place) for place in range(3))
    if action == "linkup":
        return event(source, _TURNS.get(first, "other"), _device(second))
    if action == "ppp-linkup":
        told = addresses((at(args, 3),))
        return event(source, "bound" if told else "up", first, told)
    if action == "ppp-linkdown":
        return event(source, "down", first)
    if action in _NEW:
        return event(source, "changed", _device(first))
    return event(source, "other", None)


def _device(name: str) -> str | None:
    return None if name in {"wan", "lan"} or (name.startswith("opt") and name[3:].isdecimal()) else name


def macos(source: str, _: Sequence[str], __: Mapping[str, str]) -> Event:
    """Return the event of launchd's WatchPaths: something changed, nothing is told."""
    return event(source, "other", None)


def windows(source: str, args: Sequence[str], _: Mapping[str, str]) -> Event:
    """Return the event of a scheduled task: the event id or a word for it is the first argument; a timer gives none."""
    return event(source, _PROFILE.get(at(args, 0), "other"), None)


def generic(source: str, args: Sequence[str], _: Mapping[str, str]) -> Event:
    """Return what `--interface NAME --address ADDRESS… --reason REASON` say, or `--flag=VALUE`; all else is passed over."""
    said: dict[str, list[str]] = {"--interface": [], "--address": [], "--reason": []}
    flag = ""
    for arg in args[: 4 * MOST]:
        if flag:
            said[flag].append(arg)
            flag = ""
        elif arg in said:
            flag = arg
        else:
            name, equals, value = arg.partition("=")
            if equals and name in said:
                said[name].append(value)
    return event(source, "".join(said["--reason"][-1:]), "".join(said["--interface"][-1:]), said["--address"])


READERS: Final[Mapping[str, Reader]] = {
    "opnsense": opnsense,
    "macos": macos,
    "windows": windows,
    "generic": generic,
}
