"""What the hooks start in place of the agent: it writes down how it was called, and waits to be told to end where asked to.

The record appears whole, under the name of this file plus `.call.` and the process id.
"""
# ruff: noqa: PTH109, PTH104, PTH110, PTH115, PTH123, PTH208, SIM115 - started some hundred times: pathlib would double each

import os
import sys
import time


def descriptors() -> dict[int, str]:
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:  # the listing's own
            continue
    return found


def status() -> dict[str, str]:
    with open("/proc/self/status", "rb") as lines:
        return dict(line.decode().rstrip("\n").split(":\t", 1) for line in lines if b":\t" in line)


def ignored(mask: str) -> list[int]:
    return [number for number in range(1, 32) if int(mask, 16) >> (number - 1) & 1]


def main() -> None:
    found = descriptors()  # first: before anything of our own is open
    now = status()
    record = {
        "argv": sys.argv[1:],
        "environment": dict(entry.split("=", 1) for entry in open("/proc/self/environ").read().split("\0") if "=" in entry),
        "umask": int(now["Umask"], 8),
        "cwd": os.getcwd(),
        "descriptors": found,
        "ignored": ignored(now["SigIgn"]),
        "pid": os.getpid(),
    }
    with open(f"{sys.argv[0]}.new.{os.getpid()}", "w") as file:
        file.write(repr(record))
    os.rename(file.name, f"{sys.argv[0]}.call.{os.getpid()}")
    while os.path.exists(f"{sys.argv[0]}.hold"):
        time.sleep(0.01)


main()
