"""Archives as octets: tar, ar, gzip and xz, written here so that the same content is the same file on every machine and day."""

import lzma
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from build.static.cache import EPOCH

DATE: Final = int(EPOCH)
_BLOCK: Final = 512
_NAME_MOST: Final = 100
_RECORD: Final = 20 * _BLOCK
_DICTIONARY: Final = 8 << 20  # a box must hold that much to unpack; the executables are smaller


class Entry(NamedTuple):
    """One file of root's, by its path from the top of the archive without a slash in front."""

    path: str
    octets: bytes
    mode: int = 0o644


def text(path: str, words: str, mode: int = 0o644) -> Entry:
    """Return a file of text."""
    return Entry(path, words.encode(), mode)


def tar(entries: Iterable[Entry], top: str = ".", *, folders: bool = True) -> bytes:
    """Return a tar (POSIX ustar) of the entries below `top`, by name, with the folders that lead to them."""
    files = {entry.path: entry for entry in entries}
    paths = sorted({*files, *(_above(files) if folders else ())})
    parts = [_header(f"{top}/", 0, 0o755, "5")] if folders else []
    for path in paths:
        entry = files.get(path)
        if entry is None:
            parts.append(_header(f"{top}/{path}/", 0, 0o755, "5"))
        else:
            parts += [_header(f"{top}/{path}", len(entry.octets), entry.mode, "0"), _padded(entry.octets, _BLOCK)]
    return _padded(b"".join(parts) + bytes(2 * _BLOCK), _RECORD)


def _above(paths: Iterable[str]) -> set[str]:
    """Return every folder on the way to the paths."""
    return {path[:place] for path in paths for place, sign in enumerate(path) if sign == "/"}


def _padded(octets: bytes, unit: int) -> bytes:
    return octets + bytes(-len(octets) % unit)


def _header(name: str, size: int, mode: int, kind: str) -> bytes:
    """Return one header block (POSIX.1-2017, pax, "ustar Interchange Format"); ValueError where a name is too long for it."""
    octets = name.encode()
    if len(octets) > _NAME_MOST:
        raise ValueError(f"{name} is too long for an archive: {_NAME_MOST} octets at most")
    numbers = (f"{mode:07o}", f"{0:07o}", f"{0:07o}", f"{size:011o}", f"{DATE:011o}")
    fields = [octets, *(number.encode() for number in numbers), b" " * 8, kind.encode(), b"", b"ustar", b"00", b"root", b"root"]
    block = struct.pack("100s8s8s8s12s12s8s1s100s6s2s32s32s183x", *fields)
    return block[:148] + f"{sum(block):06o}\0 ".encode() + block[156:]


def gzip(octets: bytes) -> bytes:
    """Return octets compressed at its best, with no name and no date inside (RFC 1952)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(octets) + packer.flush()
    head = b"\x1f\x8b\x08\0" + bytes(4) + b"\x02\x03"  # best compression, Unix
    return head + packed + struct.pack("<LL", zlib.crc32(octets), len(octets) & 0xFFFFFFFF)


def xz(octets: bytes) -> bytes:
    """Return octets compressed at its best, to be unpacked with 9 MB of memory."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": _DICTIONARY}]
    return lzma.compress(octets, lzma.FORMAT_XZ, lzma.CHECK_CRC64, filters=filters)


def ar(members: Mapping[str, bytes]) -> bytes:
    """Return an ar archive as deb(5) wants it: short names, in the order given."""
    parts = [b"!<arch>\n"]
    for name, octets in members.items():
        parts.append(f"{name:<16}{DATE:<12}{0:<6}{0:<6}{'100644':<8}{len(octets):<10}`\n".encode())
        parts.append(octets + b"\n" * (len(octets) % 2))
    return b"".join(parts)
