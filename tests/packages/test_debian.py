"""The Debian package as Debian's own tools and rules see it."""

import gzip
import hashlib
import pathlib
import re
import shutil
import subprocess

import pytest

from build.packages import content, debian
from build.static import targets
from edge_agent.install import units
from edge_agent.snippets import SNIPPETS

NAMES = (
    f"edge-agent_{content.VERSION}_amd64.deb",
    f"edge-agent_{content.VERSION}_armhf.deb",
    f"edge-agent_{content.VERSION}_armhf-armv6.deb",
)
EXECUTABLE = {
    "usr/bin/edge-agent",
    *(f"usr/share/edge-agent/hooks/{name}" for name, row in SNIPPETS.items() if row.called == "executed"),
}

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")


def told(*words: object) -> str:
    return subprocess.run(["dpkg-deb", *map(str, words)], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def tree(made: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("deb")
    told("--raw-extract", made / NAMES[0], folder / "tree")
    return folder / "tree"


def test_every_target_has_an_architecture() -> None:
    assert set(debian.ARCHITECTURES) == set(targets.ALL)


@pytest.mark.parametrize("name", NAMES)
def test_fields(made: pathlib.Path, name: str) -> None:
    fields = dict(line.split(": ", 1) for line in told("--field", made / name).splitlines() if line[0] != " ")
    assert fields["Package"] == "edge-agent"
    assert fields["Architecture"] == name.removesuffix(".deb").rpartition("_")[2].removesuffix("-armv6")
    assert re.fullmatch(r"[^<]+ <[^@> ]+@[^@> ]+>", fields["Maintainer"])
    assert len(fields["Description"]) < 80
    assert not fields["Description"].endswith(".")
    assert int(fields["Installed-Size"]) > 0


def test_each_file_has_the_owner_and_mode_that_it_needs(made: pathlib.Path) -> None:
    rows = [line.split(maxsplit=5) for line in told("--contents", made / NAMES[0]).splitlines()]
    assert {row[1] for row in rows} == {"root/root"}
    modes = {row[5].removeprefix("./").rstrip("/"): row[0] for row in rows}
    assert {path for path, mode in modes.items() if mode == "-rwxr-xr-x"} == EXECUTABLE
    assert {path for path, mode in modes.items() if mode == "-rw-r-----"} == {content.CONFIG}
    assert set(modes.values()) == {"drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--", "-rw-r-----"}
    allowed = ("etc", "lib/systemd/system", "usr/bin", "usr/share")
    assert [path for path in modes if path and not any(path.startswith(each) or each.startswith(path) for each in allowed)] == []


def test_sums_are_those_of_the_files_and_of_all_but_the_conffile(tree: pathlib.Path) -> None:
    rows = [line.split("  ") for line in (tree / "DEBIAN" / "md5sums").read_text().splitlines()]
    assert [row for row in rows if hashlib.md5((tree / row[1]).read_bytes()).hexdigest() != row[0]] == []
    there = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file() and "DEBIAN" not in path.parts}
    assert there == {row[1] for row in rows} | {content.CONFIG}
    assert (tree / "DEBIAN" / "conffiles").read_text() == "/etc/edge-agent.toml\n"


@pytest.mark.parametrize("name", sorted(debian.SCRIPTS))
def test_scripts_are_sound_shell(tree: pathlib.Path, name: str) -> None:
    script = tree / "DEBIAN" / name
    subprocess.run(["dash", "-n", script], check=True)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", script], check=True)
    assert "\nset -e\n" in script.read_text()


def test_hooks_lie_where_nothing_calls_them(tree: pathlib.Path) -> None:
    folder = tree / content.HOOKS
    ours = pathlib.Path(__file__).parents[2] / "hooks"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {path.name: path.read_bytes() for path in ours.iterdir()}


def test_units_are_those_of_install_with_a_line_more(tree: pathlib.Path) -> None:
    folder = tree / debian.UNITS
    for piece in (*units.pieces_of_timer(content.NEED), *units.pieces_of_watch(content.NEED)):
        if piece.kind == "file":
            lines = (folder / pathlib.Path(piece.path).name).read_text().splitlines()
            more = [line for line in lines if line not in piece.text.splitlines()]
            assert [line for line in piece.text.splitlines() if line not in lines] == []
            assert {line.partition("=")[0] for line in more if line[0] != "#"} <= {"ExecCondition", "Documentation"}
    assert "Conflicts=edge-agent.timer" in (folder / units.WATCH).read_text()


def test_systemd_reads_the_units_without_complaint(tree: pathlib.Path, tmp_path: pathlib.Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    for path in (tree / debian.UNITS).iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace("/usr/bin/edge-agent", "/usr/bin/true"))
    files = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "edge-agent" in line] == []


def test_the_changelog_is_one_of_debians(tree: pathlib.Path) -> None:
    octets = (tree / debian.DOC / "changelog.Debian.gz").read_bytes()
    assert octets[3:8] == bytes(5)  # neither a name nor a date
    lines = gzip.decompress(octets).decode().splitlines()
    assert re.fullmatch(rf"edge-agent \({re.escape(content.VERSION)}\) (unstable|UNRELEASED); urgency=medium", lines[0])
    trailers = [line for line in lines if line.startswith(" -- ")]
    assert re.fullmatch(r" -- .+ <\S+@\S+>  \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", trailers[0])
    assert all(line == "" or line.startswith(("edge-agent ", "  * ", "    ", " -- ")) for line in lines)
    assert sum(line.startswith("  * ") for line in lines) > 5
    assert max(len(line) for line in lines if line not in trailers) <= 80
    if shutil.which("dpkg-parsechangelog"):
        done = subprocess.run(
            ["dpkg-parsechangelog", "-l", "-", "-S", "Version"], input=gzip.decompress(octets), capture_output=True, check=True
        )
        assert (done.stdout, done.stderr) == (f"{content.VERSION}\n".encode(), b"")


def test_a_changed_text_of_install_is_noticed() -> None:
    with pytest.raises(ValueError, match="no line"):
        content._put("a\n", "b\n", "c\n")
