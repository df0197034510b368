#!/bin/sh
# Make this machine ready: Debian packages (installed when root, otherwise named) and .venv filled from a lock file with hashes.
# Usage: build/setup.sh dev [EXTRA-DEBIAN-PACKAGE[=PROGRAM-OR-FILE]…] | run | oracles
set -eu
cd "$(dirname "$0")/.."
what=$1
shift
venv=${VENV:-.venv}

say() { printf 'setup: %s\n' "$*" >&2; }

# Each line: what must exist, and the Debian package that brings it.
missing=
need() { # need PACKAGE TEST…: the package is missing where the test fails
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}
program() { PATH=$PATH:/usr/sbin:/sbin command -v "$1"; }
has() { program "$1" || [ -e "$1" ]; }

install_missing() {
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ] || ! program apt-get >/dev/null; then
		say "please install these packages, then run make again:$missing"
		say "  sudo apt-get install$missing"
		exit 1
	fi
	say "installing$missing"
	# Tests start servers themselves, as they want them: nothing that is installed here may start by itself, now or at the next boot.
	policy=/usr/sbin/policy-rc.d
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && trap 'rm -f "$policy"' EXIT
	fi
	# shellcheck disable=SC2086 # a list of package names
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null 2>&1 && return 0
	apt-get update -qq # a fresh machine has no lists, or old ones
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
}

# The system's own Python where it is new enough: a shim of a version manager may stand first in PATH.
python=
for candidate in ${PYTHON:-} /usr/bin/python3 python3; do
	if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
		python=$candidate
		break
	fi
done
if [ -z "$python" ]; then
	need python3 false
	install_missing
	python=/usr/bin/python3
	"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "Python 3.11 or newer is needed"; exit 1; }
fi
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

find_faketime() {
	for library in /usr/lib/*/faketime/libfaketime.so.1; do [ -e "$library" ] && return; done
}
shared_libpython() { # PyInstaller freezes a shared libpython; Debian ships it apart from the interpreter
	"$python" -c '
import ctypes, os.path, sys, sysconfig
name = "libpython%d.%d.so.1.0" % sys.version_info[:2]
os.path.exists(os.path.join(sysconfig.get_config_var("LIBDIR"), name)) or ctypes.CDLL(name)'
}

case $("$python" -c 'import sys; print(sys.executable)') in
/usr/bin/*) need "python$version-venv" "$python" -c 'import ensurepip, venv' ;;
esac
if [ "$what" = dev ]; then
	need "libpython$version" shared_libpython
	need binutils program objdump
	need shellcheck program shellcheck
	need iproute2 program ip
	need iputils-ping program ping
	need nftables program nft
	need openssl program openssl
	need busybox program busybox # tests/hooks run the hook files under its shell and under dash
	need dash program dash
	need procps program sysctl
	need time test -x /usr/bin/time
	need libfaketime find_faketime # tests set the clock to 1970
fi
for package in "$@"; do
	need "${package%%=*}" has "${package#*=}"
done
install_missing
for unit in bind9/named knot/knot pdns-server/pdns; do
	case "$missing " in
	*" ${unit%/*} "*) ! program systemctl >/dev/null || systemctl --quiet disable "${unit#*/}" 2>/dev/null || : ;;
	esac
done

# A stamp names the lock file and the interpreter that the environment was filled from.
lock=build/requirements/$what.txt
stamp=$venv/edge-agent-$what-$( (cat "$lock"; echo "$version") | sha256sum | cut -c1-16)
if [ ! -e "$stamp" ]; then
	if ! [ -x "$venv/bin/python" ] || [ "$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" != "$version" ]; then
		say "making $venv with $python ($version)"
		"$python" -m venv --clear "$venv"
	fi
	say "filling $venv from $lock"
	"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
	rm -f "$venv/edge-agent-$what-"*
	: >"$stamp"
fi
