"""NewFuture's `ddns`, frozen as its readers would: PyInstaller's plain --onefile. Made once for each version."""

import hashlib
import importlib.metadata
import pathlib
import shutil
import subprocess
import sys
from typing import Final

from build.stage import ROOT

LOCK: Final = ROOT / "build" / "requirements" / "bench.txt"
MADE: Final = ROOT / "build" / "made" / "bench"
TARGET: Final = MADE / "ddns"
STAMP: Final = MADE / "ddns.stamp"
START: Final = "from ddns.__main__ import main\n\nmain()\n"


def _digest() -> str:
    parts = (LOCK.read_text(), sys.version, importlib.metadata.version("pyinstaller"), pathlib.Path(__file__).read_text())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def is_made() -> bool:
    """Say whether this version of it is there."""
    return TARGET.exists() and STAMP.exists() and STAMP.read_text() == _digest()


def trouble() -> str:
    """Install and freeze it where that has not been done; return why it is not there, or nothing."""
    if is_made():
        return ""
    shutil.rmtree(MADE, ignore_errors=True)
    packages, work = MADE / "packages", MADE / "work"
    work.mkdir(parents=True)
    (work / "start.py").write_text(START)
    install = ["pip", "install", "--quiet", "--no-deps", "--require-hashes", "--target", str(packages), "-r", str(LOCK)]
    places = ["--paths", str(packages), "--distpath", str(MADE), "--workpath", str(work), "--specpath", str(work)]
    freeze = ["PyInstaller", "--onefile", "--noconfirm", "--log-level=ERROR", "--name=ddns", *places, str(work / "start.py")]
    for words in (install, freeze):
        done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{words[0]} could not make it: {done.stderr.strip().splitlines()[-1]}"
    STAMP.write_text(_digest())
    return ""


if __name__ == "__main__":
    print(trouble() or TARGET)
