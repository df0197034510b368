"""The server of nsupdate.info (PyPI `nsupdate`) in a folder of its own, with one host, in front of a name server on any port.

`python nsupdate_info.py DNS-PORT SECRET-OF-THE-KEY`: the working directory holds its database. It prints `ready PORT PASSWORD`.
"""

import functools
import os
import sys
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

SETTINGS = """
from nsupdate.settings.base import *
SECRET_KEY = "of-a-test"
BASEDOMAIN = "nsupdate.test"
WWW_HOST = WWW_IPV4_HOST = WWW_IPV6_HOST = "127.0.0.1"
ALLOWED_HOSTS = ["*"]
SECURE_SSL_REDIRECT = False
LOGGING_CONFIG = None
"""


class Silent(WSGIRequestHandler):
    """Logs nothing: standard error is for what goes wrong."""

    def log_message(self, *words: Any) -> None:
        pass


def at_port(port: int) -> None:
    """Let dnspython speak to `port` where it would speak to 53."""
    import dns.query
    import dns.resolver

    for name in ("tcp", "udp", "udp_with_fallback"):
        setattr(dns.query, name, functools.partial(getattr(dns.query, name), port=port))
    usual = dns.resolver.BaseResolver.reset

    def reset(self: Any) -> None:
        usual(self)
        self.port = port

    dns.resolver.BaseResolver.reset = reset


def host_of(zone: str, key: str) -> str:
    """Make the zone and the host `home` in it; return the host's password."""
    from django.contrib.auth import get_user_model
    from nsupdate.main.models import Domain, Host

    user = get_user_model().objects.create_user("tester", "tester@example.com", "unused")
    domain = Domain.objects.create(
        name=zone, nameserver_ip="127.0.0.1", nameserver_update_secret=key, nameserver_update_algorithm="HMAC_SHA256",
        available=True, created_by=user,
    )  # fmt: skip
    host = Host.objects.create(name="home", domain=domain, created_by=user)
    return str(host.generate_secret())


def main() -> None:
    """Serve until a signal comes."""
    with open("own_settings.py", "w", encoding="ascii") as file:  # noqa: PTH123 - as Django's own manage.py would
        file.write(SETTINGS)
    sys.path.insert(0, ".")
    os.environ["DJANGO_SETTINGS_MODULE"] = "own_settings"
    at_port(int(sys.argv[1]))
    import django
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    django.setup()
    call_command("migrate", verbosity=0)
    password = host_of("example.com", sys.argv[2])
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Silent) as server:
        print(f"ready {server.server_port} {password}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
