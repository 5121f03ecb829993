"""Configuration, folders, devices and secrets: whether they are there and who may use them."""

import grp
import stat
from collections.abc import Iterator
from pathlib import Path

from config.link import parse_link
from config.text import say
from gateway.doctor.base import Line, Patient, User, fail, ok, warn
from gateway.sealed import place
from gateway.tls import EVERYBODY

__all__ = ["configuration", "devices", "folders", "secrets"]

_READ, _WRITE, _ENTER = 4, 2, 1
_MOST = 20
_SECRETS = ("password", "key", "database_password")


def configuration(patient: Patient) -> Iterator[Line]:
    """What `meterd check` says."""
    for problem in patient.problems[:_MOST]:
        yield fail(
            str(problem), say("mend it, then `meterd check -c FILE`", "修改后执行 `meterd check -c FILE`")
        )
    if patient.loaded is None:
        return
    archive, settings = patient.loaded.archive, patient.settings
    meters, targets, tasks = len(archive.meters), len(settings.target), len(settings.task)
    yield ok(
        say(
            f"{patient.path}: right (meters {meters}, targets {targets}, tasks {tasks})",
            f"{patient.path}：正确（电能表 {meters}，采集点 {targets}，任务 {tasks}）",
        )
    )
    for warning in patient.loaded.warnings[:_MOST]:
        yield warn(str(warning), say("see docs/configuration.md", "见 docs/zh/configuration.md"))
    if patient.path.stat().st_mode & stat.S_IWOTH:
        yield fail(_everybody(patient.path, say("write", "写")), f"chmod o-w {patient.path}")


def _everybody(path: Path, what: str) -> str:
    return say(f"{path}: everybody may {what} it", f"{path}：任何人都可{what}")


def folders(patient: Patient) -> Iterator[Line]:
    """The state folder and the archive."""
    gateway, user = patient.settings.gateway, patient.user
    folder = gateway.state_dir
    if not folder.exists():
        above = next(one for one in folder.parents if one.exists())
        said = say(f"{folder}: not there yet", f"{folder}：尚不存在")
        if user.may(above, _WRITE | _ENTER):
            yield ok(said + say("; the daemon makes it", "；守护进程会创建"))
        else:
            yield fail(said, f"install -d -m 700 -o meterd -g meterd {folder}")
    elif not user.may(folder, _READ | _WRITE | _ENTER):
        text = say(f"{folder}: {user.name} may not write in it", f"{folder}：{user.name} 不能写入")
        yield fail(text, f"chown -R meterd: {folder}")
    elif folder.stat().st_mode & EVERYBODY:
        yield warn(_everybody(folder, say("enter", "进入")), f"chmod 700 {folder}")
    else:
        yield ok(say(f"{folder}: {user.name} may write in it", f"{folder}：{user.name} 可写入"))
    for path in (patient.path, gateway.archive):
        if path.exists() and not user.may(path, _READ):
            text = say(f"{path}: {user.name} may not read it", f"{path}：{user.name} 不能读取")
            yield fail(text, f"chgrp {user.name} {path}; chmod g+r {path}")


def devices(patient: Patient) -> Iterator[Line]:
    """Serial devices of targets and of the hand-held readers' line."""
    links = [target.link for target in patient.settings.target]
    found = [parse_link(link) for link in (*links, patient.settings.dumps.port) if link]
    names = {url.path for url in found if url.scheme in ("serial", "radio", "modem")}
    for name in sorted(names):
        yield _device(Path(name), patient.user)


def _device(path: Path, user: User) -> Line:
    try:
        found = path.stat()
    except OSError as error:
        cure = say(
            "is the adapter plugged in? Names in /dev/serial/by-id/ stay the same",
            "转换器插好了吗？/dev/serial/by-id/ 中的名称不会变",
        )
        return fail(f"{path}: {error.strerror}", cure)
    if not stat.S_ISCHR(found.st_mode):
        return fail(say(f"{path}: no device", f"{path}：不是设备"), "ls -l /dev/serial/by-id/")
    if user.may(path, _READ | _WRITE):
        return ok(say(f"{path}: {user.name} may use it", f"{path}：{user.name} 可使用"))
    try:
        group = grp.getgrgid(found.st_gid).gr_name
    except KeyError:
        group = str(found.st_gid)
    text = say(f"{path}: {user.name} may not use it", f"{path}：{user.name} 无权使用")
    return fail(text, f"usermod -aG {group} {user.name}; systemctl restart meterd")


def secrets(patient: Patient) -> Iterator[Line]:
    """Files and credentials that hold passwords and keys; never what is in them."""
    for table in ("uplink", "upload", "master"):
        section = getattr(patient.settings, table)
        for name in _SECRETS:
            file = getattr(section, f"{name}_file", None)
            credential = getattr(section, f"{name}_credential", None)
            if credential is not None:
                yield _credential(f"{table}.{name}_credential", credential)
            elif file is not None:
                yield _secret(file, patient.user)


def _credential(key: str, name: str) -> Line:
    path = place(None, name)
    if path is not None and path.exists():
        return ok(f"{key}: {path}")
    text = say(
        f"{key}: {name} is given to the unit alone, and not seen from here",
        f"{key}：{name} 只交给服务单元，此处看不到",
    )
    return ok(text)


def _secret(path: Path, user: User) -> Line:
    if path.stat().st_mode & EVERYBODY:
        return fail(_everybody(path, say("read", "读取")), f"chmod 640 {path}; chgrp {user.name} {path}")
    if not user.may(path, _READ):
        text = say(f"{path}: {user.name} may not read it", f"{path}：{user.name} 不能读取")
        return fail(text, f"chgrp {user.name} {path}; chmod 640 {path}")
    if not path.stat().st_size:
        return fail(say(f"{path}: empty", f"{path}：空文件"), say("write it anew", "重新写入"))
    return ok(say(f"{path}: read by {user.name} alone", f"{path}：仅 {user.name} 可读"))
