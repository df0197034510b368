#!/bin/sh -eu
# The source of a package from PyPI, checked against the lock's hash, unpacked. Reads: PACKAGE LOCK, PYTHON.
"$PYTHON" -m pip download --quiet --no-deps --require-hashes --no-binary "$PACKAGE" --dest . -r "$LOCK/lock.txt"
tar -xf ./*.tar.gz -C "$OUT" --strip-components=1
