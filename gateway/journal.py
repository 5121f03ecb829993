"""Log lines as native entries of journald: every field is one that `journalctl` can be asked for.

Protocol: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
"""

import json
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

__all__ = ["PRIORITIES", "SOCKET", "Journal", "is_ours"]

SOCKET = Path("/run/systemd/journal/socket")
PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
"""Severities of syslog (RFC 5424, 6.2.1) by level."""

_PREFIX = "METERD_"
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,56}", re.ASCII)
_BUFFER = 8 << 20


def is_ours(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Whether this stream is the one that the service manager connected to the journal."""
    device, _, inode = (
        (os.environ if environment is None else environment).get("JOURNAL_STREAM", "").partition(":")
    )
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return (device, inode) == (str(found.st_dev), str(found.st_ino))


class Journal:
    """The journal's own socket. `identifier` is what `journalctl -t` is asked for."""

    def __init__(self, path: Path = SOCKET, identifier: str = "meterd") -> None:
        self._path, self._identifier = str(path), identifier

    def send(self, message: str, fields: Mapping[str, Any]) -> bool:
        """Whether journald took the entry: it is not there, or busy, or the entry is too long for it."""
        level = str(fields.get("level", "info"))
        entry = {
            "MESSAGE": message,
            "PRIORITY": PRIORITIES.get(level, 6),
            "SYSLOG_IDENTIFIER": self._identifier,
            **{
                _PREFIX + name: value for key, value in fields.items() if _NAME.fullmatch(name := key.upper())
            },
        }
        datagram = b"".join(_field(name, value) for name, value in entry.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
                channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
                channel.sendto(datagram, self._path)
        except OSError:
            return False
        return True


def _field(name: str, value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    raw = text.encode(errors="backslashreplace")
    if b"\n" not in raw:
        return b"%s=%s\n" % (name.encode(), raw)
    return b"%s\n%s%s\n" % (name.encode(), len(raw).to_bytes(8, "little"), raw)
