"""A secret is planted in every field that may hold one, and looked for in everything that any command shows or keeps."""

import base64
import itertools

import pytest

from tests.cli.conftest import Service
from tests.cli.program import Program
from tests.fakes.server import Received, Reply

SECRET = "Zq7-planted.s3cret"
CODED = base64.b64encode(f"me:{SECRET}".encode()).decode()
COMMANDS = ["check --json", "explain", "run", "status", "unlock", "run --force --json -vv", "status --json", "explain --json"]


def leaks(text: str) -> bool:
    """Say whether the secret stands in a text, in any case or spelling that a server or a library may make of it."""
    low = text.lower()
    return any(form.lower() in low for form in (SECRET, CODED, "planted", base64.b64encode(SECRET.encode()).decode()))


def everything(program: Program, *flags: str, **environ: str) -> str:
    """Return what all commands show, with a traceback wherever one could be had, and what the log holds."""
    shown = []
    for command in COMMANDS:
        argv = [*command.split(), *flags]
        with program.start(*argv, environ={"EDGE_AGENT_DEBUG": "1", **environ}) as process:
            out, err = process.communicate(timeout=30)
        assert process.returncode != 1, err
        shown += [out, err]
    return "".join(shown)


def echo(request: Received) -> Reply:
    """Answer with all that came: a server that quotes its caller."""
    return Reply(status=400, body=f"{request.target} {request.headers} {request.body!r}".encode())


ACCOUNTS = [
    ("password", 'provider = "dyndns2"\nusername = "me"\npassword = "{secret}"\nserver = "{server}"'),
    ("username", 'provider = "dyndns2"\nusername = "{secret}"\npassword = "x"\nserver = "{server}"'),
    ("token-in-query", 'provider = "duckdns"\ntoken = "{secret}"\nserver = "{server}"'),
    ("token-in-path", 'provider = "freedns"\ntoken = "{secret}"\nserver = "{server}"'),
    ("bearer", 'provider = "cloudflare"\ntoken = "{secret}"\nserver = "{server}"'),
    ("server-query", 'provider = "dyndns2"\nusername = "me"\npassword = "x"\nserver = "{server}/nic/update?key={secret}"'),
    ("server-path", 'provider = "dyndns2"\nusername = "me"\npassword = "x"\nserver = "{server}/{secret}"'),
    ("custom-url", 'provider = "custom"\nurl = "{server}/u?t={secret}&ip={{ip}}"'),
    ("custom-header", 'provider = "custom"\nurl = "{server}/u?ip={{ip}}"\nheaders = ["X-Key: {secret}"]'),
    ("custom-body", 'provider = "custom"\nurl = "{server}/u"\nmethod = "POST"\nbody = "k={secret}&ip={{ip}}"'),
    ("custom-basic", 'provider = "custom"\nurl = "{server}/u?ip={{ip}}"\nauth = "basic"\nusername = "me"\npassword = "{secret}"'),
    ("custom-hmac", 'provider = "custom"\nurl = "{server}/u?ip={{ip}}"\nauth = "hmac"\nkey_id = "k1"\nkey = "{secret}"'),
]


@pytest.mark.parametrize("account", [row[1] for row in ACCOUNTS], ids=[row[0] for row in ACCOUNTS])
def test_a_server_that_quotes_its_caller(program: Program, service: Service, account: str) -> None:
    service.server.handler = echo
    text = 'address = "198.51.100.7"\nfamily = 4\n[account.a]\n' + account.format(secret=SECRET, server=service.server.url)
    program.write("edge-agent.toml", text + '\n[[record]]\nname = "home.example.com"\n')
    shown = everything(program)
    assert service.server.received != [], shown
    assert "home.example.com A" in shown
    assert not leaks(shown)
    kept = "".join(path.read_bytes().decode("utf-8", "replace") for path in program.state.iterdir())
    assert "home.example.com" in kept
    if "{server}/" not in account.partition("server =")[2]:  # a server's path is no credential: a private file may hold it
        assert not leaks(kept)


WAYS = [
    ("no-server", "http://127.0.0.1:1"),
    ("no-name", "https://nowhere.invalid"),
]


@pytest.mark.parametrize("server", [row[1] for row in WAYS], ids=[row[0] for row in WAYS])
def test_a_service_that_cannot_be_reached(program: Program, server: str) -> None:
    program.write(
        "edge-agent.toml",
        f"""
address = "198.51.100.7"
family = 4
deadline = "2s"
[account.a]
provider = "custom"
url = "{server}/{SECRET}?t={SECRET}&ip={{ip}}"
[[record]]
name = "home.example.com"
""",
    )
    shown = everything(program)
    assert "nothing was sent" in shown
    assert not leaks(shown)


def test_a_proxy_with_a_password(program: Program, service: Service) -> None:
    program.write(
        "edge-agent.toml",
        f"""
address = "198.51.100.7"
family = 4
deadline = "2s"
proxy = "http://me:{SECRET}@127.0.0.1:1"
[account.a]
provider = "duckdns"
token = "x-{SECRET}"
[[record]]
name = "home.example.com"
""",
    )
    assert not leaks(everything(program))


@pytest.mark.parametrize(
    "flags",
    [
        ["--token", SECRET],
        ["--token", f"--{SECRET}"],
        [f"--password={SECRET}"],
        [f"-z{SECRET}"],
        ["check", SECRET],
        [SECRET],
        [f"--server=https://me:{SECRET}@dns.example"],
        [f"--server=ftp://dns.example/{SECRET}"],
        [f"--server=http://dns.example/{SECRET}", "-p", "noip", "-n", "a.example"],
        [f"--proxy=ftp://me:{SECRET}@dns.example"],
        [f"--echo=https://me:{SECRET}@dns.example"],
        [f"--echo=https://dns.example/#{SECRET}"],
    ],
    ids=lambda flags: flags[0].partition("=")[0].replace(SECRET, "SECRET"),
)
def test_a_secret_where_none_belongs(program: Program, flags: list[str]) -> None:
    ended = program(*flags)
    assert ended.code == 2
    assert ended.err != ""
    assert not leaks(ended.shown)
    assert not leaks(program(*flags, "--json").shown)


BROKEN = [
    'provider = "noip"\nusername = "me"\npasword = "{secret}"',
    'provider = "noip"\nusername = "me"\npassword = ["{secret}"]',
    'provider = "noip"\nusername = "me"\npassword = {{a = "{secret}"}}',
    'provider = "noip"\nusername = "me"\npassword = "{secret}\\u0001"',
    'provider = "noip"\nusername = "me"\npassword = "{secret}',
    'provider = "noip"\nusername = "me"\npassword = {secret}',
    'provider = "nope"\npassword = "{secret}"',
    'password = "{secret}"',
    'provider = "custom"\nurl = "http://dns.example/{secret}"',
    'provider = "custom"\nurl = "https://me:{secret}@dns.example/"',
    'provider = "custom"\nurl = "https://dns.example/{secret} x"',
    'provider = "custom"\nurl = "https://dns.example/?t={secret}&n={{nonsense}}"',
    'provider = "custom"\nurl = "https://dns.example/"\nheaders = ["{secret}"]',
    'provider = "custom"\nurl = "https://dns.example/"\nheaders = ["Host: {secret}"]',
    'provider = "custom"\nurl = "https://dns.example/"\nbody = "{secret}"',
    'provider = "custom"\nurl = "https://dns.example/"\nsuccess = "({secret}"',
    'provider = "custom"\nurl = "https://dns.example/"\nheaders = [["{secret}"]]',
]


@pytest.mark.parametrize("account", BROKEN, ids=itertools.count())
def test_a_file_with_a_mistake_beside_the_secret(program: Program, account: str) -> None:
    program.write("edge-agent.toml", "[account.a]\n" + account.format(secret=SECRET) + '\n[[record]]\nname = "a.example"\n')
    for flags in ([], ["--json"]):
        ended = program("check", *flags)
        assert ended.code == 2, ended.out
        assert not leaks(ended.shown)


def test_a_secret_file_and_a_variable(program: Program, service: Service) -> None:
    service.server.handler = echo
    program.write("token", SECRET + "\n")
    flags = [
        "-p",
        "dyndns2",
        "-n",
        "home.example.com",
        "--username=me",
        f"--server={service.server.url}",
        "-4",
        "--address=198.51.100.7",
    ]
    assert not leaks(everything(program, *flags, "--token-file", "token"))
    assert not leaks(everything(program, *flags, EDGE_AGENT_TOKEN=SECRET))
    assert service.server.received != []
