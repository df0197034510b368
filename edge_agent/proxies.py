"""Which proxy a request goes through: the setting, else the environment's. Pure; credentials are kept apart from addresses."""

from collections.abc import Mapping

from edge_agent import inet, urls


def choose(url: str, setting: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the proxy's address for `url`, or None for the direct way. A setting of "" or "none" switches the environment's off.

    HTTP_PROXY in capitals is ignored: in a web server's child it is a header that any visitor can send (CVE-2016-5385).
    """
    if urls.is_loopback(url):
        return None
    if setting is not None:
        return None if setting in ("", "none") else _whole(setting)
    secure = url.lower().startswith("https:")
    names = ("https_proxy", "HTTPS_PROXY") if secure else ("http_proxy",)
    found = next((environ[name] for name in names if environ.get(name)), None)
    if not found or exempt(url, environ.get("no_proxy") or environ.get("NO_PROXY") or ""):
        return None
    return _whole(found)


def _whole(proxy: str) -> str:
    return proxy if "://" in proxy else f"http://{proxy}"


def exempt(url: str, hosts: str) -> bool:
    """Say whether a no_proxy list names the host of `url`: itself, a parent domain, a prefix of addresses, or `*`."""
    host = urls.host_of(url).rstrip(".")
    for entry in hosts.lower().replace(",", " ").split():
        name = entry.lstrip(".").rstrip(".")
        if entry == "*" or host == name or inet.within(host, entry) or (not inet.parse(host) and host.endswith(f".{name}")):
            return True
    return False


def apart(proxy: str) -> tuple[str, str | None]:
    """Return the proxy's address without credentials, and `user:password` (percent-encoded) where it held one."""
    scheme, _, rest = proxy.partition("://")
    authority = rest.partition("/")[0]
    credentials, at, host = authority.rpartition("@")
    return f"{scheme}://{host}", credentials if at else None
