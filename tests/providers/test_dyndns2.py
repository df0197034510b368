"""What travels together, what is held back, and when the engine stops asking."""

import time

import pytest

from edge_agent.wire import Answer, Failure, Request
from tests.providers.talk import BY_NAME, HOME, V4, V6, always, body, job_for, queries, run, talk, target

LOGIN = {"username": "me", "password": "w0rd"}
GOOD = always(body("good"))
BOTH = (target(), target(address=V6))


# --- grouping --------------------------------------------------------------------------------------------------------


def test_names_travel_in_lists_with_raw_commas() -> None:
    targets = [target(f"n{number}.example.com") for number in range(45)]
    said = run("noip", LOGIN, *targets)
    assert [query.partition("&")[0].count(",") + 1 for query in queries(said)] == [20, 20, 5]
    assert "hostname=n0.example.com,n1.example.com,n2" in said.requests[0].url
    assert [len(request.changes) for request in said.requests] == [20, 20, 5]
    assert set(said.kinds) == {"updated"}


def test_names_travel_together_only_with_the_same_addresses() -> None:
    said = run(
        "noip",
        LOGIN,
        target("a.example.com"),
        target("a.example.com", V6),
        target("b.example.com"),
        target("c.example.com", "198.51.100.1"),
        target("d.example.com", V6),
        target("e.example.com", V6),
        target("e.example.com"),
    )
    assert queries(said) == [
        f"hostname=a.example.com,e.example.com&myip={V4},{V6}",
        f"hostname=b.example.com&myip={V4}",
        "hostname=c.example.com&myip=198.51.100.1",
        f"hostname=d.example.com&myip={V6}",
    ]
    assert [{one.name for one in request.changes} for request in said.requests] == [
        {"a.example.com", "e.example.com"},
        {"b.example.com"},
        {"c.example.com"},
        {"d.example.com"},
    ]


def test_one_family_per_call() -> None:
    said = run("ovh", LOGIN, *BOTH)
    assert [request.changes for request in said.requests] == [(BOTH[0],), (BOTH[1],)]


def test_a_family_the_service_lacks_is_refused_and_the_other_sent() -> None:
    said = run("opendns", LOGIN, *BOTH)
    assert said.kinds == ["refused", "updated"]
    assert said.verdicts[HOME, 6].detail == "OpenDNS takes no AAAA records"


def test_a_thousand_names_cost_no_square() -> None:
    targets = [target(f"n{number}.example.com", address) for number in range(1000) for address in (V4, V6)]
    began = time.perf_counter()
    said = run("he", {"password": "k"}, *targets)
    assert len(said.requests) == 2000
    assert time.perf_counter() - began < 5


def test_transport_failure_spares_what_was_not_sent() -> None:
    provider = BY_NAME["noip"]
    targets = [target("a.example.com"), target("b.example.com", "198.51.100.1")]
    said = talk(job_for(provider, LOGIN, targets), provider, lambda request: Failure("unconfirmed", "cut off"))
    assert said.kinds == ["unconfirmed", "unreachable"]


# --- families that are left out --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "credentials", "address", "query"),
    [
        ("desec", {"token": "t"}, V4, f"hostname={HOME}&myipv4={V4}&myipv6=preserve"),
        ("desec", {"token": "t"}, V6, f"hostname={HOME}&myipv6={V6}&myipv4=preserve"),
        ("dynu", LOGIN, V4, f"hostname={HOME}&myip={V4}&myipv6=no"),
        ("dynu", LOGIN, V6, f"hostname={HOME}&myipv6={V6}&myip=no"),
        ("duckdns", {"token": "t"}, V4, f"domains={HOME}&verbose=true&token=t&ip={V4}"),
        ("duckdns", {"token": "t"}, V6, f"domains={HOME}&verbose=true&token=t&ipv6={V6}"),
        ("dynv6", {"token": "t"}, V6, f"hostname={HOME}&token=t&ipv6={V6}"),
    ],
)
def test_a_family_that_is_left_out_is_left_alone(name: str, credentials: dict[str, str], address: str, query: str) -> None:
    said = run(name, credentials, target(address=address))
    assert queries(said) == [query]


@pytest.mark.parametrize("address", [V4, V6])
def test_inwx_is_sent_both_or_nothing(address: str) -> None:
    said = run("inwx", LOGIN, target(address=address))
    assert said.requests == []
    assert said.kinds == ["unreachable"]
    assert "nothing was sent" in next(iter(said.verdicts.values())).detail


@pytest.mark.parametrize(("address", "query"), [(V4, f"myip={V4}"), (V6, f"myipv6={V6}")])
def test_inwx_may_be_told_that_one_family_is_all_there_is(address: str, query: str) -> None:
    provider = BY_NAME["inwx"]
    said = talk(job_for(provider, LOGIN, [target(address=address)], options={"single_family": "true"}), provider, GOOD)
    assert queries(said) == [query]


# --- logins that decide what changes ---------------------------------------------------------------------------------


def test_a_second_name_under_a_login_for_one_is_refused() -> None:
    said = run("inwx", LOGIN, *BOTH, target("other.example.com"), target("other.example.com", V6))
    assert [request.changes for request in said.requests] == [BOTH]
    assert said.verdicts["other.example.com", 4].kind == "refused"
    assert "an account of its own" in said.verdicts["other.example.com", 6].detail
    assert said.verdicts[HOME, 4].kind == "updated"


def test_ionos_carries_many_names_but_one_address_each_family() -> None:
    url = {"url": "https://api.example.net/dns/v1/dyndns?q=tok"}
    targets = (
        target("a.example.com"),
        target("b.example.com"),
        target("a.example.com", V6),
        target("c.example.com", "198.51.100.1"),
    )
    said = run("ionos", url, *targets, answer=body(""))
    assert [request.url for request in said.requests] == [f"https://api.example.net/dns/v1/dyndns?q=tok&ipv4={V4}&ipv6={V6}"]
    assert set(said.requests[0].changes) == {targets[0], targets[1], targets[2]}
    assert said.verdicts["c.example.com", 4].kind == "refused"


def test_he_has_a_key_for_each_family_where_they_differ() -> None:
    said = run("he", {"password": "four", "password6": "six"}, *BOTH)
    logins = [dict(request.headers)["Authorization"] for request in said.requests]
    assert logins[0] != logins[1]
    shared = run("he", {"password": "four"}, *BOTH)
    assert len({dict(request.headers)["Authorization"] for request in shared.requests}) == 1
    alone = run("he", {"password6": "six"}, BOTH[1])
    assert dict(alone.requests[0].headers)["Authorization"] == logins[1]


def test_a_refused_key_of_one_he_record_says_nothing_about_another() -> None:
    said = run("he", {"password": "k"}, target("a.example.com"), target("b.example.com"), answer=body("badauth"))
    assert len(said.requests) == 2


def test_freedns_never_changes_aaaa_with_the_key_of_a() -> None:
    said = run("freedns", {"token": "four"}, *BOTH, answer=body(f"Updated {HOME} to {V4}"))
    assert [request.url for request in said.requests] == [f"https://sync.afraid.org/u/four/?address={V4}"]
    assert "token6" in said.verdicts[HOME, 6].detail
    assert [request.url for request in run("freedns", {"token": "six"}, BOTH[1]).requests] == [
        f"https://sync.afraid.org/u/six/?address={V6}"
    ]


def test_ways_to_log_in() -> None:
    by_key = run("ddnss", {"key": "k", "username": "u", "password": "p"}, target())
    assert queries(by_key) == [f"host={HOME}&key=k&ip={V4}"]
    by_login = run("ddnss", {"username": "u", "password": "p"}, target())
    assert queries(by_login) == [f"host={HOME}&user=u&pwd=p&ip={V4}"]
    half = run("ddnss", {"username": "u"}, target())
    assert half.requests == []
    assert half.verdicts[HOME, 4].detail == "DDNSS needs key or password"


# --- when to stop ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "requests"),
    [
        pytest.param(body("badauth"), 1, id="wrong-password"),
        pytest.param(body("abuse"), 1, id="blocked"),
        pytest.param(body("badagent"), 1, id="client-blocked"),
        pytest.param(body("911"), 1, id="outage"),
        pytest.param(body("", 429, retry_after="60"), 1, id="too-many"),
        pytest.param(body("good 127.0.0.1"), 1, id="ignored"),
        pytest.param(body("nohost"), 3, id="unknown-name"),
        pytest.param(body("hm"), 3, id="nonsense"),
        pytest.param(body("good"), 3, id="fine"),
    ],
)
def test_what_concerns_the_account_ends_the_dialogue(answer: Answer, requests: int) -> None:
    said = run("ovh", LOGIN, *(target(f"{label}.example.com") for label in "abc"), answer=answer)
    assert len(said.requests) == requests
    assert len(set(said.verdicts.values())) == 1


def test_what_was_known_before_the_refusal_stays() -> None:
    answers = iter([body("good"), body("badauth")])

    def send(request: Request) -> Answer:
        return next(answers)

    provider = BY_NAME["ovh"]
    said = talk(job_for(provider, LOGIN, [target(f"{label}.example.com") for label in "abc"]), provider, send)
    assert said.kinds == ["updated", "refused", "refused"]


@pytest.mark.parametrize(("name", "word", "patience"), [("duckdns", "KO", 3), ("freemyip", "ERROR", 3), ("loopia", "911", 2)])
def test_doubtful_refusals_have_patience(name: str, word: str, patience: int) -> None:
    verdict = run(name, {"token": "t"} | LOGIN, target(), answer=body(word)).verdicts[HOME, 4]
    assert (verdict.kind, verdict.patience) == ("refused", patience)


def test_least_intervals() -> None:
    least = {name: provider.least_interval_for for name, provider in BY_NAME.items() if provider.least_interval_for}
    assert least == {
        "noip": 300.0,
        "strato": 300.0,
        "3322": 60.0,
        "desec": 60.0,
        "zoneedit": 660.0,
        "ipv64": 10.0,
        "key-systems": 1800.0,
    }
    assert BY_NAME["dy.fi"].force_after_for == 5.5 * 86400
    assert BY_NAME["noip"].busy_for == 1800.0
    assert BY_NAME["dynu"].busy_for == 600.0
    assert BY_NAME["desec"].busy_for == 120.0  # it says itself how long, by Retry-After


def test_pairs() -> None:
    assert {name for name, provider in BY_NAME.items() if provider.pairs == "required"} == {"inwx"}
    assert {name for name, provider in BY_NAME.items() if provider.pairs == "together"} == {"dyn", "strato", "joker", "dyndns2"}
