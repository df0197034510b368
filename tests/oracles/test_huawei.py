"""Huawei Cloud's own SDK against our fake, and our provider against what the SDK made there."""

import importlib
import time
from collections.abc import Iterator
from typing import Any

import pytest

from edge_agent.providers import huawei
from tests.fakes.apis.huawei import CASE, KEY, PROJECT, SECRET, HuaweiFake
from tests.fakes.server import Server, behind
from tests.fakes.zones import over
from tests.providers.talk import HOME, V4, Talk, job_for, talk, target

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore")]  # the SDK's own warnings are nobody's here
OLD = "198.51.100.1"


@pytest.fixture
def fake() -> HuaweiFake:
    made = CASE.fake()
    assert isinstance(made, HuaweiFake)
    return made


@pytest.fixture
def served(fake: HuaweiFake) -> Iterator[Server]:
    with Server(behind(fake)) as server:
        yield server


def sdk() -> Any:
    return importlib.import_module("huaweicloudsdkdns.v2")


def client(server: Server, secret: str = SECRET) -> Any:
    keys = importlib.import_module("huaweicloudsdkcore.auth.credentials").BasicCredentials(KEY, secret, PROJECT)
    return sdk().DnsClient.new_builder().with_credentials(keys).with_endpoints([server.url]).build()


def ours(fake: HuaweiFake, **more: object) -> Talk:
    now_at = time.time()
    job = job_for(huawei.PROVIDER, CASE.credentials, (target()._replace(**more),))  # type: ignore[arg-type]
    return talk(job._replace(now_at=now_at), huawei.PROVIDER, over(fake, now_at))


def test_the_sdk_creates_and_we_change(fake: HuaweiFake, served: Server) -> None:
    api, models = client(served), sdk()
    [zone] = api.list_public_zones(models.ListPublicZonesRequest(name="example.com", search_mode="equal")).zones
    wished = models.CreateRecordSetWithLineRequestBody(
        f"{HOME}.", "the attic", "A", ttl=900, records=[OLD], line="Dianxin", weight=1
    )
    made = api.create_record_set_with_line(models.CreateRecordSetWithLineRequest(zone.id, wished))
    assert made.status == "PENDING_CREATE"
    assert ours(fake).kinds == ["updated"]
    [found] = api.show_record_set_by_zone(
        models.ShowRecordSetByZoneRequest(zone.id, name=f"{HOME}.", search_mode="equal")
    ).recordsets
    assert (found.id, found.records, found.ttl, found.line) == (made.id, [V4], 900, "Dianxin")


def test_we_create_and_the_sdk_changes(fake: HuaweiFake, served: Server) -> None:
    api, models = client(served), sdk()
    assert ours(fake, ttl=1200).kinds == ["updated"]
    [found] = api.list_record_sets(models.ListRecordSetsRequest(name=f"{HOME}.", type="A", search_mode="equal")).recordsets
    assert (found.name, found.records, found.ttl) == (f"{HOME}.", [V4], 1200)
    wished = models.UpdateRecordSetReq(f"{HOME}.", type="A", ttl=1200, records=[OLD])
    changed = api.update_record_set(models.UpdateRecordSetRequest(found.zone_id, found.id, wished))
    assert (changed.status, fake.says(HOME)) == ("PENDING_UPDATE", [OLD])
    assert ours(fake).kinds == ["updated"]
    api.delete_record_sets(models.DeleteRecordSetsRequest(found.zone_id, found.id))
    assert fake.says(HOME) == []


@pytest.mark.parametrize(("secret", "code"), [("wrong", "APIGW.0301"), (SECRET, "DNS.0302")])
def test_the_sdk_understands_the_fakes_refusals(served: Server, secret: str, code: str) -> None:
    with pytest.raises(Exception, match=code):
        client(served, secret).show_record_set_by_zone(sdk().ShowRecordSetByZoneRequest("nowhere"))
