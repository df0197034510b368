"""Callers that make it hard: whatever they are like, they go on unharmed and at once, and the agent starts in a clean place."""

import os
import pathlib
import select
import signal
import subprocess
from collections.abc import Callable

import pytest

from edge_agent.snippets import whole
from tests.hooks.calling import SHELLS, Agent, end, program, soon, start

NULLS = dict.fromkeys((0, 1, 2), "/dev/null")
OWN = {signal.SIGPIPE, signal.SIGXFSZ}  # Python ignores these itself
every_shell = pytest.mark.parametrize("shell", SHELLS)

CALLERS = {  # what a caller has done before it sources the hook
    "errexit-nounset-noclobber-noglob": "set -euCf",
    "odd-ifs": "IFS='/ abe&'",
    "glob-named-files": "cd /etc; set -- '*' ?",
    "aliases": "alias cd=false umask=false exec=false\nalias unset=false\n",
    "functions": "cd() { return 3; }; umask() { return 3; }; command() { return 3; }",
    "cdpath-and-home": "CDPATH=/usr:/etc; HOME=/nowhere; export CDPATH HOME",
    "no-path": "PATH=; export PATH",
    "unset-path": "unset PATH",
    "closed-descriptors": "exec <&- >&- 2>&-",
    "exit-trap": "trap 'exit 0' EXIT",
    "jobs-of-its-own": ": & : & true",
    "monitor": "set -m 2>/dev/null",
    "in-a-function": 'called() { . "$HOOK"; }; called a b; HOOK=/dev/null',
}  # fmt: skip


@every_shell
@pytest.mark.parametrize("before", CALLERS.values(), ids=CALLERS)
def test_a_caller_goes_on(before: str, shell: str, tmp_path: pathlib.Path) -> None:
    agent = Agent(tmp_path)
    script = f'{before}\n. "$HOOK"\necho "$?" >"$OUT"\n'
    env = {"HOOK": str(agent.hook("dhclient")), "OUT": str(tmp_path / "out")}
    assert end(start([*program(shell), "-c", script, "caller"], env=env)) == (0, "", "")
    assert (tmp_path / "out").read_text() == "0\n"
    assert agent.called().descriptors == NULLS


@every_shell
def test_without_arguments_under_nounset(shell: str, tmp_path: pathlib.Path) -> None:
    agent = Agent(tmp_path)
    assert end(start([*program(shell), "-eu", str(agent.hook("generic"))])) == (0, "", "")
    assert agent.called().argv == ["hook", "generic", "--interface", "", "--address", "", "--reason", ""]


@every_shell
@pytest.mark.parametrize("named", ["no-such", "not-executable", "folder"])
def test_a_missing_agent_is_silent(named: str, shell: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "not-executable").write_text("#!/bin/sh\n")
    (tmp_path / "folder").mkdir()
    hook = Agent(tmp_path).written("hook", whole("dhclient", str(tmp_path / named)))
    for words in (["-e", str(hook)], ["-ec", f". '{hook}'; echo on"]):
        assert end(start([*program(shell), *words])) == (0, "on\n" if "-ec" in words else "", "")


@every_shell
def test_a_variable_that_cannot_be_unset_hurts_nobody(shell: str, tmp_path: pathlib.Path) -> None:
    hook = Agent(tmp_path).hook("dhclient")
    script = f"set -e; readonly LD_LIBRARY_PATH=/usr/lib; . '{hook}'; echo on"
    assert end(start([*program(shell), "-c", script])) == (0, "on\n", "")


def closed() -> None:
    """Close the first three descriptors (after the fork: this runs in the child)."""
    for number in range(3):
        os.close(number)


def deaf() -> None:
    """Ignore what a daemon may ignore."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)


CHILDREN = {"plain": None, "closed-descriptors": closed, "signals-ignored": deaf}


@every_shell
@pytest.mark.parametrize("prepare", CHILDREN.values(), ids=CHILDREN)
def test_where_the_agent_starts(prepare: Callable[[], None] | None, shell: str, tmp_path: pathlib.Path) -> None:
    agent = Agent(tmp_path)
    caller = start([*program(shell), str(agent.hook("pppd-ip-up"))], preexec_fn=prepare, umask=0o077, cwd="/usr")
    assert end(caller)[::2] == (0, "")
    call = agent.called()
    assert (call.umask, call.cwd, call.descriptors) == (0o022, "/", NULLS)
    assert call.environment.pop("PYINSTALLER_RESET_ENVIRONMENT") == "1"
    assert call.environment.keys() <= {"PWD", "OLDPWD", "SHLVL", "PATH", "_"}  # what shells add by themselves
    heard = {signal.SIGINT, signal.SIGQUIT} | ({signal.SIGHUP} if prepare is deaf else set())
    assert set(call.ignored) - OWN == heard  # POSIX: a background command ignores the first two


@every_shell
def test_what_would_mislead_the_agent_is_gone_and_the_rest_is_there(shell: str, tmp_path: pathlib.Path) -> None:
    agent = Agent(tmp_path)
    bad = dict.fromkeys(("PYTHONHOME", "PYTHONPATH", "PYTHONWARNINGS", "PYTHONINSPECT"), "/nowhere")
    bad |= {"LD_LIBRARY_PATH": "/nowhere", "LD_PRELOAD": "libc.so.6"}
    good = {"interface": "wan0", "new_ip_address": "203.0.113.7", "HOME": "/root", "PATH": "/sbin", "lease": "it's\nlong"}
    assert end(start([*program(shell), str(agent.hook("dhclient"))], env={**bad, **good})) == (0, "", "")
    found = agent.called().environment
    assert bad.keys() & found.keys() == set()
    assert {name: found[name] for name in good} == good


@every_shell
@pytest.mark.parametrize("way", ["executed", "sourced"])
def test_a_removed_directory(way: str, shell: str, tmp_path: pathlib.Path) -> None:
    agent = Agent(tmp_path)
    gone = tmp_path / "gone"
    gone.mkdir()
    call = f". '{agent.hook('dhclient')}'" if way == "sourced" else f"exec {' '.join(program(shell))} '{agent.hook('dhclient')}'"
    caller = start([*program(shell), "-ec", f"cd '{gone}'; rmdir='/usr/bin/rmdir'; $rmdir '{gone}'; {call}"])
    assert end(caller)[0] == 0  # what the shell itself says of its directory is its own affair
    assert agent.called().cwd == "/"


@every_shell
@pytest.mark.parametrize("way", ["executed", "sourced"])
def test_leaked_descriptors_are_closed(way: str, shell: str, tmp_path: pathlib.Path) -> None:
    agent = Agent(tmp_path)
    hook = agent.hook("dhclient")
    reading, writing = os.pipe()
    leaks = " ".join(f"{number}>&{writing}" for number in range(3, 10))
    leaky = ["/usr/bin/bash", "-c", f'exec {leaks} {writing}>&-; exec "$@"', "leaky"]
    with agent.held():
        how = [str(hook)] if way == "executed" else ["-c", f". '{hook}'"]
        assert end(start([*leaky, *program(shell), *how], pass_fds=[writing])) == (0, "", "")
        os.close(writing)
        assert agent.called().descriptors == NULLS
        assert select.select([reading], [], [], 5)[0] == [reading]
        assert os.read(reading, 1) == b""
        assert agent.called().is_running()
    os.close(reading)


@every_shell
@pytest.mark.parametrize(
    "script", ['x=$(. "$HOOK"); echo on', '. "$HOOK"; wait; echo on', '. "$HOOK" | cat; echo on', 'exec "$HOOK"']
)
def test_nobody_waits_for_the_agent(script: str, shell: str, tmp_path: pathlib.Path) -> None:
    agent = Agent(tmp_path)
    with agent.held():
        caller = start([*program(shell), "-c", script], env={"HOOK": str(agent.hook("udhcpc")), "PATH": "/usr/bin"})
        assert end(caller) == (0, "" if script.startswith("exec") else "on\n", "")
        assert agent.called().is_running()


@every_shell
@pytest.mark.parametrize("group", [False, True], ids=["process", "group"])
def test_what_a_killed_caller_takes_along(group: bool, shell: str, tmp_path: pathlib.Path) -> None:  # noqa: FBT001 - a column
    agent = Agent(tmp_path)
    with agent.held():
        caller = start(
            [*program(shell), "-c", f". '{agent.hook('dhclient')}'; read x"], stdin=subprocess.PIPE, start_new_session=True
        )
        call = agent.called()
        (os.killpg if group else os.kill)(caller.pid, signal.SIGTERM)
        caller.communicate(timeout=5)
        if group:
            soon(lambda: not call.is_running(), "the agent outlived its group")
        else:
            assert call.is_running()
