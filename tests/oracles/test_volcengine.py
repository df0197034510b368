"""Volcengine's own SDK signs for our fake of its DNS, is understood, and sees what our provider changed there."""

import importlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from edge_agent.providers.volcengine import PROVIDER
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.volcengine import CASE, ID, KEY, SCOPES, VolcengineFake
from tests.fakes.server import Server, behind
from tests.fakes.zones import filled
from tests.providers.talk import HOME, V4, V6, Talk, job_for, talk, target

pytestmark = pytest.mark.heavy

OLD = "198.51.100.1"


@pytest.fixture
def fake() -> VolcengineFake:
    made = filled(VolcengineFake)
    assert isinstance(made, VolcengineFake)
    return made


@pytest.fixture
def url(fake: VolcengineFake) -> Iterator[str]:
    with Server(behind(fake)) as server:
        yield server.url


def part(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"volcengine.{module}"), name)


class Sdk:
    """The SDK's client for any of its services, told what DNS has."""

    def __init__(self, url: str, key: str = KEY, id_: str = ID, scope: tuple[str, str] = SCOPES[0]) -> None:
        login = part("Credentials", "Credentials")(id_, key, scope[1], scope[0])
        facts = part("ServiceInfo", "ServiceInfo")(url.partition("//")[2], {"Accept": "application/json"}, login, 5, 5)
        reads, changes = ("ListZones", "ListRecords"), ("CreateRecord", "UpdateRecord", "DeleteRecord")
        actions = {
            name: part("ApiInfo", "ApiInfo")(method, "/", {"Action": name, "Version": "2018-08-01"}, {}, {})
            for method, names in (("GET", reads), ("POST", changes))
            for name in names
        }
        self.service = part("base.Service", "Service")(facts, actions)
        self.service.set_ak(id_)  # not what stands in the environment of whoever runs this
        self.service.set_sk(key)

    def get(self, action: str, **query: object) -> Any:
        return json.loads(self.service.get(action, dict(query)))["Result"]

    def post(self, action: str, **fields: object) -> Any:
        return json.loads(self.service.json(action, {}, json.dumps(fields))).get("Result")

    def listed(self, zone: str, host: str = "home", type_: str = "A") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("ListRecords", ZID=zone, Host=host, Type=type_, SearchMode="exact")["Records"]
        return found


def over_http(request: Request) -> Answer:
    reply = urllib3.request(request.method, request.url, body=request.body, headers=dict(request.headers), retries=False)
    return Answer(reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.data)


def ours(url: str, *targets: Target) -> Talk:
    job = job_for(PROVIDER, CASE.credentials, targets, server=url)
    return talk(job._replace(now_at=time.time()), PROVIDER, over_http)


@pytest.mark.parametrize("scope", SCOPES)
def test_the_sdk_takes_the_fake_for_the_service(fake: VolcengineFake, url: str, scope: tuple[str, str]) -> None:
    sdk, zone = Sdk(url, scope=scope), fake.zones["example.com"]
    assert sdk.get("ListZones", Key="example.com", SearchMode="exact")["Zones"][0]["ZID"] == int(zone)
    made = sdk.post("CreateRecord", ZID=int(zone), Host="*.büro", Type="A", Value=OLD, TTL=600, Line="default")
    assert [record["RecordID"] for record in sdk.listed(zone, "*.büro")] == [made["RecordID"]]
    sdk.post("UpdateRecord", RecordID=made["RecordID"], Host="*.büro", Line="telecom", Value=V4, Weight=20)
    (record,) = sdk.listed(zone, "*.büro")
    assert (record["Value"], record["Line"], record["Weight"], record["TTL"]) == (V4, "telecom", 20, 600)
    sdk.post("DeleteRecord", RecordID=made["RecordID"])
    assert sdk.listed(zone, "*.büro") is None


@pytest.mark.parametrize(
    ("login", "code"), [(("wrong", ID), "SignatureDoesNotMatch"), ((KEY, "AKLTnobody"), "InvalidAccessKey"), ((KEY, ID), "")]
)
def test_keys(url: str, login: tuple[str, str], code: str) -> None:
    try:
        Sdk(url, *login).get("ListZones", Key="example.com")
        told = ""
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing more special
        told = json.loads(str(error))["ResponseMetadata"]["Error"]["Code"]
    assert told == code


def test_the_sdk_sees_what_we_make(fake: VolcengineFake, url: str) -> None:
    assert ours(url, target(), target(address=V6)).kinds == ["updated"] * 2
    sdk, zone = Sdk(url), fake.zones["example.com"]
    (record,) = sdk.listed(zone)
    assert (record["Host"], record["Value"], record["Line"], record["TTL"]) == ("home", V4, "default", 600)
    assert [record["Value"] for record in sdk.listed(zone, "home", "AAAA")] == [V6]


def test_we_change_what_the_sdk_made_and_keep_the_rest(fake: VolcengineFake, url: str) -> None:
    sdk, zone = Sdk(url), fake.zones["example.com"]
    own = {"ZID": int(zone), "Host": "home", "Type": "A", "Line": "default", "Remark": "roof"}
    made = sdk.post("CreateRecord", **own, Value=OLD, TTL=1200, Weight=7)
    told = ours(url, target())
    assert told.verdicts[HOME, 4].kind == "updated"
    (record,) = sdk.listed(zone)
    assert record["Value"] == V4
    assert [record[name] for name in ("RecordID", "TTL", "Weight", "Remark")] == [made["RecordID"], 1200, 7, "roof"]
    assert ours(url, target()).kinds == ["unchanged"]
