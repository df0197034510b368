"""What faked Chinese services share: records for the users of one network (lines), and a lock on those written in vain."""

from typing import Any, ClassVar

from tests.fakes.zones import ApiFake, Clash, Row

HOUR = 3600.0
IN_VAIN = 5  # changes that change nothing, within an hour


class LineFake(ApiFake):
    """A row has `line`, `line_id`, `weight`, `remark` and `enabled`."""

    usual_ttl = 600
    least_ttl = 600
    most_ttl = 604800
    lines: ClassVar[dict[str, str]] = {"默认": "0", "联通": "10=1", "教育网": "10=2"}
    default: str = "默认"

    def __init__(self) -> None:
        super().__init__()
        self.on: str = self.default  # the line of the request
        self.in_vain: dict[str, list[float]] = {}
        self.locked: dict[str, float] = {}

    def record(self, name: str, value: str, **more: Any) -> Row:
        line = more.pop("line", self.default)
        own = {"line": line, "line_id": self.lines[line], "weight": None, "remark": "", "enabled": True}
        return super().record(name, value, **(own | more))

    def check(self, name: str, type_: str, value: str, ttl: object, own: str = "") -> None:
        """Records of different lines do not clash, whatever they say."""
        every = self.records
        self.records = [row for row in every if row["line"] == self.on]
        try:
            super().check(name, type_, value, ttl, own)
        finally:
            self.records = every

    def counted(self, id_: str, now_at: float, **wanted: object) -> None:
        """Count a change that changes nothing: after five of them within an hour the record is locked for an hour."""
        if self.locked.get(id_, 0.0) > now_at:
            raise Clash("locked")
        row = next((row for row in self.records if row["id"] == id_), None)
        if row and all(row[name] == value for name, value in wanted.items()):
            self.in_vain[id_] = [at for at in self.in_vain.get(id_, []) if at > now_at - HOUR] + [now_at]
            if len(self.in_vain[id_]) > IN_VAIN:
                self.locked[id_] = now_at + HOUR
                raise Clash("locked")
