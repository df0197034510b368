"""Whole runs: what is sent, printed, remembered and returned."""

import concurrent.futures
import json
import os
import subprocess
import sys
import time

from tests.whole.rig import ADDRESS, NAME, Rig


def test_first_run_publishes_and_says_so_in_one_line(rig: Rig) -> None:
    ran = rig.run()
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{NAME} A {ADDRESS}: updated\n"
    assert (rig.published, rig.updates) == (ADDRESS, 1)


def test_a_run_that_changes_nothing_is_silent_and_sends_nothing(rig: Rig) -> None:
    rig.run()
    ran = rig.run()
    assert (ran.code, ran.said, rig.updates) == (0, "", 1)


def test_a_new_address_is_sent_once(rig: Rig) -> None:
    rig.run()
    rig.move("45.83.1.8")
    ran = rig.run()
    assert f"{NAME} A 45.83.1.8 (was {ADDRESS})" in ran.out
    assert (rig.published, rig.updates) == ("45.83.1.8", 2)
    assert rig.run().said == ""


def test_dry_run_and_explain_send_and_write_nothing(rig: Rig) -> None:
    dry, explained = rig.run("run", "--dry-run"), rig.run("explain")
    assert NAME in dry.said
    assert NAME in explained.out
    assert (rig.updates, rig.state.exists()) == (0, False)


def test_json_is_one_object_of_the_promised_shape(rig: Rig) -> None:
    found = rig.run("--json").json()
    assert set(found) >= {"agent", "event", "choices", "records", "exit"}
    assert set(found["choices"]) >= {"ipv4", "ipv6"}
    (record,) = found["records"]
    assert (record["name"], record["type"], record["provider"], record["account"]) == (NAME, "A", "dyndns2", "fake")
    assert (record["step"], record["reason"], record["verdict"], record["address"]) == ("publish", "new", "updated", ADDRESS)
    assert found["exit"] == 0


def test_force_sends_again(rig: Rig) -> None:
    rig.run()
    assert rig.run("--force").code == 0
    assert rig.updates == 2


def test_status_shows_what_was_published(rig: Rig) -> None:
    rig.run()
    ran = rig.run("status")
    assert NAME in ran.out
    assert ADDRESS in ran.out
    assert rig.run("status", "--json").json()


def test_a_refusal_locks_until_a_person_mends_it(rig: Rig) -> None:
    rig.secret.write_text("wrong\n")
    first = rig.run()
    assert (first.code, rig.updates) == (4, 1)
    assert "badauth" in first.err
    again = rig.run()
    assert (again.code, rig.updates) == (4, 1)
    assert "unlock" in again.err or "mend" in again.err
    rig.secret.write_text("S3cret-planted-here\n")
    assert (rig.run().code, rig.published) == (0, ADDRESS)


def test_a_ban_lasts_until_unlocked(rig: Rig) -> None:
    rig.fake.blocked.add(NAME)
    assert rig.run().code == 4
    rig.fake.blocked.clear()
    assert (rig.run().code, rig.run("--force").code, rig.updates) == (4, 4, 1)
    assert rig.run("unlock", NAME).code == 0
    assert (rig.run().code, rig.published) == (0, ADDRESS)


def test_five_at_once_one_works_and_the_update_is_sent_once(rig: Rig) -> None:
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        codes = [ran.code for ran in pool.map(lambda _number: rig.run(), range(5))]
    assert codes == [0] * 5
    assert (rig.updates, rig.leftovers()) == (1, set())


def test_a_second_run_does_not_wait_and_the_first_runs_once_more(rig: Rig) -> None:
    arrived = rig.server.received
    rig.reply = None
    slow = rig.handle
    rig.server.handler = lambda request: slow(request)._replace(delay_for=3.0)
    first = rig.start()
    while not arrived:
        time.sleep(0.02)
    began_at = time.monotonic()
    second = rig.run()
    waited_for = time.monotonic() - began_at
    assert (second.code, second.out) == (0, "")
    first.communicate(timeout=30)
    assert waited_for < 2.5  # the holder was still waiting for its answer
    assert (first.returncode, rig.updates, rig.leftovers()) == (0, 1, set())


def test_state_is_only_ours_to_read(rig: Rig) -> None:
    rig.run()
    assert rig.state.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in rig.state.iterdir())


def test_explain_as_json_is_dry(rig: Rig) -> None:
    found = json.loads(rig.run("explain", "--json").out)
    assert found["dry"] is True
    assert [record["verdict"] for record in found["records"]] == [None]


def test_a_secret_from_a_pipe_that_nobody_writes_to(rig: Rig) -> None:
    rig.secret.unlink()
    os.mkfifo(rig.secret, 0o600)
    code = "from edge_agent import cli, signals; signals.READING_FOR = 1.0; raise SystemExit(cli.main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "--config", str(rig.config)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "edge-agent: gave up: a system call did not return within 1 seconds\n"


def test_two_settings_files_at_the_same_minute_are_both_served(rig: Rig) -> None:
    """As two lines of one crontab: neither run can do the other one's work."""
    rig.fake.names = (NAME, "office.example.com")
    other = rig.folder / "other.toml"
    other.write_text(rig.config.read_text().replace(f'"{NAME}"', '"office.example.com"'))
    answer = rig.handle
    rig.server.handler = lambda request: answer(request)._replace(delay_for=1.0)
    processes = [rig.start(), rig.start("--config", str(other))]
    assert [process.communicate(timeout=30)[1] for process in processes] == ["", ""]
    assert [process.returncode for process in processes] == [0, 0]
    assert set(rig.fake.records) == {(NAME, "A"), ("office.example.com", "A")}
    assert (rig.updates, rig.leftovers()) == (2, set())
