"""The lines of cron, for each place where one of the crons looks.

Nothing is sent to /dev/null: a run is quiet unless a person should know, and then cron mails what it says.
"""

from edge_agent.install import EVERY, LABEL, Need, Piece
from edge_agent.snippets import quoted


def _minutes(need: Need) -> str:
    """Return the minutes field: every 5 minutes, from a minute that differs between machines."""
    return f"{need.seed % EVERY}-59/{EVERY}"


def _called(need: Need) -> str:
    """Return the command as cron wants it: a `%` would end the line (crontab(5))."""
    return " ".join(map(quoted, (need.agent, "run", *need.flags))).replace("%", "\\%")


def _table(path: str, need: Need, user: str = "", mode: int = 0o644) -> Piece:
    """Return a block in a crontab; the system's own ones name the user."""
    line = f"{_minutes(need)} * * * * {user}{_called(need)}\n"
    return Piece("cron", path, line, "block", mode, head="", last=True)


def crontabs(need: Need) -> Piece:
    """Return the line in root's table of busybox's crond, on OpenWrt and Alpine."""
    return _table("/etc/crontabs/root", need, mode=0o600)


def spool(need: Need) -> Piece:
    """Return the line in root's table where that is all there is."""
    return _table("/var/spool/cron/crontabs/root", need, mode=0o600)


def cron_d(need: Need) -> Piece:
    """Return the file for a cron that reads a directory of tables: no dot in its name, written by root alone."""
    return Piece("cron", "/etc/cron.d/edge-agent", f"{_minutes(need)} * * * * root {_called(need)}\n")


def crontab(need: Need) -> Piece:
    """Return the line in the system's own table of FreeBSD."""
    return _table("/etc/crontab", need, "root\t")


def entware_table(need: Need) -> Piece:
    """Return the line in the table of Entware's cron, which takes none that others could write."""
    return _table("/opt/etc/crontab", need, "root ", 0o600)


def entware_directory(need: Need) -> Piece:
    """Return the file that Entware's cron runs every five minutes."""
    line = " ".join(map(quoted, (need.agent, "run", *need.flags)))
    return Piece("cron", "/opt/etc/cron.5mins/edge-agent", f"#!/bin/sh\nexec {line}\n", mode=0o755)


def entware_spool(need: Need) -> Piece:
    """Return the line in root's table of Entware's busybox."""
    return _table("/opt/var/spool/cron/crontabs/root", need, mode=0o600)


def cru(need: Need) -> tuple[str, ...]:
    """Return the command that tells the cron of Asuswrt-Merlin; it forgets at every boot."""
    return ("cru", "a", LABEL, f"{_minutes(need)} * * * * {_called(need)}")


def merlin(need: Need) -> Piece:
    """Return the line that tells Merlin's cron again after every boot."""
    line = " ".join(map(quoted, cru(need)))
    return Piece("cron", "/jffs/scripts/services-start", f"{line}\n", "block", 0o755)
