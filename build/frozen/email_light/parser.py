"""Stands for `email.parser`: reads the header block of an HTTP answer as the whole module does, faults noted instead of raised."""

import io
from collections.abc import Callable
from email import errors
from email.message import Message
from typing import Any


def _is_field(line: str) -> bool:
    """Say whether a line belongs to a header block: a field, the rest of one, or the envelope line of a mailbox."""
    name, colon, _ = line.partition(":")
    return line.startswith(("From ", " ", "\t")) or (bool(colon) and all("!" <= char <= "~" for char in name))


class Parser:
    """Reads a header block into a message of the class given."""

    def __init__(self, _class: Callable[[], Message] = Message, *, policy: object = None) -> None:
        """Take the class; there is only one policy here."""
        self._class = _class
        self.policy = policy

    def parsestr(self, text: str, headersonly: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002 - the whole one's signature
        """Return the message that `text` begins with."""
        message = self._class()
        lines = io.StringIO(text, newline="").readlines()  # ends are \\n, \\r and \\r\\n, and nothing else
        end = next((place for place, line in enumerate(lines) if not _is_field(line)), len(lines))
        rest = lines[end:]
        if rest and rest[0][0] in "\r\n":
            rest = rest[1:]
        elif rest:
            message.defects.append(errors.MissingHeaderBodySeparatorDefect())
        rest = _fill(message, lines[:end]) + rest
        message.set_payload("".join(rest))
        return message


def _fill(message: Message, lines: list[str]) -> list[str]:
    """Put the fields into the message; return the lines that turned out to be none."""
    field: list[str] = []
    for place, line in enumerate(lines):
        if line[0] in " \t" and field:
            field.append(line)
            continue
        _store(message, field)
        field = []
        if line[0] in " \t":
            message.defects.append(errors.FirstHeaderLineIsContinuationDefect(line))
        elif line.startswith("From "):
            if place == 0:
                message.set_unixfrom(line.rstrip("\r\n"))
            elif place == len(lines) - 1:
                return [line]
            else:
                message.defects.append(errors.MisplacedEnvelopeHeaderDefect(line))
        elif line[0] == ":":
            message.defects.append(errors.InvalidHeaderDefect("Missing header name."))
        else:
            field = [line]
    _store(message, field)
    return []


def _store(message: Message, field: list[str]) -> None:
    if field:
        name, _, value = "".join(field).partition(":")
        message[name] = value.lstrip(" \t\r\n").rstrip("\r\n")
