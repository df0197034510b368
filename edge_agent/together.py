"""Several chains of talks at the same time, each on a thread of its own; what they say is heard in the caller's thread, one by one.

A chain is an iterator of talks, and only the caller's thread advances it: what a chain does between two talks needs no lock.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias, TypeVar

from edge_agent.seam import Talk

MOST: Final = 8  # at a time: each may hold a connection of its own, with all that TLS takes

_T = TypeVar("_T")
Letter: TypeAlias = tuple[list[_T], Iterator[Talk[_T]] | None, BaseException | None]  # what was said; whose talk is over; why


def together(chains: Iterable[Iterator[Talk[_T]]]) -> Iterator[_T]:
    """Yield what the talks yield, as it comes. A chain's talks follow each other; an exception in one is raised here, at once.

    A single chain needs no thread and loads nothing.
    """
    waiting = iter(chains)
    first = list(_begun(waiting, 2))
    if len(first) < 2:
        for talk, chain in first:
            yield from talk()
            yield from _alone(chain)
        yield from (said for chain in waiting for said in _alone(chain))
        return
    yield from _threads(first, waiting)


def _begun(waiting: Iterator[Iterator[Talk[_T]]], count: int) -> Iterator[tuple[Talk[_T], Iterator[Talk[_T]]]]:
    """Yield up to `count` chains that have something to say, each with its first talk."""
    while count:
        chain = next(waiting, None)
        if chain is None:
            return
        talk = next(chain, None)
        if talk is not None:
            count -= 1
            yield talk, chain


def _alone(chain: Iterator[Talk[_T]]) -> Iterator[_T]:
    for talk in chain:
        yield from talk()


def _threads(first: list[tuple[Talk[_T], Iterator[Talk[_T]]]], waiting: Iterator[Iterator[Talk[_T]]]) -> Iterator[_T]:
    from queue import SimpleQueue

    mail: SimpleQueue[Letter[_T]] = SimpleQueue()
    running = _start(first, mail) + _start(_begun(waiting, MOST - 2), mail)
    while running:
        said, chain, trouble = mail.get()
        if trouble:
            raise trouble
        yield from said
        if chain is not None:
            more = next(chain, None)
            running += _start([(more, chain)] if more else _begun(waiting, 1), mail) - 1


def _start(begun: Iterable[tuple[Talk[_T], Iterator[Talk[_T]]]], mail: Any) -> int:
    """Give each a thread of its own and return how many there were."""
    from threading import Thread

    threads = [Thread(target=_work, args=(talk, chain, mail), daemon=True) for talk, chain in begun]
    for thread in threads:
        thread.start()
    return len(threads)


def _work(talk: Talk[_T], chain: Iterator[Talk[_T]], mail: Any) -> None:
    trouble = None
    try:
        for said in talk():
            mail.put(([said], None, None))
    except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
        trouble = error
    mail.put(([], chain, trouble))
