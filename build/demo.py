"""The main job in a few lines: a faithful service on loopback, this machine's interfaces, one update that the service saw."""

import json
import os
import shlex
import subprocess
import sys

from build.stage import INSIDE, SOURCE, Stage, clean_environment, enter, stage

# From the honest default to what a machine without a public address needs; the first that finds an address is used.
WAYS = (
    ((), "This machine has an address that the world can reach; the agent runs as it would anywhere."),
    (("--allow-private",), "This machine has no public address that works, so private ones are allowed here: --allow-private."),
    (
        ("--allow-private", "--check", "off"),
        "No public address works here and the next hop does not answer, so: --allow-private --check off.",
    ),
)


def agent(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the agent from source."""
    return subprocess.run([*SOURCE, *words], env=clean_environment(), capture_output=True, text=True, check=False)


def way() -> tuple[tuple[str, ...], str] | None:
    """Return the first flags under which the agent finds an address on this machine's interfaces, and why those."""
    for flags, why in WAYS:
        said = agent("explain", "--json", "--source", "interface", *flags).stdout
        if any(choice["kind"] == "use" for choice in json.loads(said)["choices"].values()):
            return ("--source", "interface", *flags), why
    return None


def show(flags: tuple[str, ...]) -> None:
    """Print what the agent makes of this machine."""
    print(f"\n$ edge-agent explain {shlex.join(flags)}")
    print(agent("explain", *flags).stdout.rstrip())


def publish(here: Stage, flags: tuple[str, ...]) -> bool:
    """Publish, print what the service saw, do it again; return whether all went as it should."""
    words = [*here.flags("state")]
    words = words[words.index("-p") :]
    shown = [word.replace(str(here.folder), "…") for word in (*flags, *words)]
    print(f"\n$ edge-agent {shlex.join(shown)}")
    first = agent(*flags, *words)
    print((first.stdout + first.stderr).rstrip() or "(no output)")
    for (method, path, query), peer in zip(here.service.seen, here.service.peers, strict=True):
        words_of = "&".join(f"{name}={value}" for name, value in query.items())
        print(f"the service saw, from {peer}: {method} {path}?{words_of}")
    for (name, kind), address in here.service.records.items():
        print(f"the service now publishes: {name} {kind} {address}")
    before = len(here.service.seen)
    again = agent(*flags, *words)
    quiet = again.returncode == 0 and not again.stdout and len(here.service.seen) == before
    asked = len(here.service.seen) - before
    print(f"\n$ the same again: exit {again.returncode}, {asked} requests, it printed {again.stdout or 'nothing'}")
    return first.returncode == 0 and bool(here.service.records) and quiet


def main() -> int:
    """Run the demonstration; return 0 where the service saw the update."""
    found = way()
    if found is None and not os.environ.get(INSIDE):
        print("This machine has no usable interface, so the demonstration lays a network of its own:", flush=True)
        enter()
        print("that was not allowed either (it needs root or user namespaces); the address is given by hand:")
    with stage() as here:
        if found is None:
            found = (way() or ((), "")) if here.interface else (("-4", "--source", "static", "--address", "45.83.1.2"), "given")
        flags, why = found
        print(f"A faithful dyndns2 service listens on {here.url}, with a certificate of its own authority.")
        print("The network has one uplink, wan0, with a public address and a next hop that answers." if here.interface else why)
        show(flags)
        return 0 if publish(here, flags) else 1


if __name__ == "__main__":
    sys.exit(main())
