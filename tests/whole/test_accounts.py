"""A hundred records over ten accounts: one account refuses, one throttles, one hangs, and the others do not wait for them."""

import base64
import json
import pathlib
import threading
import time
from collections import Counter

import pytest

from tests.fakes.server import Received, Reply, Server, Tls, text
from tests.whole.rig import ADDRESS, Ran, Rig

HANGING, REFUSED, THROTTLED = "acct0", "acct1", "acct2"  # the first in order, so that whoever waits for them is late
ODD = (REFUSED, THROTTLED, HANGING)
USUAL_FOR = 0.1  # how long an answer takes


class Hundred:
    """The rig's program with ten accounts at one server, which knows them by their user names."""

    def __init__(self, rig: Rig, tls: Tls) -> None:
        self.rig = rig
        self.asked: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self.done_at: dict[str, float] = {}
        self.guard = threading.Lock()
        self.server = Server(self.answer, tls)
        lines = [
            f'source = "static"\naddress = "{ADDRESS}"\nca_file = "{tls.ca_file}"\nstate_dir = "{rig.state}"\ndeadline = "4s"\n'
        ]
        login = f'provider = "dyndns2"\nserver = "{self.server.url}"\npassword_file = "{rig.secret}"\n'
        lines += [f'[account.acct{number}]\nusername = "acct{number}"\n{login}' for number in range(10)]
        lines += [
            f'[[record]]\nname = "h{number}.example.com"\ntype = "A"\naccount = "acct{number // 10}"\n' for number in range(100)
        ]
        rig.config.write_text("\n".join(lines))

    def answer(self, request: Received) -> Reply:
        user = base64.b64decode(request.headers["authorization"].split()[1]).decode().partition(":")[0]
        with self.guard:
            self.asked[user] += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        if user not in ODD:
            time.sleep(USUAL_FOR)
        with self.guard:
            self.at_once -= 1
            self.done_at[user] = time.monotonic()
        if user == HANGING:
            return Reply(body=b"good", delay_for=60)
        words = {REFUSED: text("badauth", 401), THROTTLED: text("slow down", 429, retry_after="600")}
        return words.get(user, text(f"good {ADDRESS}"))

    def run(self, *arguments: str) -> Ran:
        self.asked.clear()
        return self.rig.run("--no-gate", *arguments)


@pytest.fixture
def hundred(rig: Rig, tls: Tls) -> Hundred:
    return Hundred(rig, tls)


def test_a_hundred_records_over_ten_accounts(hundred: Hundred, tmp_path: pathlib.Path) -> None:
    with hundred.server:
        begun_at = time.monotonic()
        ran = hundred.run("--json")
        took_for = time.monotonic() - begun_at
        found = json.loads(ran.out)
        verdicts = {record["name"]: (record["account"], record["verdict"]) for record in found["records"]}
        assert len(verdicts) == 100
        by_account = {f"acct{number}": [v for own, v in verdicts.values() if own == f"acct{number}"] for number in range(10)}
        for account, kinds in by_account.items():
            assert len(kinds) == 10
            if account not in ODD:
                assert kinds == ["updated"] * 10
        assert by_account[REFUSED] == ["refused"] * 10
        assert by_account[THROTTLED] == ["busy"] * 10
        assert by_account[HANGING].count("unconfirmed") == 1
        assert by_account[HANGING].count("unreachable") == 9
        assert (ran.code, found["exit"]) == (4, 4), "a person is needed for one of them"
        assert hundred.asked[REFUSED] == hundred.asked[THROTTLED] == hundred.asked[HANGING] == 1
        assert hundred.most_at_once > 3
        last_at = max(at for account, at in hundred.done_at.items() if account not in ODD)
        assert last_at - begun_at < took_for, "the others were done before the one that hangs was given up"

        again = hundred.run()
        assert set(hundred.asked) <= {HANGING}, "nothing is sent to who refused or throttled, nor what is published already"
        assert again.code == 4
        for account in (REFUSED, THROTTLED):
            assert account in hundred.run("status").out


def test_people_are_told_of_each(hundred: Hundred) -> None:
    with hundred.server:
        ran = hundred.run()
    assert ran.out.count(": updated") == 70
    for number, words in ((0, "sent, but no trustworthy answer"), (10, "refused"), (20, "try later")):
        assert any(f"h{number}.example.com" in line and words in line for line in ran.said.splitlines()), (number, ran.err)
