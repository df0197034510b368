"""Whatever a name says and whatever is wished: nobody else's value is touched, success is true, and doing it again does nothing.

Three services stand for all: one keeps records one by one, one puts all values at once, one shows whole zones.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent import providers
from edge_agent.verdicts import TABLE, Verdict
from edge_agent.wire import Target, converse
from tests.fakes.apis import digitalocean, gandi, netcup
from tests.fakes.zones import ApiFake, Case, over
from tests.providers.talk import HOME, job_for

POOL = [f"198.51.100.{number}" for number in range(1, 6)]
CASES = {case.provider: case for case in (digitalocean.CASE, gandi.CASE, netcup.CASE)}
services = pytest.mark.parametrize("name", list(CASES))
some = st.lists(st.sampled_from(POOL), max_size=3, unique=True)


@st.composite
def targets(draw: st.DrawFn) -> Target:
    own = tuple(draw(some))
    each = draw(st.booleans())
    beside = tuple(address for address in draw(some) if each)
    address = draw(st.sampled_from(POOL))
    return Target(HOME, 4, address, None, None, own, each, beside if address not in beside else (), draw(st.booleans()))


def run(case: Case, fake: ApiFake, *wished: Target, look_only: bool = False) -> list[Verdict]:
    one = providers.find(case.provider)
    assert one
    job = job_for(one, case.credentials, wished, options=case.options)._replace(look_only=look_only)
    return [outcome.verdict for outcome in converse(one.dialogue(job), wished, over(fake))]


def world(case: Case, values: list[str]) -> ApiFake:
    fake = case.fake()
    for value in values:
        fake.record(HOME, value)
    return fake


@services
@given(values=some, target=targets())
def test_one_target(name: str, values: list[str], target: Target) -> None:
    fake = world(CASES[name], values)
    (verdict,) = run(CASES[name], fake, target)
    after = fake.says(HOME)
    only = len(values) == 1 and not target.each and not target.beside
    foreign = {value for value in values if value not in target.own and value != target.address and not only}
    assert foreign <= set(after), "nobody else's value is touched"
    assert set(after) <= {*values, target.address}, "nothing is made up"
    if not TABLE[verdict.kind].success:
        assert after == values, "what is refused is left as it was"
        assert verdict.kind in {"refused", "busy"}
    elif target.beside:
        assert target.address not in after
        assert not values or after, "a name is never emptied"
    else:
        assert target.address in after
    assert fake.says("www.example.com") == ["198.51.100.80"]
    assert target.create or values or not after


@services
@given(values=some, target=targets())
def test_doing_it_again_changes_nothing(name: str, values: list[str], target: Target) -> None:
    fake = world(CASES[name], values)
    (first,) = run(CASES[name], fake, target)
    if not TABLE[first.kind].success:
        return
    known = target._replace(own=() if target.beside else (target.address,))  # what memory says then
    while (
        known.each and not known.beside and set(fake.says(HOME)) & set(target.own) - {target.address}
    ):  # one of ours at a time goes
        before = len(fake.says(HOME))
        run(CASES[name], fake, target)
        assert len(fake.says(HOME)) < before
    sent, after = len(fake.changes), fake.says(HOME)
    (again,) = run(CASES[name], fake, known)
    assert (again.kind, fake.says(HOME)) == ("unchanged", after)
    assert not [asked for asked in fake.changes[sent:] if name != "netcup" or b"updateDnsRecords" in asked.body]


@services
@given(values=some, target=targets())
def test_looking_alone_touches_nothing(name: str, values: list[str], target: Target) -> None:
    fake = world(CASES[name], values)
    run(CASES[name], fake, target, look_only=True)
    assert fake.says(HOME) == values


@services
@given(values=some, wanted=st.lists(st.sampled_from(POOL), min_size=1, max_size=3, unique=True), gone=st.sampled_from(POOL))
def test_several_values_of_one_name(name: str, values: list[str], wanted: list[str], gone: str) -> None:
    """What a run with `values = "each"` sends: every value there should be, then one to take away."""
    wished = [Target(HOME, 4, address, each=True) for address in wanted]
    if gone not in wanted:
        wished.append(Target(HOME, 4, gone, own=(gone,), each=True, beside=tuple(wanted)))
    fake = world(CASES[name], values)
    verdicts = run(CASES[name], fake, *wished)
    assert all(TABLE[verdict.kind].success for verdict in verdicts)
    assert set(fake.says(HOME)) == ({*values, *wanted} - ({gone} - set(wanted)))
