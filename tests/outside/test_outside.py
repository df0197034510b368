"""What the outside says, and when it is believed."""

import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest

from edge_agent import outside
from edge_agent.model import Finding, Probe
from edge_agent.transport import Transport
from tests.fakes.messages import Handler
from tests.fakes.server import Reply, Server, Tls, captive_portal, cut_off, redirect, text

MINE, OTHER = "11.22.33.44", "11.22.33.55"
SILENT = "http://127.0.0.1:1/"


def transport_for(probe: Probe, deadline_at: float) -> Transport:
    return Transport(uplink=outside.through(probe), family=probe.family, deadline_at=deadline_at, allow_http=True, environ={})


def probe(*targets: str, kind: str = "echo", quorum: int = 2, family: int = 4, **options: object) -> Probe:
    source = {4: "127.0.0.1", 6: "::1"}[family]
    settings: dict[str, object] = {"source": source, "targets": targets, "quorum": quorum} | options
    return Probe(kind, family, "", 0, **settings)  # type: ignore[arg-type]  # a row's options are fields


def find(one: Probe, timeout_for: float = 3.0) -> Finding:
    return outside.ask([one], transport_for, timeout_for)[one]


def always(reply: Reply) -> Handler:
    return lambda _: reply


class Says:
    """Echo services, one per reply; `servers` shows what they were asked."""

    def __init__(self, *replies: Reply | str) -> None:
        self.servers = [Server(always(text(reply) if isinstance(reply, str) else reply)) for reply in replies]
        self.stack = ExitStack()

    def __enter__(self) -> Self:
        for server in self.servers:
            self.stack.enter_context(server)
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    @property
    def urls(self) -> list[str]:
        return [f"{server.url}/?key=s3cr3t" for server in self.servers]

    @property
    def asked(self) -> list[int]:
        return [len(server.received) for server in self.servers]


@pytest.mark.parametrize(
    ("replies", "quorum", "kind", "reason"),
    [
        pytest.param([MINE, MINE], 2, "yes", None, id="two-agree"),
        pytest.param([f" {MINE}\r\n", MINE], 2, "yes", None, id="blanks-around"),
        pytest.param([MINE], 2, "yes", None, id="only-one-is-set"),
        pytest.param([MINE, OTHER], 1, "yes", None, id="one-is-enough"),
        pytest.param([MINE, Reply(500), MINE], 2, "yes", None, id="the-third-helps-out"),
        pytest.param([MINE, OTHER, MINE], 2, "yes", None, id="the-third-decides"),
        pytest.param([MINE, OTHER], 2, "unknown", "disagree", id="disagree"),
        pytest.param([MINE, OTHER, "11.22.33.66"], 2, "unknown", "disagree", id="all-disagree"),
        pytest.param([MINE, Reply(500)], 2, "unknown", "no_answer", id="one-and-an-error"),
        pytest.param([MINE, Reply(500), Reply(404)], 2, "unknown", "no_answer", id="one-and-two-errors"),
        pytest.param([captive_portal(), captive_portal()], 2, "unknown", "no_answer", id="captive-portal"),
        pytest.param(
            [redirect("http://portal.example/"), cut_off(MINE.encode())], 2, "unknown", "no_answer", id="redirect-and-cut-off"
        ),
    ],
)
def test_agreement(replies: list[Reply | str], quorum: int, kind: str, reason: str | None) -> None:
    with Says(*replies) as services:
        found = find(probe(*services.urls, quorum=quorum))
    assert (found.kind, found.address, found.reason) == (kind, MINE if kind == "yes" else None, reason)
    assert found.detail
    assert "s3cr3t" not in found.detail


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param("", "says nothing", id="nothing"),
        pytest.param("192.168.1.7", "says 192.168.1.7, which is private", id="private"),
        pytest.param("100.64.1.7", "which is shared", id="carrier"),
        pytest.param("169.254.1.7", "which is link-local", id="link-local"),
        pytest.param("127.0.0.1", "which is loopback", id="loopback"),
        pytest.param("192.0.2.7", "which is reserved", id="documentation"),
        pytest.param("2a00::1", "says 2a00::1, though IPv4 was asked for", id="wrong-family"),
        pytest.param("::ffff:11.22.33.44", "though IPv4 was asked for", id="mapped"),
        pytest.param(f"your address is {MINE}", "no address alone", id="in-a-sentence"),
        pytest.param(f"<html>{MINE}</html>", "no address alone", id="in-html"),
        pytest.param(f"{MINE}\n{MINE}", "no address alone", id="twice"),
        pytest.param(f"{MINE}, {OTHER}", "no address alone", id="a-list"),
        pytest.param(f'{{"ip": "{MINE}"}}', "no address alone", id="json"),
        pytest.param("011.22.33.44", "no address alone", id="leading-zero"),
        pytest.param("104.16.0.1", "belongs to a content network", id="front"),
        pytest.param("104.27.255.255", "belongs to a content network", id="front-end-of-range"),
        pytest.param("1.1.1.1", "or a public resolver", id="resolver"),
    ],
)
def test_answers_that_are_not_believed(said: str, words: str) -> None:
    with Says(said, said) as services:
        found = find(probe(*services.urls))
        assert (found.kind, found.reason) == ("unknown", "no_answer")
        assert f"127.0.0.1:{services.servers[0].port} says" in found.detail
        assert words in found.detail


def test_only_as_many_are_asked_as_must_agree() -> None:
    with Says(MINE, MINE, MINE) as services:
        assert find(probe(*services.urls)).kind == "yes"
        assert services.asked == [1, 1, 0]


def test_a_source_named_twice_does_not_agree_with_itself() -> None:
    with Says(MINE, OTHER) as services:
        found = find(probe(services.urls[0], services.urls[0], services.urls[1]))
        assert (found.kind, found.reason) == ("unknown", "disagree")


def test_a_dawdler_does_not_hold_up_the_others() -> None:
    with Says(Reply(body=MINE.encode(), delay_for=5), MINE, MINE) as services:
        begun_at = time.monotonic()
        assert find(probe(*services.urls), 1.5).kind == "yes"
        assert time.monotonic() - begun_at < 1.2


def test_it_ends_in_time() -> None:
    with Says(Reply(body=MINE.encode(), drip_for=0.2), Reply(body=MINE.encode(), after="stall")) as services:
        begun_at = time.monotonic()
        found = find(probe(*services.urls), 0.5)
        assert (found.kind, found.reason) == ("unknown", "no_answer")
        assert "no whole answer in time" in found.detail
        assert time.monotonic() - begun_at < 1.2


def test_every_probe_gets_its_finding() -> None:
    with Says(MINE, MINE) as services, Server(lambda _: text("2a00::1"), host="::1") as six:
        four = probe(*services.urls)
        other = probe(six.url, family=6)
        nobody = probe()
        found = outside.ask([four, other, nobody, four], transport_for, 3.0)
        assert set(found) == {four, other, nobody}
        assert (found[four].address, found[other].address) == (MINE, "2a00::1")
        assert found[nobody] == Finding("unknown", None, "not_probed", "nobody to ask is set")
        assert services.asked == [1, 1]


def test_the_question_leaves_by_its_source_and_family() -> None:
    with Server(lambda request: text(MINE)) as server:
        url = f"http://localhost:{server.port}/"
        assert find(probe(url, source="127.0.0.77")).kind == "yes"
        assert server.received[0].peer == "127.0.0.77"


def test_a_proxy_is_never_asked() -> None:
    def proxied(one: Probe, deadline_at: float) -> Transport:
        return Transport(uplink=outside.through(one), deadline_at=deadline_at, proxy=proxy.url, allow_http=True)

    with Server(lambda _: text(OTHER)) as proxy:
        one = probe("http://nowhere.invalid/")
        assert outside.ask([one], proxied, 2.0)[one].kind == "unknown"
        assert proxy.connections == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"source": "198.51.100.7"}, "cannot bind to source 198.51.100.7", id="not-our-address"),
        pytest.param({"interface": "nowhere9"}, "cannot bind to interface nowhere9", id="no-such-interface"),
    ],
)
@pytest.mark.parametrize("kind", ["echo", "outside"])
def test_an_uplink_that_cannot_be_had_is_not_asked(kind: str, options: dict[str, str], words: str) -> None:
    with Says(MINE) as services:
        one = probe(*services.urls, kind=kind)._replace(**options)  # type: ignore[arg-type]  # fields of text
        found = find(one)
        assert (found.kind, found.address, found.reason) == ("unknown", None, "not_probed")
        assert words in found.detail
        assert services.servers[0].connections == 0


# --- does the uplink reach outside? ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replies", "kind", "reason"),
    [
        pytest.param([MINE, SILENT], "yes", None, id="the-first-answers"),
        pytest.param([SILENT, SILENT, MINE], "yes", None, id="the-last-answers"),
        pytest.param([SILENT, SILENT], "no", "unreachable", id="silence-everywhere"),
        pytest.param([SILENT, captive_portal()], "unknown", "no_answer", id="a-portal-answers"),
        pytest.param(["http://nowhere.invalid/"], "unknown", "no_answer", id="no-name-service"),
        pytest.param([], "unknown", "not_probed", id="nobody-to-ask"),
    ],
)
def test_reaching_outside(replies: list[Reply | str], kind: str, reason: str | None) -> None:
    with Says(*(reply for reply in replies if not isinstance(reply, str) or "://" not in reply)) as services:
        urls = iter(services.urls)
        targets = [reply if isinstance(reply, str) and "://" in reply else next(urls) for reply in replies]
        found = find(probe(*targets, kind="outside"))
        assert (found.kind, found.reason) == (kind, reason)


def test_trouble_of_our_own_is_no_dead_uplink() -> None:
    with Server(lambda _: text(MINE), Tls(unknown_ca=True)) as server:
        found = find(probe(server.url, kind="outside"))
        assert (found.kind, found.reason) == ("unknown", "no_answer")
        assert "authority this box does not know" in found.detail


# --- the user's command ----------------------------------------------------------------------------------------------


def living(group: int) -> list[str]:
    """Return the processes of a group, but for those that are dead and wait to be counted."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text().rpartition(")")
        except OSError:
            continue  # it has just ended
        state, _, own = rest.split()[:3]
        if int(own) == group and state != "Z":
            found.append(name)
    return found


def told(line: str, timeout_for: float = 3.0, family: int = 4) -> Finding:
    probe = Probe("command", family, "", 0, targets=(line,))
    return outside.ask([probe], lambda _probe, _deadline_at: pytest.fail("a command needs no transport"), timeout_for)[probe]


@pytest.mark.parametrize(
    ("line", "family", "address", "words"),
    [
        pytest.param(f"echo {MINE}", 4, MINE, f"the command says {MINE}", id="prints-it"),
        pytest.param("echo 2A00::0:1", 6, "2a00::1", "says 2a00::1", id="canonical"),
        pytest.param("echo 192.168.1.7", 4, "192.168.1.7", "says", id="the-user-knows-best"),
        pytest.param(f"echo {MINE}", 6, None, "though IPv6 was asked for", id="wrong-family"),
        pytest.param(f"echo address {MINE}", 4, None, "no address alone", id="not-alone"),
        pytest.param("true", 4, None, "the command says nothing", id="nothing"),
        pytest.param(f"echo {MINE}; exit 3", 4, None, "failed with exit status 3", id="fails"),
        pytest.param("no-such-command-9", 4, None, "failed with exit status 127", id="missing"),
        pytest.param("yes", 4, None, "prints too much", id="endless"),
        pytest.param(f"echo {MINE} >&2", 4, None, "says nothing", id="on-the-wrong-stream"),
        pytest.param("cat", 4, None, "says nothing", id="reads-nothing"),
        pytest.param("test $EDGE_AGENT_FAMILY = 6 && echo 2a00::1 || echo 11.0.0.1", 6, "2a00::1", "", id="learns-the-family"),
    ],
)
def test_commands(line: str, family: int, address: str | None, words: str) -> None:
    found = told(line, family=family)
    assert (found.kind, found.address) == ("yes" if address else "unknown", address)
    assert found.reason == (None if address else "no_answer")
    assert words in found.detail


@pytest.mark.parametrize(
    "line", ["sleep 30", f"echo {MINE}; sleep 30", f"echo {MINE}; exec >&-; sleep 30", f"(sleep 30 &) ; echo {MINE}"]
)
def test_a_command_that_hangs_is_killed_with_its_children(line: str, tmp_path: Path) -> None:
    begun_at = time.monotonic()
    found = told(f"echo $$ > {tmp_path}/group; {line}", 0.4)
    assert (found.kind, found.reason, found.detail) == ("unknown", "no_answer", "the command did not end in time")
    assert time.monotonic() - begun_at < 1.5
    time.sleep(0.05)
    assert living(int((tmp_path / "group").read_text())) == []


def test_commands_are_asked_like_the_others() -> None:
    one = Probe("command", 4, "", 0, targets=(f"echo {MINE}",))
    assert outside.ask([one], transport_for, 3.0)[one].address == MINE
    none = Probe("command", 4, "", 0, targets=("",))
    assert outside.ask([none], transport_for, 3.0)[none].reason == "not_probed"


def test_a_command_gets_its_own_libraries_and_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/frozen")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/of/the/user")
    monkeypatch.setenv("EDGE_AGENT_TOKEN", "s3cr3t")
    line = f"test \"$LD_LIBRARY_PATH|$LD_LIBRARY_PATH_ORIG|$EDGE_AGENT_TOKEN\" = '/of/the/user||' && echo {MINE}"
    assert told(line).address == MINE
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG")
    assert told(f'test "$LD_LIBRARY_PATH" = /frozen && echo {MINE}').address == MINE
    monkeypatch.setattr(sys, "_MEIPASS", "/frozen", raising=False)
    assert told(f'test -z "$LD_LIBRARY_PATH" && echo {MINE}').address == MINE


def test_importing_it_loads_nothing_heavy() -> None:
    script = f"import sys; sys.path[:0] = {sys.path!r}; import edge_agent.outside; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True)
    assert {"ssl", "urllib3", "socket", "subprocess", "threading", "queue", "email"} & set(done.stdout.split()) == set()
