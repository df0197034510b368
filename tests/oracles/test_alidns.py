"""Alibaba Cloud's own SDK against our fake, and our provider against what the SDK made there."""

import importlib
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from edge_agent.providers import alidns
from tests.fakes.apis.alidns import CASE, KEY, SECRET, AliDnsFake
from tests.fakes.server import Server, behind
from tests.fakes.zones import ApiFake, over
from tests.providers.talk import HOME, V4, Talk, job_for, talk, target

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore")]  # the SDK's own warnings are nobody's here
PACKAGE = "alibabacloud_alidns20150109"
OLD = "198.51.100.1"


@pytest.fixture
def fake() -> ApiFake:
    return CASE.fake()


@pytest.fixture
def served(fake: ApiFake) -> Iterator[Server]:
    with Server(behind(fake)) as server:
        yield server


def client(server: Server, secret: str = SECRET) -> Any:
    config = importlib.import_module("alibabacloud_tea_openapi.models").Config
    where = server.url.removeprefix("http://")
    made = config(access_key_id=KEY, access_key_secret=secret, endpoint=where, protocol="http")
    return importlib.import_module(f"{PACKAGE}.client").Client(made)


def request(name: str, **fields: object) -> Any:
    return getattr(importlib.import_module(f"{PACKAGE}.models"), f"{name}Request")(**fields)


def ours(fake: ApiFake, **more: object) -> Talk:
    now_at = time.time()
    job = job_for(alidns.PROVIDER, CASE.credentials, (target()._replace(**more),))  # type: ignore[arg-type]
    return talk(job._replace(now_at=now_at, nonce=uuid.uuid4().hex), alidns.PROVIDER, over(fake, now_at))


def test_the_sdk_creates_and_we_change(fake: AliDnsFake, served: Server) -> None:
    sdk = client(served)
    wished = request("AddDomainRecord", domain_name="example.com", rr="home", type="A", value=OLD, ttl=900, line="telecom")
    id_ = sdk.add_domain_record(wished).body.record_id
    assert ours(fake).kinds == ["updated"]
    found = sdk.describe_sub_domain_records(request("DescribeSubDomainRecords", sub_domain=HOME, domain_name="example.com"))
    [record] = found.body.domain_records.record
    assert (record.record_id, record.value, record.ttl, record.line) == (id_, V4, 900, "telecom")


def test_we_create_and_the_sdk_changes(fake: AliDnsFake, served: Server) -> None:
    sdk = client(served)
    assert ours(fake, ttl=1200).kinds == ["updated"]
    [domain] = sdk.describe_domains(request("DescribeDomains", key_word="example.com", search_mode="EXACT")).body.domains.domain
    [record] = sdk.describe_domain_records(
        request("DescribeDomainRecords", domain_name=domain.domain_name, rrkey_word="home")
    ).body.domain_records.record
    assert (record.rr, record.type, record.value, record.ttl, record.line) == ("home", "A", V4, 1200, "default")
    sdk.update_domain_record(request("UpdateDomainRecord", record_id=record.record_id, rr="home", type="A", value=OLD, ttl=1200))
    assert ours(fake).kinds == ["updated"]
    assert fake.says(HOME) == [V4]
    sdk.delete_domain_record(request("DeleteDomainRecord", record_id=record.record_id))
    assert fake.says(HOME) == []


def test_the_sdk_understands_the_fakes_refusals(served: Server) -> None:
    for secret, code in (("wrong", "SignatureDoesNotMatch"), (SECRET, "InvalidDomainName.NoExist")):
        with pytest.raises(Exception, match=code):
            client(served, secret).describe_sub_domain_records(
                request("DescribeSubDomainRecords", sub_domain="a.example.net", domain_name="example.net")
            )
