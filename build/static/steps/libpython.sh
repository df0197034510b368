#!/bin/sh -eu
# CPython for the target: only libpython, with the C modules of modules.txt inside and netifaces among them.
# Reads: SOURCE BUILD_PYTHON LIBRARIES OPENSSL NETIFACES MODULES FROZEN_LIST IDNA ALIASES HOST, and what common.sh reads.
# shellcheck disable=SC1091 # the same folder
. "$STEPS/common.sh"
cp -r "$SOURCE/source/." .
python=$BUILD_PYTHON/bin/python3.13
cp "$IDNA" Lib/encodings/idna.py
cp "$ALIASES" Lib/encodings/aliases.py
# What its setup.py would find out by trying, on Linux with the C library that we link.
{
	printf '#define NETIFACES_VERSION %s\n' "$(sed -n 's/^Version: //p' "$NETIFACES/PKG-INFO")"
	for word in GETIFADDRS GETNAMEINFO PF_NETLINK NETPACKET_PACKET_H SOCKADDR_IN SOCKADDR_IN6 SOCKADDR_UN SOCKADDR_LL; do
		echo "#define HAVE_$word 1"
	done
	cat "$NETIFACES/netifaces/_netifaces.c"
} >Modules/_netifaces.c
{
	echo '*static*'
	cat "$MODULES"
	echo '_netifaces _netifaces.c'
} >Modules/Setup.local
$python -B "$FROZEN_LIST"
$python -B Tools/build/freeze_modules.py --frozen-modules

export CC AR RANLIB CFLAGS="$CFLAGS" CPPFLAGS="-I$LIBRARIES/include -I$OPENSSL/include" LDFLAGS="-static -L$LIBRARIES/lib -L$OPENSSL/lib"
export ac_cv_buggy_getaddrinfo=no ac_cv_file__dev_ptmx=no ac_cv_file__dev_ptc=no
./configure --prefix=/usr --build=x86_64-pc-linux-gnu --host="$HOST" --with-build-python="$python" \
	--disable-shared --without-ensurepip --without-doc-strings --disable-test-modules --without-readline --without-mimalloc \
	--with-openssl="$OPENSSL"
# Where a short run spends its time is made for speed, all else for size.
make -j"$JOBS" EXTRA_CFLAGS=-O2 Python/ceval.o Python/marshal.o Python/pyhash.o Objects/codeobject.o Objects/dictobject.o \
	Objects/obmalloc.o
# No text that explains functions, no columns for tracebacks: nobody can ask for them.
PYTHONOPTIMIZE=2 PYTHONNODEBUGRANGES=1 make -j"$JOBS" libpython3.13.a
mkdir -p "$OUT/lib" "$OUT/include"
cp libpython3.13.a "$OUT/lib/"
cp -r Include pyconfig.h "$OUT/include/"
