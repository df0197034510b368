"""Renew pins.toml from the signed source index of the suite: Debian replaces its sources when it mends them.

Run as `python -m build.static.renew`; it says what changed. The hashes come through apt, which checks the archive's signature.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from build.static.sources import PINS, mirror, pins

KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


def listed(folder: Path, package: str) -> list[tuple[str, str]]:
    """Return the files of a source package, each with its SHA-256, as the signed index names them: paths under pool/main."""
    told = subprocess.run(
        ["apt-get", *options(folder), "source", "--print-uris", package], capture_output=True, text=True, check=True
    ).stdout
    found = re.findall(r"^'\S*/pool/main/(\S+)' \S+ \d+ SHA256:([0-9a-f]{64})", told, re.MULTILINE)
    return [(path.replace("%2b", "+").replace("%7e", "~"), sha256) for path, sha256 in found]


def options(folder: Path) -> list[str]:
    """Return apt's options for lists of our own: the machine's are left alone, and need no deb-src line."""
    pairs = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    return [word for name, value in pairs.items() for word in ("-o", f"{name}={value}")]


def main() -> None:
    """Rewrite the pins whose files the index no longer names."""
    text = PINS.read_text()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each in ("lists/partial", "cache/archives/partial"):
            (folder / each).mkdir(parents=True)
        (folder / "sources.list").write_text(f"deb-src [signed-by={KEYS}] {mirror()} {pins()['suite']} main\n")
        subprocess.run(["apt-get", *options(folder), "update", "-qq"], check=True)
        for part, pin in pins().items():
            if isinstance(pin, dict):
                text = renewed(text, part, pin, listed(folder, pin["package"]))
    PINS.write_text(text)


def renewed(text: str, part: str, pin: dict[str, str], files: list[tuple[str, str]]) -> str:
    """Return the text of pins.toml with the files of one part as they are now."""
    wanted = {"upstream": re.compile(r"\.orig\.tar\.\w+$"), "debian": re.compile(r"\.debian\.tar\.\w+$")}
    for side, pattern in wanted.items():
        path, sha256 = next((entry for entry in files if pattern.search(entry[0])), ("", ""))
        if not path:
            sys.exit(f"the index names no {side} file for {pin['package']}")
        if (path, sha256) != (pin[side], pin[f"{side}_sha256"]):
            print(f"{part}: {pin[side]} is now {path}")
            text = text.replace(f'"{pin[side]}"', f'"{path}"').replace(pin[f"{side}_sha256"], sha256)
    return text


if __name__ == "__main__":
    main()
