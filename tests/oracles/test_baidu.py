"""Baidu's own SDK against our fakes, and our providers against what it made there. For BCD it has a signature, but no client."""

import importlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from edge_agent.providers import baidu, baidu_bcd
from edge_agent.providers.provider import Provider
from tests.fakes.apis.baidu import CASE as DNS
from tests.fakes.apis.baidu_bcd import CASE as BCD
from tests.fakes.bce import KEY, SECRET, BceFake
from tests.fakes.server import Server, behind
from tests.fakes.zones import Case, over
from tests.providers.talk import HOME, V4, V6, Talk, job_for, talk, target

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore")]  # the SDK's own warnings are nobody's here
OLD = "198.51.100.1"
PROVIDERS: dict[str, Provider] = {"baidu": baidu.PROVIDER, "baidu-bcd": baidu_bcd.PROVIDER}


@pytest.fixture
def fake(request: pytest.FixtureRequest) -> BceFake:
    case: Case = request.param
    made = case.fake()
    assert isinstance(made, BceFake)
    return made


@pytest.fixture
def served(fake: BceFake) -> Iterator[Server]:
    with Server(behind(fake)) as server:
        yield server


on_dns = pytest.mark.parametrize("fake", [DNS], indirect=True, ids=["dns"])
on_bcd = pytest.mark.parametrize("fake", [BCD], indirect=True, ids=["bcd"])


def client(server: Server, secret: str = SECRET) -> Any:
    credentials = importlib.import_module("baidubce.auth.bce_credentials").BceCredentials(KEY, secret)
    module = importlib.import_module("baidubce.bce_client_configuration")
    config = module.BceClientConfiguration(credentials=credentials, endpoint=server.url)
    return importlib.import_module("baidubce.services.dns.dns_client").DnsClient(config)


def ours(case: Case, fake: BceFake, address: str = V4, **more: object) -> Talk:
    one, now_at = PROVIDERS[case.provider], time.time()
    job = job_for(one, case.credentials, (target(address=address)._replace(**more),))  # type: ignore[arg-type]
    return talk(job._replace(now_at=now_at), one, over(fake, now_at))


@on_dns
def test_the_sdk_creates_and_we_change(fake: BceFake, served: Server) -> None:
    sdk = client(served)
    wished = {"rr": "home", "type": "A", "value": OLD, "ttl": 900, "line": "ct", "description": "the attic"}
    sdk.create_record("example.com", wished, "token-1")
    assert ours(DNS, fake).kinds == ["updated"]
    [record] = sdk.list_record("example.com", rr="home").records
    assert (record.value, record.ttl, record.line, record.description) == (V4, 900, "ct", "the attic")


@on_dns
def test_we_create_and_the_sdk_changes(fake: BceFake, served: Server) -> None:
    sdk = client(served)
    assert ours(DNS, fake, ttl=1200).kinds == ["updated"]
    assert [zone.name for zone in sdk.list_zone(name="example.com").zones] == ["example.com"]
    [record] = sdk.list_record("example.com", rr="home").records
    assert (record.rr, record.type, record.value, record.ttl) == ("home", "A", V4, 1200)
    sdk.update_record("example.com", record.id, {"rr": "home", "type": "A", "value": OLD, "ttl": 1200}, "token-2")
    assert ours(DNS, fake).kinds == ["updated"]
    assert fake.says(HOME) == [V4]
    sdk.delete_record("example.com", record.id, "token-3")
    assert fake.says(HOME) == []


@on_dns
@pytest.mark.parametrize(("secret", "code"), [("wrong", "does not match the signature"), (SECRET, "zone does not exist")])
def test_the_sdk_understands_the_fakes_refusals(served: Server, secret: str, code: str) -> None:
    with pytest.raises(Exception, match=code):
        client(served, secret).list_record("example.net")


@on_bcd
def test_the_sdks_signature_opens_bcd(fake: BceFake, served: Server) -> None:
    sdk = client(served)

    def ask(path: str, **fields: object) -> Any:
        headers = {b"content-type": b"application/json"}
        return sdk._send_request(b"POST", path.encode(), headers, {}, json.dumps(fields))

    ask("/v1/domain/resolve/add", domain="home", zoneName="example.com", rdType="AAAA", rdata="2001:DB8::99", ttl=900, view="CT")
    assert ours(BCD, fake, V6).kinds == ["updated"]
    listed = ask("/v1/domain/resolve/list", domain="example.com", pageNo=1, pageSize=100).result
    [record] = [own for own in listed if own.domain == "home"]
    assert (record.rdata, record.ttl, record.view, record.status) == (V6.upper(), 900, "CT", "RUNNING")
