"""A program stopped where its memory can be read: after each of its writes, and once more just before it is gone (ptrace(2))."""

import ctypes
import os
import pathlib
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Final

SEIZE, CONT, SYSCALL, GET_SYSCALL_INFO = 0x4206, 7, 24, 0x420E
TRACESYSGOOD, TRACEEXIT, EXITKILL = 0x1, 0x40, 0x100000
EVENT_EXIT: Final = 6
SYSCALL_EXIT: Final = 2  # struct ptrace_syscall_info, op
WAIT: Final = 'kill -STOP $$; exec "$@"'  # stays stopped until it is traced, then becomes the program


class SyscallInfo(ctypes.Structure):
    """The head of struct ptrace_syscall_info; what follows depends on `op`."""

    _fields_ = (("op", ctypes.c_uint8), ("rest", ctypes.c_uint8 * 127))


def _ptrace(request: int, pid: int, place: int, data: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.restype = ctypes.c_long
    answer: int = libc.ptrace(ctypes.c_long(request), ctypes.c_long(pid), ctypes.c_void_p(place), data)
    if answer < 0:
        raise OSError(ctypes.get_errno(), f"ptrace request {request:#x}")
    return answer


def traced(
    argv: Sequence[str],
    env: Mapping[str, str],
    out: pathlib.Path,
    at_end: Callable[[int], None],
    after_call: Callable[[int], None] | None = None,
    join: Sequence[pathlib.Path] = (),
) -> int:
    """Run a program, printing to `out`; return its exit code.

    `at_end` is called with its process id when all of its memory is still there but nothing will run in it any more;
    `after_call` after each system call; both find the process stopped. `join` are cgroups that it enters first.
    """
    with out.open("wb") as written:
        words = ["/bin/sh", "-c", WAIT, "wait", *argv]
        process = subprocess.Popen(words, env=dict(env), stdin=subprocess.DEVNULL, stdout=written, stderr=written)
    pid = process.pid
    os.waitpid(pid, os.WUNTRACED)
    for cgroup in join:
        (cgroup / "cgroup.procs").write_text(str(pid))
    _ptrace(SEIZE, pid, 0, ctypes.c_void_p(TRACESYSGOOD | TRACEEXIT | EXITKILL))
    os.kill(pid, signal.SIGCONT)
    way = SYSCALL if after_call else CONT
    while True:
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode
        passed_on = _stopped(pid, status, at_end, after_call)
        _ptrace(way, pid, 0, ctypes.c_void_p(passed_on))


def _stopped(pid: int, status: int, at_end: Callable[[int], None], after_call: Callable[[int], None] | None) -> int:
    """Look at a stopped process where it is time to; return the signal that it is to get, or 0."""
    number = os.WSTOPSIG(status)
    if status >> 16 == EVENT_EXIT:
        at_end(pid)
    elif number == signal.SIGTRAP | 0x80:
        info = SyscallInfo()
        _ptrace(GET_SYSCALL_INFO, pid, ctypes.sizeof(info), ctypes.byref(info))
        if after_call and info.op == SYSCALL_EXIT:
            after_call(pid)
    elif status >> 16 == 0 and number not in {signal.SIGTRAP, signal.SIGSTOP, signal.SIGCONT}:
        return number
    return 0
