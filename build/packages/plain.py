"""The archive for everything else: the executable and all that belongs to it, in one folder."""

from collections.abc import Iterator

from build.packages import content
from build.packages.archives import Entry, gzip, tar, text
from build.packages.content import NAME, Product
from build.static.cache import ROOT
from edge_agent import __version__


def stem(product: Product) -> str:
    """Return the name of the folder, and of the file up to its ending."""
    return f"{NAME}-{__version__}-{product.target.name}"


def package(product: Product) -> bytes:
    """Return the archive."""
    return gzip(tar(data(product), stem(product)))


def data(product: Product) -> Iterator[Entry]:
    """Yield the files."""
    yield Entry("edge-agent", product.executable, 0o755)
    for name in ("README.md", "LICENSE", "CHANGELOG.md"):
        yield Entry(name, (ROOT / name).read_bytes())
    yield text("edge-agent.toml", content.SETTINGS_EXAMPLE, 0o640)
    yield text("edge-agent.8", product.manual)
    yield text("edge-agent.bash", product.completion)
    yield text("edge-agent.spdx.json", product.bill)
    yield from content.hooks("hooks")
    yield from content.system_units("systemd")
    yield from (entry._replace(path=f"LICENSES/{entry.path}") for entry in product.shelf)
    yield text("LICENSES/README", product.copyright)
    yield from (entry._replace(path=f"bootloader/{entry.path}") for entry in product.bootloader)
