"""`install` and `uninstall`: the box is looked at, what belongs there is compared with what stands there, and made so."""

# pathlib would cost more memory than all of this:
# ruff: noqa: PTH100, PTH112

import errno
import os
import sys
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from edge_agent import signals, surveying
from edge_agent.console import Console
from edge_agent.install import Box, Command, Need, Piece, Plan, Sight, Step, layouts, regular, shown, steps
from edge_agent.memory import now
from edge_agent.planting import Tree
from edge_agent.report import Say, objects
from edge_agent.settings import USUAL_FILE
from edge_agent.settings.gathering import Wish
from edge_agent.verdicts import DONE, PERSON

LONGEST_FOR: Final = 600.0  # seconds: some commands of the system wait for each other


class Work(NamedTuple):
    """What is to be done: a plan, its steps, and those after which nothing else of ours is left."""

    plan: Plan
    have: list[Step]
    lose: list[Step]


def install(wish: Wish, console: Console) -> int:
    """Put hooks and a timer in place (or the resident watch), take away what belongs there no more; return the exit code."""
    where = _where(wish, console)
    if where is None:
        return PERSON
    tree, box = where
    need = _need(wish, tree, box)
    refusal = surveying.weak(need.agent) if tree.live and not _only_shown(wish) else ""
    if refusal:
        mend = "move it where only root can write, such as /usr/local/bin, and install from there"
        return _refused(console, f"hooks run as root and are to call {need.agent}, but {refusal}: {mend}")
    plan = layouts.plan(box, need, watch=bool(wish.own.get("watch")))
    if not plan.pieces and not plan.paste:
        return _refused(console, *plan.troubles)
    _warn(wish, tree, need, console)
    return _worked(wish, console, tree, box, _work(tree, plan, need))


def uninstall(wish: Wish, console: Console) -> int:
    """Take away all that any install has put in place; return the exit code."""
    where = _where(wish, console)
    if where is None:
        return PERSON
    tree, box = where
    return _worked(wish, console, tree, box, _work(tree, Plan(), Need(data=_data())))


def _only_shown(wish: Wish) -> bool:
    return bool(wish.own.get("list")) or wish.settings.dry_run


def _refused(console: Console, *lines: str) -> int:
    for line in lines:
        console.log(Say("error", line), now().wall)
    return PERSON


def _where(wish: Wish, console: Console) -> tuple[Tree, Box] | None:
    """Return the tree and what it runs; None, and a line, where nothing can be done there."""
    signals.end_within(LONGEST_FOR)
    top = wish.own.get("root")
    if isinstance(top, str) and (sys.platform == "win32" or not os.path.isdir(top)):
        _refused(console, f"--root {top}: there is no such directory, or this system has none of that kind")
        return None
    tree = Tree(top if isinstance(top, str) else None)
    if tree.live and sys.platform != "win32" and os.geteuid() != 0 and not _only_shown(wish):
        _refused(console, f"{wish.command} changes the system: run it as root (--dry-run shows what it would do)")
        return None
    return tree, surveying.look(tree)


def _need(wish: Wish, tree: Tree, box: Box) -> Need:
    """Return what the texts must say."""
    settings = wish.settings
    flags: list[str] = []
    for name, flag in (("config", "--config"), ("state_dir", "--state-dir")):
        value = wish.own.get(name)
        if isinstance(value, str):
            flags += [flag, os.path.abspath(value)]
    config = wish.own.get("config")
    agent = wish.own.get("agent")
    return Need(
        agent=os.path.abspath(agent) if isinstance(agent, str) else surveying.executable(tree),
        flags=tuple(flags),
        config=os.path.abspath(config) if isinstance(config, str) else _usual(),
        state_dir=os.path.abspath(settings.state_dir) if settings.state_dir else None,
        log_file=settings.log if settings.log.startswith("/") else None,
        ca_file=settings.ca_file if settings.ca_file and settings.ca_file.startswith("/") else None,
        credentials={name: os.path.abspath(path) for name, path in wish.files.items()},
        seed=box.seed,
        data=_data(),
    )


def _data() -> str:
    return os.environ.get("PROGRAMDATA") or "C:\\ProgramData"


def _usual() -> str:
    """Return where the settings lie unless told otherwise."""
    return f"{_data()}\\edge-agent\\edge-agent.toml" if sys.platform == "win32" else USUAL_FILE


def _warn(wish: Wish, tree: Tree, need: Need, console: Console) -> None:
    """Say what keeps the hooks from doing anything; it can be mended later."""
    lines: list[str] = []
    if not tree.has(need.agent):
        lines.append(f"{need.agent} is not there yet: put the executable there, or name another with --agent")
    if wish.problems:
        lines.append(f"the settings have {len(wish.problems)} problems: 'edge-agent check' tells them")
    elif tree.live and not tree.has(need.config):
        lines.append(f"there are no settings yet: until {need.config} is written there is nothing to keep")
    for line in lines:
        console.log(Say("warning", line), now().wall)


# --- steps -----------------------------------------------------------------------------------------------------------


def _work(tree: Tree, plan: Plan, need: Need) -> Work:
    """Return the steps. A place that two names lead to is one place."""
    have = [step for piece in plan.pieces if (step := _step(tree, piece, steps.to_have))]
    taken = {step.path for step in have}
    wanted = {piece.path for piece in plan.pieces}
    lose: list[Step] = []
    for piece in layouts.everything(need):
        if piece.path in wanted or ("\\" in piece.path) != (sys.platform == "win32"):
            continue
        step = _step(tree, piece, steps.to_lose)
        if step is not None and step.path not in taken:
            taken.add(step.path)
            lose.append(step)
    return Work(plan, have, lose)


def _step(tree: Tree, piece: Piece, judge: Callable[[Piece, Sight], Step | None]) -> Step | None:
    try:
        return judge(piece, tree.sight(piece))
    except OSError as error:
        return Step("leave", piece, piece.path, trouble=f"{piece.path} cannot be read: {error.strerror}")


def _worked(wish: Wish, console: Console, tree: Tree, box: Box, work: Work) -> int:
    """Show the work or do it, tell of it, and return the exit code."""
    plan, have, lose = work
    troubles = [*plan.troubles, *(step.trouble for step in have + lose if step.trouble)]
    before, after = regular.stops(box, frozenset(step.piece.path for step in lose if step.action != "leave"))
    after = tuple(command for command in after if command not in plan.start)  # they come then anyway
    if not tree.live:
        before, after, plan = (), (), plan._replace(start=())
    if _only_shown(wish):
        changed = True
        lines = shown.listed(have, lose) if wish.own.get("list") else shown.whole(have, lose, (*before, *after, *plan.start))
    else:
        tree.sweep(piece for piece in (*plan.pieces, *layouts.everything(Need(data=_data()))))
        ran = _run(before, troubles)
        lines = _done(tree, reversed(lose), troubles) + _done(tree, have, troubles)
        changed = bool(lines)
        ran += _run(after, troubles) + _started(plan.start, troubles, changed=changed)
        lines += ran if wish.settings.verbosity > 0 else []
    if plan.paste:
        lines += shown.pasted(plan.paste)
        troubles.append("this firmware keeps its scripts in nvram, where a person has to put them: paste what is shown")
    code = PERSON if troubles else DONE
    hints = [*plan.hints, *(step.hint for step in have if step.hint)] if changed or wish.settings.verbosity > 0 else []
    _told(wish, console, [] if wish.settings.json else lines, hints, troubles)
    if wish.settings.json:
        texts = wish.settings.dry_run and not wish.own.get("list")
        found = shown.as_object(plan, have, lose, (*before, *after, *plan.start), texts=texts)
        console.out_object({"agent": objects.AGENT, **found, "hints": hints, "problems": troubles, "exit": code})
    return code


def _done(tree: Tree, todo: Iterable[Step], troubles: list[str]) -> list[str]:
    """Do the steps and return a line for each thing that changed; what cannot be done goes to the troubles."""
    lines: list[str] = []
    for step in todo:
        try:
            tree.do(step)
        except OSError as error:
            mend = "free some space there" if error.errno == errno.ENOSPC else "make it writable"
            troubles.append(f"{step.piece.path} cannot be written: {error.strerror or type(error).__name__}: {mend} and try again")
        else:
            line = shown.done(step)
            lines += [line] if line else []
    return lines


def _run(commands: Iterable[Command], troubles: list[str]) -> list[str]:
    """Start programs of the system one after the other; one that fails is a trouble, with how to start it by hand."""
    lines: list[str] = []
    for command in commands:
        trouble = surveying.start(command.words)
        if trouble:
            troubles.append(f"{shown.spelled(command.words)} failed ({trouble}): run it by hand, as root")
        else:
            lines.append(f"ran {shown.spelled(command.words)}")
    return lines


def _started(commands: tuple[Command, ...], troubles: list[str], *, changed: bool) -> list[str]:
    """Make the pieces work, where something changed or they do not work yet."""
    due = changed or any(surveying.start(command.unless) for command in commands if command.unless)
    return _run(commands, troubles) if due else []


def _told(wish: Wish, console: Console, lines: Iterable[str], hints: Iterable[str], troubles: Iterable[str]) -> None:
    at = now().wall
    if wish.settings.verbosity >= 0:
        for line in lines:
            console.out(line)
        for hint in hints:
            console.log(Say("hint", hint), at)
    for trouble in troubles:
        console.log(Say("error", trouble), at)
