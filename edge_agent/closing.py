"""After a run that found nothing to do: leave its gate behind, a small file for `porter` to find. Files only; `quiet` decides.

It lies where flags, variables or the usual place say that memory is, one for each way of calling, and is written only where it
says something new.
"""

# pathlib costs more memory than the whole of this module, at every start:
# ruff: noqa: PTH109, PTH117, PTH118, PTH123, PTH208

import os
import stat
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from edge_agent import __version__, files, gate, ledger, memory, providers, quiet
from edge_agent.files import StoreError
from edge_agent.gate import Premises
from edge_agent.model import Report, Settings
from edge_agent.porter import call_of, directory_of, key_of, octets_of
from edge_agent.settings import reading

MOST: Final = 8  # gates in one directory: ways of calling come and go


def premises(arguments: Sequence[str], environ: Mapping[str, str], marks: Mapping[str, str]) -> Premises | None:
    """Return the premises of settings that were made without a problem from these files; None where no gate can hold them."""
    call, told = call_of(arguments), reading.arguments(arguments)
    own = (told.operand, *told.foreign) if told.command == "hook" else ()
    if sys.platform == "win32" or call is None or (told.command, own) != (call.command, call.rest) or gate.ODD in marks.values():
        return None
    return Premises(key_of(call.flags, environ), directory_of(call.flags, environ), tuple(sorted(marks.items())))


def close(before: Premises, report: Report, settings: Settings, directory: str) -> None:
    """Leave a gate behind a run that found nothing to do, with the lock on `directory` still held; none where that cannot be."""
    try:
        made = quiet.gate_of(report, settings, providers.finder())
        whole = made and _completed(made, before, report, os.path.join(directory, "memory"))
        if whole:
            _write(before.directory, f"gate-{before.key}", gate.encode(whole))
    except (OSError, StoreError, LookupError):
        return


def _completed(made: gate.Gate, before: Premises, report: Report, path: str) -> gate.Gate | None:
    """Return the gate with all that is not in the report; None where the file does not say what the run remembered."""
    with open(path, "rb") as file:
        mode, octets = os.fstat(file.fileno()).st_mode, file.read(memory.LARGEST + 1)
    boot_id = memory.now().boot_id
    same = report.evidence is not None and ledger.decode(octets).memory == report.evidence.memory
    if not same or not boot_id or not stat.S_ISREG(mode):
        return None
    seen = (*before.files, (path, gate.mark_of(mode, octets)))
    place = "" if all(os.path.isabs(path) for path, _ in seen) else os.getcwd()
    return made._replace(version=__version__, key=before.key, boot_id=boot_id, place=place, memory=path, files=seen)


def _write(directory: str, name: str, octets: bytes) -> None:
    """Put a gate in its place; those that have not been renewed for longest make room for it."""
    path = os.path.join(directory, name)
    if octets_of(path) == octets:
        return
    files.settle(directory)
    files.swap(f"{path}.new", path, octets)
    others = [os.path.join(directory, other) for other in os.listdir(directory) if other.startswith("gate-") and other != name]
    for old in sorted(others, key=lambda other: os.lstat(other).st_mtime)[: max(0, len(others) + 1 - MOST)]:
        files.remove(old)
