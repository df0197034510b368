"""Through a proxy, or past it."""

import base64
import time

import pytest

from edge_agent import proxies
from edge_agent.transport import Transport
from edge_agent.wire import Answer, Failure, Request
from tests.fakes.server import Received, Reply, Server, Tls, text

PASSWORD = "pr0xy s3cr3t"
QUOTED = "pr0xy%20s3cr3t"


def through(server: Server) -> object:
    """Return a proxy's handler that carries everything to `server`, whatever name is asked for."""

    def answer(request: Received) -> Reply:
        return Reply(tunnel=("127.0.0.1", server.port)) if request.method == "CONNECT" else Reply(405)

    return answer


def send(
    url: str, ca_file: str, proxy: str | None = None, environ: dict[str, str] | None = None, **options: object
) -> Answer | Failure:
    way = Transport(ca_file=ca_file, proxy=proxy, environ=environ or {}, deadline_at=time.monotonic() + 5)
    return way.send(Request("GET", f"{url}/nic/update?token=t0k3n", **options))  # type: ignore[arg-type]  # what a request takes


@pytest.mark.parametrize("named_by", ["setting", "https_proxy", "HTTPS_PROXY"])
def test_a_proxy_carries_tls_it_cannot_read(named_by: str) -> None:
    tls = Tls("api.example")
    with Server(lambda _: text("good"), tls) as server, Server(through(server)) as proxy:  # type: ignore[arg-type]
        address = proxy.url.replace("://", f"://me:{QUOTED}@")
        received = (
            send("https://api.example", tls.ca_file, address)
            if named_by == "setting"
            else send("https://api.example", tls.ca_file, environ={named_by: address})
        )
        assert isinstance(received, Answer), received
        assert received.text == "good"
        assert [request.method for request in proxy.received] == ["CONNECT"]
        assert proxy.received[0].target == "api.example:443"
        expected = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
        assert proxy.received[0].headers["proxy-authorization"] == f"Basic {expected}"
        assert "proxy-authorization" not in server.received[0].headers
        assert server.received[0].headers["host"] == "api.example"


def test_a_proxy_over_tls() -> None:
    tls = Tls("api.example")
    with Server(lambda _: text("good"), tls) as server, Server(through(server), tls.sibling("127.0.0.1")) as proxy:  # type: ignore[arg-type]
        received = send("https://api.example", tls.ca_file, proxy.url)
        assert isinstance(received, Answer), received


def test_the_connection_through_a_proxy_is_kept() -> None:
    tls = Tls("api.example")
    with Server(lambda _: text("good"), tls) as server, Server(through(server)) as proxy:  # type: ignore[arg-type]
        way = Transport(ca_file=tls.ca_file, proxy=proxy.url, environ={}, deadline_at=time.monotonic() + 5)
        for _ in range(5):
            assert isinstance(way.send(Request("GET", "https://api.example/")), Answer)
        assert (proxy.connections, server.connections) == (1, 1)


def failed(received: Answer | Failure, *words: str) -> None:
    assert isinstance(received, Failure), received
    assert received.kind == "unreachable", received
    for word in words:
        assert word in received.detail
    for secret in (PASSWORD, QUOTED, "t0k3n", "nic/update", "me:"):
        assert secret not in received.detail


def test_the_name_is_checked_behind_the_proxy_too() -> None:
    tls = Tls("other.example")
    with Server(lambda _: text("good"), tls) as server, Server(through(server)) as proxy:  # type: ignore[arg-type]
        failed(send("https://api.example", tls.ca_file, proxy.url), "the certificate is not for api.example")
        assert server.received == []


def test_a_proxy_that_refuses() -> None:
    tls = Tls()
    with Server(lambda _: Reply(407, {}, PASSWORD.encode())) as proxy:
        address = proxy.url.replace("://", f"://me:{QUOTED}@")
        failed(send("https://api.example", tls.ca_file, address), "the proxy 127.0.0.1", "does not let us through (status 407)")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(b"", "the proxy 127.0.0.1 gives no answer that makes sense", id="hangs-up"),
        pytest.param(b"garbage\r\n\r\n", "the proxy 127.0.0.1 gives no answer", id="no-http"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nnot TLS at all", "api.example", id="no-tls-behind-it"),
    ],
)
def test_a_proxy_that_talks_nonsense(raw: bytes, words: str) -> None:
    with Server(lambda _: Reply(raw=raw)) as proxy:
        failed(send("https://api.example", Tls().ca_file, proxy.url), words)


def test_no_proxy_there() -> None:
    failed(send("https://api.example", Tls().ca_file, f"http://me:{QUOTED}@127.0.0.1:1"), "127.0.0.1:1 cannot be reached")


def test_a_kind_of_proxy_that_is_not_supported() -> None:
    failed(send("https://api.example", Tls().ca_file, f"socks5://me:{QUOTED}@127.0.0.1:1"), "a proxy of the kind socks5")


def test_a_direct_request_goes_past_the_proxy() -> None:
    tls = Tls()
    with Server(lambda _: Reply(403)) as proxy:
        received = send("https://nowhere.invalid", tls.ca_file, proxy.url, direct=True)
        failed(received, "the name nowhere.invalid cannot be resolved")
        assert proxy.connections == 0


@pytest.mark.parametrize(
    ("url", "setting", "environ", "chosen"),
    [
        pytest.param("https://a.example/", None, {}, None, id="none"),
        pytest.param("https://a.example/", "http://p:1", {"https_proxy": "http://q:2"}, "http://p:1", id="setting-wins"),
        pytest.param("https://a.example/", "http://p:1", {"no_proxy": "*"}, "http://p:1", id="no_proxy-is-the-environment's"),
        pytest.param("https://a.example/", "none", {"https_proxy": "http://q:2"}, None, id="switched-off"),
        pytest.param("https://a.example/", "", {"https_proxy": "http://q:2"}, None, id="switched-off-by-nothing"),
        pytest.param("https://a.example/", None, {"https_proxy": "q:2", "HTTPS_PROXY": "r:3"}, "http://q:2", id="lower-case-first"),
        pytest.param("https://a.example/", None, {"https_proxy": "", "HTTPS_PROXY": "r:3"}, "http://r:3", id="empty-is-unset"),
        pytest.param("https://a.example/", None, {"http_proxy": "http://q:2"}, None, id="the-other-scheme's"),
        pytest.param("http://a.example/", None, {"http_proxy": "http://q:2"}, "http://q:2", id="plain"),
        pytest.param("http://a.example/", None, {"HTTP_PROXY": "http://q:2"}, None, id="a-visitor's-header"),
        pytest.param("https://127.0.0.1:8/", "http://p:1", {}, None, id="loopback"),
        pytest.param("https://[::1]:8/", None, {"https_proxy": "http://q:2"}, None, id="loopback-6"),
        pytest.param(
            "https://a.example/", None, {"https_proxy": "http://q:2", "no_proxy": "b.example, A.Example."}, None, id="exempt"
        ),
        pytest.param("https://a.example/", None, {"https_proxy": "http://q:2", "NO_PROXY": "*"}, None, id="all-exempt"),
    ],
)
def test_choosing(url: str, setting: str | None, environ: dict[str, str], chosen: str | None) -> None:
    assert proxies.choose(url, setting, environ) == chosen


@pytest.mark.parametrize(
    ("url", "hosts", "exempt"),
    [
        pytest.param("https://api.a.example/", "a.example", True, id="parent"),
        pytest.param("https://api.a.example/", ".a.example", True, id="parent-with-dot"),
        pytest.param("https://bada.example/", "a.example", False, id="by-label-only"),
        pytest.param("https://a.example:8443/", "a.example", True, id="any-port"),
        pytest.param("https://192.0.2.7/", "192.0.2.0/24", True, id="prefix"),
        pytest.param("https://192.0.3.7/", "192.0.2.0/24", False, id="outside-the-prefix"),
        pytest.param("https://[2001:db8::7]/", "2001:db8::/32", True, id="prefix-6"),
        pytest.param("https://192.0.2.7/", "2.7", False, id="addresses-have-no-parents"),
        pytest.param("https://a.example/", ", ,", False, id="nothing"),
    ],
)
def test_exemptions(url: str, hosts: str, exempt: bool) -> None:  # noqa: FBT001 - a row's column
    assert proxies.exempt(url, hosts) is exempt
