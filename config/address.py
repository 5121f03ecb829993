"""Hosts and ports as text: what a resolver and a socket can be given without an error of their own."""

import ipaddress
import re

from config.numbers import whole

__all__ = ["endpoint"]

_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_PART}(?:\.{_PART})*\.?")
_LAST_PORT = 65_535


def endpoint(text: str, *, any_host: bool = False, any_port: bool = False) -> tuple[str, int]:
    """HOST:PORT or [IPv6]:PORT as host and port; raises ValueError.

    `any_host` lets the host be empty, `any_port` lets the port be 0: for addresses to listen at.
    """
    host, colon, port = text.rpartition(":")
    number = whole(port if port[:1].isalnum() else "", 0 if any_port else 1, _LAST_PORT)
    if host.startswith("[") and host.endswith("]"):
        return str(ipaddress.IPv6Address(host[1:-1])), number
    if not colon or not (_HOST.fullmatch(host) or (any_host and not host)):
        raise ValueError(text)
    return host, number
