"""Tencent's own SDK: it takes our fake for DNSPod, and sees what our provider changed there."""

import importlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from edge_agent.providers.tencentcloud import PROVIDER
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.tencentcloud import CASE, ID, KEY, TEMPORARY, TOKEN, TencentCloudFake
from tests.fakes.server import Server, behind
from tests.fakes.zones import filled
from tests.providers.talk import HOME, V4, V6, Talk, job_for, talk, target

pytestmark = pytest.mark.heavy

PACKAGE = "tencentcloud.dnspod.v20210323"
OLD = "198.51.100.1"


@pytest.fixture
def url() -> Iterator[str]:
    fake = filled(TencentCloudFake)
    with Server(behind(fake)) as server:
        yield server.url


def client(url: str, id_: str = ID, key: str = KEY, token: str | None = None) -> Any:
    login = importlib.import_module("tencentcloud.common.credential").Credential(id_, key, token)
    http = importlib.import_module("tencentcloud.common.profile.http_profile").HttpProfile(endpoint=url.partition("//")[2])
    http.scheme = "http"
    profile = importlib.import_module("tencentcloud.common.profile.client_profile").ClientProfile(httpProfile=http)
    return importlib.import_module(f"{PACKAGE}.dnspod_client").DnspodClient(login, "", profile)


def do(sdk: Any, action: str, **fields: object) -> Any:
    request = getattr(importlib.import_module(f"{PACKAGE}.models"), f"{action}Request")()
    for name, value in fields.items():
        setattr(request, name, value)
    return getattr(sdk, action)(request)


def listed(sdk: Any, label: str = "home", type_: str = "A") -> list[Any]:
    found: list[Any] = do(sdk, "DescribeRecordList", Domain="example.com", SubDomain=label, RecordType=type_).RecordList
    return found


def over_http(request: Request) -> Answer:
    reply = urllib3.request(request.method, request.url, body=request.body, headers=dict(request.headers), retries=False)
    return Answer(reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.data)


def ours(url: str, *targets: Target) -> Talk:
    job = job_for(PROVIDER, CASE.credentials, targets, server=url)
    return talk(job._replace(now_at=time.time()), PROVIDER, over_http)


def test_the_sdk_takes_the_fake_for_the_service(url: str) -> None:
    sdk = client(url)
    assert do(sdk, "DescribeDomain", Domain="example.com").DomainInfo.Domain == "example.com"
    made = do(sdk, "CreateRecord", Domain="example.com", SubDomain="nas", RecordType="A", RecordLine="默认", Value=OLD, TTL=600)
    (record,) = listed(sdk, "nas")
    assert (record.RecordId, record.Value, record.TTL, record.Line, record.LineId) == (made.RecordId, OLD, 600, "默认", "0")
    own = {"Domain": "example.com", "SubDomain": "nas", "RecordType": "A", "RecordLine": "联通", "RecordId": made.RecordId}
    do(sdk, "ModifyRecord", **own, Value=V4, Weight=20)
    (record,) = listed(sdk, "nas")
    assert (record.Value, record.Line, record.Weight, record.Status) == (V4, "联通", 20, "ENABLE")
    do(sdk, "DeleteRecord", Domain="example.com", RecordId=made.RecordId)
    with pytest.raises(Exception, match=r"ResourceNotFound\.NoDataOfRecord"):
        listed(sdk, "nas")


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ((ID, "wrong"), "AuthFailure.SignatureFailure"),
        (("AKIDnobody", KEY), "AuthFailure.SecretIdNotFound"),
        ((TEMPORARY, KEY, "old"), "AuthFailure.TokenFailure"),
        ((TEMPORARY, KEY, TOKEN), ""),
    ],
)
def test_keys(url: str, login: tuple[str, ...], code: str) -> None:
    try:
        do(client(url, *login), "DescribeDomain", Domain="example.com")
        told = ""
    except Exception as error:  # noqa: BLE001 - the SDK's own class is not there to be named
        told = getattr(error, "code", repr(error))
    assert told == code


def test_the_sdk_sees_what_we_make(url: str) -> None:
    assert ours(url, target(), target(address=V6)).kinds == ["updated"] * 2
    sdk = client(url)
    (record,) = listed(sdk)
    assert (record.Name, record.Type, record.Value, record.LineId) == ("home", "A", V4, "0")
    assert [record.Value for record in listed(sdk, "home", "AAAA")] == [V6]


def test_we_change_what_the_sdk_made_and_keep_the_rest(url: str) -> None:
    sdk = client(url)
    own = {"Domain": "example.com", "SubDomain": "home", "RecordType": "A", "RecordLine": "默认"}
    made = do(sdk, "CreateRecord", **own, Value=OLD, TTL=1200, Weight=7, Status="DISABLE")
    do(sdk, "ModifyRecord", **own, RecordId=made.RecordId, Value=OLD, TTL=1200, Weight=7, Status="DISABLE", Remark="roof")
    told = ours(url, target())
    assert told.kinds == ["updated"]
    (record,) = listed(sdk)
    kept = record.RecordId, record.TTL, record.Weight, record.Status, record.Remark
    assert (record.Value, *kept) == (V4, made.RecordId, 1200, 7, "DISABLE", "roof")
    assert "paused" in told.verdicts[HOME, 4].detail
    assert ours(url, target()).kinds == ["unchanged"]
