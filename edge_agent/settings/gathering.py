"""Arguments, environment and file become one checked Settings, with every problem at once. Files are read by who is handed in.

A provider that is said by flag or variable makes the usual file needless and puts aside the accounts and records of any other.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from edge_agent.gate import Premises
from edge_agent.model import Account, Problem, Record, Selection, Settings
from edge_agent.settings import USUAL_FILE, keys, logins, records
from edge_agent.settings.accounts import Desk, fingerprint
from edge_agent.settings.document import Document, Read, ReadError, document
from edge_agent.settings.layers import DEFAULT, FILE, FLAG, VARIABLE, Found, Said, checked, defaults, own_values
from edge_agent.settings.logins import Services
from edge_agent.settings.reading import arguments, variables
from edge_agent.settings.records import Ground

RUNNING: Final = frozenset({"run", "hook", "watch"})  # commands that need a record to keep
UNATTENDED: Final = frozenset({"hook", "watch"})  # commands that mostly nobody looks at
_ALONE: Final = frozenset({"help", "version", "providers"})  # commands that look at no settings beyond their own flags


class Wish(NamedTuple):
    """What the user wants. `settings` is whole only where there are no `problems`; how to show them can be read from it anyway."""

    command: str
    operand: str | None
    settings: Settings
    problems: tuple[Problem, ...] = ()
    own: Mapping[str, object] = {}  # what the flags of this command alone say; those that were not said are missing
    usage: tuple[Problem, ...] = ()  # those of the problems that lie in the arguments themselves
    files: Mapping[str, str] = {}  # those that hold a credential, by ACCOUNT.CREDENTIAL
    premises: Premises | None = None  # where a run with these settings may leave a gate


def gather(argv: Sequence[str], environ: Mapping[str, str], read: Read, services: Services, usual: str = USUAL_FILE) -> Wish:
    """Return what the user wants. `read(path, secret)` gives a file's text or raises ReadError; `usual` is where the file lies."""
    told = arguments(argv)
    problems = list(told.problems)
    known, loose = variables(environ) if told.command not in _ALONE else ({}, {})
    near = checked(known.items(), VARIABLE, problems)
    near |= checked(((setting.name, given) for setting, given in told.given), FLAG, problems)
    if told.command in _ALONE:
        values = defaults() | near
        return Wish(told.command, told.operand, _settings(values, records.selection(values, problems)), tuple(problems))
    own = own_values(told, problems)
    usage = tuple(problems)
    doc = _document(near, read, usual, problems)
    top = doc.given()
    far = checked(((name, top[name]) for name in keys("global") if name in top), FILE, problems)
    said = Said(defaults() | far | near, near, loose, doc, problems)
    desk = Desk(read, problems, doc.path, environ.get("CREDENTIALS_DIRECTORY", ""), [], {})
    owned = logins.accounts_of(said, desk, services)
    common = records.selection(said.values, problems)
    kept = records.kept(said, Ground(said.values, near, owned, common, {common: common}, problems))
    settings = _settings(said.values, common, owned.accounts, kept)
    if told.command == "explain":
        settings = settings._replace(dry_run=True)
    if told.command in RUNNING and not problems and not kept:
        problems.append(_begin(said, usual))
    if told.command in UNATTENDED and said.values["log"].rank == DEFAULT:
        settings = settings._replace(log="auto")
    return Wish(told.command, told.operand, settings, tuple(sorted(dict.fromkeys(problems), key=_line)), own, usage, desk.files)


def _line(problem: Problem) -> int:
    """Return the line that a problem stands in, 0 for flags and variables: they come first."""
    digits = problem.origin.rpartition(":")[2]
    return int(digits) if digits.isdecimal() and ":" in problem.origin else 0


def _document(near: Mapping[str, Found], read: Read, usual: str, problems: list[Problem]) -> Document:
    """Return the file's tables: the file that was named, or the usual one where it exists and is needed."""
    named = near.get("config")
    if named is None and "provider" in near and "name" in near:
        return Document()
    path = named.value if named else usual
    try:
        doc, problem = document(path, read(path, secret=False))
    except ReadError as error:
        if named or not error.missing:
            problems.append(Problem(named.origin if named else path, error.what, error.mend))
        return Document()
    problems += [problem] if problem else []
    return doc


def _begin(said: Said, usual: str) -> Problem:
    if "provider" in said.near:
        return Problem(said.near["provider"].origin, "says the service, but not the name to keep", "add --name FQDN")
    what = f"has no record to keep: {said.doc.path or usual} {'names none' if said.doc.path else 'does not exist'}"
    return Problem(
        "edge-agent", what, f"begin with -p PROVIDER -n NAME --token-file FILE, or write {usual}; see 'edge-agent providers'"
    )


def _settings(
    values: Mapping[str, Found], common: Selection, owned: Mapping[str, Account] | None = None, kept: tuple[Record, ...] = ()
) -> Settings:
    """Return the settings that the values make, with what holds for all records, the accounts and the records."""
    value = {name: found.value for name, found in values.items()}
    return Settings(
        common,
        tuple(sorted(value["family"])),
        owned or {},
        kept,
        value["update_via"],
        value["probe_timeout"],
        value["deadline"],
        value["force_after"],
        value["ca_file"],
        value["proxy"],
        value["state_dir"],
        value["force"],
        value["dry_run"],
        value["json"],
        value["verbosity"],
        value["log"],
        value["log_format"],
        value["settle"],
        value["watch_every"],
        failover_after=value["failover_after"],
        failback_after_for=value["failback_after"],
        gate=value["gate"],
    )


def identity(settings: Settings) -> str:
    """Return a short text that is the same for equal settings and no others: runs that have it can stand in for each other."""
    plain = settings._replace(selection=Selection(), records=(), accounts={})
    plain = plain._replace(watch_every_for=0.0, gate=True)  # what no run asks for
    used = dict.fromkeys((settings.selection, *(record.selection for record in settings.records)))
    ways = {way: place for place, way in enumerate(used)}
    return fingerprint(
        repr(plain),
        *(f"{name} {account.fingerprint}" for name, account in settings.accounts.items()),
        *(f"{way._replace(allow=frozenset())!r} {sorted(way.allow)}" for way in ways),
        *(f"{record.name} {record.types} {record.fingerprint} {ways[record.selection]}" for record in settings.records),
    )
