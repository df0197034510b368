"""Requests over real sockets: what arrives, what is tied to what, and what never happens twice."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from edge_agent import dial, transport
from edge_agent.binding import Uplink
from edge_agent.transport import Transport
from edge_agent.wire import LIMIT, Answer, Failure, Request
from tests.fakes.server import Received, Reply, Server, Tls, cut_off, redirect, text

SECRET = "s3cr3t-Tok3n"
NO_ENVIRONMENT: dict[str, str] = {}


@pytest.fixture(scope="module")
def tls() -> Tls:
    return Tls()


def line(tls: Tls, **options: object) -> Transport:
    settings: dict[str, object] = {"ca_file": tls.ca_file, "environ": NO_ENVIRONMENT, "deadline_at": time.monotonic() + 20}
    return Transport(**(settings | options))  # type: ignore[arg-type]  # a row's options are what the constructor takes


def good(_: Received) -> Reply:
    return text("good")


def failed(received: Answer | Failure, kind: str, *words: str) -> None:
    """Hold a failure to its kind and words, and to its silence about what was asked."""
    assert isinstance(received, Failure), received
    assert received.kind == kind, received
    for word in words:
        assert word in received.detail
    assert SECRET not in received.detail
    assert "/nic/update" not in received.detail
    assert "\n" not in received.detail


def asked(server: Server, method: str = "GET", **options: object) -> Request:
    url = f"{server.url}/nic/update?password={SECRET}"
    return Request(method, url, (("Authorization", f"Bearer {SECRET}"),), **options)  # type: ignore[arg-type]  # as above


# --- what arrives ----------------------------------------------------------------------------------------------------


def test_a_request_arrives_as_it_is(tls: Tls) -> None:
    with Server(lambda _: Reply(201, {"X-One": "1", "Set-Cookie": "a"}, b"made"), tls) as server:
        url = f"{server.url}/a%20b?x=1&y=%2F"
        received = line(tls).send(Request("PATCH", url, (("User-Agent", "me/1"), ("X-Two", "a"), ("X-Two", "b")), b'{"a": 1}'))
        seen = server.received[0]
    assert isinstance(received, Answer)
    assert (received.status, received.text, received.headers["x-one"]) == (201, "made", "1")
    assert (seen.method, seen.target, seen.body) == ("PATCH", "/a%20b?x=1&y=%2F", b'{"a": 1}')
    assert seen.headers["user-agent"] == "me/1"
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers["content-length"] == "8"


def test_the_agent_says_its_name(tls: Tls) -> None:
    with Server(good, tls) as server:
        line(tls).send(Request("GET", server.url))
        assert server.received[0].headers["user-agent"].startswith("edge-agent/")
        assert "content-length" not in server.received[0].headers


def test_a_thousand_requests_share_one_connection(tls: Tls) -> None:
    with Server(good, tls) as server:
        way = line(tls)
        for number in range(1000):
            assert way.send(Request("PATCH", f"{server.url}/{number}", body=b"{}")) == Answer(
                200, {"content-type": "text/plain", "content-length": "4"}, b"good"
            )
        assert (server.connections, len(server.received)) == (1, 1000)
        way.close()


def test_a_connection_that_the_server_closed_is_made_anew(tls: Tls) -> None:
    with Server(lambda _: Reply(body=b"good", after="close"), tls) as server:
        way = line(tls)
        for _ in range(3):
            assert isinstance(way.send(Request("GET", server.url)), Answer)
            time.sleep(0.02)
        assert (server.connections, len(server.received)) == (3, 3)


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        pytest.param(Reply(body=b"x" * 100, chunk=7), b"x" * 100, id="chunked"),
        pytest.param(Reply(body=b"x" * 1000, zip=True), b"x" * 1000, id="gzip-unasked"),
        pytest.param(Reply(body=b"x" * LIMIT), b"x" * LIMIT, id="just-within-the-limit"),
        pytest.param(Reply(204), b"", id="no-content"),
        pytest.param(Reply(raw=b"HTTP/1.0 200 OK\r\n\r\ngood 192.0.2.1"), b"good 192.0.2.1", id="until-the-end"),
        pytest.param(Reply(raw=b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nok"), b"ok", id="after-a-continue"),
    ],
)
def test_bodies(tls: Tls, reply: Reply, body: bytes) -> None:
    with Server(lambda _: reply, tls) as server:
        received = line(tls).send(Request("GET", server.url))
        assert isinstance(received, Answer)
        assert received.body == body


def test_a_listing_without_pages_may_be_longer(tls: Tls) -> None:
    with Server(lambda _: Reply(body=b"x" * (LIMIT + 1)), tls) as server:
        received = line(tls).send(Request("GET", server.url, most=LIMIT + 1))
        assert isinstance(received, Answer)
        assert len(received.body) == LIMIT + 1
        again = line(tls).send(Request("GET", server.url, most=1 << 10))
        assert isinstance(again, Failure)
        assert "longer than 1 KiB" in again.detail


# --- answers that are none -------------------------------------------------------------------------------------------

BOMB = Reply(body=b"\0" * 50_000_000, zip=True)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param(cut_off(b"good"), "the answer was cut off", id="cut-off"),
        pytest.param(Reply(body=b"good" * 9, chunk=4, after="reset"), "", id="reset-in-the-middle"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ngo"), "cut off", id="half-a-chunk"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ngood"), "cut off", id="promised-more"),
        pytest.param(Reply(raw=b""), "closed without an answer", id="silence"),
        pytest.param(Reply(raw=b"", after="reset"), "", id="reset-after-the-request-was-read"),
        pytest.param(Reply(raw=b"ICY 200 OK\r\n\r\n"), "the answer is not HTTP", id="another-protocol"),
        pytest.param(Reply(raw=b"\x15\x03\x01" * 40), "the answer is not HTTP", id="noise"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 2000), "the answer is not HTTP", id="too-many-headers"),
        pytest.param(Reply(body=b"x" * (LIMIT + 1)), "longer than 64 KiB", id="too-long"),
        pytest.param(Reply(body=b"x" * 999, after="endless"), "longer than 64 KiB", id="endless"),
        pytest.param(BOMB, "longer than 64 KiB", id="bomb"),
        pytest.param(Reply(headers={"Content-Encoding": "gzip"}, body=b"good"), "damaged", id="not-gzip"),
        pytest.param(Reply(headers={"Content-Encoding": "br"}, body=b"good"), "packed as br", id="not-asked-for"),
    ],
)
def test_untrustworthy_answers(tls: Tls, reply: Reply, words: str) -> None:
    with Server(lambda _: reply, tls) as server:
        way = line(tls)
        failed(way.send(asked(server)), "unconfirmed", f"127.0.0.1:{server.port}: ", words)
        assert len(server.received) == 1, "nothing is sent twice"
        server.handler = good
        assert isinstance(way.send(asked(server)), Answer), "the next request is not hurt"


def test_half_a_packed_answer(tls: Tls) -> None:
    import gzip

    half = gzip.compress(os.urandom(999))[:500]
    with Server(lambda _: Reply(headers={"Content-Encoding": "gzip"}, body=half), tls) as server:
        failed(line(tls).send(asked(server)), "unconfirmed", "cut off")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(body=b"good" * 99, drip_for=0.05), id="slow-loris-body"),
        pytest.param(Reply(body=b"good", delay_for=5), id="no-answer"),
        pytest.param(Reply(body=b"good" * 9, after="stall"), id="stalls-half-way"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\nX: ", after="stall"), id="stalls-in-the-headers"),
    ],
)
def test_nothing_outlasts_the_deadline(tls: Tls, reply: Reply) -> None:
    with Server(lambda _: reply, tls) as server:
        begun_at = time.monotonic()
        failed(line(tls, deadline_at=begun_at + 0.5).send(asked(server)), "unconfirmed", "no whole answer in time")
        assert 0.4 < time.monotonic() - begun_at < 1.5


def test_headers_that_drip_end_with_the_deadline(tls: Tls) -> None:
    with Listener(lambda sock: drip(tls.context.wrap_socket(sock, server_side=True))) as port:
        begun_at = time.monotonic()
        received = line(tls, deadline_at=begun_at + 0.6).send(Request("GET", f"https://127.0.0.1:{port}/nic/update"))
        failed(received, "unconfirmed", "no whole answer in time")
        assert time.monotonic() - begun_at < 1.5


def test_reading_has_an_end_of_its_own(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "READ_FOR", 0.3)
    with Server(lambda _: Reply(body=b"x" * 99, drip_for=0.05), tls) as server:
        begun_at = time.monotonic()
        failed(line(tls).send(asked(server)), "unconfirmed", "no whole answer in time")
        assert time.monotonic() - begun_at < 1.5


def test_a_run_that_is_over_asks_nothing(tls: Tls) -> None:
    with Server(good, tls) as server:
        failed(line(tls, deadline_at=time.monotonic() - 1).send(asked(server)), "unreachable", "this run's time is over")
        assert server.connections == 0


# --- redirects -------------------------------------------------------------------------------------------------------


def test_redirects_are_not_followed_unasked(tls: Tls) -> None:
    with Server(good, tls) as other, Server(lambda _: redirect(f"{other.url}/x"), tls) as server:
        received = line(tls).send(asked(server))
        assert isinstance(received, Answer)
        assert received.status == 302
        assert other.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_host_is_followed_where_it_is_asked_for(tls: Tls, status: int) -> None:
    def answer(request: Received) -> Reply:
        return text("good") if request.path == "/there" else redirect("/there?x=1", status)

    with Server(answer, tls) as server:
        received = line(tls).send(asked(server, redirects=1))
        assert isinstance(received, Answer)
        assert received.text == "good"
        assert [request.path for request in server.received] == ["/nic/update", "/there"]


def test_redirects_come_to_an_end(tls: Tls) -> None:
    with Server(lambda _: redirect("/again"), tls) as server:
        received = line(tls).send(asked(server, redirects=3))
        assert isinstance(received, Answer)
        assert received.status == 302
        assert len(server.received) == 4


def test_what_changes_something_is_never_redirected(tls: Tls) -> None:
    with Server(lambda _: redirect("/again"), tls) as server:
        assert isinstance(line(tls).send(asked(server, "POST", redirects=3, body=b"x")), Answer)
        assert len(server.received) == 1


@pytest.mark.parametrize(
    ("location", "words"),
    [
        pytest.param("http://127.0.0.1.example/x", "redirects to plain http", id="plain-http"),
        pytest.param("https://portal.example/login?x=1", "redirects to portal.example", id="another-host"),
        pytest.param("https://127.0.0.1:1/x", "redirects to its port 1", id="another-port"),
        pytest.param("https://127.0.0.1:port/x", "no address", id="no-port"),
        pytest.param("ftp://127.0.0.1/x", "no address", id="another-scheme"),
    ],
)
def test_a_redirect_that_leads_astray_is_not_followed(tls: Tls, location: str, words: str) -> None:
    with Server(lambda _: redirect(location), tls) as server:
        failed(line(tls).send(asked(server, redirects=3)), "unconfirmed", words)
        assert len(server.received) == 1


def test_what_breaks_after_a_redirect_had_left_before(tls: Tls) -> None:
    way = line(tls)

    def answer(_: Received) -> Reply:
        way._line.deadline_at = time.monotonic() - 1
        return redirect("/there")

    with Server(answer, tls) as server:
        way._line.limit.at = time.monotonic() + 5
        received = way.send(asked(server, redirects=1))
        failed(received, "unconfirmed")


# --- plain http ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("http://192.0.2.1/nic/update", "plain http", id="plain"),
        pytest.param("HTTP://dyn.example/nic/update", "plain http", id="plain-in-capitals"),
        pytest.param("ftp://192.0.2.1/nic/update", "does not begin with https", id="another-scheme"),
        pytest.param("https:///nic/update", "does not begin with https", id="no-host"),
        pytest.param(f"https://me:{SECRET}@dyn.example/nic/update", "holds a user name", id="credentials-in-the-address"),
        pytest.param("https://dyn.example:99999/nic/update", "cannot be written", id="no-port"),
        pytest.param("https://dyn..example/nic/update", "", id="no-name"),
        pytest.param(f"https://{'a' * 70}.example/nic/update", "", id="endless-label"),
        pytest.param("https://exämple.invalid/nic/update", "", id="not-ascii"),
        pytest.param("https://[::1/nic/update", "", id="half-a-bracket"),
    ],
)
def test_addresses_that_are_not_asked(tls: Tls, url: str, words: str) -> None:
    failed(line(tls).send(Request("GET", url)), "unreachable", words)


def test_plain_http_serves_loopback_and_whoever_allows_it(tls: Tls) -> None:
    with Server(good) as server:
        assert isinstance(line(tls).send(asked(server)), Answer)
        assert isinstance(line(tls).send(Request("GET", f"http://localhost:{server.port}/")), Answer)
    allowed = line(tls, allow_http=True, deadline_at=time.monotonic() + 0.3)
    failed(allowed.send(Request("GET", "http://192.0.2.1:9/nic/update")), "unreachable", "192.0.2.1:9 cannot be reached")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param((("X-Auth", f"{SECRET}\r\nHost: evil"),), id="a-second-header"),
        pytest.param((("X-Auth", f"{SECRET}…"),), id="beyond-latin-1"),
        pytest.param((("X Auth:", SECRET),), id="no-header-name"),
    ],
)
def test_headers_that_http_cannot_carry(tls: Tls, headers: tuple[tuple[str, str], ...]) -> None:
    with Server(good, tls) as server:
        way = line(tls)
        failed(way.send(Request("GET", server.url, headers)), "unreachable", "cannot be written")
        assert server.received == []
        assert isinstance(way.send(asked(server)), Answer)


# --- names, families, uplinks ----------------------------------------------------------------------------------------


class Listener:
    """A bare TCP server: every connection goes to `serve`."""

    def __init__(self, serve: object) -> None:
        self.serve = serve
        self.sock = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self.work, daemon=True).start()
        return int(self.sock.getsockname()[1])

    def work(self) -> None:
        while True:
            try:
                near, _ = self.sock.accept()
            except OSError:
                return
            with near:
                try:
                    self.serve(near)  # type: ignore[operator]  # a function of a row
                except OSError:
                    continue

    def __exit__(self, *_: object) -> None:
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


def drip(sock: socket.socket) -> None:
    with sock:
        sock.recv(9999)
        sock.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            sock.sendall(b"X-Drip: 1\r\n")
            time.sleep(0.05)


def slam(sock: socket.socket) -> None:
    import struct

    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_nobody_listens(tls: Tls) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    received = line(tls).send(Request("GET", f"https://127.0.0.1:{port}/nic/update?{SECRET}"))
    failed(received, "unreachable", f"127.0.0.1:{port} cannot be reached: connection refused")


@pytest.mark.parametrize(
    ("serve", "words"),
    [
        pytest.param(slam, "reset", id="reset"),
        pytest.param(lambda sock: sock.recv(1), "127.0.0.1", id="closed"),
        pytest.param(lambda sock: sock.sendall(b"HTTP/1.1 400 Bad\r\n\r\n"), "does not speak TLS", id="plain-http-there"),
    ],
)
def test_what_breaks_before_the_request_is_sent(tls: Tls, serve: object, words: str) -> None:
    with Listener(serve) as port:
        failed(line(tls).send(Request("GET", f"https://127.0.0.1:{port}/nic/update?{SECRET}")), "unreachable", words)


def test_a_silent_handshake_ends_with_the_deadline(tls: Tls) -> None:
    with Listener(lambda _: time.sleep(3)) as port:
        begun_at = time.monotonic()
        received = line(tls, deadline_at=begun_at + 0.4).send(Request("GET", f"https://127.0.0.1:{port}/nic/update"))
        failed(received, "unreachable", "no answer in time")
        assert time.monotonic() - begun_at < 1.5


def test_a_name_that_does_not_exist(tls: Tls) -> None:
    received = line(tls, deadline_at=time.monotonic() + 3).send(Request("GET", "https://nowhere.invalid/nic/update"))
    failed(received, "unreachable", "the name nowhere.invalid cannot be resolved: ")


def test_a_resolver_that_hangs_ends_with_the_deadline(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> list[object]:
        time.sleep(2)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    begun_at = time.monotonic()
    received = line(tls, deadline_at=begun_at + 0.3).send(Request("GET", "https://slow.example/nic/update"))
    failed(received, "unreachable", "the name slow.example cannot be resolved: no answer in time")
    assert time.monotonic() - begun_at < 1


@pytest.fixture
def both() -> Iterator[tuple[Server, Server]]:
    """Two servers on one port, one per family."""
    with Server(good) as four:
        try:
            six = Server(good, host="::1", port=four.port)
        except OSError:
            pytest.skip("no IPv6 loopback here")
        with six:
            yield four, six


@pytest.mark.parametrize(
    ("options", "request_family", "seen"),
    [
        pytest.param({}, 4, (1, 0), id="request-4"),
        pytest.param({}, 6, (0, 1), id="request-6"),
        pytest.param({"family": 6}, 0, (0, 1), id="transport-6"),
        pytest.param({"family": 6}, 4, (1, 0), id="the-request's-wish-wins"),
        pytest.param({"uplink": Uplink(source="::1")}, 0, (0, 1), id="source-6"),
        pytest.param({"uplink": Uplink(source="127.0.0.1")}, 0, (1, 0), id="source-4"),
    ],
)
def test_families(
    tls: Tls, both: tuple[Server, Server], options: dict[str, object], request_family: int, seen: tuple[int, int]
) -> None:
    received = line(tls, **options).send(Request("GET", f"http://localhost:{both[0].port}/", family=request_family))
    assert isinstance(received, Answer)
    assert (both[0].connections, both[1].connections) == seen


def test_families_do_not_share_connections(tls: Tls, both: tuple[Server, Server]) -> None:
    way = line(tls)
    for family in (4, 6, 4, 6):
        way.send(Request("GET", f"http://localhost:{both[0].port}/", family=family))
    assert [(server.connections, len(server.received)) for server in both] == [(1, 2), (1, 2)]


@pytest.mark.parametrize(
    ("uplink", "family", "words"),
    [
        pytest.param(Uplink(interface="nowhere9"), 0, "cannot bind to interface nowhere9", id="no-such-interface"),
        pytest.param(Uplink(source="198.51.100.77"), 0, "cannot bind to source 198.51.100.77", id="not-our-address"),
        pytest.param(Uplink(source="127.0.0.1"), 6, "cannot bind to an IPv4 source", id="source-of-the-other-family"),
    ],
)
def test_a_binding_that_cannot_be_had_fails_closed(tls: Tls, uplink: Uplink, family: int, words: str) -> None:
    with Server(good, tls) as server:
        received = line(tls, uplink=uplink).send(Request("GET", f"https://localhost:{server.port}/nic/update", family=family))
        failed(received, "unreachable", words)
        assert server.connections == 0


def test_a_bound_request_shows_its_source(tls: Tls) -> None:
    with Server(good, tls) as server:
        received = line(tls, uplink=Uplink(interface="lo", source="127.0.0.9")).send(asked(server))
        if isinstance(received, Failure) and "Operation not permitted" in received.detail:
            pytest.skip("binding to a device is not permitted here")
        assert isinstance(received, Answer)
        assert server.received[0].peer == "127.0.0.9"


def test_a_literal_of_the_other_family(tls: Tls) -> None:
    failed(
        line(tls).send(Request("GET", "https://127.0.0.1:1/nic/update", family=6)), "unreachable", "127.0.0.1 is no IPv6 address"
    )


def test_a_dead_address_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch, tls: Tls) -> None:
    with Server(good) as server:
        port = server.port
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in ("192.0.2.1", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
        begun_at = time.monotonic()
        received = line(tls, deadline_at=begun_at + 2, allow_http=True).send(Request("GET", f"http://two.example:{port}/"))
        assert isinstance(received, Answer)


# --- what it costs ---------------------------------------------------------------------------------------------------


def loaded(script: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {script}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return set(done.stdout.split())


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = {"ssl", "_ssl", "urllib3", "socket", "email", "http.client", "logging", "threading", "urllib.parse", "zlib"}
    assert loaded("from edge_agent import transport, memory, outside") & heavy == set()


def test_using_it_loads_no_http_2(tls: Tls) -> None:
    with Server(good, tls) as server:
        script = (
            "from edge_agent.transport import Transport; from edge_agent.wire import Request; "
            f"assert Transport(ca_file={tls.ca_file!r}, environ={{}}).send(Request('GET', {server.url!r})).status == 200"
        )
        assert loaded(script) & {"importlib.metadata", "inspect", "zipfile", "certifi", "importlib.resources"} == set()


def test_urllib3_is_known_in_one_place() -> None:
    assert transport._urllib3().__name__ == "urllib3"


def test_nothing_is_said_behind_our_back(tls: Tls, capfd: pytest.CaptureFixture[str]) -> None:
    import logging

    logging.basicConfig(level=logging.DEBUG, force=True)
    odd = Reply(raw=b"HTTP/1.1 200 OK\r\nno colon here\r\n : \r\n\r\nok")
    try:
        with Server(lambda _: odd, tls) as server:
            line(tls).send(asked(server))
    finally:
        logging.basicConfig(level=logging.WARNING, force=True)
    assert SECRET not in "".join(capfd.readouterr())
