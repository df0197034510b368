"""BIND, Knot and PowerDNS as they are, started as whoever runs the tests, on free ports of loopback, in a folder of their own.

Each serves `example.com` and `lab.example.com`, which a key for every algorithm may change, the key `narrow` one name alone; and
`open.example`, which loopback may change without a key. `nsupdate` and `dig` put in and read back what a test needs.
"""

import base64
import contextlib
import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

HOST = "127.0.0.1"
ZONES = ZONE, INNER, OPEN = "example.com", "lab.example.com", "open.example"
ALGORITHMS = ("hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512")
SECRET = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
KEYS = {f"key-{algorithm}": algorithm for algorithm in ALGORITHMS}  # name: algorithm; all have the one secret
NARROW = "narrow"  # a key that may change the addresses of one name
NARROW_NAME = f"narrow.{ZONE}"
KEY = "key-hmac-sha256"
API_KEY = "fake-api-key-of-a-test"
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
PACKAGES = {
    "named": "bind9",
    "nsupdate": "bind9-dnsutils",
    "knotd": "knot",
    "pdns_server": "pdns-server",
    "/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql": "pdns-backend-sqlite3",
}
TEXT = """\
$TTL 600
@ SOA ns1.dns.example. hostmaster.dns.example. 1 3600 600 86400 60
@ NS ns1.dns.example.
"""
NAMED = """\
options {{
  directory "{folder}"; pid-file none; session-keyfile none; lock-file none; recursion no; dnssec-validation no;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; notify no;
}};
controls {{ }};
{keys}
{zones}
"""
KNOT = """\
server:
  rundir: "{folder}"
  listen: {host}@{port}
log:
  - target: stderr
    any: info
database:
  storage: "{folder}"
key:
{keys}
acl:
  - id: all
    key: [ {names} ]
    action: update
  - id: one
    key: narrow
    action: update
    update-owner: name
    update-owner-match: equal
    update-owner-name: narrow
    update-type: [ A, AAAA ]
  - id: anybody
    address: 127.0.0.1
    action: update
zone:
  - domain: example.com
    file: "{folder}/example.com"
    acl: [ all, one ]
  - domain: lab.example.com
    file: "{folder}/lab.example.com"
    acl: all
  - domain: open.example
    file: "{folder}/open.example"
    acl: anybody
"""
PDNS = """\
launch=gsqlite3
gsqlite3-database={folder}/pdns.sqlite
local-address={host}
local-port={port}
socket-dir={folder}
daemon=no
guardian=no
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
webserver=yes
webserver-address={host}
webserver-port={api_port}
api=yes
api-key={api_key}
zone-cache-refresh-interval=0
"""


class Server(NamedTuple):
    """A server that runs. `dns` is where it answers DNS, by TCP and UDP."""

    kind: str
    dns: tuple[str, int]
    zone: str
    folder: pathlib.Path
    api_url: str = ""  # PowerDNS alone
    api_key: str = ""

    @property
    def url(self) -> str:
        """The server as the agent's settings have it."""
        return f"dns://{self.dns[0]}:{self.dns[1]}"

    def says(self, name: str, type_: str = "A") -> list[str]:
        """Return what a name says, sorted, as `dig` reads it."""
        shown = run("dig", f"@{self.dns[0]}", "-p", str(self.dns[1]), "+tcp", "+short", "+norecurse", "-t", type_, "-q", name)
        return sorted(shown.split())

    def ttl(self, name: str, type_: str = "A") -> int:
        shown = run("dig", f"@{self.dns[0]}", "-p", str(self.dns[1]), "+tcp", "+noall", "+answer", "-t", type_, "-q", name)
        return int(shown.split()[1])

    def update(self, *lines: str) -> None:
        """Carry out lines of `nsupdate`, such as `add home.example.com 300 A 192.0.2.1`."""
        head = (f"server {self.dns[0]} {self.dns[1]}", f"key hmac-sha256:{KEY} {SECRET}")
        run("nsupdate", "-v", stdin="\n".join((*head, *lines, "send")) + "\n")

    def record(self, name: str, value: str, type_: str = "", ttl: int = 300) -> None:
        self.update(f"add {name} {ttl} {type_ or ('AAAA' if ':' in value else 'A')} {value}")


def lacking() -> str:
    """Return which Debian packages these tests still need, or the empty string."""
    missing = [package for what, package in PACKAGES.items() if not (shutil.which(what, path=PATH) or pathlib.Path(what).is_file())]
    return f"needs these packages: {', '.join(missing)}" if missing else ""


def run(*command: str, stdin: str = "") -> str:
    """Run a tool and return what it says; its trouble is the test's."""
    found = shutil.which(command[0], path=PATH) or command[0]
    done = subprocess.run([found, *command[1:]], input=stdin, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


def free_port() -> int:
    """Return a port that is free for TCP and for UDP."""
    while True:
        with socket.socket() as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            stream.bind((HOST, 0))
            port: int = stream.getsockname()[1]
            with contextlib.suppress(OSError):
                datagrams.bind((HOST, port))
                return port


@contextlib.contextmanager
def bind(folder: pathlib.Path) -> Iterator[Server]:
    """Run BIND; `update-policy` says who may change what."""
    port = free_port()
    keys = "\n".join(f'key "{name}" {{ algorithm {algorithm}; secret "{SECRET}"; }};' for name, algorithm in _keys())
    grants = " ".join(f"grant {name} zonesub ANY;" for name in KEYS) + f" grant {NARROW} name {NARROW_NAME} A AAAA;"
    zones = [f'zone "{zone}" {{ type primary; file "{zone}"; update-policy {{ {grants} }}; }};' for zone in (ZONE, INNER)]
    zones.append(f'zone "{OPEN}" {{ type primary; file "{OPEN}"; allow-update {{ 127.0.0.1; }}; }};')
    _zone_files(folder)
    (folder / "named.conf").write_text(NAMED.format(folder=folder, port=port, keys=keys, zones="\n".join(zones)))
    with running(folder, port, ZONES, "named", "-g", "-n", "1", "-c", str(folder / "named.conf")):
        yield Server("bind", (HOST, port), ZONE, folder)


@contextlib.contextmanager
def knot(folder: pathlib.Path) -> Iterator[Server]:
    """Run Knot DNS."""
    port = free_port()
    keys = "\n".join(f"  - id: {name}\n    algorithm: {algorithm}\n    secret: {SECRET}" for name, algorithm in _keys())
    _zone_files(folder)
    (folder / "knot.conf").write_text(KNOT.format(folder=folder, host=HOST, port=port, keys=keys, names=", ".join(KEYS)))
    with running(folder, port, ZONES, "knotd", "-c", str(folder / "knot.conf")):
        yield Server("knot", (HOST, port), ZONE, folder)


@contextlib.contextmanager
def pdns(folder: pathlib.Path) -> Iterator[Server]:
    """Run PowerDNS with its HTTP API; any key may change any name there, it knows no finer policy."""
    port, api_port = free_port(), free_port()
    (folder / "pdns.conf").write_text(PDNS.format(folder=folder, host=HOST, port=port, api_port=api_port, api_key=API_KEY))
    schema = next(pathlib.Path(what) for what in PACKAGES if what.endswith(".sql"))
    with contextlib.closing(sqlite3.connect(folder / "pdns.sqlite")) as database:
        database.executescript(schema.read_text())
    tool = ("pdnsutil", f"--config-dir={folder}")
    for name, algorithm in _keys():
        run(*tool, "import-tsig-key", name, algorithm, SECRET)
    for zone in ZONES:
        run(*tool, "create-zone", zone, "ns1.dns.example")
        run(*tool, "set-kind", zone, "native")
        if zone != OPEN:
            run(*tool, "set-meta", zone, "TSIG-ALLOW-DNSUPDATE", *KEYS)
    with running(folder, port, ZONES, "pdns_server", f"--config-dir={folder}"):
        yield Server("pdns", (HOST, port), ZONE, folder, f"http://{HOST}:{api_port}", API_KEY)


KINDS: dict[str, Callable[[pathlib.Path], contextlib.AbstractContextManager[Server]]] = {"bind": bind, "knot": knot, "pdns": pdns}


def _keys() -> list[tuple[str, str]]:
    return [*KEYS.items(), (NARROW, "hmac-sha256")]


def _zone_files(folder: pathlib.Path) -> None:
    for zone in ZONES:
        (folder / zone).write_text(TEXT)


@contextlib.contextmanager
def running(folder: pathlib.Path, port: int, zones: tuple[str, ...], *command: str) -> Iterator[None]:
    """Run a daemon in the foreground, from its first answer on; it ends with the context, whatever happens."""
    program = shutil.which(command[0], path=PATH) or command[0]
    with (folder / "log").open("wb") as log, subprocess.Popen([program, *command[1:]], stdout=log, stderr=log) as process:
        try:
            _wait(process, port, zones, folder / "log")
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(process: "subprocess.Popen[bytes]", port: int, zones: tuple[str, ...], log: pathlib.Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            if all(_knows(port, zone) for zone in zones):
                return
        time.sleep(0.05)
    raise AssertionError(f"the server does not answer: {log.read_text(errors='replace')[-2000:]}")


def _knows(port: int, zone: str) -> bool:
    """Ask for a zone's SOA record by hand and say whether one came."""
    name = b"".join(bytes([len(label)]) + label.encode() for label in zone.split(".")) + b"\0"
    query = b"\1\2\0\0\0\1\0\0\0\0\0\0" + name + b"\0\6\0\1"
    with socket.create_connection((HOST, port), 2) as asking:
        asking.sendall(len(query).to_bytes(2, "big") + query)
        answer = asking.recv(1024)
    return answer[8:10] == b"\0\1"  # one answer
