"""A faked name server and a job for it in one line, as the tests of dynamic update need them."""

import base64
from collections.abc import Callable, Mapping

from edge_agent.providers.rfc2136 import PROVIDER
from edge_agent.verdicts import Verdict
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.rfc2136 import KEY, SECRET, Rfc2136Fake
from tests.fakes.zones import filled, over
from tests.providers.talk import HOME, NOW, V4, Talk, job_for, talk

OLD, OTHER = "198.51.100.1", "198.51.100.2"
LOGIN = {"key_name": KEY, "key": SECRET}
PLAIN, UNSIGNED = {"plain_questions": "yes"}, {"unsigned": "yes"}
BAD = base64.b64encode(b"another secret").decode()


def fake(ways: str = "bind") -> Rfc2136Fake:
    made = filled(lambda: Rfc2136Fake(ways))
    assert isinstance(made, Rfc2136Fake)
    return made


def want(name: str = HOME, address: str = V4, **more: object) -> Target:
    return Target(name, 6 if ":" in address else 4, address)._replace(**more)  # type: ignore[arg-type]


def run(
    server: Rfc2136Fake | Callable[[Request], Answer],
    *targets: Target,
    login: Mapping[str, str] = LOGIN,
    now_at: float = NOW,
    options: Mapping[str, str] = {},
) -> Talk:
    job = job_for(PROVIDER, login, targets, options=options, server="dns://ns1.example.com")
    send = over(server) if isinstance(server, Rfc2136Fake) else server
    return talk(job._replace(nonce="fffe" + "0" * 28, now_at=now_at), PROVIDER, send)


def only(said: Talk) -> Verdict:
    (verdict,) = said.verdicts.values()
    return verdict
