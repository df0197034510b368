"""Microsoft's own libraries: azure-identity and azure-mgmt-dns take our fake for Azure, and see there what our provider made."""

import importlib
import time
from collections.abc import Iterator
from typing import Any

import pytest

from edge_agent.providers import azure
from edge_agent.wire import Target
from tests.fakes.apis.azure import CASE, CLIENT, GROUP, SECRET, SUBSCRIPTION, TENANT, AzureFake
from tests.fakes.server import Server, behind
from tests.fakes.tls import Tls
from tests.fakes.zones import over
from tests.providers.talk import HOME, V4, V6, Talk, job_for, talk

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore")]  # the SDK's own warnings are nobody's here

OLD, OTHER = "198.51.100.1", "198.51.100.2"


@pytest.fixture
def fake() -> AzureFake:
    fake = CASE.fake()
    assert isinstance(fake, AzureFake)
    return fake


@pytest.fixture
def served(fake: AzureFake) -> Iterator[Server]:
    with Server(behind(fake), Tls()) as server:
        fake.host = fake.login = server.url.removeprefix("https://")
        yield server


def client(server: Server, secret: str = SECRET) -> Any:
    where = server.url.removeprefix("https://")
    more = {"connection_verify": server.ca_file, "retry_total": 0}
    login = importlib.import_module("azure.identity").ClientSecretCredential(
        TENANT, CLIENT, secret, authority=where, disable_instance_discovery=True, **more
    )
    made = importlib.import_module("azure.mgmt.dns").DnsManagementClient
    return made(login, SUBSCRIPTION, base_url=server.url, credential_scopes=[f"{server.url}/.default"], **more)


def ours(fake: AzureFake, server: Server, *targets: Target) -> Talk:
    now_at = time.time()
    job = job_for(azure.PROVIDER, CASE.credentials, targets, server=server.url, options={"login": server.url})
    return talk(job._replace(now_at=now_at), azure.PROVIDER, over(fake, now_at))


def test_the_sdk_creates_and_we_change(fake: AzureFake, served: Server) -> None:
    sets = client(served).record_sets
    wished = {"properties": {"TTL": 77, "ARecords": [{"ipv4Address": OLD}, {"ipv4Address": OTHER}], "metadata": {"owner": "me"}}}
    first = sets.create_or_update(GROUP, "example.com", "home", "A", wished, if_none_match="*")
    said = ours(fake, served, Target(HOME, 4, V4, own=(OLD,)), Target(HOME, 6, V6), Target("*.example.com", 4, V4))
    assert said.kinds == ["updated"] * 3, said.verdicts
    found = sets.get(GROUP, "example.com", "home", "A")
    assert (found.ttl, found.metadata) == (77, {"owner": "me"})
    assert sorted(record.ipv4_address for record in found.a_records) == sorted([V4, OTHER])
    assert found.etag != first.etag
    [six] = sets.get(GROUP, "example.com", "home", "AAAA").aaaa_records
    [star] = sets.get(GROUP, "example.com", "*", "A").a_records
    assert (six.ipv6_address, star.ipv4_address) == (V6, V4)


def test_the_sdk_changes_and_we_change_again(fake: AzureFake, served: Server) -> None:
    sets = client(served).record_sets
    assert ours(fake, served, Target("example.com", 4, V4)).kinds == ["updated"]
    wished = {"properties": {"TTL": 60, "ARecords": [{"ipv4Address": OLD}]}}
    sets.create_or_update(GROUP, "example.com", "@", "A", wished, if_match=sets.get(GROUP, "example.com", "@", "A").etag)
    assert ours(fake, served, Target("example.com", 4, V4)).kinds == ["updated"]
    assert ours(fake, served, Target("example.com", 4, V4)).kinds == ["unchanged"]
    assert sets.get(GROUP, "example.com", "@", "A").ttl == 60


def test_the_sdk_understands_the_fakes_refusals(fake: AzureFake, served: Server) -> None:
    errors = importlib.import_module("azure.core.exceptions")
    sets = client(served).record_sets
    wished = {"properties": {"TTL": 60, "ARecords": [{"ipv4Address": OLD}]}}
    fake.record(HOME, OLD)
    fake.record("cname.example.com", "elsewhere.example.", type="CNAME")
    with pytest.raises(errors.ResourceNotFoundError, match="NotFound"):
        sets.get(GROUP, "example.com", "nosuch", "A")
    for guard in ({"if_none_match": "*"}, {"if_match": "0000"}):
        with pytest.raises(errors.HttpResponseError, match="PreconditionFailed"):
            sets.create_or_update(GROUP, "example.com", "home", "A", wished, **guard)
    with pytest.raises(errors.HttpResponseError, match="CNAME"):
        sets.create_or_update(GROUP, "example.com", "cname", "A", wished)
    with pytest.raises(errors.ResourceNotFoundError, match="ResourceNotFound"):
        client(served).zones.get(GROUP, "example.net")
    with pytest.raises(errors.ClientAuthenticationError, match="AADSTS7000215"):
        client(served, "mistyped").record_sets.get(GROUP, "example.com", "home", "A")
