"""What each service is sent and what it says back, one transcript per service. Every credential holds letters that need care."""

from typing import NamedTuple

W = "p&ss/wörd"  # as a password; %70%26... below is what it becomes in a URL
Q = "p%26ss%2Fw%C3%B6rd"
OK, SAME, AUTH, CONF, LATER = "updated", "unchanged", "refused account", "refused record", "busy"
LOGIN = {"username": "me@example.com", "password": W}
ME = f"me@example.com:{W}"


class Said(NamedTuple):
    """One answer and the verdict it must become: the kind, and the scope where it refuses or bans."""

    text: str
    means: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Transcript(NamedTuple):
    """The job is home.example.com with every family that the service has. `login` is what Basic carries."""

    credentials: dict[str, str]
    sent: tuple[str, ...]
    login: str = ""
    said: tuple[Said, ...] = ()
    method: str = "GET"
    zone: str | None = None


GOOD = Said("good 203.0.113.7", OK)
N, A4, A6 = "home.example.com", "203.0.113.7", "2001:db8::7"
COMMA = f"hostname={N}&myip={A4},{A6}"
FOUR, SIX = f"hostname={N}&myip={A4}", f"hostname={N}&myip={A6}"


def each(url: str) -> tuple[str, str]:
    return f"{url}?{FOUR}", f"{url}?{SIX}"


FREEDNS = (
    Said(f"Updated {N} from 198.51.100.1 to {A4}", OK),
    Said(f"Updated 1 host(s) {N} to {A4} in 0.3 seconds", OK),
    Said(f"Updated other.example.com to {A4}", CONF),
    Said(f"No IP change detected for {N} with IP {A4}, skipping update", SAME),
    Said(f"ERROR: Address {A4} has not changed.", SAME),
    Said("ERROR: Unable to locate this record", AUTH),
    Said("1.2.3 is an invalid IP address", CONF),
    Said("Something else", "garbled"),
)

TRANSCRIPTS: dict[str, Transcript] = {
    "noip": Transcript(LOGIN, (f"https://dynupdate.no-ip.com/nic/update?{COMMA}",), ME, (Said("nochg 203.0.113.7", SAME),)),
    "dyn": Transcript(LOGIN, (f"https://members.dyndns.org/v3/update?{COMMA}",), ME, (GOOD,)),
    "dynu": Transcript(
        LOGIN,
        (f"https://api.dynu.com/nic/update?hostname={N}&myip={A4}&myipv6={A6}",),
        ME,
        (Said("servererror", LATER), Said("unknown", CONF)),
    ),
    "dnsomatic": Transcript(
        LOGIN,
        (f"https://updates.dnsomatic.com/nic/update?hostname={N}&wildcard=NOCHG&mx=NOCHG&backmx=NOCHG&myip={A4}",),
        ME,
        (GOOD,),
    ),
    "opendns": Transcript(LOGIN, (f"https://updates.opendns.com/nic/update?{FOUR}",), ME, (GOOD,)),
    "he": Transcript(
        {"password": W},
        each("https://dyn.dns.he.net/nic/update"),
        f"{N}:{W}",
        (GOOD, Said("interval", LATER), Said("badauth", CONF), Said("abuse", "banned account")),
    ),
    "he-tunnel": Transcript(LOGIN, (f"https://ipv4.tunnelbroker.net/nic/update?{FOUR}",), ME, (Said(f"nochg {A4}", SAME),)),
    "oray": Transcript(LOGIN, (f"http://ddns.oray.com/ph/update?{FOUR}",), ME, (Said("!donator", CONF),)),
    "3322": Transcript(LOGIN, (f"https://members.3322.net/dyndns/update?{FOUR}",), ME, (GOOD, Said("interror", LATER, 500))),
    "desec": Transcript(
        {"token": "tok-en_1"},
        (f"https://update.dedyn.io/?hostname={N}&myipv4={A4}&myipv6={A6}",),
        "Token tok-en_1",
        (
            Said("good", OK),
            Said('{"detail":"Invalid token."}', AUTH, 401),
            Said("nohost", CONF, 404),
            Said('{"detail":"…"}', CONF, 400),
            Said('{"detail":"Request was throttled."}', LATER, 429),
        ),
    ),
    "selfhost": Transcript(
        LOGIN,
        (f"https://carol.selfhost.de/nic/update?{FOUR}",),
        ME,
        (
            GOOD,
            Said("", SAME, 204),
            Said("", AUTH, 401),
            Said("", CONF, 409),
            Said("", AUTH, 410),
            Said("", CONF, 411),
            Said("", CONF, 412),
            Said("", LATER, 503),
        ),
    ),
    "spdyn": Transcript(
        {"token": W},
        each("https://update.spdyn.de/nic/update"),
        f"{N}:{W}",
        (Said("numhost", "banned account"), Said("!yours", AUTH), Said("fatal", CONF)),
    ),
    "nsupdate": Transcript(
        {"secret": W},
        (f"https://nsupdate.info/nic/update?{COMMA}",),
        f"{N}:{W}",
        (
            Said("badauth", CONF, 401),
            Said("abuse", "banned account", 403),
            Said("badagent", "banned provider"),
            Said("deleted AAAA", CONF),
            Said("dnserr", LATER),
        ),
    ),
    "ydns": Transcript(
        LOGIN,
        (f"https://ydns.io/api/v1/update/?host={N}&ip={A4}", f"https://ydns.io/api/v1/update/?host={N}&ip={A6}"),
        ME,
        (GOOD, Said("badparam", CONF, 400), Said("badauth", AUTH, 401), Said("nohost", CONF, 404)),
    ),
    "dy.fi": Transcript(LOGIN, (f"https://www.dy.fi/nic/update?hostname={N}",), ME, (GOOD, Said("badip 192.0.2.1", CONF))),
    "ovh": Transcript(
        LOGIN,
        tuple(f"https://dns.eu.ovhapis.com/nic/update?system=dyndns&hostname={N}&myip={address}" for address in (A4, A6)),
        ME,
        (GOOD, Said("<html>401</html>", AUTH, 401), Said("badrequest", CONF)),
    ),
    "strato": Transcript(
        LOGIN,
        (f"https://dyndns.strato.com/nic/update?hostname={N}&mx=NOCHG&backmx=NOCHG&myip={A4},{A6}",),
        ME,
        (Said("abuse", "banned account"), Said("badauth", AUTH)),
    ),
    "inwx": Transcript(LOGIN, (f"https://dyndns.inwx.com/nic/update?myip={A4}&myipv6={A6}",), ME, (Said(f"good {A4}", OK),)),
    "loopia": Transcript(LOGIN, each("https://dyndns.loopia.se/"), ME, (Said("911", "refused record"), Said("nohost", CONF))),
    "infomaniak": Transcript(
        LOGIN,
        each("https://infomaniak.com/nic/update"),
        ME,
        (
            GOOD,
            Said(f"successfully_changed {A4}", OK),
            Said(f"no_change {A4}", SAME),
            Said("nohost", CONF, 400),
            Said("badauth", AUTH, 400),
            Said("Validation failed", CONF),
        ),
    ),
    "variomedia": Transcript(LOGIN, each("https://dyndns.variomedia.de/nic/update"), ME, (GOOD, Said("badrequest", CONF))),
    "domeneshop": Transcript(
        {"token": "tok", "secret": W},
        (f"https://api.domeneshop.no/v0/dyndns/update?{COMMA}",),
        f"tok:{W}",
        (Said("", OK, 204), Said("", CONF, 404), Said("", AUTH, 401)),
    ),
    "joker": Transcript(LOGIN, (f"https://svc.joker.com/nic/update?{COMMA}",), ME, (GOOD,)),
    "simply": Transcript({"account": "S1", "apikey": W}, each("https://api.simply.com/2/ddns/"), f"S1:{W}", (GOOD,)),
    "all-inkl": Transcript(LOGIN, (f"https://dyndns.kasserver.com/?myip={A4}",), ME, (GOOD,)),
    "do.de": Transcript(
        LOGIN, each("https://ddns.do.de/"), ME, (Said("toomanyrequests", LATER, 429), Said("911 ddns down", LATER, 500))
    ),
    "hosting.de": Transcript(LOGIN, each("https://ddns.hosting.de/nic/update"), ME, (GOOD,)),
    "eurodns": Transcript(LOGIN, each("https://update.eurodyndns.org/update/"), ME, (GOOD,)),
    "core-networks": Transcript(
        LOGIN,
        (f"https://dyndns.core-networks.de/?{FOUR}&keepipv6=1", f"https://dyndns.core-networks.de/?{SIX}&keepipv4=1"),
        ME,
        (GOOD,),
    ),
    "websupport": Transcript(LOGIN, (f"https://dyndns.websupport.sk/nic/update?{FOUR}",), ME, (GOOD,)),
    "nic.ru": Transcript(LOGIN, (f"https://api.nic.ru/dyndns/update?{FOUR}",), ME, (GOOD, Said("dnserr", LATER))),
    "udmedia": Transcript(LOGIN, each("https://www.udmedia.de/nic/update"), ME, (GOOD,)),
    "schokokeks": Transcript(LOGIN, each("https://dyndns.schokokeks.org/nic/update"), ME, (GOOD,)),
    "domopoli": Transcript(LOGIN, (f"http://dyndns.domopoli.de/nic/update?{FOUR}",), ME, (GOOD,)),
}
