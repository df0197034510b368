"""Hetzner's Cloud API: every change is an action that may run on for some polls, fail, or lock its zone until it is over."""

from typing import Any

from tests.fakes.zones import ApiFake, Asked, Case, Clash, Refusal, Reply, Row, filled, said

TOKEN = "FakeHetznerToken0123456789abcdefFakeHetznerToken0123456789abcdef"


class HetznerFake(ApiFake):
    usual_ttl = 3600  # of the zone: a set that has it shows none of its own
    least_ttl = 60
    most_ttl = 2147483647

    def __init__(self) -> None:
        super().__init__()
        self.readonly = False
        self.secondary: set[str] = set()
        self.protected: set[tuple[str, str]] = set()
        self.polls = 0  # how often an action is still running when asked
        self.fails: dict[str, str] = {}  # command: the code with which it ends
        self.actions: dict[str, dict[str, Any]] = {}
        self.locking = False  # whether a second change has to wait for the first
        self.locks: set[str] = set()  # zones with an action that still runs
        self.left = 3600

    def respond(self, asked: Asked) -> Reply:
        self._let_in(asked)
        parts = asked.parts[1:]
        if parts[0] == "zones" and len(parts) > 1:  # a zone goes by its name or its id
            parts[1] = {id_: name for name, id_ in self.zones.items()}.get(parts[1], parts[1])
        match asked.method, parts:
            case "GET", ["zones", zone]:
                self._known(zone)
                mode = "secondary" if zone in self.secondary else "primary"
                return said({"zone": {"id": int(self.zones[zone]), "name": zone, "mode": mode, "ttl": 3600, "status": "ok"}})
            case "GET", ["zones", "actions", id_] | ["actions", id_] if id_ in self.actions:
                return said({"action": self._polled(id_)})
            case "GET", ["zones", zone, "rrsets", label, type_]:
                shown = self._set(self._name(zone, label), label, type_)
                return said({"rrset": {"zone": int(self.zones[zone]), "protection": {"change": False}} | shown})
            case "POST", ["zones", zone, "rrsets"]:
                return self._create(zone, asked.json())
            case "POST", ["zones", zone, "rrsets", label, type_, "actions", ("set_records" | "change_ttl") as command]:
                return self._changed(zone, label, type_, command, asked.json())
        raise Refusal(error("not_found", "not found", 404))

    def _let_in(self, asked: Asked) -> None:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refusal(error("unauthorized", "the token you are using is invalid", 401))
        self.left -= 1
        if self.left < 0:
            headers = {"ratelimit_limit": "3600", "ratelimit_remaining": "0", "ratelimit_reset": str(int(asked.now_at) + 3600)}
            raise Refusal(error("rate_limit_exceeded", "limit of 3600 requests per hour reached", 429, **headers))
        if asked.method != "GET" and self.readonly:
            raise Refusal(error("token_readonly", "token is only allowed to perform GET requests", 403))

    def _known(self, zone: str) -> None:
        if zone not in self.zones:
            raise Refusal(error("not_found", "zone not found", 404))

    def _name(self, zone: str, label: str) -> str:
        """Return the whole name; a label is in lower case and never the zone's own name."""
        self._known(zone)
        if zone in self.secondary:
            raise Refusal(error("incorrect_zone_mode", "zone is not in primary mode", 422))
        if label != label.lower() or label.endswith((".", zone)) or not label:
            raise Refusal(error("invalid_input", "invalid input in field 'name'", 422))
        return self.whole(label, zone)

    def _rows(self, name: str, type_: str) -> list[Row]:
        return [row for row in self.records if (row["name"], row["type"]) == (name, type_)]

    def _set(self, name: str, label: str, type_: str) -> dict[str, Any]:
        rows = self._rows(name, type_)
        if not rows:
            raise Refusal(error("not_found", "rrset not found", 404))
        ttl = None if rows[0]["ttl"] == self.usual_ttl else rows[0]["ttl"]
        records = [{"value": row["value"], "comment": row.get("comment")} for row in rows]
        return {"id": f"{label}/{type_}", "name": label, "type": type_, "ttl": ttl, "records": records, "labels": {}}

    # --- changing --------------------------------------------------------------------------------------------------------

    def _create(self, zone: str, fields: dict[str, Any]) -> Reply:
        name, type_, ttl = self._name(zone, fields["name"]), fields["type"], fields.get("ttl")
        self._interrupted()
        self._unlocked(zone)
        if self._rows(name, type_):
            raise Refusal(error("uniqueness_error", "rrset already exists", 409))
        if "create_rrset" not in self.fails:
            self._put(name, type_, fields["records"], self.usual_ttl if ttl is None else ttl)
        shown = {} if "create_rrset" in self.fails else self._set(name, fields["name"], type_)
        return said({"rrset": shown, "action": self._begun(zone, "create_rrset")}, 201)

    def _changed(self, zone: str, label: str, type_: str, command: str, fields: dict[str, Any]) -> Reply:
        name = self._name(zone, label)
        self._interrupted()
        self._unlocked(zone)
        rows = self._rows(name, type_)
        if not rows:
            raise Refusal(error("not_found", "rrset not found", 404))
        if (name, type_) in self.protected:
            raise Refusal(error("protected", "RRSet(s) is/are change protected", 422))
        ttl = (fields["ttl"] or self.usual_ttl) if command == "change_ttl" else rows[0]["ttl"]
        if not self.least_ttl <= ttl <= self.most_ttl:
            raise Clash("ttl")
        if command not in self.fails:
            self._put(name, type_, fields.get("records", rows), ttl)
        return said({"action": self._begun(zone, command)}, 201)

    def _put(self, name: str, type_: str, records: list[dict[str, Any]], ttl: int) -> None:
        for row, record in zip(self.replace(name, type_, [one["value"] for one in records], ttl), records, strict=True):
            row["comment"] = record.get("comment")

    # --- actions ---------------------------------------------------------------------------------------------------------

    def _unlocked(self, zone: str) -> None:
        if self.locking and zone in self.locks:
            raise Refusal(error("locked", "zone is locked by another action", 423))

    def _begun(self, zone: str, command: str) -> dict[str, Any]:
        id_ = self.new_id()
        self.actions[id_] = {"id": int(id_), "command": command, "polls": self.polls, "zone": zone}
        self.locks.add(zone)
        return self._shown(id_)

    def _polled(self, id_: str) -> dict[str, Any]:
        self.actions[id_]["polls"] -= 1
        return self._shown(id_)

    def _shown(self, id_: str) -> dict[str, Any]:
        action = self.actions[id_]
        shown = {"id": action["id"], "command": action["command"], "status": "running", "progress": 50, "error": None}
        if action["polls"] > 0:
            return shown
        self.locks.discard(action["zone"])
        code = self.fails.get(action["command"])
        over: dict[str, Any] = {"code": code, "message": "Action failed"} if code else {}
        return shown | {"status": "error" if code else "success", "progress": 100, "error": over or None}

    def clashed(self, kind: str) -> Reply:
        words = {"cname": "conflicts with an existing CNAME", "ttl": "ttl must be at least 60"}.get(kind, "invalid value")
        return error("invalid_input", f"invalid input: {words}", 422)


def error(code: str, message: str, status: int, **headers: str) -> Reply:
    return said({"error": {"code": code, "message": message, "details": None}}, status, **headers)


CASE = Case("hetzner", lambda: filled(HetznerFake), {"token": TOKEN}, {"token": "wrong"}, ttl=600)
