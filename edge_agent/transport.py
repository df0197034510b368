"""Request → Answer over urllib3, tied to one uplink, within its time; the only module that knows urllib3.

Nothing is sent twice, no redirect is followed unasked, no certificate goes unchecked. When no answer came, the Failure says
whether an octet of the request had left. No message holds a path, a query or a credential.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from edge_agent import __version__, answers, binding, dial, encoding, proxies, trust, urls
from edge_agent.wire import Answer, Failure, Request

ASK_NAME_FOR: Final = 3.0
MOVED: Final = frozenset((301, 302, 303, 307, 308))


class Transport:
    """Sends requests one after another (not for several threads at once) and keeps the connections for the next."""

    def __init__(  # noqa: PLR0913 - each is one of the user's settings or of the uplink's facts
        self,
        *,
        ca_file: str | None = None,
        proxy: str | None = None,
        uplink: binding.Uplink | None = None,
        family: int = 0,
        deadline_at: float = float("inf"),  # monotonic; no request lasts beyond it
        allow_http: bool = False,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ca_file = ca_file
        self._proxy = proxy
        self._way = dial.Way(uplink, family)
        self._allow_http = allow_http
        self._environ = environ
        self._clock = clock
        self._line = dial.Line(deadline_at)
        self._managers: dict[tuple[bool, int, str | None], Any] = {}
        self._contexts: dict[bool, Any] = {}

    def close(self) -> None:
        """Hang up; a later request connects anew."""
        for manager in self._managers.values():
            manager.clear()

    @property
    def unanswered(self) -> bool:
        """Whether the last request found nobody: its addresses were known, and no octet came back from any of them."""
        return isinstance(self._line.trouble, (dial.UnreachedError, TimeoutError))

    def send(self, request: Request) -> Answer | Failure:
        """Return the answer to `request`, or how it failed: `unreachable` where nothing left, else `unconfirmed`."""
        received = self._once(request)
        for _ in range(request.redirects if request.method in ("GET", "HEAD") else 0):
            if isinstance(received, Failure) or received.status not in MOVED or "location" not in received.headers:
                return received
            onward, objection = answers.onward(request.url, received.headers["location"])
            if objection:
                return Failure("unconfirmed", f"{answers.named(request.url)} {objection}")
            request = request._replace(url=onward)
            received = self._once(request)
            if isinstance(received, Failure):
                return received._replace(kind="unconfirmed")  # the first request did leave
        return received

    def _once(self, request: Request) -> Answer | Failure:
        import http.client

        objection = self._objection(request.url)
        if objection:
            return Failure("unreachable", objection)
        line = self._line
        urllib3 = _urllib3()
        try:
            line.begin()
            return self._exchange(request)
        except answers.UnfitError as error:
            return Failure("unconfirmed", f"{answers.named(request.url)}: {error}")
        except (OSError, ValueError, urllib3.exceptions.HTTPError, http.client.HTTPException) as error:
            if line.left:
                return Failure("unconfirmed", f"{answers.named(request.url)}: {_broken(error)}")
            return Failure("unreachable", self._unconnected(line.trouble or error, request))

    def _objection(self, url: str) -> str | None:
        if not url.lower().startswith(("https://", "http://")) or not urls.host_of(url):
            return "the service's address does not begin with https:// and a host"
        if "@" in url.partition("://")[2].replace("?", "/").replace("#", "/").partition("/")[0]:
            return f"the address of {urls.host_of(url)} holds a user name: credentials have settings of their own"
        if urls.is_plain(url) and not self._allow_http:
            return f"{urls.host_of(url)} would be asked over plain http, which anybody on the way can read and change: use https"
        return None

    # --- one exchange ------------------------------------------------------------------------------------------------

    def _exchange(self, request: Request) -> Answer:
        urllib3 = _urllib3()
        headers = urllib3.HTTPHeaderDict()
        for name, value in (*request.headers, ("User-Agent", f"edge-agent/{__version__}")):
            if name.lower() != "user-agent" or "user-agent" not in headers:
                headers.add(name, value)
        response = self._manager(request).urlopen(
            request.method,
            request.url,
            body=request.body or None,
            headers=headers,
            retries=False,  # by default a GET whose answer was cut off is sent again, and again
            redirect=False,
            timeout=None,  # the sockets keep to the line's limit, which also ends a drip
            preload_content=False,
            decode_content=False,
        )
        try:
            body = _body(response, request.most)
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()
        return Answer(response.status, {name.lower(): value for name, value in response.headers.itermerged()}, body)

    def _manager(self, request: Request) -> Any:
        """Return the pool of connections that fit `request`: by family and proxy, with TLS where it is needed."""
        proxy = None if request.direct else proxies.choose(request.url, self._proxy, self._environ)
        secure = (proxy or "").startswith("https:") or request.url.lower().startswith("https:")
        family = 0 if proxy else request.family or self._way.family  # the proxy's own family is nobody's concern
        key = (secure, family, proxy)
        if key not in self._managers:
            self._managers[key] = self._new_manager(secure, family, proxy)
        return self._managers[key]

    def _new_manager(self, secure: bool, family: int, proxy: str | None) -> Any:  # noqa: FBT001 - the parts of the key above
        urllib3 = _urllib3()
        context = self._context(names=True) if secure else None
        if proxy:
            address, credentials = proxies.apart(proxy)
            if not address.startswith(("http://", "https://")):
                raise trust.TrustError(f"a proxy of the kind {address.partition(':')[0]} is not supported: http and https are")
            headers = urllib3.make_headers(proxy_basic_auth=_unquoted(credentials)) if credentials else {}
            made = urllib3.ProxyManager(address, proxy_headers=headers, proxy_ssl_context=context, ssl_context=context)
        else:
            made = urllib3.PoolManager(ssl_context=context)
        made.pool_classes_by_scheme = _pools(self._line, self._way._replace(family=family))
        return made

    def _context(self, *, names: bool) -> Any:
        if names not in self._contexts:
            import ssl

            made = trust.context(self._ca_file, self._environ, names=names)
            made.sslsocket_class = dial.bounded(ssl.SSLSocket, self._line.limit)
            self._contexts[names] = made
        return self._contexts[names]

    # --- words -------------------------------------------------------------------------------------------------------

    def _unconnected(self, error: Exception, request: Request) -> str:
        import ssl

        host = self._line.peer or answers.named(request.url)
        if isinstance(error, (dial.DialError, binding.BindingError, trust.TrustError)):
            return str(error)
        if isinstance(error, ssl.SSLError):
            called = self._called(request) if trust.is_wrong_name(error) else ()
            return trust.words(error, host, self._clock(), called)
        if isinstance(error, TimeoutError):
            return f"{host}: no answer in time" if self._line.trouble else f"{host} was not asked: this run's time is over"
        if isinstance(error, OSError):
            return f"{host}: {dial.words(error)}"
        return f"the request to {host} cannot be written: a name or credential holds characters that HTTP cannot carry"

    def _called(self, request: Request) -> tuple[str, ...]:
        """Return what the server that answers in the place of the wanted one is called, by a certificate that is checked."""
        if proxies.choose(request.url, self._proxy, self._environ) and not request.direct:
            return ()
        host, port = answers.place(request.url)
        self._line.give(ASK_NAME_FOR)
        try:
            sock = dial.connect(host, port, self._way._replace(family=request.family or self._way.family), self._line.limit)
            with self._context(names=False).wrap_socket(sock, server_hostname=host) as asked:
                names = (asked.getpeercert() or {}).get("subjectAltName", ())
        except OSError:
            return ()
        return tuple(encoding.brief(str(value), (), 60) for kind, value in names if kind in ("DNS", "IP Address"))


def _body(response: Any, most: int) -> bytes:
    """Return the whole body of an answer, at most `most` octets of it, packed or not."""
    octets = b""
    while len(octets) <= most:
        part = response.read(most + 1 - len(octets), decode_content=False)
        if not part:
            break
        octets += part
    return answers.unpacked(octets, response.headers.get("content-encoding", "").strip().lower(), most)


def _broken(error: Exception) -> str:
    """Return how an answer failed to come, in words for people."""
    root = error
    while len(root.args) > 1 and isinstance(root.args[-1], Exception):  # urllib3 wraps what happened
        root = root.args[-1]
    return dial.words(root) if type(root).__module__ == "builtins" and isinstance(root, OSError) else answers.broken(root)


def _unquoted(credentials: str) -> str:
    from urllib.parse import unquote

    return unquote(credentials)


def _pools(line: dial.Line, way: dial.Way) -> dict[str, Any]:
    """Return urllib3's pools with our own connections in them, by scheme; and silence it: its log holds whole addresses."""
    import logging

    urllib3 = _urllib3()
    logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)
    urllib3.disable_warnings()  # of a clock that is off: `trust` has better words
    kinds = {
        "http": (urllib3.HTTPConnectionPool, urllib3.connection.HTTPConnection),
        "https": (urllib3.HTTPSConnectionPool, urllib3.connection.HTTPSConnection),
    }
    return {scheme: type("Pool", (pool,), {"ConnectionCls": dial.tied(base, line, way)}) for scheme, (pool, base) in kinds.items()}


def _urllib3() -> Any:
    """Return urllib3, loaded without its HTTP/2 part.

    urllib3.connection imports urllib3.http2 for a probe that only HTTP/2 uses, which is never switched on here; with it come
    the readers of package metadata, inspect, zipfile and csv: two megabytes. Empty modules in their place keep them out.
    """
    if "urllib3" not in sys.modules:
        from types import ModuleType

        for name in ("urllib3.http2", "urllib3.http2.probe"):
            sys.modules.setdefault(name, ModuleType(name))
        sys.modules["urllib3.http2"].__dict__["probe"] = sys.modules["urllib3.http2.probe"]
    import urllib3

    return urllib3
