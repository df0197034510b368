"""Signed DNS messages (TSIG, RFC 8945): signing, and what a signature on an answer is worth. Pure; the time is handed in."""

from binascii import a2b_base64
from typing import Final, NamedTuple

from edge_agent.dnswire import ANY, TSIG, Message, WireError, name_octets, read_name

USUAL: Final = "hmac-sha256"
ALGORITHMS: Final = {  # by the names people use: the name in messages, the hash, how long its MAC is
    "hmac-md5": ("hmac-md5.sig-alg.reg.int", "md5", 16),
    "hmac-sha1": ("hmac-sha1", "sha1", 20),
    "hmac-sha224": ("hmac-sha224", "sha224", 28),
    "hmac-sha256": ("hmac-sha256", "sha256", 32),
    "hmac-sha384": ("hmac-sha384", "sha384", 48),
    "hmac-sha512": ("hmac-sha512", "sha512", 64),
}
FUDGE: Final = 300  # seconds by which the two clocks may differ
BADSIG: Final = 16
BADKEY: Final = 17
BADTIME: Final = 18
BADTRUNC: Final = 22


class Key(NamedTuple):
    """A secret that server and client share, by its name at the server."""

    name: str
    algorithm: str  # of ALGORITHMS
    secret: bytes


class Seal(NamedTuple):
    """What the TSIG record of a message says."""

    name: str
    algorithm: str  # its name in messages
    time: int
    fudge: int
    mac: bytes
    id: int
    error: int = 0
    other: bytes = b""

    @property
    def server_time(self) -> int | None:
        """The server's clock, where it says that ours is wrong."""
        return int.from_bytes(self.other, "big") if self.error == BADTIME and len(self.other) == 6 else None


def algorithm(text: str) -> str:
    """Return the name of an algorithm that is spelled in any of the usual ways; nothing where there is none of that name."""
    word = text.strip().lower().rstrip(".").removesuffix(".sig-alg.reg.int")
    word = word if word.startswith("hmac-") else f"hmac-{word}"
    return word if word in ALGORITHMS else ""


def secret(text: str) -> bytes:
    """Return the octets of a secret that is written in Base64, with blanks or without; nothing where it is not."""
    try:
        return a2b_base64("".join(text.split()).encode("ascii"), strict_mode=True)
    except ValueError:
        return b""


def sign(octets: bytes, key: Key, time: int, before: bytes = b"") -> tuple[bytes, bytes]:
    """Return a message with its signature at the end, and the MAC in it; `before` is the MAC of the request that it answers."""
    seal = Seal(key.name, ALGORITHMS[key.algorithm][0], time, FUDGE, b"", int.from_bytes(octets[:2], "big"))
    mac = _mac(octets, seal, key, before)
    data = b"".join((
        name_octets(seal.algorithm), time.to_bytes(6, "big"), FUDGE.to_bytes(2, "big"), len(mac).to_bytes(2, "big"), mac,
        octets[:2], bytes(4),
    ))  # fmt: skip
    head = name_octets(key.name) + TSIG.to_bytes(2, "big") + ANY.to_bytes(2, "big") + bytes(4) + len(data).to_bytes(2, "big")
    return octets[:10] + (int.from_bytes(octets[10:12], "big") + 1).to_bytes(2, "big") + octets[12:] + head + data, mac


def seal_of(message: Message) -> Seal | None:
    """Return the signature of a message that was read, believed or not; None where it has none, WireError where it is none."""
    records = (*message.answer, *message.authority, *message.additional)
    if not any(record.type == TSIG for record in records):
        return None
    last = records[-1]
    alone = sum(record.type == TSIG for record in records) == 1 and message.additional
    if not alone or (last.type, last.class_, last.ttl) != (TSIG, ANY, 0):
        raise WireError("its signature is not the last record")
    name, at = read_name(last.data, 0)
    fixed = last.data[at : at + 10]
    length = int.from_bytes(fixed[8:], "big")
    mac, tail = last.data[at + 10 : at + 10 + length], last.data[at + 10 + length :]
    if len(mac) != length or len(tail) < 6 or len(tail) - 6 != int.from_bytes(tail[4:6], "big"):
        raise WireError("its signature is cut off")
    time, fudge, id_, error = (int.from_bytes(part, "big") for part in (fixed[:6], fixed[6:8], tail[:2], tail[2:4]))
    return Seal(last.name, name, time, fudge, mac, id_, error, tail[6:])


def genuine(octets: bytes, message: Message, seal: Seal, key: Key, before: bytes) -> bool:
    """Say whether the key has made the seal of this answer to the request whose MAC is `before`. A shortened MAC does not count.

    The answer's time is not looked at: it covers the request's MAC, so an old answer cannot be played again.
    """
    import hmac

    wire, _, length = ALGORITHMS[key.algorithm]
    if (seal.name, seal.algorithm, len(seal.mac)) != (key.name, wire, length):
        return False
    count = int.from_bytes(octets[10:12], "big") - 1
    bare = seal.id.to_bytes(2, "big") + octets[2:10] + count.to_bytes(2, "big") + octets[12 : message.last_at]
    return hmac.compare_digest(seal.mac, _mac(bare, seal, key, before))


def _mac(octets: bytes, seal: Seal, key: Key, before: bytes) -> bytes:
    import hmac

    covered = b"".join((
        len(before).to_bytes(2, "big") + before if before else b"", octets,
        name_octets(seal.name), ANY.to_bytes(2, "big"), bytes(4), name_octets(seal.algorithm),
        seal.time.to_bytes(6, "big"), seal.fudge.to_bytes(2, "big"), seal.error.to_bytes(2, "big"),
        len(seal.other).to_bytes(2, "big"), seal.other,
    ))  # fmt: skip
    return hmac.digest(key.secret, covered, ALGORITHMS[key.algorithm][1])
