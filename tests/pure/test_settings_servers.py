"""Where a service is to be found: web services and name servers are not taken for each other; keys and options of rfc2136."""

import pytest

from edge_agent.settings import servers
from edge_agent.settings.layers import Found
from tests.pure.settings_box import OWN, wish

RECORD = '[[record]]\nname = "home.example.com"\n'
NS = '[account.ns]\nprovider = "rfc2136"\n'
AT = 'server = "dns://ns1.example.com"\n'
KEY = 'key_name = "ddns-key"\nkey_file = "/key"\n'
FILES = {"/key": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n", "/odd": "not!Base64\n"}


def told(account: str) -> list[str]:
    return [f"{problem.what} ({problem.mend})" for problem in wish((), account + RECORD, None, FILES).problems]


@pytest.mark.parametrize(
    "account",
    [
        pytest.param(NS + AT + KEY, id="a-key"),
        pytest.param(NS + 'server = "dns://[2001:db8::53]:5353"\n' + KEY, id="address-and-port"),
        pytest.param(NS + AT + KEY + 'algorithm = "HMAC-SHA512."\n', id="algorithm"),
        pytest.param(NS + AT + KEY + "plain_questions = true\n", id="plain-questions"),
        pytest.param(NS + AT + "unsigned = true\n", id="unsigned"),
        pytest.param(NS + AT + 'username = "ddns-key"\ntoken_file = "/key"\n', id="by-common-names"),
        pytest.param(NS + AT + KEY + "unsigned = false\n", id="not-unsigned"),
    ],
)
def test_sound(account: str) -> None:
    found = wish((), account + RECORD, None, FILES)
    assert found.problems == ()
    server = found.settings.accounts["ns"].server
    assert server
    assert server.startswith("dns://")


@pytest.mark.parametrize(
    ("account", "words"),
    [
        pytest.param(NS + KEY, 'no address of its own (add server = "dns://ns1.example.com"', id="no-server"),
        pytest.param(
            NS + KEY + 'server = "https://ns1.example.com:53"\n',
            "speaks to a name server, and this is the address of a web service (write dns://ns1.example.com)",
            id="web-for-dns",
        ),
        pytest.param(
            NS + KEY + 'server = "http://ns1.example.com"\n',
            "speaks to a name server, and this is the address of a web",
            id="plain-web",
        ),
        pytest.param(
            '[account.a]\nprovider = "plain"\ntoken_file = "/key"\n' + AT,
            "plain is a web service, and this is the address of a name server",
            id="dns-for-web",
        ),
        pytest.param(
            NS + KEY + 'server = "dns://ns1.example.com/zone"\n', "server: is not the address of a name server", id="path"
        ),
        pytest.param(NS + AT + 'key_name = "ddns-key"\n', "rfc2136 needs key or unsigned: secret of the TSIG key", id="no-key"),
        pytest.param(NS + AT + 'key_file = "/key"\n', "rfc2136 needs key_name or unsigned: name of the TSIG key", id="no-name"),
        pytest.param(NS + AT + "unsigned = false\n", "credentials are missing: key_name and key", id="not-unsigned-either"),
        pytest.param(NS + AT + KEY + "unsigned = true\n", "a key is given, and unsigned as well", id="key-and-unsigned"),
        pytest.param(NS + AT + KEY + 'algorithm = "hmac-sha3"\n', "write one of hmac-md5, hmac-sha1", id="algorithm"),
        pytest.param(NS + AT + 'key_name = "ddns-key"\nkey_file = "/odd"\n', "key is not Base64", id="not-base64"),
        pytest.param(NS + AT + 'key_name = "a..b"\nkey_file = "/key"\n', "key_name is not a DNS name", id="key-name"),
        pytest.param(NS + AT + KEY + "sign_all = true\n", "sign_all", id="unknown-option"),
    ],
)
def test_what_is_wrong(account: str, words: str) -> None:
    problems = told(account)
    assert len(problems) == 1, problems
    assert words in problems[0]
    assert "MDEyMz" not in problems[0]
    assert "not!Base64" not in problems[0]


def test_the_other_kinds_of_address_alone() -> None:
    plain = OWN["plain"]
    assert list(servers.unlike(plain, Found("https://x.example", "--server", 4))) == []
    assert list(servers.plain(plain, "-p", None, [("a word", "-p"), (7, "-p")])) == []
    assert len(list(servers.plain(plain, "-p", None, [("http://x.example/", "url")]))) == 1
