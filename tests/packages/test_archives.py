"""Our writers of archives against the programs that read them."""

import io
import lzma
import subprocess
import tarfile
import zlib

import pytest

from build.packages.archives import DATE, Entry, ar, gzip, tar, text, xz

ENTRIES = [text("b/c/two", "2\n", 0o640), Entry("a", bytes(range(256)) * 5, 0o755), text("b/empty", ""), text("b/exact", "x" * 512)]


def test_a_tar_is_read_by_others() -> None:
    octets = tar(ENTRIES)
    assert len(octets) % 10240 == 0
    listing = subprocess.run(["tar", "-tvf", "-", "--numeric-owner"], input=octets, capture_output=True, check=True).stdout.decode()
    assert [line.split()[0] + " " + line.split()[-1] for line in listing.splitlines()] == [
        "drwxr-xr-x ./",
        "-rwxr-xr-x ./a",
        "drwxr-xr-x ./b/",
        "drwxr-xr-x ./b/c/",
        "-rw-r----- ./b/c/two",
        "-rw-r--r-- ./b/empty",
        "-rw-r--r-- ./b/exact",
    ]
    with tarfile.open(fileobj=io.BytesIO(octets)) as archive:
        assert {(member.uid, member.gid, member.uname, member.mtime) for member in archive} == {(0, 0, "root", DATE)}
        for entry in ENTRIES:
            found = archive.extractfile(f"./{entry.path}")
            assert found is not None
            assert found.read() == entry.octets


def test_the_order_of_entries_changes_nothing() -> None:
    assert tar(ENTRIES) == tar(reversed(ENTRIES))


def test_a_name_that_does_not_fit_is_refused() -> None:
    tar([text("x" * 98, "")])
    with pytest.raises(ValueError, match="too long"):
        tar([text("x" * 99, "")])


def test_gzip_holds_no_date_and_no_name() -> None:
    octets = gzip(b"content" * 99)
    assert octets[:10] == b"\x1f\x8b\x08\0\0\0\0\0\x02\x03"
    assert zlib.decompress(octets, 31) == b"content" * 99
    assert subprocess.run(["gzip", "-dc"], input=octets, capture_output=True, check=True).stdout == b"content" * 99


def test_xz_needs_little_memory() -> None:
    octets = xz(b"content" * 99)
    assert lzma.decompress(octets, memlimit=10 << 20) == b"content" * 99


def test_ar_is_what_dpkg_reads(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("ar") / "x.a"
    path.write_bytes(ar({"odd": b"123", "even": b"12"}))
    told = subprocess.run(["ar", "tvO", path], capture_output=True, text=True, check=True).stdout.split("\n")
    assert [line.split()[-2] for line in told if line] == ["odd", "even"]
    assert subprocess.run(["ar", "p", path, "even"], capture_output=True, check=True).stdout == b"12"
