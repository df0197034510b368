#!/bin/sh -eu
# zlib, static: the agent's modules are compressed with it, and zlib.crc32 is used. Reads: SOURCE and what common.sh reads.
# shellcheck disable=SC1091 # the same folder
. "$STEPS/common.sh"
cp -r "$SOURCE/source/." .
for file in adler32 crc32 deflate inffast inflate inftrees trees zutil compress uncompr; do
	case $file in
	inf*) speed=-O2 ;; # every start unpacks modules
	*) speed= ;;
	esac
	# shellcheck disable=SC2086
	$CC $CFLAGS $speed -D_LARGEFILE64_SOURCE=1 -DHAVE_HIDDEN -c $file.c -o $file.o
done
mkdir -p "$OUT/lib" "$OUT/include"
$AR rcsD "$OUT/lib/libz.a" ./*.o
cp zlib.h zconf.h "$OUT/include/"
