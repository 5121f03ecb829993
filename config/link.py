"""Links as text, taken apart: `serial:/dev/ttyS1?baud=2400&mode=8E1`, `tcp://host:port`, ..."""

import re

from config.text import say

__all__ = ["problem_with"]

_HOST_PORT = re.compile(r"^//(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*):(\d{1,5})(?:\?.*)?$")
_SERIAL = re.compile(r"^(/[^?]+|[A-Za-z]+\d+)(?:\?(.*))?$")
_MODE = re.compile(r"^[5-8][NEOnoe][12]$")
_KNOWN = ("serial:DEV?baud=2400&mode=8E1", "tcp://HOST:PORT", "tcp-listen://HOST:PORT", "replay:FILE")


def problem_with(link: str) -> tuple[str, str] | None:
    """What is wrong with a link and what was expected; None for a good one."""
    scheme, colon, rest = link.partition(":")
    if scheme in ("tcp", "tcp-listen") and colon:
        match = _HOST_PORT.match(rest)
        if match and 0 < int(match[2]) <= 65535:
            return None
        return say("no host and port", "没有主机和端口"), f"{scheme}://HOST:PORT"
    if scheme == "serial":
        return _serial(rest)
    if scheme == "replay":
        return None if rest else (say("no file", "没有文件"), "replay:FILE")
    return say(f"unknown kind of link {scheme!r}", f"未知的链路类型 {scheme!r}"), ", ".join(_KNOWN)


def _serial(rest: str) -> tuple[str, str] | None:
    match = _SERIAL.match(rest)
    if not match:
        return say("no device", "没有设备"), _KNOWN[0]
    for option in filter(None, (match[2] or "").split("&")):
        name, _, value = option.partition("=")
        if name == "baud" and value.isdigit() and 50 <= int(value) <= 921_600:
            continue
        if name == "mode" and _MODE.match(value):
            continue
        return say(f"option {option!r} is not right", f"选项 {option!r} 不正确"), _KNOWN[0]
    return None
