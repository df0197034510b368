"""Names to keep: each record's types, TTL and selection, held against its account and its provider's facts."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from edge_agent import checks
from edge_agent.model import TYPE_OF, Account, Problem, Record, Selection
from edge_agent.providers.provider import Provider
from edge_agent.settings import SELECTION, keys
from edge_agent.settings.accounts import fingerprint
from edge_agent.settings.layers import DEFAULT, FILE, OWN, VARIABLE, Found, Said, Values, checked
from edge_agent.settings.logins import Owned
from edge_agent.settings.reading import Given

_KEYS: Final = frozenset(keys("record"))
_PRIVATE: Final = frozenset({"private", "shared", "unique_local"})


class Ground(NamedTuple):
    """What every record stands on: what holds where it says nothing, what beats it, and the accounts there are."""

    values: Values
    near: Values
    owned: Owned
    common: Selection
    selections: dict[Selection, Selection]  # equal ones become one object: a thousand records cost one
    problems: list[Problem]


def selection(values: Values, problems: list[Problem]) -> Selection:
    """Return how an address is to be chosen. An address or a command that is said nearer than the source implies its source."""
    source = values["source"].value
    for needs, implied in (("address", "static"), ("command", "command")):
        said = values[needs]
        if said.value is None or source == implied:
            continue
        if said.rank > values["source"].rank:
            source = implied
        elif said.rank == values["source"].rank:
            problems.append(Problem(said.origin, f"{needs} is not asked for: source is {source}", f'say source = "{implied}"'))
    if source == "static" and not values["address"].value:
        problems.append(Problem(values["source"].origin, "source is static, but no address is said", "add address (or --address)"))
    if source == "command" and not values["command"].value:
        problems.append(Problem(values["source"].origin, "source is command, but no command is said", "add command (or --command)"))
    allow = frozenset(values["allow"].value or ()) | (_PRIVATE if values["allow_private"].value else frozenset())
    return Selection(
        values["interface"].value or (),
        values["exclude"].value or (),
        source,
        (values["address"].value or ()) if source == "static" else (),
        values["command"].value if source == "command" else None,
        _echo(values, "echo4"),
        _echo(values, "echo6"),
        values["quorum"].value,
        values["check"].value,
        allow,
    )


def _echo(values: Values, own: str) -> tuple[str, ...]:
    """Return the services for one family: `echo` is for both, unless the family's own list is said as near or nearer."""
    both, one = values["echo"], values[own]
    chosen = both if both.value and both.rank > one.rank else one
    return tuple(chosen.value)


def build(table: Mapping[str, Given], origin: str, ground: Ground) -> Iterator[tuple[Record, str]]:
    """Yield a record, and where its name is said, for every name of one `[[record]]` table."""
    for key, given in table.items():
        if key not in _KEYS:
            mend = checks.meant(key, _KEYS) or f"a record takes {', '.join(keys('record'))}"
            ground.problems.append(Problem(given.origin, f"{checks.shown(key)} is unknown", mend))
    own = checked(((key, given) for key, given in table.items() if key in _KEYS), OWN, ground.problems)
    if "name" not in own and "name" not in table:
        ground.problems.append(Problem(origin, "the record has no name", 'add name = "home.example.com"'))
    names, rest = own.pop("name", None), {key: found for key, found in ground.near.items() if key != "name"}
    account = _account(own.get("account"), origin, ground)
    if names and account:
        yield from records(names, account, {**ground.values, **own, **rest}, own, ground)


def _account(said: Found | None, origin: str, ground: Ground) -> Account | None:
    """Return the record's account: the one it names, or the only one."""
    known = [*ground.owned.accounts, *ground.owned.broken]
    if said:
        if said.value not in known:
            mend = checks.meant(said.value, known) or (f"accounts are {', '.join(known)}" if known else "add [account.NAME]")
            ground.problems.append(Problem(said.origin, f"account {checks.shown(said.value)} does not exist", mend))
        return ground.owned.accounts.get(said.value)
    if len(known) != 1:
        what = "the record names no account" + (f", and there are {len(known)}" if known else ", and there is none")
        ground.problems.append(Problem(origin, what, f"accounts are {', '.join(known)}" if known else "add [account.NAME]"))
        return None
    return ground.owned.accounts.get(known[0])


def records(names: Found, account: Account, values: Values, own: Values, ground: Ground) -> Iterator[tuple[Record, str]]:
    """Yield a record for every name; `values` are what holds for it, `own` what was said for it alone."""
    provider = ground.owned.providers[account.name]
    types, optional = _types(values, provider, ground.problems)
    ttl = _ttl(values["ttl"], names, provider, ground.problems)
    zone = values["zone"].value
    how = _selection(values, own, ground)
    each = _each(values["values"], how, provider, ground.problems)
    create = values["create"].value
    for name in names.value:
        if zone and name != zone and not name.endswith("." + zone):
            ground.problems.append(Problem(values["zone"].origin, f"{name} does not lie in the zone {zone}"))
        marks = (*(("each",) if each else ()), *(() if create else ("no create",)))
        mark = fingerprint(name, str(ttl), zone or "", account.fingerprint, *marks)
        yield Record(name, types, account.name, how, ttl, zone, mark, optional, each, create), names.origin


def _selection(values: Values, own: Values, ground: Ground) -> Selection:
    if own.keys().isdisjoint(SELECTION):
        return ground.common
    how = selection(values, ground.problems)
    return ground.selections.setdefault(how, how)


def _types(values: Values, provider: Provider, problems: list[Problem]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the types to keep, and those of them that nobody asked for by name."""
    able = tuple(TYPE_OF[family] for family in provider.families)
    families = tuple(TYPE_OF[family] for family in sorted(values["family"].value))
    said = values["type"]
    if said.value is not None:
        unable = [type_ for type_ in said.value if type_ not in able]
        problems += [
            Problem(said.origin, f"{provider.name} keeps no {type_} records", f"it keeps {', '.join(able)}") for type_ in unable
        ]
        return tuple(type_ for type_ in said.value if type_ in families), ()
    types = tuple(type_ for type_ in families if type_ in able)
    if not types:
        where = values["family"]
        problems.append(
            Problem(where.origin, f"{provider.name} keeps no {' or '.join(families)} records", f"it keeps {', '.join(able)}")
        )
    return types, types if values["family"].rank == DEFAULT else ()


def _ttl(said: Found, names: Found, provider: Provider, problems: list[Problem]) -> int | None:
    """Return the TTL. One that is said for all records passes by a service that sets its own; said for this one, it is wrong."""
    if said.value is None:
        return None
    if provider.ttl is None:
        if said.rank != FILE:
            problems.append(Problem(said.origin, f"{provider.name} sets the TTL itself", "leave ttl out"))
        return None
    least, most = provider.ttl
    if not least <= said.value <= most:
        what = f"ttl {said.value} of {names.value[0]} is not between {least} and {most}, the limits of {provider.name}"
        problems.append(Problem(said.origin, what))
        return None
    return int(said.value)


def _each(said: Found, how: Selection, provider: Provider, problems: list[Problem]) -> bool:
    """Return whether the name is to have a value for every uplink."""
    if said.value != "each":
        return False
    if not provider.each:
        problems.append(
            Problem(said.origin, f"{provider.name} keeps one value for a name", 'leave values out, or say values = "one"')
        )
    if how.source in {"static", "command"}:
        problems.append(Problem(said.origin, f"source {how.source} knows no uplinks", 'say values = "one"'))
    return True


# --- all of them -----------------------------------------------------------------------------------------------------


def kept(said: Said, ground: Ground) -> tuple[Record, ...]:
    """Return every record: those of flags and variables alone, or those of the file, of which `--name` may pick some."""
    provider, name = said.values["provider"], said.near.get("name")
    if provider.rank >= VARIABLE:
        found = _on_the_only_account(said.values["name"], ground)
    else:
        found = list(_of_file(said, ground))
        if name and not found and not ground.problems:
            found = _on_the_only_account(name, ground)
        elif name:
            found = _picked(found, name, ground.problems)
    return tuple(_unique(found, said))


def _on_the_only_account(names: Found, ground: Ground) -> list[tuple[Record, str]]:
    account = next(iter(ground.owned.accounts.values()), None)
    if not names.value or account is None:
        return []
    return list(records(names, account, ground.values, {}, ground))


def _of_file(said: Said, ground: Ground) -> Iterator[tuple[Record, str]]:
    top = said.doc.given()
    if "name" in top:
        yield from build({"name": top["name"]}, top["name"].origin, ground)
    tables = said.doc.tables.get("record", [])
    if not isinstance(tables, list):
        ground.problems.append(
            Problem(said.doc.origin("record"), "a record is one of a list", "write [[record]], with two brackets")
        )
        return
    for place, table in enumerate(tables):
        if isinstance(table, Mapping):
            yield from build(said.doc.given("record", place), said.doc.origin("record", place), ground)
        else:
            ground.problems.append(Problem(said.doc.origin("record"), "a record is a table", "write [[record]] and its keys below"))


def _picked(found: list[tuple[Record, str]], names: Found, problems: list[Problem]) -> list[tuple[Record, str]]:
    known = {record.name for record, _ in found}
    strange = [name for name in names.value if name not in known]
    problems += [Problem(names.origin, f"{name} is not among the file's records", checks.meant(name, known)) for name in strange]
    return [(record, origin) for record, origin in found if record.name in names.value]


def _unique(found: list[tuple[Record, str]], said: Said) -> Iterator[Record]:
    """Yield the records that keep anything, and tell of those that would quarrel over one name."""
    seen: dict[tuple[str, str, str], str] = {}
    for record, origin in found:
        for type_ in record.types:
            first = seen.setdefault((record.account, record.name, type_), origin)
            if first is not origin:
                said.problems.append(
                    Problem(origin, f"{record.name} {type_} is kept already, see {first}", "keep it once per account")
                )
        if record.types:
            yield record
    if found and not seen and not said.problems:
        said.problems.append(
            Problem(said.values["family"].origin, "leaves no record to keep", "no record has a type of that family")
        )
