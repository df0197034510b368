"""The command line: arguments in, exit code out. Whatever happens, the caller sees words and a code, never a traceback unasked."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from edge_agent import __version__, report, responding, signals
from edge_agent.console import Console
from edge_agent.model import Settings
from edge_agent.report import Say
from edge_agent.settings import reading, usage
from edge_agent.settings.gathering import Wish
from edge_agent.settings.reading import Arguments
from edge_agent.streams import hold_streams
from edge_agent.verdicts import DONE, INTERNAL

MENDING: Final = frozenset({"install", "uninstall"})  # commands that work although the settings do not
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells count


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    hold_streams()
    signals.leave_on_terminate()
    signals.end_within(signals.READING_FOR)
    arguments = tuple(sys.argv[1:] if argv is None else argv)
    environ = dict(os.environ)
    wish: list[Wish] = []
    try:
        return _run(arguments, environ, wish)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: a caller must not see a traceback
        return confess(error, arguments, environ, wish)


def _run(arguments: Sequence[str], environ: Mapping[str, str], wishes: list[Wish]) -> int:
    told = reading.arguments(arguments)
    if told.command == "hook":
        return _hook(told, arguments, environ)
    wish = responding.wish_of(arguments, environ)
    wishes.append(wish)
    console = Console(wish.settings.log, wish.settings.log_format, environ)
    if wish.command in {"help", "version"}:
        console.out(usage() if wish.command == "help" else f"edge-agent {__version__}")
        return DONE
    if wish.usage if wish.command in MENDING else wish.problems:
        return responding.told(wish, console)
    return _command(wish.command)(wish, console)


def _hook(told: Arguments, arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Return 0 whatever happens: a hook must never hurt the client that calls it."""
    try:
        responding.hook(told, arguments, environ)
    except SystemExit:  # told to leave, or out of time
        return DONE
    except Exception as error:  # noqa: BLE001 - as above
        confess(error, arguments, environ, [], "auto")
    return DONE


def _command(name: str) -> Callable[[Wish, Console], int]:
    if name in {"install", "uninstall"}:
        from edge_agent import installing

        return {"install": installing.install, "uninstall": installing.uninstall}[name]
    if name in {"pin", "unpin"}:
        from edge_agent import pinning

        return {"pin": pinning.pin, "unpin": pinning.unpin}[name]
    from edge_agent import commands

    return {
        "run": commands.run,
        "explain": commands.explain,
        "status": commands.status,
        "check": commands.check,
        "providers": commands.providers,
        "unlock": commands.unlock,
    }[name]


def confess(error: Exception, arguments: Sequence[str], environ: Mapping[str, str], wishes: list[Wish], log: str = "stderr") -> int:
    """Report a bug in one line, with the traceback where it was asked for. No secret that is known gets out with it."""
    from edge_agent.encoding import brief, redact

    settings = wishes[0].settings if wishes else Settings()
    secrets = report.secrets_of(settings)
    console = Console(log, "text", environ)
    if settings.verbosity > 1 or environ.get("EDGE_AGENT_DEBUG") or "-vv" in arguments:
        import traceback

        console.log(Say("error", redact("".join(traceback.format_exception(error)), secrets).rstrip()), 0.0)
    text = brief(f"{type(error).__name__}: {error}", secrets, 300)
    console.log(Say("error", f"internal error: {text}; please report it with what -vv shows"), 0.0)
    return INTERNAL
