"""Why a channel could not be opened, and what a person can do about it."""

import errno
import os
import re
import socket
from collections.abc import Mapping

from config.text import say

__all__ = ["NETWORK", "PORT", "why"]

_NUMBER = re.compile(r"\[Errno (\d+)\]")

PORT: Mapping[int, tuple[str, str]] = {
    errno.EACCES: (
        "the user must be in the port's group, dialout",
        "用户须加入端口所属的组 dialout",
    ),
    errno.ENOENT: (
        "`ls /dev/ttyS* /dev/ttyUSB*` shows the ports",
        "可用 `ls /dev/ttyS* /dev/ttyUSB*` 查看端口",
    ),
    errno.EAGAIN: (
        "another program has the port open, perhaps the daemon",
        "另一个程序正在使用该端口，可能是守护进程",
    ),
}
"""Cures for a serial port, by error number."""

NETWORK: Mapping[int, tuple[str, str]] = {
    errno.ECONNREFUSED: ("nobody listens at this port", "该端口无人监听"),
    errno.EADDRINUSE: ("another program listens there", "该地址已被另一个程序监听"),
    errno.EADDRNOTAVAIL: ("this machine has no such address", "本机没有这个地址"),
    errno.EACCES: ("ports below 1024 are reserved", "1024 以下的端口是保留端口"),
}
"""Cures for a TCP connection, by error number."""


def why(error: OSError, cures: Mapping[int, tuple[str, str]]) -> str:
    """The system's own word for the error, with its cure where there is a usual one."""
    if isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    number = error.errno
    if number is None:  # asyncio gathers the errors of several addresses into the text of one
        found = _NUMBER.search(str(error))
        number = int(found[1]) if found else None
    if number is None:
        return str(error)
    cure = say(*cures[number]) if number in cures else ""
    return os.strerror(number) + (f" ({cure})" if cure else "")
