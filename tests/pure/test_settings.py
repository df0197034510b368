"""Flags, variables and file become settings; everything malformed is told with where it stands and how to mend it."""

import time
from collections.abc import Mapping, Sequence

import pytest

from edge_agent.model import Selection
from edge_agent.settings import BY_FLAG, SETTINGS, USUAL_FILE, spelled, usage
from edge_agent.settings.layers import defaults
from edge_agent.settings.reading import arguments
from tests.pure.settings_box import FILE, wish

SINGLE = ("-p", "plain", "-n", "home.example.com", "--token-file", "/token")
ACCOUNT = '[account.a]\nprovider = "plain"\ntoken_file = "/token"\n'
RECORD = '[[record]]\nname = "home.example.com"\n'


def told(argv: Sequence[str] = (), file: str | None = None, environ: Mapping[str, str] | None = None, **files: str) -> list[str]:
    found = wish(argv, file, environ, {f"/{name}": text for name, text in files.items()})
    return [f"{problem.origin}: {problem.what} ({problem.mend})" for problem in found.problems]


# --- the table -------------------------------------------------------------------------------------------------------


def test_every_default_passes_its_own_check() -> None:
    assert {name for name, found in defaults().items() if found.origin != "default"} == set()


def test_no_flag_or_variable_is_said_twice() -> None:
    flags = [flag.spelling for setting in SETTINGS for flag in setting.flags]
    variables = [setting.variable for setting in SETTINGS if setting.variable]
    assert (len(flags), len(variables)) == (len(BY_FLAG), len(set(variables)))


def test_help_names_every_flag() -> None:
    text = usage()
    assert [setting.name for setting in SETTINGS if setting.flags and spelled(setting) not in text] == []
    assert max(map(len, text.split("\n"))) < 140


def test_the_flags_of_the_contract_are_there() -> None:
    wanted = """-c --config -i --interface -x --exclude -4 -6 --source --address --command --echo --quorum --check --probe-timeout
        --update-via --allow-private -p --provider -n --name --username --token-file --server --ttl --ca-file --proxy --state-dir
        --deadline --force --dry-run --json -v -q --log --log-format"""
    assert set(wanted.split()) - BY_FLAG.keys() == set()


# --- where things may be said ----------------------------------------------------------------------------------------


def test_one_record_by_flags_alone() -> None:
    found = wish([*SINGLE, "--ttl=60", "-iwan", "-i", "ppp*", "-vv", "-4"])
    record, account = found.settings.records[0], found.settings.accounts["plain"]
    assert found.problems == ()
    assert (record.name, record.types, record.optional, record.ttl) == ("home.example.com", ("A",), (), 60)
    assert account.credentials["token"].reveal() == "sesame"
    assert found.settings.selection.interfaces == ("wan", "ppp*")
    assert (found.settings.verbosity, found.settings.families) == (2, (4,))


def test_one_record_by_variables_alone() -> None:
    environ = {"EDGE_AGENT_PROVIDER": "plain", "EDGE_AGENT_NAME": "a.example, b.example", "EDGE_AGENT_TOKEN": "sesame", "HOME": "/"}
    found = wish((), None, {**environ, "EDGE_AGENT_TTL": "", "EDGE_AGENT_DEBUG": "1"})
    assert found.problems == ()
    assert [record.name for record in found.settings.records] == ["a.example", "b.example"]
    assert found.settings.records[0].optional == ("A", "AAAA")


def test_one_record_by_the_top_of_the_file() -> None:
    found = wish((), 'provider = "plain"\nname = "home.example.com"\ntoken = "sesame"\nserver = "https://here.example"\n')
    assert found.problems == ()
    assert found.settings.accounts["plain"].server == "https://here.example"
    assert [record.account for record in found.settings.records] == ["plain"]


def test_the_file_of_the_documentation() -> None:
    text = """
interface = ["wan", "ppp*"]          # preference order; globs

[account.cf]
provider = "cloudflare"
token_file = "/token"

[[record]]
name = "home.example.com"
type = ["A", "AAAA"]
account = "cf"
ttl = 60
"""
    found = wish((), text)
    record = found.settings.records[0]
    assert found.problems == ()
    assert (record.account, record.types, record.ttl, record.optional) == ("cf", ("A", "AAAA"), 60, ())
    assert record.selection is found.settings.selection
    assert record.selection.interfaces == ("wan", "ppp*")


ORDER = [
    ("default", (), {}, "", 2.0),
    ("file", (), {}, 'probe_timeout = "3s"', 3.0),
    ("variable-over-file", (), {"EDGE_AGENT_PROBE_TIMEOUT": "4s"}, 'probe_timeout = "3s"', 4.0),
    ("flag-over-variable", ("--probe-timeout", "5s"), {"EDGE_AGENT_PROBE_TIMEOUT": "4s"}, 'probe_timeout = "3s"', 5.0),
    ("last-flag", ("--probe-timeout", "5s", "--probe-timeout=6s"), {}, "", 6.0),
]


@pytest.mark.parametrize(("argv", "environ", "file", "wanted"), [row[1:] for row in ORDER], ids=[row[0] for row in ORDER])
def test_precedence(argv: tuple[str, ...], environ: dict[str, str], file: str, wanted: float) -> None:
    assert wish(["check", *argv], file, environ).settings.probe_timeout_for == wanted


def test_a_flag_beats_what_a_record_says() -> None:
    file = ACCOUNT + RECORD + "ttl = 60\n" + 'interface = "wan"\n'
    found = wish(["--ttl", "120"], file, {"EDGE_AGENT_INTERFACE": "ppp0,ppp1"}).settings.records[0]
    assert (found.ttl, found.selection.interfaces) == (120, ("ppp0", "ppp1"))


def test_flags_that_are_lists_add_up_and_variables_do_not_join_them() -> None:
    found = wish(["check", "-x", "lan0", "--exclude=lan1,lan0"], None, {"EDGE_AGENT_EXCLUDE": "docker*"})
    assert found.settings.selection.exclude == ("lan0", "lan1")


def test_verbosity_adds_up() -> None:
    assert wish(["check", "-vvq"]).settings.verbosity == 1


@pytest.mark.parametrize("argv", [["-h"], ["run", "--help"], ["--help", "--version"]])
def test_help_wins(argv: list[str]) -> None:
    assert wish(argv).command == "help"


def test_version_and_operands() -> None:
    assert wish(["--version"]).command == "version"
    assert wish(["providers", "--", "noip"])[:2] == ("providers", "noip")
    assert wish(["-v", "unlock", "-"])[:2] == ("unlock", "-")


def test_what_follows_the_source_of_a_hook_is_its_callers() -> None:
    found = arguments(["-v", "hook", "--config", "/x", "pppd", "ip-up", "--json", "--nonsense", "-h"])
    assert (found.command, found.operand, found.foreign) == ("hook", "pppd", ("ip-up", "--json", "--nonsense", "-h"))
    assert [(setting.name, given.value) for setting, given in found.given] == [("verbosity", "1"), ("config", "/x")]
    assert found.problems == ()
    assert arguments(["check", "a"]).foreign == ()


@pytest.mark.parametrize(("command", "log"), [("hook", "auto"), ("watch", "auto"), ("run", "stderr")])
def test_what_nobody_looks_at_logs_to_where_somebody_will(command: str, log: str) -> None:
    words = [command, *SINGLE, *(("udhcpc",) if command == "hook" else ())]
    assert wish(words).settings.log == log
    assert wish([words[0], "--log", "/var/log/x", *words[1:]]).settings.log == "/var/log/x"


def test_a_hook_without_records_has_nothing_to_do() -> None:
    assert told(["hook", "udhcpc"])[0].startswith("edge-agent: has no record to keep")


def test_flags_of_one_command_alone() -> None:
    found = wish(["pin", "wan2", "--for", "2h"])
    assert (found.command, found.operand, found.own, found.problems) == ("pin", "wan2", {"for": 7200.0}, ())
    found = wish(["install", "--list", "--root=/tmp/x", "--watch", "-c", FILE], RECORD + ACCOUNT)
    assert found.own == {"list": True, "root": "/tmp/x", "watch": True, "config": FILE}
    assert (wish(["uninstall", "--root", "/x"]).own, wish(["unpin"]).own) == ({"root": "/x"}, {})


def test_trouble_with_the_arguments_is_told_apart_from_trouble_with_the_file() -> None:
    found = wish(["install", "--for", "1h"], "nonsense")
    assert [problem.what for problem in found.usage] == ["is no flag of 'install'"]
    assert len(found.problems) == 2


def test_providers_does_not_read_the_file() -> None:
    assert wish(["providers", "--json"], "not toml").problems == ()


def test_with_provider_and_name_the_usual_file_is_not_read() -> None:
    assert wish(SINGLE, "not toml").problems == ()


def test_a_named_file_lends_its_settings_to_a_record_of_flags() -> None:
    texts = {"/my.toml": 'deadline = "9s"\nttl = 90\ntoken = "other"\nprovider = "open"\n' + ACCOUNT + RECORD}
    found = wish([*SINGLE, "--config", "/my.toml"], None, None, texts)
    assert found.problems == ()
    assert [record.account for record in found.settings.records] == ["plain"]
    assert (found.settings.deadline_for, found.settings.records[0].ttl) == (9.0, 90)
    assert found.settings.accounts["plain"].credentials["token"].reveal() == "sesame"


def test_explain_and_check_need_no_record() -> None:
    assert wish(["check"]).problems == ()
    found = wish(["explain"])
    assert (found.problems, found.settings.dry_run) == ((), True)


def test_names_pick_records_of_the_file() -> None:
    found = wish(["-n", "b.example"], ACCOUNT + '[[record]]\nname = ["a.example", "b.example"]\n')
    assert [record.name for record in found.settings.records] == ["b.example"]


def test_a_name_goes_to_the_only_account_of_a_file_without_records() -> None:
    found = wish(["-n", "b.example"], ACCOUNT)
    assert [(record.name, record.account) for record in found.settings.records] == [("b.example", "a")]


def test_a_family_of_no_record_leaves_it_out() -> None:
    file = ACCOUNT + '[[record]]\nname = "a.example"\ntype = "AAAA"\n[[record]]\nname = "b.example"\n'
    assert [(record.name, record.types) for record in wish(["-4"], file).settings.records] == [("b.example", ("A",))]


def test_a_variable_or_flag_fills_the_only_account() -> None:
    file = '[account.a]\nprovider = "two-keys"\naccount = "me"\nlogin = "us"\nkey = "one"\n' + RECORD
    found = wish((), file, {"EDGE_AGENT_PHRASE": "two", "EDGE_AGENT_KEY": "three"})
    assert found.problems == ()
    revealed = {name: secret.reveal() for name, secret in found.settings.accounts["a"].credentials.items()}
    assert revealed == {"account": "me", "login": "us", "key": "three", "phrase": "two"}


def test_a_password_variable_fills_the_one_secret_whatever_its_name() -> None:
    assert wish(SINGLE[:4], None, {"EDGE_AGENT_PASSWORD": "x"}).settings.accounts["plain"].credentials["token"].reveal() == "x"
    found = wish(SINGLE[:4], None, {"EDGE_AGENT_PASSWORD_FILE": "/token"})
    assert found.settings.accounts["plain"].credentials["token"].reveal() == "sesame"


def test_user_name_and_token_flags_find_the_services_own_names() -> None:
    found = wish(["-p", "noip", "-n", "a.example", "--username", "me", "--password-file", "/token"])
    assert {name: secret.reveal() for name, secret in found.settings.accounts["noip"].credentials.items()} == {
        "username": "me",
        "password": "sesame",
    }


def test_systemd_credentials_fill_what_is_missing() -> None:
    file = '[account.a]\nprovider = "plain"\n' + RECORD
    found = wish((), file, {"CREDENTIALS_DIRECTORY": "/run/c"}, {"/run/c/a.token": "vault\n"})
    assert found.problems == ()
    assert found.settings.accounts["a"].credentials["token"].reveal() == "vault"
    assert len(told((), file, {"CREDENTIALS_DIRECTORY": "/run/c"})) == 1


def test_an_account_may_have_the_name_of_a_service_or_its_alias() -> None:
    file = '[account.no-ip]\nprovider = "no-ip"\nusername = "me"\npassword = "x"\n' + RECORD + 'account = "no-ip"\n'
    found = wish((), file)
    assert (found.problems, found.settings.records[0].account) == ((), "no-ip")
    found = wish(["-p", "no-ip", "-n", "a.example", "--username", "me", "--token-file", "/token"])
    assert (found.problems, found.settings.records[0].account) == ((), "noip")


def test_a_path_in_the_file_is_relative_to_the_file() -> None:
    file = '[account.a]\nprovider = "plain"\ntoken_file = "t"\n' + RECORD
    assert wish((), file, None, {"/etc/t": "beside"}).settings.accounts["a"].credentials["token"].reveal() == "beside"
    found = wish(["-c", "my.toml"], None, None, {"my.toml": file, "t": "here"})
    assert found.settings.accounts["a"].credentials["token"].reveal() == "here"


def test_options_become_text() -> None:
    def options(text: str) -> Mapping[str, str]:
        file = f'[account.a]\nprovider = "two-keys"\naccount = 7\nlogin = "us"\nkey = "k"\nphrase = "p"\n{text}\n' + RECORD
        found = wish((), file)
        assert found.problems == ()
        return found.settings.accounts["a"].options

    assert options("single_family = true\nheaders = [\"A: b\", 'C: d']") == {"single_family": "yes", "headers": "A: b\nC: d"}
    assert options("single_family = false\n[account.a.headers]\nA = 1\nC = 'd'") == {"headers": "A: 1\nC: d"}
    assert options("headers = 5") == {"headers": "5"}
    assert options("headers = false") == {"headers": "false"}
    assert options("headers = true") == {"headers": "true"}


def test_a_custom_request_needs_no_server_where_it_has_a_url() -> None:
    file = '[account.a]\nprovider = "custom"\nurl = "https://dns.example/?n={hostname}&ip={ip}"\n' + RECORD
    assert told((), file) == []


# --- how an address is chosen ----------------------------------------------------------------------------------------


def chosen(argv: Sequence[str] = (), file: str = "") -> Selection:
    found = wish(["check", *argv], file)
    assert found.problems == ()
    return found.settings.records[0].selection if found.settings.records else found.settings.selection


def test_an_address_implies_its_source() -> None:
    assert chosen(["--address", "192.0.2.1", "--address", "2001:DB8::1"])[2:4] == ("static", ("192.0.2.1", "2001:db8::1"))
    assert chosen(["--command", "ip-of-wan"])[2:5] == ("command", (), "ip-of-wan")


def test_a_records_source_beats_an_address_for_all() -> None:
    assert chosen((), 'address = "192.0.2.1"\n' + ACCOUNT + RECORD + 'source = "echo"\n')[2:4] == ("echo", ())


def test_a_records_address_beats_a_source_for_all() -> None:
    assert chosen((), 'source = "echo"\n' + ACCOUNT + RECORD + 'address = "192.0.2.1"\n')[2:4] == ("static", ("192.0.2.1",))


def test_echo_services() -> None:
    both = ("https://a.example", "https://b.example")
    assert len(chosen().echo4) == len(chosen().echo6) == 3
    assert chosen(["--echo", "https://a.example https://b.example"])[5:7] == (both, both)
    own = chosen(["--echo", "https://a.example", "--echo6", "https://b.example"])
    assert (own.echo4, own.echo6) == (("https://a.example",), ("https://b.example",))


def test_allow() -> None:
    assert chosen(["--allow-private"]).allow == {"private", "shared", "unique_local"}
    assert chosen(["--allow", "temporary", "--allow", "transition"]).allow == {"temporary", "transition"}


# --- what is wrong ---------------------------------------------------------------------------------------------------

FLAGS = [
    ("unknown-flag", ["--interfce", "wan"], "--interfce: is no flag of edge-agent (did you mean --interface?)"),
    ("unknown-short", ["-z"], "-z: is no flag of edge-agent (see --help)"),
    ("no-value", ["--ttl"], "--ttl: wants a value (write --ttl SECONDS)"),
    ("no-value-but-flag", ["-i", "--json"], "-i: wants a value (write -i GLOB)"),
    ("no-value-but-end", ["-i", "--"], "-i: wants a value (write -i GLOB)"),
    ("value-of-switch", ["--json=yes"], "--json: takes no value ()"),
    ("token", ["--token", "hushhush"], "--token: does not exist: what it says would be visible to other users"),
    ("token=", ["--password=hushhush"], "--password: does not exist: what it says would be visible to other users"),
    ("token-like-flag", ["--secret", "--hushhush"], "--secret: does not exist: what it says would be visible to other users"),
    ("unknown-command", ["explian"], "argument 1: 'explian' is no command (did you mean explain?)"),
    ("stray-word", ["hushhush"], "argument 1: is no command (commands are run, explain"),
    ("word-too-many", ["check", "hushhush"], "argument 2: is one more than 'check' takes"),
    ("operand-too-many", ["unlock", "a", "b"], "argument 3: is one more than 'unlock' takes"),
    ("bad-value", ["check", "--ttl", "soon"], "--ttl: 'soon' is not a whole number"),
    ("bad-name", ["check", "-n", "a..b"], "-n: 'a..b' is not a DNS name"),
    ("bad-provider", ["-p", "cloudflair", "-n", "a.example"], "-p: provider 'cloudflair' is unknown (did you mean cloudflare"),
    ("strange-provider", ["-p", "0" * 60, "-n", "a.example"], "is unknown ('edge-agent providers' lists them)"),
    ("gone-provider", ["-p", "over", "-n", "a.example"], "-p: over is gone: it was shut down in 2020"),
    ("no-name", ["-p", "open"], "-p: says the service, but not the name to keep (add --name FQDN)"),
    (
        "no-credential",
        ["-p", "plain", "-n", "a.example"],
        "-p: plain needs token: its token (say it with token_file in the account or EDGE_AGENT_TOKEN or --token-file)",
    ),
    ("no-server", ["-p", "selfhosted", "-n", "a.example", "--token-file", "/token"], "-p: selfhosted has no address of its own"),
    ("no-user", [*SINGLE, "--username", "me"], "--username: plain knows no user name (plain takes token)"),
    (
        "two-users",
        ["-p", "two-keys", "-n", "a.example", "--username", "me"],
        "--username: two-keys knows more than one user name (set each",
    ),
    (
        "two-secrets",
        ["-p", "two-keys", "-n", "a.example", "--token-file", "/token"],
        "set each by its own name: EDGE_AGENT_KEY, EDGE_AGENT_PH",
    ),
    (
        "no-secrets",
        ["-p", "open", "-n", "a.example", "--token-file", "/token"],
        "--token-file: open knows no secret (open takes no cred",
    ),
    ("missing-file", [*SINGLE[:4], "--token-file", "/nowhere"], "--token-file: /nowhere does not exist"),
    ("readable-file", [*SINGLE[:4], "--token-file", "/open"], "--token-file: /open can be read by every user (chmod o= /open)"),
    (
        "two-lines",
        [*SINGLE[:4], "--token-file", "/lines"],
        "--token-file: /lines holds a line break or another control character (the file",
    ),
    (
        "no-account",
        ["explain", "--token-file", "/token"],
        "--token-file: belongs to an account, and there is none (add --provider NAME)",
    ),
    (
        "plain-http",
        [*SINGLE, "--server", "http://hushhost.example/hushhush"],
        "--server: hushhost.example is spoken to over plain http",
    ),
    ("plain-row", ["-p", "old", "-n", "a.example", "--token-file", "/token"], "-p: old.example is spoken to over plain http"),
    (
        "login-in-proxy",
        [*SINGLE, "--proxy", "http://me:hushhush@proxy.example"],
        "--proxy: holds a password that would be visible to other users of this machine (say it in EDGE_AGENT_PROXY",
    ),
    (
        "login-in-url",
        [*SINGLE, "--server", "https://me:hushhush@dns.example"],
        "--server: holds a user name or password before the host",
    ),
    ("ttl-low", [*SINGLE, "--ttl", "59"], "--ttl: ttl 59 of home.example.com is not between 60 and 600, the limits of plain"),
    ("ttl-none", ["-p", "open", "-n", "a.example", "--ttl", "60"], "--ttl: open sets the TTL itself (leave ttl out)"),
    ("no-family", ["-p", "two-keys", "-n", "a.example", "-6"], "-6: two-keys keeps no AAAA records (it keeps A)"),
    ("static-without", ["check", "--source", "static"], "--source: source is static, but no address is said"),
    ("command-without", ["check", "--source", "command"], "--source: source is command, but no command is said"),
    (
        "address-unasked",
        ["check", "--source", "echo", "--address", "192.0.2.1"],
        "--address: address is not asked for: source is echo",
    ),
    ("config-missing", ["-c", "/nowhere"], "-c: /nowhere does not exist"),
    ("config-unreadable", ["-c", "/broken"], "-c: /broken is a riddle (mend it)"),
    ("own-flag-elsewhere", ["run", "--root", "/x"], "--root: is no flag of 'run' (see --help)"),
    ("own-flag-wrong", ["pin", "wan2", "--for", "soon"], "--for: 'soon' is not a duration"),
    ("own-flag-without-value", ["pin", "wan2", "--for"], "--for: wants a value (write --for TIME)"),
    ("pin-what", ["pin"], "'pin': wants UPLINK (see --help)"),
    ("hook-of-whom", ["hook"], "'hook': wants SOURCE (see --help)"),
    ("nothing", [], f"edge-agent: has no record to keep: {USUAL_FILE} does not exist (begin with -p PROVIDER -n NAME"),
]


@pytest.mark.parametrize(("argv", "wanted"), [row[1:] for row in FLAGS], ids=[row[0] for row in FLAGS])
def test_flags(argv: list[str], wanted: str) -> None:
    found = told(argv, None, None, open="~sesame", lines="one\ntwo", broken="!is a riddle")
    assert [line for line in found if wanted in line] != [], found
    assert "hushhush" not in "".join(found)
    assert "sesame" not in "".join(found)


VARIABLES = [
    (
        "unknown",
        (),
        {"EDGE_AGENT_INTERFCE": "wan"},
        "EDGE_AGENT_INTERFCE: is no variable of edge-agent (did you mean EDGE_AGENT_INTERFACE?)",
    ),
    (
        "unknown-to-provider",
        SINGLE,
        {"EDGE_AGENT_TOKN_FILE": "x"},
        "EDGE_AGENT_TOKN_FILE: is neither a variable of edge-agent nor of plain",
    ),
    ("lower-case", (), {"EDGE_AGENT_ttl": "60"}, "EDGE_AGENT_ttl: is no variable of edge-agent (did you mean EDGE_AGENT_TTL?)"),
    ("value", (), {"EDGE_AGENT_QUORUM": "0"}, "EDGE_AGENT_QUORUM: '0' is not between 1 and 9"),
    ("secret-with-break", SINGLE[:4], {"EDGE_AGENT_TOKEN": "hush\nhush"}, "EDGE_AGENT_TOKEN: holds a line break"),
    ("vault", SINGLE[:4], {"CREDENTIALS_DIRECTORY": "/vault"}, "CREDENTIALS_DIRECTORY: /vault/plain.token is a riddle (mend it)"),
    ("missing-file", SINGLE[:4], {"EDGE_AGENT_TOKEN_FILE": "/nowhere"}, "EDGE_AGENT_TOKEN_FILE: /nowhere does not exist"),
    (
        "twice",
        SINGLE[:4],
        {"EDGE_AGENT_TOKEN_FILE": "/token", "EDGE_AGENT_TOKEN": "hush"},
        "token is said twice, also at EDGE_AGENT_TOKEN",
    ),
    (
        "option",
        ("-p", "two-keys", "-n", "a.b"),
        {"EDGE_AGENT_SINGLE_FAMILY": "maybe"},
        "EDGE_AGENT_SINGLE_FAMILY: single_family: 'maybe' is nei",
    ),
]


@pytest.mark.parametrize(("argv", "environ", "wanted"), [row[1:] for row in VARIABLES], ids=[row[0] for row in VARIABLES])
def test_variables(argv: tuple[str, ...], environ: dict[str, str], wanted: str) -> None:
    found = [
        f"{problem.origin}: {problem.what} ({problem.mend})"
        for problem in wish(argv, None, environ, {"/vault/plain.token": "!is a riddle"}).problems
    ]
    assert [line for line in found if wanted in line] != [], found
    assert "hush" not in "".join(found)


BAD_FILES = [
    ("syntax", "a = 1\nb = \n", 2, "is not TOML: Invalid value"),
    ("syntax-at-end", "a = [", 0, "is not TOML"),
    ("nesting", "a = " + "[" * 5000, 0, "is not TOML"),
    ("duplicate", "ttl = 1\nttl = 2\n", 2, "is not TOML"),
    ("unknown-key", 'x = """\nttl = 5\n"""\n\nintreface = "wan"\n', 5, "'intreface' is unknown (did you mean interface?)"),
    ("unknown-table", "[acount.a]\n", 1, "'acount' is unknown (did you mean account?)"),
    ("wrong-type", "ttl = [60]\n", 1, "ttl: a list is not a whole number"),
    ("bad-value", '\nprobe_timeout = "soon"\n', 2, "probe_timeout: 'soon' is not a duration (write a number and ms, s, m, h or d"),
    ("not-text", "interface = 4\n", 1, "interface: must be text in quotes"),
    ("list-of-numbers", "interface = [\n  4,\n]\n", 1, "interface: must be text in quotes"),
    ("flag-in-file", "force = true\n", 1, "force has no place here (it is a flag, for one run)"),
    ("record-key-at-top", 'account = "a"\n', 1, "account is a table (write [account.NAME] and its keys below)"),
    ("secret-at-top", 'token = "hush"\n', 1, "token belongs to an account (write provider beside it"),
    (
        "account-without-name",
        '[account]\nprovider = "plain"\n',
        2,
        "'provider' stands outside of any account (write [account.NAME]",
    ),
    ("account-name", '[account."a b"]\nprovider = "open"\n', 1, "'a b' is no name for an account"),
    ("account-without-provider", "[account.a]\n", 1, "account 'a' names no provider"),
    ("provider-number", "[account.a]\nprovider = 4\n", 2, "provider: must be text in quotes"),
    ("provider-unknown", '[account.a]\nprovider = "noipp"\n', 2, "provider 'noipp' is unknown (did you mean noip"),
    ("credential-missing", '[account.a]\n\nprovider = "plain"\n', 3, "plain needs token"),
    ("credential-unknown", ACCOUNT + "tokn = 'hush'\n", 4, "'tokn' is unknown to plain (did you mean token?)"),
    ("credential-far-off", ACCOUNT + "certificate = 'hush'\n", 4, "'certificate' is unknown to plain (plain takes token)"),
    ("credential-twice", ACCOUNT + "token = 'hush'\n", 4, "token is said twice, also at /etc/edge-agent.toml:3"),
    ("credential-table", '[account.a]\nprovider = "plain"\ntoken = {a = "hush"}\n', 3, "token: must be text in quotes"),
    ("credential-empty", '[account.a]\nprovider = "plain"\ntoken = ""\n', 3, "token: is empty"),
    ("file-number", '[account.a]\nprovider = "plain"\ntoken_file = 4\n', 3, "token_file: must be text in quotes"),
    ("file-missing", '[account.a]\nprovider = "plain"\ntoken_file = "/nowhere"\n', 3, "/nowhere does not exist"),
    ("server-bad", ACCOUNT + 'server = "https://me:hush@dns.example"\n', 4, "server: holds a user name or password"),
    ("server-plain", ACCOUNT + 'server = "http://dns.example/hush"\n', 4, "dns.example is spoken to over plain http"),
    ("option-table", '[account.a]\nprovider = "two-keys"\nheaders = [["hush"]]\n', 3, "headers: must be text in quotes"),
    (
        "option-date",
        '[account.a]\nprovider = "two-keys"\nheaders = 2026-01-01\n',
        3,
        "headers: must be text, a number, true or false",
    ),
    ("option-nested", '[account.a]\nprovider = "two-keys"\nheaders = {A = {b = "hush"}}\n', 3, "headers: must be text in quotes"),
    (
        "option-plain",
        '[account.a]\nprovider = "custom"\nurl = "http://dns.example/hush"\n',
        3,
        "dns.example is spoken to over plain http",
    ),
    ("option-unfit", '[account.a]\nprovider = "custom"\nurl = "https://dns.example/{hostnme}"\n', 2, "hostnme"),
    ("same-account", 'provider = "open"\n[account.open]\nprovider = "open"\n', 3, "account open is said twice"),
    (
        "record-not-list",
        ACCOUNT + "[record]\nname = 'a.example'\n",
        4,
        "a record is one of a list (write [[record]], with two brackets)",
    ),
    ("record-not-table", "record = [4]\n" + ACCOUNT, 1, "a record is a table"),
    ("record-without-name", ACCOUNT + "[[record]]\nttl = 60\n", 4, "the record has no name"),
    ("record-unknown-key", ACCOUNT + RECORD + "tll = 60\n", 6, "'tll' is unknown (did you mean ttl?)"),
    ("record-strange-key", ACCOUNT + RECORD + "colour = 60\n", 6, "'colour' is unknown (a record takes interface, exclude"),
    ("record-bad-name", ACCOUNT + "[[record]]\nname = 'a..b'\n", 5, "name: 'a..b' is not a DNS name"),
    ("record-bad-ttl", ACCOUNT + RECORD + "\nttl = 5\n", 7, "ttl 5 of home.example.com is not between 60 and 600"),
    ("record-bad-type", ACCOUNT + RECORD + "type = 'MX'\n", 6, "type: 'MX' is not a type of address record"),
    ("record-account", ACCOUNT + RECORD + "account = 'b'\n", 6, "account 'b' does not exist (accounts are a)"),
    ("record-near-account", '[account.office]\nprovider = "open"\n' + RECORD + "account = 'offcie'\n", 5, "(did you mean office?)"),
    ("record-no-account", RECORD, 1, "the record names no account, and there is none (add [account.NAME])"),
    ("record-lost-account", RECORD + "account = 'b'\n", 3, "account 'b' does not exist (add [account.NAME])"),
    (
        "record-which",
        ACCOUNT + ACCOUNT.replace("a]", "b]") + RECORD,
        7,
        "the record names no account, and there are 2 (accounts are a, b)",
    ),
    (
        "record-type-of-provider",
        '[account.a]\nprovider = "1984"\ntoken = "x"\n' + RECORD + 'type = "AAAA"\n',
        6,
        "1984 keeps no AAAA",
    ),
    ("record-zone", ACCOUNT + RECORD + "zone = 'ple.com'\n", 6, "home.example.com does not lie in the zone ple.com"),
    ("record-source", ACCOUNT + RECORD + "source = 'static'\n", 6, "source is static, but no address is said"),
    ("record-twice", ACCOUNT + RECORD + RECORD, 7, "home.example.com A is kept already, see /etc/edge-agent.toml:5"),
    ("record-source-later", ACCOUNT + RECORD + "source = 'stun'\n", 6, "source: 'stun' is not one of auto, interface"),
    ("name-at-top-alone", "name = 'a.example'\n", 1, "the record names no account, and there is none"),
]


@pytest.mark.parametrize(("file", "line", "wanted"), [row[1:] for row in BAD_FILES], ids=[row[0] for row in BAD_FILES])
def test_files(file: str, line: int, wanted: str) -> None:
    found = told((), file)
    origin = f"{FILE}:{line}: " if line else FILE
    assert [said for said in found if said.startswith(origin) and wanted in said] != [], found
    assert "hush" not in "".join(found)


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    file = 'ttk = 4\n[account.a]\nprovider = "plain"\ntoken_file = "/nowhere"\n[[record]]\nname = "a b"\n[[record]]\nnam = "b"\n'
    found = told(["--ttl", "x"], file)
    assert [line.partition(" ")[0] for line in found] == [
        "--ttl:", *(f"{FILE}:{line}:" for line in (1, 4, 6, 7, 8))
    ]  # fmt: skip


def test_a_broken_account_is_told_once_however_many_records_it_has() -> None:
    names = ", ".join(f'"r{number}.example"' for number in range(50))
    found = told(
        (), f'[account.a]\nprovider = "nope"\n[[record]]\nname = [{names}]\n[[record]]\nname = "x.example"\naccount = "a"\n'
    )
    assert len(found) == 1


def test_an_unreadable_usual_file_is_told() -> None:
    assert told((), "!cannot be read") == [f"{FILE}: {FILE} cannot be read (mend it)"]


def test_a_file_with_a_secret_in_it_must_not_be_readable_by_others() -> None:
    inline = '[account.a]\nprovider = "plain"\ntoken = "hush"\n' + RECORD
    assert told((), inline) == []
    assert told((), "~" + inline) == [f"{FILE}:3: {FILE} can be read by every user (chmod o= {FILE})"]
    assert told((), "~" + ACCOUNT + RECORD) == []
    assert told((), '~proxy = "http://me:hush@proxy.example"\n' + ACCOUNT + RECORD) == [
        f"{FILE}:1: {FILE} can be read by every user (chmod o= {FILE})"
    ]
    assert told((), '~proxy = "http://proxy.example"\n' + ACCOUNT + RECORD) == []


def test_flags_of_an_account_need_to_know_which() -> None:
    file = ACCOUNT + ACCOUNT.replace("a]", "b]")
    assert told(["check", "--server", "https://x.example"], file) == [
        "--server: belongs to an account, and there are 2 (say it in the file, below [account.NAME])"
    ]
    assert told(["check"], file, {"EDGE_AGENT_TOKEN": "hush"}) != []
    assert told(["check"], None, {"EDGE_AGENT_TOKEN": "hush"}) == []


def test_a_name_that_the_file_has_not() -> None:
    found = told(["-n", "hom.example.com"], ACCOUNT + RECORD)
    assert found == ["-n: hom.example.com is not among the file's records (did you mean home.example.com?)"]


def test_a_family_that_leaves_nothing() -> None:
    assert told(["-6"], ACCOUNT + RECORD + 'type = "A"\n') == ["-6: leaves no record to keep (no record has a type of that family)"]


def test_a_file_without_records() -> None:
    assert told((), ACCOUNT)[0].startswith(f"edge-agent: has no record to keep: {FILE} names none")


def test_plain_http_where_the_user_accepts_it_or_nobody_listens() -> None:
    assert told((), ACCOUNT + 'server = "http://dns.example"\ninsecure_http = true\n' + RECORD) == []
    assert told([*SINGLE, "--server", "http://127.0.0.1:8080/"]) == []
    assert wish([*SINGLE, "--server", "http://dns.example"], None, {"EDGE_AGENT_INSECURE_HTTP": "yes"}).problems == ()


def test_a_ttl_for_all_passes_by_a_service_that_sets_its_own() -> None:
    found = wish((), 'ttl = 60\n[account.a]\nprovider = "open"\n' + RECORD)
    assert (found.problems, found.settings.records[0].ttl) == ((), None)


def test_where_several_credentials_do_one_is_enough() -> None:
    assert told((), '[account.a]\nprovider = "cloudflare"\nemail = "me@example.com"\nkey = "k"\n' + RECORD) == []


# --- what changes the fingerprint ------------------------------------------------------------------------------------


def marks(account: str = "", record: str = "", token: str = "x") -> tuple[str, str]:
    found = wish((), f'[account.a]\nprovider = "plain"\ntoken = "{token}"\n{account}\n' + RECORD + record)
    assert found.problems == ()
    return found.settings.accounts["a"].fingerprint, found.settings.records[0].fingerprint


def test_fingerprints_change_with_what_the_service_sees_and_nothing_else() -> None:
    plain = marks()
    assert plain == marks(record='interface = "wan"\n') == marks(account="insecure_http = true")
    assert {len(mark) for mark in plain} == {16}
    for other in (marks(token="y"), marks(account='server = "https://x.example"')):
        assert plain[0] != other[0]
        assert plain[1] != other[1]
    for other in (marks(record="ttl = 60\n"), marks(record='zone = "example.com"\n')):
        assert plain[0] == other[0]
        assert plain[1] != other[1]


def test_a_thousand_records_are_read_in_linear_time() -> None:
    def seconds_for(count: int) -> float:
        records = "".join(f'[[record]]\nname = "r{number}.example.com"\nttl = 60\n' for number in range(count))
        begun = time.process_time()  # others may use the machine too
        found = wish((), ACCOUNT + records)
        assert len(found.settings.records) == count
        assert {id(record.selection) for record in found.settings.records} == {id(found.settings.selection)}
        return time.process_time() - begun

    seconds_for(10)
    assert seconds_for(2000) < 30 * seconds_for(200) + 0.2
