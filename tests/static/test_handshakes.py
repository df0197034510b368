"""The reduced OpenSSL inside still meets what servers have: keys, versions, ciphers; and directories of authorities."""

import pathlib
import shutil
import ssl
import subprocess

import pytest

from tests.fakes.messages import asked
from tests.fakes.server import Server
from tests.frozen.conftest import Place
from tests.static.conftest import Agent

KEYS = {
    "rsa-2048": ["-newkey", "rsa:2048"],
    "rsa-4096": ["-newkey", "rsa:4096"],
    "p-256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p-384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "p-521": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "ed25519": ["-newkey", "ed25519"],
}
CIPHERS = ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305")


def certificate(folder: pathlib.Path, key: str) -> tuple[str, str]:
    """Return the files of a certificate for 127.0.0.1 that is its own authority, and of its key."""
    files = str(folder / "cert.pem"), str(folder / "key.pem")
    words = [
        "openssl",
        "req",
        "-x509",
        *KEYS[key],
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
        "-out",
        files[0],
        "-keyout",
        files[1],
    ]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:TRUE"]
    subprocess.run(words, check=True, capture_output=True)
    return files


def updates(agent: Agent, place: Place, context: ssl.SSLContext, ca: str) -> None:
    with Server(lambda request: asked(place.service, request), context) as server:
        done = agent.run(*place.flags, "--server", server.url.replace("http://", "https://"), "--ca-file", ca)
    assert (done.returncode, done.stderr) == (0, "")
    assert place.service.records


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize("key", KEYS)
def test_keys_and_versions(native: Agent, place: Place, tmp_path: pathlib.Path, key: str, version: ssl.TLSVersion) -> None:
    files = certificate(tmp_path, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    context.minimum_version = context.maximum_version = version
    updates(native, place, context, files[0])


@pytest.mark.parametrize("cipher", CIPHERS)
def test_ciphers_of_older_servers(native: Agent, place: Place, tmp_path: pathlib.Path, cipher: str) -> None:
    files = certificate(tmp_path, "rsa-2048")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)
    updates(native, place, context, files[0])


@pytest.mark.parametrize("group", ["prime256v1", "secp384r1", "secp521r1"])
def test_groups(native: Agent, place: Place, tmp_path: pathlib.Path, group: str) -> None:
    files = certificate(tmp_path, "p-256")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    context.set_ecdh_curve(group)
    updates(native, place, context, files[0])


def test_a_directory_of_authorities(native: Agent, place: Place, tmp_path: pathlib.Path) -> None:
    files = certificate(tmp_path, "rsa-2048")
    (tmp_path / "certs").mkdir()
    shutil.copy(files[0], tmp_path / "certs" / "ca.pem")
    subprocess.run(["openssl", "rehash", tmp_path / "certs"], check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    updates(native, place, context, str(tmp_path / "certs"))
