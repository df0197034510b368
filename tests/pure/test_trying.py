"""`check --online`: every account is logged in to and looked at, nothing is changed, and what was not tried is said."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import pytest

from edge_agent import trying
from edge_agent.model import Account, Entry, Key, Memory, Record, Secret, Selection, Settings, Snapshot
from edge_agent.providers.digitalocean import PROVIDER
from edge_agent.providers.provider import Job, Provider
from edge_agent.report import trials
from edge_agent.seam import Talk
from edge_agent.trying import Tried
from edge_agent.verdicts import Verdict
from edge_agent.wire import Dialogue, Failure, Outcome, Request, ask
from tests.fakes.apis.digitalocean import CASE, TOKEN
from tests.fakes.zones import ApiFake, over
from tests.pure.fake_world import FakeWorld

_T = TypeVar("_T")
HOME, NAS = "home.example.com", "nas.example.com"


def settings(token: str = TOKEN, update_via: str = "any", accounts: tuple[str, ...] = ("do",), **records: str) -> Settings:
    """Return settings with these accounts, and records by their account."""
    known = {name: Account(name, "digitalocean", {"token": Secret(token)}) for name in accounts}
    names = records or {"do": f"{HOME} {NAS}"}
    kept = tuple(Record(name, ("A",), account, Selection()) for account, own in names.items() for name in own.split())
    return Settings(accounts=known, records=kept, update_via=update_via)


def world(fake: ApiFake, provider: Provider = PROVIDER) -> FakeWorld:
    return FakeWorld(Snapshot(), over(fake), provider)


def lines(found: tuple[Tried, ...]) -> list[tuple[str, str]]:
    return [(say.level, say.text) for say in trials.lines(found)]


def test_what_stands_there_is_told_and_nothing_is_changed() -> None:
    fake = CASE.fake()
    fake.record(HOME, "198.51.100.1")
    here = world(fake)
    found = trying.tried(settings(), here)
    assert lines(found) == [
        ("info", f"do (digitalocean), {HOME} A: the login is good; the record says 198.51.100.1"),
        ("info", f"do (digitalocean), {NAS} A: the login is good; there is no record yet"),
    ]
    assert (fake.changes, here.kept, here.settled, trials.exit_of(found)) == ([], [], 0, 0)
    assert {ways for _, ways in here.sent} == {(None,)}


@pytest.mark.parametrize(("update_via", "way"), [("any", None), ("same", None), ("wan2", "wan2")])
def test_the_way_is_the_users(update_via: str, way: str | None) -> None:
    here = world(CASE.fake())
    trying.tried(settings(update_via=update_via), here)
    assert {ways for _, ways in here.sent} == {(way,)}


def test_what_was_published_is_known_as_ours() -> None:
    fake = CASE.fake()
    for address in ("198.51.100.1", "198.51.100.2"):
        fake.record(HOME, address)
    here = world(fake)
    assert lines(trying.tried(settings(do=HOME), here))[0][0] == "error", "two records, and none known as ours"
    here.memory = Memory({Key("do", HOME, "A"): Entry("198.51.100.2")})
    assert [level for level, _ in lines(trying.tried(settings(do=HOME), here))] == ["info"]


def test_a_bad_login_is_told_once_without_its_secret() -> None:
    fake = CASE.fake()
    found = trying.tried(settings("dop_v1_wrong-token"), world(fake))
    ((level, text),) = lines(found)
    assert level == "error"
    assert text.startswith(f"do (digitalocean), {HOME} A: refused: HTTP 401: unauthorized")
    assert "wrong-token" not in text
    assert trials.exit_of(found) == 4


def test_one_name_that_is_wrong_beside_one_that_is_right() -> None:
    found = trying.tried(settings(do=f"{HOME} home.example.net"), world(CASE.fake()))
    assert [level for level, _ in lines(found)] == ["info", "error"]
    assert trials.exit_of(found) == 4


def silent(job: Job) -> Dialogue:
    raise AssertionError(job)


def test_who_answers_no_question_is_not_asked() -> None:
    found = trying.tried(settings(), world(CASE.fake(), Provider("no-ip", "No-IP", silent)))
    assert lines(found) == [("info", f"do (no-ip): {trials.SILENT}")]
    assert trials.exit_of(found) == 0


def test_an_account_without_records() -> None:
    found = trying.tried(settings(accounts=("digitalocean", "b"), b=HOME), world(CASE.fake()))
    assert [(one.account, one.name, one.verdict is None) for one in found] == [("digitalocean", "", True), ("b", HOME, False)]
    assert lines(found)[0] == ("info", f"digitalocean: {trials.SILENT}")


def test_a_dialogue_that_would_change_something_is_stopped() -> None:
    def careless(job: Job) -> Dialogue:
        for target in job.targets:
            yield from ask(Request("PUT", "https://x.example/", changes=(target,)))
            yield Outcome(target, Verdict("updated"))

    here = world(CASE.fake(), Provider("careless", "Careless", careless, reads=True))
    found = trying.tried(settings(), here)
    assert here.sent == []
    assert [one.verdict.kind for one in found if one.verdict] == ["unreachable"] * 2
    assert "nothing was sent" in lines(found)[0][1]


def test_as_an_object() -> None:
    found = (Tried("a", "no-ip"), Tried("b", "gandi", HOME, "A", Verdict("busy", "later")))
    object_: Mapping[str, object] = trials.as_object(found)
    assert (object_["problems"], object_["exit"]) == ([], 3)
    assert object_["tried"] == [
        {"account": "a", "provider": "no-ip", "name": None, "type": None, "verdict": None, "detail": ""},
        {"account": "b", "provider": "gandi", "name": HOME, "type": "A", "verdict": "busy", "detail": "later"},
    ]


def test_accounts_keep_the_order_of_the_settings() -> None:
    class Backwards(FakeWorld):
        def together(self, chains: Iterable[Iterator[Talk[_T]]]) -> Iterator[_T]:
            return iter(list(super().together(chains))[::-1])

    here = Backwards(Snapshot(), lambda request: Failure("unreachable", "no"), PROVIDER)
    found = trying.tried(settings(accounts=("z", "a"), z=HOME, a=NAS), here)
    assert [one.account for one in found] == ["z", "a"]
