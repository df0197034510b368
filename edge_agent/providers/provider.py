"""What a provider is: facts about a service and a dialogue. No provider opens a socket, reads a clock or retries.

Several values in one name (`Provider.each`): a target with `each` stands beside the values of others. One of its `own` becomes
`address`, or a value is added; a target with `beside` takes the value `address` away, provided that one of `beside` is there. A
job has all values of a name, those to be taken away last, so a dialogue looks once and keeps what it saw up to date. Which
value is to become what, `rest.move` works out, whatever the service calls its values; `reconcile` does the rest.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from edge_agent.wire import Dialogue, Target


class Credential(NamedTuple):
    """One thing the service wants to know about its user, by the service's own name for it."""

    name: str
    about: str
    secret: bool = True
    required: bool = True
    choices: tuple[str, ...] = ()  # of a group where one is enough: the other ways in, credentials or options


class Job(NamedTuple):
    """What one account is to do in one run. `credentials` are revealed text; `now_at` is wall time for signatures."""

    account: str
    credentials: Mapping[str, str]
    targets: tuple[Target, ...]
    server: str
    options: Mapping[str, str] = {}
    agent: str = "edge-agent"  # the User-Agent
    now_at: float = 0.0
    nonce: str = ""  # 32 hexadecimal digits that no other run has had: for ids and signatures
    look_only: bool = False  # change nothing and tell what would be done; for services that look before they change


class Provider(NamedTuple):
    """The facts of one service, and its dialogue."""

    name: str
    title: str
    dialogue: Callable[[Job], Dialogue]
    server: str = ""  # the base address; `--server` replaces it. Empty: the user must give one
    credentials: tuple[Credential, ...] = ()
    options: Mapping[str, str] = {}  # name → what it does, for settings beyond credentials
    families: tuple[int, ...] = (4, 6)
    pairs: str = "alone"  # alone · together (send both families when one changes) · required (both or nothing)
    creates: bool = False
    reads: bool = False  # looks at the record before changing it
    each: bool = False  # can keep several values in one name: its dialogue obeys all of `wire.Target`
    ttl: tuple[int, int] | None = None  # least and greatest that can be set; None: the service decides
    least_interval_for: float = 0.0  # between two updates of one record
    busy_for: float = 0.0  # the least pause after the service said "later"
    force_after_for: float | None = None  # names expire unless refreshed this often
    aliases: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()
    gone: str = ""  # the service is dead: what to tell its users
    scheme: str = "https"  # what its addresses begin with; plain http is another spelling of that
    pairs_for: Callable[[str, Mapping[str, str]], str] | None = None  # `pairs` where an account's server and options decide it
    fit: Callable[[str, Mapping[str, str], Mapping[str, str]], object] | None = None
    """Where set: raises checks.WrongError when an account's server, options and credentials do not go together."""
