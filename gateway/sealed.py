"""Secrets come from files and from credentials of the service manager, and go nowhere but into a connection."""

import os
from pathlib import Path

from config.text import say

__all__ = ["first_line", "place"]

_MAX_BYTES = 4096
_CREDENTIALS = "/run/credentials/meterd.service"


def place(file: Path | None, credential: str | None) -> Path | None:
    """The file of a secret: the one named, or the systemd credential of that name."""
    if credential is None:
        return file
    return Path(os.environ.get("CREDENTIALS_DIRECTORY", _CREDENTIALS)) / credential


def first_line(path: Path) -> str:
    """The secret in a file: its first line without white space around it.

    Raises OSError, also for what is no text: never with anything of the content.
    """
    with path.open("rb") as file:
        raw = file.read(_MAX_BYTES)
    try:
        return raw.partition(b"\n")[0].decode("utf-8").strip()
    except UnicodeDecodeError:
        raise OSError(f"{path}: {say('not UTF-8', '不是 UTF-8')}") from None
