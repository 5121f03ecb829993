"""Addresses and texts without what is secret in them: people write passwords into them all the same."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

__all__ = ["REMOVED", "bare", "has_password", "is_secret", "without_secrets", "without_secrets_of"]

REMOVED = "(removed)"
"""What stands in place of a secret."""

# User and password before the last @, a query behind; where a password may hide elsewhere nothing fits.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(?:[^@/?#]*@)?([^@?#]*)(?:\?[^@]*)?")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SECRET = ("password", "secret", "token", "key", "credential", "broker", "database")
_IN_QUERY = re.compile(r"[?&](?:ssl)?password=", re.IGNORECASE)


def bare(url: str) -> str:
    """An address as it may be shown: without user, password and query; what cannot be taken apart is left out."""
    if found := _ADDRESS.fullmatch(url):
        return f"{found[1]}://{found[2]}"
    scheme = _SCHEME.match(url)
    return f"{scheme[1]}://…" if scheme else "…"


def is_secret(key: str) -> bool:
    """Whether what is written under a key may be a secret, or an address that holds one."""
    return any(word in key.lower() for word in _SECRET)


def has_password(url: str) -> bool:
    """Whether a password stands in an address."""
    user, at, _ = url.partition("://")[2].rpartition("@")
    return bool(at and ":" in user) or _IN_QUERY.search(url) is not None


# What follows a scheme up to the last @ of the word; a query's password; what is called a password in plain text.
_USER = re.compile(r"([A-Za-z0-9+.-]{1,16}://)[^\s\"'<>]{0,4096}@")
_QUERY = re.compile(r"([?&](?:ssl)?password=)[^\s\"'&]*", re.IGNORECASE)
_NAMED = re.compile(
    r"(?<![A-Za-z])((?:PG)?(?:password|passwd|secret|token|api_?key)[\"']?\s*[=:]\s*)(?!\(removed\))(\"[^\"]*\"?|'[^']*'?|[^\s,;]+)",
    re.IGNORECASE,
)
_PLACES = ("_file", "_credential", "broker", "database")


def without_secrets(text: str) -> str:
    """Any text without the users and passwords of addresses and without what it calls a password."""
    text = _USER.sub(rf"\1{REMOVED}@", text)
    text = _QUERY.sub(rf"\1{REMOVED}", text)
    return _NAMED.sub(rf'\1"{REMOVED}"', text)


def without_secrets_of(text: str, *, right: bool = True) -> str:
    """A configuration without secrets, also those that do not belong into it.

    Files and credentials stay named where the configuration is `right`; otherwise a secret may stand in their place.
    Raises ValueError for what is no TOML: there nobody knows where a secret ends.
    """
    for value in _secret_values(tomllib.loads(text), right=right):
        for line in value.splitlines():
            if line.strip():
                text = text.replace(line, REMOVED)
    return without_secrets(text)


def _secret_values(around: Any, key: str = "", *, right: bool) -> Iterator[str]:
    if isinstance(around, dict):
        for name, inside in around.items():
            yield from _secret_values(inside, f"{key}_{name}" if is_secret(key) else name, right=right)
    elif isinstance(around, list):
        for inside in around:
            yield from _secret_values(inside, key, right=right)
    elif isinstance(around, str) and is_secret(key) and not (right and key.endswith(_PLACES)):
        yield around
