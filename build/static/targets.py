"""The kinds of machine that a static executable is made for, and how each is compiled."""

from typing import Final, NamedTuple


class Target(NamedTuple):
    """One kind: its name in dist/, the compiler's name and processor, OpenSSL's and CPython's, and the emulator's."""

    name: str
    triple: str
    cpu: str  # empty: the least that the triple stands for
    openssl: str
    host: str
    qemu: str  # qemu-<this>-static


BITS64: Final = "linux-generic64"
SMALL: Final = "linux-generic32 -DL_ENDIAN"

ALL: Final = {
    target.name: target
    for target in (
        Target("x86_64", "x86_64-linux-musl", "", f"{BITS64} enable-ec_nistp_64_gcc_128", "x86_64-linux-musl", "x86_64"),
        Target("aarch64", "aarch64-linux-musl", "", f"{BITS64} enable-ec_nistp_64_gcc_128", "aarch64-linux-musl", "aarch64"),
        Target("armv7", "arm-linux-musleabihf", "baseline-neon-d32", SMALL, "arm-linux-musleabihf", "arm"),
        Target("mipsel", "mipsel-linux-musleabi", "", SMALL, "mipsel-linux-musl", "mipsel"),
        Target("mips", "mips-linux-musleabi", "", "linux-generic32 -DB_ENDIAN", "mips-linux-musl", "mips"),
        Target("armv6", "arm-linux-musleabihf", "arm1176jzf_s", SMALL, "arm-linux-musleabihf", "arm"),
        Target("riscv64", "riscv64-linux-musl", "", BITS64, "riscv64-linux-musl", "riscv64"),
    )
}
MAIN: Final = "x86_64"

# Small code; sections of their own so that the linker drops what nobody calls; no tables for unwinding, which C does not need;
# no position independence, whose relocations alone are 0.9 MB. Not -flto: it made the whole 0.3 MB larger and nothing faster.
CFLAGS: Final = (
    "-Os -g0 -fno-pic -fno-pie -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables"
    " -fno-stack-protector -fno-sanitize=all -DNDEBUG"
)
