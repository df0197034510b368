"""Make dist/static/edge-agent-TARGET: one static executable per kind of machine, from pinned sources, kept step by step."""

import platform
import sys

from build.static import sources
from build.static.cache import HERE, ROOT, Inputs, Made, step, sweep
from build.static.targets import ALL, CFLAGS, Target

FROZEN = ROOT / "build" / "frozen"
MADE = ROOT / "dist" / "static"
KEPT_DAYS = 60.0
TWINS = ROOT / "build" / "made" / "static"  # they say what they import; not shipped


def compiler(target: Target) -> Inputs:
    """Return the inputs that steps/common.sh reads."""
    return {"ZIG": sources.pypi_wheels("ziglang"), "TRIPLE": target.triple, "CPU": target.cpu, "CFLAGS": CFLAGS}


def here() -> Target:
    """Return the target that this machine can run without an emulator."""
    found = ALL.get(platform.machine())
    if found is None:
        sys.exit(f"no zig is packaged for {platform.machine()}; build on x86_64 or aarch64")
    return found


def zlib(target: Target) -> Made:
    """Return zlib for a target."""
    return step(f"zlib-{target.name}", "zlib.sh", {"SOURCE": sources.debian_source("zlib"), **compiler(target)})


def openssl(target: Target) -> Made:
    """Return libssl and libcrypto for a target."""
    inputs: Inputs = {"SOURCE": sources.debian_source("openssl"), "CONFIGURATION": target.openssl, **compiler(target)}
    return step(f"openssl-{target.name}", "openssl.sh", inputs)


def build_python() -> Made:
    """Return the Python that runs here: the same version as the one in the executables."""
    inputs: Inputs = {"SOURCE": sources.debian_source("python"), "LIBRARIES": zlib(here()), "MODULES": HERE / "modules.txt"}
    return step("build-python", "build-python.sh", {**inputs, **compiler(here())})


def libpython(target: Target) -> Made:
    """Return CPython for a target, as a library."""
    inputs: Inputs = {
        "SOURCE": sources.debian_source("python"),
        "BUILD_PYTHON": build_python(),
        "LIBRARIES": zlib(target),
        "OPENSSL": openssl(target),
        "NETIFACES": sources.pypi_source("netifaces-plus"),
        "MODULES": HERE / "modules.txt",
        "FROZEN_LIST": HERE / "frozen_list.py",
        "IDNA": FROZEN / "idna_ascii.py",
        "ALIASES": FROZEN / "aliases_light.py",
        "HOST": target.host,
    }
    return step(f"libpython-{target.name}", "libpython.sh", {**inputs, **compiler(target)})


def bootloader(target: Target) -> Made:
    """Return PyInstaller's bootloader for a target, with everything linked in: an executable but for its archive."""
    inputs: Inputs = {
        "BOOTLOADER": sources.pypi_source("pyinstaller"),
        "SHIM_C": HERE / "shim.c",
        "SHIM_H": HERE / "shim.h",
        "COPY_C": HERE / "copy.c",
        "LIBRARIES": zlib(target),
        "OPENSSL": openssl(target),
        "LIBPYTHON": libpython(target),
    }
    return step(f"bootloader-{target.name}", "bootloader.sh", {**inputs, **compiler(target)})


def archive() -> Made:
    """Return the archive of the agent, the same for every target."""
    inputs: Inputs = {
        "BUILD_PYTHON": build_python(),
        "PYINSTALLER": sources.pypi_source("pyinstaller"),
        "PACKAGES": sources.pypi_wheels("urllib3", "altgraph", "packaging", "setuptools"),
        "NETIFACES": sources.pypi_source("netifaces-plus"),
        "AGENT": ROOT / "edge_agent",
        "FROZEN": FROZEN,
        "RECIPE": ROOT / "build" / "recipe.py",
        "SPEC": HERE / "agent.spec",
        "START": HERE / "start",
        "FROZEN_LIST": HERE / "frozen_list.py",
        "BARE": HERE / "bare.py",
    }
    return step("archive", "freeze.sh", inputs)


def executable(target: Target) -> None:
    """Put the executable of a target in place: the bootloader, and after it the archive, which it finds from the end."""
    head, tail = bootloader(target).folder / "run", archive().folder
    for name, part in (("edge-agent", "agent"), ("edge-agent-verbose", "agent-verbose")):
        path = (MADE if part == "agent" else TWINS) / f"{name}-{target.name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".part")
        fresh.write_bytes(head.read_bytes() + (tail / f"{part}.pkg").read_bytes())
        fresh.chmod(0o755)
        fresh.replace(path)
    made = MADE / f"edge-agent-{target.name}"
    print(f"{made.relative_to(ROOT)}: {made.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    """Make the targets named on the command line, or all of them for `all`."""
    names = [*ALL] if sys.argv[1:] == ["all"] else sys.argv[1:]
    if not names or not set(names) <= set(ALL):
        sys.exit(f"name what to make: all, or some of {' '.join(ALL)}")
    for name in names:
        executable(ALL[name])
    sweep(KEPT_DAYS)


if __name__ == "__main__":
    main()
