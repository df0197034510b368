"""Other clients, each told to make the name say what it is to say; all that they send goes to a fake on loopback."""

import importlib
import os
import pathlib
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest import mock
from urllib.parse import urlsplit

from tests.fakes.server import Server, Tls, behind
from tests.fakes.zones import ApiFake
from tests.providers.talk import HOME, V4

ZONE = "example.com"


class Stage(NamedTuple):
    """What a client is told: the service's address, where it really is, and what the name says and is to say."""

    fake: ApiFake
    base: str  # the service's address, as the client knows it
    url: str  # where the fake listens
    folder: pathlib.Path
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def old(self) -> str:
        return next((value for value in self.before if value not in self.after), "")


Act = Callable[[Stage], object]


@contextmanager
def led(stage: Stage) -> Iterator[None]:
    """Lead all that `requests` and `boto3` send to a service to its fake, and let nothing go anywhere else."""
    requests = importlib.import_module("requests")
    real = requests.adapters.HTTPAdapter.send

    def send(self: Any, request: Any, **more: Any) -> Any:
        if not request.url.startswith(stage.base):
            raise requests.ConnectionError(f"this test has no {request.url}")
        request.url = stage.url + urlsplit(stage.base).path + request.url.removeprefix(stage.base)
        return real(self, request, **more)

    here = {"AWS_ENDPOINT_URL": stage.url, "AWS_DEFAULT_REGION": "us-east-1", "TLDEXTRACT_CACHE_PATH": str(stage.folder)}
    with mock.patch.dict(os.environ, here), mock.patch.object(requests.adapters.HTTPAdapter, "send", send):
        yield


def lexicon(name: str, options: Mapping[str, str], *, by_id: bool = True) -> Act:
    """Use dns-lexicon as its manual has it: list the records, then update the one to be changed, or create one."""

    def act(stage: Stage) -> object:
        resolver = importlib.import_module("lexicon.config").ConfigResolver()
        settings = {"provider_name": name, "domain": ZONE, "ttl": stage.fake.usual_ttl, name: dict(options)}
        with led(stage), importlib.import_module("lexicon.client").Client(resolver.with_dict(settings)) as client:
            found = [record for record in client.list_records("A", "home") if record["content"] == stage.old]
            if not found:
                return client.create_record("A", "home", V4)
            return client.update_record(found[0]["id"] if by_id else None, "A", "home", V4)

    return act


def octodns(module: str, kind: str, **options: object) -> Act:
    """Use octodns as its manual has it: the zone as it is, with one set as it is to be."""

    def act(stage: Stage) -> object:
        record = importlib.import_module("octodns.record").Record
        with led(stage):
            provider = getattr(importlib.import_module(module), kind)("it", **options)
            wanted = importlib.import_module("octodns.zone").Zone(f"{ZONE}.", [])
            provider.populate(wanted, lenient=True)
            old = [own.ttl for own in wanted.records if (own.name, own._type) == ("home", "A")]
            fields = {"type": "A", "ttl": old[0] if old else stage.fake.usual_ttl, "values": list(stage.after)}
            wanted.add_record(record.new(wanted, "home", fields, lenient=True), replace=True, lenient=True)
            plan = provider.plan(wanted)
            return provider.apply(plan)

    return act


def cloudflare_sdk(token: str) -> Act:
    """Use Cloudflare's own SDK."""

    def act(stage: Stage) -> object:
        client = importlib.import_module("cloudflare").Cloudflare(
            api_token=token, base_url=stage.url + urlsplit(stage.base).path, max_retries=0
        )
        zone = next(iter(client.zones.list(name=ZONE))).id
        found = [
            record
            for record in client.dns.records.list(zone_id=zone, type="A", name={"exact": HOME})
            if record.content == stage.old
        ]
        fields: dict[str, Any] = {"zone_id": zone, "type": "A", "name": HOME, "content": V4}
        if found:
            return client.dns.records.edit(found[0].id, ttl=found[0].ttl, **fields)
        return client.dns.records.create(ttl=1, **fields)

    return act


def hetzner_sdk(token: str) -> Act:
    """Use Hetzner's own SDK."""

    def act(stage: Stage) -> object:
        module, record = importlib.import_module("hcloud"), importlib.import_module("hcloud.zones").ZoneRecord
        with led(stage):
            zone = module.Client(token, poll_interval=0.01).zones.get(ZONE)
            records = [record(value=value) for value in stage.after]
            try:
                found = zone.get_rrset("home", "A")
            except module.APIException:
                return zone.create_rrset(name="home", type="A", records=records).action.wait_until_finished()
            return found.set_rrset_records(records).wait_until_finished()

    return act


def ddclient(protocol: str, server: str = "", **options: str) -> Act:
    """Run Debian's ddclient once. It speaks TLS alone; `server` is what stands behind the host."""

    def act(stage: Stage) -> object:
        tls = Tls()
        with Server(behind(stage.fake), tls) as served:
            base = f"{served.host}:{served.port}{server}"
            lines = {
                "protocol": protocol,
                "server": base,
                "zone": ZONE,
                "usev4": "ipv4",
                "ipv4": V4,
                "use": "ip",
                "ip": V4,
            } | options
            text = "".join(f"{name}={value} \\\n" for name, value in lines.items())
            (stage.folder / "ddclient.conf").write_text(f"ssl=yes\nssl_ca_file={tls.ca_file}\n{text}{HOME}\n")
            (stage.folder / "ddclient.conf").chmod(0o600)
            where = (
                "-file",
                str(stage.folder / "ddclient.conf"),
                "-cache",
                str(stage.folder / "cache"),
                "-pid",
                str(stage.folder / "pid"),
            )
            done = subprocess.run(
                ["ddclient", "-daemon=0", "-noquiet", "-verbose", "-force", *where],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            return done.stdout + done.stderr

    return act


def credentials(service: str) -> Mapping[str, str]:
    found: Mapping[str, str] = importlib.import_module(f"tests.fakes.apis.{service.replace('-', '_')}").CASE.credentials
    return found
