"""Build an executable a second time, from another folder and with nothing kept but the downloads, and compare every octet.

Run as `python -m build.static.twice x86_64`; it takes as long as a first build, and needs the first one to be there.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from build.static.cache import ROOT, store
from build.static.make import MADE


def main() -> int:
    """Say whether both builds are the same; return 1 where they differ."""
    name = sys.argv[1]
    first = MADE / f"edge-agent-{name}"
    with tempfile.TemporaryDirectory(prefix="edge-twice-") as folder:
        tree, cache = Path(folder, "elsewhere"), Path(folder, "cache")
        for part in ("build", "edge_agent"):
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("made", "__pycache__"))
        kept = cache / "edge-agent" / "static"
        kept.mkdir(parents=True)
        shutil.copytree(store() / "sources", kept / "sources")
        env = {**os.environ, "XDG_CACHE_HOME": str(cache)}
        subprocess.run([sys.executable, "-m", "build.static.make", name], cwd=tree, env=env, check=True)
        second = tree / "dist" / "static" / first.name
        same = first.read_bytes() == second.read_bytes()
    print(f"edge-agent-{name}: built twice, {'the same octets' if same else 'DIFFERENT octets'}")
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
