"""The transcripts of the services with answers or parameters of their own. See `transcripts`."""

from tests.providers.transcripts import (
    A4,
    A6,
    AUTH,
    COMMA,
    CONF,
    FOUR,
    FREEDNS,
    GOOD,
    LATER,
    LOGIN,
    ME,
    OK,
    SAME,
    N,
    Q,
    Said,
    Transcript,
    W,
    each,
)

EASYDNS = "https://api.cp.easydns.com/dyn/generic.php"
AFRAID = "https://freedns.afraid.org/dynamic/update.php"
XML = '<?xml version="1.0" encoding="utf-16"?><interface-response><ErrCount>{}</ErrCount>{}<Done>true</Done></interface-response>'


def xml(error: str, number: int) -> str:
    return XML.format(1, f"<errors><Err1>{error}</Err1></errors><ResponseNumber>{number}</ResponseNumber>")


TOKENS: dict[str, Transcript] = {
    "easydns": Transcript(
        {"username": "me", "token": W},
        each(EASYDNS),
        f"me:{W}",
        (
            Said("<HTML>\n<BODY><B>NOERROR</B></BODY></HTML>", OK),
            Said("OK", OK),
            Said("no_error", OK),
            Said("NOERROR no update required for home.example.com", SAME),
            Said("<b>NOACCESS</b>", AUTH),
            Said("NO_AUTH", AUTH),
            Said("NOSERVICE", CONF),
            Said("ILLEGAL INPUT", CONF),
            Said("illegal_input", CONF),
            Said("TOOSOON", LATER),
            Said("TOO_FREQ", LATER),
            Said("<html>Click OK to log in</html>", "garbled"),
        ),
    ),
    "namecheap": Transcript(
        {"password": W},
        (f"https://dynamicdns.park-your-domain.com/update?host=home&domain=example.com&password={Q}&ip={A4}",),
        "",
        (
            Said(XML.format(0, "<errors />"), OK),
            Said(xml("Passwords do not match", 304156), AUTH),
            Said(xml("Invalid IP", 304156), CONF),
            Said(xml("Domain name not found", 316153), CONF),
            Said(xml("Domain name not active", 316154), CONF),
            Said(xml("A record not Found", 380091), CONF),
            Said(xml("Server trouble", 380099), LATER),
            Said(xml("News", 999), "garbled"),
            Said("true", "garbled"),
        ),
        zone="example.com",
    ),
    "freedns": Transcript(
        {"token": "abc/1", "token6": "def"},
        (f"https://sync.afraid.org/u/abc%2F1/?address={A4}", f"https://sync.afraid.org/u/def/?address={A6}"),
        "",
        FREEDNS,
    ),
    "freedns-login": Transcript(LOGIN, tuple(f"https://sync.afraid.org/u/?h={N}&ip={ip}" for ip in (A4, A6)), ME, FREEDNS),
    "freedns-v1": Transcript({"key": W, "key6": "k6"}, (f"{AFRAID}?{Q}&address={A4}", f"{AFRAID}?k6&address={A6}"), "", FREEDNS),
    "changeip": Transcript(
        LOGIN,
        (f"https://nic.changeip.com/nic/update?hostname={N}&ip={A4}",),
        ME,
        (
            Said("200 Successful Update", OK),
            Said("422 Unknown domain", CONF, 422),
            Said("", CONF, 402),
            Said("", AUTH, 401),
            Said("unsuccessful", "garbled"),
        ),
    ),
    "zoneedit": Transcript(
        {"username": "me", "token": W},
        (f"https://api.cp.zoneedit.com/dyn/generic.php?{FOUR}",),
        f"me:{W}",
        (
            Said(f'<SUCCESS CODE="200" TEXT="Update succeeded." ZONE="example.com" IP="{A4}">', OK),
            Said('<SUCCESS CODE="201" TEXT="No records need updating." ZONE="example.com">', SAME),
            Said('<ERROR CODE="701" TEXT="Zone is not set up in this account.">', CONF),
            Said('<ERROR CODE="702" TEXT="Minimum 600 seconds between requests">', LATER),
            Said('<ERROR CODE="704" TEXT="Zone must be a valid FQDN">', CONF),
            Said('<ERROR CODE="707" TEXT="Duplicate updates for the same host/ip">', SAME),
            Said('<ERROR CODE="708" TEXT="Failed Login">', AUTH),
            Said('<ERROR CODE="709" TEXT="Invalid Hostname">', CONF),
            Said("invalid login", AUTH),
        ),
    ),
    "ddnss": Transcript(
        {"key": W},
        (f"https://www.ddnss.de/upd.php?host={N}&key={Q}&ip={A4}&ip6={A6}",),
        "",
        (
            Said("<html>Updated 1 hostname</html>", OK, 200, (("ddnss-response", "good"),)),
            Said("<html>No change</html>", SAME, 200, (("ddnss-response", "nochg"),)),
            Said("good luck", AUTH, 200, (("ddnss-response", "badauth"),)),
            Said("", CONF, 200, (("ddnss-response", "badysys"),)),
            Said("", AUTH, 200, (("ddnss-response", "disabled"),)),
            Said("", LATER, 200, (("ddnss-response", "911"),)),
            Said("good", OK),
            Said("<html>Updated</html>", "garbled"),
        ),
    ),
    "duckdns": Transcript(
        {"token": W},
        (f"https://www.duckdns.org/update?domains={N}&verbose=true&token={Q}&ip={A4}&ipv6={A6}",),
        "",
        (
            Said(f"OK\n{A4}\n{A6}\nUPDATED", OK),
            Said(f"OK\n{A4}\n\nNOCHANGE", SAME),
            Said("OK", OK),
            Said("KO", AUTH),
            Said("OKAY", "garbled"),
            Said("cookie", "garbled"),
        ),
    ),
    "dynv6": Transcript(
        {"token": W},
        (f"https://dynv6.com/api/update?hostname={N}&token={Q}&ipv4={A4}&ipv6={A6}",),
        "",
        (
            Said("addresses updated", OK),
            Said("addresses unchanged", SAME),
            Said("invalid authentication token", AUTH, 401),
            Said("zone not found", CONF, 404),
            Said("invalid address", CONF, 422),
            Said("addresses updated", "garbled", 500),
        ),
    ),
    "ionos": Transcript(
        {"url": "https://ipv4.api.hosting.ionos.com/dns/v1/dyndns?q=s3cret%3D"},
        (f"https://ipv4.api.hosting.ionos.com/dns/v1/dyndns?q=s3cret%3D&ipv4={A4}&ipv6={A6}",),
        "",
        (Said("", OK), Said("", OK, 204), Said("", LATER, 429), Said("<html>Log in here</html>", "garbled")),
    ),
    "njalla": Transcript(
        {"key": W},
        (f"https://njal.la/update/?h={N}&k={Q}&a={A4}&aaaa={A6}",),
        "",
        (
            Said('{"status":200,"message":"record updated","value":{"A":"203.0.113.7"}}', OK),
            Said('{"status":401,"message":"invalid host or key"}', AUTH, 401),
            Said('{"status":500,"message":"invalid address"}', CONF, 500),
            Said("<html>Bad gateway</html>", LATER, 502),
            Said("<html>Internal error</html>", LATER, 500),
            Said('{"message":"record updated"}', "garbled"),
            Said("[200]", "garbled"),
        ),
    ),
    "mythic-beasts": Transcript(
        {"key": "kid", "secret": W},
        (f"https://ipv4.api.mythic-beasts.com/dns/v2/dynamic/{N}", f"https://ipv6.api.mythic-beasts.com/dns/v2/dynamic/{N}"),
        f"kid:{W}",
        (Said('{"message":"1 records added"}', OK), Said("{}", AUTH, 401), Said("{}", CONF, 404), Said("", LATER, 503)),
        "POST",
    ),
    "ipv64": Transcript({"key": W}, (f"https://ipv64.net/nic/update?domain={N}&key={Q}&ip={A4}&ip6={A6}",), "", (GOOD,)),
    "now-dns": Transcript(LOGIN, each("https://now-dns.com/update"), ME, (Said("nohost", CONF, 400), Said("badauth", AUTH, 400))),
    "twodns": Transcript(LOGIN, (f"https://update.twodns.de/update?hostname={N}&ip={A4}",), ME, (GOOD,)),
    "myonlineportal": Transcript(
        LOGIN, tuple(f"https://myonlineportal.net/updateddns?hostname={N}&{ip}" for ip in (f"ip={A4}", f"ip6={A6}")), ME, (GOOD,)
    ),
    "goip": Transcript(
        LOGIN,
        tuple(
            f"https://www.goip.de/setip?subdomain={N}&shortResponse=true&username=me%40example.com&password={Q}&{ip}"
            for ip in (f"ip={A4}", f"ip6={A6}")
        ),
        "",
        (Said(f"{N} ({A4})", OK), Said("Zugriff verweigert", AUTH), Said(f"{N} (198.51.100.1)", "garbled")),
    ),
    "regfish": Transcript(
        {"token": W},
        (f"https://dyndns.regfish.de/?fqdn={N}&forcehost=1&token={Q}&ipv4={A4}&ipv6={A6}",),
        "",
        (
            Said("success|100|update succeeded!|203.0.113.7", OK),
            Said("success|101|no update needed at this time..|203.0.113.7", SAME),
            Said("error|401|Authentication failed", AUTH),
            Said("error|402|x", AUTH),
            Said("error|408|x", CONF),
            Said("error|412|x", CONF),
            Said("error|414|unknown", LATER),
            Said("error|100", "garbled"),
        ),
    ),
    "dondominio": Transcript(
        {"user": "me", "key": W},
        (f"https://dondns.dondominio.com/json/?host={N}&lang=en&user=me&password={Q}&ip={A4}",),
        "",
        (Said('{"success":true,"messages":["IP updated"]}', OK), Said('{"success":false,"messages":["No"]}', "garbled")),
    ),
    "dnsmadeeasy": Transcript(
        LOGIN | {"record_id": "1007"},
        (f"https://cp.dnsmadeeasy.com/servlet/updateip?username=me%40example.com&password={Q}&id=1007&ip={A4}",),
        "",
        (
            Said("success", OK),
            Said("error-record-ip-same", SAME),
            Said("error-auth", AUTH),
            Said("error-auth-suspend", "banned account"),
            Said("error-record-invalid", CONF),
            Said("error-system", LATER),
            Said("successful", "garbled"),
        ),
    ),
    "freemyip": Transcript(
        {"token": W}, (f"https://freemyip.com/update?domain={N}&token={Q}&myip={A4}",), "", (Said("OK", OK), Said("ERROR", AUTH))
    ),
    "1984": Transcript(
        {"apikey": W},
        (f"https://api.1984.is/1.0/freedns/?domain={N}&apikey={Q}&ip={A4}",),
        "",
        (
            Said('{"ok":true,"msg":"1984 record updated"}', OK),
            Said('{"ok":true,"msg":"record unaltered"}', SAME),
            Said('{"ok":false,"msg":"unaltered"}', "garbled"),
            Said('{"ok":false,"msg":"login failed"}', "garbled"),
        ),
    ),
    "key-systems": Transcript(
        {"password": W},
        (f"https://dynamicdns.key-systems.net/update.php?hostname={N}&password={Q}&ip={A4}",),
        "",
        (
            Said("[RESPONSE]\ncode = 200\ndescription = Command completed successfully\nEOF", OK),
            Said("code = 2002\nabuse prevention triggered", LATER),
            Said("code = 531\ninvalid password", CONF),
            Said("code = 531\nAuthorization failed", CONF),
        ),
    ),
    "sitelutions": Transcript(
        LOGIN | {"record_id": "12345678"},
        (f"https://dnsup.sitelutions.com/dnsup?user=me%40example.com&pass={Q}&id=12345678&ip={A4}",),
        "",
        (Said("success", OK), Said("dberror", LATER), Said("noauth", "garbled")),
    ),
    "apertodns": Transcript({"token": W}, each("https://api.apertodns.com/nic/update"), f"{W}:{W}", (GOOD,)),
    "powerdns-admin": Transcript(LOGIN, (f"https://ddns.example.net/nic/update?{COMMA}",), ME, (GOOD, Said("911", LATER))),
    "dyndns2": Transcript(LOGIN, (f"https://ddns.example.net/nic/update?{COMMA}",), ME, (GOOD,)),
}
