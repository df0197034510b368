#!/bin/sh -eu
# One package of a lock file, as a lock file. Reads: LINES.
printf '%s\n' "$LINES" >"$OUT/lock.txt"
