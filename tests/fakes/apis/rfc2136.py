"""A name server that takes dynamic updates (RFC 2136), octet by octet, with the ways of BIND, Knot and PowerDNS.

What they answer was measured at BIND 9.18, Knot 3.2 and PowerDNS 4.7, see `tests/dnsservers`. The agent shares nothing.
"""

import base64
import hmac
import ipaddress
import struct
from collections.abc import Callable, Mapping

from tests.fakes.dnsoctets import (
    ANY,
    IN,
    NONE,
    NUMBERS,
    RR,
    TYPES,
    Heard,
    Signature,
    data,
    made,
    name_at,
    octets,
    sealed,
    taken_apart,
    wire,
)
from tests.fakes.zones import ApiFake, Asked, Case, Refusal, Reply, Row, filled

KEY, SECRET = "ddns-key", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, REFUSED, YXRRSET, NXRRSET, NOTAUTH, NOTZONE = 0, 1, 2, 3, 5, 7, 8, 9, 10
BADSIG, BADKEY, BADTIME = 16, 17, 18


class Rfc2136Fake(ApiFake):
    """`ways` is bind, knot or pdns; `may` says which names the key may change."""

    def __init__(self, ways: str = "bind") -> None:
        super().__init__()
        self.ways = ways
        self.keys = {KEY: ("hmac-sha256", SECRET)}
        self.unsigned = False  # whether updates without a key are carried out
        self.needs_no_needs = False  # a server that does not look at prerequisites
        self.forgetful = False  # a server that says yes and does nothing
        self.may: Callable[[str], bool] = lambda name: True
        self.shown: list[Row] = []  # said in answers though no update finds it, as where PowerDNS follows an ALIAS
        self.bare = False  # answers go out without a signature
        self.heard: list[Heard] = []

    def is_change(self, asked: Asked) -> bool:
        return asked.body[2] >> 3 == 5 and asked.body[8:10] != b"\0\0"

    def answer(
        self, method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes, peer: str, now_at: float
    ) -> Reply:
        """An HTTP status has no meaning here: a server that is out of order, or busy, answers SERVFAIL."""
        reply = super().answer(method, path, query, headers, body, peer, now_at)
        return reply if reply[0] == 200 else (200, {}, octets(taken_apart(body), SERVFAIL))

    def respond(self, asked: Asked) -> Reply:
        heard = taken_apart(asked.body)
        self.heard.append(heard)
        sign, trouble = self._signature(heard, int(asked.now_at))
        if trouble:
            return self._distrusted(heard, sign, trouble, int(asked.now_at))
        try:
            code, answer, authority, aa = self._updated(heard, sign) if heard.update else self._said(heard)
        except Refusal as no:
            code, answer, authority, aa = no.reply[0], [], [], False
        if code == BADKEY:  # Knot's word for a name that is not the key's
            return 200, {}, sealed(octets(heard, NOTAUTH), sign, b"", BADKEY) if sign else octets(heard, NOTAUTH)
        found = octets(heard, code, answer, authority, aa=aa)
        unsigned = self.bare or (self.ways == "knot" and not aa and code in (REFUSED, NOTAUTH) and not heard.needs)
        return 200, {}, found if sign is None or unsigned else sealed(found, sign, self._secret(sign))

    # --- keys ----------------------------------------------------------------------------------------------------------

    def _secret(self, sign: Signature) -> bytes:
        return base64.b64decode(self.keys[sign.name][1])

    def _signature(self, heard: Heard, now: int) -> tuple[Signature | None, int]:
        if heard.signature is None:
            return None, 0
        name, _, class_, ttl, data = heard.signature
        algorithm, at = name_at(data, 0)
        stamp, short, fudge, size = struct.unpack_from(">HIHH", data, at)
        mac = data[at + 10 : at + 10 + size]
        id_, error, other = struct.unpack_from(">HHH", data, at + 10 + size)
        assert (class_, ttl, fudge, id_, error, other) == (ANY, 0, 300, heard.id, 0, 0)
        assert name == name.lower()
        sign = Signature(name, algorithm, stamp << 32 | short, mac)
        if self.keys.get(name, ("",))[0] != algorithm:
            return sign, BADKEY
        if not hmac.compare_digest(mac, made(heard.bare, sign, self._secret(sign), b"", 0, b"")):
            return sign, BADSIG
        return sign, BADTIME if abs(sign.time - now) > 300 else 0

    def _distrusted(self, heard: Heard, sign: Signature | None, trouble: int, now: int) -> Reply:
        assert sign
        if self.ways == "pdns":
            return 200, {}, octets(heard, REFUSED if heard.update else NOTAUTH)
        if self.ways == "knot" and not self.home(heard.zone[0]):
            return 200, {}, octets(heard, NOTAUTH if heard.update else REFUSED)
        secret = self._secret(sign) if trouble == BADTIME else b""
        return 200, {}, sealed(octets(heard, NOTAUTH), sign, secret, trouble, now.to_bytes(6, "big") if secret else b"")

    # --- questions -----------------------------------------------------------------------------------------------------

    def _said(self, heard: Heard) -> tuple[int, list[RR], list[RR], bool]:
        name, type_ = heard.zone
        zone = self.home(name)
        if not zone:
            return REFUSED, [], [], False
        cut = next((row for row in self.within(zone) if row["type"] == "NS" and f".{name}".endswith(f".{row['name']}")), None)
        if cut and cut["name"] != zone:
            return NOERROR, [], [(cut["name"], 2, IN, 300, wire(cut["value"]))], False
        soa: RR = (zone, 6, IN, 300, wire("ns1." + zone) + wire("hostmaster." + zone) + bytes(20))
        if (name, type_) == (zone, 6):
            return NOERROR, [soa], [], True
        rows = self._at(name, zone)
        found = [row for row in rows if NUMBERS.get(row["type"]) in (type_, 5)]
        answer = [(name, NUMBERS[row["type"]], IN, row["ttl"], data(row)) for row in found]
        there = rows or name == zone or any(row["name"].endswith(f".{name}") for row in self.records)
        return NOERROR if there else NXDOMAIN, answer, [] if answer else [soa], True

    def _at(self, name: str, zone: str) -> list[Row]:
        """Return the rows that answer for a name; where it does not exist, those of the nearest wildcard."""
        known = {row["name"] for row in (*self.within(zone), *self.shown)}
        while name != zone and not any(f".{own}".endswith(f".{name}") for own in known):
            name = name.partition(".")[2]
            if f"*.{name}" in known:
                return [row for row in self.records if row["name"] == f"*.{name}"]
            if any(f".{own}".endswith(f".{name}") for own in known):
                return []
        return [row for row in (*self.records, *self.shown) if row["name"] == name]

    # --- updates -------------------------------------------------------------------------------------------------------

    def _updated(self, heard: Heard, sign: Signature | None) -> tuple[int, list[RR], list[RR], bool]:
        zone = heard.zone[0]
        assert heard.zone[1] == NUMBERS["SOA"]
        if sign is None and not self.unsigned:
            raise refusal(NOTAUTH if self.ways == "knot" else REFUSED)
        if zone not in self.zones:
            raise refusal(NOTAUTH)
        if heard.changes:
            self._interrupted()
        for need in heard.needs:
            self._need(need)
        for name, *_ in heard.changes:
            self._allowed(name, zone)
        for change in () if self.forgetful else heard.changes:
            self._change(change)
        return NOERROR, [], [], self.ways == "pdns"

    def _allowed(self, name: str, zone: str) -> None:
        if not f".{name}".endswith(f".{zone}"):
            raise refusal(NOTZONE)
        if not self.may(name):
            raise refusal(BADKEY if self.ways == "knot" else REFUSED)

    def _need(self, need: RR) -> None:
        name, type_, class_, ttl, value = need
        assert ttl == 0
        there = {data(row) for row in self.records if row["name"] == name and row["type"] == TYPES[type_]}
        wanted = {other[4] for other in self.heard[-1].needs if other[:3] == need[:3]}
        met = {ANY: bool(there), NONE: not there, IN: there == wanted}[class_]
        assert class_ == IN or not value
        if not met and not self.needs_no_needs:
            raise refusal(YXRRSET if class_ == NONE else NXRRSET)

    def _change(self, change: RR) -> None:
        name, number, class_, ttl, value = change
        own = [row for row in self.records if (row["name"], row["type"]) == (name, TYPES[number])]
        if class_ == NONE:
            assert ttl == 0
            self.records = [row for row in self.records if row not in own or data(row) != value]
            return
        assert class_ == IN
        if any(row["name"] == name and row["type"] == "CNAME" for row in self.records):
            if self.ways == "pdns":
                raise refusal(REFUSED)
            return  # BIND and Knot skip it, and call that no error
        for row in own:
            row["ttl"] = ttl
        if value not in [data(row) for row in own]:
            self.record(name, str(ipaddress.ip_address(value)), ttl=ttl)


def refusal(code: int) -> Refusal:
    return Refusal((code, {}, b""))


CASE = Case(
    "rfc2136",
    lambda: filled(Rfc2136Fake),
    {"key_name": KEY, "key": SECRET},
    {"key": base64.b64encode(b"another secret").decode()},
    server="dns://ns1.example.com",
    wait_for=None,
)
