"""Record what the kernel says in some scenarios, for the tests of the parser: `python -m tests.lab.record > FIXTURE`.

One line per datagram: scenario, request (links, addresses4 … way6), hexadecimal.
"""

from tests.lab.scenarios import ALL, standing

SCENARIOS = ("ipv6-zoo", "multipath", "ipv4-via-ipv6", "wireguard-rules", "blackhole-before-real", "policy/source-specific-ipv6")
ASK = """
import sys
from edge_agent import kernel, netlink, rtnetlink
from edge_agent.model import Question
requests = {"links": rtnetlink.dump(16, 0, 1)}
for family in (4, 6):
    for name in ("addresses", "routes", "neighbours", "rules"):
        requests[f"{name}{family}"] = rtnetlink.dump(getattr(rtnetlink, name.upper()), family, 1)
    requests[f"way{family}"] = rtnetlink.lookup(Question(family), 1)
for name, request in requests.items():
    sock = kernel.open_netlink()
    sock.send(request)
    while True:
        data = sock.recv(65536)
        print(sys.argv[1], name, data.hex())
        if netlink.reply(data, 1).done:
            break
    sock.close()
"""

if __name__ == "__main__":
    for name in SCENARIOS:
        with standing(ALL[name]) as there:
            print(there.lab.python(there.box, ASK, name), end="")
