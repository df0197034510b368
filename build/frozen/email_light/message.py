"""Stands for `email.message`: the header fields of an HTTP answer, as http.client and urllib3 read them, without the rest of mail.

The whole package brings MIME, charsets, dates and addresses: more than a megabyte in an update. tests/frozen compares the two over
generated header blocks.
"""

from collections.abc import Iterator
from typing import Any


class Message:
    """Header fields in their order, found by name whatever its case; RFC 9110, section 5.1."""

    def __init__(self, policy: object = None) -> None:
        """Start without any; a policy is what the whole module takes, and there is only one here."""
        self.policy = policy
        self._headers: list[tuple[str, str]] = []
        self.defects: list[Exception] = []
        self._payload = ""
        self._envelope: str | None = None

    def __len__(self) -> int:
        return len(self._headers)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, name: object) -> bool:
        wanted = str(name).lower()
        return any(wanted == each.lower() for each, _ in self._headers)

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def __setitem__(self, name: str, value: str) -> None:
        self._headers.append((name, value))

    def __delitem__(self, name: str) -> None:
        wanted = name.lower()
        self._headers = [(each, value) for each, value in self._headers if each.lower() != wanted]

    def keys(self) -> list[str]:
        """Return all names, repeated ones too."""
        return [name for name, _ in self._headers]

    def values(self) -> list[str]:
        """Return all values."""
        return [value for _, value in self._headers]

    def items(self) -> list[tuple[str, str]]:
        """Return all names with their values."""
        return [*self._headers]

    def get(self, name: str, failobj: Any = None) -> Any:
        """Return the first value under a name, else `failobj`."""
        wanted = name.lower()
        return next((value for each, value in self._headers if each.lower() == wanted), failobj)

    def get_all(self, name: str, failobj: Any = None) -> Any:
        """Return every value under a name, else `failobj`."""
        wanted = name.lower()
        return [value for each, value in self._headers if each.lower() == wanted] or failobj

    def is_multipart(self) -> bool:
        """Say no: header fields have no parts."""
        return False

    def get_payload(self) -> str:
        """Return what stood where a header field was expected, and all after it."""
        return self._payload

    def set_payload(self, payload: str) -> None:
        """Keep what stood after the header fields."""
        self._payload = payload

    def get_unixfrom(self) -> str | None:
        """Return the envelope line, if there was one."""
        return self._envelope

    def set_unixfrom(self, line: str) -> None:
        """Keep the envelope line."""
        self._envelope = line
