"""The texts of systemd's units (systemd.exec(5), systemd.timer(5)). Each service has a sandbox, and no right that is not used."""

from typing import Final

from edge_agent.install import EVERY, Need, Piece

HOME: Final = "/etc/systemd/system"
TIMER: Final = "edge-agent.timer"
WATCH: Final = "edge-agent-watch.service"
_VAULT: Final = "${CREDENTIALS_DIRECTORY}"  # %d says the same, from systemd 250 on
_MEMORY: Final = "/run/edge-agent"
LEFT: Final = (_MEMORY, "/run/private/edge-agent")  # what DynamicUser= makes of it, and leaves there: a link and a directory
_PRIVATE: Final = ("/root", "/home", "/run/user")  # what ProtectHome= hides
_MANAGED: Final = (("/run/", "RuntimeDirectory"), ("/var/lib/", "StateDirectory"), ("/var/log/", "LogsDirectory"))

# No PrivateUsers (it would take the capabilities), no ProcSubset=pid (/proc/sys/kernel/random/boot_id is read).
# MemoryDenyWriteExecute suits the single executable and CPython; see the comment on `command` in the service.
_SANDBOX: Final = """\
NoNewPrivileges=yes
ProtectSystem=strict
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
KeyringMode=private
UMask=0077
"""


def pieces_of_timer(need: Need) -> tuple[Piece, ...]:
    """Return the periodic look: a service, its timer, and the link that `systemctl enable` would make."""
    link = f"{HOME}/timers.target.wants/{TIMER}"
    return (
        Piece("systemd timer", f"{HOME}/edge-agent.service", _service(need)),
        Piece("systemd timer", f"{HOME}/{TIMER}", _timer(), links=(link,)),
        Piece("systemd timer", link, f"{HOME}/{TIMER}", "link"),
    )


def pieces_of_watch(need: Need) -> tuple[Piece, ...]:
    """Return the resident watch and the link that `systemctl enable` would make."""
    link = f"{HOME}/multi-user.target.wants/{WATCH}"
    return (
        Piece("systemd service", f"{HOME}/{WATCH}", _watch(need), links=(link,)),
        Piece("systemd service", link, f"{HOME}/{WATCH}", "link"),
    )


def _timer() -> str:
    return f"""\
[Unit]
Description=Look every {EVERY} minutes for what no hook tells

[Timer]
OnBootSec=1min
OnUnitActiveSec={EVERY}min
# spread over all machines, the same at every boot of one: nobody's service is asked by everybody at once
RandomizedDelaySec=1min
FixedRandomDelay=yes
AccuracySec=5s

[Install]
WantedBy=timers.target
"""


def _service(need: Need) -> str:
    return f"""\
[Unit]
Description=Keep DNS names pointing at this machine
After=network.target

[Service]
# Root, because hooks run as root and share /run/edge-agent with this: memory that belongs to another user is refused.
# A program of `source = command` runs in this sandbox too. One that must write, or compiles at run time (Java, node), needs
# more: systemctl edit edge-agent.service
Type=oneshot
{_made(need.state_dir)}\
ExecStart={_line(need.agent, "run", *need.flags)}
# the network is away: the next look will do
SuccessExitStatus=3
TimeoutStartSec=10min
{_directories(_written(need))}\
CapabilityBoundingSet=CAP_NET_RAW CAP_DAC_READ_SEARCH
ProtectHome={_home((need.agent, need.config, *need.credentials.values(), need.ca_file or ""))}
{_SANDBOX}"""


def _copied(need: Need) -> tuple[str, list[str]]:
    """Return the lines that let systemd copy what the service may not read, and the flags that name the copies."""
    copies = {"edge-agent.toml": need.config, **need.credentials}
    flags = ["--config", f"{_VAULT}/edge-agent.toml"]
    if need.ca_file:
        copies["ca.pem"] = need.ca_file
        flags += ["--ca-file", f"{_VAULT}/ca.pem"]
    return "".join(f"LoadCredential={name}:{_escaped(path)}\n" for name, path in copies.items()), flags


def _watch(need: Need) -> str:
    loads, flags = _copied(need)
    if need.state_dir is None:  # where root's is too, and not where users have theirs: `status` finds it there
        flags += ["--state-dir", _MEMORY]
    others = _without(need.flags, "--config")
    return f"""\
[Unit]
Description=Keep DNS names pointing at this machine (resident)
After=network.target
# memory is root's or this one's: a package may have brought a timer too
Conflicts={TIMER} edge-agent.service
AssertPathExists={_escaped(need.config)}

[Service]
# A user of its own that has no more than CAP_NET_RAW. It cannot read the settings nor the files with secrets: systemd copies
# them when the service starts. After a change of them: systemctl restart {WATCH}
# A program of `source = command` runs as that user and in this sandbox: it can ask the network and read what everybody can.
DynamicUser=yes
{loads}\
Type=notify
# the single executable works in a child process
NotifyAccess=all
WatchdogSec=3min
ExecStart={_line(need.agent, "watch", *flags, *others)}
Restart=on-failure
RestartSec=10s
# wrong settings do not mend themselves
RestartPreventExitStatus=2
KillMode=mixed
TimeoutStopSec=30s
{_directories(_written(need))}\
AmbientCapabilities=CAP_NET_RAW
CapabilityBoundingSet=CAP_NET_RAW
ProtectHome={_home((need.agent,))}
{_SANDBOX}
[Install]
WantedBy=multi-user.target
"""


def _written(need: Need) -> tuple[str, ...]:
    """Return the directories in which it writes."""
    log = need.log_file.rpartition("/")[0] if need.log_file else None
    return tuple(path for path in (need.state_dir or _MEMORY, log) if path)


def _made(state_dir: str | None) -> str:
    """Return the line that makes a directory for memory where systemd does not: outside of the sandbox, before it is built."""
    if not state_dir or is_managed(state_dir):
        return ""
    return f"ExecStartPre=+{_line('/bin/mkdir', '-p', '-m', '0700', state_dir)}\n"


def is_managed(path: str) -> bool:
    """Tell whether systemd makes this directory, and gives it to the user of a service."""
    return any(path.startswith(top) and path.strip("/") != top.strip("/") for top, _ in _MANAGED)


def _directories(paths: tuple[str, ...]) -> str:
    """Return the lines that let the service write there: systemd makes what lies in its own places, else it must be there."""
    lines: dict[str, None] = {}
    for path in paths:
        kind, name = next(((kind, path[len(top) :]) for top, kind in _MANAGED if path.startswith(top)), ("", ""))
        if name.strip("/"):
            lines |= dict.fromkeys((f"{kind}={_escaped(name)}", f"{kind}Mode=0700"))
            if kind == "RuntimeDirectory":
                lines["RuntimeDirectoryPreserve=yes"] = None
        else:
            lines[f"ReadWritePaths=-{_word(path)}"] = None
    return "".join(f"{line}\n" for line in lines)


def _home(paths: tuple[str, ...]) -> str:
    """Return how much of the users' homes is shown: nothing, unless something lies there that must be read."""
    return "read-only" if any(path.startswith(f"{home}/") for path in paths for home in _PRIVATE) else "yes"


def _without(flags: tuple[str, ...], flag: str) -> tuple[str, ...]:
    place = flags.index(flag) if flag in flags else len(flags)
    return flags[:place] + flags[place + 2 :]


def _line(*words: str) -> str:
    return " ".join(_word(word) for word in words)


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _word(word: str) -> str:
    """Return a word of a command line (systemd.service(5)): specifiers doubled; quoted where a blank would part it."""
    text = _escaped(word)
    if not word.startswith(_VAULT):
        text = text.replace("\\", "\\\\").replace("$", "$$")
    return '"' + text.replace('"', '\\"') + '"' if set(" \t\"'") & set(text) else text
