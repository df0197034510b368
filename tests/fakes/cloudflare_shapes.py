"""Zones and records with everything that Cloudflare says of them: their size decides how many fit on a page."""

import json
from typing import Any

STAMP = "2026-01-02T03:04:05.678901Z"
AREAS = (
    "access analytics app cache_purge dns_records healthchecks lb legal logs member organization page_shield ssl stream "
    "subscription teams waf webhooks worker zone zone_settings zone_versioning"
)
ZONE = """{
  "status": "active", "paused": false, "type": "full", "development_mode": 0,
  "name_servers": ["anna.ns.cloudflare.com", "bert.ns.cloudflare.com"],
  "original_name_servers": ["ns1.oldhost.example", "ns2.oldhost.example", "ns3.oldhost.example", "ns4.oldhost.example"],
  "original_registrar": "registrar.example (id: 1234)", "original_dnshost": null,
  "modified_on": "STAMP", "created_on": "STAMP", "activated_on": "STAMP",
  "vanity_name_servers": [], "vanity_name_servers_ips": null,
  "meta": {"step": 2, "custom_certificate_quota": 0, "page_rule_quota": 3, "phishing_detected": false},
  "tenant": {"id": null, "name": null}, "tenant_unit": {"id": null},
  "plan": {"id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", "name": "Free Website", "price": 0, "currency": "USD", "frequency": "",
           "is_subscribed": false, "can_subscribe": false, "legacy_id": "free", "legacy_discount": false,
           "externally_managed": false}
}"""
RECORD = """{
  "proxiable": true, "proxied": false, "ttl": 1, "settings": {}, "comment": null, "tags": [],
  "meta": {"auto_added": false, "managed_by_apps": false, "managed_by_argo_tunnel": false, "source": "primary"},
  "created_on": "STAMP", "modified_on": "STAMP", "comment_modified_on": "STAMP", "tags_modified_on": "STAMP"
}"""


def zone(id_: str, name: str, email: str) -> dict[str, Any]:
    """Return a zone as the list of zones shows it."""
    filled: dict[str, Any] = json.loads(ZONE.replace("STAMP", STAMP))
    owner = {"id": "f" * 32, "type": "user", "email": email}
    account = {"id": "e" * 32, "name": f"{email}'s Account"}
    permissions = [f"#{area}:{right}" for area in AREAS.split() for right in ("edit", "read")]
    return {"id": id_, "name": name} | filled | {"owner": owner, "account": account, "permissions": permissions}


def record(id_: str, name: str, type_: str, content: str) -> dict[str, Any]:
    """Return an address record as the list of records shows it."""
    filled: dict[str, Any] = json.loads(RECORD.replace("STAMP", STAMP))
    return {"id": id_, "name": name, "type": type_, "content": content} | filled
