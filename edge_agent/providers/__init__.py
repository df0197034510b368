"""The services: find one by name, list them all, guess what a misspelt name meant.

How to add a service:

* It speaks dyndns2, or takes an update as one GET with a token: add **one row** to a `services_….py` table. Nothing else: the name,
  the documentation and the tests follow from the row.
* It has an API of its own: write **one file**, `edge_agent/providers/NAME.py`, that defines `PROVIDER`: facts (`provider.py`) and
  a desk (`desk.py`; `filtered.py` where listings take a filter), which says how that service finds a zone and reads and writes
  one name. What is to be written and what must be left alone, `reconcile.py` decides for all of them; `rest.py` has what JSON APIs
  share, `signatures.py` what signed ones do.
  `digitalocean.py` (records one by one) and `gandi.py` (all values of a name at once) are the ones to read. Then add its import
  to `apis.py`, and a fake of the service to `tests/fakes/apis`: the suite in `tests/providers/test_apis.py` runs by itself.

The contract suite (`tests/providers/test_contract.py`) then holds the new service to the rules for all of them.
"""

from collections.abc import Callable, Iterator

from edge_agent.providers.apis import FILES
from edge_agent.providers.provider import Provider

NAMES: tuple[str, ...]  # every service's own name, sorted; made by `__getattr__` when first asked for


def _rows() -> Iterator[Provider]:
    from edge_agent.providers.services import providers

    return providers()


def every() -> tuple[Provider, ...]:
    """Return every service, sorted by name. It loads all of them: for documentation and errors, not for a run."""
    files = dict.fromkeys(FILES.values())
    return tuple(sorted((*_rows(), *(load() for load in files)), key=lambda provider: provider.name))


def find(name: str) -> Provider | None:
    """Return the service of that name or alias, in any case; None where there is none."""
    wanted = name.strip().lower()
    if wanted in FILES:
        return FILES[wanted]()
    return next((row for row in _rows() if wanted == row.name or wanted in row.aliases), None)


def finder() -> Callable[[str], Provider]:
    """Return a function that finds a service that exists, LookupError else; it goes through the tables once for each name."""
    known: dict[str, Provider] = {}

    def found(name: str) -> Provider:
        if name not in known:
            provider = find(name)
            if provider is None:
                raise LookupError(f"no provider {name!r}")
            known[name] = provider
        return known[name]

    return found


def near(name: str) -> list[str]:
    """Return up to three names or aliases that an unknown name may have meant, the likeliest first."""
    from difflib import get_close_matches

    known = [spelling for provider in every() for spelling in (provider.name, *provider.aliases)]
    return get_close_matches(name.strip().lower(), known, 3)


def __getattr__(name: str) -> tuple[str, ...]:
    if name != "NAMES":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    names = tuple(provider.name for provider in every())
    globals()["NAMES"] = names
    return names
