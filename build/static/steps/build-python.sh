#!/bin/sh -eu
# A Python of the same version for this machine: PyInstaller runs under it, and the cross builds ask it to freeze modules.
# Static as well, so that it needs nothing of the machine. Reads: SOURCE, LIBRARIES (zlib for this machine), what common.sh reads.
# shellcheck disable=SC1091 # the same folder
. "$STEPS/common.sh"
cp -r "$SOURCE/source/." .
# What the target has, and what PyInstaller imports besides.
{
	echo '*static*'
	grep -v '^_ssl' "$MODULES"
	for name in _csv:_csv.c _opcode:_opcode.c _pickle:_pickle.c _queue:_queuemodule.c unicodedata:unicodedata.c; do
		echo "${name%:*} ${name#*:}"
	done
} >Modules/Setup.local
export CC AR RANLIB CFLAGS="$CFLAGS" CPPFLAGS="-I$LIBRARIES/include" LDFLAGS="-static -L$LIBRARIES/lib" LIBS=-lz
./configure --prefix=/usr --disable-shared --without-ensurepip --without-doc-strings --disable-test-modules --without-readline
make -j"$JOBS" python
make pybuilddir.txt
mkdir -p "$OUT/bin" "$OUT/lib/python3.13/lib-dynload"
cp python "$OUT/bin/python3.13"
rm -rf Lib/test Lib/idlelib Lib/ensurepip Lib/tkinter Lib/turtledemo Lib/lib2to3
cp -r Lib/. "$(cat pybuilddir.txt)"/_sysconfigdata*.py "$OUT/lib/python3.13/"
find "$OUT" -name __pycache__ -prune -exec rm -rf {} +
