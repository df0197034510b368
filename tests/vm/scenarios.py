"""What happens to a PPP line, step by step, and what it did to the record. Each scenario returns figures; test_ppp.py judges."""

import os
import signal
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.vm import agent
from tests.vm.network import BOX_PPP, RUN, Box, Over, Provider

Figures = dict[str, Any]

LOCAL = r"local  IP address "
STARTED = r"Script /etc/ppp/{} started"
FINISHED = r"Script /etc/ppp/{} finished .* status = 0x0"
ANNOUNCES = '#!/bin/sh\nsleep 6\necho "$4" >>{}/announced\n'  # a hook as many write it: at work while pppd waits for it
NOTES = '#!/bin/sh\necho "{} IPLOCAL=$IPLOCAL" >>{}/called\n'
PREFIX = "2a0e:1cc0:1:2:"


class Lab:
    """Both ends, the service, and what pppd's own time was in each session."""

    def __init__(self, box: Box, provider: Provider, service: agent.Service) -> None:
        self.box, self.provider, self.service = box, provider, service
        self.over: Over = "pty"
        self.since = 0  # the updates that came before this scenario

    def dials(self, over: Over, address: str, *options: str) -> Figures:
        """Dial for the first time and return the figures of `_up`."""
        self.box.hangs_up()
        self.provider.close()
        self.over = over
        self.provider.offers(over, address)
        kernel = self.box.kernel.mark()
        self.box.dials(over, *options)
        return self._up(address, kernel, 0)

    def redials(self, address: str, act: Callable[[], None] | None = None) -> Figures:
        """Let the provider end the session (or do what else ends it) and give this address in the next one."""
        kernel, log = self.box.kernel.mark(), self.box.log.mark()
        if act:
            act()
        else:
            self.provider.redials(self.over, address)
        return self._up(address, kernel, log)

    def _up(self, address: str, kernel: int, log: int) -> Figures:
        """Wait for the address; return when it was usable, and how long pppd took from it to the end of its ip-up script."""
        usable = self.box.usable(address, kernel)
        local = self.box.log.wait(LOCAL + address, log)
        began = self.box.log.wait(r"rcvd \[CHAP Success", log)
        finished = self.box.log.wait(FINISHED.format("ip-up"), self.box.log.lines.index(local))
        return {"usable_at": usable.at, "ip_up_for": finished.at - local.at, "up_for": local.at - began.at}

    def published(self, address: str, figures: Figures) -> Figures:
        """Wait until the service knows the address and the agent rests; return when, how many updates, and the record."""
        told = self.service.told(address)
        agent.at_rest()
        return figures | self.told() | {"told_after": told.at - figures["usable_at"]}

    def told(self) -> Figures:
        """Return what the service was told in this scenario, what it publishes, and what addresses the line has."""
        return {
            "updates": [f"{update.address}: {update.said}" for update in self.service.updates[self.since :]],
            "record": self.service.record(),
            "record6": self.service.record("AAAA"),
            "addresses": self.box.now(),
        }

    def anew(self, *types: str) -> None:
        """Let the agent and the service know nothing."""
        agent.at_rest()
        agent.forget()
        self.service.forget()
        self.since = 0
        agent.configure(self.service.server.url, *(types or ("A",)))


def without_hook(lab: Lab) -> Figures:
    """Time pppd when nobody listens."""
    agent.unhook()
    times = [lab.dials("pty", "45.83.1.2"), lab.redials("45.83.1.3"), lab.redials("45.83.1.4")]
    return {name: [figures[name] for figures in times] for name in times[0]} | lab.told()


def blocking_hook(lab: Lab) -> Figures:
    """Redial while a hook blocks: pppd calls it no second time."""
    (RUN / "announced").write_text("")
    script = BOX_PPP / "ip-up.d/zz-announces"
    script.write_text(ANNOUNCES.format(RUN))
    script.chmod(0o755)
    log, kernel = lab.box.log.mark(), lab.box.kernel.mark()
    lab.provider.redials("pty", "45.83.1.5")
    lab.box.log.wait(STARTED.format("ip-up"), log)
    lab.provider.redials("pty", "45.83.1.6")
    usable = lab.box.usable("45.83.1.6", kernel)
    finished = lab.box.log.wait(FINISHED.format("ip-up"), log)
    time.sleep(2)
    script.unlink()
    calls = len(lab.box.log.found(STARTED.format("ip-up"), log))
    announced = (RUN / "announced").read_text().split()
    return {"calls": calls, "announced": announced, "addresses": lab.box.now(), "usable_before_end_for": finished.at - usable.at}


def first_up(lab: Lab) -> Figures:
    """The first session after boot."""
    lab.anew()
    agent.hook()
    return lab.published("45.83.1.10", lab.dials("pty", "45.83.1.10"))


def redial(lab: Lab) -> Figures:
    """Another address after the provider ended the session."""
    return lab.published("45.83.1.11", lab.redials("45.83.1.11"))


def redial_during_hook(lab: Lab) -> Figures:
    """The same as with the blocking hook: the line dies as soon as the hook has been called."""
    log = lab.box.log.mark()
    lab.provider.redials("pty", "45.83.1.12")
    lab.box.log.wait(STARTED.format("ip-up"), log)
    figures = lab.redials("45.83.1.13")
    figures = lab.published("45.83.1.13", figures)
    return figures | {"calls": len(lab.box.log.found(STARTED.format("ip-up"), log))}


def peer_killed(lab: Lab) -> Figures:
    """SIGKILL the provider's pppd: the modem hangs up; nothing is withdrawn while the line is down."""
    log = lab.box.log.mark()
    figures = lab.redials("45.83.1.14", lambda: lab.provider.redials("pty", "45.83.1.14", signal.SIGKILL))
    downs = len(lab.box.log.found(STARTED.format("ip-down"), log))
    return lab.published("45.83.1.14", figures) | {"downs": downs}


def ipv6_first(lab: Lab) -> Figures:
    """A redial that brings IPv6 alone, with the last session's address still in ipv6-up's environment; then IPv4; then an RA."""
    called = RUN / "called"
    for event in agent.EVENTS:
        script = BOX_PPP / f"{event}.d/aa-notes"
        script.write_text(NOTES.format(event, RUN))
        script.chmod(0o755)
    called.write_text("")
    log = lab.box.log.mark()
    lab.provider.refuses()
    lab.box.log.wait(FINISHED.format("ip-down"), log)
    lab.anew("A", "AAAA")
    lab.provider.offers("pty", None)
    lab.box.log.wait(FINISHED.format("ipv6-up"), log)
    time.sleep(1)
    agent.at_rest()
    stale = called.read_text().splitlines()
    alone = lab.told()
    called.write_text("")
    figures = lab.published("45.83.1.15", lab.redials("45.83.1.15"))
    order = [line.partition(" ")[0] for line in called.read_text().splitlines()]
    figures |= {"stale": stale, "alone": alone, "order": order}
    kernel = lab.box.kernel.mark()
    advertise("ppp0")
    global6 = lab.box.kernel.wait(rf" inet6 {PREFIX}", kernel)
    time.sleep(2)
    figures["after_ra"] = lab.told() | {"agents": agent.working()}
    looked = agent.periodic()
    figures["periodic"] = lab.told() | {"exit": looked.returncode}
    again = agent.periodic()
    figures["again"] = lab.told() | {"exit": again.returncode}
    return figures | lab.told() | {"address6": global6.text.split()[3].partition("/")[0]}


def advertise(interface: str) -> None:
    """Send one router advertisement (RFC 4861, 4.2 and 4.6.2): the only way in which a PPP line gets its global IPv6 address."""
    head = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 86400, 14400, 0) + socket.inet_pton(socket.AF_INET6, PREFIX + ":")
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        sock.sendto(head + prefix, ("ff02::1", 0))


def pppoe_first_up(lab: Lab) -> Figures:
    """The first session over PPPoE, with no echo requests from the box."""
    lab.box.hangs_up()
    agent.hook()
    lab.anew()
    return lab.published("45.83.1.20", lab.dials("pppoe", "45.83.1.20"))


def pppoe_redial(lab: Lab) -> Figures:
    """Another address after the access server was restarted."""
    return lab.published("45.83.1.21", lab.redials("45.83.1.21"))


def cable_cut_unnoticed(lab: Lab) -> Figures:
    """No echo requests: the session looks alive. Later the user hangs up, and the line comes back with another address."""
    log = lab.box.log.mark()
    lab.provider.cable(whole=False)
    time.sleep(6)
    looked = agent.periodic()
    during = lab.told() | {"exit": looked.returncode}
    during["downs"] = len(lab.box.log.found(STARTED.format("ip-down"), log))
    figures = lab.published("45.83.1.22", lab.redials("45.83.1.22", lambda: _mended(lab, "45.83.1.22")))
    return figures | {"during": during}


def _mended(lab: Lab, address: str) -> None:
    lab.provider.offers("pppoe", address)
    lab.provider.cable(whole=True)
    os.kill(int(Path("/run/ppp-box.pid").read_text().split()[0]), signal.SIGHUP)


def cable_cut_noticed(lab: Lab) -> Figures:
    """Echo requests every second: pppd calls ip-down; the record is held until the line is back."""
    lab.anew()
    figures = lab.published("45.83.1.23", lab.dials("pppoe", "45.83.1.23", "lcp-echo-interval", "1", "lcp-echo-failure", "2"))
    log, kernel = lab.box.log.mark(), lab.box.kernel.mark()
    lab.provider.cable(whole=False)
    lab.box.log.wait(FINISHED.format("ip-down"), log)
    agent.at_rest()
    looked = agent.periodic()
    during = lab.told() | {"exit": looked.returncode}
    lab.provider.offers("pppoe", "45.83.1.24")
    lab.provider.cable(whole=True)
    figures = lab.published("45.83.1.24", lab._up("45.83.1.24", kernel, log))
    return figures | {"during": during}


def from_source(lab: Lab) -> Figures:
    """A redial answered by the agent from source."""
    agent.install(source=True)
    return lab.published("45.83.1.25", lab.redials("45.83.1.25"))


GROUPS: dict[str, tuple[Callable[[Lab], Figures], ...]] = {
    "pty": (without_hook, blocking_hook, first_up, redial, redial_during_hook, peer_killed, ipv6_first),
    "pppoe": (pppoe_first_up, pppoe_redial, cable_cut_unnoticed, cable_cut_noticed, from_source),
}
