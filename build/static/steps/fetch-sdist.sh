# The source of a package from PyPI, checked against the lock's hash, unpacked. Reads: LOCK, PYTHON.
"$PYTHON" -m pip download --quiet --no-deps --require-hashes --no-binary :all: --dest . -r "$LOCK/lock.txt"
tar -xf ./*.tar.gz -C "$OUT" --strip-components=1
