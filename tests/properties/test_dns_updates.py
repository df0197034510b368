"""Whatever becomes of a name server's answers on the way, no dialogue breaks, and with a key no success is told that is none."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.verdicts import TABLE
from edge_agent.wire import Answer, Request
from tests.fakes.zones import over
from tests.providers.nameserver import LOGIN, OLD, OTHER, PLAIN, UNSIGNED, fake, run, want
from tests.providers.talk import HOME, V4

WAYS = st.sampled_from(["bind", "knot", "pdns"])
VALUES = st.lists(st.sampled_from([OLD, OTHER, V4]), max_size=3, unique=True)
DAMAGE = st.lists(  # (which answer, where, how)
    st.tuples(st.integers(0, 7), st.integers(0, 400), st.sampled_from(["flip", "cut", "zero", "ones", "more", "swap"])), max_size=4
)


def damaged(octets: bytes, place: int, how: str) -> bytes:
    place %= max(1, len(octets))
    head, tail = octets[:place], octets[place + 1 :]
    there = octets[place] if octets else 0
    return {
        "flip": head + bytes([there ^ 1 << place % 8]) + tail,
        "cut": head,
        "zero": head + b"\0" + tail,
        "ones": head + b"\xff" + tail,
        "more": octets + b"\0",
        "swap": octets[:2] + octets[6:12] + octets[2:6] + octets[12:],
    }[how]


@given(WAYS, VALUES, DAMAGE, st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_damage_on_the_way(
    ways: str, values: list[str], damage: list[tuple[int, int, str]], switches: tuple[bool, bool, bool]
) -> None:
    signed, each, lent = switches
    server = fake(ways)
    server.unsigned = True
    for value in values:
        server.record("*.example.com" if lent else HOME, value)
    plain, count = over(server), 0

    def send(request: Request) -> Answer:
        nonlocal count
        answer = plain(request).body
        for which, place, how in damage:
            answer = damaged(answer, place, how) if which == count else answer
        count += 1
        return Answer(200, {}, answer)

    said = run(send, want(each=each), login=LOGIN if signed else {}, options={} if signed else UNSIGNED)
    for verdict in said.verdicts.values():
        assert verdict.kind in TABLE
        assert not verdict.detail.startswith(("internal error", "the provider's code"))
        assert verdict.detail.isprintable()
        assert not (signed and TABLE[verdict.kind].success) or V4 in server.says(HOME)
    assert OTHER in server.says("*.example.com" if lent else HOME) or OTHER not in values or not each


@given(WAYS, VALUES, DAMAGE)
def test_damage_to_questions_without_the_key_destroys_nothing(
    ways: str, values: list[str], damage: list[tuple[int, int, str]]
) -> None:
    """Whoever may change the answers to our questions cannot make us take away what is not ours."""
    server = fake(ways)
    for value in values:
        server.record(HOME, value)
    plain, count = over(server), 0

    def send(request: Request) -> Answer:
        nonlocal count
        answer = plain(request).body
        for which, place, how in damage:
            answer = damaged(answer, place, how) if which == count and not request.changes else answer
        count += 1
        return Answer(200, {}, answer)

    run(send, want(own=(OLD,)), options=PLAIN)
    assert set(values) - {OLD} <= set(server.says(HOME)) or len(values) == 1
