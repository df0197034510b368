"""Whom this box trusts: certificate authorities, the TLS context, and what a failed handshake means in words. Always verified."""

# pathlib costs more memory than the whole of this module:
# ruff: noqa: PTH112, PTH113, PTH118, PTH208

import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge_agent.pauses import CLOCK_FLOOR

FAR: Final = 20 * 365.25 * 86400.0  # a clock this far beyond CLOCK_FLOOR is wrong as well

# Directories of certificates named by hash are read one certificate at a time, as needed: no memory, no time.
HASHED: Final = (
    "/etc/ssl/certs",  # Debian, Alpine, OpenWrt (ca-certificates), FreeBSD
    "/etc/pki/ca-trust/extracted/pem/directory-hash",  # RHEL 10, Fedora
    "/opt/etc/ssl/certs",  # Entware
    "/etc/openssl/certs",  # NetBSD
    "/system/etc/security/cacerts",  # Android
)
BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, OpenWrt (ca-bundle)
    "/etc/pki/tls/certs/ca-bundle.crt",  # RHEL, Fedora
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, Alpine, FreeBSD, OpenBSD, Asuswrt
    "/usr/local/etc/ssl/cert.pem",  # FreeBSD
    "/usr/local/share/certs/ca-root-nss.crt",
    "/opt/etc/ssl/certs/ca-certificates.crt",  # Entware
    "/opt/etc/ssl/cert.pem",
    "/rom/etc/ssl/cert.pem",  # Asuswrt, whose /etc may hide it
)
_HEX: Final = frozenset("0123456789abcdef")


class TrustError(OSError):
    """There is nobody to trust; the message says how to mend it."""


def context(ca_file: str | None, environ: Mapping[str, str], *, names: bool = True) -> Any:
    """Return a client's SSLContext: TLS 1.2 or newer, certificate and name checked; TrustError where no authority is known.

    The authorities are those of `ca_file`, else of SSL_CERT_FILE and SSL_CERT_DIR, else the system's, else certifi's. With
    `names` false the name is not checked: only to ask a verified server what it is called, never to talk to it.
    """
    import ssl

    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies and checks the name unless told otherwise
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.check_hostname = names
    if not ca_file and sys.platform == "win32" and not _named(environ):
        made.load_default_certs()
        return made
    origin, file, directory = find(ca_file, environ)
    try:
        made.load_verify_locations(file, directory)
    except ssl.SSLError:
        raise TrustError(f"{origin} {file or directory} holds no certificate that can be read") from None
    except OSError as error:
        raise TrustError(f"{origin} {file or directory} cannot be read: {error.strerror}") from error
    return made


def find(ca_file: str | None, environ: Mapping[str, str]) -> tuple[str, str | None, str | None]:
    """Return where the authorities are: what named the place, a file of them, a hashed directory of them."""
    if ca_file:
        return ("ca_file", None, ca_file) if os.path.isdir(ca_file) else ("ca_file", ca_file, None)
    if _named(environ):
        return _from_environment(environ)
    for directory in HASHED:
        if _is_hashed(directory):
            return "the system's", None, directory
    for file in (*BUNDLES, *_bundled()):
        if os.path.isfile(file):
            return "the system's", file, None
    raise TrustError("this box knows no certificate authority, so nobody can be trusted: install ca-certificates or set ca_file")


def _named(environ: Mapping[str, str]) -> bool:
    return bool(environ.get("SSL_CERT_FILE") or environ.get("SSL_CERT_DIR"))


def _from_environment(environ: Mapping[str, str]) -> tuple[str, str | None, str | None]:
    file, directory = environ.get("SSL_CERT_FILE") or None, environ.get("SSL_CERT_DIR") or None
    for name, place, is_there in (("SSL_CERT_FILE", file, os.path.isfile), ("SSL_CERT_DIR", directory, os.path.isdir)):
        if place and not is_there(place):
            raise TrustError(f"{name} {place} is not there: mend or unset it")
    return "SSL_CERT_FILE" if file else "SSL_CERT_DIR", file, directory


def _is_hashed(directory: str) -> bool:
    """Say whether a directory holds certificates by hash; a link that leads nowhere is none."""
    try:
        names = os.listdir(directory)
    except OSError:
        return False
    return any(
        len(name) > 9 and name[8] == "." and _HEX.issuperset(name[:8]) and os.path.isfile(os.path.join(directory, name))
        for name in names
    )


def _bundled() -> Iterator[str]:
    """Yield where certifi's bundle may be; importing it would load five megabytes of readers of resources."""
    for place in (getattr(sys, "_MEIPASS", ""), *sys.path):
        if place:
            yield os.path.join(place, "certifi", "cacert.pem")


# --- words -----------------------------------------------------------------------------------------------------------

NOT_YET_VALID: Final = 9  # X509_V_ERR_…, openssl/x509_vfy.h
HAS_EXPIRED: Final = 10
SELF_SIGNED: Final = (18, 19)
UNKNOWN_ISSUER: Final = (2, 20, 21, 27)
WRONG_NAME: Final = (62, 64)


def is_wrong_name(error: OSError) -> bool:
    """Say whether the certificate was good, but for another name."""
    return getattr(error, "verify_code", None) in WRONG_NAME


def words(error: OSError, host: str, now_at: float, called: tuple[str, ...] = ()) -> str:
    """Return what a failed handshake with `host` means and what to do. `called` is what its certificate is for, if known."""
    code = getattr(error, "verify_code", None)
    if code in (NOT_YET_VALID, HAS_EXPIRED):
        return _dates(code, host, now_at)
    if code in WRONG_NAME:
        found = f"the certificate is for {', '.join(called[:3])}, not {host}" if called else f"the certificate is not for {host}"
        return f"{found}: a captive portal or a wrong server address"
    if code in SELF_SIGNED:
        return f"the certificate of {host} is signed by itself or by {_UNKNOWN}, or a captive portal is in the way"
    if code in UNKNOWN_ISSUER:
        return f"the certificate of {host} is signed by {_UNKNOWN}"
    if code is not None:
        return f"the certificate of {host} is not acceptable: {getattr(error, 'verify_message', 'no reason given')}"
    return _handshake(error, host)


_UNKNOWN: Final = "an authority this box does not know: install ca-certificates or set ca_file"


def _dates(code: int, host: str, now_at: float) -> str:
    from time import gmtime, strftime

    try:
        today = strftime("%Y-%m-%d", gmtime(now_at))
    except (OverflowError, ValueError, OSError):
        today = "an impossible date"
    if now_at < CLOCK_FLOOR or now_at > CLOCK_FLOOR + FAR:
        return f"this box's clock says {today}; certificates cannot be checked before the time is set"
    if code == NOT_YET_VALID:
        return f"the certificate of {host} is not valid yet; this box's clock says {today}: is that right?"
    return f"the certificate of {host} has expired (this box's clock says {today}): its owner must renew it"


def _handshake(error: OSError, host: str) -> str:
    reason: str = getattr(error, "reason", None) or ""
    if "UNSUPPORTED_PROTOCOL" in reason or "PROTOCOL_VERSION" in reason:
        return f"{host} speaks no TLS 1.2 or newer"
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return f"{host} does not speak TLS on this port: a captive portal, or a wrong server address"
    if type(error).__name__ in ("SSLEOFError", "SSLZeroReturnError") or "EOF" in reason:
        return f"{host} hung up in the TLS handshake"
    return f"the TLS handshake with {host} failed: {reason.replace('_', ' ').lower() or 'no reason given'}"
