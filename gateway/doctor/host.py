"""The machine itself: clock, disk and ports."""

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.address import endpoint
from config.link import parse_link
from config.page import is_loopback
from config.text import say
from gateway.doctor.base import Line, Patient, fail, ok, warn

__all__ = ["clock", "disk", "ports"]

_PLAUSIBLE = datetime(2024, 1, 1, tzinfo=UTC)
_BESIDE = 64 * 1024 * 1024
_FEW_FILES = 1000
_FILLING = 0.5
_OUTBOX = "outbox.db"


def clock(patient: Patient) -> Iterator[Line]:
    """Whether the machine's time is right, and the gateway's zone."""
    now = patient.clock.now()
    cure = say("timedatectl; systemctl enable --now systemd-timesyncd", "timedatectl；启用 systemd-timesyncd")
    if now < _PLAUSIBLE:
        yield fail(say(f"it is not {now.year}", f"现在不是 {now.year} 年"), cure)
    elif patient.clock.synced():
        yield ok(say("synchronised", "已同步"))
    else:
        text = say(
            "not synchronised: rules about time are not judged, no meter's time is set",
            "未同步：不判断与时间有关的规则，不对时",
        )
        yield warn(text, cure)
    if patient.loaded is not None:
        zone = patient.settings.gateway.timezone
        local = now.astimezone(ZoneInfo(zone))
        yield ok(f"{zone}: {local:%Y-%m-%d %H:%M:%S%z}")


def disk(patient: Patient) -> Iterator[Line]:
    """Room for the outbox up to its cap and 64 MiB beside it, ballast, write-ahead log, what was set aside."""
    folder, store = patient.settings.gateway.state_dir, patient.settings.store
    there = next(one for one in (folder, *folder.parents) if one.exists())
    found = os.statvfs(there)
    free, box = found.f_bavail * found.f_frsize, _size(folder / _OUTBOX)
    needed = max(0, store.max_bytes - box) + _BESIDE
    text = say(
        f"{there}: {_mib(free)} free, the outbox may still grow by {_mib(needed - _BESIDE)}",
        f"{there}：空闲 {_mib(free)}，待发库还可能增长 {_mib(needed - _BESIDE)}",
    )
    if found.f_flag & os.ST_RDONLY:
        yield fail(
            say(f"{there}: mounted read-only", f"{there}：以只读方式挂载"), f"mount -o remount,rw {there}"
        )
    if free < _BESIDE:
        yield fail(text, say("make room: at least 64 MiB", "腾出空间：至少 64 MiB"))
    elif free < needed:
        yield warn(text, say("make room, or lower store.max_bytes", "腾出空间，或减小 store.max_bytes"))
    else:
        yield ok(text)
    if found.f_files and found.f_favail < _FEW_FILES:
        yield fail(say(f"{there}: no room for files (inodes)", f"{there}：inode 不足"), f"df -i {there}")
    yield from _outbox(folder, box, store.max_bytes, store.ballast_bytes)


def _outbox(folder: Path, box: int, cap: int, ballast: int) -> Iterator[Line]:
    if box and ballast and not _size(folder / f"{_OUTBOX}.ballast"):
        text = say("the ballast was given up: the disk was full", "预留文件已让出：磁盘曾写满")
        yield warn(text, say("make room; it is made again by itself", "腾出空间后会自动重建"))
    if (wal := _size(folder / f"{_OUTBOX}-wal")) > _BESIDE:
        text = say(f"{_OUTBOX}-wal has {_mib(wal)}", f"{_OUTBOX}-wal 有 {_mib(wal)}")
        yield warn(text, say("some program holds the outbox open for reading", "有程序长时间打开待发库读取"))
    if box > cap * _FILLING:
        text = say(f"the outbox has {box / cap:.0%} of its cap", f"待发库已达上限的 {box / cap:.0%}")
        yield warn(text, say("see the lines about broker and daemon", "见消息代理和守护进程各行"))
    for damaged in sorted(folder.glob(f"{_OUTBOX}.corrupt-*")) if os.access(folder, os.R_OK) else ():
        text = say(f"{damaged.name} was set aside: it was damaged", f"{damaged.name}：损坏后移出")
        yield warn(text, say("docs/operations.md, 'The outbox was damaged'", "见 docs/zh/operations.md"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _mib(size: int) -> str:
    return f"{size / 1_048_576:,.0f} MiB"


def ports(patient: Patient) -> Iterator[Line]:
    """Addresses to listen at: free, or held by our own daemon."""
    settings = patient.settings
    listen = settings.metrics.listen
    if listen:
        yield from _port("metrics.listen", listen, ours=patient.status is not None)
    else:
        text = say(
            "metrics.listen is empty: nothing watches the daemon", "metrics.listen 为空：无法监视守护进程"
        )
        yield warn(text, 'listen = "127.0.0.1:9645"')
    for target in settings.target:
        url = parse_link(target.link)
        if url.scheme == "tcp-listen":
            host = f"[{url.host}]" if ":" in url.host else url.host
            yield from _port(
                target.name, f"{host}:{url.port}", ours=patient.status is not None, equipment=True
            )
    if settings.upload.listen:
        yield from _port("upload.listen", settings.upload.listen, ours=None)


def _port(name: str, listen: str, *, ours: bool | None, equipment: bool = False) -> Iterator[Line]:
    try:
        _bind(listen)
    except OSError as error:
        text = f"{name} {listen}: {error.strerror}"
        if ours:
            yield ok(say(f"{name} {listen}: held by our daemon", f"{name} {listen}：由本守护进程占用"))
        elif ours is None:
            yield warn(
                text, say("right, if `meterd upload serve` runs", "若 `meterd upload serve` 正在运行则正常")
            )
        else:
            yield fail(text, f"ss -ltnp 'sport = :{listen.rpartition(':')[2]}'")
    else:
        yield ok(say(f"{name} {listen}: free", f"{name} {listen}：空闲"))
    if not equipment and not is_loopback(endpoint(listen, any_host=True, any_port=True)[0]):
        text = say(
            f"{name} {listen}: others than this machine reach it", f"{name} {listen}：其他机器也可访问"
        )
        yield warn(text, say("let a firewall admit only who should", "用防火墙只放行应访问者"))


def _bind(listen: str) -> None:
    host, port = endpoint(listen, any_host=True, any_port=True)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
