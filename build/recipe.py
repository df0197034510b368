"""What goes into an executable and what stays out, for every way to freeze it: the stock one (edge-agent.spec), the static ones.

A module gets in because a visible import statement of the agent leads to it. LEFT_OUT names what would get in and is never used;
tests/frozen holds this list to the agent's own imports.
"""

import _imp
import pathlib
import sys
from collections.abc import Callable
from typing import Any

FROZEN = pathlib.Path(__file__).with_name("frozen")

# What a run without a change loads from the archive of a static executable: stored as it is, since unpacking took longer than
# reading it. build/check_static.py holds this list to what such a run loads.
READY = frozenset(
    ["__future__", "_weakrefset", "collections", "netifaces", "struct", "typing", "edge_agent"]
    + [f"edge_agent.{name}" for name in ("__main__", "doors", "files", "gate", "inet", "kernel", "ledger", "machine", "memory")]
    + [f"edge_agent.{name}" for name in ("netlink", "porter", "rtnetlink", "signals", "streams", "uplinks", "verdicts", "ways")]
    + [f"edge_agent.model{name}" for name in ("", ".choosing", ".doing", ".network", ".remembering", ".wishes")]
)

LEFT_OUT = [
    # tools that look at code; imported at the rim of many modules, used by none of the paths we take
    "inspect",
    "argparse",
    "ast",
    "dis",
    "opcode",
    "pdb",
    "bdb",
    "code",
    "codeop",
    "cmd",
    "doctest",
    "pydoc",
    "unittest",
    "trace",
    "importlib.metadata",
    "importlib.resources",
    "importlib.abc",
    "importlib.readers",
    "pkgutil",
    "_pydatetime",  # in place of the C module, which is always there
    "site",
    "sysconfig",
    "_sysconfigdata",
    # packaging and parallel work
    "setuptools",
    "distutils",
    "pkg_resources",
    "multiprocessing",
    "concurrent",
    "asyncio",
    "runpy",
    "pip",
    # archives and their libraries
    "zipfile",
    "tarfile",
    "bz2",
    "_bz2",
    "lzma",
    "_lzma",
    "gzip",
    "_compression",
    "zstandard",
    "compression",
    "brotli",
    "brotlicffi",
    # numbers, clocks and tables nobody asks for
    "decimal",
    "_decimal",
    "_pydecimal",
    "fractions",
    "statistics",
    "numbers",
    "unicodedata",
    "stringprep",
    "csv",
    "pprint",
    "gettext",
    "_strptime",
    "zoneinfo",
    "uuid",
    "_uuid",
    "dataclasses",
    "contextvars",
    "_contextvars",
    "_codecs_cn",
    "_codecs_hk",
    "_codecs_iso2022",
    "_codecs_jp",
    "_codecs_kr",
    "_codecs_tw",
    "_multibytecodec",
    # the ends of packages of which we use the middle
    "email.policy",
    "email.headerregistry",
    "email.contentmanager",
    "email._header_value_parser",
    "email.generator",
    "email._policybase",
    "email.feedparser",
    "email.iterators",
    "pickle",
    "_compat_pickle",
    "tracemalloc",
    "_py_abc",
    "_queue",
    "importlib._bootstrap",
    "importlib._bootstrap_external",
    "typing_extensions",
    # the other ways to the network
    "urllib3.contrib.pyopenssl",
    "urllib3.contrib.emscripten",
    "urllib3.contrib.socks",
    "urllib3.http2.connection",
    "h2",
    "socks",
    "urllib.request",
    "urllib.response",
    "urllib.error",
    "ftplib",
    "netrc",
    "socketserver",
    "http.server",
    "smtplib",
    "nturl2path",
    "getpass",
    "certifi",
    "idna",
    "cryptography",
    "OpenSSL",
    "xml",
    "pyexpat",
    "html",
    "xmlrpc",
    # terminals, C calls, other systems
    "readline",
    "curses",
    "resource",
    "termios",
    "tty",
    "ctypes",
    "_ctypes",
    "_aix_support",
    "winreg",
    "msvcrt",
    "optparse",
    "getopt",
    "ntpath",
]

ENCODINGS = [
    "encodings",
    "encodings.aliases",
    "encodings.utf_8",
    "encodings.utf_8_sig",
    "encodings.ascii",
    "encodings.latin_1",
    "encodings.idna",
]
REPLACED = {
    "urllib3.http2": FROZEN / "urllib3_http2" / "__init__.py",
    "encodings.idna": FROZEN / "idna_ascii.py",
    "email.message": FROZEN / "email_light" / "message.py",
    "email.parser": FROZEN / "email_light" / "parser.py",
}

# Light stand-ins for modules that are named everywhere and hardly used; the whole ones are loaded when more of them is wanted.
LIGHT = {
    "collections": FROZEN / "collections_light" / "__init__.py",
    "logging": FROZEN / "logging_light.py",
    "queue": FROZEN / "queue_light.py",
    "threading": FROZEN / "threading_light.py",
    "weakref": FROZEN / "weakref_light.py",
}
ADDED = {}
if sys.version_info < (3, 14):  # from there on annotations are functions, and typing itself starts lighter
    LIGHT["typing"] = FROZEN / "typing_light.py"
    ADDED["typing_more"] = FROZEN / "typing_more.py"


def slim(analysis: Any, is_carried: Callable[[str], bool] = _imp.is_frozen) -> None:
    """Take out of PyInstaller's analysis what need not be inside, and put the light stand-ins in.

    `is_carried` says which modules the interpreter of the executable brings itself.
    """
    analysis.pure[:] = [
        (name, str(REPLACED.get(name, source)), kind)
        for name, source, kind in analysis.pure
        if not is_carried(name) and name.partition(".")[0] != "encodings"
    ]
    for name, light in LIGHT.items():
        whole = next(entry for entry in analysis.pure if entry[0] == name)
        analysis.pure.remove(whole)
        analysis.pure += [(name, str(light), whole[2]), (f"whole_{name}", *whole[1:])]
    analysis.pure += [(name, str(path), "PYMODULE-2") for name, path in ADDED.items()]
    # inspect costs 4.7 MB at every start
    analysis.scripts[:] = [entry for entry in analysis.scripts if not entry[0].startswith("pyi_rth_")]
