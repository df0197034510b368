"""The `idna` codec for host names that are already ASCII; replaces the standard one, which drags 1.1 MB of Unicode tables in.

Host names of services are ASCII (settings refuse others). Limits as in RFC 1035, section 2.3.4; a name beyond them is an error.
"""

import codecs


def encode(name: str, errors: str = "strict") -> tuple[bytes, int]:
    """Return the ASCII octets of a host name and the characters consumed; raise UnicodeError where it is not ASCII or too long."""
    octets = name.encode("ascii", errors)
    if any(not label or len(label) > 63 for label in octets.removesuffix(b".").split(b".")) and octets:
        raise UnicodeError("label empty or too long")
    return octets, len(name)


def decode(octets: bytes, errors: str = "strict") -> tuple[str, int]:
    """Return the text of an ASCII host name and the octets consumed."""
    return bytes(octets).decode("ascii", errors), len(octets)


def getregentry() -> codecs.CodecInfo:
    """Return the codec, as the registry of the standard library wants it."""
    return codecs.CodecInfo(encode, decode, name="idna")  # type: ignore[arg-type] # any buffer has no name before Python 3.12
