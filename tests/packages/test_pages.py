"""The manual page, the completion and the example: they hold what the agent's own tables hold, and their readers accept them."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from build.packages import completion, content, manual
from edge_agent.settings import BY_FLAG, COMMANDS, EXTRA_FLAGS, SETTINGS
from edge_agent.verdicts import TABLE

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("man") / "edge-agent.8"
    path.write_text(manual.page())
    if shutil.which("man") is None:
        pytest.skip("needs man")
    env = {**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""}
    done = subprocess.run(["man", "--warnings", "-l", path], env=env, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)


def test_the_page_is_ascii_and_in_order() -> None:
    words = manual.page()
    assert words.isascii()
    heads = re.findall(r"(?m)^\.SH (.*)$", words)
    assert heads[:4] == ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS"]
    assert heads[-1] == "SEE ALSO"
    assert re.search(r"(?m)^\.SH NAME\nedge\\-agent \\- \w", words)  # what whatis(1) reads


def test_the_page_knows_every_command_flag_and_key(page: str) -> None:
    for word in (*COMMANDS, *BY_FLAG, *EXTRA_FLAGS, *(setting.name for setting in SETTINGS if setting.scopes)):
        assert re.search(rf"(?m)^ .*(?<![\w-]){re.escape(word)}(?![\w-])", page), word


def test_the_page_knows_every_exit_code() -> None:
    codes = dict(manual.exits())
    assert set(codes) == {"0", "1", "2", "3", "4"} >= {str(row.exit) for row in TABLE.values()}
    assert codes["3"] == "network: later"


@pytest.mark.parametrize(
    ("words", "expected"),
    [(".TH", "\\&.TH"), ("'s\n.x", "\\&'s\n\\&.x"), ("a\\b", "a\\eb"), ("é", "\\[u00E9]")],
    ids=["request", "quote", "backslash", "foreign"],
)
def test_nothing_in_a_text_is_a_request(words: str, expected: str) -> None:
    assert manual.plain(words) == expected


def completed(line: str, folder: pathlib.Path) -> set[str]:
    """Return what bash offers at the end of a line, its words parted as readline parts them."""
    script = folder / "completion"
    script.write_text(completion.script())
    words = [part for word in line.split(" ") for part in re.findall(r"=|[^=]+", word) or [""]]
    quoted = " ".join(f"'{word}'" for word in words)
    run = f'. {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _edge_agent; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "--norc", "--noprofile", "-uc", run], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


LINES = [
    ("edge-agent ", set(COMMANDS)),
    ("edge-agent un", {"uninstall", "unpin", "unlock"}),
    ("edge-agent --chec", {"--check"}),
    ("edge-agent --check ", {"off", "gateway", "outside"}),
    ("edge-agent --check=", {"off", "gateway", "outside"}),
    ("edge-agent --check=g", {"gateway"}),
    ("edge-agent -i lo", {"lo"}),
    ("edge-agent -i lo exp", {"explain"}),
    ("edge-agent --update-via s", {"same"}),
    ("edge-agent --allow un", {"unique_local"}),
    ("edge-agent -c fi", {"file.toml"}),
    ("edge-agent --state-dir fo", {"folder"}),
    ("edge-agent --log sy", {"syslog"}),
    ("edge-agent -p cloudf", {"cloudflare"}),
    ("edge-agent providers cloudf", {"cloudflare"}),
    ("edge-agent hook udh", {"udhcpc"}),
    ("edge-agent hook udhcpc bo", set()),
    ("edge-agent install --l", {"--list", "--log", "--log-format"}),
    ("edge-agent status --l", {"--log", "--log-format"}),
    ("edge-agent pin lo --f", {"--for", "--force", "--force-after", "--failover-after", "--failback-after"}),
    ("edge-agent pin lo --for 2", set()),
    ("edge-agent status more", set()),
]


@pytest.mark.parametrize(("line", "offered"), LINES, ids=[line for line, _ in LINES])
def test_bash_offers(line: str, offered: set[str], tmp_path: pathlib.Path) -> None:
    (tmp_path / "file.toml").touch()
    (tmp_path / "folder").mkdir()
    assert completed(line, tmp_path) == offered


def test_the_completion_is_sound_shell(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "completion"
    path.write_text(completion.script())
    if shutil.which("shellcheck") is None:
        pytest.skip("needs shellcheck")
    subprocess.run(["shellcheck", path], check=True)


def test_the_example_is_sound_when_its_marks_are_gone(tmp_path: pathlib.Path) -> None:
    assert [line for line in content.SETTINGS_EXAMPLE.splitlines() if line and line[0] != "#"] == []
    lines = [line[1:] for line in content.SETTINGS_EXAMPLE.splitlines() if re.match(r"#[a-z[]", line)]
    assert len(lines) > 5
    token = tmp_path / "token"
    token.write_text("sesame\n")
    token.chmod(0o600)
    path = tmp_path / "edge-agent.toml"
    path.write_text("\n".join(lines).replace("/etc/edge-agent/cf.token", str(token)))
    words = [sys.executable, "-m", "edge_agent", "check", "--json", "--config", str(path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["problems"]) == (0, [])
