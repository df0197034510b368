"""Make dist/edge-agent from build/edge-agent.spec, unless the one that stands there was made from the very same inputs."""

import hashlib
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "dist" / "edge-agent"
WORK = ROOT / "build" / "made" / "freeze"
STAMP = ROOT / "build" / "made" / "freeze.stamp"


def digest() -> str:
    """Return the hash of all that the executable is made of: the agent, the recipe, the locked packages, this Python."""
    own = [*(ROOT / "edge_agent").rglob("*.py"), *(ROOT / "build" / "frozen").rglob("*.py")]
    recipe = [
        ROOT / "build" / "edge-agent.spec",
        ROOT / "build" / "recipe.py",
        ROOT / "build" / "requirements" / "dev.txt",
        pathlib.Path(__file__),
    ]
    total = hashlib.sha256(f"{sys.version} {sys.base_prefix}".encode())
    for path in sorted(own) + recipe:
        total.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def freeze() -> None:
    """Run PyInstaller and put the result in place in one move."""
    made = WORK / "dist"
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level=ERROR"]
    command += [f"--distpath={made}", f"--workpath={WORK / 'work'}", str(ROOT / "build" / "edge-agent.spec")]
    env = {**os.environ, "PYTHONHASHSEED": "0", "PYINSTALLER_CONFIG_DIR": str(WORK / "config")}
    env["PYTHONNODEBUGRANGES"] = "1"  # columns in tracebacks need the source, which is not there: 0.4 MB of file
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"PyInstaller failed:\n{done.stdout}{done.stderr}")
    TARGET.parent.mkdir(exist_ok=True)
    (made / "edge-agent").replace(TARGET)


def main() -> None:
    """Freeze where needed and say what stands there."""
    now = digest()
    fresh = TARGET.exists() and STAMP.exists() and STAMP.read_text() == f"{now} {TARGET.stat().st_size}"
    if not fresh:
        freeze()
        STAMP.write_text(f"{now} {TARGET.stat().st_size}")
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1e6:.2f} MB{' (unchanged)' if fresh else ''}")


if __name__ == "__main__":
    main()
