"""One login at one provider, held against the provider's facts: credentials by its own names. No secret is ever quoted."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from edge_agent import checks
from edge_agent.checks import WrongError
from edge_agent.model import Account, Problem, Secret
from edge_agent.providers.provider import Credential, Provider
from edge_agent.settings import PREFIX, keys, servers
from edge_agent.settings.document import Read, ReadError
from edge_agent.settings.layers import FILE, checked
from edge_agent.settings.reading import Given

_COMMON: Final = keys("account")


class Entry(NamedTuple):
    """One thing said about an account, and its rank (see `layers`)."""

    key: str
    given: Given
    rank: int = FILE


class Desk(NamedTuple):
    """What the making of an account needs of the world around it."""

    read: Read
    problems: list[Problem]
    config: str  # the file with settings: paths in it are relative to where it stands
    vault: str  # systemd's directory of credentials (systemd.exec, LoadCredential=)
    inline: list[str]  # where the file itself holds a secret
    files: dict[str, str]  # those that hold a credential, by ACCOUNT.CREDENTIAL


def fingerprint(*parts: str) -> str:
    """Return a short digest of `parts`; it changes whenever any of them does."""
    from _blake2 import blake2b  # hashlib would load OpenSSL

    return blake2b("".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def build(name: str, origin: str, provider: Provider, entries: Iterable[Entry], desk: Desk) -> Account:
    """Return the account. `origin` is where its provider is named; all that is wrong goes to the desk's problems."""
    before = len(desk.problems)
    entries = [_renamed(entry, provider, desk) if entry.key in {"token", "token_file", "username"} else entry for entry in entries]
    common = {entry.key: entry.given for entry in sorted(entries, key=lambda entry: entry.rank) if entry.key in _COMMON}
    found = checked(common.items(), FILE, desk.problems)
    own = [entry for entry in entries if entry.key not in _COMMON]
    _unknown(provider, own, desk)
    credentials = _credentials(name, origin, provider, own, desk)
    options = _options(provider, own, desk)
    server = found["server"].value if "server" in found else None
    insecure = bool("insecure_http" in found and found["insecure_http"].value)
    if not server and not provider.server and not options.get("url") and "server" not in common:
        desk.problems.append(servers.missing(provider, origin))
    if server:
        desk.problems.extend(servers.unlike(provider, found["server"]))
    if not insecure:
        others = [entry.given for entry in own if entry.key in provider.options]
        desk.problems.extend(servers.plain(provider, origin, found.get("server"), others))
    if len(desk.problems) == before:
        _fit(provider, origin, Account(name, provider.name, credentials, server, options), desk)
    parts = [provider.name, server or "", *_pairs({key: secret.reveal() for key, secret in credentials.items()}), *_pairs(options)]
    return Account(name, provider.name, credentials, server, options, insecure, fingerprint(*parts))


def _fit(provider: Provider, origin: str, account: Account, desk: Desk) -> None:
    """Let the provider itself judge what only it understands, such as the templates of `custom`."""
    if provider.fit is None:
        return
    credentials = {key: secret.reveal() for key, secret in account.credentials.items()}
    try:
        provider.fit(account.server or provider.server, account.options, credentials)
    except WrongError as wrong:
        desk.problems.append(Problem(origin, wrong.what, wrong.mend))


def _pairs(table: Mapping[str, str]) -> list[str]:
    return [text for key in sorted(table) for text in (key, table[key])]


# --- names -----------------------------------------------------------------------------------------------------------


def _renamed(entry: Entry, provider: Provider, desk: Desk) -> Entry:
    """Return the entry under the provider's own name for it, where `token` or `username` is not that already."""
    word, suffix = ("token", "_file") if entry.key == "token_file" else (entry.key, "")
    if any(credential.name == word for credential in provider.credentials):
        return entry
    fit = [credential for credential in provider.credentials if credential.secret == (word == "token")]
    required = [credential for credential in fit if credential.required] or fit
    if len(required) == 1:
        return entry._replace(key=required[0].name + suffix)
    desk.problems.append(_which(entry, provider, fit))
    return entry._replace(key="")


def _which(entry: Entry, provider: Provider, fit: list[Credential]) -> Problem:
    what = "user name" if entry.key == "username" else "secret"
    if not fit:
        return Problem(entry.given.origin, f"{provider.name} knows no {what}", _takes(provider))
    each = ", ".join(PREFIX + credential.name.upper() for credential in fit)
    return Problem(entry.given.origin, f"{provider.name} knows more than one {what}", f"set each by its own name: {each}")


def _takes(provider: Provider) -> str:
    names = [credential.name for credential in provider.credentials] + list(provider.options)
    return f"{provider.name} takes {', '.join(names)}" if names else f"{provider.name} takes no credentials"


def _unknown(provider: Provider, own: list[Entry], desk: Desk) -> None:
    known = {credential.name for credential in provider.credentials} | set(provider.options)
    known |= {f"{credential.name}_file" for credential in provider.credentials}
    for entry in own:
        if entry.key and entry.key not in known:
            near = checks.meant(entry.key, (*known, *_COMMON)) or _takes(provider)
            named = "" if entry.given.origin.startswith(PREFIX) else f"{checks.shown(entry.key)} "
            desk.problems.append(Problem(entry.given.origin, f"{named}is unknown to {provider.name}", near))


# --- credentials -----------------------------------------------------------------------------------------------------


def _credentials(name: str, origin: str, provider: Provider, own: list[Entry], desk: Desk) -> dict[str, Secret]:
    secrets: dict[str, Secret] = {}
    tried = {entry.key for entry in own if entry.key in provider.options}  # an option may stand for a credential
    for credential in provider.credentials:
        entry = _nearest(credential, own, desk)
        tried |= {credential.name} if entry else set()
        secret = _revealed(name, credential, entry, desk) if entry else _from_vault(name, credential, desk)
        if secret is not None:
            secrets[credential.name] = Secret(secret)
    for credential in provider.credentials:
        ways = {credential.name, *credential.choices}
        if credential.required and not ways & (secrets.keys() | tried):
            desk.problems.append(_missing(origin, provider, credential))
    return secrets


def _missing(origin: str, provider: Provider, credential: Credential) -> Problem:
    """Return the problem of a credential that nobody said, with every place where it can be said."""
    name, secret = credential.name, credential.secret
    alike = [other.name for other in provider.credentials if other.required and other.secret == secret]
    places = [f"{name}_file in the account" if secret else f"{name} in the account", PREFIX + name.upper()]
    if alike == [name]:
        places.append("--token-file" if secret else "--username")
    what = f"{provider.name} needs {' or '.join((name, *credential.choices))}"
    return Problem(origin, f"{what}: {credential.about}" if credential.about else what, f"say it with {' or '.join(places)}")


def _nearest(credential: Credential, own: list[Entry], desk: Desk) -> Entry | None:
    """Return the entry nearest to the user that says this credential; two equally near ones contradict each other."""
    names = {credential.name, f"{credential.name}_file"}
    said = sorted((entry for entry in own if entry.key in names), key=lambda entry: entry.rank)
    if len(said) > 1 and said[-1].rank == said[-2].rank:
        desk.problems.append(Problem(said[-1].given.origin, f"{credential.name} is said twice, also at {said[-2].given.origin}"))
    return said[-1] if said else None


def _revealed(name: str, credential: Credential, entry: Entry, desk: Desk) -> str | None:
    """Return the text of a credential, read from its file where that is what was said, or from systemd's copy of that."""
    origin = entry.given.origin
    try:
        if entry.key == credential.name:
            value = entry.given.value
            if entry.rank == FILE and credential.secret:
                desk.inline.append(origin)
            return checks.text(str(value) if isinstance(value, int) and not isinstance(value, bool) else value).strip()
        path = checks.text(entry.given.value)
        real = desk.files[f"{name}.{credential.name}"] = _beside(desk.config, path) if entry.rank == FILE else path
        return _one_line(desk.read(real, secret=credential.secret), path)
    except WrongError as wrong:
        desk.problems.append(Problem(origin, f"{entry.key}: {wrong.what}", wrong.mend))
    except ReadError as error:
        if (copy := _from_vault(name, credential, desk)) is not None:
            return copy
        desk.problems.append(Problem(origin, error.what, error.mend))
    return None


def _one_line(text: str, path: str) -> str:
    try:
        return checks.text(text.strip()).strip()
    except WrongError as wrong:
        raise ReadError(f"{path} {wrong.what}", "the file is to hold the credential and nothing else") from None


def _beside(config: str, path: str) -> str:
    if path[:1] in {"/", "\\"} or path[1:2] == ":" or "/" not in config:
        return path
    return f"{config.rpartition('/')[0]}/{path}"


def _from_vault(name: str, credential: Credential, desk: Desk) -> str | None:
    if not desk.vault:
        return None
    path = f"{desk.vault}/{name}.{credential.name}"
    try:
        return _one_line(desk.read(path, secret=credential.secret), path)
    except ReadError as error:
        if not error.missing:
            desk.problems.append(Problem("CREDENTIALS_DIRECTORY", error.what, error.mend))
    return None


# --- options -------------------------------------------------------------------------------------------------------


def _options(provider: Provider, own: list[Entry], desk: Desk) -> dict[str, str]:
    options: dict[str, str | None] = {}
    for entry in sorted(own, key=lambda entry: entry.rank):
        if entry.key in provider.options:
            try:
                options[entry.key] = _option(entry.given.value, provider.options[entry.key])
            except WrongError as wrong:
                desk.problems.append(Problem(entry.given.origin, f"{entry.key}: {wrong.what}", wrong.mend))
    return {key: value for key, value in options.items() if value is not None}


def _option(value: object, about: str) -> str | None:
    """Return an option as text; one that is described as `yes: ...` is a switch, and switched off is not there at all."""
    if about.startswith("yes:"):
        return "yes" if checks.switch(value) else None
    return _text(value)


def _text(value: object) -> str:
    """Return a TOML value as text: a list is one line each, a table one `name: value` line each."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        value = [f"{key}: {part}" if isinstance(part, str | int) else part for key, part in value.items()]
    if isinstance(value, list):
        return "\n".join(checks.text(part) for part in value)
    if not isinstance(value, str):
        raise WrongError("must be text, a number, true or false, a list or a table of text")
    return value
