"""One exchange with a name server after another: signed, and believed as far as the signature goes. What its codes mean.

A server that has signed an answer knows the key; what it refuses from then on is about one name, not about the account.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from edge_agent import dnswire, tsig
from edge_agent.checks import WrongError
from edge_agent.dnswire import Message, Record, WireError
from edge_agent.names import ascii_of
from edge_agent.pauses import CLOCK_FLOOR
from edge_agent.providers.provider import Job
from edge_agent.providers.rest import ACCOUNT, GARBLED, LATER, REFUSED, OverError, Talk
from edge_agent.verdicts import Verdict
from edge_agent.wire import Request, Target, ask

UNSET: Final = Verdict(
    "unreachable", "the clock here has not been set, and a signature needs the time; nothing was sent", None, "account"
)
NO_ERROR, NO_NAME, NO_LEAVE, NO_AUTHORITY = 0, 3, 5, 9  # response codes that mean something by themselves
UNMET: Final = (3, 6, 7, 8)  # NXDOMAIN, YXDOMAIN, YXRRSET, NXRRSET: the name does not say what an update wants it to say
SIGNED: Final = (NO_ERROR, *UNMET)  # what is not believed without a signature
CODES: Final[Mapping[int, Verdict]] = {
    1: GARBLED._replace(detail="FORMERR: the server does not understand what it was asked"),
    2: LATER._replace(detail="SERVFAIL: the server has trouble of its own, such as a journal that it cannot write"),
    4: ACCOUNT._replace(detail="NOTIMP: the server takes no dynamic updates"),
    10: REFUSED._replace(detail="NOTZONE: the server says that the name is not in the zone"),
}
SEALS: Final[Mapping[int, Verdict]] = {  # errors of signatures
    tsig.BADSIG: ACCOUNT._replace(detail="BADSIG: the secret is not the one that the server has for this key"),
    tsig.BADKEY: ACCOUNT._replace(detail="BADKEY: the server has no key of this name and algorithm"),
    tsig.BADTIME: LATER._replace(detail="BADTIME: the clock here and the server's differ by minutes; set the one that is wrong"),
    tsig.BADTRUNC: ACCOUNT._replace(detail="BADTRUNC: the server wants another length of signature"),
}


class Server:
    """The server of a job, and the key that it knows us by. OverError for everything that is no answer."""

    def __init__(self, job: Job) -> None:
        self.job = job
        try:
            self.key = key_of(job.credentials, job.options)
        except WrongError as wrong:
            raise OverError(ACCOUNT._replace(detail=f"{wrong.what}; nothing was sent")) from None
        self.known = False  # whether the server has shown that it knows the key
        self.count = 0

    def ask(self, name: str, type_: int, fine: int, *targets: Target) -> Talk[Message]:
        """Ask for a name; the response code `fine` is an answer, too."""
        key = None if "plain_questions" in self.job.options else self.key
        said = yield from self._exchange(dnswire.question(self._id(), name, type_), key, targets)
        if said.rcode in (NO_ERROR, NO_NAME, fine):
            return said
        raise OverError(self._refusal(said.rcode, name))

    def update(self, zone: str, name: str, needs: Sequence[Record], changes: Sequence[Record], *targets: Target) -> Talk[bool]:
        """Send an update of a name and say whether its needs were met; where they were not, nothing was changed."""
        said = yield from self._exchange(dnswire.update(self._id(), zone, needs, changes), self.key, targets)
        if said.rcode in SIGNED:
            return said.rcode == NO_ERROR
        raise OverError(self._refusal(said.rcode, name))

    def _exchange(self, request: Message, key: tsig.Key | None, targets: Sequence[Target]) -> Talk[Message]:
        """Return the answer to a request. What speaks for success is believed with the key's signature alone."""
        octets, mac = _signed(request, key, self.job.now_at)
        answer = yield from ask(Request("DNS", self.job.server, body=octets, changes=tuple(targets)))
        try:
            said = dnswire.read(answer.body)
            seal = tsig.seal_of(said)
        except WireError as error:
            raise OverError(GARBLED._replace(detail=f"the answer is no DNS message: {error}")) from None
        if not said.answers(request) or said.flags & dnswire.TRUNCATED:
            raise OverError(GARBLED._replace(detail="the answer is not an answer to what was asked"))
        proved = bool(key and seal and tsig.genuine(answer.body, said, seal, key, mac))
        if key and seal and seal.error:
            raise OverError(self._unsealed(seal, request.question[0].name, proved=proved))
        if key and not proved and said.rcode in SIGNED:
            words = "the answer is not signed with the key, so it is not believed"
            raise OverError(GARBLED._replace(detail=words if said.flags & dnswire.OPCODE else f"{words} (see plain_questions)"))
        self.known = self.known or proved
        return said

    def _id(self) -> int:
        self.count += 1
        return (int(self.job.nonce[:4] or "0", 16) + self.count) & 0xFFFF

    # --- what a server says no to --------------------------------------------------------------------------------------------

    def _refusal(self, rcode: int, name: str) -> Verdict:
        """Return the verdict of a response code: a server that has shown that it knows the key speaks of the name alone."""
        if rcode not in (NO_LEAVE, NO_AUTHORITY):
            return CODES.get(rcode) or GARBLED._replace(detail=f"the server answers with the code {rcode}")
        word = "REFUSED" if rcode == NO_LEAVE else "NOTAUTH"
        if self.known:
            own = "does not let this key change" if rcode == NO_LEAVE else "is not the primary of the zone of"
            return REFUSED._replace(detail=f"{word}: the server {own} {name}")
        if self.key:
            words = "the server does not take the key (name, secret, algorithm), or the clock here is wrong"
            return ACCOUNT._replace(detail=f"{word}, unsigned: {words}", patience=3)  # a clock may be set at any moment
        return ACCOUNT._replace(detail=f"{word}: the server takes no updates without a key, or not from here")

    def _unsealed(self, seal: tsig.Seal, name: str, *, proved: bool) -> Verdict:
        """Return the verdict of an error about the signature. Knot says BADKEY of a name that a good key may not change, too."""
        if seal.error == tsig.BADKEY and self.known:
            return REFUSED._replace(detail="BADKEY: the server knows the key, but does not let it change this name")
        if proved and seal.server_time is not None:
            behind = seal.server_time - int(self.job.now_at)
            way = "behind" if behind > 0 else "ahead of"
            return SEALS[tsig.BADTIME]._replace(detail=f"BADTIME: the clock here is {abs(behind)} s {way} the server's; set it")
        return SEALS.get(seal.error) or GARBLED._replace(detail=f"the server answers with the signature error {seal.error}")


def _signed(request: Message, key: tsig.Key | None, now_at: float) -> tuple[bytes, bytes]:
    """Return the octets of a request, and the MAC of its signature where there is a key."""
    if key and now_at < CLOCK_FLOOR:
        raise OverError(UNSET)
    try:
        octets = dnswire.octets_of(request)
        return tsig.sign(octets, key, int(now_at)) if key else (octets, b"")
    except WireError as error:
        raise OverError(REFUSED._replace(detail=f"{error}; nothing was sent")) from None
    except ValueError:  # a system without MD5, for instance
        words = f"this system does not offer the algorithm {key.algorithm if key else ''}; nothing was sent"
        raise OverError(ACCOUNT._replace(detail=words)) from None


def key_of(credentials: Mapping[str, str], options: Mapping[str, str]) -> tsig.Key | None:
    """Return the key, None where none is wanted; WrongError where what there is makes none."""
    own = {name: credentials[name] for name in ("key_name", "key") if credentials.get(name)}
    if "unsigned" in options and not own:
        return None
    if "unsigned" in options:
        raise WrongError("a key is given, and unsigned as well", "leave one of them out")
    if len(own) < 2:
        raise WrongError("credentials are missing: key_name and key", "a server that takes updates without a key: unsigned = true")
    algorithm, secret = tsig.algorithm(options.get("algorithm", tsig.USUAL)), tsig.secret(own["key"])
    name = ascii_of(own["key_name"])
    if not algorithm:
        raise WrongError("the option algorithm names none that is known", f"write one of {', '.join(tsig.ALGORITHMS)}")
    if not secret:
        raise WrongError("key is not Base64", "copy what stands in quotes behind `secret` in the server's settings")
    try:
        dnswire.name_octets(name)
    except WireError:
        raise WrongError("key_name is not a DNS name", "copy the key's name from the server's settings") from None
    return tsig.Key(name, algorithm, secret)
