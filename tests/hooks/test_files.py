"""Every hook file, under every shell, sourced and executed: the agent gets the right words, once; the caller stays as it was."""

import pathlib
import re

import pytest

from edge_agent.snippets import SNIPPETS, whole
from tests.hooks.calling import SHELLS, Agent, end, program, start

ARGS = ["wan0", "two words", "", "*", "it's $HOME", "-x"]
FIRST = {  # what the agent must be told before the caller's own words
    **{f"pppd-{event}": event for event in ("ip-up", "ip-down", "ipv6-up", "ipv6-down")},
    **{f"edgeos-{event}": event for event in ("ip-up", "ip-down")},
    **{f"merlin-{event}": event for event in ("wan-event", "ddns-start")},
    **{f"tomato-{event}": event for event in ("wanup", "mwanup")},
    **{f"keenetic-{event}": f"{event}.d" for event in ("iflayerchanged", "ifipchanged", "wan")},
}
# All is said in variables; the words are the hook's own path (dhclient's run_hook) or of no meaning
WORDLESS = {"dhclient", "dhcpcd", "freebsd", "vyos", "ifupdown-up", "ifupdown-down", "netifd", "mwan3", "networkd"}
# $- $! and positional parameters, directory, umask, variables, what is exported, traps, aliases, descriptors
SNAPSHOT = 'echo "$-|$!|$#|$*|$IFS"; pwd; umask; set; export -p; trap; alias; echo /proc/$$/fd/*'
CALLER = f"""
set -- "$@"; cd /usr; umask 027; plain=kept; export shown=shown
trap 'echo bye' EXIT; trap '' USR1; trap : USR2; alias ll=ls; exec 5>&1
: & wait $!
{{ {SNAPSHOT}; }} >"$OUT.before"
. "$HOOK"
echo $? >"$OUT.status"
{{ {SNAPSHOT}; }} >"$OUT.after"
"""
RESTLESS = re.compile(r"^(_|LINENO|BASH_LINENO|BASH_ARG[CV]|S?RANDOM|SECONDS|EPOCH\w+|PIPESTATUS)=.*\n", re.MULTILINE)


def told(name: str) -> list[str]:
    """Return the words that the agent must get."""
    flags = ["--config", "/etc/it's mine.toml"]
    if name == "generic":
        return ["hook", *flags, "generic", "--interface", ARGS[0], "--address", ARGS[1], "--reason", ARGS[2]]
    first = [FIRST[name]] if name in FIRST else []
    return ["hook", *flags, SNIPPETS[name].source, *first, *([] if name in WORDLESS else ARGS)]


def hook(agent: Agent, name: str) -> pathlib.Path:
    return agent.hook(name, ("--config", "/etc/it's mine.toml"))


@pytest.mark.parametrize("name", SNIPPETS)
def test_executed(name: str, tmp_path: pathlib.Path) -> None:
    agents = {shell: Agent(tmp_path / shell) for shell in SHELLS}
    callers = {shell: start([*program(shell), str(hook(agent, name)), *ARGS]) for shell, agent in agents.items()}
    assert {shell: end(caller) for shell, caller in callers.items()} == dict.fromkeys(SHELLS, (0, "", ""))
    assert {shell: agent.called().argv for shell, agent in agents.items()} == dict.fromkeys(SHELLS, told(name))


@pytest.mark.parametrize("name", SNIPPETS)
def test_sourced(name: str, tmp_path: pathlib.Path) -> None:
    agents = {shell: Agent(tmp_path / shell) for shell in SHELLS}
    callers = {}
    for shell, agent in agents.items():
        env = {"HOOK": str(hook(agent, name)), "OUT": str(tmp_path / shell / "out"), "interface": "wan0"}
        callers[shell] = start([*program(shell), "-c", CALLER, "caller", *ARGS], env=env)
    assert {shell: end(caller) for shell, caller in callers.items()} == dict.fromkeys(SHELLS, (0, "bye\n", ""))
    assert {shell: agent.called().argv for shell, agent in agents.items()} == dict.fromkeys(SHELLS, told(name))
    for shell in SHELLS:
        assert (tmp_path / shell / "out.status").read_text() == "0\n"
        before, after = (RESTLESS.sub("", (tmp_path / shell / f"out.{when}").read_text()) for when in ("before", "after"))
        assert "plain=" in before
        assert "/fd/5" in before
        assert after == before


def test_executed_by_the_kernel(tmp_path: pathlib.Path) -> None:
    agent = Agent(tmp_path)
    assert end(start([str(agent.hook("networkmanager")), "wan0", "up"])) == (0, "", "")
    assert agent.called().argv == ["hook", "networkmanager", "wan0", "up"]


@pytest.mark.parametrize("shell", SHELLS)
def test_merlin_is_answered_at_once(shell: str, tmp_path: pathlib.Path) -> None:
    agent = Agent(tmp_path)
    answer = agent.written("answer", f'#!/bin/sh\necho "$@" >>{tmp_path}/answered\n')
    text = whole("merlin-ddns-start", str(agent.path))
    assert text.count("/sbin/ddns_custom_updated 1 ") == 1
    path = agent.written("ddns-start", text.replace("/sbin/ddns_custom_updated", str(answer)))
    with agent.held():
        assert end(start([*program(shell), str(path), "203.0.113.7"])) == (0, "", "")
        assert (tmp_path / "answered").read_text() == "1\n"
        assert agent.called().argv == ["hook", "merlin", "ddns-start", "203.0.113.7"]
