"""Stands for `queue`: the one kind of queue that urllib3 keeps its connections in, for a program of one thread.

The whole one brings heapq and, for its locks, threading: 0.2 MB in an update. It stands in the executable as `whole_queue`.
"""


class Empty(Exception):  # noqa: N818 - the real name
    """Nothing is there."""


class Full(Exception):  # noqa: N818 - the real name
    """As much is there as may be."""


class LifoQueue:
    """What came last goes first. Nobody else could put or take while we wait, so nothing waits."""

    def __init__(self, maxsize: int = 0) -> None:
        """Hold `maxsize` at most, any number where it is 0."""
        self.maxsize = maxsize
        self.queue: list[object] = []

    def qsize(self) -> int:
        """Return how many there are."""
        return len(self.queue)

    def put(self, item: object, block: bool = True, timeout: float | None = None) -> None:  # noqa: ARG002, FBT001, FBT002 - the real ones
        """Add one; raise Full."""
        if 0 < self.maxsize <= len(self.queue):
            raise Full
        self.queue.append(item)

    def get(self, block: bool = True, timeout: float | None = None) -> object:  # noqa: ARG002, FBT001, FBT002
        """Take the last one; raise Empty."""
        if not self.queue:
            raise Empty
        return self.queue.pop()


def __getattr__(name: str) -> object:
    """Return any other name of the whole module."""
    if name.startswith("__"):  # the import system looks for its own marks
        raise AttributeError(name)
    import whole_queue  # type: ignore[import-not-found] # the standard one under another name, see the recipe

    whole_queue.Empty, whole_queue.Full = Empty, Full  # who catches ours must catch what its queues raise
    return getattr(whole_queue, "_PySimpleQueue" if name == "SimpleQueue" else name)  # the one in C has an Empty of its own
