"""Addresses without what is secret in them: people write passwords into them all the same."""

import re

__all__ = ["bare", "has_password", "is_secret"]

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
