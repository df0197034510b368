"""A lock in a directory: whose it is, and how it is given back. What it guards is for others to know."""

import os

from edge_agent import files
from edge_agent.files import StoreError


class Door:
    """The lock `DIR/NAME`, by flock: it dies with the process that holds it."""

    def __init__(self, directory: str, name: str) -> None:
        self.directory = directory
        self.path = f"{directory}/{name}"
        self.descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process holds it by this object."""
        return self.descriptor is not None

    def lock(self) -> bool:
        """Take the lock without waiting and say whether it was had; StoreError where there can be none."""
        if self.descriptor is None:
            try:
                files.settle(self.directory)
                self.descriptor = files.hold(self.path)
            except OSError as error:
                raise StoreError(files.words(self.directory, error)) from error
        return self.held

    def unlock(self) -> None:
        """Give the lock back."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
