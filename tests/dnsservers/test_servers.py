"""The servers themselves: they run, take an update from `nsupdate`, and say so."""

from tests.dnsservers.servers import Server


def test_a_server_runs(server: Server) -> None:
    server.record("smoke.example.com", "192.0.2.1", ttl=77)
    server.record("smoke.lab.example.com", "2001:db8::1")
    assert server.says("smoke.example.com") == ["192.0.2.1"]
    assert server.says("smoke.lab.example.com", "AAAA") == ["2001:db8::1"]
    assert server.ttl("smoke.example.com") == 77
