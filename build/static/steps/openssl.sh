#!/bin/sh -eu
# OpenSSL, static and reduced to what a TLS 1.2/1.3 client with X.509 needs. Reads: SOURCE CONFIGURATION and what common.sh reads.
# shellcheck disable=SC1091 # the same folder
. "$STEPS/common.sh"
cp -r "$SOURCE/source/." .
left_out='shared tests apps docs legacy module dso async comp dtls ssl3 tls1 tls1_1 autoload-config ui-console
	quic cmp cms ct ocsp ts srp srtp nextprotoneg gost sctp ssl-trace rfc3779 rmd160 whirlpool md4 mdc2 sm2 sm3 sm4 aria bf
	camellia cast des idea rc2 rc4 seed siphash blake2 ocb siv dsa ec2m ml-dsa ml-kem slh-dsa http scrypt argon2
	thread-pool default-thread-pool multiblock afalgeng padlockeng engine cached-fetch asm fips-jitter'
# shellcheck disable=SC2046 # words
set -- $(for word in $left_out; do printf 'no-%s ' "$word"; done)
# shellcheck disable=SC2086
CC=$CC AR=$AR RANLIB=$RANLIB perl Configure $CONFIGURATION --prefix=/usr --libdir=lib --openssldir=/etc/ssl \
	--with-rand-seed=os,getrandom "$@" $CFLAGS
make -j"$JOBS" build_generated
make -j"$JOBS" libcrypto.a libssl.a
mkdir -p "$OUT/lib"
cp libcrypto.a libssl.a "$OUT/lib/"
cp -r include "$OUT/"
