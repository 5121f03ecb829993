"""`meterd.toml` and the archive beside it, or every mistake in both, each with its place and cure."""

import hashlib
import re
import tomllib
import zoneinfo
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from config.archive import Archive
from config.assemble import load_archive
from config.errors import ConfigError, Problem
from config.link import problem_with
from config.locate import line_of
from config.models import known_models
from config.schema import Settings
from config.text import say

__all__ = ["Loaded", "load"]

_PATHS = {("gateway", "state_dir"), ("gateway", "archive")} | {
    (table, key)
    for table in ("uplink", "master")
    for key in ("ca_file", "cert_file", "key_file", "password_file")
}
_MUST_EXIST = {key for key in _PATHS if key[0] != "gateway"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration in force: `digest` is the SHA-256 over file and archive."""

    settings: Settings
    archive: Archive
    path: Path
    digest: str


def load(path: Path | str) -> Loaded:
    """Read a configuration and its archive; raises ConfigError with every problem found."""
    path = Path(path)
    text = _read(path)
    data = _parse(path, text)
    problems: list[Problem] = []
    _resolve_paths(path, data)
    settings = _validate(path, text, data, problems)
    if settings is None:
        raise ConfigError(tuple(problems))
    check = _Check(path, text, settings, problems)
    check.all()
    archive = load_archive(settings.gateway.archive, problems)
    check.meters(archive)
    if problems:
        raise ConfigError(tuple(problems))
    digest = hashlib.sha256(text.encode() + archive.digest.encode()).hexdigest()
    return Loaded(settings, archive, path, digest)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        problem = Problem(
            file=str(path),
            line=None,
            key="file",
            message=str(error),
            expected=say("a UTF-8 text", "UTF-8 文本"),
        )
        raise ConfigError((problem,)) from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        match = re.search(r"at line (\d+)", str(error))
        line = int(match[1]) if match else len(text.splitlines()) or 1
        problem = Problem(file=str(path), line=line, key="TOML", message=str(error))
        raise ConfigError((problem,)) from error


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


def _validate(path: Path, text: str, data: dict[str, Any], problems: list[Problem]) -> Settings | None:
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        problems += [_problem(path, text, mistake) for mistake in error.errors(include_url=False)]
        return None


def _problem(path: Path, text: str, mistake: Any) -> Problem:
    place = tuple(mistake["loc"])
    key = ".".join(str(part) for part in place)
    line = line_of(text, place)
    if mistake["type"] == "extra_forbidden":
        known = _known_keys(place[:-1])
        nearest = get_close_matches(str(place[-1]), known, 1)
        return Problem(
            file=str(path),
            line=line,
            key=key,
            message=say("unknown key", "未知的键"),
            expected=", ".join(known),
            nearest=nearest[0] if nearest else "",
        )
    if mistake["type"] == "missing":
        return Problem(file=str(path), line=line, key=key, message=say("missing", "缺失"))
    given = mistake.get("input")
    shown = "" if isinstance(given, dict | list | tuple) else f"{given!r}: "
    return Problem(file=str(path), line=line, key=key, message=f"{shown}{mistake['msg']}")


def _known_keys(place: tuple[str | int, ...]) -> list[str]:
    model: Any = Settings
    for part in place:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())] if field else []
        models = [kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if models:
            model = models[0]
    return list(model.model_fields)


class _Check:
    """What must hold between settings, each problem with the line of its key."""

    def __init__(self, path: Path, text: str, settings: Settings, problems: list[Problem]) -> None:
        self._path, self._text, self._settings, self._problems = path, text, settings, problems
        self._targets = [target.name for target in settings.target]

    def all(self) -> None:
        """Every check that needs no archive."""
        self._gateway()
        self._uplink()
        self._files()
        self._time_set()
        self._links()
        self._unique("target")
        self._unique("task")
        self._tasks()

    def _add(
        self, place: tuple[str | int, ...], message: str, expected: str = "", nearest: list[str] | None = None
    ) -> None:
        key = ".".join(str(part) for part in place)
        line = line_of(self._text, place)
        near = nearest[0] if nearest else ""
        self._problems.append(
            Problem(
                file=str(self._path), line=line, key=key, message=message, expected=expected, nearest=near
            )
        )

    def _gateway(self) -> None:
        name = self._settings.gateway.timezone
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            nearest = get_close_matches(name, zoneinfo.available_timezones(), 1)
            self._add(
                ("gateway", "timezone"),
                say(f"unknown zone {name!r}", f"未知的时区 {name!r}"),
                "Asia/Shanghai",
                nearest,
            )
        if self._settings.control.enabled:
            message = say("remote control is not available in this version", "本版本不提供远程控制")
            self._add(("control", "enabled"), message, "false")

    def _uplink(self) -> None:
        uplink = self._settings.uplink
        if uplink.version == "3.1.1" and uplink.ack != "master":
            message = say("MQTT 3.1.1 cannot say that a publish was refused", "MQTT 3.1.1 无法表示发布被拒绝")
            self._add(("uplink", "ack"), message, '"master"')
        for table, url in (
            ("uplink", uplink.broker),
            ("master", self._settings.master and self._settings.master.broker),
        ):
            if url and not re.match(r"^mqtts?://(\[[0-9A-Fa-f:.]+\]|[^/:@]+)(:\d+)?/?$", url):
                self._add(
                    (table, "broker"),
                    say("no broker address", "不是代理地址"),
                    "mqtt://HOST:1883 or mqtts://HOST:8883",
                )

    def _files(self) -> None:
        for table, key in sorted(_MUST_EXIST):
            section = getattr(self._settings, table)
            value = getattr(section, key, None) if section else None
            if value is not None and not value.is_file():
                self._add((table, key), say(f"no such file: {value}", f"没有这个文件：{value}"))

    def _time_set(self) -> None:
        hour, minute = map(int, self._settings.time_set.at.split(":"))
        if hour > 23:
            self._add(("time_set", "at"), say("no time of day", "不是一天中的时刻"), "03:30")
        elif minute < 5 or minute > 55:
            message = say("too near to a full hour", "离整点太近")
            self._add(("time_set", "at"), message, say("minute 05 to 55", "05 至 55 分"))

    def _links(self) -> None:
        for index, target in enumerate(self._settings.target):
            if wrong := problem_with(target.link):
                self._add(("target", index, "link"), f"{target.link!r}: {wrong[0]}", wrong[1])

    def _unique(self, table: str) -> None:
        seen: set[str] = set()
        for index, record in enumerate(getattr(self._settings, table)):
            if record.name in seen:
                self._add(
                    (table, index, "name"), say(f"{record.name!r} is there twice", f"{record.name!r} 重复")
                )
            seen.add(record.name)

    def _tasks(self) -> None:
        for index, task in enumerate(self._settings.task):
            for name in task.targets:
                if name not in self._targets:
                    nearest = get_close_matches(name, self._targets, 1)
                    message = say(f"unknown target {name!r}", f"未知的采集点 {name!r}")
                    self._add(("task", index, "targets"), message, ", ".join(self._targets), nearest)

    def meters(self, archive: Archive) -> None:
        """What the archive's meters refer to."""
        from protocols import PROTOCOLS

        models = known_models()
        references = (("target", self._targets), ("protocol", list(PROTOCOLS)), ("model", ["", *models]))
        for meter in archive.meters:
            for key, known in references:
                value = getattr(meter, key)
                if value not in known:
                    nearest = get_close_matches(value, known, 1)
                    table = self._settings.gateway.archive / "meters"
                    message = say(f"unknown {key} {value!r}", f"未知的 {key} {value!r}")
                    self._problems.append(
                        Problem(
                            file=str(table),
                            line=None,
                            key=f"{meter.asset_no}.{key}",
                            message=message,
                            expected=", ".join(filter(None, known)),
                            nearest=nearest[0] if nearest else "",
                        )
                    )
