"""Which accounts there are: the one of flags, variables or top-level keys, and those of the file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from edge_agent import checks
from edge_agent.checks import WrongError
from edge_agent.model import Account, Problem
from edge_agent.providers.provider import Provider
from edge_agent.settings import BY_NAME, PREFIX, SETTINGS, accounts, keys
from edge_agent.settings.accounts import Desk, Entry
from edge_agent.settings.document import ReadError
from edge_agent.settings.layers import FILE, FLAG, VARIABLE, Said
from edge_agent.settings.reading import Given

_OWN: Final = ("username", "token", "token_file", "server", "insecure_http")
_TABLES: Final = ("account", "record")


class Services(NamedTuple):
    """The providers there are: `find` gives the one of a name or an alias, `near` the names that an unknown one may mean."""

    find: Callable[[str], Provider | None]
    near: Callable[[str], Sequence[str]]


class Login(NamedTuple):
    """An account as it was said: `service` is the provider's name, `origin` where it stands. No name of its own: the service's."""

    name: str
    service: str
    origin: str
    entries: list[Entry]


class Owned(NamedTuple):
    """Accounts and their providers by the account's name, and the names of accounts whose problems have been told."""

    accounts: dict[str, Account]
    providers: dict[str, Provider]
    broken: set[str]


def accounts_of(said: Said, desk: Desk, services: Services) -> Owned:
    """Return the accounts; why one cannot be made goes to the problems."""
    _misplaced(said)
    owned = Owned({}, {}, set())
    for login in _logins(said):
        provider = _provider(login, desk, services)
        if provider is None:
            owned.broken.add(login.name or login.service)
            continue
        name = login.name or provider.name
        if name in owned.accounts:
            desk.problems.append(Problem(login.origin, f"account {name} is said twice", "give one of them another name"))
            continue
        owned.accounts[name] = accounts.build(name, login.origin, provider, list(_heard(login, provider, desk)), desk)
        owned.providers[name] = provider
    _guarded(said, desk)
    return owned


def _misplaced(said: Said) -> None:
    """Tell of top-level keys that mean nothing there."""
    top = said.doc.given()
    known = (*keys("global"), *_TABLES)
    loose = "provider" not in top  # else they may be that provider's credentials
    for key, given in top.items():
        if key in BY_NAME and key not in known:
            mend = "it is a flag, for one run" if BY_NAME[key].flags else "write it below [[record]]"
            said.problems.append(Problem(given.origin, f"{key} has no place here", mend))
        elif key in _OWN and loose and said.values["provider"].value is None:
            said.problems.append(
                Problem(given.origin, f"{key} belongs to an account", "write provider beside it, or put it below [account.NAME]")
            )
        elif loose and key not in known:
            said.problems.append(Problem(given.origin, f"{checks.shown(key)} is unknown", checks.meant(key, known) or "see --help"))


def _logins(said: Said) -> Iterator[Login]:
    single = said.values["provider"]
    tables = list(_tables(said)) if single.rank < VARIABLE else []
    near = [Entry(key, Given(found.value, found.origin), found.rank) for key, found in said.near.items() if key in _OWN]
    near += [Entry(name, given, VARIABLE) for name, given in said.loose.items()]
    if single.value:
        yield Login("", single.value, single.origin, [*_beside(said), *near])
    elif len(tables) == 1:
        tables[0].entries.extend(near)
    else:
        lost = [entry for entry in near if entry.key not in _OWN or entry.rank == FLAG or tables]
        said.problems.extend(_homeless(entry, len(tables)) for entry in lost)
    yield from tables


def _beside(said: Said) -> Iterator[Entry]:
    """Yield what the file says at its top about the provider that it names there."""
    if said.values["provider"].rank >= VARIABLE:
        return
    for key, given in said.doc.given().items():
        if key in _OWN or (key not in BY_NAME and key not in _TABLES):
            yield Entry(key, given)


def _homeless(entry: Entry, count: int) -> Problem:
    if entry.key in _OWN:
        what = f"belongs to an account, and there {f'are {count}' if count else 'is none'}"
        return Problem(entry.given.origin, what, "say it in the file, below [account.NAME]" if count else "add --provider NAME")
    near = checks.meant(entry.given.origin, [setting.variable for setting in SETTINGS if setting.variable])
    return Problem(entry.given.origin, "is no variable of edge-agent", near or "see --help")


def _tables(said: Said) -> Iterator[Login]:
    """Yield the logins of the file's `[account.NAME]` tables."""
    table = said.doc.tables.get("account", {})
    if not isinstance(table, Mapping):
        said.problems.append(Problem(said.doc.origin("account"), "account is a table", "write [account.NAME] and its keys below"))
        return
    for name, inner in table.items():
        origin = said.doc.origin("account", name)
        if not isinstance(inner, Mapping):
            what = f"{checks.shown(name)} stands outside of any account"
            said.problems.append(Problem(origin, what, "write [account.NAME], with a name of your choice"))
            continue
        given = said.doc.given("account", name)
        try:
            checks.word(name)
        except WrongError as wrong:
            said.problems.append(Problem(origin, wrong.what, wrong.mend))
        service = given.get("provider")
        if service is None:
            said.problems.append(Problem(origin, f"account {checks.shown(name)} names no provider", 'add provider = "NAME"'))
        elif not isinstance(service.value, str):
            said.problems.append(Problem(service.origin, "provider: must be text in quotes"))
        text = service.value if service and isinstance(service.value, str) else ""
        yield Login(name, text, service.origin if service else origin, [Entry(key, value) for key, value in given.items()])


def _provider(login: Login, desk: Desk, services: Services) -> Provider | None:
    """Return the provider of a login, or None where it does not exist or exists no more."""
    if not login.service:
        return None
    provider = services.find(login.service)
    if provider is None:
        near = services.near(login.service[:40])
        mend = f"did you mean {' or '.join(near)}?" if near else "'edge-agent providers' lists them"
        desk.problems.append(Problem(login.origin, f"provider {checks.shown(login.service)} is unknown", mend))
        return None
    if provider.gone:
        desk.problems.append(Problem(login.origin, f"{provider.name} is gone: {provider.gone}"))
        return None
    return provider


def _heard(login: Login, provider: Provider, desk: Desk) -> Iterator[Entry]:
    """Yield the entries; a variable that is neither a setting nor a credential of this provider is a problem of its own."""
    own = {credential.name for credential in provider.credentials} | set(provider.options)
    own |= {f"{name}_file" for name in own}
    for entry in login.entries:
        if entry.rank != VARIABLE or entry.key in own or entry.key in _OWN:
            yield entry
        elif entry.key in {"password", "password_file"}:
            yield entry._replace(key=entry.key.replace("password", "token"))
        else:
            words = [setting.variable for setting in SETTINGS if setting.variable] + [PREFIX + name.upper() for name in own]
            mend = checks.meant(entry.given.origin, words) or "see --help"
            desk.problems.append(Problem(entry.given.origin, f"is neither a variable of edge-agent nor of {provider.name}", mend))


def _guarded(said: Said, desk: Desk) -> None:
    """Refuse a secret that others can read: in a settings file that is open to them, or in the arguments."""
    proxy = said.values["proxy"]
    if proxy.rank == FLAG and "@" in proxy.value:
        mend = f"say it in {PREFIX}PROXY or in the file"
        desk.problems.append(Problem(proxy.origin, "holds a password that would be visible to other users of this machine", mend))
    inline = [*desk.inline, *([proxy.origin] if proxy.rank == FILE and "@" in proxy.value else [])]
    if inline:
        try:
            desk.read(said.doc.path, secret=True)
        except ReadError as error:
            desk.problems.append(Problem(inline[0], error.what, error.mend))
