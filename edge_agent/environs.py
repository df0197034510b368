"""The environment that programs of the system get from us: nothing that was said to us, nothing that a frozen program changed."""

import os
import sys
from typing import Final

USUAL_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # pppd and mwan3 call without any


def for_children() -> dict[str, str]:
    """Return the environment of a child: without our settings and secrets, with the library path that freezing replaced."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("EDGE_AGENT_")}
    environ.setdefault("PATH", USUAL_PATH)
    original = environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if hasattr(sys, "_MEIPASS"):
        environ.pop("LD_LIBRARY_PATH", None)
    if original is not None:
        environ["LD_LIBRARY_PATH"] = original
    return environ
