#!/bin/sh -eu
# PyInstaller's bootloader, compiled for the target and linked with everything: what comes before the archive in an executable.
# Reads: BOOTLOADER (PyInstaller's source) SHIM_C SHIM_H COPY_C LIBRARIES OPENSSL LIBPYTHON, and what common.sh reads.
# shellcheck disable=SC1091 # the same folder
. "$STEPS/common.sh"
cp "$BOOTLOADER"/bootloader/src/*.[ch] .
cp "$SHIM_C" "$SHIM_H" "$COPY_C" .
rm -f ./*win32* pyi_apple_events.c pyi_exception_dialog.c
# The functions that the bootloader asks libpython for; those of the newer way to configure are not in this version.
sed -n 's/.*_IMPORT_FUNCTION(\([A-Za-z0-9_]*\)).*/\1/p' pyi_dylib_python.c | grep -v -e '^name$' -e InitConfig |
	sort -u | sed 's/.*/NAME(&)/' >names.h
grep -q 'NAME(Py_InitializeFromConfig)' names.h

for file in *.c; do
	extra=
	case $file in pyi_main.c) extra=-DSHIM_MAIN ;; shim.c) extra=-DSHIM_ITSELF ;; copy.c) extra="-O2 -ffreestanding" ;; esac
	# shellcheck disable=SC2086
	$CC $CFLAGS -std=gnu99 -D_REENTRANT -D_BSD_SOURCE -D_DEFAULT_SOURCE -D_GNU_SOURCE -DPYI_USE_POSIX_SEMAPHORE -DHAVE_WCSDUP -DHAVE_UNSETENV -DHAVE_MKDTEMP -DHAVE_DIRNAME -DHAVE_BASENAME $extra -include shim.h \
		-I. -I"$LIBRARIES/include" -c "$file"
done
# shellcheck disable=SC2086
$CC $CFLAGS -static -no-pie -s -Wl,--gc-sections -Wl,-z,stack-size=1048576 -o "$OUT/run" ./*.o \
	"$LIBPYTHON/lib/libpython3.13.a" "$OPENSSL/lib/libssl.a" "$OPENSSL/lib/libcrypto.a" "$LIBRARIES/lib/libz.a" -lm -lpthread
