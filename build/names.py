"""A resolver on 127.0.0.1 for programs that wait for one before they do anything: every name is this machine."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

HERE = b"\xc0\x0c" + struct.pack(">HHIH4s", 1, 1, 60, 4, bytes((127, 0, 0, 1)))  # RFC 1035, 4.1.3: the name asked for, A, IN


def _answer(question: bytes) -> bytes:
    end = question.index(b"\0", 12) + 5
    is_ipv4 = question[end - 4 : end] == b"\0\1\0\1"
    return question[:2] + struct.pack(">HHHHH", 0x8180, 1, is_ipv4, 0, 0) + question[12:end] + HERE * is_ipv4


@contextlib.contextmanager
def resolver() -> Iterator[None]:
    """Answer on port 53 of a network of our own (see build.stage.enter) until the context is left."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 53))
        listener.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    question, peer = listener.recvfrom(512)
                    listener.sendto(_answer(question), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
