"""The words between a provider and its transport, and the loop that carries them. No socket, no clock, no retry.

A provider's dialogue is a generator. It yields `Request` and receives `Answer`, or yields `Outcome` and receives nothing.
`converse` drives it, hands on each outcome as soon as it is known, and accounts for every target when the line breaks.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from edge_agent.verdicts import Verdict

LIMIT = 64 * 1024  # octets of an answer's body; hardly anything that an update protocol says is longer


class Target(NamedTuple):
    """One value of a record that a job is to set: `address` is canonical text, `ttl` None means leave it to the provider.

    Where the name has other values, only those in `own` and those equal to `address` may be touched. What a provider that
    keeps several values in one name (`Provider.each`) makes of the last three fields, `rest.move` works out for it.
    """

    name: str
    family: int
    address: str
    ttl: int | None = None
    zone: str | None = None
    own: tuple[str, ...] = ()  # what the name may say because of us: one of these becomes `address`
    each: bool = False  # stand beside the values of others, never in place of the only one
    beside: tuple[str, ...] = ()  # not empty: take `address` away, provided that one of these is there
    create: bool = True  # whether a name without a record of this type may get one


class Request(NamedTuple):
    """One HTTP request. `changes` names the records it may change; empty means that it only reads."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    changes: tuple[Target, ...] = ()
    family: int = 0  # 4 or 6 forces the family of the connection
    redirects: int = 0  # how many same-host https redirects may be followed
    direct: bool = False  # bypass any proxy: the service looks at the connection's source
    source: str | None = None  # the address that the connection must come from, because the service publishes it
    most: int = LIMIT  # octets of the answer's body that are read; more is for listings that have no pages


class Answer(NamedTuple):
    """What came back, whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as text; undecodable octets become U+FFFD."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> object:
        """Return the body as parsed JSON, or None where it is not JSON."""
        from json import loads  # only API providers need it

        try:
            parsed: object = loads(self.body)
        except (ValueError, RecursionError):
            return None
        return parsed


class Failure(NamedTuple):
    """The transport's own trouble: `kind` is unreachable (no octet of the request left) or unconfirmed."""

    kind: str
    detail: str


class Outcome(NamedTuple):
    """One record's verdict."""

    target: Target
    verdict: Verdict


Dialogue: TypeAlias = Generator[Request | Outcome, Answer | None, None]
Send: TypeAlias = Callable[[Request], Answer | Failure]


def ask(request: Request) -> Generator[Request, Answer | None, Answer]:
    """Send a request and return its answer; `yield from` this, since the value of a bare `yield` has no exact type."""
    answer = yield request
    if answer is None:
        raise RuntimeError("a dialogue was resumed without an answer")
    return answer


def converse(dialogue: Dialogue, targets: tuple[Target, ...], send: Send) -> Iterator[Outcome]:
    """Drive `dialogue` to its end and yield exactly one outcome per target.

    When the transport fails, the records that the failed request may have changed end as the failure says, all others
    as `unreachable`: nothing about them was sent. A dialogue that raises or forgets a target ends it as `garbled`.
    """
    open_ = dict.fromkeys(targets)
    reply: Answer | None = None
    try:
        step = next(dialogue)
        while True:
            reply = None
            if isinstance(step, Outcome):
                if step.target in open_:
                    del open_[step.target]
                    yield step
            else:
                received = send(step)
                if isinstance(received, Failure):
                    dialogue.close()
                    yield from _broken(open_, step, received)
                    return
                reply = received
            step = dialogue.send(reply)
    except StopIteration:
        missing = "the provider's code said nothing about this record"
    except Exception as error:  # noqa: BLE001 - one provider's bug must not stop the others; it is reported as what it is
        missing = f"internal error in the provider's code: {type(error).__name__}: {error}"
    for target in open_:
        yield Outcome(target, Verdict("garbled", missing))


def _broken(targets: dict[Target, None], request: Request, failure: Failure) -> Iterator[Outcome]:
    for target in targets:
        kind = failure.kind if target in request.changes else "unreachable"
        yield Outcome(target, Verdict(kind, failure.detail))
