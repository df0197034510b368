"""Completion for bash, made from the tables of commands and settings. It needs no other script, and starts no program."""

from typing import Final

from edge_agent import providers
from edge_agent.events import SOURCES
from edge_agent.settings import BY_FLAG, COMMANDS, EXTRA, EXTRA_FLAGS, SETTINGS, Flag, Setting

_DEVICES: Final = frozenset({"GLOB", "IFACE", "UPLINK"})
_SPECIAL: Final = ("-h", "--help", "--version")


def script() -> str:
    """Return the file for /usr/share/bash-completion/completions."""
    return _FRAME.format(
        commands=" ".join(COMMANDS),
        flags=" ".join(sorted({*BY_FLAG, *_SPECIAL})),
        sources=" ".join(SOURCES),
        providers=" ".join(provider.name for provider in providers.every() if not provider.gone),
        values="".join(_values()),
        own="".join(
            f'\t{name}) words="$words {" ".join(flag.spelling for one in own for flag in one.flags)}" ;;\n'
            for name, own in EXTRA.items()
        ),
        valued="|".join(sorted(spelling for spelling, known in _known().items() if known[1].says is None)),
    )


def _known() -> dict[str, tuple[Setting, Flag]]:
    return {**BY_FLAG, **EXTRA_FLAGS}


def _values() -> list[str]:
    """Return, for every flag with a value, the arm of `case` that offers what may stand there."""
    rows: dict[str, list[str]] = {}
    own = [setting for group in EXTRA.values() for setting in group]
    for setting in (*SETTINGS, *own):
        spellings = [flag.spelling for flag in setting.flags if flag.says is None]
        offered = _offered(setting)
        if spellings and offered:
            rows.setdefault(offered, []).extend(spelling for spelling in spellings if spelling not in rows.get(offered, []))
    return [f"\t{'|'.join(spellings)}) {offered} ;;\n" for offered, spellings in rows.items()]


def _offered(setting: Setting) -> str:
    words = setting.value.split("|")
    kinds = []
    if not _DEVICES.isdisjoint(words):
        kinds.append('_edge_agent_words "$cur" $(cd /sys/class/net 2>/dev/null && echo *)')
    if "FILE" in words:
        kinds.append('_edge_agent_paths -f "$cur"')
    if "DIR" in words:
        kinds.append('_edge_agent_paths -d "$cur"')
    if setting.name == "provider":
        kinds.append('_edge_agent_words "$cur" $_edge_agent_providers')
    if setting.name == "allow":
        kinds.append(f'_edge_agent_words "$cur" {setting.about.partition(": ")[2].replace(",", "")}')
    choices = [word for word in words if word.islower()]
    if choices:
        kinds.append(f'_edge_agent_words "$cur" {" ".join(choices)}')
    return "; ".join(kinds)


_FRAME: Final = """\
# bash completion for edge-agent(8)                          -*- shell-script -*-
# shellcheck shell=bash disable=SC2207,SC2086,SC2046 # words without blanks, taken apart on purpose

_edge_agent_providers="{providers}"

_edge_agent_words() {{
	local cur=$1
	shift
	COMPREPLY+=($(compgen -W "$*" -- "$cur"))
}}

_edge_agent_paths() {{
	local IFS=$'\\n'
	COMPREPLY+=($(compgen "$1" -- "$2"))
	type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null
	return 0
}}

# What may follow a flag that wants a value.
_edge_agent_value() {{
	local cur=$2
	case $1 in
{values}	esac
}}

_edge_agent() {{
	local cur=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} command='' operand='' word place=1
	local words="{flags}"
	COMPREPLY=()
	if [ "$cur" = = ]; then
		_edge_agent_value "$previous" ""
		return
	fi
	[ "$previous" != = ] || previous=${{COMP_WORDS[COMP_CWORD - 2]}}
	while [ "$place" -lt "$COMP_CWORD" ]; do
		word=${{COMP_WORDS[place]}}
		place=$((place + 1))
		case $word in
		{valued})
			[ "${{COMP_WORDS[place]}}" != = ] || place=$((place + 1))
			place=$((place + 1))
			;;
		-* | =) ;;
		*) if [ -z "$command" ]; then command=$word; else operand=$word; fi ;;
		esac
	done
	[ "$command" != hook ] || [ -z "$operand" ] || return 0
	case $previous in
	{valued})
		_edge_agent_value "$previous" "$cur"
		return
		;;
	esac
	case $command in
{own}	esac
	case $cur in
	-*) _edge_agent_words "$cur" $words ;;
	*)
		[ -z "$operand" ] || return 0
		case $command in
		'') _edge_agent_words "$cur" {commands} ;;
		hook) _edge_agent_words "$cur" {sources} ;;
		providers) _edge_agent_words "$cur" $_edge_agent_providers ;;
		pin) _edge_agent_words "$cur" $(cd /sys/class/net 2>/dev/null && echo *) ;;
		esac
		;;
	esac
}}

complete -F _edge_agent edge-agent
"""
