"""What belongs on which box, and what is done about what stands there: decisions alone, over facts given by hand."""

import pytest

from edge_agent.install import (
    MARK,
    Box,
    Command,
    Need,
    Piece,
    Plan,
    Sight,
    Step,
    blocks,
    kinds,
    layouts,
    regular,
    shown,
    steps,
    units,
)
from edge_agent.snippets import BEGIN, END, SNIPPETS
from tests.pure.settings_box import wish

NEED = Need()
RECORD = '[[record]]\nname = "home.example.com"\n'


def box(*paths: str, system: str = "linux", live: bool = True, programs: str = "", release: str = "") -> Box:
    return Box(system, live, frozenset(paths), frozenset(programs.split()), release)


# --- which box -------------------------------------------------------------------------------------------------------

KINDS = [
    ("windows", box(system="win32")),
    ("macos", box(system="darwin")),
    ("vyos", box("/opt/vyatta", "/config/scripts", release="vyos")),
    ("edgeos", box("/opt/vyatta", "/config/scripts", release="debian")),
    ("opnsense", box("/usr/local/opnsense", "/bin/freebsd-version", system="freebsd14")),
    ("pfsense", box("/etc/pfSense-rc", "/bin/freebsd-version", system="freebsd14")),
    ("freebsd", box("/bin/freebsd-version", live=False)),
    ("freebsd", box(system="freebsd13")),
    ("openwrt", box("/etc/openwrt_release", "/etc/crontabs")),
    ("merlin", box("/sbin/ddns_custom_updated", "/opt/etc/ndm")),
    ("tomato", box("/etc/tomato_version")),
    ("keenetic", box("/opt/etc/ndm")),
    ("unix", box(release="debian")),
    ("unix", box("/opt/vyatta")),
]


@pytest.mark.parametrize(("kind", "one"), KINDS, ids=[f"{kind}-{number}" for number, (kind, _) in enumerate(KINDS)])
def test_kinds(kind: str, one: Box) -> None:
    assert kinds.kind_of(one) == kind


def test_systemd_runs_a_box_or_is_installed_in_a_tree() -> None:
    assert kinds.has_systemd(box("/run/systemd/system"))
    assert not kinds.has_systemd(box("/usr/lib/systemd/systemd"))
    assert kinds.has_systemd(box("/usr/lib/systemd/systemd", live=False))
    assert not kinds.has_systemd(box("/run/systemd/system", live=False))


# --- what belongs there ----------------------------------------------------------------------------------------------


def paths(plan: Plan) -> set[str]:
    return {piece.path for piece in plan.pieces}


@pytest.mark.parametrize(
    ("one", "hook"),
    [
        pytest.param(box(programs="NetworkManager"), "/etc/NetworkManager/dispatcher.d/90-edge-agent", id="networkmanager"),
        pytest.param(box("/etc/networkd-dispatcher"), "/etc/networkd-dispatcher/routable.d/50-edge-agent", id="networkd"),
        pytest.param(box("/usr/share/udhcpc/default.script"), "/usr/share/udhcpc/default.script", id="udhcpc"),
        pytest.param(box(programs="dhcpcd"), "/etc/dhcpcd.exit-hook", id="dhcpcd"),
        pytest.param(box("/etc/dhcp3/dhclient-exit-hooks.d"), "/etc/dhcp3/dhclient-exit-hooks.d/zz-edge-agent", id="dhclient-3"),
        pytest.param(box("/etc/openwrt_release", programs="mwan3"), "/etc/mwan3.user", id="mwan3"),
        pytest.param(box("/etc/ppp/ip-up.d"), "/etc/ppp/ipv6-down.d/zz-edge-agent", id="pppd"),
        pytest.param(
            box("/etc/network/if-up.d", "/etc/NetworkManager"), "/etc/network/if-up.d/zz-edge-agent", id="nothing-forwards"
        ),
    ],
)
def test_hooks(one: Box, hook: str) -> None:
    assert hook in paths(layouts.plan(one, NEED, watch=False))


def test_networkmanager_that_runs_if_up_d_again_has_the_only_hook() -> None:
    one = box("/etc/network/if-up.d", "/etc/NetworkManager", "/etc/NetworkManager/dispatcher.d/01-ifupdown")
    assert not any(path.startswith("/etc/network/") for path in paths(layouts.plan(one, NEED, watch=False)))


def test_openwrts_user_scripts_are_left_alone_for_netifd_has_not_applied_yet() -> None:
    assert not {"/etc/udhcpc.user", "/etc/odhcp6c.user"} & paths(layouts.plan(box("/etc/openwrt_release"), NEED, watch=False))


LOOKS = [
    ("systemd", box("/run/systemd/system", "/etc/cron.d"), "/etc/systemd/system/edge-agent.timer"),
    ("cron.d", box("/etc/cron.d", "/etc/crontabs"), "/etc/cron.d/edge-agent"),
    ("alpine", box("/etc/crontabs", "/var/spool/cron/crontabs"), "/etc/crontabs/root"),
    ("busybox", box("/var/spool/cron/crontabs"), "/var/spool/cron/crontabs/root"),
    ("entware", box("/opt/etc/ndm", "/opt/var/spool/cron/crontabs"), "/opt/var/spool/cron/crontabs/root"),
    ("openwrt", box("/etc/openwrt_release"), "/etc/crontabs/root"),
    ("merlin", box("/sbin/ddns_custom_updated"), "/jffs/scripts/services-start"),
    ("freebsd", box("/etc/crontab", system="freebsd14"), "/etc/crontab"),
    ("macos", box(system="darwin"), "/Library/LaunchDaemons/edge-agent.plist"),
    ("windows", box(system="win32"), "C:\\ProgramData\\edge-agent\\edge-agent.xml"),
]


@pytest.mark.parametrize(("one", "place"), [row[1:] for row in LOOKS], ids=[row[0] for row in LOOKS])
def test_every_box_looks_every_few_minutes(one: Box, place: str) -> None:
    assert place in paths(layouts.plan(one, NEED, watch=False))


def test_a_debian_crontab_of_all_users_is_not_ours_to_change() -> None:
    plan = layouts.plan(box("/etc/crontab"), NEED, watch=False)
    assert "/etc/crontab" not in paths(plan)
    assert "install a cron" in plan.troubles[0]


def test_a_person_is_told_of_what_has_no_hook() -> None:
    said = layouts.plan(box("/run/systemd/netif/state", "/run/systemd/system"), NEED, watch=False).hints
    assert [bool(word in line) for word, line in zip(("no DHCP or PPP client", "networkd-dispatcher"), said, strict=True)] == [
        True
    ] * 2
    said = layouts.plan(box("/run/systemd/netif/state", "/etc/networkd-dispatcher"), NEED, watch=False).hints
    assert said == ()


def test_tomato_has_no_files() -> None:
    plan = layouts.plan(box("/etc/tomato_version"), NEED, watch=False)
    assert (plan.pieces, [name for name, _ in plan.paste]) == ((), ["tomato-mwanup", "tomato-init"])


def test_minutes_differ_between_boxes_and_not_on_one() -> None:
    def line(seed: int) -> str:
        return layouts.plan(box("/etc/cron.d"), NEED._replace(seed=seed), watch=False).pieces[-1].text

    assert {line(seed).split()[0] for seed in range(100)} == {f"{minute}-59/5" for minute in range(5)}
    assert line(7) == line(7)


RESIDENT = [
    ("systemd", box("/run/systemd/system"), "/etc/systemd/system/edge-agent-watch.service", "systemctl restart"),
    ("openwrt", box("/etc/openwrt_release"), "/etc/init.d/edge-agent", "/etc/init.d/edge-agent restart"),
    ("freebsd", box(system="freebsd14"), "/usr/local/etc/rc.d/edge_agent", "service edge_agent restart"),
    ("macos", box(system="darwin"), "/Library/LaunchDaemons/edge-agent.plist", "launchctl bootstrap system"),
    ("windows", box(system="win32"), "C:\\ProgramData\\edge-agent\\edge-agent.xml", "schtasks /create"),
]


@pytest.mark.parametrize(("one", "place", "start"), [row[1:] for row in RESIDENT], ids=[row[0] for row in RESIDENT])
def test_the_resident_watch(one: Box, place: str, start: str) -> None:
    plan = layouts.plan(one, NEED, watch=True)
    assert place in paths(plan)
    assert any(shown.spelled(command.words).startswith(start) for command in plan.start)
    assert all("hook" not in piece.text for piece in plan.pieces)


def test_who_starts_it_elsewhere_is_a_persons_matter() -> None:
    assert "edge-agent watch" in layouts.plan(box(), NEED, watch=True).troubles[0]


def test_memory_of_the_service_that_has_its_own_user() -> None:
    def hints(state_dir: str | None) -> tuple[str, ...]:
        return layouts.plan(box("/run/systemd/system"), NEED._replace(state_dir=state_dir), watch=True).hints

    assert hints(None) == hints("/var/lib/own") == ()
    assert "/data/own" in hints("/data/own")[0]


def test_everything_that_is_ever_put_in_is_known_to_be_taken_away() -> None:
    known = {piece.path for piece in layouts.everything(NEED)}
    boxes = [*(one for _, one in KINDS), *(one for _, one, _ in LOOKS), *(one for _, one, _, _ in RESIDENT)]
    for one in boxes:
        for watch in (False, True):
            assert paths(layouts.plan(one, NEED, watch=watch)) <= known
    assert {snippet.place for snippet in SNIPPETS.values() if not snippet.place.startswith("nvram:")} - known == set()


@pytest.mark.parametrize(
    ("one", "gone", "before"),
    [
        pytest.param(
            box("/run/systemd/system"),
            "/etc/systemd/system/edge-agent.timer",
            "systemctl disable --now edge-agent.timer",
            id="timer",
        ),
        pytest.param(box(), "/etc/systemd/system/edge-agent.timer", "", id="timer-without-systemd"),
        pytest.param(box(), "/etc/systemd/system/edge-agent-watch.service", "", id="watch-without-systemd"),
        pytest.param(
            box("/run/systemd/system"),
            "/etc/systemd/system/edge-agent-watch.service",
            "systemctl disable --now edge-agent-watch.service",
            id="watch",
        ),
        pytest.param(box("/run/systemd/system"), "/etc/cron.d/edge-agent", "", id="cron"),
        pytest.param(box(), "/etc/init.d/edge-agent", "/etc/init.d/edge-agent stop", id="procd"),
        pytest.param(box(), "/Library/LaunchDaemons/edge-agent-hook.plist", "launchctl bootout system/edge-agent-hook", id="macos"),
        pytest.param(box(), "C:\\ProgramData\\edge-agent\\edge-agent.xml", "schtasks /delete /f /tn edge-agent", id="windows"),
    ],
)
def test_stops(one: Box, gone: str, before: str) -> None:
    first, after = regular.stops(one, frozenset({gone}))
    assert [shown.spelled(command.words) for command in first][:1] == ([before] if before else [])
    assert bool(after) == before.startswith("systemctl")


# --- what stands there -----------------------------------------------------------------------------------------------

FILE = Piece("test", "/a/b", "#!/bin/sh\nx\n", mode=0o755)
LINK = Piece("test", "/a/l", "../b", "link")
BLOCK = Piece("test", "/a/s", "call hook x\n", "block", 0o755)
OURS = steps.whole(FILE)


@pytest.mark.parametrize(
    ("piece", "sight", "action"),
    [
        pytest.param(FILE, Sight(), "write", id="file-missing"),
        pytest.param(FILE, Sight("file", OURS, 0o755), "keep", id="file-there"),
        pytest.param(FILE, Sight("file", OURS, 0o644), "write", id="file-mode"),
        pytest.param(FILE, Sight("file", OURS, 0o755, root=False), "write", id="file-owner"),
        pytest.param(FILE, Sight("file", OURS.replace(b"x", b"y"), 0o755), "write", id="file-older"),
        pytest.param(FILE, Sight("file", b"x\n", 0o755), "leave", id="file-foreign"),
        pytest.param(FILE, Sight("link", target="/dev/null"), "leave", id="file-link"),
        pytest.param(FILE, Sight("other"), "leave", id="file-directory"),
        pytest.param(LINK, Sight(), "link", id="link-missing"),
        pytest.param(LINK, Sight("link", target="../b"), "keep", id="link-there"),
        pytest.param(LINK, Sight("link", target="/lib/systemd/system/b"), "keep", id="link-to-packaged-unit"),
        pytest.param(LINK, Sight("link", target="/else"), "leave", id="link-foreign"),
        pytest.param(LINK, Sight("file"), "leave", id="link-file"),
        pytest.param(BLOCK, Sight(), "write", id="block-missing"),
        pytest.param(BLOCK, Sight("file", b"x\n", 0o755), "write", id="block-fresh"),
        pytest.param(BLOCK, Sight("link", target="/gone"), "leave", id="block-dangling"),
        pytest.param(BLOCK, Sight("file", b"#!/usr/bin/perl\n"), "leave", id="block-perl"),
        pytest.param(BLOCK, Sight("file", f"{BEGIN}\n".encode()), "leave", id="block-damaged"),
        pytest.param(BLOCK._replace(alone=True), Sight("file", b"x\n", 0o755), "leave", id="block-alone"),
        pytest.param(BLOCK._replace(alone=True), Sight("file", b"\n", 0o755), "write", id="block-alone-empty"),
    ],
)
def test_to_have(piece: Piece, sight: Sight, action: str) -> None:
    step = steps.to_have(piece, sight)
    assert step.action == action
    assert bool(step.trouble) == (action == "leave" and not piece.alone)
    assert steps.to_have(piece, sight._replace(real="/t/x")).path == "/t/x"


def test_a_block_in_place_is_kept() -> None:
    there = steps.to_have(BLOCK, Sight("file", b"x\n", 0o755)).octets
    assert steps.to_have(BLOCK, Sight("file", there, 0o755)).action == "keep"
    idle = steps.to_have(BLOCK, Sight("file", there, 0o644))
    assert "chmod +x /a/s" in idle.hint


def test_what_to_carry_over_into_another_language() -> None:
    assert steps.to_have(BLOCK, Sight("file", b"#!/usr/bin/lua\n")).trouble.endswith("make it call: call hook x")
    assert steps.to_have(BLOCK._replace(text="cru a\n"), Sight("file", b"#!/usr/bin/lua\n")).trouble.endswith("make it call: cru a")


@pytest.mark.parametrize(
    ("piece", "sight", "action"),
    [
        pytest.param(FILE, Sight(), None, id="file-missing"),
        pytest.param(FILE, Sight("file", OURS), "remove", id="file-ours"),
        pytest.param(FILE, Sight("file", b"x\n"), None, id="file-foreign"),
        pytest.param(LINK, Sight("link", target="../b"), "remove", id="link-ours"),
        pytest.param(LINK, Sight("link", target="/else"), None, id="link-foreign"),
        pytest.param(LINK, Sight(), None, id="link-missing"),
        pytest.param(BLOCK, Sight("file", b"x\n"), None, id="no-block"),
        pytest.param(BLOCK, Sight("file", blocks.planted(b"x\n", "a", last=True)), "write", id="block"),
        pytest.param(BLOCK, Sight("file", blocks.created(BLOCK.head, "a", ())), "remove", id="block-alone"),
        pytest.param(BLOCK, Sight("file", f"x\n{END}\n".encode()), "leave", id="damaged"),
        pytest.param(BLOCK, Sight("link", target="/gone"), None, id="dangling"),
    ],
)
def test_to_lose(piece: Piece, sight: Sight, action: str | None) -> None:
    step = steps.to_lose(piece, sight)
    assert (step and step.action) == action


def test_a_file_tells_who_made_its_directories() -> None:
    for piece in (FILE, FILE._replace(text="<?xml?>\n<x/>\n", comment=("<!-- ", " -->")), FILE._replace(text="[Unit]\n")):
        octets = steps.to_have(piece, Sight(missing=("/a",))).octets
        kept = steps.to_have(piece, Sight("file", octets, 0o755, missing=("/c",)))
        gone = steps.to_lose(piece, Sight("file", octets))
        assert gone is not None
        assert gone.dirs == ("/a",)
        again = steps.to_lose(piece, Sight("file", kept.octets))
        assert again is not None
        assert again.dirs == ("/a", "/c")
        assert octets.startswith(piece.text[:2].encode()) or piece.text.startswith("[")
        assert MARK in octets.decode()


# --- blocks ----------------------------------------------------------------------------------------------------------

SAMPLES = [
    b"",
    b"\n",
    b"x",
    b"x\n",
    b"#!/bin/sh",
    b"#!/bin/sh\nx\n",
    b"#!/bin/sh\nexit 0",
    b"x && \\\nexit 0\n",
    b"#c\n\n",
    b"\xff\r\n",
]


@pytest.mark.parametrize("last", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("octets", SAMPLES, ids=range(len(SAMPLES)))
def test_a_block_comes_and_goes(octets: bytes, *, last: bool) -> None:
    there = blocks.planted(octets, "one\n", last=last)
    other = blocks.planted(there, "two\n", last=last)
    assert other == there.replace(b"\none\n", b"\ntwo\n")
    assert blocks.cleared(other, "#!/bin/sh\n") == (octets, ())


def test_a_file_for_a_block_goes_with_it_unless_it_is_used() -> None:
    made = blocks.created("#!/bin/sh\n", "one\n", ("/a", "/a/b"))
    assert blocks.cleared(blocks.planted(made, "two", last=False), "#!/bin/sh\n") == (None, ("/a", "/a/b"))
    assert blocks.cleared(made + b"x\n", "#!/bin/sh\n") == (b"#!/bin/sh\nx\n", ())
    assert blocks.cleared(b"x\n", "") == (b"x\n", ())


@pytest.mark.parametrize(
    ("octets", "place"),
    [
        (b"a\nexit 0\n", 2),
        (b"a\nexit 0", 2),
        (b"a\nexit\n\n# end\n", 2),
        (b"a\nexec b\n", 2),
        (b"a\nreturn 0;\n", 2),
        (b"exit 0\n", 0),
        (b"if a; then\n\texit 0\nfi\n", 22),
        (b"a\n\texit 0\n", 10),
        (b"a ||\nexit 0\n", 12),
        (b"exits\n", 6),
        (b"# exit 0\n", 9),
    ],
)
def test_where_the_end_is_reached(octets: bytes, place: int) -> None:
    there = blocks.planted(octets, "one", last=True)
    assert there.index(BEGIN.encode()) == place
    assert blocks.cleared(there, "") == (octets, ())


@pytest.mark.parametrize(
    ("line", "is_shell"),
    [
        (b"", True),
        (b"A=1\n", True),
        (b"#!/bin/sh\n", True),
        (b"#!/bin/sh -e\n", True),
        (b"#! /usr/bin/env bash\n", True),
        (b"#!/bin/busybox sh\n", True),
        (b"#!/bin/vbash\n", False),
        (b"#!/usr/bin/env python3\n", False),
        (b"#!/usr/bin/perl sh\n", False),
        (b"#!/bin/tcsh\n", False),
        (b"#!\n", False),
        (b"a\0b", False),
    ],
)
def test_what_a_shell_reads(line: bytes, *, is_shell: bool) -> None:
    assert blocks.is_shell(line) == is_shell


# --- words -----------------------------------------------------------------------------------------------------------


def test_steps_in_words() -> None:
    have = [
        steps.to_have(FILE, Sight()),
        steps.to_have(FILE, Sight("file", OURS.replace(b"x", b"y"), 0o755)),
        steps.to_have(FILE, Sight("file", b"", 0o755)),
        steps.to_have(BLOCK, Sight("file", b"secret of others\n", 0o755)),
        steps.to_have(LINK, Sight()),
        steps.to_have(LINK, Sight("link", target="../b")),
    ]
    lost = steps.to_lose(FILE, Sight("file", OURS))
    assert lost is not None
    lose = [lost, Step("leave", BLOCK, "/a/s", trouble="t"), Step("write", BLOCK, "/a/s", b"x")]
    assert shown.listed(have, lose) == [
        "test: /a/b: to be written",
        "test: /a/b: to be changed",
        "test: /a/b: left alone",
        "test: a block in /a/s: to be changed",
        "test: /a/l -> ../b: to be written",
        "test: /a/l -> ../b: in place",
        "test: /a/b: to be taken away",
        "test: a block in /a/s: to be taken away",
    ]
    whole = "\n".join(shown.whole(have, lose, [Command(("a b", "c"))]))
    assert "--- /a/b mode 0755 owner root (test; to be written)" in whole
    assert "--- a block in /a/s mode and owner as they are (test; to be changed)" in whole
    assert "--- /a/l -> ../b (test; in place)" in whole
    assert "--- run: 'a b' c" in whole
    assert "secret" not in whole
    assert [shown.done(step) for step in (*have, *lose)] == [
        *("wrote /a/b", "changed /a/b", "", "changed /a/s", "wrote /a/l", ""),
        *("removed /a/b", "", "changed /a/s"),
    ]
    told = shown.as_object(Plan(paste=(("tomato-init", "x\n"),)), have, lose, [Command(("a",))], texts=True)
    assert "secret" not in repr(told)
    files = told["files"]
    assert isinstance(files, list)
    states = [entry["state"] for entry in files]
    assert states == ["missing", "differs", "foreign", "differs", "missing", "in_place", "obsolete", "obsolete"]
    assert "text" not in repr(shown.as_object(Plan(), have, lose, (), texts=False))
    assert shown.pasted((("tomato-init", "x\n"), ("else", "y"))) == [
        *("--- paste into Administration > Scripts > Init, and once into a shell", "x", "--- paste into else", "y"),
    ]


def test_what_units_say_of_paths() -> None:
    need = Need(state_dir="/data/own", ca_file="/run/user/0/ca.pem")
    assert "ExecStartPre=+/bin/mkdir -p -m 0700 /data/own\n" in units.pieces_of_timer(need)[0].text
    assert "ProtectHome=read-only\n" in units.pieces_of_timer(need)[0].text
    assert "LoadCredential=ca.pem:/run/user/0/ca.pem\n" in units.pieces_of_watch(need)[0].text


def test_flags_of_the_watch_without_its_settings() -> None:
    need = Need(
        flags=("--state-dir", "/var/lib/own", "--config", "/etc/own.toml"), config="/etc/own.toml", state_dir="/var/lib/own"
    )
    unit = units.pieces_of_watch(need)[0].text
    assert "watch --config ${CREDENTIALS_DIRECTORY}/edge-agent.toml --state-dir /var/lib/own\n" in unit


# --- settings --------------------------------------------------------------------------------------------------------


def test_install_is_told_what_to_hand_on_and_which_files_hold_secrets() -> None:
    file = '[account.a]\nprovider = "plain"\ntoken_file = "a.token"\n[account.b]\nprovider = "plain"\ntoken_file = "/b"\n'
    found = wish(["install", "-c", "/etc/own.toml", "--state-dir", "/s", "--watch"], None, {}, {"/etc/own.toml": file})
    assert found.own == {"watch": True, "config": "/etc/own.toml", "state_dir": "/s"}
    assert found.files == {"a.token": "/etc/a.token", "b.token": "/b"}
    assert wish(["run", "-c", "/etc/own.toml"], None, {}, {"/etc/own.toml": file}).own == {}


def test_systemds_copy_stands_in_for_a_file_that_cannot_be_read() -> None:
    file = '[account.a]\nprovider = "plain"\ntoken_file = "/etc/cf.token"\n' + RECORD
    vault = {"CREDENTIALS_DIRECTORY": "/run/c"}
    for refusal in ({"/etc/cf.token": "!cannot be read by this user"}, {}):
        found = wish((), file, vault, {**refusal, "/run/c/a.token": "copy\n"})
        assert found.problems == ()
        assert found.settings.accounts["a"].credentials["token"].reveal() == "copy"
    found = wish((), file, vault, {"/etc/cf.token": "itself", "/run/c/a.token": "copy\n"})
    assert found.settings.accounts["a"].credentials["token"].reveal() == "itself"
    assert len(wish((), file, vault).problems) == 1
