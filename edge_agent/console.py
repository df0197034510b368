"""Where words go: standard output, the terminal, syslog, a file. A stream that is closed or broken is no reason to fail."""

import os
import sys
from collections.abc import Mapping
from typing import Final, TextIO

from edge_agent.report import Say
from edge_agent.report.words import instant

_COLOURS: Final = {"error": "\x1b[31m", "warning": "\x1b[33m", "hint": "\x1b[2m"}
_PRIORITIES: Final = {"error": 3, "warning": 4, "hint": 5, "info": 6}  # RFC 5424, section 6.2.1


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        return
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            stream.write(text.encode("ascii", "backslashreplace").decode("ascii"))
        stream.flush()
    except (OSError, ValueError):  # a pipe that nobody reads, a full disk, a closed stream
        _silence(stream)


def _silence(stream: TextIO) -> None:
    """Send what is left in a broken stream's buffer nowhere, so that the interpreter does not complain at its end."""
    try:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
    except (OSError, ValueError):
        pass


class Console:
    """Shows what a run has to say: changes and answers on standard output, trouble in the log."""

    def __init__(self, log: str, log_format: str, environ: Mapping[str, str]) -> None:
        self._log = log if log != "auto" else _where_nobody_looks(environ)
        self._alone = log == "auto" and self._log == "syslog"  # standard output is nobody's, or ends up in the same log
        self._as_json = log_format == "json"
        self._colour = self._log == "stderr" and not self._as_json and not environ.get("NO_COLOR") and _is_terminal(sys.stderr)

    def out(self, text: str) -> None:
        """Show a line on standard output."""
        _write(sys.stdout, text + "\n")

    def out_object(self, found: dict[str, object]) -> None:
        """Show one JSON object on standard output."""
        from json import dumps

        self.out(dumps(found, ensure_ascii=True))

    def say(self, say: Say, at: float, *, quiet_output: bool = False) -> None:
        """Show one line of a run: a change on standard output, unless that is for JSON; trouble, and changes too, in the log."""
        if say.level == "info" and self._log == "stderr":
            if not quiet_output:
                self.out(say.text)
            return
        if say.level == "info" and not quiet_output and not self._alone:
            self.out(say.text)
        self.log(say, at)

    def log(self, say: Say, at: float) -> None:
        """Put one line into the log; a log that cannot be written is replaced by standard error."""
        text = self._as_text(say, at)
        if self._log == "syslog" and self._syslog(say.level, text):
            return
        if self._log not in {"stderr", "syslog"} and self._append(text, at):
            return
        colour = _COLOURS.get(say.level, "") if self._colour else ""
        _write(sys.stderr, f"{colour}{text}\x1b[0m\n" if colour else f"{text}\n")

    def _as_text(self, say: Say, at: float) -> str:
        if not self._as_json:
            return say.text
        from json import dumps

        found: dict[str, object] = {"at": instant(at), "level": say.level, "message": say.text.strip()}
        if say.step is not None:
            found |= {"name": say.step.key.name, "type": say.step.key.type, "step": say.step.kind, "reason": say.step.reason}
        return dumps(found, ensure_ascii=True)

    def _syslog(self, level: str, text: str) -> bool:
        if sys.platform == "win32" or (sys.platform == "linux" and not os.path.exists("/dev/log")):  # noqa: PTH110 - as in files
            return False
        import syslog

        syslog.openlog("edge-agent", syslog.LOG_PID, syslog.LOG_DAEMON)
        syslog.syslog(_PRIORITIES[level], text.strip())
        return True

    def _append(self, text: str, at: float) -> bool:
        line = f"{text}\n" if self._as_json else f"{instant(at)} {text.strip()}\n"
        try:
            descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o640)
            try:
                os.write(descriptor, line.encode("utf-8", "backslashreplace"))
            finally:
                os.close(descriptor)
        except OSError as error:
            _write(sys.stderr, f"the log {self._log} cannot be written: {error.strerror}\n")
            return False
        return True


def _where_nobody_looks(environ: Mapping[str, str]) -> str:
    """Return the log of a command that mostly nobody looks at: standard error where that is read (systemd.exec(5)), else syslog."""
    read = _is_terminal(sys.stderr) or "JOURNAL_STREAM" in environ
    lacking = sys.platform == "linux" and not os.path.exists("/dev/log")  # noqa: PTH110 - as in files
    return "stderr" if read or lacking else "syslog"


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False
