"""The texts of services other than systemd's: OpenWrt's procd, FreeBSD's rc, macOS's launchd, Windows' task scheduler."""

from typing import Final

from edge_agent.install import EVERY, LABEL, Need, Piece
from edge_agent.snippets import quoted

HOOK: Final = f"{LABEL}-hook"  # the job that the network calls
_XML: Final = ("<!-- ", " -->")
_UTF16: Final = "utf-16"  # what schtasks /xml reads


# --- resident --------------------------------------------------------------------------------------------------------


def procd(need: Need) -> tuple[Piece, ...]:
    """Return OpenWrt's service, with the links that its `enable` makes. Settings that changed restart it at the next `reload`."""
    words = " ".join(map(quoted, (need.agent, "watch", *need.flags)))
    text = f"""\
#!/bin/sh /etc/rc.common

START=95
STOP=10
USE_PROCD=1

start_service() {{
	procd_open_instance
	procd_set_param command {words}
	procd_set_param respawn 3600 10 0
	procd_set_param stderr 1
	procd_set_param term_timeout 15
	procd_close_instance
}}

reload_service() {{
	procd_send_signal edge-agent
}}
"""
    links = ("/etc/rc.d/S95edge-agent", "/etc/rc.d/K10edge-agent")
    return (
        Piece("procd service", "/etc/init.d/edge-agent", text, mode=0o755, links=links),
        *(Piece("procd service", link, "../init.d/edge-agent", "link") for link in links),
    )


def rc_d(need: Need) -> tuple[Piece, ...]:
    """Return FreeBSD's service, and the file that switches it on (rc.conf(5))."""
    words = " ".join(map(quoted, (need.agent, "watch", *need.flags)))
    text = f"""\
#!/bin/sh

# PROVIDE: edge_agent
# REQUIRE: NETWORKING
# KEYWORD: shutdown

. /etc/rc.subr

name=edge_agent
rcvar=edge_agent_enable
load_rc_config $name
: ${{edge_agent_enable:=NO}}
pidfile=/var/run/edge_agent.pid
command=/usr/sbin/daemon
command_args="-r -R 10 -S -T edge-agent -P $pidfile {words}"
run_rc_command "$1"
"""
    return (
        Piece("rc service", "/usr/local/etc/rc.d/edge_agent", text, mode=0o755),
        Piece("rc service", "/etc/rc.conf.d/edge_agent", 'edge_agent_enable="YES"\n'),
    )


def launchd(need: Need, *, watch: bool = False) -> tuple[Piece, ...]:
    """Return macOS's jobs (launchd.plist(5)): a resident one; or one that looks every five minutes, and one that is a hook.

    Two, because a look that the clock asks for leaves pauses alone and one that the network asks for does not.
    """
    if watch:
        return (_plist(LABEL, (need.agent, "watch", *need.flags), "\t<key>KeepAlive</key>\n\t<true/>\n"),)
    every = f"\t<key>StartInterval</key>\n\t<integer>{EVERY * 60}</integer>\n"
    paths = _strings(("/Library/Preferences/SystemConfiguration", "/private/var/run/resolv.conf"))
    return (
        _plist(LABEL, (need.agent, "run", *need.flags), every),
        _plist(HOOK, (need.agent, "hook", *need.flags, "macos"), f"\t<key>WatchPaths</key>\n\t<array>\n{paths}\t</array>\n"),
    )


def _strings(words: tuple[str, ...]) -> str:
    return "".join(f"\t\t<string>{_xml(word)}</string>\n" for word in words)


def _plist(label: str, words: tuple[str, ...], when: str) -> Piece:
    text = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>{label}</string>
	<key>ProgramArguments</key>
	<array>
{_strings(words)}\t</array>
	<key>RunAtLoad</key>
	<true/>
{when}</dict>
</plist>
"""
    return Piece("launchd", f"/Library/LaunchDaemons/{label}.plist", text, comment=_XML)


# --- Windows ---------------------------------------------------------------------------------------------------------

_PROFILE: Final = "Microsoft-Windows-NetworkProfile"
_CONNECTED: Final = (
    f'<QueryList><Query Id="0" Path="{_PROFILE}/Operational"><Select Path="{_PROFILE}/Operational">'
    f"*[System[Provider[@Name='{_PROFILE}'] and EventID=10000]]</Select></Query></QueryList>"
)
_BOOT: Final = "    <BootTrigger><Delay>PT30S</Delay></BootTrigger>\n"


def tasks(need: Need, *, watch: bool = False) -> tuple[Piece, ...]:
    """Return Windows' tasks, run as SYSTEM: a resident one; or one for the clock and one for networks that connect, as above.

    The defaults that would hurt are said otherwise: nothing on batteries, no run that was missed, an end after three days.
    """
    if watch:
        return (_task(need, LABEL, _BOOT, "PT0S", ("watch", *need.flags)),)
    clock = f"""\
    <TimeTrigger>
      <Repetition><Interval>PT{EVERY}M</Interval></Repetition>
      <StartBoundary>2025-01-01T00:0{need.seed % EVERY}:00</StartBoundary>
    </TimeTrigger>
"""
    network = f"    <EventTrigger><Subscription>{_xml(_CONNECTED)}</Subscription><Delay>PT3S</Delay></EventTrigger>\n"
    return (
        _task(need, LABEL, _BOOT + clock, "PT10M", ("run", *need.flags)),
        _task(need, HOOK, network, "PT10M", ("hook", *need.flags, "windows", "connected")),
    )


def label_of(path: str) -> str:
    """Return the name of the job or task whose text stands in this file."""
    return path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]


def _task(need: Need, label: str, triggers: str, limit: str, words: tuple[str, ...]) -> Piece:
    arguments = " ".join(f'"{word}"' if " " in word else word for word in words)
    text = f"""\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Keep DNS names pointing at this machine</Description></RegistrationInfo>
  <Triggers>
{triggers}  </Triggers>
  <Principals>
    <Principal id="Author"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>{limit}</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>255</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec><Command>{_xml(need.agent)}</Command><Arguments>{_xml(arguments)}</Arguments></Exec>
  </Actions>
</Task>
"""
    return Piece("task", f"{need.data}\\edge-agent\\{label}.xml", text, comment=_XML, encoding=_UTF16)


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
