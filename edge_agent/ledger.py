"""Memory as text, and back: one fact a line, later lines win. Pure; a decoder that no octets can make raise.

    edge-agent memory 1
    record<TAB>account=noip<TAB>name=home.example.com<TAB>type=A<TAB>address=192.0.2.7<TAB>...
    lock<TAB>scope=account:noip<TAB>fingerprint=...<TAB>...
    forget<TAB>account=...<TAB>name=...<TAB>type=...        the record is no longer kept
    unlock<TAB>scope=...                                    the lock-out is lifted
    stand<TAB>choice=SELECTION/4<TAB>interface=wan0         the uplink that a choice stands on
    leave<TAB>choice=SELECTION/4                            it stands on none
    pin<TAB>interface=wan1<TAB>pause=...                    a person's choice of the uplink
    unpin                                                   it has ended

Values are percent-escaped UTF-8, a pause is `WALL,BOOT,FOR,BOOT_ID`, and a field that has its default is left out. A last
line without its newline was torn by a kill or a power cut and does not count.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from edge_agent.model import Entry, Key, Lock, Memory, Pause, Pin, Standing

TITLE: Final = "edge-agent memory "
VERSION: Final = "1"
HEADER: Final = f"{TITLE}{VERSION}\n"

_HEX: Final = frozenset("0123456789abcdefABCDEF")


class Reading(NamedTuple):
    """What a file held. `kind`: read, empty (a first run), foreign (not ours) or version (another version's)."""

    memory: Memory
    kind: str = "read"
    unreadable: int = 0  # how many lines made no sense and were left out


def escape(text: str) -> str:
    """Return `text` on one line of printable ASCII without tab or stray percent sign."""
    if text.isascii() and text.isprintable() and "%" not in text:
        return text
    octets = text.encode("utf-8", "surrogatepass")
    return "".join(chr(octet) if 32 <= octet < 127 and octet != 37 else f"%{octet:02X}" for octet in octets)


def unescape(text: str) -> str:
    """Return what `escape` was given; ValueError where `text` is nothing that it returns."""
    head, *rest = text.split("%")
    octets = bytearray(head.encode("ascii"))
    for part in rest:
        if len(part) < 2 or not _HEX.issuperset(part[:2]):
            raise ValueError("a percent sign without two hexadecimal digits")
        octets.append(int(part[:2], 16))
        octets += part[2:].encode("ascii")
    return octets.decode("utf-8", "surrogatepass")


def _number(text: str) -> float:
    value = float(text)
    if value - value != 0:  # infinities and NaN: a pause of these would never end, or never begin
        raise ValueError("not a finite number")
    return value


def _flag(text: str) -> bool:
    return {"True": True, "False": False}[text]


def _pause_text(pause: Pause) -> str:
    return f"{pause.wall_at!r},{pause.boot_at!r},{pause.for_!r},{pause.boot_id}"


def _pause(text: str) -> Pause:
    wall_at, boot_at, for_, boot_id = text.split(",", 3)
    return Pause(_number(wall_at), _number(boot_at), boot_id, _number(for_))


# By the annotation of a field: how it is written and how it is read. A new field of one of these types needs nothing here.
_CODECS: Final[dict[Any, tuple[Callable[[Any], str], Callable[[str], Any]]]] = {
    str: (str, str),
    str | None: (str, str),
    int: (str, int),
    bool: (str, _flag),
    float: (repr, _number),
    float | None: (repr, _number),
    Pause | None: (_pause_text, _pause),
    Pause: (_pause_text, _pause),
}


def _fields(record: Key | Entry | Lock | Standing | Pin) -> list[str]:
    texts = []
    for name, kind in type(record).__annotations__.items():
        value = getattr(record, name)
        if value is None or (name in record._field_defaults and value == record._field_defaults[name]):
            continue
        texts.append(f"{name}={escape(_CODECS[kind][0](value))}")
    return texts


def _values(record: type[Key | Entry | Lock | Standing | Pin], texts: dict[str, str]) -> dict[str, Any]:
    return {name: _CODECS[kind][1](texts.pop(name)) for name, kind in record.__annotations__.items() if name in texts}


def entry_line(key: Key, entry: Entry) -> str:
    """Return the line that says how a record stands now."""
    return "\t".join(["record", *_fields(key), *_fields(entry)]) + "\n"


def lock_line(scope: str, lock: Lock) -> str:
    """Return the line that locks a scope out."""
    return "\t".join(["lock", f"scope={escape(scope)}", *_fields(lock)]) + "\n"


def forget_line(key: Key) -> str:
    """Return the line that says that a record, or one value of it, is no longer kept."""
    return "\t".join(["forget", *_fields(key)]) + "\n"


def changes(before: Memory, after: Memory) -> tuple[str, ...]:
    """Return the lines that turn `before` into `after` when they are added to its journal; none where nothing changed."""
    lines = [entry_line(key, entry) for key, entry in after.entries.items() if before.entries.get(key) != entry]
    lines += [forget_line(key) for key in before.entries if key not in after.entries]
    lines += [lock_line(scope, lock) for scope, lock in after.locks.items() if before.locks.get(scope) != lock]
    lines += [f"unlock\tscope={escape(scope)}\n" for scope in before.locks if scope not in after.locks]
    return (*lines, *_about_uplinks(before, after))


def _about_uplinks(before: Memory, after: Memory) -> Iterator[str]:
    for choice, standing in after.standings.items():
        if before.standings.get(choice) != standing:
            yield "\t".join(["stand", f"choice={escape(choice)}", *_fields(standing)]) + "\n"
    yield from (f"leave\tchoice={escape(choice)}\n" for choice in before.standings if choice not in after.standings)
    if after.pin != before.pin:
        yield "\t".join(["pin", *_fields(after.pin)]) + "\n" if after.pin else "unpin\n"


def encode(memory: Memory) -> bytes:
    """Return the whole file that remembers `memory`."""
    return "".join([HEADER, *changes(Memory(), memory)]).encode("ascii")


def decode(octets: bytes) -> Reading:
    """Return what the file remembers. Never raises: what cannot be read is counted, or makes the whole file foreign."""
    whole = octets[: octets.rfind(b"\n") + 1]
    header = HEADER.encode("ascii")
    if not whole:
        return Reading(Memory(), "empty" if header.startswith(octets) else "foreign")
    if not whole.startswith(header):
        return Reading(Memory(), "version" if whole.startswith(TITLE.encode("ascii")) else "foreign")
    facts: dict[str, dict[Any, Any]] = {"record": {}, "lock": {}, "stand": {}, "pin": {}}
    unreadable = 0
    for line in whole[len(header) : -1].split(b"\n") if len(whole) > len(header) else ():
        try:
            _learn(line.decode("ascii"), facts)
        except (ValueError, KeyError, TypeError):
            unreadable += 1
    memory = Memory(facts["record"], facts["lock"], facts["stand"], facts["pin"].get(()))
    return Reading(memory, "read", unreadable)


# By the word of a line: what it is about, and what it says of that; None: it says that nothing holds any more.
_LINES: Final[dict[str, tuple[str, type[Entry | Lock | Standing | Pin] | None]]] = {
    "record": ("record", Entry),
    "forget": ("record", None),
    "lock": ("lock", Lock),
    "unlock": ("lock", None),
    "stand": ("stand", Standing),
    "leave": ("stand", None),
    "pin": ("pin", Pin),
    "unpin": ("pin", None),
}


def _learn(line: str, facts: dict[str, dict[Any, Any]]) -> None:
    """Take one line in; ValueError, KeyError or TypeError where it says nothing that this version understands."""
    word, *fields = line.split("\t")
    texts = {name: unescape(value) for name, _, value in (field.partition("=") for field in fields)}
    if len(texts) < len(fields):
        raise ValueError("a field stands twice")
    about, kind = _LINES[word]
    name = _name(about, texts)
    fact = kind(**_values(kind, texts)) if kind else None
    if texts:
        raise ValueError("a field that this version does not know")
    facts[about].pop(name, None)  # a fact that comes back stands last, as in the memory that wrote it
    if fact is not None:
        facts[about][name] = fact


def _name(about: str, texts: dict[str, str]) -> Key | str | tuple[()]:
    if about == "record":
        return Key(**_values(Key, texts))
    return () if about == "pin" else texts.pop({"lock": "scope", "stand": "choice"}[about])
