"""The package for OpenWrt up to 24.10 (opkg), one for each name that OpenWrt has for a target's processors."""

from collections.abc import Iterable, Iterator
from typing import Final

from build.packages import content
from build.packages.archives import Entry, gzip, tar, text
from build.packages.content import NAME, NEED, Product
from edge_agent import snippets
from edge_agent.install import Piece, services, steps
from edge_agent.snippets import SNIPPETS

# What the executable of a target runs on, and many boxes are: the files differ in this name alone.
ARCHITECTURES: Final = {
    "x86_64": ("x86_64",),
    "aarch64": ("aarch64_generic", "aarch64_cortex-a53", "aarch64_cortex-a72"),
    "armv7": (
        *("arm_cortex-a5_vfpv4", "arm_cortex-a7_neon-vfpv4", "arm_cortex-a7_vfpv4", "arm_cortex-a8_vfpv3", "arm_cortex-a9_neon"),
        *("arm_cortex-a9_vfpv3-d16", "arm_cortex-a15_neon-vfpv4"),
    ),
    "armv6": ("arm_arm1176jzf-s_vfp",),
    "mipsel": ("mipsel_24kc", "mipsel_74kc"),
    "mips": ("mips_24kc",),
    "riscv64": ("riscv64_generic", "riscv64_riscv64"),
}
INIT: Final = "etc/init.d/edge-agent"


def packages(product: Product) -> Iterator[tuple[str, bytes]]:
    """Yield the packages of a target, each with its file's name."""
    entries = tuple(data(product))
    packed = gzip(tar(entries))
    for architecture in ARCHITECTURES[product.target.name]:
        yield f"{NAME}_{content.VERSION}_{architecture}.ipk", package(architecture, entries, packed)


def package(architecture: str, entries: Iterable[Entry], packed: bytes) -> bytes:
    """Return one package: three members in one compressed tar, in the order in which opkg's own tool puts them."""
    control_ = gzip(tar(control(architecture, entries)))
    members = {"debian-binary": b"2.0\n", "data.tar.gz": packed, "control.tar.gz": control_}
    blocks = [tar([Entry(name, octets)], folders=False) for name, octets in members.items()]
    return gzip(_joined(blocks))


def _joined(archives: Iterable[bytes]) -> bytes:
    """Return archives of one member each as one archive: what ends each of them stands at the end alone."""
    parts = [each[: 512 + (int(each[124:135], 8) + 511) // 512 * 512] for each in archives]
    whole = b"".join(parts) + bytes(1024)
    return whole + bytes(-len(whole) % 10240)


def data(product: Product) -> Iterator[Entry]:
    """Yield the files of the package. No manual and no completion: these boxes have neither man nor bash."""
    yield Entry("usr/bin/edge-agent", product.executable, 0o755)
    yield text(content.CONFIG, content.SETTINGS_EXAMPLE, 0o600)
    yield text(INIT, _init(), 0o755)
    snippet = SNIPPETS["netifd"]
    yield Entry(snippet.place.lstrip("/"), _hotplug(), snippet.mode)
    yield content.packed(f"usr/share/licenses/{NAME}/copyright", product.copyright)


def _init() -> str:
    """Return procd's service: that of `install --watch`, which does nothing until the settings say something."""
    first = "start_service() {\n"
    (piece, *_) = services.procd(NEED)
    if piece.text.count(first) != 1:
        raise ValueError("the text of the procd service has changed: it does not say start_service() once")
    return piece.text.replace(first, f"{first}\t{content.SAYS} || return 0\n")


def _hotplug() -> bytes:
    """Return the hook with the mark by which `edge-agent install` and `uninstall` know their files, silent without settings."""
    block = snippets.block("netifd", NEED.agent)
    about, _, rest = block.partition("\n")
    lines = "".join(f"\t{line}\n" if line else "\n" for line in rest.splitlines())
    words = f"#!/bin/sh\n{about}\nif {content.SAYS}; then\n{lines}fi\n"
    return steps.whole(Piece("netifd", SNIPPETS["netifd"].place, words))


def control(architecture: str, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the files that opkg reads."""
    size = sum(len(entry.octets) for entry in entries)
    yield text("control", _CONTROL.format(architecture=architecture, size=size))
    yield text("conffiles", f"/{content.CONFIG}\n")
    for name, words in SCRIPTS.items():
        yield text(name, words, 0o755)


_CONTROL: Final = f"""\
Package: {NAME}
Version: {content.VERSION}
Depends: ca-bundle
License: MIT
Section: net
Architecture: {{architecture}}
Installed-Size: {{size}}
Maintainer: {content.MAINTAINER}
Description: {content.ABOUT[0].upper()}{content.ABOUT[1:]}.
 One static executable that unpacks nothing; a hotplug hook, and a procd
 service for those who want it resident.
"""
SCRIPTS: Final = {
    "postinst": """\
#!/bin/sh
# The hotplug hook is in place. The look every few minutes (a line in root's crontab, which is the user's own file) is put in by
# `edge-agent install`; the resident service is there and not enabled.
[ "${IPKG_NO_SCRIPT}" = "1" ] && exit 0
[ -s "${IPKG_INSTROOT}/lib/functions.sh" ] || exit 0
. "${IPKG_INSTROOT}/lib/functions.sh"
was=1
[ "${PKG_UPGRADE}" = "1" ] && [ -e "${IPKG_INSTROOT}/etc/rc.d/S95edge-agent" ] && was=0
default_postinst "$0" "$@" || exit
if [ "$was" = 1 ]; then
	rm -f "${IPKG_INSTROOT}/etc/rc.d/S95edge-agent" "${IPKG_INSTROOT}/etc/rc.d/K10edge-agent"
	[ -n "${IPKG_INSTROOT}" ] || /etc/init.d/edge-agent stop
fi
if [ -z "${IPKG_INSTROOT}" ] && [ "${PKG_UPGRADE}" != "1" ]; then
	echo 'edge-agent: write /etc/edge-agent.toml, then run: edge-agent install'
fi
exit 0
""",
    "prerm": """\
#!/bin/sh
# What `edge-agent install` put in goes with the agent; at an upgrade it stays.
[ -s "${IPKG_INSTROOT}/lib/functions.sh" ] || exit 0
. "${IPKG_INSTROOT}/lib/functions.sh"
if [ -z "${IPKG_INSTROOT}" ] && [ "${PKG_UPGRADE}" != "1" ] && [ "$1" != upgrade ]; then
	/usr/bin/edge-agent uninstall -q
fi
default_prerm "$0" "$@"
""",
}
