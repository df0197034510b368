"""What belongs to others: left alone where it stands in our place, kept to the octet where our block goes into it."""

import os
import pathlib

import pytest

from edge_agent.install import MARK
from edge_agent.snippets import BEGIN, END
from tests.install.conftest import Agent
from tests.install.trees import LAYOUTS, SCRIPT, Layout, make, seen

HOOK = "/etc/hotplug.d/iface/99-edge-agent"
USER = "/etc/mwan3.user"
BOX = LAYOUTS["openwrt-mwan3"]


def box(top: pathlib.Path, user: bytes, mode: int = 0o644) -> pathlib.Path:
    """Return the place of a script that everybody shares, with these octets, in a fresh tree."""
    make(top, BOX)
    file = top / USER[1:]
    file.write_bytes(user)
    file.chmod(mode)
    return file


# --- files of ours in our places -------------------------------------------------------------------------------------


def test_a_foreign_file_in_our_place_stays_and_all_else_is_done(tmp_path: pathlib.Path, agent: Agent) -> None:
    make(tmp_path, BOX)
    file = tmp_path / HOOK[1:]
    file.write_text("#!/bin/sh\n# mine\n")
    before = seen(tmp_path)
    said = agent("install", tmp_path)
    assert said.code == 4
    assert said.err.count("\n") == 2  # the executable is not there yet, either
    assert f"{HOOK} is not ours and stays as it is: move it away and install again" in said.err
    assert file.read_text() == "#!/bin/sh\n# mine\n"
    assert BEGIN in (tmp_path / USER[1:]).read_text()
    assert agent("uninstall", tmp_path).code == 0
    assert seen(tmp_path) == before


def test_a_file_without_its_mark_is_the_users_own(tmp_path: pathlib.Path, agent: Agent) -> None:
    make(tmp_path, BOX)
    agent("install", tmp_path)
    file = tmp_path / HOOK[1:]
    own = "".join(line for line in file.read_text().splitlines(keepends=True) if MARK not in line) + "# mine now\n"
    file.write_text(own)
    assert agent("install", tmp_path).code == 4
    assert agent("uninstall", tmp_path).code == 0
    assert file.read_text() == own


def test_an_older_version_of_ours_is_renewed_with_its_mode_and_owner(tmp_path: pathlib.Path, agent: Agent) -> None:
    top = make(tmp_path, LAYOUTS["networkmanager-alone"])
    agent("install", top, "--agent", "/opt/old/edge-agent")
    file = top / "etc/NetworkManager/dispatcher.d/90-edge-agent"
    file.chmod(0o775)  # NetworkManager would refuse it
    os.chown(file, 1000, 1000)
    assert "changed /etc/NetworkManager/dispatcher.d/90-edge-agent" in agent("install", top).out
    info = file.stat()
    assert (info.st_mode & 0o7777, info.st_uid, info.st_gid) == (0o755, 0, 0)
    assert "/opt/old" not in file.read_text()
    assert agent("uninstall", top).code == 0
    assert not file.parent.exists()  # who made it is still known


@pytest.mark.parametrize("target", ["/dev/null", "nowhere", "/etc/openwrt_release"])
def test_a_link_in_our_place_stays(tmp_path: pathlib.Path, agent: Agent, target: str) -> None:
    make(tmp_path, BOX)
    (tmp_path / HOOK[1:]).symlink_to(target)
    before = seen(tmp_path)
    said = agent("install", tmp_path)
    assert said.code == 4
    assert f"{HOOK} is a link to {target}" in said.err
    agent("uninstall", tmp_path)
    assert seen(tmp_path) == before


def test_a_directory_in_our_place_stays(tmp_path: pathlib.Path, agent: Agent) -> None:
    make(tmp_path, BOX)
    (tmp_path / HOOK[1:]).mkdir()
    (tmp_path / USER[1:]).unlink()
    (tmp_path / USER[1:]).mkdir()
    said = agent("install", tmp_path)
    assert said.code == 4
    assert f"{HOOK} is no file" in said.err
    assert f"{USER} is no file" in said.err


def test_a_directory_of_ours_stays_while_others_use_it(tmp_path: pathlib.Path, agent: Agent) -> None:
    top = make(tmp_path, LAYOUTS["networkmanager-alone"])
    agent("install", top)
    other = top / "etc/NetworkManager/dispatcher.d/10-other"
    other.write_text(SCRIPT)
    assert agent("uninstall", top).code == 0
    assert [path.name for path in other.parent.iterdir()] == ["10-other"]


# --- blocks in scripts of others --------------------------------------------------------------------------------------

ENDINGS = {
    "plain": b"#!/bin/sh\nA=1\n",
    "last-line-without-end": b"#!/bin/sh\nA=1",
    "interpreter-alone": b"#!/bin/sh",
    "empty": b"",
    "one-newline": b"\n",
    "no-interpreter": b"A=1\n",
    "no-interpreter-no-end": b"A=1",
    "leaves-at-once": b"#!/bin/sh\nexit 0\n",
    "dos-lines": b"#!/bin/sh\r\nA=1\r\n",
    "not-utf-8": b"#!/bin/sh\n# caf\xe9\n",
    "blank-lines-at-the-end": b"#!/bin/sh\nA=1\n\n\n",
}


@pytest.mark.parametrize("octets", [pytest.param(octets, id=name) for name, octets in ENDINGS.items()])
@pytest.mark.parametrize("place", [USER, "/etc/crontabs/root"])
def test_the_rest_is_kept_to_the_octet(tmp_path: pathlib.Path, agent: Agent, octets: bytes, place: str) -> None:
    make(tmp_path, BOX)
    file = tmp_path / place[1:]
    file.write_bytes(octets)
    file.chmod(0o640)
    os.chown(file, 7, 8)
    os.setxattr(file, "user.edge", b"kept")
    assert agent("install", tmp_path).code == 0
    there = file.read_bytes()
    assert there.count(BEGIN.encode()) == 1
    agent("install", tmp_path, "--agent", "/opt/other")  # a block that differs is renewed in its place
    assert file.read_bytes().replace(b"/opt/other", b"/usr/bin/edge-agent") == there
    assert agent("uninstall", tmp_path).code == 0
    assert file.read_bytes() == octets
    info = file.stat()
    assert (info.st_mode & 0o7777, info.st_uid, info.st_gid, os.getxattr(file, "user.edge")) == (0o640, 7, 8, b"kept")


@pytest.mark.parametrize("octets", [b"", b"#!/bin/sh\n"])
def test_a_file_that_was_there_stays_however_little_was_in_it(tmp_path: pathlib.Path, agent: Agent, octets: bytes) -> None:
    file = box(tmp_path, octets)
    agent("install", tmp_path)
    agent("uninstall", tmp_path)
    assert file.read_bytes() == octets


def test_what_others_add_to_a_file_of_ours_stays(tmp_path: pathlib.Path, agent: Agent) -> None:
    top = make(tmp_path, LAYOUTS["debian-dhcpcd"])
    agent("install", top)
    file = top / "etc/dhcpcd.exit-hook"
    with file.open("a") as more:
        more.write("OTHERS=1\n")
    assert agent("install", top) == (0, "", agent("install", top).err)
    agent("uninstall", top)
    assert file.read_text() == "#!/bin/sh\nOTHERS=1\n"


def test_a_block_stands_where_it_is_reached(tmp_path: pathlib.Path, agent: Agent) -> None:
    """Before what others do, who may leave; behind it in udhcpc's script, which makes the address; before its last exit."""
    top = make(tmp_path / "one", BOX)
    agent("install", top)
    assert (top / USER[1:]).read_text().splitlines()[:2] == ["#!/bin/sh", BEGIN]
    top = make(tmp_path / "two", LAYOUTS["debian-udhcpc"])
    agent("install", top)
    assert (top / "etc/udhcpc/default.script").read_text().splitlines()[-1] == END
    top = make(tmp_path / "three", LAYOUTS["busybox"])
    agent("install", top)
    assert (top / "usr/share/udhcpc/default.script").read_text().splitlines()[-2:] == [END, "exit 0"]


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        pytest.param(b"#!/usr/bin/lua\nprint(1)\n", "is no shell script: make it call: ", id="another-language"),
        pytest.param(b"\x7fELF\0\0\0", "is no shell script", id="a-program"),
        pytest.param(f"{BEGIN}\nA=1\n".encode(), "do not pair", id="no-end"),
        pytest.param(f"A=1\n{END}\n".encode(), "do not pair", id="no-beginning"),
        pytest.param(f"{END}\n{BEGIN}\n".encode(), "do not pair", id="wrong-way-round"),
        pytest.param(f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n".encode(), "do not pair", id="twice"),
    ],
)
def test_a_script_that_is_not_understood_stays(tmp_path: pathlib.Path, agent: Agent, octets: bytes, words: str) -> None:
    file = box(tmp_path, octets)
    said = agent("install", tmp_path)
    assert said.code == 4
    assert f"{USER} " in said.err
    assert words in said.err
    assert agent("uninstall", tmp_path).code == (4 if b"edge-agent" in octets else 0)
    assert file.read_bytes() == octets


def test_a_script_that_nothing_calls_is_told_of(tmp_path: pathlib.Path, agent: Agent) -> None:
    top = make(tmp_path, LAYOUTS["merlin"])
    (top / "jffs/scripts/services-start").chmod(0o644)
    said = agent("install", top)
    assert said.code == 0
    assert "chmod +x /jffs/scripts/services-start" in said.err
    assert (top / "jffs/scripts/services-start").stat().st_mode & 0o777 == 0o644


# --- links -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["/data/mwan3.user", "../data/mwan3.user"])
def test_a_linked_script_is_followed_inside_the_tree(tmp_path: pathlib.Path, agent: Agent, target: str) -> None:
    top = tmp_path / "tree"
    file = box(top, b"")
    file.unlink()
    (top / "data").mkdir()
    (top / "data/mwan3.user").write_text(SCRIPT)
    file.symlink_to(target)
    before = seen(top)
    assert agent("install", top).code == 0
    assert file.is_symlink()
    assert BEGIN in (top / "data/mwan3.user").read_text()
    assert agent("uninstall", top).code == 0
    assert seen(top) == before


@pytest.mark.parametrize("target", ["/data/gone", "mwan3.user", "../../../../../gone"], ids=["dangling", "loop", "out-of-the-tree"])
def test_a_link_that_leads_nowhere_is_told_of(tmp_path: pathlib.Path, agent: Agent, target: str) -> None:
    top = tmp_path / "tree"
    file = box(top, b"")
    file.unlink()
    file.symlink_to(target)
    program = top / "usr/sbin/mwan3"
    program.parent.mkdir(parents=True)
    program.write_text("")
    before = seen(top)
    said = agent("install", top)
    assert said.code == 4
    assert f"{USER} is a link to {target}, which is not there" in said.err
    agent("uninstall", top)
    assert seen(top) == before


def test_linked_directories_are_followed_inside_the_tree(tmp_path: pathlib.Path, agent: Agent) -> None:
    top = tmp_path / "tree"
    outside = tmp_path / "etc-of-the-builder"
    outside.mkdir()
    layout = Layout({"/etc/openwrt_release": ("", 0o644)}, ("/overlay/hotplug.d/iface", "/overlay/crontabs"), frozenset())
    make(top, layout)
    (top / "etc/hotplug.d").symlink_to("/overlay/hotplug.d")
    (top / "etc/crontabs").symlink_to(f"../../../../../..{outside}/../../overlay/crontabs")
    before = seen(top)
    said = agent("install", top)
    assert (top / "overlay/hotplug.d/iface/99-edge-agent").exists()
    assert seen(outside) == {}
    assert said.code == 0
    agent("uninstall", top)
    assert seen(top) == before
