"""Certificates: who is trusted, and what a person is told when somebody is not."""

import shutil
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from edge_agent import trust
from edge_agent.pauses import CLOCK_FLOOR
from edge_agent.transport import Transport
from edge_agent.wire import Answer, Failure, Request
from tests.fakes.server import Server, Tls, text

TODAY = time.strftime("%Y-%m-%d", time.gmtime())


def ask(server: Server, ca_file: str | None, clock: object = time.time, environ: dict[str, str] | None = None) -> Answer | Failure:
    way = Transport(ca_file=ca_file, environ=environ or {}, clock=clock, deadline_at=time.monotonic() + 5)  # type: ignore[arg-type]
    return way.send(Request("GET", f"{server.url}/nic/update?password=s3cr3t"))


def detail(received: Answer | Failure) -> str:
    assert isinstance(received, Failure), received
    assert received.kind == "unreachable", "nothing was sent to a stranger"
    assert "s3cr3t" not in received.detail
    assert "/nic/update" not in received.detail
    return received.detail


def always(at: float) -> object:
    return lambda: at


BAD = [
    pytest.param({"expired": True}, time.time, f"has expired (this box's clock says {TODAY})", id="expired"),
    pytest.param({"not_yet": True}, time.time, f"is not valid yet; this box's clock says {TODAY}: is that right?", id="not-yet"),
    pytest.param({"not_yet": True}, always(100.0), "this box's clock says 1970-01-01; certificates cannot be checked", id="1970"),
    pytest.param(
        {"expired": True}, always(100.0), "this box's clock says 1970-01-01; certificates cannot be checked", id="1970-expired"
    ),
    pytest.param({"expired": True}, always(4e9), "this box's clock says 2096-10-02; certificates cannot be checked", id="2096"),
    pytest.param({"expired": True}, always(1e30), "this box's clock says an impossible date", id="no-date-at-all"),
    pytest.param(
        {"unknown_ca": True}, time.time, "authority this box does not know: install ca-certificates or set ca_file", id="unknown-ca"
    ),
    pytest.param({"oldest": True}, time.time, "speaks no TLS 1.2 or newer", id="tls-1.1"),
]


@pytest.mark.parametrize(("flaw", "clock", "words"), BAD)
def test_bad_certificates(flaw: dict[str, bool], clock: object, words: str) -> None:
    tls = Tls(**flaw)
    with Server(lambda _: text("good"), tls) as server:
        assert words in detail(ask(server, tls.ca_file, clock))
        assert server.received == []


def test_a_wrong_name_is_named() -> None:
    tls = Tls("portal.hotel.example", "*.hotel.example")
    with Server(lambda _: text("good"), tls) as server:
        found = detail(ask(server, tls.ca_file))
        assert "the certificate is for portal.hotel.example, *.hotel.example, not 127.0.0.1" in found
        assert "a captive portal or a wrong server address" in found
        assert server.received == []


def test_a_wrong_name_of_a_stranger_is_not_named() -> None:
    tls = Tls("portal.hotel.example", unknown_ca=True)
    with Server(lambda _: text("good"), tls) as server:
        assert "portal" not in detail(ask(server, tls.ca_file))
        assert server.received == []


def test_a_self_signed_certificate(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command")
    key, cert = str(tmp_path / "key"), str(tmp_path / "cert")
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert]
    subprocess.run([*made, *subject], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with Server(lambda _: text("good"), context) as server:
        assert "signed by itself" in detail(ask(server, Tls().ca_file))
        assert isinstance(ask(server, cert), Answer)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "cannot be read: No such file or directory", id="missing"),
        pytest.param(b"", "holds no certificate that can be read", id="empty"),
        pytest.param(b"garbage", "holds no certificate that can be read", id="garbage"),
    ],
)
def test_a_bad_ca_file(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with Server(lambda _: text("good"), Tls()) as server:
        assert detail(ask(server, str(path))) == f"ca_file {path} {words}"
        assert server.connections == 0


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A box that has no certificate anywhere."""
    monkeypatch.setattr(trust, "HASHED", ())
    monkeypatch.setattr(trust, "BUNDLES", ())
    monkeypatch.setattr("sys.path", [])


@pytest.mark.usefixtures("bare")
def test_a_box_without_authorities_trusts_nobody() -> None:
    with Server(lambda _: text("good"), Tls()) as server:
        assert "knows no certificate authority" in detail(ask(server, None))
        assert "install ca-certificates or set ca_file" in detail(ask(server, None))
        assert server.connections == 0


@pytest.mark.usefixtures("bare")
def test_the_system_s_bundle_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    tls = Tls()
    monkeypatch.setattr(trust, "BUNDLES", ("/nowhere/ca.pem", tls.ca_file))
    with Server(lambda _: text("good"), tls) as server:
        assert isinstance(ask(server, None), Answer)


@pytest.mark.usefixtures("bare")
def test_a_hashed_directory_serves_before_the_bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command")
    tls = Tls()
    hashed = subprocess.run([openssl, "x509", "-hash", "-noout", "-in", tls.ca_file], capture_output=True, text=True, check=True)
    monkeypatch.setattr(trust, "BUNDLES", (Tls().ca_file,))
    for name in ("empty", "dangling", "full"):
        (tmp_path / name).mkdir()
    (tmp_path / "dangling" / f"{hashed.stdout.strip()}.0").symlink_to("/nowhere")
    (tmp_path / "full" / f"{hashed.stdout.strip()}.0").symlink_to(tls.ca_file)
    monkeypatch.setattr(trust, "HASHED", tuple(str(tmp_path / name) for name in ("nowhere", "empty", "dangling")))
    with Server(lambda _: text("good"), tls) as server:
        assert isinstance(ask(server, None), Failure)
        monkeypatch.setattr(trust, "HASHED", (*trust.HASHED, str(tmp_path / "full")))
        assert isinstance(ask(server, None), Answer)
        assert isinstance(ask(server, str(tmp_path / "full")), Answer)


@pytest.mark.usefixtures("bare")
def test_the_bundle_that_came_along_is_the_last_resort(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tls = Tls()
    (tmp_path / "certifi").mkdir()
    shutil.copy(tls.ca_file, tmp_path / "certifi" / "cacert.pem")
    monkeypatch.setattr("sys.path", ["", str(tmp_path)])
    with Server(lambda _: text("good"), tls) as server:
        assert isinstance(ask(server, None), Answer)


def test_the_environment_names_authorities(tmp_path: Path) -> None:
    tls = Tls()
    with Server(lambda _: text("good"), tls) as server:
        assert isinstance(ask(server, None, environ={"SSL_CERT_FILE": tls.ca_file}), Answer)
        assert "authority this box does not know" in detail(ask(server, None, environ={"SSL_CERT_DIR": str(tmp_path)}))
        assert "SSL_CERT_FILE /nowhere is not there" in detail(ask(server, None, environ={"SSL_CERT_FILE": "/nowhere"}))
        assert isinstance(ask(server, tls.ca_file, environ={"SSL_CERT_FILE": "/nowhere"}), Answer)


@pytest.mark.skipif(not Path("/etc/ssl/certs").is_dir(), reason="this system keeps its certificates elsewhere")
def test_the_system_s_store_is_found_here() -> None:
    _, file, directory = trust.find(None, {})
    assert file or directory


def test_what_is_always_checked() -> None:
    context = trust.context(Tls().ca_file, {})
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert trust.context(Tls().ca_file, {}, names=False).verify_mode == ssl.CERT_REQUIRED


def test_the_release_date_is_not_in_the_future() -> None:
    assert time.time() > CLOCK_FLOOR
