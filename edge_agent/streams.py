"""The three standard descriptors, before anything else is opened. Apart from `console` because a resident process needs no more."""

import os
import sys


def hold_streams() -> None:
    """Keep descriptors 0 to 2 from being handed to a file or socket, where the caller had closed them."""
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(os.devnull, os.O_RDWR)
        while descriptor <= 2:
            descriptor = os.open(os.devnull, os.O_RDWR)
    except OSError:  # a bare root without /dev/null
        return
    os.close(descriptor)
