"""A service of one's own that takes signed requests: a reference verifier of EDGE1, written from custom-signing.md alone."""

import hashlib
import hmac
import json
import urllib.parse
from collections.abc import Callable, Mapping

from edge_agent.wire import Answer, Request
from tests.fakes.messages import Received, Reply, text

WINDOW = 300


class Verifier:
    """Says why a request is not to be trusted, or None. It remembers signatures for as long as their time would be accepted."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self.keys = keys
        self.seen: dict[str, int] = {}

    def objection(self, request: Received, now_at: float) -> str | None:
        try:
            key_id, time = request.headers["x-edge-key"], int(request.headers["x-edge-time"])
            given = request.headers["x-edge-signature"]
        except (KeyError, ValueError):
            return "unsigned"
        if key_id not in self.keys:
            return "unknown key"
        path, _, query = request.target.partition("?")
        digest = hashlib.sha256(request.body).hexdigest()
        signed = f"EDGE1\n{time}\n{request.method}\n{path}\n{query}\n{digest}"
        wanted = hmac.new(self.keys[key_id].encode(), signed.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, given):
            return "wrong signature"
        if abs(now_at - time) > WINDOW:
            return "too old or too new"
        self.seen = {signature: at for signature, at in self.seen.items() if abs(now_at - at) <= WINDOW}
        if given in self.seen:
            return "replayed"
        self.seen[given] = time
        return None


class SignedFake:
    """A service that publishes what a signed request says: `name` and `ip` in the query, a form or JSON."""

    def __init__(self, keys: Mapping[str, str], now_at: Callable[[], float]) -> None:
        self.verifier = Verifier(keys)
        self.now_at = now_at
        self.records: dict[tuple[str, str], str] = {}

    def answer(self, request: Received) -> Reply:
        objection = self.verifier.objection(request, self.now_at())
        if objection:
            return text(objection, 401)
        said = dict(urllib.parse.parse_qsl(request.target.partition("?")[2]))
        if "json" in request.headers.get("content-type", ""):
            said |= json.loads(request.body)
        elif request.body:
            said |= dict(urllib.parse.parse_qsl(request.body.decode()))
        if not said.get("name") or not said.get("ip"):
            return text("no name or no address", 400)
        key = said["name"], "AAAA" if ":" in said["ip"] else "A"
        same = self.records.get(key) == said["ip"]
        self.records[key] = said["ip"]
        return text("same" if same else "set")


def received(request: Request, at: float = 0.0) -> Received:
    """Return a request of the agent's as a server would receive it."""
    parts = urllib.parse.urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {name.lower(): value for name, value in request.headers}
    query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
    return Received(request.method, parts.path or "/", query, headers, request.body, "198.51.100.99", at, target, secure=True)


def over(fake: SignedFake) -> Callable[[Request], Answer]:
    """Return a `send` that asks the fake directly, without a socket."""

    def send(request: Request) -> Answer:
        reply = fake.answer(received(request))
        return Answer(reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.body)

    return send
