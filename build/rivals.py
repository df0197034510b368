"""The other programs of the bench: what they are called, how each is told to do the very same job, what it takes on disk."""

import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import NamedTuple

from build import newfuture
from build.stage import ADDRESS, FROZEN, INSIDE, ROOT, SOURCE, STATIC, Stage

NAME = "home.example.com"


class Rival(NamedTuple):
    """A program: its command for a state directory, how to make it forget, whether it can do without an update or only stay."""

    name: str
    command: Callable[[Stage, str], list[str]]
    files: Callable[[], list[pathlib.Path]]  # all that must be on disk for it to run
    forgets: Callable[[Stage, str], None] = lambda stage, state: shutil.rmtree(stage.folder / state, ignore_errors=True)
    looks: bool = True
    stays: bool = False  # cannot do its job once and end


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _with_libraries(name: str) -> list[pathlib.Path]:
    """Return a program and the shared libraries that it loads, other than the C library that every system has."""
    path = _program(name) or name
    said = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
    libraries = [pathlib.Path(found) for found in re.findall(r"=> (/\S+)", said)]
    return [
        pathlib.Path(path),
        *(lib for lib in libraries if not re.match(r"(libc|ld-linux.*|libm|libdl|libpthread)\.so", lib.name)),
    ]


def _tree(*folders: pathlib.Path) -> list[pathlib.Path]:
    return [path for folder in folders for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def _ours(program: tuple[str, ...]) -> Callable[[Stage, str], list[str]]:
    return lambda stage, state: [*program, *stage.flags(state)]


def _inadyn(stage: Stage, state: str) -> list[str]:
    folder = stage.folder / state
    folder.mkdir(exist_ok=True)
    config = folder / "inadyn.conf"
    host = stage.url.removeprefix("https://")
    config.write_text(
        f'period = 300\niface = {stage.interface or "lo"}\nallow-ipv6 = false\nca-trust-file = "{stage.ca_file}"\n'
        f"custom own {{\n ssl = true\n username = user\n password = pass\n hostname = {NAME}\n"
        f' ddns-server = "{host}"\n ddns-path = "/nic/update?hostname=%h&myip=%i"\n}}\n'
    )
    return [_program("inadyn") or "", "-1", "-n", "-C", "-f", str(config), "--cache-dir", str(folder), "-P", str(folder / "pid")]


def _inadyn_forgets(stage: Stage, state: str) -> None:
    folder = stage.folder / state
    folder.mkdir(exist_ok=True)
    (folder / f"{NAME}.cache").write_text("45.83.9.9")  # an old address; without one it would ask the DNS first


def _ddclient(stage: Stage, state: str) -> list[str]:
    folder = stage.folder / state
    folder.mkdir(exist_ok=True)
    config = folder / "ddclient.conf"
    config.touch(mode=0o600)
    where = f"use=if, if={stage.interface}" if stage.interface else f"use=ip, ip={ADDRESS}"
    config.write_text(
        f"ssl=yes\nssl_ca_file={stage.ca_file}\n{where}\nprotocol=dyndns2\nserver={stage.url.removeprefix('https://')}\n"
        f"login=user\npassword=pass\n{NAME}\n"
    )
    return [_program("ddclient") or "", "-file", str(config), "-cache", str(folder / "cache"), "-daemon=0", "-foreground"]


def _curl(stage: Stage, _: str) -> list[str]:
    url = f"{stage.url}/nic/update?hostname={NAME}&myip={ADDRESS}"
    return [_program("curl") or "", "-sS", "--fail", "--cacert", stage.ca_file, "-A", "edge-bench/1.0", "-u", "user:pass", url]


def _newfuture(stage: Stage, state: str) -> list[str]:
    """Return the command of NewFuture's ddns, which speaks the same protocol to any No-IP, and asks the kernel as we do."""
    (stage.folder / state).mkdir(exist_ok=True)
    where = ["--index4", "default" if stage.interface else f"shell:echo {ADDRESS}", "--ipv4", NAME]
    login = ["--dns", "noip", "--endpoint", stage.url, "--id", "user", "--token", "pass", "--ssl", stage.ca_file]
    return [str(newfuture.TARGET), *where, *login, "--cache", str(stage.folder / state / "cache")]


def _ddns_go(stage: Stage, state: str) -> list[str]:
    """Return the command of ddns-go, which only stays. Its callback logs in by what stands in the URL."""
    folder = stage.folder / state
    folder.mkdir(exist_ok=True)
    config = folder / "ddns-go.yaml"
    url = f"{stage.url.replace('://', '://user:pass@')}/nic/update?hostname={NAME}&myip=#{{ip}}"
    where = (
        f"gettype: netInterface\n    netinterface: {stage.interface}"
        if stage.interface
        else f"gettype: cmd\n    cmd: echo {ADDRESS}"
    )
    config.write_text(
        f"dnsconf:\n- name: bench\n  ipv4:\n    enable: true\n    {where}\n    domains: [{NAME}]\n"
        f'  dns:\n    name: callback\n    id: "{url}"\nlang: en\n'
    )
    return ["env", f"SSL_CERT_FILE={stage.ca_file}", _program("ddns-go") or "", "-noweb", "-c", str(config), "-f", "300"]


def _source_files() -> list[pathlib.Path]:
    import netifaces
    import urllib3

    packages = [pathlib.Path(str(module.__file__)).parent for module in (urllib3, netifaces)]
    return _tree(ROOT / "edge_agent", *packages)  # and a Python, which is not counted


def _ddclient_files() -> list[pathlib.Path]:
    said = subprocess.run(
        ["dpkg", "-L", "perl-base", "libio-socket-ssl-perl", "libnet-ssleay-perl"], capture_output=True, text=True, check=False
    )
    brought = [pathlib.Path(line) for line in said.stdout.splitlines()]
    return [pathlib.Path(_program("ddclient") or ""), *(path for path in brought if path.is_file() and not path.is_symlink())]


STATIC_NAME = "edge-agent, static"
RIVALS = {
    STATIC_NAME: Rival(STATIC_NAME, _ours(STATIC), lambda: [pathlib.Path(STATIC[0])]),
    "edge-agent, executable": Rival("edge-agent, executable", _ours(FROZEN), lambda: [pathlib.Path(FROZEN[0])]),
    "edge-agent, source": Rival("edge-agent, source", _ours(SOURCE), _source_files),
    "inadyn": Rival("inadyn", _inadyn, lambda: _with_libraries("inadyn"), _inadyn_forgets),
    "ddclient": Rival("ddclient", _ddclient, _ddclient_files),
    "ddns": Rival("NewFuture ddns, frozen", _newfuture, lambda: [newfuture.TARGET]),
    "ddns-go": Rival("ddns-go", _ddns_go, lambda: _with_libraries("ddns-go"), stays=True),
    "curl": Rival("curl one-liner", _curl, lambda: _with_libraries("curl"), looks=False),
}


BRINGS = {"inadyn": ("inadyn",), "ddclient": ("ddclient", "libio-socket-ssl-perl"), "curl": ("curl",)}  # Debian packages


def _works(name: str) -> bool:
    tls = ["perl", "-MIO::Socket::SSL", "-e1"]
    return bool(_program(name)) and (name != "ddclient" or subprocess.run(tls, capture_output=True, check=False).returncode == 0)


def missing() -> dict[str, str]:
    """Install what is missing where we may; return the programs that are still missing, each with what would bring it."""
    wanted = [name for name in BRINGS if not _works(name)]
    if wanted and os.geteuid() == 0 and _program("apt-get") and not os.environ.get(INSIDE):
        packages = [package for name in wanted for package in BRINGS[name]]
        install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages]
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (install, ["apt-get", "update", "-qq"], install):
            if subprocess.run(command, env=quiet, capture_output=True, check=False).returncode == 0 and command is install:
                break
    if not os.environ.get(INSIDE):  # there is no way to the outside from there
        newfuture.trouble()
    absent = {name: f"missing (apt-get install {' '.join(BRINGS[name])})" for name in wanted if not _works(name)}
    if not pathlib.Path(STATIC[0]).exists():
        absent[STATIC_NAME] = "not built (make exe-static)"
    if not newfuture.is_made():
        absent["ddns"] = "could not be installed or frozen (.venv/bin/python -m build.newfuture says why)"
    if not _program("ddns-go"):
        absent["ddns-go"] = "not on PATH, and in no Debian package"
    return absent
