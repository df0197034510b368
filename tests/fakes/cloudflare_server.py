"""The Cloudflare fake on a TLS socket: one zone, example.com, and a log of requests with what the name says after each.

`python -m tests.fakes.cloudflare_server --host ADDR --port N --cert F --key F --log FILE --token T [--foreign ADDR]`.
"""

import argparse
import contextlib
import json
import threading
from pathlib import Path

from tests.fakes.apis.cloudflare import CloudflareFake
from tests.fakes.messages import Received, Reply, asked
from tests.fakes.server import Server
from tests.fakes.tls import server_context

NAME = "home.example.com"


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--foreign", help="an address that somebody else has put into the name")
    chosen = parser.parse_args()
    fake, guard = CloudflareFake(), threading.Lock()
    fake.tokens[chosen.token] = None
    fake.zone("example.com")
    if chosen.foreign:
        fake.record(NAME, chosen.foreign)

    def answer(request: Received) -> Reply:
        with guard, chosen.log.open("a") as log:
            reply = asked(fake, request)
            says = {type_: fake.says(NAME, type_) for type_ in ("A", "AAAA")}
            log.write(json.dumps({"method": request.method, "peer": request.peer, "status": reply.status, "says": says}) + "\n")
            return reply

    with Server(answer, server_context(chosen.cert, chosen.key), chosen.host, chosen.port) as server:
        print(f"ready {server.port}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
