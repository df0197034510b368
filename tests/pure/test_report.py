"""What a run says to people and machines: every reason has words, every line its exit code, no secret gets through."""

import ast
import datetime as dt
import inspect
import json

import pytest

from edge_agent import __version__, candidates, deciding, each, egress, events, failover, hindrances, planning, providers, report
from edge_agent.model import (
    Account,
    Choice,
    Entry,
    Event,
    Key,
    Line,
    Lock,
    Memory,
    Now,
    Pause,
    Problem,
    Record,
    Rejected,
    Report,
    Secret,
    Selection,
    Settings,
    Step,
    Uplink,
)
from edge_agent.providers.provider import Credential, Provider
from edge_agent.report import Say, catalogue, explaining, objects, standing, words
from edge_agent.verdicts import TABLE
from edge_agent.wire import Dialogue

START_AT = 1_767_225_600.0
START = "2026-01-01T00:00:00Z"
DOUBT = ", but a later update ended without a sure answer"
LOCKED = f"locked out (account:noip): refused since {START}: badauth ***; when mended: edge-agent unlock "
KEY = Key("noip", "home.example.com", "A")
STEP = Step(KEY, "noip", "publish", "changed", "203.0.113.7", "198.51.100.2", "wan0")
USE = Choice(4, "use", "203.0.113.7", "wan0", "interface", "none", None, (Rejected("192.168.1.2", "lan0", "private"),))
HOLD = Choice(6, "hold", reason="no_route")
ANY = Selection()
WAN = Selection(interfaces=("wan0", "ppp*"))


def made(*lines: Line, choices: tuple[Choice, ...] = (USE, HOLD), **more: object) -> Report:
    return Report(Event(), ((ANY, choices),), lines)._replace(**more)  # type: ignore[arg-type] # fields by name


def said(found: Report, verbosity: int = 0) -> list[str]:
    return [f"{say.level}: {say.text}" for say in report.said(found, verbosity)]


# --- words -----------------------------------------------------------------------------------------------------------

EGRESS = """not_selected excluded loopback link_local private shared unique_local reserved tentative dad_failed deprecated temporary
    link_down no_route unreachable outranked standby returning pinned not_probed no_answer disagree no_match no_address"""


@pytest.mark.parametrize("reason", EGRESS.split())
def test_every_reason_to_lose_has_words(reason: str) -> None:
    assert reason in words.CHOICE
    assert words.hold_reason(reason) != reason


def reasons_in(module: object) -> set[str]:
    """Return every text that a module gives as `reason=`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):  # type: ignore[arg-type] # modules are what it is given
        if isinstance(node, ast.keyword) and node.arg == "reason" and isinstance(node.value, ast.Constant):
            found.add(str(node.value.value))
    return found - {"None"}


DECIDING = (planning, hindrances, egress, candidates, deciding, failover, each)


@pytest.mark.parametrize("module", DECIDING, ids=lambda module: module.__name__)
def test_every_reason_in_the_code_has_words(module: object) -> None:
    assert reasons_in(module) - words.STEP.keys() - words.CHOICE.keys() - words.HOLD.keys() == set()
    assert reasons_in(planning) >= {"unchanged", "sent_together"}


@pytest.mark.parametrize(
    "reason", ["forced", "new", "unconfirmed", "changed", "settings_changed", "refresh", "paused", "too_soon", "locked"]
)
def test_every_reason_for_a_step_has_words(reason: str) -> None:
    assert words.step_reason(reason) == words.STEP[reason]


def test_every_verdict_has_words_and_every_failure_something_to_do() -> None:
    assert words.DONE.keys() == TABLE.keys()
    assert words.AFTER.keys() == {kind for kind, row in TABLE.items() if not row.success}


def test_an_unknown_reason_is_shown_as_it_is() -> None:
    assert words.step_reason("quite_new") == "quite new"
    assert words.hold_reason(None) == "unknown"


@pytest.mark.parametrize("at", [0.0, 951_782_400.0, 1_709_164_799.9, START_AT, 4_102_444_800.0, 68_169_600.0, -1.0])
def test_instants(at: float) -> None:
    instant = dt.datetime.fromtimestamp(int(at), dt.UTC)
    assert words.instant(int(at)) == instant.strftime("%Y-%m-%dT%H:%M:%SZ")


# --- the exit code ---------------------------------------------------------------------------------------------------

CODES = [
    ("updated", Line(STEP, "updated"), 0),
    ("unchanged", Line(STEP, "unchanged"), 0),
    ("busy", Line(STEP, "busy"), 3),
    ("unreachable", Line(STEP, "unreachable"), 3),
    ("unconfirmed", Line(STEP, "unconfirmed"), 3),
    ("refused", Line(STEP, "refused"), 4),
    ("banned", Line(STEP, "banned"), 4),
    ("garbled", Line(STEP, "garbled"), 4),
    ("keep", Line(STEP._replace(kind="keep", reason="unchanged")), 0),
    ("publish-dry", Line(STEP), 0),
    ("hold", Line(STEP._replace(kind="hold", reason="no_route")), 3),
    ("hold-no-memory", Line(STEP._replace(kind="hold", reason="no_memory")), 4),
    ("defer-paused", Line(STEP._replace(kind="defer", reason="paused")), 3),
    ("defer-too-soon", Line(STEP._replace(kind="defer", reason="too_soon")), 3),
    ("defer-locked", Line(STEP._replace(kind="defer", reason="locked")), 4),
    ("defer-banned", Line(STEP._replace(kind="defer", reason="banned")), 4),
]


@pytest.mark.parametrize(("line", "code"), [row[1:] for row in CODES], ids=[row[0] for row in CODES])
def test_exit_code_of_a_line(line: Line, code: int) -> None:
    assert report.exit_of(made(line)) == code
    assert report.exit_of(made(line, Line(STEP, "updated"))) == code, "a success hides nothing"


def test_exit_code_without_records() -> None:
    assert report.exit_of(made()) == 0
    assert report.exit_of(made(choices=(HOLD,))) == 3
    assert report.exit_of(Report(Event(), ())) == 0


def test_the_worst_wins() -> None:
    assert report.exit_of(made(Line(STEP, "busy"), Line(STEP, "refused"), Line(STEP, "updated"))) == 4


# --- lines for people ------------------------------------------------------------------------------------------------


def test_a_change_is_one_line() -> None:
    assert said(made(Line(STEP, "updated", "good"))) == [
        "info: home.example.com A 203.0.113.7 (was 198.51.100.2) via wan0: updated"
    ]


def test_a_run_that_changes_nothing_says_nothing() -> None:
    assert said(made(Line(STEP._replace(kind="keep", reason="unchanged")), Line(STEP, "unchanged"), gaps=("x",))) == []


def test_verbose_adds_reasons() -> None:
    keep = Line(STEP._replace(kind="keep", reason="unchanged", was="203.0.113.7"))
    assert said(made(Line(STEP, "updated"), Line(STEP, "unchanged"), keep, gaps=("the routes",)), 1) == [
        "info: home.example.com A 203.0.113.7 (was 198.51.100.2) via wan0: updated (the address has changed)",
        "info: home.example.com A 203.0.113.7 (was 198.51.100.2) via wan0: already so at the provider",
        "info: home.example.com A 203.0.113.7 via wan0: it is published already",
        "info: not known: the routes",
    ]


def test_quiet_leaves_out_changes_and_advice_but_no_trouble() -> None:
    assert said(made(Line(STEP, "updated"), Line(STEP, "refused", "badauth")), -1) == [
        "error: home.example.com A 203.0.113.7 (was 198.51.100.2) via wan0: refused (noip): badauth"
    ]


def test_trouble_is_one_line_per_record_and_advice_comes_once() -> None:
    other = STEP._replace(key=KEY._replace(name="b.example"), was=None)
    found = said(made(Line(STEP, "busy"), Line(other, "busy", "911")))
    assert found == [
        "warning: home.example.com A 203.0.113.7 (was 198.51.100.2) via wan0: the provider asks to try later (noip)",
        "warning: b.example A 203.0.113.7 via wan0: the provider asks to try later (noip): 911",
        f"hint:   {words.AFTER['busy']}",
    ]


def test_a_hold_says_why_and_what_to_do() -> None:
    hold = Choice(4, "hold", reason="no_match", notes=("no interface fits wan9; this machine has: lo",))
    found = said(made(Line(STEP._replace(kind="hold", reason="no_match", address=None, was=None)), choices=(hold,), notes=("odd",)))
    assert found == [
        "warning: home.example.com A: held: no interface fits the selection (no interface fits wan9; this machine has: lo)",
        "warning: odd",
        f"hint:   {words.MEND['no_match']}",
    ]


@pytest.mark.parametrize(("reason", "key"), [("locked", "refused"), ("banned", "banned")])
def test_a_lock_says_how_to_lift_it(reason: str, key: str) -> None:
    found = said(made(Line(STEP._replace(kind="defer", reason=reason, detail="badauth"))))
    assert "badauth" in found[0]
    assert found[1] == f"hint:   {words.AFTER[key]}"


def test_a_pause_says_until_when() -> None:
    step = STEP._replace(key=KEY._replace(type="AAAA"), kind="defer", reason="paused", not_before_at=START_AT)
    assert said(made(Line(step))) == [
        "warning: home.example.com AAAA 203.0.113.7 (was 198.51.100.2) via wan0: not sent: pausing after a failure, not before "
        + START
    ]


def test_the_state_is_that_of_the_worst_record() -> None:
    assert report.state_of(made()) == ""
    kept = Line(STEP._replace(kind="keep", reason="unchanged"))
    assert report.state_of(made(kept)).startswith("home.example.com A")
    state = report.state_of(made(kept, Line(STEP._replace(key=STEP.key._replace(name="other.example.com")), "refused")))
    assert state.startswith("other.example.com A")
    assert state.endswith("(and 1 more)")


def test_a_dry_run_says_what_it_would_do() -> None:
    assert said(made(Line(STEP._replace(was=None)), dry=True)) == [
        "info: home.example.com A 203.0.113.7 via wan0: would be sent to noip: the address has changed"
    ]
    assert said(made(Line(STEP), dry=True), -1) == []


def test_a_problem_is_one_line() -> None:
    assert report.problem_line(Problem("f:3", "ttl: is empty")) == "f:3: ttl: is empty"
    assert report.problem_line(Problem("f:3", "odd", "mend it")) == "f:3: odd (mend it)"


# --- explain ---------------------------------------------------------------------------------------------------------


def explained(found: Report) -> list[str]:
    return list(explaining.explained(found))


def test_explain_names_choice_losers_and_steps() -> None:
    keep = STEP._replace(kind="keep", reason="unchanged", was=None, key=KEY._replace(name="b.example"))
    defer = STEP._replace(kind="defer", reason="paused", not_before_at=START_AT, detail="911", was=None)
    found = explained(made(Line(STEP), Line(keep), Line(defer), gaps=("rules",), notes=("odd",), dry=True))
    assert found == [
        "IPv4: 203.0.113.7 through wan0: an address of the interface itself",
        "    192.168.1.2 on lan0 lost: it is private (RFC 1918): the world cannot reach it",
        "IPv6: hold: no interface has an address and a route to the outside",
        f"    {words.MEND['no_route']}",
        "home.example.com A 203.0.113.7 (was 198.51.100.2) via wan0: would be sent to noip (account noip): the address has changed",
        "b.example A 203.0.113.7 via wan0: nothing to send: it is published already",
        "home.example.com A 203.0.113.7 via wan0: would not be sent now: pausing after a failure: 911, not before " + START,
        words.GATEWAY_ONLY,
        "Not known: rules",
        "Note: odd",
    ]


def test_explain_says_what_stands_in_between() -> None:
    nat = USE._replace(origin="echo", nat="carrier", rejected=(), notes=("two of three agree",))
    static = Choice(6, "use", "2001:db8::1", None, "static", "unknown")
    found = Report(Event(), ((ANY._replace(check="outside"), (nat,)), (WAN, (static,)), (ANY._replace(source="static"), (static,))))
    assert explained(found) == [
        "For records with source auto:",
        "IPv4: 203.0.113.7 through wan0: as seen from outside, behind carrier NAT: nobody outside can open a connection to it",
        "    two of three agree",
        "For records with interface wan0, ppp*:",
        "IPv6: 2001:db8::1: as the settings say",
        "For records with source static:",
        "IPv6: 2001:db8::1: as the settings say",
        words.GATEWAY_ONLY,
    ]


def test_explain_without_a_mend() -> None:
    assert explained(made(choices=(Choice(6, "hold", reason="tentative"),)))[:2] == [
        "IPv6: hold: duplicate address detection has not ended",
        words.GATEWAY_ONLY,
    ]


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_the_object_of_a_run_is_the_one_that_is_promised() -> None:
    line = Line(STEP, "updated", "good 203.0.113.7")
    wanted = {
        "agent": f"edge-agent {__version__}",
        "event": {"source": "manual", "reason": "manual", "interface": None},
        "choices": {
            "ipv4": {
                "kind": "use",
                "address": "203.0.113.7",
                "interface": "wan0",
                "origin": "interface",
                "nat": "none",
                "reason": None,
                "rejected": [{"address": "192.168.1.2", "interface": "lan0", "reason": "private"}],
            },
            "ipv6": {
                "kind": "hold",
                "address": None,
                "interface": None,
                "origin": None,
                "nat": None,
                "reason": "no_route",
                "rejected": [],
            },
        },
        "records": [
            {
                "name": "home.example.com",
                "type": "A",
                "provider": "noip",
                "account": "noip",
                "step": "publish",
                "reason": "changed",
                "address": "203.0.113.7",
                "was": "198.51.100.2",
                "interface": "wan0",
                "verdict": "updated",
                "detail": "good 203.0.113.7",
                "not_before": None,
            }
        ],
        "exit": 0,
    }
    assert json.loads(json.dumps(objects.as_object(made(line)))) == wanted


def test_the_object_of_a_dry_run_and_of_several_selections() -> None:
    step = STEP._replace(kind="defer", reason="paused", not_before_at=0.0, detail="911")
    found = Report(Event(), ((ANY, (USE,)), (WAN, (HOLD._replace(notes=("n",)),))), (Line(step),), ("gap",), ("note",), dry=True)
    shown = objects.as_object(found)
    assert (shown["dry"], shown["gaps"], shown["notes"], shown["exit"]) == (True, ["gap"], ["note"], 3)
    assert isinstance(shown["selections"], list)
    assert (shown["selections"][1]["interface"], shown["selections"][1]["ipv6"]["notes"]) == (["wan0", "ppp*"], ["n"])
    assert isinstance(shown["records"], list)
    assert (shown["records"][0]["detail"], shown["records"][0]["not_before"]) == ("911", "1970-01-01T00:00:00Z")


def test_the_object_without_choices() -> None:
    assert objects.as_object(Report(Event(), ()))["choices"] == {}


def test_the_object_of_problems() -> None:
    shown = objects.problems_object([Problem("f:3", "odd", "mend it")])
    assert (shown["problems"], shown["exit"]) == ([{"origin": "f:3", "what": "odd", "mend": "mend it"}], 2)


# --- secrets ---------------------------------------------------------------------------------------------------------

SETTINGS = Settings(
    accounts={
        "noip": Account(
            "noip", "noip", {"password": Secret("hush/hush"), "pin": Secret("123")}, "https://dns.example/hush-path?t=hush-query"
        ),
        "custom": Account("custom", "custom", options={"headers": "X-Auth: hush-header"}),
    },
    records=(Record("home.example.com", ("A",), "noip", ANY), Record("new.example.com", ("A",), "noip", ANY)),
    proxy="http://user:hush-proxy@proxy.example:3128",
)


def test_nothing_foreign_gets_a_secret_through() -> None:
    leaky = "hush%2Fhush hush-path hush-query hush-header hush-proxy HUSH/HUSH"
    found = report.redacted(
        made(
            Line(STEP, "refused", leaky),
            Line(STEP._replace(detail=leaky)),
            Line(STEP),
            choices=(HOLD._replace(notes=(leaky,)),),
            gaps=(leaky,),
            notes=(leaky,),
        ),
        report.secrets_of(SETTINGS),
    )
    shown = json.dumps(objects.as_object(found)) + "".join(said(found, 2)) + "".join(explained(found))
    assert "hush" not in shown.lower()
    assert shown.count("***") > 12
    assert "home.example.com A 203.0.113.7" in shown


# --- status ----------------------------------------------------------------------------------------------------------

NOW = Now(1_800_000_000.0, 1000.0, "boot")
GOOD = Entry("203.0.113.7", START_AT, "wan0", verdict="updated")
MEMORY = Memory(
    {
        KEY: GOOD._replace(
            verdict="refused", detail="hush/hush", failures=2, pause=Pause(NOW.wall, NOW.boot, "boot", 60.0), doubtful=True
        ),
        KEY._replace(name="gone.example"): GOOD._replace(uplink=None),
    },
    {
        "account:noip": Lock("", "refused", "badauth hush/hush", START_AT),
        "provider:dyn": Lock("", "banned", "", START_AT),
    },
)


def test_status_in_words() -> None:
    found = list(standing.status(standing.redacted(MEMORY, ["hush/hush"]), SETTINGS, NOW))
    assert found == [
        "home.example.com A (account noip): 203.0.113.7 via wan0, published " + START + DOUBT,
        "    last attempt: refused, 2 times in a row: ***, not before 2027-01-15T08:01:00Z",
        "    " + LOCKED + "home.example.com",
        "new.example.com A (account noip): nothing published yet",
        "    " + LOCKED + "new.example.com",
        "gone.example A (account noip): 203.0.113.7, published 2026-01-01T00:00:00Z; no longer in the settings",
        "    " + LOCKED + "gone.example",
        "provider:dyn: blocked by the provider since 2026-01-01T00:00:00Z",
    ]


def test_status_of_nothing() -> None:
    assert list(standing.status(Memory(), Settings(), NOW)) == ["nothing is kept and nothing is remembered"]


def test_status_without_settings_calls_nothing_old() -> None:
    entry = GOOD._replace(verdict="busy", failures=1)
    found = list(standing.status(Memory({KEY: entry}, {}), Settings(), NOW))
    assert found == [
        "home.example.com A (account noip): 203.0.113.7 via wan0, published 2026-01-01T00:00:00Z",
        "    last attempt: the provider asks to try later",
    ]


def test_status_as_an_object() -> None:
    shown = objects.status_object(MEMORY, SETTINGS, NOW, ["note"])
    assert isinstance(shown["records"], list)
    first, second, third = shown["records"]
    assert (first["not_before"], first["lock"]["scope"], first["kept"]) == ("2027-01-15T08:01:00Z", "account:noip", True)
    assert (second["address"], second["published_at"], third["kept"]) == (None, None, False)
    assert shown["locks"] == [{"scope": "provider:dyn", "verdict": "banned", "detail": None, "locked_at": "2026-01-01T00:00:00Z"}]
    assert shown["notes"] == ["note"]
    empty = objects.status_object(Memory({KEY: GOOD}), Settings(), NOW)
    assert "notes" not in empty
    assert isinstance(empty["records"], list)
    assert empty["records"][0]["lock"] is None


# --- the services ----------------------------------------------------------------------------------------------------


def test_every_service_can_be_shown() -> None:
    found = providers.every()
    assert len(list(catalogue.listed(found))) == len(found) == len(providers.NAMES)
    assert json.dumps(catalogue.list_object(found))
    for provider in found:
        shown = "\n".join(catalogue.detailed(provider))
        assert provider.gone or all(credential.name in shown for credential in provider.credentials)
        assert all(trap in shown for trap in provider.traps) or provider.gone


def silent(job: object) -> Dialogue:
    """Say nothing."""
    yield from ()


def test_a_service_in_words() -> None:
    credential = Credential("token", "from the panel", choices=("key",))
    row = Provider(
        "x", "X", silent, "", (credential, Credential("user", "", secret=False, required=False)), {"proxied": "as it says"}
    )
    row = row._replace(
        ttl=(60, 600), creates=True, pairs="together", least_interval_for=0.5, busy_for=90.0, force_after_for=518400.0
    )
    assert list(catalogue.detailed(row._replace(aliases=("y", "z"), traps=("slow",)))) == [
        "x: X (also: y, z)",
        "  keeps: A, AAAA",
        "  address: none of its own; give server (or --server)",
        "  credential token (needed, secret, or key in its place): from the panel",
        "  credential user (optional, plain)",
        "  option proxied: as it says",
        "  creates a missing record",
        "  takes A and AAAA in one request: both are sent when one changes",
        "  ttl: 60 to 600 seconds",
        "  least time between two updates: 500ms",
        "  least pause when the service is busy: 90s",
        "  refreshed although nothing changed after: 6d",
        "  mind: slow",
        "  in the settings file:",
        "    [account.NAME]",
        '    provider = "x"',
        '    server = "ADDRESS"',
        '    token_file = "/etc/edge-agent/token"',
    ]
    looking = row._replace(reads=True, server="https://x.example", credentials=(credential, Credential("user", "", secret=False)))
    assert list(catalogue.detailed(looking))[-6:] == [
        "  try it without a change: edge-agent check --online",
        "  in the settings file:",
        "    [account.NAME]",
        '    provider = "x"',
        '    token_file = "/etc/edge-agent/token"',
        '    user = "TEXT"',
    ]
    assert list(catalogue.detailed(row._replace(gone="shut down"))) == ["x: X", "  gone: shut down"]


def test_a_run_by_hand_claims_no_change_of_the_network() -> None:
    assert events.by_hand() == Event("manual", "manual")


def test_a_line_to_show_has_no_step_unless_it_is_about_one() -> None:
    assert Say("info", "x").step is None


def test_explain_of_a_static_address_does_not_speak_of_next_hops() -> None:
    static = Choice(4, "use", "203.0.113.7", None, "static", "unknown")
    assert explained(Report(Event(), ((ANY._replace(source="static"), (static,)),))) == ["IPv4: 203.0.113.7: as the settings say"]


@pytest.mark.parametrize(
    ("way", "reach", "words"),
    [
        pytest.param(Uplink(2, "wan0", 254, 100, "45.83.1.1"), "yes", "next hop 45.83.1.1, metric 100; it answers", id="answers"),
        pytest.param(
            Uplink(2, "tun0", 100, 0, None, 16),
            "unknown",
            "no next hop (the route names the device alone), metric 0, table 100, for packets with mark 16; not known to work",
            id="device-only-by-mark",
        ),
    ],
)
def test_explain_names_the_way_out(way: Uplink, reach: str, words: str) -> None:
    choice = Choice(4, "use", "45.83.1.7", way.name, "interface", "none", uplink=way, reach=reach)
    lines = list(explained(Report(Event(), ((Selection(), (choice,)),))))
    assert lines[1] == f"    its way out: {words}"


def test_the_way_out_as_an_object() -> None:
    choice = Choice(
        4, "use", "45.83.1.7", "wan0", "interface", "none", uplink=Uplink(2, "wan0", 254, 100, "45.83.1.1"), reach="yes"
    )
    found = objects.as_object(Report(Event(), ((Selection(), (choice,)),)))
    wanted = {"next_hop": "45.83.1.1", "metric": 100, "table": 254, "mark": 0, "answers": "yes"}
    assert found["choices"] == {"ipv4": {**wanted_of(choice), "uplink": wanted}}


def wanted_of(choice: Choice) -> dict[str, object]:
    keys = ("kind", "address", "interface", "origin", "nat", "reason")
    return {**{key: getattr(choice, key) for key in keys}, "rejected": []}


@pytest.mark.parametrize(("reason", "lines"), [("lost", 1), ("down", 1), ("bound", 2), ("manual", 2)])
def test_what_a_caller_ended_is_no_trouble(reason: str, lines: int) -> None:
    """Between two sessions there is no address, and the caller has just said so: one line to note, none to mend."""
    held = Line(STEP._replace(kind="hold", reason="no_route", address=None))
    found = said(made(held, event=Event("pppd", reason, "ppp0")))
    assert found[0].startswith("info: " if lines == 1 else "warning: ")
    assert "held" in found[0]
    assert len(found) == lines
    assert report.exit_of(made(held, event=Event("pppd", reason, "ppp0"))) == 3


def test_what_needs_a_person_is_told_whatever_the_caller_ended() -> None:
    unwritten = Line(STEP._replace(kind="hold", reason="no_memory"))
    assert said(made(unwritten, event=Event("pppd", "down", "ppp0")))[0].startswith("error: ")
