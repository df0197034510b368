"""Every setting once: flag, EDGE_AGENT_ variable, key in the file, check, default, line of help, row of the README.

A default is text that goes through the same check as anybody's text. What a provider wants to know beyond these
(credentials, options) is in that provider's own facts.
"""

from typing import Final, NamedTuple

from edge_agent import checks, urls
from edge_agent.checks import Check

PREFIX: Final = "EDGE_AGENT_"
USUAL_FILE: Final = "/etc/edge-agent.toml"

COMMANDS: Final = {
    "run": "look, choose, post what differs, exit (this is what happens when no command is given)",
    "explain": "show every candidate address, why each lost, what would be sent; sends no update",
    "hook": "called by a DHCP or PPP client or network manager: reads its arguments and environment; always exits 0",
    "watch": "stay resident: kernel events and a periodic look; each update runs in a child that exits",
    "status": "show what was last published, when, from where, and every pause and lock-out",
    "check": "read the settings and report every problem with its origin",
    "providers": "list the services; with a name: its credentials, options, limits and traps",
    "install": "put hooks and a timer in place for what this machine runs",
    "uninstall": "take everything away again that install put in place",
    "pin": "choose an uplink by hand for a while",
    "unpin": "end that",
    "unlock": "forget the lock-outs of a record (of all records, when none is named)",
}
OPERANDS: Final = {"hook": "SOURCE", "pin": "UPLINK", "providers": "NAME", "unlock": "RECORD"}
REQUIRED: Final = frozenset({"hook", "pin"})  # commands that mean nothing without their operand

# What people type, and why it is refused: the arguments of a process are open to every user of the machine.
NEVER_FLAGS: Final = frozenset({"--token", "--password", "--key", "--secret", "--api-key", "--apikey", "--pass"})


class Flag(NamedTuple):
    """One spelling on the command line; `says` is the text that it stands for, None where it wants a value."""

    spelling: str
    says: str | None = None


class Setting(NamedTuple):
    """One row. `fold` tells what several flags of one setting make: the last one, a joined list, or a sum."""

    name: str
    about: str
    check: Check
    value: str = ""  # what the value is called in --help
    flags: tuple[Flag, ...] = ()
    scopes: frozenset[str] = frozenset({"global"})  # where the file may say it: global account record
    default: str | None = None
    fold: str = "last"

    @property
    def variable(self) -> str:
        """The environment variable; empty for what only makes sense beside other keys of the file."""
        return f"{PREFIX}{self.name.upper()}" if self.flags or "global" in self.scopes else ""


def _flags(*spellings: str) -> tuple[Flag, ...]:
    """Return flags from spellings; `-4=4` is a flag without a value that says 4."""
    return tuple(Flag(spelling, says if equals else None) for spelling, equals, says in (text.partition("=") for text in spellings))


_NOWHERE: Final[frozenset[str]] = frozenset()  # a flag and a variable, never a key: in a file it would hold for every run
_HERE: Final = frozenset({"global", "record"})
_LOGIN: Final = frozenset({"global", "account"})

_ECHO4: Final = "https://api.ipify.org https://ipv4.icanhazip.com https://v4.ident.me"
_ECHO6: Final = "https://api6.ipify.org https://ipv6.icanhazip.com https://v6.ident.me"

_SOURCES: Final = ("auto", "interface", "echo", "command", "static")
_PASSING: Final = ("private", "shared", "unique_local", "temporary", "transition", "reserved")

_globs = checks.many(checks.interface)
_services = checks.many(urls.url, " ")

# fmt: off
SETTINGS: Final = (
    Setting("config", "file with settings", checks.text, "FILE", _flags("-c", "--config"), _NOWHERE),
    Setting("interface", "interfaces to publish from, in order of preference",
            _globs, "GLOB", _flags("-i", "--interface"), _HERE, fold="join"),
    Setting("exclude", "interfaces never to publish from", _globs, "GLOB", _flags("-x", "--exclude"), _HERE, fold="join"),
    Setting("family", "address families to keep: 4, 6",
            checks.many(checks.family), "4|6", _flags("-4=4", "-6=6"), default="4,6", fold="join"),
    Setting("source", "where the address comes from",
            checks.one_of(*_SOURCES), "|".join(_SOURCES), _flags("--source"), _HERE, "auto"),
    Setting("address", "the address itself (source static)",
            checks.many(checks.address), "ADDR", _flags("--address"), _HERE, fold="join"),
    Setting("command", "program that prints the address (source command)", checks.text, "CMD", _flags("--command"), _HERE),
    Setting("echo", "services that tell the caller's address, for both families",
            _services, "URL", _flags("--echo"), _HERE, fold="join"),
    Setting("echo4", "the same for IPv4 alone", _services, "URL", _flags("--echo4"), _HERE, _ECHO4, "join"),
    Setting("echo6", "the same for IPv6 alone", _services, "URL", _flags("--echo6"), _HERE, _ECHO6, "join"),
    Setting("quorum", "how many echo services must agree, where there are several",
            checks.whole(1, 9), "N", _flags("--quorum"), _HERE, "2"),
    Setting("check", "how sure an uplink must be: gateway asks the next hop, outside asks through it",
            checks.one_of("off", "gateway", "outside"), "off|gateway|outside", _flags("--check"), _HERE, "gateway"),
    Setting("failover_after", "looks in a row, a second apart, at which the uplink in use must fail before another one is taken",
            checks.whole(1, 100), "N", _flags("--failover-after"), default="2"),
    Setting("failback_after", "how long a better uplink must have worked before it is taken again",
            checks.duration, "TIME", _flags("--failback-after"), default="60s"),
    Setting("probe_timeout", "longest wait for all probes", checks.duration, "TIME", _flags("--probe-timeout"), default="2s"),
    Setting("update_via", "uplink that carries the update: any, same (the one whose address is published), or an interface",
            checks.interface, "any|same|IFACE", _flags("--update-via"), default="any"),
    Setting("allow_private", "publish private, shared and unique local addresses too",
            checks.switch, "", _flags("--allow-private=true"), _HERE, "false"),
    Setting("allow", "publish these kinds too: " + ", ".join(_PASSING),
            checks.many(checks.one_of(*_PASSING)), "KIND", _flags("--allow"), _HERE, fold="join"),
    Setting("provider", "service that holds the name", checks.text, "NAME", _flags("-p", "--provider"), _LOGIN),
    Setting("name", "DNS name to keep; beside a file that has records: only these of them",
            checks.many(checks.fqdn), "FQDN", _flags("-n", "--name"), _HERE, fold="join"),
    Setting("type", "record types to keep; where not said, those that the families and the service allow",
            checks.many(checks.record_type), "A|AAAA", (), _HERE),
    Setting("account", "account that a record belongs to; where not said, the only one",
            checks.word, "NAME", (), frozenset({"record"})),
    Setting("values", "what a name says: one, the best uplink's address, or each, one value for every uplink that works",
            checks.one_of("one", "each"), "one|each", (), _HERE, "one"),
    Setting("create", "whether a name that has no record yet may get one", checks.switch, "true|false", (), _HERE, "true"),
    Setting("zone", "zone of the name, where the service should not look for it", checks.fqdn, "FQDN", (), _HERE),
    Setting("ttl", "time to live of the record in seconds", checks.whole(1, 604800), "SECONDS", _flags("--ttl"), _HERE),
    Setting("username", "user name, by whatever name the service calls it", checks.text, "NAME", _flags("--username")),
    Setting("token_file", "file with the secret, by whatever name the service calls it",
            checks.text, "FILE", _flags("--token-file", "--password-file")),
    Setting("token", "the secret itself; there is no flag for it", checks.text, "TEXT"),
    Setting("server", "base address of a self-hosted or test service; of a name server, dns://HOST",
            urls.server, "URL", _flags("--server"), _LOGIN),
    Setting("insecure_http", "send this account's credentials over plain http",
            checks.switch, "true|false", (), _LOGIN, "false"),
    Setting("ca_file", "certificates to trust instead of the system's", checks.text, "FILE", _flags("--ca-file")),
    Setting("proxy", "HTTP proxy for updates", urls.proxy, "URL", _flags("--proxy")),
    Setting("state_dir", "directory for what must be remembered", checks.text, "DIR", _flags("--state-dir")),
    Setting("deadline", "longest time a run may take", checks.duration, "TIME", _flags("--deadline"), default="30s"),
    Setting("settle", "longest wait for what a hook tells of", checks.duration, "TIME", _flags("--settle"), default="3s"),
    Setting("watch_every", "how often watch looks although nothing was announced",
            checks.duration, "TIME", _flags("--watch-every"), default="5m"),
    Setting("force_after", "post again after this time although nothing changed",
            checks.duration, "TIME", _flags("--force-after")),
    Setting("force", "post now although nothing changed; lock-outs still hold",
            checks.switch, "", _flags("--force=true"), _NOWHERE, "false"),
    Setting("dry_run", "decide and report, send no update", checks.switch, "", _flags("--dry-run=true"), _NOWHERE, "false"),
    Setting("json", "report as one JSON object on standard output", checks.switch, "", _flags("--json=true"), default="false"),
    Setting("verbosity", "-v adds the reasons, -vv tracebacks; -q leaves out the changes",
            checks.whole(-1, 3), "N", _flags("-v=1", "--verbose=1", "-q=-1", "--quiet=-1"), default="0", fold="sum"),
    Setting("gate", "end at once where nothing has changed since a run that found nothing to do",
            checks.switch, "true|false", _flags("--no-gate=false"), default="true"),
    Setting("log", "where trouble goes", checks.log, "stderr|syslog|FILE", _flags("--log"), default="stderr"),
    Setting("log_format", "lines for people or JSON objects",
            checks.one_of("text", "json"), "text|json", _flags("--log-format"), default="text"),
)
# fmt: on

# Flags that one command alone takes: never variables, never keys of the file.
_ROOT: Final = Setting("root", "work on the tree below DIR and start nothing", checks.text, "DIR", _flags("--root"), _NOWHERE)
EXTRA: Final = {
    "install": (
        Setting("list", "show what was found and what would be put where", checks.switch, "", _flags("--list=true"), _NOWHERE),
        _ROOT,
        Setting("watch", "put in the resident watch instead of hooks and a timer",
                checks.switch, "", _flags("--watch=true"), _NOWHERE),
        Setting("agent", "the executable that the hooks are to call", checks.text, "FILE", _flags("--agent"), _NOWHERE),
    ),
    "uninstall": (_ROOT,),
    "check": (
        Setting("online", "log in to every account and look at its records; changes nothing",
                checks.switch, "", _flags("--online=true"), _NOWHERE),
    ),
    "pin": (Setting("for", "how long (default: 1h)", checks.duration, "TIME", _flags("--for"), _NOWHERE),),
}  # fmt: skip

HANDED: Final = ("config", "state_dir")  # flags that `install` writes into every call of the agent

BY_NAME: Final = {setting.name: setting for setting in SETTINGS}
EXTRA_FLAGS: Final = {flag.spelling: (setting, flag) for own in EXTRA.values() for setting in own for flag in setting.flags}
BY_FLAG: Final = {flag.spelling: (setting, flag) for setting in SETTINGS for flag in setting.flags}
SELECTION: Final = (
    "interface", "exclude", "source", "address", "command", "echo", "echo4", "echo6", "quorum", "check", "allow_private", "allow",
)  # fmt: skip


def keys(scope: str) -> tuple[str, ...]:
    """Return the keys that the file may have in a place: global, account or record."""
    return tuple(setting.name for setting in SETTINGS if scope in setting.scopes)


def spelled(setting: Setting) -> str:
    """Return the flags of a setting as --help shows them."""
    words = ", ".join(flag.spelling for flag in setting.flags)
    takes = any(flag.says is None for flag in setting.flags)
    return f"{words} {setting.value}" if takes else words


def usage() -> str:
    """Return the whole of --help."""
    lines = ["usage: edge-agent [COMMAND] [FLAGS]", "", "commands:"]
    for name, about in COMMANDS.items():
        operand = OPERANDS.get(name, "")
        shown = f"{name} {operand if name in REQUIRED else f'[{operand}]'}" if operand else name
        lines.append(f"  {shown:<20}{about}")
        lines += [f"    {spelled(setting):<18}{setting.about}" for setting in EXTRA.get(name, ())]
    lines += ["", "flags (each is also a variable EDGE_AGENT_... and a key of the file):"]
    for setting in SETTINGS:
        if setting.flags:
            lines += _entry(setting)
    lines += [
        "  -h, --help",
        "  --version",
        "",
        f"settings file: {USUAL_FILE} (or --config, {PREFIX}CONFIG); durations: 500ms 2s 5m 2h 1d",
    ]
    lines += ["exit codes: 0 done or nothing to do, 1 internal error, 2 settings or usage, 3 network: later, 4 a person is needed"]
    lines += [f"secrets are never flags: use --token-file, {PREFIX}TOKEN or the file"]
    return "\n".join(lines)


def _entry(setting: Setting) -> list[str]:
    about = setting.about
    if setting.default not in {None, "false"}:
        about += f" (default: {setting.default})" if setting.name not in {"echo4", "echo6"} else " (default: three public services)"
    return [f"  {spelled(setting)}", f"      {about}"]
