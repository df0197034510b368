"""Clients that share no code with us do the same to the same fakes, from the same start: one table; where they differ, why."""

import importlib
import importlib.util
import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from edge_agent import providers
from edge_agent.wire import Target
from tests.fakes.apis.gandi import KEY as GANDI_KEY
from tests.fakes.server import Server, behind
from tests.fakes.zones import ApiFake, Case, over
from tests.oracles import rivals
from tests.oracles.rivals import Act, Stage, ddclient, lexicon, octodns
from tests.oracles.wider import widened
from tests.providers.talk import HOME, V4, V6, job_for, talk

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore")]  # their warnings are nobody's here

OLD, OTHER = "198.51.100.1", "198.51.100.2"
SCENES = {  # what the name says, what it is to say, which of it is ours
    "absent": ((), (V4,), ()),
    "another": ((OLD,), (V4,), ()),
    "beside-a-sibling": ((OLD, OTHER), (V4, OTHER), (OLD,)),
}


class Rival(NamedTuple):
    """A client at a service. `base`: the service's address by this client, where it is another than ours."""

    client: str
    service: str
    act: Act
    base: str = ""
    needs: str = ""  # a module that may not be there


LEXICON = {  # service: its options by the credentials they are; its own name where it is another
    "cloudflare": {"auth_token": "token"},
    "digitalocean": {"auth_token": "token"},
    "dreamhost": {"auth_token": "key"},
    "dynu-api": {"auth_token": "api_key"},
    "gandi": {"auth_token": "token"},
    "godaddy": {"auth_key": "key", "auth_secret": "secret"},
    "hetzner": {"auth_token": "token"},
    "linode": {"auth_token": "token"},
    "namecom": {"auth_username": "username", "auth_token": "token"},
    "netcup": {"auth_customer_id": "customernumber", "auth_api_key": "apikey", "auth_api_password": "apipassword"},
    "ns1": {"auth_token": "api_key"},
    "porkbun": {"auth_key": "apikey", "auth_secret": "secretapikey"},
    "powerdns": {"auth_token": "api_key"},
    "route53": {"auth_access_key": "access_key_id", "auth_access_secret": "secret_access_key"},
    "scaleway": {"auth_secret_key": "secret_key"},
    "vultr": {"auth_token": "api_key"},
}
NAMES = {"dynu-api": "dynu", "ns1": "nsone"}
MORE = {"gandi": {"api_protocol": "rest"}, "powerdns": {"pdns_server": "http://127.0.0.1:8081", "pdns_server_id": "localhost"}}
BASES = {"namecom": "https://api.name.com/v4"}  # the older name of core/v1


def rows() -> Iterator[Rival]:
    own = rivals.credentials
    for service, options in LEXICON.items():
        settings = {option: own(service)[name] for option, name in options.items()} | MORE.get(service, {})
        act = lexicon(NAMES.get(service, service), settings, by_id=service != "hetzner")
        yield Rival("lexicon", service, act, BASES.get(service, ""))
    identity, token = own("dnspod")["login_token"].split(",")
    yield Rival("lexicon", "dnspod", lexicon("dnspod", {"auth_username": identity, "auth_token": token}))

    cloudflare = own("cloudflare")["token"]
    yield Rival("its-sdk", "cloudflare", rivals.cloudflare_sdk(cloudflare))
    yield Rival("octodns", "cloudflare", octodns("octodns_cloudflare", "CloudflareProvider", token=cloudflare, pagerules=False))
    yield Rival(
        "octodns", "digitalocean", octodns("octodns_digitalocean", "DigitalOceanProvider", token=own("digitalocean")["token"])
    )
    yield Rival(
        "octodns", "gandi", octodns("octodns_gandi", "GandiProvider", token=own("gandi")["token"]), "https://api.gandi.net/v5"
    )
    server = {"host": "127.0.0.1", "api_key": own("powerdns")["api_key"]}
    yield Rival("octodns", "powerdns", octodns("octodns_powerdns", "PowerDnsProvider", **server))

    yield Rival("its-sdk", "hetzner", rivals.hetzner_sdk(own("hetzner")["token"]), needs="hcloud")
    for service, module, kind, option in (
        ("bunny", "octodns_bunny", "BunnyProvider", "api_key"),
        ("ns1", "octodns_ns1", "Ns1Provider", "api_key"),
        ("scaleway", "octodns_scaleway", "ScalewayProvider", "token"),
    ):
        yield Rival("octodns", service, octodns(module, kind, **{option: next(iter(own(service).values()))}), needs=module)

    yield Rival("ddclient", "cloudflare", ddclient("cloudflare", "/client/v4", login="token", password=cloudflare))
    yield Rival("ddclient", "gandi", ddclient("gandi", "/v5", script="", password=GANDI_KEY))
    key, secret = own("godaddy")["key"], own("godaddy")["secret"]
    yield Rival("ddclient", "godaddy", ddclient("godaddy", "/v1/domains", login=key, password=secret))


ROWS = {f"{row.client}-{row.service}": row for row in rows()}
ALONE = "replaces all values of the name by its own"
DIFFERENT = {  # what the name says then, and why
    ("ddclient-cloudflare", "absent"): ([], "creates no record"),
    ("ddclient-gandi", "beside-a-sibling"): ([V4], ALONE),
    ("ddclient-godaddy", "beside-a-sibling"): ([V4], ALONE),
    ("lexicon-gandi", "beside-a-sibling"): ([V4], ALONE),
    ("lexicon-hetzner", "beside-a-sibling"): ([OLD, OTHER], "refuses where there are several"),
    ("lexicon-ns1", "beside-a-sibling"): ([V4], ALONE),
}
TTLS = {  # who puts a TTL of its own in place of the one that stands there, or of the usual one
    "ddclient-godaddy": "600 unless told",
    "lexicon-dynu-api": "says none in an update, for which Dynu takes the domain's",
    "octodns-cloudflare": "knows automatic by a mark of its own only, else it is 300, and never below 120",
}


def case_of(service: str) -> Case:
    found = importlib.import_module(f"tests.fakes.apis.{service.replace('-', '_')}").CASE
    assert isinstance(found, Case)
    return found


def begun(case: Case, scene: str) -> ApiFake:
    fake = case.fake()
    fake.record(HOME, V6)
    for address in SCENES[scene][0]:
        fake.record(HOME, address)
    return fake


def left(fake: ApiFake) -> list[tuple[str | int, ...]]:
    """Return all that stands there; in which order is nobody's business."""
    return sorted((row["name"], row["type"], row["value"], row["ttl"]) for row in fake.records)


def ours(case: Case, scene: str) -> list[tuple[str | int, ...]]:
    fake = begun(case, scene)
    ours_on(fake, case, *SCENES[scene][2])
    return left(fake)


def ours_on(fake: ApiFake, case: Case, *own: str) -> None:
    one = providers.find(case.provider)
    assert one
    target = Target(HOME, 4, V4, own=own)
    job = job_for(one, case.credentials, [target], options=case.options, server=case.server or one.server)
    assert talk(job._replace(nonce="1" * 32), one, over(fake)).kinds == ["updated"]


def theirs(row: Rival, case: Case, scene: str, folder: pathlib.Path) -> tuple[list[tuple[str | int, ...]], object]:
    fake = begun(case, scene)
    said = theirs_on(fake, row, case, folder, *SCENES[scene][:2])
    return left(fake), said


def theirs_on(
    fake: ApiFake, row: Rival, case: Case, folder: pathlib.Path, before: tuple[str, ...] = (OLD,), after: tuple[str, ...] = (V4,)
) -> object:
    """Let the other one act, and return what it says: one that gives up has left what it left."""
    if row.client == "ddclient" and not shutil.which("ddclient"):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("needs ddclient")
    if row.needs and not importlib.util.find_spec(row.needs):
        pytest.skip(f"needs {row.needs}")
    one = providers.find(case.provider)
    assert one
    with Server(behind(widened(fake, row.service))) as server:
        stage = Stage(fake, row.base or one.server or case.server, server.url, folder, before, after)
        try:
            return row.act(stage)
        except Exception as error:  # noqa: BLE001 - what it left tells, and this says why
            return error


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("name", ROWS)
def test_the_same_is_left(name: str, scene: str, tmp_path: pathlib.Path) -> None:
    row = ROWS[name]
    case = case_of(row.service)
    wanted = ours(case, scene)
    found, said = theirs(row, case, scene, tmp_path)
    if name in TTLS:
        wanted, found = ([entry[:3] for entry in entries] for entries in (wanted, found))
    if (name, scene) in DIFFERENT:
        values, _ = DIFFERENT[name, scene]
        wanted = [entry for entry in wanted if entry[:2] != (HOME, "A")]
        assert sorted(entry[2] for entry in found if entry[:2] == (HOME, "A")) == sorted(values), said
        found = [entry for entry in found if entry[:2] != (HOME, "A")]
    assert found == wanted, said


@pytest.mark.parametrize("name", TTLS)
def test_a_ttl_of_its_own(name: str, tmp_path: pathlib.Path) -> None:
    """The table of TTLs is true."""
    case = case_of(ROWS[name].service)
    assert theirs(ROWS[name], case, "another", tmp_path)[0] != ours(case, "another")


def test_what_lexicon_forgets_of_a_record_at_cloudflare(tmp_path: pathlib.Path) -> None:
    """It puts the whole record, without what it does not know of; we send what differs."""
    case, row = case_of("cloudflare"), ROWS["lexicon-cloudflare"]
    kept = {"proxied": True, "comment": "the box in the attic"}
    other, own = case.fake(), case.fake()
    records = [fake.record(HOME, OLD, **kept) for fake in (other, own)]
    theirs_on(other, row, case, tmp_path)
    ours_on(own, case)
    ends = [{name: record[name] for name in ("value", *kept)} for record in records]
    assert ends == [{"value": V4, "proxied": False, "comment": None}, {"value": V4} | kept]
