"""A bad world, row by row: one clear line, the right exit code, nothing lost, doubled or leaked."""

import os
import pathlib
import shutil
import subprocess

import pytest

from tests.fakes.server import Reply, Tls, captive_portal, cut_off, redirect, text
from tests.whole.rig import ADDRESS, NAME, SECRET, Ran, Rig

FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def one_line_about(ran: Ran, *words: str) -> None:
    """The trouble is told in one line that names the record, holds every word, and no secret is anywhere."""
    lines = [line for line in ran.err.splitlines() if not line.startswith("  ")]
    assert len(lines) == 1, ran.err
    assert all(word.lower() in ran.err.lower() for word in words), ran.err
    assert SECRET not in ran.said
    assert "Traceback" not in ran.said


@pytest.mark.parametrize(
    ("reply", "code", "words"),
    [
        pytest.param(captive_portal(), 4, ("web page",), id="captive-portal"),
        pytest.param(Reply(body=b""), 4, ("empty",), id="empty-200"),
        pytest.param(cut_off(b"good 45.83.1.7"), 3, ("cut",), id="cut-off"),
        pytest.param(Reply(body=b"x" * 1024, after="endless"), 3, ("64 KiB",), id="endless"),
        pytest.param(redirect("http://127.0.0.1/nic/update"), 4, (), id="redirect-to-http"),
        pytest.param(Reply(raw=b"", after="reset"), 3, (), id="reset"),
        pytest.param(Reply(after="stall", body=b"goo", claim=9), 3, ("time",), id="stall"),
        pytest.param(text("911"), 3, ("911",), id="provider-outage"),
        pytest.param(Reply(503, {"retry-after": "120"}, b"down"), 3, ("503",), id="503"),
        pytest.param(text("good 127.0.0.1"), 4, ("127.0.0.1",), id="agent-ignored"),
        pytest.param(text("abuse"), 4, ("abuse",), id="abuse"),
        pytest.param(text("nohost"), 4, ("nohost",), id="unknown-name"),
        pytest.param(Reply(body=b"\x00\xff\xfe" * 99), 4, (), id="binary"),
        pytest.param(text(f"echoed {SECRET} back"), 4, ("echoed",), id="secret-echoed"),
    ],
)
def test_a_lying_provider(rig: Rig, reply: Reply, code: int, words: tuple[str, ...]) -> None:
    rig.reply = reply
    ran = rig.run("-v")
    assert ran.code == code, ran.said
    one_line_about(Ran(ran.code, ran.out, "\n".join(line for line in ran.err.splitlines() if NAME in line)), NAME, *words)
    sent = rig.updates
    assert sent == 1
    again = rig.run()
    assert (again.code, rig.updates) == (code, sent)  # paused or locked: nothing is sent again
    assert SECRET not in rig.run("status").said + rig.run("status", "--json").said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"expired": True}, ("expired",), id="expired"),
        pytest.param({"not_yet": True}, ("not valid yet",), id="not-yet-valid"),
        pytest.param({"unknown_ca": True}, ("authority",), id="unknown-authority"),
        pytest.param({"oldest": True}, ("TLS",), id="tls-1.1"),
    ],
)
def test_certificates(tmp_path: pathlib.Path, options: dict[str, bool], words: tuple[str, ...]) -> None:
    rig = Rig(tmp_path, Tls(**options))
    with rig.server:
        ran = rig.run()
    assert (ran.code, rig.updates) == (3, 0), ran.said
    one_line_about(ran, NAME, *words)


def test_wrong_certificate_name(tmp_path: pathlib.Path) -> None:
    rig = Rig(tmp_path, Tls("elsewhere.example"))
    with rig.server:
        ran = rig.run()
    assert (ran.code, rig.updates) == (3, 0)
    one_line_about(ran, NAME, "elsewhere.example", "127.0.0.1")


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed")
def test_a_clock_of_1970(rig: Rig) -> None:
    ran = rig.run(LD_PRELOAD=str(FAKETIME), FAKETIME="@1970-01-01 00:05:00", FAKETIME_DONT_FAKE_MONOTONIC="1")
    assert (ran.code, rig.updates) == (3, 0), ran.said
    one_line_about(ran, NAME, "clock", "1970", "set")
    assert (rig.run().code, rig.published) == (0, ADDRESS)  # once the time is set, the very next run does it


def test_nobody_listens(rig: Rig) -> None:
    rig.server.close()
    ran = rig.run()
    assert ran.code == 3
    one_line_about(ran, NAME, "refused")


def test_a_name_that_does_not_resolve(rig: Rig) -> None:
    rig.config.write_text(rig.config.read_text().replace("127.0.0.1", "no-such-host.invalid"))
    ran = rig.run()
    assert ran.code == 3
    one_line_about(ran, NAME, "no-such-host.invalid", "resolve")


def test_missing_ca_file(rig: Rig) -> None:
    rig.config.write_text(rig.config.read_text().replace(rig.tls.ca_file, "/nowhere/ca.pem"))
    ran = rig.run()
    assert (ran.code, rig.updates) in {(2, 0), (3, 0)}
    one_line_about(ran, "/nowhere/ca.pem")


# --- memory ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00" * 4096, id="zeros"),
        pytest.param(os.urandom(4096), id="garbage"),
        pytest.param(b"edge-agent memory 99\nrecord\tfuture=1\n", id="another-version"),
    ],
)
def test_a_bad_state_file_is_set_aside(rig: Rig, content: bytes) -> None:
    rig.state.mkdir(mode=0o700)
    (rig.state / "memory").write_bytes(content)
    ran = rig.run()
    assert (ran.code, rig.published, rig.updates) == (0, ADDRESS, 1)
    assert "first run" in ran.err
    assert not content or (rig.state / "memory.bad").read_bytes() == content
    assert (rig.run().said, rig.updates) == ("", 1)


def test_a_state_file_cut_at_every_octet(rig: Rig) -> None:
    rig.fake.nochg_before_abuse = 999
    rig.run()
    whole = (rig.state / "memory").read_bytes()
    for length in range(0, len(whole), 29):
        (rig.state / "memory").write_bytes(whole[:length])
        assert rig.run().code in {0, 3}
    assert rig.published == ADDRESS


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_sends_nothing_it_could_not_remember(rig: Rig) -> None:
    rig.state.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", str(rig.state)], check=True)
    try:
        filler = rig.state / "filler"
        try:
            filler.write_bytes(b"x" * 65536)
        except OSError:
            assert shutil.disk_usage(rig.state).free < 4096
        ran = rig.run()
        assert (ran.code, rig.updates) == (4, 0), ran.said
        assert str(rig.state) in ran.err
        assert "space" in ran.err.lower()
        filler.unlink()
        assert (rig.run().code, rig.updates) == (0, 1)
    finally:
        subprocess.run(["umount", str(rig.state)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_read_only_state_directory(rig: Rig) -> None:
    rig.run()
    subprocess.run(["mount", "--bind", str(rig.state), str(rig.state)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(rig.state)], check=True)
        unchanged = rig.run()
        assert (unchanged.code, rig.updates) == (0, 1), unchanged.said  # nothing to send, nothing to remember
        rig.move("45.83.1.8")
        ran = rig.run()
        assert (ran.code, rig.updates) == (4, 1), ran.said
        assert str(rig.state) in ran.err
    finally:
        subprocess.run(["umount", str(rig.state)], check=True)
    assert (rig.run().code, rig.published) == (0, "45.83.1.8")


def test_a_state_directory_of_somebody_else(rig: Rig) -> None:
    rig.state.mkdir(mode=0o777)
    rig.state.chmod(0o777)
    ran = rig.run()
    assert (ran.code, rig.updates) == (4, 0), ran.said
    assert str(rig.state) in ran.err
    assert "chmod" in ran.err


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_a_secret_that_others_can_read_is_refused_with_the_cure(rig: Rig) -> None:
    rig.secret.chmod(0o644)
    ran = rig.run()
    assert (ran.code, rig.updates) == (2, 0)
    one_line_about(ran, f"chmod o= {rig.secret}")


@pytest.mark.parametrize(
    ("content", "word"),
    [pytest.param(None, "exist", id="missing"), pytest.param(b"", "empty", id="empty"), pytest.param(b"\xff\x00", "", id="binary")],
)
def test_an_unreadable_secret(rig: Rig, content: bytes | None, word: str) -> None:
    rig.secret.unlink()
    if content is not None:
        rig.secret.write_bytes(content)
        rig.secret.chmod(0o600)
    ran = rig.run()
    assert (ran.code, rig.updates) == (2, 0)
    one_line_about(ran, str(rig.secret), word)


def test_an_unknown_provider_is_never_a_default(rig: Rig) -> None:
    rig.config.write_text(rig.config.read_text().replace('"dyndns2"', '"cloudflair"'))
    ran = rig.run()
    assert (ran.code, rig.updates) == (2, 0)
    assert "cloudflare" in ran.err


@pytest.mark.parametrize("command", ["run", "explain", "status", "check"])
@pytest.mark.parametrize("verbosity", ["-q", "-v", "-vv", "--json"])
def test_a_planted_secret_appears_nowhere(rig: Rig, command: str, verbosity: str) -> None:
    rig.reply = text(f"badauth {SECRET}")
    said = rig.run(command, verbosity).said
    rig.run()
    assert SECRET not in said + rig.run(command, verbosity).said
    assert all(SECRET.encode() not in path.read_bytes() for path in rig.state.glob("*"))
