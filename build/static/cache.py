"""Steps of a long build: each is a shell script over named inputs, and its result is kept under the hash of all of them.

The store lies outside the clone, so that a clean clone builds in seconds on a machine that built before; nothing breaks without it.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LONG = ("build-python", "libpython", "openssl")  # steps that take minutes: EDGE_AGENT_KEPT says not to begin any
EPOCH = "1735689600"  # 2025-01-01: every date inside is this one
TAIL = 3000


class Made(NamedTuple):
    """The result of a step: its folder, and the hash of everything that went into it."""

    folder: pathlib.Path
    key: str


Input = Made | pathlib.Path | str
Inputs = dict[str, Input]


def store() -> pathlib.Path:
    """Return the folder that keeps results: in the user's cache where it can be written, else in the clone."""
    base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "edge-agent" / "static"
    try:
        base.mkdir(parents=True, exist_ok=True)
    except OSError:
        base = ROOT / "build" / "made" / "static"
        base.mkdir(parents=True, exist_ok=True)
    return base


def file_hash(path: pathlib.Path) -> str:
    """Return the SHA-256 of a file, or of a folder's Python files by name and content."""
    if not path.is_dir():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    total = hashlib.sha256()
    for each in sorted(path.rglob("*.py")):
        total.update(f"{each.relative_to(path)}\0{file_hash(each)}\n".encode())
    return total.hexdigest()


def commands(script: str) -> str:
    """Return the text of a step without its comments, which change nothing."""
    lines = (HERE / "steps" / script).read_text().splitlines()
    return "".join(f"{line}\n" for line in lines if line.strip() and not line.lstrip().startswith("#"))


def _identity(value: Input) -> str:
    match value:
        case Made():
            return value.key
        case pathlib.Path():
            return file_hash(value)
        case str():
            return value


def step(name: str, script: str, inputs: Mapping[str, Input], *, label: str = "") -> Made:
    """Return what `steps/SCRIPT` makes of `inputs`, which it sees as variables; run it only where that is not kept yet.

    The script runs in an empty folder with OUT to fill. Its own commands, and the content of every input, are part of the key.
    """
    text = commands(script)
    if "/common.sh" in text:
        text += commands("common.sh")
    parts = [f"{word}={_identity(value)}\n" for word, value in sorted(inputs.items()) if word != "PYTHON"]  # only runs pip
    key = hashlib.sha256((text + "".join(parts)).encode()).hexdigest()[:20]
    result = store() / f"{name}-{key}"
    if not result.exists():
        with _only_one(store() / f"{name}.lock"):
            if not result.exists():
                _run(name, script, inputs, result, label or name)
    os.utime(result)  # what is old may be swept away
    return Made(result, key)


def _run(name: str, script: str, inputs: Mapping[str, Input], result: pathlib.Path, label: str) -> None:
    if name.startswith(LONG) and os.environ.get("EDGE_AGENT_KEPT"):
        sys.exit(f"the result of '{label}' is not kept from an earlier build")
    work = store() / "work" / name
    shutil.rmtree(work, ignore_errors=True)
    (work / "out").mkdir(parents=True)
    (work / "in").mkdir()
    env = {word: os.environ[word] for word in os.environ if word in _PASSED or word.startswith("PIP_")}
    env |= {word: str(value.folder if isinstance(value, Made) else value) for word, value in inputs.items()}
    env |= {"OUT": str(work / "out"), "STEPS": str(HERE / "steps"), "STORE": str(store()), "LC_ALL": "C", "TZ": "UTC"}
    env |= {"SOURCE_DATE_EPOCH": EPOCH, "PYTHONHASHSEED": "0", "JOBS": os.environ.get("JOBS") or str(os.cpu_count() or 1)}
    print(f"  {label} …", end="", flush=True)
    started_at = time.monotonic()
    log = store() / f"{name}.log"
    with log.open("wb") as written:
        command = ["sh", "-eu", str(HERE / "steps" / script)]
        done = subprocess.run(
            command, cwd=work / "in", env=env, stdin=subprocess.DEVNULL, stdout=written, stderr=written, check=False
        )
    print(f" {time.monotonic() - started_at:.0f} s")
    if done.returncode:
        sys.exit(f"the step '{label}' failed; the end of {log}:\n{log.read_text(errors='replace')[-TAIL:]}")
    (work / "out").rename(result)
    shutil.rmtree(work, ignore_errors=True)


_PASSED = {"PATH", "HOME", "XDG_CACHE_HOME", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}


@contextlib.contextmanager
def _only_one(path: pathlib.Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sweep(days: float) -> None:
    """Remove results that no build has asked for in so many days."""
    for each in store().iterdir():
        if each.is_dir() and each.name not in {"work", "zig", "sources"} and time.time() - each.stat().st_mtime > days * 86400:
            shutil.rmtree(each, ignore_errors=True)
