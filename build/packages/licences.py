"""The texts of all licences, taken from the sources that the executables were built from; by SPDX id where those are not kept."""

import pathlib
from collections.abc import Iterator, Mapping
from typing import Final

from build.packages.archives import Entry, text
from build.packages.parts import Part
from build.static import sources
from build.static.cache import HERE, ROOT, store

Folders = Mapping[str, pathlib.Path]

# Debian has these on every machine (policy, 12.5), so they are named and not repeated there.
COMMON: Final = {"Apache-2.0": "Apache-2.0", "CC0-1.0": "CC0-1.0"}
_COMMENT_END: Final = "*/"
_GPL: Final = "GPL-2.0"
_RULE: Final = "-" * 76
# What the archive is made with, and urllib3, which goes into it: the same words as in `static.make`, and so the same kept step.
_ARCHIVED: Final = ("urllib3", "altgraph", "packaging", "setuptools")


def folders() -> Folders:
    """Return the unpacked sources by the name of their pin; none where no build was kept on this machine."""
    if not any(store().glob("source-python-*")):
        return {}
    debian = {name: sources.debian_source(name).folder / "source" for name in ("python", "openssl", "zlib")}
    pypi = {name: sources.pypi_source(name).folder for name in ("pyinstaller", "netifaces-plus")}
    return {**debian, **pypi, "ziglang": sources.pypi_wheels("ziglang").folder, "urllib3": sources.pypi_wheels(*_ARCHIVED).folder}


def text_of(part: Part, kept: Folders) -> str:
    """Return the text of a part's licence: its own file, or the comment at the top of it where that is source."""
    folder = kept.get(part.source)
    if folder is None:
        where = ", ".join(name for name, _ in part.files)
        return f"Licence: {part.licence}\nIts text is in {' and '.join(part.texts)} of the source: {where}.\n"
    return "\n".join(_read(folder / each) for each in part.texts)


def _read(path: pathlib.Path) -> str:
    words = path.read_text(encoding="utf-8")
    if path.suffix != ".c":
        return words
    comment = words.partition(_COMMENT_END)[0].removeprefix("/*")
    return "\n".join(line.removeprefix(" *").strip() for line in comment.strip("\n").splitlines()).strip() + "\n"


def slug(part: Part) -> str:
    """Return a part's name as a file's."""
    return "-".join("".join(sign if sign.isalnum() or sign in "+." else " " for sign in part.name).split())


def shelf(all_parts: tuple[Part, ...], kept: Folders) -> Iterator[Entry]:
    """Yield the files of LICENSES/: ours, and one for every part."""
    yield text("edge-agent.txt", (ROOT / "LICENSE").read_text())
    for part in all_parts:
        yield text(f"{slug(part)}.txt", text_of(part, kept))


def _short(part: Part, kept: Folders) -> str:
    """Return the text for a Debian machine: what it has anyway is named; of the GPL only what PyInstaller says about it."""
    if part.licence in COMMON:
        return f"On Debian systems the text is in /usr/share/common-licenses/{COMMON[part.licence]}.\n"
    whole = text_of(part, kept)
    if not part.licence.startswith(_GPL):
        return whole
    own = whole.partition("GNU GENERAL PUBLIC LICENSE")[0].rstrip()
    return f"{own}\n\nOn Debian systems the text of the GNU General Public License is in /usr/share/common-licenses/GPL-2.\n"


def copyright_text(all_parts: tuple[Part, ...], kept: Folders) -> str:
    """Return the file /usr/share/doc/edge-agent/copyright."""
    pieces = [
        "edge-agent keeps DNS names pointing at routers and edge boxes whose address changes.\n",
        (ROOT / "LICENSE").read_text(),
        "The executable is linked statically and holds what others wrote, each under its own licence:\n",
        "".join(f"  {part.name} {part.version}: {part.licence}\n" for part in all_parts),
        offer(all_parts),
    ]
    for part in all_parts:
        from_files = "".join(f"  {name}\n    SHA-256 {sha256}\n" for name, sha256 in part.files)
        pieces.append(f"{_RULE}\n{part.name} {part.version}\nLicence: {part.licence}\nSource:\n{from_files}\n{_short(part, kept)}")
    return "\n".join(pieces)


def offer(all_parts: tuple[Part, ...]) -> str:
    """Return where the source of the changed bootloader is, as its licence asks."""
    part = next(part for part in all_parts if part.source == "pyinstaller")
    ((name, sha256),) = part.files
    return f"""\
The executable begins with PyInstaller's bootloader, compiled with changes. Its source is that of

  {name}
  SHA-256 {sha256}

as PyPI has it, with the files that come with this one in the folder bootloader/: they are included while it is compiled, by the
commands in bootloader.sh and common.sh there. They are under edge-agent's licence (MIT), and as part of the bootloader under its
licence too.
"""


def bootloader() -> Iterator[Entry]:
    """Yield the files by which the bootloader differs from PyInstaller's."""
    for path in sorted([*HERE.glob("*.c"), *HERE.glob("*.h"), HERE / "steps" / "bootloader.sh", HERE / "steps" / "common.sh"]):
        yield Entry(path.name, path.read_bytes())
