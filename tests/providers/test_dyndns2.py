"""What travels together, what is held back, where requests go, and when the engine stops asking."""

import time

import pytest

from edge_agent.wire import Answer, Failure, Request, Target
from tests.providers.talk import BY_NAME, HOME, SERVICE, V4, V6, Talk, always, body, job_for, talk, target

LOGIN = {"username": "me", "password": "w0rd"}
GOOD = always(body("good"))
BOTH = (target(), target(address=V6))


def run(name: str, credentials: dict[str, str], *targets: Target, answer: Answer | None = None, **more: str) -> Talk:
    provider = BY_NAME[name]
    send = GOOD if answer is None else always(answer)
    return talk(
        job_for(provider, credentials, targets, **{"server": provider.server or "https://x.example"} | more), provider, send
    )


def queries(said: Talk) -> list[str]:
    return [request.url.partition("?")[2] for request in said.requests]


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


# --- zones -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "zone", "start"),
    [
        ("home.example.com", "example.com", "host=home&domain=example.com"),
        ("a.b.example.co.uk", "example.co.uk", "host=a.b&domain=example.co.uk"),
        ("example.com", "example.com", "host=@&domain=example.com"),
        ("*.example.com", "example.com", "host=*&domain=example.com"),
        ("HOME.Example.com.", "example.com", "host=HOME&domain=example.com"),
    ],
)
def test_namecheap_splits_by_the_zone_it_is_given(name: str, zone: str, start: str) -> None:
    said = run("namecheap", {"password": "p"}, target(name, zone=zone))
    assert queries(said)[0].replace("%40", "@").startswith(start)


@pytest.mark.parametrize(
    ("name", "zone", "words"),
    [
        ("home.example.com", None, 'set zone = "example.com"'),
        ("home.example.com", "example.org", "does not lie in the zone"),
        ("myexample.com", "example.com", "does not lie in the zone"),
    ],
)
def test_a_zone_is_never_guessed(name: str, zone: str | None, words: str) -> None:
    said = run("namecheap", {"password": "p"}, target(name, zone=zone))
    assert said.requests == []
    assert said.kinds == ["refused"]
    assert words in said.verdicts[name, 4].detail


def test_desec_names_share_a_request_within_a_zone_that_is_set() -> None:
    loose = run("desec", {"token": "t"}, target("a.example.com"), target("b.example.com"))
    assert len(loose.requests) == 2
    tied = run("desec", {"token": "t"}, *(target(f"{label}.example.com", zone="example.com") for label in "ab"))
    assert queries(tied) == [f"hostname=a.example.com,b.example.com&myipv4={V4}&myipv6=preserve"]


# --- where and how it is sent ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mythic-beasts", "dy.fi"])
def test_services_that_look_at_the_source_get_the_right_socket(name: str) -> None:
    credentials = {"key": "k", "secret": "s"} | LOGIN
    targets = BOTH if 6 in SERVICE[name].families else BOTH[:1]
    said = run(name, credentials, *targets, answer=body("good"))
    assert [(request.family, request.direct) for request in said.requests] == [(one.family, True) for one in targets]
    assert all(V4 not in request.url and V6 not in request.url for request in said.requests)


def test_only_infomaniak_may_redirect() -> None:
    assert {name: service.redirects for name, service in SERVICE.items() if service.redirects} == {"infomaniak": 2}
    assert [request.redirects for request in run("infomaniak", LOGIN, target()).requests] == [2]
    assert [request.redirects for request in run("noip", LOGIN, target()).requests] == [0]


@pytest.mark.parametrize(
    ("name", "server", "url"),
    [
        ("noip", "https://127.0.0.1:8443", f"https://127.0.0.1:8443/nic/update?hostname={HOME}&myip={V4}"),
        ("noip", "https://lab.example/", f"https://lab.example/nic/update?hostname={HOME}&myip={V4}"),
        ("noip", "https://lab.example/update.php", f"https://lab.example/update.php?hostname={HOME}&myip={V4}"),
        ("noip", "https://lab.example/u?group=1", f"https://lab.example/u?group=1&hostname={HOME}&myip={V4}"),
        ("noip", "http://[::1]:80", f"http://[::1]:80/nic/update?hostname={HOME}&myip={V4}"),
        ("dyndns2", "https://ddns.example.net", f"https://ddns.example.net/nic/update?hostname={HOME}&myip={V4}"),
        ("dyndns2", "https://ddns.example.net/x/y", f"https://ddns.example.net/x/y?hostname={HOME}&myip={V4}"),
        ("mythic-beasts", "https://lab.example", f"https://lab.example/dns/v2/dynamic/{HOME}"),
        ("mythic-beasts", "https://lab.example/mirror/", f"https://lab.example/mirror/dns/v2/dynamic/{HOME}"),
        ("freedns", "https://lab.example", f"https://lab.example/u/t/?address={V4}"),
        ("ionos", "https://lab.example", f"https://lab.example/dns?q=tok&ipv4={V4}"),
    ],
)
def test_another_server(name: str, server: str, url: str) -> None:
    credentials = {"key": "k", "secret": "s", "token": "t", "url": "https://api.hosting.ionos.com/dns?q=tok"} | LOGIN
    assert [request.url for request in run(name, credentials, target(), server=server).requests] == [url]


@pytest.mark.parametrize(
    "server", ["", "ddns.example.net", "ftp://x.example", "https://x.example/a b", "https://x.example/\r\nX: 1"]
)
def test_no_usable_server(server: str) -> None:
    said = run("dyndns2", LOGIN, target(), server=server)
    assert said.requests == []
    assert said.kinds == ["refused"]
    assert "begins with https://" in said.verdicts[HOME, 4].detail


@pytest.mark.parametrize("name", ["a\r\nb", "a b", "a,b", "a/../b", "a?b", "a#b", "a&myip=1", "", "..", "a\0b"])
def test_names_that_would_break_out_of_the_url(name: str) -> None:
    said = run("noip", LOGIN, target(name))
    assert said.requests == []
    assert said.kinds == ["refused"]


def test_a_token_that_no_header_can_carry() -> None:
    said = run("desec", {"token": "schlüssel"}, target())
    assert said.requests == []
    assert "beyond ASCII" in said.verdicts[HOME, 4].detail


def test_other_letters_in_passwords_are_fine() -> None:
    assert run("noip", {"username": "ü", "password": "☃"}, target()).kinds == ["updated"]


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


def test_pairs() -> None:
    assert {name for name, provider in BY_NAME.items() if provider.pairs == "required"} == {"inwx"}
    assert {name for name, provider in BY_NAME.items() if provider.pairs == "together"} == {"dyn", "strato", "joker", "dyndns2"}
