#!/bin/sh
# Sourced by the steps that compile. Sets up a compiler for $TRIPLE under names that hold no path of this machine.
# Reads: ZIG (folder of the package ziglang), TRIPLE, CPU (may be empty), STORE. Gives: CC AR RANLIB.

export ZIG_GLOBAL_CACHE_DIR="$STORE/zig" ZIG_LOCAL_CACHE_DIR="$PWD/../zig-local"
tools=$PWD/../tools
mkdir -p "$tools"

tool() { # tool NAME WORDS: a command of this name
	printf '#!/bin/sh\n%s\n' "$2" >"$tools/$1"
	chmod +x "$tools/$1"
}

zig=$ZIG/ziglang/zig
# Nothing inside an executable may tell where it was built.
maps="-ffile-prefix-map=$PWD=. -ffile-prefix-map=$ZIG/ziglang/lib=/zig -ffile-prefix-map=$STORE=/store"
# OpenSSL and CPython name the date, which SOURCE_DATE_EPOCH fixes; zig would call that an error.
tool edge-cc "exec $zig cc -target $TRIPLE ${CPU:+-mcpu=$CPU} $maps \"\$@\" -Wno-date-time -Wno-unused-command-line-argument"
tool edge-ar "exec $zig ar \"\$@\""
tool edge-ranlib "exec $zig ranlib \"\$@\""
export PATH="$tools:$PATH"
# shellcheck disable=SC2034 # for whoever sources this
CC=edge-cc AR=edge-ar RANLIB=edge-ranlib
