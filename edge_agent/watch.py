"""`edge-agent watch`: what its children do, each with imports of its own, and what the resident part must be told at the start."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from edge_agent import signals, watching
from edge_agent.streams import hold_streams
from edge_agent.verdicts import DONE, INTERNAL
from edge_agent.watching import Wants

if TYPE_CHECKING:
    from edge_agent.model import Ended, Event, Settings
    from edge_agent.monitor import Manager

HALF: Final = 2e6  # a sign of life twice in the time that the service manager gives, which it gives in microseconds


def main(arguments: Sequence[str]) -> int | None:
    """Watch until told to end and return the exit code; None where these arguments mean another command."""
    hold_streams()
    environ = dict(os.environ)
    return _by_turns(arguments, environ) if sys.platform == "win32" else _resident(arguments, environ)


def _resident(arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
    from edge_agent import child, monitor, resident

    monitor.ignore((monitor.SIGHUP, monitor.SIGUSR1))  # what they ask for is about to be done anyway
    own = Children(arguments, environ)
    first = child.Child(own.read, (), monitor.clock() + 2 * signals.READING_FOR)
    code, line = child.awaited(first, signals.GRACE_FOR)
    wants = watching.unpacked(line)
    if wants is None:
        return None if code == DONE else code if code > 0 else INTERNAL
    origin = Origin(environ)
    duties = resident.Duties(own.look, own.read, own.tell, origin.replaced, origin.again)
    return resident.Watch(wants, duties, _manager()).run()


def _manager() -> "Manager":
    """Return the service manager that started us (sd_notify(3), sd_watchdog_enabled(3)); children must not speak to it."""
    from edge_agent.monitor import Manager

    address = os.environ.pop("NOTIFY_SOCKET", "")
    every, whose = os.environ.pop("WATCHDOG_USEC", ""), os.environ.pop("WATCHDOG_PID", "")
    # what it started is the executable that unpacked us, and that is our parent
    ours = whose in {"", str(os.getpid()), *([str(os.getppid())] if hasattr(sys, "frozen") else [])}
    return Manager(address, int(every) / HALF if address and every.isdecimal() and ours else 0.0)


class Origin:
    """The files of this program: children read more of them, which must fit what has been loaded already."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        from edge_agent import monitor

        self.path = sys.executable if hasattr(sys, "frozen") else __file__
        self.stamp = monitor.stamp(self.path)
        self.environ = environ

    def replaced(self) -> bool:
        """Say whether another version has taken their place; while there is none, the old one goes on as far as it can."""
        from edge_agent import monitor

        return monitor.stamp(self.path) not in {self.stamp, None}

    def again(self) -> None:
        """Become the new version, in the same process; where that cannot be had yet, stay."""
        environ = {name: value for name, value in self.environ.items() if not name.startswith(("_PYI_", "LD_LIBRARY_PATH"))}
        if "LD_LIBRARY_PATH_ORIG" in self.environ:  # what the one-file executable has put aside for its own
            environ["LD_LIBRARY_PATH"] = self.environ["LD_LIBRARY_PATH_ORIG"]
        elif not hasattr(sys, "frozen") and "LD_LIBRARY_PATH" in self.environ:
            environ["LD_LIBRARY_PATH"] = self.environ["LD_LIBRARY_PATH"]
        argv = [sys.executable, *(sys.argv[1:] if hasattr(sys, "frozen") else sys.orig_argv[1:])]
        try:
            os.execve(sys.executable, argv, environ)  # noqa: S606 - ourselves
        except OSError:  # still being written
            return


class Children:
    """What the children of the resident part do; `arguments` and `environ` are the user's."""

    def __init__(self, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
        self.arguments, self.environ = arguments, environ

    def read(self) -> tuple[int, str]:
        """Read the settings and tell their problems; return an exit code and the packed Wants, none for another command."""
        from edge_agent import cli, responding
        from edge_agent.console import Console

        signals.end_within(signals.READING_FOR)
        try:
            wish = responding.wish_of(self.arguments, self.environ)
            if wish.command != "watch":
                return DONE, ""
            settings = wish.settings
            if wish.problems:
                return responding.told(wish, Console(settings.log, settings.log_format, self.environ)), ""
            return DONE, watching.packed(Wants(settings.watch_every_for, settings.deadline_for, _lock(settings)))
        except Exception as error:  # noqa: BLE001 - a bug is told like any command's
            return cli.confess(error, self.arguments, self.environ, []), ""

    def look(self, event: "Event") -> "Ended":
        """Answer one event as every run does, or find that there is nothing to do."""
        from edge_agent import porter
        from edge_agent.model import Ended

        if porter.is_spared(event, self.arguments, self.environ):
            return Ended(DONE)
        from edge_agent import cli, responding

        try:
            return responding.respond(event, self.arguments, self.environ)
        except Exception as error:  # noqa: BLE001 - as above
            return Ended(cli.confess(error, self.arguments, self.environ, []))

    def tell(self, level: str, text: str) -> None:
        """Put a line into the log."""
        from edge_agent import responding
        from edge_agent.console import Console
        from edge_agent.memory import now
        from edge_agent.report import Say

        settings = responding.wish_of(self.arguments, self.environ).settings
        Console(settings.log, settings.log_format, self.environ).log(Say(level, f"watch: {text}"), now().wall)


def _lock(settings: "Settings") -> str:
    """Return the path of the lock that a second watch with these settings finds taken; empty where there is no place for one."""
    from edge_agent import files
    from edge_agent.memory import default_dir
    from edge_agent.settings.gathering import identity

    directory = settings.state_dir or default_dir()
    try:
        files.settle(directory)
    except (OSError, files.StoreError):  # each run will say so
        return ""
    return f"{directory}/watch-{identity(settings)}"


def _by_turns(arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
    """Look, wait, look: for systems without fork, which announce nothing to us either. Each look is a program of its own."""
    import subprocess
    import time

    from edge_agent.settings import reading

    rests = [(*arguments[:place], *arguments[place + 1 :]) for place, word in enumerate(arguments) if word == "watch"]
    flags = [rest for rest in rests if reading.arguments(rest).command == "run"]  # all that is not a flag's value is gone
    code, line = Children(arguments, environ).read()
    wants = watching.unpacked(line)
    if wants is None or not flags:
        return None if code == DONE else code
    program = [sys.executable] if hasattr(sys, "frozen") else [sys.executable, "-m", "edge_agent"]
    while True:
        try:
            subprocess.run([*program, "run", *flags[0]], check=False, timeout=4 * wants.deadline_for)  # noqa: S603 - ourselves
            time.sleep(min(wants.every_for, watching.POLL_FOR))
        except subprocess.TimeoutExpired:
            continue
        except KeyboardInterrupt:
            return DONE
