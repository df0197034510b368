"""Services of the dyndns2 family as they really behave, free of sockets: gates, counters, odd bodies, dangerous defaults.

Each fake judges a request by the service's own rules, keeps what it would publish in `records`, and counts what it dislikes.
It shares no code with the agent, so that both must be right about the protocol for a test to pass.
"""

import base64
import ipaddress
import urllib.parse
from collections.abc import Callable, Mapping

from edge_agent.wire import Answer, Request

Reply = tuple[int, dict[str, str], bytes]
PLAIN = {"content-type": "text/plain"}
BROWSERS = ("", "python-urllib3", "python-requests", "curl", "wget", "mozilla", "myclient")


# What makes the agent keep one record at a DyndnsFake; where that is and where the state goes is each test's own.
FLAGS = ("-4", "--source", "static", "--address", "45.83.1.2", "-p", "dyndns2", "-n", "home.example.com", "--username", "user")


def text(body: str, status: int = 200, **headers: str) -> Reply:
    return status, PLAIN | {name.replace("_", "-"): value for name, value in headers.items()}, body.encode()


def type_of(address: str) -> str:
    return "AAAA" if ipaddress.ip_address(address).version == 6 else "A"


def basic_login(headers: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password


class DyndnsFake:
    """The protocol as Dyn and No-IP speak it: Basic, up to 20 names, comma lists of addresses, one line per name."""

    path = "/nic/update"
    parameter = "myip"
    nochg_before_abuse = 5
    most_names = 20

    def __init__(self, user: str = "user", password: str = "pass", names: tuple[str, ...] = ("home.example.com",)) -> None:
        self.user, self.password, self.names = user, password, names
        self.records: dict[tuple[str, str], str] = {}
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.peers: list[str] = []
        self.nochg: dict[str, int] = {}
        self.blocked: set[str] = set()
        self.sent_at: dict[str, list[float]] = {}

    def answer(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes, peer: str, now_at: float
    ) -> Reply:
        """Judge one request. Header names are lower case; `peer` is the address it came from, `now_at` the wall clock."""
        self.seen.append((method, path, query))
        self.peers.append(peer)
        agent = headers.get("user-agent", "").lower()
        if not agent or any(agent.startswith(browser) for browser in BROWSERS if browser):
            return self.unwelcome()
        if not self.welcome(path):
            return text("<html><body>404 Not Found</body></html>", 404)
        if not self.allowed(query, headers, path):
            return self.denied()
        return self.update(query, path, peer, now_at)

    # --- what kinds of service differ in -----------------------------------------------------------------------------

    def welcome(self, path: str) -> bool:
        return path == self.path

    def unwelcome(self) -> Reply:
        return text("badagent")

    def allowed(self, query: dict[str, str], headers: dict[str, str], path: str) -> bool:
        return basic_login(headers) == (self.user, self.password)

    def denied(self) -> Reply:
        return text("badauth")

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        names = [name for name in query.get("hostname", "").split(",") if name]
        if not names:
            return text("notfqdn")
        if len(names) > self.most_names:
            return text("numhost")
        addresses = [part for part in query.get(self.parameter, "").split(",") if part] or [peer]
        lines = [self.line(name, addresses) for name in names]
        return text("\r\n".join(lines) + "\r\n\r\n")

    def line(self, name: str, addresses: list[str]) -> str:
        if name not in self.names:
            return "nohost"
        if name in self.blocked:
            return "abuse"
        word = self.set(name, addresses)
        if word == "nochg" and self.nochg[name] >= self.nochg_before_abuse:
            self.blocked.add(name)
            return "abuse"
        return f"{word} {','.join(addresses)}"

    def set(self, name: str, addresses: list[str]) -> str:
        """Publish and return good or nochg; a change forgives earlier nochgs."""
        before = dict(self.records)
        for address in addresses:
            self.records[name, type_of(address)] = address
        changed = before != self.records
        self.nochg[name] = 0 if changed else self.nochg.get(name, 0) + 1
        return "good" if changed else "nochg"

    def too_often(self, name: str, now_at: float, most: int, within: float) -> bool:
        """Note one more update of `name`; say whether it is one more than `most` within so many seconds."""
        recent = [sent_at for sent_at in self.sent_at.get(name, []) if now_at - sent_at < within]
        self.sent_at[name] = [*recent, now_at]
        return len(recent) >= most


class Ignoring(DyndnsFake):
    """A server that says good to a client it does not want, and does nothing."""

    def unwelcome(self) -> Reply:
        return text("good 127.0.0.1")


class Nsupdate(DyndnsFake):
    """nsupdate.info: the name is the user; 401 and 403 carry words; every nochg is booked as the client's fault."""

    nochg_before_abuse = 70

    def allowed(self, query: dict[str, str], headers: dict[str, str], path: str) -> bool:
        user, secret = basic_login(headers)
        self.user = user
        return user in self.names and secret == self.password

    def denied(self) -> Reply:
        return text("badauth", 401, www_authenticate="Basic")

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        name = query.get("hostname", self.user)
        if name != self.user:
            return text("nohost")
        if name in self.blocked:
            return text("abuse", 403)
        lines = []
        for address in query.get("myip", peer).split(","):
            word = self.set(name, [address])
            if self.nochg[name] >= self.nochg_before_abuse:
                self.blocked.add(name)
            lines.append((word, address))
        if len({word for word, _ in lines}) == 1:
            return text(f"{lines[0][0]} {','.join(address for _, address in lines)}")
        return text("\n".join(f"{word} {address}" for word, address in lines))


class Inwx(DyndnsFake):
    """INWX: the login is the name; without an IPv4 address it sets 127.0.0.1, without an IPv6 address it deletes the AAAA."""

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        name = self.names[0]
        self.records[name, "A"] = query.get("myip") or "127.0.0.1"
        self.records.pop((name, "AAAA"), None)
        if query.get("myipv6"):
            self.records[name, "AAAA"] = query["myipv6"]
        return text(f"good {self.records[name, 'A']}")


class HurricaneElectric(DyndnsFake):
    """dns.he.net: the name is the user, every record has a key of its own, 10 updates in 2 minutes."""

    def __init__(self, keys: dict[tuple[str, str], str]) -> None:
        super().__init__(names=tuple({name for name, _ in keys}))
        self.keys = keys

    def allowed(self, query: dict[str, str], headers: dict[str, str], path: str) -> bool:
        user, key = basic_login(headers)
        return self.keys.get((user, type_of(query["myip"]))) == key and user == query.get("hostname")

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        if self.too_often(query["hostname"], now_at, 10, 120.0):
            return text("interval")
        return text(self.line(query["hostname"], [query["myip"]]))


class Pubyun(DyndnsFake):
    """3322: three updates less than a minute apart block the name; a malformed address is ignored for the peer's."""

    path = "/dyndns/update"

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        name = query.get("hostname", "")
        if self.too_often(name, now_at, 2, 60.0):
            self.blocked.add(name)
        return text(self.line(name, [query.get("myip") or peer]))


class Infomaniak(DyndnsFake):
    """Infomaniak: refusals are words under 400, success has newer names."""

    def denied(self) -> Reply:
        return text("badauth", 400)

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        name, address = query.get("hostname", ""), query.get("myip", peer)
        if name not in self.names:
            return text("nohost", 400)
        return text(f"{'successfully_changed' if self.set(name, [address]) == 'good' else 'no_change'} {address}")


class Selfhost(DyndnsFake):
    """Selfhost: most things are said by the status alone."""

    def denied(self) -> Reply:
        return 401, {}, b""

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        name, address = query.get("hostname", ""), query.get("myip", peer)
        if name not in self.names:
            return 409, {}, b""
        if address.startswith(("10.", "192.168.")):
            return 412, {}, b""
        return text(f"good {address}") if self.set(name, [address]) == "good" else (204, {}, b"")


def over(fake: DyndnsFake, peer: str = "198.51.100.99", now_at: float = 1_790_000_000.0) -> Callable[[Request], Answer]:
    """Return a `send` that asks the fake directly, without a socket."""

    def send(request: Request) -> Answer:
        parts = urllib.parse.urlsplit(request.url)
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in request.headers}
        return Answer(*fake.answer(request.method, urllib.parse.unquote(parts.path), query, headers, request.body, peer, now_at))

    return send
