#!/bin/bash
# Print a folder with `vmlinuz` and `initramfs.gz` for run.sh. The kernel is Debian's own package, downloaded once and kept outside the
# clone, by version; the initramfs is made anew each time, from init.sh and the kernel's modules (half a second).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
made=$here/../../build/made/vm
modules="virtio_pci virtio_rng 9pnet_virtio 9p overlay af_packet veth bridge ppp_generic ppp_async pppox pppoe"
choice=$(printf %s "$modules" | cksum | cut -d' ' -f1)

fail() { printf 'vm: %s\n' "$*" >&2; exit 1; }

# Where kernels are kept: the user's cache, or the clone's own folder where that cannot be written.
store=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/edge-agent/vm
mkdir -p "$store" 2>/dev/null && [ -w "$store" ] || store=$made/kernels
mkdir -p "$store" "$made"
exec 9>"$store/lock" # two machines may be started at once
flock 9

# The package that the metapackage stands for now; a machine without package lists takes the newest kernel it has kept.
wanted() { apt-cache show --no-all-versions linux-image-amd64 2>/dev/null | sed -n 's/^Depends: \(linux-image-[^ ,]*\).*/\1/p'; }
kept() { find "$store" -mindepth 1 -maxdepth 1 -name "linux-image-*_$choice" | sort -V | tail -1; }
package=$(wanted)
if [ -z "$package" ] && [ -z "$(kept)" ]; then
	apt-get update -qq >/dev/null 2>&1 || true
	package=$(wanted)
	[ -n "$package" ] || fail "this system has no package linux-image-amd64: the machine boots Debian's kernel"
fi

if [ -n "$package" ]; then
	version=$(apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p')
	kernel=$store/${package}_${version}_$choice
else
	kernel=$(kept)
fi

# Unpack the kernel and those of its modules that are asked for, in the order in which they must be loaded.
if [ ! -d "$kernel" ]; then
	work=$(mktemp -d "$store/.new-XXXXXX")
	trap 'rm -rf "$work"' EXIT
	printf 'vm: downloading %s %s\n' "$package" "$version" >&2
	said=$(cd "$work" && apt-get download -qq "$package=$version" 2>&1) || fail "cannot download $package: $said"
	dpkg -x "$work"/*.deb "$work/tree"
	release=$(ls "$work/tree/lib/modules")
	depmod -b "$work/tree" -F "$work/tree/boot/System.map-$release" "$release"
	mkdir "$work/kept" "$work/kept/modules"
	for module in $modules; do
		modprobe -d "$work/tree" -S "$release" --show-depends "$module" | while read -r how file _; do
			name=${file##*/}
			if [ "$how" != insmod ] || [ -e "$work/kept/modules/$name" ]; then continue; fi
			cp "$file" "$work/kept/modules/$name"
			echo "$name" >>"$work/kept/modules/order"
		done
	done
	cp "$work/tree/boot/vmlinuz-$release" "$work/kept/vmlinuz"
	rm -rf "$store"/linux-image-*_"$choice" # older ones
	mv "$work/kept" "$kernel"
	rm -rf "$work"
	trap - EXIT
fi

# What init.sh needs until the host's own folders are there: programs of this computer, with their libraries.
root=$(mktemp -d "$made/root-XXXXXX")
trap 'rm -rf "$root"' EXIT
mkdir "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/host" "$root/new"
for program in chmod chroot cp dash insmod ln mkdir mount readlink; do
	path=$(PATH=$PATH:/usr/sbin:/sbin command -v $program) || fail "$program is missing"
	cp -L "$path" "$root/bin/$program"
	ldd "$path" | grep -o '/[^ ]*' | xargs -r cp -L --parents -t "$root"
done
ln -s dash "$root/bin/sh"
cp -r "$kernel/modules" "$root/modules"
install -m 755 "$here/init.sh" "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$root.gz"
mv "$root.gz" "$made/initramfs.gz"
ln -sf "$kernel/vmlinuz" "$made/vmlinuz"
printf '%s\n' "$made"
