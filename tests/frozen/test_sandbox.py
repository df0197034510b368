"""The executable in the sandbox of its units: no system call that they refuse, no memory that is written and executed."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from tests.frozen.conftest import PLAIN, Place

SERVICE = "@system-service"
FAMILIES = {"AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"}  # RestrictAddressFamilies= of the units
REFUSE_GAIN = "import ctypes, os, sys; assert ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0; os.execv(sys.argv[1], sys.argv[1:])"


def allowed(name: str = SERVICE) -> set[str]:
    """Return the system calls of a set, as this systemd has it (systemd-analyze syscall-filter)."""
    told = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name], capture_output=True, text=True, check=True)
    words = [line.strip() for line in told.stdout.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return {call for word in words for call in (allowed(word) if word.startswith("@") else {word})}


@pytest.fixture
def trace(exe: pathlib.Path, place: Place) -> list[str]:
    """Return the system calls of a whole run: it unpacks, looks, probes, speaks TLS, remembers."""
    if shutil.which("strace") is None or shutil.which("systemd-analyze") is None:
        pytest.skip("needs strace and systemd-analyze")
    log = place.folder / "trace"
    words = ["strace", "-f", "-qq", "-o", str(log), str(exe), "run", *place.flags]
    done = subprocess.run(
        words, env={**PLAIN, "TMPDIR": str(place.folder)}, capture_output=True, text=True, check=False, timeout=60
    )
    if "PTRACE" in done.stderr:
        pytest.skip(f"strace cannot trace here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert place.service.records
    return log.read_text().splitlines()


def test_every_system_call_is_one_of_a_service(trace: list[str]) -> None:
    used = {found[1] for line in trace if (found := re.match(r"\d+ +(\w+)\(", line))}
    assert len(used) > 30
    assert used - allowed() == set()
    families = {found[1] for line in trace if (found := re.search(r"\bsocket\((AF_\w+)", line))}
    assert families <= FAMILIES


def test_no_memory_is_written_and_executed(trace: list[str]) -> None:
    """MemoryDenyWriteExecute= refuses what maps both, and what makes executable later."""
    made = [line for line in trace if re.search(r"\b(pkey_)?mprotect\(.*PROT_EXEC", line)]
    both = [line for line in trace if re.search(r"\bmmap\(.*PROT_WRITE\|PROT_EXEC", line)]
    assert (made, both) == ([], [])


def test_it_starts_where_the_kernel_refuses_such_memory(exe: pathlib.Path) -> None:
    words = [sys.executable, "-c", REFUSE_GAIN, str(exe), "--version"]
    done = subprocess.run(words, env=PLAIN, capture_output=True, text=True, check=False, timeout=60)
    if "AssertionError" in done.stderr:
        pytest.skip("this kernel has no PR_SET_MDWE (Linux 6.3)")
    assert (done.returncode, done.stderr) == (0, "")
