"""What every kind of package holds, each text from its one source: the agent's own tables, the README, the changelog."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final, NamedTuple

from build.packages.archives import DATE, Entry, gzip, text
from build.packages.parts import Part
from build.static.cache import ROOT
from build.static.targets import Target
from edge_agent import __version__, snippets
from edge_agent.install import Need, Piece, units

NAME: Final = "edge-agent"
REVISION: Final = "1"
VERSION: Final = f"{__version__}-{REVISION}"
MAINTAINER: Final = "The edge-agent authors <edge-agent@localhost.invalid>"
ABOUT: Final = "keeps DNS names pointing at a machine whose address changes"
CONFIG: Final = "etc/edge-agent.toml"
HOOKS: Final = "usr/share/edge-agent/hooks"
NEED: Final = Need()
# True where the settings say anything at all: until then a package that was just installed has nothing to do, and nothing to say.
SAYS: Final = f"grep -q '^[[:blank:]]*[^#[:blank:]]' {NEED.config}"


class Product(NamedTuple):
    """What one target's packages are made of."""

    target: Target
    executable: bytes
    parts: tuple[Part, ...]
    manual: str
    completion: str
    bill: str
    copyright: str
    shelf: tuple[Entry, ...]
    bootloader: tuple[Entry, ...]


SETTINGS_EXAMPLE: Final = """\
# Settings of edge-agent, see edge-agent(8). Until a line here says something, nothing is done.
# A file with a secret must not be readable for other users: this one is not, and secrets can have files of their own.
#
#   edge-agent providers NAME    what a service wants to know
#   edge-agent explain           which address would be published, and why; sends nothing
#   edge-agent check             whether all of this is sound
#
# An example; take away the # where it fits:

#interface = ["wan", "ppp*"]          # in order of preference; without it the kernel's default route decides

#[account.main]
#provider = "cloudflare"
#token_file = "/etc/edge-agent/cf.token"

#[[record]]
#name = "home.example.com"
#type = ["A", "AAAA"]
"""


def hooks(top: str) -> Iterator[Entry]:
    """Yield a file for every hook below `top`, and the page about them."""
    for name, snippet in snippets.SNIPPETS.items():
        mode = 0o755 if snippet.called == "executed" else 0o644
        yield text(f"{top}/{name}", snippets.whole(name), mode)
    yield Entry(f"{top}/README.md", (ROOT / "hooks" / "README.md").read_bytes())


def _put(words: str, after: str, line: str) -> str:
    """Return a text with one more line; ValueError where the place for it is gone."""
    if words.count(after) != 1:
        raise ValueError(f"a text of edge_agent/install has no line {after!r} any more, after which a package needs another one")
    return words.replace(after, f"{after}{line}")


def system_units(folder: str) -> Iterator[Entry]:
    """Yield systemd's units for a folder of the system's, with what a package needs beside what `install` writes."""
    for piece in (*units.pieces_of_timer(NEED), *units.pieces_of_watch(NEED)):
        if piece.kind == "file":
            words = _put(_packaged(piece), "[Unit]\n", "Documentation=man:edge-agent(8)\n")
            yield text(f"{folder}/{piece.path.rpartition('/')[2]}", words)


def _packaged(piece: Piece) -> str:
    if piece.path.endswith("/edge-agent.service"):
        why = (
            f"# nothing to do until {NEED.config} says something; where all is said in variables: systemctl edit, ExecCondition=\n"
        )
        return _put(piece.text, "Type=oneshot\n", f"{why}ExecCondition=/bin/{SAYS}\n")
    return piece.text


def debian_changelog() -> str:
    """Return CHANGELOG.md as Debian writes it (policy, 4.4)."""
    date = format_datetime(datetime.fromtimestamp(DATE, UTC))
    entries = []
    for section in re.split(r"(?m)^## ", (ROOT / "CHANGELOG.md").read_text())[1:]:
        title, _, body = section.partition("\n")
        version = title.split()[0]
        suite = "UNRELEASED" if "unreleased" in title else "unstable"
        items = [re.sub(r"\s*\n\s*", " ", item).strip() for item in re.findall(r"(?ms)^- (.*?)(?=^- |^\n|\Z)", body)]
        lines = "".join(_wrapped(re.sub(r"\[([^]]*)]\([^)]*\)", r"\1", item)) for item in items)
        entries.append(f"{NAME} ({version}-{REVISION}) {suite}; urgency=medium\n\n{lines}\n -- {MAINTAINER}  {date}\n")
    return "\n".join(entries)


def _wrapped(item: str) -> str:
    lines, width = ["  *"], 78
    for word in item.split():
        if len(lines[-1]) + 1 + len(word) > width:
            lines.append("   ")
        lines[-1] += f" {word}"
    return "".join(f"{line}\n" for line in lines)


def packed(path: str, words: str | bytes) -> Entry:
    """Return a file that is kept compressed."""
    return Entry(f"{path}.gz", gzip(words.encode() if isinstance(words, str) else words))
