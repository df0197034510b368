"""DNSPod at dnsapi.cn: forms, scalars that are texts, a gate for User-Agents, bans, and numbers that say what went wrong."""

import re
from typing import Any

from tests.fakes.lines import HOUR, LineFake
from tests.fakes.zones import Asked, Case, Refusal, Reply, Row, filled, said

TOKEN = "12345,0123456789abcdef0123456789abcdef"
PROGRAM = re.compile(r"[A-Za-z][\w .-]*/\d[\w.]* ?\([^()]+\)")
FAILURES, WITHIN = 30, 300.0
WORDS = {
    "address": ("34", "Record value invalid"),
    "ttl": ("32", "TTL of the record is out of range"),
    "cname": ("31", "Records conflict"),
    "duplicate": ("104", "Record already exists"),
    "gone": ("8", "Record id invalid"),
    "locked": ("-2", "API usage is limited"),
}


class DnsPodFake(LineFake):
    def __init__(self) -> None:
        super().__init__()
        self.failures: list[float] = []
        self.banned: dict[str, float] = {}  # the code to say, and until when
        self.agents: list[str] = []

    def is_change(self, asked: Asked) -> bool:
        return asked.path.rpartition(".")[2] in ("Create", "Modify", "Remove")

    def respond(self, asked: Asked) -> Reply:
        self.agents.append(asked.headers.get("user-agent", ""))
        fields = asked.form()
        if fields.get("format") != "json":
            return 200, {"content-type": "text/xml"}, b"<dnspod><status><code>1</code></status></dnspod>"
        self._gate(asked, fields)
        act = getattr(self, f"do_{asked.path.strip('/').replace('.', '_').lower()}", None)
        if act is None:
            raise Refusal(error("3", "Unknown error"))
        return done(act(fields, asked))

    def _gate(self, asked: Asked, fields: Row) -> None:
        now_at, agent = asked.now_at, asked.headers.get("user-agent", "")
        for code, until in self.banned.items():
            if until > now_at:
                raise Refusal(error(code, "Banned for a while"))
        if asked.method != "POST":
            raise Refusal(error("2", "POST method only"))
        if not PROGRAM.fullmatch(agent) or agent.startswith(("Mozilla", "Opera", "python-")):
            self.banned["-2"] = now_at + HOUR
            raise Refusal(error("-2", "API usage is limited"))
        if fields.get("login_token") != TOKEN:
            self.failures = [at for at in self.failures if at > now_at - WITHIN] + [now_at]
            if len(self.failures) > FAILURES:
                self.banned["-8"] = now_at + HOUR
            raise Refusal(error("10004", "Token verification failed"))

    def do_domain_info(self, fields: Row, _: Asked) -> Row:
        zone = self._zone(fields)
        own = {"id": self.zones[zone], "name": zone, "punycode": zone, "grade": "DP_Free", "status": "enable", "ttl": "600"}
        return {"domain": own | {"remark": False, "owner": "api@example.com"}}

    def do_record_list(self, fields: Row, _: Asked) -> Row:
        """At most 100 records, however many are asked for; a label that is asked for is the whole label."""
        zone, asked = self._zone(fields), (fields.get("sub_domain"), fields.get("record_type"))
        every = [row for row in self.within(zone) if asked[0] in (None, self.label(row, zone)) and asked[1] in (None, row["type"])]
        offset = int(fields.get("offset", 0))
        some = every[offset : offset + min(int(fields.get("length", 100)), 100)]
        if not some and fields.get("error_on_empty") != "no":
            raise Refusal(error("10", "No records"))
        info = {"sub_domains": str(len(self.records)), "record_total": str(len(every)), "records_num": str(len(some))}
        domain = {"id": int(self.zones[zone]), "name": zone, "punycode": zone, "grade": "DP_Free", "ttl": 600}
        return {"domain": domain, "info": info, "records": [self._shown(row, zone) for row in some]}

    def do_record_create(self, fields: Row, _: Asked) -> Row:
        own = self._own(fields)
        row = self.add(self._named(fields), fields["record_type"], fields["value"], int(fields.get("ttl", self.usual_ttl)), **own)
        return {"record": {"id": row["id"], "name": fields["sub_domain"], "status": fields.get("status", "enable")}}

    def do_record_modify(self, fields: Row, asked: Asked) -> Row:
        """What is not said goes back to what it usually is; only the remark has an action of its own."""
        name, own, ttl = self._named(fields), self._own(fields), int(fields.get("ttl", self.usual_ttl))
        self.counted(fields["record_id"], asked.now_at, name=name, value=fields["value"], ttl=ttl, **own)
        row = self.alter(fields["record_id"], fields["value"], ttl, name=name, **own)
        state = "enable" if row["enabled"] else "disable"
        return {"record": {"id": int(row["id"]), "name": fields["sub_domain"], "value": row["value"], "status": state}}

    def do_record_remove(self, fields: Row, _: Asked) -> Row:
        self._zone(fields)
        self.drop(fields["record_id"])
        return {}

    def _zone(self, fields: Row) -> str:
        by_id = {id_: name for name, id_ in self.zones.items()}
        zone = by_id.get(fields["domain_id"]) if "domain_id" in fields else fields.get("domain", "")
        if zone not in self.zones:
            raise Refusal(error("6" if "domain_id" in fields else "13", "Domain invalid"))
        return str(zone)

    def _named(self, fields: Row) -> str:
        return self.whole(fields.get("sub_domain", "@"), self._zone(fields))

    def _own(self, fields: Row) -> dict[str, Any]:
        """Return what a record is but for its value, having set the line: its id wins over its name."""
        by_id = {id_: line for line, id_ in self.lines.items()}
        self.on = by_id.get(str(fields.get("record_line_id")), str(fields.get("record_line")))
        if self.on not in self.lines:
            raise Refusal(error("26", "Record line invalid"))
        weight = int(fields["weight"]) if fields.get("weight") else None
        own = {"line": self.on, "line_id": self.lines[self.on], "weight": weight}
        return own | {"enabled": fields.get("status", "enable") == "enable"}

    def _shown(self, row: Row, zone: str) -> Row:
        own = {"id": row["id"], "ttl": str(row["ttl"]), "value": row["value"], "enabled": "1" if row["enabled"] else "0"}
        own |= {"status": "enabled", "updated_on": "2026-01-02 03:04:05", "name": self.label(row, zone), "line": row["line"]}
        own |= {"line_id": row["line_id"], "type": row["type"], "monitor_status": "", "remark": row["remark"], "mx": "0"}
        return own | {"weight": row["weight"], "use_aqb": "no"}

    def clashed(self, kind: str) -> Reply:
        return error(*WORDS[kind])


def done(fields: Row) -> Reply:
    return said({"status": {"code": "1", "message": "Action completed successful", "created_at": "2026-01-02 03:04:05"}} | fields)


def error(code: str, message: str) -> Reply:
    return said({"status": {"code": code, "message": message, "created_at": "2026-01-02 03:04:05"}})


CASE = Case(
    "dnspod",
    lambda: filled(DnsPodFake),
    {"login_token": TOKEN},
    {"login_token": "12345,ffffffffffffffffffffffffffffffff"},
    throttled=error("-2", "API usage is limited"),
    wait_for=3600.0,
)
