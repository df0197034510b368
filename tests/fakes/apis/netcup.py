"""netcup's endpoint: all is POST, all is HTTP 200, sessions end after a quarter of an hour and are counted."""

from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Refusal, Reply, Row, filled, said

CUSTOMER, KEY, PASSWORD = "123456", "FakeNetcupKey0123456789abcdefgh", "FakeNetcupPassword0123456789"
IDLE_FOR = 900.0


def reply(action: str, data: object, short: str, code: int = 2000, long: str = "") -> Reply:
    status = "success" if code == 2000 else "error"
    head = {"serverrequestid": "94zjUdI0ziMDjF189TQ2D7yjkN7d3", "clientrequestid": "", "action": action, "status": status}
    return said(head | {"statuscode": code, "shortmessage": short, "longmessage": long, "responsedata": data})


def error(action: str, code: int, short: str, long: str) -> Reply:
    return reply(action, "", short, code, long)


class NetcupFake(ApiFake):
    usual_ttl = 86400  # the zone's

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[str, float] = {}

    def is_change(self, asked: Asked) -> bool:
        return "updateDnsRecords" in asked.body.decode()

    def respond(self, asked: Asked) -> Reply:
        if (asked.method, asked.path, asked.query) != ("POST", "/run/webservice/servers/endpoint.php", {"JSON": ""}):
            return 404, {"content-type": "text/html"}, b"<html>404</html>"
        assert asked.headers["content-type"] == "application/json"
        asked_for = asked.json()
        action, param = asked_for["action"], asked_for["param"]
        if (param["customernumber"], param["apikey"]) != (CUSTOMER, KEY):
            raise Refusal(error("", 4013, "Validation Error.", "Customer account not found. JSON decode failed."))
        self.counts[action] += 1
        if action == "login":
            return self._login(param, asked.now_at)
        self._session(action, param.get("apisessionid", ""), asked.now_at)
        if action == "logout":
            del self.sessions[param["apisessionid"]]
            return reply(action, "", "Logout successful", long="Session has been terminated successful.")
        return self._dns(action, param)

    def _login(self, param: dict[str, Any], now_at: float) -> Reply:
        if param.get("apipassword") != PASSWORD or "apisessionid" in param:
            raise Refusal(error("", 4013, "Validation Error.", "More than 180 requests per minute. Please wait and retry later."))
        session = f"FakeSession{self.new_id()}"
        self.sessions[session] = now_at
        self.logins.append(session)
        return reply("login", {"apisessionid": session}, "Login successful", long="Session has been created successful.")

    def _session(self, action: str, session: str, now_at: float) -> None:
        if now_at - self.sessions.get(session, -IDLE_FOR) > IDLE_FOR:
            self.sessions.pop(session, None)
            raise Refusal(error(action, 4001, "Api session id in invalid format", "The session id is not in a valid format."))
        self.sessions[session] = now_at

    def _dns(self, action: str, param: dict[str, Any]) -> Reply:
        zone = param["domainname"]
        code = {"infoDnsZone": 5031, "infoDnsRecords": 5029, "updateDnsRecords": 5028}[action]
        if "_" in zone:
            raise Refusal(error("", 4013, "Validation Error.", "Value in field domainname does not match requirements."))
        if zone not in self.zones:
            raise Refusal(error(action, code, "Action failed", f"The zone {zone} could not be found."))
        if action == "infoDnsZone":
            fields = {"name": zone, "ttl": str(self.usual_ttl), "serial": "2026020101", "dnssecstatus": False}
            return reply(action, fields, "DNS zone found")
        if action == "updateDnsRecords":
            for record in param["dnsrecordset"]["dnsrecords"]:
                self._update(zone, record)
        rows = [self._shown(row, zone) for row in self.within(zone)]
        if not rows:
            raise Refusal(error(action, code, "Getting DNS records failed", "No DNS records found."))
        return reply(action, {"dnsrecords": rows}, "DNS records found")

    def _update(self, zone: str, record: dict[str, Any]) -> None:
        name, type_ = self.whole(record["hostname"], zone), record["type"]
        assert record["hostname"], "the apex is @"
        assert record.get("state", "yes") == "yes"
        id_ = record.get("id", "")
        if not id_:
            self.add(name, type_, record["destination"], priority=record.get("priority", "0"))
            return
        assert all((row["name"], row["type"]) == (name, type_) for row in self.records if row["id"] == id_)
        if record.get("deleterecord") is True:
            self.drop(id_)
        else:
            self.alter(id_, record["destination"], priority=record.get("priority", "0"))

    def _shown(self, row: Row, zone: str) -> Row:
        own = {"id": row["id"], "hostname": self.label(row, zone), "type": row["type"], "priority": row.get("priority", "0")}
        return own | {"destination": row["value"], "deleterecord": False, "state": "yes"}

    def clashed(self, kind: str) -> Reply:
        if kind == "gone":
            return error("updateDnsRecords", 5028, "Update of DNS records failed", "Can not update (all) DNS records for zone.")
        words = {"cname": "A CNAME cannot stand beside other records.", "duplicate": "The record exists already."}
        return error("", 4013, "Validation Error.", words.get(kind, "Destination is no address."))


CASE = Case(
    "netcup",
    lambda: filled(NetcupFake),
    {"customernumber": CUSTOMER, "apikey": KEY, "apipassword": PASSWORD},
    {"apipassword": "wrong"},
    ttl=0,
)
