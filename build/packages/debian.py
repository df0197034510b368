"""The package for Debian and its kin (deb(5)), one for each of Debian's architectures."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from build.packages import content
from build.packages.archives import Entry, ar, tar, text, xz
from build.packages.content import NAME, Product
from build.static.cache import ROOT
from edge_agent.install import units

# Debian has no name of its own for the ARMv6 of the first Raspberry Pi: Raspberry Pi OS calls it armhf too.
ARCHITECTURES: Final = {
    "x86_64": ("amd64", "amd64"),
    "aarch64": ("arm64", "arm64"),
    "armv7": ("armhf", "armhf"),
    "armv6": ("armhf", "armhf-armv6"),
    "mipsel": ("mipsel", "mipsel"),
    "mips": ("mips", "mips"),
    "riscv64": ("riscv64", "riscv64"),
}
DOC: Final = f"usr/share/doc/{NAME}"
UNITS: Final = "lib/systemd/system"
_TIMER: Final = units.TIMER
_WATCH: Final = units.WATCH
_MEMORY: Final = " ".join(units.LEFT)
_OVERRIDES: Final = f"""\
# it may hold a secret
{NAME}: non-standard-file-perm 0640 != 0644 [{content.CONFIG}]
# hooks as they are put in place, some of them to be sourced; and the page that says where
{NAME}: script-not-executable [{content.HOOKS}/*]
{NAME}: package-contains-documentation-outside-usr-share-doc [{content.HOOKS}/README.md]
# this package's own executable, not one in /usr/local
{NAME}: command-with-path-in-maintainer-script /usr/bin/edge-agent *
# one file for every box, old ones included; what is inside, and where its source is, stands in its documentation
{NAME}: statically-linked-binary [usr/bin/edge-agent]
# where another init runs, `edge-agent install` puts in a line for cron
{NAME}: package-supports-alternative-init-but-no-init.d-script *
"""


def file_name(product: Product) -> str:
    """Return the name of the package's file."""
    return f"{NAME}_{content.VERSION}_{ARCHITECTURES[product.target.name][1]}.deb"


def package(product: Product) -> bytes:
    """Return the package."""
    entries = tuple(data(product))
    return ar(
        {
            "debian-binary": b"2.0\n",
            "control.tar.xz": xz(tar(control(product, entries))),
            "data.tar.xz": xz(tar(entries)),
        }
    )


def data(product: Product) -> Iterator[Entry]:
    """Yield the files of the package."""
    yield Entry("usr/bin/edge-agent", product.executable, 0o755)
    yield text(content.CONFIG, content.SETTINGS_EXAMPLE, 0o640)
    yield from content.system_units(UNITS)
    yield from content.hooks(content.HOOKS)
    yield content.packed("usr/share/man/man8/edge-agent.8", product.manual)
    yield text("usr/share/bash-completion/completions/edge-agent", product.completion)
    yield text(f"usr/share/lintian/overrides/{NAME}", _OVERRIDES)
    yield text(f"{DOC}/copyright", product.copyright)
    yield content.packed(f"{DOC}/changelog.Debian", content.debian_changelog())
    yield content.packed(f"{DOC}/changelog", (ROOT / "CHANGELOG.md").read_bytes())
    yield content.packed(f"{DOC}/README.md", (ROOT / "README.md").read_bytes())
    yield content.packed(f"{DOC}/{NAME}.spdx.json", product.bill)
    yield from (entry._replace(path=f"{DOC}/bootloader/{entry.path}") for entry in product.bootloader)


def control(product: Product, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the files that dpkg reads."""
    files = sorted(entries)
    yield text("control", _control(product, files))
    yield text("conffiles", f"/{content.CONFIG}\n")
    hashed = (entry for entry in files if entry.path != content.CONFIG)  # dpkg keeps those of conffiles itself
    sums = "".join(f"{hashlib.md5(entry.octets, usedforsecurity=False).hexdigest()}  {entry.path}\n" for entry in hashed)
    yield text("md5sums", sums)
    for name, words in SCRIPTS.items():
        yield text(name, words, 0o755)


def _control(product: Product, files: Iterable[Entry]) -> str:
    size = sum(-(-len(entry.octets) // 1024) for entry in files)
    return f"""\
Package: {NAME}
Version: {content.VERSION}
Architecture: {ARCHITECTURES[product.target.name][0]}
Maintainer: {content.MAINTAINER}
Installed-Size: {size}
Recommends: ca-certificates
Section: net
Priority: optional
Description: {content.ABOUT}
 It looks at links, addresses, routes and rules, decides which address the
 world reaches the machine by, makes the records at a DNS provider say so, and
 exits. Hooks for DHCP and PPP clients and network managers, a timer, or a
 resident service call it.
 .
 One static executable: it needs no other package, and nothing is unpacked
 when it starts.
"""


_ENABLED: Final = f"""\
	if command -v deb-systemd-helper >/dev/null; then
		deb-systemd-helper unmask {_TIMER} >/dev/null || true
		if deb-systemd-helper --quiet was-enabled {_TIMER}; then
			deb-systemd-helper enable {_TIMER} >/dev/null || true
		else
			deb-systemd-helper update-state {_TIMER} >/dev/null || true
		fi
		if deb-systemd-helper debian-installed {_WATCH}; then
			deb-systemd-helper unmask {_WATCH} >/dev/null || true
			if deb-systemd-helper --quiet was-enabled {_WATCH}; then
				deb-systemd-helper enable {_WATCH} >/dev/null || true
			fi
		fi
		deb-systemd-helper update-state {_WATCH} >/dev/null || true
	fi
"""
SCRIPTS: Final = {
    "postinst": f"""\
#!/bin/sh
# The timer is enabled, as services are on Debian; it does nothing until the settings say something. The resident watch is not.
# Scripts of DHCP clients and their like are not touched: that is what `edge-agent install` is for.
set -e
case $1 in
configure | abort-upgrade | abort-deconfigure | abort-remove)
{_ENABLED}\
	if [ -d /run/systemd/system ]; then
		systemctl --system daemon-reload >/dev/null || true
		if systemctl --quiet is-active {_WATCH}; then
			deb-systemd-invoke restart {_WATCH} >/dev/null || true
		else
			deb-systemd-invoke start {_TIMER} >/dev/null || true
		fi
	fi
	;;
esac
""",
    "prerm": f"""\
#!/bin/sh
# Hooks that `edge-agent install` put in go with the agent: nothing else would call it. At an upgrade they stay.
set -e
if [ "$1" = remove ]; then
	/usr/bin/edge-agent uninstall -q || true
	if [ -d /run/systemd/system ]; then
		deb-systemd-invoke stop {_TIMER} edge-agent.service {_WATCH} >/dev/null || true
	fi
fi
""",
    "postrm": f"""\
#!/bin/sh
set -e
if [ "$1" = purge ]; then
	if command -v deb-systemd-helper >/dev/null; then
		deb-systemd-helper purge {_TIMER} {_WATCH} >/dev/null || true
		deb-systemd-helper unmask {_TIMER} {_WATCH} >/dev/null || true
	fi
	rm -rf {_MEMORY}
fi
if [ -d /run/systemd/system ]; then
	systemctl --system daemon-reload >/dev/null || true
fi
""",
}
