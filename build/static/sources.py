"""The sources: fetched from where apt and pip are set up to fetch from, and refused unless their bytes are the pinned ones."""

import hashlib
import pathlib
import re
import subprocess
import sys
import tomllib
from typing import Any

from build.static.cache import ROOT, Inputs, Made, step, store

PINS = pathlib.Path(__file__).with_name("pins.toml")
LOCKS = ROOT / "build" / "requirements"
HELPER = "/usr/lib/apt/apt-helper"


def pins() -> dict[str, Any]:
    """Return the table of pinned sources."""
    return tomllib.loads(PINS.read_text())


def mirror() -> str:
    """Return the base address of the Debian mirror that this machine's apt is configured for; exit where there is none."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian", "Component: main"]
    for _ in range(2):
        told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
        if told:
            return told[0]
        subprocess.run(["apt-get", "update", "-qq"], check=False)  # a fresh machine has no lists, and so no labels
    sys.exit("apt names no Debian mirror: add one to its sources and run apt-get update")


def debian_file(path: str, sha256: str) -> pathlib.Path:
    """Return the file at `path` under the mirror's pool/, from the store where it was fetched before; exit on other bytes."""
    name = path.rpartition("/")[2]
    kept = store() / "sources" / f"{sha256[:16]}-{name}"
    if kept.exists() and _is(kept, sha256):
        return kept
    kept.parent.mkdir(exist_ok=True)
    fresh = kept.with_suffix(".part")
    fresh.unlink(missing_ok=True)
    print(f"  fetching {name}")
    address = f"{mirror()}pool/main/{path.replace('+', '%2b').replace('~', '%7e')}"
    done = subprocess.run(
        [HELPER, "download-file", address, fresh, f"SHA256:{sha256}"], capture_output=True, text=True, check=False
    )
    if done.returncode or not _is(fresh, sha256):
        sys.exit(
            f"{name} is not to be had from the Debian mirror as pinned: {done.stderr.strip() or 'other bytes'}\n"
            "Debian replaces sources when it mends them; renew the pins: python -m build.static.renew"
        )
    fresh.rename(kept)
    return kept


def _is(path: pathlib.Path, sha256: str) -> bool:
    return hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def debian_source(name: str) -> Made:
    """Return the unpacked source of a pinned Debian source package, faults mended as Debian mends them."""
    pin = pins()[name]
    tarballs = {side: debian_file(pin[side], pin[f"{side}_sha256"]) for side in ("upstream", "debian")}
    inputs: Inputs = {"UPSTREAM": tarballs["upstream"], "DEBIAN": tarballs["debian"], "PATCHES": str(pin["patches"])}
    return step(f"source-{name}", "unpack.sh", inputs)


def stanza(package: str) -> Made:
    """Return a folder with a lock file of that one package, cut out of ours."""
    for lock in ("static.txt", "run.txt", "dev.txt"):
        found = re.search(rf"^{re.escape(package)}==[^\n]*\\\n(?:    --hash=[^\n]*\n?)+", (LOCKS / lock).read_text(), re.MULTILINE)
        if found:
            lines = re.sub(r"^(\S+) ;[^\\]*", r"\1 ", found[0])
            return step(f"lock-{package}", "stanza.sh", {"LINES": lines})
    sys.exit(f"{package} is in none of build/requirements/*.txt")


def pypi_source(package: str) -> Made:
    """Return the unpacked source distribution of a package from PyPI."""
    return step(f"sdist-{package}", "fetch-sdist.sh", {"PACKAGE": package, "LOCK": stanza(package), "PYTHON": sys.executable})


def pypi_wheels(*packages: str) -> Made:
    """Return a folder with ready packages from PyPI, as a path to import from."""
    parts = {f"LOCK_{place}": stanza(package) for place, package in enumerate(packages)}
    return step(f"packages-{packages[0]}", "packages.sh", {**parts, "PYTHON": sys.executable})
