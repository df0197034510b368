#!/bin/bash
# Usage: run.sh MODULE[,WORD…] [SECONDS]: boot Debian's kernel and run `python -m MODULE WORD…` from this project inside, as root.
# What it prints on standard output comes out here; its standard error and the kernel's words stand in $CONSOLE (build/made/vm/console.log).
#
# The machine: 512 MB, one processor, no network device; of the host's files it can write none. Its clock counts instructions, 1,000
# million to the second, about one core of a home router: what it measures does not depend on how busy the host is. (With kvm instead of
# emulation some hosts hang in this kernel.) It ends by itself: the module after so many of its own
# seconds, the machine then, and whatever happens after thrice as many real ones and a minute.
set -euo pipefail
module=$1 limit=${2:-150}
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
made=$("$here/build.sh")
give() { printf 'local,path=%s,mount_tag=%s,security_model=none,readonly=on,multidevs=remap' "${1//,/,,}" "$2"; }
exec timeout -k 5 "$((3 * limit + 60))" qemu-system-x86_64 -M q35,accel=tcg -cpu max -m 512 -smp 1 -icount shift=0,sleep=on -rtc base=utc,clock=vm \
	-nodefaults -no-user-config -display none -no-reboot -nic none -kernel "$made/vmlinuz" -initrd "$made/initramfs.gz" \
	-append "console=ttyS0 quiet loglevel=3 panic=1 guest=$module limit=$limit" \
	-serial "file:${CONSOLE:-$made/console.log}" -serial stdio -device virtio-rng-pci \
	-virtfs "$(give / host)" -virtfs "$(give "$project" project)" </dev/null
