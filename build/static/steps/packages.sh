#!/bin/sh -eu
# Ready packages from PyPI in one folder. Reads: LOCK_0 LOCK_1 …, PYTHON.
for name in $(env | sed -n 's/^\(LOCK_[0-9]*\)=.*/\1/p'); do
	eval "cat \"\$$name/lock.txt\"" >>lock.txt
done
"$PYTHON" -m pip install --quiet --no-deps --no-compile --require-hashes --only-binary :all: --target "$OUT" -r lock.txt
