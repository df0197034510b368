"""What is inside a static executable besides the agent: versions and hashes come from the pins and locks that it is built from."""

import pathlib
import re
import tomllib
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from build.static.sources import LOCKS, pins

TABLE: Final = pathlib.Path(__file__).with_name("parts.toml")


class PinError(ValueError):
    """The table does not fit the pins; a person has to look."""


class Part(NamedTuple):
    """One thing that others wrote: where it comes from, under which licence it is, how it came in."""

    name: str
    version: str
    licence: str  # SPDX expression
    files: tuple[tuple[str, str], ...]  # of its source: name and SHA-256
    purl: str  # empty: it is a part of another part's source
    inside: str  # the part whose source it came with
    source: str  # the name by which `licences.folders` finds that source
    texts: tuple[str, ...]  # files with the licence's text, seen from the source
    role: str  # linked, or in the archive as bytecode


def parts() -> tuple[Part, ...]:
    """Return all parts in the order of the table; PinError where a lock knows another file."""
    rows = tomllib.loads(TABLE.read_text())["part"]
    found: dict[str, Part] = {}
    for row in sorted(rows, key=lambda row: "inside" in row):
        found[row["name"]] = _inside(row, found[row["inside"]]) if "inside" in row else _own(row)
    return tuple(found[row["name"]] for row in rows)


def _inside(row: dict[str, Any], whole: Part) -> Part:
    version = f"as in {whole.purl.partition('@')[0].rpartition('/')[2]} {whole.version}"
    return Part(row["name"], version, row["licence"], whole.files, "", whole.name, whole.source, tuple(row["texts"]), row["role"])


def _own(row: dict[str, Any]) -> Part:
    version, files, purl, source = _debian(row["debian"]) if "debian" in row else _pypi(row["pypi"], *row["file"])
    texts = tuple(each.format(version=version) for each in row["texts"])
    return Part(row["name"], version, row["licence"], files, purl, "", source, texts, row["role"])


_Origin = tuple[str, tuple[tuple[str, str], ...], str, str]


def _debian(name: str) -> _Origin:
    pin = pins()[name]
    files = tuple((pin[side].rpartition("/")[2], pin[f"{side}_sha256"]) for side in ("upstream", "debian"))
    version = files[1][0].partition("_")[2].removesuffix(".debian.tar.xz")
    purl = f"pkg:deb/debian/{pin['package']}@{quote(version)}?arch=source&distro={pins()['suite']}"
    return version, files, purl, name


def _pypi(name: str, file: str, sha256: str) -> _Origin:
    version, hashes = locked(name)
    if sha256 not in hashes:
        mend = f"put the hash of the new {file.format(version=version)} into {TABLE.name}"
        raise PinError(f"{TABLE.name} has another file of {name} than build/requirements: {mend}")
    return version, ((file.format(version=version), sha256),), f"pkg:pypi/{name}@{version}", name


def locked(name: str) -> tuple[str, frozenset[str]]:
    """Return the version of a package and the hashes of its files, as the lock files have them."""
    for lock in ("static.txt", "run.txt", "dev.txt"):
        found = re.search(
            rf"^{re.escape(name)}==([^\s;]+)[^\n]*\n((?:    --hash=[^\n]*\n?)+)", (LOCKS / lock).read_text(), re.MULTILINE
        )
        if found:
            return found[1], frozenset(re.findall(r"sha256:([0-9a-f]{64})", found[2]))
    raise PinError(f"{name} is in none of build/requirements/*.txt")
