"""The envelope of netlink: messages and attributes as bytes. Pure; whatever cannot be read is skipped, nothing raises or loops.

Numbers travel in the machine's own byte order, except addresses (RFC 3549, section 2; linux/netlink.h).
"""

import struct
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

HEADER: Final = struct.Struct("=IHHII")  # length, kind, flags, sequence, port
ATTRIBUTE: Final = struct.Struct("=HH")  # length, kind
ERROR: Final = 2
DONE: Final = 3
REQUEST: Final = 0x001
MULTI: Final = 0x002
INTERRUPTED: Final = 0x010
DUMP: Final = 0x300
ACKNOWLEDGE: Final = 0x004
KIND_MASK: Final = 0x3FFF  # the two upper bits of an attribute's kind say "nested" and "network order"


class Reply(NamedTuple):
    """What one datagram said: its (kind, body) messages, whether it was the last, and what went wrong.

    `interrupted`: the kernel's tables changed during the dump, so it may lack rows. `error`: an errno, 0 where all is well.
    """

    messages: tuple[tuple[int, bytes], ...] = ()
    done: bool = False
    interrupted: bool = False
    error: int = 0


def message(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """Return one request, ready to be sent."""
    return HEADER.pack(HEADER.size + len(body), kind, flags | REQUEST, sequence, 0) + body


def attribute(kind: int, value: bytes) -> bytes:
    """Return one attribute, padded to four octets."""
    return ATTRIBUTE.pack(ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def reply(data: bytes, sequence: int) -> Reply:
    """Return what a datagram says in answer to the request numbered `sequence`; other messages in it are skipped."""
    messages: list[tuple[int, bytes]] = []
    done = interrupted = False
    error = 0
    for kind, flags, own, body in messages_in(data):
        if own != sequence:
            continue
        interrupted = interrupted or bool(flags & INTERRUPTED)
        if kind in {ERROR, DONE}:
            done = True
            error = error or -min(signed(body[:4]), 0)
            break
        messages.append((kind, body))
        if not flags & MULTI:
            done = True
            break
    return Reply(tuple(messages), done, interrupted, error)


def messages_in(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield (kind, flags, sequence, body) of every whole message in a datagram."""
    offset = 0
    while offset + HEADER.size <= len(data):
        length, kind, flags, sequence, _ = HEADER.unpack_from(data, offset)
        if not HEADER.size <= length <= len(data) - offset:
            return
        yield kind, flags, sequence, data[offset + HEADER.size : offset + length]
        offset += length + -length % 4


def attributes(body: bytes, offset: int) -> dict[int, bytes]:
    """Return the attributes that follow the fixed part of a message; those from the first broken one on are missing."""
    found: dict[int, bytes] = {}
    while offset + ATTRIBUTE.size <= len(body):
        length, kind = ATTRIBUTE.unpack_from(body, offset)
        if not ATTRIBUTE.size <= length <= len(body) - offset:
            break
        found[kind & KIND_MASK] = body[offset + ATTRIBUTE.size : offset + length]
        offset += length + -length % 4
    return found


def unsigned(value: bytes | None, default: int = 0) -> int:
    """Return an attribute of 1, 2, 4 or 8 octets as a number, `default` where it is missing or of another length."""
    return default if value is None or len(value) not in {1, 2, 4, 8} else int.from_bytes(value, sys.byteorder)


def signed(value: bytes | None) -> int:
    """Return an attribute of four octets as a signed number, 0 where it is missing or of another length."""
    return 0 if value is None or len(value) != 4 else int.from_bytes(value, sys.byteorder, signed=True)


def text(value: bytes | None) -> str | None:
    """Return an attribute that holds a NUL-terminated name, or None where it is missing or empty."""
    name = (value or b"").split(b"\0")[0]
    return name.decode(errors="replace") or None
