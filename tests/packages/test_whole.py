"""What lies in dist/packages as a whole: sums, bills, licences, and the same octets from every place, day and mask."""

import hashlib
import json
import os
import pathlib
import re
import struct
import subprocess
import tarfile

import pytest

from build.packages import licences
from build.packages.parts import PinError, locked, parts
from build.static.sources import pins
from edge_agent import __version__
from tests.packages.conftest import ROOT, STUB, TARGETS, make

EXPRESSION = re.compile(r"[A-Za-z0-9.-]+( WITH [A-Za-z0-9.-]+)?")
KNOWN = {"MIT", "Apache-2.0", "Zlib", "CC0-1.0", "Python-2.0.1", "GPL-2.0-or-later WITH Bootloader-exception"}
PURPOSES = {"APPLICATION", "LIBRARY", "SOURCE"}
RELATIONS = {"DESCRIBES", "STATIC_LINK", "CONTAINS", "GENERATED_FROM"}


def test_what_is_missing_is_said(made: pathlib.Path) -> None:
    lines = (made / "told").read_text().splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("no package")] == [
        "no package for aarch64",
        "no package for mips",
        "no package for riscv64",
    ]


def test_sums_are_those_of_all_files(made: pathlib.Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=made, check=True)
    named = {line.split("  ")[1] for line in (made / "SHA256SUMS").read_text().splitlines()}
    assert named == {path.name for path in made.iterdir()} - {"SHA256SUMS", "told"}


def test_the_plain_archive_is_complete(made: pathlib.Path) -> None:
    with tarfile.open(made / f"edge-agent-{__version__}-armv7.tar.gz") as archive:
        members = {member.name: member for member in archive}
    top = f"edge-agent-{__version__}-armv7"
    assert {name.split("/")[0] for name in members} == {top}
    named = {name.removeprefix(f"{top}/").split("/")[0] for name in members} - {top}
    assert named == {
        *("edge-agent", "README.md", "LICENSE", "CHANGELOG.md", "edge-agent.8", "edge-agent.bash", "edge-agent.toml"),
        *("edge-agent.spdx.json", "hooks", "systemd", "LICENSES", "bootloader"),
    }
    assert members[f"{top}/edge-agent"].mode == 0o755
    assert {f"{top}/bootloader/{name}" for name in ("shim.c", "shim.h", "bootloader.sh", "common.sh")} <= members.keys()
    assert {f"{top}/LICENSES/{licences.slug(part)}.txt" for part in parts()} <= members.keys()


@pytest.mark.parametrize("target", TARGETS)
def test_the_bill_has_what_spdx_requires(made: pathlib.Path, target: str) -> None:
    bill = json.loads((made / f"edge-agent-{__version__}-{target}.spdx.json").read_text())
    assert (bill["spdxVersion"], bill["dataLicense"], bill["SPDXID"]) == ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT")
    assert bill["name"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["documentNamespace"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bill["creationInfo"]["created"])
    assert all(re.match(r"(Tool|Person|Organization): ", creator) for creator in bill["creationInfo"]["creators"])
    ids = [package["SPDXID"] for package in bill["packages"]]
    assert len(ids) == len(set(ids))
    for package in bill["packages"]:
        assert package.keys() >= {"SPDXID", "name", "downloadLocation", "filesAnalyzed", "versionInfo"}
        assert re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"])
        assert package["licenseConcluded"] in KNOWN
        assert package["primaryPackagePurpose"] in PURPOSES
        for sum_ in package.get("checksums", []):
            assert (sum_["algorithm"], len(sum_["checksumValue"])) == ("SHA256", 64)
    for relation in bill["relationships"]:
        assert relation["relationshipType"] in RELATIONS
        assert {relation["spdxElementId"], relation["relatedSpdxElement"]} <= {*ids, "SPDXRef-DOCUMENT"}
    described = [
        relation["relatedSpdxElement"] for relation in bill["relationships"] if relation["relationshipType"] == "DESCRIBES"
    ]
    (main,) = [package for package in bill["packages"] if package["SPDXID"] in described]
    assert main["checksums"][0]["checksumValue"] == hashlib.sha256(STUB.encode()).hexdigest()
    reached = {relation["relatedSpdxElement"] for relation in bill["relationships"]}
    assert set(ids) <= reached


def test_the_bill_has_every_pin(made: pathlib.Path) -> None:
    bill = (made / f"edge-agent-{__version__}-x86_64.spdx.json").read_text()
    for pin in pins().values():
        if isinstance(pin, dict):
            assert pin["upstream_sha256"] in bill
            assert pin["debian_sha256"] in bill
    for package in ("pyinstaller", "ziglang", "netifaces-plus", "urllib3"):
        version, hashes = locked(package)
        assert f"pkg:pypi/{package}@{version}" in bill
        assert any(sha256 in bill for sha256 in hashes)


def test_an_unknown_package_is_told_of() -> None:
    with pytest.raises(PinError, match="no-such-thing is in none"):
        locked("no-such-thing")


def test_a_licence_from_its_file_or_by_name(tmp_path: pathlib.Path) -> None:
    found = {part.name: part for part in parts()}
    assert "Licence: Zlib" in licences.text_of(found["zlib"], {})
    (tmp_path / "LICENSE").write_text("the words\n")
    assert licences.text_of(found["zlib"], {"zlib": tmp_path}) == "the words\n"
    source = tmp_path / found["HACL*"].texts[0]
    source.parent.mkdir(parents=True)
    source.write_text("/* MIT License\n *\n * the words\n */\n\nint code;\n")
    assert licences.text_of(found["HACL*"], {"python": tmp_path}) == "MIT License\n\nthe words\n"


def test_the_source_of_the_bootloader_is_offered(made: pathlib.Path) -> None:
    with tarfile.open(made / f"edge-agent-{__version__}-x86_64.tar.gz") as archive:
        file = archive.extractfile(f"edge-agent-{__version__}-x86_64/LICENSES/README")
        assert file is not None
        words = file.read().decode()
    version, hashes = locked("pyinstaller")
    assert f"pyinstaller-{version}.tar.gz" in words
    assert any(sha256 in words for sha256 in hashes)
    assert all(part.name in words and part.licence in words for part in parts())


def test_made_twice_elsewhere_it_is_the_same(made: pathlib.Path, stand_ins: pathlib.Path, tmp_path: pathlib.Path) -> None:
    places = {
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "tr_TR.UTF-8",
        "LANG": "tr_TR.UTF-8",
        "PYTHONHASHSEED": "7",
        "HOME": str(tmp_path),
    }
    env = {**os.environ, **places, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    done = make(stand_ins, tmp_path / "second", env=env, cwd=tmp_path, umask=0o077)
    assert (done.returncode, done.stderr) == (0, "")
    again = {path.name: path for path in (tmp_path / "second").iterdir()}
    assert again.keys() == {path.name for path in made.iterdir()} - {"told"}
    assert [name for name, path in again.items() if path.read_bytes() != (made / name).read_bytes()] == []
    assert {path.stat().st_mode & 0o777 for path in again.values()} == {0o644}


def test_what_is_of_another_version_goes_and_what_is_not_ours_stays(stand_ins: pathlib.Path, tmp_path: pathlib.Path) -> None:
    one = tmp_path / "one"
    one.mkdir()
    (one / "edge-agent-x86_64").write_bytes((stand_ins / "edge-agent-x86_64").read_bytes())
    out = tmp_path / "out"
    out.mkdir()
    for name in ("edge-agent_0.0.9-1_amd64.deb", "edge-agent-0.0.9-x86_64.tar.gz", "notes"):
        (out / name).touch()
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert make(one, out, env=env).returncode == 0
    names = {path.name for path in out.iterdir()}
    assert not {"edge-agent_0.0.9-1_amd64.deb", "edge-agent-0.0.9-x86_64.tar.gz"} & names
    assert "notes" in names


def test_no_executable_is_said_so(tmp_path: pathlib.Path) -> None:
    done = make(tmp_path, tmp_path / "out", env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert (done.returncode, done.stderr) == (1, f"{tmp_path} has no executable to make a package from: make exe-static\n")
    assert not (tmp_path / "out").exists()


def with_archive(head: bytes, body: bytes) -> bytes:
    """Return an executable as PyInstaller makes it: a head, an archive, and 88 octets that say how long that is."""
    tail = b"MEI\x0c\x0b\x0a\x0b\x0e" + struct.pack("!I", len(body) + 88) + bytes(76)
    return head + body + tail


def test_an_executable_with_another_agent_is_left_out(tmp_path: pathlib.Path) -> None:
    for target, body in (("x86_64", b"new"), ("armv7", b"new"), ("mipsel", b"old")):
        (tmp_path / f"edge-agent-{target}").write_bytes(with_archive(target.encode(), body))
    done = make(tmp_path, tmp_path / "out", env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert done.returncode == 0
    assert (
        f"no package for mipsel: {tmp_path}/edge-agent-mipsel holds another agent than that for x86_64 (make exe-all)"
        in done.stdout
    )
    assert {path.name.split("_")[-1] for path in (tmp_path / "out").glob("*.deb")} == {"amd64.deb", "armhf.deb"}
