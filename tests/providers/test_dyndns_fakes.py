"""Dialogues with faithful fakes: what is published in the end, what the services' tempers do, and what our rows avoid."""

import pytest

from edge_agent.wire import Request, Target
from tests.fakes import dyndns, dyndns_tokens
from tests.providers.talk import AGENT, BY_NAME, HOME, NOW, V4, V6, Talk, job_for, talk, target

LOGIN = {"username": "user", "password": "pass"}
OTHER = "other.example.com"
BOTH = (target(), target(address=V6))
A, AAAA = (HOME, "A"), (HOME, "AAAA")


def meet(
    fake: dyndns.DyndnsFake, name: str, credentials: dict[str, str], *targets: Target, now_at: float = NOW, agent: str = AGENT
) -> Talk:
    provider = BY_NAME[name]
    job = job_for(provider, credentials, targets or BOTH, server=provider.server or "https://x.example")._replace(agent=agent)
    return talk(job, provider, dyndns.over(fake, now_at=now_at))


@pytest.mark.parametrize("name", ["noip", "dyn", "strato", "joker", "dyndns2", "powerdns-admin"])
def test_dual_stack_by_comma(name: str) -> None:
    fake = dyndns.DyndnsFake()
    fake.path = {"dyn": "/v3/update"}.get(name, "/nic/update")
    assert meet(fake, name, LOGIN).kinds == ["updated", "updated"]
    assert fake.records == {A: V4, AAAA: V6}
    assert len(fake.seen) == 1
    assert meet(fake, name, LOGIN).kinds == ["unchanged", "unchanged"]


def test_many_names_are_told_apart_in_order() -> None:
    fake = dyndns.DyndnsFake(names=("a.example.com", "c.example.com"))
    said = meet(fake, "noip", LOGIN, *(target(f"{label}.example.com") for label in "abc"))
    assert said.kinds == ["updated", "refused", "updated"]
    assert set(fake.records) == {("a.example.com", "A"), ("c.example.com", "A")}


def test_wrong_password() -> None:
    fake = dyndns.DyndnsFake()
    said = meet(fake, "noip", LOGIN | {"password": "wrong"})
    assert {(verdict.kind, verdict.scope) for verdict in said.verdicts.values()} == {("refused", "account")}
    assert fake.records == {}


def test_repeated_nochg_ends_in_abuse() -> None:
    fake = dyndns.DyndnsFake()
    kinds = [meet(fake, "noip", LOGIN, target()).kinds[0] for _ in range(7)]
    assert kinds == ["updated", *["unchanged"] * 4, "banned", "banned"]


@pytest.mark.parametrize("agent", ["", "python-urllib3/2.8.0", "Mozilla/5.0", "curl/8"])
def test_unwelcome_agents(agent: str) -> None:
    assert meet(dyndns.DyndnsFake(), "noip", LOGIN, target(), agent=agent).verdicts[HOME, 4].scope == "provider"
    ignored = meet(dyndns.Ignoring(), "noip", LOGIN, target(), agent=agent).verdicts[HOME, 4]
    assert (ignored.kind, ignored.scope) == ("refused", "provider")


def test_our_agent_is_welcome() -> None:
    assert meet(dyndns.Ignoring(), "noip", LOGIN).kinds == ["updated", "updated"]


def test_nsupdate_books_each_family() -> None:
    fake = dyndns.Nsupdate(password="s3c", names=(HOME, OTHER))
    assert meet(fake, "nsupdate", {"secret": "s3c"}).kinds == ["updated", "updated"]
    changed = target(address="2001:db8::8")
    assert meet(fake, "nsupdate", {"secret": "s3c"}, target(), changed).kinds == ["unchanged", "updated"]
    refused = meet(fake, "nsupdate", {"secret": "wrong"})
    assert {(verdict.kind, verdict.scope) for verdict in refused.verdicts.values()} == {("refused", "record")}
    fake.blocked.add(HOME)
    assert set(meet(fake, "nsupdate", {"secret": "s3c"}).kinds) == {"banned"}


@pytest.mark.parametrize(
    ("peer", "sent", "left"),
    [pytest.param("198.51.100.99", V6, A, id="ipv6-alone"), pytest.param("2001:db8:ffff::1", V4, AAAA, id="ipv4-alone")],
)
def test_desec_never_loses_the_other_family(peer: str, sent: str, left: tuple[str, str]) -> None:
    fake = dyndns_tokens.Desec(password="tok")
    fake.records = {A: "192.0.2.1", AAAA: "2001:db8::1"}
    provider = BY_NAME["desec"]
    job = job_for(provider, {"token": "tok"}, [target(address=sent)])
    assert talk(job, provider, dyndns.over(fake, peer)).kinds == ["updated"]
    assert fake.records[left] in {"192.0.2.1", "2001:db8::1"}
    assert sent in fake.records.values()


def test_desec_asks_to_wait() -> None:
    fake = dyndns_tokens.Desec(password="tok")
    said = [meet(fake, "desec", {"token": "tok"}, target(), now_at=NOW + number) for number in range(3)]
    assert [one.kinds[0] for one in said] == ["updated", "updated", "busy"]
    assert said[2].verdicts[HOME, 4].wait_for == 60.0
    assert meet(fake, "desec", {"token": "tok"}, target(), now_at=NOW + 200).kinds == ["updated"]


def test_the_fakes_traps_are_real() -> None:
    """A careless client loses records at these services; without this the tests beside it would prove nothing."""
    desec = dyndns_tokens.Desec(password="tok")
    desec.records = {A: "192.0.2.1", AAAA: "2001:db8::1"}
    inwx = dyndns.Inwx()
    inwx.records = {A: "192.0.2.1", AAAA: "2001:db8::1"}
    login = (("User-Agent", AGENT), ("Authorization", "Token tok"))
    dyndns.over(desec)(Request("GET", f"https://x/?hostname={HOME}&myipv4={V4}", login))
    assert desec.records == {A: V4}
    basic = (("User-Agent", AGENT), ("Authorization", "Basic dXNlcjpwYXNz"))
    dyndns.over(inwx)(Request("GET", f"https://x/nic/update?myipv6={V6}", basic))
    assert inwx.records == {A: "127.0.0.1", AAAA: V6}
    duck = dyndns_tokens.Duckdns(password="tok")
    dyndns.over(duck)(Request("GET", f"https://x/update?domains={HOME}&token=tok", (("User-Agent", AGENT),)))
    assert duck.records == {A: "198.51.100.99"}


def test_duckdns() -> None:
    fake = dyndns_tokens.Duckdns(password="tok", names=(HOME, OTHER))
    token = {"token": "tok"}
    assert meet(fake, "duckdns", token, target(), target(OTHER)).kinds == ["updated", "updated"]
    assert len(fake.seen) == 1
    assert meet(fake, "duckdns", token, target(address=V6)).kinds == ["updated"]
    assert fake.records == {A: V4, AAAA: V6, (OTHER, "A"): V4}
    assert meet(fake, "duckdns", token, *BOTH).kinds == ["unchanged", "unchanged"]
    assert meet(fake, "duckdns", {"token": "no"}).verdicts[HOME, 4].patience == 3


def test_inwx() -> None:
    fake = dyndns.Inwx()
    assert meet(fake, "inwx", LOGIN).kinds == ["updated", "updated"]
    assert fake.records == {A: V4, AAAA: V6}
    assert meet(fake, "inwx", LOGIN, target(address="2001:db8::9")).kinds == ["unreachable"]
    assert fake.records == {A: V4, AAAA: V6}


def test_he_keys_and_interval() -> None:
    fake = dyndns.HurricaneElectric({(HOME, "A"): "four", (HOME, "AAAA"): "six"})
    keys = {"password": "four", "password6": "six"}
    assert meet(fake, "he", keys).kinds == ["updated", "updated"]
    assert meet(fake, "he", {"password": "four"}).kinds == ["unchanged", "refused"]
    assert fake.records == {A: V4, AAAA: V6}
    said = [meet(fake, "he", keys, target(address=f"198.51.100.{number}"), now_at=NOW + 1).verdicts[HOME, 4] for number in range(9)]
    assert (said[-1].kind, said[-1].wait_for) == ("busy", 120.0)


def test_3322_blocks_the_hasty() -> None:
    fake = dyndns.Pubyun()
    hasty = [meet(fake, "3322", LOGIN, target(address=f"198.51.100.{number}"), now_at=NOW + number).kinds[0] for number in range(3)]
    assert hasty == ["updated", "updated", "banned"]
    patient = dyndns.Pubyun()
    least = BY_NAME["3322"].least_interval_for
    for number in range(5):
        address = f"198.51.100.{number}"
        assert meet(patient, "3322", LOGIN, target(address=address), now_at=NOW + number * least).kinds == ["updated"]


def test_zoneedit_and_its_ten_minutes() -> None:
    fake = dyndns_tokens.Zoneedit(password="tok")
    login = {"username": "user", "token": "tok"}
    least = BY_NAME["zoneedit"].least_interval_for
    assert meet(fake, "zoneedit", login, target()).kinds == ["updated"]
    assert meet(fake, "zoneedit", login, target(), now_at=NOW + 599).kinds == ["busy"]
    assert meet(fake, "zoneedit", login, target(), now_at=NOW + 599 + least).kinds == ["unchanged"]
    assert meet(fake, "zoneedit", login | {"token": "no"}, target()).verdicts[HOME, 4].scope == "account"


@pytest.mark.parametrize(
    ("name", "fake", "login", "wrong"),
    [
        ("infomaniak", dyndns.Infomaniak, LOGIN, {"password": "no"}),
        ("selfhost", dyndns.Selfhost, LOGIN, {"password": "no"}),
        ("namecheap", dyndns_tokens.Namecheap, {"password": "pass"}, {"password": "no"}),
        ("ddnss", dyndns_tokens.Ddnss, {"key": "pass"}, {"key": "no"}),
        ("njalla", dyndns_tokens.Njalla, {"key": "pass"}, {"key": "no"}),
        ("mythic-beasts", dyndns_tokens.MythicBeasts, {"key": "user", "secret": "pass"}, {"secret": "no"}),
    ],
)
def test_words_of_their_own(name: str, fake: type[dyndns.DyndnsFake], login: dict[str, str], wrong: dict[str, str]) -> None:
    service = fake()
    mine = target(zone="example.com")
    assert meet(service, name, login, mine).kinds == ["updated"]
    assert A in service.records
    assert meet(service, name, login, mine).kinds[0] in {"updated", "unchanged"}
    unknown = meet(service, name, login, target(OTHER, zone="example.com")).verdicts[OTHER, 4]
    assert unknown.kind == "refused"
    refused = meet(service, name, login | wrong, mine).verdicts[HOME, 4]
    assert (refused.kind, refused.scope) == ("refused", "account")


def test_mythic_beasts_publishes_the_peer() -> None:
    fake = dyndns_tokens.MythicBeasts()
    meet(fake, "mythic-beasts", {"key": "user", "secret": "pass"}, target())
    assert fake.records == {A: "198.51.100.99"}
    assert fake.seen[0][0] == "POST"


def test_selfhost_says_private_by_status() -> None:
    assert meet(dyndns.Selfhost(), "selfhost", LOGIN, target(address="192.168.1.2")).kinds == ["refused"]
