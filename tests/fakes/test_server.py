"""The fake server does what it says, and our own transport gets along with it: signatures survive the way they are sent."""

import http.client
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import urllib3

from edge_agent.providers import cloudflare, custom
from edge_agent.transport import Transport
from edge_agent.wire import Target
from tests.fakes.apis.cloudflare import CloudflareFake
from tests.fakes.custom import SignedFake
from tests.fakes.server import Received, Reply, Server, Tls, behind, captive_portal, cut_off, redirect, text
from tests.providers.talk import HOME, V4, V6, job_for, talk

ROOT = pathlib.Path(__file__).parents[2]


def always(reply: Reply) -> Callable[[Received], Reply]:
    return lambda request: reply


def get(server: Server, timeout: float = 0.5) -> urllib3.BaseHTTPResponse:
    with urllib3.PoolManager(ca_certs=server.ca_file, retries=False, timeout=timeout) as pool:
        return pool.request("GET", f"{server.url}/x?a=1&b=", redirect=False)


@pytest.mark.parametrize(
    ("reply", "status", "body"),
    [
        pytest.param(text("fine"), 200, b"fine", id="plain"),
        pytest.param(Reply(), 200, b"", id="empty"),
        pytest.param(Reply(204), 204, b"", id="204"),
        pytest.param(Reply(body=b"x" * 99, chunk=7), 200, b"x" * 99, id="chunked"),
        pytest.param(Reply(body=b"x" * 99, zip=True), 200, b"x" * 99, id="gzip"),
        pytest.param(Reply(body=b"0123", drip_for=0.01), 200, b"0123", id="slow-loris"),
        pytest.param(Reply(body=b"last", after="close"), 200, b"last", id="close"),
        pytest.param(redirect("http://elsewhere.example/"), 302, b"moved", id="redirect"),
        pytest.param(captive_portal(), 200, captive_portal().body, id="captive-portal"),
        pytest.param(Reply(raw=b"HTTP/1.0 299 Odd\r\n\r\nraw"), 299, b"raw", id="raw"),
    ],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("secure", [False, True])
def test_answers(reply: Reply, status: int, body: bytes, host: str, secure: bool, tls: Tls) -> None:  # noqa: FBT001 - a row
    with Server(always(reply), tls if secure else None, host) as server:
        got = get(server)
        assert (got.status, got.data) == (status, body)
        (seen,) = server.received
    assert (seen.method, seen.path, seen.query, seen.peer, seen.secure) == ("GET", "/x", {"a": "1", "b": ""}, host, secure)


@pytest.fixture(scope="module")
def tls() -> Tls:
    return Tls()


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        pytest.param(Reply(body=b"x" * 99, after="reset"), urllib3.exceptions.ProtocolError, id="reset"),
        pytest.param(Reply(raw=b"", after="reset"), urllib3.exceptions.ProtocolError, id="reset-at-once"),
        pytest.param(Reply(body=b"x" * 99, after="stall"), urllib3.exceptions.ReadTimeoutError, id="stall"),
        pytest.param(cut_off(b"abc"), urllib3.exceptions.ProtocolError, id="cut-off"),
        pytest.param(Reply(raw=b"no http at all\r\n\r\n"), urllib3.exceptions.ProtocolError, id="garbage"),
        pytest.param(Reply(body=b"x", delay_for=9), urllib3.exceptions.ReadTimeoutError, id="late"),
    ],
)
def test_troubles(reply: Reply, trouble: type[Exception]) -> None:
    with Server(always(reply)) as server, pytest.raises(trouble):
        get(server, 0.2)


def test_endless() -> None:
    with Server(always(Reply(body=b"x" * 1000, after="endless"))) as server, urllib3.PoolManager(retries=False) as pool:
        response = pool.request("GET", server.url, preload_content=False)
        assert len(response.read(500_000)) == 500_000
        response.close()


@pytest.mark.parametrize(
    ("tls", "words"),
    [
        pytest.param({"expired": True}, "expired", id="expired"),
        pytest.param({"not_yet": True}, "not yet valid", id="not-yet"),
        pytest.param({"unknown_ca": True}, "local issuer", id="unknown-ca"),
        pytest.param({"oldest": True}, "protocol version", id="tls-1.1"),
    ],
)
def test_bad_certificates(tls: dict[str, bool], words: str) -> None:
    with Server(always(Reply()), Tls(**tls)) as server:
        with pytest.raises(urllib3.exceptions.SSLError, match=words):
            get(server)
        assert (server.connections, server.handshakes, server.received) == (1, 0, [])


def test_a_wrong_name_and_a_sibling_of_the_same_authority() -> None:
    wrong = Tls("elsewhere.example")
    context = ssl.create_default_context(cafile=wrong.ca_file)
    for tls, fits in ((wrong, False), (wrong.sibling("127.0.0.1"), True)):
        with Server(always(Reply()), tls) as server, socket.create_connection(("127.0.0.1", server.port)) as sock:
            try:
                context.wrap_socket(sock, server_hostname="127.0.0.1").close()
                assert fits
            except ssl.SSLCertVerificationError:
                assert not fits


def test_connections_are_kept_and_counted() -> None:
    with Server(always(text("ok"))) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        for _ in range(3):
            connection.request("POST", "/", body=iter([b"a", b"b"]), headers={"Transfer-Encoding": "chunked"}, encode_chunked=True)
            assert connection.getresponse().read() == b"ok"
        connection.close()
        assert server.connections == 1
        assert [request.body for request in server.received] == [b"ab"] * 3


def test_a_tunnel_carries_both_ways(tls: Tls) -> None:
    with Server(always(text("inside")), tls) as inner:
        with (
            Server(always(Reply(tunnel=("127.0.0.1", inner.port)))) as proxy,
            urllib3.ProxyManager(proxy.url, ca_certs=tls.ca_file, retries=False, timeout=5) as pool,
        ):
            assert pool.request("GET", inner.url).data == b"inside"
        assert proxy.received[0].method == "CONNECT"


def test_what_a_handler_raises_is_raised() -> None:
    def broken(request: Received) -> Reply:
        raise LookupError(request.path)

    with pytest.raises(LookupError, match="/x"), Server(broken) as server, pytest.raises(urllib3.exceptions.HTTPError):
        get(server)


@pytest.mark.parametrize(
    ("kind", "path", "said"),
    [
        pytest.param(["echo"], "/ip?x=1", b"127.0.0.1\n", id="echo"),
        pytest.param(["dyndns", "--name", "a.example", "--user", "me"], "/nic/update?hostname=a.example&myip=192.0.2.1&x=1",
                     b"good 192.0.2.1", id="dyndns"),
        pytest.param(["portal"], "/?x=1", captive_portal().body, id="portal"),
    ],
)  # fmt: skip
def test_as_a_script(tmp_path: pathlib.Path, kind: list[str], path: str, said: bytes) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-m", "tests.fakes.server", "--kind", *kind, "--log", str(log)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as script:
        assert script.stdout is not None
        ready, port = script.stdout.readline().split()
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=5)
        connection.request("GET", path, headers={"Authorization": "Basic bWU6cGFzcw==", "User-Agent": "edge-agent/test"})
        assert connection.getresponse().read().strip() == said.strip()
        connection.close()
        script.terminate()
    assert ready == "ready"
    line = json.loads(log.read_text())
    assert (line["query"]["x"], line["status"], line["peer"]) == ("1", 200, "127.0.0.1")


# --- our own transport -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"url": "?name={name}&ip={ip}"}, id="empty-path"),
        pytest.param({"url": "/a%2fb/{type}?name={name}&ip={ip!r}&odd=*:@/?;,~'()!$"}, id="odd-letters"),
        pytest.param({"url": "/u", "method": "POST", "body": '{"name": "{name}", "ip": "{ip}", "note": "ü"}'}, id="json"),
        pytest.param({"url": "/u", "method": "PUT", "body": "name={name}&ip={ip}"}, id="form"),
    ],
)
def test_what_is_signed_is_what_is_sent(options: dict[str, str], tls: Tls) -> None:
    fake = SignedFake({"box1": "k3y ü"}, time.time)
    with Server(fake.answer, tls) as server:
        transport = Transport(ca_file=server.ca_file)
        job = job_for(
            custom.PROVIDER,
            {"key_id": "box1", "key": "k3y ü"},
            [Target(HOME, 4, V4), Target(HOME, 6, V6)],
            options=options | {"auth": "hmac"},
            server=server.url,
        )
        said = talk(job._replace(now_at=time.time()), custom.PROVIDER, transport.send)
        transport.close()
        assert said.kinds == ["updated", "updated"]
        assert server.connections == 1
    assert fake.records == {(HOME, "A"): V4, (HOME, "AAAA"): V6}


def test_a_thousand_names_at_cloudflare_share_one_connection(tls: Tls) -> None:
    fake = CloudflareFake()
    token = "FakeCfToken_0123456789abcdefghijABCDEFGH"
    fake.tokens[token] = None
    fake.zone("example.com")
    targets = [Target(f"h{number}.example.com", 4, V4) for number in range(1000)]
    for number, target in enumerate(targets):
        fake.record(target.name, V4 if number % 50 else "198.51.100.1")

    with Server(behind(fake), tls) as server:
        transport = Transport(ca_file=server.ca_file)
        job = job_for(cloudflare.PROVIDER, {"token": token}, targets, server=f"{server.url}/client/v4")
        said = talk(job, cloudflare.PROVIDER, transport.send)
        transport.close()
        assert (said.kinds.count("updated"), said.kinds.count("unchanged")) == (20, 980)
        assert (server.connections, len(server.received)) == (1, 1 + 20 + 20)
