"""The OpenWrt packages by opkg's rules, and their scripts under busybox as a box runs them."""

import io
import os
import pathlib
import subprocess
import tarfile

import pytest

from build.packages import content, openwrt
from build.static import targets
from edge_agent.install import MARK

NAMES = [
    *(f"edge-agent_{content.VERSION}_x86_64.ipk", f"edge-agent_{content.VERSION}_arm_cortex-a7_neon-vfpv4.ipk"),
    *(f"edge-agent_{content.VERSION}_arm_arm1176jzf-s_vfp.ipk", f"edge-agent_{content.VERSION}_mipsel_24kc.ipk"),
]
FUNCTIONS = """\
default_postinst() { echo "postinst ${1##*/} $2" >>"$LOG"; mkdir -p "$TOP/etc/rc.d"
	ln -sf ../init.d/edge-agent "$TOP/etc/rc.d/S95edge-agent"; ln -sf ../init.d/edge-agent "$TOP/etc/rc.d/K10edge-agent"; }
default_prerm() { echo "prerm ${1##*/} $2" >>"$LOG"; }
"""


def unpacked(octets: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(octets), mode="r:gz") as archive:
        found = {member.name.removeprefix("./"): archive.extractfile(member) for member in archive if member.isfile()}
        return {name: file.read() for name, file in found.items() if file}


@pytest.fixture
def tree(made: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    """Return the files of a package as a box has them, its scripts beside them, and a log of what they call."""
    members = unpacked((made / NAMES[0]).read_bytes())
    for name in ("data", "control"):
        (tmp_path / name).mkdir()
        subprocess.run(["tar", "-xzf", "-", "-C", tmp_path / name], input=members[f"{name}.tar.gz"], check=True)
    functions = tmp_path / "data" / "lib" / "functions.sh"
    functions.parent.mkdir()
    functions.write_text(FUNCTIONS)
    return tmp_path


def test_every_target_has_architectures() -> None:
    assert set(openwrt.ARCHITECTURES) == set(targets.ALL)
    names = [name for group in openwrt.ARCHITECTURES.values() for name in group]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", NAMES)
def test_the_format_is_opkgs(made: pathlib.Path, name: str) -> None:
    octets = (made / name).read_bytes()
    listing = subprocess.run(["tar", "-tzf", "-"], input=octets, capture_output=True, text=False, check=True).stdout.decode()
    assert listing.split() == ["./debian-binary", "./data.tar.gz", "./control.tar.gz"]
    members = unpacked(octets)
    assert members["debian-binary"] == b"2.0\n"
    control = unpacked(members["control.tar.gz"])
    assert set(control) == {"control", "conffiles", "postinst", "prerm"}
    fields = dict(line.split(": ", 1) for line in control["control"].decode().splitlines() if line[0] != " ")
    assert fields.keys() >= {"Package", "Version", "Architecture", "Maintainer", "Description", "Installed-Size", "Depends"}
    assert fields["Architecture"] == name.removesuffix(".ipk").split("_", 2)[2]
    assert control["conffiles"] == b"/etc/edge-agent.toml\n"
    data = unpacked(members["data.tar.gz"])
    assert set(data) == {
        *("usr/bin/edge-agent", "etc/edge-agent.toml", "etc/init.d/edge-agent", "etc/hotplug.d/iface/99-edge-agent"),
        "usr/share/licenses/edge-agent/copyright.gz",
    }
    assert int(fields["Installed-Size"]) == sum(map(len, data.values()))


def test_modes(tree: pathlib.Path) -> None:
    modes = {path.relative_to(tree / "data").as_posix(): path.stat().st_mode & 0o777 for path in (tree / "data").rglob("*")}
    assert modes["usr/bin/edge-agent"] == modes["etc/init.d/edge-agent"] == 0o755
    assert modes["etc/edge-agent.toml"] == 0o600
    assert modes["etc/hotplug.d/iface/99-edge-agent"] == 0o644


def ran(tree: pathlib.Path, script: str, *words: str, top: str, upgrade: bool) -> list[str]:
    log = tree / "log"
    env = {"PATH": os.environ["PATH"], "LOG": str(log), "TOP": str(tree / "data"), "IPKG_INSTROOT": top}
    if upgrade:
        env["PKG_UPGRADE"] = "1"
    path = tree / "control" / script
    done = subprocess.run(["busybox", "sh", path, *words], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return log.read_text().splitlines() if log.exists() else []


def links(tree: pathlib.Path) -> int:
    return len(list((tree / "data" / "etc" / "rc.d").iterdir()))


def test_the_resident_service_is_not_enabled_unless_it_was(tree: pathlib.Path) -> None:
    top = str(tree / "data")
    assert ran(tree, "postinst", "configure", top=top, upgrade=False) == ["postinst postinst configure"]
    assert links(tree) == 0
    (tree / "data" / "etc" / "rc.d" / "S95edge-agent").symlink_to("../init.d/edge-agent")  # somebody enables it
    if not (tree / "data" / "etc" / "rc.d" / "S95edge-agent").exists():
        pytest.fail("the link leads nowhere")
    ran(tree, "postinst", "configure", top=top, upgrade=True)
    assert links(tree) == 2


def test_prerm_calls_the_usual_one(tree: pathlib.Path) -> None:
    assert ran(tree, "prerm", "remove", top=str(tree / "data"), upgrade=False) == ["prerm prerm remove"]


def test_scripts_do_nothing_where_there_is_no_openwrt(tree: pathlib.Path) -> None:
    (tree / "data" / "lib" / "functions.sh").unlink()
    assert ran(tree, "postinst", "configure", top=str(tree / "data"), upgrade=False) == []


@pytest.mark.parametrize(("settings", "calls"), [("", 0), ("# name = 1\n\n  # more\n", 0), ('name = "x"\n', 1)], ids=str)
def test_hook_and_service_wait_for_settings(tree: pathlib.Path, settings: str, calls: int) -> None:
    config, log = tree / "settings", tree / "log"
    config.write_text(settings or content.SETTINGS_EXAMPLE)
    log.write_text("")
    stub = tree / "stub"
    stub.write_text(f'#!/bin/sh\necho "$@" >>{log}\n')
    stub.chmod(0o755)
    texts = {}
    for name in (openwrt.INIT, "etc/hotplug.d/iface/99-edge-agent"):
        texts[name] = (tree / "data" / name).read_text().replace("/etc/edge-agent.toml", str(config))
    hook = texts["etc/hotplug.d/iface/99-edge-agent"].replace("/usr/bin/edge-agent", str(stub))
    assert MARK in hook
    (tree / "hook").write_text(hook)
    env = {"PATH": os.environ["PATH"], "ACTION": "ifup", "INTERFACE": "wan"}
    done = subprocess.run(
        ["busybox", "sh", "-ec", f". {tree}/hook; echo alive; wait; sleep 0.2"], env=env, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("alive\n", "")
    assert log.read_text() == "hook netifd\n" * calls
    procd = "procd_open_instance() { echo open; }; procd_close_instance() { :; }; procd_set_param() { :; }"
    (tree / "init").write_text(texts[openwrt.INIT])
    done = subprocess.run(
        ["busybox", "sh", "-c", f"{procd}; . {tree}/init; start_service"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "open\n" * calls)
