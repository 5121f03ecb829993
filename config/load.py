"""`meterd.toml` and the archive beside it, or every mistake in both, each with its place and cure."""

import copy
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config import ertu
from config.archive import Archive
from config.assemble import References, load_archive, odd_tables, there
from config.check import MUST_EXIST, Check
from config.errors import ConfigError, Problem, folded
from config.models import known_models, load_folder, own_models, protocol_of, use_models
from config.schema import Settings
from config.syntax import parse
from config.text import say
from config.wanted import forget
from config.words import model_at, problem
from protocols import PROTOCOLS
from protocols.outer import BEHIND

__all__ = ["Loaded", "keeping_models", "load"]

_PATHS = (
    ("gateway", "state_dir"),
    ("gateway", "archive"),
    ("gateway", "models"),
    ("master", "archive"),
    ("dumps", "drop"),
    ("dumps", "profiles"),
    *MUST_EXIST,
)
_REPLAY = "replay:"
_MAX_FILE = 16 * 1024 * 1024
# What stands in for a required value that is missing or wrong, so that the rest can be checked in the same run.
_STAND_INS: dict[str, Any] = {
    "driver": "meter",
    "link": "replay:none",
    "targets": ["none"],
    "points": ["none"],
    "every": "1d",
    "broker": "mqtt://none",
    "database": "sqlite:///none",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration in force: `digest` is the SHA-256 over file, archive and own models.

    `text` is the file as it was read; `warnings` are what works and is hardly meant; `master` is the archive that
    the table [master] names.
    """

    settings: Settings
    archive: Archive
    path: Path
    digest: str
    text: str = ""
    warnings: tuple[Problem, ...] = ()
    master: Archive | None = None


def load(path: Path | str) -> Loaded:
    """Read a configuration and its archive; raises ConfigError with every problem found.

    Its own meter models are in force from then on, unless it is wrong: then those before stay.
    """
    with keeping_models():
        return _load(Path(path))


@contextmanager
def keeping_models() -> Iterator[None]:
    """Meter models and profiles of ERTUs stay as they are now if this fails."""
    before, profiles = own_models(), ertu.own_profiles()
    try:
        yield
    except BaseException:
        use_models(before)
        ertu.use_profiles(profiles)
        forget()
        raise


def _load(path: Path) -> Loaded:
    text = _read(path)
    problems: list[Problem] = []
    parsed = parse(path, text, problems)
    data = parsed.tables
    _resolve_paths(path, data)
    if not parsed.whole:
        raise ConfigError(folded(problems + _beside(path, text, data)))
    settings = _validate(path, text, data, problems)
    if settings is None:
        raise ConfigError(folded(problems))
    targets = _target_names(data)
    check = Check(path, text, settings, targets, problems)
    check.settings()
    _use_own(settings.gateway.models, problems)
    models = {name: protocol_of(name) for name in known_models()}
    references = References(tuple(targets), (*PROTOCOLS, *BEHIND), models)
    folder = settings.gateway.archive
    if settings.target or settings.master is None or there(folder):
        archive = load_archive(folder, problems, references) if check.has_folder(folder) else Archive()
    else:
        archive = Archive()  # the file of a master alone
    check.archive(archive)
    own_archive = _masters(settings, check, problems)
    if problems:
        raise ConfigError(folded(problems))
    own = repr(sorted(own_models().items()))
    if profiles := ertu.own_profiles():
        own += repr(sorted(profiles.items()))
    digest = hashlib.sha256(f"{text}{archive.digest}{own}".encode()).hexdigest()
    warnings = (*check.warnings(archive), *odd_tables(folder))
    return Loaded(settings, archive, path, digest, text, warnings, own_archive)


def _masters(settings: Settings, check: Check, problems: list[Problem]) -> Archive | None:
    """The archive of the master's own; its meters hang behind gateways, so that any target is right."""
    folder = settings.master.archive if settings.master is not None else None
    if folder is None or not check.has_folder(folder, "master"):
        return None
    return load_archive(folder, problems)


def _use_own(folder: Path | None, problems: list[Problem]) -> None:
    """Put the models of a folder in force, and the profiles of ERTUs in its folder `ertu`."""
    good, bad = load_folder(folder) if folder is not None else ({}, [])
    problems += [Problem(file=str(file), line=None, key="model", message=why) for file, why in bad]
    use_models(good)
    profiles, wrong = ertu.load_folder(folder / "ertu") if folder is not None else ({}, [])
    problems += [Problem(file=str(file), line=None, key="profile", message=why) for file, why in wrong]
    ertu.use_profiles(profiles)
    forget()


def _beside(path: Path, text: str, data: dict[str, Any]) -> list[Problem]:
    """What else is wrong where lines are no TOML; nothing that one of those lines might explain."""
    found: list[Problem] = []
    try:
        Settings.model_validate(data)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        found += [problem(str(path), text, mistake) for mistake in mistakes if mistake["type"] != "missing"]
    gateway = data.get("gateway")
    folder = gateway.get("archive") if isinstance(gateway, dict) else None
    if isinstance(folder, Path) and there(folder):
        load_archive(folder, found)
    return found


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_FILE + 1)
        if len(raw) > _MAX_FILE:
            raise ValueError(say("larger than 16 MiB", "超过 16 MiB"))
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = say("not UTF-8", "不是 UTF-8")
        expected = say("the file saved as UTF-8", "以 UTF-8 保存的文件")
        found = Problem(file=str(path), line=line, key="file", message=message, expected=expected)
        raise ConfigError((found,)) from error
    except (OSError, ValueError) as error:
        message = (getattr(error, "strerror", None) or str(error)) or say("unreadable", "无法读取")
        raise ConfigError((Problem(file=str(path), line=None, key="file", message=message),)) from error


def _resolve_paths(path: Path, data: dict[str, Any]) -> None:
    """Relative paths are relative to the file."""
    base = path.absolute().parent
    gateway = data.get("gateway")
    if isinstance(gateway, dict):
        gateway.setdefault("archive", "archive")
    for table, key in _PATHS:
        section = data.get(table)
        if isinstance(section, dict) and isinstance(section.get(key), str):
            section[key] = base / section[key]
    targets = data.get("target")
    for target in targets if isinstance(targets, list) else ():
        link = target.get("link") if isinstance(target, dict) else None
        if isinstance(link, str) and link.startswith(_REPLAY) and link != _REPLAY:
            target["link"] = _REPLAY + str(base / link.removeprefix(_REPLAY))


def _validate(path: Path, text: str, data: dict[str, Any], problems: list[Problem]) -> Settings | None:
    """The settings; with mistakes, what can be made of the rest so that it is checked as well."""
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
    problems += [problem(str(path), text, mistake) for mistake in mistakes]
    rest = copy.deepcopy(data)
    for mistake in mistakes:
        _mend(rest, tuple(mistake["loc"]))
    rest["gateway"].setdefault("archive", path.absolute().parent / "archive")
    try:
        return Settings.model_validate(rest)
    except ValidationError:
        return None


def _mend(data: dict[str, Any], place: tuple[str | int, ...]) -> None:
    """Leave out the innermost key that is wrong, or put something harmless in its place."""
    around: Any = data
    holder, key, depth = data, str(place[0]), 0
    for number, part in enumerate(place):
        if isinstance(around, dict):
            holder, key, depth = around, str(part), number
        inside = _inside(around, part)
        if not isinstance(inside, dict | list):
            break
        around = inside
    holder.pop(key, None)
    field = model_at(place[:depth]).model_fields.get(key)
    if field is not None and field.is_required():
        index = next((part for part in place if isinstance(part, int)), 0)
        holder[key] = {**_STAND_INS, "name": f"none-{index}"}.get(key, {"name": "none"})


def _inside(around: Any, part: str | int) -> Any:
    try:
        return around[part]
    except (LookupError, TypeError):
        return None


def _target_names(data: dict[str, Any]) -> list[str]:
    targets = data.get("target")
    if isinstance(targets, dict):
        targets = [targets]
    names = (
        [target.get("name") for target in targets if isinstance(target, dict)]
        if isinstance(targets, list)
        else []
    )
    return [name for name in names if isinstance(name, str)]
