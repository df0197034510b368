"""What ties a socket to an uplink, and when it is refused. The kernel's refusals are played by a socket that only listens."""

import _socket
import errno
from typing import Any

import pytest

from edge_agent.binding import BindingError, Uplink, bind


class OldKernel:
    """A socket of a kernel before 5.7 for a user who is not root: no binding to a device, no mark."""

    family = _socket.AF_INET

    def __init__(self) -> None:
        self.bound: list[Any] = []

    def setsockopt(self, *_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    def bind(self, address: tuple[str, int]) -> None:
        self.bound.append(address)


@pytest.mark.parametrize(
    ("uplink", "words"),
    [
        pytest.param(Uplink("wan0", "45.83.1.7"), "interface wan0", id="another-way-out-is-possible"),
        pytest.param(Uplink("wan0", None, routed=True), "interface wan0", id="no-source-to-tie"),
        pytest.param(Uplink("wan0", "45.83.1.7", 7, routed=True), "mark 7", id="a-mark-cannot-be-had"),
    ],
)
def test_it_fails_closed(uplink: Uplink, words: str) -> None:
    sock = OldKernel()
    with pytest.raises(BindingError, match=f"cannot bind to {words}: Operation not permitted"):
        bind(sock, uplink)  # type: ignore[arg-type]
    assert sock.bound == []


def test_the_source_will_do_where_the_kernel_sends_it_by_that_interface_anyway() -> None:
    sock = OldKernel()
    bind(sock, Uplink("wan0", "45.83.1.7", routed=True))  # type: ignore[arg-type]
    assert sock.bound == [("45.83.1.7", 0)]


def test_a_real_socket_is_tied_to_its_device() -> None:
    with_device = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    try:
        bind(with_device, Uplink("lo", "127.0.0.1"))
        assert with_device.getsockopt(_socket.SOL_SOCKET, _socket.SO_BINDTODEVICE, 16).rstrip(b"\0") == b"lo"
        assert with_device.getsockname()[0] == "127.0.0.1"
    finally:
        with_device.close()
