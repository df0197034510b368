"""The command line: arguments in, exit code out. Whatever happens, the caller sees words and a code, never a traceback unasked."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from edge_agent import __version__, inputs, report, signals
from edge_agent.console import Console, hold_streams
from edge_agent.model import Settings
from edge_agent.report import Say
from edge_agent.settings import USUAL_FILE, gathering, usage
from edge_agent.settings.gathering import Wish
from edge_agent.settings.logins import Services
from edge_agent.verdicts import DONE, INTERNAL, USAGE

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
    except Exception as error:  # noqa: BLE001 - the last line of defence: a hook must not see a traceback
        return _confess(error, arguments, environ, wish)


def _run(arguments: Sequence[str], environ: Mapping[str, str], wishes: list[Wish]) -> int:
    from edge_agent import providers

    usual = USUAL_FILE
    if sys.platform == "win32":
        usual = f"{environ.get('PROGRAMDATA', 'C:/ProgramData')}/edge-agent/edge-agent.toml"
    wish = gathering.gather(arguments, environ, inputs.read, Services(providers.find, providers.near), usual)
    wishes.append(wish)
    console = Console(wish.settings.log, wish.settings.log_format, environ)
    if wish.command in {"help", "version"}:
        console.out(usage() if wish.command == "help" else f"edge-agent {__version__}")
        return DONE
    if wish.problems:
        return _told(wish, console)
    return _command(wish.command)(wish, console)


def _command(name: str) -> Callable[[Wish, Console], int]:
    from edge_agent import commands

    return {
        "run": commands.run,
        "explain": commands.explain,
        "status": commands.status,
        "check": commands.check,
        "providers": commands.providers,
        "unlock": commands.unlock,
    }[name]


def _told(wish: Wish, console: Console) -> int:
    """Tell every problem of the settings."""
    from edge_agent.memory import now
    from edge_agent.report import objects

    for problem in wish.problems:
        console.log(Say("error", report.problem_line(problem)), now().wall)
    if wish.settings.json:
        console.out_object(objects.problems_object(wish.problems))
    return USAGE


def _confess(error: Exception, arguments: Sequence[str], environ: Mapping[str, str], wishes: list[Wish]) -> int:
    """Report a bug in one line, with the traceback where it was asked for. No secret that is known gets out with it."""
    from edge_agent.encoding import brief, redact

    settings = wishes[0].settings if wishes else Settings()
    secrets = report.secrets_of(settings)
    console = Console("stderr", "text", environ)
    if settings.verbosity > 1 or environ.get("EDGE_AGENT_DEBUG") or "-vv" in arguments:
        import traceback

        console.log(Say("error", redact("".join(traceback.format_exception(error)), secrets).rstrip()), 0.0)
    text = brief(f"{type(error).__name__}: {error}", secrets, 300)
    console.log(Say("error", f"internal error: {text}; please report it with what -vv shows"), 0.0)
    return INTERNAL
