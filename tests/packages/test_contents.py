"""The bill against the real executable: everything inside is one of the parts it names, in the version it names."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from build.packages import licences
from build.packages.__main__ import old
from build.packages.parts import parts
from build.recipe import ADDED, LIGHT
from tests.packages.conftest import ROOT

EXECUTABLES = sorted((ROOT / "dist" / "static").glob("edge-agent-*[!t]"))
STANDARD = {*sys.stdlib_module_names, "_colorize", "_pydatetime"}  # the last two are of 3.13, whichever Python runs this
STAND_INS = {*ADDED, *(f"whole_{name}" for name in LIGHT)}
OURS = {"edge_agent": "", "netifaces": "netifaces-plus", "urllib3": "urllib3"}


ROWS: list[pathlib.Path | None] = [*EXECUTABLES, *([] if EXECUTABLES else [None])]


@pytest.fixture(params=ROWS, ids=lambda path: path.name if path else "none")
def executable(request: pytest.FixtureRequest) -> pathlib.Path:
    if request.param is None:
        pytest.skip("no static executable was built: make exe-static")
    return pathlib.Path(request.param)


def test_the_archive_holds_nothing_else(executable: pathlib.Path) -> None:
    from PyInstaller.archive.readers import CArchiveReader

    modules = CArchiveReader(str(executable)).open_embedded_archive("PYZ.pyz").toc
    foreign = {module.partition(".")[0] for module in modules} - STANDARD - STAND_INS
    assert foreign == OURS.keys()
    assert {name for name in OURS.values() if name} <= {part.name for part in parts()}


def test_versions_are_those_of_the_bill(executable: pathlib.Path) -> None:
    octets = executable.read_bytes()
    versions = {part.name: part.version for part in parts()}
    for name, words in (("CPython", b"%s\0"), ("OpenSSL", b"OpenSSL %s "), ("netifaces-plus", b"\0%s\0")):
        version = re.split(r"[-+]", versions[name])[0]
        assert words % version.encode() in octets, name


def test_licences_are_quoted_where_the_sources_are_kept() -> None:
    kept = licences.folders() if EXECUTABLES else {}
    if not kept:
        pytest.skip("no source is kept on this machine: make exe-static keeps them")
    texts = {part.name: licences.text_of(part, kept) for part in parts()}
    assert {name for name, words in texts.items() if "Its text is in" in words} == set()
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in texts["CPython"]
    assert "Bootloader Exception" in texts["PyInstaller bootloader"]
    assert texts["HACL*"].startswith("MIT License")
    whole = licences.copyright_text(parts(), kept)
    assert "GNU GENERAL PUBLIC LICENSE\n" not in whole  # Debian has it
    assert "Bootloader Exception" in whole
    assert all(f"{part.name} {part.version}" in whole for part in parts())


def test_what_goes_to_every_armv7_needs_no_neon() -> None:
    found = {path.name.partition("edge-agent-")[2]: path.read_bytes() for path in EXECUTABLES}
    if "armv7" not in found or "armv7" in old(found) or shutil.which("readelf") is None:
        pytest.skip("needs readelf, and an executable for armv7 as new as the others: make exe-all")
    done = subprocess.run(
        ["readelf", "-A", EXECUTABLES[0].with_name("edge-agent-armv7")], capture_output=True, text=True, check=True
    )
    assert "Tag_CPU_arch: v7" in done.stdout
    assert "Tag_Advanced_SIMD_arch" not in done.stdout
