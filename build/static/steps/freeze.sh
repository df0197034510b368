#!/bin/sh -eu
# The archive, made by PyInstaller under the build Python. Reads: BUILD_PYTHON PYINSTALLER PACKAGES NETIFACES, and the parts of our
# tree: AGENT FROZEN RECIPE SPEC FROZEN_LIST BARE START.
mkdir -p tree/build/static
cp -r "$AGENT" tree/edge_agent
cp -r "$FROZEN" tree/build/frozen
cp "$RECIPE" tree/build/
cp "$SPEC" "$FROZEN_LIST" "$BARE" tree/build/static/
cp -r "$START" tree/build/static/start
cp -r "$NETIFACES/netifaces" netifaces
# PyInstaller asks ctypes where shared libraries are; this Python has no ctypes, and there are no shared libraries.
mkdir -p without/ctypes
: >without/ctypes/__init__.py
: >without/plistlib.py # for other systems
echo 'find_library = lambda name: None' >without/ctypes/util.py
export PYTHONPATH="$PWD/without:$PYINSTALLER:$PACKAGES:$PWD" PYINSTALLER_CONFIG_DIR="$PWD/config" PYTHONDONTWRITEBYTECODE=1
export PYTHONNODEBUGRANGES=1 # columns in tracebacks need the source, which is not there
"$BUILD_PYTHON/bin/python3.13" -m PyInstaller --noconfirm --clean --log-level=WARN --distpath="$OUT" --workpath="$PWD/work" \
	tree/build/static/agent.spec
