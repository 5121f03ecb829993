"""Profiles of dump formats as data: `<name>.toml`, so that a new vendor needs no code."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from config.profiles.form import ProfileError, made
from config.text import say
from protocols.dumps.spec import Spec

__all__ = ["ProfileError", "known_profiles", "load_profile", "profiles", "read_profile"]

_MOST_BYTES = 256 * 1024


@cache
def known_profiles() -> tuple[str, ...]:
    """Names of the profiles that come with the program."""
    files = (entry.name for entry in resources.files("config.profiles").iterdir())
    return tuple(
        sorted(n.removesuffix(".toml") for n in files if n.endswith(".toml") and not n.startswith("_"))
    )


@cache
def _common() -> dict[str, Any]:
    return tomllib.loads(
        resources.files("config.profiles").joinpath("_common.toml").read_text(encoding="utf-8")
    )


@cache
def load_profile(name: str) -> Spec:
    """A profile by name; raises KeyError for one that is not known, ProfileError for one that is not right."""
    if name not in known_profiles():
        raise KeyError(name)
    text = resources.files("config.profiles").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return made(name, text, tomllib.loads(text), _common())


def read_profile(path: Path) -> Spec:
    """A profile from a file of the user's; raises ProfileError with every mistake and its line."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            raise ProfileError(str(path), (say("larger than 256 KiB", "超过 256 KiB"),))
        text = raw.decode("utf-8-sig")
        table = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ProfileError(str(path), (str(error),)) from error
    return made(path.stem, text, table, _common())


def profiles(folder: Path | None = None) -> Iterable[Spec]:
    """All profiles: those of a folder of the user's first, then those that come with the program."""
    own = {path.stem: path for path in sorted(folder.glob("*.toml"))} if folder is not None else {}
    yield from (read_profile(path) for path in own.values())
    yield from (load_profile(name) for name in known_profiles() if name not in own)
