"""Profiles of ERTUs as data, `<name>.toml`: those that come with the program, and one's own."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

if TYPE_CHECKING:
    from config.ertu.profile import Profile

__all__ = [
    "DEFAULT",
    "ProfileError",
    "known_profiles",
    "load_folder",
    "load_profile",
    "own_profiles",
    "use_profiles",
]

DEFAULT = "standard"
"""The profile of a target that names none."""
_LARGEST = 1_048_576
# One's own, from the folder of the configuration in force; an entry that is exchanged as a whole.
_in_force: list[Mapping[str, "Profile"]] = [{}]


class ProfileError(ValueError):
    """A profile that cannot be used; names it and every mistake."""


@cache
def _shipped() -> tuple[str, ...]:
    files = (entry.name for entry in resources.files("config.ertu").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


@cache
def _load_shipped(name: str) -> "Profile":
    text = resources.files("config.ertu").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return _checked(name, tomllib.loads(text))


def _checked(name: str, table: Mapping[str, Any]) -> "Profile":
    # Imported only where there is an ERTU: a gateway without one has the memory for meters.
    from config.ertu.profile import Profile

    try:
        return Profile.model_validate(table)
    except ValidationError as error:
        whys = (f"{'.'.join(map(str, flaw['loc'])) or 'profile'}: {flaw['msg']}" for flaw in error.errors())
        raise ProfileError(f"profile {name}: " + "; ".join(whys)) from error


def known_profiles() -> tuple[str, ...]:
    """Names of all profiles."""
    return tuple(sorted({*_shipped(), *_in_force[0]}))


def load_profile(name: str | None) -> "Profile":
    """A profile by name, one's own before those of the program; raises KeyError for one that is not known."""
    name = name or DEFAULT
    if (own := _in_force[0].get(name)) is not None:
        return own
    if name not in _shipped():
        raise KeyError(name)
    return _load_shipped(name)


def load_folder(folder: Path) -> tuple[dict[str, "Profile"], list[tuple[Path, str]]]:
    """The profiles of a folder by name, and which files are none, with the reason; none where there is no folder."""
    good: dict[str, Profile] = {}
    bad: list[tuple[Path, str]] = []
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        try:
            with path.open("rb") as file:
                raw = file.read(_LARGEST + 1)
            if len(raw) > _LARGEST:
                raise ProfileError(f"{path}: larger than 1 MiB")
            good[path.stem] = _checked(path.stem, tomllib.loads(raw.decode("utf-8-sig")))
        except (OSError, ValueError, RecursionError) as error:
            bad.append((path, str(error)))
    return good, bad


def own_profiles() -> Mapping[str, "Profile"]:
    """One's own profiles in force."""
    return _in_force[0]


def use_profiles(profiles: Mapping[str, "Profile"]) -> None:
    """Put one's own profiles in force, in place of those before."""
    _in_force[0] = dict(profiles)
