"""Every kind of value: what passes, what is refused, and that nothing foreign gets into a message raw."""

from typing import Any

import pytest

from edge_agent import checks, urls
from edge_agent.checks import WrongError

LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])

GOOD: list[tuple[str, checks.Check, object, object]] = [
    ("text", checks.text, "a b", "a b"),
    ("switch/toml", checks.switch, True, True),
    ("switch/yes", checks.switch, " Yes ", True),
    ("switch/0", checks.switch, "0", False),
    ("whole/toml", checks.whole(1, 9), 3, 3),
    ("whole/text", checks.whole(1, 9), " +3 ", 3),
    ("whole/negative", checks.whole(-1, 9), "-1", -1),
    ("duration/ms", checks.duration, "500ms", 0.5),
    ("duration/s", checks.duration, "2s", 2.0),
    ("duration/m", checks.duration, "5m", 300.0),
    ("duration/h", checks.duration, "2h", 7200.0),
    ("duration/d", checks.duration, "1d", 86400.0),
    ("duration/fraction", checks.duration, "1.5s", 1.5),
    ("one-of/case", checks.one_of("off", "on"), " OFF ", "off"),
    ("many/text", checks.many(checks.address), "192.0.2.1, 192.0.2.2,", ("192.0.2.1", "192.0.2.2")),
    ("many/toml", checks.many(checks.address), ["192.0.2.1"], ("192.0.2.1",)),
    ("many/number", checks.many(checks.family), 6, (6,)),
    ("many/repeats", checks.many(checks.family), "4,6,4", (4, 6)),
    ("many/blanks", checks.many(checks.fqdn, " "), "a.example  b.example", ("a.example", "b.example")),
    ("family/name", checks.family, "IPv6", 6),
    ("type", checks.record_type, "aaaa", "AAAA"),
    ("address/canonical", checks.address, "2001:DB8:0::1", "2001:db8::1"),
    ("interface/glob", checks.interface, "ppp*", "ppp*"),
    ("interface/windows", checks.interface, "Ethernet 2", "Ethernet 2"),
    ("fqdn/case-and-dot", checks.fqdn, "Home.Example.COM.", "home.example.com"),
    ("fqdn/wildcard", checks.fqdn, "*.example.com", "*.example.com"),
    ("fqdn/label", checks.fqdn, "home", "home"),
    ("fqdn/number", checks.fqdn, "123456", "123456"),
    ("fqdn/underscore", checks.fqdn, "_a.example.com", "_a.example.com"),
    ("fqdn/a-label", checks.fqdn, "xn--bcher-kva.example", "xn--bcher-kva.example"),
    ("fqdn/longest", checks.fqdn, LONGEST, LONGEST),
    ("word", checks.word, "cf-1.b_c", "cf-1.b_c"),
    ("log/syslog", checks.log, "syslog", "syslog"),
    ("log/file", checks.log, "/var/log/edge-agent", "/var/log/edge-agent"),
    ("log/windows", checks.log, "C:\\log", "C:\\log"),
    ("url", urls.url, "https://dns.example/nic/update?x=1", "https://dns.example/nic/update?x=1"),
    ("url/port", urls.url, "http://dns.example:8080", "http://dns.example:8080"),
    ("url/ipv6", urls.url, "http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
    ("url/template", urls.url, "https://dns.example/?h={hostname}&ip={ip}", "https://dns.example/?h={hostname}&ip={ip}"),
    ("url/at-in-path", urls.url, "https://dns.example/a@b", "https://dns.example/a@b"),
    ("server", urls.server, "https://dns.example/nic", "https://dns.example/nic"),
    ("server/dns", urls.server, "dns://ns1.example.com", "dns://ns1.example.com"),
    ("server/dns-port", urls.server, " DNS://192.0.2.53:5353/ ", "DNS://192.0.2.53:5353"),
    ("server/dns-ipv6", urls.server, "dns://[2001:db8::53]:5353", "dns://[2001:db8::53]:5353"),
    ("proxy/login", urls.proxy, "http://me:word@proxy.example:3128", "http://me:word@proxy.example:3128"),
]

BAD: list[tuple[str, checks.Check, object, str]] = [
    ("text/number", checks.text, 4, "must be text"),
    ("text/empty", checks.text, " ", "is empty"),
    ("text/line-break", checks.text, "a\nb", "control character"),
    ("text/delete", checks.text, "a\x7f", "control character"),
    ("text/not-utf8", checks.text, "a\udcff", "not UTF-8"),
    ("switch/maybe", checks.switch, "maybe", "neither true nor false"),
    ("switch/number", checks.switch, 1, "neither true nor false"),
    ("whole/true", checks.whole(0, 9), True, "not a whole number"),
    ("whole/float", checks.whole(0, 9), 1.5, "not a whole number"),
    ("whole/words", checks.whole(0, 9), "--1", "not a whole number"),
    ("whole/empty", checks.whole(0, 9), "", "not a whole number"),
    ("whole/huge", checks.whole(0, 9), "9" * 5000, "not a whole number"),
    ("whole/beyond", checks.whole(1, 9), 10, "not between 1 and 9"),
    ("whole/table", checks.whole(1, 9), {}, "a table is not"),
    ("whole/list", checks.whole(1, 9), [1], "a list is not"),
    ("duration/number", checks.duration, 2, "not a duration"),
    ("duration/no-unit", checks.duration, "2", "not a duration"),
    ("duration/unit-alone", checks.duration, "s", "not a duration"),
    ("duration/negative", checks.duration, "-2s", "not a duration"),
    ("duration/none", checks.duration, "0s", "no time at all"),
    ("duration/huge", checks.duration, "9999999999d", "not a duration"),
    ("one-of", checks.one_of("off", "on"), "of", "not one of off, on"),
    ("one-of/number", checks.one_of("off", "on"), 7, "not one of off, on"),
    ("many/empty-text", checks.many(checks.family), " , ", "is empty"),
    ("many/empty-list", checks.many(checks.family), [], "is empty"),
    ("many/one-bad", checks.many(checks.family), "4,5", "not an address family"),
    ("family/true", checks.family, True, "not an address family"),
    ("type", checks.record_type, "CNAME", "not a type"),
    ("type/number", checks.record_type, 1, "not a type"),
    ("address", checks.address, "192.0.2.256", "not an IPv4 or IPv6 address"),
    ("address/number", checks.address, 1, "not an IPv4 or IPv6 address"),
    ("interface/path", checks.interface, "/dev/null", "not an interface name"),
    ("interface/long", checks.interface, "a" * 256, "not an interface name"),
    ("fqdn/idn", checks.fqdn, "bücher.example", "not ASCII"),
    ("fqdn/address", checks.fqdn, "192.0.2.1", "an address, not a name"),
    ("fqdn/blank", checks.fqdn, "a b", "not a DNS name"),
    ("fqdn/hyphen-first", checks.fqdn, "-a.example", "not a DNS name"),
    ("fqdn/hyphen-last", checks.fqdn, "a-.example", "not a DNS name"),
    ("fqdn/empty-label", checks.fqdn, "a..example", "not a DNS name"),
    ("fqdn/star-alone", checks.fqdn, "*", "not a DNS name"),
    ("fqdn/star-inside", checks.fqdn, "a.*.example", "not a DNS name"),
    ("fqdn/long-label", checks.fqdn, "a" * 64 + ".example", "not a DNS name"),
    ("fqdn/too-long", checks.fqdn, LONGEST + "e", "not a DNS name"),
    ("word/slash", checks.word, "a/b", "no name for an account"),
    ("word/long", checks.word, "a" * 65, "no name for an account"),
    ("log/relative", checks.log, "sislog", "not stderr, syslog or an absolute path"),
    ("url/scheme", urls.url, "ftp://dns.example", "begins with https:// or http://"),
    ("url/no-scheme", urls.url, "dns.example", "begins with https:// or http://"),
    ("url/no-host", urls.url, "https:///path", "has no host"),
    ("url/blank", urls.url, "https://dns.example/a b", "percent-encode"),
    ("url/fragment", urls.url, "https://dns.example/#a", "percent-encode"),
    ("url/not-ascii", urls.url, "https://bücher.example/", "percent-encode"),
    ("url/port", urls.url, "https://dns.example:0", "port"),
    ("url/port-words", urls.url, "https://dns.example:https", "port"),
    ("url/port-high", urls.url, "https://dns.example:65536", "port"),
    ("url/not-ipv6", urls.url, "https://[dns.example]/", "has no host"),
    ("url/after-bracket", urls.url, "https://[2001:db8::1]x/", "has no host"),
    ("url/login", urls.url, "https://me:hushhush@dns.example/", "user name or password"),
    ("url/login-before-query", urls.url, "https://me@dns.example?x", "user name or password"),
    ("url/back-slash", urls.url, "https://dns.example\\@evil.example/", "user name"),
    ("server/scheme", urls.server, "ftp://dns.example", "begins with https:// or http://"),
    ("server/dns-no-host", urls.server, "dns://", "dns://HOST"),
    ("server/dns-no-slashes", urls.server, "dns:ns1.example.com", "dns://HOST"),
    ("server/dns-port", urls.server, "dns://ns1.example.com:0", "dns://HOST"),
    ("server/dns-path", urls.server, "dns://ns1.example.com/example.com", "dns://HOST"),
    ("server/dns-login", urls.server, "dns://key@ns1.example.com", "dns://HOST"),
    ("proxy/socks", urls.proxy, "socks5://proxy.example", "begins with"),
]


@pytest.mark.parametrize(("check", "value", "wanted"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
def test_passes(check: checks.Check, value: object, wanted: object) -> None:
    found: Any = check(value)
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize(("check", "value", "words"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_refused(check: checks.Check, value: object, words: str) -> None:
    with pytest.raises(WrongError) as caught:
        check(value)
    said = f"{caught.value.what} ({caught.value.mend})"
    assert words in said
    assert "hushhush" not in said
    assert said.isascii()
    assert said.isprintable()
    assert len(said) < 250


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.Example:8080/x@y", "a.example"),
        ("https://me:word@a.example?x=https://b.example", "a.example"),
        ("http://[::1]:80/", "::1"),
        ("a.example", ""),
    ],
)
def test_host(url: str, host: str) -> None:
    assert urls.host_of(url) == host


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("http://dns.example/", True),
        ("HTTP://dns.example/", True),
        ("https://dns.example/", False),
        ("http://localhost:8080/", False),
        ("http://127.0.0.2/", False),
        ("http://[::1]/", False),
        ("http://localhost.example/", True),
        ("http://192.0.2.1/", True),
    ],
)
def test_plain_http_is_what_others_can_read(url: str, *, plain: bool) -> None:
    assert urls.is_plain(url) is plain


@pytest.mark.parametrize(
    ("said", "words", "wanted"),
    [
        ("interfce", ("interface", "exclude"), "did you mean interface?"),
        ("inetrface", ("interface", "exclude"), "did you mean interface?"),
        ("--TTL", ("--ttl", "--log"), "did you mean --ttl?"),
        ("ttk", ("ttl",), "did you mean ttl?"),
        ("-z", ("-4",), ""),
        ("quite-different", ("interface",), ""),
        ("x" * 61, ("x" * 60,), ""),
        (7, ("7",), ""),
        ("a", (), ""),
    ],
)
def test_near_misses(said: object, words: tuple[str, ...], wanted: str) -> None:
    assert checks.meant(said, words) == wanted


def test_a_long_value_is_cut() -> None:
    assert checks.shown("a" * 100) == "'" + "a" * 57 + "...'"
