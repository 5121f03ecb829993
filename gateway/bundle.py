"""The support bundle: what somebody far away needs to see of a gateway, and no secret, no meter, no customer.

Each part is made by a function and a line in `PARTS`; what cannot be made says why in its place.
"""

import io
import json
import platform
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import metadata
from typing import Any

from config.archive import Archive
from config.sealed import without_secrets, without_secrets_of
from config.text import say
from gateway import ask
from gateway.doctor import Patient, examine
from gateway.outbox import OutboxError, inspect
from gateway.review.findings import Book

__all__ = ["MAX_LOG", "MAX_PART", "PARTS", "Part", "collect", "pack"]

MAX_PART = 1_048_576
"""Most bytes of a part; what is longer loses its end, a log its beginning."""
MAX_LOG = MAX_PART
_BATCHES = 200
_PACKAGES = (
    "meterd",
    "aiomqtt",
    "paho-mqtt",
    "construct",
    "pydantic",
    "pymodbus",
    "pyserial",
    "prometheus-client",
    "structlog",
    "typer",
    "rich",
    "psycopg",
    "aiohttp",
    "openpyxl",
)


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the bundle."""

    name: str
    what: str
    body: bytes


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str).encode()


def _configuration(who: Patient) -> bytes:
    text = who.path.read_text(encoding="utf-8-sig")
    try:
        return without_secrets_of(text, right=who.loaded is not None).encode()
    except ValueError:
        return (
            f"# {say('no TOML: left out, see doctor.json', '不是 TOML：未收入，见 doctor.json')}\n".encode()
        )


def _versions(_: Patient) -> bytes:
    found: dict[str, str | None] = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME")
    except OSError:
        system = None
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    running = {"python": platform.python_version(), "sqlite": inspect.SQLITE, "kernel": kernel}
    return _json({**running, "system": system, "packages": found})


def _page(path: str) -> Callable[[Patient], bytes]:
    def get(who: Patient) -> bytes:
        return ask.page(who.settings.metrics.listen, path)[1]

    return get


def _outbox(who: Patient) -> bytes:
    place = who.settings.gateway.state_dir / "outbox.db"
    lines = [asdict(line) for line in inspect.listing(place, _BATCHES)]
    return _json({"books": asdict(inspect.summary(place)), "batches": lines})


def _findings(who: Patient) -> bytes:
    """Counts by rule, target and severity: no meter."""
    place = who.settings.gateway.state_dir / "outbox.db"
    book = Book()
    for blob in inspect.states(place, [f"finding:{target.name}" for target in who.settings.target]).values():
        if blob is not None:
            book.unpack(blob)
    lasting = list(book.lasting())
    counts = Counter((one.rule, one.source, one.severity) for one in lasting)
    rows = [
        {"rule": rule, "target": target, "severity": severity, "open": count}
        for (rule, target, severity), count in sorted(counts.items())
    ]
    oldest = min((one.began for one in lasting), default=None)
    return _json({"open": len(lasting), "oldest": oldest, "by_rule": rows})


def _doctor(who: Patient) -> bytes:
    lines = [
        {"check": name, "level": line.level, "text": line.text, "cure": line.cure}
        for name, line in examine(who)
    ]
    return _json(lines)


def _archive(who: Patient) -> bytes:
    if who.loaded is None:
        return _json(None)
    return _json(_shape(who.loaded.archive))


def _shape(archive: Archive) -> dict[str, Any]:
    """How many of what: nothing by which a meter or a customer is known."""
    columns = ("protocol", "model", "status", "target", "customer_class", "wiring")
    counts = {
        name: dict(Counter(getattr(meter, name) or "-" for meter in archive.meters)) for name in columns
    }
    others = {name: len(getattr(archive, name)) for name in ("meters", "relations", "nodes", "exchanges")}
    return {**others, "meters_by": counts, "sha256": archive.digest}


PARTS: Mapping[str, tuple[tuple[str, str], Callable[[Patient], bytes]]] = {
    "meterd.toml": (("configuration, secrets removed", "配置文件，已去除口令"), _configuration),
    "versions.json": (
        ("versions of meterd, its libraries and the system", "meterd、所用库和系统的版本"),
        _versions,
    ),
    "doctor.json": (("what `meterd doctor` says", "`meterd doctor` 的结果"), _doctor),
    "status.json": (("status of the running daemon", "守护进程的状态"), _page("/status")),
    "metrics.txt": (("its metrics", "守护进程的指标"), _page("/metrics")),
    "outbox.json": (
        ("books and newest batches of the outbox, without rows", "待发库账目和最近批次，不含数据"),
        _outbox,
    ),
    "findings.json": (
        ("open findings by rule, without meters", "按规则统计的未消除异常，不含电能表"),
        _findings,
    ),
    "archive.json": (
        ("counts of the archive, without numbers and names", "档案的数量统计，不含编号和名称"),
        _archive,
    ),
}
"""By file name: what it is, and what makes it."""

_WITHOUT_SETTINGS = {"meterd.toml", "versions.json", "doctor.json", "archive.json"}
_WHY = (ask.Away, OutboxError, OSError, ValueError)


def collect(who: Patient, log: str = "") -> Iterator[Part]:
    """Every part, one after the other; `log` are the last lines of a log, taken in where there are any."""
    for name, (what, make) in PARTS.items():
        if who.loaded is not None or name in _WITHOUT_SETTINGS:
            yield Part(name, say(*what), _made(make, who))
    if log:
        body = without_secrets(_end(log)).encode("utf-8", "backslashreplace")[-MAX_LOG:]
        yield Part("log.txt", say("last lines of the log, secrets removed", "日志末尾，已去除口令"), body)


def _end(log: str) -> str:
    """The last lines that fit, all of them whole: half a line may have lost the word that tells its secret."""
    return log if len(log) < MAX_LOG else log[-MAX_LOG:].partition("\n")[2]


def _made(make: Callable[[Patient], bytes], who: Patient) -> bytes:
    try:
        body = make(who)
    except _WHY as error:
        body = f"{say('not there', '没有')}: {error}\n".encode("utf-8", "backslashreplace")
    return without_secrets(body.decode("utf-8", "replace")).encode()[:MAX_PART]


def pack(parts: Sequence[Part], name: str, now: datetime) -> bytes:
    """A tar.gz with the parts in a folder and a list of them."""
    listed = "".join(f"{part.name:<16}{len(part.body):>10}  {part.what}\n" for part in parts)
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode="w:gz") as tar:
        for part in (Part("CONTENTS.txt", "", listed.encode()), *parts):
            info = tarfile.TarInfo(f"{name}/{part.name}")
            info.size, info.mtime, info.mode = len(part.body), int(now.timestamp()), 0o600
            tar.addfile(info, io.BytesIO(part.body))
    return box.getvalue()
