"""What counts as an address alone, and how an answer that never came is told."""

import pytest

from edge_agent import answers


@pytest.mark.parametrize(
    ("text", "family", "found"),
    [
        pytest.param("45.83.1.7\n", 4, "45.83.1.7", id="ipv4"),
        pytest.param("  2A0D:1234::1 ", 6, "2a0d:1234::1", id="ipv6"),
        pytest.param("", 4, "says nothing", id="empty"),
        pytest.param("<html>45.83.1.7</html>", 4, "no address alone", id="page"),
        pytest.param("45.83.1.7 45.83.1.8", 4, "no address alone", id="two"),
        pytest.param("2a0d:1234::1", 4, "IPv4 was asked for", id="other-family"),
        pytest.param("192.168.1.1", 4, "which is private", id="private"),
        pytest.param("fd00::1", 6, "which is unique-local", id="unique-local"),
        pytest.param("104.18.1.1", 4, "content network", id="content-network"),
        pytest.param("1.0.0.1", 4, "public resolver", id="resolver"),
        pytest.param("2606:4700::1", 6, "content network", id="content-network-6"),
    ],
)
def test_seen_address(text: str, family: int, found: str) -> None:
    try:
        said = answers.seen_address(text, family)
    except answers.UnfitError as error:
        said = str(error)
        assert found in said
    else:
        assert said == found


class RemoteDisconnected(ConnectionResetError):  # noqa: N818 - named as http.client's own
    pass


class IncompleteRead(Exception):  # noqa: N818 - as above
    pass


class ProtocolError(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "no whole answer in time"),
        (RemoteDisconnected(), "closed without an answer"),
        (IncompleteRead(), "cut off"),
        (ProtocolError(), "not HTTP"),
        (ValueError(), "not HTTP"),
        (OSError(), "cannot be read (OSError)"),
    ],
)
def test_broken(error: Exception, words: str) -> None:
    assert words in answers.broken(error)
