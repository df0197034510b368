"""What calls the agent every few minutes on each kind of box, or keeps it resident; and the programs that start and stop that."""

from collections.abc import Callable
from typing import Final

from edge_agent.install import LABEL, Box, Command, Need, Piece, Plan, cron, services, units
from edge_agent.install.kinds import has_systemd, kind_of
from edge_agent.snippets import quoted

_RELOAD: Final = Command(("systemctl", "daemon-reload"))
_INIT: Final = "/etc/init.d/edge-agent"
_CRONS: Final[tuple[tuple[str, tuple[str, ...], Callable[[Need], Piece]], ...]] = (  # the first that is there; all kinds where none
    ("/opt/etc/crontab", ("keenetic",), cron.entware_table),
    ("/opt/etc/cron.5mins", ("keenetic",), cron.entware_directory),
    ("/opt/var/spool/cron/crontabs", ("keenetic",), cron.entware_spool),
    ("/etc/cron.d", (), cron.cron_d),
    ("/etc/crontabs", (), cron.crontabs),  # before its other name on Alpine
    ("/var/spool/cron/crontabs", (), cron.spool),
    ("/etc/crontab", ("freebsd", "opnsense", "pfsense"), cron.crontab),
)


# --- looking every few minutes ---------------------------------------------------------------------------------------


def looks(box: Box, need: Need) -> Plan:
    """Return the timer, the job or the line of cron that lets the agent look every few minutes."""
    kind = kind_of(box)
    if kind in {"windows", "macos"}:
        return _jobs(need, kind, watch=False)
    if kind in {"merlin", "tomato"}:
        return _cru(need, kind)
    if kind == "openwrt":  # its cron does not even start while no table is there
        return Plan((cron.crontabs(need),), (Command(("/etc/init.d/cron", "restart"), ("/etc/init.d/cron", "running")),))
    if has_systemd(box):
        start = Command(("systemctl", "enable", "--now", units.TIMER), ("systemctl", "is-active", "--quiet", units.TIMER))
        return Plan(units.pieces_of_timer(need), (_RELOAD, start))
    return _cron(box, kind, need)


def _cru(need: Need, kind: str) -> Plan:
    """Return the line for a cron that forgets at every boot; FreshTomato has no file that could tell it again."""
    if kind == "tomato":
        return Plan(paste=(("tomato-init", " ".join(map(quoted, cron.cru(need))) + "\n"),))
    return Plan((cron.merlin(need),), (Command(cron.cru(need), ("sh", "-c", f"cru l | grep -q '#{LABEL}#'")),))


def _cron(box: Box, kind: str, need: Need) -> Plan:
    """Return the line of cron. Every cron notices a table that is new or another one within a minute or two."""
    for path, only, make in _CRONS:
        if path in box.paths and (not only or kind in only):
            return Plan((make(need),))
    mend = "opkg install cron" if kind == "keenetic" else "install a cron"
    return Plan(troubles=(f"no cron was found for a look every few minutes: {mend} and install again, or install --watch",))


def _jobs(need: Need, kind: str, *, watch: bool) -> Plan:
    """Return the jobs of a system whose service manager is its clock too, and the commands that hand them over."""
    make, handed = (services.tasks, _scheduled) if kind == "windows" else (services.launchd, _loaded)
    pieces = make(need, watch=watch)
    return Plan(pieces, tuple(map(handed, pieces)))


def _scheduled(piece: Piece) -> Command:
    label = services.label_of(piece.path)
    return Command(("schtasks", "/create", "/f", "/tn", label, "/xml", piece.path), ("schtasks", "/query", "/tn", label))


def _loaded(piece: Piece) -> Command:
    label = services.label_of(piece.path)
    return Command(("launchctl", "bootstrap", "system", piece.path), ("launchctl", "print", f"system/{label}"))


# --- resident --------------------------------------------------------------------------------------------------------


def resident(box: Box, need: Need) -> Plan:
    """Return the service that keeps `edge-agent watch` running."""
    kind = kind_of(box)
    if kind in {"windows", "macos"}:
        return _jobs(need, kind, watch=True)
    if kind == "openwrt":
        return Plan(services.procd(need), (Command((_INIT, "restart"), (_INIT, "running")),))
    if kind == "freebsd":
        return Plan(services.rc_d(need), (Command(("service", "edge_agent", "restart"), ("service", "edge_agent", "status")),))
    if has_systemd(box):
        enable = Command(("systemctl", "enable", units.WATCH))
        restart = Command(("systemctl", "restart", units.WATCH), ("systemctl", "is-active", "--quiet", units.WATCH))
        hints: tuple[str, ...] = ()
        if need.state_dir and not units.is_managed(need.state_dir):
            hints = (f"the service has a user of its own, who must be able to write {need.state_dir}: better name one in /var/lib",)
        return Plan(units.pieces_of_watch(need), (_RELOAD, enable, restart), hints)
    return Plan(troubles=("no service manager was found that install knows: let yours start 'edge-agent watch', or install hooks",))


# --- taking away ------------------------------------------------------------------------------------------------------


def everything(need: Need) -> tuple[Piece, ...]:
    """Return every piece of this module, on whatever box."""
    lines = [make(need) for _, _, make in _CRONS]
    resident = (*units.pieces_of_watch(need), *services.procd(need), *services.rc_d(need))
    return (*lines, cron.merlin(need), *units.pieces_of_timer(need), *resident, *services.launchd(need), *services.tasks(need))


def stops(box: Box, gone: frozenset[str]) -> tuple[tuple[Command, ...], tuple[Command, ...]]:
    """Return what to start before, and what after, the files with these paths are taken away."""
    before: list[Command] = []
    for path in sorted(gone):
        before += _ends(path, systemd=has_systemd(box))
    reload = has_systemd(box) and any(path.startswith(units.HOME) for path in gone)
    return tuple(before), (_RELOAD,) if reload else ()


def _ends(path: str, *, systemd: bool) -> tuple[Command, ...]:
    if path.startswith("/Library/LaunchDaemons/"):
        return (Command(("launchctl", "bootout", f"system/{services.label_of(path)}")),)
    if "\\" in path:
        return (Command(("schtasks", "/delete", "/f", "/tn", services.label_of(path))),)
    if systemd and path == f"{units.HOME}/{units.WATCH}":  # what its own user remembered nobody else may use: hooks would fail
        return (Command(("systemctl", "disable", "--now", units.WATCH)), Command(("rm", "-rf", *units.LEFT)))
    if systemd and path == f"{units.HOME}/{units.TIMER}":
        return (Command(("systemctl", "disable", "--now", units.TIMER)),)
    return _ENDS.get(path, ())


_ENDS: Final = {
    "/jffs/scripts/services-start": (Command(("cru", "d", LABEL)),),
    _INIT: (Command((_INIT, "stop")), Command((_INIT, "disable"))),
    "/usr/local/etc/rc.d/edge_agent": (Command(("service", "edge_agent", "stop")),),
}
