"""What holds for every service that looks before it changes, each against its own fake: one table of cases, one of transcripts."""

import importlib
import pathlib
from collections.abc import Mapping

import pytest

from edge_agent import providers
from edge_agent.providers.provider import Provider
from edge_agent.verdicts import TABLE
from edge_agent.wire import Answer, Failure, Request, Target
from tests.fakes import apis
from tests.fakes.zones import ApiFake, Case, over
from tests.providers.talk import HOME, V4, V6, Talk, job_for, talk

OLD, OTHER = "198.51.100.1", "198.51.100.2"
FOLDER = pathlib.Path(next(iter(apis.__path__)))
CASES: dict[str, Case] = {
    case.provider: case
    for path in sorted(FOLDER.glob("*.py"))
    if (case := getattr(importlib.import_module(f"tests.fakes.apis.{path.stem}"), "CASE", None))
}
every = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
with_each = pytest.mark.parametrize("case", [case for case in CASES.values() if case.each], ids=lambda case: case.provider)
with_ttl = pytest.mark.parametrize("case", [case for case in CASES.values() if case.ttl], ids=lambda case: case.provider)


def of(case: Case) -> Provider:
    found = providers.find(case.provider)
    assert found
    return found


def run(case: Case, fake: ApiFake, *targets: Target, credentials: Mapping[str, str] = {}) -> Talk:
    one = of(case)
    server = case.server or one.server
    job = job_for(one, {**case.credentials, **credentials}, targets, options=case.options, server=server)
    return talk(job._replace(nonce=f"{len(fake.logins):032x}"), one, over(fake))


def want(name: str = HOME, address: str = V4, **more: object) -> Target:
    return Target(name, 6 if ":" in address else 4, address)._replace(**more)  # type: ignore[arg-type]


def detail(said: Talk) -> str:
    return next(iter(said.verdicts.values())).detail


def test_every_service_with_an_api_has_a_case() -> None:
    reading = {one.name for one in providers.every() if one.reads and not one.gone}
    assert reading == set(CASES)


# --- what becomes of a record ----------------------------------------------------------------------------------------


@every
def test_created(case: Case) -> None:
    fake = case.fake()
    said = run(case, fake, want())
    assert said.kinds == ["updated"], said.verdicts
    assert fake.says(HOME) == [V4]
    assert {row["ttl"] for row in fake.records if row["name"] == HOME} == {fake.usual_ttl}
    assert run(case, fake, want()).kinds == ["unchanged"]


@every
def test_changed(case: Case) -> None:
    fake = case.fake()
    row = fake.record(HOME, OLD, ttl=case.ttl or fake.usual_ttl)
    fake.record(HOME, V6)
    before = [dict(other) for other in fake.records if other is not row]
    said = run(case, fake, want())
    assert said.kinds == ["updated"], said.verdicts
    assert fake.says(HOME) == [V4]
    assert [dict(other) for other in fake.records if (other["name"], other["type"]) != (HOME, "A")] == before
    assert [other["ttl"] for other in fake.records if (other["name"], other["type"]) == (HOME, "A")] == [row["ttl"]], (
        "the TTL is the user's"
    )


@every
def test_unchanged_sends_nothing(case: Case) -> None:
    fake = case.fake()
    fake.record(HOME, V4)
    fake.record(HOME, "2001:0db8:0:0::7")
    said = run(case, fake, want(), want(address=V6))
    assert said.kinds == ["unchanged"] * 2, said.verdicts
    assert fake.changes == []
    assert not any(request.changes for request in said.requests)


@every
def test_both_families_the_apex_and_a_wildcard(case: Case) -> None:
    fake = case.fake()
    fake.record("*.example.com", OLD)
    fake.record("example.com", OLD)
    said = run(case, fake, want(), want(address=V6), want("*.example.com"), want("example.com"), want("*.deep.example.com"))
    assert said.kinds == ["updated"] * 5, said.verdicts
    assert (fake.says(HOME), fake.says(HOME, "AAAA"), fake.says("*.example.com")) == ([V4], [V6], [V4])
    assert (fake.says("example.com"), fake.says("*.deep.example.com")) == ([V4], [V4])
    again = run(case, fake, want(), want(address=V6), want("*.example.com"), want("example.com"), want("*.deep.example.com"))
    assert again.kinds == ["unchanged"] * 5, again.verdicts


@every
def test_names_in_capitals_and_other_scripts(case: Case) -> None:
    fake = case.fake()
    fake.record("xn--bro-hoa.example.com", OLD)
    said = run(case, fake, want("Home.Example.COM"), want("büro.example.com"))
    assert said.kinds == ["updated"] * 2, said.verdicts
    assert (fake.says(HOME), fake.says("xn--bro-hoa.example.com")) == ([V4], [V4])


@every
def test_the_longest_zone_wins(case: Case) -> None:
    fake = case.fake()
    fake.zone("lab.example.com")
    fake.record("lab.example.com", OLD)
    said = run(case, fake, want("box.lab.example.com"), want("lab.example.com"), want("collab.example.com"))
    assert said.kinds == ["updated"] * 3, said.verdicts
    assert [fake.says(f"{name}.example.com") for name in ("box.lab", "lab", "collab")] == [[V4]] * 3


@every
def test_a_zone_that_is_named(case: Case) -> None:
    fake = case.fake()
    assert run(case, fake, want("a.b.example.com", zone="example.com")).kinds == ["updated"]
    assert fake.says("a.b.example.com") == [V4]


@every
@pytest.mark.parametrize("zone", [None, "example.net"])
def test_no_zone(case: Case, zone: str | None) -> None:
    fake = case.fake()
    said = run(case, fake, want("home.example.net", zone=zone))
    assert said.kinds == ["refused"], said.verdicts
    assert "no zone for home.example.net" in detail(said)
    assert fake.changes == []


@with_ttl
def test_a_ttl_is_set(case: Case) -> None:
    fake = case.fake()
    fake.record(HOME, V4)
    fake.record("nas.example.com", OLD)
    said = run(case, fake, want(ttl=case.ttl), want("nas.example.com", ttl=case.ttl), want("new.example.com", ttl=case.ttl))
    assert said.kinds == ["updated"] * 3, said.verdicts
    ours = [row for row in fake.records if row["name"] in (HOME, "nas.example.com", "new.example.com")]
    assert [(row["value"], row["ttl"]) for row in ours] == [(V4, case.ttl)] * 3
    again = run(case, fake, want(ttl=case.ttl), want("nas.example.com", ttl=case.ttl))
    assert again.kinds == ["unchanged"] * 2, again.verdicts


@every
def test_create_is_off(case: Case) -> None:
    fake = case.fake()
    fake.record("nas.example.com", OLD)
    said = run(case, fake, want(create=False), want("nas.example.com", create=False))
    assert said.kinds == ["refused", "updated"], said.verdicts
    assert "create is off" in said.verdicts[HOME, 4].detail
    assert (fake.says(HOME), fake.says("nas.example.com")) == ([], [V4])


@every
def test_looking_alone_changes_nothing(case: Case) -> None:
    fake, one = case.fake(), of(case)
    fake.record(HOME, OLD)
    fake.record("nas.example.com", V4)
    targets = (want(), want("nas.example.com"), want("new.example.com"), want("home.example.net"))
    job = job_for(one, case.credentials, targets, options=case.options, server=case.server or one.server)
    said = talk(job._replace(look_only=True), one, over(fake))
    assert [verdict.detail for verdict in said.verdicts.values()][:3] == [
        f"the record says {OLD}",
        f"the record says {V4}",
        "there is no record yet",
    ]
    assert said.kinds == ["unchanged"] * 3 + ["refused"]
    assert not any(request.changes for request in said.requests)
    assert (fake.says(HOME), fake.says("nas.example.com"), fake.says("new.example.com")) == ([OLD], [V4], [])


# --- siblings --------------------------------------------------------------------------------------------------------


@with_each
def test_siblings_are_not_touched(case: Case) -> None:
    fake = case.fake()
    for address in (OLD, OTHER):
        fake.record(HOME, address)
    said = run(case, fake, want())
    assert said.kinds == ["refused"], said.verdicts
    assert "has 2 A records" in detail(said)
    assert fake.changes == []
    assert run(case, fake, want(own=(OLD,))).kinds == ["updated"]
    assert sorted(fake.says(HOME)) == sorted([V4, OTHER])
    assert run(case, fake, want()).kinds == ["unchanged"]


@with_each
def test_a_value_for_every_uplink(case: Case) -> None:
    fake = case.fake()
    fake.record(HOME, OTHER)
    first = run(case, fake, want(each=True), Target(HOME, 6, V6, each=True))
    assert first.kinds == ["updated"] * 2, first.verdicts
    assert sorted(fake.says(HOME)) == sorted([OTHER, V4])
    said = run(case, fake, want(address=OLD, each=True), want("b.example.com", each=True), want("b.example.com", V6, each=True))
    assert said.kinds == ["updated"] * 3, said.verdicts
    assert sorted(fake.says(HOME)) == sorted([OTHER, V4, OLD])
    moved = run(case, fake, want(address="198.51.100.9", own=(OLD,), each=True))
    assert moved.kinds == ["updated"], moved.verdicts
    assert sorted(fake.says(HOME)) == sorted([OTHER, V4, "198.51.100.9"])
    gone = run(case, fake, want(address="198.51.100.9", own=("198.51.100.9",), each=True, beside=(V4,)))
    assert gone.kinds == ["updated"], gone.verdicts
    assert sorted(fake.says(HOME)) == sorted([OTHER, V4])


@with_each
def test_two_values_of_one_name_in_one_job(case: Case) -> None:
    fake = case.fake()
    one = of(case)
    targets = (want(each=True), want(address=OLD, each=True), want(address=OTHER, each=True, own=(OTHER,), beside=(V4, OLD)))
    fake.record(HOME, OTHER)
    job = job_for(one, case.credentials, targets, options=case.options, server=case.server or one.server)
    from edge_agent.wire import converse

    kinds = [outcome.verdict.kind for outcome in converse(one.dialogue(job), targets, over(fake))]
    assert kinds == ["updated"] * 3
    assert sorted(fake.says(HOME)) == sorted([V4, OLD])


# --- what services say no to -------------------------------------------------------------------------------------------


@every
def test_a_cname_in_the_way(case: Case) -> None:
    fake = case.fake()
    fake.record(HOME, "elsewhere.example.", type="CNAME")
    said = run(case, fake, want(), want("nas.example.com"))
    assert said.kinds == (["refused", "updated"] if case.cname_seen else ["updated"] * 2), said.verdicts
    assert fake.says("nas.example.com") == [V4]
    assert (fake.says(HOME), fake.says(HOME, "CNAME")) == ([] if case.cname_seen else [V4], ["elsewhere.example."])


@every
def test_a_credential_that_is_wrong(case: Case) -> None:
    fake = case.fake()
    said = run(case, fake, want(), want("nas.example.com"), credentials=case.bad)
    assert said.kinds == ["refused"] * 2, said.verdicts
    assert {verdict.scope for verdict in said.verdicts.values()} == {"account"}
    assert (fake.says(HOME), len(said.requests)) == ([], 1), "one refusal is enough"


@every
def test_credentials_that_are_missing(case: Case) -> None:
    said = run(case, case.fake(), want(), credentials=dict.fromkeys(case.credentials, ""))
    assert said.kinds == ["refused"]
    assert "credentials are missing" in detail(said) or "missing" in detail(said)
    assert said.requests == []


@every
def test_throttled(case: Case) -> None:
    fake = case.fake()
    fake.odd.append(case.throttled)
    said = run(case, fake, want(), want("nas.example.com"))
    assert said.kinds == ["busy"] * 2, said.verdicts
    assert {verdict.wait_for for verdict in said.verdicts.values()} == {case.wait_for}
    assert (len(said.requests), fake.changes) == (1, [])


@every
@pytest.mark.parametrize("status", [500, 502, 503])
def test_out_of_order(case: Case, status: int) -> None:
    fake = case.fake()
    fake.odd.append((status, {"content-type": "text/html"}, b"<html>Bad Gateway</html>"))
    said = run(case, fake, want())
    assert said.kinds == ["busy"], said.verdicts
    assert fake.changes == []


@every
def test_gone_midway(case: Case) -> None:
    """Whatever was asked when the line broke, only what that request may have changed is in doubt."""
    one, steps = of(case), 0
    while True:
        fake, steps = case.fake(), steps + 1
        fake.record(HOME, OLD)
        asked: list[Request] = []

        def send(request: Request, fake: ApiFake = fake, asked: list[Request] = asked, last: int = steps) -> Answer | Failure:
            asked.append(request)
            return Failure("unconfirmed", "cut off") if len(asked) == last else over(fake)(request)

        job = job_for(
            one, case.credentials, (want(), want("nas.example.com")), options=case.options, server=case.server or one.server
        )
        said = talk(job, one, send)
        if len(asked) < steps:
            break
        for target in job.targets:
            kind = said.verdicts[target.name, 4].kind
            settled = TABLE[kind].success
            assert settled or kind == ("unconfirmed" if target in asked[-1].changes else "unreachable")
            assert not settled or fake.says(target.name) == [V4]
    assert steps > 2


@every
def test_somebody_else_was_faster(case: Case) -> None:
    fake = case.fake()
    fake.meanwhile = lambda: fake.record(HOME, V4)
    said = run(case, fake, want())
    assert said.kinds in (["unchanged"], ["updated"]), said.verdicts
    assert fake.says(HOME) == [V4]


@every
def test_deleted_meanwhile(case: Case) -> None:
    fake = case.fake()
    row = fake.record(HOME, OLD)
    fake.meanwhile = lambda: fake.records.remove(row)
    said = run(case, fake, want())
    assert said.kinds == ["updated"], said.verdicts
    assert fake.says(HOME) == [V4]


@every
def test_many_names(case: Case) -> None:
    """Listings have pages, and no answer may be longer than the transport reads."""
    fake = case.fake()
    for number in range(230):
        fake.record(f"host{number}.example.com", OLD, type="A")
    names = [f"host{number}.example.com" for number in (0, 99, 100, 229)] + ["fresh.example.com"]

    def send(request: Request) -> Answer:
        answer = over(fake)(request)
        assert len(answer.body) <= request.most
        return answer

    one = of(case)
    job = job_for(one, case.credentials, [want(name) for name in names], options=case.options, server=case.server or one.server)
    said = talk(job, one, send)
    assert said.kinds == ["updated"] * 5, said.verdicts
    assert [fake.says(name) for name in names] == [[V4]] * 5
