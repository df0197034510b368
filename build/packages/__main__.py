"""Make dist/packages/ from the static executables that are there: .deb, .ipk, .tar.gz, bills of materials, SHA256SUMS.

Run as `python -m build.packages [--from DIR] [--to DIR]`. The same executables make the same octets, wherever and whenever.
"""

import argparse
import hashlib
import pathlib
import struct
import sys
from collections.abc import Mapping

from build.packages import completion, debian, licences, manual, openwrt, plain, sbom
from build.packages.content import NAME, Product
from build.packages.parts import PinError, parts
from build.static.cache import ROOT
from build.static.targets import ALL, MAIN

SUMS = "SHA256SUMS"
COOKIE = b"MEI\x0c\x0b\x0a\x0b\x0e"


def old(found: Mapping[str, bytes]) -> list[str]:
    """Return the targets that hold another agent than the main one: the archive behind the bootloader is the same for all."""
    archives = {name: archive(octets) for name, octets in found.items()}
    return [name for name, each in archives.items() if each != archives.get(MAIN, each)]


def archive(octets: bytes) -> bytes:
    """Return what PyInstaller has put behind the bootloader: its last lines say how long it is (bootloader/src/pyi_archive.h)."""
    place = octets.rfind(COOKIE)
    if place < 0:
        return b""
    (length,) = struct.unpack_from("!I", octets, place + len(COOKIE))
    return octets[-length:]


def products(folder: pathlib.Path) -> list[Product]:
    """Return what can be packaged from the executables in `folder`; say in a line which are missing."""
    there = {name: folder / f"{NAME}-{name}" for name in ALL}
    found: dict[str, bytes] = {}
    for name, path in there.items():
        if path.is_file():
            found[name] = path.read_bytes()
        else:
            print(f"no package for {name}: {path} is not there (make exe-{'static' if name == MAIN else 'all'})")
    for name in old(found):
        print(f"no package for {name}: {there[name]} holds another agent than that for {MAIN} (make exe-all)")
        del found[name]
    all_parts, kept = parts(), licences.folders()
    if not kept:
        print("licences are named and not quoted: the sources are not kept on this machine (make exe-static keeps them)")
    page, script, words = manual.page(), completion.script(), licences.copyright_text(all_parts, kept)
    shelf, bootloader = tuple(licences.shelf(all_parts, kept)), tuple(licences.bootloader())
    return [
        Product(ALL[name], octets, all_parts, page, script, sbom.bill(name, octets, all_parts), words, shelf, bootloader)
        for name, octets in found.items()
    ]


def files_of(product: Product) -> dict[str, bytes]:
    """Return the files of a target, by name."""
    return {
        debian.file_name(product): debian.package(product),
        **dict(openwrt.packages(product)),
        f"{plain.stem(product)}.tar.gz": plain.package(product),
        f"{plain.stem(product)}.spdx.json": product.bill.encode(),
    }


def place(folder: pathlib.Path, name: str, octets: bytes) -> None:
    """Write a file whole or not at all."""
    fresh = folder / f"{name}.part"
    fresh.write_bytes(octets)
    fresh.chmod(0o644)
    fresh.replace(folder / name)


def main() -> int:
    """Make all packages; return the exit code."""
    asked = argparse.ArgumentParser(prog="python -m build.packages", description="Packages from the static executables.")
    asked.add_argument("--from", dest="source", type=pathlib.Path, default=ROOT / "dist" / "static", metavar="DIR")
    asked.add_argument("--to", type=pathlib.Path, default=ROOT / "dist" / "packages", metavar="DIR")
    told = asked.parse_args()
    try:
        found = products(told.source)
    except PinError as error:
        return _failed(str(error))
    if not found:
        return _failed(f"{told.source} has no executable to make a package from: make exe-static")
    told.to.mkdir(parents=True, exist_ok=True)
    sums: dict[str, str] = {}
    for product in found:
        for name, octets in files_of(product).items():
            place(told.to, name, octets)
            sums[name] = hashlib.sha256(octets).hexdigest()
        print(f"{product.target.name}: {debian.file_name(product)} and {len(openwrt.ARCHITECTURES[product.target.name])} .ipk")
    place(told.to, SUMS, "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode())
    for path in told.to.glob(f"{NAME}[-_]*"):  # of another version, or of a target that is gone
        if path.name not in sums:
            path.unlink()
    print(f"{told.to / SUMS}: {len(sums)} files, {sum((told.to / name).stat().st_size for name in sums) / 1e6:.1f} MB")
    return 0


def _failed(line: str) -> int:
    print(line, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
