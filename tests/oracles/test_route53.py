"""Amazon's own SDK: it takes our fake for Route 53; and moto's server, which shares no code with us, takes our provider for it."""

import importlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from edge_agent.providers import route53
from edge_agent.wire import Answer, Request, Target
from tests.fakes.apis.route53 import CASE, SECRETS
from tests.fakes.server import Server, behind
from tests.providers.talk import HOME, V4, V6, Talk, job_for, talk

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore")]  # the SDK's own warnings are nobody's here

OLD, OTHER = "198.51.100.1", "198.51.100.2"


def client(url: str, secret: str = SECRETS["AKIDEXAMPLE"]) -> Any:
    config = importlib.import_module("botocore.config").Config(retries={"total_max_attempts": 1})
    return importlib.import_module("boto3").client(
        "route53",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key=secret,
        config=config,
    )


def put(sdk: Any, zone: str, name: str, *values: str, ttl: int = 77) -> Any:
    kind = "AAAA" if ":" in values[0] else "A"
    records = {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}
    change = {"Action": "UPSERT", "ResourceRecordSet": records}
    return sdk.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})


def sets(sdk: Any, zone: str) -> dict[tuple[str, str], tuple[int, list[str]]]:
    every = sdk.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {
        (one["Name"], one["Type"]): (one["TTL"], sorted(record["Value"] for record in one["ResourceRecords"]))
        for one in every
        if one["Type"] in ("A", "AAAA")
    }


def over_http(request: Request) -> Answer:
    reply = urllib3.request(request.method, request.url, body=request.body, headers=dict(request.headers), retries=False)
    return Answer(reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.data)


def ours(url: str, *targets: Target, zone: str = "") -> Talk:
    options = {"hosted_zone_id": zone} if zone else {}
    job = job_for(route53.PROVIDER, CASE.credentials, targets, server=url, options=options)
    return talk(job._replace(now_at=time.time()), route53.PROVIDER, over_http)


# --- the SDK and our fake ----------------------------------------------------------------------------------------------


def test_the_sdk_takes_our_fake_for_route_53() -> None:
    fake = CASE.fake()
    with Server(behind(fake)) as server:
        sdk = client(server.url)
        [zone] = sdk.list_hosted_zones_by_name(DNSName="example.com.", MaxItems="1")["HostedZones"]
        assert (zone["Name"], zone["Config"]["PrivateZone"]) == ("example.com.", False)
        id_ = zone["Id"].removeprefix("/hostedzone/")
        assert sdk.get_hosted_zone(Id=id_)["HostedZone"]["Name"] == "example.com."
        assert put(sdk, id_, f"{HOME}.", OLD, OTHER)["ChangeInfo"]["Status"] == "PENDING"
        put(sdk, id_, "*.example.com", V6)
        assert sets(sdk, id_)[f"{HOME}.", "A"] == (77, [OLD, OTHER])
        assert sets(sdk, id_)["\\052.example.com.", "AAAA"] == (77, [V6])
        fake.record(f"cname.{HOME}", "elsewhere.example.", type="CNAME")
        for wrong, code in (
            (lambda: put(sdk, id_, f"cname.{HOME}.", V4), "InvalidChangeBatch"),
            (lambda: sets(sdk, "Z404"), "NoSuchHostedZone"),
            (lambda: sets(client(server.url, "wrong"), id_), "SignatureDoesNotMatch"),
        ):
            with pytest.raises(sdk.exceptions.ClientError) as caught:
                wrong()
            assert caught.value.response["Error"]["Code"] == code
        said = ours(server.url, Target(HOME, 4, V4, own=(OLD,)), Target("*.example.com", 6, V6))
        assert said.kinds == ["updated", "unchanged"], said.verdicts
        assert sets(sdk, id_)[f"{HOME}.", "A"] == (77, sorted([V4, OTHER]))


# --- moto and our provider -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def sdk(moto: str) -> Any:
    urllib3.request("POST", f"{moto}/moto-api/reset")
    return client(moto)


def zone_of(sdk: Any, name: str) -> str:
    made = sdk.create_hosted_zone(Name=name, CallerReference=f"{name}{time.monotonic_ns()}")
    return str(made["HostedZone"]["Id"].removeprefix("/hostedzone/"))


def test_created_changed_unchanged(moto: str, sdk: Any) -> None:
    zone_of(sdk, "other.example.")
    zone = zone_of(sdk, "example.com.")
    names = Target(HOME, 4, V4), Target(HOME, 6, V6), Target("example.com", 4, V4), Target("*.example.com", 4, V4)
    assert ours(moto, *names).kinds == ["updated"] * 4
    wanted = {
        (f"{HOME}.", "A"): (300, [V4]),
        (f"{HOME}.", "AAAA"): (300, [V6]),
        ("example.com.", "A"): (300, [V4]),
        ("*.example.com.", "A"): (300, [V4]),  # Amazon would write \\052
    }
    assert sets(sdk, zone) == wanted
    assert ours(moto, *names).kinds == ["unchanged"] * 4
    put(sdk, zone, f"{HOME}.", OLD)
    assert ours(moto, *names).kinds == ["updated"] + ["unchanged"] * 3
    assert sets(sdk, zone) == wanted | {(f"{HOME}.", "A"): (77, [V4])}, "the TTL is the user's"
    assert ours(moto, Target(HOME, 4, V4, ttl=60)).kinds == ["updated"]
    assert sets(sdk, zone)[f"{HOME}.", "A"] == (60, [V4])


def test_siblings(moto: str, sdk: Any) -> None:
    zone = zone_of(sdk, "example.com.")
    put(sdk, zone, f"{HOME}.", OLD, OTHER)
    assert ours(moto, Target(HOME, 4, V4)).kinds == ["refused"]
    assert ours(moto, Target(HOME, 4, V4, own=(OLD,))).kinds == ["updated"]
    assert sets(sdk, zone)[f"{HOME}.", "A"] == (77, sorted([V4, OTHER]))
    assert ours(moto, Target(HOME, 4, OLD, each=True)).kinds == ["updated"]
    assert sets(sdk, zone)[f"{HOME}.", "A"] == (77, sorted([OLD, V4, OTHER]))
    assert ours(moto, Target(HOME, 4, OLD, own=(OLD,), each=True, beside=(V4,))).kinds == ["updated"]
    assert sets(sdk, zone)[f"{HOME}.", "A"] == (77, sorted([V4, OTHER]))


def test_zones(moto: str, sdk: Any) -> None:
    first, second = zone_of(sdk, "example.com."), zone_of(sdk, "example.com.")
    longer = zone_of(sdk, "lab.example.com.")
    said = ours(moto, Target(HOME, 4, V4), Target("a.lab.example.com", 4, V4), Target("home.example.net", 4, V4))
    assert said.kinds == ["refused", "updated", "refused"], said.verdicts
    assert "hosted_zone_id" in said.verdicts[HOME, 4].detail
    assert ours(moto, Target(HOME, 4, V4), zone=second).kinds == ["updated"]
    assert [sets(sdk, zone) for zone in (first, second)] == [{}, {(f"{HOME}.", "A"): (300, [V4])}]
    assert list(sets(sdk, longer)) == [("a.lab.example.com.", "A")]
    assert ours(moto, Target(HOME, 4, V4), zone="Z404").kinds == ["refused"]


def test_an_alias_and_a_weighted_set_stay(moto: str, sdk: Any) -> None:
    zone = zone_of(sdk, "example.com.")
    alias = {"AliasTarget": {"HostedZoneId": zone, "DNSName": "www.example.com.", "EvaluateTargetHealth": False}}
    weighted = {"SetIdentifier": "one", "Weight": 10, "TTL": 60, "ResourceRecords": [{"Value": OLD}]}
    for name, more in (("alias", alias), ("weighted", weighted)):
        change = {"Action": "CREATE", "ResourceRecordSet": {"Name": f"{name}.example.com.", "Type": "A"} | more}
        sdk.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    before = sdk.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    said = ours(moto, Target("alias.example.com", 4, V4), Target("weighted.example.com", 4, V4))
    assert said.kinds == ["refused"] * 2, said.verdicts
    assert sdk.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"] == before
