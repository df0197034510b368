"""DNS over TCP on real sockets: framing, connections that are kept, and every way in which an answer can fail to come."""

import contextlib
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from edge_agent import dial
from edge_agent.binding import Uplink
from edge_agent.dnstcp import DnsTcp
from edge_agent.wire import Answer, Failure, Request
from tests.fakes.dnsserver import Handler, NameServer, echo, frame

BODY = b"\x12\x34" + bytes(30)


@pytest.fixture
def line() -> Iterator[DnsTcp]:
    made = DnsTcp(deadline_at=time.monotonic() + 20)
    yield made
    made.close()


def asked(url: str, body: bytes = BODY, **more: object) -> Request:
    return Request("DNS", url, body=body, **more)  # type: ignore[arg-type]


def failed(received: Answer | Failure, kind: str, words: str) -> None:
    assert isinstance(received, Failure), received
    assert received.kind == kind, received
    assert words in received.detail
    assert "\n" not in received.detail


# --- what arrives ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [BODY, b"", b"x", bytes(65535)], ids=["usual", "empty", "one-octet", "longest"])
def test_a_message_arrives_and_comes_back(line: DnsTcp, body: bytes) -> None:
    with NameServer() as server:
        assert line.send(asked(server.url, body)) == Answer(200, {}, body)
        assert server.heard == [body]


def test_an_answer_in_pieces(line: DnsTcp) -> None:
    def handle(sock: socket.socket, body: bytes) -> bool:
        for octet in frame(body):
            sock.sendall(bytes([octet]))
            time.sleep(0.002)
        return True

    with NameServer(handle) as server:
        assert line.send(asked(server.url)) == Answer(200, {}, BODY)


def test_many_messages_share_one_connection(line: DnsTcp) -> None:
    with NameServer() as server:
        for number in range(50):
            assert line.send(asked(server.url, bytes([number]))) == Answer(200, {}, bytes([number]))
        assert server.connections == 1
        line.close()
        assert isinstance(line.send(asked(server.url)), Answer)
        assert server.connections == 2


def test_servers_do_not_share_connections(line: DnsTcp) -> None:
    with NameServer() as one, NameServer() as other:
        for server in (one, other, one):
            assert isinstance(line.send(asked(server.url)), Answer)
        assert (one.connections, other.connections) == (2, 1)


def test_a_connection_that_the_server_closed_is_made_anew(line: DnsTcp) -> None:
    def handle(sock: socket.socket, body: bytes) -> bool:
        echo(sock, body)
        return False

    with NameServer(handle) as server:
        for _ in range(3):
            assert isinstance(line.send(asked(server.url)), Answer)
            time.sleep(0.05)  # so that its end is there to be seen
        assert (server.connections, len(server.heard)) == (3, 3)


def test_a_word_that_nobody_asked_for_ends_the_connection(line: DnsTcp) -> None:
    def handle(sock: socket.socket, body: bytes) -> bool:
        sock.sendall(frame(body) + frame(b"and more"))
        return True

    with NameServer(handle) as server:
        assert line.send(asked(server.url, b"one")) == Answer(200, {}, b"one")
        time.sleep(0.05)
        assert line.send(asked(server.url, b"two")) == Answer(200, {}, b"two")
        assert server.connections == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_both_families(line: DnsTcp, host: str) -> None:
    with NameServer(host=host) as server:
        assert isinstance(line.send(asked(server.url)), Answer)
        wrong = 6 if host == "127.0.0.1" else 4
        failed(line.send(asked(server.url, family=wrong)), "unreachable", f"is no IPv{wrong} address")


def test_a_bound_message_shows_its_source() -> None:
    with NameServer() as server:
        line = DnsTcp(Uplink(source="127.0.0.7"), time.monotonic() + 20)
        assert isinstance(line.send(asked(server.url)), Answer)
        line.close()
        assert server.peers == ["127.0.0.7"]


# --- what does not come ------------------------------------------------------------------------------------------------


def cut(octets: bytes) -> Handler:
    def handle(sock: socket.socket, body: bytes) -> bool:
        sock.sendall(octets)
        return False

    return handle


def reset(sock: socket.socket, body: bytes) -> bool:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


@pytest.mark.parametrize(
    ("handle", "words"),
    [
        pytest.param(cut(b""), "the connection was closed without an answer", id="nothing"),
        pytest.param(cut(b"\0"), "the answer was cut off", id="half-a-length"),
        pytest.param(cut(b"\0\x20"), "the answer was cut off", id="length-alone"),
        pytest.param(cut(b"\0\x20\x12\x34"), "the answer was cut off", id="half-a-message"),
        pytest.param(cut(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "the answer was cut off", id="a-web-server"),
        pytest.param(reset, "the connection was reset", id="reset"),
    ],
)
def test_an_answer_that_does_not_come(line: DnsTcp, handle: Handler, words: str) -> None:
    with NameServer(handle) as server:
        failed(line.send(asked(server.url)), "unconfirmed", words)
        assert len(server.heard) == 1, "nothing is sent twice"
        server.handle = echo
        assert line.send(asked(server.url)) == Answer(200, {}, BODY), "what comes next is asked anew"


def test_no_octet_outlasts_the_deadline() -> None:
    for octets in (b"", b"\0\x20", b"\0\x20\x12"):

        def handle(sock: socket.socket, body: bytes, octets: bytes = octets) -> bool:
            sock.sendall(octets)
            server.done.wait(10)
            return False

        with NameServer(handle) as server:
            line = DnsTcp(deadline_at=time.monotonic() + 0.5)
            began = time.monotonic()
            failed(line.send(asked(server.url)), "unconfirmed", "no whole answer in time; the request may have been carried out")
            assert time.monotonic() - began < 3


def test_a_drip_ends_with_the_time_for_reading(line: DnsTcp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "READ_FOR", 0.5)

    def handle(sock: socket.socket, body: bytes) -> bool:
        for octet in b"\xff\xff" + bytes(200):
            sock.sendall(bytes([octet]))
            if server.done.wait(0.05):
                break
        return False

    with NameServer(handle) as server:
        began = time.monotonic()
        failed(line.send(asked(server.url)), "unconfirmed", "no whole answer in time")
        assert time.monotonic() - began < 3


def test_nobody_listens(line: DnsTcp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"dns://127.0.0.1:{taken.getsockname()[1]}"
    failed(line.send(asked(url)), "unreachable", "connection refused")


def test_a_server_that_does_not_accept_takes_no_longer_than_connecting_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "CONNECT_FOR", 0.3)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as waiting:
        for _ in range(4):  # fill what waits to be accepted
            other = waiting.enter_context(socket.socket())
            other.settimeout(0)
            other.connect_ex(full.getsockname())
        line = DnsTcp(deadline_at=time.monotonic() + 20)
        began = time.monotonic()
        failed(line.send(asked(f"dns://127.0.0.1:{full.getsockname()[1]}")), "unreachable", "no answer in time")
        assert time.monotonic() - began < 3


def test_a_run_that_is_over_asks_nothing() -> None:
    with NameServer() as server:
        line = DnsTcp(deadline_at=time.monotonic() - 1)
        failed(line.send(asked(server.url)), "unreachable", "was not asked: this run's time is over")
        assert server.connections == 0


def test_a_name_that_does_not_exist(line: DnsTcp) -> None:
    failed(line.send(asked("dns://no-such-host.invalid")), "unreachable", "the name no-such-host.invalid cannot be resolved")


def test_a_binding_that_cannot_be_had_fails_closed() -> None:
    with NameServer() as server:
        line = DnsTcp(Uplink("no-such-if"), time.monotonic() + 20)
        failed(line.send(asked(server.url)), "unreachable", "cannot bind to interface no-such-if")
        assert server.connections == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://ns1.example.com", "does not begin with dns:// and a host"),
        ("dns://", "does not begin with dns:// and a host"),
        ("dns://ns1.example.com:99999", "has a port that is none"),
    ],
)
def test_addresses_that_are_not_asked(line: DnsTcp, url: str, words: str) -> None:
    failed(line.send(asked(url)), "unreachable", words)


def test_it_loads_neither_tls_nor_http() -> None:
    with NameServer() as server:
        code = (
            "import sys; from edge_agent.dnstcp import DnsTcp; from edge_agent.wire import Request\n"
            f"print(DnsTcp(None, float('inf')).send(Request('DNS', {server.url!r}, body=b'abc')).body, *sys.modules)"
        )
        done = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
                              capture_output=True, text=True, check=True)  # fmt: skip
    body, *loaded = done.stdout.split()
    assert body == "b'abc'"
    assert {"ssl", "_ssl", "urllib3", "http.client", "json", "email", "logging"} & set(loaded) == set()
