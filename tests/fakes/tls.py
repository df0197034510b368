"""Certificates for tests: an authority of one's own, good and bad certificates, old TLS."""

import atexit
import shutil
import ssl
import tempfile
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any


class Tls:
    """A certificate authority of its own and one certificate. `ca_file` is what a client must trust.

    `expired`, `not_yet`: outside its dates · `unknown_ca`: `ca_file` is another authority's · `oldest`: speaks TLS 1.1 at most.
    A wrong name is simply another name: `Tls("elsewhere.example")`. `sibling` issues a further certificate from the same authority.
    """

    def __init__(
        self,
        *names: str,
        expired: bool = False,
        not_yet: bool = False,
        unknown_ca: bool = False,
        oldest: bool = False,
        authority: Any = None,
    ) -> None:
        import trustme

        self.names = names or ("127.0.0.1", "::1", "localhost")
        self.authority = authority or trustme.CA()
        folder = Path(tempfile.mkdtemp(prefix="tls-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        now_at = datetime.now(UTC)
        leaf = self.authority.issue_cert(
            *self.names,
            not_before=now_at + timedelta(days=30) if not_yet else now_at - timedelta(days=60),
            not_after=now_at - timedelta(days=30) if expired else now_at + timedelta(days=60),
        )
        self.ca_file = str(folder / "ca.pem")
        self.cert_file = str(folder / "cert.pem")
        self.key_file = str(folder / "key.pem")
        (trustme.CA() if unknown_ca else self.authority).cert_pem.write_to_path(self.ca_file)
        Path(self.cert_file).write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(self.key_file)
        self.context = server_context(self.cert_file, self.key_file, oldest=oldest)

    def sibling(self, *names: str, **options: bool) -> "Tls":
        """Return another certificate of the same authority."""
        return Tls(*names, authority=self.authority, **options)


def server_context(cert_file: str, key_file: str, *, oldest: bool = False) -> ssl.SSLContext:
    """Return a server's TLS context; `oldest` makes it speak TLS 1.1 and nothing newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    if oldest:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context
