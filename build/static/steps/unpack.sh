#!/bin/sh -eu
# Unpack an upstream source and apply those of Debian's patches whose names match. Reads: UPSTREAM DEBIAN PATCHES (a pattern).
mkdir "$OUT/source"
tar -xf "$UPSTREAM" -C "$OUT/source" --strip-components=1
tar -xf "$DEBIAN"
cd "$OUT/source"
sed 's/#.*//; s/[[:space:]].*//; /^$/d' "$OLDPWD/debian/patches/series" 2>/dev/null | while read -r name; do
	if printf '%s\n' "$name" | grep -qxP "$PATCHES"; then
		echo "patch $name"
		patch -p1 --no-backup-if-mismatch <"$OLDPWD/debian/patches/$name"
	fi
done
