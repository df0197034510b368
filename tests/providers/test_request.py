"""How a request is spelled: zones, servers, sockets, and values that must never reach the wire."""

import pytest

from tests.providers.talk import HOME, SERVICE, V4, V6, always, body, queries, run, target

LOGIN = {"username": "me", "password": "w0rd"}
GOOD = always(body("good"))
BOTH = (target(), target(address=V6))


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
