"""PowerDNS's HTTP API as it is: every request goes to the real server and to its fake, which must answer alike."""

import http.client
import json
import urllib.parse
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from edge_agent.providers.powerdns import PROVIDER
from edge_agent.wire import Answer, Request, Target
from tests.dnsservers.servers import INNER, ZONE, ZONES, Server
from tests.fakes.apis import powerdns
from tests.fakes.zones import over
from tests.providers.talk import V4, V6, Talk, job_for, talk

OLD, OTHER, THIRD = "198.51.100.1", "198.51.100.2", "198.51.100.3"
ROOT = "/api/v1/servers/localhost"


class Twins(NamedTuple):
    """A real server and a fake that began alike."""

    server: Server
    fake: powerdns.PowerDnsFake

    def ask(self, method: str, path: str, body: bytes = b"", key: str | None = None) -> Answer:
        """Ask both; what they say must be of one kind."""
        own, theirs = self.server.api_key if key is None else key, powerdns.KEY if key is None else key
        real = sent(self.server.api_url, method, path, own, body)
        fake = over(self.fake)(Request(method, self.server.api_url + path, (("X-API-Key", theirs),), body))
        assert (fake.status, kind(fake)) == (real.status, kind(real)), real.text
        like(fake.json(), real.json())
        return real

    def put(self, name: str, type_: str, *values: str, disabled: tuple[str, ...] = (), ttl: int = 300, **more: object) -> None:
        """Put a set, as a person would."""
        records = [{"content": value, "disabled": value in disabled} for value in (*values, *disabled)]
        entry = {"name": f"{name}.", "type": type_, "ttl": ttl, "changetype": "REPLACE", "records": records} | more
        assert self.ask("PATCH", f"{ROOT}/zones/{self.fake.home(name)}.", json.dumps({"rrsets": [entry]}).encode()).status == 204

    def stored(self, name: str, type_: str = "A") -> dict[str, Any]:
        """Return a set as the whole zone shows it: with what is disabled."""
        zone: dict[str, Any] = json.loads(self.ask("GET", f"{ROOT}/zones/{self.fake.home(name)}.").body)
        return next((entry for entry in zone["rrsets"] if (entry["name"], entry["type"]) == (f"{name}.", type_)), {})

    def run(self, *targets: Target, key: str | None = None, **options: str) -> Talk:
        """Let the agent do it."""
        job = job_for(PROVIDER, {"api_key": self.server.api_key}, targets, server=self.server.api_url, options=options)

        def send(request: Request) -> Answer:
            return self.ask(request.method, request.url.removeprefix(self.server.api_url), request.body, key)

        return talk(job, PROVIDER, send)


def sent(url: str, method: str, path: str, key: str, body: bytes) -> Answer:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=20)
    try:
        connection.request(method, path, body or None, {"X-API-Key": key, "Content-Type": "application/json"})
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def kind(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0] if answer.body else "nothing"


def like(fake: Any, real: Any) -> None:
    """All that the fake says, the real one says, too; words and serials apart, and the fake's zones have no SOA and NS."""
    if isinstance(fake, dict):
        assert isinstance(real, dict)
        assert set(fake) <= set(real)
        for name in set(fake) - {"error", "serial"}:
            like(fake[name], real[name])
    elif isinstance(fake, list):
        found = [entry for entry in real if entry.get("type") not in ("SOA", "NS")]
        assert len(fake) == len(found), (fake, found)
        for one, other in zip(sorted(fake, key=order), sorted(found, key=order), strict=True):
            like(one, other)
    else:
        assert fake == real


def order(entry: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(entry.get(name, "")) for name in ("name", "type", "content"))


@pytest.fixture(scope="module")
def fake() -> powerdns.PowerDnsFake:
    made = powerdns.PowerDnsFake()
    for zone in ZONES:
        made.zone(zone)
    return made


@pytest.fixture
def both(pdns: Server, fake: powerdns.PowerDnsFake) -> Iterator[Twins]:
    """The zones are as empty after each test as before it: other tests share the server."""
    twins = Twins(pdns, fake)
    for zone in (ZONE, INNER):
        emptied(pdns, zone)
    yield twins
    for zone in (ZONE, INNER):
        emptied(pdns, zone)
    fake.records.clear()
    fake.comments.clear()


def emptied(server: Server, zone: str) -> None:
    path = f"{ROOT}/zones/{zone}."
    held = json.loads(sent(server.api_url, "GET", path, server.api_key, b"").body)["rrsets"]
    gone = [
        {"name": entry["name"], "type": entry["type"], "changetype": "DELETE"}
        for entry in held
        if entry["type"] not in ("SOA", "NS")
    ]
    assert sent(server.api_url, "PATCH", path, server.api_key, json.dumps({"rrsets": gone}).encode()).status == 204


def want(name: str = "home.example.com", address: str = V4, **more: object) -> Target:
    return Target(name, 6 if ":" in address else 4, address)._replace(**more)  # type: ignore[arg-type]


# --- what becomes of a record ----------------------------------------------------------------------------------------


def test_created_changed_unchanged(both: Twins) -> None:
    names = ("home.example.com", "*.wild.example.com", "example.com", "box.lab.example.com", "xn--bro-hoa.example.com")
    for address in (OLD, V4):
        assert both.run(*(want(name, address) for name in names), want(address=V6)).kinds[:5] == ["updated"] * 5
        assert [both.server.says(name.replace("*", "any")) for name in names] == [[address]] * 5
    again = both.run(*(want(name) for name in names), want(address=V6))
    assert again.kinds == ["unchanged"] * 6
    assert not any(request.changes for request in again.requests)
    assert both.server.says("home.example.com", "AAAA") == [V6]
    assert both.server.ttl("home.example.com") == 300


def test_what_is_nobodys_business_survives(both: Twins) -> None:
    note = [{"content": "the box in the attic", "account": "me", "modified_at": 1700000000}]
    both.put("home.example.com", "A", OLD, disabled=(OTHER,), ttl=77, comments=note)
    assert both.run(want()).kinds == ["updated"]
    stored = both.stored("home.example.com")
    assert (stored["comments"], stored["ttl"]) == (note, 77)
    assert {record["content"]: record["disabled"] for record in stored["records"]} == {V4: False, OTHER: True}
    assert both.server.says("home.example.com") == [V4]


@pytest.mark.parametrize("disabled", [(OTHER,), (OTHER, V4)], ids=["another", "ours-too"])
@pytest.mark.parametrize("name", ["home.example.com", "*.example.com"])
def test_a_set_that_is_wholly_disabled(both: Twins, name: str, disabled: tuple[str, ...]) -> None:
    both.put(name, "A", disabled=disabled)
    both.put("x.example.com", "A", disabled=(THIRD,))
    assert both.run(want(name)).kinds == ["updated"]
    assert {record["content"]: record["disabled"] for record in both.stored(name)["records"]} == {V4: False, OTHER: True}
    assert both.run(want(name)).kinds == ["unchanged"]


def test_a_ttl(both: Twins) -> None:
    both.put("home.example.com", "A", V4, ttl=77)
    assert both.run(want(ttl=120)).kinds == ["updated"]
    assert both.server.ttl("home.example.com") == 120
    assert both.run(want(ttl=120)).kinds == ["unchanged"]


def test_siblings_and_a_value_for_every_uplink(both: Twins) -> None:
    both.put("home.example.com", "A", OTHER, THIRD)
    assert both.run(want()).kinds == ["refused"]
    assert both.run(want(own=(OTHER,))).kinds == ["updated"]
    assert both.server.says("home.example.com") == [THIRD, V4]
    assert both.run(want(address=OLD, each=True)).kinds == ["updated"]
    assert both.server.says("home.example.com") == [OLD, THIRD, V4]
    assert both.run(want(address=OLD, each=True, own=(OLD,), beside=(V4,))).kinds == ["updated"]
    assert both.server.says("home.example.com") == [THIRD, V4]


@pytest.mark.parametrize(
    ("type_", "content", "words"),
    [
        pytest.param("CNAME", "elsewhere.example.", "Conflicts with pre-existing RRset", id="cname"),
        pytest.param("ALIAS", "elsewhere.example.", "a record of type ALIAS", id="alias"),
        pytest.param("LUA", "A \"ifportup(443, {'192.0.2.1'})\"", "a record of type LUA", id="lua"),
    ],
)
def test_in_the_way(both: Twins, type_: str, content: str, words: str) -> None:
    both.put("home.example.com", type_, content)
    said = both.run(want(), want("nas.example.com"))
    assert said.kinds == ["refused", "updated"]
    assert words in said.verdicts["home.example.com", 4].detail
    assert both.server.says("nas.example.com") == [V4]


def test_an_unknown_zone(both: Twins) -> None:
    said = both.run(want("home.example.net"), want())
    assert said.kinds == ["refused", "updated"]
    assert "no zone for home.example.net" in said.verdicts["home.example.net", 4].detail


def test_a_wrong_key(both: Twins) -> None:
    said = both.run(want(), want(address=V6), key="wrong")
    assert {(verdict.kind, verdict.scope) for verdict in said.verdicts.values()} == {("refused", "account")}
    assert len(said.requests) == 1


def test_a_wrong_server_id(both: Twins) -> None:
    said = both.run(want(), server_id="another")
    assert "server_id another" in said.verdicts["home.example.com", 4].detail


def test_notify(both: Twins) -> None:
    said = both.run(want(), notify="true")
    assert (said.kinds, said.requests[-1].method, said.requests[-1].changes) == (["updated"], "PUT", ())


# --- request by request --------------------------------------------------------------------------------------------------


def replaced(**more: object) -> bytes:
    usual = {"name": "home.example.com.", "type": "A", "ttl": 60, "changetype": "REPLACE", "records": [{"content": V4}]}
    entry = {name: value for name, value in (usual | more).items() if value is not None}
    return json.dumps({"rrsets": [entry]}).encode()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("GET", "/zones?zone=example.com.", b"", 200, id="zone"),
        pytest.param("GET", "/zones?zone=EXAMPLE.com.", b"", 200, id="zone-in-capitals"),
        pytest.param("GET", "/zones?zone=example.com", b"", 422, id="zone-without-dot"),
        pytest.param("GET", "/zones?zone=example.net.", b"", 200, id="no-such-zone"),
        pytest.param("GET", "/zones/example.net.", b"", 404, id="unknown-zone"),
        pytest.param("GET", "/zones/example.com", b"", 200, id="id-without-dot"),
        pytest.param("GET", "/zones/example.com.?rrset_name=home.example.com.", b"", 200, id="name"),
        pytest.param("GET", "/zones/example.com.?rrset_name=home.example.com.&rrset_type=A", b"", 200, id="name-and-type"),
        pytest.param("GET", "/zones/example.com.?rrset_name=none.example.com.", b"", 200, id="no-such-name"),
        pytest.param("GET", "/search-data?q=home.example.com&object_type=record", b"", 200, id="search"),
        pytest.param("GET", "/search-data?q=home.example.com.&object_type=record", b"", 200, id="search-with-a-dot"),
        pytest.param("GET", "/search-data?q=%3F.example.com&max=200&object_type=record", b"", 200, id="search-one-letter"),
        pytest.param("GET", "/search-data?q=&object_type=record", b"", 422, id="search-for-nothing"),
        pytest.param("PATCH", "/zones/example.com.", replaced(), 204, id="replaced"),
        pytest.param("PATCH", "/zones/example.com.", replaced(name="HOME.example.com."), 204, id="in-capitals"),
        pytest.param("PATCH", "/zones/example.com.", replaced(records=[]), 204, id="no-record"),
        pytest.param("PATCH", "/zones/example.com.", replaced(changetype="DELETE"), 204, id="deleted"),
        pytest.param("PATCH", "/zones/example.com.", replaced(ttl="60"), 204, id="ttl-in-digits"),
        pytest.param("PATCH", "/zones/example.com.", replaced(ttl=-5), 204, id="ttl-below-nothing"),
        pytest.param("PATCH", "/zones/example.com.", replaced(ttl=None), 422, id="no-ttl"),
        pytest.param("PATCH", "/zones/example.com.", replaced(name="home.example.com"), 422, id="no-final-dot"),
        pytest.param("PATCH", "/zones/example.com.", replaced(name="home.example.net."), 422, id="out-of-zone"),
        pytest.param("PATCH", "/zones/example.com.", replaced(records=[{"content": "192.0.2.x"}]), 422, id="no-address"),
        pytest.param("PATCH", "/zones/example.com.", replaced(records=[{"content": V4}] * 2), 422, id="twice"),
        pytest.param(
            "PATCH",
            "/zones/example.com.",
            replaced(records=[{"content": V4}, {"content": V4, "disabled": True}]),
            422,
            id="on-and-off",
        ),
        pytest.param("PATCH", "/zones/example.com.", replaced(name="alias.example.com."), 422, id="beside-a-cname"),
        pytest.param("PATCH", "/zones/example.com.", replaced(records=None), 422, id="no-records"),
        pytest.param("PATCH", "/zones/example.com.", replaced(changetype=None), 422, id="no-changetype"),
        pytest.param("PATCH", "/zones/example.com.", replaced(type=None), 422, id="no-type"),
        pytest.param("PATCH", "/zones/example.com.", b"{}", 422, id="no-rrsets"),
        pytest.param("PATCH", "/zones/example.com.", b"{", 400, id="no-json"),
        pytest.param("PATCH", "/zones/example.net.", replaced(), 404, id="change-in-an-unknown-zone"),
        pytest.param("PUT", "/zones/example.com./notify", b"", 200, id="notify"),
        pytest.param("PUT", "/zones/example.net./notify", b"", 404, id="notify-an-unknown-zone"),
        pytest.param("DELETE", "/zones", b"", 405, id="method"),
        pytest.param("GET", "/nothing", b"", 404, id="path"),
    ],
)
def test_the_fake_says_what_the_server_says(both: Twins, method: str, path: str, body: bytes, status: int) -> None:
    both.put(
        "home.example.com", "A", OLD, disabled=(OTHER,), ttl=77, comments=[{"content": "note", "account": "", "modified_at": 1}]
    )
    both.put("alias.example.com", "CNAME", "home.example.com.")
    both.put("x.example.com", "AAAA", "2001:DB8:0::7")
    before = both.ask("GET", f"{ROOT}/zones/example.com.")
    assert both.ask(method, ROOT + path, body).status == status
    assert (both.ask("GET", f"{ROOT}/zones/example.com.").json() == before.json()) == (method != "PATCH" or status != 204)


@pytest.mark.parametrize("path", [f"{ROOT}/zones", "/api/v1/servers/another/zones"])
def test_a_key_is_asked_for_where_there_is_a_door(both: Twins, path: str) -> None:
    both.ask("GET", path, key="wrong")
    both.ask("GET", path)


def test_slashes_in_an_id(both: Twins) -> None:
    """A zone of a part of a reverse zone has a slash in its name; the server writes it `=2F`, and takes `%3D2F`."""
    server = both.server
    made = {"name": "64/26.2.0.192.in-addr.arpa.", "kind": "Native", "nameservers": []}
    assert sent(server.api_url, "POST", f"{ROOT}/zones", server.api_key, json.dumps(made).encode()).status == 201
    found = sent(server.api_url, "GET", f"{ROOT}/zones?zone=64/26.2.0.192.in-addr.arpa.", server.api_key, b"").json()
    assert isinstance(found, list)
    assert found[0]["id"] == powerdns.id_of("64/26.2.0.192.in-addr.arpa") == "64=2F26.2.0.192.in-addr.arpa."
    path = f"{ROOT}/zones/64%3D2F26.2.0.192.in-addr.arpa."
    assert sent(server.api_url, "GET", path, server.api_key, b"").status == 200
    assert sent(server.api_url, "DELETE", path, server.api_key, b"").status == 204
