"""The netlink socket's patience: interrupted dumps, strangers, silence, refusals. The kernel's part is played from recordings."""

import errno
from typing import Any, cast

import pytest

from edge_agent import netlink, rtnetlink
from edge_agent.kernel import MANY, TRIES, Kernel
from tests.pure.recorded import DATAGRAMS

ADDRESSES = DATAGRAMS["ipv6-zoo", "addresses6"]
KERNEL, STRANGER = (0, 0), (4711, 0)
Letter = tuple[bytes, tuple[int, int]]


class Socket:
    """A netlink socket whose other end answers the n-th request with the n-th answer, and then is silent."""

    def __init__(self, *answers: list[Letter]) -> None:
        self.answers = list(answers)
        self.waiting: list[Letter] = []
        self.requests = 0

    def send(self, request: bytes) -> int:
        self.requests += 1
        self.waiting = [(numbered(data, request), sender) for data, sender in self.answers.pop(0)] if self.answers else []
        return len(request)

    def recv_into(self, _buffer: bytearray, _size: int, _flags: int) -> int:
        if not self.waiting:
            raise TimeoutError(errno.ETIMEDOUT, "timed out")
        return len(self.waiting[0][0])

    def recvfrom(self, size: int) -> Letter:
        data, sender = self.waiting.pop(0)
        return data[:size], sender


def numbered(data: bytes, request: bytes) -> bytes:
    """Give the recorded messages numbered 1 the number of the request."""
    out = bytearray(data)
    place = 0
    while place + 16 <= len(out):
        if out[place + 8 : place + 12] == b"\1\0\0\0":
            out[place + 8 : place + 12] = request[8:12]
        place += max(int.from_bytes(out[place : place + 4], "little"), 16)
    return bytes(out)


def interrupted(data: bytes) -> bytes:
    return data[:6] + (int.from_bytes(data[6:8], "little") | netlink.INTERRUPTED).to_bytes(2, "little") + data[8:]


def from_kernel(*datagrams: bytes) -> list[Letter]:
    return [(data, KERNEL) for data in datagrams]


WHOLE = from_kernel(*ADDRESSES)
BROKEN = from_kernel(interrupted(ADDRESSES[0]), *ADDRESSES[1:])
REFUSED = from_kernel(netlink.message(netlink.ERROR, 0, 1, (-errno.EPERM).to_bytes(4, "little", signed=True)))
LACKING = from_kernel(netlink.message(netlink.ERROR, 0, 1, (-errno.EOPNOTSUPP).to_bytes(4, "little", signed=True)))


COUNT = sum(len(netlink.reply(data, 1).messages) for data in ADDRESSES)


def kernel(*answers: list[Letter]) -> tuple[Kernel, Socket]:
    sock = Socket(*answers)
    return Kernel(cast("Any", sock)), sock


def dump(made: Kernel) -> list[bytes]:
    return made.dump(rtnetlink.ADDRESSES, 6, "addresses")


def test_whole_answer() -> None:
    made, _ = kernel(WHOLE)
    assert len(dump(made)) == COUNT
    assert made.gaps == []


@pytest.mark.parametrize("times", range(1, TRIES))
def test_interrupted_dumps_are_asked_again(times: int) -> None:
    made, sock = kernel(*[BROKEN] * times, WHOLE)
    assert len(dump(made)) == COUNT
    assert sock.requests == times + 1
    assert made.gaps == []


def test_a_dump_that_never_settles_is_a_gap() -> None:
    made, sock = kernel(*[BROKEN] * 20)
    assert len(dump(made)) == COUNT
    assert sock.requests == TRIES
    assert made.gaps == ["the addresses kept changing while they were read: some may be missing"]


def test_strangers_are_not_listened_to() -> None:
    made, _ = kernel([(ADDRESSES[0], STRANGER), *WHOLE])
    assert len(dump(made)) == COUNT


def test_late_answers_to_an_earlier_question_are_skipped() -> None:
    late = numbered(ADDRESSES[0], rtnetlink.dump(rtnetlink.ADDRESSES, 6, 99))
    made, _ = kernel(from_kernel(late) + WHOLE)
    assert len(dump(made)) == COUNT


def test_silence_ends_in_an_error() -> None:
    made, _ = kernel([])
    with pytest.raises(TimeoutError):
        dump(made)


def test_an_answer_without_end_ends_in_an_error() -> None:
    made, _ = kernel(from_kernel(ADDRESSES[0][: 16 * 5]))
    with pytest.raises(TimeoutError):
        dump(made)


def test_refusal_is_an_error() -> None:
    made, _ = kernel(REFUSED)
    with pytest.raises(OSError, match="addresses are refused, error 1"):
        dump(made)


def test_a_kernel_without_the_family_has_nothing() -> None:
    made, _ = kernel(LACKING)
    assert dump(made) == []
    assert made.gaps == []


def test_a_full_table_keeps_what_is_wide() -> None:
    wide, narrow = (bytes([2, length, *bytes(10)]) for length in (0, 24))
    rows = b"".join(netlink.message(rtnetlink.ROUTES, netlink.MULTI, 1, body) for body in [narrow] * (MANY + 50))
    end = netlink.message(netlink.DONE, netlink.MULTI, 1, bytes(4))
    last = netlink.message(rtnetlink.ROUTES, netlink.MULTI, 1, wide)
    made, _ = kernel(from_kernel(rows, rows, last + end))
    bodies = made.dump(rtnetlink.ROUTES, 4, "routes")
    assert bodies[-1] == wide
    assert len(bodies) == MANY + 51
