"""Chains of talks at the same time: order within a chain, one thread that hears, no thread for one, and what goes wrong is told."""

import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from edge_agent.together import MOST, together

Talk = Callable[[], Iterator[str]]


def words(*said: str) -> Talk:
    return lambda: iter(said)


def test_nothing() -> None:
    assert list(together(iter(()))) == []
    assert list(together([iter([]), iter([])])) == []


def test_one_chain_needs_no_thread() -> None:
    own = threading.get_ident()
    seen: list[int] = []

    def talk() -> Iterator[str]:
        seen.append(threading.get_ident())
        yield "a"

    assert list(together([iter([]), iter([talk, talk]), iter([])])) == ["a", "a"]
    assert seen == [own, own]


def test_chains_run_at_the_same_time_and_keep_their_order() -> None:
    gate = threading.Barrier(3, timeout=20)

    def talk(name: str) -> Talk:
        def say() -> Iterator[str]:
            gate.wait()  # passes only when all three are at it
            yield f"{name}1"
            yield f"{name}2"

        return say

    said = list(together(iter([talk(name), words(f"{name}3")]) for name in "abc"))
    assert sorted(said) == ["a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3"]
    assert [[word for word in said if word[0] == name] for name in "abc"] == [[f"{name}{n}" for n in (1, 2, 3)] for name in "abc"]


def test_no_more_than_some_at_a_time() -> None:
    guard, most, now = threading.Lock(), 0, 0

    def talk() -> Iterator[str]:
        nonlocal most, now
        with guard:
            now += 1
            most = max(most, now)
        yield "x"
        with guard:
            now -= 1

    assert len(list(together(iter([talk, talk]) for _ in range(30)))) == 60
    assert most <= MOST


def test_only_the_callers_thread_advances_chains() -> None:
    own, seen = threading.get_ident(), set()

    def chain() -> Iterator[Talk]:
        for _ in range(3):
            seen.add(threading.get_ident())
            yield words("x")

    assert len(list(together(chain() for _ in range(12)))) == 36
    assert seen == {own}


@pytest.mark.parametrize("count", [1, 3])
def test_an_exception_comes_to_the_caller(count: int) -> None:
    def talk() -> Iterator[str]:
        yield "before"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(together(iter([talk]) for _ in range(count)))


def test_one_chain_loads_nothing() -> None:
    import subprocess

    probe = "import sys; from edge_agent.together import together; list(together([iter([lambda: iter('a')])])); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-S", "-c", probe], capture_output=True, text=True, check=True)
    assert {"threading", "queue", "_queue"} & set(ran.stdout.split()) == set()
