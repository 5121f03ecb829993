"""What must hold between settings, and between settings and archive; each problem with the line of its key."""

import re
import zoneinfo
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel

from config import collect, page, points
from config.address import endpoint
from config.archive import Archive
from config.certificate import expiries
from config.errors import Problem
from config.link import LinkError, parse_link
from config.locate import Place, line_of
from config.models import known_models
from config.schema import Master, Settings, Task
from config.sealed import has_password
from config.text import say
from config.wanted import memory_of, table_of, why_not
from protocols import PROTOCOLS
from protocols.alike import alike
from protocols.outer import BEHIND, OUTERS

__all__ = ["MUST_EXIST", "Check"]

MUST_EXIST = (
    *(
        (table, key)
        for table in ("uplink", "master")
        for key in ("ca_file", "cert_file", "key_file", "password_file")
    ),
    ("master", "database_password_file"),
    ("upload", "cert_file"),
    ("upload", "key_file"),
)
_EITHER = {
    # one of the two: a file or a credential
    "uplink": (("key_file", "key_credential"), ("password_file", "password_credential")),
    "master": (
        ("key_file", "key_credential"),
        ("password_file", "password_credential"),
        ("database_password_file", "database_password_credential"),
    ),
}
_DATABASE = re.compile(r"^(sqlite:///.|postgres(ql)?://.)")
_DATABASES = "sqlite:///PATH, postgresql://USER@HOST/DATABASE"
_NO_PORT = re.compile(r"(\[[^\[\]]*\]|[^:]*)")
_INVISIBLE = re.compile("[\x00-\x1f\x7f]")
_LONGEST = 200
_EVERYBODY = 0o007
_LAST_HOUR = 23
_MARGIN = range(5, 56)


class Check:
    """Adds to `problems`; what is already named there under the same key is not named again.

    `targets` are the names that the file gives, also of targets that are wrong otherwise.
    """

    def __init__(
        self, path: Path, text: str, settings: Settings, targets: Sequence[str], problems: list[Problem]
    ) -> None:
        self._path, self._text, self._settings = path, text, settings
        self._targets, self._problems = targets, problems
        self._named = {problem.key for problem in problems}

    def settings(self) -> None:
        """Every check that needs no archive."""
        self._gateway()
        self._listen(("metrics", "listen"), self._settings.metrics.listen, "127.0.0.1:9645")
        self._uplink()
        self._master()
        for key, message, expected in page.mistakes(self._settings.upload):
            self._add(("upload", key), message, expected)
        self._files()
        self._time_set()
        self._links()
        self._port()
        self._unique("target", [target.name for target in self._settings.target])
        self._unique("task", [task.name for task in self._settings.task])
        self._task_targets()

    def has_folder(self, folder: Path, table: str = "gateway") -> bool:
        """Whether the folder of a table's archive is there."""
        try:
            found = folder.is_dir()
        except (OSError, ValueError):
            found = False
        if not found:
            said = say(f"no such folder: {_shown(folder)}", f"没有这个目录：{_shown(folder)}")
            self._add((table, "archive"), said, nearest=alike(folder.name, _folders(folder.parent)))
        return found

    def archive(self, archive: Archive) -> None:
        """Points that no meter of a task has where the task looks for it, and meters on a driver of others."""
        for place, message, expected in collect.mistakes(self._settings, archive):
            self._add(place, message, expected)
        for index, task in enumerate(self._settings.task):
            kinds = _kinds(task, self._settings, archive)
            for point in task.points:
                whys = [why_not(*kind, memory_of(task, table_of(*kind)), point) for kind in kinds]
                if all(whys):
                    protocol = kinds[0][1]
                    memory = memory_of(task, table_of(*kinds[0]))
                    message, expected, near = points.words(point, protocol, memory, whys[0])
                    self._add(("task", index, "points"), message, expected, nearest=near, value=point)

    def warnings(self, archive: Archive) -> tuple[Problem, ...]:
        """What works and is hardly meant."""
        found: list[Problem] = []
        self._problems, self._named = found, set()
        if self._settings.store.ballast_bytes == 0:
            message = say(
                "without it the outbox may stand still on a full disk", "不设占位文件，磁盘满时待发库可能停滞"
            )
            self._add(("store", "ballast_bytes"), message, "1048576")
        self._warn_unread(archive)
        self._warn_classes(archive)
        return tuple(found)

    def _warn_unread(self, archive: Archive) -> None:
        read = {name for task in self._settings.task for name in task.targets}
        for index, target in enumerate(self._settings.target):
            if target.name not in read:
                message = say(f"no task reads {target.name}", f"没有任务采集 {target.name}")
                self._add(("target", index, "name"), message)
            elif not archive.by_target.get(target.name):
                message = say(
                    f"{target.name} has no meter in the archive", f"档案中没有 {target.name} 的电表"
                )
                self._add(("target", index, "name"), message)

    def _warn_classes(self, archive: Archive) -> None:
        classes = {meter.customer_class for meter in archive.meters} - {""}
        for name in self._settings.review:
            if name != "default" and name not in classes:
                message = say(f"no meter is of class {name!r}", f"没有客户类别为 {name!r} 的电表")
                self._add(("review", name), message, nearest=alike(name, classes))

    def _add(
        self, place: Place, message: str, expected: str = "", *, nearest: str = "", value: str = ""
    ) -> None:
        key = ".".join(str(part) for part in place)
        if any(named == key or named.startswith(f"{key}.") for named in self._named):
            return
        line = line_of(self._text, place, value)
        self._problems.append(
            Problem(
                file=str(self._path), line=line, key=key, message=message, expected=expected, nearest=nearest
            )
        )

    def _gateway(self) -> None:
        name = self._settings.gateway.timezone
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            message = say(f"unknown zone {name!r}", f"未知的时区 {name!r}")
            near = alike(name, zoneinfo.available_timezones())
            self._add(("gateway", "timezone"), message, "Asia/Shanghai", nearest=near)
        if self._settings.control.enabled:
            message = say("remote control is not available in this version", "本版本不提供远程控制")
            self._add(("control", "enabled"), message, "false")

    def _listen(self, place: Place, listen: str, expected: str) -> None:
        if listen and not _is_endpoint(listen, any_host=True, any_port=True):
            message = say(f"{listen!r}: no address and port", f"{listen!r}：不是地址和端口")
            self._add(place, message, expected)

    def _uplink(self) -> None:
        uplink = self._settings.uplink
        if uplink.version == "3.1.1" and uplink.ack != "master":
            message = say("MQTT 3.1.1 cannot say that a publish was refused", "MQTT 3.1.1 无法表示发布被拒绝")
            self._add(("uplink", "ack"), message, '"master"')
        self._broker("uplink", uplink.broker)
        self._either("uplink", uplink)

    def _routes(self, master: Master) -> None:
        urls = [one.database for one in master.route]
        if any(not _DATABASE.match(url) or has_password(url) for url in urls):
            self._add(("master", "route"), say("no database address", "不是数据库地址"), _DATABASES)
        elif len({master.database, *urls}) <= len(urls):
            self._add(("master", "route"), say("a database is named twice", "同一个数据库写了两次"))

    def _master(self) -> None:
        master = self._settings.master
        if master is None:
            return
        self._broker("master", master.broker)
        self._listen(("master", "metrics"), master.metrics, "127.0.0.1:9646")
        self._routes(master)
        if not _DATABASE.match(master.database):
            self._add(("master", "database"), say("no database address", "不是数据库地址"), _DATABASES)
        elif has_password(master.database):
            message = say("a password does not belong into the address", "地址中不应包含口令")
            self._add(
                ("master", "database"), message, "database_password_file / database_password_credential"
            )
        elif master.database.startswith("sqlite") and (
            master.database_password_file or master.database_password_credential
        ):
            message = say("SQLite takes no password", "SQLite 不需要口令")
            self._add(("master", "database_password_file"), message)
        self._either("master", master)

    def _either(self, table: str, section: BaseModel) -> None:
        """A secret comes from a file or from a credential."""
        for one, other in _EITHER[table]:
            if getattr(section, one) and getattr(section, other):
                message = say(f"also given as {one}", f"已由 {one} 给出")
                self._add((table, other), message, say("one of the two", "二者之一"))

    def _broker(self, table: str, url: str | None) -> None:
        """The address itself is never shown: people write passwords into it."""
        if url and not _is_broker(url):
            message = say("no broker address", "不是代理地址")
            if "@" in url:
                message = say(
                    "user and password do not belong into the address", "地址中不应包含用户名和密码"
                )
            self._add((table, "broker"), message, "mqtt://HOST:1883, mqtts://HOST:8883")

    def _files(self) -> None:
        for table, key in MUST_EXIST:
            section = getattr(self._settings, table)
            value = getattr(section, key, None) if section else None
            if value is not None and not _is_file(value):
                message = say(f"no such file: {_shown(value)}", f"没有这个文件：{_shown(value)}")
                self._add((table, key), message)
            elif value is not None:
                self._pem(table, key, value)
        if _INVISIBLE.search(str(self._settings.gateway.state_dir)):
            message = say("a character that cannot be seen", "含有不可见字符")
            self._add(("gateway", "state_dir"), message, "/var/lib/meterd")

    def _pem(self, table: str, key: str, path: Path) -> None:
        """Whether a file is what its key says: a certificate, or a key that not everybody may read."""
        try:
            if key in ("ca_file", "cert_file"):
                expiries(path)
            elif key == "key_file" and path.stat().st_mode & _EVERYBODY:
                message = say(f"{_shown(path)} can be read by everybody", f"{_shown(path)} 任何人都可读")
                self._add((table, key), message, "chmod 600")
        except OSError as error:
            self._add((table, key), f"{_shown(path)}: {error.strerror}")
        except ValueError:
            message = say(f"no certificate in {_shown(path)}", f"{_shown(path)} 中没有证书")
            self._add((table, key), message, "PEM: -----BEGIN CERTIFICATE-----")

    def _time_set(self) -> None:
        hour, minute = map(int, self._settings.time_set.at.split(":"))
        if hour > _LAST_HOUR:
            self._add(("time_set", "at"), say("no time of day", "不是一天中的时刻"), "03:30")
        elif minute not in _MARGIN:
            message = say("too near to a full hour", "离整点太近")
            self._add(("time_set", "at"), message, say("minute 05 to 55", "05 至 55 分"))

    def _links(self) -> None:
        for index, target in enumerate(self._settings.target):
            try:
                parse_link(target.link)
            except LinkError as error:
                self._add(("target", index, "link"), error.message, error.expected, nearest=error.nearest)

    def _port(self) -> None:
        port = self._settings.dumps.port
        if not port:
            return
        try:
            key = parse_link(port).key
        except LinkError as error:
            self._add(("dumps", "port"), error.message, error.expected)
            return
        for target in self._settings.target:
            with suppress(LinkError):
                if parse_link(target.link).key == key:
                    message = say(
                        f"the line of target {target.name!r}", f"与采集点 {target.name!r} 是同一条线路"
                    )
                    self._add(("dumps", "port"), message, say("a line of its own", "单独的线路"))

    def _unique(self, table: str, names: Iterable[str]) -> None:
        seen: set[str] = set()
        for index, name in enumerate(names):
            if name in seen:
                self._add((table, index, "name"), say(f"{name!r} is there twice", f"{name!r} 重复"))
            seen.add(name)

    def _task_targets(self) -> None:
        for index, task in enumerate(self._settings.task):
            for name in task.targets:
                if name not in self._targets:
                    message = say(f"unknown target {name!r}", f"未知的采集点 {name!r}")
                    self._add(
                        ("task", index, "targets"),
                        message,
                        ", ".join(self._targets),
                        nearest=alike(name, self._targets),
                        value=name,
                    )


def _kinds(task: Task, settings: Settings, archive: Archive) -> list[tuple[str, str, str]]:
    """Drivers, protocols and models of a task's meters; every protocol's own where it has no meter yet."""
    drivers = {target.name: target.driver for target in settings.target if target.name in task.targets}
    found = {
        (driver, meter.protocol, meter.model)
        for name, driver in drivers.items()
        for meter in archive.by_target.get(name, ())
        if meter.status == "in service"
        and meter.protocol in {*PROTOCOLS, *BEHIND}
        and meter.model in ("", *known_models())
    }
    if found:
        return sorted(found)
    behind = [(driver, min(OUTERS[driver].meters), "") for driver in drivers.values() if driver in OUTERS]
    return [(kind.driver, protocol, "") for protocol, kind in PROTOCOLS.items()] + behind


def _is_endpoint(text: str, *, any_host: bool = False, any_port: bool = False) -> bool:
    try:
        endpoint(text, any_host=any_host, any_port=any_port)
    except ValueError:
        return False
    return True


def _is_broker(url: str) -> bool:
    """Whether this is mqtt://HOST or mqtts://HOST, perhaps with a port."""
    scheme, slashes, place = url.removesuffix("/").partition("://")
    place = f"{place}:1" if _NO_PORT.fullmatch(place) else place
    return scheme in ("mqtt", "mqtts") and bool(slashes) and _is_endpoint(place)


def _folders(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir() if entry.is_dir()]
    except (OSError, ValueError):
        return []


def _shown(path: Path) -> str:
    text = _INVISIBLE.sub("?", str(path))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
