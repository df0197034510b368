"""A secret shows itself to nobody who did not ask for it by name."""

from edge_agent.model import Account, Secret


def test_a_secret_never_shows_itself() -> None:
    secret = Secret("hunter2")
    account = Account("acct", "noip", {"password": secret})
    assert "hunter2" not in f"{secret} {secret!r} {account} {[secret]}"
    assert secret.reveal() == "hunter2"


def test_secrets_compare_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
