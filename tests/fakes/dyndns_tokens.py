"""Fakes of the services with words of their own: OK and KO, tags, XML, a header, JSON. See `dyndns` for what a fake is."""

import json

from tests.fakes.dyndns import DyndnsFake, Reply, text, type_of


class Duckdns(DyndnsFake):
    """Duck DNS: OK or KO, verbose lines, the peer's address where `ip` is missing and no `ipv6` is given."""

    path = "/update"

    def allowed(self, query: dict[str, str], headers: dict[str, str], path: str) -> bool:
        return query.get("token") == self.password

    def denied(self) -> Reply:
        return text("KO")

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        names = query.get("domains", "").split(",")
        if any(name not in self.names for name in names):
            return text("KO")
        four = query.get("ip", "" if "ipv6" in query else peer)
        addresses = [address for address in (four, query.get("ipv6", "")) if address]
        changed = [self.set(name, addresses) == "good" for name in names]
        if query.get("verbose") != "true":
            return text("OK")
        return text(f"OK\n{four}\n{query.get('ipv6', '')}\n{'UPDATED' if any(changed) else 'NOCHANGE'}")


class Zoneedit(DyndnsFake):
    """Zoneedit: tags for answers, 600 seconds between two requests."""

    path = "/dyn/generic.php"

    def denied(self) -> Reply:
        return text('<ERROR CODE="708" TEXT="Failed Login: user" ZONE="example.com">')

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        name = query.get("hostname", "")
        if name not in self.names:
            return text('<ERROR CODE="701" TEXT="Zone is not set up in this account.">')
        if self.too_often(name, now_at, 1, 600.0):
            return text('<ERROR CODE="702" TEXT="Minimum 600 seconds between requests" ZONE="example.com">')
        address = query.get("myip", peer)
        if self.set(name, [address]) == "good":
            return text(f'<SUCCESS CODE="200" TEXT="Update succeeded." ZONE="example.com" HOST="home" IP="{address}">')
        return text('<SUCCESS CODE="201" TEXT="No records need updating." ZONE="example.com">')


class Namecheap(DyndnsFake):
    """Namecheap: XML that claims to be UTF-16 in single octets, and 200 for everything."""

    path = "/update"

    def allowed(self, query: dict[str, str], headers: dict[str, str], path: str) -> bool:
        return query.get("password") == self.password

    def denied(self) -> Reply:
        return self._xml("Passwords do not match", "304156")

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        host, zone = query.get("host", ""), query.get("domain", "")
        name = zone if host == "@" else f"{host}.{zone}"
        if name not in self.names:
            return self._xml("No Records updated. A record not Found;", "380091")
        self.set(name, [query.get("ip", peer)])
        return self._xml("", "")

    @staticmethod
    def _xml(error: str, number: str) -> Reply:
        wrong = f"<errors><Err1>{error}</Err1></errors>" if error else "<errors />"
        said = (
            f"<responses><response><ResponseNumber>{number}</ResponseNumber></response></responses>" if error else "<responses />"
        )
        return text(
            '<?xml version="1.0" encoding="utf-16"?><interface-response><Command>SETDNSHOST</Command>'
            f"<ErrCount>{int(bool(error))}</ErrCount>{wrong}{said}<Done>true</Done></interface-response>"
        )


class Ddnss(DyndnsFake):
    """DDNSS: the word stands in a header, the body is a page for people."""

    path = "/upd.php"

    def allowed(self, query: dict[str, str], headers: dict[str, str], path: str) -> bool:
        return query.get("key") == self.password or (query.get("user"), query.get("pwd")) == (self.user, self.password)

    def denied(self) -> Reply:
        return self._page("badauth", "Authentication failed, good luck")

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        if query.get("host") not in self.names:
            return self._page("nohost", "No such host")
        word = self.set(query["host"], [query[key] for key in ("ip", "ip6") if key in query])
        return self._page(word, "Updated 1 hostname" if word == "good" else "No change")

    @staticmethod
    def _page(word: str, words: str) -> Reply:
        return 200, {"content-type": "text/html", "ddnss-response": word}, f"<html><body><h1>{words}</h1></body></html>".encode()


class Njalla(DyndnsFake):
    """Njalla: JSON, and status 401 in both places for a wrong key or name."""

    path = "/update/"

    def allowed(self, query: dict[str, str], headers: dict[str, str], path: str) -> bool:
        return query.get("k") == self.password and query.get("h") in self.names

    def denied(self) -> Reply:
        return 401, {}, json.dumps({"status": 401, "message": "invalid host or key"}).encode()

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        given = {"A": query.get("a", ""), "AAAA": query.get("aaaa", "")}
        self.set(query["h"], [address for address in given.values() if address])
        return 200, {}, json.dumps({"status": 200, "message": "record updated", "value": given}).encode()


class MythicBeasts(DyndnsFake):
    """Mythic Beasts: no address in the request, the peer's is published; the name stands in the path."""

    path = "/dns/v2/dynamic/"

    def welcome(self, path: str) -> bool:
        return path.startswith(self.path)

    def denied(self) -> Reply:
        return 401, {}, b'{"error":"authentication required"}'

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        name = path.removeprefix(self.path)
        if name not in self.names:
            return 404, {}, b'{"error":"host not found"}'
        self.set(name, [peer])
        return 200, {}, b'{"message":"1 records added"}'


class Desec(DyndnsFake):
    """deSEC: token, 2 updates in 2 minutes, and a family that is left out is detected or deleted."""

    path = "/"

    def allowed(self, query: dict[str, str], headers: dict[str, str], path: str) -> bool:
        return headers.get("authorization") == f"Token {self.password}"

    def denied(self) -> Reply:
        return 401, {"content-type": "application/json"}, b'{"detail":"Invalid token."}'

    def update(self, query: dict[str, str], path: str, peer: str, now_at: float) -> Reply:
        names = query.get("hostname", "").split(",")
        if any(name not in self.names for name in names):
            return text("nohost", 404)
        if self.too_often(names[0], now_at, 2, 120.0):
            return text('{"detail":"Request was throttled."}', 429, retry_after="60")
        for name in names:
            for type_, keys in (("A", ("myip", "myipv4", "ip")), ("AAAA", ("myipv6", "ipv6", "myip", "ip"))):
                self._set(name, type_, next((query[key] for key in keys if key in query), peer))
        return text("good")

    def _set(self, name: str, type_: str, value: str) -> None:
        if value == "preserve":
            return
        self.records.pop((name, type_), None)
        if value and type_of(value) == type_:
            self.records[name, type_] = value
