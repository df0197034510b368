"""The services that have a file of their own, by name and alias. Each import is written out: PyInstaller bundles only what it sees.

The imports stand in functions, so that a run loads the services it uses and no other.
"""

from collections.abc import Callable, Mapping
from typing import Final

from edge_agent.providers.provider import Provider


def _alidns() -> Provider:
    from edge_agent.providers.alidns import PROVIDER

    return PROVIDER


def _azure() -> Provider:
    from edge_agent.providers.azure import PROVIDER

    return PROVIDER


def _baidu() -> Provider:
    from edge_agent.providers.baidu import PROVIDER

    return PROVIDER


def _baidu_bcd() -> Provider:
    from edge_agent.providers.baidu_bcd import PROVIDER

    return PROVIDER


def _bunny() -> Provider:
    from edge_agent.providers.bunny import PROVIDER

    return PROVIDER


def _cloudflare() -> Provider:
    from edge_agent.providers.cloudflare import PROVIDER

    return PROVIDER


def _custom() -> Provider:
    from edge_agent.providers.custom import PROVIDER

    return PROVIDER


def _desec_api() -> Provider:
    from edge_agent.providers.desec_api import PROVIDER

    return PROVIDER


def _digitalocean() -> Provider:
    from edge_agent.providers.digitalocean import PROVIDER

    return PROVIDER


def _dnspod() -> Provider:
    from edge_agent.providers.dnspod import PROVIDER

    return PROVIDER


def _dreamhost() -> Provider:
    from edge_agent.providers.dreamhost import PROVIDER

    return PROVIDER


def _dynu_api() -> Provider:
    from edge_agent.providers.dynu_api import PROVIDER

    return PROVIDER


def _gandi() -> Provider:
    from edge_agent.providers.gandi import PROVIDER

    return PROVIDER


def _godaddy() -> Provider:
    from edge_agent.providers.godaddy import PROVIDER

    return PROVIDER


def _hetzner() -> Provider:
    from edge_agent.providers.hetzner import PROVIDER

    return PROVIDER


def _huawei() -> Provider:
    from edge_agent.providers.huawei import PROVIDER

    return PROVIDER


def _ionos_api() -> Provider:
    from edge_agent.providers.ionos_api import PROVIDER

    return PROVIDER


def _linode() -> Provider:
    from edge_agent.providers.linode import PROVIDER

    return PROVIDER


def _namecom() -> Provider:
    from edge_agent.providers.namecom import PROVIDER

    return PROVIDER


def _netcup() -> Provider:
    from edge_agent.providers.netcup import PROVIDER

    return PROVIDER


def _ns1() -> Provider:
    from edge_agent.providers.ns1 import PROVIDER

    return PROVIDER


def _porkbun() -> Provider:
    from edge_agent.providers.porkbun import PROVIDER

    return PROVIDER


def _powerdns() -> Provider:
    from edge_agent.providers.powerdns import PROVIDER

    return PROVIDER


def _rfc2136() -> Provider:
    from edge_agent.providers.rfc2136 import PROVIDER

    return PROVIDER


def _route53() -> Provider:
    from edge_agent.providers.route53 import PROVIDER

    return PROVIDER


def _scaleway() -> Provider:
    from edge_agent.providers.scaleway import PROVIDER

    return PROVIDER


def _tencentcloud() -> Provider:
    from edge_agent.providers.tencentcloud import PROVIDER

    return PROVIDER


def _volcengine() -> Provider:
    from edge_agent.providers.volcengine import PROVIDER

    return PROVIDER


def _vultr() -> Provider:
    from edge_agent.providers.vultr import PROVIDER

    return PROVIDER


FILES: Final[Mapping[str, Callable[[], Provider]]] = {
    **dict.fromkeys(("alidns", "aliyun", "alidns.aliyuncs.com"), _alidns),
    **dict.fromkeys(("azure", "azure-dns"), _azure),
    **dict.fromkeys(("baidu", "baiducloud", "dns.baidubce.com"), _baidu),
    **dict.fromkeys(("baidu-bcd", "bcd", "bcd.baidubce.com"), _baidu_bcd),
    **dict.fromkeys(("bunny", "bunny.net", "bunnynet", "bunnydns"), _bunny),
    **dict.fromkeys(("cloudflare", "cf", "cloudflare.com"), _cloudflare),
    **dict.fromkeys(("custom", "url", "webhook"), _custom),
    "desec-api": _desec_api,
    **dict.fromkeys(("digitalocean", "do", "digitalocean.com"), _digitalocean),
    **dict.fromkeys(("dnspod", "dnspod.cn", "dnsapi.cn"), _dnspod),
    **dict.fromkeys(("dreamhost", "dreamhost.com"), _dreamhost),
    **dict.fromkeys(("dynu-api", "api.dynu.com"), _dynu_api),
    **dict.fromkeys(("gandi", "gandi.net"), _gandi),
    **dict.fromkeys(("godaddy", "godaddy.com"), _godaddy),
    **dict.fromkeys(("hetzner", "hetzner-cloud", "hetzner.com"), _hetzner),
    **dict.fromkeys(("huawei", "huaweicloud", "dns.myhuaweicloud.com"), _huawei),
    **dict.fromkeys(("ionos-api", "api.hosting.ionos.com"), _ionos_api),
    **dict.fromkeys(("linode", "linode.com", "akamai"), _linode),
    **dict.fromkeys(("namecom", "name.com"), _namecom),
    **dict.fromkeys(("netcup", "netcup.com", "netcup.de", "netcup.eu"), _netcup),
    **dict.fromkeys(("ns1", "nsone", "nsone.net", "ns1.com"), _ns1),
    **dict.fromkeys(("porkbun", "porkbun.com"), _porkbun),
    **dict.fromkeys(("powerdns", "pdns"), _powerdns),
    **dict.fromkeys(("rfc2136", "tsig", "dnsupdate"), _rfc2136),
    **dict.fromkeys(("route53", "aws", "route53.amazonaws.com"), _route53),
    **dict.fromkeys(("scaleway", "scaleway.com", "scw"), _scaleway),
    **dict.fromkeys(("tencentcloud", "tencent", "dnspod.tencentcloudapi.com"), _tencentcloud),
    **dict.fromkeys(("volcengine", "volc"), _volcengine),
    **dict.fromkeys(("vultr", "vultr.com"), _vultr),
}
